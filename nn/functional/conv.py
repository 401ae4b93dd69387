"""Convolution and transposed convolution over one, two or three spatial axes.

In shapes: N images, C channels in, F channels out, I the window, H and P the spatial sizes of input and output.
"""

from __future__ import annotations

import functools
import operator
from typing import Any

from autograd import Tensor
from autograd.errors import DTypeError, SettingError, ShapeError
from autograd.extend import apply, operand, same_dtype, shape_of, spec_of
from autograd.ops import conv as ops

Ints = int | tuple[int, ...] | list[int]
Sizes = tuple[int, ...]


def conv1d(
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: Ints = 1,
    padding: Ints | str = 0,
    dilation: Ints = 1,
    groups: int = 1,
) -> Tensor:
    """Cross-correlation along one axis: input (N, C, H) or (C, H), weight (F, C / groups, I): (N, F, P) or (F, P).

    Arguments as in `conv2d`.

    >>> conv1d(Tensor([[1.0, 2.0, 4.0, 7.0]]), Tensor([[[-1.0, 1.0]]])).tolist()
    [[1.0, 2.0, 3.0]]
    """
    return _conv("conv1d", 1, input, weight, bias, stride, padding, dilation, groups)


def conv2d(
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: Ints = 1,
    padding: Ints | str = 0,
    dilation: Ints = 1,
    groups: int = 1,
) -> Tensor:
    """Cross-correlation of images: input (N, C, H, W) or (C, H, W), weight (F, C / groups, I, J): (N, F, P, Q).

    bias       (F,): added to each channel
    stride     how far the window moves: one number, or one per axis
    padding    zeros put around the input; "same": as many as keep the size (stride 1 only); "valid": none
    dilation   distance of the elements of the window
    groups     channels are divided into so many groups, and outputs see only the inputs of their own group

    P = (H + 2 padding - dilation (I - 1) - 1) // stride + 1. Rows at the end that no window reaches have no influence,
    and gradient 0. Raises ShapeError if channels do not fit, or the window is larger than the padded input.
    """
    return _conv("conv2d", 2, input, weight, bias, stride, padding, dilation, groups)


def conv3d(
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: Ints = 1,
    padding: Ints | str = 0,
    dilation: Ints = 1,
    groups: int = 1,
) -> Tensor:
    """Cross-correlation of volumes: input (N, C, D, H, W) or (C, D, H, W), weight (F, C / groups, I, J, K).

    Arguments as in `conv2d`.
    """
    return _conv("conv3d", 3, input, weight, bias, stride, padding, dilation, groups)


def conv_transpose1d(
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: Ints = 1,
    padding: Ints = 0,
    output_padding: Ints = 0,
    groups: int = 1,
    dilation: Ints = 1,
) -> Tensor:
    """The transpose of `conv1d`: input (N, C, H) or (C, H), weight (C, F / groups, I): (N, F, P) or (F, P).

    Arguments as in `conv_transpose2d`.

    >>> conv_transpose1d(Tensor([[1.0, 2.0]]), Tensor([[[1.0, 1.0, 1.0]]]), stride=2).tolist()
    [[1.0, 1.0, 3.0, 2.0, 2.0]]
    """
    return _transposed("conv_transpose1d", 1, input, weight, bias, stride, padding, output_padding, groups, dilation)


def conv_transpose2d(
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: Ints = 1,
    padding: Ints = 0,
    output_padding: Ints = 0,
    groups: int = 1,
    dilation: Ints = 1,
) -> Tensor:
    """The transpose of `conv2d`: input (N, C, H, W) or (C, H, W), weight (C, F / groups, I, J): (N, F, P, Q).

    Every element of the input adds its multiple of the window to the output; neighbours are `stride` apart there.

    bias             (F,): added to each channel
    padding          how much is cut off at the edges of the output
    output_padding   more elements at the end: a convolution with stride s has s sizes of input for one size of output
    dilation, groups as in `conv2d`

    P = (H - 1) stride - 2 padding + dilation (I - 1) + output_padding + 1.
    """
    return _transposed("conv_transpose2d", 2, input, weight, bias, stride, padding, output_padding, groups, dilation)


def conv_transpose3d(
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: Ints = 1,
    padding: Ints = 0,
    output_padding: Ints = 0,
    groups: int = 1,
    dilation: Ints = 1,
) -> Tensor:
    """The transpose of `conv3d`: input (N, C, D, H, W) or (C, D, H, W), weight (C, F / groups, I, J, K).

    Arguments as in `conv_transpose2d`.
    """
    return _transposed("conv_transpose3d", 3, input, weight, bias, stride, padding, output_padding, groups, dilation)


# ---------------------------------------------------------------------------------------------------------- checking


_LARGEST = 2**31 - 1
"""A stride, dilation or padding: distances in memory, which they are multiplied into, must be 64-bit integers."""


def numbers(function: str, name: str, value: Any, axes: int, least: int = 0) -> Sizes:
    """One int per spatial axis, from one int for all of them or a sequence; at least `least`."""
    given = (value,) * axes if type(value) is int else value
    if type(given) is tuple and len(given) == axes:  # shortcut: plain ints
        for number in given:
            if type(number) is not int or not least <= number <= _LARGEST:
                break
        else:
            return given
    given = list(value) if hasattr(value, "__iter__") and not isinstance(value, str) else [value]
    try:
        ints = tuple([operator.index(number) for number in given])
    except TypeError:
        raise TypeError(f"{function}: {name} must be an int or a tuple of {axes} ints, but got {value!r}") from None
    if len(ints) not in (1, axes):
        raise ShapeError(
            f"{function}: expected {name} to be a single integer value or a list of {axes} values to match the "
            f"convolution dimensions, but got {name}={list(ints)}"
        )
    if min(ints) < least:
        kind = "non-positive" if least else "negative"
        raise SettingError(f"{function}: {kind} {name} is not supported, got {name}={value}")
    if max(ints) > _LARGEST:
        raise SettingError(f"{function}: wanted a {name} of at most {_LARGEST}, got {name}={value}")
    return ints * axes if len(ints) == 1 else ints


def tensor(x: Any) -> Any:
    """A Tensor of an array or of numbers."""
    return operand(x)


def _conv(
    function: str,
    axes: int,
    input: Any,
    weight: Any,
    bias: Any,
    stride: Any,
    padding: Any,
    dilation: Any,
    groups: int,
) -> Tensor:
    steps = numbers(function, "stride", stride, axes, 1)
    spread = numbers(function, "dilation", dilation, axes, 1)
    x, w, batched = _checked(function, axes, input, weight, groups)
    shape, window = shape_of(x), shape_of(w)
    if not window[0]:
        raise ShapeError(
            f"{function}: Given groups={groups}, expected weight to be at least 1 at dimension 0, but got weight of "
            f"size {list(window)} instead"
        )
    if shape[1] != window[1] * groups:
        raise ShapeError(
            f"{function}: Given groups={groups}, weight of size {list(window)}, expected input{list(shape)} to have "
            f"{window[1] * groups} channels, but got {shape[1]} channels instead"
        )
    b = _checked_bias(function, bias, w, window[0], "")
    before, size = _placed(function, shape[2:], window[2:], steps, padding, spread)
    z = apply(ops.conv, x, w, b, stride=steps, padding=before, dilation=spread, groups=groups, size=size)
    return z if batched else z.squeeze(0)


def _placed(
    function: str, size: Sizes, window: Sizes, stride: Sizes, padding: Any, dilation: Sizes
) -> tuple[Sizes, Sizes]:
    """Zeros before the input, and the size of the output."""
    if padding == "same":
        if max(stride) > 1:
            raise SettingError(f"{function}: padding='same' is not supported for strided convolutions")
        return tuple([before for before, _ in ops.same_padding(window, dilation)]), size
    if isinstance(padding, str) and padding != "valid":
        raise SettingError(f"{function}: Invalid padding string: {padding!r}; known: 'same', 'valid'")
    before = numbers(function, "padding", 0 if padding == "valid" else padding, len(size))
    return before, _count(function, size, window, stride, before, dilation)


@functools.lru_cache(512)
def _count(function: str, size: Sizes, window: Sizes, stride: Sizes, before: Sizes, dilation: Sizes) -> Sizes:
    """How many windows there are; there must be one."""
    spans = ops.reach(window, dilation)
    padded = [n + 2 * p for n, p in zip(size, before, strict=True)]
    if any(span > n for span, n in zip(spans, padded, strict=True)):
        raise ShapeError(
            f"{function}: Calculated padded input size per channel: ({_by(padded)}). Kernel size: ({_by(spans)}). "
            "Kernel size can't be greater than actual input size"
        )
    return ops.output_size(size, window, stride, before, dilation)


def _transposed(
    function: str,
    axes: int,
    input: Any,
    weight: Any,
    bias: Any,
    stride: Any,
    padding: Any,
    output_padding: Any,
    groups: int,
    dilation: Any,
) -> Tensor:
    steps = numbers(function, "stride", stride, axes, 1)
    before = numbers(function, "padding", padding, axes)
    spread = numbers(function, "dilation", dilation, axes, 1)
    extra = numbers(function, "output_padding", output_padding, axes)
    if any(more >= s and more >= d for more, s, d in zip(extra, steps, spread, strict=True)):
        raise SettingError(
            f"{function}: output padding must be smaller than either stride or dilation, but got "
            f"output_padding={extra}, stride={steps}, dilation={spread}"
        )
    x, w, batched = _checked(function, axes, input, weight, groups)
    shape, window = shape_of(x), shape_of(w)
    if shape[1] != window[0]:
        raise ShapeError(
            f"{function}: Given transposed=1, weight of size {list(window)}, expected input{list(shape)} to have "
            f"{window[0]} channels, but got {shape[1]} channels instead"
        )
    b = _checked_bias(function, bias, w, window[1] * groups, "transposed=1, ")
    size = ops.transposed_size(shape[2:], window[2:], steps, before, spread, extra)
    if min(size) < 0:
        raise ShapeError(
            f"{function}: Given input size per channel: ({_by(shape[2:])}). Calculated output size per channel: "
            f"({_by(size)}). Output size is too small: padding={before} cuts off more than there is"
        )
    z = apply(ops.conv_input_grad, x, w, b, stride=steps, padding=before, dilation=spread, groups=groups, size=size)
    return z if batched else z.squeeze(0)


def _by(sizes: Any) -> str:
    return " x ".join(map(str, sizes))


def _checked(function: str, axes: int, input: Any, weight: Any, groups: int) -> tuple[Any, Any, bool]:
    """Input with a batch axis, weight, and whether the input came with the axis."""
    x, w = tensor(input), tensor(weight)
    a, window = spec_of(x), shape_of(w)
    if a.ndim not in (axes + 1, axes + 2):
        raise ShapeError(
            f"{function}: Expected {axes + 1}D (unbatched) or {axes + 2}D (batched) input to {function}, but got input "
            f"of size: {list(a.shape)}"
        )
    if len(window) != axes + 2 or 0 in window[2:]:
        raise ShapeError(
            f"{function}: wanted a weight with {axes + 2} dimensions, two for channels and {axes} for a window of at "
            f"least one element, got one of size {list(window)}"
        )
    if operator.index(groups) <= 0:
        raise SettingError(f"{function}: non-positive groups is not supported, got groups={groups}")
    if window[0] % groups:
        raise ShapeError(
            f"{function}: Given groups={groups}, expected weight to be divisible by {groups} at dimension 0, but got "
            f"weight of size {list(window)} instead"
        )
    if a.dtype != w.dtype:
        raise DTypeError(
            f"{function}: Input type ({a.dtype}) and weight type ({w.dtype}) should be the same: "
            + same_dtype(a.dtype, w.dtype)
        )
    batched = a.ndim == axes + 2
    return (x if batched else x.unsqueeze(0)), w, batched


def _checked_bias(function: str, bias: Any, weight: Any, channels: int, how: str) -> Any:
    if bias is None:
        return None
    b = tensor(bias)
    if shape_of(b) != (channels,):
        raise ShapeError(
            f"{function}: Given {how}weight of size {list(shape_of(weight))}, expected bias to be 1-dimensional "
            f"with {channels} elements, but got bias of size {list(shape_of(b))} instead"
        )
    if b.dtype != weight.dtype:
        raise DTypeError(f"{function}: Input type ({weight.dtype}) and bias type ({b.dtype}) should be the same")
    return b
