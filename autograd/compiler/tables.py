"""Groups as the tables that the block machine walks through: instructions, registers, slots.

Where a value of a loop is, is one number, its slot: the memory of an array that is needed elsewhere, or a register.
What is repeated (a number, a row, a column) is spread into a register first; numbers and rows once, before the loop.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

import numpy as np

from .groups import ACCUMULATED, Group
from .values import FULL, ONE, Node, Role, Value, role_of

LEAST, MOST = 128, 4096
"""Elements of a block."""

CACHED = 24 << 10
"""Bytes of registers that are meant to stay in the first-level cache."""

SINGLE, DOUBLE = np.dtype(np.float32), np.dtype(np.float64)


class Slot(NamedTuple):
    """Where something is.

    kind    "value": the memory of a root; "partial": the same, but each part of the work has its own;
            "register": a block; "number": a small integer; "zero": a 0 in memory; "numbers": integers in memory
    what    the root, the number of the register, the integer, a tuple of integers
    step    bytes to the next row
    """

    kind: str
    what: Any
    step: int = 0


class Instruction(NamedTuple):
    """One line of the code table, with slots still spelled out."""

    name: str
    kinds: str
    result: str
    a: Slot | None
    b: Slot | None
    c: Slot | None
    z: Slot
    per_row: int
    fixed: int


NOTHING = Slot("number", 0)


class Table:
    """A group as instructions before, in and after its loop.

    registers   bytes of each for one row of a block: (per row, fixed)
    block       rows of a block
    """

    def __init__(self, group: Group, outside: set[Value], parts: int) -> None:
        self.group = group
        self.outside = outside
        self.parts = parts
        self.before: list[Instruction] = []
        self.body: list[Instruction] = []
        self.after: list[Instruction] = []
        self.registers: list[int] = []
        self.free: dict[int, list[int]] = {}
        self.spread: dict[tuple[Value, Role, int], Slot] = {}
        self.placed: dict[Value, Slot] = {}
        self.partial: list[tuple[Value, Node]] = []
        self.block = 0
        self._last_uses()
        for node in group.nodes:
            self._node(node)
        self._fit()

    # -- registers

    def _last_uses(self) -> None:
        self.uses: dict[Value, int] = {}
        for node in self.group.nodes:
            for x in node.inputs:
                self.uses[x.root] = self.uses.get(x.root, 0) + 1

    def _register(self, width: int) -> Slot:
        """A block of `width` bytes for each row."""
        free = self.free.get(width)
        if free:
            return Slot("register", free.pop())
        self.registers.append(width)
        return Slot("register", len(self.registers) - 1)

    def _used(self, x: Value) -> None:
        """One use fewer: after the last, its registers are free."""
        root = x.root
        self.uses[root] -= 1
        if self.uses[root] == 0 and root in self.group.roles:
            held = [self.placed[root], *[slot for (of, _, _), slot in self.spread.items() if of is root]]
            for slot in held:
                if slot.kind == "register":
                    self.free.setdefault(self.registers[slot.what], []).append(slot.what)

    def _fit(self) -> None:
        """How many rows a block has: as many as keep its registers in the cache, within limits."""
        each = sum(self.registers)
        width = self.group.width
        least, most = -(-LEAST // width), max(1, MOST // width)
        self.block = max(1, min(max(least, CACHED // max(each, 1)), most, max(self.group.rows, 1)))

    # -- operands

    def _home(self, x: Value, role: Role) -> Slot:
        """Where a value stands row by row: in the loop's own place, or in the memory of its root."""
        root = x.root
        if root in self.placed:
            return self.placed[root]
        width = self.group.width if role.kind == "full" else 1
        return Slot("value", root, width * root.dtype.itemsize if role.kind in ("full", "column") else 0)

    def _operand(self, x: Value, shape: Any, column: bool) -> Slot:
        """A slot in which x stands as the result of a node does: a number for each element, or for each row."""
        group, root = self.group, x.root
        role = FULL if group.size == 1 or (column and root in group.roles) else role_of(x, shape)
        assert role is not None
        if role == FULL:
            return self._home(x, Role("column", 0) if column else FULL)
        width = 1 if column else group.width
        key = root, role, width
        if key in self.spread:
            return self.spread[key]
        kind = root.dtype.char
        size = root.dtype.itemsize
        source = self._home(x, role)
        # what is filled before the loop must last through it
        slot = self._register(width * size) if role.kind == "column" else self._register_alone(width * size)
        if role == ONE:
            self.before.append(Instruction("fill", kind, kind, source, None, None, slot, BLOCK_ROWS * width, 0))
        elif role.kind == "row":
            row = Slot("number", width)
            self.before.append(Instruction("tile", kind, kind, source, None, row, slot, BLOCK_ROWS, 0))
        else:
            row = Slot("number", width)
            self.body.append(Instruction("spread", kind, kind, source, None, row, slot, 1, 0))
        self.spread[key] = slot
        return slot

    def _result(self, out: Value, role: Role) -> Slot:
        width = self.group.width if role.kind == "full" else 1
        size = width * out.dtype.itemsize
        slot = Slot("value", out, size) if out in self.outside else self._register(size)
        self.placed[out] = slot
        return slot

    # -- nodes

    def _node(self, node: Node) -> None:
        role = self.group.roles[node.out]
        if node.kind == "reduce":
            self._reduce(node, role)
        else:
            column = role.kind == "column"
            given: list[Slot | None] = [self._operand(x, node.out.shape, column) for x in node.inputs]
            kinds = "".join([x.dtype.char for x in node.inputs])
            z = self._result(node.out, role)
            a, b, c = given + [None] * (3 - len(given))
            rows = self.group.width if not column else 1
            self.body.append(Instruction(node.name, kinds, node.out.dtype.char, a, b, c, z, rows, 0))
        for x in node.inputs:
            self._used(x)
        if node.out not in self.uses:
            self.uses[node.out] = 0
            slot = self.placed.get(node.out)
            if slot is not None and slot.kind == "register":
                self.free.setdefault(self.registers[slot.what], []).append(slot.what)

    def _reduce(self, node: Node, role: Role) -> None:
        (x,) = node.inputs
        kind = x.dtype.char
        source = self._home(x, FULL)
        row = Slot("number", self.group.width)
        if node.name not in ACCUMULATED:
            z = self._result(node.out, role)
            self.body.append(Instruction(node.name, kind, kind, source, None, row, z, 1, 0))
            return
        out = node.out
        memory = Slot("value" if self.parts == 1 else "partial", out)
        if node.name == "column_sum":
            zero, width = Slot("zero", None), self.group.width
            self.before.append(Instruction("fill", kind, kind, zero, None, None, memory, 0, width))
            self.body.append(Instruction("column_sum", kind, kind, source, None, row, memory, 1, 0))
        else:
            sum_ = memory if self.parts > 1 else self._register_alone(8)
            self.before.append(Instruction("fill", "d", "d", Slot("zero", None), None, None, sum_, 0, 1))
            self.body.append(Instruction("total", kind, kind, source, None, None, sum_, self.group.width, 0))
            if self.parts == 1:
                self.after.append(Instruction("copy", "d", kind, sum_, None, None, memory, 0, 1))
        if self.parts > 1:
            self.partial.append((out, node))

    def _register_alone(self, size: int) -> Slot:
        """A register that nothing else gets."""
        self.registers.append(size)
        return Slot("register", len(self.registers) - 1)

    def instructions(self) -> Iterable[Instruction]:
        """All instructions in order, with the number of rows of a block filled in."""
        rows = self.block

        def sized(line: Instruction) -> Instruction:
            # before the loop, a block is as long as any in it
            if line.per_row >= BLOCK_ROWS:
                return line._replace(per_row=0, fixed=rows * (line.per_row // BLOCK_ROWS))
            return line

        return [sized(line) for line in (*self.before, *self.body, *self.after)]


BLOCK_ROWS = 1 << 40
"""Stands for the number of rows of a block, until that is known."""
