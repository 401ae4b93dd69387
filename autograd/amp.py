"""Mixed precision, for programs that ask for it: everything stays in float32 here, which is at least as precise.

There is no device that gains from it, so `autocast` changes no dtype and `GradScaler` scales nothing, and both say so:
`is_autocast_available` and `GradScaler().is_enabled()` are False. PyTorch on a machine without a GPU does the same.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, Self

from .errors import DeviceError
from .later import later

_DEVICES = ("cpu", "cuda", "hpu", "ipu", "maia", "meta", "mps", "mtia", "xla", "xpu")


def is_autocast_available(device_type: str) -> bool:
    """False: no operation is taken in a narrower dtype."""
    return False


class autocast:  # noqa: N801 - PyTorch's spelling
    """A `with` block, or decorator, in which everything is computed in the dtypes that its inputs have.

    device_type, dtype, enabled, cache_enabled   as in PyTorch; without effect. DeviceError for an unknown device
    """

    def __init__(
        self, device_type: str, dtype: Any = None, enabled: bool = True, cache_enabled: bool | None = None
    ) -> None:
        if not isinstance(device_type, str):
            raise TypeError(f"autocast: wanted device_type as a string such as 'cpu', got {type(device_type).__name__}")
        if device_type not in _DEVICES:
            raise DeviceError(f"autocast: User specified an unsupported autocast device_type {device_type!r}")
        self.device = device_type
        self.fast_dtype = dtype

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: Any) -> None:
        pass

    def __call__(self, function: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(function)
        def call(*args: Any, **kwargs: Any) -> Any:
            with self:
                return function(*args, **kwargs)

        return call


class GradScaler:
    """The calls of a training loop in mixed precision, with a scale of 1: float32 gradients need no other.

    >>> import autograd, nn
    >>> model, scaler = nn.Linear(2, 1), GradScaler()
    >>> optimizer = nn.optim.SGD(model.parameters(), lr=0.1)
    >>> scaler.scale(model(autograd.ones(1, 2)).sum()).backward()
    >>> scaler.step(optimizer)
    >>> scaler.update()
    >>> scaler.get_scale(), scaler.is_enabled()
    (1.0, False)
    """

    def __init__(
        self,
        device: str = "cuda",
        init_scale: float = 2.0**16,
        growth_factor: float = 2.0,
        backoff_factor: float = 0.5,
        growth_interval: int = 2000,
        enabled: bool = True,
    ) -> None:
        autocast(device)
        self._factors = (float(growth_factor), float(backoff_factor), int(growth_interval))

    def scale(self, outputs: Any) -> Any:
        """`outputs` as they are: a Tensor, or several."""
        return outputs

    def unscale_(self, optimizer: Any) -> None:
        """Nothing: the gradients are as they should be."""

    def step(self, optimizer: Any, *args: Any, **kwargs: Any) -> Any:
        """optimizer.step(*args, **kwargs)."""
        return optimizer.step(*args, **kwargs)

    def update(self, new_scale: Any = None) -> None:
        """Nothing: the scale stays 1."""

    def get_scale(self) -> float:
        """1."""
        return 1.0

    def is_enabled(self) -> bool:
        """False."""
        return False

    def get_growth_factor(self) -> float:
        """As it was given."""
        return self._factors[0]

    def get_backoff_factor(self) -> float:
        """As it was given."""
        return self._factors[1]

    def get_growth_interval(self) -> int:
        """As it was given."""
        return self._factors[2]

    def state_dict(self) -> dict[str, Any]:
        """Empty, as that of a scaler that is not enabled."""
        return {}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Nothing: a scale that a program saved elsewhere is not needed here."""


def custom_fwd(fwd: Any = None, *, device_type: str = "cuda", cast_inputs: Any = None) -> Any:
    """The `forward` of an autograd.Function itself: nothing is cast."""
    autocast(device_type)
    return (lambda function: function) if fwd is None else fwd


def custom_bwd(bwd: Any = None, *, device_type: str = "cuda") -> Any:
    """The `backward` of an autograd.Function itself."""
    autocast(device_type)
    return (lambda function: function) if bwd is None else bwd


later(__name__)
