"""Recurrent layers in registers against plain loops, at sizes that straddle panels, tiles and threads."""

from __future__ import annotations

import numpy as np
import pytest

from kernels.machine import jit, threads
from tests import naive

from ..canary import at_the_edge

if not jit.ENABLED:
    pytest.skip("vector code is not run with NUMBA_DISABLE_JIT=1", allow_module_level=True)

from kernels.matrix import panel
from kernels.recurrent import kinds, plain
from kernels.recurrent import panels as recurrent_panels
from kernels.recurrent import sequence as recurrent

KINDS = {  # what is known of the cell, step
    "lstm": (kinds.LSTM, naive.lstm_step),
    "gru": (kinds.GRU, naive.gru_step),
    "rnn": (kinds.TANH, naive.tanh_step),
    "relu": (kinds.RELU, naive.relu_step),
}


def draw(rng, kind, sizes, inputs, units, dtype=np.float64):
    gates, states = KINDS[kind][0].gates, KINDS[kind][0].states
    sizes = np.array(sizes, np.int64)

    def normal(*shape):
        return (rng.standard_normal(shape) * 0.4).astype(dtype)

    return (
        normal(int(sizes.sum()), inputs),
        [normal(int(sizes[0]), units) for _ in range(states)],
        [normal(gates * units, inputs), normal(gates * units, units), normal(gates * units), normal(gates * units)],
        sizes,
    )


def run(kind, x, states, weights, sizes, reverse):
    return recurrent.forward(KINDS[kind][0], x, tuple(states), tuple(weights), sizes, reverse)


def run_grad(kind, dz, x, weights, sizes, reverse, kept, *wanted):
    return recurrent.back(KINDS[kind][0], tuple(dz), x, tuple(weights[:2]), sizes, reverse, kept, *wanted)


def slopes(kind, x, states, weights, sizes, reverse, dz, step):
    """Central differences of the weighted sum of all results by plain loops, along one direction per input."""
    rng = np.random.default_rng(1)
    inputs = [x, *states, *weights]
    count = len(states)
    found = []
    for k, array in enumerate(inputs):
        direction = rng.standard_normal(array.shape)
        values = []
        for sign in (1, -1):
            moved = [a + sign * step * direction if j == k else a for j, a in enumerate(inputs)]
            outs = naive.recurrent(KINDS[kind][1], moved[0], moved[1 : 1 + count], moved[1 + count :], sizes, reverse)
            values.append(sum((a * b).sum() for a, b in zip(outs, dz, strict=True)))
        found.append((direction, (values[0] - values[1]) / (2 * step)))
    return found


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("reverse", [False, True])
@pytest.mark.parametrize("units", [1, 2, 15, 16, 17, 31, 32, 33, 63, 65])
@pytest.mark.parametrize(("sizes", "inputs"), [((3, 3), 5), ((11, 10, 2), 17), ((1,), 1), ((25, 25, 25, 1), 33)])
def test_values_and_gradients(rng, kind, reverse, units, sizes, inputs):
    x, states, weights, sizes = draw(rng, kind, sizes, inputs, units)
    count = 1 + len(states)
    results = run(kind, x, states, weights, sizes, reverse)
    expected = naive.recurrent(KINDS[kind][1], x, states, weights, sizes, reverse)
    for a, b in zip(results[:count], expected, strict=True):
        np.testing.assert_allclose(a, b, rtol=0, atol=1e-13)
    dz = [rng.standard_normal(a.shape) for a in results[:count]]
    grads = run_grad(kind, dz, x, weights, sizes, reverse, results[count:])
    step, near = (1e-8, 1e-4) if kind == "relu" else (1e-6, 1e-6)  # hardly any corner is that near
    expected = slopes(kind, x, states, weights, sizes, reverse, dz, step)
    for g, (direction, slope) in zip(grads, expected, strict=True):
        assert g.shape == direction.shape
        assert (g * direction).sum() == pytest.approx(slope, rel=1e-6, abs=near)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("units", [1, 31, 32, 33, 65])
def test_float32(rng, kind, units):
    """Within a few roundings of the same in float64, also where many rows are summed up."""
    x, states, weights, sizes = draw(rng, kind, (20,) * 60, 7, units)
    weights = [w / np.sqrt(units) for w in weights]
    count = 1 + len(states)
    wide = run(kind, x, states, weights, sizes, False)
    dz = [rng.standard_normal(a.shape) for a in wide[:count]]
    wide_grads = run_grad(kind, dz, x, weights, sizes, False, wide[count:])
    x, states, weights, dz = ([a.astype(np.float32) for a in each] for each in ([x], states, weights, dz))
    narrow = run(kind, x[0], states, weights, sizes, False)
    narrow_grads = run_grad(kind, dz, x[0], weights, sizes, False, narrow[count:])
    for a, b in zip((*narrow[:count], *narrow_grads), (*wide[:count], *wide_grads), strict=True):
        assert a.dtype == np.float32
        np.testing.assert_allclose(a, b, rtol=0, atol=3e-6 * max(1, np.abs(b).max()))


@pytest.mark.parametrize("kind", KINDS)
def test_memory_layouts(rng, kind):
    x, states, weights, sizes = draw(rng, kind, (4, 3), 5, 18)
    count = 1 + len(states)
    results = run(kind, x, states, weights, sizes, False)
    dz = [rng.standard_normal(a.shape) for a in results[:count]]
    grads = run_grad(kind, dz, x, weights, sizes, False, results[count:])

    def strided(a):
        big = np.zeros(tuple(2 * n for n in a.shape))
        part = big[tuple(slice(None, None, -2) for _ in a.shape)]
        part[...] = a
        return part

    for other in (np.asfortranarray, strided):
        parts = other(x), [other(a) for a in states], [other(a) for a in weights]
        again = run(kind, *parts, sizes, False)
        for a, b in zip(again[:count], results[:count], strict=True):
            np.testing.assert_array_equal(a, b)
        again = run_grad(kind, [other(a) for a in dz], parts[0], parts[2], sizes, False, again[count:])
        for a, b in zip(again, grads, strict=True):
            np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("kind", KINDS)
def test_inputs_are_left_alone(rng, kind):
    x, states, weights, sizes = draw(rng, kind, (4, 3), 5, 18)
    arrays = [x, *states, *weights]
    before = [a.copy() for a in arrays]
    results = run(kind, x, states, weights, sizes, True)
    count = 1 + len(states)
    kept = [a.copy() for a in results]
    dz = [rng.standard_normal(a.shape) for a in results[:count]]
    seeds = [a.copy() for a in dz]
    run_grad(kind, dz, x, weights, sizes, True, results[count:])
    for a, b in zip([*arrays, *dz, *results], [*before, *seeds, *kept], strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_to_do(rng, kind):
    x, states, weights, sizes = draw(rng, kind, (0, 0), 5, 3)
    results = run(kind, x, states, weights, sizes, False)
    count = 1 + len(states)
    grads = run_grad(kind, results[:count], x, weights, sizes, False, results[count:])
    for g, a in zip(grads, [x, *states, *weights], strict=True):
        assert g.shape == a.shape
        assert not g.any()


@pytest.mark.parametrize("kind", KINDS)
def test_only_what_is_wanted(rng, kind):
    x, states, weights, sizes = draw(rng, kind, (4, 3), 5, 18)
    count = 1 + len(states)
    results = run(kind, x, states, weights, sizes, False)
    dz = [rng.standard_normal(a.shape) for a in results[:count]]
    whole = run_grad(kind, dz, x, weights, sizes, False, results[count:])
    none = run_grad(kind, dz, x, weights, sizes, False, results[count:], (False, False))
    for k, (a, b) in enumerate(zip(none, whole, strict=True)):
        if 0 < k < count:
            np.testing.assert_array_equal(a, b)
        else:
            assert a is None


@pytest.mark.parametrize("kind", KINDS)
def test_threads_give_the_same_bits(rng, kind, monkeypatch):
    """But for gradients of weights, which are sums of what the threads give."""
    monkeypatch.setattr(recurrent, "WORTH_A_THREAD", 1)
    x, states, weights, sizes = draw(rng, kind, (7, 7, 5, 2), 5, 40)
    count = 1 + len(states)
    before = threads.get_num_threads()
    found = []
    try:
        for n in (1, 2, 3, 16):
            threads.set_num_threads(n)
            results = run(kind, x, states, weights, sizes, True)
            dz = [np.ones_like(a) for a in results[:count]]
            found.append([*results[:count], *run_grad(kind, dz, x, weights, sizes, True, results[count:])])
    finally:
        threads.set_num_threads(before)
    for other in found[1:]:
        for k, (a, b) in enumerate(zip(found[0], other, strict=True)):
            if k < 2 * count:
                np.testing.assert_array_equal(a, b)
            else:
                np.testing.assert_allclose(a, b, rtol=0, atol=1e-13)


@pytest.mark.parametrize("kind", KINDS)
def test_nan_stays_with_its_sequence(rng, kind):
    x, states, weights, sizes = draw(rng, kind, (3, 3, 3), 2, 5)
    x[4, 0] = np.nan  # second step of the second sequence
    z = run(kind, x, states, weights, sizes, False)[0].reshape(3, 3, 5)
    assert np.isnan(z[1:, 1]).all()
    assert np.isfinite(z[0]).all()
    assert np.isfinite(z[:, [0, 2]]).all()


def test_what_does_not_fit_is_refused(rng):
    x, states, weights, sizes = draw(rng, "lstm", (3, 2), 4, 5)
    for wrong in (np.array([2, 3]), np.array([3, 3]), np.array([3, 3, -1]), np.array([3, 2], np.int32), sizes[:0]):
        with pytest.raises(ValueError, match="do not fit"):
            run("lstm", x, states, weights, wrong, False)
    for k, other in (
        (0, weights[0][:, 1:]),
        (1, weights[1][1:]),
        (2, weights[2][1:]),
        (3, weights[3].astype(np.float32)),
    ):
        with pytest.raises(ValueError, match="do not fit"):
            run("lstm", x, states, [other if j == k else w for j, w in enumerate(weights)], sizes, False)
    with pytest.raises(ValueError, match="do not fit"):
        run("lstm", x, [states[0], states[1][1:]], weights, sizes, False)


# ---------------------------------------------------------------------------------------------------------- panels


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("rows", [1, 2, panel.ROWS - 1, panel.ROWS, panel.ROWS + 1, 3 * panel.ROWS + 2])
@pytest.mark.parametrize("terms", [0, 1, 7])
def test_product_writes_its_rows_and_no_more(rng, dtype, rows, terms):
    L, size = panel.columns(np.dtype(dtype).itemsize), np.dtype(dtype).itemsize
    a = rng.standard_normal((rows, 9)).astype(dtype)
    w = rng.standard_normal((max(terms, 1), L)).astype(dtype)
    first = rng.standard_normal(L).astype(dtype)
    places = rng.integers(0, 9, max(terms, 1))
    out = np.full((rows + 2, L + 3), 7, dtype)
    at = places * size
    line = (L + 3) * size
    places_, panel_, begin, to = (x.ctypes.data for x in (at, w, first, out[1:]))
    panel.multiply(a, rows, panel.Product(a.ctypes.data, 9 * size, places_, panel_, terms, begin, 0, to, line))
    expected = first + a[:, places[:terms]].astype(np.float64) @ w[:terms]
    np.testing.assert_allclose(out[1:-1, :L], expected, rtol=0, atol=1e-5 if dtype == np.float32 else 1e-13)
    assert (out[[0, -1]] == 7).all()
    assert (out[:, L:] == 7).all()


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(("inputs", "units"), [(1, 1), (5, 20), (16, 16), (17, 33), (70, 8)])
def test_packed_panels(rng, monkeypatch, dtype, inputs, units):
    monkeypatch.setattr(recurrent_panels, "WORTH_COPYING", 1)
    L, gates = panel.columns(np.dtype(dtype).itemsize), 3
    U = -(-units // L)
    w_ih, w_hh = (at_the_edge(rng.standard_normal((gates * units, k)).astype(dtype)) for k in (inputs, units))
    for w, flat in zip((w_ih, w_hh), recurrent_panels.packed(w_ih, w_hh, True), strict=True):
        expected = np.zeros((gates, U * L, w.shape[1]), dtype)
        expected[:, :units] = w.reshape(gates, units, -1)
        got = flat.reshape(gates, U, -1, L).transpose(0, 1, 3, 2).reshape(expected.shape)
        np.testing.assert_array_equal(got, expected)
        assert flat.ctypes.data % 64 == 0
    for w, flat in zip((w_ih, w_hh), recurrent_panels.packed(w_ih, w_hh, False), strict=True):
        got = flat.reshape(-1, gates * units, L).transpose(1, 0, 2).reshape(gates * units, -1)
        np.testing.assert_array_equal(got[:, : w.shape[1]], w)
        assert not got[:, w.shape[1] :].any()
    assert recurrent_panels.packed(w_ih, w_hh, False, False)[0].size == 0


def test_the_rows_before():
    """Sequences of lengths 3, 2, 2: rows 0-2 are the first states, rows 3-9 the steps."""
    sizes = np.array([3, 3, 1])
    assert recurrent.previous(sizes, 3, False).tolist() == [0, 1, 2, 3, 4, 5, 6]
    assert recurrent.previous(sizes, 3, True).tolist() == [6, 7, 8, 9, 1, 2, 0]


# ----------------------------------------------------------------------------------------------------------- cells


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(("batch", "units"), [(1, 1), (2, 15), (3, 16), (2, 17), (5, 33), (40, 65)])
@pytest.mark.parametrize("kind", ["lstm", "gru"])
def test_gates_of_cells_in_one_pass(rng, monkeypatch, dtype, batch, units, kind):
    """The compiled pass and the one by NumPy are the same function."""
    x, states, weights, _ = draw(rng, kind, (batch,), 3, units, dtype)
    dz = [rng.standard_normal(state.shape).astype(dtype) for state in states]
    found = []
    monkeypatch.setattr(plain.WORK, "least", 1 << 60)
    for limit in (0, 1 << 60):
        monkeypatch.setattr(plain.GATES, "least", limit)
        *values, gates, y = plain.step(KINDS[kind][0], x, tuple(states), tuple(weights))
        found.append([*values, gates, y, *plain.step_back(KINDS[kind][0], tuple(dz), states[-1], gates, y)])
    for a, b in zip(*found, strict=True):
        assert a.dtype == b.dtype == dtype
        np.testing.assert_allclose(a, b, rtol=0, atol=3e-6 if dtype == np.float32 else 1e-14)
