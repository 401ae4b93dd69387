"""Elementwise ops: arithmetic, functions, special functions, choosing, rounding, comparing."""

import math

import numpy as np

from autograd.ops.piecewise import keep
from autograd.tensors import Tensor
from autograd.tensors.piecewise import where

from .case import Case, above_one, positive, probability, real, unit

_PAIRS = [((2, 3), (2, 3)), ((3, 1), (1, 4)), ((2, 3), (3,)), ((), (2,)), ((0, 3), (3,)), ((1,), (1,)), ((), ())]
_TRIPLES = [((2, 3),) * 3, ((3, 1), (1, 4), (4,)), ((2, 3), (), ()), ((0, 3), (3,), (1,)), ((), (), ())]


def _binary(name, function, reference, **kwargs):
    return [Case(name, function, shapes, reference=reference, **kwargs) for shapes in _PAIRS]


def _unary(name, function, reference, domain=real, **kwargs):
    return [
        Case(name, function, (shape,), reference=reference, domain=domain, **kwargs)
        for shape in ((2, 3), (), (1,), (0, 3))
    ]


def _triple(name, function, reference, **kwargs):
    return [Case(name, function, shapes, reference=reference, **kwargs) for shapes in _TRIPLES]


def near_half(rng, shape):
    """Half a unit from every integer, at most 0.3 to a side: clear of the steps of rounding."""
    return rng.integers(-4, 4, shape) + rng.uniform(0.2, 0.45, shape)


def wide(rng, shape):
    """Between -4 and 4: all branches of the error functions."""
    return rng.uniform(-4, 4, shape)


def far(rng, shape):
    """Between 4 and 9, apart from what `real` draws."""
    return rng.uniform(4.0, 9.0, shape)


def few(rng, shape):
    """-1, 0 or 1: many ties."""
    return rng.integers(-1, 2, shape)


def between_poles(rng, shape):
    """Between -3 and 6, at least 0.2 from 0, -1 and -2."""
    return rng.integers(-3, 6, shape) + rng.uniform(0.2, 0.8, shape)


def _lower_gamma(a, x):
    """The regularised incomplete gamma function by its power series, Abramowitz and Stegun 6.5.29."""
    terms = np.asarray(1 / a)
    total = terms
    for n in range(1, 200):
        terms = terms * x / (a + n)
        total = total + terms
    return total * np.exp(a * np.log(x) - x - np.vectorize(math.lgamma, otypes=[np.float64])(a))


def _digamma(x):
    """By its series: -gamma + the sum over k of 1 / (k + 1) - 1 / (k + x), and the integral of what is left out."""
    k = np.arange(200_000.0)
    x = np.asarray(x, np.float64)
    terms = (x[..., None] - 1) / ((k + 1) * (k + x[..., None]))
    return -np.euler_gamma + terms.sum(-1) + (x - 1) / (len(k) + x / 2)


def _polygamma(x, n):
    """By its series, from Euler and Maclaurin's formula after 1,000 terms."""
    k = np.arange(1000.0)
    x = np.asarray(x, np.float64)
    y = x + len(k)
    total = ((k + x[..., None]) ** -(n + 1)).sum(-1) + y**-n / n + y ** -(n + 1) / 2 + (n + 1) * y ** -(n + 2) / 12
    return (-1) ** (n + 1) * math.factorial(n) * total


_erf = np.vectorize(math.erf, otypes=[np.float64])
_erfc = np.vectorize(math.erfc, otypes=[np.float64])


def _sigmoid(x):
    return 1 / (1 + np.exp(-x))


def _power(x, exponent):
    return np.power(x, exponent)


def _masked(x, y):
    return where(x.detach() > 0, x, y)


CASES = [
    # arithmetic
    *_binary("add", Tensor.add, np.add),
    *_binary("add", Tensor.add, lambda x, y, alpha: x + alpha * y, params={"alpha": 2.5}),
    *_binary("sub", Tensor.sub, np.subtract),
    *_binary("sub", Tensor.sub, lambda x, y, alpha: x - alpha * y, params={"alpha": 3}),
    *_binary("mul", Tensor.mul, np.multiply),
    *_binary("div", Tensor.div, np.divide),
    *_unary("mul", lambda x: x * 2.5, lambda x: x * 2.5, note="number"),
    *_unary("sub", lambda x: 1 - x, lambda x: 1 - x, note="number"),
    *_unary("div", lambda x: 2 / x, lambda x: 2 / x, note="number"),
    *_unary("neg", Tensor.neg, np.negative),
    *_unary("abs", Tensor.abs, np.abs),
    *_unary("reciprocal", Tensor.reciprocal, np.reciprocal),
    *_triple("lerp", Tensor.lerp, lambda x, y, w: x + w * (y - x)),
    *_binary("lerp", Tensor.lerp, lambda x, y, weight: x + weight * (y - x), params={"weight": 0.75}),
    *_triple("mul", Tensor.addcmul, lambda x, a, b, value: x + value * a * b, params={"value": 0.5}, note="addcmul"),
    *_triple("div", Tensor.addcdiv, lambda x, a, b, value: x + value * a / b, params={"value": 2}, note="addcdiv"),
    # powers
    *_unary("square", Tensor.square, np.square),
    *_unary("sqrt", Tensor.sqrt, np.sqrt, positive),
    *_unary("cbrt", np.cbrt, np.cbrt, positive),
    *_unary("rsqrt", Tensor.rsqrt, lambda x: 1 / np.sqrt(x), positive),
    *[
        case
        for exponent in (0, 1, 2, 3, 4, -1, -2, 3.0)
        for case in _unary("pow_number", Tensor.pow, _power, real, params={"exponent": exponent})
    ],
    *[
        case
        for exponent in (0.5, -0.5, 1.5, 2.7, -1.3)
        for case in _unary("pow_number", Tensor.pow, _power, positive, params={"exponent": exponent})
    ],
    *_binary("pow", Tensor.pow, np.power, domain=(positive, real)),
    *_unary("pow", lambda x: 2.5**x, lambda x: 2.5**x, note="number"),
    *_binary("hypot", Tensor.hypot, np.hypot),
    # exponentials and logarithms
    *_unary("exp", Tensor.exp, np.exp),
    *_unary("exp2", Tensor.exp2, np.exp2),
    *_unary("expm1", Tensor.expm1, np.expm1),
    *_unary("log", Tensor.log, np.log, positive),
    *_unary("log2", Tensor.log2, np.log2, positive),
    *_unary("log10", Tensor.log10, np.log10, positive),
    *_unary("log1p", Tensor.log1p, np.log1p, unit),
    *_binary("logaddexp", Tensor.logaddexp, np.logaddexp),
    *_binary("logaddexp2", Tensor.logaddexp2, np.logaddexp2),
    *_binary("xlogy", Tensor.xlogy, lambda x, y: x * np.log(y), domain=(real, positive)),
    # trigonometry
    *_unary("sin", Tensor.sin, np.sin),
    *_unary("cos", Tensor.cos, np.cos),
    *_unary("tan", Tensor.tan, np.tan, unit),
    *_unary("asin", Tensor.asin, np.arcsin, unit),
    *_unary("acos", Tensor.acos, np.arccos, unit),
    *_unary("atan", Tensor.atan, np.arctan),
    *_binary("atan2", Tensor.atan2, np.arctan2),
    *_unary("deg2rad", Tensor.deg2rad, np.deg2rad),
    *_unary("rad2deg", Tensor.rad2deg, np.rad2deg),
    *_unary("sinh", Tensor.sinh, np.sinh),
    *_unary("cosh", Tensor.cosh, np.cosh),
    *_unary("tanh", Tensor.tanh, np.tanh),
    *_unary("asinh", Tensor.asinh, np.arcsinh),
    *_unary("acosh", Tensor.acosh, np.arccosh, above_one),
    *_unary("atanh", Tensor.atanh, np.arctanh, unit),
    # special functions
    *_unary("sigmoid", Tensor.sigmoid, _sigmoid),
    *_unary("logit", Tensor.logit, lambda x: np.log(x / (1 - x)), probability),
    *_unary("erf", Tensor.erf, _erf, wide),
    *_unary("erfc", Tensor.erfc, _erfc, wide),
    *_unary("erfinv", lambda x: x.erfinv(), None, unit),
    *_unary("erfinv", lambda x: x.erf().erfinv(), lambda x: x, unit, note="inverse"),
    *_unary("sinc", Tensor.sinc, np.sinc, wide),
    *_unary("sinc", Tensor.sinc, np.sinc, lambda rng, shape: rng.uniform(-1e-3, 1e-3, shape), note="near0"),
    *_unary("lgamma", Tensor.lgamma, np.vectorize(math.lgamma, otypes=[np.float64]), between_poles),
    *_unary("polygamma", Tensor.digamma, _digamma, between_poles),
    *_unary("polygamma", lambda x, n: x.polygamma(n), _polygamma, positive, params={"n": 2}),
    *_unary("polygamma", lambda x, n: x.polygamma(n), _polygamma, far, params={"n": 1}),
    *_binary("gammainc", Tensor.igamma, _lower_gamma, domain=positive),
    *_binary("gammainc", Tensor.igammac, lambda a, x: 1 - _lower_gamma(a, x), domain=(positive, far)),
    # choosing
    *_binary("where", _masked, lambda x, y: np.where(x > 0, x, y)),
    Case("where", _masked, ((60, 50), (50,)), reference=lambda x, y: np.where(x > 0, x, y), order=0),
    *_unary("where", lambda x: _masked(x, 0.5), lambda x: np.where(x > 0, x, 0.5), note="number"),
    *_unary("keep", lambda x: keep(x, x.detach().numpy() > 0), lambda x: np.where(x > 0, x, 0)),
    *_binary("maximum", Tensor.maximum, np.maximum, repeat=False),
    *_binary("minimum", Tensor.minimum, np.minimum, repeat=False),
    *_binary("fmax", Tensor.fmax, np.fmax, repeat=False),
    *_binary("fmin", Tensor.fmin, np.fmin, repeat=False),
    # clipping
    *_unary("clamp", Tensor.clamp, lambda x, min, max: np.clip(x, min, max), params={"min": -0.05, "max": 0.95}),
    *_triple("clamp", Tensor.clamp, np.clip, domain=(real, lambda rng, s: unit(rng, s) - 1, above_one), repeat=False),
    *_binary("clamp_min", Tensor.clamp_min, np.maximum, repeat=False),
    *_unary("clamp_min", Tensor.clamp_min, lambda x, min: np.maximum(x, min), params={"min": 0.05}),
    *_binary("clamp_max", Tensor.clamp_max, np.minimum, repeat=False),
    *_unary("clamp_max", Tensor.clamp, lambda x, max: np.minimum(x, max), params={"max": 0.05}),
    *_unary("nan_to_num", Tensor.nan_to_num, np.nan_to_num),
    # rounding
    *_unary("floor", Tensor.floor, np.floor, near_half),
    *_unary("ceil", Tensor.ceil, np.ceil, near_half),
    *_unary("trunc", Tensor.trunc, np.trunc, near_half),
    *_unary("rint", Tensor.round, np.round, near_half),
    *_unary("round", lambda x: x.round(decimals=1), lambda x: np.round(x, 1), lambda r, s: near_half(r, s) / 10),
    *_unary("frac", Tensor.frac, lambda x: x - np.trunc(x), near_half),
    *_unary("sign", Tensor.sign, np.sign),
    *_binary("copysign", Tensor.copysign, np.copysign, repeat=False),
    *_binary("floor_divide", Tensor.floor_divide, np.floor_divide, domain=(above_one, far), repeat=False),
    *_binary(
        "trunc_divide",
        Tensor.div,
        lambda x, y, rounding_mode: np.trunc(x / y),
        params={"rounding_mode": "trunc"},
        domain=(above_one, far),
        repeat=False,
    ),
    *_binary("remainder", Tensor.remainder, np.remainder, domain=(far, lambda rng, s: -far(rng, s) - 6), repeat=False),
    *_binary("fmod", Tensor.fmod, np.fmod, domain=(far, lambda rng, s: -far(rng, s) - 6), repeat=False),
    # comparisons and logic: constants
    *_binary("heaviside", Tensor.heaviside, np.heaviside, repeat=False),
    *_binary("nextafter", Tensor.nextafter, np.nextafter, repeat=False),
    *[
        case
        for name in ("gcd", "lcm", "bitwise_and", "bitwise_or", "bitwise_xor")
        for case in _binary(
            name,
            lambda x, y, ufunc: ufunc(x.long(), y.long()),
            lambda x, y, ufunc: ufunc(x.astype(int), y.astype(int)),
            params={"ufunc": getattr(np, name)},
            domain=far,
            order=0,
        )
    ],
    *[
        case
        for name in ("equal", "not_equal", "less", "less_equal", "greater", "greater_equal")
        for case in _binary(
            {
                "equal": "eq",
                "not_equal": "ne",
                "less": "lt",
                "less_equal": "le",
                "greater": "gt",
                "greater_equal": "ge",
            }[name],
            getattr(Tensor, "eq" if name == "equal" else name),
            getattr(np, name),
            domain=few,
            order=0,
        )
    ],
    *[
        case
        for name in ("logical_and", "logical_or", "logical_xor")
        for case in _binary(name, getattr(Tensor, name), getattr(np, name), domain=few, order=0)
    ],
    *_unary("logical_not", Tensor.logical_not, np.logical_not, few, order=0),
    *[
        case
        for name in ("isnan", "isinf", "isfinite", "signbit")
        for case in _unary(name, getattr(Tensor, name), getattr(np, name), few, order=0)
    ],
    *_unary("bitwise_not", lambda x: ~x.long(), lambda x: ~x.astype(int), far, order=0),
    *_binary(
        "left_shift",
        lambda x, y: x.long() << y.long(),
        lambda x, y: x.astype(int) << y.astype(int),
        domain=far,
        order=0,
    ),
    *_binary(
        "right_shift",
        lambda x, y: x.long() >> y.long(),
        lambda x, y: x.astype(int) >> y.astype(int),
        domain=far,
        order=0,
    ),
    # dtypes
    *_unary("to", lambda x: x.to(np.float64 if x.dtype == np.float32 else np.float32).to(x.dtype), None, order=0),
]
