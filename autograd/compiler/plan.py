"""Where everything is: memory for values, registers, and the tables of numbers that the machine is given.

A plan has phases, forward and perhaps backward, which run after one another on one frame of memory. A value has its
place from the step that computes it to the last that reads it, and others have the place before and after: backward
overwrites what forward left for it. Who wants to run it again has it run on a copy (`Frames.twin`).
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any, NamedTuple

from numpy import ndarray as Array

from kernels.blocks.products import FEW
from kernels.machine import threads

from .groups import Group, grouped
from .packing import placed
from .successors import successors
from .tables import Instruction, Slot, Table
from .values import KNOWN, Node, Value, contiguous

SMALL = 16 << 10
"""Bytes up to which copying an array takes less time than asking for its address."""

PRODUCT = 1 << 19
"""Multiplications up to which the machine's own products are quicker than a call of BLAS, or of several threads."""

FEWER = 1 << 15
"""The same where a factor is not copied: with few rows, or a right factor with gaps between rows and columns."""

WORK = 200_000
"""Elements times instructions that are worth a thread."""

COPIED = 40_000
"""Elements of a view, copied in order, that are worth a thread."""

FRESH = {"matmul", "matmul_rule", "linear", "normalise", "normalise_rule", "sum_of_products", "more_products"}
"""Calls whose results never look into what they are given."""

LINE = 64
"""Bytes of a line of the cache, to which places are rounded."""


class Phase(NamedTuple):
    """One of the functions of a plan: what it is given, in which steps it computes what it returns.

    glanced   outputs that are looked at once, and not handed to anybody
    late      outputs for which somebody may make room before there is memory for them: see `Frame.before`
    asked     outputs that are looked at before that
    places    which output stands where in what the function returns, None where there is none; default: all in order
    """

    inputs: list[Value]
    nodes: list[Node]
    outputs: list[Value]
    glanced: frozenset[Value] = frozenset()
    places: tuple[int | None, ...] = ()
    late: frozenset[Value] = frozenset()
    asked: tuple[Value, ...] = ()


class Alone(NamedTuple):
    """A group that is no loop over elements: a small product, a copy, copies into the parts of an array."""

    lines: tuple[Instruction, ...]
    rows: int
    block: int = 1 << 30
    registers: tuple[int, ...] = ()
    partial: tuple[Any, ...] = ()
    parts: int = 1


def rounded(size: int) -> int:
    """To whole lines of the cache."""
    return -(-size // LINE) * LINE


class Plan:
    """The places of a few phases.

    steps     of each phase: numbers of groups, or nodes that Python runs
    homes     root -> ("arena", offset), ("outside", number) or ("constant", offset)
    handed    roots that are handed to the caller, as they are or in another shape: each call has new ones
    arrays    the roots and views in the arena that Python needs as arrays
    """

    def __init__(self, phases: list[Phase], held: Iterable[Value] = ()) -> None:
        self.phases = phases
        self.held = set(held)
        self.glanced = {x for phase in phases for x in phase.glanced}
        self.steps: list[list[int | Node]] = []
        self.tables: list[Table | Alone] = []
        self.parts: list[int] = []
        self.homes: dict[Value, tuple[str, int]] = {}
        self.constants: list[tuple[int, Array]] = []
        self.constant_bytes = 0
        self.outsiders = 0
        self.arena = LINE
        self._steps()
        self._lifetimes()
        self._place_all()

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
                    mine.append(step if alone is None else self._table(alone, alone.parts))
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
        if node.kind == "join":
            return self._join(node)
        if node.kind != "product":
            return None
        x, y = node.inputs
        (rows, terms), columns = x.shape, y.shape[1]
        most = PRODUCT if rows >= FEW and 1 in y.strides else FEWER
        if rows * terms * columns > most or x.dtype.char not in "fd":
            return None
        about = Slot("numbers", (columns, terms, *x.strides, *y.strides))
        size, kind = x.dtype.itemsize, x.dtype.char
        a = Slot("value", (x.root, x.offset), x.strides[0] * size)
        b = Slot("value", (y.root, y.offset), 0)
        z = Slot("value", node.out, columns * size)
        return Alone((Instruction("product", kind, kind, a, b, about, z, 1, 0),), rows)

    def _copy(self, node: Node) -> Alone | None:
        (x,) = node.inputs
        kind = x.dtype.char
        if kind not in KNOWN or x.size == 0:
            return None
        pairs = _merged([(n, s) for n, s in zip(x.shape, x.strides, strict=True) if n != 1]) or [(1, 1)]
        parts = min(threads.get_num_threads(), x.size // COPIED, pairs[0][0])
        rows, apart = pairs.pop(0) if len(pairs) > 1 and parts > 1 else (1, 0)
        numbers = (len(pairs), *[n for n, _ in pairs], *[s for _, s in pairs])
        size, own = x.dtype.itemsize, x.size // rows
        a, z = Slot("value", (x.root, x.offset), apart * size), Slot("value", node.out, own * size)
        line = Instruction("strided", kind, kind, a, None, Slot("numbers", numbers), z, own, 0)
        return Alone((line,), rows, 1, parts=max(parts, 1) if rows > 1 else 1)

    def _join(self, node: Node) -> Alone:
        """Rows of each part, one after the other."""
        out, axis = node.out, node.settings
        kind, size = out.dtype.char, out.dtype.itemsize
        rows, width = math.prod(out.shape[:axis]), math.prod(out.shape[axis:])
        lines, at = [], 0
        for x in node.inputs:
            own = x.size // rows
            a, z = Slot("value", x.root, own * size), Slot("value", (out, at), width * size)
            lines.append(Instruction("copy", kind, kind, a, None, None, z, own, 0))
            at += own
        return Alone(tuple(lines), rows, 1)

    # -- memory

    def _lifetimes(self) -> None:
        """The first and the last step of each value."""
        self.life: dict[Value, list[int]] = {}
        start = 0
        for phase, steps in zip(self.phases, self.steps, strict=True):
            for x in phase.inputs:
                self.life[x] = [start, start]
            end = start + len(steps)
            for number in range(start, end):
                for x in self.reads[number] | self.writes[number]:
                    self.life.setdefault(x, [number, number])[1] = number
            for out in phase.outputs:
                life = self.life.setdefault(out.root, [start, end])
                life[1] = max(end, life[1])
            start = end
        number = len(self.reads)
        for steps in reversed(self.steps):
            for step in reversed(steps):
                number -= 1
                looks = isinstance(step, Node) and step.kind == "call" and step.name not in FRESH and not step.into
                if isinstance(step, Node) and looks:  # its results may look into its inputs
                    last = max([self.life[out][1] for out in step.outputs], default=number)
                    for x in self.reads[number]:
                        self.life[x][1] = max(self.life[x][1], last)

    def _outside(self, value: Value) -> None:
        self.homes[value] = ("outside", self.outsiders)
        self.outsiders += 1

    def _place_all(self) -> None:
        """A home for each root: constants, what comes from outside, and the rest in the arena."""
        given = {x for phase in self.phases for x in phase.inputs}
        later = [x for phase in self.phases[1:] for x in phase.outputs]
        saved = set().union(*self.reads[len(self.steps[0]) :], [x.root for x in later]) if later else set()
        waiting: list[Value] = []
        for x in self.life:
            if x.array is not None:
                self.homes[x] = ("constant", self.constant_bytes)
                self.constants.append((self.constant_bytes, x.array))
                self.constant_bytes += rounded(x.nbytes)
            elif x in given:
                if x in self.held or x.nbytes > SMALL or x.dtype.char not in KNOWN:
                    self._outside(x)
                else:
                    waiting.append(x)
            elif x.node is not None and x.node.kind == "call" and not x.node.into:
                self._outside(x)
            else:
                waiting.append(x)
        self.handed: set[Value] = set()
        first = {id(x.root) for x in self.phases[0].outputs} if len(self.phases) > 1 else set()
        forms: dict[Value, set[Value]] = {}  # root -> the outputs that look into it
        for out in [x for phase in self.phases for x in phase.outputs]:
            forms.setdefault(out.root, set()).add(out)
        for root, outs in forms.items():
            if root not in waiting or root.nbytes <= SMALL:
                continue
            alone = len(outs) == 1 and all(out.plain and out.dtype == root.dtype for out in outs)
            if alone and not (id(root) in first and root in saved):
                self.handed.add(root)
                self._outside(root)
                waiting.remove(root)
        self._fit(waiting)

    def _chains(self, waiting: list[Value]) -> list[list[Value]]:
        """Values of the arena that have the same memory one after the other: see `successors`."""
        chains = {x: [x] for x in waiting}
        for number, table in enumerate(self._loops()):
            if table is None:
                continue
            dying = {x for x in self.reads[number] if x in chains and self.life[x][1] == number}
            made = {z for z in self.writes[number] if z in chains and self.life[z][0] == number}
            for x, z in successors(table, dying, made):
                chains[z] = chains[x]
                chains[z].append(z)
        return list({id(chain): chain for chain in chains.values()}.values())

    def _loops(self) -> list[Table | None]:
        """For each step the loop that it is."""
        tables = [None if isinstance(step, Node) else self.tables[step] for steps in self.steps for step in steps]
        return [table if isinstance(table, Table) else None for table in tables]

    def _fit(self, waiting: list[Value]) -> None:
        """Offsets in the arena, so that no two values that live at the same time overlap."""
        chains = self._chains(waiting)
        lives = [(rounded(max(c[0].nbytes, 1)), self.life[c[0]][0], self.life[c[-1]][1]) for c in chains]
        offsets, end = placed(lives)
        for chain, offset in zip(chains, offsets, strict=True):
            self.homes.update(dict.fromkeys(chain, ("arena", offset)))
        self.arena = max(self.arena, end)


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
