"""Normalisation: batch, layer, group, instance, RMS and local response norm."""

from __future__ import annotations

import functools
import math
import sys
from typing import Any

import numpy as np
from numpy import ndarray as Array

from autograd import Tensor, stack
from autograd.errors import DTypeError, SettingError, ShapeError
from autograd.extend import (
    apply,
    apply_keeping,
    array_of,
    cast,
    check_writable,
    noted,
    operand,
    rewritten,
    same_dtype,
    settle,
    shape_of,
    to_float,
    wrap,
)
from autograd.ops import fused
from autograd.ops import norm as ops

Sizes = tuple[int, ...]


def batch_norm(
    input: Tensor,
    running_mean: Tensor | None,
    running_var: Tensor | None,
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    training: bool = False,
    momentum: float = 0.1,
    eps: float = 1e-5,
) -> Tensor:
    """(input - mean) / sqrt(var + eps) * weight + bias, per channel. Ioffe & Szegedy 2015.

    input           (N, C) or (N, C, *)
    weight, bias    (C,)
    training        True: mean and biased variance of this batch, over all dimensions but 1; running_mean and
                    running_var, if given, move towards them by `momentum` (the variance unbiased), unrecorded.
                    False: running_mean and running_var themselves

    A channel that is constant gives exactly `bias`. Raises ShapeError for one value per channel while training.
    """
    x = _checked("batch_norm", input, weight, bias)
    shape = shape_of(x)
    if shape == (0,):
        return x * 1  # nothing to normalise
    if len(shape) < 2:
        raise ShapeError(f"batch_norm: wanted an input (N, C) or (N, C, *), got {shape}")
    if eps <= 0 and (training or eps < 0):
        wanted = "positive during training" if training else "non-negative"
        raise SettingError(f"batch_norm eps must be {wanted}, but got {eps}")
    channels = shape[1]
    _check_channels("batch_norm", x, running_mean=running_mean, running_var=running_var, weight=weight, bias=bias)
    if not training:
        if running_mean is None or running_var is None:
            missing = "running_mean" if running_mean is None else "running_var"
            raise SettingError(f"batch_norm: {missing} must be defined in evaluation mode")
        return _with_known(x, running_mean, running_var, weight, bias, eps)
    count = math.prod(shape) // channels if channels else 0
    if channels and count == 1:
        raise ShapeError(f"Expected more than 1 value per channel when training, got input size {list(shape)}")
    view = (shape[0], channels, math.prod(shape[2:]))
    z, mean, var = _normalised(x, weight, bias, view, (0, 2), (1, channels, 1), (channels,), eps)
    if count:
        _track(running_mean, running_var, mean, var, count, momentum)
    return z


def batch_norm_relu(
    x: Any,
    running_mean: Any,
    running_var: Any,
    weight: Any,
    bias: Any,
    training: bool,
    momentum: float,
    eps: float,
    window: tuple[int, int] | None = None,
) -> Tensor:
    """`batch_norm`, ReLU and, with a window (I, J), max pooling of what lies side by side, as one operation.

    Nothing is checked: x is a Tensor, not empty, with more than one value per channel, and the others fit it.
    """
    settings: dict[str, Any] = {"eps": float(eps)}
    if not training:
        settings["mean"], settings["rstd"] = _constants(running_mean, running_var, float(eps), x.dtype)
    if window is None:
        z, ((mean, _), var) = apply_keeping(fused.batch_norm_relu, x, weight, bias, **settings)
    else:
        op = fused.batch_norm_relu_max_pool
        z, ((mean, _), var, _) = apply_keeping(op, x, weight, bias, window=window, **settings)
    if training:
        _track(running_mean, running_var, mean, var, x.numel() // shape_of(x)[1], momentum)
    return z


def instance_norm(
    input: Tensor,
    running_mean: Tensor | None = None,
    running_var: Tensor | None = None,
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    use_input_stats: bool = True,
    momentum: float = 0.1,
    eps: float = 1e-5,
) -> Tensor:
    """`batch_norm` of every sample by itself. Ulyanov, Vedaldi & Lempitsky 2016.

    input             (N, C, *)
    use_input_stats   True: mean and variance of each sample and channel; running_mean and running_var, if given, move
                      towards their means over the batch. False: running_mean and running_var themselves
    """
    x = _checked("instance_norm", input, weight, bias)
    shape = shape_of(x)
    if len(shape) < 2:
        raise ShapeError(f"instance_norm: wanted an input (N, C, *), got {shape}")
    _check_channels("instance_norm", x, running_mean=running_mean, running_var=running_var, weight=weight, bias=bias)
    if not use_input_stats:
        if running_mean is None or running_var is None:
            raise SettingError(
                "instance_norm: Expected running_mean and running_var to be defined when use_input_stats is false"
            )
        return _with_known(x, running_mean, running_var, weight, bias, eps)
    samples, channels, count = shape[0], shape[1], math.prod(shape[2:])
    if count == 1:
        raise ShapeError(f"Expected more than 1 spatial element when training, got input size {list(shape)}")
    view = (samples, channels, count)
    z, mean, var = _normalised(x, weight, bias, view, (2,), (1, channels, 1), (channels,), eps)
    if samples and count:
        settle("instance_norm", always=True)
        _track(running_mean, running_var, mean.mean(0), var.mean(0), count, momentum)
    return z


def layer_norm(
    input: Tensor,
    normalized_shape: Any,
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    eps: float = 1e-5,
) -> Tensor:
    """(input - mean) / sqrt(var + eps) * weight + bias over the last dimensions. Ba, Kiros & Hinton 2016.

    normalized_shape   the sizes of these dimensions, also the shape of weight and bias. The variance is the biased one
    """
    x = _checked("layer_norm", input, weight, bias)
    view, size = _last("layer_norm", x, normalized_shape, weight, bias)
    return _normalised(x, weight, bias, view, (1,), (1, view[1]), size, eps)[0]


def rms_norm(input: Tensor, normalized_shape: Any, weight: Tensor | None = None, eps: float | None = None) -> Tensor:
    """input / sqrt(mean(input**2) + eps) * weight over the last dimensions. Zhang & Sennrich 2019.

    normalized_shape   the sizes of these dimensions, also the shape of weight
    eps                default: the smallest e with 1 + e > 1 in input's dtype (for float16 in float32)
    """
    x = _checked("rms_norm", input, weight)
    view, size = _last("rms_norm", x, normalized_shape, weight, None)
    eps = float(np.finfo(np.result_type(x.dtype, np.float32)).eps) if eps is None else eps
    return _normalised(x, weight, None, view, (1,), (1, view[1]), size, eps, centred=False)[0]


def group_norm(
    input: Tensor,
    num_groups: int,
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    eps: float = 1e-5,
) -> Tensor:
    """(input - mean) / sqrt(var + eps) per sample and group of channels, * weight + bias per channel. Wu & He 2018.

    input (N, C, *); num_groups divides C; weight, bias (C,).
    """
    x = _checked("group_norm", input, weight, bias)
    shape = shape_of(x)
    if len(shape) < 2:
        raise ShapeError(f"group_norm: Expected at least 2 dimensions for input tensor but received {len(shape)}")
    if num_groups <= 0 or shape[1] % num_groups:
        raise ShapeError(
            "group_norm: Expected number of channels in input to be divisible by num_groups, but got input of shape "
            f"{list(shape)} and num_groups={num_groups}"
        )
    for name, p in (("weight", weight), ("bias", bias)):
        if p is not None and shape_of(p) != shape[1:2]:
            raise ShapeError(
                f"group_norm: Expected {name} to be a vector of size equal to the number of channels in input, but got "
                f"{name} of shape {list(shape_of(p))} and input of shape {list(shape)}"
            )
    each = shape[1] // num_groups
    view = (shape[0], num_groups, each, math.prod(shape[2:]))
    if shape[0] * each * view[3] == 1:
        raise ShapeError(f"Expected more than 1 value per channel when training, got input size {list(shape)}")
    return _normalised(x, weight, bias, view, (2, 3), (1, num_groups, each, 1), shape[1:2], eps)[0]


def local_response_norm(input: Tensor, size: int, alpha: float = 1e-4, beta: float = 0.75, k: float = 1.0) -> Tensor:
    """input / (k + alpha * m)**beta with m the mean square of `size` neighbouring channels. Krizhevsky et al. 2012.

    input (N, C, *). Beyond the first and the last channel there are zeros, which count in the mean.
    """
    x = _checked("local_response_norm", input)
    shape = shape_of(x)
    if len(shape) < 3:
        raise ShapeError(
            f"local_response_norm: Expected 3D or higher dimensionality input (got {len(shape)} dimensions)"
        )
    if size < 1:
        raise SettingError(f"local_response_norm: size must be at least 1, got {size}")
    if x.numel() == 0:
        return x
    if x.dtype == np.float16:
        return cast(local_response_norm(cast(x, np.dtype(np.float32)), size, alpha, beta, k), x.dtype)
    channels = shape[1]
    near = np.arange(channels)[:, None] - np.arange(channels)  # c - c': from -((size - 1) // 2) to size // 2
    band = ((near <= size // 2) & (near >= -((size - 1) // 2))).astype(x.dtype)
    squares = (x * x).reshape(shape[0], channels, -1)
    if not np.isfinite(array_of(squares)).all():  # products with zeros would be NaN
        rows = [squares[:, mine != 0].sum(1) for mine in band]
        total = stack(rows, 1).reshape(shape)
    else:
        total = wrap(band).matmul(squares).reshape(shape)
    return x / (total * (alpha / size) + k) ** beta


# -------------------------------------------------------------------------------------------------------- helpers


def _normalised(
    x: Any,
    weight: Any,
    bias: Any,
    view: Sizes,
    axes: Sizes,
    affine: Sizes,
    size: Sizes,
    eps: float,
    centred: bool = True,
) -> tuple[Tensor, Array, Array]:
    """The op, and the mean and biased variance that it divided by."""
    z, (mean, var, _) = apply_keeping(
        ops.normalise,
        x,
        weight,
        bias,
        view=view,
        axes=axes,
        affine=affine,
        size=size,
        eps=eps,
        centred=centred,
    )
    return z, mean, var


def _with_known(x: Any, mean: Any, var: Any, weight: Any, bias: Any, eps: float) -> Tensor:
    """Normalised by a mean and a variance that are constants: one multiplication and one addition."""
    mean, rstd = _constants(mean, var, eps, x.dtype)
    return apply(ops.scale_shift, x, weight, bias, mean=mean, rstd=rstd)


def _constants(mean: Any, var: Any, eps: float, dtype: Any) -> tuple[Array, Array]:
    """A mean and 1 / sqrt(var + eps), as arrays that stay what they are when the running statistics move on."""
    return array_of(mean).astype(dtype), (1 / np.sqrt(array_of(var) + eps)).astype(dtype, copy=False)


def _track(running_mean: Any, running_var: Any, mean: Array, var: Array, count: int, momentum: float) -> None:
    """Move the running statistics towards those of a batch, in place and unrecorded."""
    average = ops.running_average
    for running, now, scale in ((running_mean, mean, 1.0), (running_var, var, count / (count - 1))):
        if running is not None and not rewritten(average, running, now, momentum=momentum, scale=scale):
            array = array_of(running)
            if not array.flags.writeable:
                check_writable("batch_norm: running statistics", running)
            ops.moved(array, array_of(now), momentum, scale, array)
            if array.base is not None or _references(running) > _ALONE:  # else nothing recorded can refer to it
                noted("batch_norm", running)


def _references(tensor: Any) -> int:
    """What refers to the array of `tensor`."""
    return sys.getrefcount(array_of(tensor))


_ALONE = _references(wrap(np.zeros(1))) + 1
"""What `_references` says in `_track` of an array that only its Tensor has."""


def _checked(function: str, input: Any, weight: Any = None, bias: Any = None) -> Any:
    """The input as a floating point Tensor of the same dtype as the parameters."""
    x = operand(input)
    dtype = x.dtype
    if dtype.kind != "f":
        raise DTypeError(f"{function}: {to_float(dtype)}")
    for parameter in (weight, bias):
        if parameter is not None and parameter.dtype != dtype:
            raise DTypeError(
                f"{function}: mixed dtype: the input is {dtype}, the {'weight' if parameter is weight else 'bias'} "
                f"{parameter.dtype}: {same_dtype(dtype, parameter.dtype)}"
            )
    return x


def _check_channels(function: str, x: Any, **vectors: Any) -> None:
    channels = shape_of(x)[1]
    for name, vector in vectors.items():
        if vector is not None and shape_of(vector) != (channels,):
            raise ShapeError(
                f"{function}: {name} should contain {channels} elements not {vector.numel()}: the input of shape "
                f"{shape_of(x)} has {channels} channels (dimension 1)"
            )


def _last(function: str, x: Any, normalized_shape: Any, weight: Any, bias: Any) -> tuple[Sizes, Sizes]:
    """The input's shape as (all that is not normalised, all that is), and the normalised sizes."""
    size = (normalized_shape,) if isinstance(normalized_shape, int) else tuple(map(int, normalized_shape))
    shape, last = shape_of(x), len(size)
    if (
        (weight is None or shape_of(weight) == size)
        and (bias is None or shape_of(bias) == size)
        and 0 < last <= len(shape)
        and shape[-last:] == size
    ):
        return _rows(shape, last), size
    if not size:
        raise ShapeError(
            f"{function}: Expected normalized_shape to be at least 1-dimensional, i.e., containing at least one "
            "element, but got normalized_shape = []"
        )
    for name, p in (("weight", weight), ("bias", bias)):
        if p is not None and shape_of(p) != size:
            raise ShapeError(
                f"{function}: Expected {name} to be of same shape as normalized_shape, but got {name} of shape "
                f"{list(shape_of(p))} and normalized_shape = {list(size)}"
            )
    wanted = ", ".join(map(str, ("*", *size)))
    raise ShapeError(
        f"{function}: Given normalized_shape={list(size)}, expected input with shape [{wanted}], but got input of "
        f"size{list(shape)}"
    )


@functools.lru_cache(512)
def _rows(shape: Sizes, last: int) -> Sizes:
    """How many rows there are, and elements of one, where the last dimensions are a row."""
    return math.prod(shape[: len(shape) - last]), math.prod(shape[len(shape) - last :])
