"""Steps that rearrange: views, which cost nothing, and copies of those where elements must stand in order."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .graph import Graph
from .scalar import Cell, Forms
from .values import BOOL, KNOWN, Shape, Value


def _view(function: Any) -> Any:
    """A function of NumPy's that makes a view of its first argument."""

    def lower(graph: Graph, step: Any, x: Any, *args: Any, **kwargs: Any) -> Any:
        if not isinstance(x, Value) or any(isinstance(each, Value) for each in (*args, *kwargs.values())):
            return None
        return graph.viewed(x, lambda memory: function(memory, *args, **kwargs))

    return lower


def _reshape(graph: Graph, step: Any, x: Value, *shape: Any, **settings: Any) -> Any:
    return graph.reshape(x, step.shapes[0]) if isinstance(x, Value) and settings.get("order", "C") == "C" else None


def is_basic(index: Any) -> bool:
    """Does an index make a view?"""
    parts = index if type(index) is tuple else (index,)
    return all(part is None or part is Ellipsis or type(part) in (int, slice) for part in parts)


def part_of(index: Any, shape: Shape) -> tuple[int, int, int] | None:
    """(axis, start, stop), if an index takes a part along one axis, and all of the others; else None."""
    parts = index if type(index) is tuple else (index,)
    if parts and parts[-1] is Ellipsis:
        parts = parts[:-1]
    if len(parts) > len(shape) or not all(type(part) in (int, slice) for part in parts):
        return None
    found = [
        (axis, part, n)
        for axis, (part, n) in enumerate(zip(parts, shape, strict=False))
        if type(part) is int or part.indices(n) != (0, n, 1)
    ]
    if len(found) != 1:
        return None
    axis, part, n = found[0]
    if type(part) is int:
        return axis, part % n, part % n + 1
    start, stop, step = part.indices(n)
    return (axis, start, stop) if step == 1 and start < stop else None


def _getitem(graph: Graph, step: Any, x: Any, index: Any) -> Any:
    if not isinstance(x, Value) or not is_basic(index):
        return None
    index = (*(index if type(index) is tuple else (index,)),)
    if Ellipsis not in index:
        index = (*index, ...)
    return graph.viewed(x, lambda memory: memory[index])


def _bits(graph: Graph, step: Any, x: Any, dtype: Any) -> Any:
    """The same memory as numbers of another type."""
    kind = np.dtype(dtype)
    known = isinstance(x, Value) and x.dtype.itemsize == kind.itemsize and kind.char in KNOWN
    return graph.view(x, x.shape, x.strides, x.offset, kind) if known else None


def _astype(graph: Graph, step: Any, x: Any, dtype: Any, **settings: Any) -> Any:
    """Numbers of another type, where all that are known are among its own."""
    kind = np.dtype(dtype)
    known = isinstance(x, Value) and x.dtype.char in KNOWN and kind.char in "fd" and not settings
    return Forms(graph).cast(x, kind) if known else None


def _clone(graph: Graph, step: Any, x: Value, **settings: Any) -> Any:
    return x


def _split(graph: Graph, step: Any, x: Value, sizes: Any, axis: int) -> Any:
    pieces: list[Value | None] = []
    start = 0
    for size in sizes:
        pieces.append(_getitem(graph, step, x, (*[slice(None)] * axis, slice(start, start + size))))
        start += size
    return pieces


def _unbind(graph: Graph, step: Any, x: Value, axis: int) -> Any:
    return [_getitem(graph, step, x, (*[slice(None)] * axis, i)) for i in range(x.shape[axis])]


def _joined(graph: Graph, parts: list[Any], axis: int) -> Value | None:
    """One after the other; None if they are not of one known dtype."""
    if not parts or any(not isinstance(x, Value) or x.dtype != parts[0].dtype for x in parts):
        return None
    if parts[0].dtype.char not in KNOWN or any(x.size == 0 for x in parts):
        return None
    return graph.join(parts, axis)


def _cat(graph: Graph, step: Any, *parts: Any, axis: int) -> Any:
    return _joined(graph, list(parts), axis)


def _stack(graph: Graph, step: Any, *parts: Any, axis: int) -> Any:
    if any(not isinstance(x, Value) for x in parts):
        return None
    return _joined(graph, [graph.reshape(x, (*x.shape[:axis], 1, *x.shape[axis:])) for x in parts], axis)


def _masked_fill(graph: Graph, step: Any, x: Value, v: Any, mask: Any) -> Any:
    """v where the mask holds, else x."""
    if isinstance(v, Value) and v.array is not None and x.dtype.char in "fdl":
        v = graph.constant(v.array, x.dtype)
    if not isinstance(v, Value) or not isinstance(mask, Value) or mask.dtype != BOOL:
        return None
    if any(each.dtype.char not in "fdl" for each in (x, v)):
        return None
    e = Forms(graph)
    z = e.choose(Cell(e, mask), Cell(e, e.cast(v, x.dtype)), Cell(e, x)).value
    return z if z.shape == x.shape else None


OPS: dict[str, Callable[..., Any]] = {
    "reshape": _reshape,
    "expand": lambda graph, step, x, shape: graph.expand(x, shape),
    "transpose": lambda graph, step, x, axes: graph.transpose(x, axes),
    "getitem": lambda graph, step, x, index: _getitem(graph, step, x, index),
    "clone": _clone,
    "masked_fill": _masked_fill,
    "split": _split,
    "unbind": _unbind,
    "cat": _cat,
    "stack": _stack,
}

NUMPY: dict[str, Callable[..., Any]] = {
    "ndarray.reshape": _reshape,
    "np.reshape": _reshape,
    "np.broadcast_to": lambda graph, step, x, shape: graph.expand(x, step.shapes[0]) if isinstance(x, Value) else None,
    "ndarray.transpose": _view(np.ndarray.transpose),
    "ndarray.swapaxes": _view(np.ndarray.swapaxes),
    "ndarray.squeeze": _view(np.ndarray.squeeze),
    "ndarray.view": _bits,
    "ndarray.astype": _astype,
    "np.transpose": _view(np.transpose),
    "np.swapaxes": _view(np.swapaxes),
    "np.moveaxis": _view(np.moveaxis),
    "np.expand_dims": _view(np.expand_dims),
    "np.squeeze": _view(np.squeeze),
    "ndarray.__getitem__": _getitem,
}
