"""A module as a function of its parameters."""

from __future__ import annotations

import numpy as np
import pytest

import autograd
import nn
from autograd.errors import SettingError, ShapeError
from autograd.func import functional_call, grad, stack_module_state, vmap


def test_other_parameters_and_the_module_stays_as_it_is(rng):
    model = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.ReLU(), nn.Linear(4, 2))
    x = autograd.tensor(rng.standard_normal((5, 3)).astype(np.float32))
    other = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.ReLU(), nn.Linear(4, 2))
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    parameters, buffers = dict(other.named_parameters()), dict(other.named_buffers())
    expected = functional_call(model, (parameters, buffers), (x,))
    np.testing.assert_array_equal(other(x).detach(), expected.detach())
    for name, tensor in model.state_dict().items():
        np.testing.assert_array_equal(tensor, before[name], err_msg=name)
    expected.sum().backward()
    assert all(p.grad is None for p in model.parameters())
    assert all(p.grad is not None for p in other.parameters())


def test_gradients_by_parameter(rng):
    model = nn.Linear(3, 1)
    x = autograd.tensor(rng.standard_normal((5, 3)).astype(np.float32))
    slopes = grad(lambda p: functional_call(model, p, x).square().mean())(dict(model.named_parameters()))
    model(x).square().mean().backward()
    np.testing.assert_allclose(slopes["weight"].detach(), model.weight.grad, rtol=1e-6)
    np.testing.assert_allclose(slopes["bias"].detach(), model.bias.grad, rtol=1e-6)


def test_an_ensemble_as_one(rng):
    models = [nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 2)) for _ in range(3)]
    x = autograd.tensor(rng.standard_normal((5, 3)).astype(np.float32))
    parameters, buffers = stack_module_state(models)
    assert all(p.is_leaf and p.requires_grad for p in parameters.values())
    got = vmap(lambda p, b, x: functional_call(models[0], (p, b), (x,)), in_dims=(0, 0, None))(parameters, buffers, x)
    np.testing.assert_allclose(got.detach(), np.stack([model(x).detach().numpy() for model in models]), rtol=1e-6)
    with pytest.raises(ShapeError, match="at least one model"):
        stack_module_state([])


def test_tied_weights():
    class Tied(nn.Module):
        def __init__(self):
            super().__init__()
            self.a = nn.Linear(2, 2, bias=False)
            self.b = nn.Linear(2, 2, bias=False)
            self.b.weight = self.a.weight

        def forward(self, x):
            return self.b(self.a(x))

    model, x = Tied(), autograd.ones(1, 2)
    two = {"a.weight": 2 * autograd.eye(2)}
    assert functional_call(model, two, x).tolist() == [[4, 4]]
    once = functional_call(model, two, x, tie_weights=False)
    np.testing.assert_allclose(once.detach(), model.b(2 * x).detach(), rtol=1e-6)


def test_what_does_not_fit():
    model, x = nn.Linear(2, 1), autograd.ones(1, 2)
    with pytest.raises(SettingError, match="no gain; it has weight, bias"):
        functional_call(model, {"gain": x}, x)
    with pytest.raises(SettingError, match=r"Missing key.*bias"):
        functional_call(model, {"weight": x}, x, strict=True)
    with pytest.raises(SettingError, match="weight appeared in multiple"):
        functional_call(model, ({"weight": x}, {"weight": x}), x)
    weight = model.weight
    with pytest.raises(ShapeError):
        functional_call(model, {"weight": autograd.ones(1, 3)}, x)
    assert model.weight is weight
