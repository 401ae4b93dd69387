"""The normal distribution's functions, scaled so that tails keep their digits, and entropies: value and rules."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy import ndarray as Array

from ..op import op
from .bessel import double
from .special import SQRT_PI, erf, erfcx_far, erfinv

_R = math.sqrt(0.5)
_START = 400
"""Of the backward recurrence below, which is precise to the last digits from x = 0.75 on."""


def _scaled(y: Array) -> Any:
    """exp(y²) erfc(y)"""
    low = np.clip(y, -27, 0.5)
    rough = np.trunc(low * 16) / 16  # its square is exact
    rest = low - rough
    near = np.exp(rough * rough) * np.exp(rest * (2 * rough + rest)) * (1 - erf(low))
    return np.where(y < -27, math.inf, np.where(y < 0.5, near, erfcx_far(np.maximum(y, 0.5))))


def _scaled_derivative(y: Array, order: int) -> Any:
    """f_n of f = erfcx: f_(n+1) = 2 y f_n + 2 n f_(n-1), f_1 = 2 y f - 2 / sqrt(pi).

    Forwards that cancels for y > 0. There (-1)^n f_n / (2^n n!) is exp(y²) times the n-th integral of erfc, of which
    W. Gautschi, "Computational aspects of three-term recurrence relations", 1967, computes the smallest solution
    backwards from any start: g_(n-1) = 2 y g_n + 2 (n + 1) g_(n+1), scaled by g_(-1) = 2 / sqrt(pi).
    """
    low = np.minimum(y, 0.75)
    a, b = _scaled(low), 2 * low * _scaled(low) - 2 / SQRT_PI
    for n in range(1, order):
        a, b = b, 2 * low * b + 2 * n * a
    high = np.maximum(np.where(np.isinf(y), 1, y), 0.75)
    found = ratio = np.zeros_like(high)  # g_n / g_(n-1)
    for n in range(order + _START, -1, -1):
        ratio = 1 / (2 * high + 2 * (n + 1) * ratio)
        if n <= order:
            found = ratio if n == order else found * ratio
    found = found * (2 / SQRT_PI * (-2.0) ** order * math.factorial(order))
    return np.where(y < 0.75, b, np.where(np.isposinf(y), 0.0, found))


@op("erfcx", floating=True, dx=lambda dz, x, order: dz * erfcx(x, order=order + 1))
def erfcx(x: Array, *, order: int = 0) -> Any:
    """The derivative number `order` of exp(x²) erfc(x), which falls like 1 / (sqrt(pi) x)."""
    return double(lambda y: _scaled_derivative(y, order) if order else _scaled(y))(x)


def _tail(x: Array) -> Any:
    """The normal distribution's share below x < 0: erfcx(-x / sqrt(2)) exp(-x² / 2) / 2."""
    y = np.clip(x, -40, 0)
    rough = np.trunc(y * 16) / 16  # its square is exact
    rest = y - rough
    fall = np.exp(-rough * rough / 2) * np.exp(-rest * (2 * rough + rest) / 2)
    return 0.5 * fall * _scaled(-y * _R)


@op("ndtr", floating=True, dx=lambda dz, x: dz * (np.exp(-(x * x) / 2) * (_R / SQRT_PI)))
@double
def ndtr(x: Array) -> Any:
    """The share of the standard normal distribution below x."""
    return np.where(np.isnan(x), x, np.where(x < 0, _tail(np.minimum(x, 0)), 1 - _tail(-np.maximum(x, 0))))


def _log_tail(y: Array) -> Any:
    """log ndtr(y) for y < 0."""
    return np.log(_scaled(-y * _R) / 2) - y * y / 2


def _log_ndtr_slope(dz: Any, x: Any, z: Any) -> Any:
    """Density over probability: by erfcx in the lower tail; in the upper one that is infinite."""
    density = np.exp(-np.square(np.maximum(x, 0)) / 2 - np.where(x > 0, z, 0)) * (_R / SQRT_PI)
    return dz * np.where(x > 0, density, 2 * _R / SQRT_PI / erfcx(np.minimum(x, 0) * -_R))


@op("log_ndtr", floating=True, dx=_log_ndtr_slope)
@double
def log_ndtr(x: Array) -> Any:
    """log ndtr(x), precise where that is tiny and where it is nearly 1."""
    low = np.where(np.isinf(x), 0, np.minimum(x, 0))
    tail = _tail(-np.abs(x))
    z = np.where(x < -1, _log_tail(np.minimum(low, -1)), np.where(x < 0, np.log(tail), np.log1p(-tail)))
    return np.where(np.isneginf(x), x, z)


@op("ndtri", floating=True, dx=lambda dz, z: dz * (np.exp(z * z / 2) * (SQRT_PI / _R)))
@double
def ndtri(p: Array) -> Any:
    """The x with ndtr(x) = p: -inf at 0, inf at 1, NaN outside.

    Near 1/2 by erfinv; in the tails Newton's iteration on the logarithm of ndtr, which is nearly a parabola there.
    """
    q = np.where(p < 0.5, p, 1 - p)
    tail = (q > 0) & (q < 0.25)
    target = np.log(np.where(tail, q, 0.1))
    y = -np.sqrt(-2 * target - np.log(np.maximum(-2 * target, 1.5)))  # exp(-y²/2) / |y| is about q
    for _ in range(6):
        y = y - (_log_tail(y) - target) * (_scaled(-y * _R) * (SQRT_PI * _R))
    y = np.where(p < 0.5, y, -y)
    middle = erfinv(np.where(tail | (q <= 0), 0.0, 2 * p - 1)) / _R
    z = np.where(tail, y, middle)
    return np.where(p == 0, -math.inf, np.where(p == 1, math.inf, np.where((p < 0) | (p > 1), math.nan, z)))


@op("entr", floating=True, dx=lambda dz, x: dz * (-np.log(x) - 1))
@double
def entr(x: Array) -> Any:
    """-x log x; 0 at 0 and -inf below."""
    known = np.where(x > 0, x, 1)
    return np.where(x > 0, -known * np.log(known), np.where(x == 0, 0.0, np.where(x < 0, -math.inf, x)))


@op(
    "xlog1py",
    broadcasts=True,
    floating=True,
    dx=lambda dz, x, y: dz * np.log1p(np.where((x == 0) & (y <= -1), 0, y)),
    dy=lambda dz, x, y: dz * (x / (np.where((x == 0) & (y == -1), 0, y) + 1)),
)
def xlog1py(x: Array, y: Array) -> Any:
    """x log(1 + y), and 0 where x = 0 unless y is NaN."""
    zero = (x == 0) & ~np.isnan(y)
    return x * np.log1p(np.where(zero, 0, y))


# B_2k / (2k)!, k = 1, 2 ...: Bernoulli numbers
_BERNOULLI = (
    1 / 12, -1 / 720, 1 / 30240, -1 / 1209600, 1 / 47900160, -691 / 1307674368000, 1 / 74724249600,
    -3617 / 10670622842880000, 43867 / 5109094217170944000, -174611 / 802857662698291200000,
)  # fmt: skip
_TERMS = 12


@op("zeta", broadcasts=True, floating=True, dx=None, dq=lambda dz, x, q: dz * (-x * zeta(x + 1, q)))
def zeta(x: Array, q: Array) -> Any:
    """The sum over k >= 0 of (k + q)^-x: Hurwitz's zeta function, x > 1. inf at its poles, NaN where there is no sum.

    By the formula of Euler and Maclaurin (Abramowitz & Stegun, 23.2), after the first terms.
    """
    dtype = np.result_type(x, q)
    s, a = np.broadcast_arrays(np.asarray(x, np.float64), np.asarray(q, np.float64))
    with np.errstate(all="ignore"):
        good = (s > 1) & ((a > 0) | ((s == np.floor(s)) & (a != np.floor(a))))
        x1 = np.where(good, s, 2.0)
        q1 = np.where(good, a, 1.0)
        steps = np.where(q1 < 0, np.ceil(-q1), 0)  # (k + q)^-x is summed until k + q > 0, one by one
        head = np.zeros_like(x1)
        for k in range(min(int(steps.max(initial=0)), 10**6)):
            head += np.where(k < steps, (q1 + k) ** -x1, 0)
        base = q1 + steps
        end = base + _TERMS
        power = end**-x1
        tail = power * (end / (x1 - 1) + 0.5)
        factor = x1 * power / end
        corrections = np.zeros_like(tail)
        for k, b in enumerate(_BERNOULLI):
            corrections += b * factor
            factor = factor * (x1 + 2 * k + 1) * (x1 + 2 * k + 2) / (end * end)
        tail = tail + np.where(power == 0, 0, corrections)
        for k in range(_TERMS - 1, -1, -1):  # from the smallest on
            tail = tail + (base + k) ** -x1
        z = head + tail
    pole = (s == 1) | ((s > 1) & (a <= 0) & (a == np.floor(a)))
    z = np.where(pole, math.inf, np.where(good, np.where(np.isposinf(s), np.where(a == 1, 1.0, z), z), math.nan))
    return np.asarray(np.where(np.isnan(s) | np.isnan(a), math.nan, z)).astype(dtype)
