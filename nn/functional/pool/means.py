"""Averages over windows, norms, and averages over as many windows as asked for."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import lru_cache
from typing import Any

import numpy as np

from autograd import Tensor, where
from autograd.errors import SettingError
from autograd.extend import apply, array_of, operand, shape_of, wrap
from autograd.ops import pool as ops
from autograd.ops.resize import mean_taps, resample

from .windows import Numbers, adaptive_windows, checked, per_axis, stride_or_size, windows_along


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
    x = checked(function, input, dims, floating=True)
    size = per_axis(function, "kernel_size", kernel_size, dims)
    step = stride_or_size(function, stride, size)
    pad = per_axis(function, "padding", padding, dims)
    if divisor_override == 0:
        raise SettingError(f"{function}: divisor must be not zero")
    plane = shape_of(x)[x.ndim - dims - 1 :]
    out, divisor = _avg_windows(function, plane, size, step, pad, bool(ceil_mode), bool(count_include_pad), x.dtype)
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
    out = windows_along(function, plane, size, stride, pad, (1,) * len(size), ceil_mode)
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


def _lp_pool(
    pool: Callable[..., Any], dims: int, input: Any, norm_type: float, size: Any, stride: Any, ceil: Any
) -> Tensor:
    if norm_type == 0:
        raise SettingError("lp_pool: norm_type must not be 0: the root is of that order")
    x: Any = operand(input)
    total = pool(x.pow(norm_type), size, stride, 0, ceil) * math.prod(per_axis("lp_pool", "kernel_size", size, dims))
    some = wrap(array_of(total) != 0)  # elsewhere the root has no slope: 0, as for a norm
    root = where(some, total, wrap(np.ones((), total.dtype))).pow(1.0 / norm_type)
    return where(some, root, wrap(np.zeros((), total.dtype)))


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


def _adaptive_avg_pool(function: str, dims: int, input: Any, output_size: Any) -> Tensor:
    x = checked(function, input, dims, floating=True)
    shape = shape_of(x)
    out = adaptive_windows(function, output_size, shape, dims)
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
