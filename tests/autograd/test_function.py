"""Operations with a hand-written backward, and checkpointed calls."""

from __future__ import annotations

import numpy as np
import pytest

import autograd
from autograd import func
from autograd.custom import once_differentiable
from autograd.errors import GraphError, ShapeError


class Exp(autograd.Function):
    @staticmethod
    def forward(ctx, x):
        z = x.exp()
        ctx.save_for_backward(z)
        return z

    @staticmethod
    def backward(ctx, dz):
        (z,) = ctx.saved_tensors
        return dz * z


class SplitScale(autograd.Function):
    @staticmethod
    def forward(x, scale):
        return x * scale, x + 1

    @staticmethod
    def setup_context(ctx, inputs, output):
        ctx.scale = inputs[1]

    @staticmethod
    def backward(ctx, da, db):
        return da * ctx.scale + db, None


def leaf(*values):
    return autograd.tensor(list(values), dtype=np.float64, requires_grad=True)


def test_value_gradient_and_second_order():
    x = leaf(0.5, 1.0)
    (g,) = autograd.grad(Exp.apply(x).sum(), x, create_graph=True)
    np.testing.assert_allclose(g.detach().numpy(), np.exp([0.5, 1.0]))
    g.sum().backward()
    np.testing.assert_allclose(x.grad.numpy(), np.exp([0.5, 1.0]))


def test_several_outputs_and_setup_context():
    x = leaf(1.0, 2.0)
    a, b = SplitScale.apply(x, 3.0)
    (a * 2 + b).sum().backward()
    np.testing.assert_array_equal(x.grad.numpy(), [7, 7])
    x.grad = None
    _, b = SplitScale.apply(x, 3.0)
    b.sum().backward()
    np.testing.assert_array_equal(x.grad.numpy(), [1, 1])


def test_the_name_is_on_the_tape_and_in_grad_fn():
    y = Exp.apply(leaf(1.0))
    assert [record.op for record in autograd.tape()] == ["Exp"]
    assert "test_function.py:" in y.grad_fn.record.line


def test_constants_record_nothing():
    y = Exp.apply(autograd.tensor([1.0]))
    assert not y.requires_grad
    assert len(autograd.tape()) == 0


def test_a_second_backward_raises():
    y = Exp.apply(leaf(1.0))
    y.backward()
    with pytest.raises(GraphError, match="second time"):
        y.backward()


def test_wrong_number_and_shape_of_gradients():
    class TooMany(Exp):
        @staticmethod
        def backward(ctx, dz):
            return dz, dz

    class BadShape(Exp):
        @staticmethod
        def backward(ctx, dz):
            return autograd.ones(7)

    with pytest.raises(GraphError, match="incorrect number of gradients"):
        TooMany.apply(leaf(1.0)).backward()
    with pytest.raises(ShapeError, match="invalid gradient at index 0"):
        BadShape.apply(leaf(1.0, 2.0)).sum().backward()


def test_once_differentiable():
    class Once(Exp):
        @staticmethod
        @once_differentiable
        def backward(ctx, dz):
            (z,) = ctx.saved_tensors
            return dz * z

    x = leaf(1.0)
    (g,) = autograd.grad(Once.apply(x), x, create_graph=False)
    assert g.item() == pytest.approx(np.e)
    with pytest.raises(GraphError, match="once_differentiable"):
        autograd.grad(Once.apply(x), x, grad_outputs=leaf(1.0), create_graph=True)


def test_non_differentiable_outputs_and_needs_input_grad():
    class SortLike(autograd.Function):
        @staticmethod
        def forward(ctx, x, y):
            order = autograd.tensor(np.argsort(x.detach().numpy()))
            ctx.mark_non_differentiable(order)
            ctx.save_for_backward(order)
            assert ctx.needs_input_grad == (True, False)
            return x * 1, order

        @staticmethod
        def backward(ctx, dz, dorder):
            return dz * 2, None

    x = leaf(2.0, 1.0)
    z, order = SortLike.apply(x, autograd.tensor([1.0]))
    assert not order.requires_grad
    z.sum().backward()
    np.testing.assert_array_equal(x.grad.numpy(), [2, 2])


def test_checkpoint_gives_the_same_gradients_and_keeps_less():
    w = leaf(0.3, 0.7)

    def block(x):
        for _ in range(10):
            x = (x * w).tanh()
        return x

    x = leaf(1.0, 2.0)
    block(x).sum().backward()
    expected = x.grad.numpy().copy(), w.grad.numpy().copy()
    x.grad = w.grad = None
    y = autograd.checkpoint(block, x)
    assert len(autograd.tape()) == 1
    (y * 1).sum().backward()
    np.testing.assert_allclose(x.grad.numpy(), expected[0])
    np.testing.assert_allclose(w.grad.numpy(), expected[1])
    assert len(autograd.tape()) == 0


def test_checkpoint_reaches_parameters_when_no_input_needs_a_gradient():
    w = leaf(2.0)
    z = autograd.checkpoint(lambda x: x * w * w, autograd.tensor([3.0], dtype=np.float64))
    (g,) = autograd.grad(z, w)
    assert g.item() == 12


def test_checkpoint_draws_the_same_random_numbers_again():
    x = leaf(*[1.0] * 50)

    def noisy(x):
        return x * autograd.rand(50)

    y = autograd.checkpoint(noisy, x)
    y.sum().backward()
    np.testing.assert_allclose(x.grad.numpy(), y.detach().numpy(), rtol=1e-6)


def test_checkpoint_supports_second_order_and_nesting():
    x = leaf(1.5)

    def inner(x):
        return x * x

    def outer(x):
        return autograd.checkpoint(inner, x) * x

    (g,) = autograd.grad(autograd.checkpoint(outer, x), x, create_graph=True)
    assert g.item() == pytest.approx(3 * 1.5**2)
    (g2,) = autograd.grad(g, x)
    assert g2.item() == pytest.approx(9)


class _Cube(autograd.Function):
    @staticmethod
    def forward(ctx, x, k):
        ctx.save_for_backward(x)
        ctx.k = k
        return x**3 * k, x * 2

    @staticmethod
    def backward(ctx, dz, dy):
        (x,) = ctx.saved_tensors
        return dz * 3 * x**2 * ctx.k + 2 * dy, None


class _PlainRule(autograd.Function):
    """Its backward asks for numbers, so it can be run for one slice only."""

    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x * x

    @staticmethod
    def backward(ctx, dz):
        (x,) = ctx.saved_tensors
        return dz * autograd.tensor([2 * float(v) for v in x.detach().reshape(-1)], dtype=x.dtype).reshape(x.shape)


def test_transforms_see_functions_of_ones_own():
    x = autograd.tensor([0.5, -1.0, 2.0], dtype=np.float64)
    v = autograd.tensor([1.0, 2.0, -1.0], dtype=np.float64)

    def f(x):
        cube, twice = _Cube.apply(x * 2, 5.0)
        return cube * twice

    def g(x):
        return (x * 2) ** 3 * 5.0 * (x * 4)

    for ours, plain in zip(func.jvp(f, (x,), (v,)), func.jvp(g, (x,), (v,)), strict=True):
        np.testing.assert_allclose(ours.numpy(), plain.numpy())
    for transform in (func.jacfwd, func.jacrev, lambda h: func.hessian(lambda x: h(x).sum())):
        np.testing.assert_allclose(transform(f)(x).numpy(), transform(g)(x).numpy())
    rows = autograd.stack([x, v])
    np.testing.assert_allclose(func.vmap(f)(rows).numpy(), g(rows).numpy())
    of_rows = func.vmap(func.grad(lambda x: f(x).sum()))(rows)
    np.testing.assert_allclose(of_rows.numpy(), func.grad(lambda x: g(x).sum())(rows).numpy())
    assert func.vmap(f)(rows[:0]).shape == (0, 3)
    np.testing.assert_allclose(
        func.vmap(func.grad(lambda x: _PlainRule.apply(x).sum()))(rows).numpy(), 2 * rows.numpy()
    )


def test_transforms_go_through_checkpoints():
    x = autograd.tensor([0.5, -1.0], dtype=np.float64)
    kept = lambda x: autograd.checkpoint(lambda y: y**3, x * 2)
    assert func.jvp(kept, (x,), (x,))[1].tolist() == [3.0 * 8 * 0.5**3, -24.0]
    np.testing.assert_allclose(func.vmap(kept)(x).numpy(), (8 * x**3).numpy())
    np.testing.assert_allclose(func.hessian(lambda x: kept(x).sum())(x).numpy(), np.diag(48 * x.numpy()))
