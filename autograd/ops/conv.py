"""Convolution: value and rules side by side.

The sum z[n, f, p] = sum over c, i of w[f, c, i] * x[n, c, p * stride + i * dilation - padding] has three factors; each
op computes one of them from the other two, so each op's derivatives are the other two ops. x is (N, C, *H),
w (F, C / groups, *I), z (N, F, *P), for any number of spatial axes; the setting `size` is the spatial shape of the
result. Settings are tuples with one number per spatial axis.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy import ndarray as Array

from kernels.conv import plain as kernels
from kernels.conv.window import Sizes
from kernels.conv.window import output_size as output_size
from kernels.conv.window import reach as reach
from kernels.conv.window import same_padding as same_padding
from kernels.conv.window import transposed_size as transposed_size
from kernels.machine.fast import fast

from ..op import op

CHANNEL_SUMS = "kernels.along.reduce:channel_sums"


def per_channel(dz: Any) -> Any:
    """The sum over everything but the channels: the cotangent of a bias."""
    return np.sum(dz, axis=(0, *range(2, len(dz.shape))))


@op(
    "conv",
    fast=fast(dbias=CHANNEL_SUMS, at_least="channel sums"),
    dx=lambda dz, w, x_shape, stride, padding, dilation, groups: conv_input_grad(
        dz, w, stride=stride, padding=padding, dilation=dilation, groups=groups, size=x_shape[2:]
    ),
    dw=lambda dz, x, w_shape, stride, padding, dilation, groups: conv_weight_grad(
        dz, x, stride=stride, padding=padding, dilation=dilation, groups=groups, size=w_shape[2:]
    ),
    dbias=lambda dz: per_channel(dz),
)
def conv(
    x: Array,
    w: Array,
    bias: Array | None = None,
    *,
    stride: Sizes,
    padding: Sizes,
    dilation: Sizes,
    groups: int,
    size: Sizes,
) -> Array:
    """Convolution, plus bias[f]. Elements of x that no window covers get gradient 0."""
    return kernels.conv(x, w, bias, stride, padding, dilation, groups, size)


@op(
    "conv_input_grad",
    fast=fast(dbias=CHANNEL_SUMS, at_least="channel sums"),
    dy=lambda dz, w, y_shape, stride, padding, dilation, groups: conv(
        dz, w, stride=stride, padding=padding, dilation=dilation, groups=groups, size=y_shape[2:]
    ),
    dw=lambda dz, y, w_shape, stride, padding, dilation, groups: conv_weight_grad(
        y, dz, stride=stride, padding=padding, dilation=dilation, groups=groups, size=w_shape[2:]
    ),
    dbias=lambda dz: per_channel(dz),
)
def conv_input_grad(
    y: Array,
    w: Array,
    bias: Array | None = None,
    *,
    stride: Sizes,
    padding: Sizes,
    dilation: Sizes,
    groups: int,
    size: Sizes,
) -> Array:
    """The cotangent of x for the cotangent y of z. As a layer: transposed convolution, plus bias[c]."""
    return kernels.conv_input_grad(y, w, bias, stride, padding, dilation, groups, size)


@op(
    "conv_weight_grad",
    dy=lambda dz, x, y_shape, stride, padding, dilation, groups: conv(
        x, dz, stride=stride, padding=padding, dilation=dilation, groups=groups, size=y_shape[2:]
    ),
    dx=lambda dz, y, x_shape, stride, padding, dilation, groups: conv_input_grad(
        y, dz, stride=stride, padding=padding, dilation=dilation, groups=groups, size=x_shape[2:]
    ),
)
def conv_weight_grad(
    y: Array, x: Array, *, stride: Sizes, padding: Sizes, dilation: Sizes, groups: int, size: Sizes
) -> Array:
    """The cotangent of w for the cotangent y of z."""
    return kernels.conv_weight_grad(y, x, stride, padding, dilation, groups, size)


@op(
    "unfold",
    dx=lambda dz, x_shape, kernel, stride, padding, dilation, counts: fold(
        dz, kernel=kernel, stride=stride, padding=padding, dilation=dilation, counts=counts, size=x_shape[2:]
    ),
)
def unfold(x: Array, *, kernel: Sizes, stride: Sizes, padding: Sizes, dilation: Sizes, counts: Sizes) -> Array:
    """The windows of x, `counts` along each axis, as columns: (N, C * prod(kernel), prod(counts))."""
    return kernels.unfold(x, kernel, stride, padding, dilation, counts)


@op(
    "fold",
    dx=lambda dz, kernel, stride, padding, dilation, counts: unfold(
        dz, kernel=kernel, stride=stride, padding=padding, dilation=dilation, counts=counts
    ),
)
def fold(
    x: Array, *, kernel: Sizes, stride: Sizes, padding: Sizes, dilation: Sizes, counts: Sizes, size: Sizes
) -> Array:
    """The transpose of `unfold`: columns added back to where they came from, in (N, C, *size)."""
    return kernels.fold(x, kernel, stride, padding, dilation, counts, size)
