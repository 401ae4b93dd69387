"""Compiled steps of optimisers against the NumPy calls they replace: the same bits, at sizes that straddle tails."""

from __future__ import annotations

import numpy as np
import pytest

from autograd import update
from kernels.machine import fast, threads
from kernels.pointwise import update as kernels

SIZES = (0, 1, 3, 7, 8, 9, 15, 16, 17, 31, 33, 64, 65, 1000)
DTYPES = (np.float32, np.float64)


@pytest.fixture(params=[(size, dtype) for size in SIZES for dtype in DTYPES], ids=str)
def arrays(request, rng):
    """x, g, m, v inside larger arrays, whose borders must not change."""
    size, dtype = request.param
    borders = [np.full(size + 8, 777, dtype) for _ in range(4)]
    views = [border[4 : 4 + size] for border in borders]
    for view in views[:3]:
        view[...] = rng.standard_normal(size)
    views[3][...] = rng.random(size)
    yield views
    for border in borders:
        assert (border[:4] == 777).all()
        assert (border[4 + size :] == 777).all()


def both(arrays, monkeypatch, run):
    """What `run` leaves in the arrays, compiled and not."""
    results = []
    for limit in (0, 1 << 60):
        monkeypatch.setattr(fast.SIZES["update"], "least", limit)
        copies = [a.copy() for a in arrays]
        run(*copies, np.empty_like(arrays[0]))
        results.append(copies)
    for compiled, plain in zip(*results, strict=True):
        np.testing.assert_array_equal(compiled, plain)
    for a, b in zip(arrays, results[0], strict=True):
        a[...] = b


def test_sgd(arrays, monkeypatch):
    both(arrays, monkeypatch, lambda x, g, m, v, s: update.sgd(x, g, 0.1))


@pytest.mark.parametrize("nesterov", [False, True])
@pytest.mark.parametrize("dampening", [0.0, 0.3])
def test_momentum(arrays, monkeypatch, nesterov, dampening):
    both(arrays, monkeypatch, lambda x, g, m, v, s: update.momentum(x, g, m, 0.1, 0.9, dampening, nesterov))


def test_adam(arrays, monkeypatch):
    both(arrays, monkeypatch, lambda x, g, m, v, s: update.adam(x, g, m, v, (0.9, 0.999), 1e-8, 1e-3, s))


def test_the_loops_themselves_agree(rng):
    """Uncompiled, as a reader would run them."""
    x, g, m, v = (rng.random(5) for _ in range(4))
    settings = np.array((0.9, 0.1, 0.999, 0.001, 1e-8, 1e-3))
    once, twice = [a.copy() for a in (x, g, m, v)], [a.copy() for a in (x, g, m, v)]
    kernels.adam(*once, settings)
    kernels._adam.python(*twice, settings, 0, 5)
    for a, b in zip(once, twice, strict=True):
        np.testing.assert_array_equal(a, b)


def test_threads_give_the_same_bits(rng, monkeypatch):
    monkeypatch.setattr(kernels, "LEAST", 10)
    start = [rng.random(1003).astype(np.float32) for _ in range(4)]
    settings = np.array((0.9, 0.1, 0.999, 0.001, 1e-8, 1e-3), np.float32)
    before, results = threads.get_num_threads(), []
    try:
        for n in (1, 2, 5):
            threads.set_num_threads(n)
            x, g, m, v = (a.copy() for a in start)
            kernels.adam(x, g, m, v, settings)
            kernels.momentum(x, g, m, settings, True)
            kernels.sgd(x, g, settings)
            results.append((x, m, v))
    finally:
        threads.set_num_threads(before)
    for others in results[1:]:
        for a, b in zip(results[0], others, strict=True):
            np.testing.assert_array_equal(a, b)


def test_nan_and_inf_stay_visible():
    x, g = np.ones(3), np.array([np.nan, np.inf, 1.0])
    kernels.sgd(x, g, np.array((0.1,)))
    assert np.isnan(x[0])
    assert x[1] == -np.inf


def test_strided_memory_is_left_to_numpy(monkeypatch):
    monkeypatch.setattr(fast.SIZES["update"], "least", 0)
    x = np.ones((4, 6))[:, ::2]
    update.sgd(x, np.ones((4, 3)), 0.5)
    np.testing.assert_array_equal(x, 0.5)
