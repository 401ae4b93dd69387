"""Derivatives that are written down once, for many directions, against directions that are carried along."""

from __future__ import annotations

import numpy as np
import pytest

import autograd
import nn
from autograd.errors import ShapeError
from autograd.func import grad, jacfwd, jacrev, jvp, linearize, vmap
from autograd.tracing import leaves_of

X = autograd.tensor(np.random.default_rng(0).standard_normal(4))
V = autograd.tensor(np.random.default_rng(1).standard_normal((3, 4)))
A = autograd.tensor(np.random.default_rng(2).standard_normal((4, 4)))


class Cube(autograd.Function):
    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x**3

    @staticmethod
    def backward(ctx, dz):
        (x,) = ctx.saved_tensors
        return 3 * dz * x * x


def writes(x):
    y = x * 2
    z = y[1:]
    w = (y * x).sum()
    z *= x[0]
    y[0] = w
    rows = autograd.zeros(3, 4, dtype=x.dtype)
    rows[1] = y * x
    y.sin_()
    return rows.sum(0) + y * (z + 1).sum() + x


def several(x):
    values, places = x.sort()
    parts = x.split(2)
    top = x.topk(2).values
    return {"a": [values * 2, parts[0] @ parts[1]], "b": (top, places), "c": autograd.ones(2)}


FUNCTIONS = {
    "elementwise": lambda x: x.sin() * x.exp() + x,
    "linear": lambda x: (A @ x).reshape(2, 2).T.sum(0),
    "shared": lambda x: (x + 1) * (x + 1) + (x + 1),
    "network": lambda x: nn.functional.layer_norm(nn.functional.gelu(A @ x), (4,)).softmax(0),
    "reduced": lambda x: x.prod() + x.std() + x.logsumexp(0) + x.norm() + x.amax(),
    "function": lambda x: Cube.apply(x.sin()) * x,
    "writes": writes,
    "several": several,
    "gradient": grad(lambda x: (A @ x).tanh().sum() * x.sum()),
    "second": grad(lambda x: grad(lambda y: (y * y * x).sum().sin())(x).sum()),
    "mapped": lambda x: vmap(lambda a: a * x.sum() + a.exp())(A * x),
    "mapped gradient": lambda x: vmap(grad(lambda a: (a * x).sum().sin()))(A),
    "columns": jacfwd(lambda x: (A @ x).tanh()),
    "rows": jacrev(lambda x: (A @ x).tanh()),
    "constant": lambda x: x.detach() * 2 + A[0],
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_directions_one_by_one_and_at_once(name):
    function = FUNCTIONS[name]
    value, push = linearize(function, X)
    expected = [jvp(function, (X,), (v,)) for v in V]
    for v, (z, moved) in zip(V, expected, strict=True):
        for a, b in zip(leaves_of(value), leaves_of(z), strict=True):
            np.testing.assert_allclose(a.numpy(), b.numpy(), 1e-12)
        for a, b in zip(leaves_of(push(v)), leaves_of(moved), strict=True):
            np.testing.assert_allclose(a.numpy(), b.numpy(), 1e-11, 1e-13)
            assert not a.requires_grad
    mapped = leaves_of(vmap(push)(V))
    for a, parts in zip(mapped, zip(*[leaves_of(moved) for _, moved in expected], strict=True), strict=True):
        np.testing.assert_allclose(a.numpy(), np.stack([b.numpy() for b in parts]), 1e-11, 1e-13)


def test_the_function_runs_once_and_leaves_nothing():
    calls = []

    def function(x):
        calls.append(x)
        return grad(lambda y: (y**3).sum())(x)

    before = len(autograd.tape())
    _, push = linearize(function, X)
    for v in V:
        np.testing.assert_allclose(push(v).numpy(), (6 * X * v).numpy())
    assert len(calls) == 1
    calls.clear()
    del push
    autograd.tape().sweep()
    assert len(autograd.tape()) == before


def test_results_are_differentiable_by_what_is_outside():
    w = autograd.tensor(A.numpy(), requires_grad=True)
    value, push = linearize(lambda x: (w @ x).sin(), X)
    (value.sum() + push(V[0]).sum()).backward()
    z, dz = A @ X, A @ V[0]
    expected = autograd.outer(z.cos() - z.sin() * dz, X) + autograd.outer(z.cos(), V[0])
    np.testing.assert_allclose(w.grad.numpy(), expected.numpy(), 1e-12)
    moved = grad(lambda v: linearize(lambda x: x.sin(), X)[1](v).sum())(V[0])
    np.testing.assert_allclose(moved.numpy(), X.cos().numpy())
    second = grad(lambda x: linearize(lambda y: y.sin(), x)[1](V[0]).sum())(X)
    np.testing.assert_allclose(second.numpy(), (-X.sin() * V[0]).numpy())


def test_inside_of_a_map_and_of_forward_mode():
    along = vmap(lambda a, v: linearize(lambda x: (x * x).sum() * x, a)[1](v))(V, V * 2)
    for k, v in enumerate(V):
        np.testing.assert_allclose(along[k].numpy(), (2 * (2 * (v @ v) * v + (v @ v) * v)).numpy())
    moved = jvp(lambda x: linearize(lambda y: y**3, x)[1](V[0]), (X,), (V[1],))[1]
    np.testing.assert_allclose(moved.numpy(), (6 * X * V[0] * V[1]).numpy())


def test_a_direction_is_not_written_to():
    v = V[0].clone()
    linearize(lambda x: (x * 1).mul_(x), X)[1](v)
    assert (v == V[0]).all()


def test_tangents_that_do_not_fit_are_refused():
    _, push = linearize(lambda x: x * 2, X)
    with pytest.raises(ShapeError, match="shapes of the primals"):
        push(autograd.ones(3))
    with pytest.raises(ShapeError, match="shapes of the primals"):
        push(V[0], V[1])


def test_it_keeps_what_its_rules_ask_for():
    """Of a chain of linear operations nothing but shapes."""
    import tracemalloc

    x = autograd.ones(100_000)

    def function(x):
        return (x + 1).flip(0).reshape(100, 1000).sum(0) * 3

    linearize(function, x)
    tracemalloc.start()
    try:
        _, push = linearize(function, x)
        kept = tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()
    assert kept < 100_000
    assert push(x).shape == (1000,)
