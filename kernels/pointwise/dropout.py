"""Dropout of single elements: x * scale where a mask says so, else 0. The mask takes one byte per element."""

from __future__ import annotations

from functools import partial

import numpy as np
from numpy import ndarray as Array

from ..machine import threads
from ..machine.jit import kernel

LEAST = 1 << 16  # elements that are worth a thread


@kernel
def _scaled(x: Array, mask: Array, factors: Array, z: Array, start: int, stop: int) -> None:
    """z = x * factors[mask]. All 1-d; factors = (0, scale). A product in any case, so that NaN stays NaN."""
    x, mask, z = x[start:stop], mask[start:stop], z[start:stop]  # loops from 0 on become vector code
    nothing, scale = factors[0], factors[1]
    for i in range(x.size):
        z[i] = x[i] * (scale if mask[i] else nothing)


def scaled(x: Array, mask: Array, scale: float) -> Array:
    """x * scale where `mask` (bool, of x's shape), else x * 0. x float32 or float64."""
    if mask.shape != x.shape or mask.dtype != np.bool_:
        raise ValueError(f"dropout: x of shape {x.shape}, mask of {mask.dtype} and shape {mask.shape}")
    factors = np.array([0, scale], x.dtype)
    z = np.empty(x.shape, x.dtype)
    a, m, out = np.ascontiguousarray(x).reshape(-1), np.ascontiguousarray(mask).reshape(-1), z.reshape(-1)
    threads.split(z.size, partial(_scaled, a, m, factors, out), LEAST)
    return z
