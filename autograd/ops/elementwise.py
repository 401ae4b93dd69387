"""Arithmetic, powers, exponentials, trigonometry: value and rules side by side.

Rules keep the output where that saves an input (exp, tanh, sqrt). Numbers in rules are Python's, which never widen
float32.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy import ndarray as Array

from kernels.machine.fast import Fast, fast

from ..op import op

to = op("to", lambda x, *, dtype: x.astype(dtype), dx=lambda dz, x_dtype: to(dz, dtype=x_dtype))

LN2, LN10 = math.log(2), math.log(10)

# ---------------------------------------------------------------------------------------------------- arithmetic


def _threads(name: str) -> Fast:
    """The same on large arrays in threads."""
    return fast(f"kernels.pointwise.arithmetic:{name}", at_least="arithmetic")


add = op("add", np.add, broadcasts=True, fast=_threads("add"), dx=lambda dz: dz, dy=lambda dz: dz)
sub = op("sub", np.subtract, broadcasts=True, fast=_threads("subtract"), dx=lambda dz: dz, dy=lambda dz: -dz)
mul = op(
    "mul",
    np.multiply,
    broadcasts=True,
    fast=_threads("multiply"),
    dx=lambda dz, y: dz * y,
    dy=lambda dz, x: dz * x,
)
div = op(
    "div",
    np.true_divide,
    broadcasts=True,
    fast=_threads("divide"),
    floating=True,
    private=("y",),
    dx=lambda dz, y: dz / y,
    dy=lambda dz, x, y: -(dz * (x / y) / y),
)
neg = op("neg", np.negative, dx=lambda dz: -dz)
abs = op("abs", np.absolute, dx=lambda dz, x: dz * np.sign(x), kinks=True)  # 0 at 0
reciprocal = op("reciprocal", np.reciprocal, floating=True, dx=lambda dz, z: -dz * (z * z))


@op(
    "lerp",
    single=True,
    broadcasts=True,
    dx=lambda dz, w: dz * (1 - w),
    dy=lambda dz, w: dz * w,
    dw=lambda dz, x, y: dz * (y - x),
)
def lerp(x: Array, y: Array, w: Array) -> Any:
    """x + w * (y - x), computed from the nearer end: exactly y at w = 1."""
    return np.where(np.absolute(w) < 0.5, x + w * (y - x), y - (y - x) * (1 - w))


# -------------------------------------------------------------------------------------------------------- powers

square = op("square", np.square, dx=lambda dz, x: dz * (2 * x))
sqrt = op("sqrt", np.sqrt, floating=True, dx=lambda dz, z: dz / (2 * z))  # inf at 0
cbrt = op("cbrt", np.cbrt, floating=True, dx=lambda dz, z: dz / (3 * z * z))  # inf at 0
rsqrt = op("rsqrt", lambda x: 1 / np.sqrt(x), floating=True, dx=lambda dz, z: dz * (-0.5 * (z * z * z)))


def _slope(dz: Any, x: Any, exponent: float) -> Any:
    """d x**p = p x**(p-1), and 0 for p = 0, where the formula has 0 * inf at 0."""
    # shortcut: only the exponent matters: x**0 is 1 everywhere, at 0 too
    return np.zeros_like(dz) if exponent == 0 else dz * (exponent * _raised(x, exponent - 1))


def _raised(x: Any, exponent: float) -> Any:
    """x**exponent; for halves through the square root, which takes a twentieth of the time of a power."""
    # shortcut: only the exponent matters, as x is of its final dtype; -inf has no root, as in PyTorch
    if exponent == 0.5:
        return np.sqrt(x)
    if exponent == -0.5:
        return 1 / np.sqrt(x)
    if exponent == -1.5:
        return 1 / (x * np.sqrt(x))
    return x * x * x if exponent == 3 else x**exponent


@op("pow_number", single=True, dx=_slope)
def pow_number(x: Array, *, exponent: float) -> Any:
    """x to the power of a Python number."""
    return _raised(x, exponent)


def _power(x: Array, y: Array) -> Any:
    """x ** y. Of integers, a negative power is 1 / x**-y rounded towards 0: 0 unless x is 1 or -1."""
    try:
        return np.power(x, y)
    except ValueError:
        if x.dtype.kind != "i" or not np.any(y < 0):  # shapes that do not fit
            raise
        unit = np.where(x == 1, 1, np.where(x == -1, np.where(y % 2, -1, 1), 0))
        return np.where(y < 0, unit, np.power(x, np.maximum(y, 0))).astype(x.dtype)


def _power_slope(x: Any, y: Any) -> Any:
    """y * x**(y-1), and 0 where y = 0 and 1 / x is not finite, which would be 0 * inf."""
    flat = (y == 0) & (np.absolute(x) < float(np.finfo(x.dtype).tiny))
    if not flat.any():
        return y * np.power(x, y - 1)
    return np.where(flat, 0, y * np.power(np.where(flat, 1, x), y - 1))


# d/dy: 0**y is 0 for every y > 0, so its slope is 0, though log(0) is -inf. A negative base has no slope in y: NaN.
pow = op(
    "pow",
    _power,
    broadcasts=True,
    dx=lambda dz, x, y: dz * _power_slope(x, y),
    dy=lambda dz, x, y, z: dz * (z * np.log(np.where((x == 0) & (y >= 0), 1, x))),
)

# ------------------------------------------------------------------------------------ exponentials and logarithms

exp = op("exp", np.exp, floating=True, dx=lambda dz, z: dz * z)
exp2 = op("exp2", np.exp2, floating=True, dx=lambda dz, z: dz * (z * LN2))
expm1 = op("expm1", np.expm1, floating=True, dx=lambda dz, z: dz * (z + 1))
log = op("log", np.log, floating=True, dx=lambda dz, x: dz / x)
log2 = op("log2", np.log2, floating=True, dx=lambda dz, x: dz / (x * LN2))
log10 = op("log10", np.log10, floating=True, dx=lambda dz, x: dz / (x * LN10))
log1p = op("log1p", np.log1p, floating=True, dx=lambda dz, x: dz / (x + 1))

# -------------------------------------------------------------------------------------------------- trigonometry

sin = op("sin", np.sin, floating=True, dx=lambda dz, x: dz * np.cos(x))
cos = op("cos", np.cos, floating=True, dx=lambda dz, x: -dz * np.sin(x))
tan = op("tan", np.tan, floating=True, dx=lambda dz, z: dz * (z * z + 1))
asin = op("asin", np.arcsin, floating=True, dx=lambda dz, x: dz / np.sqrt((1 - x) * (1 + x)))
acos = op("acos", np.arccos, floating=True, dx=lambda dz, x: -dz / np.sqrt((1 - x) * (1 + x)))
atan = op("atan", np.arctan, floating=True, dx=lambda dz, x: dz / (x * x + 1))
deg2rad = op("deg2rad", np.deg2rad, floating=True, dx=lambda dz: dz * (math.pi / 180))
rad2deg = op("rad2deg", np.rad2deg, floating=True, dx=lambda dz: dz * (180 / math.pi))

sinh = op("sinh", np.sinh, floating=True, dx=lambda dz, x: dz * np.cosh(x))
cosh = op("cosh", np.cosh, floating=True, dx=lambda dz, x: dz * np.sinh(x))


tanh = op(
    "tanh",
    np.tanh,
    floating=True,
    fast=fast("kernels.pointwise.activation:tanh", dx="kernels.pointwise.arithmetic:tanh_slope", at_least="arithmetic"),
    dx=lambda dz, z: dz * (1 - z * z),
)
asinh = op("asinh", np.arcsinh, floating=True, dx=lambda dz, x: dz / np.hypot(x, 1))
acosh = op("acosh", np.arccosh, floating=True, dx=lambda dz, x: dz / np.sqrt((x - 1) * (x + 1)))
atanh = op("atanh", np.arctanh, floating=True, dx=lambda dz, x: dz / ((1 - x) * (1 + x)))


def _over_radius2(dz: Any, c: Any, x: Any, y: Any) -> Any:
    """dz * c / (x² + y²) for a coordinate c; 0 at the origin. By way of the root where the sum does not fit."""
    with np.errstate(over="ignore", under="ignore"):
        r2 = x * x + y * y
    limits = np.finfo(r2.dtype)
    near = (r2 > float(limits.tiny / limits.eps)) & (r2 < math.inf)
    if near.all():
        return dz * (c / r2)
    r = np.hypot(x, y)
    r = np.where(r == 0, 1, r)
    return np.where(near, dz * (c / np.where(near, r2, 1)), dz * ((x != 0) | (y != 0)) * (c / r / r))


atan2 = op(  # atan2(x, y): the angle of the point with ordinate x and abscissa y; gradient 0 at the origin
    "atan2",
    np.arctan2,
    broadcasts=True,
    floating=True,
    dx=lambda dz, x, y: _over_radius2(dz, y, x, y),
    dy=lambda dz, x, y: _over_radius2(-dz, x, x, y),
)
hypot = op(  # gradient 0 at the origin
    "hypot",
    np.hypot,
    broadcasts=True,
    floating=True,
    dx=lambda dz, x, z: dz * (z != 0) * (x / np.where(z == 0, 1, z)),
    dy=lambda dz, y, z: dz * (z != 0) * (y / np.where(z == 0, 1, z)),
)
