"""Compiled normalisation against the plain loops of tests/naive.py and against the NumPy calls they replace."""

from __future__ import annotations

import numpy as np
import pytest

from kernels.machine import fast, threads
from kernels.norm import channels, rows
from kernels.norm import plain as norm
from kernels.norm import pooled as fused
from tests import naive

from ..canary import at_the_edge
from ..canary import bordered as with_borders

SIZES = (1, 2, 3, 7, 15, 16, 17, 31, 33, 63, 65, 130)
DTYPES = (np.float32, np.float64)
EPS = 1e-5


def close(got, expected, dtype, scale=1.0):
    assert got.dtype == dtype
    assert got.shape == expected.shape
    expected = np.asarray(expected, np.float64)
    size = max(1.0, float(np.abs(expected).max(initial=0)))
    np.testing.assert_allclose(got, expected, rtol=0, atol=(4e-6 if dtype == np.float32 else 1e-13) * size * scale)


def bordered(x):
    """x inside of a larger array, whose border must not change."""
    room = np.full(x.size + 16, 777, x.dtype)
    room[8:-8] = x.reshape(-1)
    return room, room[8:-8].reshape(x.shape)


def unharmed(room):
    assert (room[:8] == 777).all()
    assert (room[-8:] == 777).all()


@pytest.fixture(params=DTYPES, ids=["float32", "float64"])
def draw(request, rng):
    """Standard normal arrays of a dtype."""
    return lambda *shape: rng.standard_normal(shape).astype(request.param)


# ------------------------------------------------------------------------------------------------------ batch norm


@pytest.mark.parametrize("length", SIZES)
@pytest.mark.parametrize("images", [2, 3, 4, 5, 9])
@pytest.mark.parametrize("relu", [False, True])
def test_channels(draw, length, images, relu):
    x, dz, w, b = draw(images, 3, length), draw(images, 3, length), draw(3), draw(3)
    z, by = channels.values(x, w, b, EPS, relu)
    expected, mean, var = naive.batch_norm(x, w, b, EPS, relu)
    close(z, expected, x.dtype)
    close(by.m, mean, x.dtype)
    close(by.var, var, x.dtype)
    room, dx = bordered(x)
    sums, products = channels.slopes(dz, x, by, False, relu, dx)
    slopes = naive.batch_norm_grad(dz, x, w, b, EPS, relu)
    close(dx, slopes[0], x.dtype, 4)
    close((products * by.rstd).astype(x.dtype), slopes[1], x.dtype)
    close(sums.astype(x.dtype), slopes[2], x.dtype)
    unharmed(room)


@pytest.mark.parametrize("shape", [(2, 1, 2500), (3, 2, 1025), (700, 5, 1), (300, 130, 2), (2, 600, 9)])
def test_channels_that_are_cut_into_several_blocks(draw, shape):
    x, dz, w, b = draw(*shape), draw(*shape), draw(shape[1]), draw(shape[1])
    z, by = channels.values(x, w, b, EPS, False)
    dx = np.empty_like(x)
    channels.slopes(dz, x, by, False, False, dx)
    close(z, naive.batch_norm(x, w, b, EPS, False)[0], x.dtype)
    close(dx, naive.batch_norm_grad(dz, x, w, b, EPS, False)[0], x.dtype, 4)


@pytest.mark.parametrize("relu", [False, True])
def test_known_factors(draw, relu):
    x, dz, s, t = draw(5, 4, 19), draw(5, 4, 19), draw(4), draw(4)
    z = x * s.reshape(-1, 1) + t.reshape(-1, 1)
    np.testing.assert_array_equal(channels.scaled(x, s, t, relu), np.maximum(z, 0) if relu else z)
    g = dz * (z > 0) if relu else dz
    dx = np.empty_like(x)
    sums, products = channels.slopes(dz, x, channels.known(s, t), True, relu, dx)
    np.testing.assert_array_equal(dx, g * s.reshape(-1, 1))
    close(sums.astype(x.dtype), g.sum((0, 2)), x.dtype)
    close(products.astype(x.dtype), (g * x).sum((0, 2)), x.dtype, 4)


# ---------------------------------------------------------------------------------------- batch norm, ReLU, pooling


@pytest.mark.parametrize("window", [(1, 1), (2, 2), (2, 3), (3, 2), (3, 3), (1, 5)])
@pytest.mark.parametrize("plane", [(3, 5), (6, 6), (7, 9), (9, 34), (17, 66)])
@pytest.mark.parametrize("known", [False, True])
def test_pooled(draw, window, plane, known):
    x, w, b = draw(3, 2, *plane), draw(2), draw(2)
    if known:
        z, winner = fused.scaled(x, w, b, window)
        by = channels.known(w, b)
        whole = channels.scaled(x.reshape(3, 2, -1), w, b, False).reshape(x.shape)
    else:
        z, winner, by = fused.values(x, w, b, EPS, window)
        whole = channels.values(x.reshape(3, 2, -1), w, b, EPS, False)[0].reshape(x.shape)
    expected, places = naive.relu_pool(whole, window)
    np.testing.assert_array_equal(z, expected)
    np.testing.assert_array_equal(winner, places)
    dz = draw(*z.shape)
    dx, sums, products = fused.slopes(dz, winner, x, by, known, window)
    g = naive.unpool(dz, winner, window, x.shape)
    dx_of_parts = np.empty((3, 2, plane[0] * plane[1]), x.dtype)
    parts = channels.slopes(g.reshape(3, 2, -1), x.reshape(3, 2, -1), by, known, False, dx_of_parts)
    close(dx, dx_of_parts.reshape(x.shape), x.dtype, 4)
    close(sums.astype(x.dtype), parts[0], x.dtype)
    close(products.astype(x.dtype), parts[1], x.dtype)


@pytest.mark.parametrize("window", [(2, 2), (2, 1)])
def test_of_equal_elements_the_first_wins_and_nan_beats_all(window):
    one = np.ones(1)
    x = np.array([[1.0, 3, 3, 0, -1, -1], [3, 3, 3, 3, -1, -1]]).reshape(1, 1, 2, 6)
    assert fused.scaled(x, one, one, (2, 2))[1].reshape(-1).tolist() == [1, 0, 4]
    x[0, 0, 0, 0] = np.nan
    z, winner = fused.scaled(x, one, 0 * one, window)
    assert np.isnan(z[0, 0, 0, 0])
    assert winner[0, 0, 0, 0] == 0
    dx, _, _ = fused.slopes(np.ones_like(z), winner, x, channels.known(one, one), True, window)
    assert dx[0, 0, 0, 0] == 1


# -------------------------------------------------------------------------------------------------------- rows


@pytest.mark.parametrize("length", [*SIZES, 2048, 2049, 5000])
@pytest.mark.parametrize("count", [1, 3, 16, 17])
@pytest.mark.parametrize("centred", [False, True])
def test_rows(draw, length, count, centred):
    x, dz, w, b = draw(count, length), draw(count, length), draw(length), draw(length)
    z, (mean, var, rstd) = rows.values(x, w, b, EPS, centred)
    expected, *statistics = naive.row_norm(x, w, b, EPS, centred)
    close(z, expected, x.dtype, 2)
    close(mean, statistics[0], x.dtype)
    close(var, statistics[1], x.dtype)
    room, dx = bordered(x)
    dw, db = rows.slopes(dz, x, w, mean, rstd, centred, dx)
    slopes = naive.row_norm_grad(dz, x, w, EPS, centred)
    scale = 4 * float(rstd.max())
    for got, wanted in zip((dx, dw, db), slopes, strict=True):
        close(got, wanted, x.dtype, scale)
    unharmed(room)


@pytest.mark.parametrize("length", [2, 3, 17, 65, 2100])
@pytest.mark.parametrize(("groups", "each"), [(1, 3), (2, 2), (4, 1)])
def test_groups(draw, length, groups, each):
    shape = (3, groups, each, length)
    x, dz, w, b = draw(*shape), draw(*shape), draw(groups * each), draw(groups * each)
    z, mean, var, rstd = rows.group_values(x, w, b, EPS)
    room, dx = bordered(x)
    dw, db = rows.group_slopes(dz, x, w, mean, rstd, dx)
    long_w, long_b = (np.tile(np.repeat(p, length).reshape(groups, -1), (3, 1)) for p in (w, b))
    flat = x.reshape(3 * groups, -1)
    for i in range(len(flat)):
        expected, m, v = naive.row_norm(flat[i : i + 1], long_w[i], long_b[i], EPS, True)
        close(z.reshape(flat.shape)[i : i + 1], expected, x.dtype, 2)
        close(mean.reshape(-1)[i : i + 1], m, x.dtype)
        close(var.reshape(-1)[i : i + 1], v, x.dtype)
    g = dz.reshape(flat.shape)
    parts = [naive.row_norm_grad(g[i : i + 1], flat[i : i + 1], long_w[i], EPS, True) for i in range(len(flat))]
    close(dx.reshape(flat.shape), np.concatenate([part[0] for part in parts]), x.dtype, 4 * float(rstd.max()))
    for got, index in ((dw, 1), (db, 2)):
        wanted = np.stack([part[index] for part in parts]).reshape(3, groups, each, length).sum((0, 3)).reshape(-1)
        close(got, wanted, x.dtype, 4 * float(rstd.max()))
    unharmed(room)


# ------------------------------------------------------------------------------------------------ which loops run


VIEWS = [
    ((4, 3, 5), (0, 2), (1, 3, 1), True),
    ((4, 3, 1), (0, 2), (1, 3, 1), True),
    ((6, 10), (1,), (1, 10), True),
    ((6, 10), (1,), (1, 10), False),
    ((4, 3, 5), (2,), (1, 3, 1), True),
    ((4, 2, 3, 5), (2, 3), (1, 2, 3, 1), True),
]


@pytest.mark.parametrize("strided", [False, True])
@pytest.mark.parametrize("affine", ["none", "weight", "both"])
@pytest.mark.parametrize(("shape", "axes", "size", "centred"), VIEWS)
def test_every_view_agrees_with_numpy(draw, monkeypatch, shape, axes, size, centred, affine, strided):
    x, dz = (draw(*shape[:-1], 2 * shape[-1])[..., ::2] if strided else draw(*shape) for _ in range(2))
    w = None if affine == "none" else draw(*size)
    b = draw(*size) if affine == "both" else None
    results = []
    for limit in (0, 1 << 60):
        monkeypatch.setattr(fast.SIZES["norm"], "least", limit)
        z, mean, var, rstd = norm.normalised(x, w, b, axes, EPS, centred)
        grads = norm.normalised_grad(dz, x, w, norm.Statistics(mean, rstd, x.shape, axes, centred), size)
        results.append((z, mean, var, rstd, grads[0], grads[1].reshape(-1), grads[2].reshape(-1)))
    for got, expected in zip(*results, strict=True):
        close(got, expected, x.dtype, 8)


@pytest.mark.parametrize("shape", [(4, 3), (4, 3, 2, 5)])
def test_scaling_agrees_with_numpy(draw, monkeypatch, shape):
    x, dz, s, t = draw(*shape), draw(*shape), draw(3), draw(3)
    results = []
    for limit in (0, 1 << 60):
        monkeypatch.setattr(fast.SIZES["norm"], "least", limit)
        results.append((norm.scaled(x, s, t), *norm.scaled_grad(dz, x, s)))
    for index, (got, expected) in enumerate(zip(*results, strict=True)):
        close(got if index < 2 else got.astype(x.dtype), expected, x.dtype, 4)


# ---------------------------------------------------------------------------------------------------- numerics


@pytest.mark.parametrize("value", [0.1, -7.3, 1e4, 0.0])
def test_a_constant_has_no_variance(value):
    x = np.full((5, 3, 49), value, np.float32)
    one = np.ones(3, np.float32)
    z, by = channels.values(x, one, 0 * one, EPS, False)
    assert not z.any()
    assert not by.var.any()
    z, _, var, _ = rows.group_values(x.reshape(5, 1, 3, 49), one, 0 * one, EPS)
    assert not z.any()
    assert not var.any()


def test_a_large_mean_costs_no_digits_of_the_variance(rng):
    x = (rng.standard_normal((64, 2, 300)) + 1000).astype(np.float32)
    one = np.ones(2, np.float32)
    _, by = channels.values(x, one, one, EPS, False)
    np.testing.assert_allclose(by.var, x.astype(np.float64).var((0, 2)), rtol=1e-6)
    _, _, var, _ = rows.group_values(x.reshape(64, 2, 1, 300), one, one, EPS)
    np.testing.assert_allclose(var, x.astype(np.float64).var(2), rtol=1e-6)


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_nan_and_inf_stay_in_their_channel(bad):
    x = np.arange(24.0).reshape(2, 3, 4)
    x[1, 1, 2] = bad
    one = np.ones(3)
    with np.errstate(invalid="ignore"):
        z, by = channels.values(x, one, one, EPS, True)
    assert np.isnan(z[:, 1]).all()
    assert np.isnan(by.var).tolist() == [False, True, False]
    assert np.isfinite(z[:, ::2]).all()


def test_the_same_number_of_threads_gives_the_same_bits(draw, monkeypatch):
    for module in (channels, rows):
        monkeypatch.setattr(module, "LEAST", 1)
    x, dz, w = draw(6, 4, 8, 8), draw(6, 4, 4, 4), draw(4)
    results = []
    before = threads.get_num_threads()
    for count in (3, 3, 1, 7):  # with 7 threads parts are channels
        threads.set_num_threads(count)
        try:
            z, winner, by = fused.values(x, w, w, EPS, (2, 2))
            results.append((z, winner, *by, *fused.slopes(dz, winner, x, by, False, (2, 2))))
            results[-1] += rows.group_values(x.reshape(6, 2, 2, 64), w, w, EPS)
        finally:
            threads.set_num_threads(before)
    for number, result in enumerate(results[1:]):
        for got, expected in zip(result, results[0], strict=True):
            if number == 0 or got.dtype == np.uint8:
                np.testing.assert_array_equal(got, expected)
            else:
                close(got, expected, got.dtype)


# ---------------------------------------------------------------------------------------------------- refusals


def test_what_does_not_fit_is_refused_before_anything_runs(draw):
    x, w = draw(2, 3, 4), draw(3)
    dx = np.full_like(x, 7)
    _, by = channels.values(x, w, w, EPS, False)
    for call in (
        lambda: channels.values(x, w[:2], w, EPS, False),
        lambda: channels.values(x[:0], w, w, EPS, False),
        lambda: channels.scaled(x, w, w[:1], False),
        lambda: channels.slopes(x[:1], x, by, False, False, dx),
        lambda: channels.slopes(x, x, by, False, False, dx[:, :, ::2]),
        lambda: fused.values(x, w, w, EPS, (2, 2)),
        lambda: fused.values(draw(1, 3, 20, 20), w, w, EPS, (16, 16)),
        lambda: rows.values(draw(3, 4), w, w, EPS, True),
        lambda: rows.slopes(draw(4, 3), draw(4, 3), w, w, w, True, draw(4, 3)),
        lambda: rows.group_values(draw(2, 2, 2, 5), w, w, EPS),
        lambda: rows.group_slopes(draw(2, 3, 1, 5), draw(2, 3, 1, 5), w, w, w, draw(2, 3, 1, 5)),
    ):
        with pytest.raises(ValueError, match=r"fit|wanted"):
            call()
    assert (dx == 7).all()


@pytest.mark.parametrize("count", [1, 3, 4, 5, 16, 21])
@pytest.mark.parametrize("length", SIZES)
def test_four_rows_at_once_touch_nothing_else(draw, count, length):
    """Inputs lie at the edge of memory that may be read, results have borders; each row is what it is alone."""
    x, dz, w, b = draw(count, length), draw(count, length), draw(length), draw(length)
    alone = [rows.values(x[k : k + 1], w, b, EPS, True) for k in range(count)]
    for side in ("start", "end"):
        x, dz, w, b = [at_the_edge(array, side) for array in (x, dz, w, b)]
        with with_borders():
            z, (mean, _, rstd) = rows.values(x, w, b, EPS, True)
            dx = np.empty(x.shape, x.dtype)
            dw, db = rows.slopes(dz, x, w, mean, rstd, True, dx)
            for k in range(count):
                np.testing.assert_array_equal(z[k : k + 1], alone[k][0])
                slope = np.empty((1, length), x.dtype)
                rows.slopes(dz[k : k + 1], x[k : k + 1], w, mean[k : k + 1], rstd[k : k + 1], True, slope)
                np.testing.assert_array_equal(dx[k : k + 1], slope)
        close(db, dz.sum(0, dtype=np.float64), x.dtype)
        close(dw, (dz * ((x - mean[:, None]) * rstd[:, None])).sum(0, dtype=np.float64), x.dtype)
