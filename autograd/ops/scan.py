"""Running sums and products, and differences of neighbours: value and rules side by side. `axis` is an int."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from kernels import scan as kernels

from ..op import op


def _accumulate(ufunc: np.ufunc, x: Any, axis: int, reverse: bool) -> Any:
    if kernels.worth_compiling(x):
        return (kernels.running_sums if ufunc is np.add else kernels.running_products)(x, axis, reverse)
    if not reverse:
        return ufunc.accumulate(x, axis=axis)
    return np.flip(ufunc.accumulate(np.flip(x, axis), axis=axis), axis)


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


@op("cumsum", dx=lambda dz, axis, reverse: cumsum(dz, axis=axis, reverse=not reverse))
def cumsum(x: Any, *, axis: int, reverse: bool = False) -> Any:
    """z[i] = x[0] + ... + x[i] along `axis`; from the other end if `reverse`."""
    return _accumulate(np.add, x, axis, reverse)


def _recurrence_rule(dz: Any, a: Any, z: Any, axis: int, reverse: bool) -> tuple[Any, Any]:
    step = -1 if reverse else 1
    db = recurrence(shift(a, axis=axis, by=-step), dz, axis=axis, reverse=not reverse)
    return db * shift(z, axis=axis, by=step), db


@op("recurrence", joint=_recurrence_rule)
def recurrence(a: Any, b: Any, *, axis: int, reverse: bool = False) -> Any:
    """z[i] = a[i] z[i-1] + b[i] along `axis`, z[0] = b[0]; from the other end if `reverse`. Shapes are equal.

    What running products differentiate into; a doubling scan would be faster on long axes, but multiplies factors
    that the recurrence never multiplies, and they may overflow.
    """
    if kernels.worth_compiling(b) and a.shape == b.shape and a.dtype == b.dtype:
        return kernels.recurrence(a, b, axis, reverse)
    z = np.array(b)
    direction = slice(None, None, -1 if reverse else 1)
    factors = np.moveaxis(a, axis, 0)[direction]
    states = np.moveaxis(z, axis, 0)[direction]
    for i in range(1, len(states)):
        states[i] += factors[i] * states[i - 1]
    return z


def _cumprod_rule(dz: Any, x: Any, z: Any, axis: int, reverse: bool) -> Any:
    """dx[i] = (product before i) * (dz[i] + x[i+1] dz[i+1] + x[i+1] x[i+2] dz[i+2] + ...): no division by x[i]."""
    step = -1 if reverse else 1
    after = recurrence(shift(x, axis=axis, by=-step), dz, axis=axis, reverse=not reverse)
    return shift(z, axis=axis, by=step, fill=1) * after


@op("cumprod", dx=_cumprod_rule)
def cumprod(x: Any, *, axis: int, reverse: bool = False) -> Any:
    """z[i] = x[0] * ... * x[i] along `axis`; from the other end if `reverse`."""
    return _accumulate(np.multiply, x, axis, reverse)


def _logcumsumexp_rule(dz: Any, x: Any, z: Any, axis: int) -> Any:
    """dx[i] = sum of dz[k] exp(x[i] - z[k]) over k >= i, as a recurrence in which no exponent is positive."""
    z = np.maximum(z, float(np.finfo(z.dtype).min))  # -inf less -inf would be NaN
    decay = np.exp(z - shift(z, axis=axis, by=-1, fill=math.inf))
    return np.exp(x - z) * recurrence(decay, dz, axis=axis, reverse=True)


@op("logcumsumexp", dx=_logcumsumexp_rule)
def logcumsumexp(x: Any, *, axis: int) -> Any:
    """z[i] = log(exp(x[0]) + ... + exp(x[i])) along `axis`, without overflow."""
    return np.logaddexp.accumulate(x, axis=axis)


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
