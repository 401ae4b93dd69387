"""Weights computed from others: weight and spectral normalisation as hooks."""

import numpy as np
import pytest

import autograd
import nn
from autograd.errors import SettingError
from nn.utils import remove_spectral_norm, remove_weight_norm, spectral_norm, weight_norm


def given(*shape, dtype=np.float32):
    return autograd.tensor(np.random.default_rng(4).standard_normal(shape).astype(dtype))


# --------------------------------------------------------------------------------------------------- weight norm


@pytest.mark.parametrize(("dim", "shape"), [(0, (3, 1, 1)), (1, (1, 2, 1)), (-2, (1, 2, 1)), (None, ()), (-1, ())])
def test_the_weight_is_length_times_direction(dim, shape):
    layer = nn.Conv1d(2, 3, 4)
    before, x = layer.weight.detach().clone(), given(1, 2, 5)
    z = layer(x)
    assert weight_norm(layer, dim=dim) is layer
    assert layer.weight_g.shape == shape
    np.testing.assert_allclose(layer(x).detach().numpy(), z.detach().numpy(), rtol=1e-5, atol=1e-6)
    with autograd.no_grad():
        layer.weight_g.mul_(2)
        layer.weight_v.mul_(3)
    layer(x)
    np.testing.assert_allclose(layer.weight.detach().numpy(), 2 * before.numpy(), rtol=1e-5)
    assert layer.weight.dtype == np.float32


def test_parameters_and_their_gradients():
    layer = weight_norm(nn.Linear(3, 2))
    assert [name for name, _ in layer.named_parameters()] == ["bias", "weight_g", "weight_v"]
    layer(given(4, 3)).sum().backward()
    assert layer.weight_g.grad.shape == (2, 1)
    # a longer direction is the same direction
    np.testing.assert_allclose((layer.weight_v.grad * layer.weight_v).sum(1).detach().numpy(), 0, atol=1e-5)


def test_weight_norm_gradients():
    layer, x = weight_norm(nn.Linear(3, 2).double()), given(4, 3, dtype=np.float64)

    def output(g, v):
        layer.__dict__.update(weight_g=g, weight_v=v)
        return layer(x)

    leaves = [given(2, 1, dtype=np.float64).requires_grad_(), given(2, 3, dtype=np.float64).requires_grad_()]
    assert autograd.gradcheck(output, leaves)
    assert autograd.gradgradcheck(output, leaves)


def test_removing_keeps_the_value():
    layer, x = weight_norm(nn.Linear(3, 2)), given(4, 3)
    with autograd.no_grad():
        layer.weight_g.mul_(2)
    z = layer(x).tolist()
    assert remove_weight_norm(layer) is layer
    assert list(layer.state_dict()) == ["bias", "weight"]
    assert isinstance(layer.weight, nn.Parameter)
    assert layer(x).tolist() == z
    layer.weight = nn.Parameter(np.zeros((2, 3), np.float32))
    assert layer(x).tolist() == [layer.bias.tolist()] * 4


def test_vectors_have_a_length_per_element():
    layer = weight_norm(nn.Linear(3, 2), "bias")
    np.testing.assert_allclose(layer.bias_g.detach().numpy(), np.abs(layer.bias_v.detach().numpy()))
    assert layer(given(1, 3)).shape == (1, 2)


def test_two_norms_on_one_layer():
    layer = weight_norm(weight_norm(nn.Linear(3, 2)), "bias")
    remove_weight_norm(layer)
    assert list(layer.state_dict()) == ["bias_g", "bias_v", "weight"]


def test_loading_takes_effect_at_the_next_forward():
    one, two, x = weight_norm(nn.Linear(3, 2)), weight_norm(nn.Linear(3, 2)), given(4, 3)
    two.load_state_dict(one.state_dict())
    assert two(x).tolist() == one(x).tolist()


# -------------------------------------------------------------------------------------------------- spectral norm


@pytest.mark.parametrize(
    ("layer", "shape"),
    [
        (lambda: nn.Linear(5, 4), (2, 5)),
        (lambda: nn.Conv2d(2, 3, 2), (1, 2, 4, 4)),
        (lambda: nn.ConvTranspose1d(2, 3, 2), (1, 2, 4)),
        (lambda: nn.Linear(1, 1), (1, 1)),
    ],
)
def test_the_largest_singular_value_becomes_1(layer, shape):
    layer = spectral_norm(layer(), n_power_iterations=200)
    layer(given(*shape))
    w = np.moveaxis(layer.weight.detach().numpy(), int(isinstance(layer, nn.ConvTranspose1d)), 0)
    assert np.linalg.norm(w.reshape(len(w), -1), 2) == pytest.approx(1, rel=1e-4)
    assert layer.weight.dtype == layer.weight_u.dtype == np.float32


def test_names_and_buffers():
    layer = spectral_norm(nn.Linear(3, 2))
    assert [name for name, _ in layer.named_parameters()] == ["bias", "weight_orig"]
    assert [(name, tuple(b.shape)) for name, b in layer.named_buffers()] == [("weight_u", (2,)), ("weight_v", (3,))]


def test_only_training_iterates():
    layer, x = spectral_norm(nn.Linear(3, 2)), given(4, 3)
    first = layer.weight_u.tolist()
    layer(x)
    assert layer.weight_u.tolist() != first
    first = layer.weight_u.tolist()
    z = layer.eval()(x).tolist()
    assert layer(x).tolist() == z
    assert layer.weight_u.tolist() == first


def test_singular_vectors_may_change_between_forward_and_backward():
    layer, x = spectral_norm(nn.Linear(3, 2)), given(4, 3)
    loss = layer(x).sum() - layer(2 * x).sum()
    loss.backward()
    assert layer.weight_orig.grad.shape == (2, 3)


def test_spectral_norm_gradients():
    layer, x = spectral_norm(nn.Linear(3, 2).double()).eval(), given(4, 3, dtype=np.float64)

    def output(w):
        layer.__dict__["weight_orig"] = w
        return layer(x)

    assert autograd.gradcheck(output, [given(2, 3, dtype=np.float64).requires_grad_()])
    assert autograd.gradgradcheck(output, [given(2, 3, dtype=np.float64).requires_grad_()])


def test_removing_keeps_the_normed_value():
    layer, x = spectral_norm(nn.Linear(3, 2)), given(4, 3)
    z = layer.eval()(x).tolist()
    assert remove_spectral_norm(layer)(x).tolist() == z
    assert list(layer.state_dict()) == ["bias", "weight"]


def test_other_hooks_stay():
    layer, seen = spectral_norm(nn.Linear(3, 2)), []
    layer.register_forward_pre_hook(lambda module, args: seen.append(1))
    remove_spectral_norm(layer)(given(1, 3))
    assert seen == [1]


@pytest.mark.parametrize(("hang", "take"), [(weight_norm, remove_weight_norm), (spectral_norm, remove_spectral_norm)])
def test_errors(hang, take):
    name = hang.__name__
    with pytest.raises(SettingError, match=rf"{name} of 'weight' not found in Linear\(in_features=2"):
        take(nn.Linear(2, 2))
    with pytest.raises(SettingError, match=f"Cannot register two {name} hooks on the same parameter weight"):
        hang(hang(nn.Linear(2, 2)))
    with pytest.raises(AttributeError, match="'ReLU' object has no attribute 'weight'"):
        hang(nn.ReLU())
    with pytest.raises(SettingError, match=f"{name}: wanted a Parameter as in_features, got int"):
        hang(nn.Linear(2, 2), "in_features")


def test_at_least_one_power_iteration():
    with pytest.raises(SettingError, match="n_power_iterations to be positive, but got n_power_iterations=0"):
        spectral_norm(nn.Linear(2, 2), n_power_iterations=0)
