"""exp, expm1, tanh, sigmoid, log, log1p, erf and `normal`, the normal distribution, for use inside kernels: without
branches, so that LLVM makes vector code of the loops that call them.

    from ..machine.vector import exp        # z[i] = exp(x[i]) in a kernel, for float32 and float64

Numba compiles `math.exp` and its kin to one library call per element: 2 to 50 times slower than NumPy. These are
short formulas in which every choice is a select. What an argument is, decides which formulas: of float32 or float64.

Largest errors, over several million points of the whole range, in units in the last place (ulp), float32 / float64:

    exp  1.1 / 1.2    expm1  1.6 / 1.8    tanh  2.4 / 2.5    sigmoid  2.4 / 2.3
    log  0.9 / 0.9    log1p  0.9 / 0.8    erf   1.2 / 1.6

The first number of `normal` is off by 2e-7 of itself at most in float32, unless x is below 0: there by that times
1 + x^2 / 2, as x^2 is rounded. In float64 it is made of erf, and off by 3e-16.

Infinities, NaN, -0.0 and denormal numbers, as arguments and as results, are treated as in NumPy. tanh and erf reach
exactly 1; sigmoid reaches 0 through the denormal numbers, with the accuracy above.

The coefficients are those of the polynomials through the exact values at the Chebyshev nodes of the interval, computed
with 60 digits (mpmath) and rounded; such a polynomial is within a small factor of the best one. Their errors are below
a tenth of an ulp of the result.

    EXP    (e^r - 1 - r) / r^2             in r, |r| <= log(2) / 2
    LOG    (2 artanh(s) - 2s) / s^3        in s^2, |s| <= (sqrt(2) - 1) / (sqrt(2) + 1)
    ERF    erf(x) / x - 1                  in x^2, |x| <= 1
    ERFC   erfc(x) e^(x^2)                 in 1 / (1 + x / FAR), 1 <= x <= LIMIT
    BELOW  P(-x) e^(x^2 / 2)               in 1 / (1 + x / 3) - MIDDLE, 0 <= x <= 12.9; P: see `normal`

Imported only by modules that are imported when a kernel first runs, because it loads Numba.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numba.core import types
from numba.extending import overload

from .floats import copysign, exponent, mantissa, polynomial, power

ROOT_HALF = math.sqrt(0.5)
MIDDLE = 0.5943396091461182
"""Of what BELOW is a polynomial in: about it, the terms are small, and so is what they lose as they are rounded."""

# ------------------------------------------------------------------------------------------------------- formulas


class Constants(NamedTuple):
    """What the formulas are made of, as numbers of one floating point type.

    number           the type itself
    shift            1.5 * 2^(bits of the fraction): adding it rounds to whole numbers, which the lowest bits then are
    high, low        above `high` exp is inf; below `low` it is 0
    ln2              log(2) as a number with few digits, so that n times it is exact, and the rest
    tiny             the smallest normal number, a power of two that lifts denormal numbers above it, and its exponent
    flat, limit      from `flat` on tanh rounds to 1; from `limit` on erf does
    far              what ERFC is a polynomial in: 1 / (1 + x / far)
    exp, log, erf, erfc   the coefficients of the polynomials EXP, LOG, ERF, ERFC
    below            those of BELOW, for float32 alone
    """

    number: Any
    shift: Any
    high: Any
    low: Any
    ln2: tuple[Any, Any]
    tiny: tuple[Any, Any, Any]
    flat: Any
    far: Any
    limit: Any
    exp: tuple[Any, ...]
    log: tuple[Any, ...]
    erf: tuple[Any, ...]
    erfc: tuple[Any, ...]
    below: tuple[Any, ...]

    def numbers(self, *values: float) -> list[Any]:
        """Some more of the type."""
        return [self.number(value) for value in values]

    def rounded(self) -> Constants:
        """All of them as numbers of the type."""
        n = self.number
        return Constants(n, *[tuple(map(n, c)) if isinstance(c, tuple) else n(c) for c in self[1:]])


def _exp(c: Constants) -> Any:
    zero, half, one, log2e = c.numbers(0, 0.5, 1, 1 / math.log(2))
    shift, high, low = c.shift, c.high, c.low
    ln2_high, ln2_low = c.ln2
    exp_c = c.exp

    def exp(x: Any) -> Any:
        nothing = x < low  # not computed: a product that ends below all numbers takes a Xeon 150 cycles
        x = high if x > high else x
        x = zero if nothing else x
        n = (x * log2e + shift) - shift
        r = (x - n * ln2_high) - n * ln2_low
        p = one + (r + r * r * polynomial(r, exp_c))
        t = n * half + shift  # 2^n in two factors: it may be too large or too small for one
        z = p * power(t) * power((n - (t - shift)) + shift)
        return zero if nothing else z

    return exp


def _expm1(c: Constants) -> Any:
    half, one, two, log2e, sure = c.numbers(0.5, 1, 2, 1 / math.log(2), 40)
    shift, high = c.shift, c.high
    ln2_high, ln2_low = c.ln2
    exp_c = c.exp

    def expm1(x: Any) -> Any:
        y = high if x > high else x
        y = -sure if y < -sure else y
        n = (y * log2e + shift) - shift
        r = (y - n * ln2_high) - n * ln2_low
        p = r + r * r * polynomial(r, exp_c)
        s = power((n - one) + shift)
        return copysign(two * (s * p + (s - half)), x)

    return expm1


def _tanh(c: Constants) -> Any:
    one, two, log2e = c.numbers(1, 2, 1 / math.log(2))
    shift, flat = c.shift, c.flat
    ln2_high, ln2_low = c.ln2
    exp_c = c.exp

    def tanh(x: Any) -> Any:
        y = abs(x)
        y = two * (flat if y > flat else y)
        n = (y * log2e + shift) - shift
        r = (y - n * ln2_high) - n * ln2_low
        p = r + r * r * polynomial(r, exp_c)
        s = power(n + shift)
        e = s * p + (s - one)  # exp(2 |x|) - 1
        return copysign(e / (e + two), x)

    return tanh


def _sigmoid(c: Constants) -> Any:
    half, one, log2e, sure = c.numbers(0.5, 1, 1 / math.log(2), 40)
    shift, low = c.shift, c.low
    ln2_high, ln2_low = c.ln2
    exp_c = c.exp

    def sigmoid(x: Any) -> Any:
        x = sure if x > sure else x
        x = low if x < low else x
        n = (x * log2e + shift) - shift
        r = (x - n * ln2_high) - n * ln2_low
        p = one + (r + r * r * polynomial(r, exp_c))
        t = n * half + shift
        e = p * power(t) * power((n - (t - shift)) + shift)
        return e / (one + e)

    return sigmoid


def _log(c: Constants) -> Any:
    zero, half, one, two, big, nan = c.numbers(0, 0.5, 1, 2, math.inf, math.nan)
    ln2_high, ln2_low = c.ln2
    tiny, lift, lifted = c.tiny
    log_c = c.log

    def log(x: Any) -> Any:
        small = x < tiny
        y = x * lift if small else x
        n = exponent(y) - (lifted if small else zero)
        f = mantissa(y) - one
        s = f / (two + f)
        z = s * s
        h = half * f * f
        z = n * ln2_high + (f - (h - (s * (h + z * polynomial(z, log_c)) + n * ln2_low)))
        z = z if x < big else x  # inf, and NaN
        z = -big if x == zero else z
        return nan if x < zero else z

    return log


def _log1p(c: Constants) -> Any:
    zero, half, one, two, big, nan = c.numbers(0, 0.5, 1, 2, math.inf, math.nan)
    ln2_high, ln2_low = c.ln2
    tiny = c.tiny[0]
    log_c = c.log

    def log1p(x: Any) -> Any:
        u = one + x
        small = u < tiny  # only 0: no sum with 1 is between
        y = one if small else u
        n = exponent(y)
        f = mantissa(y) - one
        s = f / (two + f)
        z = s * s
        h = half * f * f
        lost = x - (u - one) if abs(x) < one else one - (u - x)  # what rounding 1 + x has taken away
        z = n * ln2_high + (f - (h - (s * (h + z * polynomial(z, log_c)) + (n * ln2_low + lost / y))))
        z = z if u < big else u
        z = x if u == one else z
        z = -big if u == zero else z
        return nan if u < zero else z

    return log1p


def _erf(c: Constants) -> Any:
    one, log2e = c.numbers(1, 1 / math.log(2))
    shift, far, limit = c.shift, c.far, c.limit
    ln2_high, ln2_low = c.ln2
    exp_c, erf_c, erfc_c = c.exp, c.erf, c.erfc

    def erf(x: Any) -> Any:
        y = abs(x)
        a = limit if y > limit else y
        b = one if y > one else y
        near = b + b * polynomial(b * b, erf_c)
        v = a * a
        n = (v * -log2e + shift) - shift
        r = (-v - n * ln2_high) - n * ln2_low
        e = (one + (r + r * r * polynomial(r, exp_c))) * power(n + shift)
        tail = one - e * polynomial(far / (far + a), erfc_c)
        return copysign(tail if y > one else near, x)

    return erf


def _normal_single(c: Constants) -> Any:
    zero, half, one, far, limit = c.numbers(0, 0.5, 1, 3, 12.9)
    log2e, middle, above = c.numbers(1 / math.log(2), MIDDLE, 3 * (1 - MIDDLE))
    shift, (ln2_high, ln2_low) = c.shift, c.ln2
    exp_c, below_c = c.exp, c.below

    def normal(x: Any) -> Any:
        y = abs(x)
        a = limit if y > limit else y
        v = a * a * half
        n = (v * -log2e + shift) - shift
        r = (-v - n * ln2_high) - n * ln2_low
        e = (one + (r + r * r * polynomial(r, exp_c))) * power(n + shift)
        e = zero if y > limit else e  # from there on it is below 10^-36
        tail = e * polynomial((above - middle * a) / (far + a), below_c)
        return tail if x < zero else one - tail, e

    return normal


_CONSTANTS = {
    32: Constants(
        number=np.float32,
        shift=1.5 * 2**23,
        high=89.0,
        low=-104.0,
        ln2=(0.693359375, -0.00021219444005469057),
        tiny=(2.0**-126, 2.0**24, 24.0),
        flat=10.0,
        far=2.0,
        limit=4.0,
        exp=(0.5, 0.16666576, 0.041666556, 0.008363179, 0.0013926184),
        log=(0.6666667, 0.40000123, 0.2855078, 0.23331614),
        erf=(0.12837917, -0.37612626, 0.11283594, -0.026854211, 0.0051890872, -0.00080168643, 7.875875e-05),
        erfc=(
            *(-0.0001642364, 0.28506163, 0.25875136, 0.35103032),
            *(-0.110208295, 0.57126516, -0.47652528, 0.12085243),
        ),
        below=(
            *(0.16516207, 0.5159665, 0.6019253, 0.3975319, 0.04728166),
            *(-0.119345807, -0.028837273, 0.056989133, 0.00625393, -0.027566686),
        ),
    ),
    64: Constants(
        number=np.float64,
        shift=1.5 * 2**52,
        high=710.0,
        low=-746.0,
        ln2=(0.693147180559663, 2.8235290563031577e-13),
        tiny=(2.0**-1022, 2.0**53, 53.0),
        flat=20.0,
        far=3.0,
        limit=6.2,
        exp=(
            *(0.5, 0.16666666666666669, 0.04166666666662413, 0.008333333333330062, 0.0013888888917213717),
            *(0.00019841269863053618, 2.4801521295954376e-05, 2.7557268459997064e-06, 2.7620088445409746e-07),
            2.510038549551032e-08,
        ),
        log=(
            *(0.6666666666666666, 0.40000000000000885, 0.28571428570799784, 0.22222222392581045),
            *(0.18181795547521137, 0.15386244737621665, 0.13268638369266825, 0.13088034850927555),
        ),
        erf=(
            *(0.12837916709551256, -0.37612638903183543, 0.11283791670945006, -0.02686617064323777),
            *(0.0052239776071164225, -0.0008548325975389692, 0.00012055294904839707, -1.492473690741966e-05),
            *(1.6447424703317362e-06, -1.6208483801871705e-07, 1.3720064546777686e-08, -7.795898827002142e-10),
        ),
        erfc=(
            *(-2.876231978127234e-08, 0.1880642912108797, 0.18804365004495321, 0.17783143407868943),
            *(0.15505718274506783, 0.1365380730548512, 0.05155323000437682, 0.19406158208272578),
            *(-0.33650411875625186, 0.7606708439235975, -1.2454131807308695, 1.5561538658586531),
            *(-1.495695276662794, 1.017103817417127, -0.4507059835379799, 0.11671583897737067, -0.013475225109608942),
        ),
        below=(),
    ),
}
_FORMULAS = _exp, _expm1, _tanh, _sigmoid, _log, _log1p, _erf, _normal_single
_BY_SIZE = {
    bits: {formula.__name__[1:]: formula(constants.rounded()) for formula in _FORMULAS}
    for bits, constants in _CONSTANTS.items()
}


# --------------------------------------------------------------------------------------- the functions that kernels use


def _compiled(function: Callable[..., Any]) -> Callable[..., Any]:
    """In kernels the formula of that name; otherwise, and in kernels that run as Python, the function itself."""
    name = function.__name__

    # "contract" only lets a product and a sum round once: neither NaN nor the order of operations is touched
    @overload(function, jit_options={"error_model": "numpy", "fastmath": {"contract"}})
    def choose(x: Any) -> Any:
        return _BY_SIZE[x.bitwidth][name] if isinstance(x, types.Float) else None

    return function


def _scalar(function: Callable[[Any], Any], x: Any) -> Any:
    with np.errstate(all="ignore"):
        return function(x)


@_compiled
def exp(x: Any) -> Any:
    """e^x."""
    return _scalar(np.exp, x)


@_compiled
def expm1(x: Any) -> Any:
    """e^x - 1, exact for small x."""
    return _scalar(np.expm1, x)


@_compiled
def tanh(x: Any) -> Any:
    """(e^x - e^-x) / (e^x + e^-x)."""
    return _scalar(np.tanh, x)


@_compiled
def sigmoid(x: Any) -> Any:
    """1 / (1 + e^-x)."""
    return _scalar(lambda x: np.exp(min(x, x.dtype.type(40))) / (1 + np.exp(min(x, x.dtype.type(40)))), x)


@_compiled
def log(x: Any) -> Any:
    """The natural logarithm."""
    return _scalar(np.log, x)


@_compiled
def log1p(x: Any) -> Any:
    """log(1 + x), exact for small x."""
    return _scalar(np.log1p, x)


@_compiled
def erf(x: Any) -> Any:
    """2 / sqrt(pi) times the integral of e^(-t^2) from 0 to x."""
    return x.dtype.type(math.erf(x))


@_compiled
def normal_single(x: Any) -> Any:
    """`normal` of a float32."""
    return normal(x)


def normal(x: Any) -> Any:
    """P(x), how probable it is that a standard normal number is below x, and e^(-x^2 / 2): one is made of the other."""
    half = x.dtype.type(0.5)
    return half * erf(x * x.dtype.type(ROOT_HALF)) + half, exp(x * x * -half)


@overload(normal, inline="always")
def _choose_normal(x: Any) -> Any:
    def of_double(x: Any) -> Any:
        return 0.5 * erf(x * ROOT_HALF) + 0.5, exp(x * x * -0.5)

    def of_single(x: Any) -> Any:
        return normal_single(x)

    if not isinstance(x, types.Float):
        return None
    return of_single if x.bitwidth == 32 else of_double
