"""What programs ask about NVIDIA's devices: there are none, so all take the CPU.

    amp.py             mixed precision under its old path (no need to read this first)

The rule: what only asks, or tidies up, answers as on a machine without one; what needs one raises DeviceError.
"""

from __future__ import annotations

import importlib
from typing import Any

from ..devices import Absent
from ..errors import DeviceError
from ..later import later

is_available = Absent.is_available
device_count = Absent.device_count
has_half = has_magma = False


def manual_seed(seed: int) -> None:
    """Nothing: `autograd.manual_seed` seeds the only generator."""


manual_seed_all = manual_seed


def seed() -> None:
    """Nothing: `autograd.seed` restarts the only generator."""


seed_all = seed


def is_initialized() -> bool:
    """False."""
    return False


def is_bf16_supported(including_emulation: bool = True) -> bool:
    """False."""
    return False


def is_tf32_supported() -> bool:
    """False."""
    return False


def empty_cache() -> None:
    """Nothing."""


ipc_collect = reset_peak_memory_stats = reset_max_memory_allocated = reset_max_memory_cached = empty_cache


def synchronize(device: Any = None) -> None:
    """Nothing: every operation has ended when its result is there."""


def memory_allocated(device: Any = None) -> int:
    """0: nothing is held on such a device."""
    return 0


max_memory_allocated = memory_reserved = max_memory_reserved = memory_cached = max_memory_cached = memory_allocated


def memory_stats(device: Any = None) -> dict[str, Any]:
    """Empty."""
    return {}


def get_arch_list() -> list[str]:
    """Empty."""
    return []


def get_rng_state_all() -> list[Any]:
    """Empty: one state per device."""
    return []


def set_rng_state_all(new_states: Any) -> None:
    """Nothing: there are no devices whose states to set."""


class OutOfMemoryError(RuntimeError):
    """Never raised: for programs that catch it."""


AcceleratorError = OutOfMemoryError


def _needs_one(name: str) -> Any:
    def refuse(*args: Any, **kwargs: Any) -> Any:
        raise DeviceError(f"cuda.{name}: there is no device 'cuda': Tensors live on the CPU only")

    refuse.__name__ = refuse.__qualname__ = name
    refuse.__doc__ = "Raises DeviceError: there is no such device."
    return refuse


_REFUSED = (
    "CUDAGraph", "Event", "Stream", "current_device", "current_stream", "default_stream", "device",
    "get_device_capability", "get_device_name", "get_device_properties", "get_rng_state", "init", "initial_seed",
    "make_graphed_callables", "mem_get_info", "memory_summary", "set_device", "set_rng_state", "stream", "utilization",
)  # fmt: skip
globals().update({name: _needs_one(name) for name in _REFUSED})


later(__name__, {"amp": "autograd.cuda.amp", "random": __name__})
