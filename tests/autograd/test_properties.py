"""Random programs: gradients against finite differences, and in-place programs against their out-of-place twins."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import broadcastable_shapes, mutually_broadcastable_shapes

import autograd
from autograd.broadcast import unbroadcast

UNARY = ("tanh", "sin", "exp", "square", "neg", "sigmoid")
BINARY = ("add", "sub", "mul")


@st.composite
def programs(draw):
    """A straight-line program over two leaves: each line applies a function to earlier values."""
    lines = []
    for position in range(draw(st.integers(1, 12))):
        count = position + 2
        if draw(st.booleans()):
            lines.append((draw(st.sampled_from(UNARY)), (draw(st.integers(0, count - 1)),)))
        else:
            lines.append((draw(st.sampled_from(BINARY)), tuple(draw(st.integers(0, count - 1)) for _ in range(2))))
    return lines


def run(lines, leaves):
    values = list(leaves)
    for name, operands in lines:
        z = getattr(autograd.Tensor, name)(*[values[i] for i in operands])
        values.append(z * 0.5 if name in ("exp", "square") else z)
    return (values[-1] * values[-1]).sum() + values[-1].mean()


@given(programs(), st.integers(0, 2**31))
@settings(max_examples=60, deadline=None)
def test_random_programs_have_the_right_directional_derivative(lines, seed):
    rng = np.random.default_rng(seed)
    arrays = [rng.uniform(-0.6, 0.6, (2, 3)), rng.uniform(-0.6, 0.6, (3,))]
    directions = [rng.standard_normal(a.shape) for a in arrays]

    def value(step):
        with autograd.no_grad():
            return run(lines, [autograd.tensor(a + step * d) for a, d in zip(arrays, directions, strict=True)]).item()

    leaves = [autograd.tensor(a, requires_grad=True) for a in arrays]
    grads = autograd.grad(run(lines, leaves), leaves, materialize_grads=True)
    slope = sum(float((g.numpy() * d).sum()) for g, d in zip(grads, directions, strict=True))
    h = 1e-4
    numeric = (8 * (value(h) - value(-h)) - (value(2 * h) - value(-2 * h))) / (12 * h)
    np.testing.assert_allclose(slope, numeric, rtol=1e-5, atol=1e-6 * (1 + abs(value(0.0))))
    autograd.tape().sweep()
    assert len(autograd.tape()) == 0  # lines that nothing used were not replayed; nobody can reach them any more


@given(programs(), st.integers(0, 2**31))
@settings(max_examples=40, deadline=None)
def test_second_derivatives_are_symmetric(lines, seed):
    rng = np.random.default_rng(seed)
    leaves = [autograd.tensor(rng.uniform(-0.6, 0.6, shape), requires_grad=True) for shape in ((2, 3), (3,))]
    u, v = ([autograd.tensor(rng.standard_normal(x.shape)) for x in leaves] for _ in range(2))

    def hessian_product(direction):
        first = autograd.grad(run(lines, leaves), leaves, create_graph=True, materialize_grads=True)
        total = sum((g * d).sum() for g, d in zip(first, direction, strict=True))
        if not total.requires_grad:
            return [np.zeros(x.shape) for x in leaves]
        return [g.numpy() for g in autograd.grad(total, leaves, materialize_grads=True)]

    left = sum((a * b.numpy()).sum() for a, b in zip(hessian_product(u), v, strict=True))
    right = sum((a * b.numpy()).sum() for a, b in zip(hessian_product(v), u, strict=True))
    np.testing.assert_allclose(left, right, rtol=1e-8, atol=1e-9 * (1 + abs(left)))


@given(mutually_broadcastable_shapes(num_shapes=2, max_dims=4, min_side=0, max_side=3))
@settings(max_examples=100, deadline=None)
def test_unbroadcast_is_the_transpose_of_broadcasting(shapes):
    """<u, broadcast(x)> == <unbroadcast(u), x> for whole numbers, exactly."""
    shape, (small, _) = shapes.result_shape, shapes.input_shapes
    rng = np.random.default_rng(0)
    u, x = rng.integers(-5, 5, shape).astype(float), rng.integers(-5, 5, small).astype(float)
    pulled = unbroadcast(u, small)
    assert pulled.shape == small
    assert (u * np.broadcast_to(x, shape)).sum() == (pulled * x).sum()


@given(broadcastable_shapes((3, 2), min_dims=0, max_dims=2), st.integers(0, 2**31), st.data())
@settings(max_examples=60, deadline=None)
def test_assignment_equals_where(shape, seed, data):
    """x[mask] = v written in place gives the values and gradients of where(mask, v, x)."""
    if np.broadcast_shapes(shape, (3, 2)) != (3, 2):
        return
    rng = np.random.default_rng(seed)
    mask = rng.random((3, 2)) < 0.5
    a, b, u = rng.standard_normal((3, 2)), rng.standard_normal(shape), rng.standard_normal((3, 2))

    def gradients(in_place):
        x, v = autograd.tensor(a, requires_grad=True), autograd.tensor(b, requires_grad=True)
        y = x * 2
        if in_place:
            y[autograd.tensor(mask)] = (v + autograd.zeros(3, 2, dtype=np.float64))[autograd.tensor(mask)]
        else:
            y = autograd.where(autograd.tensor(mask), v, y)
        return y.detach().numpy(), *autograd.grad((y * autograd.tensor(u)).sum(), [x, v], materialize_grads=True)

    for got, expected in zip(gradients(True), gradients(False), strict=True):
        np.testing.assert_allclose(np.asarray(got), np.asarray(expected), atol=1e-12)
