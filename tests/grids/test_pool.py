"""Pooling over the full product of small settings, by NumPy and by the compiled loops, against its definition.

The kind of mistake this is for: a shortcut whose condition forgets a setting. Max pooling once had one: "a window as
large as the input, and only one of them" was taken for "one window over everything", without a look at the padding
that moves the window away. Its tests compared the compiled loops with NumPy and with slow loops, but on a list of
chosen settings, in which windows as large as their input came without padding; and as the shortcut stood in both ways,
comparing them with each other said nothing. So settings here are not chosen: every combination is tried, most inputs
are smaller than their windows, and all elements are negative, so that a zero from the padding would win.
"""

import functools
import itertools

import numpy as np
import pytest

import autograd
import nn.functional as F
from autograd.errors import ShapeError

MAX = {1: F.max_pool1d, 2: F.max_pool2d, 3: F.max_pool3d}
AVG = {1: F.avg_pool1d, 2: F.avg_pool2d, 3: F.avg_pool3d}
LP = {1: F.lp_pool1d, 2: F.lp_pool2d, 3: F.lp_pool3d}
ADAPTIVE_MAX = {1: F.adaptive_max_pool1d, 2: F.adaptive_max_pool2d, 3: F.adaptive_max_pool3d}
ADAPTIVE_AVG = {1: F.adaptive_avg_pool1d, 2: F.adaptive_avg_pool2d, 3: F.adaptive_avg_pool3d}


def axis_settings(sizes, windows, strides, dilations=(1,)):
    """All (n, k, s, p, d) of one axis that are allowed."""
    return [
        (n, k, s, p, d)
        for n, k, s, d in itertools.product(sizes, windows, strides, dilations)
        for p in range(k // 2 + 1)
        if k > 1 or d == 1
    ]


GRIDS = {  # dims: the settings of each axis
    1: axis_settings(range(1, 12), range(1, 6), range(1, 6), range(1, 4)),
    2: axis_settings(range(1, 4), range(1, 4), (1, 2), (1, 2)),
    3: axis_settings((1, 2), (1, 2), (1, 2)),
}
LARGER = {
    2: axis_settings(range(1, 6), range(1, 4), (1, 2, 3), (1, 2)),
    3: axis_settings((1, 2, 3), (1, 2, 3), (1, 2), (1, 2)),
}


def every(grid, dims):
    """All settings of `dims` axes: shape, size, stride, padding, dilation, ceil_mode."""
    for axes in itertools.product(grid, repeat=dims):
        for ceil_mode in (False, True):
            yield *zip(*axes, strict=True), ceil_mode


def count_of_windows(n, k, s, p, d, ceil_mode):
    """They begin s apart, from p before the first element on, and end within p after the last; with `ceil_mode` there
    is one more if anything is left over, and if it begins no later than the last element."""
    room = n + 2 * p - d * (k - 1) - 1
    full = room // s + 1
    return full + 1 if ceil_mode and room % s and full * s < n + p else full


@functools.lru_cache(maxsize=4096)
def elements(n, k, s, p, d, out):
    """(P, K): where element i of window w lies on the axis; -1 if it is not inside."""
    at = np.arange(out)[:, None] * s - p + np.arange(k) * d
    return np.where((at >= 0) & (at < n), at, -1)


def windows(shape, tables):
    """(P, K), both row-major over all axes: positions of the elements of each window in the row-major array, and -1."""
    flat = np.zeros((1, 1), np.int64)
    for n, table in zip(shape, tables, strict=True):
        outer, inner = flat[:, None, :, None], table[None, :, None, :]
        joined = np.where((outer < 0) | (inner < 0), -1, outer * n + inner)
        flat = joined.reshape(len(flat) * len(table), -1)
    return flat


def largest(x, at):
    """The position of the largest element of each window of each row of x: the first of equal ones, the last NaN."""
    _, rank = np.unique(x, return_inverse=True)
    rank = np.where(np.isnan(x), x.size + np.arange(x.size).reshape(x.shape), rank.reshape(x.shape))
    winner = np.where(at < 0, -1, rank[:, at]).argmax(-1)
    return np.take_along_axis(np.broadcast_to(at, (*winner.shape, at.shape[1])), winner[..., None], -1)[..., 0]


def draw(rng, shape, dtype, special):
    """Negative numbers with ties; or mostly NaN and infinities."""
    if special:
        return rng.choice([np.nan, -np.inf, np.inf, -1.0], (2, *shape), p=[0.2, 0.5, 0.1, 0.2]).astype(dtype)
    return -rng.integers(1, 6, (2, *shape)).astype(dtype)


def check_winners(x, at, pool, gradients):
    """`pool` of an array x gives the winners of the windows `at`, their positions, and gradients of both orders."""
    rows = x.reshape(len(x), -1)
    index = largest(rows, at)
    expected = np.take_along_axis(rows, index, 1)
    t = autograd.tensor(x, requires_grad=gradients)
    value, place = pool(t)
    same = np.array_equal(value.numpy(force=True).reshape(expected.shape), expected, equal_nan=x.dtype.kind == "f")
    assert value.dtype == x.dtype
    assert same
    assert np.array_equal(place.numpy().reshape(expected.shape), index)
    if gradients:
        dz = (np.arange(expected.size, dtype=x.dtype) % 7 - 3).reshape(value.shape)  # whole numbers: sums are exact
        u = autograd.tensor(dz, requires_grad=True)
        (dx,) = autograd.grad(value, [t], u, create_graph=True)
        total = np.zeros(rows.shape, x.dtype)
        np.add.at(total, (np.arange(len(x))[:, None], index), dz.reshape(index.shape))
        assert np.array_equal(dx.numpy(force=True).reshape(rows.shape), total)
        weights = np.arange(x.size, dtype=x.dtype).reshape(x.shape)
        (du,) = autograd.grad(dx, [u], autograd.tensor(weights))
        picked = np.take_along_axis(weights.reshape(rows.shape), index, 1)
        assert np.array_equal(du.numpy().reshape(index.shape), picked)


def max_pool_is_right(grid, dims, dtype, rng, gradients):
    tried = 0
    for shape, size, stride, padding, dilation, ceil_mode in every(grid, dims):
        axes = list(zip(shape, size, stride, padding, dilation, strict=True))
        out = [count_of_windows(*axis, ceil_mode) for axis in axes]
        tables = [elements(*axis, max(n, 0)) for axis, n in zip(axes, out, strict=True)]
        settings = (size, stride, padding, dilation, ceil_mode, True)
        special = bool(tried % 2) and np.dtype(dtype).kind == "f"
        x = draw(rng, shape, dtype, special)
        if min(out) <= 0 or any((table < 0).all(1).any() for table in tables):
            with pytest.raises(ShapeError):
                MAX[dims](autograd.tensor(x), *settings)
            continue
        tried += 1
        try:
            check_winners(x, windows(shape, tables), lambda t, s=settings: MAX[dims](t, *s), gradients)
        except AssertionError as error:
            raise AssertionError(f"shape {shape}, settings {settings}, x = {x.tolist()}") from error
    return tried


@pytest.mark.parametrize("dims", [1, 2, 3])
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_max_pool(way, dims, dtype, rng):
    assert max_pool_is_right(GRIDS[dims], dims, dtype, rng, gradients=True) > 1000


@pytest.mark.parametrize("dtype", [np.float16, np.int64, np.uint8])
def test_max_pool_of_dtypes_without_compiled_loops(dtype, rng):
    assert max_pool_is_right(GRIDS[1], 1, dtype, rng, gradients=False) > 1000


@pytest.mark.slow
@pytest.mark.parametrize("dims", [2, 3])
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_max_pool_over_larger_products(way, dims, dtype, rng):
    assert max_pool_is_right(LARGER[dims], dims, dtype, rng, gradients=False) > 10_000
