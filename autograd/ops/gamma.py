"""The logarithm of the gamma function and its derivatives.

    psi_n(x) = d^(n+1)/dx^(n+1) log gamma(x):  psi_0 is the digamma function, psi_1 trigamma

All in double precision, from one expansion: the asymptotic series of log gamma, differentiated term by term (Abramowitz
and Stegun, 6.4.11), is good from FAR on. Smaller arguments are moved there by psi_n(x) = psi_n(x + 1) - the derivative
of 1 / x (6.4.6), and those below a half are reflected: (-1)^n psi_n(1 - x) - psi_n(x) = pi d^n/dx^n cot(pi x) (6.4.7).
For derivatives above HIGH the factorials overflow on the way; there the poles next to x are the whole sum.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy import ndarray as Array

from ..op import op

FAR = 12.0
"""From here on the series below is precise to the last digits, for the first derivatives."""

HIGH = 100
"""Up to this derivative all factors fit into a float."""

# B_2, B_4, ...: Bernoulli numbers
_BERNOULLI = (1 / 6, -1 / 30, 1 / 42, -1 / 30, 5 / 66, -691 / 2730, 7 / 6, -3617 / 510, 43867 / 798, -174611 / 330)


def _log_gamma(x: float) -> float:
    try:
        return math.lgamma(x)
    except (ValueError, OverflowError):  # 0, -1, -2 ...; beyond 1e305
        return math.inf


_each = np.frompyfunc(_log_gamma, 1, 1)


@op("lgamma", floating=True, dx=lambda dz, x: dz * polygamma(x, order=0))
def lgamma(x: Array) -> Any:
    """log |gamma(x)|; inf at 0, -1, -2 ..."""
    return np.asarray(_each(x)).astype(x.dtype)


@op("polygamma", floating=True, dx=lambda dz, x, order: dz * polygamma(x, order=order + 1))
def polygamma(x: Array, *, order: int) -> Any:
    """psi_n(x), n = `order`.

    At 0, -1, -2 ...: infinity for odd n. For even n there are two, one on either side: NaN, but at 0 and -0 that of the
    side.
    """
    y = np.asarray(x, np.float64)
    low = y < 0.5
    pole = low & (y == np.floor(y))
    if order > HIGH:
        z = _of_high_order(np.where(pole, 0.25, y), order)
    else:
        z = _above_half(np.where(low, 1 - y, y), order)
        if low.any():
            slope = _cot_derivative(np.where(low & ~pole, y, 0.25), order)
            z = np.where(low, (-1) ** order * z - math.pi ** (order + 1) * slope, z)
    if low.any():
        z = np.where(pole, math.inf if order % 2 else np.where(y == 0, np.copysign(math.inf, -y), math.nan), z)
    return z.astype(x.dtype)


def _above_half(x: Array, n: int) -> Any:
    sign, factorial = (-1) ** (n + 1), math.factorial(n)
    steps = math.ceil(FAR + n)
    moved = np.zeros_like(x)
    near = x < steps
    for k in range(steps if near.any() else 0):  # from the smallest term on: they grow towards the pole
        moved += (x + (steps - 1 - k)) ** -(n + 1.0)
    y = np.where(near, x + steps, x)
    total = np.zeros_like(x)
    for k, b in reversed([*enumerate(_BERNOULLI, 1)]):
        total += b * (math.factorial(2 * k + n - 1) / math.factorial(2 * k)) * y ** -(2.0 * k + n)
    if n == 0:
        return np.log(y) - 0.5 / y - total - np.where(near, moved, 0)
    total += math.factorial(n - 1) * y ** -float(n) + 0.5 * factorial * y ** -(n + 1.0)
    return sign * (total + np.where(near, factorial * moved, 0))


def _cot_derivative(x: Array, n: int) -> Any:
    """d^n/dt^n cot(t) at t = pi x: a polynomial in the cotangent c, because c' = -(1 + c^2)."""
    c = 1 / np.tan(math.pi * (x - np.round(x)))  # the difference is exact, where pi x would not be
    polynomial = np.polynomial.Polynomial([0.0, 1.0])
    slope = np.polynomial.Polynomial([-1.0, 0.0, -1.0])
    for _ in range(n):
        polynomial = polynomial.deriv() * slope
    return polynomial(c)


def _of_high_order(x: Array, n: int) -> Any:
    """psi_n(x) = (-1)^(n+1) n! (x^-(n+1) + (x + 1)^-(n+1) + ...) (6.4.10), by logarithms.

    The relative error of the result is the absolute one of these, n log(n) times the precision of float64. What is far
    from x beside the nearest pole vanishes against that. From n + FAR on, where that takes too many poles, it is the
    series of `_above_half` in multiples of its first term.
    """
    far = x >= n + FAR
    first = np.maximum(np.rint(-x), 0)
    d = np.where(far, 1.0, x + first)  # the distance of the nearest pole, -first
    poles = np.zeros_like(x)
    for k in range(-2, math.ceil((n + FAR) * math.expm1(39 / (n + 1)))):  # what is left out is below exp(-39)
        apart = d + k
        share = np.abs(d / apart) ** (n + 1.0)
        poles += np.where(first + k < 0, 0, np.where(apart < 0, (-1) ** (n + 1) * share, share))
    y = np.where(far, x, n + FAR)
    term, series = np.ones_like(x), 1 + 0.5 * n / y
    for k, b in enumerate(_BERNOULLI, 1):
        term *= (n + 2.0 * k - 2) / y * ((n + 2.0 * k - 1) / y)
        series += b / math.factorial(2 * k) * term
    total = np.where(far, series, poles)
    size = np.where(far, _log_gamma(n) - n * np.log(y), _log_gamma(n + 1) - (n + 1.0) * np.log(np.abs(d)))
    return (-1) ** (n + 1) * np.sign(total) * np.exp(size + np.log(np.abs(total)))
