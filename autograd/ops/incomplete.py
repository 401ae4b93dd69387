"""The incomplete gamma function with all its derivatives, and how draws from Gamma and Beta move with their parameters.

In the logarithm of t the densities of Gamma and Beta fall on both sides of one peak, and their own logarithm phi is
concave there. So the smaller of the two parts into which x cuts the area under the density is, times x p(x),

    the integral over s >= 0 of exp(phi(s)) w(s)^n,    phi(0) = 0, phi falling

where s is the distance from log x (from the logit of x for Beta) and w(s) = log t - E[log t]. The factor w arises n
times when the density is differentiated n times by its parameter. The integral ends where phi is -40. 64 Gauss-Legendre
points give it to about 1e-13, whether the parameters are tiny or huge, and nothing cancels. Where a parameter is so
small that phi falls slowly, it is a straight line from s = FLAT on: that part of the integral is known.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy import ndarray as Array

from ..op import op
from .gamma import lgamma, polygamma

FLAT = 37.0
"""exp(-FLAT) vanishes beside 1 in double precision."""
CHUNK = 2048
_POINTS, _WEIGHTS = (z[:, None] / 2 for z in np.polynomial.legendre.leggauss(64))
_POINTS = _POINTS + 0.5  # between 0 and 1


def _psi(x: Any, order: int = 0) -> Any:
    return polygamma(x, order=order)


def _log_quotient(x: Array, a: Array, away: Array) -> Any:
    """log(x / a), from away = x - a where they are close: that may be known to more digits."""
    u = away / a
    near = np.abs(u) < 0.5
    return np.where(near, np.log1p(np.where(near, u, 0.0)), np.log(x / a))


def _lag(a: Array) -> Any:
    """log a - psi(a), by the asymptotic series (Abramowitz and Stegun 6.3.18) from 20 on."""
    far = np.maximum(a, 20.0)
    r = 1 / (far * far)
    series = 0.5 / far + r * (1 / 12 - r * (1 / 120 - r * (1 / 252 - r * (1 / 240 - r / 132))))
    return np.where(a >= 20, series, np.log(a) - _psi(a))


def _end(phi: Callable[[Array], tuple[Array, Array]], start: Array) -> Array:
    """Where phi is -40, at most FLAT: Newton's method, which a concave function sends to the far side of its root."""
    s = np.minimum(start, FLAT)
    for _ in range(8):
        value, slope = phi(s)
        s = np.clip(s - (value + 40) / np.where(slope < 0, slope, -1e-300), s / 16, FLAT)
    return s


def _integral(phi: Callable[[Array], tuple[Array, Array]], w: Callable[[Array], Array], start: Array, n: int) -> Any:
    end = _end(phi, start)
    s = _POINTS * end
    y = np.exp(phi(s)[0])
    return end * (_WEIGHTS * (y * w(s) ** n if n else y)).sum(0)


def _straight(rate: Array, v: Array, n: int) -> Any:
    """The integral over s >= 0 of exp(-rate s) (v + 1 / rate - s)^n, from the moments of 1 - exponential."""
    total = np.zeros_like(rate)
    moment = 1.0  # of order k: those of order 0, 1, 2 ... are 1, 0, 1, -2, 9 ...
    for k in range(n + 1):
        total += math.comb(n, k) * v ** (n - k) * moment / rate ** (k + 1)
        moment = -(k + 1) * moment + 1  # with alternating sign: derangements
    return total


# ------------------------------------------------------------------------------------------------------------ gamma


def _below(a: Array, x: Array, n: int) -> Any:
    """Over t < x, divided by x p(x): phi = -a s + x (1 - exp(-s))."""

    def phi(s: Array) -> tuple[Array, Array]:
        e = np.expm1(-s)
        return -(a - x) * s - x * (e + s), -a + x * (e + 1)

    # log x - psi(a) without 1 / a, which would hide all else for a tiny a
    v = np.where(a < 20, np.log(x) - _psi(a + 1), _log_quotient(x, a, x - a) + _lag(a) - 1 / a)
    c = 40 / np.maximum(x, 1e-300)
    start = np.minimum((40 + x) / a, c / 3 + np.sqrt(c * c / 9 + 2 * c))
    total = _integral(phi, lambda s: v - s + 1 / a, start, n)
    flat = (40 + x) / a > FLAT
    if flat.any():
        rest = np.exp(x - FLAT * a) * _straight(a, v - FLAT, n)
        total = np.where(flat, total + rest, total)
    return total


def _above(a: Array, x: Array, n: int) -> Any:
    """Over t > x, divided by x p(x): phi = a s - x (exp(s) - 1)."""

    def phi(s: Array) -> tuple[Array, Array]:
        e = np.expm1(s)
        return -(x - a) * s - x * (e - s), a - x * (e + 1)

    v, c = _log_quotient(x, a, x - a) + _lag(a), 40 / x
    return _integral(phi, lambda s: v + s, np.minimum(np.sqrt(2 * c), np.log1p(c) + 1.5), n)


def _peak(a: Array, x: Array) -> Any:
    """x p(x) = x^a exp(-x) / Gamma(a), by Stirling's series from 10 on: its parts stay small."""
    large = a >= 10
    far = np.where(large, a, 10.0)
    u = (x - far) / far
    near = np.abs(u) < 0.5
    fall = np.where(near, u - np.log1p(np.where(near, u, 0)), u - np.log(x / far))
    r = 1 / (far * far)
    series = (1 / 12 - r * (1 / 360 - r * (1 / 1260 - r * (1 / 1680 - r / 1188)))) / far
    stirling = np.sqrt(far / (2 * math.pi)) * np.exp(-far * fall - series)
    return np.where(large, stirling, np.exp(a * np.log(x) - x - lgamma(np.where(large, 1.0, a))))


def _whole(a: Array, n: int) -> Any:
    """The mean of (log t - E[log t])^n, from the cumulants psi_1(a), psi_2(a) ..."""
    moments: list[Any] = [np.ones_like(a)]
    for k in range(1, n + 1):
        terms = [math.comb(k - 1, j) * _psi(a, j) * moments[k - 1 - j] for j in range(1, k)]
        moments.append(sum(terms, np.zeros_like(a)))
    return moments[n]


def _chunked(function: Callable[..., Any], *arrays: Array) -> Any:
    """`function` of flat pieces of the arrays in double precision, as float64 of their broadcast shape."""
    wide = np.broadcast_arrays(*(np.asarray(x, np.float64) for x in arrays))
    flat = [x.reshape(-1) for x in wide]
    with np.errstate(all="ignore"):  # powers that vanish; logarithms of 0 beside results that are chosen elsewhere
        pieces = [function(*(x[i : i + CHUNK] for x in flat)) for i in range(0, flat[0].size, CHUNK)]
    return np.concatenate(pieces).reshape(wide[0].shape) if pieces else np.zeros(wide[0].shape)


def _part(a: Array, x: Array, n: int, upper: bool) -> Any:
    good = (a > 0) & (x > 0) & (a < math.inf) & (x < math.inf)
    z = np.full(a.shape, math.nan)
    if good.all():
        y = _inside(a, x, n, upper)
        z = np.asarray(y)
    elif good.any():
        z[good] = _inside(a[good], x[good], n, upper)
    if not good.all():  # all of it on one side
        ends = (a >= 0) & (x >= 0) & ~good & ~((a == 0) & (x == 0)) & ~((a == math.inf) & (x == math.inf))
        rest = (x == 0) | (a == math.inf)  # nothing lies below
        value = np.where(rest == upper, 1.0, 0.0) if n == 0 else np.where(rest == upper, _limit(a, n), 0.0)
        z = np.where(ends, value, z)
    return z


def _limit(a: Array, n: int) -> Any:
    usual = (a > 0) & (a < math.inf)
    return np.where(usual, _whole(np.where(usual, a, 1.0), n), math.nan if n > 1 else 0.0)


def _inside(a: Array, x: Array, n: int, upper: bool) -> Any:
    low = x <= np.maximum(a, 1.0)
    peak = _peak(a, x)
    z = np.empty_like(a)
    for side, function in ((low, _below), (~low, _above)):
        if side.any():
            z[side] = function(a[side], x[side], n)
    z *= peak
    return np.where(low == upper, _whole(a, n) - z, z)


def _by_a(dz: Any, a: Any, x: Any, order: int, upper: bool) -> Any:
    more = gammainc(a, x, order=order + 1, upper=upper)
    if order:
        more = more - order * polygamma(a, order=1) * gammainc(a, x, order=order - 1, upper=upper)
    return dz * more


def _by_x(dz: Any, a: Any, x: Any, order: int, upper: bool) -> Any:
    density = np.exp((a - 1) * np.log(x) - x - lgamma(a))
    if order:
        density = density * (np.log(x) - polygamma(a, order=0)) ** order
    return dz * (-density if upper else density)


@op("gammainc", broadcasts=True, floating=True, da=_by_a, dx=_by_x)
def gammainc(a: Array, x: Array, *, order: int = 0, upper: bool = False) -> Any:
    """The integral from 0 to x (from x on if `upper`) of t^(a - 1) exp(-t) / Gamma(a) (log t - psi(a))^order."""
    dtype = np.result_type(a, x)
    return _chunked(lambda a, x: _part(a, x, order, upper), a, x).astype(dtype)


def gamma_slope(a: Array, x: Array) -> Any:
    """How a draw x from Gamma(a, 1) moves with a, at a fixed quantile: -dP/da / p(x), in float64.

    Figurnov, Mohamed & Mnih 2018, eq. 6. The density p cancels: what is left is x times the integral above.
    """

    def slope(a: Array, x: Array) -> Any:
        low = x <= np.maximum(a, 1.0)
        z = np.empty_like(a)
        if low.any():
            z[low] = -x[low] * _below(a[low], x[low], 1)
        if not low.all():
            z[~low] = x[~low] * _above(a[~low], x[~low], 1)
        return z

    return _chunked(slope, a, x)


# ------------------------------------------------------------------------------------------------------------- beta


def beta_slope(a: Array, b: Array, x: Array, y: Array) -> Any:
    """How a draw x from Beta(a, b) moves with a, at a fixed quantile: -dF/da / p(x), in float64. y is 1 - x.

    Figurnov, Mohamed & Mnih 2018, eq. 6. By b it moves as -beta_slope(b, a, y, x).
    """
    return _chunked(_beta_slope, a, b, x, y)


def _beta_slope(a: Array, b: Array, x: Array, y: Array) -> Any:
    total = a + b
    low, high = x * total <= np.maximum(a, 1.0), y * total <= np.maximum(b, 1.0)
    low &= (x <= 0.5) | ~high
    z = np.empty_like(a)
    if low.any():
        z[low] = -_beta_below(a[low], b[low], x[low], y[low])
    if not low.all():
        z[~low] = _beta_above(a[~low], b[~low], x[~low], y[~low])
    return x * y * z


def _logit_phi(fall: Array, rise: Array, rest: Array) -> Callable[[Array], tuple[Array, Array]]:
    """phi = rise s - (rise + fall) log(1 + rest (exp(s) - 1)): it falls as -fall s in the end."""
    total = fall + rise

    def phi(s: Array) -> tuple[Array, Array]:
        grown = rest * np.expm1(s)
        return rise * s - total * np.log1p(grown), rise - total * ((grown + rest) / (1 + grown))

    return phi


def _logit_start(fall: Array, rise: Array, x: Array, y: Array) -> Any:
    total = fall + rise
    return np.minimum((40 - total * np.log(y)) / fall, np.sqrt(80 / (total * x * y)) + 40 / total)


def _beta_gap(a: Array, b: Array, x: Array, y: Array) -> Any:
    """log x - psi(a) + psi(a + b)."""
    total = a + b
    return _log_quotient(x * total, a, b * x - a * y) + _lag(a) - _lag(total)


def _beta_below(a: Array, b: Array, x: Array, y: Array) -> Any:
    """Over t < x: log t = log x - log(1 + y (exp(s) - 1))."""
    v = np.log(x) - _psi(a + 1) + _psi(a + b)  # log x - E[log t] without 1 / a
    v = np.where(a < 20, v, _beta_gap(a, b, x, y) - 1 / a)
    total = _integral(_logit_phi(a, b, y), lambda s: v - np.log1p(y * np.expm1(s)) + 1 / a, _logit_start(a, b, x, y), 1)
    flat = 40 - (a + b) * np.log(y) > FLAT * a
    if flat.any():
        drop = np.log1p(y * np.expm1(FLAT))
        total = np.where(flat, total + np.exp(b * FLAT - (a + b) * drop) * _straight(a, v - drop, 1), total)
    return total


def _beta_above(a: Array, b: Array, x: Array, y: Array) -> Any:
    """Over t > x: log t = log x + s - log(1 + x (exp(s) - 1)), which tends to 0."""
    v = _beta_gap(a, b, x, y)
    total = _integral(_logit_phi(b, a, x), lambda s: v + s - np.log1p(x * np.expm1(s)), _logit_start(b, a, y, x), 1)
    flat = 40 - (a + b) * np.log(x) > FLAT * b
    if flat.any():
        rest = np.exp(a * FLAT - (a + b) * np.log1p(x * np.expm1(FLAT))) * (_psi(a + b) - _psi(a)) / b
        total = np.where(flat, total + rest, total)
    return total
