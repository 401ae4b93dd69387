"""Where everything is: memory for values, registers, and the tables of numbers that the machine is given.

A plan has phases, forward and perhaps backward, which run after one another on one frame of memory. A value has its
place from the step that computes it to the last that reads it, and others have the place before and after. What
backward reads keeps its place to the end, so that backward can run again.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

import numpy as np
from numpy import ndarray as Array

from kernels.blocks import walk
from kernels.machine import threads

from .graph import Node, Value, contiguous
from .groups import Group, grouped
from .tables import Instruction, Slot, Table

SMALL = 16 << 10
"""Bytes up to which copying an array takes less time than asking for its address."""

PRODUCT = 1 << 15
"""Multiplications up to which the machine's own products are quicker than a call of BLAS."""

WORK = 200_000
"""Elements times instructions that are worth a thread."""

LINE = 64
"""Bytes of a line of the cache, to which places are rounded."""


class Phase(NamedTuple):
    """One of the functions of a plan: what it is given, in which steps it computes what it returns."""

    inputs: list[Value]
    nodes: list[Node]
    outputs: list[Value]


class Alone(NamedTuple):
    """A group of one instruction: a small product, or a copy."""

    line: Instruction
    rows: int
    block: int = 1 << 30
    registers: tuple[int, ...] = ()
    partial: tuple[Any, ...] = ()


def rounded(size: int) -> int:
    """To whole lines of the cache."""
    return -(-size // LINE) * LINE


class Plan:
    """The places of a few phases.

    steps     of each phase: numbers of groups, or nodes that Python runs
    homes     root -> ("arena", offset), ("outside", number) or ("constant", offset)
    arrays    the roots and views in the arena that Python needs as arrays
    """

    def __init__(self, phases: list[Phase], held: Iterable[Value] = ()) -> None:
        self.phases = phases
        self.held = set(held)
        self.steps: list[list[int | Node]] = []
        self.tables: list[Table | Alone] = []
        self.parts: list[int] = []
        self.homes: dict[Value, tuple[str, int]] = {}
        self.constants: list[tuple[int, Array]] = []
        self.constant_bytes = 0
        self.outsiders = 0
        self.arena = LINE
        self.slots: dict[Any, int] = {}
        self.links: list[tuple[int, int, int]] = []
        self._steps()
        self._lifetimes()
        self._place_all()
        self._tabulate()

    # -- steps

    def _steps(self) -> None:
        loops = [grouped(phase.nodes) for phase in self.phases]
        read: dict[Value, set[int]] = {}  # root -> numbers of the steps that read it
        number = 0
        for phase, steps in zip(self.phases, loops, strict=True):
            for step in steps:
                for node in step.nodes if isinstance(step, Group) else (step,):
                    for x in node.inputs:
                        if x is not None:
                            read.setdefault(x.root, set()).add(number)
                number += 1
            for out in phase.outputs:
                read.setdefault(out.root, set()).add(-1)
        number = 0
        self.reads: list[set[Value]] = []
        self.writes: list[set[Value]] = []
        for steps in loops:
            mine: list[int | Node] = []
            for step in steps:
                if isinstance(step, Group):
                    outside = {x for x in step.roles if read.get(x, set()) - {number}}
                    parts = self._parts(step)
                    mine.append(self._table(Table(step, outside, parts), parts))
                    self.writes.append(outside)
                    roots = {x.root for node in step.nodes for x in node.inputs}
                    self.reads.append({x for x in roots if x not in step.roles})
                else:
                    alone = self._alone(step)
                    mine.append(step if alone is None else self._table(alone, 1))
                    self.writes.append(set(step.outputs))
                    self.reads.append({x.root for x in step.inputs if x is not None})
                number += 1
            self.steps.append(mine)

    def _table(self, table: Table | Alone, parts: int) -> int:
        self.tables.append(table)
        self.parts.append(parts)
        return len(self.tables) - 1

    def _parts(self, group: Group) -> int:
        work = group.size * (len(group.nodes) + 2)
        return max(1, min(threads.get_num_threads(), work // WORK, group.rows))

    def _alone(self, node: Node) -> Alone | None:
        """A step that is one instruction; None if Python has to run it."""
        if node.kind == "copy":
            return self._copy(node)
        if node.kind != "product":
            return None
        x, y = node.inputs
        (rows, terms), columns = x.shape, y.shape[1]
        if rows * terms * columns > PRODUCT or x.dtype.char not in "fd":
            return None
        about = Slot("numbers", (columns, terms, *x.strides, *y.strides))
        size, kind = x.dtype.itemsize, x.dtype.char
        a = Slot("value", (x.root, x.offset), x.strides[0] * size)
        b = Slot("value", (y.root, y.offset), 0)
        z = Slot("value", node.out, columns * size)
        return Alone(Instruction("product", kind, kind, a, b, about, z, 1, 0), rows)

    def _copy(self, node: Node) -> Alone | None:
        (x,) = node.inputs
        kind = x.dtype.char
        if kind not in "fdl?" or x.size == 0:
            return None
        pairs = _merged([(n, s) for n, s in zip(x.shape, x.strides, strict=True) if n != 1]) or [(1, 1)]
        numbers = (len(pairs), *[n for n, _ in pairs], *[s for _, s in pairs])
        a, z = Slot("value", (x.root, x.offset)), Slot("value", node.out)
        return Alone(Instruction("strided", kind, kind, a, None, Slot("numbers", numbers), z, 0, x.size), 1)

    # -- memory

    def _lifetimes(self) -> None:
        """The first and the last step of each value."""
        self.life: dict[Value, list[int]] = {}
        total = len(self.reads)
        start = 0
        for index, (phase, steps) in enumerate(zip(self.phases, self.steps, strict=True)):
            for x in phase.inputs:
                self.life[x] = [start, start]
            end = start + len(steps)
            for number in range(start, end):
                for x in self.reads[number] | self.writes[number]:
                    self.life.setdefault(x, [number, number])[1] = number
                    if index and self.life[x][0] < start:
                        self.life[x][1] = total
            for out in phase.outputs:
                self.life.setdefault(out.root, [start, end])[1] = max(end, self.life[out.root][1])
            start = end
        number = total
        for steps in reversed(self.steps):
            for step in reversed(steps):
                number -= 1
                if isinstance(step, Node) and step.kind == "call":  # its results may look into its inputs
                    last = max([self.life[out][1] for out in step.outputs], default=number)
                    for x in self.reads[number]:
                        self.life[x][1] = max(self.life[x][1], last)

    def _outside(self, value: Value) -> None:
        self.homes[value] = ("outside", self.outsiders)
        self.outsiders += 1

    def _place_all(self) -> None:
        """A home for each root: constants, what comes from outside, and the rest in the arena."""
        given = {x for phase in self.phases for x in phase.inputs}
        saved = {x for x, (_, last) in self.life.items() if last >= len(self.reads)} if len(self.phases) > 1 else set()
        waiting: list[Value] = []
        for x in self.life:
            if x.array is not None:
                self.homes[x] = ("constant", self.constant_bytes)
                self.constants.append((self.constant_bytes, x.array))
                self.constant_bytes += rounded(x.nbytes)
            elif x in given:
                if x in self.held or x.nbytes > SMALL or x.dtype.char not in "fdl?":
                    self._outside(x)
                else:
                    waiting.append(x)
            elif x.node is not None and x.node.kind == "call":
                self._outside(x)
            else:
                waiting.append(x)
        self.handed: set[Value] = set()
        first = {id(x) for x in self.phases[0].outputs} if len(self.phases) > 1 else set()
        for phase in self.phases:
            for out in phase.outputs:
                if out in self.handed or out.parent is not None or out not in waiting or out.nbytes <= SMALL:
                    continue
                if not (id(out) in first and out in saved):
                    self.handed.add(out)
                    self._outside(out)
                    waiting.remove(out)
        self._fit(waiting)

    def _fit(self, waiting: list[Value]) -> None:
        """Offsets in the arena, so that no two values that live at the same time overlap."""
        placed: list[tuple[int, int, int, int]] = []  # offset, end, first step, last step
        for x in sorted(waiting, key=lambda x: -x.nbytes):
            first, last = self.life[x]
            size = rounded(max(x.nbytes, 1))
            offset = 0
            for start, end, begin, until in sorted(placed):
                if until < first or begin > last:
                    continue
                if start - offset >= size:
                    break
                offset = max(offset, end)
            placed.append((offset, offset + size, first, last))
            self.homes[x] = ("arena", offset)
            self.arena = max(self.arena, offset + size)

    # -- tables

    def _tabulate(self) -> None:
        """The tables as numbers, but for addresses, which a frame fills in."""
        self._number(None, 0)
        code: list[tuple[int, ...]] = []
        groups: list[tuple[int, ...]] = []
        self.names: list[tuple[str, str, str]] = []
        self.scratch = 0
        self.partials: list[tuple[int, int]] = []
        combine: dict[int, list[int]] = {}
        for number, table in enumerate(self.tables):
            begin = len(code)
            before, body = (0, 1) if isinstance(table, Alone) else (len(table.before), len(table.body))
            for line in [table.line] if isinstance(table, Alone) else table.lines():
                self.names.append((line.name, line.kinds, line.result))
                slots = [self._number(slot, number) for slot in (line.a, line.b, line.c, line.z)]
                code.append((0, *slots, line.per_row, line.fixed))
            rows = table.rows if isinstance(table, Alone) else table.group.rows
            groups.append(
                (rows, table.block, begin, begin + before, begin + before + body, len(code), self.parts[number])
            )
            self._scratch(number, table)
        for number, table in enumerate(self.tables):
            for out, node in table.partial:
                begin = len(code)
                self._combine(number, out, node, code)
                combine.setdefault(number, []).append(len(groups))
                groups.append(
                    (self.parts[number], 1 << 30, begin, begin + 1, len(code) - (node.name == "total"), len(code), 1)
                )
        self.combine = combine
        self.code, self.groups = (
            np.array(code, np.int64).reshape(-1, walk.CODE),
            np.array(groups, np.int64).reshape(-1, walk.GROUP),
        )

    def _scratch(self, number: int, table: Table | Alone) -> None:
        """Places of the registers of a group, in bytes of a thread's own memory."""
        at = 0
        for register, each in enumerate(table.registers):
            key = ("register", number, register)
            if key in self.slots:
                self.places[key] = at
            at += rounded(each * table.block)
        self.scratch = max(self.scratch, at)

    def _combine(self, number: int, out: Value, node: Node, code: list[tuple[int, ...]]) -> None:
        """Instructions that add up what the parts have found."""
        kind, width = out.dtype.char, out.size
        size = self.partial_bytes(node)
        source = self._number(Slot("parts", (number, out), size), number)
        zero, memory = self._number(Slot("zero", None), number), self._number(Slot("value", out), number)
        if node.name == "total":
            sum_ = self._number(Slot("sum", (number, out)), number)
            lines = [("fill", "d", zero, 0, sum_, 0, 1), ("total", "d", source, 0, sum_, 1, 0)]
            for name, of, a, c, z, per_row, fixed in lines:
                self.names.append((name, of, of))
                code.append((0, a, 0, c, z, per_row, fixed))
            self.names.append(("copy", "d", kind))
            code.append((0, sum_, 0, 0, memory, 0, 1))
        else:
            row = self._number(Slot("number", width), number)
            self.names.append(("fill", kind, kind))
            code.append((0, zero, 0, 0, memory, 0, width))
            self.names.append(("column_sum", kind, kind))
            code.append((0, source, 0, row, memory, 1, 0))

    places: dict[Any, int]

    def _number(self, slot: Slot | None, group: int) -> int:
        """The number of a slot in the table, a new one if it is not there yet."""
        if not hasattr(self, "places"):
            self.places = {}
        if slot is None:
            key: Any = ("number", 0)
        elif slot.kind == "register":
            key = ("register", group, slot.what)
        elif slot.kind in ("number", "zero", "numbers"):
            key = (slot.kind, slot.what)
        elif slot.kind == "value":
            root, offset = slot.what if isinstance(slot.what, tuple) else (slot.what, 0)
            key = ("value", root, offset, slot.step)
        elif slot.kind == "partial":
            key = ("partial", group, slot.what)
            self._room(group, slot.what)
        else:
            key = (slot.kind, slot.what, slot.step)
        if key not in self.slots:
            self.slots[key] = len(self.slots)
            if key[0] == "numbers":
                self.places[key] = self.constant_bytes
                self.constants.append((self.constant_bytes, np.array(key[1], np.int64)))
                self.constant_bytes += rounded(8 * len(key[1]))
            if key[0] == "sum":
                self.places[key] = self.arena
                self.arena += LINE
            if key[0] == "value" and self.homes[key[1]][0] == "outside":
                self.links.append((self.slots[key], self.homes[key[1]][1], key[2] * key[1].dtype.itemsize))
        return self.slots[key]

    def _room(self, group: int, out: Value) -> None:
        """Room for what each part adds up."""
        key = ("partial", group, out)
        if key not in self.places:
            self.places[key] = self.arena
            self.arena += rounded(8 * out.size * self.parts[group])

    @staticmethod
    def partial_bytes(node: Node) -> int:
        """What a part adds up: a total in double precision, or sums of columns."""
        return 8 if node.name == "total" else node.out.nbytes


def _merged(pairs: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Axes as (size, stride), neighbours joined where they are one axis in memory."""
    found: list[tuple[int, int]] = []
    for n, s in pairs:
        if found and found[-1][1] == n * s:
            found[-1] = (found[-1][0] * n, s)
        else:
            found.append((n, s))
    return found


def used_by_python(plan: Plan) -> list[Value]:
    """Values of the arena that Python needs as arrays, views included."""
    found: dict[Value, None] = {}
    for phase, steps in zip(plan.phases, plan.steps, strict=True):
        for x in phase.inputs:
            found[x] = None
        for step in steps:
            if isinstance(step, Node):
                for x in (*step.inputs, *step.outputs):
                    if x is not None:
                        found[x] = None
        for out in phase.outputs:
            found[out] = None
    return [x for x in found if plan.homes.get(x.root, ("", 0))[0] in ("arena", "constant")]


__all__ = ["LINE", "SMALL", "Alone", "Phase", "Plan", "contiguous", "rounded", "used_by_python"]
