"""How windows lie: sizes, strides and paddings for each axis, and how many windows there are."""

from __future__ import annotations

import operator
from typing import Any

from autograd import Tensor
from autograd.errors import DTypeError, SettingError, ShapeError
from autograd.extend import check_room, operand, shape_of

Numbers = tuple[int, ...]
_COUNT = {1: "one int", 2: "two ints", 3: "three ints"}


def per_axis(function: str, name: str, value: Any, dims: int) -> Numbers:
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


def stride_or_size(function: str, stride: Any, size: Numbers) -> Numbers:
    if stride is None or (isinstance(stride, (tuple, list)) and not stride):
        return size
    return per_axis(function, "stride", stride, len(size))


def checked(function: str, input: Any, dims: int, floating: bool = False) -> Tensor:
    """The input as a Tensor, with only the batch allowed to be empty."""
    x = operand(input)
    shape = shape_of(x)
    if len(shape) not in (dims + 1, dims + 2) or 0 in shape[len(shape) - dims - 1 :]:
        raise ShapeError(
            f"{function}: Expected {dims + 1}D or {dims + 2}D (batch mode) tensor with optional 0 dim batch size for "
            f"input, but got:{list(shape)}"
        )
    dtype = x.dtype
    if dtype.kind == "b" or (floating and dtype.kind != "f"):
        raise DTypeError(f'"{function}" not implemented for {dtype}: convert the input with input.float()')
    return x


def windows_along(
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


def adaptive_windows(function: str, output_size: Any, shape: Numbers, dims: int) -> Numbers:
    wanted = tuple(output_size) if isinstance(output_size, (tuple, list)) else (output_size,) * dims
    if len(wanted) != dims:
        raise ShapeError(f"{function}: output_size must be {dims}: one per spatial dimension, got {wanted}")
    out = tuple(
        n if size is None else operator.index(size) for n, size in zip(shape[len(shape) - dims :], wanted, strict=True)
    )
    if min(out) < 0:
        raise SettingError(f"{function}: elements of output_size must be greater than or equal to 0, but got {wanted}")
    check_room(function, (*shape[: len(shape) - dims], *out))
    return out
