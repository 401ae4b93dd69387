"""What random programs of views, writes, modes, Functions, hooks and partial backward passes found, kind by kind."""

from __future__ import annotations

import numpy as np
import pytest

import autograd
from autograd import func
from autograd.errors import GraphError, InplaceError, ShapeError


def leaf(*values):
    return autograd.tensor(np.array(values, np.float64), requires_grad=True)


@pytest.mark.parametrize("guard", [autograd.no_grad, autograd.inference_mode])
@pytest.mark.parametrize(
    "change",
    [
        lambda t: t.t_(),
        lambda t: t.transpose_(0, 1),
        lambda t: t.swapaxes_(0, 1),
        lambda t: t.unsqueeze_(0),
        lambda t: t.squeeze_(),
    ],
)
def test_another_shape_in_place_where_nothing_is_recorded(guard, change):
    """Kind: an in-place operation that moves no values, inside no_grad: the gradient goes on flowing.

    Of a computed Tensor to what it was computed from; a leaf stays a leaf, with the new shape.
    """
    x = leaf([0.5, -1.0, 2.0], [3.0, 0.25, -2.0])
    t = x * x
    kept = x.detach().clone()
    with guard():
        change(t)
        change(kept)
    weights = autograd.arange(6.0, dtype=autograd.float64).reshape(t.shape)
    (t * weights).sum().backward()
    spread = np.arange(6.0).reshape(t.shape)
    spread = spread.T if t.shape == (3, 2) else spread
    np.testing.assert_allclose(x.grad.numpy(), 2 * x.detach().numpy() * spread.reshape(2, 3))
    p = leaf([0.5, -1.0, 2.0], [3.0, 0.25, -2.0])
    with guard():
        change(p)
    assert p.requires_grad
    assert p.is_leaf
    (p * p).sum().backward()
    assert p.grad.shape == p.shape
    np.testing.assert_allclose(p.grad.numpy(), 2 * kept.numpy())


def test_a_leaf_that_got_another_shape_after_use():
    """Kind: what was recorded fits the leaf no more: a GraphError that says so, not NumPy's about broadcasting."""
    x = leaf(1.0, 2.0, 3.0)
    loss = (x * 2).sum()
    x.data = autograd.ones(2, 2, dtype=autograd.float64)
    with pytest.raises(GraphError, match="another shape"):
        loss.backward()


@pytest.mark.parametrize("of", [func.jacfwd, func.jacrev])
def test_transforms_of_arrays_in_any_order(of):
    """Kind: an array made "like" another has its memory order too, and flattening that makes a copy."""
    x = autograd.arange(6.0, dtype=autograd.float64).reshape(2, 3)
    for turned in (x.t(), x.t()[::2], autograd.tensor(np.asfortranarray(x.numpy())), x.unsqueeze(0).transpose(0, 2)):
        got = of(lambda a: a.sin())(turned).numpy().reshape(turned.numel(), turned.numel())
        np.testing.assert_allclose(got, np.diag(np.cos(turned.numpy().reshape(-1))))


def test_copies_of_numbers_share_no_memory():
    """Kind: an operation whose result is a copy gives a copy of 0-d Tensors too, not a view of the same memory."""
    for make in (
        lambda s: s.gather(0, autograd.tensor(0)),
        lambda s: s.gather(0, autograd.tensor([0])),
        lambda s: s.index_select(0, autograd.tensor([0])),
        lambda s: s.take(autograd.tensor(0)),
        lambda s: s.scatter(0, autograd.tensor([0]), autograd.tensor(7.0, dtype=autograd.float64)),
        lambda s: s.scatter_add(0, autograd.tensor(0), autograd.tensor(7.0, dtype=autograd.float64)),
        lambda s: s.flip(()),
        lambda s: s.clone(),
        lambda s: s.cumsum(0),
        lambda s: s.sort(0)[0],
        lambda s: s.repeat(1),
        lambda s: s.index_fill(0, autograd.tensor([0]), 2.0),
        lambda s: s.masked_fill(autograd.tensor(False), 2.0),
    ):
        s = leaf(3.0)[0] * 1
        z = make(s)
        z.detach().numpy()[...] = 11.0
        assert s.item() == 3.0
    with pytest.raises(ShapeError, match="can have only 1 value"):
        autograd.tensor(2.0).index_select(0, autograd.tensor([0, 0]))


def test_scatter_with_numbers_for_vectors():
    """Kind: where PyTorch lets a 0-d Tensor stand for a vector of one, as x, index or source, it means that."""
    zero, five = autograd.tensor(0), autograd.tensor(5.0, dtype=autograd.float64, requires_grad=True)
    x = leaf(1.0, 2.0, 3.0)
    assert x.scatter(0, zero, five).tolist() == [5.0, 2.0, 3.0]
    assert x.scatter_add(0, zero, five).tolist() == [6.0, 2.0, 3.0]
    for reduce, first in (("sum", 6.0), ("prod", 5.0), ("mean", 3.0), ("amax", 5.0), ("amin", 1.0)):
        z = x.scatter_reduce(0, zero, five, reduce)
        assert z.tolist() == [first, 2.0, 3.0]
    five.grad = None
    x.scatter_reduce(0, zero, five, "amax").sum().backward()
    assert (x.grad.tolist(), five.grad.item()) == ([0.0, 1.0, 1.0], 1.0)
    number, values = autograd.tensor(1.0, dtype=autograd.float64, requires_grad=True), leaf(1.0, 2.0, 3.0)
    z = number.scatter_reduce(0, autograd.tensor([0, 0, 0]), values, "sum")
    assert (z.shape, z.item()) == ((), 7.0)
    z.backward()
    assert (number.grad.item(), values.grad.tolist()) == (1.0, [1.0, 1.0, 1.0])
    with pytest.raises(ShapeError):
        x.scatter(0, autograd.tensor([0, 1, 2]), five)
    assert five.unfold(0, 1, 1).tolist() == [5.0]


def test_values_with_too_many_dimensions_of_size_one():
    """Kind: x[index] = v where v has leading dimensions of size 1 that the place has not; its gradient has them."""
    for index, v in ((0, leaf(5.0)), (0, leaf([[5.0]])), (slice(None), leaf([1.0, 2.0, 3.0])), (..., leaf([5.0]))):
        x = leaf(1.0, 2.0, 3.0)
        t = x * 1
        t[index] = v
        assert t[0].item() == v.reshape(-1)[0].item()
        t[0].backward()
        assert (v.grad.shape, v.grad.sum().item(), x.grad.tolist()) == (v.shape, 1.0, [0.0, 0.0, 0.0])


class Doubled(autograd.Function):
    @staticmethod
    def forward(ctx, x):
        ctx.factor = 2.0
        return x * ctx.factor

    @staticmethod
    def backward(ctx, dz):
        return dz * ctx.factor


class Squared(Doubled):
    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        ctx.factor = 2.0
        return x * x

    @staticmethod
    def backward(ctx, dz):
        return dz * ctx.factor * ctx.saved_tensors[0]


def test_functions_that_save_no_tensors_are_replayed_again():
    """Kind: two losses that share a Function which keeps nothing: as for operations that keep nothing."""
    x = leaf(1.0, 2.0)
    shared = Doubled.apply(x)
    shared.sum().backward()
    (shared * 3.0).sum().backward()
    assert x.grad.tolist() == [8.0, 8.0]
    saved = Squared.apply(x)
    saved.sum().backward()
    with pytest.raises(GraphError, match="second time"):
        (saved * 3.0).sum().backward()


def test_walks_to_inputs_consume_only_what_leads_there():
    """Kind: a checkpoint beside the way from outputs to inputs is neither consumed nor in the way."""
    x, other = leaf(1.0, 2.0), leaf(3.0)
    z = autograd.checkpoint(lambda a: a.sin() * a, x * x)
    (z.sum() + other.sum()).backward(inputs=[other])
    assert other.grad.tolist() == [1.0]
    z.sum().backward()
    square = np.array([1.0, 4.0])
    expected = (np.sin(square) + square * np.cos(square)) * 2 * np.array([1.0, 2.0])
    np.testing.assert_allclose(x.grad.numpy(), expected)
    y = x * x
    kept = autograd.checkpoint(lambda a: a * 1.0, y)
    y.sum().backward()  # what lies behind the checkpoint is gone: of no concern to others
    assert func.grad(lambda a: (a * kept.sum()).sum())(other.detach()).tolist() == [5.0]


def test_backward_to_constants_says_so():
    """Kind: `inputs=` names a Tensor that no gradient can come to: an error, as for `grad`."""
    x = leaf(1.0)
    with pytest.raises(GraphError, match="does not require grad: input 1"):
        (x * 2).sum().backward(inputs=[x, autograd.ones(1)])


def test_dirty_inputs_stay_themselves_where_nothing_is_recorded():
    """Kind: a Function that returns the input it has written to returns that very Tensor, inside no_grad too."""

    class Tripled(autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.mark_dirty(x.mul_(3))
            return x

        @staticmethod
        def backward(ctx, dz):
            return dz * 3

    t = leaf(1.0, 2.0) * 1
    with autograd.no_grad():
        assert Tripled.apply(t) is t
    assert t.tolist() == [3.0, 6.0]


def test_a_view_that_got_another_array():
    """Kind: `.data = ...` takes a view out of the memory it was a view of: writes there are none of its business."""
    x = leaf([1.0, 2.0], [3.0, 4.0])
    for other in (autograd.ones(2, 2), autograd.ones(5)):
        t = x * x
        view, sibling = t[:], t[0]
        view.data = other.double()
        t.mul_(3)
        assert view.tolist() == other.tolist()
        assert sibling.tolist() == [3.0, 12.0]
        assert autograd.grad(sibling.sum(), x)[0].tolist() == [[6.0, 12.0], [0.0, 0.0]]


def test_writes_to_parts_of_expanded_memory():
    """Kind: a view of a repeated view in which no place occurs twice may be written to, and others may not."""
    x = leaf([1.0, 2.0], [3.0, 4.0])
    for part in (lambda v: v[1], lambda v: v[0].t(), lambda v: v[2:], lambda v: v[1, 1:].unsqueeze(0)):
        t = x * 1
        view = part(t.expand(3, 2, 2))
        values = view.detach().numpy().copy()
        view.mul_(view.detach().clone())
        np.testing.assert_array_equal(view.detach().numpy(), values**2)
        touched = np.isin(x.detach().numpy(), values)
        np.testing.assert_array_equal(
            t.detach().numpy(), np.where(touched, x.detach().numpy() ** 2, x.detach().numpy())
        )
        gradient = autograd.grad(t.sum(), x)[0].numpy()
        np.testing.assert_array_equal(gradient, np.where(touched, x.detach().numpy(), 1.0))
    with pytest.raises(InplaceError, match="single memory location"):
        (x * 1).expand(3, 2, 2)[1:].mul_(2)


def test_ravel_shares_memory_with_contiguous_tensors_only():
    """Kind: what is a copy for PyTorch is a copy for us, whatever NumPy could make a view of."""
    t = leaf([1.0, 2.0], [3.0, 4.0]) * 1
    flat, column = t.ravel(), t[:, 1].ravel()
    t.mul_(2)
    assert flat.tolist() == [2.0, 4.0, 6.0, 8.0]
    assert column.tolist() == [2.0, 4.0]


def test_gradients_of_recorded_walks_are_nobody_elses():
    """Kind: `.grad` after backward(create_graph=True) is written to by the next backward and by users."""
    a, b = leaf(1.0, 2.0), leaf(3.0, 4.0)
    (a.sum() + (a + b).sum() * 2.0).backward(create_graph=True)
    (a * b).sum().backward()
    assert (a.grad.tolist(), b.grad.tolist()) == ([6.0, 7.0], [3.0, 4.0])
    a.grad.mul_(10.0)
    assert b.grad.tolist() == [3.0, 4.0]
    c, d = leaf(1.0, 2.0), leaf(3.0, 4.0)
    s = leaf(2.0)
    ((c + d) * s).sum().backward(create_graph=True)
    assert c.grad is not d.grad
    with autograd.no_grad():
        c.grad.mul_(10.0)
    assert (c.grad.tolist(), d.grad.tolist()) == ([20.0, 20.0], [2.0, 2.0])


def test_hooks_outlive_what_was_replayed():
    """Kind: the hooks of a computed value belong to it as long as it lives, and to nothing that comes after it."""
    x = leaf(1.0, 2.0)
    before, after = x.exp(), x.exp()
    handle = before.register_hook(lambda g: g * 3)
    (before.sum() + after.sum()).backward()
    after.register_hook(lambda g: g * 5)
    for t, factor in ((before, 3), (after, 5)):
        np.testing.assert_allclose(autograd.grad((t * t).sum(), t)[0].numpy(), 2 * factor * t.detach().numpy())
    handle.remove()
    np.testing.assert_allclose(autograd.grad((before * 2).sum(), before)[0].numpy(), 2.0)
    for _ in range(300):  # the ids of values that are gone come again
        t = x.exp()
        t.sum().backward()
        t.register_hook(lambda g: g * 1000)
        del t
        x.grad = None
        x.exp().sin().sum().backward()
        assert x.grad.abs().max() < 100
    assert len(autograd.tape().hooks) < 50


def test_walks_to_inputs_read_only_what_they_pass():
    """Kind: an array that was overwritten is of no concern to a walk that ends before it."""
    x, a = leaf(1.0, 2.0), leaf(3.0, 4.0)
    t = x * x
    with autograd.no_grad():
        x.mul_(10)
    loss = (t * a).sum()
    assert [g.tolist() for g in autograd.grad(loss, [t, a], retain_graph=True)] == [[3.0, 4.0], [1.0, 4.0]]
    with pytest.raises(InplaceError):
        autograd.grad(loss, [x])


def test_gradients_can_be_written_to():
    """Kind: what is put in `.grad` is an array of its own that may be written to, however it was computed."""
    makers = [
        lambda x: x.sum(),
        lambda x: x.mean(),
        lambda x: x.sum().sum(),
        lambda x: x.expand(2, *x.shape).sum(),
        lambda x: x.unsqueeze(0).sum(-1).sum(),
        lambda x: x.sum().exp() * 0 + x.sum(),
    ]
    single = [lambda x: x.reshape(()).clone(), lambda x: x.reshape(()) * 1, lambda x: x.squeeze() + 1]
    for shape in ((), (1,), (1, 1), (3,), (2, 3), (0, 3)):
        for make in makers + single * int(np.prod(shape) == 1):
            x = autograd.ones(shape, dtype=autograd.float64, requires_grad=True)
            make(x).backward()
            first = x.grad.clone()
            make(x).backward()
            np.testing.assert_allclose(x.grad.numpy(), 2 * first.numpy())
            (g,) = autograd.grad(make(x), x)
            g.mul_(0)
            x.grad.zero_()
            assert not x.grad.any()


def test_frozen_leaves_get_no_gradient():
    """Kind: a leaf that requires no gradient any more when the gradient comes keeps its `.grad`."""
    for freeze in (
        lambda x: x.requires_grad_(False),
        lambda x: x.detach_(),
        lambda x: setattr(x, "requires_grad", False),
    ):
        x, y = leaf(1.0, 2.0), leaf(3.0, 4.0)
        loss = (x * y).sum()
        freeze(x)
        loss.backward()
        assert x.grad is None
        assert y.grad.tolist() == [1.0, 2.0]
    x = leaf(1.0, 2.0)
    loss = (x * 3).sum()
    x.requires_grad_(False).requires_grad_()
    loss.backward()
    assert x.grad.tolist() == [3.0, 3.0]


def test_results_made_without_recording_are_written_to_later():
    """Kind: what a function returns is no view for its user because the function's last step was one."""
    w = leaf([1.0, 2.0, 0.5], [3.0, 4.0, 2.5])
    row = leaf(7.0, 8.0, 9.0)
    for make in (
        lambda: w.max(0)[0],
        lambda: w.kthvalue(1, 0)[0],
        lambda: w.sort(0)[0][0].clone(),
        lambda: autograd.einsum("ij,ik->j", w, w),
    ):
        with autograd.no_grad():
            t = make()
        t[...] = row
        assert autograd.grad(t.sum(), row)[0].tolist() == [1.0, 1.0, 1.0]
        make().detach_()
    with autograd.no_grad():
        whole = w * 2
        view = whole[0]
    with pytest.raises(InplaceError, match="no_grad"):
        view[...] = row


def test_computed_inputs_of_backward_retain_their_grad():
    """Kind: what `backward(inputs=)` has filled once, it and later ones fill again: PyTorch calls `retain_grad`."""
    x = leaf(1.0, 2.0)
    t, unused = x.exp(), x.sin()
    t.register_hook(lambda g: g * 3)
    t.sum().backward(retain_graph=True, inputs=[t, unused])
    assert (t.grad.tolist(), unused.grad, x.grad) == ([3.0, 3.0], None, None)
    (t * 2).sum().backward()
    assert t.grad.tolist() == [9.0, 9.0]
    np.testing.assert_allclose(x.grad.numpy(), 6 * t.detach().numpy())
    (t * 2).sum().backward(inputs=[t])  # exp was replayed, but is not needed
    assert t.grad.tolist() == [15.0, 15.0]


def test_wanted_values_that_were_replayed_do_not_hide_what_lies_behind_them():
    """Kind: a gradient whose way is gone is an error, though the walk could end at a wanted value before that."""
    x = leaf(1.0, 2.0)
    t = x.exp()
    t.sum().backward()
    assert autograd.grad((t * t).sum(), t)[0].tolist() == (2 * t).tolist()
    for wanted in ([t, x], [x, t]):
        for options in ({}, {"allow_unused": True}, {"materialize_grads": True}):
            with pytest.raises(GraphError, match="second time"):
                autograd.grad((t * t).sum(), wanted, **options)
    with pytest.raises(GraphError, match="second time"):
        (t * t).sum().backward(inputs=[t, x])


def test_transformed_functions_do_not_write_to_their_arguments():
    """Kind: a function under `grad`, `vjp` or `jacrev` that writes to its argument or a view of it: refused."""
    x = leaf(1.0, 2.0)
    for argument in (x * 1, x.detach().clone()):
        for function in (lambda q: q.mul_(2), lambda q: q[0].mul_(2) + q, lambda q: q.view(2).add_(q)):
            for transform in (
                lambda f, a: func.grad(lambda q: f(q).sum())(a),
                lambda f, a: func.vjp(f, a),
                lambda f, a: func.jacrev(f)(a),
            ):
                with pytest.raises(InplaceError):
                    transform(function, argument)
                assert argument.tolist() == [1.0, 2.0]
        written = func.grad(lambda q: q.clone().mul_(q).sum())(argument)
        assert written.tolist() == [2.0, 4.0]
