"""Pooling and resampling on arrays, against slow loops that read like the definition."""

import itertools

import numpy as np
import pytest

from kernels import pool, resize


def naive_max(x, size, stride, padding, dilation, out):
    """Values and positions; of equal ones the first, of several NaN the last."""
    lead, shape = x.shape[: -len(out)], x.shape[-len(out) :]
    value, index = np.zeros((*lead, *out), x.dtype), np.zeros((*lead, *out), np.int64)
    for row in np.ndindex(lead):
        for window in np.ndindex(out):
            best = place = None
            for offset in np.ndindex(size):
                at = tuple(
                    w * s - p + o * d for w, s, p, o, d in zip(window, stride, padding, offset, dilation, strict=True)
                )
                if all(0 <= a < n for a, n in zip(at, shape, strict=True)):
                    v = x[(*row, *at)]
                    if best is None or v > best or v != v:
                        best, place = v, np.ravel_multi_index(at, shape)
            value[(*row, *window)], index[(*row, *window)] = best, place
    return value, index


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
]


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.int64, np.uint8])
@pytest.mark.parametrize("settings", SETTINGS, ids=str)
def test_max_pool(settings, dtype, rng):
    shape, *windows = settings
    x = rng.integers(0, 9, shape).astype(dtype)  # with ties
    value, index = pool.max_pool(x, *windows)
    expected, places = naive_max(x, *windows)
    assert value.dtype == dtype
    assert index.dtype == np.int64
    np.testing.assert_array_equal(value, expected)
    np.testing.assert_array_equal(index, places)


@pytest.mark.parametrize("settings", SETTINGS, ids=str)
def test_max_pool_with_nan_and_infinity(settings, rng):
    shape, *windows = settings
    x = rng.choice([np.nan, -np.inf, np.inf, 0.0, 1.0], shape, p=[0.2, 0.5, 0.1, 0.1, 0.1])
    value, index = pool.max_pool(x, *windows)
    expected, places = naive_max(x, *windows)
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
    z = pool.window_sums(x, size, stride, padding, out)
    expected = np.zeros((*shape[: -len(out)], *out))
    for window in np.ndindex(out):
        part = tuple(
            slice(max(w * s - p, 0), max(w * s - p + k, 0))
            for w, k, s, p in zip(window, size, stride, padding, strict=True)
        )
        expected[(..., *window)] = x[(..., *part)].sum(tuple(range(-len(out), 0)))
    np.testing.assert_allclose(z, expected, rtol=1e-12, atol=1e-12)
    dz = rng.standard_normal(z.shape)
    dx = pool.window_spread(dz, size, stride, padding, shape[-len(out) :] if len(shape) == len(out) else shape)
    assert dx.shape == shape
    np.testing.assert_allclose((dx * x).sum(), (dz * z).sum(), rtol=1e-10, atol=1e-12)


TAPS = (
    (np.array([0, 0, 1, 3, 3]), np.array([0.5, 1.0, 2.0, 3.0, 0.25])),
    (np.array([1, 1, 2, 3, 3]), None),
)


@pytest.mark.parametrize(
    ("shape", "axis"), [((4,), 0), ((2, 4), 1), ((4, 3), 0), ((2, 4, 3), 1), ((0, 4), 1), ((4, 0), 0)]
)
def test_gather_and_its_transpose(shape, axis, rng):
    x = rng.standard_normal(shape)
    z = resize.gather(x, TAPS, axis)
    expected = sum(
        np.moveaxis(np.moveaxis(x, axis, -1)[..., source] * (1.0 if weight is None else weight), -1, axis)
        for source, weight in TAPS
    )
    np.testing.assert_allclose(z, expected, rtol=1e-12)
    dz = rng.standard_normal(z.shape)
    dx = resize.spread(dz, TAPS, axis, 4)
    assert dx.shape == shape
    np.testing.assert_allclose((dx * x).sum(), (dz * z).sum(), rtol=1e-10)


@pytest.mark.parametrize("axis", [0, 1])
def test_spread_keeps_infinities_where_they_belong(axis):
    dz = np.ones((5, 5))
    dz[(2, slice(None)) if axis == 0 else (slice(None), 2)] = np.inf
    dx = np.moveaxis(resize.spread(dz, TAPS, axis, 4), axis, 0)
    np.testing.assert_array_equal(dx, [[1.5] * 5, [np.inf] * 5, [np.inf] * 5, [5.25] * 5])


def test_dtype_stays():
    x = np.ones((2, 4), np.float32)
    assert resize.gather(x, TAPS, 1).dtype == np.float32
    assert resize.spread(np.ones((2, 5), np.float32), TAPS, 1, 4).dtype == np.float32
    assert pool.window_sums(x, (2,), (2,), (0,), (2,)).dtype == np.float32
    assert pool.window_spread(x, (2,), (2,), (0,), (2, 8)).dtype == np.float32
