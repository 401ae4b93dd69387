"""The memory that a plan runs in: made once, and used again by the next call that finds it free.

A frame is one piece of memory with everything in it: values, registers of each thread, and the tables with the
addresses of all that. Forward may run several times before backward does, and each time keeps what backward reads: so
each has a frame of its own, which comes back when the record on the tape lets go of its `Lease`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy import ndarray as Array

from kernels.blocks import walk
from kernels.machine import threads

from .numbering import Numbering
from .plan import LINE, Plan, rounded, used_by_python
from .values import Value


def start(array: Array) -> int:
    """The address of an array."""
    address: int = array.__array_interface__["data"][0]
    return address


def aligned(size: int) -> Array:
    """So many bytes, from the start of a line of the cache on."""
    memory = np.zeros(size + LINE, np.uint8)
    skip = -start(memory) % LINE
    return memory[skip : skip + size]


def nothing(*asked: Array) -> None:
    """Nobody makes room."""


class Constants:
    """What all frames of a plan read: constants, and code with the addresses of its loops."""

    def __init__(self, plan: Plan, numbers: Numbering) -> None:
        from kernels.blocks import loops

        self.memory = aligned(plan.constant_bytes + LINE)  # the last line: a zero
        for offset, array in plan.constants:
            self.memory[offset : offset + array.nbytes] = np.frombuffer(array.tobytes(), np.uint8)
        self.numbers = numbers
        self.code = numbers.code
        self.groups = numbers.groups
        self.code[:, walk.LOOP] = [loops.address(*name) for name in numbers.names]
        self.zero = start(self.memory) + plan.constant_bytes
        self.links = np.array(numbers.links, np.int64).reshape(-1, 3)


class Frame:
    """One such memory.

    at       where the head of its tables is
    outside  addresses of arrays that come from outside: entered before the machine runs
    arrays   what Python needs as arrays, in the order of `used_by_python`
    held     arrays whose addresses stand in `outside` from the last call
    kept     what forward leaves for backward: results of calls
    before   called with what Python asks for before there is memory for gradients: it clears the last ones, so that
             both are never there
    """

    def __init__(self, plan: Plan, constants: Constants) -> None:
        self.constants = constants
        self.numbers = constants.numbers
        self.memory = aligned(plan.arena)
        parts = max([1, *plan.parts])
        scratch = rounded(self.numbers.scratch + LINE)
        self.scratch = aligned(scratch * parts)
        self.slots = np.zeros((parts, max(len(self.numbers.slots), 1), 2), np.int64)
        self.outside = np.zeros(max(plan.outsiders, 1), np.int64)
        self.held: list[Any] = [None] * plan.outsiders
        self.kept: tuple[Any, ...] = ()
        self.before: Callable[..., None] = nothing
        for part in range(parts):
            for key, number in self.numbers.slots.items():
                self.slots[part, number] = self._slot(plan, key, part, scratch)
        tables = constants.code, constants.groups, self.slots, constants.links, self.outside
        head = np.zeros(walk.HEAD, np.int64)
        head[[walk.CODES, walk.GROUPS, walk.SLOTS, walk.LINKS, walk.OUTSIDE]] = [start(table) for table in tables]
        head[[walk.CODED, walk.GROUPED, walk.SLOTTED, walk.THREADS]] = [
            len(constants.code),
            len(constants.groups),
            self.slots.shape[1],
            parts,
        ]
        head[[walk.LINKED, walk.OUTSIDERS]] = len(constants.links), len(self.outside)
        self.head = head
        self.at = start(head)
        self.arrays = tuple([self.array(plan, x) for x in used_by_python(plan)])

    def _slot(self, plan: Plan, key: Any, part: int, scratch: int) -> tuple[int, int]:
        """An address, and the step to the next row."""
        kind = key[0]
        memory = start(self.memory)
        if kind == "register":
            return start(self.scratch) + part * scratch + self.numbers.places[key], 0
        if kind == "number":
            return key[1], 0
        if kind == "zero":
            return self.constants.zero, 0
        if kind == "numbers":
            return start(self.constants.memory) + self.numbers.places[key], 0
        if kind == "partial":
            of = plan.tables[key[1]].partial
            node = next(node for out, node in of if out is key[2])
            return memory + self.numbers.places[key] + part * self.numbers.partial_bytes(node), 0
        if kind == "parts":
            return memory + self.numbers.places[("partial", *key[1])], key[2]
        if kind == "sum":
            return memory + self.numbers.places[key], 0
        _, root, offset, step = key
        where, place = plan.homes[root]
        if where == "outside":
            return 0, step
        base = memory if where == "arena" else start(self.constants.memory)
        return base + place + offset * root.dtype.itemsize, step

    def array(self, plan: Plan, x: Value) -> Array:
        """A value of the arena, or a view of it, as an array."""
        where, place = plan.homes[x.root]
        memory = self.memory if where == "arena" else self.constants.memory
        size = x.dtype.itemsize
        strides = tuple([s * size for s in x.strides])
        made: Array = np.ndarray(x.shape, x.dtype, memory, place + x.offset * size, strides)
        if where == "constant":
            made.flags.writeable = False
        return made


class Frames:
    """The frames of a plan: one more whenever none is free."""

    def __init__(self, plan: Plan, numbers: Numbering) -> None:
        self.plan = plan
        self.constants = Constants(plan, numbers)
        self.free: list[Frame] = []
        self.made = 0

    def take(self) -> Frame:
        """A frame that nobody uses."""
        try:
            return self.free.pop()
        except IndexError:
            self.made += 1
            return Frame(self.plan, self.constants)

    def twin(self, frame: Frame) -> Frame:
        """Another frame in which the same stands, for a walk back that must leave it to the next."""
        other = self.take()
        other.memory[:] = frame.memory
        other.outside[:] = frame.outside
        other.held[:] = frame.held
        other.kept = frame.kept
        return other


class Lease:
    """Holds a frame until nobody needs what is in it.

    spent   has backward run in it, and overwritten what forward left?
    """

    __slots__ = ("frame", "free", "spent")

    def __init__(self, frame: Frame, free: list[Frame]) -> None:
        self.frame = frame
        self.free = free
        self.spent = False

    def __del__(self) -> None:
        self.frame.kept = ()  # large arrays are there for others again
        self.free.append(self.frame)


__all__ = ["Frame", "Frames", "Lease", "aligned", "start", "threads"]
