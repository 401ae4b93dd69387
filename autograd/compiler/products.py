"""Products of matrices: of two matrices each, with what stands around them as elementwise nodes."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from numpy import ndarray as Array

from ..products import product_into
from .graph import Graph
from .scalar import Cell, Forms
from .values import Value


def product(graph: Graph, x: Any, y: Any) -> Value | None:
    """x @ y, where y is a matrix or a vector and x may have more axes; or as many matrices of both."""
    known = isinstance(x, Value) and isinstance(y, Value) and x.dtype == y.dtype and x.dtype.char in "fd"
    if not known or not y.shape or not x.shape:
        return None
    if len(y.shape) > 2:
        if x.shape[:-2] != y.shape[:-2] or x.shape[-1] != y.shape[-2] or x.shape[-1] < 2:
            return None
        return graph.call(batched, [x, y], {}, [Value((*x.shape[:-1], y.shape[-1]), x.dtype)])[0]
    right = y if len(y.shape) == 2 else graph.reshape(y, (y.shape[0], 1))
    left = graph.reshape(x, (math.prod(x.shape[:-1]), x.shape[-1]))
    if left.shape[1] == 1:
        e = Forms(graph)
        z = (Cell(e, left) * Cell(e, right)).value
    else:
        z = _part_of_one(graph, left, right) or graph.product(left, right)
    return graph.reshape(z, (*x.shape[:-1], *y.shape[1:]))


def batched(x: Array, y: Array, *, out: Array) -> None:
    """Write the products of as many matrices of x and y into `out`."""
    product_into(x, y, out)


batched.into = True  # type: ignore[attr-defined]

TOGETHER = 1 << 18
"""Bytes of the rows that are multiplied at once for several time steps: more would only take memory."""


def _part_of_one(graph: Graph, left: Value, right: Value) -> Value | None:
    """left @ right as rows of one product for many time steps, if `left` is one of the parts of an unrolled array."""
    rows, width = left.shape
    root = left.root
    apart = left.strides != (width, 1) or left.offset % width or root.size % width
    if root not in graph.unrolled or apart or left.dtype != root.dtype:
        return None
    columns = right.shape[1]
    many = max(1, TOGETHER // (rows * columns * left.dtype.itemsize)) * rows
    first = left.offset // width
    begin = first // many * many
    some = graph.view(root, (min(many, root.size // width - begin), width), (width, 1), begin * width)
    return graph.view(graph.product(some, right), (rows, columns), (columns, 1), (first - begin) * columns)


def _matmul(graph: Graph, step: Any, x: Any, y: Any, **more: Any) -> Any:
    return None if more else product(graph, x, y)


def _linear(graph: Graph, step: Any, x: Value, weight: Value, bias: Any = None) -> Any:
    z = product(graph, x, graph.transpose(weight, (1, 0)))
    if z is None or bias is None:
        return z
    e = Forms(graph)
    return (Cell(e, z) + Cell(e, bias)).value


OPS: dict[str, Callable[..., Any]] = {"matmul": _matmul, "linear": _linear}

NUMPY: dict[str, Callable[..., Any]] = {"np.matmul": _matmul}
