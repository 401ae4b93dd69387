"""Random arrays for initialisers and dropout, from the default generator or a given one."""

from __future__ import annotations

from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]

_generator = np.random.default_rng()


def source(generator: Any = None) -> np.random.Generator:
    """The NumPy generator to draw from."""
    return _generator if generator is None else generator


def uniform(shape: tuple[int, ...], low: float, high: float, dtype: Any, generator: Any = None) -> Array:
    """Uniform in [low, high)."""
    draws = source(generator).random(shape, dtype=dtype)
    draws *= high - low
    draws += low
    return draws


def normal(shape: tuple[int, ...], mean: float, std: float, dtype: Any, generator: Any = None) -> Array:
    """Normal with the given mean and standard deviation."""
    draws = source(generator).standard_normal(shape, dtype=dtype)
    draws *= std
    draws += mean
    return draws
