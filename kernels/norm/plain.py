"""Normalisation over some axes of an array: statistics, values, gradient.

All norms are one computation on different views of their input: batch norm looks at (N, C, L) and reduces axes 0 and 2,
instance norm reduces axis 2 of it, group norm axes 2 and 3 of (N, G, C / G, L), layer norm axis 1 of (M, D).

For arrays that are worth it there are compiled loops, which `choose` knows. What stands here serves the rest: NumPy
calls on blocks along axis 0 that stay in the cache between the passes over them.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
from numpy import ndarray as Array

from ..machine.fast import fast

Axes = tuple[int, ...]

BLOCK = 1 << 15  # elements


# ------------------------------------------------------------------------------------------------ the whole of it


# shortcut: number of axes, axes that are reduced, and `centred` are looked up together; anything else is left to
# NumPy
LOOPS = {
    (3, (0, 2), True): "channels",
    (2, (1,), True): "rows",
    (2, (1,), False): "rows",
    (3, (2,), True): "groups",
    (4, (2, 3), True): "groups",
}
"""(number of axes of the view, those that are reduced, centred or not) -> which loops there are for it."""


@fast("kernels.norm.choose:normalised", at_least="norm", when=lambda x, axes, centred: (x.ndim, axes, centred) in LOOPS)
def normalised(
    x: Array, w: Array | None, b: Array | None, axes: Axes, eps: float, centred: bool = True
) -> tuple[Array, Array, Array, Array]:
    """(x - mean) * rstd * w + b, and mean, biased variance and rstd = 1 / sqrt(variance + eps) along `axes`.

    The statistics keep `axes` with size 1, and w and b have as many axes as x. Not `centred`: 0 and the mean square.
    """
    with np.errstate(over="ignore", invalid="ignore"):
        mean, var = moments(x, axes, centred)
        rstd = 1 / np.sqrt(var + eps)
        return normalise(x, w, b, mean, rstd), mean, var, rstd


class Statistics(NamedTuple):
    """What an array was normalised by, and how that was found."""

    mean: Array
    rstd: Array
    view: Axes  # the shape under which the array was looked at
    axes: Axes  # those of the view that were reduced
    centred: bool


def _has_loops(dz: Array, by: Statistics) -> bool:
    return (len(by.view), by.axes, by.centred) in LOOPS


@fast("kernels.norm.choose:normalised_grad", at_least="norm", when=_has_loops)
def normalised_grad(
    dz: Array, x: Array, w: Array | None, by: Statistics, affine: Axes | None
) -> tuple[Array, Any, Any]:
    """Cotangents of x, w and b for the cotangent `dz` of `normalised`; w and b have the shape `affine`.

    affine   None if their cotangents are not asked for
    """
    mean, rstd, view, axes, centred = by
    form = rstd.shape if affine is None else affine
    dx, dw, db = normalise_grad(dz.reshape(view), x.reshape(view), w, mean, rstd, axes, centred, form)
    return (dx.reshape(x.shape), None, None) if affine is None else (dx.reshape(x.shape), dw, db)


@fast("kernels.norm.choose:scaled", at_least="norm")
def scaled(x: Array, s: Array, t: Array) -> Array:
    """x * s + t per channel: x (N, C, *), s and t (C,)."""
    column = (-1, *[1] * (x.ndim - 2))
    z = np.multiply(x, s.reshape(column))
    z += t.reshape(column)
    return z


@fast("kernels.norm.choose:scaled_grad", at_least="norm")
def scaled_grad(dz: Array, x: Array, s: Array) -> tuple[Array, Array, Array]:
    """For the cotangent dz of `scaled`: dx, and per channel the sums of dz and of dz * x."""
    over = (0, *range(2, x.ndim))
    return dz * s.reshape(-1, *[1] * (x.ndim - 2)), np.sum(dz, axis=over), np.sum(dz * x, axis=over)


# -------------------------------------------------------------------------------------------------- in NumPy calls


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
        d = x[part] - _block_of(mean, part) if centred else x[part]
        _add_products(total, part, axes, d, d)
    var = (total / count).astype(x.dtype)
    # shortcut: only where nearly all of the variance may be rounding
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
        np.subtract(x[part], _block_of(mean, part), out=zs)
        zs *= _block_of(scale, part)
        if w is not None and not joined:
            zs *= _block_of(w, part)
        if b is not None:
            zs += _block_of(b, part)
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
        d, dzs, g = x[part] - _block_of(mean, part), dz[part], dx[part]
        if inner or w is None:
            g = dzs
        else:
            np.multiply(dzs, _block_of(w, part), out=g)
        if not inner:
            _add_sum(db, part, over_w, dzs)
            _add_products(dw, part, over_w, dzs, d * _block_of(rstd, part))
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
        d = x[part] - _block_of(mean, part)
        d *= _block_of(slope, part)
        if level is not None:
            d += _block_of(level, part)
        out = dx[part]
        np.multiply(dz[part] if inner or w is None else out, _block_of(scale, part), out=out)
        out += d
    return dx, dw.astype(x.dtype), db.astype(x.dtype)


# -------------------------------------------------------------------------------------------------------- blocks


def blocks(x: Array) -> Iterator[slice]:
    """Slices of axis 0 with about BLOCK elements each."""
    rows = len(x)
    size = max(1, BLOCK * rows // max(1, x.size))
    for start in range(0, rows, size):
        yield slice(start, min(start + size, rows))


def _block_of(array: Array, part: slice) -> Array:
    """The rows of a block; all of an array that is broadcast along axis 0."""
    return array if array.shape[0] == 1 else array[part]


def _add_sum(total: Array, part: slice, axes: Axes, x: Array) -> None:
    rows = _block_of(total, part)
    rows += np.add.reduce(x, axis=axes, keepdims=True)


def _add_products(total: Array, part: slice, axes: Axes, x: Array, y: Array) -> None:
    """Add the sum of x * y along `axes`."""
    rows = _block_of(total, part)
    every = list(range(x.ndim))
    rows += np.einsum(x, every, y, every, [a for a in every if a not in axes]).reshape(rows.shape)


def _within(affine: Axes, groups: Axes) -> bool:
    """Does `affine` have size 1 wherever `groups`, the shape of the statistics, has?"""
    return all(n == 1 or m != 1 for n, m in zip(affine, groups, strict=True))
