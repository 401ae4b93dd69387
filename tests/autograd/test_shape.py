"""Rearranging, joining, splitting: call styles, conventions, errors, memory, cost, NumPy's functions."""

import re

import numpy as np
import pytest

import autograd
from autograd.errors import DTypeError, ShapeError
from autograd.ops import shape as ops
from autograd.records import Record
from autograd.tensors import Tensor
from autograd.tensors.run import plainly


def numbers(*shape, **kwargs):
    return autograd.tensor(np.arange(float(np.prod(shape))).reshape(shape), **kwargs)


def gradient(function, *arrays):
    """Gradients of sum(f(x) * 1, 2, 3, ...)."""
    leaves = [autograd.tensor(a, dtype=np.float64, requires_grad=True) for a in arrays]
    z = function(*leaves)
    (z * np.arange(1.0, z.numel() + 1).reshape(z.shape)).sum().backward()
    return [leaf.grad.tolist() for leaf in leaves]


# ---------------------------------------------------------------------------------------------------- what is recorded

VIEWS = {
    "view": (lambda x: x.view(4, -1), ops.reshape, {"shape": (4, 6)}),
    "flatten": (lambda x: x.flatten(1), ops.reshape, {"shape": (2, 12)}),
    "unsqueeze": (lambda x: x.unsqueeze(-1), ops.reshape, {"shape": (2, 3, 4, 1)}),
    "transpose": (lambda x: x.transpose(0, -1), ops.transpose, {"axes": (2, 1, 0)}),
    "mT": (lambda x: x.mT, ops.transpose, {"axes": (0, 2, 1)}),
    "expand": (lambda x: x.expand(5, -1, 3, 4), ops.expand, {"shape": (5, 2, 3, 4)}),
    "expand one": (lambda x: x.expand(6, 3, 4), ops.expand, {"shape": (6, 3, 4)}, (1, 3, 1)),
    "split": (lambda x: x.split([1, 3], 2), ops.split, {"sizes": (1, 3), "axis": 2}),
    "chunk": (lambda x: x.chunk(2, 1), ops.split, {"sizes": (2, 1), "axis": 1}),
    "unbind": (lambda x: x.unbind(1), ops.unbind, {"axis": 1}),
}


def root(x):
    return x if x._base is None else root(x._base)


def facts(outs, source):
    """All that is known of the views that a call gave, and the number of records and views that it left."""
    found = [len(autograd.tape().records), len(root(source)._views or ())]
    for out in outs if isinstance(outs, tuple) else (outs,):
        node = out._node
        found += [out.tolist(), out._array.strides, out._array.flags.writeable, out._fixed, out._base is source]
        while isinstance(node, Record):
            found += [node.plan, node.saved, node.shape, node.dtype, node.line.split(":")[0]]
            node = node.inputs
    return found


@pytest.mark.parametrize("recording", [True, False])
@pytest.mark.parametrize("kind", ["leaf", "computed", "view", "constant"])
@pytest.mark.parametrize("name", VIEWS)
def test_a_view_is_what_its_op_gives_by_the_readable_way(name, kind, recording):
    method, op, settings, shape = (*VIEWS[name], (2, 3, 4))[:4]
    found = []
    for way in (method, lambda x: plainly(op, x, **settings)[0]):
        x = numbers(*shape, requires_grad=kind != "constant")
        x = x if kind in ("leaf", "constant") else x * 2 if kind == "computed" else (x * 2)[:]
        with autograd.set_grad_enabled(recording):
            autograd.tape().clear()
            found.append(facts(way(x), x))
    assert found[0] == found[1]
    assert len(found[0]) > 6


# ------------------------------------------------------------------------------------------------------ call styles


@pytest.mark.parametrize(
    "calls",
    [
        (lambda x: x.reshape(3, -1), lambda x: x.reshape((3, -1)), lambda x: autograd.reshape(x, (3, -1))),
        (lambda x: x.view(6), lambda x: x.view([6]), lambda x: x.view(-1), lambda x: x.reshape(shape=(6,))),
        (
            lambda x: x.permute(1, 0),
            lambda x: x.permute((1, 0)),
            lambda x: autograd.permute(x, dims=(1, 0)),
            lambda x: x.T,
        ),
        (
            lambda x: x.transpose(0, 1),
            lambda x: autograd.swapaxes(x, 0, 1),
            lambda x: x.swapdims(-1, -2),
            lambda x: x.t(),
        ),
        (
            lambda x: x.flip(0, 1),
            lambda x: x.flip((0, 1)),
            lambda x: x.flip(dims=[0, 1]),
            lambda x: autograd.flip(x, (0, 1)),
        ),
        (lambda x: x.expand(4, -1, -1), lambda x: x.expand((4, 2, 3)), lambda x: autograd.broadcast_to(x, (4, 2, 3))),
        (
            lambda x: x.repeat(2, 1),
            lambda x: x.repeat((2, 1)),
            lambda x: x.tile((2, 1)),
            lambda x: autograd.tile(x, (2, 1)),
        ),
        (lambda x: x.roll(1, 0), lambda x: x.roll((1,), (0,)), lambda x: autograd.roll(x, shifts=1, dims=0)),
        (lambda x: x.flatten(), lambda x: x.ravel(), lambda x: autograd.flatten(x, 0, -1)),
        (lambda x: x.squeeze(), lambda x: x.squeeze(0), lambda x: x.squeeze((0, -1)), lambda x: x.contiguous()),
    ],
)
def test_call_styles_agree(calls):
    x = numbers(2, 3)
    first = calls[0](x)
    for call in calls[1:]:
        np.testing.assert_array_equal(call(x).numpy(), first.numpy())


def test_functions_take_arrays():
    assert autograd.flip(np.arange(3), 0).tolist() == [2, 1, 0]
    assert autograd.cat([np.ones(1, np.float32), [2.0]]).tolist() == [1.0, 2.0]


def test_axis_is_understood_as_dim():
    x = numbers(2, 3)
    assert x.unbind(axis=1)[0].tolist() == [0.0, 3.0]
    assert x.squeeze(axis=0).shape == (2, 3)


def test_unknown_arguments_raise():
    with pytest.raises(TypeError):
        numbers(2).reshape(2, order="F")


# ---------------------------------------------------------------------------------------------- sizes and memory


def test_questions_about_layout():
    x = numbers(2, 3)
    assert (x.dim(), x.ndimension(), x.numel(), x.nelement(), x.size(), x.size(-1)) == (2, 2, 6, 6, (2, 3), 3)
    assert (x.stride(), x.T.stride(), x.stride(0), x.storage_offset(), x[1, 1:].storage_offset()) == (
        (3, 1),
        (1, 3),
        3,
        0,
        4,
    )
    assert (x.is_contiguous(), x.T.is_contiguous(), x.element_size(), x.nbytes) == (True, False, 8, 48)
    assert x.contiguous() is x
    assert x.T.contiguous().is_contiguous()
    assert autograd.numel(x) == 6


@pytest.mark.parametrize(
    "view",
    [
        lambda x: x.view(6),
        lambda x: x.reshape(3, 2),
        lambda x: x.T,
        lambda x: x.unsqueeze(0),
        lambda x: x.narrow(1, 1, 2),
        lambda x: x.select(0, 1),
        lambda x: x.diagonal(),
        lambda x: x.split(2, 1)[1],
        lambda x: x.unbind(1)[2],
        lambda x: x.as_strided((2,), (1,)),
        lambda x: x.expand(2, 2, 3),
    ],
)
def test_views_share_memory(view):
    x = numbers(2, 3)
    z = view(x)
    assert np.shares_memory(z.numpy(), x.numpy())
    assert z._base is x


@pytest.mark.parametrize(
    "copy",
    [
        lambda x: x.clone(),
        lambda x: x.flip(0),
        lambda x: x.roll(0, 0),
        lambda x: x.repeat(1, 1),
        lambda x: x.diag(),
        lambda x: x.rot90(0),
        lambda x: x.T.reshape(6),
    ],
)
def test_copies_do_not_share_memory(copy):
    x = numbers(2, 3)
    z = copy(x)
    assert not np.shares_memory(z.numpy(), x.numpy())
    assert z._base is None or not np.shares_memory(z._base.numpy(), x.numpy())


def test_diagonal_can_be_written_to():
    x = numbers(2, 2)
    x.diagonal().numpy()[...] = 7
    assert x.tolist() == [[7.0, 1.0], [2.0, 7.0]]


def test_view_refuses_to_copy():
    x = numbers(2, 3)
    with pytest.raises(ShapeError, match="view size is not compatible with input tensor's size and stride"):
        x.T.view(6)
    assert x.T.reshape(6).tolist() == [0.0, 3.0, 1.0, 4.0, 2.0, 5.0]
    assert x.T.view(3, 2, 1).shape == (3, 2, 1)
    assert x[:, ::2].view(2, 1, 2).shape == (2, 1, 2)


def test_view_as_another_dtype_is_for_constants():
    assert autograd.tensor([1.0]).view(np.int32).tolist() == [1065353216]
    with pytest.raises(DTypeError):
        numbers(2, requires_grad=True).view(np.int64)


def test_as_strided_adds_up_overlapping_windows():
    # PyTorch: x.as_strided((3, 2), (1, 1)) weighed by 1..6
    assert gradient(lambda x: x.as_strided((3, 2), (1, 1)), np.arange(4.0)) == [[1.0, 5.0, 9.0, 6.0]]
    assert gradient(lambda x: x.T.as_strided((2,), (3,), 1), np.zeros((2, 3))) == [[[0.0, 1.0, 0.0], [0.0, 2.0, 0.0]]]


def test_as_strided_stays_inside_the_memory():
    with pytest.raises(ShapeError, match="out of bounds for storage"):
        numbers(2, 2).as_strided((3, 3), (1, 2))
    with pytest.raises(ShapeError, match="share one place in memory"):
        numbers(1, 2).expand(2, 2).as_strided((2,), (1,))


# ------------------------------------------------------------------------------------------------------ conventions


def test_edges_of_flatten_and_squeeze():
    assert numbers().flatten().shape == (1,)
    assert numbers(2, 3, 4).flatten(1).shape == (2, 12)
    assert numbers(2, 3).squeeze(0).shape == (2, 3)  # NumPy would raise
    assert numbers(1, 2, 1).squeeze((0, 1)).shape == (2, 1)
    assert numbers(12).unflatten(0, (3, -1)).shape == (3, 4)
    assert numbers(2, 0).flatten().shape == (0,)


def test_edges_of_splitting():
    def shapes(parts):
        return [part.shape[0] for part in parts]

    assert shapes(numbers(7).chunk(4)) == [2, 2, 2, 1]
    assert shapes(numbers(6).chunk(4)) == [2, 2, 2]  # fewer than asked for
    assert shapes(numbers(0).chunk(3)) == [0, 0, 0]
    assert shapes(numbers(7).tensor_split(3)) == [3, 2, 2]
    assert shapes(numbers(7).tensor_split((5, 2))) == [5, 0, 5]
    assert shapes(numbers(0).split(2)) == [0]
    assert numbers(0, 2).unbind() == ()


def test_cat_leaves_out_legacy_empty_tensors_and_promotes():
    z = autograd.cat([autograd.tensor([]), numbers(2, 3)])
    assert z.shape == (2, 3)
    assert autograd.cat([autograd.tensor([1]), autograd.tensor([0.5])]).dtype == np.float32
    assert autograd.stack([autograd.tensor([1]), autograd.tensor([True])]).dtype == np.int64


def test_meshgrid_defaults_to_ij():
    a, b = autograd.meshgrid(numbers(2), numbers(3))
    assert a.tolist() == [[0.0, 0.0, 0.0], [1.0, 1.0, 1.0]]
    assert b.shape == (2, 3)
    assert autograd.meshgrid(numbers(2), numbers(3), indexing="xy")[0].shape == (3, 2)


def test_products_and_blocks():
    assert autograd.cartesian_prod(numbers(2), numbers(2)).tolist() == [[0, 0], [0, 1], [1, 0], [1, 1]]
    z = autograd.block_diag(numbers(1, 2), autograd.tensor(5.0, dtype=np.float64))
    assert z.tolist() == [[0.0, 1.0, 0.0], [0.0, 0.0, 5.0]]


def test_triangles_of_indices():
    assert autograd.tril_indices(3, 2, -1).tolist() == [[1, 2, 2], [0, 0, 1]]
    assert autograd.triu_indices(2, 3, 1).tolist() == [[0, 0, 1], [1, 2, 2]]


def test_diagonals_follow_pytorch():
    assert numbers(2).diag(1).tolist() == [[0.0, 0.0, 0.0], [0.0, 0.0, 1.0], [0.0, 0.0, 0.0]]
    assert numbers(2, 3).diag(5).tolist() == []
    assert numbers(2, 2).diag_embed().shape == (2, 2, 2)
    assert autograd.tensor([[1, 2], [3, 4]]).trace().dtype == np.int64


def test_a_diagonal_outside_the_matrix_passes_no_gradient():
    assert gradient(lambda x: x.diagonal(5).sum() + x.sum() * 0, np.ones((2, 2))) == [[[0.0, 0.0], [0.0, 0.0]]]


def test_integers_pass_through():
    x = autograd.tensor([[1, 2], [3, 4]])
    for z in (x.T, x.flip(0), x.roll(1), x.tril(), x.repeat(2, 1), x.repeat_interleave(2), *x.unbind(), x.diag()):
        assert z.dtype == np.int64
        assert not z.requires_grad


# ----------------------------------------------------------------------------------------------------------- errors


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda x: x.reshape(4, -1), "shape '[4, -1]' is invalid for input of size 6"),
        (lambda x: x.reshape(5), "shape '[5]' is invalid for input of size 6"),
        (lambda x: x.reshape(-1, -1), "only one dimension can be inferred"),
        (lambda x: x.view(-2, 3), "invalid shape dimension -2"),
        (lambda x: x[:0].reshape(0, -1), "cannot reshape tensor of 0 elements into shape [0, -1]"),
        (lambda x: x.squeeze(5), "Dimension out of range (expected to be in range of [-2, 1], but got 5)"),
        (lambda x: x.unsqueeze(3), "Dimension out of range (expected to be in range of [-3, 2], but got 3)"),
        (lambda x: x.permute(0, 0), "permute(): duplicate dims are not allowed"),
        (lambda x: x.permute(0), "number of dimensions in the tensor input does not match the length"),
        (lambda x: x.expand(4, 4), "The expanded size of the tensor (4) must match the existing size (3)"),
        (lambda x: x.expand(3), "the number of sizes provided (1) must be greater or equal"),
        (lambda x: x.expand(-1, 2, 3), "isn't allowed in a leading, non-existing dimension 0"),
        (lambda x: x.select(0, 2), "select(): index 2 out of range for tensor of size [2, 3] at dimension 0"),
        (lambda x: x.narrow(1, 2, 2), "start (2) + length (2) exceeds dimension size (3)."),
        (lambda x: x.flatten(1, 0), "flatten() has invalid args: start_dim cannot come after end_dim"),
        (lambda x: x.unflatten(0, (2, 2)), "Provided sizes [2, 2] don't multiply up to the size of dim 0 (2)"),
        (lambda x: x.repeat(2), "Number of dimensions of repeat dims can not be smaller than number of dimensions"),
        (lambda x: x.repeat_interleave([1, 2], 1), "repeats must have the same size as input along dim"),
        (lambda x: x.roll((1, 2), 0), "shifts and dimensions must align"),
        (lambda x: x.split(0), "split_size can only be 0 if dimension size is 0"),
        (lambda x: x.split([1, 2]), "split_with_sizes expects split_sizes to sum exactly to 2"),
        (lambda x: x.chunk(0), "chunk expects `chunks` to be greater than 0"),
        (lambda x: x.diagonal(0, 1, 1), "diagonal dimensions cannot be identical"),
        (lambda x: x[0].tril(), "input tensor must have at least 2 dimensions"),
        (lambda x: x.unsqueeze(0).t(), "t() expects a tensor with <= 2 dimensions, but self is 3D"),
        (lambda x: x[0].mT, "tensor.mT is only supported on matrices or batches of matrices. Got 1-D tensor."),
        (lambda x: autograd.cat([]), "expected a non-empty list of Tensors"),
        (
            lambda x: autograd.cat([x, x.T]),
            "Sizes of tensors must match except in dimension 0. Expected size 3 but got size 2",
        ),
        (lambda x: autograd.cat([x, x[0]]), "Tensors must have same number of dimensions: got 2 and 1"),
        (lambda x: autograd.cat([x[0], x[0, 0]]), "zero-dimensional tensor (at position 1) cannot be concatenated"),
        (lambda x: autograd.stack([x, x.T]), "stack expects each tensor to be equal size, but got [2, 3] at entry 0"),
        (lambda x: autograd.broadcast_tensors(x, x.T), "Shape mismatch: objects cannot be broadcast to a single shape"),
        (lambda x: x[0, 0].unbind(), "unbind: expects at least a 1-dimensional tensor"),
    ],
)
def test_errors_say_what_pytorch_says(call, message):
    with pytest.raises(ShapeError, match=re.escape(message)):
        call(numbers(2, 3))


# ------------------------------------------------------------------------------------------------------------- cost


def test_iterating_records_one_op_and_one_output_per_row():
    x = numbers(50, 2, requires_grad=True)
    rows = list(x)
    assert [record.op for record in autograd.tape()] == ["unbind", *["output"] * 50]
    rows[3].sum().backward()
    assert x.grad.sum() == 2.0


def test_unused_pieces_get_zero():
    x = numbers(4, requires_grad=True)
    _, b = x.split((1, 3))
    (b * b).sum().backward()
    assert x.grad.tolist() == [0.0, 2.0, 4.0, 6.0]


def test_joining_many_differs_in_nothing_from_joining_few():
    xs = [numbers(2, requires_grad=True) for _ in range(200)]
    z = autograd.stack([*xs, xs[0]])
    (z * np.arange(201.0)[:, None]).sum().backward()
    assert [x.grad.tolist() for x in xs[:3]] == [[200.0, 200.0], [1.0, 1.0], [2.0, 2.0]]


def test_stack_saves_no_arrays():
    x = numbers(3, requires_grad=True)
    autograd.stack([x, x])
    autograd.cat([x, x])
    assert autograd.tape().memory() == {}


# ------------------------------------------------------------------------------------------------ NumPy's functions


@pytest.mark.parametrize(
    "call",
    [
        lambda x: np.reshape(x, (3, -1)),
        lambda x: np.ravel(x),
        lambda x: np.transpose(x),
        lambda x: np.transpose(x, (1, 0)),
        lambda x: np.swapaxes(x, 0, 1),
        lambda x: np.moveaxis(x, 0, -1),
        lambda x: np.squeeze(x[:1]),
        lambda x: np.squeeze(x[:1], 0),
        lambda x: np.expand_dims(x, (0, 2)),
        lambda x: np.broadcast_to(x, (2, 2, 3)),
        lambda x: np.concatenate([x, x], 1),
        lambda x: np.concatenate([x, x[0, :, None].T], axis=None),
        lambda x: np.stack([x, x], axis=-1),
        lambda x: np.hstack([x, x]),
        lambda x: np.vstack([x, x[0]]),
        lambda x: np.dstack([x, x]),
        lambda x: np.column_stack([x[0], x[1]]),
        lambda x: np.split(x, 3, axis=1)[1],
        lambda x: np.array_split(x, 2, 1)[1],
        lambda x: np.flip(x),
        lambda x: np.flip(x, 1),
        lambda x: np.fliplr(x),
        lambda x: np.flipud(x),
        lambda x: np.roll(x, 2),
        lambda x: np.roll(x, 1, (0, 1)),
        lambda x: np.rot90(x, -1),
        lambda x: np.tile(x, (2, 2)),
        lambda x: np.repeat(x, 2),
        lambda x: np.repeat(x, [1, 2], axis=0),
        lambda x: np.diagonal(x, 1),
        lambda x: np.diag(x),
        lambda x: np.trace(x, 1),
        lambda x: np.tril(x, -1),
        lambda x: np.triu(x),
        lambda x: np.atleast_3d(x),
        lambda x: np.copy(x),
        lambda x: np.meshgrid(x[0], x[1])[0],
        lambda x: np.broadcast_arrays(x, x[:1])[1],
    ],
)
def test_numpys_functions_run_and_are_recorded(call):
    x = numbers(2, 3, requires_grad=True)
    z, expected = call(x), call(x.detach().numpy())
    assert isinstance(z, Tensor)
    assert z.requires_grad
    np.testing.assert_array_equal(z.detach().numpy(), expected)


def test_numpys_questions():
    x = numbers(2, 3, requires_grad=True)
    assert (np.shape(x), np.ndim(x), np.size(x), np.size(x, 1)) == ((2, 3), 2, 6, 3)


def test_unequal_numpy_split_raises():
    with pytest.raises(ShapeError, match="equal division"):
        np.split(numbers(5), 2)


def test_whether_a_shape_can_be_seen_without_a_copy_is_known_from_strides():
    from autograd.tensors.shape import _is_view

    rng = np.random.default_rng(0)
    answers = set()
    for _ in range(300):
        x = np.arange(48).reshape(rng.permutation([2, 3, 8]))
        x = x.transpose(rng.permutation(3))[tuple(slice(None, None, int(rng.choice([1, 1, 2, -1]))) for _ in range(3))]
        for shape in ((x.size,), (1, x.size, 1), *[(n, x.size // n) for n in (2, 3, 4, 6) if x.size % n == 0]):
            seen = np.shares_memory(x.reshape(shape), x)
            answers.add(seen)
            assert _is_view(x.shape, x.strides, shape) == seen, (x.shape, x.strides, shape)
    assert answers == {True, False}
