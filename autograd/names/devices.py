"""Other devices, other libraries and other processes, none of which is here: what programs ask about them."""

from __future__ import annotations

import contextlib
import multiprocessing
from collections.abc import Iterator
from types import ModuleType
from typing import Any

from ..devices import Absent
from .absent import missing


class Switches(Absent, ModuleType):
    """A library that is not here. Its switches have PyTorch's defaults and may be set; nothing changes."""

    def __init__(self, **defaults: Any) -> None:
        ModuleType.__init__(self, "switches")
        self.__dict__.update(defaults)

    def __getattr__(self, name: str) -> Any:
        raise missing("backends", name)

    def version(self) -> None:
        """None: it is not here."""

    @contextlib.contextmanager
    def flags(self, *args: Any, **settings: Any) -> Iterator[None]:
        """Nothing is changed within it."""
        yield


def _switches(**defaults: Any) -> Switches:
    return Switches(**defaults)


_CUDNN = _switches(
    allow_tf32=True, benchmark=False, benchmark_limit=10, deterministic=False, enabled=True, fp32_precision="none"
)
_CUDA = _switches(
    matmul=_switches(
        allow_tf32=False, allow_fp16_reduced_precision_reduction=True, allow_bf16_reduced_precision_reduction=True
    ),
    cufft_plan_cache=_switches(size=0, max_size=0),
    flash_sdp_enabled=lambda: False,
    mem_efficient_sdp_enabled=lambda: False,
    math_sdp_enabled=lambda: True,
    cudnn_sdp_enabled=lambda: False,
    enable_flash_sdp=lambda enabled: None,
    enable_mem_efficient_sdp=lambda enabled: None,
    enable_math_sdp=lambda enabled: None,
    enable_cudnn_sdp=lambda enabled: None,
    sdp_kernel=lambda *args, **settings: contextlib.nullcontext(),
)

BACKENDS: dict[str, Any] = {
    "cpu": _switches(get_cpu_capability=lambda: "DEFAULT"),
    "cuda": _CUDA,
    "cudnn": _CUDNN,
    "cusparselt": _switches(),
    "kleidiai": _switches(),
    "mha": _switches(get_fastpath_enabled=lambda: False, set_fastpath_enabled=lambda value: None),
    "miopen": _switches(immediate=False),
    "mkl": _switches(),
    "mkldnn": _switches(enabled=False, deterministic=False, allow_tf32=False),
    "mps": _switches(
        is_macos_or_newer=lambda major, minor: False,
        is_macos13_or_newer=lambda minor=0: False,
    ),
    "nnpack": _switches(),
    "openmp": _switches(),
    "opt_einsum": _switches(enabled=False, strategy=None),
    "quantized": _switches(engine="none", supported_engines=["none"]),
}

NO_DEVICE: dict[str, Any] = {
    "current_accelerator": lambda check_available=False: None,
    "device_count": Absent.device_count,
    "empty_cache": lambda: None,
    "is_available": Absent.is_available,
    "manual_seed": lambda seed: None,
    "manual_seed_all": lambda seed: None,
    "synchronize": lambda device=None: None,
}

MULTIPROCESSING: dict[str, Any] = {
    **{name: getattr(multiprocessing, name) for name in multiprocessing.__all__},
    "get_all_sharing_strategies": lambda: {"file_system"},
    "get_sharing_strategy": lambda: "file_system",
    "set_sharing_strategy": lambda new_strategy: None,
}


@contextlib.contextmanager
def safe_globals(safe_globals: list[Any]) -> Iterator[None]:
    """Nothing is changed within it: files hold no classes, so none needs to be declared safe."""
    yield
