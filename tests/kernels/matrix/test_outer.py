"""Products of a column and a row against BLAS: the same bits, the signs of zeros among them."""

from __future__ import annotations

import numpy as np
import pytest

from autograd.products import OUTER, Product, product
from kernels.machine import jit, threads
from kernels.matrix import outer as loops
from kernels.matrix.outer import outer
from tests.kernels.canary import canary

SIZES = (1, 2, 3, 7, 8, 9, 15, 16, 17, 31, 33, 65, 130)


def bits(a):
    return a.view(f"u{a.itemsize}")


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_same_bits_as_blas(rng, dtype):
    for m in SIZES:
        for n in SIZES:
            x, y = rng.standard_normal((m, 1)).astype(dtype), rng.standard_normal((1, n)).astype(dtype)
            x[rng.random((m, 1)) < 0.2] = -0.0
            y[rng.random((1, n)) < 0.2] = 0.0
            with np.errstate(all="ignore"):
                np.testing.assert_array_equal(bits(outer(x, y)), bits(x @ y))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_nan_infinity_and_the_smallest(dtype):
    tiny = np.finfo(dtype).tiny
    x = np.array([[np.nan], [np.inf], [-np.inf], [0.0], [tiny], [-tiny / 4]], dtype)
    y = np.array([[1.0, 0.0, -0.5, np.inf, 0.25]], dtype)
    with np.errstate(all="ignore"):
        np.testing.assert_array_equal(outer(x, y), x @ y)


def test_gaps(rng):
    x, y = rng.random((6, 2))[::2, 1:], rng.random((2, 9))[1:, ::2]
    np.testing.assert_array_equal(outer(x, y), x @ y)


@pytest.mark.parametrize(("x", "y"), [((3, 2), (2, 3)), ((3, 1), (3, 1)), ((3,), (3,)), ((1, 3, 1), (1, 1, 3))])
def test_what_is_no_column_and_row_is_refused(x, y):
    with pytest.raises(ValueError, match="wanted a column and a row"):
        outer(np.ones(x), np.ones(y))


def test_threads_give_the_same_bits_and_write_nowhere_else(rng, monkeypatch):
    monkeypatch.setattr(loops, "LEAST", 1)
    x, y = rng.random((37, 1)), rng.random((1, 19))
    outer(x, y)  # compiled
    before = threads.get_num_threads()
    try:
        for n in (1, 2, 5):
            threads.set_num_threads(n)
            with canary((37, 19)) as z:
                monkeypatch.setattr(loops.np, "empty", lambda shape, dtype, z=z: z)
                assert outer(x, y) is z
                monkeypatch.undo()
                monkeypatch.setattr(loops, "LEAST", 1)
                np.testing.assert_array_equal(z, x @ y)
    finally:
        threads.set_num_threads(before)


@pytest.mark.skipif(not jit.ENABLED, reason="NUMBA_DISABLE_JIT is set")
def test_a_weights_gradient_of_one_row_is_one(rng, monkeypatch):
    taken = []
    monkeypatch.setattr(loops, "outer", lambda x, y: taken.append((x.shape, y.shape)) or outer(x, y))
    left, right = rng.random((1, 128)).astype(np.float32), rng.random((1, OUTER.least // 128)).astype(np.float32)
    np.testing.assert_array_equal(Product(left, right).array(), left.T @ right)
    assert taken == [((128, 1), (1, OUTER.least // 128))]
    product(left[:, 1:].T, right)  # too small
    product(left.T, right.astype(np.float64))  # of two dtypes
    product(left.astype(np.float16).T, right.astype(np.float16))  # one that the loops have not
    product(np.ones((128, 2), np.float32), np.ones((2, 128), np.float32))
    assert len(taken) == 1
