"""Pooling over windows: max, average, norms, adaptive sizes, and max unpooling.

All take (N, C, *spatial) or, without a batch, (C, *spatial), with 1, 2 or 3 spatial dimensions as their name says.
Sizes, strides, paddings and dilations are one number for all spatial dimensions, or one for each.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from functools import lru_cache
from typing import Any

import numpy as np

from autograd import Tensor
from autograd.errors import DTypeError, SettingError, ShapeError
from autograd.ops import pool as ops
from autograd.ops.pool import Windows
from autograd.ops.resize import mean_taps, resample
from autograd.tensors.core import apply, apply_keeping, operand, wrap
from autograd.tensors.piecewise import where

Numbers = tuple[int, ...]
_COUNT = {1: "one int", 2: "two ints", 3: "three ints"}

# ------------------------------------------------------------------------------------------------------------ checks


def _numbers(function: str, name: str, value: Any, dims: int) -> Numbers:
    """One int or a sequence of them, as one int per spatial dimension."""
    try:
        numbers = tuple(map(operator.index, value if isinstance(value, (tuple, list)) else (value,)))
    except TypeError:
        raise TypeError(
            f"{function}: {name} must be a single int, or a tuple of {_COUNT[dims]}, got {value!r}"
        ) from None
    if len(numbers) not in (1, dims):
        raise ShapeError(
            f"{function}: {name} must either be a single int, or a tuple of {_COUNT[dims]}, got {tuple(numbers)}"
        )
    return numbers * dims if len(numbers) == 1 else numbers


def _stride(function: str, stride: Any, size: Numbers) -> Numbers:
    if stride is None or (isinstance(stride, (tuple, list)) and not stride):
        return size
    return _numbers(function, "stride", stride, len(size))


def _input(function: str, input: Any, dims: int, floating: bool = False) -> Tensor:
    """The input as a Tensor, with only the batch allowed to be empty."""
    x = operand(input)
    shape = x._array.shape
    if len(shape) not in (dims + 1, dims + 2) or 0 in shape[len(shape) - dims - 1 :]:
        raise ShapeError(
            f"{function}: Expected {dims + 1}D or {dims + 2}D (batch mode) tensor with optional 0 dim batch size for "
            f"input, but got:{list(shape)}"
        )
    dtype = x._array.dtype
    if dtype.kind == "b" or (floating and dtype.kind != "f"):
        raise DTypeError(f'"{function}" not implemented for {dtype}: convert the input with input.float()')
    return x  # type: ignore[no-any-return]


def _output_size(
    function: str,
    shape: Numbers,
    size: Numbers,
    stride: Numbers,
    padding: Numbers,
    dilation: Numbers,
    ceil_mode: bool,
) -> Numbers:
    """The number of windows along each dimension; raises if the settings do not fit."""
    out = []
    for n, k, s, p, d in zip(shape[len(shape) - len(size) :], size, stride, padding, dilation, strict=True):
        if k <= 0:
            raise SettingError(f"{function}: kernel size should be greater than zero, but got {k}")
        if s <= 0:
            raise SettingError(f"{function}: stride should not be zero or negative, but got {s}")
        if d <= 0:
            raise SettingError(f"{function}: dilation should be greater than zero, but got dilation: {d}")
        if p < 0:
            raise SettingError(f"{function}: pad must be non-negative, but got pad: {p}")
        if p > ((k - 1) * d + 1) // 2:
            raise SettingError(
                f"{function}: pad should be at most half of effective kernel size, but got pad={p}, kernel_size={k} "
                f"and dilation={d}"
            )
        if p > k // 2:
            raise SettingError(
                f"{function}: pad should be smaller than or equal to half of kernel size, but got pad = {p}, "
                f"kernel size = {k}"
            )
        room = n + 2 * p - d * (k - 1) - 1
        windows = (room + (s - 1 if ceil_mode else 0)) // s + 1
        if ceil_mode and (windows - 1) * s >= n + p:  # the last window begins inside the input or its left padding
            windows -= 1
        out.append(windows)
    if min(out) <= 0:
        plane = shape[len(shape) - len(size) - 1 :]
        raise ShapeError(
            f"{function}: Given input size: ({'x'.join(map(str, plane))}). Calculated output size: "
            f"({'x'.join(map(str, (plane[0], *out)))}). Output size is too small"
        )
    return tuple(out)


def _check_reach(function: str, n: int, k: int, s: int, p: int, d: int, windows: int) -> None:
    """Dilated windows may step over a small input: then they have no largest element."""
    begin = np.arange(windows) * s - p
    first = np.where(begin < 0, begin % d, begin)  # the first element that is not in the left padding
    if np.any(first > np.minimum(begin + (k - 1) * d, n - 1)):
        raise ShapeError(
            f"{function}: with kernel size {k}, dilation {d} and padding {p}, a window has no element within the "
            f"{n} of the input"
        )


# --------------------------------------------------------------------------------------------------------------- max


def _max_pool(
    function: str,
    dims: int,
    input: Any,
    kernel_size: Any,
    stride: Any,
    padding: Any,
    dilation: Any,
    ceil_mode: bool,
    return_indices: bool,
) -> Any:
    x = _input(function, input, dims)
    size = _numbers(function, "kernel_size", kernel_size, dims)
    step = _stride(function, stride, size)
    pad = _numbers(function, "padding", padding, dims)
    apart = _numbers(function, "dilation", dilation, dims)
    plane = x._array.shape[x._array.ndim - dims - 1 :]
    return _picked(x, _max_windows(function, plane, size, step, pad, apart, bool(ceil_mode)), return_indices)


@lru_cache(maxsize=256)
def _max_windows(
    function: str, plane: Numbers, size: Numbers, stride: Numbers, pad: Numbers, dilation: Numbers, ceil_mode: bool
) -> Windows:
    """The windows of a plane (C, *spatial); raises if the settings do not fit."""
    out = _output_size(function, plane, size, stride, pad, dilation, ceil_mode)
    for setting in zip(plane[1:], size, stride, pad, dilation, out, strict=True):
        if setting[4] > 1:
            _check_reach(function, *setting)
    return Windows(size, stride, pad, dilation, out)


def _picked(x: Any, windows: Windows, return_indices: bool) -> Any:
    """The winners, and if asked for where they are."""
    z, (place,) = apply_keeping(ops.max_pool, x, windows=windows)
    return (z, wrap(ops.places(place, windows, x._array.shape))) if return_indices else z


def max_pool1d(
    input: Any,
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    dilation: Any = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
) -> Any:
    """The largest element of each window of (N, C, L) or (C, L).

    stride           how far apart windows begin; default: `kernel_size`
    padding          at both ends, at most half of `kernel_size`; what is there never wins
    dilation         how far apart the elements of a window are
    ceil_mode        also count a last window that reaches beyond the end, if it begins before it
    return_indices   also return where the winners are: int64, row-major within the spatial dimensions

    Of equal elements the first wins, and receives the whole gradient. NaN wins over everything.
    Raises ShapeError for a window without elements, as dilated ones may step over a small input: PyTorch gives -inf
    there, and an index outside of the input.

    >>> max_pool1d(Tensor([[1.0, 3.0, 2.0, 2.0]]), 2).tolist()
    [[3.0, 2.0]]
    """
    return _max_pool("max_pool1d", 1, input, kernel_size, stride, padding, dilation, ceil_mode, return_indices)


def max_pool2d(
    input: Any,
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    dilation: Any = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
) -> Any:
    """The largest element of each window of (N, C, H, W) or (C, H, W); arguments as for `max_pool1d`."""
    return _max_pool("max_pool2d", 2, input, kernel_size, stride, padding, dilation, ceil_mode, return_indices)


def max_pool3d(
    input: Any,
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    dilation: Any = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
) -> Any:
    """The largest element of each window of (N, C, D, H, W) or (C, D, H, W); arguments as for `max_pool1d`."""
    return _max_pool("max_pool3d", 3, input, kernel_size, stride, padding, dilation, ceil_mode, return_indices)


# ----------------------------------------------------------------------------------------------------------- average


def _avg_pool(
    function: str,
    dims: int,
    input: Any,
    kernel_size: Any,
    stride: Any,
    padding: Any,
    ceil_mode: bool,
    count_include_pad: bool,
    divisor_override: int | None,
) -> Any:
    x = _input(function, input, dims, floating=True)
    size = _numbers(function, "kernel_size", kernel_size, dims)
    step = _stride(function, stride, size)
    pad = _numbers(function, "padding", padding, dims)
    if divisor_override == 0:
        raise SettingError(f"{function}: divisor must be not zero")
    plane = x._array.shape[x._array.ndim - dims - 1 :]
    out, divisor = _avg_windows(
        function, plane, size, step, pad, bool(ceil_mode), bool(count_include_pad), x._array.dtype
    )
    if divisor_override is not None:
        divisor = divisor_override
    return apply(ops.avg_pool, x, size=size, stride=step, padding=pad, out=out, divisor=divisor)


@lru_cache(maxsize=256)
def _avg_windows(
    function: str,
    plane: Numbers,
    size: Numbers,
    stride: Numbers,
    pad: Numbers,
    ceil_mode: bool,
    count_include_pad: bool,
    dtype: Any,
) -> tuple[Numbers, Any]:
    """How many windows a plane (C, *spatial) has, and how many elements each counts; raises if they do not fit."""
    out = _output_size(function, plane, size, stride, pad, (1,) * len(size), ceil_mode)
    counts: Any = 1
    for n, k, s, p, windows in zip(plane[1:], size, stride, pad, out, strict=True):
        counts = np.multiply.outer(counts, _counts(n, k, s, p, windows, count_include_pad))
    uniform = counts.size and counts.min() == counts.max()
    return out, int(counts.flat[0]) if uniform else counts.astype(dtype)


def _counts(n: int, k: int, s: int, p: int, windows: int, include_pad: bool) -> Any:
    """How many elements each window of a dimension counts: never those beyond the padding."""
    begin = np.arange(windows) * s - p
    if include_pad:
        return np.minimum(begin + k, n + p) - begin
    return np.minimum(begin + k, n) - np.maximum(begin, 0)


def avg_pool1d(
    input: Any,
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
) -> Tensor:
    """The mean of each window of (N, C, L) or (C, L).

    stride              how far apart windows begin; default: `kernel_size`
    padding             zeros at both ends, at most half of `kernel_size`
    ceil_mode           also count a last window that reaches beyond the end, if it begins before it
    count_include_pad   do the zeros of the padding count as elements? What is beyond the padding never does.

    >>> avg_pool1d(Tensor([[1.0, 3.0, 2.0, 2.0]]), 2).tolist()
    [[2.0, 2.0]]
    """
    return _avg_pool("avg_pool1d", 1, input, kernel_size, stride, padding, ceil_mode, count_include_pad, None)


def avg_pool2d(
    input: Any,
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
    divisor_override: int | None = None,
) -> Tensor:
    """The mean of each window of (N, C, H, W) or (C, H, W); arguments as for `avg_pool1d`.

    divisor_override   divide the sum of each window by this instead of the number of its elements
    """
    return _avg_pool(
        "avg_pool2d", 2, input, kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override
    )


def avg_pool3d(
    input: Any,
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
    divisor_override: int | None = None,
) -> Tensor:
    """The mean of each window of (N, C, D, H, W) or (C, D, H, W); arguments as for `avg_pool2d`."""
    return _avg_pool(
        "avg_pool3d", 3, input, kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override
    )


# ------------------------------------------------------------------------------------------------------------- norms


def _lp_pool(
    pool: Callable[..., Any], dims: int, input: Any, norm_type: float, size: Any, stride: Any, ceil: Any
) -> Tensor:
    x: Any = operand(input)
    total = pool(x.pow(norm_type), size, stride, 0, ceil) * math.prod(_numbers("lp_pool", "kernel_size", size, dims))
    some = wrap(total._array != 0)  # elsewhere the root has no slope: 0, as for a norm
    root = where(some, total, wrap(np.ones((), total._array.dtype))).pow(1.0 / norm_type)
    return where(some, root, wrap(np.zeros((), total._array.dtype)))


def lp_pool1d(input: Any, norm_type: float, kernel_size: Any, stride: Any = None, ceil_mode: bool = False) -> Tensor:
    """(sum of x ** norm_type) ** (1 / norm_type) over each window of (N, C, L) or (C, L).

    Signs count, as in PyTorch: order 1 is the sum, order 3 gives NaN for a negative sum. Where the sum is 0, so is
    the gradient.
    """
    return _lp_pool(avg_pool1d, 1, input, norm_type, kernel_size, stride, ceil_mode)


def lp_pool2d(input: Any, norm_type: float, kernel_size: Any, stride: Any = None, ceil_mode: bool = False) -> Tensor:
    """`lp_pool1d` for windows of (N, C, H, W) or (C, H, W)."""
    return _lp_pool(avg_pool2d, 2, input, norm_type, kernel_size, stride, ceil_mode)


def lp_pool3d(input: Any, norm_type: float, kernel_size: Any, stride: Any = None, ceil_mode: bool = False) -> Tensor:
    """`lp_pool1d` for windows of (N, C, D, H, W) or (C, D, H, W)."""
    return _lp_pool(avg_pool3d, 3, input, norm_type, kernel_size, stride, ceil_mode)


# ---------------------------------------------------------------------------------------------------- adaptive sizes


def _adaptive_size(function: str, output_size: Any, shape: Numbers, dims: int) -> Numbers:
    wanted = tuple(output_size) if isinstance(output_size, (tuple, list)) else (output_size,) * dims
    if len(wanted) != dims:
        raise ShapeError(f"{function}: output_size must be {dims}: one per spatial dimension, got {wanted}")
    out = tuple(
        n if size is None else operator.index(size) for n, size in zip(shape[len(shape) - dims :], wanted, strict=True)
    )
    if min(out) < 0:
        raise SettingError(f"{function}: elements of output_size must be greater than or equal to 0, but got {wanted}")
    return out


def _adaptive_avg_pool(function: str, dims: int, input: Any, output_size: Any) -> Tensor:
    x = _input(function, input, dims, floating=True)
    shape = x._array.shape
    out = _adaptive_size(function, output_size, shape, dims)
    first = len(shape) - dims
    sizes = tuple(n // windows if windows and n % windows == 0 else 0 for n, windows in zip(shape[first:], out))
    # shortcut: every axis divides evenly, so windows neither overlap nor differ in size
    if all(sizes):
        return apply(ops.avg_pool, x, size=sizes, stride=sizes, padding=(0,) * dims, out=out, divisor=math.prod(sizes))
    taps = tuple([(a, mean_taps(shape[a], out[a - first])) for a in range(first, len(shape))])
    return apply(resample, x, taps=taps)


def adaptive_avg_pool1d(input: Any, output_size: Any) -> Tensor:
    """The means of `output_size` windows that divide (N, C, L) or (C, L) as evenly as possible.

    Window i is from floor(i * L / output_size) to ceil((i + 1) * L / output_size); None: as many windows as elements.
    """
    return _adaptive_avg_pool("adaptive_avg_pool1d", 1, input, output_size)


def adaptive_avg_pool2d(input: Any, output_size: Any) -> Tensor:
    """`adaptive_avg_pool1d` for (N, C, H, W) or (C, H, W); one output size, or one per dimension."""
    return _adaptive_avg_pool("adaptive_avg_pool2d", 2, input, output_size)


def adaptive_avg_pool3d(input: Any, output_size: Any) -> Tensor:
    """`adaptive_avg_pool1d` for (N, C, D, H, W) or (C, D, H, W); one output size, or one per dimension."""
    return _adaptive_avg_pool("adaptive_avg_pool3d", 3, input, output_size)


def _adaptive_max_pool(function: str, dims: int, input: Any, output_size: Any, return_indices: bool) -> Any:
    x = _input(function, input, dims)
    shape = x._array.shape
    out = _adaptive_size(function, output_size, shape, dims)
    return _picked(x, ops.adaptive(shape[len(shape) - dims :], out), return_indices)


def adaptive_max_pool1d(input: Any, output_size: Any, return_indices: bool = False) -> Any:
    """The largest elements of `output_size` windows that divide (N, C, L) or (C, L) as evenly as possible.

    Windows as for `adaptive_avg_pool1d`, winners and `return_indices` as for `max_pool1d`.
    """
    return _adaptive_max_pool("adaptive_max_pool1d", 1, input, output_size, return_indices)


def adaptive_max_pool2d(input: Any, output_size: Any, return_indices: bool = False) -> Any:
    """`adaptive_max_pool1d` for (N, C, H, W) or (C, H, W); one output size, or one per dimension."""
    return _adaptive_max_pool("adaptive_max_pool2d", 2, input, output_size, return_indices)


def adaptive_max_pool3d(input: Any, output_size: Any, return_indices: bool = False) -> Any:
    """`adaptive_max_pool1d` for (N, C, D, H, W) or (C, D, H, W); one output size, or one per dimension."""
    return _adaptive_max_pool("adaptive_max_pool3d", 3, input, output_size, return_indices)
