"""Products of a column and a row against BLAS: the same bits, the signs of zeros among them."""

from __future__ import annotations

import math

import numpy as np
import pytest

from autograd.ops.each import linear_each
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


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_several(rng, dtype):
    for batch in ((1,), (5,), (2, 3), (0,)):
        for m, n in ((1, 1), (3, 17), (17, 3), (9, 64), (0, 4), (4, 0)):
            x, y = rng.standard_normal((*batch, m, 1)).astype(dtype), rng.standard_normal((*batch, 1, n)).astype(dtype)
            x[rng.random(x.shape) < 0.2] = -0.0
            y[rng.random(y.shape) < 0.2] = 0.0
            count = math.prod(batch)
            each = [a @ b for a, b in zip(x.reshape(count, m, 1), y.reshape(count, 1, n), strict=True)]
            want = np.array(each, dtype).reshape(*batch, m, n)
            np.testing.assert_array_equal(bits(outer(x, y)), bits(want))
            strided = np.ones((*batch, 1, 2 * n), dtype)
            strided[..., ::2] = y
            np.testing.assert_array_equal(bits(outer(x.mT.copy().mT, strided[..., ::2])), bits(want))


@pytest.mark.parametrize(
    ("x", "y"),
    [((3, 2), (2, 3)), ((3, 1), (3, 1)), ((3,), (3,)), ((2, 3, 1), (1, 1, 3)), ((3, 1), (1, 1, 3)), ((2, 3, 1), (3,))],
)
def test_what_are_no_columns_and_rows_is_refused(x, y):
    with pytest.raises(ValueError, match="wanted columns and as many rows"):
        outer(np.ones(x), np.ones(y))


def test_threads_give_the_same_bits_and_write_nowhere_else(rng, monkeypatch):
    monkeypatch.setattr(loops, "LEAST", 1)
    x, y = rng.random((5, 37, 1)), rng.random((5, 1, 19))
    outer(x, y)  # compiled
    before = threads.get_num_threads()
    try:
        for n in (1, 2, 5):
            threads.set_num_threads(n)
            with canary((5, 37, 19)) as z:
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
    x, dz = rng.random((8, 1, 32)).astype(np.float32), rng.random((8, 1, 64)).astype(np.float32)
    g = linear_each(dz.mT, x.mT)  # of the examples of a batch by themselves
    np.testing.assert_array_equal(g, np.stack([a.T @ b for a, b in zip(dz, x, strict=True)]))
    assert taken[1:] == [((8, 64, 1), (8, 1, 32))]
    np.testing.assert_array_equal(linear_each(dz[:2].mT, x[:2].mT), g[:2])  # too small
    assert len(taken) == 2
