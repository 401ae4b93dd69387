"""Methods that compare, choose, clip and round."""

from __future__ import annotations

from typing import Any, Self

import numpy as np

from ..errors import DTypeError, SettingError, ShapeError
from ..op import Op
from ..ops import piecewise as ops
from ..room import common_shape
from .calls import binary, operators, unary
from .core import Core, array_of, bool_, wrap
from .method import implements, method, refuse, ufuncs
from .out import into
from .promotion import cast, result_type
from .run import apply

_heaviside = binary(ops.heaviside)
_rint = unary(ops.rint, "round")
_frac = unary(ops.frac)


def combined(op: Op, name: str, *operands: Any, **settings: Any) -> Any:
    """Run an op on Tensors, arrays and numbers that are broadcast against each other, in their common dtype."""
    for x in operands:
        if not isinstance(x, (Core, np.ndarray, np.generic, int, float, list, tuple)):
            raise DTypeError(f"{name}: wanted Tensors, arrays or numbers, got {type(x).__name__}")
    dtype = result_type(*operands)
    tensors = [cast(x, dtype) for x in operands]
    try:
        return apply(op, *tensors, **settings)
    except ValueError:
        shapes = ", ".join(str(x._array.shape) for x in tensors)
        raise ShapeError(
            f"{name}: The size of the tensors must match at every dimension where neither is 1; got {shapes}"
        ) from None


class Piecewise(Core):
    """Comparisons, logic, choosing, clipping, rounding."""

    __slots__ = ()

    # ---------------------------------------------------------------------------------- comparisons: bool, constant

    __eq__ = operators(ops.eq)[0]  # type: ignore[assignment]
    __ne__ = operators(ops.ne)[0]  # type: ignore[assignment]
    __lt__ = operators(ops.lt)[0]
    __le__ = operators(ops.le)[0]
    __gt__ = operators(ops.gt)[0]
    __ge__ = operators(ops.ge)[0]
    eq = binary(ops.eq, doc="input == other, element by element.")
    ne = not_equal = binary(ops.ne, doc="input != other, element by element.")
    lt = less = binary(ops.lt, doc="input < other, element by element.")
    le = less_equal = binary(ops.le, doc="input <= other, element by element.")
    gt = greater = binary(ops.gt, doc="input > other, element by element.")
    ge = greater_equal = binary(ops.ge, doc="input >= other, element by element.")

    isnan = unary(ops.isnan, doc="Is the element NaN?")
    isinf = unary(ops.isinf, doc="Is the element inf or -inf?")
    isfinite = unary(ops.isfinite, doc="Is the element neither NaN nor infinite?")
    signbit = unary(ops.signbit, doc="Is the sign bit set (also of -0.0)?")

    @method
    def isposinf(self) -> Self:
        """Is the element inf?"""
        return wrap(self._array == np.inf)

    @method
    def isneginf(self) -> Self:
        """Is the element -inf?"""
        return wrap(self._array == -np.inf)

    @method
    def isclose(self, other: Any, rtol: float = 1e-05, atol: float = 1e-08, equal_nan: bool = False) -> Self:
        """|self - other| <= atol + rtol * |other|, element by element. `equal_nan`: NaN is close to NaN."""
        dtype = result_type(self, other)
        x, y = cast(self, dtype)._array, cast(other, dtype)._array
        near, far = (array_of(limit) if isinstance(limit, Core) else limit for limit in (atol, rtol))
        if np.any(np.less(near, 0)) or np.any(np.less(far, 0)):
            raise SettingError(f"isclose: rtol and atol must be greater than or equal to zero, got {rtol} and {atol}")
        try:
            return wrap(np.isclose(x, y, far, near, equal_nan))
        except ValueError:
            common_shape("isclose", x.shape, y.shape)
            raise

    @method
    def allclose(self, other: Any, rtol: float = 1e-05, atol: float = 1e-08, equal_nan: bool = False) -> bool:
        """Are all elements close? Settings as in `isclose`."""
        return bool(Piecewise.isclose(self, other, rtol, atol, equal_nan)._array.all())

    @method
    def equal(self, other: Any) -> bool:
        """Have both the same shape and the same elements?"""
        return bool(np.array_equal(self._array, array_of(other)))

    nextafter = binary(ops.nextafter, doc="The next floating point number from `input` towards `other`.")

    @method
    def heaviside(self, values: Any) -> Self:
        """0 below 0, 1 above; at 0 the element of `values`, whose gradient ends there."""
        return _heaviside(self, values)

    # ------------------------------------------------------------------------------------------------ logic, bits

    gcd = binary(ops.gcd, doc="The greatest common divisor of integers.")
    lcm = binary(ops.lcm, doc="The least common multiple of integers.")

    logical_and = binary(ops.logical_and, doc="Are both not 0?")
    logical_or = binary(ops.logical_or, doc="Is one of the two not 0?")
    logical_xor = binary(ops.logical_xor, doc="Is exactly one of the two not 0?")
    logical_not = unary(ops.logical_not, doc="Is the element 0?")
    __and__, __rand__ = operators(ops.bitwise_and)
    __or__, __ror__ = operators(ops.bitwise_or)
    __xor__, __rxor__ = operators(ops.bitwise_xor)
    __lshift__, __rlshift__ = operators(ops.left_shift)
    __rshift__, __rrshift__ = operators(ops.right_shift)
    bitwise_and = binary(ops.bitwise_and, doc="input & other, for integers and bools.")
    bitwise_or = binary(ops.bitwise_or, doc="input | other, for integers and bools.")
    bitwise_xor = binary(ops.bitwise_xor, doc="input ^ other, for integers and bools.")
    bitwise_left_shift = binary(ops.left_shift, "bitwise_left_shift", doc="input << other, for integers.")
    bitwise_right_shift = binary(ops.right_shift, "bitwise_right_shift", doc="input >> other, for integers.")
    __invert__ = bitwise_not = unary(ops.bitwise_not, doc="~x: all bits of an integer, or the truth of a bool, turned.")

    # --------------------------------------------------------------------------------------------------- choosing

    maximum = binary(ops.maximum, doc="The larger of two elements; NaN if one is. Ties share the gradient.")
    minimum = binary(ops.minimum, doc="The smaller of two elements; NaN if one is. Ties share the gradient.")
    fmax = binary(ops.fmax, doc="The larger of two elements; NaN loses. In a tie the gradient goes to `input`.")
    fmin = binary(ops.fmin, doc="The smaller of two elements; NaN loses. In a tie the gradient goes to `input`.")

    @method
    def where(self, condition: Any, other: Any) -> Self:
        """self where `condition`, else `other`; see `autograd.where`."""
        return where(condition, self, other)

    @method
    def clamp(self, min: Any = None, max: Any = None) -> Self:
        """Every element moved into min .. max; `max` where min > max.

        min, max   numbers or Tensors that broadcast; one may be None. At a bound the gradient goes to self; beyond it
                   to the bound.
        """
        if min is None and max is None:
            raise SettingError("clamp: At least one of 'min' or 'max' must not be None")
        if max is None:
            return _clamp_min(self, min)
        if min is None:
            return _clamp_max(self, max)
        return combined(ops.clamp, "clamp", self, min, max)

    clip = clamp

    @method
    def clamp_min(self, min: Any) -> Self:
        """Every element below `min` moved up to it. At the bound the gradient goes to self."""
        return _clamp_min(self, min)

    @method
    def clamp_max(self, max: Any) -> Self:
        """Every element above `max` moved down to it. At the bound the gradient goes to self."""
        return _clamp_max(self, max)

    @method
    def nan_to_num(self, nan: float | None = 0.0, posinf: float | None = None, neginf: float | None = None) -> Self:
        """NaN, inf and -inf replaced by these numbers; None: 0, the largest and the smallest of the dtype.

        Gradient 0 where an element was replaced.
        """
        return apply(ops.nan_to_num, self, nan=nan or 0.0, posinf=posinf, neginf=neginf)

    # ---------------------------------------------------------- rounding: integers stay as they are; gradient 0

    floor = unary(ops.floor, doc="Rounded down. Gradient 0.")
    ceil = unary(ops.ceil, doc="Rounded up. Gradient 0.")
    trunc = fix = unary(ops.trunc, doc="Rounded towards 0. Gradient 0.")

    @method
    def frac(self) -> Self:
        """x - trunc(x): what follows the point, with the sign of x. Gradient 1."""
        if self._array.dtype == bool_:
            raise DTypeError("frac: not implemented for bool")
        return _frac(self)

    copysign = binary(ops.copysign, doc="|input| with the sign of `other`; int -> float. Gradient 0 at 0.")
    sign = sgn = unary(ops.sign, doc="-1, 0 or 1; NaN for NaN. Gradient 0.")

    @method
    def round(self, *, decimals: int = 0) -> Self:
        """Rounded to `decimals` places, halves to even. Gradient 0."""
        if decimals == 0:
            return _rint(self)
        if abs(decimals) > _DIGITS:
            raise SettingError(f"round: wanted decimals from {-_DIGITS} to {_DIGITS}, got {decimals}")
        return apply(ops.round, self, decimals=decimals)


_DIGITS = 300
"""Decimals that there can be: powers of ten that are numbers."""

_clamp_min = binary(ops.clamp_min)
_clamp_max = binary(ops.clamp_max)


def where(condition: Any, input: Any = None, other: Any = None, *, out: Any = None) -> Any:
    """`input` where `condition`, else `other`.

    condition      bool, a Tensor or an array
    input, other   Tensors, arrays or numbers; all three broadcast. Where an element is not chosen its gradient is 0.

    With `condition` alone: the indices of its elements that are not 0, as a tuple with one int64 Tensor per dimension.
    """
    if out is not None:
        return into("where", out, where, (condition, input, other), {})
    chosen = array_of(condition)
    if input is None and other is None:
        return tuple(wrap(index) for index in np.nonzero(np.atleast_1d(chosen)))
    if input is None or other is None:
        raise TypeError("where: wanted both `input` and `other`, or none of them")
    if chosen.dtype != np.bool_:
        raise DTypeError(f"where expected condition to be a boolean tensor, but got a tensor with dtype {chosen.dtype}")
    dtype = result_type(input, other)
    x, y = cast(input, dtype), cast(other, dtype)
    try:
        return apply(ops.where, chosen, x, y)
    except ValueError:
        raise ShapeError(
            f"where: The size of the tensors must match at every dimension where none is 1; condition has shape "
            f"{chosen.shape}, input {x._array.shape}, other {y._array.shape}"
        ) from None


# ------------------------------------------------------------------------------------------------------- NumPy's names

ufuncs[np.floor] = Piecewise.floor
ufuncs[np.ceil] = Piecewise.ceil
ufuncs[np.trunc] = Piecewise.trunc
ufuncs[np.rint] = _rint
ufuncs[np.heaviside] = Piecewise.heaviside


@implements(np.where)
def _where(condition: Any, x: Any = None, y: Any = None) -> Any:
    return where(array_of(condition).astype(bool), x, y)


@implements(np.clip)
def _clip(
    a: Any, a_min: Any = None, a_max: Any = None, out: None = None, *, min: Any = None, max: Any = None, **options: Any
) -> Any:
    refuse("clip", out=out, **options)
    low, high = (a_min if min is None else min), (a_max if max is None else max)
    return a if low is None and high is None else Piecewise.clamp(a, low, high)


@implements(np.round, np.around)
def _round(a: Any, decimals: int = 0, out: None = None) -> Any:
    refuse("round", out=out)
    return Piecewise.round(a, decimals=decimals)


@implements(np.fix)
def _fix(x: Any, out: None = None) -> Any:
    refuse("fix", out=out)
    return Piecewise.trunc(x)


@implements(np.nan_to_num)
def _nan_to_num(x: Any, copy: bool = True, nan: Any = 0.0, posinf: Any = None, neginf: Any = None) -> Any:
    return Piecewise.nan_to_num(x, nan, posinf, neginf)


@implements(np.isclose)
def _isclose(a: Any, b: Any, rtol: float = 1e-05, atol: float = 1e-08, equal_nan: bool = False) -> Any:
    return Piecewise.isclose(a, b, rtol, atol, equal_nan)


@implements(np.allclose)
def _allclose(a: Any, b: Any, rtol: float = 1e-05, atol: float = 1e-08, equal_nan: bool = False) -> bool:
    return Piecewise.allclose(a, b, rtol, atol, equal_nan)


@implements(np.array_equal)
def _array_equal(a1: Any, a2: Any, equal_nan: bool = False) -> bool:
    return bool(np.array_equal(array_of(a1), array_of(a2), equal_nan))
