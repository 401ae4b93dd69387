"""Clipping gradients; parameters as a vector."""

import math

import numpy as np
import pytest

import autograd
import nn
from autograd.errors import AutogradError, SettingError, ShapeError
from nn.utils import (
    clip_grad_norm_,
    clip_grad_value_,
    clip_grads_with_norm_,
    get_total_norm,
    parameters_to_vector,
    skip_init,
    vector_to_parameters,
)


def model(*gradients):
    parameters = []
    for g in gradients:
        p = nn.Parameter(np.zeros(np.shape(g), np.float32))
        p.grad = autograd.tensor(np.asarray(g, np.float32))
        parameters.append(p)
    return [*parameters, nn.Parameter(np.zeros(2, np.float32))]  # one without a gradient


@pytest.mark.parametrize(
    ("order", "expected"), [(2, 13.0), (1, 19.0), (math.inf, 12.0), (3, (27 + 64 + 1728) ** (1 / 3)), (0, 2.0)]
)
def test_total_norm(order, expected):
    parameters = model([3.0, 4.0], [[12.0]])
    assert clip_grad_norm_(parameters, 1e9, order).item() == pytest.approx(expected, rel=1e-6)
    assert parameters[0].grad.tolist() == [3.0, 4.0]


def test_clipping_scales_all_together():
    parameters = model([3.0, 4.0], [[12.0]])
    before = parameters[0].grad
    assert clip_grad_norm_(parameters, 6.5).item() == 13.0
    np.testing.assert_allclose(parameters[0].grad.numpy(), [1.5, 2.0], rtol=1e-6)
    np.testing.assert_allclose(parameters[1].grad.numpy(), [[6.0]], rtol=1e-6)
    assert parameters[0].grad is before
    assert before.dtype == np.float32


def test_tiny_and_huge_gradients_are_measured():
    assert get_total_norm([autograd.tensor([3e-25, 4e-25])]).item() == pytest.approx(5e-25, rel=1e-5)
    assert get_total_norm([autograd.tensor([3e25, 4e25])]).item() == pytest.approx(5e25, rel=1e-5)


def test_nan_and_infinity():
    for bad in (math.nan, math.inf):
        parameters = model([1.0, bad])
        with pytest.raises(AutogradError, match="non-finite, so it cannot be clipped"):
            clip_grad_norm_(parameters, 1.0, error_if_nonfinite=True)
    assert math.isnan(clip_grad_norm_(model([math.nan]), 1.0).item())


def test_no_gradients_have_norm_zero():
    assert clip_grad_norm_([nn.Parameter(np.zeros(2))], 1.0).item() == 0
    assert clip_grad_norm_(iter([]), 1.0).item() == 0


def test_clipping_values():
    parameters = model([3.0, -4.0, 0.5])
    clip_grad_value_(parameters, 1)
    assert parameters[0].grad.tolist() == [1.0, -1.0, 0.5]
    clip_grad_value_(parameters[0], 0.25)
    assert parameters[0].grad.tolist() == [0.25, -0.25, 0.25]


def test_vectors_there_and_back():
    layer = nn.Linear(2, 3)
    vector = parameters_to_vector(layer.parameters())
    assert vector.shape == (9,)
    assert vector.requires_grad
    vector_to_parameters(autograd.tensor(np.arange(9.0, dtype=np.float32)), layer.parameters())
    assert layer.bias.tolist() == [6.0, 7.0, 8.0]
    with pytest.raises(ShapeError, match=r"wanted shape \(9,\), got \(8,\)"):
        vector_to_parameters(autograd.tensor(np.zeros(8, np.float32)), layer.parameters())


def test_clipping_with_a_known_norm():
    parameters = model([3.0, 4.0], [[12.0]])
    assert clip_grads_with_norm_(parameters, 6.5, autograd.tensor(13.0)) is None
    np.testing.assert_allclose(parameters[0].grad.numpy(), [1.5, 2.0], rtol=1e-6)
    clip_grads_with_norm_(parameters, 6.5, 6.0)
    np.testing.assert_allclose(parameters[1].grad.numpy(), [[6.0]], rtol=1e-6)


def test_skip_init_draws_nothing():
    autograd.manual_seed(3)
    expected = autograd.rand(2).tolist()
    autograd.manual_seed(3)
    layer = skip_init(nn.Linear, 2, 3, bias=False)
    assert autograd.rand(2).tolist() == expected
    assert layer.weight.shape == (3, 2)
    with pytest.raises(SettingError, match="must support a 'device' arg"):
        skip_init(nn.ReLU)
    with pytest.raises(SettingError, match="Expected a Module"):
        skip_init(dict)
