"""Bessel functions of the orders 0 and 1, and Airy's function: value and rules side by side.

Near zeros of Y, and of J beyond 8, errors are a few units in the last place of the amplitude sqrt(2 / (pi x)). All
else is precise to a few units of the value. All in double precision.

Derivatives (Abramowitz & Stegun, chapters 9 and 10): J0' = -J1, J1' = J0 - J1 / x, the same for Y; I0' = I1,
I1' = I0 - I1 / x; K0' = -K1, K1' = -K0 - K1 / x; Ai'' = x Ai.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy import ndarray as Array

from ..op import op
from . import chebyshev as tables
from .chebyshev import series

_R = math.sqrt(0.5)


def double(function: Callable[[Array], Any]) -> Callable[[Array], Any]:
    """`function` computed in double precision and without NumPy's complaints, in the dtype of its argument."""

    def run(x: Array) -> Any:
        with np.errstate(all="ignore"):
            return np.asarray(function(x.astype(np.float64, copy=False))).astype(x.dtype, copy=False)

    run.__doc__ = function.__doc__
    return run


def _over(z: Any, x: Any, sign: int, factor: Any = 1) -> Any:
    """z / x for z = I1(x), or J1(x) with sign -1, times `factor`; near 0 the power series, which has derivatives."""
    near = np.abs(x) < 0.01
    y = np.where(near, x, 0)
    t = y * y * (sign / 4)
    series = 0.5 * (1 + t / 2 * (1 + t / 6 * (1 + t / 12)))
    return np.where(near, series * factor, z / np.where(near, 1, x))


# ------------------------------------------------------------------------------------------------ modified, I and K


def _far(table: tuple[float, ...], y: Array) -> Any:
    high = np.maximum(y, 8)
    return series(table, 8 / high, 0, 1) / np.sqrt(high)


def _i0e(x: Array) -> Any:
    y = np.abs(x)
    z = np.where(y <= 8, series(tables.I0E_NEAR, np.minimum(y, 8), 0, 8), _far(tables.I0E_FAR, y))
    return np.where(np.isnan(x), x, z)


def _i1e(x: Array) -> Any:
    y = np.abs(x)
    near = series(tables.I1E_NEAR, np.minimum(y, 3), 0, 3) * y
    middle = series(tables.I1E_MIDDLE, np.clip(y, 3, 8), 3, 8)
    z = np.where(y <= 3, near, np.where(y <= 8, middle, _far(tables.I1E_FAR, y)))
    return np.where(np.isnan(x), x, np.copysign(z, x))


def _grown(z: Any, x: Array) -> Any:
    """z exp(|x|), where exp alone may overflow."""
    half = np.exp(np.abs(x) / 2)
    return np.where(z == 0, z, z * half * half)


@op("i0", floating=True, dx=lambda dz, x: dz * i1(x))
@double
def i0(x: Array) -> Any:
    """The modified Bessel function I0: even, 1 at 0, grows like exp(|x|) / sqrt(2 pi |x|)."""
    return np.where(np.isinf(x), math.inf, _grown(_i0e(x), x))


@op("i1", floating=True, dx=lambda dz, x: dz * (i0(x) - _over(i1(x), x, 1)))
@double
def i1(x: Array) -> Any:
    """The modified Bessel function I1: odd, x / 2 near 0."""
    return np.where(np.isinf(x), x, _grown(_i1e(x), x))


@op("i0e", floating=True, dx=lambda dz, x, z: dz * (i1e(x) - np.sign(x) * z))
@double
def i0e(x: Array) -> Any:
    """exp(-|x|) I0(x)"""
    return _i0e(x)


@op(
    "i1e",
    floating=True,
    dx=lambda dz, x, z: dz * (i0e(x) - np.sign(x) * z - _over(z, x, 1, np.exp(-np.abs(x)))),
)
@double
def i1e(x: Array) -> Any:
    """exp(-|x|) I1(x)"""
    return _i1e(x)


def _k_near(x: Array, order: int) -> Any:
    y = np.minimum(x, 2.0)
    t, log = y * y / 4, np.log(y / 2)
    if order == 0:
        return series(tables.K0_NEAR, t, 0, 1) - log * (_i0e(y) * np.exp(y))
    return series(tables.K1_NEAR, t, 0, 1) / y + log * (_i1e(y) * np.exp(y))


def _k(x: Array, order: int, scaled: bool) -> Any:
    y = np.maximum(x, 2.0)
    far = series((tables.K0E_FAR, tables.K1E_FAR)[order], 2 / y, 0, 1) / np.sqrt(y)
    near = _k_near(x, order)
    half = np.exp(-y / 2)
    z = np.where(x <= 2, near * np.exp(np.minimum(x, 2)) if scaled else near, far if scaled else far * half * half)
    return np.where(x == 0, math.inf, np.where(x < 0, math.nan, z))


@op("k0", floating=True, dx=lambda dz, x: -dz * k1(x))
@double
def k0(x: Array) -> Any:
    """The modified Bessel function K0 of x > 0: inf at 0, NaN below."""
    return _k(x, 0, False)


@op("k1", floating=True, dx=lambda dz, x, z: -dz * (k0(x) + z / x))
@double
def k1(x: Array) -> Any:
    """The modified Bessel function K1 of x > 0: inf at 0, NaN below."""
    return _k(x, 1, False)


@op("k0e", floating=True, dx=lambda dz, x, z: dz * (z - k1e(x)))
@double
def k0e(x: Array) -> Any:
    """exp(x) K0(x)"""
    return _k(x, 0, True)


@op("k1e", floating=True, dx=lambda dz, x, z: dz * (z - k0e(x) - z / x))
@double
def k1e(x: Array) -> Any:
    """exp(x) K1(x)"""
    return _k(x, 1, True)


# ------------------------------------------------------------------------------------------------------------ J and Y


def _wave(x: Array, order: int) -> tuple[Any, Any]:
    """J and Y for x >= 8, by modulus and phase."""
    y = np.maximum(np.where(np.isinf(x), 8, x), 8)
    t = 64 / (y * y)
    p = series((tables.P0, tables.P1)[order], t, 0, 1)
    q = series((tables.Q0, tables.Q1)[order], t, 0, 1) * (8 / y)
    sin, cos = np.sin(y), np.cos(y)
    c, s = ((cos + sin) * _R, (sin - cos) * _R) if order == 0 else ((sin - cos) * _R, -(sin + cos) * _R)
    size = np.where(np.isinf(x), 0, np.sqrt(2 / (math.pi * y)))
    return size * (p * c - q * s), size * (p * s + q * c)


def _beside(y: Array, zero: tuple[float, float]) -> Any:
    """y² - zero², precise where that is small."""
    return ((y - zero[0]) - zero[1]) * (y + zero[0])


def _j(x: Array, order: int) -> Any:
    y = np.abs(x)
    low = np.minimum(y, 8)
    t = low * low
    edge = (16, 25)[order]
    (a, b), zeros = (
        ((tables.J0_A, tables.J0_B), tables.J0_ZEROS) if order == 0 else ((tables.J1_A, tables.J1_B), tables.J1_ZEROS)
    )
    first = series(a, np.minimum(t, edge), 0, edge) * _beside(low, zeros[0])
    second = series(b, np.maximum(t, edge), edge, 64) * _beside(low, zeros[1])
    near = np.where(t <= edge, first, second)
    far = _wave(y, order)[0]
    return np.where(y <= 8, near * x, np.copysign(1.0, x) * far) if order else np.where(y <= 8, near, far)


def _y(x: Array, order: int) -> Any:
    low = np.minimum(x, 8)
    t = low * low
    if order == 0:
        near = series(tables.Y0_A, np.minimum(t, 16), 0, 16) + 2 / math.pi * np.log(low) * _j(low, 0)
        middle = series(tables.Y0_B, np.maximum(t, 16), 16, 64)
    else:
        near = series(tables.Y1_A, np.minimum(t, 16), 0, 16) * low
        near = near + 2 / math.pi * (np.log(low) * _j(low, 1) - 1 / low)
        middle = series(tables.Y1_B, np.maximum(t, 16), 16, 64)
    z = np.where(x <= 8, np.where(t <= 16, near, middle), _wave(x, order)[1])
    return np.where(x == 0, -math.inf, np.where(x < 0, math.nan, z))


@op("bessel_j0", floating=True, dx=lambda dz, x: -dz * bessel_j1(x))
@double
def bessel_j0(x: Array) -> Any:
    """The Bessel function J0: even, 1 at 0."""
    return _j(x, 0)


@op("bessel_j1", floating=True, dx=lambda dz, x, z: dz * (bessel_j0(x) - _over(z, x, -1)))
@double
def bessel_j1(x: Array) -> Any:
    """The Bessel function J1: odd, x / 2 near 0."""
    return _j(x, 1)


@op("bessel_y0", floating=True, dx=lambda dz, x: -dz * bessel_y1(x))
@double
def bessel_y0(x: Array) -> Any:
    """The Bessel function Y0 of x > 0: -inf at 0, NaN below."""
    return _y(x, 0)


@op("bessel_y1", floating=True, dx=lambda dz, x, z: dz * (bessel_y0(x) - z / x))
@double
def bessel_y1(x: Array) -> Any:
    """The Bessel function Y1 of x > 0: -inf at 0, NaN below."""
    return _y(x, 1)


# --------------------------------------------------------------------------------------------------------------- Airy

_FAR = 6.0 ** (2 / 3)  # where z = 4
_Z8 = 2 / 3 * 8**1.5


def _product(a: Array, b: Array) -> tuple[Array, Array]:
    """a b, rounded, and what the rounding took away (Dekker 1971)."""
    p = a * b
    (ah, al), (bh, bl) = (_halves(v) for v in (a, b))
    return p, ((ah * bh - p) + ah * bl + al * bh) + al * bl


def _halves(v: Array) -> tuple[Array, Array]:
    t = 134217729.0 * v  # 2^27 + 1
    high = t - (t - v)
    return high, v - high


def _phase(x: Array) -> tuple[Array, Array]:
    """2 / 3 x^(3/2), and what its rounding took away: its sine and exponential need more digits than it has."""
    x = np.minimum(x, 1e12)  # beyond, the phase of a neighbouring number is any other
    r = np.sqrt(x)
    square, rest = _product(r, r)
    p, low = _product(x, r)
    low = low + x * (((x - square) - rest) / (2 * r))
    z = 2 * p / 3
    triple, rest = _product(z, np.full_like(z, 3.0))
    return z, ((2 * p - triple) - rest + 2 * low) / 3


def _airy(x: Array, slope: bool) -> Any:
    far_table, middle_table, a, b, p_table, q_table = (
        (tables.AIP_FAR, tables.AIP_MIDDLE, tables.AIP_A, tables.AIP_B, tables.AIRP_P, tables.AIRP_Q)
        if slope
        else (tables.AI_FAR, tables.AI_MIDDLE, tables.AI_A, tables.AI_B, tables.AIR_P, tables.AIR_Q)
    )
    sign = -1 if slope else 1
    high = np.maximum(np.where(np.isinf(x), _FAR, x), _FAR)
    (z, rest), root = _phase(high), np.sqrt(np.sqrt(high))
    far = (
        series(far_table, 4 / z, 0, 1)
        * np.exp(-z)
        * (1 - rest)
        * (root if slope else 1 / root)
        / (2 * math.sqrt(math.pi))
    )
    inside = np.clip(x, 0, _FAR)
    middle = series(middle_table, inside, 0, _FAR) * np.exp(-1.25 * inside)
    right = sign * np.where(x > _FAR, np.where(np.isinf(x), 0, far), middle)
    left = np.where(x >= -4, series(a, np.clip(x, -4, 0), -4, 0), series(b, np.clip(x, -8, -4), -8, -4))
    y = np.maximum(np.where(np.isinf(x), 8, -x), 8)
    (z, rest), root = _phase(y), np.sqrt(np.sqrt(y))
    t = (_Z8 / z) ** 2
    p, q = series(p_table, t, 0, 1), series(q_table, t, 0, 1) * (_Z8 / z)
    sin, cos = np.sin(z), np.cos(z)
    sin, cos = sin + rest * cos, cos - rest * sin
    sin, cos = (sin + cos) * _R, (cos - sin) * _R
    if slope:
        wave = -(p * cos - q * sin) * root / math.sqrt(math.pi)
    else:
        wave = (p * sin + q * cos) / root / math.sqrt(math.pi)
    wave = np.where(np.isinf(x), math.nan if slope else 0, wave)
    return np.where(np.isnan(x), x, np.where(x >= 0, right, np.where(x >= -8, left, wave)))


@op("airy_ai", floating=True, dx=lambda dz, x: dz * airy_ai_slope(x))
@double
def airy_ai(x: Array) -> Any:
    """Airy's function Ai: it waves below 0 and falls like exp(-2/3 x^(3/2)) above."""
    return _airy(x, False)


@op("airy_ai_slope", floating=True, dx=lambda dz, x: dz * (x * airy_ai(x)))
@double
def airy_ai_slope(x: Array) -> Any:
    """The derivative of Airy's function."""
    return _airy(x, True)


# ---------------------------------------------------------------------------------------------------------- spherical


@op("spherical_j0", floating=True, dx=lambda dz, x, order: dz * spherical_j0(x, order=order + 1))
def spherical_j0(x: Array, *, order: int = 0) -> Any:
    """The derivative number `order` of s(x) = sin(x) / x.

    x s = sin x, differentiated n times: x s_n + n s_(n-1) = sin(x + n pi / 2). That loses digits for small x; there the
    power series is summed.
    """
    y = np.asarray(x, np.float64)
    small = np.abs(y) < 1.5 * (order + 1)
    with np.errstate(all="ignore"):
        far = np.where(small | np.isinf(y), 1.0, y)
        waves = (np.sin(far), np.cos(far), -np.sin(far), -np.cos(far))
        s = waves[0] / far
        for n in range(1, order + 1):
            s = (waves[n % 4] - n * s) / far
        s = np.where(np.isinf(y), 0.0, s)
        near = np.where(small, y, 0.0)
        total = np.zeros_like(near)
        for k in range((order + 1) // 2, order + 16):
            total += (-1) ** k / math.factorial(2 * k + 1) * math.perm(2 * k, order) * near ** (2 * k - order)
    return np.asarray(np.where(small, total, s)).astype(x.dtype)
