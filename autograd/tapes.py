"""The tape: what ran, in the order it ran, and how to walk back over it.

A tape is a list. Every operation on a value that needs a gradient appends one `Record`; execution order is already a
topological order, so backward is one walk from the end, without search or recursion (R. E. Wengert, 1964: "A simple
automatic derivative evaluation program").

What refers to what decides whether memory is ever freed, so it is fixed here:

    Tensor -> Record -> records of its inputs, or Leaf          Leaf -> weak reference to its Tensor
    Tape   -> every Record not yet replayed                     Record -> arrays, shapes, numbers; never a Tensor

There is no cycle. A record that no Tensor and no later record refers to can never be reached by a backward; `sweep`
finds it by its reference count.
"""

from __future__ import annotations

import sys
import weakref
from collections.abc import Callable, Iterator
from sys import getrefcount
from types import CodeType, FrameType
from typing import Any, TypeAlias

import numpy as np

from .errors import GraphError, InplaceError
from .lines import place
from .products import Owned

Shape: TypeAlias = tuple[int, ...]
Node: TypeAlias = "Record | Leaf"
Cotangents: TypeAlias = dict[Any, Any]
"""Node -> the cotangent collected so far: an array, a Tensor under create_graph, a list for several outputs."""

CONSUMED: Any = type("Consumed", (), {"__repr__": lambda self: "<consumed>"})()
"""Stands in `Record.saved` once the record has been replayed and its arrays have been let go."""

SECOND_BACKWARD = (
    "Trying to backward through the graph a second time (or directly access saved tensors after they have already "
    "been freed). Saved intermediate values of the graph are freed when you call .backward() or autograd.grad(). "
    "Specify retain_graph=True if you need to backward through the graph a second time"
)


class Leaf:
    """Where a walk ends: a Tensor that the user made and that requires grad."""

    __slots__ = ("__weakref__", "after", "dtype", "hooks", "shape", "tensor")

    def __init__(self, tensor: Any, shape: Shape, dtype: np.dtype[Any]) -> None:
        self.shape = shape
        self.dtype = dtype
        self.tensor = weakref.ref(tensor)
        self.hooks: dict[int, Callable[..., Any]] | None = None  # on the cotangent, before it is added to .grad
        self.after: dict[int, Callable[..., Any]] | None = None  # on the tensor, after .grad was written


class Record:
    """One operation that ran: how to push a cotangent back through it, and what that needs.

    plan     an `op.Plan`: which rules, for which inputs
    inputs   the nodes of the inputs that need a gradient: one node, or a tuple of several. They stay after replay, so
             that a later walk knows what lies behind; None once the record was rewound past or lies behind a mark
    saved    exactly what the rules asked for: one value, or a tuple; `CONSUMED` after replay
    shape    of the output;   dtype  of the output
    code, lasti   where in the user's program: resolved to file and line only when somebody asks
    """

    __slots__ = ("code", "dtype", "inputs", "lasti", "plan", "saved", "shape")
    plan: Any
    inputs: Any
    saved: Any
    shape: Shape
    dtype: np.dtype[Any]
    code: CodeType
    lasti: int

    @property
    def op(self) -> str:
        """Name of the operation."""
        return str(self.plan.name)

    @property
    def parents(self) -> tuple[Node, ...]:
        """The nodes of the inputs that need a gradient, in the order of the inputs."""
        if self.inputs is None:
            return ()
        return self.inputs if type(self.inputs) is tuple else (self.inputs,)

    @property
    def consumed(self) -> bool:
        """True once a backward has replayed this record without `retain_graph`."""
        return self.saved is CONSUMED

    @property
    def line(self) -> str:
        """The line of the program that ran the operation, as "folder/file.py:42"."""
        return place(self.code, self.lasti)

    def arrays(self) -> Iterator[np.ndarray[Any, Any]]:
        """The arrays that this record keeps alive for backward."""
        stack = [self.saved]
        while stack:
            value = stack.pop()
            if isinstance(value, np.ndarray):
                yield value
            elif isinstance(value, (tuple, list)):
                stack.extend(reversed(value))

    @property
    def nbytes(self) -> int:
        """Bytes of the arrays that this record keeps alive (an array kept by two records counts in both)."""
        return sum(array.nbytes for array in self.arrays())

    def __repr__(self) -> str:
        return f"<{self.op} {self.dtype} {self.shape} at {self.line}>"


class Mutation:
    """Stands on the tape where arrays were overwritten: owner of the memory -> the operation, and where."""

    __slots__ = ("writes",)

    def __init__(self) -> None:
        self.writes: dict[int, tuple[str, CodeType, int]] = {}


class HookList(list[Callable[[Any], Any]]):
    """The hooks of one record. Once that has been consumed, it is kept alive here, so that its id stays its own."""

    record: Record | None = None

    def stale(self) -> bool:
        """Has everybody else let go of the record?"""
        return self.record is not None and getrefcount(self.record) <= 2  # this list, and the argument


class Mark:
    """A place on the tape, made by `Tape.mark`."""

    __slots__ = ()


def accumulate(cotangents: Cotangents, node: Any, g: Any, owned: set[Any]) -> None:
    """Add `g` to what has been collected for `node`. `Plan.step` has the same, written out.

    The first cotangent is taken as it is, by reference. The second is added out of place; the sum belongs to nobody
    else, which `owned` says, so that further ones are added into it.
    """
    held = cotangents.get(node)
    if held is None:
        cotangents[node] = g
    elif isinstance(held, np.ndarray) and isinstance(g, (np.ndarray, np.generic)):
        if node in owned:
            np.add(held, g, held)
        else:
            cotangents[node] = np.asarray(held + g)
            owned.add(node)
    else:  # Tensors, under create_graph
        cotangents[node] = held + g
        owned.discard(node)


# --------------------------------------------------------------------------------------------------------- liveness


def _count(records: list[Any], index: int) -> int:
    return getrefcount(records[index])


_UNREFERENCED = _count([Mark()], 0)
"""What `getrefcount(records[index])` says of an object that only the list holds: it differs between Pythons."""

_SWEEP_FIRST = 64  # records on a young tape before it is swept for the first time
_SWEEP_BYTES = 4 << 20  # a sweep is due when about this many bytes were recorded since the last one
_FEWEST, _SMALL = 16, 512  # records between sweeps: at the least; at the least where arrays are small


def owner(array: np.ndarray[Any, Any]) -> Any:
    """The object that owns the memory `array` looks into (itself, if it is no view)."""
    base: Any = array
    while getattr(base, "base", None) is not None:
        base = base.base
    return base


# ----------------------------------------------------------------------------------------------- arrays of the user's

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
    places = np.linspace(0, array.size - 1, _SAMPLES).astype(np.intp)
    return array[np.unravel_index(places, array.shape)].tobytes()


# ------------------------------------------------------------------------------------------------------------- tape


class Tape:
    """Records in execution order. One per thread: `autograd.tape()` is the current thread's.

    Iterating yields the records; `len` counts them; `print` shows them as numbered straight-line code.
    """

    def __init__(self) -> None:
        self.records: list[Any] = []
        self.interval = _SWEEP_FIRST  # records between two sweeps
        self.limit = _SWEEP_FIRST  # sweep when there are more records than this
        self.gaps = sys.maxsize  # where the first gap is that a walk inside another one has left
        self.replaying = 0  # depth of backward passes under way; the list is not re-packed meanwhile
        self.watch: Callable[[Record, Any, Any, Any], None] | None = None  # sees each call: `overflow` says what of it
        self.hooks: dict[int, HookList] = {}  # id of a record -> what to do with its cotangent
        self.private = False  # has a record been made whose op has `private` inputs?
        self.foreign: list[Foreign] = []  # large arrays of the user's that operations took as they are

    # -- recording

    def overflow(self, value: Any, inputs: Any = (), settings: Any = None) -> None:
        """The list has outgrown `limit`. Called with what the latest record computed, and from what.

        While somebody watches the tape (`detect_anomaly`, `check_grads`), the limit lies below every length.
        """
        if self.watch is not None:
            self.watch(self.records[-1], value, inputs, settings)
            if len(self.records) % _SMALL:
                return
        self.sweep()

    def _expect(self, more: int) -> None:
        """Let the list grow by `more` records before the next sweep."""
        self.limit = -1 if self.watch is not None else len(self.records) + more

    def _expect_no_later(self) -> None:
        """After records have left: the next sweep comes earlier, but is never put off by a backward pass.

        Else what each step of a training leaves behind (a branch that no loss depends on) would pile up for ever.
        """
        self.limit = min(self.limit, len(self.records) + self.interval)

    def sweep(self) -> None:
        """Drop every record that no Tensor and no later record refers to, and set when to look again."""
        records = self.records
        if self.replaying:
            self._expect(len(records))
            return
        per_record = self._bytes_per_record()
        if self.hooks:
            self._forget_stale_hooks()
        for index in range(len(records) - 1, -1, -1):
            if getrefcount(records[index]) <= _UNREFERENCED and type(records[index]) is not Mutation:
                if self.hooks:
                    self.hooks.pop(id(records[index]), None)
                records[index] = None
        self._pack(0)
        live = len(records)
        self.interval = max(_FEWEST, live // 4, min(_SWEEP_BYTES // max(per_record, 1), max(_SMALL, 2 * live)))
        self._expect(self.interval)

    def _bytes_per_record(self) -> int:
        """What a record keeps, on the average of some of the latest."""
        latest = self.records[-self.interval :]
        some = [record for record in latest[:: len(latest) // 4 + 1] if type(record) is Record]
        return sum(record.nbytes for record in some) // max(len(some), 1)

    def _pack(self, start: int) -> None:
        """Close the gaps from `start` on; a mutation matters only while a record stands before it."""
        records = self.records
        start = min(start, self.gaps)
        self.gaps = sys.maxsize
        records[start:] = [record for record in records[start:] if record is not None]
        first = 0
        while first < len(records) and type(records[first]) is Mutation:
            first += 1
        del records[:first]

    def since(self, mark: Mark) -> list[Any]:
        """What was recorded since `mark`, which is taken off the tape again.

        This, and no number, is how to remember a place across a call that may record: a sweep moves positions.
        """
        index = self._find(mark)
        later = self.records[index + 1 :]
        del self.records[index]
        return later

    def took(self, array: np.ndarray[Any, Any], place: FrameType) -> np.ndarray[Any, Any]:
        """An array of the user's, as an operation may keep it: see `Foreign`."""
        if array.nbytes <= COPIED:
            return array.copy()
        if len(self.foreign) >= 64:
            self.foreign[:] = [seen for seen in self.foreign if seen.array() is not None]
        own = array.view()
        self.foreign.append(Foreign(own, place))
        return own

    def _note_foreign_writes(self, written: dict[int, tuple[str, CodeType | None, int]]) -> None:
        alive = []
        for seen in self.foreign:
            array = seen.array()
            if array is not None:
                alive.append(seen)
                if seen.changed(array):
                    written.setdefault(id(owner(array)), (f"NumPy, since {place(seen.code, seen.lasti)},", None, 0))
        self.foreign[:] = alive

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
        """Note that the memory of `array` is being overwritten, so that replay can compare it with what was saved."""
        records = self.records
        if not records:
            return
        if type(records[-1]) is not Mutation:
            records.append(Mutation())
        records[-1].writes[id(owner(array))] = (operation, frame.f_code, frame.f_lasti)

    def _hooks_of_consumed(self, record: Record) -> None:
        """A consumed record keeps its hooks: a walk may still end at it."""
        hooks = self.hooks.get(id(record))
        if hooks is not None:
            hooks.record = record

    def _forget_stale_hooks(self) -> None:
        for key in [key for key, hooks in self.hooks.items() if hooks.stale()]:
            del self.hooks[key]

    # -- replay

    def replay(
        self,
        cotangents: Cotangents,
        *,
        retain: bool = False,
        until: Mark | None = None,
        step: Callable[[Any, Record, Cotangents, set[Any]], bool | None] | None = None,
    ) -> None:
        """Push `cotangents` (node -> seed) back to the leaves, in place.

        On return the dictionary holds what arrived at leaves, at records before `until`, and at records that are not on
        this tape (any more). Unless `retain`, records are consumed as they are replayed: what they kept is let go.
        Those that kept no arrays have nothing to lose and may be replayed again, if all that lies behind them may.
        `step` pushes through one record (default: the record's plan), and returns False if it had nothing to do there,
        which consumes nothing; `until` ends the walk at a mark.
        """
        records = self.records
        written: dict[int, tuple[str, CodeType | None, int]] = {}
        pop, hooks = cotangents.pop, self.hooks
        if hooks:
            self._forget_stale_hooks()
        top = self._position(cotangents)
        index, misses, patience = top + 1, 0, 32
        for later in records[top + 1 :]:
            if type(later) is Mutation:
                written.update(later.writes)
        if self.foreign:
            self._note_foreign_writes(written)
        self.replaying += 1
        plain = step is None and not retain and not hooks and not written
        passes = getattr(step, "passes", None)  # a walk to some inputs: which records does it go through?
        owned: set[Any] = Owned() if plain else set()
        lasting: list[Record] = []
        complete = False
        try:
            for index in range(top, -1, -1):
                record = records[index]
                dz = pop(record, None)
                if dz is not None:
                    plan = record.plan
                    if plain:
                        plan.step(dz, record, cotangents, owned)
                        if plan.lasting:
                            lasting.append(record)
                        else:
                            record.saved = CONSUMED
                        continue
                    if written and (passes is None or passes(record)):
                        _check_unwritten(record, written)
                    for hook in list(hooks.get(id(record), ())):
                        dz = hook(dz)
                    used = (step or plan.step)(dz, record, cotangents, owned)
                    if used is False or retain:
                        continue
                    if plan.lasting:
                        lasting.append(record)
                    else:
                        if hooks:
                            self._hooks_of_consumed(record)
                        record.saved = CONSUMED
                    continue
                misses += 1
                if type(record) is Mutation:
                    for key, write in record.writes.items():
                        written.setdefault(key, write)
                    plain = False
                elif record is until and until is not None:
                    break
                elif misses == patience:  # a long stretch of other people's records: is anything left to do?
                    if not any(type(node) is Record and not node.consumed for node in cotangents):
                        break
                    patience += misses
            if type(owned) is Owned and owned.waiting:
                owned.settle(cotangents)
            complete = True
        finally:
            self.replaying -= 1
            if lasting:
                record = None
                owned.clear()  # else we would count ourselves among those that refer to a record
                self._consume_lasting(lasting, index, top)
            if until is not None:
                self._forget_what_lies_behind(index, top)
            if complete and plain and not misses and not lasting and len(records) == top + 1 and not self.replaying:
                del records[index:]  # all of it was ours
                self._expect_no_later()
            elif not retain:
                self._drop_consumed(index, top)

    def _consume_lasting(self, lasting: list[Record], low: int, top: int) -> None:
        """Consume the replayed records that kept no arrays, but for those that another walk may come to.

        These are the ones that lead to leaves, or to records not replayed yet, through nothing that was consumed, and
        that a Tensor refers to, or another such record. `lasting` is emptied down to them; it comes in walking order.
        """
        leading = []
        for record in reversed(lasting):
            nodes = record.inputs
            for node in nodes if type(nodes) is tuple else (nodes,):
                if type(node) is Record and node.saved is CONSUMED:
                    if self.hooks:
                        self._hooks_of_consumed(record)
                    record.saved = CONSUMED
                    break
            else:
                leading.append(record)
        lasting.clear()
        if not leading:
            return
        consumed_users = dict.fromkeys(map(id, leading), 0)
        for user in self.records[low : top + 1]:
            if type(user) is Record and user.saved is CONSUMED:
                for node in user.parents:
                    if id(node) in consumed_users:
                        consumed_users[id(node)] += 1
        while leading:
            users = consumed_users[id(leading[-1])]
            if getrefcount(leading[-1]) - users > _UNREFERENCED + 1:  # one more: `leading`
                lasting.append(leading.pop())
                continue
            record = leading.pop()
            self._hooks_of_consumed(record)
            record.saved = CONSUMED
            for node in record.parents:
                if id(node) in consumed_users:
                    consumed_users[id(node)] += 1

    def _forget_what_lies_behind(self, low: int, top: int) -> None:
        """Cut consumed records off from what they were computed from: a long chain of states would keep it all."""
        for record in self.records[low : top + 1]:
            if type(record) is Record and record.saved is CONSUMED:
                record.inputs = None

    def _position(self, seeds: Cotangents) -> int:
        """Index of the last record that has a seed; -1 if none has."""
        records = self.records
        wanted = [node for node in seeds if type(node) is Record]
        for node in wanted:
            if node.consumed:
                raise unreachable(node)
        if not wanted:
            return -1
        for index in range(len(records) - 1, -1, -1):
            if records[index] in wanted:
                return index
        raise unreachable(wanted[0])

    def _drop_consumed(self, low: int, top: int) -> None:
        """Take the consumed records between two positions off the list."""
        self.records[low : top + 1] = [
            None if type(record) is Record and record.saved is CONSUMED else record
            for record in self.records[low : top + 1]
        ]
        if not self.replaying:  # an outer walk counts positions: it will close the gaps when it is done
            self._pack(low)
            self._expect_no_later()
        else:
            self.gaps = min(self.gaps, low)

    # -- marks

    def mark(self) -> Mark:
        """Remember this place, for `rewind(mark)` and `loss.backward(until=mark)`."""
        mark = Mark()
        self.records.append(mark)
        return mark

    def rewind(self, mark: Mark) -> None:
        """Forget everything recorded since `mark`. Values computed since then stay, but have no gradient."""
        if self.replaying:
            raise GraphError("rewind: a backward is walking over this tape; rewind when it is done")
        index = self._find(mark)
        for record in self.records[index + 1 :]:
            self.hooks.pop(id(record), None)
            if type(record) is Record:
                record.saved = CONSUMED
                record.inputs = None
        del self.records[index + 1 :]

    def _find(self, mark: Mark) -> int:
        for index in range(len(self.records) - 1, -1, -1):
            if self.records[index] is mark:
                return index
        raise GraphError("this mark is not on the current thread's tape (already rewound past, or foreign)")

    def clear(self) -> None:
        """Forget everything. Raises GraphError while a backward is walking over the tape."""
        if self.replaying:
            raise GraphError("clear: a backward is walking over this tape; clear it when that is done")
        for record in self.records:
            if type(record) is Record:
                record.saved = CONSUMED
                record.inputs = None
        self.records.clear()
        self.hooks.clear()
        self.foreign.clear()
        self.interval = _SWEEP_FIRST
        self._expect(self.interval)

    # -- looking

    def __iter__(self) -> Iterator[Record]:
        return iter([record for record in self.records if type(record) is Record])

    def __len__(self) -> int:
        return sum(type(record) is Record for record in self.records)

    def __bool__(self) -> bool:
        return True

    def memory(self) -> dict[str, int]:
        """Bytes that the tape keeps alive, per operation name, largest first; memory shared by records counts once."""
        seen: set[int] = set()
        held: dict[str, int] = {}
        for record in self:
            for array in record.arrays():
                base = owner(array)
                if id(base) not in seen:
                    seen.add(id(base))
                    held[record.op] = held.get(record.op, 0) + int(getattr(base, "nbytes", array.nbytes))
        return dict(sorted(held.items(), key=lambda item: -item[1]))

    def __str__(self) -> str:
        from .listing import listing  # presentation only: keeps it out of the import and of the hot file

        return listing(self)

    def __repr__(self) -> str:
        return f"<Tape: {len(self)} records, {sum(self.memory().values()):,} bytes>"


def _apart(kept: Any, memory: Any) -> Any:
    """What a record kept, with copies of the arrays that look into `memory`."""
    if isinstance(kept, (tuple, list)):
        return type(kept)([_apart(part, memory) for part in kept])
    return kept.copy() if isinstance(kept, np.ndarray) and owner(kept) is memory else kept


def _check_unwritten(record: Record, written: dict[int, tuple[str, CodeType | None, int]]) -> None:
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


def unreachable(node: Record) -> GraphError:
    """The error for a record that a backward must go through and cannot."""
    if node.consumed:
        return GraphError(f"{SECOND_BACKWARD}: {node.op} at {node.line} has already been replayed")
    return GraphError(
        f"backward: {node.op} at {node.line} is not on this thread's tape; run forward and backward in the same thread"
    )
