"""Picking elements along one axis, and its transpose. Each is the other's derivative.

Indices have x's number of dimensions, lie in 0 .. size - 1, and may be shorter than x along the other axes.
"""

from __future__ import annotations

import functools
from typing import Any

import numpy as np

from ..op import op


def _mesh(index: Any, axis: int) -> tuple[Any, ...]:
    """An index array for each axis: `index` along `axis`, counting along the others."""
    ndim = index.ndim
    along = axis % ndim
    return tuple([index if a == along else _count(n, ndim - a - 1) for a, n in enumerate(index.shape)])


@functools.lru_cache(512)
def _count(n: int, behind: int) -> Any:
    """0, 1, ..., n - 1 along an axis with so many behind it."""
    count = np.arange(n).reshape(-1, *[1] * behind)
    count.setflags(write=False)
    return count


def _add(total: Any, dz: Any, index: Any, axis: int) -> Any:
    """Add `dz` to the elements of `total` that `index` picks along `axis`, in place; repeated elements add up."""
    if total.ndim == 0:
        total += dz
    elif total.flags.c_contiguous:  # NumPy adds several times faster at positions in flat memory
        flat = np.ravel_multi_index(_mesh(index, axis), total.shape) if index.size else index
        np.add.at(total.reshape(-1), flat.reshape(-1), dz.reshape(-1))
    else:
        np.add.at(total, _mesh(index, axis), dz)
    return total


@op(
    "take_along",
    dx=lambda dz, index, x_shape, axis: add_along(dz, index, axis=axis, shape=x_shape),
    into={"x": lambda total, dz, index, axis: _add(total, dz, index, axis)},
)
def take_along(x: Any, index: Any, *, axis: int) -> Any:
    """z[i, j] = x[i, index[i, j]] for axis 1, likewise for others: NumPy's take_along_axis, PyTorch's gather."""
    return x[_mesh(index, axis)] if x.ndim else x.copy()


@op("add_along", dx=lambda dz, index, axis: take_along(dz, index, axis=axis))
def add_along(x: Any, index: Any, *, axis: int, shape: tuple[int, ...]) -> Any:
    """Zeros of `shape`, to which x[i, j] is added at [i, index[i, j]] (axis 1, likewise for others)."""
    return _add(np.zeros(shape, x.dtype), x, index, axis)
