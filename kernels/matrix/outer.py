"""Products of columns and rows, z = a b: what a batch of one gives to the gradient of a weight.

BLAS takes them for products of matrices, and packs what it multiplies once: 190 us for 784 x 256, where writing them
takes 6. Several of them, of the examples of a batch by themselves, are written by all threads.
"""

from __future__ import annotations

import math
from functools import partial

import numpy as np
from numpy import ndarray as Array

from ..machine import threads
from ..machine.jit import kernel

LEAST = 1 << 18  # elements that are worth a thread


@kernel
def _outer(a: Array, b: Array, z: Array, first: int, last: int) -> None:
    """Rows of z[i, m, n] = a[i, m] * b[i, n] + 0, numbered i * M + m: sums begin with 0, so that no product is -0."""
    M = a.shape[1]
    for number in range(first, last):
        i, m = number // M, number % M
        row, am, bi = z[number], a[i, m], b[i]
        for n in range(bi.size):
            row[n] = am * bi[n] + 0


def outer(x: Array, y: Array) -> Array:
    """x (..., M, 1) @ y (..., 1, N), of one dtype, float32 or float64: the same bits."""
    if x.ndim < 2 or x.shape[-1] != 1 or y.shape[-2:-1] != (1,) or x.shape[:-2] != y.shape[:-2]:
        raise ValueError(f"outer: wanted columns and as many rows, got {x.shape} and {y.shape}")
    M, N, count = x.shape[-2], y.shape[-1], math.prod(x.shape[:-2])
    z = np.empty((*x.shape[:-1], N), x.dtype)
    a, b = np.ascontiguousarray(x).reshape(count, M), np.ascontiguousarray(y).reshape(count, N)
    threads.split(count * M, partial(_outer, a, b, z.reshape(count * M, N)), LEAST // max(N, 1) + 1)
    return z
