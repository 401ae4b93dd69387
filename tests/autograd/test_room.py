"""Sizes that no memory could hold: an error of the library's own says which, wherever a shape is asked for."""

from __future__ import annotations

import numpy as np
import pytest

import autograd
import nn
import nn.functional as F
from autograd.errors import DTypeError, SettingError, ShapeError
from autograd.room import MOST, check_room

HUGE = 2**62
ONES = autograd.ones(2)
IMAGE = autograd.ones(1, 2, 4, 4)

CALLS = {
    "zeros": lambda: autograd.zeros(HUGE),
    "ones": lambda: autograd.ones(3, HUGE),
    "beside nothing": lambda: autograd.zeros(0, HUGE),
    "full": lambda: autograd.full((HUGE,), 1.0),
    "eye": lambda: autograd.eye(HUGE),
    "rand": lambda: autograd.rand(HUGE),
    "randint": lambda: autograd.randint(5, (HUGE,)),
    "randperm": lambda: autograd.randperm(HUGE),
    "arange": lambda: autograd.arange(HUGE),
    "arange backwards": lambda: autograd.arange(0, -HUGE, -1),
    "arange of floats": lambda: autograd.arange(0.0, 1e30),
    "linspace": lambda: autograd.linspace(0, 1, HUGE),
    "logspace": lambda: autograd.logspace(0, 1, HUGE),
    "tril_indices": lambda: autograd.tril_indices(HUGE, HUGE),
    "hann_window": lambda: autograd.hann_window(HUGE),
    "new_zeros": lambda: ONES.new_zeros(HUGE),
    "expand": lambda: ONES.expand(HUGE, 2),
    "repeat": lambda: ONES.repeat(HUGE),
    "tile": lambda: ONES.tile(HUGE),
    "repeat_interleave": lambda: ONES.repeat_interleave(HUGE),
    "repeat_interleave, each": lambda: ONES.repeat_interleave(autograd.tensor([HUGE, HUGE])),
    "diag_embed": lambda: ONES.diag_embed(HUGE),
    "bincount": lambda: autograd.tensor([HUGE]).bincount(),
    "vander": lambda: autograd.vander(ONES, HUGE),
    "combinations": lambda: autograd.combinations(ONES, HUGE),
    "meshgrid": lambda: autograd.meshgrid(*[autograd.ones(1000)] * 30, indexing="ij"),
    "kron": lambda: autograd.ones(1).expand(2**40).kron(autograd.ones(1).expand(2**40)),
    "pad": lambda: F.pad(ONES, (HUGE, HUGE)),
    "one_hot": lambda: F.one_hot(autograd.tensor([1]), HUGE),
    "interpolate, size": lambda: F.interpolate(IMAGE, size=HUGE),
    "interpolate, scale": lambda: F.interpolate(IMAGE, scale_factor=HUGE, mode="bilinear"),
    "area": lambda: F.interpolate(IMAGE, size=HUGE, mode="area"),
    "adaptive_avg_pool2d": lambda: F.adaptive_avg_pool2d(IMAGE, HUGE),
    "adaptive_max_pool2d": lambda: F.adaptive_max_pool2d(IMAGE, (3, HUGE)),
    "ctc_loss": lambda: F.ctc_loss(autograd.ones(4, 1, 3), autograd.tensor([[1]]), (4,), (HUGE,)),
    "Linear": lambda: nn.Linear(HUGE, 3),
    "Conv2d": lambda: nn.Conv2d(3, HUGE, 3),
    "LSTM": lambda: nn.LSTM(HUGE, 3),
    "Embedding": lambda: nn.Embedding(HUGE, 3),
}


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_what_no_memory_holds_is_refused(call):
    with pytest.raises((ShapeError, SettingError)):
        call()


APART = {
    "isclose": lambda: autograd.ones(0).isclose(autograd.ones(3)),
    "cross": lambda: autograd.cross(autograd.ones(7, 3), autograd.ones(4, 3), dim=1),
    "linalg.solve": lambda: autograd.linalg.solve(autograd.eye(3).expand(4, 3, 3), autograd.ones(7, 3, 2)),
    "take_along_dim": lambda: autograd.ones(2, 4).take_along_dim(autograd.tensor([[0], [1], [2]]), 1),
    "trapezoid": lambda: autograd.trapezoid(autograd.tensor(1.0)),
}


@pytest.mark.parametrize("name", APART)
def test_shapes_that_do_not_go_together_are_refused(name):
    with pytest.raises(ShapeError, match=name):
        APART[name]()


def test_settings_that_are_no_numbers_of_places_are_refused():
    with pytest.raises(SettingError, match="wanted decimals"):
        autograd.ones(2).round(decimals=HUGE)
    with pytest.raises(DTypeError, match="expected 'indices' to be integers"):
        autograd.unravel_index(autograd.ones(2), (2, 3))
    assert autograd.ones(4, 6).unfold(-1, 6, HUGE).shape == (4, 1, 6)


def test_the_covariance_of_integers_has_the_default_dtype():
    assert autograd.cov(autograd.tensor([[1, 2, 4], [3, 1, 0]])).dtype == np.float32


def test_what_another_machine_might_hold_is_a_memory_error():
    check_room("zeros", (MOST,))
    with pytest.raises(MemoryError, match="Unable to allocate"):
        autograd.zeros(2**50)


def test_sizes_that_are_no_sizes_of_memory_may_be_huge():
    x = autograd.arange(9.0).reshape(3, 3)
    assert x.diagonal(HUGE).shape == (0,)
    assert x.diagonal(-HUGE).shape == (0,)
    assert autograd.ones(0, 3, 3).diagonal(1, 1, 2).shape == (0, 2)
    assert x.roll(HUGE).shape == (3, 3)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("p", [100, 200, 2**62, 1e300, -200, -(2**62)])
def test_norms_of_huge_order_are_those_of_ratios(p, dtype):
    """(sum of |x| ** p) ** (1 / p), where no power fits: the largest times the root of how many there are of it."""
    x = autograd.tensor(np.array([[0.6, 0.6], [0, 0], [3, 4], [3e-30, 4e-30]], dtype), requires_grad=True)
    z = x.norm(p, 1)
    least = abs(p) / p < 0
    of_two = 0.6 * 2.0 ** (1 / p)
    wanted = [of_two, 0.0, 3 if least else 4, 3e-30 if least else 4e-30]
    assert z.dtype == dtype
    assert np.allclose(z.detach().numpy(), wanted, 1e-5, 0)
    z.sum().backward()
    assert np.allclose(x.grad.numpy()[2:], [[1, 0], [1, 0]] if least else [[0, 1], [0, 1]], 0, 1e-5)


@pytest.mark.parametrize("inplace", [False, True])
def test_nan_is_not_below_a_threshold(inplace):
    x = autograd.tensor([np.nan, 0.0, 1.0])
    assert np.array_equal(F.threshold(x, 0.5, 7.0, inplace).numpy(), [np.nan, 7, 1], equal_nan=True)


def test_distances_of_order_0_to_nan_are_nan():
    z = F.pdist(autograd.tensor([[np.nan, 1.0], [0.0, 1.0], [0.0, 2.0]]), p=0)
    assert np.array_equal(z.numpy(), [np.nan, np.nan, 1], equal_nan=True)
