"""Arrays of other libraries without a copy, by the DLPack protocol, which NumPy implements."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..tensors import Tensor
from ..tensors.core import array_of, wrap

__all__ = ["from_dlpack", "to_dlpack"]


def from_dlpack(ext_tensor: Any) -> Tensor:
    """A Tensor that shares the memory of an array of another library (anything with `__dlpack__`)."""
    return wrap(np.from_dlpack(ext_tensor))


def to_dlpack(tensor: Any) -> Any:
    """A capsule that another library's `from_dlpack` takes; it shares the memory of `tensor`."""
    return array_of(tensor).__dlpack__()
