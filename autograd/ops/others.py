"""Products of all elements but one: what products differentiate into. No division, so elements may be 0.

Products of a few large numbers overflow on the way to a result that a 0, or some small numbers, make small again. So
float32 is multiplied in double precision, and float64, where it did not fit, with the exponents counted apart.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy import ndarray as Array

from kernels.machine.views import moved

from ..op import op
from .elementwise import to
from .scan import cumprod, recurrence, shift

DOUBLE = np.dtype(np.float64)


def _others_rule(dz: Any, x: Any, axis: int | None) -> Any:
    """dx[j] = sum over i != j of dz[i] * the product of all x but x[i] and x[j].

    For i < j that is s[j] * after[j], where s[j] has the products of all before j, and s[j+1] = x[j] s[j] +
    dz[j] before[j]; likewise from the other end.
    """
    if axis is None:
        return _others_rule(dz.reshape((-1,)), x.reshape((-1,)), 0).reshape(x.shape)
    dtype = x.dtype
    x, dz = to(x, dtype=DOUBLE), to(dz, dtype=DOUBLE)
    before = shift(cumprod(x, axis=axis), axis=axis, by=1, fill=1)
    after = shift(cumprod(x, axis=axis, reverse=True), axis=axis, by=-1, fill=1)
    left = shift(recurrence(x, dz * before, axis=axis), axis=axis, by=1)
    right = shift(recurrence(x, dz * after, axis=axis, reverse=True), axis=axis, by=-1)
    return to(left * after + before * right, dtype=dtype)


@op("others", dx=_others_rule)
def others(x: Array, *, axis: int | None = None) -> Any:
    """For each element the product of all others along `axis`, or of all others that there are."""
    if axis is None:
        return others.forward(x.reshape(-1), axis=0).reshape(x.shape)
    zero = x == 0
    y = moved(np.asarray(np.where(zero, 1, x), DOUBLE), axis, 0)
    with np.errstate(over="ignore", under="ignore", invalid="ignore"):
        before, after = _running(y), _running(y[::-1])[::-1]
        z = before * after
        if not (np.isfinite(z).all() and before.all() and after.all()):
            z = _apart(y)
        if zero.any():
            zero = moved(zero, axis, 0)
            z = np.where(np.add.reduce(zero, axis=0, dtype=np.int64) > zero, 0, z)
        return moved(z, 0, axis).astype(x.dtype)


def _running(y: Array) -> Array:
    """The products of all before each along axis 0."""
    z = np.ones_like(y)
    np.multiply.accumulate(y[:-1], axis=0, out=z[1:])
    return z


def _apart(y: Array) -> Array:
    """The product of all before and all after each along axis 0, with fractions and exponents of 2 kept apart."""
    fraction, power = np.frexp(y)
    (f, p), (g, q) = _running_apart(fraction, power), _running_apart(fraction[::-1], power[::-1])
    return np.asarray(np.ldexp(f * g[::-1], np.clip(p + q[::-1], -4000, 4000).astype(np.int32)))


_FACTORS = 512
"""Fractions, each at least 1/2, whose product is not too small for double precision."""


def _running_apart(fraction: Array, power: Array) -> tuple[Array, Array]:
    f, p = np.ones_like(fraction), np.zeros(power.shape, np.int64)
    np.add.accumulate(power[:-1], axis=0, out=p[1:], dtype=np.int64)
    before, moved = f[:1].copy(), p[:1].copy()
    for start in range(0, len(f), _FACTORS):
        part = np.multiply.accumulate(np.concatenate([before, fraction[start : start + _FACTORS]]), axis=0)
        f[start : start + _FACTORS] = part[:-1]
        p[start : start + _FACTORS] += moved
        before, carry = np.frexp(part[-1:])
        moved += carry
    return f, p
