"""Max unpooling: the values that max pooling kept, back at their places."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd import Tensor
from autograd.errors import DTypeError, LabelError, ShapeError
from autograd.extend import apply, array_of, operand, shape_of
from autograd.ops import pool as ops

from .windows import per_axis, stride_or_size


def _unpooled_size(
    function: str, shape: tuple[int, ...], size: Any, stride: Any, padding: Any, wanted: Any
) -> tuple[int, ...]:
    dims = len(size)
    default = [
        (n - 1) * s - 2 * p + k for n, k, s, p in zip(shape[len(shape) - dims :], size, stride, padding, strict=True)
    ]
    if wanted is None:
        return tuple(default)
    given = [int(n) for n in wanted]
    if len(given) == dims + 2:
        given = given[2:]
    if len(given) != dims:
        raise ShapeError(
            f"{function}: output_size should be a sequence containing {dims} or {dims + 2} elements, but it has a "
            f"length of '{len(given)}'"
        )
    for d, (n, usual, s) in enumerate(zip(given, default, stride, strict=True)):
        if not usual - s < n < usual + s:
            raise ShapeError(
                f'{function}: invalid output_size "{tuple(given)}" (dim {d} must be between {usual - s} and '
                f"{usual + s})"
            )
    return tuple(given)


def _max_unpool(
    function: str,
    dims: int,
    input: Any,
    indices: Any,
    kernel_size: Any,
    stride: Any,
    padding: Any,
    output_size: Any,
) -> Any:
    x: Any = operand(input)
    shape, index = shape_of(x), array_of(indices)
    if len(shape) not in (dims + 1, dims + 2):
        raise ShapeError(
            f"{function}: Input should be a {dims + 1}d or {dims + 2}d Tensor, but got a tensor with {len(shape)} "
            "dimensions"
        )
    if index.dtype != np.int64:
        raise DTypeError(f"{function}: elements in indices should be type int64 but got: {index.dtype}")
    if index.shape != shape:
        raise ShapeError(
            f"{function}: Expected shape of indices to be same as that of the input tensor ({list(shape)}) but got "
            f"indices tensor with shape: {list(index.shape)}"
        )
    size = per_axis(function, "kernel_size", kernel_size, dims)
    step = stride_or_size(function, stride, size)
    pad = per_axis(function, "padding", padding, dims)
    spatial = _unpooled_size(function, shape, size, step, pad, output_size)
    bad = (index < 0) | (index >= np.prod(spatial))
    if bad.any():
        raise LabelError(
            f"{function}: Found an invalid max index: {index[bad][0]} (output volumes are of size "
            f"{'x'.join(map(str, spatial))})"
        )
    full = (*shape[: len(shape) - dims], *spatial)
    return apply(ops.max_unpool, x, index=ops.positions(index, full, dims), shape=full)


def max_unpool1d(
    input: Any, indices: Any, kernel_size: Any, stride: Any = None, padding: Any = 0, output_size: Any = None
) -> Tensor:
    """The partial inverse of `max_pool1d`: zeros with the elements of `input` at `indices`.

    indices       what `max_pool1d(..., return_indices=True)` returned
    output_size   of the spatial dimensions, or of all; pooling sends several sizes to one. Default: the least
                  that the windows fill
    Of elements with the same index the last is kept.
    """
    return _max_unpool("max_unpool1d", 1, input, indices, kernel_size, stride, padding, output_size)


def max_unpool2d(
    input: Any, indices: Any, kernel_size: Any, stride: Any = None, padding: Any = 0, output_size: Any = None
) -> Tensor:
    """The partial inverse of `max_pool2d`; arguments as for `max_unpool1d`."""
    return _max_unpool("max_unpool2d", 2, input, indices, kernel_size, stride, padding, output_size)


def max_unpool3d(
    input: Any, indices: Any, kernel_size: Any, stride: Any = None, padding: Any = 0, output_size: Any = None
) -> Tensor:
    """The partial inverse of `max_pool3d`; arguments as for `max_unpool1d`."""
    return _max_unpool("max_unpool3d", 3, input, indices, kernel_size, stride, padding, output_size)
