"""Where Tensors live: always in the memory of the CPU. Programs that name the device keep running; others are told."""

from __future__ import annotations

from typing import Any

from .errors import DeviceError


class device:  # noqa: N801 - PyTorch's spelling
    """The device "cpu", which is the only one.

    >>> device("cpu"), str(device("cpu")), device("cpu") == device("cpu")
    (device(type='cpu'), 'cpu', True)
    """

    type: str
    index: int | None

    def __init__(self, type: Any = "cpu", index: int | None = None) -> None:
        if isinstance(type, device):
            type, index = type.type, type.index
        if not isinstance(type, str):
            raise TypeError(f"device: wanted a string such as 'cpu', got {type!r}")
        kind, _, number = type.partition(":")
        if kind != "cpu":
            raise DeviceError(f"device: there is no device {type!r}: Tensors live on the CPU only; use 'cpu'")
        if number:
            index = int(number)
        if index not in (None, 0):
            raise DeviceError(f"device: CPU device index must be -1 or zero, got {index}")
        self.type = kind
        self.index = index

    def __eq__(self, other: object) -> bool:
        return isinstance(other, device) and (self.type, self.index) == (other.type, other.index)

    def __hash__(self) -> int:
        return hash((self.type, self.index))

    def __str__(self) -> str:
        return self.type if self.index is None else f"{self.type}:{self.index}"

    def __repr__(self) -> str:
        return f"device(type='{self.type}'" + ("" if self.index is None else f", index={self.index}") + ")"


_KNOWN = frozenset(
    {"cpu", "cuda", "gpu", "hip", "hpu", "ipu", "meta", "mkldnn", "mps", "mtia", "tpu", "vulkan", "xla", "xpu"}
)


def check_device(function: str, where: Any) -> None:
    """Raise DeviceError unless `where` is None or names the CPU."""
    if where is None or where == "cpu":
        return
    try:
        device(where)
    except DeviceError as error:
        if isinstance(where, str) and where.split(":")[0] not in _KNOWN:
            raise DeviceError(
                f"{function}: {where!r} is the name of neither a device ('cpu') nor a dtype ('float32')"
            ) from None
        raise DeviceError(str(error).replace("device:", f"{function}:", 1)) from None


class Absent:
    """A device, or a library for one, that is not here, so that programs choose the CPU. Its switches may be set."""

    @staticmethod
    def is_available() -> bool:
        """False: Tensors live on the CPU only."""
        return False

    is_built = is_available

    @staticmethod
    def device_count() -> int:
        """0."""
        return 0
