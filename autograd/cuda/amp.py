"""Mixed precision under its older name: `from autograd.cuda.amp import GradScaler, autocast`."""

from __future__ import annotations

from typing import Any

from .. import amp
from ..later import later


class autocast(amp.autocast):  # noqa: N801 - PyTorch's spelling
    """`amp.autocast` for the device "cuda", which is not here: everything stays in float32."""

    def __init__(self, enabled: bool = True, dtype: Any = None, cache_enabled: bool = True) -> None:
        super().__init__("cuda", dtype, enabled, cache_enabled)


class GradScaler(amp.GradScaler):
    """`amp.GradScaler` for the device "cuda", which is not here: nothing is scaled."""

    def __init__(
        self,
        init_scale: float = 2.0**16,
        growth_factor: float = 2.0,
        backoff_factor: float = 0.5,
        growth_interval: int = 2000,
        enabled: bool = True,
    ) -> None:
        super().__init__("cuda", init_scale, growth_factor, backoff_factor, growth_interval, enabled)


def custom_fwd(fwd: Any = None, *, cast_inputs: Any = None) -> Any:
    """`amp.custom_fwd` for the device "cuda"."""
    return amp.custom_fwd(fwd, device_type="cuda", cast_inputs=cast_inputs)


def custom_bwd(bwd: Any) -> Any:
    """`amp.custom_bwd` for the device "cuda"."""
    return amp.custom_bwd(bwd, device_type="cuda")


later(__name__)
