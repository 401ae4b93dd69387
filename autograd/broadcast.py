"""Undoing broadcasting: the only place."""

from __future__ import annotations

from typing import Any

import numpy as np


def unbroadcast(g: Any, shape: tuple[int, ...]) -> Any:
    """Sum `g` over the axes along which an input of `shape` was repeated, so that it has that shape again.

    The cotangent of a repeated value is the sum over its copies. An axis of size 0 sums to 0.

    >>> unbroadcast(np.ones((2, 3)), (3,)).tolist(), unbroadcast(np.ones((2, 3)), (2, 1)).tolist()
    ([2.0, 2.0, 2.0], [[3.0], [3.0]])
    """
    if g.shape == shape:
        return g
    extra = len(g.shape) - len(shape)
    if extra < 0:  # a rule may return less than the output's shape where it is constant along an axis
        return np.broadcast_to(g, shape)
    axes = [*range(extra)]
    axes += [extra + axis for axis, size in enumerate(shape) if size == 1 and g.shape[extra + axis] != 1]
    if axes:
        g = np.sum(g, axis=tuple(axes), keepdims=True)
    g = np.reshape(g, g.shape[extra:])
    return g if g.shape == shape else np.broadcast_to(g, shape)
