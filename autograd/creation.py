"""Making Tensors: from data, filled, counted."""

from __future__ import annotations

from typing import Any

import numpy as np

from .tensor import Tensor
from .tensor.core import array_of, new_leaf, wrap


def tensor(data: Any, *, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Tensor:
    """A Tensor with a copy of `data`: numbers, nested lists, an array or a Tensor.

    dtype   default: that of an array; float32 for Python floats, int64 for ints, bool for bools
    """
    out: Tensor = wrap(np.array(array_of(data), dtype=dtype))
    if requires_grad:
        new_leaf(out)
    return out


def from_numpy(array: np.ndarray[Any, Any]) -> Tensor:
    """A Tensor that shares the memory of a NumPy array."""
    if not isinstance(array, np.ndarray):
        raise TypeError(f"from_numpy: expected np.ndarray (got {type(array).__name__})")
    out: Tensor = wrap(array)
    return out
