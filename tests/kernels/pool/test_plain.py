"""Pooling on arrays, against slow loops that read like the definition."""

import itertools

import numpy as np
import pytest

from kernels.machine import threads
from kernels.machine.fast import NEVER, SIZES
from kernels.pool import plain as pool
from kernels.pool import sums as pool_sums
from tests import naive


@pytest.fixture(params=["compiled", "numpy"], autouse=True)
def way(request, monkeypatch):
    """Both ways to compute: loops for arrays of any size, and NumPy."""
    monkeypatch.setattr(SIZES["pool"], "least", 0 if request.param == "compiled" else NEVER)


SETTINGS = [  # shape, size, stride, padding, dilation, out
    ((3, 7), (3,), (2,), (1,), (1,), (4,)),
    ((2, 7), (2,), (3,), (0,), (1,), (2,)),
    ((2, 7), (2,), (3,), (0,), (1,), (3,)),  # the last window is only partly inside
    ((2, 9), (3,), (1,), (1,), (3,), (5,)),
    ((2, 1), (1,), (1,), (0,), (1,), (1,)),
    ((0, 5), (2,), (2,), (0,), (1,), (2,)),
    ((2, 3, 5, 6), (2, 3), (1, 2), (1, 1), (1, 1), (6, 3)),
    ((2, 6, 6), (2, 2), (2, 2), (0, 0), (1, 1), (3, 3)),
    ((2, 4, 5), (4, 5), (4, 5), (0, 0), (1, 1), (1, 1)),
    ((20, 20), (17, 17), (1, 1), (8, 8), (1, 1), (20, 20)),  # more elements than a byte can number
    ((2, 3, 4, 5), (2, 2, 2), (1, 2, 3), (0, 1, 0), (1, 1, 2), (2, 3, 1)),
    ((2, 3, 4, 5), (2, 3, 2), (2, 2, 2), (1, 1, 1), (1, 1, 1), (2, 2, 3)),
    ((2, 2, 3), (2, 2), (1, 1), (1, 1), (2, 1), (2, 4)),  # the first element of a window may be outside
]


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.int64, np.uint8])
@pytest.mark.parametrize("settings", SETTINGS, ids=str)
def test_max_pool(settings, dtype, rng):
    shape, *windows = settings
    x = rng.integers(0, 9, shape).astype(dtype)  # with ties
    value, index = pool.max_pool(x, *windows)
    expected, places, _ = naive.max_pool(x, *windows)
    assert value.dtype == dtype
    assert index.dtype == np.int64
    np.testing.assert_array_equal(value, expected)
    np.testing.assert_array_equal(index, places)


@pytest.mark.parametrize("settings", SETTINGS, ids=str)
def test_max_pool_with_nan_and_infinity(settings, rng):
    shape, *windows = settings
    x = rng.choice([np.nan, -np.inf, np.inf, 0.0, 1.0], shape, p=[0.2, 0.5, 0.1, 0.1, 0.1])
    value, index = pool.max_pool(x, *windows)
    expected, places, _ = naive.max_pool(x, *windows)
    np.testing.assert_array_equal(value, expected)
    np.testing.assert_array_equal(index, places)


def test_max_pool_of_another_memory_layout(rng):
    x = np.flip(rng.standard_normal((6, 8, 3)).transpose(2, 0, 1), 1)
    windows = ((2, 2), (2, 2), (0, 0), (1, 1), (3, 4))
    for got, expected in zip(pool.max_pool(x, *windows), pool.max_pool(x.copy(), *windows), strict=True):
        np.testing.assert_array_equal(got, expected)


@pytest.mark.parametrize(("n", "out"), [(7, 3), (3, 7), (5, 1), (1, 4), (6, 6), (5, 0)])
def test_adaptive_windows_cover_everything(n, out):
    begin, end = pool.adaptive_windows(n, out)
    covered = set(itertools.chain(*map(range, begin, end)))
    assert covered == (set(range(n)) if out else set())
    assert list(begin) == [int(np.floor(i * n / out)) for i in range(out)]
    assert list(end) == [int(np.ceil((i + 1) * n / out)) for i in range(out)]


@pytest.mark.parametrize("out", [(3, 4), (1, 1), (7, 2), (0, 3)])
def test_adaptive_max_pool(out, rng):
    x = rng.integers(0, 5, (2, 5, 6)).astype(np.float64)
    x[1, 2, 3] = np.nan
    value, index = pool.adaptive_max_pool(x, out)
    assert value.shape == index.shape == (2, *out)
    for row, i, j in np.ndindex(value.shape):
        (a, b), (c, d) = ((k * n // o, -(-(k + 1) * n // o)) for k, n, o in zip((i, j), x.shape[1:], out, strict=True))
        part = x[row, a:b, c:d]
        np.testing.assert_array_equal(value[row, i, j], part.max())
        hit = np.isnan(part) if np.isnan(part).any() else part == part.max()
        first = np.argwhere(hit)[0]
        assert index[row, i, j] == (a + first[0]) * x.shape[2] + c + first[1]


@pytest.mark.parametrize("settings", [s for s in SETTINGS if set(s[4]) == {1}], ids=str)
def test_window_sums_and_their_transpose(settings, rng):
    shape, size, stride, padding, _, out = settings
    x = rng.standard_normal(shape)
    z = pool_sums.window_sums(x, size, stride, padding, out)
    expected = np.zeros((*shape[: -len(out)], *out))
    for window in np.ndindex(out):
        part = tuple(
            slice(max(w * s - p, 0), max(w * s - p + k, 0))
            for w, k, s, p in zip(window, size, stride, padding, strict=True)
        )
        expected[(..., *window)] = x[(..., *part)].sum(tuple(range(-len(out), 0)))
    np.testing.assert_allclose(z, expected, rtol=1e-12, atol=1e-12)
    dz = rng.standard_normal(z.shape)
    dx = pool_sums.window_spread(dz, size, stride, padding, shape[-len(out) :] if len(shape) == len(out) else shape)
    assert dx.shape == shape
    np.testing.assert_allclose((dx * x).sum(), (dz * z).sum(), rtol=1e-10, atol=1e-12)


def test_sums_keep_their_dtype():
    x = np.ones((2, 4), np.float32)
    assert pool_sums.window_sums(x, (2,), (2,), (0,), (2,)).dtype == np.float32
    assert pool_sums.window_spread(x, (2,), (2,), (0,), (2, 8)).dtype == np.float32


# ------------------------------------------------------------------------------------------- places, threads, shapes

WIDTHS = [1, 2, 7, 8, 15, 16, 17, 31, 32, 33, 63, 65]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize(
    ("size", "stride", "padding"), [((2, 2), (2, 2), (0, 0)), ((3, 3), (2, 2), (1, 1)), ((3, 3), (1, 1), (1, 1))]
)
def test_winners_and_their_transpose_at_tails(width, dtype, size, stride, padding, rng):
    x = rng.integers(0, 9, (3, 2, 9, width + 2)).astype(dtype)
    x[rng.random(x.shape) < 0.02] = np.nan
    out = tuple([(n + 2 * p - k) // s + 1 for n, k, s, p in zip(x.shape[2:], size, stride, padding, strict=True)])
    windows = pool.Windows(size, stride, padding, (1, 1), out)
    value, place = pool.winners(x, windows)
    expected, index, places = naive.max_pool(x, *windows[:5])
    assert value.dtype == dtype
    assert place.dtype == np.uint8
    np.testing.assert_array_equal(value, expected)
    np.testing.assert_array_equal(place, places)
    np.testing.assert_array_equal(pool.positions(place, windows, x.shape), index)
    np.testing.assert_array_equal(x.reshape(-1)[pool.positions(place, windows, x.shape, whole=True)], expected)
    dz = rng.standard_normal(value.shape).astype(dtype)
    dx = pool.put(dz, place, windows, x.shape)
    assert dx.dtype == dtype
    tolerance = 1e-6 if dtype == np.float32 else 1e-15
    np.testing.assert_allclose(dx, naive.put_winners(dz, index, x.shape, 2), rtol=tolerance, atol=tolerance)
    np.testing.assert_array_equal(pool.put(np.flip(dz, 1), np.flip(place, 1), windows, x.shape), np.flip(dx, 1))


@pytest.mark.parametrize("settings", SETTINGS, ids=str)
def test_put_adds_where_the_winners_are(settings, rng):
    shape, *numbers = settings
    windows = pool.Windows(*numbers)
    value, place = pool.winners(rng.standard_normal(shape), windows)
    dz = rng.standard_normal(value.shape)
    dx = pool.put(dz, place, windows, shape)
    index = pool.positions(place, windows, shape)
    np.testing.assert_allclose(dx, naive.put_winners(dz, index, shape, len(windows.out)), rtol=1e-14, atol=1e-14)


@pytest.mark.parametrize("shape", [(2, 5, 6), (2, 7, 7), (3, 11)])
@pytest.mark.parametrize("parts", [1, 2, 3, 4])
def test_adaptive_winners_have_places_in_their_own_windows(shape, parts, rng):
    x = rng.standard_normal(shape)
    x[rng.random(shape) < 0.2] = np.nan
    windows = pool.adaptive(shape[1:], (parts,) * (len(shape) - 1))
    value, place = pool.winners(x, windows)
    index = pool.positions(place, windows, shape, whole=True)
    np.testing.assert_array_equal(x.reshape(-1)[index], value)
    dz = rng.standard_normal(value.shape)
    expected = np.zeros(shape)
    np.add.at(expected.reshape(-1), index, dz)
    np.testing.assert_allclose(pool.put(dz, place, windows, shape), expected, rtol=1e-14, atol=1e-14)


def test_large_images_are_taken_a_few_rows_at_a_time(rng, monkeypatch):
    monkeypatch.setattr(pool, "SCRATCH", 256)
    pool._loop.cache_clear()
    x = rng.standard_normal((2, 3, 13, 12))
    for size, stride, padding in (((3, 3), (2, 2), (1, 1)), ((3, 2), (1, 1), (0, 1))):
        out = tuple([(n + 2 * p - k) // s + 1 for n, k, s, p in zip((13, 12), size, stride, padding, strict=True)])
        value, index = pool.max_pool(x, size, stride, padding, (1, 1), out)
        expected, places, _ = naive.max_pool(x, size, stride, padding, (1, 1), out)
        np.testing.assert_array_equal(value, expected)
        np.testing.assert_array_equal(index, places)
    pool._loop.cache_clear()


def test_threads_give_the_same_bits(rng, monkeypatch):
    monkeypatch.setattr(pool, "LEAST", 1)
    x = rng.standard_normal((5, 3, 9, 9)).astype(np.float32)
    windows = pool.Windows((3, 3), (2, 2), (1, 1), (1, 1), (5, 5))
    settings = windows[:3]
    before = threads.get_num_threads()
    results = []
    try:
        for n in (1, 2, 3, 16):
            threads.set_num_threads(n)
            value, place = pool.winners(x, windows)
            total = pool_sums.window_sums(x, *settings, (5, 5), 9)
            spread = pool_sums.window_spread(value, *settings, x.shape, 9)
            results.append((value, place, pool.put(value, place, windows, x.shape), total, spread))
    finally:
        threads.set_num_threads(before)
    for others in results[1:]:
        for got, expected in zip(others, results[0], strict=True):
            np.testing.assert_array_equal(got, expected)


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_means_of_everything(width, dtype, rng):
    x = rng.standard_normal((3, 5, 7, width)).astype(dtype)
    z = pool_sums.window_sums(x, (7, width), (7, width), (0, 0), (1, 1), 7 * width)
    assert z.dtype == dtype
    np.testing.assert_allclose(z[..., 0, 0], x.mean((2, 3), dtype=np.float64), rtol=0, atol=1e-6)
    dx = pool_sums.window_spread(z, (7, width), (7, width), (0, 0), x.shape, 7 * width)
    np.testing.assert_allclose(dx, np.broadcast_to(z / (7 * width), x.shape), rtol=1e-6)


def test_a_divisor_per_window(rng):
    x, divisor = rng.standard_normal((2, 3, 6, 8)), rng.integers(1, 9, (3, 4)).astype(np.float64)
    settings = ((2, 2), (2, 2), (0, 0))
    whole = x.reshape(2, 3, 3, 2, 4, 2).sum((3, 5))
    np.testing.assert_allclose(pool_sums.window_sums(x, *settings, (3, 4), divisor), whole / divisor, rtol=1e-14)
    dx = pool_sums.window_spread(whole, *settings, x.shape, divisor)
    np.testing.assert_allclose(dx, (whole / divisor).repeat(2, 2).repeat(2, 3), rtol=1e-14)


def test_what_does_not_fit_is_refused():
    x = np.ones((2, 4))
    with pytest.raises(ValueError, match="window without elements"):
        pool.winners(x, pool.Windows((2,), (3,), (0,), (1,), (3,)))
    windows = pool.Windows((2,), (2,), (0,), (1,), (2,))
    value, place = pool.winners(x, windows)
    with pytest.raises(ValueError, match="do not fit"):
        pool.put(value, place, windows, (3, 4))
    with pytest.raises(ValueError, match="do not fit"):
        pool.put(value[:1], place, windows, (2, 4))
