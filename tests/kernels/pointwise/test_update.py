"""Compiled steps of optimisers on many parameters against NumPy's on each: the same bits, sizes that straddle tails."""

from __future__ import annotations

import numpy as np
import pytest

from autograd import update
from kernels.machine import jit, threads
from kernels.machine.objects import table_of
from kernels.pointwise import update as kernels
from kernels.pointwise import update_loops as loops

SHAPES = [(size,) for size in (0, 1, 3, 7, 8, 9, 15, 16, 17, 31, 33, 64, 65, 1000)] + [(), (3, 5), (2, 3, 11)]
B1, B2 = 0.9, 0.999
compiled = pytest.mark.skipif(not jit.ENABLED, reason="NUMBA_DISABLE_JIT is set")


def drawn(rng, dtype):
    """Rows x, g, m, v of all shapes."""
    rows = [[rng.standard_normal(shape).astype(dtype) for _ in range(3)] for shape in SHAPES]
    return [[np.array(a) for a in (*row, rng.random(row[0].shape).astype(dtype))] for row in rows]


@pytest.fixture(params=(np.float32, np.float64), ids=str)
def rows(request, rng):
    """The same inside larger arrays, whose borders must not change."""
    whole, views = [], []
    for row in drawn(rng, request.param):
        for a in row:
            border = np.full(a.size + 8, 777, request.param)
            border[4 : 4 + a.size] = a.reshape(-1)
            whole.append(border)
        views.append([border[4 : 4 + a.size].reshape(a.shape) for border, a in zip(whole[-4:], row, strict=True)])
    yield views
    for border, (*_, a) in zip(whole[3::4], views, strict=True):
        assert (border[:4] == 777).all()
        assert (border[4 + a.size :] == 777).all()


def slope(x, g, decay, sign):
    h = g if sign == 1 else -g
    return x * decay + h if decay else h


def sgd(rows, decay, sign):
    for x, g, _, _ in rows:
        update.sgd(x, slope(x, g, decay, sign), 0.1)


def momentum(rows, decay, sign, dampening, nesterov):
    for x, g, v, _ in rows:
        update.momentum(x, slope(x, g, decay, sign), v, 0.1, 0.9, dampening, nesterov)


def adam(rows, decay, sign, shrink):
    for x, g, m, v in rows:
        h = slope(x, g, decay, sign)
        x *= shrink
        update.adam(x, h, m, v, (B1, B2), 1e-8, 1e-3, np.empty_like(x))


def agree(rows, step, plain, settings, *more):
    dtype = rows[0][0].dtype
    expected = [[a.copy() for a in row] for row in rows]
    plain(expected)
    assert step(table_of(rows), np.array(settings, dtype), *more)
    for found, wanted in zip(rows, expected, strict=True):
        for a, b in zip(found, wanted, strict=True):
            np.testing.assert_array_equal(a, b)


GRADIENTS = [(0.0, 1.0), (0.3, 1.0), (0.0, -1.0), (0.3, -1.0)]


@compiled
@pytest.mark.parametrize(("decay", "sign"), GRADIENTS)
def test_sgd(rows, decay, sign):
    rows = [row[:2] for row in rows]
    agree(rows, kernels.sgd, lambda r: sgd([(*row, 0, 0) for row in r], decay, sign), [(0.1, decay, sign)])


@compiled
@pytest.mark.parametrize("nesterov", [False, True])
@pytest.mark.parametrize("dampening", [0.0, 0.3])
@pytest.mark.parametrize(("decay", "sign"), GRADIENTS)
def test_momentum(rows, decay, sign, dampening, nesterov):
    rows = [row[:3] for row in rows]
    settings = [(0.1, decay, sign, 0.9, 1 - dampening)]
    agree(
        rows,
        kernels.momentum,
        lambda r: momentum([(*row, 0) for row in r], decay, sign, dampening, nesterov),
        settings,
        nesterov,
    )


@compiled
@pytest.mark.parametrize("shrink", [1.0, 0.9])
@pytest.mark.parametrize(("decay", "sign"), GRADIENTS)
def test_adam(rows, decay, sign, shrink):
    settings = [(1e-3, decay, sign, shrink, B1, 1 - B1, B2, 1 - B2, 1e-8)]
    agree(rows, kernels.adam, lambda r: adam(r, decay, sign, shrink), settings)


@compiled
def test_settings_of_each_parameter(rng):
    x, y = np.ones(3), np.ones((2, 2))
    rows = [(x, np.ones(3)), (y, np.ones((2, 2)))]
    assert kernels.sgd(table_of(rows), np.array([(0.5, 0.0, 1.0), (0.25, 0.0, -1.0)]))
    np.testing.assert_array_equal(x, 0.5)
    np.testing.assert_array_equal(y, 1.25)


def test_the_loops_themselves_agree(rng):
    """Uncompiled, as a reader would run them."""
    x, g, m, v = (rng.random(5) for _ in range(4))
    once, twice = [a.copy() for a in (x, g, m, v)], [a.copy() for a in (x, g, m, v)]
    adam([once], 0.1, 1.0, 0.9)
    loops._adam.python(*twice, np.array((1e-3, 0.1, 1.0, 0.9, B1, 1 - B1, B2, 1 - B2, 1e-8)))
    for a, b in zip(once, twice, strict=True):
        np.testing.assert_array_equal(a, b)
    sgd([once], 0.1, -1.0)
    loops._sgd.python(*twice[:2], np.array((0.1, 0.1, -1.0)))
    np.testing.assert_array_equal(once[0], twice[0])
    momentum([once], 0.0, 1.0, 0.3, True)
    loops._momentum.python(*twice[:3], np.array((0.1, 0.0, 1.0, 0.9, 1 - 0.3)), True)
    np.testing.assert_array_equal(once[0], twice[0])


@compiled
def test_threads_give_the_same_bits(rng, monkeypatch):
    monkeypatch.setattr(kernels, "LEAST", 10)
    settings = np.array([(1e-3, 0.1, 1.0, 0.9, B1, 1 - B1, B2, 1 - B2, 1e-8)], np.float32)
    start = drawn(rng, np.float32)
    before, results = threads.get_num_threads(), []
    try:
        for n in (1, 2, 5):
            threads.set_num_threads(n)
            rows = [[a.copy() for a in row] for row in start]
            assert kernels.adam(table_of(rows), settings)
            assert kernels.momentum(table_of([row[:3] for row in rows]), settings[:, :5], True)
            assert kernels.sgd(table_of([row[:2] for row in rows]), settings[:, :3])
            results.append([a for row in rows for a in row])
    finally:
        threads.set_num_threads(before)
    for others in results[1:]:
        for a, b in zip(results[0], others, strict=True):
            np.testing.assert_array_equal(a, b)


@compiled
def test_parameters_in_the_same_memory_are_moved_one_after_the_other(rng, monkeypatch):
    monkeypatch.setattr(kernels, "LEAST", 1)
    memory, seen = rng.random(1000), []
    monkeypatch.setattr(kernels.threads, "split", lambda count, work, least: (seen.append(least), work(0, count)))
    expected = memory.copy()
    g = rng.random(600)
    for there in (memory, expected):
        rows = [(there[:600], g), (there[400:], g)]
        if there is expected:
            sgd([(*row, 0, 0) for row in rows], 0.1, 1.0)
        else:
            assert kernels.sgd(table_of(rows), np.array([(0.1, 0.1, 1.0)]))
    np.testing.assert_array_equal(memory, expected)
    assert seen == [1201]  # elements that are worth a thread: more than there are
    rows = [(np.ones(3), np.ones(3))]
    assert kernels.sgd(table_of(rows), np.array([(0.1, 0.1, 1.0)]))
    assert seen[1:] == [1]


@compiled
def test_nan_and_inf_stay_visible():
    x, g = np.ones(3), np.array([np.nan, np.inf, 1.0])
    assert kernels.sgd(table_of([(x, g)]), np.array([(0.1, 0.0, 1.0)]))
    assert np.isnan(x[0])
    assert x[1] == -np.inf
