"""Products of matrices by vector code against the formula written as loops."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from kernels.machine import jit, threads
from tests import naive

from ..canary import at_the_edge, bordered

if jit.ENABLED:
    from kernels.machine import registers
    from kernels.matrix import gemm

pytestmark = pytest.mark.skipif(not jit.ENABLED, reason="vector code is not run with NUMBA_DISABLE_JIT=1")
both = pytest.mark.parametrize("dtype", [np.float32, np.float64])


@pytest.fixture
def workers():
    """Sets the number of threads, each of which is worth waking."""
    before = threads.get_num_threads()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(gemm, "WORTH_A_THREAD", 0)
        yield threads.set_num_threads
    threads.set_num_threads(before)


def stored(array, turned):
    """The same matrices at the end of memory; their columns contiguous if `turned`."""
    return at_the_edge(array.swapaxes(-1, -2)).swapaxes(-1, -2) if turned else at_the_edge(array)


def check(a, b, bias=None):
    got, expected = gemm.matmul(a, b, bias), naive.matmul(a, b, bias)
    assert got.dtype == a.dtype
    assert got.flags.c_contiguous
    assert got.shape == expected.shape
    tolerance = (1e-6 if got.dtype == np.float32 else 1e-14) * max(1.0, np.abs(expected).max(initial=0))
    np.testing.assert_allclose(got, expected, rtol=0, atol=tolerance)
    with bordered():
        np.testing.assert_array_equal(gemm.matmul(a, b, bias), got)


@both
@pytest.mark.parametrize("a_turned", [False, True])
@pytest.mark.parametrize("b_turned", [False, True])
@pytest.mark.parametrize("rows", [1, 2, 6, 7, 8, 9, 13, 14, 15, 16, 17, 29])
def test_sizes_around_rows_and_panels(rng, dtype, a_turned, b_turned, rows):
    lanes = registers.lanes(np.dtype(dtype).itemsize)
    for columns, terms in [(1, 1), (lanes - 1, 17), (lanes, 2), (2 * lanes, 15), (2 * lanes + 1, 16), (70, 3)]:
        a, b = rng.standard_normal((rows, terms)), rng.standard_normal((terms, columns))
        bias = rng.standard_normal(columns).astype(dtype) if terms % 2 else None
        check(stored(a.astype(dtype), a_turned), stored(b.astype(dtype), b_turned), bias)


@both
@pytest.mark.parametrize("turned", [False, True])
@pytest.mark.parametrize("rows", [2, 15])
def test_more_terms_than_are_summed_at_a_time(rng, dtype, turned, rows):
    for terms in (gemm.TERMS - 1, gemm.TERMS, gemm.TERMS + 1, 2 * gemm.TERMS + 3):
        a = stored(rng.standard_normal((rows, terms)).astype(dtype), turned=False)
        b = stored(rng.standard_normal((terms, 5)).astype(dtype), turned)
        got, bias = gemm.matmul(a, b), rng.standard_normal(5).astype(dtype)
        expected = a.astype(np.float64) @ b.astype(np.float64)
        tolerance = 1e-5 if dtype == np.float32 else 1e-13
        np.testing.assert_allclose(got, expected, rtol=0, atol=tolerance * np.abs(expected).max())
        np.testing.assert_allclose(gemm.matmul(a, b, bias), expected + bias, rtol=0, atol=tolerance * 100)


@pytest.mark.parametrize("a_turned", [False, True])
@pytest.mark.parametrize("b_turned", [False, True])
@pytest.mark.parametrize("packed", [1, 256 << 10])
def test_batches(rng, monkeypatch, a_turned, b_turned, packed):
    monkeypatch.setattr(gemm, "PACKED", packed)
    for batch, rows in itertools.product([(1,), (3,), (2, 2)], (1, 5, 30)):
        a, b = rng.standard_normal((*batch, rows, 9)), rng.standard_normal((*batch, 9, 21))
        check(stored(a, a_turned), stored(b, b_turned), rng.standard_normal(21))


@pytest.mark.parametrize("turned", [False, True])
def test_threads_give_the_same_bits(rng, monkeypatch, workers, turned):
    for packed, rows in itertools.product((1000, 256 << 10), (1, 5, 40)):
        monkeypatch.setattr(gemm, "PACKED", packed)
        a, b = rng.standard_normal((rows, 33)), stored(rng.standard_normal((33, 75)), turned)
        results = []
        for n in (1, 2, 3, 16):
            workers(n)
            results.append(gemm.matmul(a, b, b[0].copy()))
        for result in results[1:]:
            np.testing.assert_array_equal(result, results[0])


def test_memory_layouts(rng):
    a, b = rng.standard_normal((20, 3, 30)), rng.standard_normal((3, 15, 44))
    check(a.transpose(1, 0, 2), b[..., ::2][:, ::-1].repeat(2, 1), rng.standard_normal(44)[::2])
    check(a[::2, 1, ::-3], b[0, 4:14, 1:])
    check(np.broadcast_to(a[0, 0], (8, 30)), np.broadcast_to(b[0, :1, :1], (30, 9)))


def test_nan_and_infinity_stay_in_their_row_and_column(rng):
    for rows in (2, 20):
        a, b = rng.standard_normal((rows, 9)), rng.standard_normal((9, 40))
        a[1, 3], b[2, 17] = np.inf, np.nan
        c = gemm.matmul(a, b)
        assert np.isnan(c[:, 17]).all()
        others = np.arange(40) != 17
        np.testing.assert_array_equal(c[1, others], np.inf * b[3, others])
        assert np.isfinite(c[np.arange(rows) != 1][:, others]).all()


@pytest.mark.parametrize("shape", [(0, 3, 4), (3, 0, 4), (3, 4, 0), (0, 0, 0)])
def test_empty(shape):
    rows, terms, columns = shape
    bias = np.arange(float(columns))
    for batch in ((), (2,), (0,)):
        a, b = np.ones((*batch, rows, terms)), np.ones((*batch, terms, columns))
        np.testing.assert_array_equal(gemm.matmul(a, b), np.zeros((*batch, rows, columns)))
        np.testing.assert_array_equal(gemm.matmul(a, b, bias), np.broadcast_to(bias, (*batch, rows, columns)))


@pytest.mark.parametrize(
    ("a", "b", "bias"),
    [
        (np.ones((2, 3)), np.ones((4, 2)), None),
        (np.ones((2, 3)), np.ones((3, 2), np.float32), None),
        (np.ones((2, 3), np.int64), np.ones((3, 2), np.int64), None),
        (np.ones((2, 3), np.float16), np.ones((3, 2), np.float16), None),
        (np.ones(3), np.ones(3), None),
        (np.ones((1, 2, 3)), np.ones((3, 2)), None),
        (np.ones((2, 2, 3)), np.ones((1, 3, 2)), None),
        (np.ones((2, 3)), np.ones((3, 2)), np.ones(3)),
        (np.ones((2, 3)), np.ones((3, 2)), np.ones((2, 2))),
    ],
)
def test_wrong_arguments_are_refused(a, b, bias):
    with pytest.raises(ValueError, match=r"^matmul: "):
        gemm.matmul(a, b, bias)


def test_the_bias_may_have_another_dtype(rng):
    a, b, bias = np.ones((9, 3), np.float32), np.ones((3, 5), np.float32), np.arange(5.0)
    for rows in (2, 9):
        c = gemm.matmul(a[:rows], b, bias)
        assert c.dtype == np.float32
        np.testing.assert_array_equal(c, np.broadcast_to(3 + bias, (rows, 5)))


@both
@pytest.mark.parametrize("shape", [(3, 40, 17), (64, 33, 50)])
def test_a_product_is_written_where_it_should_be(rng, dtype, shape):
    rows, terms, columns = shape
    a, b = rng.standard_normal((rows, terms)).astype(dtype), rng.standard_normal((terms, columns)).astype(dtype)
    whole = np.full((rows + 2, columns), 7, dtype)
    z = gemm.matmul(a, b, out=whole[1:-1])
    assert np.shares_memory(z, whole)
    np.testing.assert_array_equal(whole[1:-1], gemm.matmul(a, b))
    assert (whole[[0, -1]] == 7).all()
    for wrong in (whole, whole[1:-1].astype(np.float16), np.empty((columns, rows), dtype).T):
        with pytest.raises(ValueError, match="the result is"):
            gemm.matmul(a, b, out=wrong)


@both
@pytest.mark.parametrize("b_turned", [False, True])
def test_what_is_packed_once_gives_the_same_bits(rng, dtype, b_turned):
    lanes = registers.lanes(np.dtype(dtype).itemsize)
    wide = registers.PANEL * lanes
    for columns, terms in [(1, 1), (lanes + 1, 17), (wide, 16), (wide + 1, lanes + 3), (3 * wide - 1, gemm.TERMS)]:
        b = stored(rng.standard_normal((terms, columns)).astype(dtype), b_turned)
        ready = gemm.pack(b)
        for rows in (1, 7, 8, 33):
            a = rng.standard_normal((rows, terms)).astype(dtype)
            bias = rng.standard_normal(columns).astype(dtype)
            np.testing.assert_array_equal(gemm.matmul(a, b, bias, ready=ready), gemm.matmul(a, b, bias))
    assert gemm.pack(np.zeros((gemm.TERMS + 1, 3), dtype)) is None


def test_what_is_packed_is_what_is_multiplied_by(rng):
    """Else the test above could not fail."""
    a, b = rng.standard_normal((9, 20)), rng.standard_normal((20, 70))
    assert not np.array_equal(gemm.matmul(a, b, ready=gemm.pack(b + 1)), gemm.matmul(a, b))
