"""Sums and extremes along axes, and what is made of them: means, softmax, cross-entropy."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from .graph import Graph
from .scalar import Cell, Forms
from .values import BOOL, Value

MOST_SCORES = 1 << 11
"""Scores up to which a cross-entropy is taken apart: of more than that the op's own kernel reads each once."""


def axes_of(x: Value, axis: Any) -> tuple[int, ...]:
    """The axes of a setting, counted from 0."""
    ndim = len(x.shape)
    if axis is None:
        return tuple(range(ndim))
    return tuple([a % ndim for a in (axis if isinstance(axis, tuple) else (axis,))])


def reduced(graph: Graph, which: str, x: Value, axis: Any, keepdims: bool) -> Value | None:
    """The sum, "max" or "min" of x along axes; None if it is not known how."""
    if x.dtype.char not in ("fd" if which == "sum" else "fdlL") or x.size == 0:
        return None
    axes = axes_of(x, axis)
    small = tuple([1 if a in axes else n for a, n in enumerate(x.shape)])
    final = small if keepdims else tuple([n for a, n in enumerate(x.shape) if a not in axes])
    z = _along(graph, which, x, axes, small)
    return None if z is None else graph.reshape(z, final)


def _along(graph: Graph, which: str, x: Value, axes: tuple[int, ...], small: tuple[int, ...]) -> Value | None:
    wide = [a for a, n in enumerate(x.shape) if n != 1]
    gone = [a for a in wide if a in axes]
    if not gone:
        return graph.reshape(x, small)
    x = graph.copied(x) if not x.plain else x
    if gone == wide:
        if which == "sum":
            return graph.reduce("total", x, 0, small)
        return graph.reduce(f"row_{which}", x, x.size, small)
    last = next((i for i, a in enumerate(reversed(wide)) if a not in axes), 0)  # how many of the last ones go
    if last:
        behind = wide[-last:]
        row = math.prod([x.shape[a] for a in behind])
        part = graph.reduce(f"row_{which}", x, row, tuple([1 if a in behind else n for a, n in enumerate(x.shape)]))
        return _along(graph, which, part, axes, small)
    first = next(i for i, a in enumerate(wide) if a not in axes)
    if first and which == "sum":
        front = wide[:first]
        row = math.prod([x.shape[a] for a in wide[first:]])
        part = graph.reduce("column_sum", x, row, tuple([1 if a in front else n for a, n in enumerate(x.shape)]))
        return _along(graph, which, part, axes, small)
    kept = [a for a in range(len(x.shape)) if a not in axes]
    turned = graph.copied(graph.transpose(x, (*kept, *axes)))  # the axes that go last
    row = math.prod([x.shape[a] for a in axes])
    return graph.reshape(
        graph.reduce(f"row_{which}", turned, row, tuple([x.shape[a] for a in kept] + [1] * len(axes))), small
    )


def _sum(graph: Graph, step: Any, x: Any, axis: Any = None, keepdims: bool = False, **more: Any) -> Any:
    if more or not isinstance(x, Value) or x.dtype != step.dtypes[0]:
        return None
    return reduced(graph, "sum", x, axis, keepdims)


def _reduce_sum(graph: Graph, step: Any, x: Any, axis: Any = 0, keepdims: bool = False, **more: Any) -> Any:
    return _sum(graph, step, x, axis, keepdims, **more)


def _mean(graph: Graph, step: Any, x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    z = _sum(graph, step, x, axis, keepdims)
    return None if z is None else (Cell(Forms(graph), z) / (x.size / z.size)).value


def _extreme(which: str, first: Any = None) -> Any:
    def lower(graph: Graph, step: Any, x: Any, axis: Any = first, keepdims: bool = False, **more: Any) -> Any:
        if not isinstance(x, Value):
            return None
        if which == "max" and x.dtype.char == "L" and more == {"initial": 0}:  # which changes nothing
            more = {}
        return None if more else reduced(graph, which, x, axis, keepdims)

    return lower


# ----------------------------------------------------------------------------------------------------------- softmax


def _shifted(graph: Graph, x: Value, axis: Any) -> tuple[Forms, Cell, Cell, Cell] | None:
    """x less its largest element, the exponential of that, and its sum, along an axis."""
    top = reduced(graph, "max", x, axis, True)
    if top is None:
        return None
    e = Forms(graph)
    y = Cell(e, x) - Cell(e, top)
    p = e.exp(y)
    total = reduced(graph, "sum", p.value, axis, True)
    assert total is not None
    return e, y, p, Cell(e, total)


def _softmax(graph: Graph, step: Any, x: Value, axis: Any) -> Any:
    found = _shifted(graph, x, axis)
    return None if found is None else (found[2] / found[3]).value


def _log_softmax(graph: Graph, step: Any, x: Value, axis: Any) -> Any:
    found = _shifted(graph, x, axis)
    return None if found is None else (found[1] - found[0].log(found[3])).value


def _cross_entropy(
    graph: Graph, step: Any, x: Value, target: Any, share: Any, total: bool, recorded: bool = False
) -> Any:
    known = isinstance(target, Value) and target.dtype == np.int64 and len(x.shape) == 2 and x.size > 0
    if not known or x.dtype.char not in "fd" or x.size > MOST_SCORES or not isinstance(share, (Value, float)):
        return None
    found = _shifted(graph, x, 1)
    assert found is not None
    e, y, p, sums = found
    n, classes = x.shape
    column = graph.reshape(target, (n, 1))
    right = Cell(e, graph.map("eq", column, graph.constant(np.arange(classes)), dtype=BOOL))
    picked = reduced(graph, "sum", e.choose(right, y, 0).value, 1, True)
    assert picked is not None
    each = Cell(e, graph.reshape((e.log(sums) - Cell(e, picked)).value, (n,)))
    weight = Cell(e, share) if isinstance(share, Value) else share
    if total:
        if isinstance(share, Value):
            each = each * weight
        loss = reduced(graph, "sum", each.value, None, False)
        assert loss is not None
        z = loss if isinstance(share, Value) else (Cell(e, loss) * share).value
    else:
        z = (each * weight).value
    if not step.kept:
        return z
    rows = Cell(e, graph.reshape(share, (n, 1))) if isinstance(share, Value) else share
    return [z, ((p / sums - e.choose(right, Cell(e, graph.number(1, x)), 0)) * rows).value]


def _share(graph: Graph, step: Any, x: Value, z: Value, axis: Any = None) -> Any:
    """1/k at each of the k elements that equal z, where z has size 1 along `axis`; NaN equals NaN here."""
    e = Forms(graph)
    a, b = Cell(e, x), Cell(e, z)
    hits = e.compare("eq", a, b) | (e.compare("ne", a, a) & e.compare("ne", b, b))
    ones = e.cast(hits.value, x.dtype)
    count = reduced(graph, "sum", ones, axis, True)
    return None if count is None else (Cell(e, ones) / Cell(e, count)).value


OPS: dict[str, Callable[..., Any]] = {
    "sum": _sum,
    "mean": _mean,
    "amax": _extreme("max"),
    "amin": _extreme("min"),
    "share": _share,
    "softmax": _softmax,
    "log_softmax": _log_softmax,
    "cross_entropy": _cross_entropy,
}

NUMPY: dict[str, Callable[..., Any]] = {
    "np.sum": _sum,
    "ndarray.sum": _sum,
    "np.add.reduce": _reduce_sum,
    "np.maximum.reduce": _extreme("max", 0),
    "np.minimum.reduce": _extreme("min", 0),
    "np.max": _extreme("max"),
    "np.min": _extreme("min"),
    "ndarray.max": _extreme("max"),
    "ndarray.min": _extreme("min"),
}
