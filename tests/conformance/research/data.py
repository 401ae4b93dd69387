"""Numbers for the programs: the same in every library."""

from __future__ import annotations

from typing import Any

import numpy as np


def normal(seed: int, *shape: int) -> Any:
    """Normally distributed numbers, in double precision."""
    return np.random.default_rng(seed).standard_normal(shape)


def labels(seed: int, count: int, classes: int) -> Any:
    """Classes."""
    return np.random.default_rng(seed).integers(0, classes, count)


def filled(model: Any, seed: int = 0) -> Any:
    """A module in double precision with parameters that all libraries have alike."""
    model = model.double()
    rng = np.random.default_rng(seed)
    for parameter in model.parameters():
        values = rng.standard_normal(tuple(parameter.shape)) / max(parameter.shape[-1], 4) ** 0.5
        parameter.data = parameter.data.new_tensor(values)
    return model
