"""Results that have names: they print and unpack as PyTorch's do."""

from __future__ import annotations

from typing import Any, Generic, NamedTuple

import numpy as np

from ..ops.along import take_along
from .core import T, int64, wrap
from .run import apply


class ValuesIndices(NamedTuple, Generic[T]):
    """Elements of a Tensor, and where along the dimension they stand (int64)."""

    values: T
    indices: T


class MinMax(NamedTuple, Generic[T]):
    """The smallest and the largest elements."""

    min: T
    max: T


def picked(x: Any, index: Any, axis: int, keepdim: bool = True) -> ValuesIndices[Any]:
    """The elements of Tensor `x` that the array `index` points at along `axis`; they receive the gradient."""
    index = np.asarray(index, int64)
    indices = wrap(index)
    values = apply(take_along, x, indices, axis=axis)
    if not keepdim and index.ndim:
        shape = index.shape[:axis] + index.shape[axis + 1 :]
        return ValuesIndices(values.reshape(shape), wrap(index.reshape(shape)))
    return ValuesIndices(values, indices)
