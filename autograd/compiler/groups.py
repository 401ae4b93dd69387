"""Which nodes become one loop: a group goes once through the rows of its arrays, and does all it has to with each.

Every node that works element by element, and every reduction, joins a group whose loop it fits, if what it needs is
there by then; else it begins one. What is needed only inside stays in registers: blocks in the first-level cache. A
reduction along rows is ready within the loop, so softmax or a layer norm is one group; sums over rows are ready when it
ends. Calls and large products stand between the groups.
"""

from __future__ import annotations

import math
from typing import Any

from .values import FULL, ONE, Node, Role, Shape, Value, role_of, significant

ACCUMULATED = ("total", "column_sum")
LARGE = 1 << 14
"""Elements from which on a loop takes no node that has nothing to do with it."""

SEARCHED = 32
"""Groups that are looked at, from the last on."""


class Group:
    """Nodes in one loop over arrays of `shape`.

    row     elements of a row; 0 while it does not matter: then every element is a row
    roles   how the values that are computed here stand to its rows
    late    those that are ready only when the loop has ended
    """

    def __init__(self, shape: Shape) -> None:
        self.shape = shape
        self.size = math.prod(shape)
        self.row = 0
        self.nodes: list[Node] = []
        self.roles: dict[Value, Role] = {}
        self.late: set[Value] = set()
        self.touched: set[Value] = set()  # roots that are read or made here, constants apart

    @property
    def width(self) -> int:
        """Elements of a row."""
        return self.row or 1

    @property
    def rows(self) -> int:
        """How many there are."""
        return self.size // self.width

    def role(self, x: Value, of: Shape | None = None) -> Role | None:
        """How an operand stands to the rows; None if the loop cannot have it."""
        root = x.root
        if root in self.late:
            return None
        seen = FULL if self.size == 1 else role_of(x, of or self.shape)
        if seen is None or root not in self.roles:
            return seen
        here = self.roles[root]
        # a value of this loop is there row by row: it can be used in that way only
        return here if seen.kind == here.kind and seen.row in (0, here.row or seen.row) else None

    def fits(self, node: Node) -> Role | None:
        """The role that the result of a node would have here; None if it does not fit."""
        if node.kind == "map":
            return self._fits_map(node)
        if node.kind != "reduce" or significant(node.inputs[0].shape) != self.shape:
            return None
        role = self.role(node.inputs[0], node.inputs[0].shape)
        if role is None or role.kind != "full":
            return None
        if node.name == "total":
            return ONE
        row = node.settings
        if self.row not in (0, row):
            return None
        return Role("row" if node.name == "column_sum" else "column", row)

    def _fits_map(self, node: Node) -> Role | None:
        shape = node.out.shape
        if significant(shape) == self.shape:
            rows = {self.row} - {0}
            for x in node.inputs:
                role = self.role(x, shape)
                if role is None:
                    return None
                rows |= {role.row} - {0}
            return FULL if len(rows) < 2 else None
        if not self.row or node.out.size != self.rows:
            return None
        inside = False  # numbers per row, of a row reduction here
        for x in node.inputs:
            role = self.roles.get(x.root)
            seen = role_of(x, shape)
            if (
                x.root in self.late
                or seen not in (FULL, ONE)
                or (role is not None and role.kind not in ("column", "one"))
            ):
                return None
            inside = inside or (role is not None and role.kind == "column")
        return Role("column", self.row) if inside else None

    def add(self, node: Node, role: Role) -> None:
        """Put a node that fits at the end."""
        self.nodes.append(node)
        self.touched.update([node.out, *[x.root for x in node.inputs if x.root.array is None]])
        self.roles[node.out] = role
        if node.kind == "reduce":
            if node.name in ACCUMULATED:
                self.late.add(node.out)
            self.row = self.row or (node.settings if node.name != "total" else 0)
        elif role.kind == "full":
            for x in node.inputs:
                seen = self.role(x, node.out.shape)
                self.row = self.row or (seen.row if seen is not None else 0)

    def __repr__(self) -> str:
        return f"<group {self.shape} of rows of {self.width}: {' '.join(node.name for node in self.nodes)}>"


Step = Any
"""A Group, or a Node that stands by itself."""


class Grouping:
    """Steps in which nodes are computed, and which of them depend on which.

    back     the first step of the walk back, -1: none yet
    before   for each step the steps that it depends on, directly or not, as the bits of a number
    """

    def __init__(self) -> None:
        self.steps: list[Step] = []
        self.before: list[int] = []
        self.place: dict[Value, int] = {}
        self.last_effect = -1
        self.back = -1

    def add(self, node: Node) -> None:
        """Put a node into a group, or a new step."""
        if node.late and self.back < 0:
            self.back = len(self.steps)
        used = {self.place[x.root] for x in node.inputs if x is not None and x.root in self.place}
        at, role = self._found(node, used)
        if role is None:
            at = len(self.steps)
            self.steps.append(node)
            self.before.append(0)
            if node.kind in ("map", "reduce"):
                self.steps[at] = Group(significant(node.out.shape if node.kind == "map" else node.inputs[0].shape))
                role = self.steps[at].fits(node)
                if role is None:
                    raise AssertionError(f"{node} does not fit into a loop of its own")
            elif node.effect:
                used |= {self.last_effect} - {-1}
                self.last_effect = at
        if role is not None:
            self.steps[at].add(node, role)
        for out in node.outputs:
            self.place[out] = at
        self._depend(at, used - {at})

    def _found(self, node: Node, used: set[int]) -> tuple[int, Role | None]:
        """Which group a node joins, and in which role: best one that has what it needs; never one that it waits for."""
        found: tuple[int, Role | None] = 0, None
        if node.kind not in ("map", "reduce"):
            return found
        last = len(self.steps) - 1
        recent = range(last, max(-1, last - SEARCHED), -1)
        for at in (*sorted(used, reverse=True), *recent):
            group = self.steps[at]
            if node.again and at < self.back:
                continue  # what it computes would have to be kept from there on
            if not isinstance(group, Group) or any(self.before[each] >> at & 1 for each in used):
                continue
            alone = at not in used and not (node.again and at == last)
            if alone and group.size > LARGE and group.touched.isdisjoint([x.root for x in node.inputs]):
                continue  # they would only get into each other's way
            role = group.fits(node)
            if role is not None:
                return at, role
        return found

    def _depend(self, at: int, used: set[int]) -> None:
        """Note that a step depends on others, and so does all that depends on it."""
        more = 0
        for each in used:
            more |= self.before[each] | 1 << each
        if more & ~self.before[at]:
            self.before[at] |= more
            for later, before in enumerate(self.before):
                if before >> at & 1:
                    self.before[later] |= more

    def ordered(self) -> list[Step]:
        """The steps, each after those that it depends on; as they were begun where that leaves a choice."""
        done = 0
        order: list[int] = []
        for at in range(len(self.steps)):
            waiting = (self.before[at] | 1 << at) & ~done
            # fewer steps stand before one than before any that depends on it
            ahead = [each for each in range(waiting.bit_length()) if waiting >> each & 1]
            order += sorted(ahead, key=lambda each: (self.before[each].bit_count(), each))
            done |= waiting
        return [self.steps[at] for at in order]


def grouped(nodes: list[Node]) -> list[Step]:
    """The steps in which nodes are computed."""
    made = Grouping()
    for node in nodes:
        made.add(node)
    return made.ordered()
