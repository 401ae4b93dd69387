"""Reductions: value and rules side by side. Settings are NumPy's: `axis` None, an int or a tuple; `keepdims`."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..op import op


def spread(dz: Any, shape: tuple[int, ...], axis: Any, keepdims: bool) -> Any:
    """The cotangent of a reduction, repeated along the axes that were reduced."""
    if axis is not None and not keepdims:
        axes = axis if isinstance(axis, tuple) else (axis,)
        dz = np.expand_dims(dz, tuple(a % len(shape) for a in axes)) if shape else dz
    return np.broadcast_to(dz, shape)


@op("sum", dx=lambda dz, x_shape, axis, keepdims: spread(dz, x_shape, axis, keepdims))
def sum(x, *, axis=None, keepdims=False):
    """Sum of the elements along `axis`."""
    return np.add.reduce(x, axis=axis, keepdims=keepdims)
