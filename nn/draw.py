"""Random arrays for initialisers and dropout, from autograd's default generator or a given one."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy import ndarray as Array

from autograd import Generator, default_generator


def source(generator: Generator | None = None) -> np.random.Generator:
    """The NumPy generator to draw from."""
    return (default_generator if generator is None else generator).rng


def uniform(shape: tuple[int, ...], low: float, high: float, dtype: Any, generator: Generator | None = None) -> Array:
    """Uniform in [low, high)."""
    draws = np.asarray(source(generator).random(shape, dtype=dtype))
    draws *= high - low
    draws += low
    return draws


def normal(shape: tuple[int, ...], mean: float, std: float, dtype: Any, generator: Generator | None = None) -> Array:
    """Normal with the given mean and standard deviation."""
    draws = np.asarray(source(generator).standard_normal(shape, dtype=dtype))
    draws *= std
    draws += mean
    return draws
