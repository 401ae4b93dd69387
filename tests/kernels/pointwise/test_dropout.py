"""Dropout: a mask of bytes, the same for the same seed whatever the number of threads."""

from __future__ import annotations

import math

import numpy as np
import pytest

import autograd
from kernels.machine import jit, threads
from kernels.pointwise import dropout
from nn import functional as F
from tests import naive

SIZES = [0, 1, 2, 15, 17, 63, 2047, 2048, 2049, 5003] if jit.ENABLED else [0, 1, 17]


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_scaled(size, dtype):
    rng = np.random.default_rng(size)
    x, mask = rng.standard_normal(size).astype(dtype), rng.random(size) < 0.7
    z = dropout.scaled(x, mask, 1.25)
    np.testing.assert_array_equal(z, naive.dropout(x, mask, dtype(1.25)))
    assert z.dtype == dtype
    apart = np.repeat(x, 2)[::2]
    np.testing.assert_array_equal(dropout.scaled(apart, np.repeat(mask, 3)[::3], 1.25), z)


@pytest.mark.parametrize("size", [3, 4000])
def test_nan_stays_and_masks_are_checked(size):
    x = np.full(size, math.nan, np.float32)
    assert np.isnan(dropout.scaled(x, np.zeros(size, np.bool_), 2.0)).all()
    with pytest.raises(ValueError, match="mask of bool and shape"):
        dropout.scaled(x, np.zeros(size - 1, np.bool_), 2.0)
    with pytest.raises(ValueError, match="mask of int64"):
        dropout.scaled(x, np.zeros(size, np.int64), 2.0)


@pytest.fixture
def thread_count():
    before = threads.get_num_threads()
    yield threads.set_num_threads
    threads.set_num_threads(before)


def test_same_seed_same_mask_in_any_number_of_threads(thread_count):
    x = autograd.ones(900, 900)
    masks = []
    for count in (1, 2, 3):
        thread_count(count)
        autograd.manual_seed(4)
        masks.append(F.dropout(x, 0.3).numpy())
    np.testing.assert_array_equal(masks[0], masks[1])
    np.testing.assert_array_equal(masks[0], masks[2])
    assert not np.array_equal(F.dropout(x, 0.3).numpy(), masks[0])
    kept = masks[0] != 0
    n = kept.size
    assert abs(kept.mean() - 0.7) < 5 * math.sqrt(0.21 / n)
    for shifted in (kept[:, 1:] & kept[:, :-1], kept[1:] & kept[:-1]):  # neighbours know nothing of each other
        assert abs(shifted.mean() - 0.49) < 6 * math.sqrt(0.49 * 0.51 / n)
    np.testing.assert_array_equal(masks[0][kept], np.float32(1 / 0.7))


def test_backward_uses_the_mask_and_keeps_a_byte_per_element():
    x = autograd.randn(100, 100, requires_grad=True)
    z = F.dropout(x, 0.5)
    assert z._node.nbytes == x.numel()
    z.sum().backward()
    np.testing.assert_array_equal(x.grad.numpy(), np.where(z.detach().numpy() != 0, np.float32(2), np.float32(0)))
