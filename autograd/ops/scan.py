"""Running sums and products, and differences of neighbours: value and rules side by side. `axis` is an int."""

from __future__ import annotations

from typing import Any

import numpy as np

from kernels.machine.fast import fast
from kernels.machine.views import moved

from ..op import op
from .elementwise import to

DOUBLE = np.dtype(np.float64)


def _accumulate(ufunc: np.ufunc, x: Any, axis: int, reverse: bool) -> Any:
    """In double precision, rounded to that of x: what does not fit may be followed by its opposite, or by a 0."""
    y: Any = np.flip(x, axis) if reverse else x
    if x.dtype.kind != "f":
        z = ufunc.accumulate(y, axis=axis)
    else:
        with np.errstate(over="ignore", invalid="ignore"):
            z = ufunc.accumulate(y, axis=axis, dtype=DOUBLE).astype(x.dtype, copy=False)
    return np.flip(z, axis) if reverse else z


def _part(x: Any, axis: int, part: slice) -> Any:
    """A part of `x` along `axis`, as a view."""
    return x[(*[slice(None)] * (axis % x.ndim), part)]


@op("shift", dx=lambda dz, axis, by: shift(dz, axis=axis, by=-by))
def shift(x: Any, *, axis: int, by: int, fill: float = 0) -> Any:
    """Moved by one place along `axis`: up for by=1, down for by=-1; `fill` takes the empty place."""
    z = np.full(x.shape, fill, x.dtype)
    low, high = slice(None, -1), slice(1, None)
    to, source = (high, low) if by == 1 else (low, high)
    _part(z, axis, to)[...] = _part(x, axis, source)
    return z


@op(
    "cumsum",
    single=True,
    fast=fast("kernels.along.scan:running_sums", at_least="scan"),
    dx=lambda dz, axis, reverse: cumsum(dz, axis=axis, reverse=not reverse),
)
def cumsum(x: Any, *, axis: int, reverse: bool = False) -> Any:
    """z[i] = x[0] + ... + x[i] along `axis`; from the other end if `reverse`."""
    return _accumulate(np.add, x, axis, reverse)


def _recurrence_rule(dz: Any, a: Any, z: Any, axis: int, reverse: bool) -> tuple[Any, Any]:
    step = -1 if reverse else 1
    db = recurrence(shift(a, axis=axis, by=-step), dz, axis=axis, reverse=not reverse)
    return db * shift(z, axis=axis, by=step), db


@op(
    "recurrence",
    single=True,
    fast=fast("kernels.along.scan:recurrence", at_least="scan", alike=True),
    joint=_recurrence_rule,
)
def recurrence(a: Any, b: Any, *, axis: int, reverse: bool = False) -> Any:
    """z[i] = a[i] z[i-1] + b[i] along `axis`, z[0] = b[0]; from the other end if `reverse`. Shapes are equal.

    What running products differentiate into; a doubling scan would be faster on long axes, but multiplies factors
    that the recurrence never multiplies, and they may overflow.
    """
    z = np.array(b)
    direction = slice(None, None, -1 if reverse else 1)
    factors = moved(a, axis, 0)[direction]
    states = moved(z, axis, 0)[direction]
    for i in range(1, len(states)):
        states[i] += factors[i] * states[i - 1]
    return z


def _cumprod_rule(dz: Any, x: Any, axis: int, reverse: bool) -> Any:
    """dx[i] = (product before i) * (dz[i] + x[i+1] dz[i+1] + x[i+1] x[i+2] dz[i+2] + ...): no division by x[i]."""
    step = -1 if reverse else 1
    dtype = x.dtype
    x, dz = to(x, dtype=DOUBLE), to(dz, dtype=DOUBLE)
    after = recurrence(shift(x, axis=axis, by=-step), dz, axis=axis, reverse=not reverse)
    z = cumprod(x, axis=axis, reverse=reverse)
    dx = shift(z, axis=axis, by=step, fill=1) * after
    if not np.isfinite(dx).all():  # tiny times huge: without zeros a division does it
        dx = np.where(np.isfinite(dx) | (x == 0), dx, cumsum(z * dz, axis=axis, reverse=not reverse) / (x + (x == 0)))
    return to(dx, dtype=dtype)


@fast("kernels.along.scan:running_products", at_least="scan")
def _running_products(x: Any, axis: int, reverse: bool) -> Any:
    return _accumulate(np.multiply, x, axis, reverse)


@op("cumprod", single=True, dx=_cumprod_rule)
def cumprod(x: Any, *, axis: int, reverse: bool = False) -> Any:
    """z[i] = x[0] * ... * x[i] along `axis`; from the other end if `reverse`. 0 after a 0, whatever overflowed."""
    z = _running_products(x, axis, reverse)
    if x.dtype.kind == "f" and np.isnan(z).any():
        part = np.flip if reverse else lambda array, axis: array
        dead = part(np.logical_or.accumulate(part(x == 0, axis), axis=axis), axis)
        known = part(np.logical_and.accumulate(part(np.isfinite(x), axis), axis=axis), axis)
        z[dead & known] = 0
    return z


@op("running_top")
def running_top(x: Any, *, axis: int) -> Any:
    """The largest element so far along `axis`, 0 where that is not finite. A constant."""
    top = np.maximum.accumulate(x, axis=axis)
    return np.where(np.isfinite(top), top, 0)


def _logcumsumexp_rule(dz: Any, x: Any, axis: int) -> Any:
    """dx[i] = sum of dz[k] exp(x[i] - z[k]) over k >= i, as a recurrence.

    In terms of s[k] = exp(x[0] - top[k]) + ... + exp(x[k] - top[k]), where top[k] is the largest x so far: no exponent
    is positive, and nothing has to be told from the rounding of z.
    """
    top = running_top(x, axis=axis)
    rise = np.exp(np.minimum(shift(top, axis=axis, by=1) - top, 0))
    e = np.exp(x - top)
    s = recurrence(rise, e, axis=axis)
    s = s + (s == 0)
    decay = shift(rise, axis=axis, by=-1) * s / shift(s, axis=axis, by=-1, fill=1)
    return e / s * recurrence(decay, dz, axis=axis, reverse=True)


@op("logcumsumexp", single=True, dx=_logcumsumexp_rule)
def logcumsumexp(x: Any, *, axis: int) -> Any:
    """z[i] = log(exp(x[0]) + ... + exp(x[i])) along `axis`, without overflow."""
    return np.logaddexp.accumulate(x, axis=axis, dtype=DOUBLE).astype(x.dtype, copy=False)


@op("diff", dx=lambda dz, axis: -diff_back(dz, axis=axis))
def diff(x: Any, *, axis: int) -> Any:
    """z[i] = x[i+1] - x[i] along `axis`; of bools: whether they differ."""
    return np.diff(x, axis=axis)


@op("diff_back", dx=lambda dz, axis: -diff(dz, axis=axis))
def diff_back(x: Any, *, axis: int) -> Any:
    """z[i] = x[i] - x[i-1] along `axis`, with zeros beyond both ends: less the transpose of diff."""
    shape = [n + (a == axis % x.ndim) for a, n in enumerate(x.shape)]
    z = np.zeros(shape, x.dtype)
    _part(z, axis, slice(None, -1))[...] = x
    _part(z, axis, slice(1, None))[...] -= x
    return z
