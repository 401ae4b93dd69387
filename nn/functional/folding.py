"""Windows of images as columns, and columns added back into images."""

from __future__ import annotations

import math
from typing import Any

from autograd import Tensor
from autograd.errors import ShapeError
from autograd.extend import apply, shape_of
from autograd.ops import conv as ops

from .conv import Ints, Sizes, numbers, tensor


def unfold(input: Tensor, kernel_size: Ints, dilation: Ints = 1, padding: Ints = 0, stride: Ints = 1) -> Tensor:
    """Every window of an image as a column: (N, C, H, W) -> (N, C * I * J, L), or without N.

    Columns run through the image row by row; in each, the elements of channel 0 come first, row by row.
    The arguments are those of `conv2d`: `weight.reshape(F, -1) @ unfold(x, ...)` is a convolution.

    >>> unfold(Tensor([[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]]), 2).tolist()
    [[1.0, 2.0], [2.0, 3.0], [4.0, 5.0], [5.0, 6.0]]
    """
    x = tensor(input)
    shape = shape_of(x)
    if len(shape) not in (3, 4) or 0 in shape[-3:]:
        raise ShapeError(
            "unfold: Expected 3D or 4D (batch mode) tensor with possibly 0 batch size and other non-zero dimensions "
            f"for input, but got: {list(shape)}"
        )
    settings = _settings("unfold", kernel_size, dilation, padding, stride)
    counts = ops.output_size(shape[-2:], **settings)
    if min(counts) < 1:
        raise ShapeError(
            f"unfold: Given input with spatial size {shape[-2:]}, {_shown(settings)}, calculated shape of the array of "
            f"sliding blocks as {counts}, but its components must be at least one."
        )
    z = apply(ops.unfold, x if len(shape) == 4 else x.unsqueeze(0), counts=counts, **settings)
    return z if len(shape) == 4 else z.squeeze(0)


def fold(
    input: Tensor, output_size: Ints, kernel_size: Ints, dilation: Ints = 1, padding: Ints = 0, stride: Ints = 1
) -> Tensor:
    """Columns added back into an image: (N, C * I * J, L) -> (N, C, *output_size), or without N.

    The transpose of `unfold`: where windows overlap, their elements are added up.

    >>> fold(Tensor([[1.0, 2.0], [10.0, 20.0]]), (1, 3), (1, 2)).tolist()
    [[[1.0, 12.0, 20.0]]]
    """
    x = tensor(input)
    shape = shape_of(x)
    if len(shape) not in (2, 3) or 0 in shape[-2:]:
        raise ShapeError(
            "fold: Expected 2D or 3D (batch mode) tensor for input with possibly 0 batch size and non-zero dimensions "
            f"for input, but got: {list(shape)}"
        )
    size = numbers("fold", "output_size", output_size, 2, 1)
    settings = _settings("fold", kernel_size, dilation, padding, stride)
    if shape[-2] % math.prod(settings["kernel"]):
        raise ShapeError(
            "fold: Expected size of input's dimension 1 to be divisible by the product of kernel_size, but got "
            f"input.size(1)={shape[-2]} and kernel_size={settings['kernel']}."
        )
    counts = ops.output_size(size, **settings)
    if min(counts) < 1 or math.prod(counts) != shape[-1]:
        raise ShapeError(
            f"fold: Given output_size={size}, {_shown(settings)}, expected size of input's dimension 2 to match the "
            f"calculated number of sliding blocks {counts[0]} * {counts[1]} = {math.prod(counts)}, but got "
            f"input.size(2)={shape[-1]}."
        )
    z = apply(ops.fold, x if len(shape) == 3 else x.unsqueeze(0), counts=counts, size=size, **settings)
    return z if len(shape) == 3 else z.squeeze(0)


def _settings(function: str, kernel_size: Any, dilation: Any, padding: Any, stride: Any) -> dict[str, Sizes]:
    return {
        "kernel": numbers(function, "kernel_size", kernel_size, 2, 1),
        "stride": numbers(function, "stride", stride, 2, 1),
        "padding": numbers(function, "padding", padding, 2),
        "dilation": numbers(function, "dilation", dilation, 2, 1),
    }


def _shown(settings: dict[str, Sizes]) -> str:
    return ", ".join(f"{'kernel_size' if name == 'kernel' else name}={value}" for name, value in settings.items())
