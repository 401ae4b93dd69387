"""backward, grad, hooks, modes: what users call."""

from __future__ import annotations

import gc

import numpy as np
import pytest

import autograd
from autograd.errors import DTypeError, GraphError, SettingError, ShapeError


def leaf(*values, dtype=np.float64):
    return autograd.tensor(list(values), dtype=dtype, requires_grad=True)


def test_gradients_add_up_over_calls():
    x = leaf(1.0, 2.0)
    for _ in range(3):
        (x * x).sum().backward()
    np.testing.assert_array_equal(x.grad.numpy(), [6, 12])


def test_grad_never_aliases():
    x, y = leaf(1.0, 2.0), leaf(3.0, 4.0)
    z = x + y
    seed = autograd.tensor([1.0, 1.0], dtype=np.float64)
    z.backward(seed)
    x.grad.add_(100)
    np.testing.assert_array_equal(y.grad.numpy(), [1, 1])
    np.testing.assert_array_equal(seed.numpy(), [1, 1])


def test_grad_of_an_expanded_sum_owns_its_memory():
    x = leaf(1.0, 2.0, 3.0)
    x.sum().backward()
    assert x.grad.numpy().flags.owndata
    assert x.grad.numpy().flags.writeable


def test_a_leaf_may_be_the_output():
    x = autograd.tensor(3.0, requires_grad=True)
    x.backward()
    assert x.grad.item() == 1


def test_vector_outputs_need_a_gradient():
    x = leaf(1.0, 2.0)
    with pytest.raises(GraphError, match=r"grad can be implicitly created only for scalar outputs.*shape \(2,\)"):
        (x * 2).backward()
    with pytest.raises(ShapeError, match="Mismatch in shape"):
        (x * 2).backward(autograd.tensor([1.0, 1.0, 1.0]))
    (x * 2).backward(autograd.tensor([1.0, 10.0], dtype=np.float64))
    np.testing.assert_array_equal(x.grad.numpy(), [2, 20])


def test_constants_have_no_backward():
    with pytest.raises(GraphError, match="does not require grad and does not have a grad_fn"):
        autograd.tensor(1.0).backward()


def test_backward_inputs_restricts_where_gradients_go():
    x, w = leaf(2.0), leaf(3.0)
    (x * w).sum().backward(inputs=[w])
    assert x.grad is None
    assert w.grad.item() == 2


def test_grad_returns_and_leaves_grad_alone():
    x, w = leaf(2.0), leaf(3.0)
    gx, gw = autograd.grad((x * w * w).sum(), [x, w])
    assert (gx.item(), gw.item()) == (9, 12)
    assert x.grad is None
    assert w.grad is None


def test_grad_of_a_computed_tensor():
    x = leaf(2.0)
    h = x * x
    z = (h * h).sum()
    gh, gx = autograd.grad(z, [h, x])
    assert (gh.item(), gx.item()) == (8, 32)


def test_unused_inputs():
    x, unused = leaf(2.0), leaf(1.0)
    z = x * 2
    with pytest.raises(GraphError, match="appears to not have been used in the graph"):
        autograd.grad(z, [x, unused], retain_graph=True)
    assert autograd.grad(z, [x, unused], allow_unused=True, retain_graph=True)[1] is None
    assert autograd.grad(z, [x, unused], materialize_grads=True)[1].item() == 0


def test_third_derivative():
    x = leaf(2.0)
    y = x * x * x * x
    for expected in (32, 48, 48, 24):
        (y,) = autograd.grad(y, x, create_graph=True)
        assert y.item() == expected


def test_backward_with_create_graph_fills_differentiable_grads():
    x = leaf(3.0)
    (x * x * x).backward(create_graph=True)
    assert x.grad.requires_grad
    (g,) = autograd.grad(x.grad, x)
    assert g.item() == 18
    x.grad = None
    gc.collect()


def test_gradient_penalty():
    """(|dy/dx| - 1)^2 differentiated by the weight."""
    w, x = leaf(3.0), leaf(2.0)
    (g,) = autograd.grad(w * x * x, x, create_graph=True)
    penalty = (g - 1) * (g - 1)
    penalty.backward()
    assert w.grad.item() == 2 * (3 * 4 - 1) * 4


def test_several_outputs_at_once():
    x = leaf(1.0, 2.0)
    autograd.backward([(x * x).sum(), x * 3], [None, autograd.tensor([1.0, 1.0], dtype=np.float64)])
    np.testing.assert_array_equal(x.grad.numpy(), [5, 7])


def test_hooks_see_and_replace_gradients():
    x = leaf(1.0, 2.0)
    y = x * 2
    seen = []
    first = y.register_hook(lambda g: seen.append(g.tolist()))
    y.register_hook(lambda g: g * 10)
    x.register_hook(lambda g: g + 1)
    (y * 3).sum().backward()
    assert seen == [[3.0, 3.0]]
    np.testing.assert_array_equal(x.grad.numpy(), [61, 61])
    first.remove()
    first.remove()
    z = x * 2
    z.register_hook(lambda g: g[:1])
    total = z.sum()
    with pytest.raises(ShapeError, match="hook"):
        total.backward()


def test_removed_hooks_are_silent():
    x = leaf(1.0)
    calls = []
    with x.register_hook(calls.append):
        pass
    (x * 2).backward()
    assert calls == []


def test_post_accumulate_hooks():
    x = leaf(1.0)
    seen = []
    x.register_post_accumulate_grad_hook(lambda t: seen.append(t.grad.item()))
    (x * 2).backward()
    (x * 2).backward()
    assert seen == [2, 4]


def test_retain_grad():
    x = leaf(2.0)
    y = x * x
    y.retain_grad()
    (y * 5).backward()
    assert y.grad.item() == 5
    assert y.retains_grad


def test_detach_shares_memory_and_stops_gradients():
    x = leaf(1.0, 2.0)
    d = x.detach()
    assert not d.requires_grad
    assert d.numpy() is x.detach().numpy()
    (x * d).sum().backward()
    np.testing.assert_array_equal(x.grad.numpy(), [1, 2])


def test_modes_as_blocks_and_decorators():
    x = leaf(1.0)

    @autograd.no_grad()
    def quiet():
        return x * 2

    @autograd.no_grad
    def also_quiet():
        with autograd.enable_grad():
            return x * 2

    @autograd.no_grad()
    def generator():
        yield x * 2
        yield x * 3

    assert not quiet().requires_grad
    assert also_quiet().requires_grad
    for y in generator():
        assert not y.requires_grad
        assert autograd.is_grad_enabled()
    with autograd.set_grad_enabled(False):
        assert not (x * 2).requires_grad
        with autograd.set_grad_enabled(True):
            assert (x * 2).requires_grad
    previous = autograd.set_grad_enabled(False)
    assert not autograd.is_grad_enabled()
    autograd.set_grad_enabled(True)
    del previous
    with autograd.inference_mode():
        assert not (x * 2).requires_grad
    assert autograd.is_grad_enabled()


def test_modes_are_restored_after_errors():
    with pytest.raises(ZeroDivisionError), autograd.no_grad():
        raise ZeroDivisionError
    assert autograd.is_grad_enabled()


def test_one_no_grad_object_may_be_entered_twice():
    mode = autograd.no_grad()
    with mode:
        with mode:
            pass
        assert not autograd.is_grad_enabled()
    assert autograd.is_grad_enabled()


def test_requires_grad_on_integers_raises():
    with pytest.raises(DTypeError, match="floating point"):
        autograd.tensor([1, 2], requires_grad=True)


def test_requires_grad_of_a_computed_tensor_cannot_be_switched_off():
    y = leaf(1.0) * 2
    with pytest.raises(GraphError, match="leaf variables"):
        y.requires_grad = False


def test_grad_assignment_is_checked():
    x = leaf(1.0, 2.0)
    with pytest.raises(ShapeError):
        x.grad = autograd.tensor([1.0], dtype=np.float64)
    with pytest.raises(TypeError):
        x.grad = np.ones(2)
    x.grad = autograd.tensor([1.0, 1.0], dtype=np.float64)
    x.grad = None


def test_numpy_of_a_tracked_tensor_is_refused():
    x = leaf(1.0)
    with pytest.raises(GraphError, match=r"Can't call numpy\(\) on Tensor that requires grad"):
        x.numpy()
    with pytest.raises(GraphError, match="detach"):
        np.asarray(x)
    np.testing.assert_array_equal(np.asarray(x.detach()), [1.0])


def test_mixed_dtypes_give_each_leaf_its_own():
    a = autograd.tensor([1.0, 2.0], dtype=np.float32, requires_grad=True)
    b = autograd.tensor([3.0, 4.0], dtype=np.float64, requires_grad=True)
    z = a * b
    assert z.dtype == np.float64
    z.sum().backward()
    assert a.grad.dtype == np.float32
    assert b.grad.dtype == np.float64


def test_data_assignment_and_views():
    x = leaf(1.0, 2.0)
    x.data = x.data * 2
    np.testing.assert_array_equal(x.detach().numpy(), [2, 4])
    (x * x).sum().backward()
    np.testing.assert_array_equal(x.grad.numpy(), [4, 8])
    x.data -= 0.5 * x.grad
    np.testing.assert_array_equal(x.detach().numpy(), [0, 0])


def test_grad_takes_only_inputs_as_old_programs_pass_it():
    x = autograd.tensor([2.0], requires_grad=True)
    assert autograd.grad(x * x, x, None, None, False, True)[0].tolist() == [4.0]
    with pytest.raises(SettingError, match="only_inputs"):
        autograd.grad(x * x, x, only_inputs=False)


def test_grad_is_never_an_array_that_somebody_else_has():
    """Two leaves whose cotangents are views of the same memory get arrays of their own."""
    x = autograd.tensor(np.ones((2, 3)), requires_grad=True)
    y = autograd.tensor(np.ones(6), requires_grad=True)
    seed = autograd.tensor(np.arange(6.0))
    (x.reshape(6) + y).backward(seed)
    x.grad.mul_(2)
    np.testing.assert_array_equal(y.grad.numpy(), np.arange(6.0))
    np.testing.assert_array_equal(seed.numpy(), np.arange(6.0))
    np.testing.assert_array_equal(x.grad.numpy(), 2 * np.arange(6.0).reshape(2, 3))


def test_what_a_hook_writes_to_the_seed_stays_there():
    """All losses start from the same 1, and the gradient of a sum is one number, repeated."""
    x = autograd.tensor([1.0, 2.0], requires_grad=True)
    loss = (x * x).sum()
    loss.register_hook(lambda g: g.mul_(3))
    loss.backward()
    np.testing.assert_array_equal(x.grad, [6, 12])
    x.grad = None
    y = x * 1
    y.register_hook(lambda g: g.mul_(2))
    y.sum().backward()
    np.testing.assert_array_equal(x.grad, [2, 2])
    scalar = autograd.tensor(1.0, requires_grad=True)
    scalar.backward()
    scalar.grad += 1
    loss = (scalar * scalar).sum()
    (own,) = autograd.grad(loss, [loss], retain_graph=True)
    own += 1
    scalar.grad = None
    loss.backward()
    np.testing.assert_array_equal(scalar.grad, 2)
