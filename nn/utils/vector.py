"""All parameters of a model as one vector, and back."""

from __future__ import annotations

import math
from collections.abc import Iterable

from autograd import Tensor, cat
from autograd.errors import ShapeError
from autograd.extend import array_of, overwrite


def parameters_to_vector(parameters: Iterable[Tensor]) -> Tensor:
    """All elements in one 1-d Tensor, in order; recorded."""
    return cat([parameter.reshape(-1) for parameter in parameters])


def vector_to_parameters(vec: Tensor, parameters: Iterable[Tensor]) -> None:
    """Copy consecutive pieces of a 1-d Tensor into the parameters."""
    if not isinstance(vec, Tensor):
        raise TypeError(f"expected Tensor, but got: {type(vec).__name__}")
    targets = list(parameters)
    wanted = sum(math.prod(p.shape) for p in targets)
    if vec.ndim != 1 or vec.shape[0] != wanted:
        raise ShapeError(f"vector_to_parameters: wanted shape ({wanted},), got {tuple(vec.shape)}")
    start = 0
    for p in targets:
        stop = start + math.prod(p.shape)
        overwrite(p, array_of(vec)[start:stop].reshape(p.shape), "vector_to_parameters")
        start = stop
