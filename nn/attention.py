"""PyTorch's `torch.nn.attention`: choosing between implementations of attention, of which there is one here."""

from __future__ import annotations

import contextlib
import enum
from collections.abc import Iterator, Sequence

from autograd.errors import SettingError
from autograd.later import later as _later


class SDPBackend(enum.IntEnum):
    """PyTorch's implementations of `F.scaled_dot_product_attention`."""

    ERROR = -1
    MATH = 0
    FLASH_ATTENTION = 1
    EFFICIENT_ATTENTION = 2
    CUDNN_ATTENTION = 3
    OVERRIDEABLE = 4


@contextlib.contextmanager
def sdpa_kernel(backends: SDPBackend | Sequence[SDPBackend], set_priority: bool = False) -> Iterator[None]:
    """A `with` block in which nothing changes: all implementations compute the same, and there is one here."""
    chosen = [backends] if isinstance(backends, SDPBackend) else list(backends)
    if not chosen or not all(isinstance(backend, SDPBackend) for backend in chosen):
        raise SettingError(f"sdpa_kernel: wanted one SDPBackend or a list of them, got {backends!r}")
    yield


_later(__name__)
