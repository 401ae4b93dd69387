"""Sums in chunks against exact ones, at lengths around a vector and around a chunk."""

from __future__ import annotations

import numpy as np
import pytest

from kernels.machine import jit, sums
from kernels.machine.jit import kernel

LENGTHS = [0, 1, 7, 15, 17, 33, sums.CHUNK - 1, sums.CHUNK, sums.CHUNK + 1, 3 * sums.CHUNK + 5]


def _cube(x, y, c):
    return x * y * c


def _both(x, y, z, c):
    return x * y, z - c


products = kernel(sums.long_sum(_cube))
pairs = kernel(sums.two_long_sums(_both))
alone = kernel(sums.chunk_sum(sums.value))
totals = kernel(sums.long_sum(sums.value))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("length", LENGTHS)
def test_all_elements_are_summed_once(length, dtype, rng):
    """Small whole numbers: their sums are exact in any order."""
    x, y, z = rng.integers(-4, 5, (3, length)).astype(dtype)
    c = dtype(3)
    assert products(x, y, c) == 3 * int(x @ y)
    assert pairs(x, y, z, c) == (int(x @ y), int(z.sum()) - 3 * length)


@pytest.mark.skipif(not jit.ENABLED, reason="NUMBA_DISABLE_JIT is set: Python adds a chunk one after the other")
def test_a_long_sum_loses_no_more_than_a_short_one():
    """Of many equal numbers, which round the same way each time: one chunk of all of them does lose digits."""
    x = np.full((1 << 23) + 77, 0.1, np.float32)
    exact = float(x[0]) * x.size
    assert abs(totals(x, x, 0) - exact) < 1e-6 * exact
    assert abs(alone(x, x, 0) - exact) > 1e-5 * exact
