"""Choosing, clipping, rounding, comparing: value and rules side by side.

Rules here select from the cotangent with `keep`, which lets no NaN or inf of the part that was not chosen through.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy import ndarray as Array

from kernels.machine.fast import fast

from ..errors import DTypeError, IntegerDivisionError
from ..op import op


def _masked(x: Array, mask: Array) -> Array:
    """The same as `keep` by bit masks: np.where has branches, which are mispredicted."""
    bits = -mask.view(np.int8)  # 0 or -1: no bit or all bits
    return (x.view(f"i{x.itemsize}") & bits).view(x.dtype)


@op("keep", fast=fast(_masked, at_least="keep", dtypes=""), dx=lambda dz, mask: keep(dz, mask))
def keep(x: Array, mask: Array) -> Any:
    """x where `mask`, else 0, whatever x is there. `mask` broadcasts to x."""
    return np.where(mask, x, 0)


def _flat(dz: Any) -> Any:
    """The cotangent of a step function."""
    return np.zeros_like(dz)


# ------------------------------------------------------------------------------------------------------- choosing


@op(
    "where",
    broadcasts=True,
    dx=lambda dz, condition: keep(dz, condition),
    dy=lambda dz, condition: keep(dz, np.logical_not(condition)),
)
def where(condition: Array, x: Array, y: Array) -> Any:
    """x where `condition`, else y."""
    return np.where(condition, x, y)


def _larger(dz: Any, x: Any, y: Any) -> Any:
    """The cotangent of x in maximum(x, y): ties share it."""
    return (keep(dz, x > y) + keep(dz, x >= y)) * 0.5


maximum = op(
    "maximum",
    np.maximum,
    broadcasts=True,
    kinks=True,
    dx=_larger,
    dy=lambda dz, x, y: _larger(dz, y, x),
)
minimum = op(
    "minimum",
    np.minimum,
    broadcasts=True,
    kinks=True,
    dx=lambda dz, x, y: _larger(dz, -x, -y),
    dy=lambda dz, x, y: _larger(dz, -y, -x),
)
fmax = op(  # NaN loses; a tie goes to x
    "fmax",
    np.fmax,
    broadcasts=True,
    kinks=True,
    dx=lambda dz, x, y: keep(dz, (x >= y) | np.isnan(y)),
    dy=lambda dz, x, y: keep(dz, np.logical_not((x >= y) | np.isnan(y))),
)
fmin = op(
    "fmin",
    np.fmin,
    broadcasts=True,
    kinks=True,
    dx=lambda dz, x, y: keep(dz, (x <= y) | np.isnan(y)),
    dy=lambda dz, x, y: keep(dz, np.logical_not((x <= y) | np.isnan(y))),
)

# ------------------------------------------------------------------------------------------------------- clipping


@op(
    "clamp",
    broadcasts=True,
    kinks=True,
    dx=lambda dz, x, low, high: keep(dz, (x >= low) & (x <= high)),
    dlow=lambda dz, x, low, high: keep(dz, (x < low) & (low < high)),
    dhigh=lambda dz, x, low, high: keep(dz, (x > high) | (low > high)),
)
def clamp(x: Array, low: Array, high: Array) -> Any:
    """x moved into low .. high; `high` where low > high. At a bound the gradient goes to x."""
    return np.minimum(np.maximum(x, low), high)


clamp_min = op(
    "clamp_min",
    lambda x, low: np.maximum(x, low),
    broadcasts=True,
    kinks=True,
    dx=lambda dz, x, low: keep(dz, x >= low),
    dlow=lambda dz, x, low: keep(dz, x < low),
)
clamp_max = op(
    "clamp_max",
    lambda x, high: np.minimum(x, high),
    broadcasts=True,
    kinks=True,
    dx=lambda dz, x, high: keep(dz, x <= high),
    dhigh=lambda dz, x, high: keep(dz, x > high),
)


@op("nan_to_num", kinks=True, dx=lambda dz, x: keep(dz, np.isfinite(x)))
def nan_to_num(x: Array, *, nan: float = 0.0, posinf: float | None = None, neginf: float | None = None) -> Any:
    """NaN and infinities replaced by numbers; None: the largest and smallest of the dtype."""
    return np.nan_to_num(x, nan=nan, posinf=posinf, neginf=neginf)


# ------------------------------------------------------------------------------------------------------- rounding


def _whole(function: np.ufunc) -> Any:
    """A rounding function that leaves integers as they are."""
    return lambda x: function(x) if x.dtype.kind == "f" else x.copy()


floor = op("floor", _whole(np.floor), kinks=True, dx=_flat)
ceil = op("ceil", _whole(np.ceil), kinks=True, dx=_flat)
trunc = op("trunc", _whole(np.trunc), kinks=True, dx=_flat)
rint = op("rint", _whole(np.rint), kinks=True, dx=_flat)
round = op("round", lambda x, *, decimals: np.round(x, decimals), kinks=True, dx=lambda dz: _flat(dz))
frac = op("frac", lambda x: x - np.trunc(x), kinks=True, dx=lambda dz: dz)
sign = op("sign", np.sign, kinks=True, dx=_flat)

copysign = op(
    "copysign",
    np.copysign,
    broadcasts=True,
    floating=True,
    kinks=True,
    dx=lambda dz, x, z: keep(dz, x != 0) * np.sign(x) * np.sign(z),
    dy=_flat,
)


def _dividing(name: str, function: Any) -> Any:
    """A rounded division or its rest. Floating point knows inf and NaN; integers have neither, so 0 raises."""

    def forward(x: Array, y: Array) -> Any:
        kind = y.dtype.kind
        if kind != "f":
            if kind == "b":
                raise DTypeError("not implemented for 'Bool': convert to an integer dtype first")
            if not y.all() and x.size:
                raise IntegerDivisionError(f"ZeroDivisionError: {name}: an integer cannot be divided by 0")
        return function(x, y)

    forward.__name__ = forward.__qualname__ = name
    return forward


floor_divide = op(
    "floor_divide", _dividing("floor_divide", np.floor_divide), broadcasts=True, kinks=True, dx=_flat, dy=_flat
)


def _trunc_divide(x: Array, y: Array) -> Any:
    """x / y rounded towards 0; integers stay integers."""
    if x.dtype.kind == "f":
        return np.trunc(x / y)
    quotient = np.floor_divide(x, y)
    return quotient + ((quotient < 0) & (quotient * y != x)).astype(quotient.dtype)


trunc_divide = op("trunc_divide", _dividing("div", _trunc_divide), broadcasts=True, kinks=True, dx=_flat, dy=_flat)


remainder = op(  # sign of y
    "remainder",
    _dividing("remainder", np.remainder),
    broadcasts=True,
    kinks=True,
    dx=lambda dz: dz,
    dy=lambda dz, x, y: -dz * np.floor_divide(x, y),  # floor(x / y), also where x / y rounds to 0
)
fmod = op(  # sign of x
    "fmod",
    _dividing("fmod", np.fmod),
    broadcasts=True,
    kinks=True,
    dx=lambda dz: dz,
    dy=lambda dz, x, y: -dz * trunc_divide(x, y),
)

# nextafter(x, y) is x and one unit in the last place of x
nextafter = op("nextafter", np.nextafter, broadcasts=True, floating=True, kinks=True, dx=lambda dz: dz, dy=_flat)


@op("heaviside", broadcasts=True, kinks=True, dx=_flat, dy=lambda dz, x: keep(dz, x == 0))
def heaviside(x: Array, y: Array) -> Any:
    """0 below 0, 1 above, y at 0; NaN for NaN."""
    return np.where(x == 0, y, np.where(x < 0, 0, np.where(x > 0, 1, x))).astype(x.dtype)


# ------------------------------------------------- comparisons, logic, bits: constants, so there is nothing to derive

eq = op("eq", np.equal)
ne = op("ne", np.not_equal)
lt = op("lt", np.less)
le = op("le", np.less_equal)
gt = op("gt", np.greater)
ge = op("ge", np.greater_equal)
logical_and = op("logical_and", np.logical_and)
logical_or = op("logical_or", np.logical_or)
logical_xor = op("logical_xor", np.logical_xor)
logical_not = op("logical_not", np.logical_not)
bitwise_and = op("bitwise_and", np.bitwise_and)
bitwise_or = op("bitwise_or", np.bitwise_or)
bitwise_xor = op("bitwise_xor", np.bitwise_xor)
bitwise_not = op("bitwise_not", np.invert)
left_shift = op("left_shift", np.left_shift)
right_shift = op("right_shift", np.right_shift)
gcd = op("gcd", np.gcd)
lcm = op("lcm", np.lcm)
isnan = op("isnan", np.isnan)
isinf = op("isinf", np.isinf)
isfinite = op("isfinite", np.isfinite)
signbit = op("signbit", np.signbit)
