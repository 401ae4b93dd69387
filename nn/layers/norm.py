"""Normalising layers. Their formulas are in `nn.functional`."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

from autograd import Tensor, is_grad_enabled
from autograd.errors import SettingError, ShapeError
from autograd.extend import array_of, check_device, overwrite, rewritten, settle, wrap
from autograd.ops.elementwise import add

from .. import functional as F
from .. import init
from ..learner import warn_of_training_mode
from ..module import Module
from ..parameter import MaybeNone, Parameter
from .linear import parameter


class _Affine(Module):
    """A layer with a weight that starts as ones and a bias that starts as zeros, or without."""

    weight: Parameter | MaybeNone
    bias: Parameter | MaybeNone

    def _learn(self, size: tuple[int, ...], weight: bool, bias: bool, device: Any, dtype: Any) -> None:
        name = self._get_name()
        check_device(name, device)
        for part, wanted in (("weight", weight), ("bias", bias)):
            self.register_parameter(part, parameter(name, size, device, dtype) if wanted else None)
        self._reset_affine()

    def _reset_affine(self) -> None:
        if self.weight is not None:
            init.ones_(self.weight)
        if self.bias is not None:
            init.zeros_(self.bias)


class _ChannelNorm(_Affine):
    """What batch norm and instance norm share: statistics per channel that are tracked while training."""

    running_mean: Tensor | MaybeNone  # (num_features,)
    running_var: Tensor | MaybeNone  # (num_features,), unbiased
    num_batches_tracked: Tensor | MaybeNone  # (), int64

    _ndims: tuple[int, ...] = ()  # dimensions of the input

    def __init__(
        self,
        num_features: int,
        eps: float,
        momentum: float | None,
        affine: bool,
        track_running_stats: bool,
        device: Any,
        dtype: Any,
        bias: bool,
    ) -> None:
        super().__init__()
        self.num_features = num_features
        self.eps = eps
        self.momentum = momentum
        self.affine = affine
        self.track_running_stats = track_running_stats
        self._learn((num_features,), affine, affine and bias, device, dtype)
        tracked = track_running_stats
        self.register_buffer("running_mean", parameter("", (num_features,), None, dtype).detach() if tracked else None)
        self.register_buffer("running_var", parameter("", (num_features,), None, dtype).detach() if tracked else None)
        self.register_buffer("num_batches_tracked", wrap(np.zeros((), np.int64)) if tracked else None)
        self.reset_running_stats()

    def reset_running_stats(self) -> None:
        """Mean 0, variance 1, no batches seen."""
        for buffer, value in ((self.running_mean, 0), (self.running_var, 1), (self.num_batches_tracked, 0)):
            if buffer is not None:
                overwrite(buffer, value, "reset_running_stats")

    def reset_parameters(self) -> None:
        """Weight 1, bias 0, statistics forgotten."""
        self.reset_running_stats()
        self._reset_affine()

    def _check_input_dim(self, input: Any) -> None:
        if input.ndim not in self._ndims:
            wanted = " or ".join(f"{n}D" for n in self._ndims)
            raise ShapeError(f"{self._get_name()}: expected {wanted} input (got {input.ndim}D input)")

    def extra_repr(self) -> str:
        return (
            f"{self.num_features}, eps={self.eps}, momentum={self.momentum}, affine={self.affine}, "
            f"bias={self.bias is not None}, track_running_stats={self.track_running_stats}"
        )


class _BatchNorm(_ChannelNorm):
    _opens_runs = True  # in a Sequential it may be the first of layers that run as one: see fusion.py

    def __init__(
        self,
        num_features: int,
        eps: float = 1e-5,
        momentum: float | None = 0.1,
        affine: bool = True,
        track_running_stats: bool = True,
        device: Any = None,
        dtype: Any = None,
        *,
        bias: bool = True,
    ) -> None:
        super().__init__(num_features, eps, momentum, affine, track_running_stats, device, dtype, bias)

    def forward(self, input: Tensor) -> Tensor:
        self._check_input_dim(input)
        return self._by(F.batch_norm, input)

    def _by(self, function: Callable[..., Tensor], input: Tensor, **more: Any) -> Tensor:
        """Call `F.batch_norm` or a function like it with what this layer knows, and count the batch."""
        training = self.training
        if training and not is_grad_enabled():
            warn_of_training_mode(self)
        momentum = self.momentum
        if training and self.num_batches_tracked is not None:
            count = array_of(self.num_batches_tracked)
            if not rewritten(add, self.num_batches_tracked, 1):
                count += 1
            if momentum is None:
                settle("batch_norm", always=True)  # no two calls do the same
                momentum = 1 / count.item()
        known = self.running_mean is not None
        return function(
            input,
            self.running_mean,
            self.running_var,
            self.weight,
            self.bias,
            training or not known,
            momentum or 0.0,
            self.eps,
            **more,
        )


class BatchNorm1d(_BatchNorm):
    """Per channel of (N, C) or (N, C, L): (x - mean) / sqrt(var + eps) * weight + bias. Ioffe & Szegedy 2015.

    num_features          C
    eps                   added to the variance
    momentum              how far the running statistics move towards those of each batch; None: their plain average
    affine, bias          with a weight (starts as 1) and a bias (starts as 0)?
    track_running_stats   False: the batch's own statistics in evaluation mode too

    In training mode with mean and (biased) variance of the batch, in evaluation mode with the running ones (running_var
    is unbiased). Buffers: running_mean, running_var, num_batches_tracked.

    >>> layer = BatchNorm1d(3)
    >>> layer(Tensor(np.eye(3, dtype=np.float32))).shape, layer.num_batches_tracked.item()
    (Size([3, 3]), 1)
    """

    _ndims = (2, 3)


class BatchNorm2d(_BatchNorm):
    """`BatchNorm1d` for (N, C, H, W)."""

    _ndims = (4,)


class BatchNorm3d(_BatchNorm):
    """`BatchNorm1d` for (N, C, D, H, W)."""

    _ndims = (5,)


class _InstanceNorm(_ChannelNorm):
    def __init__(
        self,
        num_features: int,
        eps: float = 1e-5,
        momentum: float = 0.1,
        affine: bool = False,
        track_running_stats: bool = False,
        device: Any = None,
        dtype: Any = None,
        *,
        bias: bool = True,
    ) -> None:
        super().__init__(num_features, eps, momentum, affine, track_running_stats, device, dtype, bias)

    def forward(self, input: Tensor) -> Tensor:
        self._check_input_dim(input)
        alone = input.ndim == self._ndims[0]
        channels = input.shape[0 if alone else 1]
        if channels != self.num_features:
            text = f"input's size at dim={0 if alone else 1} does not match num_features"
            if self.affine or self.track_running_stats:
                raise ShapeError(
                    f"{self._get_name()}: expected {text.replace('does not', 'to')} ({self.num_features}), but got: "
                    f"{channels}."
                )
            warnings.warn(f"{text}, which is not used because affine=False", stacklevel=3)
        z = F.instance_norm(
            input.unsqueeze(0) if alone else input,
            self.running_mean,
            self.running_var,
            self.weight,
            self.bias,
            self.training or not self.track_running_stats,
            self.momentum or 0.0,
            self.eps,
        )
        return z.squeeze(0) if alone else z


class InstanceNorm1d(_InstanceNorm):
    """Batch norm of each sample by itself: (N, C, L) or (C, L). Ulyanov, Vedaldi & Lempitsky 2016.

    Arguments as in `BatchNorm1d`, but by default nothing is learned or tracked.
    """

    _ndims = (2, 3)


class InstanceNorm2d(_InstanceNorm):
    """`InstanceNorm1d` for (N, C, H, W) or (C, H, W)."""

    _ndims = (3, 4)


class InstanceNorm3d(_InstanceNorm):
    """`InstanceNorm1d` for (N, C, D, H, W) or (C, D, H, W)."""

    _ndims = (4, 5)


class LayerNorm(_Affine):
    """(x - mean) / sqrt(var + eps) * weight + bias over the last dimensions. Ba, Kiros & Hinton 2016.

    normalized_shape           sizes of these dimensions (one number: the last), and the shape of weight and bias
    elementwise_affine, bias   with a weight (starts as 1) and a bias (starts as 0)?
    """

    def __init__(
        self,
        normalized_shape: Any,
        eps: float = 1e-5,
        elementwise_affine: bool = True,
        bias: bool = True,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        self.normalized_shape = _sizes(normalized_shape)
        self.eps = eps
        self.elementwise_affine = elementwise_affine
        self._learn(self.normalized_shape, elementwise_affine, elementwise_affine and bias, device, dtype)

    def reset_parameters(self) -> None:
        """Weight 1, bias 0."""
        self._reset_affine()

    def forward(self, input: Tensor) -> Tensor:
        return F.layer_norm(input, self.normalized_shape, self.weight, self.bias, self.eps)

    def extra_repr(self) -> str:
        return (
            f"{self.normalized_shape}, eps={self.eps}, elementwise_affine={self.elementwise_affine}, "
            f"bias={self.bias is not None}"
        )


class RMSNorm(_Affine):
    """x / sqrt(mean(x**2) + eps) * weight over the last dimensions. Zhang & Sennrich 2019.

    normalized_shape     sizes of these dimensions (one number: the last), and the shape of the weight
    eps                  default: the machine epsilon of input's dtype
    elementwise_affine   with a weight (starts as 1)?
    """

    def __init__(
        self,
        normalized_shape: Any,
        eps: float | None = None,
        elementwise_affine: bool = True,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        self.normalized_shape = _sizes(normalized_shape)
        self.eps = eps
        self.elementwise_affine = elementwise_affine
        made = parameter("RMSNorm", self.normalized_shape, device, dtype) if elementwise_affine else None
        self.register_parameter("weight", made)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Weight 1."""
        if self.weight is not None:
            init.ones_(self.weight)

    def forward(self, x: Tensor) -> Tensor:
        return F.rms_norm(x, self.normalized_shape, self.weight, self.eps)

    def extra_repr(self) -> str:
        return f"{self.normalized_shape}, eps={self.eps}, elementwise_affine={self.elementwise_affine}"


class GroupNorm(_Affine):
    """(x - mean) / sqrt(var + eps) per sample and group of channels, * weight + bias per channel. Wu & He 2018.

    num_groups     divides num_channels, the C of (N, C, *)
    affine, bias   with a weight (starts as 1) and a bias (starts as 0)?
    """

    def __init__(
        self,
        num_groups: int,
        num_channels: int,
        eps: float = 1e-5,
        affine: bool = True,
        device: Any = None,
        dtype: Any = None,
        *,
        bias: bool = True,
    ) -> None:
        super().__init__()
        if num_groups <= 0 or num_channels % num_groups:
            raise SettingError(
                f"GroupNorm: num_channels ({num_channels}) must be divisible by num_groups ({num_groups})"
            )
        self.num_groups = num_groups
        self.num_channels = num_channels
        self.eps = eps
        self.affine = affine
        self._learn((num_channels,), affine, affine and bias, device, dtype)

    def reset_parameters(self) -> None:
        """Weight 1, bias 0."""
        self._reset_affine()

    def forward(self, input: Tensor) -> Tensor:
        return F.group_norm(input, self.num_groups, self.weight, self.bias, self.eps)

    def extra_repr(self) -> str:
        return (
            f"{self.num_groups}, {self.num_channels}, eps={self.eps}, affine={self.affine}, "
            f"bias={self.bias is not None}"
        )


class LocalResponseNorm(Module):
    """x / (k + alpha * mean square of `size` neighbouring channels)**beta. Krizhevsky et al. 2012, section 3.3."""

    def __init__(self, size: int, alpha: float = 1e-4, beta: float = 0.75, k: float = 1.0) -> None:
        super().__init__()
        self.size = size
        self.alpha = alpha
        self.beta = beta
        self.k = k

    def forward(self, input: Tensor) -> Tensor:
        return F.local_response_norm(input, self.size, self.alpha, self.beta, self.k)

    def extra_repr(self) -> str:
        return f"{self.size}, alpha={self.alpha}, beta={self.beta}, k={self.k}"


def _sizes(shape: Any) -> tuple[int, ...]:
    return (int(shape),) if isinstance(shape, (int, np.integer)) else tuple(int(n) for n in shape)
