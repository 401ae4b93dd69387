"""What arrives at a value on the way back, put together when all of it is there.

Mostly it is added as it comes. Two things wait, because a loop over time steps brings many of them:

    pieces     gradients of x[0], x[1], ...: they are put one beside the other, and not each into zeros of the size of x
    products   d_t.T @ x_t for a weight that every step uses: they are added in one call, without a matrix for each
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy import ndarray as Array

from .graph import Graph
from .products import TOGETHER
from .values import Shape, Value

SEVERAL = 4
"""Pieces or products that are worth it."""

LEAST = 1 << 15
"""Multiplications of a product, from which on a call takes less time than the machine's own products."""


class Piece(NamedTuple):
    """The gradient of the part from `start` to `stop` along an axis, of so many axes as the whole."""

    axis: int
    start: int
    stop: int
    g: Value


class Arriving:
    """What has come to one value so far."""

    def __init__(self, graph: Graph, shape: Shape) -> None:
        self.graph = graph
        self.shape = shape
        self.parts: list[Value] = []
        self.pieces: list[Piece] = []

    def total(self) -> Value:
        """All of it."""
        waiting: list[Value] = []
        parts: list[Value] = []
        for x in self.parts:
            (waiting if _factors(self.graph, x) is not None else parts).append(x)
        found = _sum_of_products(self.graph, waiting)
        parts += waiting if found is None else [found]
        if len(self.pieces) < SEVERAL:
            parts += [self._joined([piece]) for piece in self.pieces]
        else:
            parts += [self._joined(layer) for layer in _layers(self.pieces)]
        total = parts[0]
        for g in parts[1:]:
            total = self._added(total, g)
        return total

    def _added(self, a: Value, b: Value) -> Value:
        if a.dtype.char in "fd":
            return self.graph.map("add", a, b)
        return self.graph.call(np.add, (a, b), {}, [Value(a.shape, a.dtype)])[0]

    def _joined(self, layer: list[Piece]) -> Value:
        """Pieces that do not overlap as one array, with zeros where there are none."""
        graph, axis = self.graph, layer[0].axis
        layer = sorted(layer, key=lambda piece: piece.start)
        parts: list[Value] = []
        at = 0
        for piece in (*layer, None):
            start = self.shape[axis] if piece is None else piece.start
            if start > at:
                shape = (*self.shape[:axis], start - at, *self.shape[axis + 1 :])
                parts.append(graph.expand(graph.constant(0, layer[0].g.dtype), shape))
            if piece is not None:
                parts.append(piece.g)
                at = piece.stop
        if len(parts) == 1:
            return parts[0]
        whole = self._one_product(parts) if axis == 0 and len(parts) == len(layer) else None
        return graph.join(parts, axis) if whole is None else whole

    def _one_product(self, parts: list[Value]) -> Value | None:
        """Products of several left matrices with one right one, as a single product; None if they are no such."""
        nodes = [_product_of(x) for x in parts]
        right: Any = nodes[0].inputs[1] if nodes[0] is not None else None
        if any(node is None or node.inputs[1] is not right for node in nodes):
            return None
        lefts = [node.inputs[0] for node in nodes]
        if len(lefts) < SEVERAL:
            return None
        many = max(1, TOGETHER // max(x.nbytes for x in lefts))
        graph = self.graph
        found = [graph.product(graph.join(lefts[at : at + many], 0), right) for at in range(0, len(lefts), many)]
        return graph.reshape(found[0] if len(found) == 1 else graph.join(found, 0), self.shape)


def _product_of(x: Value) -> Any:
    """The node of a product that x is all of; else None."""
    node = x.root.node
    return node if node is not None and node.kind == "product" and x.plain else None


def _layers(pieces: list[Piece]) -> list[list[Piece]]:
    """The pieces in as few lists as possible, in none of which two overlap."""
    layers: list[list[Piece]] = []
    for piece in sorted(pieces, key=lambda piece: (piece.axis, piece.start)):
        for layer in layers:
            if layer[-1].axis == piece.axis and layer[-1].stop <= piece.start:
                layer.append(piece)
                break
        else:
            layers.append([piece])
    return layers


def _factors(graph: Graph, x: Value) -> tuple[Value, Value] | None:
    """d and y, if x is d.T @ y of two arrays whose rows stand one after the other, or the transpose of y.T @ d."""
    root = x.root
    node: Any = root.node
    if node is None or node.kind != "product" or x.offset or x.dtype != root.dtype:
        return None
    d, y = graph.transpose(node.inputs[0], (1, 0)), node.inputs[1]
    for each in (d, y):
        if each.strides != (each.shape[1], 1):
            return None
    if d.size * y.shape[1] < LEAST:
        return None
    if (x.shape, x.strides) == (root.shape, root.strides):
        return d, y
    return (y, d) if (x.shape, x.strides) == (root.shape[::-1], root.strides[::-1]) else None


def _sum_of_products(graph: Graph, products: list[Value]) -> Value | None:
    """The sum of products of one shape; None if it takes less time to add them as they come.

    A few at once, and each time to what is there: so nothing has to wait until all have come.
    """
    if len(products) < SEVERAL:
        return None
    pairs = [found for x in products if (found := _factors(graph, x)) is not None]
    many = max(SEVERAL, TOGETHER // max(d.nbytes for d, _ in pairs))
    total: Value | None = None
    for at in range(0, len(pairs), many):
        some = pairs[at : at + many]
        given = [*[d for d, _ in some], *[y for _, y in some]]
        made = [Value(products[0].shape, products[0].dtype)]
        if total is None:
            (total,) = graph.call(sum_of_products, given, {}, made)
        else:
            (total,) = graph.call(more_products, [total, *given], {}, made)
    return total


def sum_of_products(*arrays: Array) -> Array:
    """The sum of d.T @ y over pairs: all d first, then all y."""
    z = np.zeros((arrays[0].shape[1], arrays[-1].shape[1]), arrays[0].dtype)
    return more_products(z, *arrays)


def more_products(z: Array, *arrays: Array) -> Array:
    """z, to which the products of more pairs have been added. What z was is gone: nobody else reads it."""
    from kernels.matrix.products import add_products

    lefts, rights = arrays[: len(arrays) // 2], arrays[len(arrays) // 2 :]
    if not add_products(z, lefts, rights):
        for d, y in zip(lefts, rights, strict=True):
            z += d.T @ y
    return z
