"""Views of arrays, made with little Python around them: NumPy's own functions take 5 us for each."""

from __future__ import annotations

import functools

import numpy as np
from numpy import ndarray as Array

Sizes = tuple[int, ...]


def seen(x: Array, shape: Sizes, strides: Sizes, writeable: bool = True) -> Array:
    """The memory of x from its first element on, under another shape and strides (bytes), which must stay inside.

    >>> seen(np.arange(4.0), (3, 2), (8, 8)).tolist()
    [[0.0, 1.0], [1.0, 2.0], [2.0, 3.0]]
    """
    if type(x) is not np.ndarray or not x.flags.c_contiguous or not x.size:  # a buffer has no gaps
        return np.lib.stride_tricks.as_strided(x, shape, strides, writeable=writeable)
    z: Array = np.ndarray(shape, x.dtype, x, 0, strides)
    if not writeable:
        z.setflags(write=False)
    return z


def moved(x: Array, start: int, goal: int) -> Array:
    """x with one axis in another place: `np.moveaxis`. Both are counted from 0, or from the end.

    >>> moved(np.zeros((2, 3, 4)), 0, -1).shape
    (3, 4, 2)
    """
    return x.transpose(_order(x.ndim, start, goal))


@functools.lru_cache(512)
def _order(ndim: int, start: int, goal: int) -> Sizes:
    order = list(range(ndim))
    order.insert(goal % ndim, order.pop(start))
    return tuple(order)
