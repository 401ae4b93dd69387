"""Adaptive softmax: a distribution, and what it says of the targets."""

import numpy as np
import pytest

import autograd
import nn
from autograd.errors import DTypeError, LabelError, SettingError, ShapeError


def layer(cutoffs=(4, 10), **settings):
    return nn.AdaptiveLogSoftmaxWithLoss(8, 15, cutoffs, div_value=2.0, **settings)


def samples(count, dtype=np.float32):
    x = np.random.default_rng(count).standard_normal((count, 8)).astype(dtype)
    return autograd.tensor(x, requires_grad=True)


@pytest.mark.parametrize("cutoffs", [(4, 10), (1,), (14,), (1, 2, 3, 14)])
def test_the_output_is_the_log_probability_of_the_target(cutoffs):
    model, x, target = layer(cutoffs), samples(30), np.arange(30) % 15
    every = model.log_prob(x)
    assert every.shape == (30, 15)
    np.testing.assert_allclose(every.exp().sum(1).detach().numpy(), 1, rtol=1e-5)
    output, loss = model(x, target)
    np.testing.assert_allclose(output.detach().numpy(), every.detach().numpy()[np.arange(30), target], rtol=1e-5)
    assert loss.item() == pytest.approx(-output.mean().item())
    assert model.predict(x).tolist() == every.argmax(1).tolist()


def test_names_of_the_parameters():
    assert list(layer(head_bias=True).state_dict()) == [
        "head.weight",
        "head.bias",
        "tail.0.0.weight",
        "tail.0.1.weight",
        "tail.1.0.weight",
        "tail.1.1.weight",
    ]
    assert layer().tail[1][0].weight.shape == (2, 8)


def test_gradients():
    model, target = layer().double(), np.array([0, 5, 12, 11])
    x = samples(4, np.float64)
    assert autograd.gradcheck(lambda x: model(x, target).output, [x])
    assert autograd.gradgradcheck(lambda x: model(x, target).loss, [x])


def test_clusters_without_a_target_get_no_gradient():
    model = layer()
    model(samples(3), np.array([1, 5, 6])).loss.backward()
    assert model.tail[0][1].weight.grad is not None
    assert model.tail[1][1].weight.grad is None


def test_one_sample_and_none():
    model, x = layer(), samples(1)
    alone, batch = model(x[0], autograd.tensor(7)), model(x, autograd.tensor([7]))
    assert alone.output.shape == ()
    assert alone.output.item() == batch.output.item() == -alone.loss.item()
    assert alone.loss.dtype == np.float32
    assert np.isnan(model(samples(0), np.zeros(0, int)).loss.item())
    assert model.predict(samples(0)).shape == (0,)


def test_first_values_are_drawn_anew():
    model = layer()
    before = model.tail[0][0].weight.tolist()
    model.reset_parameters()
    assert model.tail[0][0].weight.tolist() != before


@pytest.mark.parametrize("cutoffs", [[4, 4], [0, 5], [5, 4], [4, 15], [4.5, 6]])
def test_cutoffs_increase(cutoffs):
    with pytest.raises(SettingError, match=r"sorted in an increasing order.*got"):
        layer(cutoffs)


def test_errors():
    model = layer()
    with pytest.raises(SettingError, match="length larger than 0"):
        layer([])
    with pytest.raises(ShapeError, match=r"same size in the batch dimension, got \(3, 8\) and \(2,\)"):
        model(samples(3), np.array([0, 1]))
    with pytest.raises(ShapeError, match="multi-target not supported"):
        model(samples(2), np.array([[0, 1]]))
    with pytest.raises(LabelError, match=r"in \[0, 14\], but values in range \[-1, 15\]"):
        model(samples(2), np.array([-1, 15]))
    with pytest.raises(DTypeError, match="integer class indices"):
        model(samples(1), np.array([1.0]))
    with pytest.raises(ShapeError, match=r"log_prob: wanted an input of shape \(N, 8\), got \(8,\)"):
        model.log_prob(samples(1)[0])
