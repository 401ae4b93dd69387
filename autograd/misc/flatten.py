"""Nests of arrays as one vector, and back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..hips.boxes import call, holds, values
from ..tracing import leaves_of, rebuild

__all__ = ["flatten", "flatten_func"]


def flatten(value: Any) -> tuple[Any, Callable[[Any], Any]]:
    """(vector, unflatten) of a nest of tuples, lists and dictionaries of arrays; unflatten(vector) is the nest again.

    Dictionaries are gone through in the order of their sorted keys. Both ways can be differentiated.

    >>> import numpy as np
    >>> vector, unflatten = flatten({"w": np.ones((2, 2)), "b": 3.0})
    >>> print(vector, unflatten(vector)["w"].shape)
    [3. 1. 1. 1. 1.] (2, 2)
    """
    value = _sorted(value)
    leaves = leaves_of(value)
    shapes = [np.shape(values(leaf)) for leaf in leaves]
    ends = np.cumsum([int(np.prod(shape)) for shape in shapes]).tolist()
    parts = [_ravel(leaf) for leaf in leaves]
    vector = _joined(parts) if parts else np.zeros(0)
    starts = [0, *ends[:-1]]

    def unflatten(vector: Any) -> Any:
        cut = [vector[start:end] for start, end in zip(starts, ends)]
        whole = [part.reshape(shape) if shape else part[0] for part, shape in zip(cut, shapes)]
        return rebuild(value, whole)

    return vector, unflatten


def _sorted(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _sorted(value[key]) for key in sorted(value)}
    if isinstance(value, (tuple, list)):
        parts = [_sorted(part) for part in value]
        return type(value)(*parts) if hasattr(value, "_fields") else type(value)(parts)
    return value


def _ravel(x: Any) -> Any:
    return call(np.ravel, (x,), {}) if holds(x) else np.ravel(x)


def _joined(parts: list[Any]) -> Any:
    return call(np.concatenate, (parts,), {}) if holds(parts) else np.concatenate(parts)


def flatten_func(func: Callable[..., Any], example: Any) -> tuple[Callable[..., Any], Callable[[Any], Any], Any]:
    """(function of a vector, unflatten, vector of the example) for a function of a nest and a nest to begin with."""
    vector, unflatten = flatten(example)

    def of_vector(vector: Any, *args: Any, **kwargs: Any) -> Any:
        return flatten(func(unflatten(vector), *args, **kwargs))[0]

    return of_vector, unflatten, vector
