"""What a Program and the function that it was captured from are compared by: every bit, and every side effect."""

from __future__ import annotations

from typing import Any

import numpy as np

import autograd


def bits(nest: Any) -> list[Any]:
    """The values in a nest of results, to the last bit, and whether they are tracked."""
    if isinstance(nest, autograd.Tensor):
        return [(tuple(nest.shape), nest.dtype, nest.detach().numpy().tobytes(), nest.requires_grad)]
    if isinstance(nest, np.ndarray):
        return [(nest.shape, nest.dtype, nest.tobytes())]
    if isinstance(nest, dict):
        return [part for key in nest for part in bits(nest[key])]
    if isinstance(nest, (tuple, list)):
        return [part for each in nest for part in bits(each)]
    return [repr(nest)]


def drawn(case: Any, seed: int, dtype: Any = np.float32, requires_grad: bool = True) -> list[Any]:
    """Inputs of a row of the table of operations."""
    arrays = case.draw(np.random.default_rng(seed))
    return [autograd.tensor(x.astype(dtype), requires_grad=requires_grad) for x in arrays]
