"""Max pooling over windows at random places: Graham 2014, "Fractional max-pooling", of size between 1 and 2 steps."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy import ndarray as Array

from autograd import rand
from autograd.errors import DTypeError, SettingError, ShapeError
from autograd.extend import array_of, operand, to_float, wrap

from .pool.windows import per_axis


def fractional_max_pool2d(
    input: Any,
    kernel_size: Any,
    output_size: Any = None,
    output_ratio: Any = None,
    return_indices: bool = False,
    _random_samples: Any = None,
) -> Any:
    """The largest elements of `output_size` windows of (N, C, H, W) or (C, H, W), whose places are partly random.

    kernel_size       size of every window: one number, or one per axis
    output_size       number of windows; or `output_ratio` of the input's size, between 0 and 1. One of both is needed
    return_indices    also where the winners are, in the flattened plane: int64
    _random_samples   (N, C, 2), uniform in [0, 1): where the windows start; drawn if None

    The windows overlap. With a step a = (size - kernel) / (output - 1) and a sample u, window i starts at
    floor((i + u) a) - floor(u a), the last one at size - kernel.
    """
    found = _fractional("fractional_max_pool2d", 2, input, kernel_size, output_size, output_ratio, _random_samples)
    return found if return_indices else found[0]


def fractional_max_pool3d(
    input: Any,
    kernel_size: Any,
    output_size: Any = None,
    output_ratio: Any = None,
    return_indices: bool = False,
    _random_samples: Any = None,
) -> Any:
    """`fractional_max_pool2d` for (N, C, D, H, W) or (C, D, H, W); `_random_samples` is (N, C, 3)."""
    found = _fractional("fractional_max_pool3d", 3, input, kernel_size, output_size, output_ratio, _random_samples)
    return found if return_indices else found[0]


def fractional_max_pool2d_with_indices(*args: Any, **kwargs: Any) -> Any:
    """`fractional_max_pool2d` and the indices of its winners."""
    return fractional_max_pool2d(*args[:4], **{**kwargs, "return_indices": True})


def fractional_max_pool3d_with_indices(*args: Any, **kwargs: Any) -> Any:
    """`fractional_max_pool3d` and the indices of its winners."""
    return fractional_max_pool3d(*args[:4], **{**kwargs, "return_indices": True})


def refuse(function: str, output: Any, ratio: Any) -> None:
    """Raise the error for none or both of the sizes."""
    raise SettingError(f"{function}: wanted one of output_size and output_ratio, got {output} and {ratio}")


def _fractional(function: str, dims: int, input: Any, kernel: Any, output: Any, ratio: Any, samples: Any) -> Any:
    x: Any = operand(input)
    if x.dtype.kind != "f":
        raise DTypeError(f"{function}: {to_float(x.dtype)}")
    if x.ndim not in (dims + 1, dims + 2):
        raise ShapeError(f"{function}: Expected {dims + 1}D or {dims + 2}D tensor, got shape {list(x.shape)}")
    if (output is None) == (ratio is None):
        refuse(function, output, ratio)
    sizes = tuple(x.shape[-dims:])
    window = per_axis(function, "kernel_size", kernel, dims)
    if output is None:
        ratios = tuple(ratio) if isinstance(ratio, (tuple, list)) else (ratio,) * dims
        if not all(0 < r < 1 for r in ratios):
            raise SettingError(f"{function}: output_ratio must be between 0 and 1 (got {ratio})")
        count = tuple(int(n * r) for n, r in zip(sizes, ratios, strict=True))
    else:
        count = per_axis(function, "output_size", output, dims)
    for n, k, m in zip(sizes, window, count, strict=True):
        if m < 1 or k < 1 or m + k - 1 > n:
            raise ShapeError(f"{function}: {m} windows of size {k} do not fit into an axis of size {n}")
    batch, channels = (1, x.shape[0]) if x.ndim == dims + 1 else x.shape[:2]
    u = rand(batch, channels, dims, dtype=x.dtype) if samples is None else samples
    draws = array_of(u)
    if draws.shape != (batch, channels, dims):
        raise ShapeError(f"{function}: wanted _random_samples of shape {(batch, channels, dims)}, got {draws.shape}")
    # of images the first sample belongs to the width, of volumes to the depth
    axes = [draws[..., dims - 1 - d if dims == 2 else d].reshape(-1) for d in range(dims)]
    places = [_places(*each) for each in zip(axes, sizes, window, count, strict=True)]
    flat = np.zeros((batch * channels, *[1] * (2 * dims)), np.intp)  # (planes, *count, *window)
    for d, (place, n) in enumerate(zip(places, sizes, strict=True)):
        wide = [1] * (2 * dims + 1)
        wide[0], wide[1 + d], wide[1 + dims + d] = place.shape
        flat = flat * n + place.reshape(wide)
    flat = flat.reshape(batch * channels, int(np.prod(count)), -1)
    planes = array_of(x).reshape(batch * channels, -1)
    values = np.take_along_axis(planes, flat.reshape(batch * channels, -1), 1).reshape(flat.shape)
    winners = np.where(np.isnan(values).any(-1), np.isnan(values).argmax(-1), values.argmax(-1))
    index = np.take_along_axis(flat, winners[..., None], 2)[..., 0]
    shape = (*x.shape[:-dims], *count)
    z = x.reshape(batch * channels, -1).gather(1, wrap(index.astype(np.int64))).reshape(shape)
    return z, wrap(index.astype(np.int64).reshape(shape))


def _places(u: Array, size: int, window: int, count: int) -> Array:
    """The positions (planes, count, window) along one axis."""
    steps = np.zeros((len(u), count), np.intp)
    if count > 1:
        a = u.dtype.type((size - window) / (count - 1))
        steps[:] = ((np.arange(count, dtype=u.dtype) + u[:, None]) * a).astype(np.intp) - (u[:, None] * a).astype(
            np.intp
        )
    steps[:, -1] = size - window
    return steps[..., None] + np.arange(window)
