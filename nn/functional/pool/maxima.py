"""Max pooling, over windows of a given size or as many as asked for; the `_with_indices` forms return both."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from functools import lru_cache
from typing import Any

import numpy as np

from autograd.errors import ShapeError
from autograd.extend import apply, apply_keeping, shape_of, wrap
from autograd.ops import pool as ops
from autograd.ops.pool import Windows

from .windows import Numbers, adaptive_windows, checked, per_axis, stride_or_size, windows_along


def _check_reach(function: str, n: int, k: int, s: int, p: int, d: int, windows: int) -> None:
    """Dilated windows may step over a small input: then they have no largest element."""
    begin = np.arange(windows) * s - p
    first = np.where(begin < 0, begin % d, begin)  # the first element that is not in the left padding
    if np.any(first > np.minimum(begin + (k - 1) * d, n - 1)):
        raise ShapeError(
            f"{function}: with kernel size {k}, dilation {d} and padding {p}, a window has no element within the "
            f"{n} of the input"
        )


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
    x = checked(function, input, dims)
    return _picked(x, max_windows(function, dims, x, kernel_size, stride, padding, dilation, ceil_mode), return_indices)


def max_windows(
    function: str, dims: int, x: Any, kernel_size: Any, stride: Any, padding: Any, dilation: Any, ceil_mode: bool
) -> Windows:
    """The windows of the last `dims` dimensions of x; raises if the settings do not fit."""
    size = per_axis(function, "kernel_size", kernel_size, dims)
    step = stride_or_size(function, stride, size)
    pad = per_axis(function, "padding", padding, dims)
    apart = per_axis(function, "dilation", dilation, dims)
    plane = shape_of(x)[x.ndim - dims - 1 :]
    return _max_windows(function, plane, size, step, pad, apart, bool(ceil_mode))


@lru_cache(maxsize=256)
def _max_windows(
    function: str, plane: Numbers, size: Numbers, stride: Numbers, pad: Numbers, dilation: Numbers, ceil_mode: bool
) -> Windows:
    """The windows of a plane (C, *spatial); raises if the settings do not fit."""
    out = windows_along(function, plane, size, stride, pad, dilation, ceil_mode)
    for setting in zip(plane[1:], size, stride, pad, dilation, out, strict=True):
        if setting[4] > 1:
            _check_reach(function, *setting)
    return Windows(size, stride, pad, dilation, out)


def _picked(x: Any, windows: Windows, return_indices: bool) -> Any:
    """The winners, and if asked for where they are."""
    if not return_indices:
        return apply(ops.max_pool, x, windows=windows)
    z, (place,) = apply_keeping(ops.max_pool, x, windows=windows)
    return z, wrap(ops.places(place, windows, shape_of(x)))


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

    >>> from autograd import tensor
    >>> max_pool1d(tensor([[1.0, 3.0, 2.0, 2.0]]), 2).tolist()
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


def _adaptive_max_pool(function: str, dims: int, input: Any, output_size: Any, return_indices: bool) -> Any:
    x = checked(function, input, dims)
    shape = shape_of(x)
    out = adaptive_windows(function, output_size, shape, dims)
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


def _with_indices(function: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(function)
    def run(*args: Any, **kwargs: Any) -> Any:
        given = inspect.signature(function).bind(*args, **kwargs).arguments
        return function(**{**given, "return_indices": True})

    run.__name__ = run.__qualname__ = f"{function.__name__}_with_indices"
    run.__doc__ = f"`{function.__name__}` and the indices of its winners."
    return run


max_pool1d_with_indices = _with_indices(max_pool1d)
max_pool2d_with_indices = _with_indices(max_pool2d)
max_pool3d_with_indices = _with_indices(max_pool3d)
adaptive_max_pool1d_with_indices = _with_indices(adaptive_max_pool1d)
adaptive_max_pool2d_with_indices = _with_indices(adaptive_max_pool2d)
adaptive_max_pool3d_with_indices = _with_indices(adaptive_max_pool3d)
