"""Layers for several devices or processes, on the one there is."""

from __future__ import annotations

from typing import Any

from autograd.errors import DeviceError, ShapeError
from autograd.extend import check_device
from autograd.later import later

from .layers.norm import _BatchNorm
from .module import Module

__all__ = ["DataParallel", "SyncBatchNorm", "data_parallel"]


class DataParallel(Module):
    """The module itself, on the one device there is: as PyTorch's on a machine without a GPU.

    The wrapped module is `.module`, so its state has keys "module.*", as there.

    device_ids, output_device   None, empty or the CPU; DeviceError for others
    dim                         along which several devices would share a batch: without effect
    """

    module: Module

    def __init__(self, module: Module, device_ids: Any = None, output_device: Any = None, dim: int = 0) -> None:
        super().__init__()
        _check_devices("DataParallel", device_ids, output_device)
        self.module = module
        self.dim = dim
        self.device_ids: list[int] = []

    def forward(self, *inputs: Any, **kwargs: Any) -> Any:
        """module(*inputs, **kwargs)."""
        return self.module(*inputs, **kwargs)


def data_parallel(
    module: Module,
    inputs: Any,
    device_ids: Any = None,
    output_device: Any = None,
    dim: int = 0,
    module_kwargs: dict[str, Any] | None = None,
) -> Any:
    """module(*inputs, **module_kwargs): see `DataParallel`."""
    _check_devices("data_parallel", device_ids, output_device)
    args = inputs if isinstance(inputs, tuple) else () if inputs is None else (inputs,)
    return module(*args, **(module_kwargs or {}))


def _check_devices(function: str, device_ids: Any, output_device: Any) -> None:
    for where in (*(device_ids or ()), output_device):
        if isinstance(where, int):
            raise DeviceError(f"{function}: there is no device number {where}: Tensors live on the CPU only")
        check_device(function, where)


class SyncBatchNorm(_BatchNorm):
    """Batch norm of (N, C, ...) with statistics over all processes, of which there is one: `BatchNorm*d` for any size.

    process_group   None: there is one process
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
        if process_group is not None:
            raise DeviceError(f"SyncBatchNorm: there is one process and no group of several, got {process_group!r}")
        self.process_group = None

    def _check_input_dim(self, input: Any) -> None:
        if input.ndim < 2:
            raise ShapeError(f"SyncBatchNorm: expected at least 2D input (got {input.ndim}D input)")

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


later(__name__)
