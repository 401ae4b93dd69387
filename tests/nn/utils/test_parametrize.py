"""Parametrizations: attributes that are computed, and how to put them on and take them off."""

import copy

import numpy as np
import pytest

import autograd
import nn
from autograd.errors import SettingError, ShapeError
from nn.utils import parametrizations
from nn.utils.parametrize import (
    cached,
    is_parametrized,
    register_parametrization,
    remove_parametrizations,
    type_before_parametrizations,
)


class Symmetric(nn.Module):
    def forward(self, x):
        return x.triu() + x.triu(1).transpose(-1, -2)


class Exp(nn.Module):
    def forward(self, x):
        return x.exp()

    def right_inverse(self, y):
        return y.log()


class Outer(nn.Module):
    def forward(self, x, y):
        return x.unsqueeze(1) * y

    def right_inverse(self, w):
        return w[:, 0] / w[0, 0], w[0]


class Pair(nn.Module):
    def forward(self, x):
        return x, x


def given(*shape, dtype=np.float32):
    return autograd.tensor(np.random.default_rng(4).standard_normal(shape).astype(dtype))


def positive():
    layer = nn.Linear(2, 2)
    nn.init.uniform_(layer.weight, 0.5, 2)
    return layer


def test_a_parametrised_weight_is_computed():
    layer = nn.Linear(3, 3)
    learned = layer.weight
    assert register_parametrization(layer, "weight", Symmetric()) is layer
    w = layer.weight
    assert w.tolist() == w.T.tolist()
    assert layer.parametrizations.weight.original is learned
    assert list(layer.state_dict()) == ["bias", "parametrizations.weight.original"]
    assert repr(layer).startswith("ParametrizedLinear(")
    assert type_before_parametrizations(layer) is nn.Linear
    assert isinstance(layer, nn.Linear)
    layer(given(2, 3)).sum().backward()
    assert learned.grad.tolist()[2][:2] == [0, 0]


def test_a_right_inverse_keeps_the_value_and_lets_it_be_assigned():
    layer = positive()
    before = layer.weight.detach().numpy().copy()
    register_parametrization(layer, "weight", Exp())
    np.testing.assert_allclose(layer.weight.detach().numpy(), before, rtol=1e-6)
    layer.weight = autograd.ones(2, 2)
    assert layer.parametrizations.weight.original.tolist() == [[0, 0], [0, 0]]
    register_parametrization(layer, "bias", Symmetric(), unsafe=True)
    with pytest.raises(SettingError, match="Symmetric does not implement right_inverse"):
        layer.bias = autograd.ones(2)


def test_several_originals():
    layer = nn.Linear(3, 2)
    register_parametrization(layer, "weight", Outer())
    assert [tuple(p.shape) for p in layer.parametrizations.weight.parameters()] == [(2,), (3,)]
    layer.weight = autograd.tensor([[1.0, 2.0, 3.0], [2.0, 4.0, 6.0]])
    assert layer.weight.tolist() == [[1, 2, 3], [2, 4, 6]]
    with pytest.raises(SettingError, match="leave_parametrized=False"):
        remove_parametrizations(layer, "weight", leave_parametrized=False)
    assert remove_parametrizations(layer, "weight").weight.tolist() == [[1, 2, 3], [2, 4, 6]]


def test_one_after_the_other():
    layer = positive()
    register_parametrization(layer, "weight", Exp())
    before = layer.weight.detach()
    register_parametrization(layer, "weight", Symmetric())
    assert len(layer.parametrizations.weight) == 2
    assert layer.weight.tolist() == Symmetric()(before).tolist()


@pytest.mark.parametrize("leave", [True, False])
def test_removing(leave):
    layer = nn.Linear(3, 3)
    learned, before = layer.weight, layer.weight.tolist()
    register_parametrization(layer, "weight", Symmetric())
    register_parametrization(layer, "bias", Exp())
    computed = layer.weight.tolist()
    remove_parametrizations(layer, "weight", leave)
    assert layer.weight is learned
    assert layer.weight.tolist() == (computed if leave else before)
    assert is_parametrized(layer)
    assert not is_parametrized(layer, "weight")
    remove_parametrizations(layer, "bias")
    assert type(layer) is nn.Linear
    assert list(layer.state_dict()) == ["weight", "bias"]


def test_buffers():
    layer = nn.BatchNorm1d(2)
    register_parametrization(layer, "running_var", Exp())
    assert "parametrizations.running_var.original" in dict(layer.named_buffers())
    assert remove_parametrizations(layer, "running_var").running_var.tolist() == [1, 1]


def test_cached_values_are_computed_once():
    layer, calls = nn.Linear(2, 2), []
    register_parametrization(layer, "weight", Symmetric())
    layer.parametrizations.weight[0].register_forward_pre_hook(lambda module, args: calls.append(1))
    with cached():
        layer(given(1, 2))
        layer(given(1, 2))
        assert layer.weight is layer.weight
    assert len(calls) == 1
    assert layer.weight is not layer.weight


def test_copies_and_loading():
    layer, other, x = nn.Linear(3, 2), nn.Linear(3, 2), given(4, 3)
    for one in (layer, other):
        parametrizations.weight_norm(one)
    other.load_state_dict(layer.state_dict())
    assert other(x).tolist() == layer(x).tolist() == copy.deepcopy(layer)(x).tolist()


def test_a_copy_is_independent():
    layer = parametrizations.weight_norm(nn.Linear(3, 2))
    other = copy.deepcopy(layer)
    remove_parametrizations(other, "weight")
    assert type(other) is nn.Linear
    assert is_parametrized(layer, "weight")
    assert layer.weight.tolist() == other.weight.tolist()


def test_errors():
    with pytest.raises(SettingError, match=r"does not have a parameter, a buffer.*with name 'w'"):
        register_parametrization(nn.Linear(2, 2), "w", Exp())
    layer = nn.Linear(2, 2)
    with pytest.raises(ShapeError, match=r"may not change the shape.*before \(2, 2\), after \(2, 1\)"):
        register_parametrization(layer, "weight", nn.Linear(2, 1))
    assert type(layer) is nn.Linear
    assert list(layer.state_dict()) == ["weight", "bias"]
    with pytest.raises(SettingError, match="does not have a parametrization on weight"):
        remove_parametrizations(layer, "weight")
    with pytest.raises(SettingError, match=r"must return a tensor\. Got tuple"):
        register_parametrization(layer, "bias", Pair())


# ------------------------------------------------------------------------------------------------- the norms


@pytest.mark.parametrize(("dim", "shape"), [(0, (3, 1, 1)), (1, (1, 2, 1)), (None, ())])
def test_weight_norm(dim, shape):
    layer, x = nn.Conv1d(2, 3, 4), given(1, 2, 5)
    z = layer(x)
    parametrizations.weight_norm(layer, dim=dim)
    stored = layer.parametrizations.weight
    assert stored.original0.shape == shape
    np.testing.assert_allclose(layer(x).detach().numpy(), z.detach().numpy(), rtol=1e-5, atol=1e-6)
    with autograd.no_grad():
        stored.original1.mul_(3)
    np.testing.assert_allclose(layer(x).detach().numpy(), z.detach().numpy(), rtol=1e-5, atol=1e-6)
    assert layer.weight.dtype == np.float32


def test_spectral_norm():
    layer = parametrizations.spectral_norm(nn.Linear(5, 4), n_power_iterations=100)
    assert np.linalg.norm(layer.weight.detach().numpy(), 2) == pytest.approx(1, rel=1e-4)
    assert list(layer.state_dict()) == [
        "bias",
        "parametrizations.weight.original",
        "parametrizations.weight.0._u",
        "parametrizations.weight.0._v",
    ]
    layer.eval()
    assert layer.weight.tolist() == layer.weight.tolist()
    remove_parametrizations(layer, "weight")
    assert np.linalg.norm(layer.weight.detach().numpy(), 2) == pytest.approx(1, rel=1e-4)


def test_spectral_norm_of_a_vector_is_its_length():
    layer = parametrizations.spectral_norm(nn.Linear(5, 4), "bias")
    assert np.linalg.norm(layer.bias.detach().numpy()) == pytest.approx(1, rel=1e-5)


def test_norms_refuse_what_is_not_there():
    for function in (parametrizations.weight_norm, parametrizations.spectral_norm):
        with pytest.raises(SettingError, match=rf"{function.__name__}: Module 'ReLU\(\)' has no parameter or buffer"):
            function(nn.ReLU())
    with pytest.raises(SettingError, match="n_power_iterations=0"):
        parametrizations.spectral_norm(nn.Linear(2, 2), n_power_iterations=0)
    with pytest.raises(SettingError, match=r"\[-2, 1\] but got 2"):
        parametrizations.spectral_norm(nn.Linear(2, 2), dim=2)
