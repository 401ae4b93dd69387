"""Methods that compute element by element: arithmetic, powers, exponentials, trigonometry, special functions.

Two operands are broadcast against each other and promoted by PyTorch's rules (`result_type`); a Python number takes the
dtype of the Tensor, unless that holds integers and the number is a float. "int -> float" below: integers and bools are
taken as the default floating dtype first.
"""

from __future__ import annotations

import math
import warnings
from typing import Any, Self

import numpy as np

from ..errors import DTypeError, SettingError
from ..ops import elementwise as ops
from ..ops import gamma, piecewise, special
from ..room import check_room
from .calls import binary, operators, unary
from .core import Core, bool_, float64, get_default_dtype, int64, operand, wrap
from .method import implements, method, ufuncs
from .options import old_form
from .out import takes_out
from .piecewise import combined
from .promotion import cast, converted
from .run import apply

_ONE = 1
_add = binary(ops.add)
_sub = binary(ops.sub)
_mul = binary(ops.mul)
_div = binary(ops.div)
_pow = binary(ops.pow)
_floor_divide = binary(piecewise.floor_divide)
_trunc_divide = binary(piecewise.trunc_divide, "div")


class Elementwise(Core):
    """Arithmetic and elementwise functions."""

    __slots__ = ()

    # ---------------------------------------------------------------------------------------------- arithmetic

    __add__, __radd__ = operators(ops.add)
    __sub__, __rsub__ = operators(ops.sub)
    __mul__, __rmul__ = operators(ops.mul)
    __truediv__, __rtruediv__ = operators(ops.div)
    __floordiv__, __rfloordiv__ = operators(piecewise.floor_divide)
    __mod__, __rmod__ = operators(piecewise.remainder)
    _pow, __rpow__ = operators(ops.pow)
    __neg__ = neg = negative = unary(ops.neg, doc="-x.")

    @method
    def positive(self) -> Self:
        """The Tensor itself, as +x."""
        return self

    __abs__ = abs = absolute = unary(ops.abs, "abs", doc="|x|. Gradient 0 at 0.")

    def __pos__(self) -> Self:
        return self

    def __pow__(self, exponent: Any) -> Self:
        return _power(self, exponent) if _is_number(exponent) else self._pow(exponent)

    def add(self, other: Any, alpha: Any = 1) -> Self:
        """self + alpha * other. `other`: a Tensor, an array or a number."""
        return _add(self, other if alpha is _ONE else scaled("add", other, alpha))

    def sub(self, other: Any, alpha: Any = 1) -> Self:
        """self - alpha * other. `other`: a Tensor, an array or a number. Not defined for two bools."""
        return _sub(self, other if alpha is _ONE else scaled("sub", other, alpha))

    subtract = sub
    mul = multiply = binary(ops.mul, doc="input * other.")

    def div(self, other: Any, *, rounding_mode: str | None = None) -> Self:
        """self / other.

        rounding_mode   None: the quotient, integers -> float; "floor": rounded down; "trunc": rounded towards 0.
                        Rounded quotients keep integer dtypes and have gradient 0.
        """
        if rounding_mode is None:
            return _div(self, other)
        if rounding_mode not in ("floor", "trunc"):
            raise SettingError(
                f"div expected rounding_mode to be one of None, 'trunc', or 'floor' but found {rounding_mode!r}"
            )
        return (_floor_divide if rounding_mode == "floor" else _trunc_divide)(self, other)

    divide = div
    true_divide = binary(ops.div, "true_divide", doc="input / other; integers -> float.")
    floor_divide = binary(piecewise.floor_divide, doc="input / other, rounded down. Gradient 0.")
    remainder = binary(piecewise.remainder, doc="input - other * floor(input / other): has the sign of `other`.")
    fmod = binary(piecewise.fmod, doc="input - other * trunc(input / other): has the sign of `input`.")
    reciprocal = unary(ops.reciprocal, doc="1 / x; int -> float.")

    @method
    def lerp(self, end: Any, weight: Any) -> Self:
        """self + weight * (end - self). `weight`: a number or a Tensor; exactly `end` at 1."""
        return combined(ops.lerp, "lerp", self, end, weight)

    @old_form("value")
    @method
    def addcmul(self, tensor1: Any, tensor2: Any, *, value: Any = 1) -> Self:
        """self + value * tensor1 * tensor2."""
        return _add(self, _mul(tensor1 if value == 1 else _mul(tensor1, value), tensor2))

    @old_form("value")
    @method
    def addcdiv(self, tensor1: Any, tensor2: Any, *, value: Any = 1) -> Self:
        """self + value * tensor1 / tensor2."""
        return _add(self, _div(tensor1 if value == 1 else _mul(tensor1, value), tensor2))

    @method
    def dist(self, other: Any, p: float = 2) -> Self:
        """The p-norm of self - other, as a 0-d Tensor. Gradient 0 where the two are equal."""
        difference: Any = _sub(self, other)
        return difference.norm(p)

    # -------------------------------------------------------------------------------------------------- powers

    def pow(self, exponent: Any) -> Self:
        """self ** exponent: a number, a Tensor or an array.

        x**0 has gradient 0 everywhere; 0**b has slope 0 in b >= 0; a negative base has slope NaN in b.
        """
        if _is_number(exponent) and isinstance(self, Core):
            return _power(self, exponent)
        return _pow(self, exponent)

    def float_power(self, exponent: Any) -> Self:
        """self ** exponent in double precision."""
        wide = exponent if _is_number(exponent) else cast(exponent, float64)
        return Elementwise.pow(cast(self, float64), wide)

    square = unary(ops.square, doc="x².")
    sqrt = unary(ops.sqrt, doc="The root of x; int -> float. NaN below 0, gradient inf at 0.")
    rsqrt = unary(ops.rsqrt, doc="1 / sqrt(x); int -> float.")
    hypot = binary(ops.hypot, doc="sqrt(input² + other²) without overflow. Gradient 0 where both are 0.")

    # ------------------------------------------------------------------------------ exponentials and logarithms

    exp = unary(ops.exp, doc="e to the power x; int -> float.")
    exp2 = unary(ops.exp2, doc="2 to the power x; int -> float.")
    expm1 = unary(ops.expm1, doc="exp(x) - 1, exact for small x; int -> float.")
    log = unary(ops.log, doc="The natural logarithm; int -> float. -inf at 0, NaN below.")
    log2 = unary(ops.log2, doc="The logarithm to base 2; int -> float.")
    log10 = unary(ops.log10, doc="The logarithm to base 10; int -> float.")
    log1p = unary(ops.log1p, doc="log(1 + x), exact for small x; int -> float.")
    logaddexp = binary(special.logaddexp, doc="log(exp(input) + exp(other)) without overflow.")
    logaddexp2 = binary(special.logaddexp2, doc="log2(2**input + 2**other) without overflow.")
    xlogy = binary(special.xlogy, doc="input * log(other); 0 where `input` is 0, unless `other` is NaN.")

    # -------------------------------------------------------------------------------------------- trigonometry

    sin = unary(ops.sin, doc="The sine of x in radians; int -> float.")
    cos = unary(ops.cos, doc="The cosine of x in radians; int -> float.")
    tan = unary(ops.tan, doc="The tangent of x in radians; int -> float.")
    asin = arcsin = unary(ops.asin, doc="The angle in -pi/2 .. pi/2 with this sine; int -> float. NaN outside -1 .. 1.")
    acos = arccos = unary(ops.acos, doc="The angle in 0 .. pi with this cosine; int -> float. NaN outside -1 .. 1.")
    atan = arctan = unary(ops.atan, doc="The angle in -pi/2 .. pi/2 with this tangent; int -> float.")
    atan2 = arctan2 = binary(
        ops.atan2, doc="The angle in -pi .. pi of the point (x=other, y=input). Gradient 0 at the origin."
    )
    deg2rad = unary(ops.deg2rad, doc="Degrees as radians; int -> float.")
    rad2deg = unary(ops.rad2deg, doc="Radians as degrees; int -> float.")
    sinh = unary(ops.sinh, doc="The hyperbolic sine; int -> float.")
    cosh = unary(ops.cosh, doc="The hyperbolic cosine; int -> float.")
    tanh = unary(ops.tanh, doc="The hyperbolic tangent; int -> float.")
    asinh = arcsinh = unary(ops.asinh, doc="The inverse of sinh; int -> float.")
    acosh = arccosh = unary(ops.acosh, doc="The inverse of cosh; int -> float. NaN below 1.")
    atanh = arctanh = unary(ops.atanh, doc="The inverse of tanh; int -> float. NaN outside -1 .. 1.")

    # ---------------------------------------------------------------------------------------- special functions

    sigmoid = unary(special.sigmoid, doc="1 / (1 + exp(-x)) without overflow, precise also where it is tiny.")
    erf = unary(special.erf)
    erfc = unary(special.erfc)
    erfinv = unary(special.erfinv)
    lgamma = unary(gamma.lgamma, doc="log |gamma(x)|; int -> float. inf at 0, -1, -2 ...")

    @method
    def digamma(self) -> Self:
        """The derivative of lgamma; int -> float. NaN at -1, -2 ..., -inf at 0."""
        return apply(gamma.polygamma, _floating(self), order=0)

    def polygamma(self, n: int) -> Self:
        """The derivative number `n` of digamma; int -> float. As a function: polygamma(n, x)."""
        if n < 0:
            raise SettingError(f"polygamma(n, x) does not support negative n, got {n}")
        if n >= 2**63:
            raise SettingError(f"polygamma: wanted n below 2**63, got {n}")
        return apply(gamma.polygamma, _floating(self), order=int(n))

    @method
    def mvlgamma(self, p: int) -> Self:
        """The logarithm of the gamma function in p dimensions: of x > (p - 1) / 2, as in the Wishart distribution."""
        if p < 1:
            raise SettingError(f"mvlgamma: p has to be greater than or equal to 1, got {p}")
        x: Any = _floating(self)
        check_room("mvlgamma", (*x._array.shape, p))
        halves = wrap(np.arange(p, dtype=x._array.dtype) / 2)
        return (x.unsqueeze(-1) - halves).lgamma().sum(-1) + 0.25 * p * (p - 1) * math.log(math.pi)

    @method
    def ldexp(self, other: Any) -> Self:
        """input * 2**other; int -> float."""
        return _floating(self) * 2.0 ** _floating(other)

    @method
    def sinc(self) -> Self:
        """sin(pi x) / (pi x), and 1 at 0; int -> float. All derivatives are precise near 0."""
        return apply(special.sinc, _floating(self))

    @method
    def logit(self, eps: float | None = None) -> Self:
        """log(x / (1 - x)), the inverse of sigmoid. `eps`: move x into eps .. 1 - eps first."""
        x: Any = _floating(self)
        if eps is not None:
            x = x.clamp(eps, 1 - eps)
        return apply(special.logit, x)


@takes_out
def polygamma(n: int, input: Any) -> Any:
    """The derivative number `n` of digamma; int -> float. NaN at -1, -2 ... where it has infinities of both signs."""
    x: Any = operand(input)
    return x.polygamma(n)


def _is_number(x: Any) -> bool:
    return isinstance(x, (int, float, np.integer, np.floating)) and not isinstance(x, bool)


def scaled(function: str, x: Any, alpha: Any) -> Any:
    """alpha * x. In the old form add(input, alpha, other) the two are exchanged, which makes no difference."""
    if isinstance(alpha, Core):
        warnings.warn(
            f"This overload of {function} is deprecated: {function}(Tensor input, Number alpha, Tensor other). Write "
            f"{function}(input, other, alpha=alpha)",
            UserWarning,
            stacklevel=4,
        )
    return x * alpha if _is_number(x) and _is_number(alpha) else _mul(x, alpha)


def _floating(x: Any) -> Any:
    """`x` as a floating point Tensor."""
    x = operand(x)
    return x if x._array.dtype.kind == "f" else cast(x, get_default_dtype())


_POWERS: dict[Any, Any] = {2: Elementwise.square, -1: lambda x: 1 / x}
"""Exponents with a cheaper function of their own. All keep the input and not the result, as powers do in PyTorch."""


def _power(x: Any, exponent: Any) -> Any:
    """A Tensor to the power of a number."""
    dtype = x._array.dtype
    if dtype.kind == "f":
        function = _POWERS.get(exponent)
        return apply(ops.pow_number, x, exponent=float(exponent)) if function is None else function(x)
    if isinstance(exponent, (float, np.floating)):
        return _power(cast(x, get_default_dtype()), exponent)
    if exponent < 0:
        raise DTypeError(f"pow: Integers to negative integer powers are not allowed. Got {dtype} ** {exponent}")
    x = cast(x, int64) if dtype == bool_ else x
    return apply(ops.pow_number, x, exponent=int(converted(exponent, x._array.dtype)))


ufuncs[np.power] = Elementwise.pow
ufuncs[np.float_power] = Elementwise.float_power
ufuncs[np.floor_divide] = Elementwise.floor_divide
ufuncs[np.remainder] = Elementwise.remainder
ufuncs[np.fmod] = Elementwise.fmod
ufuncs[np.radians] = Elementwise.deg2rad
ufuncs[np.degrees] = Elementwise.rad2deg
ufuncs[np.positive] = lambda x: x


@implements(np.sinc)
def _sinc(x: Any) -> Any:
    return Elementwise.sinc(x)
