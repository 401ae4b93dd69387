"""The names of autograd.cuda, for type checkers. Written by `python -m tests.stubs`."""

from ..devices import Absent as Absent
from ..errors import DeviceError as DeviceError
from ..later import later as later
from autograd.cuda import amp as amp
from autograd import cuda as random
import builtins
from collections.abc import Callable
from typing import Any
class AcceleratorError(RuntimeError): ...
def CUDAGraph(*args: Any, **kwargs: Any) -> Any:
    """Raises DeviceError: there is no such device."""
def Event(*args: Any, **kwargs: Any) -> Any:
    """Raises DeviceError: there is no such device."""
class OutOfMemoryError(RuntimeError): ...
def Stream(*args: Any, **kwargs: Any) -> Any:
    """Raises DeviceError: there is no such device."""
def current_device(*args: Any, **kwargs: Any) -> Any:
    """Raises DeviceError: there is no such device."""
def current_stream(*args: Any, **kwargs: Any) -> Any:
    """Raises DeviceError: there is no such device."""
def default_stream(*args: Any, **kwargs: Any) -> Any:
    """Raises DeviceError: there is no such device."""
def device(*args: Any, **kwargs: Any) -> Any:
    """Raises DeviceError: there is no such device."""
def device_count() -> builtins.int:
    """0."""
def empty_cache() -> None:
    """Nothing."""
def get_arch_list() -> list[str]:
    """Empty."""
def get_device_capability(*args: Any, **kwargs: Any) -> Any:
    """Raises DeviceError: there is no such device."""
def get_device_name(*args: Any, **kwargs: Any) -> Any:
    """Raises DeviceError: there is no such device."""
def get_device_properties(*args: Any, **kwargs: Any) -> Any:
    """Raises DeviceError: there is no such device."""
def get_rng_state(*args: Any, **kwargs: Any) -> Any:
    """Raises DeviceError: there is no such device."""
def get_rng_state_all() -> list[Any]:
    """Empty: one state per device."""
has_half: bool
has_magma: bool
def init(*args: Any, **kwargs: Any) -> Any:
    """Raises DeviceError: there is no such device."""
def initial_seed(*args: Any, **kwargs: Any) -> Any:
    """Raises DeviceError: there is no such device."""
def ipc_collect() -> None:
    """Nothing."""
def is_available() -> builtins.bool:
    """False: Tensors live on the CPU only."""
def is_bf16_supported(including_emulation: builtins.bool = True) -> builtins.bool:
    """False."""
def is_initialized() -> builtins.bool:
    """False."""
def is_tf32_supported() -> builtins.bool:
    """False."""
def make_graphed_callables(*args: Any, **kwargs: Any) -> Any:
    """Raises DeviceError: there is no such device."""
def manual_seed(seed: builtins.int) -> None:
    """Nothing: `autograd.manual_seed` seeds the only generator."""
def manual_seed_all(seed: builtins.int) -> None:
    """Nothing: `autograd.manual_seed` seeds the only generator."""
def max_memory_allocated(device: Any = None) -> builtins.int:
    """0: nothing is held on such a device."""
def max_memory_cached(device: Any = None) -> builtins.int:
    """0: nothing is held on such a device."""
def max_memory_reserved(device: Any = None) -> builtins.int:
    """0: nothing is held on such a device."""
def mem_get_info(*args: Any, **kwargs: Any) -> Any:
    """Raises DeviceError: there is no such device."""
def memory_allocated(device: Any = None) -> builtins.int:
    """0: nothing is held on such a device."""
def memory_cached(device: Any = None) -> builtins.int:
    """0: nothing is held on such a device."""
def memory_reserved(device: Any = None) -> builtins.int:
    """0: nothing is held on such a device."""
def memory_stats(device: Any = None) -> dict[str, Any]:
    """Empty."""
def memory_summary(*args: Any, **kwargs: Any) -> Any:
    """Raises DeviceError: there is no such device."""
def reset_max_memory_allocated() -> None:
    """Nothing."""
def reset_max_memory_cached() -> None:
    """Nothing."""
def reset_peak_memory_stats() -> None:
    """Nothing."""
def seed() -> None:
    """Nothing: `autograd.seed` restarts the only generator."""
def seed_all() -> None:
    """Nothing: `autograd.seed` restarts the only generator."""
def set_device(*args: Any, **kwargs: Any) -> Any:
    """Raises DeviceError: there is no such device."""
def set_rng_state(*args: Any, **kwargs: Any) -> Any:
    """Raises DeviceError: there is no such device."""
def set_rng_state_all(new_states: Any) -> None:
    """Nothing: there are no devices whose states to set."""
def stream(*args: Any, **kwargs: Any) -> Any:
    """Raises DeviceError: there is no such device."""
def synchronize(device: Any = None) -> None:
    """Nothing: every operation has ended when its result is there."""
def utilization(*args: Any, **kwargs: Any) -> Any:
    """Raises DeviceError: there is no such device."""
