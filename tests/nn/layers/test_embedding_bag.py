"""Bags of embeddings: against a loop over the bags."""

import numpy as np
import pytest

import autograd
import nn
import nn.functional as F
from autograd.errors import DTypeError, SettingError, ShapeError

MODES = ("sum", "mean", "max")


def table(rows=5, columns=3, dtype=np.float64):
    values = np.random.default_rng(2).standard_normal((rows, columns)).astype(dtype)
    return autograd.tensor(values, requires_grad=True)


def by_loop(bags, w, mode, padding=None):
    reduce = {"sum": np.sum, "mean": np.mean, "max": np.max}[mode]
    rows = [[i for i in bag if i != padding] for bag in bags]
    return np.array([reduce(w[row], axis=0) if row else np.zeros(w.shape[1]) for row in rows])


BAGS = ([0, 4, 4], [], [2], [1, 0, 3, 2], [])
INDEX, OFFSETS = np.concatenate([np.array(bag, int) for bag in BAGS]), np.array([0, 3, 3, 4, 8])


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("padding", [None, 4, 2, -5])
def test_bags_in_a_row(mode, padding):
    w = table()
    expected = by_loop(BAGS, w.detach().numpy(), mode, None if padding is None else padding % 5)
    z = F.embedding_bag(INDEX, w, OFFSETS, mode=mode, padding_idx=padding)
    np.testing.assert_allclose(z.detach().numpy(), expected, rtol=1e-12)
    closed = np.append(OFFSETS, len(INDEX))
    again = F.embedding_bag(INDEX, w, closed, mode=mode, padding_idx=padding, include_last_offset=True)
    assert again.tolist() == z.tolist()


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("shape", [(2, 3), (1, 1), (3, 0), (0, 3)])
def test_a_bag_per_row(mode, shape):
    index, w = np.arange(shape[0] * shape[1]).reshape(shape) % 5, table()
    z = F.embedding_bag(autograd.tensor(index), w, mode=mode)
    np.testing.assert_allclose(z.detach().numpy(), by_loop(index.tolist(), w.detach().numpy(), mode).reshape(-1, 3))
    (g,) = autograd.grad(z.sum(), [w])
    assert g.shape == (5, 3)


@pytest.mark.parametrize("mode", MODES)
def test_gradients(mode):
    assert autograd.gradcheck(lambda w: F.embedding_bag(INDEX, w, OFFSETS, mode=mode), [table()])
    assert autograd.gradgradcheck(
        lambda w: F.embedding_bag(INDEX, w, OFFSETS, mode=mode, padding_idx=0) ** 2, [table()]
    )


def test_weights_of_the_samples():
    shares = autograd.tensor(np.random.default_rng(1).standard_normal(8), requires_grad=True)

    def bag(w, s):
        return F.embedding_bag(INDEX, w, OFFSETS, mode="sum", per_sample_weights=s, padding_idx=2)

    w = table()
    assert autograd.gradcheck(bag, [w, shares])
    np.testing.assert_allclose(
        bag(w, shares).detach().numpy()[3], shares.numpy(force=True)[4:7] @ w.detach().numpy()[[1, 0, 3]]
    )
    (g,) = autograd.grad(bag(w, shares).sum(), [shares])
    assert g.tolist()[3] == g.tolist()[7] == 0


def test_of_equal_largest_the_first_has_the_gradient():
    w = autograd.tensor([[1.0, 2.0], [1.0, 3.0]], requires_grad=True)
    F.embedding_bag(np.array([[1, 0]]), w, mode="max").sum().backward()
    assert w.grad.tolist() == [[0.0, 0.0], [1.0, 1.0]]


def test_nan_is_the_largest():
    w = np.array([[np.nan, 1.0], [2.0, np.nan], [3.0, 0.0]])
    assert np.isnan(F.embedding_bag(np.array([[0, 1, 2]]), w, mode="max").numpy()).all()


def test_frequent_rows_get_smaller_gradients():
    w = table()
    F.embedding_bag(INDEX, w, OFFSETS, mode="sum", scale_grad_by_freq=True).sum().backward()
    np.testing.assert_allclose(w.grad.numpy(), np.ones((5, 3)))


def test_long_rows_are_shrunk():
    w = autograd.tensor([[3.0, 4.0], [0.3, 0.4], [6.0, 8.0]])
    z = F.embedding_bag(np.array([[0, 1]]), w, mode="sum", max_norm=1.0)
    np.testing.assert_allclose(z.numpy(), [[0.9, 1.2]], rtol=1e-6)
    np.testing.assert_allclose(w.numpy(), [[0.6, 0.8], [0.3, 0.4], [6.0, 8.0]], rtol=1e-6)


@pytest.mark.parametrize("mode", MODES)
def test_float32_stays_float32(mode):
    w = table(dtype=np.float32)
    z = F.embedding_bag(INDEX, w, OFFSETS, mode=mode)
    (g,) = autograd.grad(z.sum(), [w])
    assert z.dtype == g.dtype == np.float32


def test_no_bags():
    assert F.embedding_bag(np.zeros(0, int), table(), np.zeros(0, int)).shape == (0, 3)


def test_module():
    layer = nn.EmbeddingBag(7, 2, mode="sum", padding_idx=-1, include_last_offset=True)
    assert repr(layer) == "EmbeddingBag(7, 2, mode='sum', padding_idx=6)"
    assert layer.weight.tolist()[6] == [0.0, 0.0]
    assert list(layer.state_dict()) == ["weight"]
    z = layer(np.array([1, 2, 6]), np.array([0, 2, 3]))
    np.testing.assert_allclose(z.detach().numpy(), [layer.weight.numpy(force=True)[[1, 2]].sum(0), [0, 0]])
    with pytest.raises(SettingError, match="padding_idx must be within num_embeddings, 7, got 7"):
        nn.EmbeddingBag(7, 2, padding_idx=7)


def test_from_pretrained():
    layer = nn.EmbeddingBag.from_pretrained(np.ones((4, 2), np.float32), mode="max")
    assert not layer.weight.requires_grad
    assert layer(np.array([[0, 1]])).tolist() == [[1.0, 1.0]]
    assert nn.EmbeddingBag.from_pretrained(np.ones((4, 2)), freeze=False).weight.requires_grad
    with pytest.raises(ShapeError, match="2-dimensional"):
        nn.EmbeddingBag.from_pretrained(np.ones(4))


@pytest.mark.parametrize(
    ("arguments", "settings", "error", "message"),
    [
        ((INDEX, None), {}, SettingError, "offsets has to be a 1D Tensor"),
        ((np.zeros((2, 2), int), OFFSETS), {}, SettingError, "if input is 2D, then offsets has to be None"),
        ((np.zeros((2, 2, 2), int), None), {}, ShapeError, "input has to be 1D or 2D Tensor"),
        ((np.zeros((2, 2)), None), {}, DTypeError, "Expected indices to be Long or Int, got float64"),
        ((INDEX, np.array([0.0])), {}, DTypeError, "Expected offsets to be Long or Int"),
        ((INDEX, np.array([1, 2])), {}, ShapeError, r"offsets\[0\] has to be 0.*got 1"),
        ((INDEX, np.array([0, 9])), {}, ShapeError, "can not be greater than input's length 8, got 9"),
        ((INDEX, np.array([0, 4, 2])), {}, ShapeError, "offsets must not decrease"),
        ((INDEX, np.zeros(0, int)), {}, ShapeError, "8 indices, but no offset"),
        ((INDEX, np.array([0, 4])), {"include_last_offset": True}, ShapeError, "last offset must be input's length 8"),
        ((INDEX, np.zeros(0, int)), {"include_last_offset": True}, ShapeError, "at least one offset"),
        ((INDEX, OFFSETS), {"mode": "avg"}, SettingError, "one of sum, mean or max, got 'avg'"),
        ((INDEX, OFFSETS), {"mode": "max", "scale_grad_by_freq": True}, SettingError, "max mode"),
        ((INDEX, OFFSETS), {"sparse": True}, NotImplementedError, "sparse"),
        ((INDEX, OFFSETS), {"padding_idx": 5}, SettingError, "-5 through 4, got 5"),
        ((INDEX, OFFSETS), {"per_sample_weights": np.ones(8)}, NotImplementedError, "only supported for mode='sum'"),
        ((INDEX, OFFSETS), {"mode": "sum", "per_sample_weights": np.ones(7)}, ShapeError, r"\(8,\), got \(7,\)"),
        ((INDEX, OFFSETS), {"mode": "sum", "per_sample_weights": np.ones(8, "f")}, DTypeError, "float64, got float32"),
        ((INDEX + 1, OFFSETS), {}, ShapeError, "out of range"),
    ],
)
def test_errors(arguments, settings, error, message):
    index, offsets = arguments
    with pytest.raises(error, match=message):
        F.embedding_bag(index, table(), offsets, **settings)


def test_the_table_is_a_matrix():
    with pytest.raises(ShapeError, match="weight has to be a 2D Tensor"):
        F.embedding_bag(INDEX, np.ones(3), OFFSETS)
