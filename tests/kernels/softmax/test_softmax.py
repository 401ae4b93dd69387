"""Softmax and cross-entropy as loops, against the formulas."""

from __future__ import annotations

import math

import numpy as np
import pytest

from autograd import Tensor
from kernels.machine import jit
from kernels.softmax import loops as scores
from kernels.softmax import plain as kernels
from nn import functional as F
from tests import naive

SIZES = [(1, 1), (1, 2), (3, 15), (4, 16), (5, 17), (2, 31), (3, 33), (2, 63), (7, 65), (700, 10), (2, 2100), (3, 5000)]
if not jit.ENABLED:
    SIZES = [size for size in SIZES if size[0] * size[1] < 1000]
dtypes = pytest.mark.parametrize("dtype", [np.float32, np.float64])
sizes = pytest.mark.parametrize("size", SIZES, ids=str)


def tolerance(dtype):
    return {"rtol": 2e-5, "atol": 2e-6} if dtype == np.float32 else {"rtol": 1e-12, "atol": 1e-13}


def draw(size, dtype, seed=0):
    return (3 * np.random.default_rng(seed).standard_normal(size)).astype(dtype)


@sizes
@dtypes
def test_softmax_and_its_logarithm(size, dtype):
    x, dz = draw(size, dtype), draw(size, dtype, 1)
    z, log_z = scores.softmax(x), scores.log_softmax(x)
    exact = naive.softmax(x.astype(np.float64))
    np.testing.assert_allclose(z, exact, **tolerance(dtype))
    np.testing.assert_allclose(log_z, np.log(exact), **tolerance(dtype))
    np.testing.assert_allclose(scores.softmax_grad(dz, z), naive.softmax_grad(dz, exact), **tolerance(dtype))
    wanted = dz - exact * dz.astype(np.float64).sum(-1, keepdims=True)
    np.testing.assert_allclose(
        scores.log_softmax_grad(dz, log_z), wanted, rtol=1e-4, atol=20 * tolerance(dtype)["atol"]
    )
    assert {a.dtype for a in (z, log_z)} == {np.dtype(dtype)}


@sizes
@dtypes
def test_cross_entropy(size, dtype):
    x = draw(size, dtype)
    target = np.random.default_rng(2).integers(0, size[1], size[0])
    share = draw(size[0], dtype, 3)
    loss, slope = scores.cross_entropy(x, target, share)
    exact, exact_slope = naive.cross_entropy(x.astype(np.float64), target, share)
    np.testing.assert_allclose(loss, exact, **tolerance(dtype))
    np.testing.assert_allclose(slope, exact_slope, **tolerance(dtype))
    alone, nothing = scores.cross_entropy(x, target)
    np.testing.assert_array_equal(alone, loss)
    assert nothing is None
    np.testing.assert_allclose(
        scores.cross_entropy(x, target, 0.5)[1], exact_slope / share[:, None] * 0.5, rtol=1e-3, atol=1e-5
    )


@dtypes
def test_layouts_and_little_work_give_the_same(dtype):
    x = draw((70, 40), dtype)
    wide = np.repeat(np.repeat(x, 2, 0), 3, 1)
    for other in (np.asfortranarray(x), wide[::2, ::3]):
        np.testing.assert_array_equal(scores.softmax(other), scores.softmax(x))
        np.testing.assert_array_equal(
            scores.cross_entropy(other, np.arange(70) % 40)[0], scores.cross_entropy(x, np.arange(70) % 40)[0]
        )
    for axis in (0, 1):
        np.testing.assert_allclose(
            kernels.softmax(x, axis), naive.softmax(x.swapaxes(axis, 1)).swapaxes(axis, 1), **tolerance(dtype)
        )
    np.testing.assert_allclose(kernels.softmax(x[:2, :3], 1), naive.softmax(x[:2, :3]), **tolerance(dtype))


@dtypes
def test_infinities_and_nan(dtype):
    x = draw((20, 40), dtype)
    x[0, 3], x[1], x[2, 5], x[3, :39], x[4, 7] = math.inf, -math.inf, math.nan, -math.inf, -math.inf
    with np.errstate(invalid="ignore"):
        wanted = np.exp(x - x.max(1, keepdims=True))
        wanted /= wanted.sum(1, keepdims=True)
    z = scores.softmax(x)
    np.testing.assert_array_equal(np.isnan(z), np.isnan(wanted))
    np.testing.assert_allclose(z, wanted, **tolerance(dtype))
    assert np.isnan(scores.log_softmax(x)[2]).all()
    assert np.isnan(scores.cross_entropy(x, np.zeros(20, np.int64))[0][[0, 1, 2]]).all()
    assert scores.cross_entropy(x, np.full(20, 7))[0][4] == math.inf
    x = np.array([[1000.0] * 2, [-1000.0] * 2] * 10, dtype)
    np.testing.assert_array_equal(scores.softmax(x), 0.5)


def test_targets_are_checked_before_a_loop_uses_them():
    x = draw((30, 20), np.float32)
    for wrong in (-1, 20, 1 << 40):
        target = np.zeros(30, np.int64)
        target[29] = wrong
        for share in (None, 1.0):
            with pytest.raises(IndexError, match=r"targets must be in 0 \.\. 19"):
                scores.cross_entropy(x, target, share)
    with pytest.raises(ValueError, match="30 rows, targets of shape"):
        scores.cross_entropy(x, np.zeros(29, np.int64))
    with pytest.raises(ValueError, match="shares of shape"):
        scores.cross_entropy(x, np.zeros(30, np.int64), np.ones(29, np.float32))


def test_a_second_backward_through_cross_entropy_finds_the_same():
    x = Tensor(draw((64, 10), np.float32), requires_grad=True)
    loss = F.cross_entropy(x, np.arange(64) % 10) * 3
    loss.backward(retain_graph=True)
    first = x.grad.numpy().copy()
    loss.backward(retain_graph=True)
    loss.backward()
    np.testing.assert_allclose(x.grad.numpy(), 3 * first, rtol=1e-6)


def test_no_gradient_is_kept_under_a_failed_label():
    with pytest.raises(Exception, match="Target 10 is out of bounds"):
        F.cross_entropy(Tensor(draw((64, 10), np.float32)), np.full(64, 10))
