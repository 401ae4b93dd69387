"""Writes into a Tensor's memory: values, gradients, views, errors that leave everything unchanged."""

from __future__ import annotations

import numpy as np
import pytest

import autograd
from autograd.errors import AutogradError, DTypeError, InplaceError, ShapeError


def variable(values):
    """A leaf and a computed Tensor with the same values, which may be written to."""
    leaf = autograd.tensor(values, dtype=np.float64, requires_grad=True)
    return leaf, leaf * 1


def test_add_in_place():
    x, y = variable([1.0, 2.0])
    before = y
    y += 3
    assert y is before
    (y * y).sum().backward()
    np.testing.assert_array_equal(x.grad.numpy(), [8, 10])


def test_mul_in_place_by_itself_and_others():
    x, y = variable([2.0, 3.0])
    y.mul_(y)
    y *= 2
    y.sum().backward()
    np.testing.assert_array_equal(x.grad.numpy(), [8, 12])


@pytest.mark.parametrize(
    ("name", "slope"),
    [
        ("exp_", np.exp),
        ("tanh_", lambda v: 1 - np.tanh(v) ** 2),
        ("neg_", lambda v: -np.ones_like(v)),
        ("sqrt_", lambda v: 0.5 / np.sqrt(v)),
        ("square_", lambda v: 2 * v),
    ],
)
def test_unary_in_place(name, slope):
    values = np.array([0.5, 2.0])
    x, y = variable(values)
    getattr(y, name)()
    y.sum().backward()
    np.testing.assert_allclose(x.grad.numpy(), slope(values))


def test_assignment_routes_gradients():
    x, y = variable([1.0, 2.0, 3.0])
    v = autograd.tensor(5.0, dtype=np.float64, requires_grad=True)
    y[1] = v
    (y * autograd.tensor([1.0, 10.0, 100.0], dtype=np.float64)).sum().backward()
    np.testing.assert_array_equal(x.grad.numpy(), [1, 0, 100])
    assert v.grad.item() == 10


def test_assignment_into_a_constant_buffer_makes_it_tracked():
    w = autograd.tensor([1.0, 2.0], requires_grad=True)
    buffer = autograd.zeros(3, 2)
    for t in range(3):
        buffer[t] = w * (t + 1)
    buffer.sum().backward()
    np.testing.assert_array_equal(w.grad.numpy(), [6, 6])


@pytest.mark.parametrize("index", [0, slice(1, None), ([0, 2],), np.array([True, False, True]), (..., 0), (None, 1)])
def test_assignment_by_every_kind_of_index(index):
    index = index[0] if isinstance(index, tuple) and isinstance(index[0], list) else index
    x, y = variable(np.arange(6.0).reshape(3, 2))
    expected = np.arange(6.0).reshape(3, 2)
    expected[index] = -1
    mask = np.zeros((3, 2))
    mask[index] = 1
    y[index] = -1
    np.testing.assert_array_equal(y.detach().numpy(), expected)
    y.sum().backward()
    np.testing.assert_array_equal(x.grad.numpy(), 1 - mask)


def test_augmented_assignment_of_an_item():
    x, y = variable([1.0, 2.0, 3.0])
    y[0] += 10
    y[1:] *= 3
    np.testing.assert_array_equal(y.detach().numpy(), [11, 6, 9])
    y.sum().backward()
    np.testing.assert_array_equal(x.grad.numpy(), [1, 3, 3])


def test_writing_through_a_view_reaches_the_base():
    x, y = variable(np.arange(6.0).reshape(2, 3))
    y[0].mul_(2)
    y.reshape(6)[4:].mul_(5)
    y.sum().backward()
    np.testing.assert_array_equal(x.grad.numpy(), [[2, 2, 2], [1, 5, 5]])


def test_writing_through_a_view_of_a_transposed_view():
    x, y = variable(np.arange(6.0).reshape(2, 3))
    y.T[1].mul_(7)
    y.sum().backward()
    np.testing.assert_array_equal(x.grad.numpy(), [[1, 7, 1], [1, 7, 1]])


def test_views_follow_a_write_to_their_base():
    x, y = variable([1.0, 2.0, 3.0])
    view = y[1:]
    y.mul_(4)
    view.sum().backward()
    np.testing.assert_array_equal(x.grad.numpy(), [0, 4, 4])


def test_views_of_a_view_follow():
    x, y = variable(np.ones((2, 2)))
    row = y[0]
    item = row[1:]
    item.mul_(3)
    (row.sum() + y.sum()).backward()
    np.testing.assert_array_equal(x.grad.numpy(), [[2, 6], [1, 1]])


def test_second_derivative_through_a_write():
    x, y = variable([2.0, 3.0])
    y[0] = (y[0] * 1) ** 3
    (g,) = autograd.grad(y.sum(), x, create_graph=True)
    np.testing.assert_array_equal(g.detach().numpy(), [12, 1])
    g.sum().backward()
    np.testing.assert_array_equal(x.grad.numpy(), [12, 0])


def test_zero_fill_copy():
    x, y = variable([1.0, 2.0])
    y.zero_()
    (y.sum() + (x * 0).sum()).backward()
    np.testing.assert_array_equal(x.grad.numpy(), [0, 0])
    x, y = variable([1.0, 2.0])
    source = autograd.tensor(3.0, requires_grad=True)
    y.copy_(source)
    y.sum().backward()
    assert source.grad.item() == 2
    assert source.grad.dtype == np.float32
    np.testing.assert_array_equal(x.grad.numpy(), [0, 0])
    np.testing.assert_array_equal(autograd.ones(2).fill_(7).numpy(), [7, 7])


def test_under_no_grad_leaves_are_written():
    w = autograd.tensor([1.0, 2.0], requires_grad=True)
    array = w.detach().numpy()
    with autograd.no_grad():
        w -= 0.5
        w[0] = 9
        w.mul_(2)
    np.testing.assert_array_equal(array, [18, 3])
    assert w.is_leaf
    assert w.requires_grad


def test_dtype_is_kept():
    x = autograd.tensor([1, 2])
    x += 1
    assert x.dtype == np.int64
    with pytest.raises(DTypeError, match="can't be cast to the desired output type"):
        x += 0.5
    np.testing.assert_array_equal(x.numpy(), [2, 3])
    y = autograd.tensor([1.0])
    y += autograd.tensor([1.0], dtype=np.float64)
    assert y.dtype == np.float32


@pytest.mark.parametrize(
    ("write", "error"),
    [
        (lambda x: x.add_(autograd.ones(2, 3)), ShapeError),
        (lambda x: x.mul_(autograd.ones(4)), ShapeError),
        (lambda x: x.copy_(autograd.ones(2)), ShapeError),
        (lambda x: x.__setitem__(slice(0, 2), autograd.ones(3)), ShapeError),
        (lambda x: x.__setitem__(5, 1.0), ShapeError),
        (lambda x: x.fill_(autograd.ones(3)), ShapeError),
    ],
)
def test_bad_writes_change_nothing(write, error):
    for x in (autograd.tensor([1.0, 2.0, 3.0]), autograd.tensor([1.0, 2.0, 3.0], requires_grad=True) * 1):
        node = x._node
        with pytest.raises(error):
            write(x)
        np.testing.assert_array_equal(x.detach().numpy(), [1, 2, 3])
        assert x._node is node


def test_expanded_and_read_only_memory_is_refused():
    x = autograd.ones(1, 3).expand(4, 3)
    with pytest.raises(InplaceError, match="single memory location"):
        x.add_(1)


def test_a_saved_operand_that_is_a_view_of_the_written_memory_is_detected():
    _, y = variable([1.0, 2.0, 3.0])
    y.mul_(y[0])
    with pytest.raises(AutogradError, match="inplace"):
        y.sum().backward()


def test_every_in_place_form_has_its_method():
    from autograd.tensors import inplace

    for name, member in vars(inplace.InPlace).items():
        if callable(member) and "." not in getattr(member, "__qualname__", ".") and name.endswith("_"):
            assert hasattr(autograd.Tensor, member.__name__[:-1]), name


def test_in_place_views_change_the_shape():
    x, y = variable(np.arange(6.0).reshape(2, 3))
    y.t_().unsqueeze_(0)
    assert tuple(y.shape) == (1, 3, 2)
    y.squeeze_().mul_(autograd.tensor([1.0, 10.0], dtype=np.float64))
    y.sum().backward()
    np.testing.assert_array_equal(x.grad.numpy(), [[1, 1, 1], [10, 10, 10]])
