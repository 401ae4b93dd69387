"""Steps of cells, and the products of their backward, in vector code: against the formulas, one sequence at a time."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from kernels.machine import jit, threads
from kernels.recurrent import kinds, plain
from tests import naive

from ..canary import at_the_edge, bordered

if jit.ENABLED:
    from kernels.matrix import products
    from kernels.recurrent import single

pytestmark = pytest.mark.skipif(not jit.ENABLED, reason="vector code is not run with NUMBA_DISABLE_JIT=1")
both = pytest.mark.parametrize("dtype", [np.float32, np.float64])
CELLS = {"lstm": kinds.LSTM, "gru": kinds.GRU, "tanh": kinds.TANH, "relu": kinds.RELU}
STEPS = {"lstm": naive.lstm_step, "gru": naive.gru_step, "tanh": naive.tanh_step, "relu": naive.relu_step}


@pytest.fixture(params=[1, 2])
def workers(request, monkeypatch):
    """Everything is worth a thread."""
    before = threads.get_num_threads()
    monkeypatch.setattr(single, "WORTH_A_THREAD", 0)
    monkeypatch.setattr(products, "WORTH_A_THREAD", 0)
    threads.set_num_threads(request.param)
    yield
    threads.set_num_threads(before)


def close(got, expected, scale=1.0):
    assert got.dtype in (np.float32, np.float64)
    np.testing.assert_allclose(got, expected, rtol=0, atol=scale * (4e-6 if got.dtype == np.float32 else 1e-13))


def draw(rng, kind, batch, inputs, units, dtype):
    """x, the states and the weights, each at the end of memory."""
    G = CELLS[kind].gates
    shapes = [(batch, inputs), *[(batch, units)] * (1 + (kind == "lstm"))]
    shapes += [(G * units, inputs), (G * units, units), (G * units,), (G * units,)]
    return [at_the_edge(rng.uniform(-0.5, 0.5, shape).astype(dtype)) for shape in shapes]


def run(kind, arrays, module=None):
    x, *rest = arrays
    count = CELLS[kind].states
    return (module or single).step(CELLS[kind], x, tuple(rest[:count]), tuple(rest[count:]))


@both
@pytest.mark.parametrize("kind", CELLS)
@pytest.mark.parametrize("units", [1, 7, 8, 15, 16, 17, 31, 32, 33, 70])
def test_sizes_around_panels(rng, dtype, kind, units, workers):
    for batch, inputs in ((1, 1), (10, 5), (11, 16), (23, 33)):
        arrays = draw(rng, kind, batch, inputs, units, dtype)
        x, *states = arrays[: 2 + (kind == "lstm")]
        weights = [w.astype(np.float64) for w in arrays[len(states) + 1 :]]
        got = run(kind, arrays)
        for b in range(batch):
            expected = STEPS[kind](x[b], [state[b] for state in states], *weights)
            for part, value in zip(got, expected, strict=False):
                close(part[b], value)
        with bordered():
            for part, again in zip(got, run(kind, arrays), strict=True):
                np.testing.assert_array_equal(part, again)


@both
@pytest.mark.parametrize("kind", CELLS)
def test_the_same_as_by_numpy(rng, monkeypatch, dtype, kind):
    """Values, and what is kept for backward."""
    arrays = draw(rng, kind, 16, 9, 20, dtype)
    found = []
    for limit in (0, 1 << 60):
        monkeypatch.setattr(plain.WORK, "least", limit)
        found.append(run(kind, arrays, plain))
    for a, b in zip(*found, strict=True):
        assert a.dtype == dtype
        assert a.shape == b.shape
        close(a, b)


def test_arrays_that_do_not_fit_are_refused(rng, monkeypatch):
    monkeypatch.setattr(plain.WORK, "least", 0)
    x, h, c, *weights = draw(rng, "lstm", 8, 3, 4, np.float32)
    for wrong in ((x[1:], h, c), (x, h, c[:, :3].copy()), (x[:, :2].copy(), h, c)):
        with pytest.raises(ValueError, match="lstm: arrays do not fit"):
            run("lstm", (*wrong, *weights), plain)


@both
@pytest.mark.parametrize("terms", [1, 16, 300])
def test_through(rng, dtype, terms, workers):
    for batch, (K, K_2) in itertools.product((1, 9, 10, 11), ((1, 33), (16, 32), (70, 5))):
        d, d_2 = (at_the_edge(rng.uniform(-1, 1, (batch, terms)).astype(dtype)) for _ in range(2))
        w, w_2 = (at_the_edge(rng.uniform(-1, 1, (terms, k)).astype(dtype)) for k in (K, K_2))
        got = products.through(d, w, d_2, w_2)
        for part, left, right in zip(got, (d, d_2), (w, w_2), strict=True):
            close(part, naive.matmul(left, right, None), np.sqrt(terms))
        with bordered():
            for part, again in zip(got, products.through(d, w, d_2, w_2), strict=True):
                np.testing.assert_array_equal(part, again)


@both
@pytest.mark.parametrize("width", [1, 15, 16, 17, 32, 33, 70])
def test_add_products(rng, dtype, width, workers):
    for K, counts in itertools.product((1, 10, 37), ([1], [3, 3, 3], [2, 33, 1])):
        lefts = [at_the_edge(rng.uniform(-1, 1, (n, width)).astype(dtype)) for n in counts]
        rights = [at_the_edge(rng.uniform(-1, 1, (n, K)).astype(dtype)) for n in counts]
        z = at_the_edge(rng.uniform(-1, 1, (width, K)).astype(dtype))
        expected = z.astype(np.float64)
        for d, x in zip(lefts, rights, strict=True):
            expected += naive.matmul(d.T, x, None)
        assert products.add_products(z, lefts, rights)
        close(z, expected, 2)


def test_products_that_do_not_fit_are_refused(rng):
    d, x, z = np.zeros((3, 4), np.float32), np.zeros((3, 5), np.float32), np.zeros((4, 5), np.float32)
    for left, right in ((d[:2], x), (d, x[:, :4]), (d[0], x)):
        with pytest.raises(ValueError, match="add_products"):
            products.add_products(z, [left], [right])
    for wrong in ((d, z[:3], d, z), (d, z, d[:2], z)):
        with pytest.raises(ValueError, match="through"):
            products.through(*wrong)


def test_products_that_have_no_loop_are_left_to_numpy(rng):
    d, x, z = np.ones((3, 4), np.float32), np.ones((3, 5), np.float32), np.zeros((4, 5), np.float32)
    for left, right in ((d.astype(np.float64), x), (d[:, ::-1], x), (d, x[:, ::-1])):
        assert not products.add_products(z, [d, left], [x, right])
    assert not products.add_products(z.T.copy().T, [d], [x])
    assert not products.add_products(z.astype(int), [d], [x])
    assert not z.any()
    for unknown in ((d.astype(np.float64), z, d, z), (d[:, ::-1], z, d, z), (d, z, d, z.T.copy().T)):
        assert products.through(*unknown) is None
