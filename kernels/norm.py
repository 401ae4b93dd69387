"""Normalisation over some axes of an array: statistics, values, gradient.

All norms are one computation on different views of their input: batch norm looks at (N, C, L) and reduces axes 0 and 2,
instance norm reduces axis 2 of it, group norm axes 2 and 3 of (N, G, C / G, L), layer norm axis 1 of (M, D).

Arrays are walked through in blocks along axis 0 that stay in the cache between the passes over them.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]
Axes = tuple[int, ...]

BLOCK = 1 << 15  # elements


def moments(x: Array, axes: Axes, centred: bool = True) -> tuple[Array, Array]:
    """Mean and biased variance along `axes`, which stay with size 1. Not centred: 0 and the mean square.

    Two passes: the variance is never negative, and that of a constant is exactly 0.
    """
    shape = tuple([1 if a in axes else n for a, n in enumerate(x.shape)])
    count = x.size // max(1, int(np.prod(shape))) or 1
    mean = np.zeros(shape, x.dtype)
    if centred:
        total = np.zeros(shape)
        for part in blocks(x):
            _add_sum(total, part, axes, x[part])
        mean = (total / count).astype(x.dtype)
    total = np.zeros(shape)
    for part in blocks(x):
        d = x[part] - _cut(mean, part) if centred else x[part]
        _add_products(total, part, axes, d, d)
    var = (total / count).astype(x.dtype)
    if centred and np.any(var < np.square(mean * (16 * float(np.finfo(x.dtype).eps)))):
        return _exact_moments(x, axes)  # all that is left may be the rounding of the mean
    return mean, var


def _exact_moments(x: Array, axes: Axes) -> tuple[Array, Array]:
    """`moments` on x less its first element, which leaves nothing of a constant to round."""
    first = x[tuple([slice(1) if a in axes else slice(None) for a in range(x.ndim)])]
    d = x - first
    shift = np.mean(d, axis=axes, keepdims=True)
    d -= shift
    return first + shift, np.mean(d * d, axis=axes, keepdims=True)


def normalise(x: Array, w: Array | None, b: Array | None, mean: Array, rstd: Array) -> Array:
    """(x - mean) * rstd * w + b; all but x have as many axes as x, some of them of size 1."""
    z = np.empty(x.shape, x.dtype)
    joined = w is not None and _within(w.shape, rstd.shape)
    scale = rstd * w if joined else rstd
    for part in blocks(x):
        zs = z[part]
        np.subtract(x[part], _cut(mean, part), out=zs)
        zs *= _cut(scale, part)
        if w is not None and not joined:
            zs *= _cut(w, part)
        if b is not None:
            zs += _cut(b, part)
    return z


def normalise_grad(
    dz: Array, x: Array, w: Array | None, mean: Array, rstd: Array, axes: Axes, centred: bool, affine: tuple[int, ...]
) -> tuple[Array, Array, Array]:
    """Cotangents of x, w and b for the cotangent `dz` of `normalise`, where mean and rstd are computed from x.

    With g = dz * w and h = (x - mean) * rstd:  dx = rstd * (g - mean(g) - h * mean(g * h)),  dw = sum(dz * h),
    db = sum(dz), where w and b have the shape `affine`. Not centred: without mean(g).
    """
    count = x.size // max(1, rstd.size) or 1
    inner = _within(affine, rstd.shape)  # w is the same for all elements that are normalised together
    over_w = tuple([a for a, n in enumerate(affine) if n == 1])
    dx = np.empty(x.shape, x.dtype)
    sums, products = np.zeros(rstd.shape), np.zeros(rstd.shape)
    db, dw = np.zeros(affine), np.zeros(affine)
    for part in blocks(x):
        d, dzs, g = x[part] - _cut(mean, part), dz[part], dx[part]
        if inner or w is None:
            g = dzs
        else:
            np.multiply(dzs, _cut(w, part), out=g)
        if not inner:
            _add_sum(db, part, over_w, dzs)
            _add_products(dw, part, over_w, dzs, d * _cut(rstd, part))
        _add_sum(sums, part, axes, g)
        _add_products(products, part, axes, g, d)
    products *= rstd  # sum(g * h), but without w if `inner`
    if inner:
        beyond = tuple([a for a in over_w if a not in axes])
        db, dw = sums.sum(beyond, keepdims=True), products.sum(beyond, keepdims=True)
    scale = rstd * w if inner and w is not None else rstd
    slope = (products / -count * rstd * scale).astype(x.dtype)
    level = (sums / -count * scale).astype(x.dtype) if centred else None
    for part in blocks(x):
        d = x[part] - _cut(mean, part)
        d *= _cut(slope, part)
        if level is not None:
            d += _cut(level, part)
        out = dx[part]
        np.multiply(dz[part] if inner or w is None else out, _cut(scale, part), out=out)
        out += d
    return dx, dw.astype(x.dtype), db.astype(x.dtype)


# -------------------------------------------------------------------------------------------------------- blocks


def blocks(x: Array) -> Iterator[slice]:
    """Slices of axis 0 with about BLOCK elements each."""
    rows = len(x)
    step = max(1, BLOCK * rows // max(1, x.size))
    for start in range(0, rows, step):
        yield slice(start, min(start + step, rows))


def _cut(array: Array, part: slice) -> Array:
    """The rows of a block; all of an array that is broadcast along axis 0."""
    return array if array.shape[0] == 1 else array[part]


def _add_sum(total: Array, part: slice, axes: Axes, x: Array) -> None:
    rows = _cut(total, part)
    rows += np.add.reduce(x, axis=axes, keepdims=True)


def _add_products(total: Array, part: slice, axes: Axes, x: Array, y: Array) -> None:
    """Add the sum of x * y along `axes`."""
    rows = _cut(total, part)
    every = list(range(x.ndim))
    rows += np.einsum(x, every, y, every, [a for a in every if a not in axes]).reshape(rows.shape)


def _within(affine: Axes, groups: Axes) -> bool:
    """Does `affine` have size 1 wherever `groups`, the shape of the statistics, has?"""
    return all(n == 1 or m != 1 for n, m in zip(affine, groups, strict=True))
