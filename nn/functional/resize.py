"""Changing the size of signals, images and volumes, and sampling them at given places."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from autograd import Tensor
from autograd.errors import DTypeError, SettingError, ShapeError
from autograd.extend import apply, array_of, check_room, operand, shape_of
from autograd.ops import resize as ops

from .pool import adaptive_avg_pool1d, adaptive_avg_pool2d, adaptive_avg_pool3d

_AREA = {3: adaptive_avg_pool1d, 4: adaptive_avg_pool2d, 5: adaptive_avg_pool3d}
_NDIM = {"linear": 3, "bilinear": 4, "bicubic": 4, "trilinear": 5}
_MODES = ("nearest", "nearest-exact", "linear", "bilinear", "bicubic", "trilinear", "area")


def interpolate(
    input: Any,
    size: Any = None,
    scale_factor: Any = None,
    mode: str = "nearest",
    align_corners: bool | None = None,
    recompute_scale_factor: bool | None = None,
    antialias: bool = False,
) -> Tensor:
    """`input` (N, C, L), (N, C, H, W) or (N, C, D, H, W) with other spatial sizes.

    size                     of the spatial dimensions: one int, or one for each
    scale_factor             instead of `size`: how many times as large, rounded down
    mode                     "nearest", "nearest-exact" (measured between centres), "area" (means of even windows);
                             "linear" (3 dimensions), "bilinear", "bicubic" (4) and "trilinear" (5)
    align_corners            True: the first and last elements stay in place; else the outer edges of the corners do
    recompute_scale_factor   take the scale from the rounded size instead of `scale_factor`
    antialias                not supported

    >>> interpolate([[[1.0, 2.0]]], scale_factor=2).tolist()
    [[[1.0, 1.0, 2.0, 2.0]]]
    >>> interpolate([[[1.0, 2.0]]], size=3, mode="linear", align_corners=True).tolist()
    [[[1.0, 1.5, 2.0]]]
    """
    x = operand(input)
    shape = shape_of(x)
    _check_mode(shape, mode, align_corners)
    if antialias:
        raise SettingError("interpolate: antialias=True is not supported")
    if size is not None and recompute_scale_factor:
        raise SettingError("interpolate: recompute_scale_factor is not meaningful with an explicit size.")
    out, factors = _target(shape, size, scale_factor)
    if recompute_scale_factor:
        factors = [None] * len(out)
    if min(*out, *shape[2:]) <= 0:
        raise ShapeError(
            f"interpolate: Input and output sizes should be greater than 0, but got input {list(shape[2:])} and output "
            f"{out}"
        )
    check_room("interpolate", (*shape[:2], *out))
    if shape[1] == 0:
        raise ShapeError(f"interpolate: Non-empty {len(shape)}D data tensor expected but got sizes {list(shape)}")
    if mode == "area":
        return _AREA[len(shape)](x, out)
    dtype = x.dtype
    if dtype.kind != "f" and not (dtype == np.uint8 and mode.startswith("nearest")):
        raise DTypeError(
            f'"interpolate" in mode {mode!r} not implemented for {dtype}: convert it to floating point, input.float()'
        )
    taps: list[Any] = []
    for axis, (n, target, factor) in enumerate(zip(shape[2:], out, factors, strict=True), 2):
        scale = n / target if factor is None else 1.0 / factor
        if mode.startswith("nearest"):
            taps.append((axis, ops.nearest_taps(n, target, scale, mode == "nearest-exact")))
        else:
            made = ops.cubic_taps if mode == "bicubic" else ops.linear_taps
            taps.append((axis, made(n, target, scale, bool(align_corners), dtype)))
    return apply(ops.resample, x, taps=tuple(taps))


def _check_mode(shape: tuple[int, ...], mode: str, align_corners: bool | None) -> None:
    if mode not in _MODES or len(shape) not in (3, 4, 5):
        raise SettingError(
            f"interpolate: Input Error: Only 3D, 4D and 5D input Tensors supported (got {len(shape)}D) for the modes: "
            f"{' | '.join(_MODES)} (got {mode})"
        )
    if mode in _NDIM and len(shape) != _NDIM[mode]:
        raise ShapeError(f"interpolate: Got {len(shape)}D input, but {mode} mode needs {_NDIM[mode]}D input")
    if align_corners is not None and mode not in _NDIM:
        raise SettingError(
            "interpolate: align_corners option can only be set with the interpolating modes: linear | bilinear | "
            "bicubic | trilinear"
        )


def _target(shape: tuple[int, ...], size: Any, scale_factor: Any) -> tuple[list[int], list[Any]]:
    """The spatial sizes to come to, and the factors that were given for them."""
    dims = len(shape) - 2
    if size is not None and scale_factor is not None:
        raise SettingError("interpolate: only one of size or scale_factor should be defined")
    if size is None and scale_factor is None:
        raise SettingError("interpolate: either size or scale_factor should be defined")
    given = scale_factor if size is None else size
    each = list(given) if isinstance(given, (tuple, list)) else [given] * dims
    if len(each) != dims:
        what = "scale_factor of shape" if size is None else "output size of"
        raise ShapeError(
            "interpolate: Input and output must have the same number of spatial dimensions, but got input with spatial "
            f"dimensions of {list(shape[2:])} and {what} {tuple(each)}"
        )
    if size is not None:
        if not all(isinstance(n, (int, np.integer)) for n in each):
            raise DTypeError(f"interpolate: size must be ints, got {tuple(each)}; a factor is given as scale_factor=")
        return [int(n) for n in each], [None] * dims
    factors = [float(f) for f in each]
    if not all(math.isfinite(f) for f in factors):
        raise SettingError(f"interpolate: scale_factor must be a finite number, got {tuple(factors)}")
    return [math.floor(n * f) for n, f in zip(shape[2:], factors, strict=True)], factors


def upsample(
    input: Any, size: Any = None, scale_factor: Any = None, mode: str = "nearest", align_corners: bool | None = None
) -> Tensor:
    """`interpolate` under its older name."""
    return interpolate(input, size, scale_factor, mode, align_corners)


def upsample_nearest(input: Any, size: Any = None, scale_factor: Any = None) -> Tensor:
    """`interpolate` in mode "nearest", under its older name."""
    return interpolate(input, size, scale_factor)


def upsample_bilinear(input: Any, size: Any = None, scale_factor: Any = None) -> Tensor:
    """`interpolate` in mode "bilinear" with `align_corners`, under its older name: (N, C, H, W)."""
    return interpolate(input, size, scale_factor, "bilinear", True)


# ------------------------------------------------------------------------------------------- channels and pixels


def _images(function: str, input: Any, factor: int, name: str) -> tuple[Any, tuple[int, ...]]:
    x = operand(input)
    shape = shape_of(x)
    if len(shape) < 3:
        raise ShapeError(
            f"{function}: {function} expects input to have at least 3 dimensions, but got input with {len(shape)} "
            "dimension(s)"
        )
    if factor <= 0:
        raise SettingError(f"{function}: {function} expects a positive {name}, but got {factor}")
    return x, shape


def _apart(z: Any, x: Any) -> Tensor:
    """z, or a copy of it where nothing had to move: what is written into a result never shows in the input."""
    return z.clone() if np.may_share_memory(array_of(z), array_of(x)) else z


def pixel_shuffle(input: Any, upscale_factor: int) -> Tensor:
    """(*, C r r, H, W) -> (*, C, H r, W r): each r x r block of pixels comes from r r channels.  Shi et al. 2016."""
    r = upscale_factor
    x, (*lead, channels, height, width) = _images("pixel_shuffle", input, r, "upscale_factor")
    if channels % (r * r):
        raise ShapeError(
            "pixel_shuffle: pixel_shuffle expects its input's 'channel' dimension to be divisible by the square of "
            f"upscale_factor, but input.size(-3)={channels} is not divisible by {r * r}"
        )
    n, c = len(lead), channels // (r * r)
    blocks = x.reshape(*lead, c, r, r, height, width)
    z = blocks.permute(*range(n + 1), n + 3, n + 1, n + 4, n + 2).reshape(*lead, c, height * r, width * r)
    return _apart(z, x)


def pixel_unshuffle(input: Any, downscale_factor: int) -> Tensor:
    """(*, C, H r, W r) -> (*, C r r, H, W): the inverse of `pixel_shuffle`."""
    r = downscale_factor
    x, (*lead, c, height, width) = _images("pixel_unshuffle", input, r, "downscale_factor")
    for name, dim, size in (("height", -2, height), ("width", -1, width)):
        if size % r:
            raise ShapeError(
                f"pixel_unshuffle: pixel_unshuffle expects {name} to be divisible by downscale_factor, but "
                f"input.size({dim})={size} is not divisible by {r}"
            )
    n = len(lead)
    blocks = x.reshape(*lead, c, height // r, r, width // r, r)
    order = (*range(n + 1), n + 2, n + 4, n + 1, n + 3)
    return _apart(blocks.permute(*order).reshape(*lead, c * r * r, height // r, width // r), x)


def channel_shuffle(input: Any, groups: int) -> Tensor:
    """(N, C, *): the channels, in `groups` groups, dealt out in turn: 0 1 | 2 3 becomes 0 2 1 3.  Zhang et al. 2018."""
    x = operand(input)
    shape = shape_of(x)
    if len(shape) < 3:
        raise ShapeError(
            f"channel_shuffle: channel_shuffle expects input with > 2 dims, but got input with sizes {list(shape)}"
        )
    if groups <= 0:
        raise SettingError(
            f"channel_shuffle: Number of groups to divide channels in must be positive. Value of groups:{groups}"
        )
    if shape[1] % groups:
        raise ShapeError(
            f"channel_shuffle: Number of channels must be divisible by groups. Got {shape[1]} channels and {groups} "
            "groups."
        )
    return _apart(x.reshape(shape[0], groups, shape[1] // groups, *shape[2:]).transpose(1, 2).reshape(*shape), x)
