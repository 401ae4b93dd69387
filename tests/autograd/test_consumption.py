"""What backward, grad, hooks, retain_grad, inputs=, retain_graph and create_graph mean together, as in PyTorch.

The kind of fault: a walk that went only part of the way consumed, skipped or counted what another needs. Consumed are
the records that were replayed and had kept arrays. A wanted value that the walk ends at is taken, not consumed. What
kept no arrays may be replayed again. Whoever must pass through a consumed record is told so, and never given
None, zeros or a part of the sum. The numbers and refusals are those of PyTorch 2.13 for the same programs.
"""

from __future__ import annotations

import numpy as np
import pytest

import autograd
from autograd import grad
from autograd.errors import GraphError, InplaceError

CONSUMED = (GraphError, "Trying to backward through the graph a second time")
UNKNOWN = (GraphError, "One of the differentiated Tensors does not require grad")
OVERWRITTEN = (InplaceError, "modified by an inplace operation")

CASES = []


def case(expected):
    def register(program):
        CASES.append(pytest.param(program, expected, id=program.__name__))
        return program

    return register


def leaf(value=2.0):
    return autograd.tensor([value, value + 1], requires_grad=True)


def plain(result):
    if isinstance(result, (tuple, list)):
        return [plain(part) for part in result]
    return result.detach().reshape(-1).tolist() if isinstance(result, autograd.Tensor) else result


def equal(a, b):
    if isinstance(b, list):
        return isinstance(a, list) and len(a) == len(b) and all(map(equal, a, b))
    return a == pytest.approx(b, rel=1e-5) if isinstance(b, float) else a == b


class Overwritten(autograd.Function):
    """Doubles its input in place."""

    @staticmethod
    def forward(ctx, x):
        x.mul_(2)
        ctx.mark_dirty(x)
        return x

    @staticmethod
    def backward(ctx, dz):
        return dz * 2


@case(CONSUMED)
def grad_through_consumed():
    w = leaf()
    y = w.exp()
    l = y.sum()
    l.backward()
    return grad((y * 2).sum(), w)


@case(CONSUMED)
def grad_through_consumed_allow_unused():
    w = leaf()
    y = w.exp()
    l = y.sum()
    l.backward()
    return grad((y * 2).sum(), w, allow_unused=True)


@case(CONSUMED)
def grad_partly_through_consumed():
    w = leaf()
    y = w.exp()
    l = y.sum()
    l.backward()
    return grad((y * 2 + w).sum(), w)


@case([[7.389056, 20.08554]])
def grad_beside_consumed():
    w = leaf()
    v = leaf()
    y = w.exp()
    l = y.sum()
    l.backward()
    return grad((y * v).sum(), v)


@case([[2.0, 2.0]])
def grad_wrt_consumed_node():
    w = leaf()
    y = w.exp()
    l = y.sum()
    l.backward()
    return grad((y * 2).sum(), y)


@case(CONSUMED)
def backward_inputs_through_consumed():
    w = leaf()
    y = w.exp()
    l = y.sum()
    l.backward()
    (y * 2).sum().backward(inputs=[w])
    return w.grad


@case([1.0, 1.0])
def captured_not_consumed():
    a = leaf(3.0)
    w = leaf()
    f = w - 0.1
    (g,) = grad((f * f * a).sum(), [f])
    l = (f - 0.1 * g).sum()
    l.backward()
    return w.grad


@case([[28.0, 36.0], [28.0, 36.0]])
def share_add():
    w = leaf()
    b = leaf(5.0)
    s = w + b
    (s * s).sum().backward()
    (s * s).sum().backward()
    return w.grad, b.grad


@case([11.0, 15.0])
def share_reshape():
    w = leaf()
    s = w.reshape(2, 1)
    (s * s).sum().backward()
    (s * s).sum().backward()
    (s * 3).sum().backward()
    return w.grad


@case([108.0, 0.0])
def share_chain_lasting():
    w = leaf()
    s = (w + 1).expand(3, 2).t()[0].sum()
    (s * s).backward()
    (s * s).backward()
    return w.grad


@case(CONSUMED)
def share_consumed_lasting():
    w = leaf()
    s = w.exp() + 1
    (s * s).sum().backward()
    (s * s).sum().backward()
    return w.grad


@case([2.0, 2.0])
def lasting_only_twice():
    w = leaf()
    l = (w + 1).sum()
    l.backward()
    l.backward()
    return w.grad


@case([40.0, 56.0])
def stack_cat():
    w = leaf()
    m = autograd.stack([w, w + 1])
    c = autograd.cat([m, m])
    (c * c).sum().backward()
    (c * c).sum().backward()
    return w.grad


@case([5.0, 5.0])
def mean():
    w = leaf()
    m = w.mean()
    (m * m).backward()
    (m * m).backward()
    return w.grad


@case([8.0, 12.0])
def neg():
    w = leaf()
    m = -w
    (m * m).sum().backward()
    (m * m).sum().backward()
    return w.grad


@case([8.0, 12.0])
def flip_roll():
    w = leaf()
    m = autograd.flip(w, [0]).roll(1)
    (m * m).sum().backward()
    (m * m).sum().backward()
    return w.grad


@case([7.0, 2.0])
def unbind():
    w = leaf()
    a, b = w.unbind()
    (a * b).backward()
    (a * a).backward()
    return w.grad


@case([[6.0, 6.0], [12.0, 18.0]])
def grad_wrt_h_then_backward_through_h():
    w = leaf()
    h = w * 3
    (g1,) = grad((h * h).sum(), h)
    (h * 2).sum().backward()
    return w.grad, g1


@case([109.1963, 806.8576])
def grad_wrt_h_exp_then():
    w = leaf()
    h = w.exp()
    l = (h * h).sum()
    (g,) = grad(l, h)
    l2 = (h * g).sum()
    l2.backward()
    return w.grad


@case(CONSUMED)
def grad_h_then_grad_w_same_loss():
    w = leaf()
    h = w.exp()
    l = (h * h).sum()
    (_g,) = grad(l, [h])
    return grad(l, [w])


@case(CONSUMED)
def grad_h_w_then_h():
    w = leaf()
    h = w.exp()
    l = (h * h).sum()
    grad(l, [h, w])
    return grad(h.sum(), [w])


@case(CONSUMED)
def partial_then_other_input_of_same_node():
    w = leaf()
    x = leaf(7.0)
    h = w * x
    l = (h * h).sum()
    (_g,) = grad(l, [w])
    return grad(h.sum(), x)


@case([[[1.0, 1.0]], [[1.0, 1.0]]])
def leaf_out():
    y = leaf()
    return grad(y.sum(), y), grad(y, y, autograd.ones(2))


@case([[4.0, 4.0], [8.0, 8.0]])
def several_outs():
    w = leaf()
    y = w * 2
    return grad([y.sum(), y.sum() * 3], [y, w])


@case([[2.0, 2.0], [2.0, 2.0], [1.0, 1.0]])
def dup_inputs():
    w = leaf()
    y = w * 2
    return grad(y.sum(), [w, w, y])


@case([[2.0, 2.0], [1.0, 1.0]])
def backward_inputs_nonleaf():
    w = leaf()
    y = w * 2
    y.sum().backward(inputs=[w, y])
    return w.grad, y.grad


@case([3.0, 3.0])
def retain_grad_with_grad():
    w = leaf()
    y = w * 2
    z = y * 3
    y.retain_grad()
    grad(z.sum(), w)
    return y.grad


@case([3.0, 3.0])
def retain_grad_with_grad_captured():
    w = leaf()
    y = w * 2
    z = y * 3
    y.retain_grad()
    grad(z.sum(), y)
    return y.grad


@case([[3.0, 3.0], [60.0, 60.0]])
def hook_with_captured():
    w = leaf()
    y = w * 2
    z = y * 3
    y.register_hook(lambda g: g * 10)
    return grad(z.sum(), [y, w])


@case([[31.0, 31.0], [62.0, 62.0]])
def hook_retain_hook():
    w = leaf()
    y = w * 2
    z = y * 3
    y.register_hook(lambda g: g * 10)
    y.retain_grad()
    y.register_hook(lambda g: g + 1)
    z.sum().backward()
    return y.grad, w.grad


@case([[20.0, 20.0]])
def leaf_hook_with_grad():
    w = leaf()
    w.register_hook(lambda g: g * 10)
    return grad((w * 2).sum(), w)


@case([20.0, 20.0])
def leaf_retain():
    w = leaf()
    w.retain_grad()
    w.register_hook(lambda g: g * 10)
    (w * 2).sum().backward()
    return w.grad


@case([[2.0, 2.0]])
def post_acc():
    w = leaf()
    L = []
    w.register_post_accumulate_grad_hook(lambda p: L.append(p.grad.tolist()))
    grad((w * 2).sum(), w, retain_graph=True)
    (w * 2).sum().backward()
    return L


@case([[], None, [2.0, 3.0]])
def post_acc_inputs():
    w = leaf()
    v = leaf()
    L = []
    w.register_post_accumulate_grad_hook(lambda p: L.append(p.grad.tolist()))
    (w * v).sum().backward(inputs=[v])
    return L, w.grad, v.grad


@case(["z", "y", "v"])
def hooks_order_w_inputs():
    w = leaf()
    L = []
    w.register_hook(lambda g: L.append("w"))
    v = leaf()
    v.register_hook(lambda g: L.append("v"))
    y = w * v
    y.register_hook(lambda g: L.append("y"))
    z = y.exp()
    z.register_hook(lambda g: L.append("z"))
    z.sum().backward(inputs=[v])
    return L


@case([[6.0, 6.0], [12.0, 12.0]])
def retain_twice():
    w = leaf()
    y = w * 2
    y.retain_grad()
    z = y * 3
    z.sum().backward(retain_graph=True)
    z.sum().backward()
    return y.grad, w.grad


@case([[3.0, 3.0], [30.0, 30.0]])
def retain_then_inplace():
    w = leaf()
    y = w * 2
    y.retain_grad()
    y.mul_(5)
    (y * 3).sum().backward()
    return y.grad, w.grad


@case([3000.0, 3000.0])
def hook_then_inplace():
    w = leaf()
    y = w * 2
    y.register_hook(lambda g: g * 100)
    y.mul_(5)
    (y * 3).sum().backward()
    return w.grad


@case([6.0, 6.0])
def removed():
    w = leaf()
    y = w * 2
    h = y.register_hook(lambda g: g * 100)
    h.remove()
    (y * 3).sum().backward()
    return w.grad


@case([[4.0, 4.0]])
def hook_create_graph():
    w = leaf()
    y = w * w
    y.register_hook(lambda g: g * 2)
    (g,) = grad(y.sum(), w, create_graph=True)
    return grad(g.sum(), w)


@case([[1.0, 1.0], False, True])
def retain_create_graph():
    w = leaf()
    y = w * w
    y.retain_grad()
    y.sum().backward(create_graph=True)
    return y.grad, y.grad.requires_grad, w.grad.requires_grad


@case([8.0, 12.0])
def double_through_grad():
    w = leaf()
    y = (w * w).sum()
    y.backward(create_graph=True)
    y2 = (w.grad * w).sum()
    w.grad = None
    y2.backward()
    return w.grad


@case([4.0, 6.0])
def none_hook():
    w = leaf()
    y = w * w
    y.register_hook(lambda g: None)
    y.sum().backward()
    return w.grad


@case(CONSUMED)
def hook_on_consumed():
    w = leaf()
    y = w * 2
    y.sum().backward()
    y.register_hook(lambda g: g * 100)
    (y * 3).sum().backward()
    return w.grad


@case([400.0, 400.0])
def hook_on_lasting_stays():
    w = leaf()
    y = w + 2
    y.register_hook(lambda g: g * 100)
    y.sum().backward()
    (y * 3).sum().backward()
    return w.grad


@case([1, 2])
def hook_removes_itself():
    w = leaf()
    L = []
    h = [None]

    def hk(g):
        L.append(1)
        h[0].remove()

    y = w * 2
    h[0] = y.register_hook(hk)
    y.register_hook(lambda g: L.append(2))
    y.sum().backward()
    return L


@case([1, 2])
def leaf_hook_removes_itself():
    w = leaf()
    L = []
    h = [None]

    def hk(g):
        L.append(1)
        h[0].remove()

    h[0] = w.register_hook(hk)
    w.register_hook(lambda g: L.append(2))
    (w * 2).sum().backward()
    return L


@case([[2.0, 2.0]])
def create_w_o_retain():
    w = leaf()
    y = w * 2
    return grad(y.sum(), w, retain_graph=False, create_graph=True)


@case(CONSUMED)
def create_w_o_retain_twice():
    w = leaf()
    y = w.exp()
    grad(y.sum(), w, retain_graph=False, create_graph=True)
    return grad(y.sum(), w)


@case([[[7.389056, 20.08554], None], [[7.389056, 20.08554], [0.0, 0.0]]])
def unused():
    w = leaf()
    u = leaf()
    y = w.exp()
    return grad(y.sum(), [w, u], allow_unused=True), grad(w.exp().sum(), [w, u], materialize_grads=True)


@case(UNKNOWN)
def not_requires():
    w = leaf()
    x = autograd.ones(2)
    return grad((w * 2).sum(), [x])


@case([None])
def detached():
    w = leaf()
    y = w.exp()
    z = y.detach()
    return grad((z * w).sum(), [y], allow_unused=True)


@case(CONSUMED)
def root_twice():
    w = leaf()
    y = w * 2
    y.backward(autograd.ones(2))
    y.backward(autograd.ones(2))
    return w.grad


@case([2.0, 2.0])
def root_lasting_twice():
    w = leaf()
    y = w + 2
    y.backward(autograd.ones(2))
    y.backward(autograd.ones(2))
    return w.grad


@case([4.0, 2.0])
def slice():
    w = leaf()
    s = w[0:1]
    w[[0]]
    t = w.t() if False else w.unsqueeze(0)
    q = s.sum() + t.sum()
    q.backward()
    q.backward()
    return w.grad


@case([4.0, 6.0])
def normal():
    w = leaf()
    n = autograd.distributions.Normal(w, autograd.ones(2))
    (-n.log_prob(autograd.zeros(2)).sum()).backward()
    (-n.log_prob(autograd.zeros(2)).sum()).backward()
    return w.grad


@case([[1.0, 1.0], [3.0, 3.0]])
def retain_base_written_through_view():
    w = leaf()
    y = w * 1
    y.retain_grad()
    v = y[0:]
    v.mul_(3)
    y.sum().backward()
    return y.grad, w.grad


@case([[2.0, 2.0], [6.0, 6.0]])
def retain_view_base_written():
    w = leaf()
    y = w * 1
    v = y[0:]
    v.retain_grad()
    y.mul_(3)
    (v * 2).sum().backward()
    return v.grad, w.grad


@case([[30.0, 30.0]])
def only_y():
    w = leaf()
    y = w * 2
    z = y * 3
    y.register_hook(lambda g: g * 10)
    return grad(z.sum(), [y])


@case([[[3.0, 3.0], [60.0, 60.0]], [30.0, 30.0], [1]])
def y_and_w_retained():
    w = leaf()
    y = w * 2
    z = y * 3
    L = []
    y.register_hook(lambda g: L.append(1))
    y.register_hook(lambda g: g * 10)
    y.retain_grad()
    r = grad(z.sum(), [y, w])
    return r, y.grad, L


@case([[30.0, 30.0], None])
def backward_inputs_y():
    w = leaf()
    y = w * 2
    z = y * 3
    y.register_hook(lambda g: g * 10)
    z.sum().backward(inputs=[y])
    return y.grad, w.grad


@case([[30.0, 30.0], [60.0, 60.0]])
def backward_inputs_y_w():
    w = leaf()
    y = w * 2
    z = y * 3
    y.register_hook(lambda g: g * 10)
    z.sum().backward(inputs=[y, w])
    return y.grad, w.grad


@case([[30.0, 30.0], [60.0, 60.0]])
def backward_inputs_y_w_retain():
    w = leaf()
    y = w * 2
    z = y * 3
    y.register_hook(lambda g: g * 10)
    y.retain_grad()
    z.sum().backward(inputs=[y, w])
    return y.grad, w.grad


@case([[3.0, 3.0], [60.0, 60.0]])
def leaf_hook():
    w = leaf()
    y = w * 2
    z = y * 3
    w.register_hook(lambda g: g * 10)
    return grad(z.sum(), [y, w])


@case([[3.0, 3.0], None])
def retain_inputs():
    w = leaf()
    y = w * 2
    z = y * 3
    y.retain_grad()
    z.sum().backward(inputs=[y])
    return y.grad, w.grad


@case([[1.0], [20.0, 20.0]])
def root_hook():
    w = leaf()
    y = w * 2
    z = y.sum()
    z.register_hook(lambda g: g * 10)
    return grad(z, [z, w])


@case([[1.0], [2.0, 2.0]])
def root_retain():
    w = leaf()
    y = w * 2
    z = y.sum()
    z.retain_grad()
    z.backward()
    return z.grad, w.grad


@case([[[20.0, 20.0]], [[10.0, 10.0]]])
def after_create():
    w = leaf()
    y = w * 2
    y.register_hook(lambda g: g * 10)
    return grad(y.sum(), w, create_graph=True), grad((y * 1).sum(), y)


@case([3.0, 3.0])
def create_graph_accum():
    w = leaf()
    w.grad = autograd.ones(2)
    y = w * 2
    y.sum().backward(create_graph=True)
    return w.grad


@case([[1.0, 1.0], [[5.0, 5.0]]])
def kept_hook_grad_written_later_add():
    w = leaf()
    g = []
    y = w + 0
    y.register_hook(g.append)
    y.backward(autograd.ones(2))
    g[0].mul_(5)
    return w.grad, g


@case([1.0, 1.0])
def seed_alias():
    w = leaf()
    s = autograd.ones(2)
    y = w + 0
    y.backward(s)
    w.grad.mul_(5)
    return s


@case([[0.0, 2.0]])
def dirty_base():
    w = leaf()
    x = w * 1
    v = x[1:]
    Overwritten.apply(x)
    return grad(v.sum(), w)


@case([[1.0, 2.0]])
def dirty_view():
    w = leaf()
    x = w * 1
    v = x[1:]
    Overwritten.apply(v)
    return grad(x.sum(), w)


@case(OVERWRITTEN)
def dirty_saved():
    w = leaf()
    x = w * 1
    y = x * x
    Overwritten.apply(x)
    return grad(y.sum(), w)


@case([True, [2.0, 2.0]])
def dirty_const():
    b = autograd.ones(2)
    r = Overwritten.apply(b)
    return r is b, b


@case([3456.0])
def zero_dim_written_through_view():
    w = autograd.tensor(2.0, requires_grad=True)
    y = w * 3.0
    v = y.reshape(1, 1)
    e = y.expand(3)
    v.mul_(4.0)
    ((y + v) * e).sum().backward()
    return w.grad


@case([2.0])
def zero_dim_setitem():
    w = autograd.tensor(2.0, requires_grad=True)
    y = w * 3.0
    v = y[None]
    v[0] = w
    (v + y).sum().backward()
    return w.grad


@pytest.mark.parametrize(("program", "expected"), CASES)
def test_programs_give_what_pytorch_gives(program, expected):
    if isinstance(expected, tuple):
        with pytest.raises(expected[0], match=expected[1]):
            program()
    else:
        got = plain(program())
        assert equal(got, expected), f"got {got}, wanted {expected}"


def test_hooks_that_write_to_a_gradient_change_only_their_own():
    """u and v get the same cotangent by reference. PyTorch lets the write reach both: 6 and 12 instead of 4 and 8."""
    w = leaf()
    x = w * 1
    u, v = x + 0, x + 0
    u.register_hook(lambda g: g.mul_(3))
    ((u + v) * autograd.tensor([1.0, 2.0])).sum().backward()
    np.testing.assert_array_equal(w.grad.numpy(), [4, 8])


def test_a_leaf_marked_dirty_is_refused():
    with pytest.raises(InplaceError, match="a leaf Variable that requires grad"):
        Overwritten.apply(leaf())


def test_what_is_marked_dirty_must_be_returned():
    class Forgetful(autograd.Function):
        @staticmethod
        def forward(ctx, x):
            x.mul_(2)
            ctx.mark_dirty(x)
            return x + 0

        @staticmethod
        def backward(ctx, dz):
            return dz

    with pytest.raises(GraphError, match=r"Forgetful: Some elements marked as dirty .* not returned"):
        Forgetful.apply(leaf() * 1)


def test_adding_to_a_gradient_is_a_write():
    """`.grad` is added to in place; who kept the old sum for a backward of his own is told so."""
    w, v = leaf(), leaf()
    (w * w).sum().backward()
    pending = (w.grad * v).sum()
    (w * w).sum().backward()
    with pytest.raises(InplaceError, match=r"which backward at .* has overwritten"):
        pending.backward()


def test_records_that_may_be_replayed_again_go_with_their_tensors():
    """What keeps no arrays stays on the tape as long as something refers to it, and no longer."""
    w = leaf()
    shared = w + 1
    for _ in range(3):
        loss = (shared * shared).sum()
        loss.backward()
        assert [record.op for record in autograd.tape()] == ["add"]
    np.testing.assert_array_equal(w.grad.numpy(), [18, 24])
    del shared, loss
    autograd.tape().sweep()
    assert len(autograd.tape()) == 0


def test_a_chain_that_was_walked_down_to_a_mark_lets_its_past_go():
    """Records behind a mark forget what they were computed from: a stream of states does not grow for ever."""
    w = leaf()
    h = autograd.tensor([1.0, 1.0])
    states = []
    for _ in range(3):
        mark = autograd.tape().mark()
        h = h * w
        h.sum().backward(until=mark, retain_graph=False)
        states.append(h)
    assert all(state.grad_fn.record.inputs is None for state in states)
    with pytest.raises(GraphError, match="a second time"):
        grad(h.sum(), w)


def test_a_tape_that_is_being_walked_is_not_cut():
    w = leaf()
    y = w * 2
    y.register_hook(lambda g: autograd.tape().clear())
    with pytest.raises(GraphError, match="clear: a backward is walking"):
        y.sum().backward()
