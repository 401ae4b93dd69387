"""The tables of a plan as numbers, but for addresses, which a frame fills in."""

from __future__ import annotations

from typing import Any

import numpy as np

from kernels.blocks import walk

from .plan import LINE, Alone, Plan, rounded
from .tables import Slot, Table
from .values import Node, Value


class Numbering:
    """Code, groups and slots of a plan.

    names    of the instructions, in order: where they are is known in each process alone
    slots    what stands in a slot -> its number in the table
    places   of registers, and of what parts add up: bytes from where the memory of these begins
    links    slots that look into arrays from outside
    combine  number of a group -> the groups that add up what its parts have found
    scratch  bytes of registers that a thread needs
    """

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.slots: dict[Any, int] = {}
        self.places: dict[Any, int] = {}
        self.links: list[tuple[int, int, int]] = []
        self._number(None, 0)
        code: list[tuple[int, ...]] = []
        groups: list[tuple[int, ...]] = []
        self.names: list[tuple[str, str, str]] = []
        self.scratch = 0
        self.partials: list[tuple[int, int]] = []
        combine: dict[int, list[int]] = {}
        for number, table in enumerate(self.plan.tables):
            begin = len(code)
            before, body = (0, len(table.lines)) if isinstance(table, Alone) else (len(table.before), len(table.body))
            for line in table.lines if isinstance(table, Alone) else table.instructions():
                self.names.append((line.name, line.kinds, line.result))
                slots = [self._number(slot, number) for slot in (line.a, line.b, line.c, line.z)]
                code.append((0, *slots, line.per_row, line.fixed))
            rows = table.rows if isinstance(table, Alone) else table.group.rows
            groups.append(
                (rows, table.block, begin, begin + before, begin + before + body, len(code), self.plan.parts[number])
            )
            self._scratch(number, table)
        for number, table in enumerate(self.plan.tables):
            for out, node in table.partial:
                begin = len(code)
                self._combine(number, out, node, code)
                combine.setdefault(number, []).append(len(groups))
                groups.append(
                    (
                        self.plan.parts[number],
                        1 << 30,
                        begin,
                        begin + 1,
                        len(code) - (node.name == "total"),
                        len(code),
                        1,
                    )
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

    def _number(self, slot: Slot | None, group: int) -> int:
        """The number of a slot in the table, a new one if it is not there yet."""
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
                self.places[key] = self.plan.constant_bytes
                self.plan.constants.append((self.plan.constant_bytes, np.array(key[1], np.int64)))
                self.plan.constant_bytes += rounded(8 * len(key[1]))
            if key[0] == "sum":
                self.places[key] = self.plan.arena
                self.plan.arena += LINE
            if key[0] == "value" and self.plan.homes[key[1]][0] == "outside":
                self.links.append((self.slots[key], self.plan.homes[key[1]][1], key[2] * key[1].dtype.itemsize))
        return self.slots[key]

    def _room(self, group: int, out: Value) -> None:
        """Room for what each part adds up."""
        key = ("partial", group, out)
        if key not in self.places:
            self.places[key] = self.plan.arena
            self.plan.arena += rounded(8 * out.size * self.plan.parts[group])

    @staticmethod
    def partial_bytes(node: Node) -> int:
        """What a part adds up: a total in double precision, or sums of columns."""
        return 8 if node.name == "total" else node.out.nbytes
