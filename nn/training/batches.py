"""Training data in whatever form it comes: a loader, a data set, or inputs and targets."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd import Tensor
from autograd.errors import SettingError

from ..data import DataLoader, Dataset, TensorDataset


def loader_of(function: str, data: Any, batch_size: int | None, default: int, shuffle: bool) -> Any:
    """Something that yields batches on every pass.

    A pair of arrays or a data set gets a loader; anything else is taken as an iterable of batches.
    """
    pair = isinstance(data, (tuple, list)) and len(data) >= 2 and all(isinstance(x, (Tensor, np.ndarray)) for x in data)
    if pair:
        data = TensorDataset(*data)
    if isinstance(data, Dataset) or (hasattr(data, "__getitem__") and not hasattr(data, "__iter__")):
        return DataLoader(data, default if batch_size is None else batch_size, shuffle=shuffle)
    if not hasattr(data, "__iter__"):
        raise TypeError(
            f"{function}: wanted a DataLoader, a Dataset or a pair (inputs, targets), got {type(data).__name__}"
        )
    if batch_size is not None:
        raise SettingError(f"{function}: batch_size is for data sets and pairs; a loader has its own")
    return data


def split(function: str, batch: Any) -> tuple[tuple[Any, ...], Tensor]:
    """The inputs of a batch and its targets, which come last."""
    if not isinstance(batch, (tuple, list)) or len(batch) < 2:
        raise TypeError(
            f"{function}: wanted batches (inputs, targets), got {type(batch).__name__}; for anything else write the "
            "loop, it has five lines: zero_grad, forward, loss, backward, step"
        )
    return tuple(batch[:-1]), batch[-1]
