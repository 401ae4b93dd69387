"""Data sets, splits and collating."""

from collections import namedtuple

import numpy as np
import pytest

from autograd import Generator, Tensor, default_generator, manual_seed, tensor
from autograd.errors import ShapeError
from nn.data import ConcatDataset, Dataset, ImageDataset, Subset, TensorDataset, default_collate, random_split
from nn.data.dataset import batch_of


class Squares(Dataset):
    def __init__(self, size, start=0):
        self.size, self.start = size, start

    def __getitem__(self, index):
        if not 0 <= index < self.size:
            raise IndexError(index)
        value = index + self.start
        return np.array([value, value**2], np.float32), value

    def __len__(self):
        return self.size


def test_tensor_dataset_indexes_its_tensors_together():
    data = TensorDataset(tensor([[1.0], [2.0], [3.0]]), np.array([4, 5, 6]))
    x, y = data[1]
    assert (x.tolist(), y.tolist(), len(data)) == ([2.0], 5, 3)
    x, y = data[1:]
    assert (x.tolist(), y.tolist()) == ([[2.0], [3.0]], [5, 6])
    assert data[-1][1].item() == 6
    assert data[tensor([0, 2])][1].tolist() == [4, 6]
    assert isinstance(y, Tensor)
    assert y.dtype == np.int64


def test_tensor_dataset_samples_are_constants():
    x = tensor([1.0, 2.0], requires_grad=True)
    assert not TensorDataset(x)[0][0].requires_grad


def test_tensor_dataset_refuses_unequal_lengths():
    with pytest.raises(ShapeError, match="Size mismatch between tensors"):
        TensorDataset(np.zeros(3), np.zeros(4))
    with pytest.raises(ShapeError, match="at least one"):
        TensorDataset()


def test_subset_and_concat_keep_the_order():
    data = ConcatDataset([Squares(3), Squares(2, start=10)])
    assert [label for _, label in data] == [0, 1, 2, 10, 11]
    assert data[-1][1] == 11
    assert Subset(data, [4, 0])[0][1] == 11
    assert len(Squares(2) + Squares(5)) == 7
    with pytest.raises(IndexError):
        data[5]


@pytest.mark.parametrize("indices", [[0, 4, 1, 3, -1], [4, 3], [1], []])
def test_batches_of_arrays_equal_collated_samples(indices):
    first = TensorDataset(np.arange(6.0).reshape(3, 2), np.arange(3))
    data = ConcatDataset([first, TensorDataset(np.arange(4.0).reshape(2, 2) + 10, np.arange(2) + 10)])
    if not indices:
        assert [len(x) for x in batch_of(first, np.array(indices, np.int64))] == [0, 0]
        return
    got = batch_of(data, np.array(indices))
    want = default_collate([data[index] for index in indices])
    for x, y in zip(got, want, strict=True):
        np.testing.assert_array_equal(x.numpy(), y.numpy())
        assert x.dtype == y.dtype


def test_concat_of_sets_without_batch():
    data = ConcatDataset([Squares(3), Squares(2, start=10)])
    x, y = batch_of(data, np.array([4, 0, 3]))
    assert y.tolist() == [11, 0, 10]
    assert x.shape == (3, 2)


def test_an_overridden_getitem_counts_more_than_an_inherited_batch():
    class Doubled(TensorDataset):
        def __getitem__(self, index):
            return super().__getitem__(index)[0] * 2

    assert batch_of(Doubled(np.array([1.0, 2.0])), np.array([0, 1])).tolist() == [2.0, 4.0]


def test_random_split_counts_and_fractions():
    parts = random_split(Squares(10), [7, 3], generator=Generator().manual_seed(3))
    assert [len(part) for part in parts] == [7, 3]
    assert sorted(label for part in parts for _, label in part) == list(range(10))
    again = random_split(Squares(10), [7, 3], generator=Generator().manual_seed(3))
    assert parts[0].indices.tolist() == again[0].indices.tolist()
    assert [len(part) for part in random_split(Squares(10), [0.55, 0.25, 0.2])] == [6, 2, 2]
    assert [len(part) for part in random_split(Squares(5), [0.5, 0.5])] == [3, 2]


def test_random_split_follows_manual_seed():
    manual_seed(5)
    first = random_split(Squares(20), [0.5, 0.5])[0].indices
    manual_seed(5)
    np.testing.assert_array_equal(random_split(Squares(20), [0.5, 0.5])[0].indices, first)
    assert default_generator.initial_seed() == 5


@pytest.mark.parametrize("lengths", [[7, 4], [0.5, 0.6], [11, -1], [1.5, -0.5]])
def test_random_split_refuses_wrong_sums(lengths):
    with pytest.raises(ShapeError, match=r"Sum of input lengths|at least 0"):
        random_split(Squares(10), lengths)


def test_collate_kinds():
    assert default_collate([1, 2]).dtype == np.int64
    assert default_collate([1.0, 2.0]).dtype == np.float32
    assert default_collate([True, False]).dtype == np.bool_
    assert default_collate([np.float64(1), np.float64(2)]).dtype == np.float64
    assert default_collate(["a", "b"]) == ["a", "b"]
    batch = default_collate([{"x": tensor([1.0]), "name": "a"}, {"x": tensor([2.0]), "name": "b"}])
    assert batch["x"].shape == (2, 1)
    assert batch["name"] == ["a", "b"]
    Pair = namedtuple("Pair", "x y")
    pair = default_collate([Pair(1, 2.0), Pair(3, 4.0)])
    assert isinstance(pair, Pair)
    assert pair.x.tolist() == [1, 3]
    assert [field.tolist() for field in default_collate([[1, 2], [3, 4]])] == [[1, 3], [2, 4]]


def test_collate_errors():
    with pytest.raises(
        ShapeError, match=r"stack expects each tensor to be equal size, but got \[2\] at entry 0 and \[3\]"
    ):
        default_collate([np.zeros(2), np.zeros(3)])
    with pytest.raises(ShapeError, match="equal size"):
        default_collate([(1, 2), (1,)])
    with pytest.raises(TypeError, match="found object"):
        default_collate([object()])


def test_image_dataset(rng):
    images = rng.integers(0, 256, (6, 28, 28)).astype(np.uint8)
    data = ImageDataset(images, np.arange(6, dtype=np.uint8), lambda x: x * 2, 0.25, 0.5)
    image, label = data[5]
    assert (image.shape, image.dtype, label, type(label)) == ((1, 28, 28), np.float32, 5, int)
    np.testing.assert_allclose(image.numpy()[0], images[5] / 255 * 2, rtol=1e-6)
    assert data[-1][1] == 5
    x, y = data.tensors()
    assert (x.shape, x.dtype, y.dtype) == ((6, 1, 28, 28), np.float32, np.int64)
    np.testing.assert_allclose(x.numpy()[:, 0], (images / 255 - 0.25) / 0.5, atol=1e-6)
    np.testing.assert_allclose(data.tensors(normalize=False)[0].numpy()[:, 0], images / 255, rtol=1e-6)
    with pytest.raises(IndexError):
        data[6]
