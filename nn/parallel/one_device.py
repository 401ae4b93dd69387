"""Layers for several devices, on the one there is."""

from __future__ import annotations

from typing import Any

from autograd.errors import DeviceError
from autograd.extend import check_device

from ..module import Module

__all__ = ["DataParallel", "data_parallel"]


class DataParallel(Module):
    """The module itself, on the one device there is: as PyTorch's on a machine without a GPU.

    The wrapped module is `.module`, so its state has keys "module.*", as there.

    device_ids, output_device   None, empty or the CPU; DeviceError for others
    dim                         along which several devices would share a batch: without effect
    """

    module: Module

    def __init__(self, module: Module, device_ids: Any = None, output_device: Any = None, dim: int = 0) -> None:
        super().__init__()
        check_devices("DataParallel", device_ids, output_device)
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
    check_devices("data_parallel", device_ids, output_device)
    args = inputs if isinstance(inputs, tuple) else () if inputs is None else (inputs,)
    return module(*args, **(module_kwargs or {}))


def check_devices(function: str, device_ids: Any, output_device: Any) -> None:
    """Raise for devices other than the CPU."""
    for where in (*(device_ids or ()), output_device):
        if isinstance(where, int):
            raise DeviceError(f"{function}: there is no device number {where}: Tensors live on the CPU only")
        check_device(function, where)
