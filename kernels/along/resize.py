"""Weighted sums of a few elements along an axis, and their transpose: what interpolation is made of.

`taps` lists (source, weight): element p of the result is the sum of weight[p] * x[source[p]] over the taps. Sources
do not decrease along p; a weight of None stands for ones.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy import ndarray as Array

Taps = tuple[tuple[Array, Array | None], ...]


def _column(weight: Array, x: Array, axis: int) -> Array:
    return weight.astype(x.dtype, copy=False).reshape((-1,) + (1,) * (x.ndim - axis - 1))


def gather(x: Array, taps: Taps, axis: int) -> Array:
    """z[p] = sum over taps of weight[p] * x[source[p]] along an axis."""
    z: Any = None
    for source, weight in taps:
        term = np.take(x, source, axis)
        if weight is not None:
            term *= _column(weight, x, axis)
        z = term if z is None else np.add(z, term, out=z)
    return np.asarray(z)


def spread(dz: Array, taps: Taps, axis: int, n: int) -> Array:
    """The transpose of `gather`, for an axis of n elements: weight[p] * dz[p] is added to element source[p]."""
    z = _product(_matrix(taps, dz.shape[axis], n, dz.dtype), dz, axis)
    if np.isfinite(z).all():
        return z
    z = np.zeros_like(z)  # in a product of matrices an infinite element meets zeros: that makes NaN elsewhere
    for source, weight in taps:
        starts = np.flatnonzero(np.diff(source, prepend=-1))  # equal sources stand side by side
        term = dz if weight is None else dz * _column(weight, dz, axis)
        into: Any = (*[slice(None)] * axis, source[starts])
        z[into] += np.add.reduceat(term, starts, axis)
    return z


def _matrix(taps: Taps, out: int, n: int, dtype: Any) -> Array:
    """The matrix of `spread` along an axis: (n, out)."""
    matrix = np.zeros((n, out))
    for source, weight in taps:
        np.add.at(matrix, (source, np.arange(out)), 1.0 if weight is None else weight)
    return matrix.astype(dtype, copy=False)


def _product(matrix: Array, x: Array, axis: int) -> Array:
    """The matrix times x along an axis of x."""
    if axis == x.ndim - 1:
        return x @ matrix.T
    below = math.prod(x.shape[axis + 1 :])
    z = matrix @ x.reshape(*x.shape[: axis + 1], below)
    return z.reshape(*x.shape[:axis], len(matrix), *x.shape[axis + 1 :])
