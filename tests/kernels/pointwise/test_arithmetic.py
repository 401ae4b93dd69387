"""Arithmetic in threads gives NumPy's bits, whatever it is given."""

from __future__ import annotations

import numpy as np
import pytest

from kernels.machine import fast, jit, threads
from kernels.pointwise import arithmetic

LARGE = fast.SIZES["arithmetic"].elements
PAIRS = [
    (arithmetic.add, np.add),
    (arithmetic.subtract, np.subtract),
    (arithmetic.multiply, np.multiply),
    (arithmetic.divide, np.true_divide),
]
SLOPES = [
    (arithmetic.tanh_slope, lambda dz, z: dz * (1 - z * z)),
    (arithmetic.relu_slope, lambda dz, z: dz * (z != 0)),
]


@pytest.fixture(autouse=True)
def two_threads():
    before = threads.get_num_threads()
    threads.set_num_threads(2)
    yield
    threads.set_num_threads(before)


def same(got, expected):
    assert type(got) is type(expected)
    assert got.dtype == expected.dtype
    assert got.shape == expected.shape
    np.testing.assert_array_equal(got, expected)


def numbers(rng, *shape, dtype=np.float32):
    x = rng.standard_normal(shape).astype(dtype)
    x.reshape(-1)[: x.size // 2 : 7] = 0
    x.reshape(-1)[1::1001], x.reshape(-1)[2::1003], x.reshape(-1)[3::1007] = np.nan, np.inf, -np.inf
    return x


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(("ours", "numpys"), [*PAIRS, *SLOPES], ids=lambda f: f.__name__)
def test_two_arrays(rng, ours, numpys, dtype):
    for size in (0, 1, LARGE - 1, LARGE, LARGE + 17):
        x, y = numbers(rng, size, dtype=dtype), numbers(rng, size, dtype=dtype)
        same(ours(x, y), numpys(x, y))
    x, y = numbers(rng, 5, 3, LARGE // 8, dtype=dtype), numbers(rng, 5, 3, LARGE // 8, dtype=dtype)
    same(ours(x, y), numpys(x, y))
    same(ours(x[:, ::-1], y), numpys(x[:, ::-1], y))
    same(ours(x.T, y.T), numpys(x.T, y.T))


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize(("ours", "numpys"), PAIRS, ids=lambda f: f.__name__)
def test_numbers_and_broadcasting(rng, ours, numpys):
    x, c = numbers(rng, 300, 400), np.float32(0.1)
    number, row = np.array(c), numbers(rng, 400)
    same(ours(x, number), numpys(x, number))
    same(ours(number, x), numpys(number, x))
    same(ours(x, row), numpys(x, row))
    same(ours(row, x), numpys(row, x))
    same(ours(x, x.astype(np.float64)), numpys(x, x.astype(np.float64)))
    whole = np.arange(LARGE + 1)
    same(ours(whole, whole + 1), numpys(whole, whole + 1))


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("shape", [(LARGE + 17,), (5, 3, LARGE // 8)])
@pytest.mark.parametrize(("ours", "numpys"), [*PAIRS, *SLOPES], ids=lambda f: f.__name__)
def test_a_repeated_number(rng, ours, numpys, shape):
    """As the gradient of a sum is one."""
    x, repeated = numbers(rng, *shape), np.broadcast_to(np.float32(0.1), shape)
    same(ours(repeated, x), numpys(repeated, x))
    same(ours(x, repeated), numpys(x, repeated))
    same(ours(repeated, repeated), numpys(repeated, repeated))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_relu(rng, dtype):
    x = numbers(rng, LARGE + 5, dtype=dtype)
    same(arithmetic.relu(x), np.maximum(x, 0))
    same(arithmetic.relu(x[::2]), np.maximum(x[::2], 0))


@pytest.mark.skipif(not jit.ENABLED, reason="NumPy does everything with NUMBA_DISABLE_JIT=1")
def test_results_are_computed_in_threads(rng, monkeypatch):
    seen = []
    split = threads.split
    monkeypatch.setattr(threads, "split", lambda *arguments: seen.append(arguments[0]) or split(*arguments))
    x = numbers(rng, 2, LARGE)
    arithmetic.add(x, x)
    arithmetic.multiply(np.array(np.float32(2)), x)
    assert seen == [2 * LARGE, 2 * LARGE]
    threads.set_num_threads(1)
    arithmetic.add(x, x)
    assert len(seen) == 2


def test_no_result_is_a_view(rng):
    x = numbers(rng, LARGE)
    for ours, _ in PAIRS:
        assert not np.shares_memory(ours(x, x), x)
