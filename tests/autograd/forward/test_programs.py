"""Levels by hand, and products with curvature, against closed forms."""

from __future__ import annotations

import numpy as np
import pytest

import autograd
import nn
from autograd import forward_ad, func
from autograd.errors import DTypeError, GraphError, ShapeError

X = autograd.tensor(np.random.default_rng(0).standard_normal(3))
V = autograd.tensor(np.random.default_rng(1).standard_normal(3))
A = autograd.tensor(np.random.default_rng(2).standard_normal((4, 3)))


def test_a_dual_level():
    with forward_ad.dual_level():
        x = forward_ad.make_dual(X, V)
        z = (A @ x).exp()
        constant = X * 2
        np.testing.assert_allclose(forward_ad.unpack_dual(z).tangent.numpy(), (A @ V * (A @ X).exp()).numpy())
        assert forward_ad.unpack_dual(constant).tangent is None
        assert x.sum().item() == X.sum().item()
    assert not z.requires_grad
    assert forward_ad.unpack_dual(z) == (z, None)
    assert z.tolist() == (A @ X).exp().tolist()


def test_parameters_with_tangents():
    model = nn.Linear(3, 2)
    tangents = {name: autograd.randn(*p.shape) for name, p in model.named_parameters()}
    x = autograd.randn(4, 3)
    with forward_ad.dual_level():
        for name, p in list(model.named_parameters()):
            delattr(model, name)
            setattr(model, name, forward_ad.make_dual(p, tangents[name]))
        moved = forward_ad.unpack_dual(model(x)).tangent
    np.testing.assert_allclose(
        moved.detach().numpy(), (x @ tangents["weight"].T + tangents["bias"]).numpy(), 1e-5, 1e-6
    )


def test_a_level_and_a_backward():
    x = autograd.tensor(X.numpy(), requires_grad=True)
    with forward_ad.dual_level():
        moved = forward_ad.unpack_dual((forward_ad.make_dual(x, V) ** 3).sum()).tangent
    moved.backward()
    np.testing.assert_allclose(x.grad.numpy(), (6 * X * V).numpy())


def test_what_levels_refuse():
    with pytest.raises(GraphError, match="enter_dual_level"):
        forward_ad.make_dual(X, V)
    with pytest.raises(GraphError, match="level"):
        forward_ad.exit_dual_level()
    with forward_ad.dual_level():
        with pytest.raises(GraphError, match="Nested"), forward_ad.dual_level():
            pass
        with pytest.raises(ShapeError, match="same shape"):
            forward_ad.make_dual(X, A)
        with pytest.raises(DTypeError, match="floating point"):
            forward_ad.make_dual(autograd.tensor([1]), autograd.tensor([1.0]))


def test_products_with_curvature():
    def model(w, b):
        return (A @ w + b).tanh()

    def loss(z):
        return (z**4).sum()

    b, u = autograd.tensor(0.3, dtype=np.float64), autograd.tensor(0.7, dtype=np.float64)
    whole = func.hessian(lambda w: loss(model(w, b)))(X)
    gradient, product = func.hvp(lambda w: loss(model(w, b)), X, V)
    np.testing.assert_allclose(product.numpy(), (whole @ V).numpy())
    np.testing.assert_allclose(gradient.numpy(), func.grad(lambda w: loss(model(w, b)))(X).numpy())
    jacobians = func.jacrev(model, argnums=(0, 1))(X, b)
    j = autograd.cat([jacobians[0], jacobians[1].reshape(-1, 1)], 1)
    v = autograd.cat([V, u.reshape(1)])
    z = model(X, b)
    value, parts = func.gnvp(model, loss, (X, b), (V, u))
    assert value.item() == pytest.approx(loss(z).item())
    found = autograd.cat([parts[0], parts[1].reshape(1)])
    np.testing.assert_allclose(found.numpy(), (j.T @ ((12 * z**2) * (j @ v))).numpy())
    values, parts = func.fvp(model, (X, b), (V, u))
    np.testing.assert_allclose(values.numpy(), z.numpy())
    found = autograd.cat([parts[0], parts[1].reshape(1)])
    np.testing.assert_allclose(found.numpy(), (j.T @ (j @ v) / 4).numpy())


@pytest.mark.parametrize(
    ("layer", "shape"),
    [
        (nn.LayerNorm(4), (3, 4)),
        (nn.RMSNorm(4), (3, 4)),
        (nn.GroupNorm(2, 4), (2, 4, 3)),
        (nn.InstanceNorm1d(4, affine=True), (2, 4, 5)),
        (nn.BatchNorm1d(4, track_running_stats=False), (5, 4)),
    ],
    ids=lambda part: type(part).__name__ if isinstance(part, nn.Module) else "",
)
def test_derivatives_of_moving_norms(rng, layer, shape):
    """What moves along a direction of input and parameters is a function of the input: mean and variance, too."""

    def parameters():
        return {name: autograd.tensor(rng.standard_normal(p.shape)) for name, p in layer.named_parameters()}

    at, along = parameters(), parameters()
    direction = autograd.tensor(rng.standard_normal(shape))
    for moving in ((at, along, None), ({}, {}, direction), (at, along, direction)):
        p, dp, dx = moving

        def moved(x, p=p, dp=dp, dx=dx):
            fixed = {} if p else at
            dx = autograd.zeros_like(x) if dx is None else dx
            return func.jvp(lambda p, x: nn.utils.functional_call(layer, {**fixed, **p}, (x,)), (p, x), (dp, dx))

        x = autograd.tensor(rng.standard_normal(shape))
        assert autograd.check_grads(moved, (x,))
        h = 1e-6  # the tangents themselves, whose rule is another one where nobody differentiates
        ahead, behind = [
            nn.utils.functional_call(
                layer,
                {name: at[name] + (sign * h * dp[name] if p else 0) for name in at},
                (x if dx is None else x + sign * h * dx,),
            )
            for sign in (1, -1)
        ]
        np.testing.assert_allclose(moved(x)[1].numpy(), ((ahead - behind) / (2 * h)).numpy(), rtol=1e-7, atol=1e-8)


def test_a_write_reaches_the_tangent_of_one_value():
    """A sum with a constant has the tangent of its operand; what is written to one of both is not to the other."""

    def after(x):
        z, w = x + 1, A + x
        z.mul_(2)
        w *= 3  # whose tangent is repeated
        z[0] = 5.0
        return x * 3 + w.sum(0) * 0 + z * 0

    for function in (after, lambda x: func.vmap(lambda row: after(row))(x.expand(2, 3))[1]):
        moved = func.jvp(function, (X,), (V,))[1]
        np.testing.assert_allclose(moved.numpy(), (3 * V).numpy())
    with forward_ad.dual_level():
        x = forward_ad.make_dual(X, V)
        y = (x + 1).add_(x)
        np.testing.assert_allclose(forward_ad.unpack_dual(y).tangent.numpy(), (2 * V).numpy())
        np.testing.assert_allclose(forward_ad.unpack_dual(x).tangent.numpy(), V.numpy())
