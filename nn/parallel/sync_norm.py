"""Batch norm over the batches of all processes."""

from __future__ import annotations

from typing import Any

import numpy as np

import autograd.distributed as dist
from autograd import Function, is_grad_enabled, no_grad
from autograd.errors import ShapeError
from autograd.extend import array_of, overwrite, wrap

from ..layers.norm import _BatchNorm
from ..module import Module


class _Sum(Function):
    """The sum of a Tensor over all processes. Each of them uses it, so its gradient is the sum of theirs."""

    @staticmethod
    def forward(ctx: Any, x: Any, group: Any) -> Any:
        ctx.group = group
        total = wrap(np.array(array_of(x)))
        dist.all_reduce(total, group=group)
        return total

    @staticmethod
    def backward(ctx: Any, dz: Any) -> Any:
        total = wrap(np.array(array_of(dz)))
        dist.all_reduce(total, group=ctx.group)
        return total, None


class SyncBatchNorm(_BatchNorm):
    """Batch norm of (N, C, ...) with mean and variance of the batches of all processes: as one process would have it.

    process_group   of which processes; default: all. Where there is one, this is `BatchNorm*d` for any size
    """

    def __init__(
        self,
        num_features: int,
        eps: float = 1e-5,
        momentum: float | None = 0.1,
        affine: bool = True,
        track_running_stats: bool = True,
        process_group: Any = None,
        device: Any = None,
        dtype: Any = None,
        *,
        bias: bool = True,
    ) -> None:
        super().__init__(num_features, eps, momentum, affine, track_running_stats, device, dtype, bias=bias)
        self.process_group = process_group

    def _check_input_dim(self, input: Any) -> None:
        if input.ndim < 2:
            raise ShapeError(f"SyncBatchNorm: expected at least 2D input (got {input.ndim}D input)")

    def forward(self, input: Any) -> Any:
        """In training with several processes: two sums over all of them, for the mean and for the variance."""
        self._check_input_dim(input)
        known = self.running_mean is not None
        if not dist.is_initialized() or dist.get_world_size(self.process_group) <= 1 or (known and not self.training):
            return super().forward(input)
        dims = (0, *range(2, input.ndim))
        shape = (1, -1, *[1] * (input.ndim - 2))
        count = wrap(np.array([input.size(0) * np.prod(input.shape[2:])], np.float64))
        dist.all_reduce(count, group=self.process_group)
        total = count.item()
        mean = _Sum.apply(input.sum(dims), self.process_group) / total
        centred = input - mean.reshape(shape)
        var = _Sum.apply(centred.square().sum(dims), self.process_group) / total
        z = centred * (var + self.eps).rsqrt().reshape(shape)
        if self.weight is not None:
            z = z * self.weight.reshape(shape)
        if self.bias is not None:
            z = z + self.bias.reshape(shape)
        if known and self.training and is_grad_enabled():
            self._follow(array_of(mean), array_of(var), total)
        return z

    def _follow(self, mean: Any, var: Any, total: float) -> None:
        """Move the running statistics towards those of this batch."""
        with no_grad():
            count = self.num_batches_tracked
            overwrite(count, array_of(count) + 1, "SyncBatchNorm")
            share = 1 / count.item() if self.momentum is None else self.momentum
            for running, now in ((self.running_mean, mean), (self.running_var, var * (total / max(total - 1, 1)))):
                overwrite(running, (1 - share) * array_of(running) + share * now, "SyncBatchNorm")

    @classmethod
    def convert_sync_batchnorm(cls, module: Module, process_group: Any = None) -> Module:
        """`module` with a SyncBatchNorm in place of every BatchNorm*d, over the same parameters and statistics."""
        converted: Module = module
        if isinstance(module, _BatchNorm) and not isinstance(module, cls):
            made = cls(
                module.num_features,
                module.eps,
                module.momentum,
                module.affine,
                module.track_running_stats,
                process_group,
            )
            if module.affine:
                made.weight, made.bias = module.weight, module.bias
            for name in ("running_mean", "running_var", "num_batches_tracked"):
                setattr(made, name, getattr(module, name))
            made.training = module.training
            converted = made
        for name, child in module.named_children():
            setattr(converted, name, cls.convert_sync_batchnorm(child, process_group))
        return converted
