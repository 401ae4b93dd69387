"""The logarithm of the gamma function and its derivatives.

    psi_n(x) = d^(n+1)/dx^(n+1) log gamma(x):  psi_0 is the digamma function, psi_1 trigamma

All in double precision, from one expansion: the asymptotic series of log gamma, differentiated term by term (Abramowitz
and Stegun, 6.4.11), is good from FAR on. Smaller arguments are moved there by psi_n(x) = psi_n(x + 1) - the derivative
of 1 / x (6.4.6), and those below a half are reflected: (-1)^n psi_n(1 - x) - psi_n(x) = pi d^n/dx^n cot(pi x) (6.4.7).
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy import ndarray as Array

from ..op import op

FAR = 12.0
"""From here on the series below is precise to the last digits, for the first derivatives."""

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
    z = _above_half(np.where(low, 1 - y, y), order)
    if low.any():
        pole = low & (y == np.floor(y))
        reflected = (-1) ** order * z - math.pi ** (order + 1) * _cot_derivative(np.where(low & ~pole, y, 0.25), order)
        at_pole = math.inf if order % 2 else np.where(y == 0, np.copysign(math.inf, -y), math.nan)
        z = np.where(pole, at_pole, np.where(low, reflected, z))
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
