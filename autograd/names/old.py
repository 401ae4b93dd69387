"""Names that PyTorch keeps from older versions, and settings that change nothing here."""

from __future__ import annotations

import os
import warnings
from typing import Any

import numpy as np

from ..devices import check_device, device
from ..errors import DTypeError, SettingError
from ..modes import state
from ..tensors import Tensor
from ..tensors.core import Core, set_default_dtype, spec_of
from ..tensors.options import Layout, strided

IN_PLACE = frozenset(("celu_", "rrelu_", "selu_", "threshold_"))
"""Functions of `nn.functional` that write into their input, and that PyTorch has in its main module, too."""


def constructor(name: str, dtype: str) -> Any:
    """`FloatTensor` and its kin."""

    def make(*data: Any) -> Tensor:
        return Tensor(*data, dtype=dtype)

    make.__name__ = make.__qualname__ = name
    make.dtype = np.dtype(dtype)  # type: ignore[attr-defined]  # x.type(FloatTensor) asks for it
    make.__doc__ = f"A {dtype} Tensor of data, or given sizes as ints, of zeros: an old form of `tensor`."
    return make


def Variable(data: Any, requires_grad: bool = False) -> Any:  # noqa: N802
    """The Tensor itself as a leaf: since PyTorch 0.4 there is no difference between the two."""
    x: Any = data if isinstance(data, Tensor) else Tensor(data)
    return x.detach().requires_grad_(requires_grad)


def set_default_tensor_type(t: Any) -> None:
    """`set_default_dtype` of the dtype of a constructor such as `FloatTensor`, or of its name."""
    name = t if isinstance(t, str) else getattr(t, "__name__", str(t))
    dtype = {"FloatTensor": np.float32, "DoubleTensor": np.float64}.get(name.rpartition(".")[2])
    if dtype is None:
        raise DTypeError(f"set_default_tensor_type: wanted FloatTensor or DoubleTensor, got {t}")
    set_default_dtype(dtype)


def use_deterministic_algorithms(mode: bool, *, warn_only: bool = False) -> None:
    """Nothing is changed: the same seed and number of threads give the same bits, always."""


def set_deterministic_debug_mode(debug_mode: int | str) -> None:
    """Nothing is changed: see `use_deterministic_algorithms`."""


def set_float32_matmul_precision(precision: str) -> None:
    """Nothing is changed: products of float32 are always made in full precision ("highest")."""
    if precision not in ("highest", "high", "medium"):
        raise SettingError(f"set_float32_matmul_precision: wanted 'highest', 'high' or 'medium', got {precision!r}")


def set_default_device(device: Any) -> None:
    """Nothing is changed. Raises DeviceError for every device but the CPU."""
    check_device("set_default_device", device)


def set_flush_denormal(mode: bool) -> bool:
    """False: the processor's treatment of the smallest numbers is never changed."""
    return False


def is_nonzero(input: Any) -> bool:
    """Is the only element of a Tensor not 0?"""
    return bool(input)


def is_inference_mode_enabled() -> bool:
    """Are we inside `inference_mode`, or `no_grad`, which does the same here?"""
    return state.tape is None


def is_storage(obj: Any) -> bool:
    """False: there are no storages, a Tensor's memory is a NumPy array."""
    return False


def is_complex(input: Any) -> bool:
    """False: there are no complex Tensors."""
    if not isinstance(input, Core):
        raise TypeError(f"is_complex: wanted a Tensor, got {type(input).__name__}")
    return False


def typename(obj: Any) -> str:
    """The name of an object's type, with its module; of a Tensor, the name of its dtype."""
    if isinstance(obj, Core):
        return str(obj.type())  # type: ignore[attr-defined]
    kind = obj if hasattr(obj, "__qualname__") else type(obj)
    module = getattr(kind, "__module__", "") or ""
    return kind.__qualname__ if module in ("", "builtins") else f"{module}.{kind.__qualname__}"


def get_device(input: Any) -> int:
    """-1: the number of a GPU, were the Tensor on one."""
    return -1


def set_num_interop_threads(num: int) -> None:
    """Nothing is changed: operations run one after the other."""
    if num <= 0:
        raise SettingError(f"set_num_interop_threads: expects a positive integer, got {num}")


def set_warn_always(b: bool, /) -> None:
    """Warn every time instead of once per place: `warnings.simplefilter`."""
    warnings.simplefilter("always" if b else "default")


def get_file_path(*path_components: str) -> str:
    """A path inside the folder of this package."""
    return os.path.join(os.path.dirname(os.path.dirname(__file__)), *path_components)


SETTINGS: dict[str, Any] = {
    "Variable": Variable,
    "are_deterministic_algorithms_enabled": lambda: True,
    "compiled_with_cxx11_abi": lambda: True,
    "get_default_device": lambda: device("cpu"),
    "get_deterministic_debug_mode": lambda: 0,
    "get_device": get_device,
    "get_file_path": get_file_path,
    "get_float32_matmul_precision": lambda: "highest",
    "get_num_interop_threads": lambda: 1,
    "has_lapack": True,
    "has_mkl": False,
    "has_openmp": False,
    "has_spectral": False,
    "is_autocast_available": lambda device_type: False,
    "is_autocast_cache_enabled": lambda: False,
    "is_autocast_cpu_enabled": lambda: False,
    "is_autocast_enabled": lambda device_type="cpu": False,
    "is_complex": is_complex,
    "is_conj": lambda input: False,
    "is_deterministic_algorithms_warn_only_enabled": lambda: False,
    "is_distributed": lambda input: False,
    "is_inference": lambda input: False,
    "is_inference_mode_enabled": is_inference_mode_enabled,
    "is_neg": lambda input: False,
    "is_nonzero": is_nonzero,
    "is_same_size": lambda input, other: spec_of(input).shape == spec_of(other).shape,
    "is_signed": lambda input: input.is_signed(),
    "is_storage": is_storage,
    "is_vulkan_available": lambda: False,
    "layout": Layout,
    "memory_format": str,
    "set_default_device": set_default_device,
    "set_default_tensor_type": set_default_tensor_type,
    "set_deterministic_debug_mode": set_deterministic_debug_mode,
    "set_float32_matmul_precision": set_float32_matmul_precision,
    "set_flush_denormal": set_flush_denormal,
    "set_num_interop_threads": set_num_interop_threads,
    "set_warn_always": set_warn_always,
    "strided": strided,
    "typename": typename,
    "use_deterministic_algorithms": use_deterministic_algorithms,
}
