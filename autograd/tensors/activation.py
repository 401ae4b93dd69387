"""Activations: the functions of `nn.functional`, and methods where PyTorch has them.

With `inplace` the result is written into the input's memory, and the input is returned.
"""

from __future__ import annotations

import warnings
from typing import Any, Self

import numpy as np

from ..errors import DTypeError, SettingError, ShapeError
from ..ops import activation as ops
from .calls import binary, unary
from .core import Core, T, get_default_dtype, operand, spec_of
from .dims import normalize_dim
from .method import method
from .promotion import cast
from .rewrite import update
from .run import apply

_prelu = binary(ops.prelu)
_hardsigmoid = unary(ops.hardsigmoid)
_hardswish = unary(ops.hardswish)
_silu = unary(ops.silu)
_mish = unary(ops.mish)
_gelu = unary(ops.gelu)
_gelu_tanh = unary(ops.gelu_tanh, "gelu")


class Activation(Core):
    """relu, softmax and their kin."""

    __slots__ = ()

    relu = unary(ops.relu, doc="max(x, 0). Slope 0 at 0.")

    @method
    def softmax(self, dim: Any, dtype: Any = None) -> Self:
        """exp(x) divided by its sum over `dim`. Rows that hold only -inf become NaN.

        dtype   convert to this first. Raises DTypeError for integers without it.
        """
        return _along(ops.softmax, "softmax", self, dim, dtype)

    @method
    def log_softmax(self, dim: Any, dtype: Any = None) -> Self:
        """log(softmax(x)) over `dim`, finite where softmax rounds to 0. Arguments as in `softmax`."""
        return _along(ops.log_softmax, "log_softmax", self, dim, dtype)

    @method
    def prelu(self, weight: Any) -> Self:
        """x where positive, else weight * x; see `nn.functional.prelu`."""
        return prelu(self, weight)

    @method
    def hardshrink(self, lambd: float = 0.5) -> Self:
        """x, but 0 within `lambd` of 0."""
        return hardshrink(self, lambd)


def _tensor(x: Any) -> Any:
    return operand(x)


def _float(x: Any) -> Any:
    """A floating point Tensor; integers are taken as the default dtype."""
    x = _tensor(x)
    return x if x._array.dtype.kind == "f" else cast(x, get_default_dtype())


def _along(op: Any, name: str, x: Any, dim: Any, dtype: Any) -> Any:
    x = _tensor(x)
    if dtype is not None:
        x = cast(x, np.dtype(dtype))
    array = x._array
    if array.dtype.kind != "f":
        raise DTypeError(
            f'"{name}" not implemented for {array.dtype}: wanted floating point; pass dtype=autograd.float32, '
            "or convert the input with input.float()"
        )
    axis = normalize_dim(name, dim, array.ndim)
    return apply(op, x, axis=axis if array.ndim else None)


def _implicit_dim(name: str, ndim: int, level: int) -> int:
    """PyTorch's choice for `dim=None`, with its warning."""
    warnings.warn(
        f"Implicit dimension choice for {name} has been deprecated. Change the call to include dim=X as an argument.",
        stacklevel=level,
    )
    return 0 if ndim in (0, 1, 3) else 1


# ------------------------------------------------------------------------------------------------------- softmax


def softmax(input: T, dim: Any = None, _stacklevel: int = 3, dtype: Any = None) -> T:
    """exp(input) divided by its sum over `dim`.

    dim     None is deprecated: dimension 0 of 0-, 1- and 3-dimensional input, else 1, with a warning
    dtype   convert to this first; integers need it

    Values of 1000 do not overflow; -inf becomes 0; a row of nothing but -inf becomes NaN.
    """
    dim = _implicit_dim("softmax", spec_of(input).ndim, _stacklevel) if dim is None else dim
    return _along(ops.softmax, "softmax", input, dim, dtype)


def softmin(input: T, dim: Any = None, _stacklevel: int = 3, dtype: Any = None) -> T:
    """softmax(-input). Arguments as in `softmax`."""
    dim = _implicit_dim("softmin", spec_of(input).ndim, _stacklevel) if dim is None else dim
    return _along(ops.softmax, "softmin", -_tensor(input), dim, dtype)


def log_softmax(input: T, dim: Any = None, _stacklevel: int = 3, dtype: Any = None) -> T:
    """log(softmax(input)) over `dim`, finite where softmax rounds to 0. Arguments as in `softmax`."""
    dim = _implicit_dim("log_softmax", spec_of(input).ndim, _stacklevel) if dim is None else dim
    return _along(ops.log_softmax, "log_softmax", input, dim, dtype)


# ------------------------------------------------------------------------------------------- pieces of straight lines


def relu(input: T, inplace: bool = False) -> T:
    """max(input, 0). Slope 0 at 0."""
    if inplace:
        return update(input, "relu_", relu)
    return Activation.relu(input)


def relu6(input: T, inplace: bool = False) -> T:
    """min(max(input, 0), 6). Slope 0 at 0 and 6."""
    if inplace:
        return update(input, "relu6_", relu6)
    return apply(ops.hardtanh, _tensor(input), low=0, high=6)


def leaky_relu(input: T, negative_slope: float = 0.01, inplace: bool = False) -> T:
    """input where positive, else negative_slope * input. At 0 the slope is negative_slope."""
    if inplace:
        return update(input, "leaky_relu_", leaky_relu, negative_slope)
    return apply(ops.leaky_relu, _float(input), slope=float(negative_slope))


def prelu(input: T, weight: Any) -> T:
    """input where positive, else weight * input.

    weight   one element, or one per channel: dimension 1 of input
    """
    x, w = _float(input), _float(weight)
    shape, count = x._array.shape, w._array.size
    channels = shape[1] if len(shape) > 1 else 1
    if w._array.ndim > 1 or count not in (1, channels):
        raise ShapeError(
            "prelu: Mismatch of parameter numbers and input channel size. Found parameter numbers = "
            f"{count} and channel size = {channels}; weight has shape {w._array.shape}"
        )
    if w._array.ndim:
        w = w.reshape(() if not shape else (1,) if len(shape) == 1 else (count, *[1] * (len(shape) - 2)))
    return _prelu(x, w)


def hardtanh(input: T, min_val: float = -1.0, max_val: float = 1.0, inplace: bool = False) -> T:
    """input moved into min_val .. max_val. Slope 0 at the bounds. Integers stay integers."""
    if inplace:
        return update(input, "hardtanh_", hardtanh, min_val, max_val)
    if min_val > max_val:
        raise SettingError(f"hardtanh: min_val cannot be greater than max_val, got {min_val} and {max_val}")
    x = _tensor(input)
    if x._array.dtype.kind != "f":
        min_val, max_val = int(min_val), int(max_val)
    return apply(ops.hardtanh, x, low=min_val, high=max_val)


def hardsigmoid(input: T, inplace: bool = False) -> T:
    """(input + 3) / 6 moved into 0 .. 1. Slope 0 at the bounds."""
    if inplace:
        return update(input, "hardsigmoid_", hardsigmoid)
    return _hardsigmoid(input)


def hardswish(input: T, inplace: bool = False) -> T:
    """input * hardsigmoid(input). Slope 0 at -3, 1 at 3."""
    if inplace:
        return update(input, "hardswish_", hardswish)
    return _hardswish(input)


def threshold(input: T, threshold: float, value: float, inplace: bool = False) -> T:
    """input where above `threshold`, else `value`. Slope 0 at the threshold."""
    threshold, value = (float(x) if isinstance(x, Core) else x for x in (threshold, value))
    if inplace:
        return update(input, "threshold_", lambda x: apply(ops.threshold, x, threshold=threshold, value=value))
    return apply(ops.threshold, _tensor(input), threshold=threshold, value=value)


def hardshrink(input: T, lambd: float = 0.5) -> T:
    """input, but 0 within `lambd` of 0."""
    return apply(ops.hardshrink, _float(input), lambd=float(lambd))


def softshrink(input: T, lambd: float = 0.5) -> T:
    """input moved towards 0 by `lambd`, at most to 0."""
    if lambd < 0:
        raise SettingError(f"softshrink: lambda must be greater or equal to 0, but found to be {lambd}")
    return apply(ops.softshrink, _float(input), lambd=float(lambd))


# ------------------------------------------------------------------------------------------------------ exponentials


def elu(input: T, alpha: float = 1.0, inplace: bool = False) -> T:
    """input where positive, else alpha * (exp(input) - 1)."""
    if inplace:
        return update(input, "elu_", elu, alpha)
    return apply(ops.elu, _float(input), alpha=float(alpha))


SELU_ALPHA, SELU_SCALE = 1.6732632423543772, 1.0507009873554805
"""Klambauer et al. 2017: with these, mean 0 and variance 1 reproduce themselves from layer to layer."""


def selu(input: T, inplace: bool = False) -> T:
    """1.0507 * elu(input, alpha=1.6733): the self-normalising activation of Klambauer et al. 2017."""
    if inplace:
        return update(input, "selu_", selu)
    return apply(ops.elu, _float(input), alpha=SELU_ALPHA, scale=SELU_SCALE)


def celu(input: T, alpha: float = 1.0, inplace: bool = False) -> T:
    """input where positive, else alpha * (exp(input / alpha) - 1): smooth for every alpha."""
    if inplace:
        return update(input, "celu_", celu, alpha)
    if alpha == 0:
        raise SettingError("celu: alpha cannot be 0 for CELU")
    return apply(ops.elu, _float(input), alpha=float(alpha), rate=1 / alpha)


def softplus(input: T, beta: float = 1.0, threshold: float = 20.0) -> T:
    """log(1 + exp(beta * input)) / beta without overflow; input itself where beta * input > threshold."""
    if beta == 0:
        raise SettingError("softplus: beta cannot be 0")
    return apply(ops.softplus, _float(input), beta=float(beta), threshold=float(threshold))


def gelu(input: T, approximate: str = "none") -> T:
    """input times the probability that a standard normal variable is below it.

    approximate   "none": by the error function; "tanh": the approximation of Hendrycks & Gimpel 2016
    """
    if approximate not in ("none", "tanh"):
        raise SettingError(f"gelu: approximate argument must be either none or tanh, got {approximate!r}")
    return _gelu(input) if approximate == "none" else _gelu_tanh(input)


def silu(input: T, inplace: bool = False) -> T:
    """input * sigmoid(input), also known as swish."""
    if inplace:
        return update(input, "silu_", silu)
    return _silu(input)


def mish(input: T, inplace: bool = False) -> T:
    """input * tanh(softplus(input))."""
    if inplace:
        return update(input, "mish_", mish)
    return _mish(input)


def glu(input: T, dim: int = -1) -> T:
    """The first half of `input` along `dim`, times the sigmoid of the second half."""
    x = _tensor(input)
    if x._array.ndim == 0:
        raise ShapeError("glu: glu does not support scalars because halving size must be even")
    axis = normalize_dim("glu", dim, x._array.ndim)
    size = x._array.shape[axis]
    if size % 2:
        raise ShapeError(f"glu: Halving dimension must be even, but dimension {axis} is size {size}")
    first, second = x.split(size // 2, axis) if size else (x, x)
    return first * second.sigmoid()


logsigmoid = unary(ops.logsigmoid, doc="log(sigmoid(x)), exact where sigmoid(x) rounds to 0 or 1.")
softsign = unary(ops.softsign, doc="x / (1 + |x|).")
tanhshrink = unary(ops.tanhshrink, doc="x - tanh(x).")
