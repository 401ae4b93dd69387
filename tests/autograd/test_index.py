"""Indexing: views and copies, ranges, what happens to repeated indices, errors."""

import time

import numpy as np
import pytest

import autograd
from autograd import tensor
from autograd.errors import DTypeError, ShapeError
from autograd.tensors.index import bucketize, embedding, one_hot, searchsorted
from autograd.tensors.pad import pad


def grid(requires_grad=True):
    return tensor(np.arange(6.0).reshape(2, 3), requires_grad=requires_grad)


# --------------------------------------------------------------------------------------------- between the brackets


@pytest.mark.parametrize("index", [1, (0, 2), slice(None, None, -1), ..., None, (slice(1), 0), (1, ...), True])
def test_basic_indices_agree_with_numpy(index):
    x = grid()
    np.testing.assert_array_equal(x[index].detach().numpy(), x.detach().numpy()[index])


@pytest.mark.parametrize("index", [0, (1, 2), slice(1), (..., 1), None])
def test_basic_indexing_gives_a_view(index):
    x = grid(requires_grad=False)
    assert np.shares_memory(x[index].numpy(), x.numpy())
    assert x[index]._base is x


@pytest.mark.parametrize("index", [[0, 1], np.array([True, False]), (slice(None), [0, 0])])
def test_advanced_indexing_gives_a_copy(index):
    x = grid(requires_grad=False)
    assert not np.shares_memory(x[index].numpy(), x.numpy())
    assert x[index]._base is None


def test_tensors_lists_and_ranges_are_indices():
    x = grid()
    rows = x.detach().numpy()[[1, 0, 1]]
    for index in (tensor([1, 0, 1]), [1, 0, 1], np.array([1, 0, 1], np.uint8), [tensor(1), 0, tensor(1)]):
        np.testing.assert_array_equal(x[index].detach().numpy(), rows)
    np.testing.assert_array_equal(x[range(2), range(1, 3)].detach().numpy(), [1.0, 5.0])
    assert x[tensor(1), np.int64(2)].item() == 5.0
    assert x[[]].shape == (0, 3)
    assert x[x > 2].tolist() == [3.0, 4.0, 5.0]


def test_repeated_indices_accumulate():
    x = tensor([1.0, 2.0, 3.0], requires_grad=True)
    x[[0, 0, 2, 0]].sum().backward()
    assert x.grad.tolist() == [3.0, 0.0, 1.0]


def test_many_pieces_add_into_one_gradient():
    x = grid()
    (x[0].sum() + x[:, 1].sum() + x[[0, 0]].sum() + x[x > 4].sum() + (2 * x).sum()).backward()
    assert x.grad.tolist() == [[5.0, 6.0, 5.0], [2.0, 3.0, 3.0]]


def test_the_seed_of_backward_is_not_written_to():
    x = tensor([1.0, 2.0], requires_grad=True)
    y = x * 1
    seed = tensor([1.0, 1.0])
    autograd.backward([y, y[0]], [seed, tensor(5.0)])
    assert seed.tolist() == [1.0, 1.0]
    assert x.grad.tolist() == [6.0, 1.0]


def test_a_loop_over_steps_takes_linear_time():
    def seconds(steps):
        x = tensor(np.zeros((steps, 1000)), requires_grad=True)
        best = np.inf
        for _ in range(3):
            total = sum((x[t] for t in range(steps)), tensor(np.zeros(1000)))
            start = time.process_time()
            total.sum().backward()
            best = min(best, time.process_time() - start)
        return best

    assert seconds(800) < 40 * seconds(100)  # 8 times if linear, 64 times if each step made a full gradient


def test_rows_of_a_transposed_tensor():
    x = grid()
    y = x.T
    y[[0, 0]].sum().backward()
    assert x.grad.tolist() == [[2.0, 0.0, 0.0], [2.0, 0.0, 0.0]]


@pytest.mark.parametrize(
    ("index", "message"),
    [
        (5, "index 5 is out of bounds for dimension 0 with size 2"),
        ((0, -4), "index -4 is out of bounds for dimension 1 with size 3"),
        ([0, 5], "index 5 is out of bounds for dimension 0 with size 2"),
        ((0, 0, 0), "too many indices for tensor of dimension 2"),
        (
            np.array([True, False, True]),
            r"The shape of the mask \[3\] .*does not match the shape of the indexed tensor",
        ),
        (([0, 1], [0, 1, 2]), "indexing tensors could not be broadcast together"),
    ],
)
def test_indices_out_of_range(index, message):
    with pytest.raises(IndexError, match=message):
        grid()[index]


def test_floating_point_indices_raise():
    with pytest.raises(DTypeError, match="tensors used as indices must be long, int, byte or bool tensors"):
        grid()[tensor([0.0])]
    with pytest.raises(TypeError, match="only integers, slices"):
        grid()["a"]


def test_a_0d_tensor_has_no_elements_to_index():
    with pytest.raises(IndexError, match="invalid index of a 0-dim tensor"):
        tensor(1.0)[0]


def test_integer_tensors_are_indexed_too():
    assert tensor([1, 2, 3])[[2, 0]].dtype == np.int64


def test_the_graph_remembers_the_users_line():
    assert "test_index.py" in repr(grid()[0].grad_fn)


# ------------------------------------------------------------------------------------------- gather, take, select


def test_gather_index_may_be_smaller_than_the_input():
    x = grid()
    z = x.gather(1, tensor([[2, 2]]))
    assert z.tolist() == [[2.0, 2.0]]
    z.sum().backward()
    assert x.grad.tolist() == [[0.0, 0.0, 2.0], [0.0, 0.0, 0.0]]


def test_gather_of_0d_and_empty():
    assert tensor(3.0).gather(0, tensor([0, 0])).tolist() == [3.0, 3.0]
    assert grid().gather(1, tensor(np.zeros((2, 0), int))).shape == (2, 0)
    assert grid().gather(1, tensor(np.zeros((0,), int))).shape == (0,)


def test_gather_errors():
    with pytest.raises(ShapeError, match="index 5 is out of bounds for dimension 1 with size 3"):
        grid().gather(1, tensor([[5]]))
    with pytest.raises(ShapeError, match="index -1 is out of bounds"):
        grid().gather(1, tensor([[-1]]))
    with pytest.raises(ShapeError, match="Index tensor must have the same number of dimensions as input tensor"):
        grid().gather(1, tensor([5]))
    with pytest.raises(ShapeError, match=r"Size does not match at dimension 1 expected index \[1, 4\]"):
        grid().gather(0, tensor(np.zeros((1, 4), int)))
    with pytest.raises(DTypeError, match="for index, got float32"):
        grid().gather(0, tensor([[0.0]]))
    with pytest.raises(ShapeError, match="Dimension out of range"):
        grid().gather(2, tensor([[0]]))


def test_index_select_and_take():
    assert grid().index_select(1, tensor([2, 0])).tolist() == [[2.0, 0.0], [5.0, 3.0]]
    assert grid().index_select(0, tensor(1)).tolist() == [[3.0, 4.0, 5.0]]
    assert grid().take(tensor([[0, -1]])).tolist() == [[0.0, 5.0]]
    with pytest.raises(ShapeError, match="Index is supposed to be a vector"):
        grid().index_select(0, tensor([[0]]))
    with pytest.raises(ShapeError, match="tried to access index 7 on a tensor of 6 elements"):
        grid().take(tensor([7]))


def test_take_along_dim_broadcasts():
    x = tensor([[3.0, 1.0, 2.0]], requires_grad=True)
    z = x.take_along_dim(tensor([[0], [1]]), 1)
    assert z.tolist() == [[3.0], [1.0]]
    assert x.take_along_dim(tensor([2, 2])).tolist() == [2.0, 2.0]


def test_masked_select_broadcasts():
    assert grid().masked_select(tensor([True, False, True])).tolist() == [0.0, 2.0, 3.0, 5.0]
    with pytest.raises(ShapeError, match="masked_select"):
        grid().masked_select(tensor([True, False]))


def test_nonzero():
    x = tensor([[0.0, 2.0], [3.0, 0.0]])
    assert x.nonzero().tolist() == [[0, 1], [1, 0]]
    assert [part.tolist() for part in x.nonzero(as_tuple=True)] == [[0, 1], [1, 0]]
    assert tensor(5).nonzero().shape == (1, 0)
    assert autograd.argwhere(x).tolist() == [[0, 1], [1, 0]]
    assert x.nonzero().dtype == np.int64


def test_numpys_functions():
    x = grid()
    assert np.take(x, [0, 0], axis=1).detach().numpy().tolist() == [[0.0, 0.0], [3.0, 3.0]]
    assert np.take(x, [5, 0]).tolist() == [5.0, 0.0]
    assert np.take_along_axis(x, np.array([[2], [0]]), 1).tolist() == [[2.0], [3.0]]
    assert [part.tolist() for part in np.nonzero(x)] == [[0, 0, 1, 1, 1], [1, 2, 0, 1, 2]]
    assert np.pad(x, ((0, 1), (1, 0))).shape == (3, 4)
    assert np.pad(x, 1, "edge").tolist() == np.pad(x.detach().numpy(), 1, "edge").tolist()
    assert not np.zeros_like(x).requires_grad
    assert np.full_like(x, 2).tolist() == [[2.0] * 3] * 2


# ------------------------------------------------------------------------------------------------ writing copies


def test_scatter_writes_numbers_and_tensors():
    x = autograd.zeros(2, 3)
    assert x.scatter(1, tensor([[2], [0]]), 1.5).tolist() == [[0.0, 0.0, 1.5], [1.5, 0.0, 0.0]]
    assert x.scatter(1, tensor([[2], [0]]), value=1.5).tolist() == [[0.0, 0.0, 1.5], [1.5, 0.0, 0.0]]
    assert x.scatter(0, tensor([[1, 0, 1]]), tensor([[1.0, 2.0, 3.0]])).tolist() == [[0.0, 2.0, 0.0], [1.0, 0.0, 3.0]]
    assert (x + 2).scatter(1, tensor([[0, 0]]), 3.0, reduce="multiply").tolist()[0] == [18.0, 2.0, 2.0]
    assert x.tolist() == [[0.0] * 3] * 2
    with pytest.raises(DTypeError, match="to be equal to src"):
        x.scatter(1, tensor([[0]]), tensor([[1]]))
    with pytest.raises(ShapeError, match="no larger than src"):
        x.scatter(1, tensor([[0, 1]]), tensor([[1.0]]))


def test_of_repeated_indices_the_last_write_wins_and_has_the_gradient():
    x = autograd.zeros(3, requires_grad=True)
    v = tensor([1.0, 2.0, 3.0, 4.0], requires_grad=True)
    z = x.index_put((tensor([0, 2, 0, 2]),), v)
    assert z.tolist() == [3.0, 0.0, 4.0]
    (z * tensor([10.0, 20.0, 30.0])).sum().backward()
    assert v.grad.tolist() == [0.0, 0.0, 10.0, 30.0]
    assert x.grad.tolist() == [0.0, 20.0, 0.0]


def test_an_overwritten_value_gets_no_nan_from_an_infinite_gradient():
    v = tensor([1.0, 2.0], requires_grad=True)
    autograd.zeros(1).index_put((tensor([0, 0]),), v).backward(tensor([np.inf]))
    assert v.grad.tolist() == [0.0, np.inf]


def test_index_add_copy_fill():
    x = autograd.zeros(2, 3)
    assert x.index_add(1, tensor([0, 0]), autograd.ones(2, 2), alpha=2).tolist() == [[4.0, 0.0, 0.0]] * 2
    assert x.index_copy(0, tensor([1]), autograd.ones(1, 3)).tolist() == [[0.0] * 3, [1.0] * 3]
    assert x.index_fill(1, tensor([0, 2]), 7).tolist() == [[7.0, 0.0, 7.0]] * 2
    with pytest.raises(ShapeError, match=r"index_copy_\(\): wanted a source of shape \(1, 3\)"):
        x.index_copy(0, tensor([1]), autograd.ones(3))


def test_scatter_reduce_shares_the_gradient_among_equal_extremes():
    x = tensor([1.0, 5.0], requires_grad=True)
    v = tensor([1.0, 1.0, 2.0], requires_grad=True)
    z = x.scatter_reduce(0, tensor([0, 0, 1]), v, "amax")
    assert z.tolist() == [1.0, 5.0]
    z.sum().backward()
    np.testing.assert_allclose(x.grad.numpy(), [1 / 3, 1])
    np.testing.assert_allclose(v.grad.numpy(), [1 / 3, 1 / 3, 0])


def test_scatter_reduce_prod_with_zeros():
    x = tensor([2.0, 3.0], requires_grad=True)
    v = tensor([0.0, 4.0], requires_grad=True)
    x.scatter_reduce(0, tensor([0, 0]), v, "prod").sum().backward()
    assert x.grad.tolist() == [0.0, 1.0]
    assert v.grad.tolist() == [8.0, 0.0]


def test_scatter_reduce_mean_of_integers():
    assert tensor([4, 1]).scatter_reduce(0, tensor([0, 0]), tensor([2, 1]), "mean").tolist() == [2, 1]


def test_masked_fill():
    x = grid()
    z = x.masked_fill(tensor([True, False, True]), -np.inf)
    assert z.dtype == x.dtype
    assert z.tolist() == [[-np.inf, 1.0, -np.inf], [-np.inf, 4.0, -np.inf]]
    z.sum().backward()
    assert x.grad.tolist() == [[0.0, 1.0, 0.0]] * 2
    with pytest.raises(DTypeError, match="only supports boolean masks"):
        x.masked_fill(tensor([1, 0, 1]), 0)
    with pytest.raises(ShapeError, match="only supports a 0-dimensional value tensor"):
        x.masked_fill(tensor([True, False, True]), tensor([1.0]))


def test_masked_scatter_needs_enough_elements():
    with pytest.raises(ShapeError, match="at least as many elements as mask has ones"):
        grid().masked_scatter(tensor([True, True, True]), tensor([1.0]))


def test_slices_are_replaced():
    x = autograd.zeros(2, 3)
    assert x.select_scatter(autograd.ones(2), 1, 1).tolist() == [[0.0, 1.0, 0.0]] * 2
    assert x.slice_scatter(autograd.ones(2, 2), 1, 0, None, 2).tolist() == [[1.0, 0.0, 1.0]] * 2
    with pytest.raises(ShapeError, match="expected src to have a size equal to the slice of self"):
        x.select_scatter(autograd.ones(3), 1, 1)


# ---------------------------------------------------------------------------------------------------- looking up


def test_embedding_leaves_the_padding_row_alone():
    w = autograd.ones(4, 2, requires_grad=True)
    (embedding(tensor([[0, 2], [2, 3]]), w, padding_idx=-2).sum() + (w * 3).sum()).backward()
    assert w.grad.tolist() == [[4.0, 4.0], [3.0, 3.0], [3.0, 3.0], [4.0, 4.0]]


def test_embedding_padding_row_under_create_graph():
    w = autograd.tensor([[1.0], [2.0], [3.0]], requires_grad=True)
    z = embedding(tensor([0, 2, 2]), w, padding_idx=0)
    (g,) = autograd.grad((z**2).sum(), [w], create_graph=True)
    assert g.tolist() == [[0.0], [0.0], [12.0]]
    (h,) = autograd.grad(g.sum(), [w])
    assert h.tolist() == [[0.0], [0.0], [4.0]]


def test_embedding_scales_by_frequency():
    w = autograd.ones(3, 1, requires_grad=True)
    embedding(tensor([0, 0, 1]), w, scale_grad_by_freq=True).sum().backward()
    assert w.grad.tolist() == [[1.0], [1.0], [0.0]]


def test_embedding_shrinks_long_rows_in_place():
    w = tensor([[3.0, 4.0], [0.3, 0.4], [6.0, 8.0]])
    embedding(tensor([0, 1]), w, max_norm=1.0)
    np.testing.assert_allclose(w.numpy(), [[0.6, 0.8], [0.3, 0.4], [6.0, 8.0]], rtol=1e-6)


def test_embedding_errors():
    w = autograd.ones(3, 2)
    for index in (3, -1):
        with pytest.raises(IndexError, match="index out of range in self"):
            embedding(tensor([index]), w)
    with pytest.raises(DTypeError, match="to be Long or Int"):
        embedding(tensor([1.0]), w)
    with pytest.raises(ShapeError, match="Padding_idx must be within num_embeddings"):
        embedding(tensor([1]), w, padding_idx=3)
    with pytest.raises(NotImplementedError, match="sparse"):
        embedding(tensor([1]), w, sparse=True)


def test_one_hot():
    assert one_hot(tensor([2, 0])).tolist() == [[0, 0, 1], [1, 0, 0]]
    assert one_hot(tensor([[1]]), 3).shape == (1, 1, 3)
    assert one_hot(tensor([1])).dtype == np.int64
    with pytest.raises(ShapeError, match="Class values must be smaller than num_classes"):
        one_hot(tensor([5]), 3)
    with pytest.raises(ShapeError, match="Class values must be non-negative"):
        one_hot(tensor([-1]))
    with pytest.raises(DTypeError, match="only applicable to index tensor"):
        one_hot(tensor([1.0]))


def test_searchsorted_and_bucketize():
    edges = tensor([1.0, 2.0, 3.0])
    assert searchsorted(edges, tensor([2.0, 5.0])).tolist() == [1, 3]
    assert searchsorted(edges, tensor([2.0, 5.0]), right=True).tolist() == [2, 3]
    assert searchsorted(tensor([[1, 3], [2, 4]]), tensor([[2], [2]])).tolist() == [[1], [0]]
    assert bucketize(tensor([2.0]), edges).tolist() == [1]
    assert searchsorted(edges, 2.0).shape == ()
    assert searchsorted(edges, tensor([2.0]), out_int32=True).dtype == np.int32


# ------------------------------------------------------------------------------------------------------- padding


def test_pad_counts_from_the_last_dimension():
    assert pad(autograd.ones(2, 3), (1, 0, 0, 2), value=9).tolist() == [[9, 1, 1, 1], [9, 1, 1, 1], [9] * 4, [9] * 4]


def test_pad_with_negative_widths_crops():
    x = grid()
    assert pad(x, (1, -1), value=9.0).tolist() == [[9.0, 0.0, 1.0], [9.0, 3.0, 4.0]]
    assert pad(x, (-1, 1), mode="replicate").tolist() == [[1.0, 2.0, 2.0], [4.0, 5.0, 5.0]]
    with pytest.raises(ShapeError, match="resulted in a negative output size"):
        pad(x, (-2, -2))


def test_pad_keeps_integers():
    assert pad(tensor([1, 2]), (1, 0)).dtype == np.int64


def test_pad_errors():
    x = grid()
    with pytest.raises(ShapeError, match="Padding length must be divisible by 2"):
        pad(x, (1,))
    with pytest.raises(ShapeError, match="less than or equal to two times the input dimension"):
        pad(x, (1,) * 6)
    with pytest.raises(ShapeError, match="Padding size should be less than the corresponding input dimension"):
        pad(x, (3, 3), mode="reflect")
    with pytest.raises(ShapeError, match="wrapping around more than once"):
        pad(x, (4, 3), mode="circular")
    with pytest.raises(ValueError, match="doesn't take in value argument"):
        pad(x, (1, 1), mode="reflect", value=1.0)
    with pytest.raises(ValueError, match="Unrecognised padding mode"):
        pad(x, (1, 1), mode="mirror")
