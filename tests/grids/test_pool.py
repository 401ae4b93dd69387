"""Pooling over the full product of small settings, by NumPy and by the compiled loops, against its definition.

The kind of mistake this is for: a shortcut whose condition forgets a setting. Max pooling once had one: "a window as
large as the input, and only one of them" was taken for "one window over everything", without a look at the padding
that moves the window away. Its tests compared the compiled loops with NumPy and with slow loops, but on a list of
chosen settings, in which windows as large as their input came without padding; and as the shortcut stood in both ways,
comparing them with each other said nothing. So settings here are not chosen: every combination is tried, most inputs
are smaller than their windows, and all elements are negative, so that a zero from the padding would win.
"""

import itertools

import numpy as np
import pytest

import autograd
import nn.functional as F
from autograd.errors import ShapeError

from . import reference
from .reference import axis_settings, count_of_windows, elements, every, joined, largest

MAX = {1: F.max_pool1d, 2: F.max_pool2d, 3: F.max_pool3d}
AVG = {1: F.avg_pool1d, 2: F.avg_pool2d, 3: F.avg_pool3d}
UNPOOL = {1: F.max_unpool1d, 2: F.max_unpool2d}
LP = {1: F.lp_pool1d, 2: F.lp_pool2d, 3: F.lp_pool3d}
ADAPTIVE_MAX = {1: F.adaptive_max_pool1d, 2: F.adaptive_max_pool2d, 3: F.adaptive_max_pool3d}
ADAPTIVE_AVG = {1: F.adaptive_avg_pool1d, 2: F.adaptive_avg_pool2d, 3: F.adaptive_avg_pool3d}


GRIDS = {  # dims: the settings of each axis
    1: axis_settings(range(1, 12), range(1, 6), range(1, 6), range(1, 4)),
    2: axis_settings((1, 3), range(1, 4), (1, 2), (1, 2)),
    3: axis_settings((1, 3), (2,), (1, 2)),
}
SMALLER = axis_settings(range(1, 8), range(1, 5), (1, 2, 3), (1, 2))
LARGER = {
    2: axis_settings(range(1, 6), range(1, 4), (1, 2, 3), (1, 2)),
    3: axis_settings((1, 2, 3), (1, 2, 3), (1, 2), (1, 2)),
}


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
    for (shape, size, stride, padding, dilation), ceil_mode in itertools.product(every(grid, dims), (False, True)):
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
            check_winners(x, joined(shape, tables), lambda t, s=settings: MAX[dims](t, *s), gradients)
        except AssertionError as error:
            raise AssertionError(f"shape {shape}, settings {settings}, x = {x.tolist()}") from error
    return tried


@pytest.mark.parametrize("dims", [1, 2, 3])
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_max_pool(way, dims, dtype, rng):
    gradients = dtype == np.float64 or way == "compiled"
    assert max_pool_is_right(GRIDS[dims], dims, dtype, rng, gradients) > 400


@pytest.mark.parametrize("dtype", [np.float16, np.int64, np.uint8])
def test_max_pool_of_dtypes_without_compiled_loops(dtype, rng):
    assert max_pool_is_right(SMALLER, 1, dtype, rng, gradients=False) > 400


@pytest.mark.slow
@pytest.mark.parametrize("dims", [2, 3])
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_max_pool_over_larger_products(way, dims, dtype, rng):
    assert max_pool_is_right(LARGER[dims], dims, dtype, rng, gradients=False) > 10_000


# ------------------------------------------------------------------------------------------------- adaptive windows


def every_division(sizes, dims):
    """All (shape, out) of `dims` axes."""
    for axes in itertools.product(itertools.product(sizes, sizes), repeat=dims):
        yield tuple(zip(*axes, strict=True))


@pytest.mark.parametrize(("dims", "sizes"), [(1, range(1, 12)), (2, range(1, 5)), (3, range(1, 3))])
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_adaptive_pooling(way, dims, sizes, dtype, rng):
    tolerance = 1e-6 if dtype == np.float32 else 1e-14
    for number, (shape, out) in enumerate(every_division(sizes, dims)):
        tables = [reference.adaptive_elements(*axis) for axis in zip(shape, out, strict=True)]
        at = joined(shape, tables)
        try:
            x = draw(rng, shape, dtype, bool(number % 2))
            check_winners(x, at, lambda t, n=out: ADAPTIVE_MAX[dims](t, n, True), gradients=True)
            matrix = reference.sums(at, int(np.prod(shape)))
            matrix /= matrix.sum(1, keepdims=True)
            check_linear(draw(rng, shape, dtype, False), matrix, lambda t, n=out: ADAPTIVE_AVG[dims](t, n), tolerance)
        except AssertionError as error:
            raise AssertionError(f"shape {shape}, out {out}") from error


# --------------------------------------------------------------------------------------------- averages and norms


def check_linear(x, matrix, pool, tolerance):
    """`pool` multiplies rows of x by a matrix, its derivative by the transpose, and the derivative of that by it."""
    t = autograd.tensor(x, requires_grad=True)
    z = pool(t)
    rows = x.reshape(len(x), -1)
    assert z.dtype == x.dtype
    assert np.allclose(z.numpy(force=True).reshape(len(x), -1), rows @ matrix.T, tolerance, tolerance)
    dz = (np.arange(z.numel(), dtype=x.dtype) % 7 - 3).reshape(z.shape)
    u = autograd.tensor(dz, requires_grad=True)
    (dx,) = autograd.grad(z, [t], u, create_graph=True)
    transposed = dz.reshape(len(x), -1) @ matrix
    assert np.allclose(dx.numpy(force=True).reshape(rows.shape), transposed, tolerance, 4 * tolerance)
    (du,) = autograd.grad(dx, [u], autograd.tensor(x))
    assert np.allclose(du.numpy().reshape(len(x), -1), rows @ matrix.T, tolerance, tolerance)


AVG_GRIDS = {
    1: axis_settings(range(1, 8), range(1, 6), range(1, 5)),
    2: axis_settings((1, 3), range(1, 4), (1, 2)),
    3: axis_settings((1, 3), (2,), (1, 2)),
}


@pytest.mark.parametrize("dims", [1, 2, 3])
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_average_pool(way, dims, dtype, rng):
    """What is counted: with `count_include_pad` all but what lies beyond the padding, else what is inside."""
    tolerance = 1e-6 if dtype == np.float32 else 1e-14
    tried = 0
    for (shape, size, stride, padding, _), ceil_mode in itertools.product(every(AVG_GRIDS[dims], dims), (False, True)):
        axes = list(zip(shape, size, stride, padding, strict=True))
        out = [count_of_windows(*axis, 1, ceil_mode) for axis in axes]
        if min(out) <= 0:
            with pytest.raises(ShapeError):
                AVG[dims](autograd.tensor(np.ones((1, *shape), dtype)), size, stride, padding, ceil_mode)
            continue
        at = joined(shape, [elements(*axis, 1, n) for axis, n in zip(axes, out, strict=True)])
        total = reference.sums(at, int(np.prod(shape)))
        padded = [elements(n + 2 * p, k, s, 0, 1, w) for (n, k, s, p), w in zip(axes, out, strict=True)]
        within = (joined([n + 2 * p for n, _, _, p in axes], padded) >= 0).sum(1, keepdims=True)
        divisors = [(True, None, within), (False, None, (at >= 0).sum(1, keepdims=True))]
        if dims > 1:
            divisors.append((bool(tried % 2), 3, 3))
        for include_pad, override, divisor in divisors:
            tried += 1
            settings = (size, stride, padding, ceil_mode, include_pad, *([override] if dims > 1 else []))
            x = draw(rng, shape, dtype, False)
            try:
                check_linear(x, total / divisor, lambda t, s=settings: AVG[dims](t, *s), tolerance)
            except AssertionError as error:
                raise AssertionError(f"shape {shape}, settings {settings}") from error
    assert tried > 500


@pytest.mark.parametrize("dims", [1, 2, 3])
def test_norms_of_windows(way, dims, rng):
    """As PyTorch has it, the mean over a window that is cut off at the end counts for all its elements."""
    for (shape, size, stride, padding, _), ceil_mode in itertools.product(every(AVG_GRIDS[dims], dims), (False, True)):
        axes = list(zip(shape, size, stride, padding, strict=True))
        out = [count_of_windows(*axis, 1, ceil_mode) for axis in axes]
        if any(padding) or min(out) <= 0:
            continue
        at = joined(shape, [elements(*axis, 1, n) for axis, n in zip(axes, out, strict=True)])
        x = rng.random((2, *shape)) + 0.5
        taken = np.where(at < 0, 0, x.reshape(2, -1)[:, at])
        for p in (1, 2, 3.5):
            expected = ((taken**p).sum(-1) / (at >= 0).sum(-1) * at.shape[1]) ** (1 / p)
            z = LP[dims](autograd.tensor(x), p, size, stride, ceil_mode)
            assert np.allclose(z.numpy().reshape(expected.shape), expected, 1e-13), (shape, size, stride, ceil_mode, p)


# ------------------------------------------------------------------------------------------------------- unpooling


@pytest.mark.parametrize("dims", [1, 2])
def test_unpooling_puts_every_winner_back(dims, rng):
    tried = 0
    for shape, size, stride, padding, _ in every(AVG_GRIDS[dims], dims):
        axes = list(zip(shape, size, stride, padding, strict=True))
        out = [count_of_windows(*axis, 1) for axis in axes]
        least = [(w - 1) * s - 2 * p + k for (_, k, s, p), w in zip(axes, out, strict=True)]
        if min(out) <= 0 or any(not m - s < n < m + s for m, n, s in zip(least, shape, stride, strict=True)):
            continue
        x = rng.standard_normal((2, *shape))
        value, index = MAX[dims](autograd.tensor(x), size, stride, padding, return_indices=True)
        z = UNPOOL[dims](value, index, size, stride, padding, output_size=shape)
        won = np.zeros(x.shape, bool)
        np.put_along_axis(won.reshape(2, -1), index.numpy().reshape(2, -1), True, 1)
        assert np.array_equal(z.numpy(), np.where(won, x, 0)), (shape, size, stride, padding)
        tried += 1
    assert tried > 100
