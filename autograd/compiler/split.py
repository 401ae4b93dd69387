"""What forward keeps for backward, and what backward computes again.

Memory is slower than arithmetic: a large value that is made element by element from what is there anyway is computed
once more, inside the loop that needs it. Kept are small values, those that a product, a sum or an op has made, and
those that stand in memory because one loop of forward has left them to another. Of random numbers it is kept which ones
were large enough, if that is all that is asked. Where many small values come together, as in a loop over time steps,
they are large, too. And what backward alone reads, as 1 - s of a sigmoid s, is computed there.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from .graph import Graph
from .groups import Group, grouped
from .values import BOOL, Node, Value

CHEAP = 1 << 14
"""Elements up to which a value is kept, and not computed again: it stays in a cache."""

MANY = 1 << 19
"""Bytes of such values from which on they are no longer all kept."""

LOOPED = ("map", "reduce")
"""Kinds of nodes that are computed in loops."""

COLLECTING = {"sum_of_products", "more_products"}
"""Calls that read many large values, which nobody needs after that."""


class Split:
    """The nodes of forward and backward.

    forward, backward   nodes in order
    grads               the values that backward ends with
    """

    def __init__(self, graph: Graph, outputs: list[Value], grads: list[Value], seeds: list[Value]) -> None:
        self.graph = graph
        needed = graph.needed(grads)
        late = self._late(needed, set(seeds))
        self.kept: dict[Value, None] = {}
        self.again: set[Node] = set()
        self.ahead = set(graph.needed([*outputs, *graph.effects]))
        self.there = self._in_memory(graph.needed(outputs), outputs)
        for node in needed:
            if node in late:
                for x in node.inputs:
                    if x is not None:
                        self._need(x.root, late)
        for g in grads:
            self._need(g.root, late)
        self._thin_out({g.root for g in grads})
        self.forward = graph.needed([*outputs, *self.kept, *graph.effects])
        self.copies: dict[Value, Value] = {}
        self.backward = [self._copy(node) for node in _freeing(_early(self._late_first(needed, late)))]
        self.grads = [self._moved(g) for g in grads]

    @staticmethod
    def _late(nodes: list[Node], seeds: set[Value]) -> set[Node]:
        """Those that depend on a seed."""
        late: set[Node] = set()
        for node in nodes:
            if any(x is not None and (x.root in seeds or x.root.node in late) for x in node.inputs):
                late.add(node)
        return late

    @staticmethod
    def _in_memory(nodes: list[Node], outputs: Iterable[Value]) -> set[Value]:
        """Values of forward that are written to memory anyway."""
        there = {x.root for x in outputs}
        for node in nodes:
            if node.kind not in LOOPED:
                there |= {x.root for x in node.inputs if x is not None}
        for step in grouped(nodes):
            if isinstance(step, Group):
                read = {x.root for node in step.nodes for x in node.inputs}
                there |= {x for x in read if x not in step.roles and x.node is not None and x.node.kind in LOOPED}
        return there

    def _need(self, value: Value, late: set[Node]) -> None:
        """Backward reads this: it is there, or is kept, or is computed again."""
        ahead = [value]
        while ahead:
            x = ahead.pop()
            node = x.node
            if node is None or node in late or node in self.again or x in self.kept:
                continue
            if node.kind != "map" or x in self.there or (x.size <= CHEAP and node in self.ahead) or self._marks(x):
                self.kept[x] = None
            else:
                self.again.add(node)
                ahead += [each.root for each in node.inputs]

    def _marks(self, x: Value) -> bool:
        """Is this truth values of what nobody else keeps, in larger numbers?"""
        node: Any = x.node
        if x.dtype != BOOL or node not in self.ahead:
            return False
        roots = [each.root for each in node.inputs]
        return any(
            each.node is not None
            and each.node.kind != "map"
            and each.nbytes > x.nbytes
            and not (each in self.there or each in self.kept)
            for each in roots
        )

    def _thin_out(self, last: set[Value]) -> None:
        """Of many small values, let those be computed again for which all is there that it takes."""
        small = [x for x in self.kept if x not in self.there and x not in last and _is_map(x)]
        if sum(x.nbytes for x in small) <= MANY:
            return
        staying: set[Value] = set()
        for x in small:
            node: Any = x.node
            roots = [each.root for each in node.inputs]
            if x not in staying and all(each in self.kept or each.array is not None for each in roots):
                staying.update(roots)
                del self.kept[x]
                self.again.add(node)

    def _late_first(self, needed: list[Node], late: set[Node]) -> list[Node]:
        """The nodes of backward in order; what is computed again, just before the first that reads it."""
        order: dict[Node, None] = {}

        def put(node: Node) -> None:
            ahead = [node]
            while ahead:
                now = ahead[-1]
                behind = [x.root.node for x in now.inputs if x is not None]
                more = [each for each in behind if each in self.again and each not in order]
                if more:
                    ahead += [each for each in more if each is not None]
                else:
                    order[ahead.pop()] = None

        for node in needed:
            if node in late:
                put(node)
        for node in needed:
            if node in self.again and node not in order:
                put(node)
        return list(order)

    def _copy(self, node: Node) -> Node:
        """The same node with values of its own, as backward has them."""
        inputs = tuple([None if x is None else self._moved(x) for x in node.inputs])
        made = Node(node.kind, node.name, inputs, node.settings, node.line)
        made.late, made.again = True, node in self.again
        for out in node.outputs:
            new = Value(out.shape, out.dtype, made)
            self.copies[out] = new
            made.outputs.append(new)
        return made

    def _moved(self, x: Value) -> Value:
        root = self.copies.get(x.root)
        if root is None:
            return x
        return root if x.parent is None else self.graph.view(root, x.shape, x.strides, x.offset, x.dtype)


def _is_map(x: Value) -> bool:
    return x.node is not None and x.node.kind == "map"


def _collects(node: Node) -> bool:
    """Does it put many values together, in less memory than they take one by one?"""
    if node.kind == "product":
        left = node.inputs[0].root.node
        return left is not None and left.kind == "join"
    return node.kind == "join" or node.name in COLLECTING


def _early(nodes: list[Node]) -> list[Node]:
    """The same nodes, where those that put others together come as soon as all of these are there."""
    inside = set(nodes)
    waiting: dict[Node, set[Node]] = {}  # a node that collects -> what it waits for
    readers: dict[Node, list[Node]] = {}
    for node in nodes:
        if _collects(node):
            behind = [x.root.node for x in node.inputs if x is not None]
            waiting[node] = {each for each in behind if each is not None and each in inside}
            for each in waiting[node]:
                readers.setdefault(each, []).append(node)
    order: dict[Node, None] = {}

    def put(node: Node) -> None:
        ahead = [node]
        while ahead:
            now = ahead.pop()
            order[now] = None
            for reader in readers.get(now, ()):
                waiting[reader].discard(now)
                if not waiting[reader] and reader not in order:
                    ahead.append(reader)

    for node in nodes:
        if node not in order:
            put(node)
    return list(order)


def _freeing(nodes: list[Node]) -> list[Node]:
    """The same nodes, where of two products in a row the one comes first that gives back more memory than it takes.

    That of a weight's gradient is the last to read an activation, while the other needs room for a gradient as large.
    """
    last = {x.root: number for number, node in enumerate(nodes) for x in node.inputs if x is not None}
    order = list(nodes)
    for number, node in enumerate(nodes):
        before = order[number - 1] if number else node
        if node.kind != "product" or before.kind != "product" or before is node:
            continue
        read = {x.root for x in node.inputs}
        also = {x.root for x in before.inputs}
        freed = sum([x.nbytes for x in read - also if x.node is not None and last[x] == number])
        if freed > node.out.nbytes and before.out not in read:
            order[number - 1 : number + 1] = node, before
    return order


__all__ = ["CHEAP", "Split"]
