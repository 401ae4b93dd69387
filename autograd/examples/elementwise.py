"""Elementwise operations: smooth ones, ones with kinks, steps, of one, two and three inputs."""

from __future__ import annotations

import numpy as np

from .example import Example, above_one, between, distinct, elementwise, positive, probability, real, unit

_SMOOTH = "neg reciprocal square exp exp2 expm1 sin cos atan deg2rad rad2deg sinh cosh tanh asinh sigmoid erf erfc sinc"
_STEPS = "floor ceil trunc rint sign frac"
x = real(2, 3)
p = positive(2, 3)
MASK = np.array([[True, False, True]] * 2)

EXAMPLES: list[Example] = [
    *elementwise(f"{_SMOOTH} abs nan_to_num clone", x),
    *elementwise(_STEPS, distinct(2, 3)),
    *elementwise("sqrt cbrt rsqrt log log2 log10 log1p", p),
    *elementwise("asin acos atanh erfinv tan", unit(2, 3)),
    *elementwise("add sub mul div hypot atan2 logaddexp logaddexp2", x, real(3)),
    *elementwise("maximum minimum fmax fmin clamp_min clamp_max", distinct(2, 3), real(2, 3)),
    *elementwise("floor_divide trunc_divide", distinct(2, 3), between(1.7, 1.9)(3)),
    *elementwise("remainder fmod", distinct(2, 3), between(1.7, 1.9)(3)),
    *elementwise("copysign", distinct(2, 3), distinct(2, 3)),
    *elementwise("heaviside nextafter", distinct(2, 3), distinct(3)),
    *elementwise("lgamma", p),
    *elementwise("logit", probability(2, 3)),
    *elementwise("airy_ai airy_ai_slope bessel_j0 bessel_j1 i0 i0e i1 i1e spherical_j0 erfcx log_ndtr ndtr", x),
    *elementwise("bessel_y0 bessel_y1 k0 k0e k1 k1e entr", p),
    *elementwise("ndtri", probability(2, 3)),
    *elementwise("xlog1py", x, p),
    *elementwise("gammainc", p, positive(3)),
    Example("zeta", (np.array([[1.5], [3.0]]), p)),
    Example("polygamma", (p,), {"order": 0}),
    Example("acosh", (above_one(2, 3),)),
    Example("lerp", (x, real(2, 3), real(2, 3))),
    Example("pow", (p, real(2, 3))),
    Example("pow_number", (p,), {"exponent": 2.5}),
    Example("xlogy", (x, p)),
    Example("where", (MASK, x, real(3))),
    Example("keep", (x, MASK)),
    Example("clamp", (distinct(2, 3), np.array(-0.06), np.array(0.16))),
    Example("round", (distinct(2, 3),), {"decimals": 0}),
    Example("to", (x,), {"dtype": np.dtype(np.float32)}),
]
