"""Undoing broadcasting: the only place."""

from __future__ import annotations

from typing import Any

import numpy as np

from .errors import GraphError


def unbroadcast(g: Any, shape: tuple[int, ...]) -> Any:
    """Sum `g` over the axes along which an input of `shape` was repeated, so that it has that shape again.

    The cotangent of a repeated value is the sum over its copies. An axis of size 0 sums to 0.

    >>> unbroadcast(np.ones((2, 3)), (3,)).tolist(), unbroadcast(np.ones((2, 3)), (2, 1)).tolist()
    ([2.0, 2.0, 2.0], [[3.0], [3.0]])
    """
    have = g.shape
    if have == shape:
        return g
    extra = len(have) - len(shape)
    # shortcut: an array that was repeated along new axes only, such as a bias
    if type(g) is np.ndarray and shape and have[extra:] == shape:
        return np.add.reduce(g, axis=0 if extra == 1 else tuple(range(extra)))
    if extra < 0:  # a rule may return less than the output's shape where it is constant along an axis
        return _spread(g, shape)
    axes = [*range(extra)]
    axes += [extra + axis for axis, size in enumerate(shape) if size == 1 and g.shape[extra + axis] != 1]
    if axes:
        g = np.sum(g, axis=tuple(axes), keepdims=True)
    g = np.reshape(g, g.shape[extra:])
    return g if g.shape == shape else _spread(g, shape)


def _spread(g: Any, shape: tuple[int, ...]) -> Any:
    """`g` repeated to `shape`."""
    try:
        return np.broadcast_to(g, shape)
    except ValueError:
        raise GraphError(
            f"backward: a gradient of shape {tuple(g.shape)} came to a Tensor that has the shape {shape}: a leaf got "
            "another shape (by .data = ..., or in place) after it was used; use it anew, or make a new Tensor"
        ) from None
