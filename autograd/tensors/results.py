"""Results that have names: they print and unpack as PyTorch's do."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from ..ops.along import take_along
from .core import apply, int64, wrap


class ValuesIndices(NamedTuple):
    """Elements of a Tensor, and where along the dimension they stand (int64)."""

    values: Any
    indices: Any


class MinMax(NamedTuple):
    """The smallest and the largest elements."""

    min: Any
    max: Any


def picked(x: Any, index: Any, axis: int, keepdim: bool = True) -> ValuesIndices:
    """The elements of Tensor `x` that the array `index` points at along `axis`; they receive the gradient."""
    index = np.asarray(index, int64)
    values = apply(take_along, x, index, axis=axis)
    if not keepdim and index.ndim:
        shape = index.shape[:axis] + index.shape[axis + 1 :]
        return ValuesIndices(values.reshape(shape), wrap(index.reshape(shape)))
    return ValuesIndices(values, wrap(index))
