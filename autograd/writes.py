"""What was overwritten since a record kept it: the tape must know, or a gradient would be silently wrong.

Every write in place is noted where it happens in the order of the tape, and a walk back that comes to a record which
kept the same memory earlier raises. NumPy can write to an array of the user's and tells nobody: see `Foreign`.
"""

from __future__ import annotations

import functools
import math
import weakref
from types import CodeType, FrameType
from typing import Any, TypeAlias

import numpy as np

from .crowd import crowd
from .errors import InplaceError
from .lines import place
from .records import CONSUMED, Record


class Mutation:
    """Stands on the tape where arrays were overwritten: owner of the memory -> the operation, and where.

    elsewhere   other threads did it, and may add to it
    """

    __slots__ = ("elsewhere", "writes")

    def __init__(self) -> None:
        self.writes: dict[int, tuple[str, CodeType, int]] = {}
        self.elsewhere = False


_TOGETHER = 64
"""Writes of other threads that stand on the tape as one: they are copied when one is added."""


def owner(array: np.ndarray[Any, Any]) -> Any:
    """The object that owns the memory `array` looks into (itself, if it is no view)."""
    base: Any = array
    while getattr(base, "base", None) is not None:
        base = base.base
    return base


COPIED = 1 << 16
"""Bytes up to which an array of the user's is copied when an operation takes it: 64 KiB."""

_SAMPLES = 64


class Foreign:
    """A large NumPy array that an operation took without a copy, and what some of its elements were then.

    Tensors know when they are written to; an array is written to by NumPy, which tells nobody. So a small array that
    is an operand beside a tracked Tensor is copied. A large one is used as it is, and when a backward comes, some
    elements spread over it are compared with what they were: whoever has filled it with other numbers meanwhile, as
    one refills a buffer, is told so. (A single element that was changed can be missed: copy such an array yourself.)

    array    a weak reference to the view that the record keeps: when that is let go, so is this
    """

    __slots__ = ("array", "code", "lasti", "samples")

    def __init__(self, own: np.ndarray[Any, Any], frame: FrameType) -> None:
        self.array = weakref.ref(own)
        self.samples = _sampled(own)
        self.code, self.lasti = frame.f_code, frame.f_lasti

    def changed(self, own: np.ndarray[Any, Any]) -> bool:
        """Is one of the elements looked at another than it was?"""
        return self.samples != _sampled(own)


def _sampled(array: np.ndarray[Any, Any]) -> bytes:
    """Elements at places spread over the array, first and last among them, as bytes."""
    return array[_places(array.shape)].tobytes()


@functools.lru_cache(maxsize=64)
def _places(shape: tuple[int, ...]) -> tuple[np.ndarray[Any, Any], ...]:
    places = np.linspace(0, math.prod(shape) - 1, _SAMPLES).astype(np.intp)
    return tuple(np.unravel_index(places, shape))


Write: TypeAlias = tuple[str, CodeType | None, int]
"""An operation that wrote to memory, and where in the program: code and instruction, if known."""


class Writes:
    """The part of a tape that watches over memory."""

    def __init__(self) -> None:
        self.records: list[Any] = []  # in execution order; mutations and marks among them
        self.private = False  # has a record been made whose op has `private` inputs?
        self.foreign: list[Foreign] = []  # large arrays of the user's that operations took as they are

    def took(self, array: np.ndarray[Any, Any], place: FrameType) -> np.ndarray[Any, Any]:
        """An array of the user's, as an operation may keep it: see `Foreign`."""
        if array.nbytes <= COPIED:
            return array.copy()
        if len(self.foreign) >= 64:
            self.foreign[:] = [seen for seen in self.foreign if seen.array() is not None]
        own = array.view()
        self.foreign.append(Foreign(own, place))
        return own

    def overwriting(self, array: np.ndarray[Any, Any]) -> None:
        """`array` is about to be overwritten: give a copy to the records that kept it and are entitled to one."""
        if not self.records:
            self.private = False
        if not self.private:
            return
        memory = owner(array)
        for record in self.records:
            if type(record) is Record and record.plan.private and record.saved is not CONSUMED:
                several = len(record.plan.names) != 1
                kept = record.saved if several else (record.saved,)
                own = tuple(
                    [_apart(x, memory) if free else x for x, free in zip(kept, record.plan.private, strict=True)]
                )
                record.saved = own if several else own[0]

    def mutated(self, array: np.ndarray[Any, Any], operation: str, frame: FrameType) -> None:
        """Note that the memory of `array` is being overwritten, so that a walk can compare it with what was saved."""
        records = self.records
        if records:
            mutation = records[-1]
            if type(mutation) is not Mutation or mutation.elsewhere:
                mutation = Mutation()
                records.append(mutation)
            mutation.writes[id(owner(array))] = (operation, frame.f_code, frame.f_lasti)
        if crowd.several:
            crowd.overwritten(self, id(owner(array)), (operation, frame.f_code, frame.f_lasti))

    def written_elsewhere(self, memory: int, write: tuple[str, CodeType, int]) -> None:
        """Note a write of another thread. This tape's own one goes on meanwhile: things are added, none is changed."""
        last = None
        for index in range(len(self.records) - 1, -1, -1):
            mutation = self.records[index]
            if type(mutation) is not Mutation:
                break
            if memory in mutation.writes:
                return
            last = last or mutation
        if last is not None and last.elsewhere and len(last.writes) < _TOGETHER:
            last.writes = {**last.writes, memory: write}
            return
        mutation = Mutation()
        mutation.elsewhere = True
        mutation.writes[memory] = write
        self.records.append(mutation)

    def written_after(self, position: int) -> dict[int, Write]:
        """What was overwritten since the record at `position` ran: owner of the memory -> the latest write."""
        written: dict[int, Write] = {}
        for later in self.records[position + 1 :]:
            if type(later) is Mutation:
                written.update(later.writes)
        if self.foreign:
            self._note_foreign_writes(written)
        return written

    def _note_foreign_writes(self, written: dict[int, Write]) -> None:
        alive = []
        for seen in self.foreign:
            array = seen.array()
            if array is not None:
                alive.append(seen)
                if seen.changed(array):
                    written.setdefault(id(owner(array)), (f"NumPy, since {place(seen.code, seen.lasti)},", None, 0))
        self.foreign[:] = alive


def check_unwritten(record: Record, written: dict[int, Write]) -> None:
    """Raise InplaceError if one of the arrays that a record kept has been overwritten since."""
    for array in record.arrays():
        write = written.get(id(owner(array)))
        if write is not None:
            operation, code, lasti = write
            there = "" if code is None else f" at {place(code, lasti)}"
            raise InplaceError(
                "one of the variables needed for gradient computation has been modified by an inplace operation: "
                f"{record.op} at {record.line} saved a {array.dtype} array of shape {array.shape}, which {operation}"
                f"{there} has overwritten since; write to a copy, or use the out-of-place form there"
            )


def _apart(kept: Any, memory: Any) -> Any:
    """What a record kept, with copies of the arrays that look into `memory`."""
    if isinstance(kept, (tuple, list)):
        return type(kept)([_apart(part, memory) for part in kept])
    return kept.copy() if isinstance(kept, np.ndarray) and owner(kept) is memory else kept
