"""Convolution layers."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from autograd import Tensor
from autograd.errors import SettingError, ShapeError
from autograd.ops.conv import same_padding, transposed_size

from .. import functional as F
from .. import init
from ..functional.conv import Ints, Sizes, numbers
from ..module import Module
from ..parameter import MaybeNone, Parameter
from .linear import parameter

PADDING_MODES = ("zeros", "reflect", "replicate", "circular")


class _ConvNd(Module):
    """What convolutions and transposed convolutions over any number of axes have in common."""

    axes: int
    transposed = False
    weight: Parameter  # (out_channels, in_channels / groups, *kernel_size); transposed: in and out exchanged
    bias: Parameter | MaybeNone  # (out_channels,)
    padding: Sizes | str

    def __init__(self, *settings: Any, **named: Any) -> None:
        super().__init__()
        if settings or named:  # a layer of somebody's own, with PyTorch's order of settings
            self._own(*settings, **named)

    def _own(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Any,
        stride: Any,
        padding: Any,
        dilation: Any,
        transposed: bool,
        output_padding: Any,
        groups: int,
        bias: bool,
        padding_mode: str,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        self.axes = len(kernel_size)
        self.transposed = transposed
        self._build(
            in_channels,
            out_channels,
            kernel_size,
            stride,
            padding,
            output_padding,
            dilation,
            groups,
            bias,
            padding_mode,
            device,
            dtype,
        )

    def _build(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Ints,
        stride: Ints,
        padding: Ints | str,
        output_padding: Ints,
        dilation: Ints,
        groups: int,
        bias: bool,
        padding_mode: str,
        device: Any,
        dtype: Any,
    ) -> None:
        name = type(self).__name__
        if groups <= 0:
            raise SettingError(f"{name}: groups must be a positive integer, got {groups}")
        for what, channels in (("in_channels", in_channels), ("out_channels", out_channels)):
            if channels % groups:
                raise SettingError(f"{name}: {what} must be divisible by groups, got {channels} and {groups}")
        if padding_mode not in PADDING_MODES:
            raise SettingError(
                f"{name}: padding_mode must be one of {', '.join(PADDING_MODES)}, but got padding_mode={padding_mode!r}"
            )
        self.in_channels = in_channels
        self.out_channels = out_channels
        self.kernel_size = numbers(name, "kernel_size", kernel_size, self.axes, 1)
        self.stride = numbers(name, "stride", stride, self.axes, 1)
        self.padding = self._checked_padding(name, padding)
        self.dilation = numbers(name, "dilation", dilation, self.axes, 1)
        self.output_padding = numbers(name, "output_padding", output_padding, self.axes)
        self.groups = groups
        self.padding_mode = padding_mode
        first, second = (in_channels, out_channels) if self.transposed else (out_channels, in_channels)
        self.weight = parameter(name, (first, second // groups, *self.kernel_size), device, dtype)
        self.register_parameter("bias", parameter(name, (out_channels,), device, dtype) if bias else None)
        self.reset_parameters()

    def _checked_padding(self, name: str, padding: Ints | str) -> Sizes | str:
        if not isinstance(padding, str):
            return numbers(name, "padding", padding, self.axes)
        if padding not in ("same", "valid") or self.transposed:
            raise SettingError(f"{name}: Invalid padding string {padding!r}, should be one of 'same', 'valid'")
        if padding == "same" and max(self.stride) > 1:
            raise SettingError(f"{name}: padding='same' is not supported for strided convolutions")
        return padding

    def reset_parameters(self) -> None:
        """Draw new first values."""
        init.kaiming_uniform_(self.weight, a=math.sqrt(5))  # +-1 / sqrt(fan_in)
        fan_in, _ = init.fans(self.weight)
        if self.bias is not None and fan_in:
            init.uniform_(self.bias, -1 / math.sqrt(fan_in), 1 / math.sqrt(fan_in))

    def extra_repr(self) -> str:
        none = (0,) * self.axes
        text = f"{self.in_channels}, {self.out_channels}, kernel_size={self.kernel_size}, stride={self.stride}"
        if self.padding != none:
            text += f", padding={self.padding}"
        if self.dilation != (1,) * self.axes:
            text += f", dilation={self.dilation}"
        if self.output_padding != none:
            text += f", output_padding={self.output_padding}"
        if self.groups != 1:
            text += f", groups={self.groups}"
        if self.bias is None:
            text += ", bias=False"
        if self.padding_mode != "zeros":
            text += f", padding_mode={self.padding_mode}"
        return text


class _Conv(_ConvNd):
    _function: Callable[..., Tensor]

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Ints,
        stride: Ints = 1,
        padding: Ints | str = 0,
        dilation: Ints = 1,
        groups: int = 1,
        bias: bool = True,
        padding_mode: str = "zeros",
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        self._build(
            in_channels,
            out_channels,
            kernel_size,
            stride,
            padding,
            0,
            dilation,
            groups,
            bias,
            padding_mode,
            device,
            dtype,
        )

    def forward(self, input: Tensor) -> Tensor:
        function = type(self)._function
        padding: Ints | str = self.padding
        if self.padding_mode != "zeros":
            input = F.pad(input, self._edges(), mode=self.padding_mode)
            padding = 0
        return function(input, self.weight, self.bias, self.stride, padding, self.dilation, self.groups)

    def _conv_forward(self, input: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
        """The same with a weight and a bias that a subclass has made of its own."""
        padding: Ints | str = self.padding
        if self.padding_mode != "zeros":
            input, padding = F.pad(input, self._edges(), mode=self.padding_mode), 0
        return type(self)._function(input, weight, bias, self.stride, padding, self.dilation, self.groups)

    def _edges(self) -> list[int]:
        """Pairs (before, after), the last axis first, as `functional.pad` takes them."""
        if self.padding == "same":
            pairs = same_padding(self.kernel_size, self.dilation)
        else:
            pairs = tuple([(0, 0) if isinstance(p, str) else (p, p) for p in self.padding])
        return [number for pair in reversed(pairs) for number in pair]


class Conv1d(_Conv):
    """Cross-correlation along one axis: (N, C, H) -> (N, F, P), or without N. Arguments as in `Conv2d`."""

    axes = 1
    _function = staticmethod(F.conv1d)


class Conv2d(_Conv):
    """Cross-correlation of images: (N, C, H, W) -> (N, F, P, Q), or without N.

    in_channels, out_channels   C and F
    kernel_size, stride, dilation   one number, or one per axis
    padding        one number, one per axis, or "same" (keeps the size; stride 1 only) or "valid" (none)
    groups         channels are divided into so many groups; outputs see only the inputs of their own group
    bias           False: without
    padding_mode   what stands around the image: "zeros", "reflect", "replicate" or "circular"

    P = (H + 2 padding - dilation (kernel_size - 1) - 1) // stride + 1. Weight and bias start uniform in
    +-1 / sqrt(fan_in) with fan_in = C / groups * window elements.

    >>> layer = Conv2d(1, 6, 5, padding=2)
    >>> layer
    Conv2d(1, 6, kernel_size=(5, 5), stride=(1, 1), padding=(2, 2))
    >>> from autograd import zeros
    >>> layer(zeros(64, 1, 28, 28)).shape
    Size([64, 6, 28, 28])
    """

    axes = 2
    _function = staticmethod(F.conv2d)


class Conv3d(_Conv):
    """Cross-correlation of volumes: (N, C, D, H, W) -> (N, F, O, P, Q), or without N. Arguments as in `Conv2d`."""

    axes = 3
    _function = staticmethod(F.conv3d)


class _ConvTranspose(_ConvNd):
    transposed = True
    padding: Sizes
    _function: Callable[..., Tensor]

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Ints,
        stride: Ints = 1,
        padding: Ints = 0,
        output_padding: Ints = 0,
        groups: int = 1,
        bias: bool = True,
        dilation: Ints = 1,
        padding_mode: str = "zeros",
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        if padding_mode != "zeros":
            raise SettingError(f'Only "zeros" padding mode is supported for {type(self).__name__}')
        self._build(
            in_channels,
            out_channels,
            kernel_size,
            stride,
            padding,
            output_padding,
            dilation,
            groups,
            bias,
            padding_mode,
            device,
            dtype,
        )

    def forward(self, input: Tensor, output_size: Any = None) -> Tensor:
        """output_size: the wanted spatial size (or whole shape) of the result, in place of `output_padding`."""
        extra = self.output_padding if output_size is None else self._extra(input.shape, output_size)
        return type(self)._function(
            input, self.weight, self.bias, self.stride, self.padding, extra, self.groups, self.dilation
        )

    def _extra(self, shape: Any, output_size: Any) -> Sizes:
        """The output_padding that leads to `output_size`."""
        name, wanted = type(self).__name__, tuple(output_size)
        if len(wanted) == len(shape) != self.axes:
            wanted = wanted[-self.axes :]
        if len(wanted) != self.axes:
            raise ShapeError(
                f"{name}: for {len(shape)}D input, output_size must have {self.axes} or {len(shape)} elements "
                f"(got {len(wanted)})"
            )
        size = tuple(shape[-self.axes :])
        least = transposed_size(size, self.kernel_size, self.stride, self.padding, self.dilation)
        most = tuple([n + s - 1 for n, s in zip(least, self.stride, strict=True)])
        if any(not low <= n <= high for low, n, high in zip(least, wanted, most, strict=True)):
            raise ShapeError(
                f"{name}: requested an output size of {wanted}, but valid sizes range from {list(least)} to "
                f"{list(most)} (for an input of {size})"
            )
        return tuple([n - low for n, low in zip(wanted, least, strict=True)])


class ConvTranspose1d(_ConvTranspose):
    """The transpose of `Conv1d`: (N, C, H) -> (N, F, P), or without N. Arguments as in `ConvTranspose2d`."""

    axes = 1
    _function = staticmethod(F.conv_transpose1d)


class ConvTranspose2d(_ConvTranspose):
    """The transpose of `Conv2d`, also called deconvolution: (N, C, H, W) -> (N, F, P, Q), or without N.

    padding          how much is cut off at the edges of the output
    output_padding   more elements at the end of the output; or call with `output_size=`
    Other arguments as in `Conv2d`.

    P = (H - 1) stride - 2 padding + dilation (kernel_size - 1) + output_padding + 1. Weight and bias start uniform in
    +-1 / sqrt(fan_in), where fan_in = F / groups * window elements, as in PyTorch.

    >>> layer = ConvTranspose2d(8, 4, 3, stride=2, padding=1)
    >>> from autograd import zeros
    >>> layer(zeros(1, 8, 14, 14), output_size=(28, 28)).shape
    Size([1, 4, 28, 28])
    """

    axes = 2
    _function = staticmethod(F.conv_transpose2d)


class ConvTranspose3d(_ConvTranspose):
    """The transpose of `Conv3d`: (N, C, D, H, W) -> (N, F, O, P, Q). Arguments as in `ConvTranspose2d`."""

    axes = 3
    _function = staticmethod(F.conv_transpose3d)
