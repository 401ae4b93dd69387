"""Functions that old programs use."""

from __future__ import annotations

from typing import Any

from autograd import Tensor
from autograd.extend import spec_of

from . import conv
from .conv import conv1d
from .resize import channel_shuffle
from .sample import affine_grid, grid_sample


def conv_tbc(input: Any, weight: Any, bias: Any, pad: int = 0) -> Tensor:
    """Convolution over time of (T, N, C) with a weight (K, C, D): (T + 2 pad - K + 1, N, D)."""
    z = conv1d(input.permute(1, 2, 0), weight.permute(2, 1, 0), bias, padding=pad)
    return z.permute(2, 0, 1)


def native_channel_shuffle(input: Any, groups: int) -> Tensor:
    """`channel_shuffle`."""
    return channel_shuffle(input, groups)


def affine_grid_generator(theta: Any, size: Any, align_corners: bool) -> Tensor:
    """`nn.functional.affine_grid`."""
    return affine_grid(theta, size, align_corners)


def grid_sampler(input: Any, grid: Any, interpolation_mode: int, padding_mode: int, align_corners: bool) -> Tensor:
    """`nn.functional.grid_sample`, with modes as numbers: bilinear, nearest, bicubic; zeros, border, reflection."""
    mode = ("bilinear", "nearest", "bicubic")[interpolation_mode]
    return grid_sample(input, grid, mode, ("zeros", "border", "reflection")[padding_mode], align_corners)


grid_sampler_2d = grid_sampler_3d = grid_sampler


def convolution(
    input: Any,
    weight: Any,
    bias: Any,
    stride: Any,
    padding: Any,
    dilation: Any,
    transposed: bool,
    output_padding: Any,
    groups: int,
) -> Tensor:
    """A convolution, or a transposed one, over as many dimensions as the weight has beyond two."""
    axes = spec_of(weight).ndim - 2
    if transposed:
        function = getattr(conv, f"conv_transpose{axes}d")
        return function(input, weight, bias, stride, padding, output_padding, groups, dilation)
    return getattr(conv, f"conv{axes}d")(input, weight, bias, stride, padding, dilation, groups)
