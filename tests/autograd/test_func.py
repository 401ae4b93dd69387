"""Transforms, alone and nested, against closed forms."""

from __future__ import annotations

import numpy as np
import pytest

import autograd
from autograd import func, functional
from autograd.errors import GraphError, ShapeError
from autograd.tracing import leaves_of


def vector(*values):
    return autograd.tensor(list(values), dtype=np.float64)


def test_grad_of_grad_of_grad():
    d3 = func.grad(func.grad(func.grad(lambda x: x**4)))
    out = d3(autograd.tensor(2.0, dtype=np.float64))
    assert out.item() == 48
    assert not out.requires_grad


def test_value_and_grad_with_aux_and_nests():
    def loss(params, x):
        z = (params["w"] * x + params["b"][0]).sum()
        return z, {"mean": z / 2}

    params = {"w": vector(1.0, 2.0), "b": (vector(0.5),)}
    (value, aux), gradient = func.value_and_grad(loss, has_aux=True)(params, vector(3.0, 4.0))
    assert value.item() == 12
    assert aux["mean"].item() == 6
    np.testing.assert_array_equal(gradient["w"].numpy(), [3, 4])
    np.testing.assert_array_equal(gradient["b"][0].numpy(), [2])
    assert not params["w"].requires_grad


def test_argnums():
    g = func.grad(lambda x, y: (x * y * y).sum(), argnums=(0, 1))(vector(2.0), vector(3.0))
    assert [x.item() for x in g] == [9, 12]
    with pytest.raises(ShapeError, match="argnums"):
        func.grad(lambda x: x.sum(), argnums=3)(vector(1.0))


def test_grad_needs_a_scalar():
    with pytest.raises(GraphError, match="scalar"):
        func.grad(lambda x: x * 2)(vector(1.0, 2.0))


def test_grad_works_under_no_grad_and_leaves_the_tape_empty():
    with autograd.no_grad():
        assert func.grad(lambda x: (x * x).sum())(vector(3.0)).item() == 6
    assert len(autograd.tape()) == 0


def test_what_a_function_closes_over_stays_differentiable():
    w = autograd.tensor(3.0, dtype=np.float64, requires_grad=True)
    g = func.grad(lambda x: w * x * x)(autograd.tensor(2.0, dtype=np.float64))
    g.backward()
    assert w.grad.item() == 4


def test_vjp_and_jvp():
    def f(x, y):
        return x * y, (x * x).sum()

    x, y = vector(1.0, 2.0), vector(3.0, 4.0)
    (a, b), pull = func.vjp(f, x, y)
    gx, gy = pull((vector(1.0, 1.0), autograd.tensor(10.0, dtype=np.float64)))
    np.testing.assert_array_equal(gx.numpy(), [23, 44])
    np.testing.assert_array_equal(gy.numpy(), [1, 2])
    assert not a.requires_grad
    gx2, _ = pull((vector(1.0, 1.0), autograd.tensor(0.0, dtype=np.float64)))
    np.testing.assert_array_equal(gx2.numpy(), [3, 4])
    (a, b), (da, db) = func.jvp(f, (x, y), (vector(1.0, 0.0), vector(0.0, 1.0)))
    np.testing.assert_array_equal(da.numpy(), [3, 2])
    assert (b.item(), db.item()) == (5, 2)


def test_jacobians_agree():
    def f(x):
        return (x[:2] * x[1:]).exp()

    x = vector(0.1, 0.2, 0.3)
    e = np.exp([0.02, 0.06])
    expected = np.array([[0.2 * e[0], 0.1 * e[0], 0], [0, 0.3 * e[1], 0.2 * e[1]]])
    for jacobian in (func.jacrev(f)(x), func.jacfwd(f)(x), functional.jacobian(f, x)):
        np.testing.assert_allclose(jacobian.numpy(), expected, rtol=1e-12)


def test_jacobian_shapes_of_several_inputs_and_outputs():
    def f(x, y):
        return x.sum() * y, x * 2

    x, y = autograd.ones(2, 3), autograd.ones(4)
    rows = func.jacrev(f, argnums=(0, 1))(x, y)
    columns = func.jacfwd(f, argnums=(0, 1))(x, y)
    for blocks in (rows, columns):
        assert [[tuple(b.shape) for b in row] for row in blocks] == [[(4, 2, 3), (4, 4)], [(2, 3, 2, 3), (2, 3, 4)]]
    for a, b in zip(leaves_of(rows), leaves_of(columns), strict=True):
        np.testing.assert_allclose(a.numpy(), b.numpy())


def test_hessian_of_rosenbrock():
    def rosenbrock(x):
        return (1 - x[0]) ** 2 + 100 * (x[1] - x[0] ** 2) ** 2

    x = vector(0.5, -1.0)
    expected = [[2 - 400 * (-1.0) + 1200 * 0.25, -200.0], [-200.0, 200.0]]
    np.testing.assert_allclose(func.hessian(rosenbrock)(x).numpy(), expected)
    np.testing.assert_allclose(functional.hessian(rosenbrock, x).numpy(), expected)
    np.testing.assert_allclose(func.jacfwd(func.jacrev(rosenbrock))(x).numpy(), expected)
    v = vector(1.0, 2.0)
    for product in (functional.hvp, functional.vhp):
        value, hv = product(rosenbrock, x, v)
        np.testing.assert_allclose(hv.numpy(), np.array(expected) @ [1, 2])
        assert value.item() == pytest.approx(0.25 + 100 * 1.5625)


def test_functional_products():
    def f(x, y):
        return x * y

    x, y = vector(1.0, 2.0), vector(3.0, 4.0)
    out, (gx, gy) = functional.vjp(f, (x, y), vector(1.0, 10.0))
    np.testing.assert_array_equal(gx.numpy(), [3, 40])
    np.testing.assert_array_equal(gy.numpy(), [1, 20])
    out, pushed = functional.jvp(f, (x, y), (vector(1.0, 0.0), vector(0.0, 1.0)))
    np.testing.assert_array_equal(pushed.numpy(), [3, 2])
    np.testing.assert_array_equal(out.numpy(), [3, 8])
    with pytest.raises(GraphError, match="can only be None"):
        functional.vjp(f, (x, y))


def test_vmap_loops_over_a_dimension():
    out = func.vmap(func.grad(lambda x: (x * x).sum()))(autograd.tensor([[1.0, 2.0], [3.0, 4.0]]))
    np.testing.assert_array_equal(out.numpy(), [[2, 4], [6, 8]])
    out = func.vmap(lambda x, s: x * s, in_dims=(1, None))(autograd.ones(2, 3), autograd.tensor(2.0))
    assert tuple(out.shape) == (3, 2)


def test_unused_inputs_get_zeros():
    g = func.grad(lambda x, y: (x * x).sum(), argnums=(0, 1))(vector(1.0), vector(5.0))
    assert g[1].item() == 0
    assert func.grad(lambda x: autograd.tensor(1.0))(vector(1.0)).item() == 0


def test_all_names_come_with_a_star():
    there = {}
    exec("from autograd.func import *", there)
    assert {"functional_call", "stack_module_state", "vmap", "linearize"} <= there.keys()
