"""log(exp(x) + exp(y)) in NumPy's vectorised functions: its own goes from element to element.

Twins of the operations in `autograd.ops.special`; they do not load Numba.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy import ndarray as Array


def logaddexp(x: Array, y: Array) -> Any:
    """max(x, y) + log(1 + exp(-|x - y|)). x and y of one dtype, broadcast."""
    larger, z = np.maximum(x, y), _above(x, y)
    np.exp(z, z)
    np.log1p(z, z)
    return np.add(z, larger, z)


def logaddexp2(x: Array, y: Array) -> Any:
    """The same with powers of 2, and logarithms to base 2."""
    larger, z = np.maximum(x, y), _above(x, y)
    np.exp2(z, z)
    np.log1p(z, z)
    np.multiply(z, 1 / np.log(2.0).astype(z.dtype), z)
    return np.add(z, larger, z)


def _above(x: Array, y: Array) -> Array:
    """-|x - y| as an array of its own; 0 where both are the same infinity, and where one is NaN."""
    z = np.asarray(np.subtract(x, y))
    np.absolute(z, z)
    np.negative(z, z)
    return np.fmin(z, 0, z)
