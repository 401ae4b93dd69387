"""Filling Parameters with their first values, in place; every function returns the Tensor it was given.

"fan_in" is the number of inputs of one unit, "fan_out" the number of units that one input reaches:
for a weight (F, C, I, J), fan_in = C*I*J and fan_out = F*I*J.
"""

from __future__ import annotations

import math
import warnings
from typing import Any, Literal, TypeVar

import numpy as np

from autograd import Generator, Tensor
from autograd.errors import SettingError, ShapeError
from autograd.extend import overwrite
from autograd.later import later

from . import draw

T = TypeVar("T", bound=Tensor)
Mode = Literal["fan_in", "fan_out"]

_LINEAR = ("linear", "conv1d", "conv2d", "conv3d", "conv_transpose1d", "conv_transpose2d", "conv_transpose3d")


def calculate_gain(nonlinearity: str, param: float | None = None) -> float:
    """The factor by which the initial standard deviation makes up for what the nonlinearity takes away.

    linear, conv*, sigmoid: 1.  tanh: 5/3.  relu: sqrt(2).  leaky_relu: sqrt(2 / (1 + slope^2)), `param` is the slope
    (default 0.01).  selu: 3/4.
    """
    if nonlinearity in _LINEAR or nonlinearity == "sigmoid":
        return 1.0
    if nonlinearity == "tanh":
        return 5.0 / 3.0
    if nonlinearity == "relu":
        return math.sqrt(2.0)
    if nonlinearity == "leaky_relu":
        if param is None:
            param = 0.01
        elif isinstance(param, bool) or not isinstance(param, (int, float)):
            raise SettingError(f"negative_slope {param} not a valid number")
        return math.sqrt(2.0 / (1 + param**2))
    if nonlinearity == "selu":
        return 3.0 / 4
    raise SettingError(f"Unsupported nonlinearity {nonlinearity}")


def _filled(tensor: T, value: Any, name: str) -> T:
    overwrite(tensor, value, name)
    return tensor


def uniform_(tensor: T, a: float = 0.0, b: float = 1.0, generator: Generator | None = None) -> T:
    """Uniform in [a, b)."""
    if a > b:
        raise SettingError(f"uniform_: uniform_ expects to return a [from, to) range, but found from={a} > to={b}")
    return _filled(tensor, draw.uniform(tensor.shape, a, b, tensor.dtype, generator), "init.uniform_")


def normal_(tensor: T, mean: float = 0.0, std: float = 1.0, generator: Generator | None = None) -> T:
    """Normal with `mean` and standard deviation `std`."""
    if std < 0:
        raise SettingError(f"normal_: normal expects std >= 0.0, but found std {std}")
    return _filled(tensor, draw.normal(tensor.shape, mean, std, tensor.dtype, generator), "init.normal_")


def trunc_normal_(
    tensor: T, mean: float = 0.0, std: float = 1.0, a: float = -2.0, b: float = 2.0, generator: Generator | None = None
) -> T:
    """Normal, with values outside [a, b] drawn again; a and b are absolute, not in units of `std`."""
    if mean < a - 2 * std or mean > b + 2 * std:
        warnings.warn(
            "mean is more than 2 std from [a, b] in nn.init.trunc_normal_. "
            "The distribution of values may be incorrect.",
            stacklevel=2,
        )
    values = draw.normal(tensor.shape, mean, std, np.float64, generator).reshape(-1)
    outside = np.flatnonzero((values < a) | (values > b))
    for _ in range(64):
        if not outside.size:
            break
        values[outside] = draw.normal(outside.shape, mean, std, np.float64, generator)
        outside = outside[(values[outside] < a) | (values[outside] > b)]
    values[outside] = draw.uniform(outside.shape, a, b, np.float64, generator)  # an interval that is hardly ever met
    return _filled(tensor, np.clip(values, a, b).reshape(tensor.shape), "init.trunc_normal_")


def constant_(tensor: T, val: float) -> T:
    """Every element `val`."""
    return _filled(tensor, val, "init.constant_")


def ones_(tensor: T) -> T:
    """Every element 1."""
    return _filled(tensor, 1, "init.ones_")


def zeros_(tensor: T) -> T:
    """Every element 0."""
    return _filled(tensor, 0, "init.zeros_")


def eye_(tensor: T) -> T:
    """The identity matrix (2-d only): a Linear layer that starts by passing its input on."""
    if tensor.ndim != 2:
        raise ShapeError(f"eye_: Only tensors with 2 dimensions are supported, got shape {tuple(tensor.shape)}")
    return _filled(tensor, np.eye(*tensor.shape), "init.eye_")


def dirac_(tensor: T, groups: int = 1) -> T:
    """A convolution weight (3-d to 5-d) that passes as many channels on as possible, within each group."""
    if tensor.ndim not in (3, 4, 5):
        raise ShapeError(
            f"dirac_: Only tensors with 3, 4, or 5 dimensions are supported, got shape {tuple(tensor.shape)}"
        )
    filters, channels, *window = tensor.shape
    if filters % groups != 0:
        raise ShapeError(f"dirac_: dim 0 must be divisible by groups, got {filters} and {groups}")
    weight = np.zeros(tensor.shape)
    per_group = filters // groups
    for group in range(groups):
        for channel in range(min(per_group, channels)):
            weight[(group * per_group + channel, channel, *[size // 2 for size in window])] = 1
    return _filled(tensor, weight, "init.dirac_")


def fans(tensor: Tensor) -> tuple[int, int]:
    """(fan_in, fan_out) of a weight with at least two dimensions."""
    if tensor.ndim < 2:
        raise ShapeError(
            "Fan in and fan out can not be computed for tensor with fewer than 2 dimensions, "
            f"got shape {tuple(tensor.shape)}"
        )
    window = math.prod(tensor.shape[2:])
    return tensor.shape[1] * window, tensor.shape[0] * window


_calculate_fan_in_and_fan_out = fans  # the name that programs written for PyTorch import


def _fan(tensor: Tensor, mode: str) -> int:
    if mode.lower() not in ("fan_in", "fan_out"):
        raise SettingError(f"Mode {mode} not supported, please use one of ['fan_in', 'fan_out']")
    return fans(tensor)[mode.lower() == "fan_out"]


def xavier_uniform_(tensor: T, gain: float = 1.0, generator: Generator | None = None) -> T:
    """Uniform in +-gain * sqrt(6 / (fan_in + fan_out)). Glorot & Bengio 2010."""
    bound = gain * math.sqrt(6.0 / sum(fans(tensor)))
    return uniform_(tensor, -bound, bound, generator)


def xavier_normal_(tensor: T, gain: float = 1.0, generator: Generator | None = None) -> T:
    """Normal with standard deviation gain * sqrt(2 / (fan_in + fan_out)). Glorot & Bengio 2010."""
    return normal_(tensor, 0.0, gain * math.sqrt(2.0 / sum(fans(tensor))), generator)


def kaiming_uniform_(
    tensor: T, a: float = 0, mode: Mode = "fan_in", nonlinearity: str = "leaky_relu", generator: Generator | None = None
) -> T:
    """Uniform in +-gain * sqrt(3 / fan); `a` is the slope of leaky_relu. He et al. 2015."""
    if 0 in tensor.shape:
        return tensor
    bound = calculate_gain(nonlinearity, a) * math.sqrt(3.0 / _fan(tensor, mode))
    return uniform_(tensor, -bound, bound, generator)


def kaiming_normal_(
    tensor: T, a: float = 0, mode: Mode = "fan_in", nonlinearity: str = "leaky_relu", generator: Generator | None = None
) -> T:
    """Normal with standard deviation gain / sqrt(fan); `a` is the slope of leaky_relu. He et al. 2015."""
    if 0 in tensor.shape:
        return tensor
    return normal_(tensor, 0.0, calculate_gain(nonlinearity, a) / math.sqrt(_fan(tensor, mode)), generator)


def orthogonal_(tensor: T, gain: float = 1, generator: Generator | None = None) -> T:
    """A random matrix with orthonormal rows or columns, times `gain`; further dimensions count as columns.

    Saxe, McClelland & Ganguli 2013.
    """
    if tensor.ndim < 2:
        raise ShapeError(
            f"orthogonal_: Only tensors with 2 or more dimensions are supported, got shape {tuple(tensor.shape)}"
        )
    if math.prod(tensor.shape) == 0:
        return tensor
    rows, columns = tensor.shape[0], math.prod(tensor.shape[1:])
    flat = draw.normal((rows, columns), 0.0, 1.0, np.float64, generator)
    q, r = np.linalg.qr(flat if rows >= columns else flat.T)
    q = q * np.sign(np.diag(r))  # makes the distribution uniform over the orthogonal matrices
    return _filled(tensor, (gain * (q if rows >= columns else q.T)).reshape(tensor.shape), "init.orthogonal_")


def sparse_(tensor: T, sparsity: float, std: float = 0.01, generator: Generator | None = None) -> T:
    """Normal, with the fraction `sparsity` of each column set to 0 (2-d only). Martens 2010."""
    if tensor.ndim != 2:
        raise ShapeError(f"sparse_: Only tensors with 2 dimensions are supported, got shape {tuple(tensor.shape)}")
    rows, columns = tensor.shape
    values = draw.normal((rows, columns), 0.0, std, tensor.dtype, generator)
    zeros = math.ceil(sparsity * rows)
    for column in range(columns):
        values[draw.source(generator).permutation(rows)[:zeros], column] = 0
    return _filled(tensor, values, "init.sparse_")


def _old(name: str) -> Any:
    new = globals()[f"{name}_"]

    def function(*args: Any, **kwargs: Any) -> Any:
        warnings.warn(f"`nn.init.{name}` is now deprecated in favor of `nn.init.{name}_`.", FutureWarning, stacklevel=2)
        return new(*args, **kwargs)

    function.__name__ = function.__qualname__ = name
    function.__doc__ = f"`{name}_` under its old name."
    return function


_OLD = (  # names of PyTorch before 0.4, without the underscore
    "constant", "dirac", "eye", "kaiming_normal", "kaiming_uniform", "normal", "orthogonal", "sparse", "uniform",
    "xavier_normal", "xavier_uniform",
)  # fmt: skip


later(__name__, {**dict.fromkeys(_OLD, _old), "torch": "autograd"})
