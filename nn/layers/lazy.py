"""Lazy layers: they learn from their first input how many features it has, and then are ordinary layers.

Until then their Parameters are `UninitializedParameter`s, without size and values. Convert a model to its dtype first,
then call it once on a batch ("dry run"), then initialise it in your own way if you like. The first values are those
that the ordinary layer would draw at the moment of the first call.
"""

from __future__ import annotations

from typing import Any

from autograd import Tensor
from autograd.errors import AutogradError, SettingError, ShapeError
from autograd.extend import UninitializedTensorMixin, spec_of

from ..functional.conv import Ints
from ..module import Module
from ..parameter import UninitializedBuffer, UninitializedParameter, is_lazy
from .conv import (
    Conv1d,
    Conv2d,
    Conv3d,
    ConvTranspose1d,
    ConvTranspose2d,
    ConvTranspose3d,
    _Conv,
    _ConvNd,
    _ConvTranspose,
)
from .linear import Linear
from .norm import (
    BatchNorm1d,
    BatchNorm2d,
    BatchNorm3d,
    InstanceNorm1d,
    InstanceNorm2d,
    InstanceNorm3d,
    _ChannelNorm,
    _InstanceNorm,
)


class LazyModuleMixin(Module):
    """A module whose first call decides on sizes. Comes before the ordinary module in the list of base classes.

    A subclass gives members with `UninitializedParameter` or `UninitializedBuffer` and defines
    `initialize_parameters`, which is called with the arguments of the first call, before hooks and `forward`.

    cls_to_become   the class of the module from then on; None: it stays what it is
    """

    cls_to_become: type[Any] | None = None
    _waiting = True  # for the first call

    def initialize_parameters(self, *args: Any, **kwargs: Any) -> None:
        """Materialise and initialise all parameters and buffers; called with what the module is called with."""
        raise NotImplementedError(f"initialize_parameters is not implemented for {self._get_name()}")

    def has_uninitialized_params(self) -> bool:
        """Is there a Parameter or buffer here (not further down) that has no size yet?"""
        return any(is_lazy(member) for member in [*self._parameters.values(), *self._buffers.values()])

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if not self._waiting:
            return super().__call__(*args, **kwargs)
        try:
            self.initialize_parameters(*args, **kwargs)
            if self.has_uninitialized_params():
                raise ShapeError(f"module {self._get_name()} has not been fully initialized by initialize_parameters")
        except AutogradError as error:
            self._say_where(error, args)
            raise
        if self.cls_to_become is None:
            self._waiting = False
        else:
            self.__class__ = self.cls_to_become
        return self(*args, **kwargs)


class _Lazy(LazyModuleMixin):
    """What the layers below share."""

    _inferred: str  # name of the argument that the first input decides on: 0 until then

    def reset_parameters(self) -> None:
        """Draw new first values, if there are values."""
        if getattr(self, self._inferred):
            super().reset_parameters()  # type: ignore[misc]  # the ordinary layer's

    def _settle(self, size: int, **shapes: tuple[int, ...]) -> None:
        """Decide that the inferred argument is `size`, and the shapes of Parameters and buffers (those there are).

        Raises ShapeError if values have been loaded, and they do not fit, or only some of them.
        """
        name = self._get_name()
        members = {key: member for key in shapes if (member := getattr(self, key)) is not None}
        waiting = [member for member in members.values() if isinstance(member, UninitializedTensorMixin)]
        for key, member in members.items():
            if is_lazy(member):
                continue
            if waiting:
                raise ShapeError(f"{name}: {key} has been loaded, but not all of {', '.join(members)}")
            if member.shape != shapes[key]:
                raise ShapeError(
                    f"{name}: the {self._inferred} inferred from the input, {size}, needs {key} of shape "
                    f"{shapes[key]}, but {tuple(member.shape)} has been loaded"
                )
        setattr(self, self._inferred, size)
        for key, member in members.items():
            if isinstance(member, UninitializedTensorMixin):
                member.materialize(shapes[key])
        if waiting:
            self.reset_parameters()


class LazyLinear(_Lazy, Linear):
    """`Linear` whose `in_features` is the size of the last dimension of its first input.

    >>> layer = LazyLinear(10)
    >>> layer
    LazyLinear(in_features=0, out_features=10, bias=True)
    >>> from autograd import zeros
    >>> layer(zeros(2, 20)).shape, layer
    (Size([2, 10]), Linear(in_features=20, out_features=10, bias=True))
    """

    cls_to_become = Linear
    _inferred = "in_features"

    def __init__(self, out_features: int, bias: bool = True, device: Any = None, dtype: Any = None) -> None:
        super().__init__(0, out_features, False)
        self.weight = UninitializedParameter(device=device, dtype=dtype)
        if bias:
            self.bias = UninitializedParameter(device=device, dtype=dtype)

    def initialize_parameters(self, input: Tensor) -> None:
        """Take `in_features` from the last dimension of `input`."""
        shape = spec_of(input).shape
        if not shape:
            raise ShapeError("LazyLinear: wanted an input (*, in_features), got one without dimensions")
        self._settle(shape[-1], weight=(self.out_features, shape[-1]), bias=(self.out_features,))


class _LazyConvNd(_Lazy, _ConvNd):
    """A convolution whose `in_channels` is the number of channels of its first input."""

    _inferred = "in_channels"

    def _leave_open(self, bias: bool, device: Any, dtype: Any) -> None:
        self.weight = UninitializedParameter(device=device, dtype=dtype)
        if bias:
            self.bias = UninitializedParameter(device=device, dtype=dtype)

    def initialize_parameters(self, input: Tensor, *args: Any, **kwargs: Any) -> None:
        """Take `in_channels` from `input`, (N, C, *) or (C, *); whatever else `forward` is given does not matter."""
        shape, axes, name = spec_of(input).shape, self.axes, self._get_name()
        if len(shape) not in (axes + 1, axes + 2):
            raise ShapeError(
                f"Expected {axes + 1}D (unbatched) or {axes + 2}D (batched) input to {name}, but got input of size: "
                f"{list(shape)}"
            )
        channels = shape[-axes - 1]
        if channels % self.groups:
            raise SettingError(
                f"{name}: in_channels must be divisible by groups, got an input with {channels} channels and "
                f"groups={self.groups}"
            )
        first, second = (channels, self.out_channels) if self.transposed else (self.out_channels, channels)
        weight = (first, second // self.groups, *self.kernel_size)
        self._settle(channels, weight=weight, bias=(self.out_channels,))


class _LazyConv(_LazyConvNd, _Conv):
    def __init__(
        self,
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
        super().__init__(0, out_channels, kernel_size, stride, padding, dilation, groups, False, padding_mode)
        self._leave_open(bias, device, dtype)


class LazyConv1d(_LazyConv, Conv1d):
    """`Conv1d` whose `in_channels` is the number of channels of its first input."""

    cls_to_become = Conv1d


class LazyConv2d(_LazyConv, Conv2d):
    """`Conv2d` whose `in_channels` is the number of channels of its first input.

    >>> layer = LazyConv2d(6, kernel_size=5, padding=2)
    >>> from autograd import zeros
    >>> layer(zeros(64, 1, 28, 28)).shape, layer.weight.shape
    (Size([64, 6, 28, 28]), Size([6, 1, 5, 5]))
    """

    cls_to_become = Conv2d


class LazyConv3d(_LazyConv, Conv3d):
    """`Conv3d` whose `in_channels` is the number of channels of its first input."""

    cls_to_become = Conv3d


class _LazyConvTranspose(_LazyConvNd, _ConvTranspose):
    def __init__(
        self,
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
        super().__init__(
            0, out_channels, kernel_size, stride, padding, output_padding, groups, False, dilation, padding_mode
        )
        self._leave_open(bias, device, dtype)


class LazyConvTranspose1d(_LazyConvTranspose, ConvTranspose1d):
    """`ConvTranspose1d` whose `in_channels` is the number of channels of its first input."""

    cls_to_become = ConvTranspose1d


class LazyConvTranspose2d(_LazyConvTranspose, ConvTranspose2d):
    """`ConvTranspose2d` whose `in_channels` is the number of channels of its first input."""

    cls_to_become = ConvTranspose2d


class LazyConvTranspose3d(_LazyConvTranspose, ConvTranspose3d):
    """`ConvTranspose3d` whose `in_channels` is the number of channels of its first input."""

    cls_to_become = ConvTranspose3d


class _LazyNorm(_Lazy, _ChannelNorm):
    """Batch or instance norm whose `num_features` is the number of channels of its first input."""

    _inferred = "num_features"

    def __init__(
        self,
        eps: float = 1e-5,
        momentum: float | None = 0.1,
        affine: bool = True,
        track_running_stats: bool = True,
        device: Any = None,
        dtype: Any = None,
        *,
        bias: bool = True,
    ) -> None:
        _ChannelNorm.__init__(self, 0, eps, momentum, False, track_running_stats, device, dtype, False)
        self.affine = affine
        if affine:
            self.weight = UninitializedParameter(device=device, dtype=dtype)
            if bias:
                self.bias = UninitializedParameter(device=device, dtype=dtype)
        if track_running_stats:
            self.running_mean = UninitializedBuffer(device=device, dtype=dtype)
            self.running_var = UninitializedBuffer(device=device, dtype=dtype)

    def initialize_parameters(self, input: Tensor) -> None:
        """Take `num_features` from `input`."""
        self._check_input_dim(input)
        size = self._channels(spec_of(input).shape)
        self._settle(size, weight=(size,), bias=(size,), running_mean=(size,), running_var=(size,))

    def _channels(self, shape: tuple[int, ...]) -> int:
        return shape[1]


class LazyBatchNorm1d(_LazyNorm, BatchNorm1d):
    """`BatchNorm1d` whose `num_features` is the number of channels of its first input."""

    cls_to_become = BatchNorm1d


class LazyBatchNorm2d(_LazyNorm, BatchNorm2d):
    """`BatchNorm2d` whose `num_features` is the number of channels of its first input.

    >>> layer = LazyBatchNorm2d()
    >>> layer.has_uninitialized_params()
    True
    >>> from autograd import zeros
    >>> z = layer(zeros(2, 3, 4, 4))
    >>> type(layer).__name__, layer.num_features
    ('BatchNorm2d', 3)
    """

    cls_to_become = BatchNorm2d


class LazyBatchNorm3d(_LazyNorm, BatchNorm3d):
    """`BatchNorm3d` whose `num_features` is the number of channels of its first input."""

    cls_to_become = BatchNorm3d


class _LazyInstanceNorm(_LazyNorm, _InstanceNorm):
    def _channels(self, shape: tuple[int, ...]) -> int:
        return shape[0 if len(shape) == self._ndims[0] else 1]


class LazyInstanceNorm1d(_LazyInstanceNorm, InstanceNorm1d):
    """`InstanceNorm1d` whose `num_features` is the number of channels of its first input.

    Unlike there, and as in PyTorch, `affine` and `track_running_stats` are True unless given.
    """

    cls_to_become = InstanceNorm1d


class LazyInstanceNorm2d(_LazyInstanceNorm, InstanceNorm2d):
    """`InstanceNorm2d` whose `num_features` is found out, with the arguments of `LazyInstanceNorm1d`."""

    cls_to_become = InstanceNorm2d


class LazyInstanceNorm3d(_LazyInstanceNorm, InstanceNorm3d):
    """`InstanceNorm3d` whose `num_features` is found out, with the arguments of `LazyInstanceNorm1d`."""

    cls_to_become = InstanceNorm3d
