"""Functions that NumPy lacks or that need care at the edges: logistic and error functions, sinc, x log y."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy import ndarray as Array

from kernels.machine.fast import fast

from ..op import op
from .elementwise import LN2

# ------------------------------------------------------------------------------------------------ logistic function


@op(
    "sigmoid",
    single=True,
    floating=True,
    fast=fast("kernels.pointwise.activation:sigmoid", at_least="activation"),
    dx=lambda dz, z: dz * (z * (1 - z)),
)
def sigmoid(x: Array) -> Any:
    """1 / (1 + exp(-x)), as e / (1 + e) with e = exp(x): small values keep their relative precision.

    From 40 on (11 in float16) the result rounds to 1, so exp need not overflow.
    """
    e = np.exp(np.minimum(x, 40 if x.itemsize > 2 else 11))
    return e / (1 + e)


logit = op("logit", lambda x: np.log(x / (1 - x)), floating=True, single=True, dx=lambda dz, x: dz / (x * (1 - x)))


def _lead(x: Any, y: Any) -> Any:
    """x - y; 0 where both are the same infinity, so that they share. Where they are equal numbers, it has a slope."""
    if type(x) is np.ndarray and type(y) is np.ndarray:
        lead = np.subtract(x, y)
        if not np.isnan(lead).any():  # shortcut: no infinity meets itself
            return lead
    return np.where((x == y) & np.isinf(x), 0, x - y)


def _larger(x: Array, y: Any) -> int:
    return max(x.size, y.size)


logaddexp = op(
    "logaddexp",
    np.logaddexp,
    broadcasts=True,
    floating=True,
    fast=fast("kernels.pointwise.exponents:logaddexp", at_least="logaddexp", count=_larger),
    dx=lambda dz, x, y: dz * sigmoid(_lead(x, y)),
    dy=lambda dz, x, y: dz * sigmoid(_lead(y, x)),
)
logaddexp2 = op(
    "logaddexp2",
    np.logaddexp2,
    broadcasts=True,
    floating=True,
    fast=fast("kernels.pointwise.exponents:logaddexp2", at_least="logaddexp", count=_larger),
    dx=lambda dz, x, y: dz * sigmoid(_lead(x, y) * LN2),
    dy=lambda dz, x, y: dz * sigmoid(_lead(y, x) * LN2),
)


@op(
    "xlogy",
    single=True,
    broadcasts=True,
    floating=True,
    dx=lambda dz, x, y: dz * np.log(np.where((x == 0) & (y <= 0), 1, y)),
    dy=lambda dz, x, y: dz * (x / np.where((x == 0) & (y == 0), 1, y)),
)
def xlogy(x: Array, y: Array) -> Any:
    """x log y, and 0 where x = 0 unless y is NaN."""
    zero = (x == 0) & ~np.isnan(y)
    return x * np.log(np.where(zero, 1, y))


# -------------------------------------------------------------------------------------------------------------- sinc


@op("sinc", single=True, floating=True, dx=lambda dz, x, order: dz * sinc(x, order=order + 1))
def sinc(x: Array, *, order: int = 0) -> Any:
    """The derivative number `order` of s(x) = sin(pi x) / (pi x).

    x s = sin(pi x) / pi, differentiated n times: x s_n + n s_(n-1) = pi^(n-1) sin(pi x + n pi / 2). That loses digits
    for small x; there the power series is summed.
    """
    if order == 0:
        return np.sinc(x)
    y = np.asarray(x, np.float64)
    far = np.where(np.abs(y) < 0.5 + 0.5 * order, 1.0, y)
    s = np.sinc(far)
    for n in range(1, order + 1):
        s = (math.pi ** (n - 1) * np.sin(math.pi * far + n * math.pi / 2) - n * s) / far
    return np.where(far == y, s, _sinc_series(np.where(far == y, 0.0, y), order)).astype(x.dtype)


def _sinc_series(y: Array, order: int) -> Any:
    """Sum over k of (-1)^k pi^(2k) / (2k+1)! d^n/dy^n y^(2k)."""
    total = np.zeros_like(y)
    for k in range((order + 1) // 2, order + 20):
        factor = (-1) ** k * math.pi ** (2 * k) / math.factorial(2 * k + 1) * math.perm(2 * k, order)
        total += factor * y ** (2 * k - order)
    return total


# --------------------------------------------------------------------------------------------------- error functions
# Double precision: W. J. Cody, "Rational Chebyshev approximations for the error function", Math. Comp. 23 (1969) 631:
# relative error below 1e-15 everywhere. Coefficients from the highest power down.

_BELOW_HALF = (
    (
        1.85777706184603153e-1,
        3.16112374387056560e0,
        1.13864154151050156e2,
        3.77485237685302021e2,
        3.20937758913846947e3,
    ),
    (1.0, 2.36012909523441209e1, 2.44024637934444173e2, 1.28261652607737228e3, 2.84423683343917062e3),
)
_BELOW_FOUR = (
    (2.15311535474403846e-8, 5.64188496988670089e-1, 8.88314979438837594e0, 6.61191906371416295e1,
     2.98635138197400131e2, 8.81952221241769090e2, 1.71204761263407058e3, 2.05107837782607147e3, 1.23033935479799725e3),
    (1.0, 1.57449261107098347e1, 1.17693950891312499e2, 5.37181101862009858e2, 1.62138957456669019e3,
     3.29079923573345963e3, 4.36261909014324716e3, 3.43936767414372164e3, 1.23033935480374942e3),
)  # fmt: skip
_ABOVE_FOUR = (
    (1.63153871373020978e-2, 3.05326634961232344e-1, 3.60344899949804439e-1, 1.25781726111229246e-1,
     1.60837851487422766e-2, 6.58749161529837803e-4),
    (1.0, 2.56852019228982242e0, 1.87295284992346725e0, 5.27905102951428412e-1, 6.05183413124413191e-2,
     2.33520497626869185e-3),
)  # fmt: skip

# Single precision: one quotient for all x, fitted to erf(x) / x in x² up to 3.92, where erf rounds to 1; error 2e-8.
_SINGLE = (
    (2.05073759e-06, 2.84888456e-04, 3.76449053e-03, 5.27453763e-02, 1.90376128e-01, 1.12837915e00),
    (3.80987248e-05, 1.16231953e-03, 1.49669449e-02, 1.14097176e-01, 5.02049194e-01, 1.0),
)
_SINGLE_END = 4.0

SQRT_PI = math.sqrt(math.pi)


def _quotient(coefficients: tuple[tuple[float, ...], tuple[float, ...]], t: Array) -> Any:
    """P(t) / Q(t), by Horner's scheme."""
    p, q = (np.full_like(t, part[0]) for part in coefficients)
    for total, part in ((p, coefficients[0]), (q, coefficients[1])):
        for c in part[1:]:
            np.multiply(total, t, out=total)
            np.add(total, c, out=total)
    return np.divide(p, q, out=p)


def _erf_near(x: Array) -> Any:
    """erf for |x| < 0.47."""
    return x * _quotient(_BELOW_HALF, x * x)


def erfcx_far(y: Array) -> Any:
    """exp(y²) erfc(y), precise for y >= 0.46."""
    head = np.minimum(y, 4.0)
    tail = np.maximum(y, 4.0)
    t = 1 / (tail * tail)
    return np.where(y <= 4, _quotient(_BELOW_FOUR, head), (1 / SQRT_PI - t * _quotient(_ABOVE_FOUR, t)) / tail)


def _erfc_far(y: Array) -> Any:
    """erfc(y), precise for y >= 0.46."""
    scaled = erfcx_far(y)
    rough = np.trunc(np.minimum(y, 30.0) * 16) / 16  # its square is exact, so exp(-y²) does not magnify rounding
    rest = np.minimum(y, 30.0) - rough
    return np.exp(-rough * rough) * np.exp(-rest * (2 * rough + rest)) * scaled


def _in_blocks(function: Any, x: Array) -> Array:
    """function(x), a block that fits into the cache at a time: a polynomial passes over its argument many times."""
    flat = x.reshape(-1)
    z = np.empty_like(flat)
    for start in range(0, flat.size, _BLOCK):
        z[start : start + _BLOCK] = function(flat[start : start + _BLOCK])
    return z.reshape(x.shape)


_BLOCK = 1 << 14


def _erf_single(x: Array) -> Any:
    y = np.minimum(np.maximum(x.astype(np.float32, copy=False), -_SINGLE_END), _SINGLE_END)
    return np.minimum(np.maximum(y * _quotient(_SINGLE, y * y), -1), 1)


def _erf_double(x: Array) -> Any:
    y = np.abs(x)
    z = np.copysign(1 - _erfc_far(y), x)
    small = y <= 0.46875
    z[small] = _erf_near(x[small])
    return z


def _erfc_double(x: Array) -> Any:
    x = x.astype(np.float64, copy=False)
    y = np.abs(x)
    z = _erfc_far(y)
    z = np.where(x < 0, 2 - z, z)
    small = y <= 0.46875
    z[small] = 1 - _erf_near(x[small])
    return z


@op("erf", single=True, floating=True, dx=lambda dz, x: dz * (np.exp(-(x * x)) * (2 / SQRT_PI)))
def erf(x: Array) -> Any:
    """Error function: 2 / sqrt(pi) times the integral of exp(-t²) from 0 to x. Relative error 1e-15; float32: 4e-7."""
    return _in_blocks(_erf_double if x.dtype == np.float64 else _erf_single, x)


@op("erfc", floating=True, dx=lambda dz, x: -dz * (np.exp(-(x * x)) * (2 / SQRT_PI)))
def erfc(x: Array) -> Any:
    """1 - erf(x), with full relative precision where that is tiny. float32 is computed in double precision."""
    return _in_blocks(_erfc_double, x)


@op("erfinv", single=True, floating=True, dx=lambda dz, z: dz * (np.exp(z * z) * (SQRT_PI / 2)))
def erfinv(x: Array) -> Any:
    """The number whose erf is x: an estimate of S. Winitzki (2008), improved by Halley's iteration."""
    p = np.abs(x.astype(np.float64, copy=False))
    inside = p < 1
    q = np.where(inside, p, 0.5)
    a = 0.147
    ell = np.log((1 - q) * (1 + q))
    b = 2 / (math.pi * a) + ell / 2
    # b - sqrt(...) cancels for small q, so the difference is written as a quotient
    y = np.sqrt((-ell / a) / (np.sqrt(b * b - ell / a) + b))
    for _ in range(3):
        error = np.where(q < 0.5, erf(y) - q, (1 - q) - erfc(y))
        step = error * (SQRT_PI / 2) * np.exp(y * y)
        y = y - step / (1 + y * step)
    y = np.where(inside, y, np.where(p == 1, np.inf, np.nan))
    return np.copysign(y, x).astype(x.dtype, copy=False)
