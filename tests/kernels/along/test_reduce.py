"""Sums along rows and channels, against exact ones."""

import math

import numpy as np
import pytest

from kernels.along import reduce
from kernels.machine import jit, threads

SIZES = [1, 2, 3, 15, 16, 17, 31, 33, 63, 65, 4095, 4097, 9000]


@pytest.mark.skipif(not jit.ENABLED, reason="Python adds one after the other; the compiler in dozens of partial sums")
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("size", SIZES)
def test_sums_are_as_good_as_pairwise_ones(size, dtype, rng):
    x = (rng.standard_normal((3, 2, size)) + 100).astype(dtype)
    rows = reduce.row_sums(x.reshape(6, size))
    channels = reduce.channel_sums(x)
    assert rows.dtype == channels.dtype == dtype
    assert channels.shape == (2,)
    from kernels.machine import registers

    few = registers.WIDTH == 16  # registers of 16 bytes (SSE, NEON): fewer partial sums, each of more terms
    rounding = (8 if few else 4) * float(np.finfo(dtype).eps)
    exact = [math.fsum(row) for row in x.reshape(6, size).astype(np.float64)]
    np.testing.assert_allclose(rows, exact, rtol=rounding)
    np.testing.assert_allclose(channels, [math.fsum(exact[c::2]) for c in range(2)], rtol=rounding)


@pytest.mark.skipif(not jit.ENABLED, reason="Python adds one after the other; the compiler in dozens of partial sums")
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("size", [0, *SIZES, 3 * reduce.PIECE, 300_001])
def test_the_sum_of_everything(size, dtype, rng):
    x = (rng.standard_normal(size) + 100).astype(dtype)
    got = reduce.total(x)
    assert got.dtype == dtype
    np.testing.assert_allclose(got, math.fsum(x.astype(np.float64)), rtol=4 * float(np.finfo(dtype).eps))


@pytest.mark.parametrize("shape", [(4, 3), (4, 3, 5, 6), (0, 3, 2), (2, 3, 0), (2, 0, 3)])
def test_channel_sums_of_any_shape(shape, rng):
    x = rng.standard_normal(shape)
    expected = x.sum((0, *range(2, len(shape))))
    np.testing.assert_allclose(reduce.channel_sums(x), expected, rtol=1e-13, atol=1e-13)
    x = np.asfortranarray(x)
    np.testing.assert_allclose(reduce.channel_sums(x), expected, rtol=1e-13, atol=1e-13)


def test_nan_and_infinity_stay_where_they_belong():
    x = np.ones((2, 4, 33), np.float32)
    x[1, 0, 3], x[0, 1, 32], x[:, 2, 5] = np.nan, np.inf, (np.inf, -np.inf)
    np.testing.assert_array_equal(reduce.channel_sums(x), [np.nan, np.inf, np.nan, 66])


def test_threads_give_the_same_bits(rng, monkeypatch):
    monkeypatch.setattr(reduce, "LEAST", 1)
    x = rng.standard_normal((3, 7, 100)).astype(np.float32)
    before = threads.get_num_threads()
    results = []
    try:
        for n in (1, 2, 16):
            threads.set_num_threads(n)
            results.append([*reduce.channel_sums(x), reduce.total(np.tile(x, 20))])
    finally:
        threads.set_num_threads(before)
    np.testing.assert_array_equal(results[1:], [results[0]] * 2)


def test_what_does_not_fit_is_refused():
    with pytest.raises(ValueError, match="channel_sums"):
        reduce.channel_sums(np.ones(3))
    with pytest.raises(ValueError, match="total"):
        reduce.total(np.ones((3, 4)).T)
    with pytest.raises(ValueError, match="channel_sums"):
        reduce.channel_sums(np.ones((3, 3), np.int64))
    with pytest.raises(ValueError, match="row_sums"):
        reduce.row_sums(np.ones((3, 3)), out=np.ones(2))
