"""Sequences of different lengths: padded, packed and back."""

import numpy as np
import pytest

import autograd
import nn
from autograd.errors import SettingError, ShapeError
from nn.utils.rnn import (
    PackedSequence,
    invert_permutation,
    pack_padded_sequence,
    pack_sequence,
    pad_packed_sequence,
    pad_sequence,
    unpack_sequence,
    unpad_sequence,
)


def sequences(lengths, rest=(2,), dtype=np.float64, seed=0):
    rng = np.random.default_rng(seed)
    return [autograd.tensor(rng.standard_normal((n, *rest)).astype(dtype), requires_grad=True) for n in lengths]


def test_pad_sequence():
    parts = [autograd.tensor([1, 2, 3]), autograd.tensor([4]), autograd.tensor([5, 6])]
    assert pad_sequence(parts).tolist() == [[1, 4, 5], [2, 0, 6], [3, 0, 0]]
    assert pad_sequence(parts, batch_first=True).tolist() == [[1, 2, 3], [4, 0, 0], [5, 6, 0]]
    padded = pad_sequence(parts, batch_first=True, padding_value=-1, padding_side="left")
    assert padded.tolist() == [[1, 2, 3], [-1, -1, 4], [-1, 5, 6]]
    assert padded.dtype == autograd.int64


def test_padding_gets_no_gradient_and_the_sequences_theirs():
    parts = sequences([2, 3])
    padded = pad_sequence(parts, batch_first=True, padding_value=7.0)
    (padded * np.arange(12.0).reshape(2, 3, 2)).sum().backward()
    assert parts[0].grad.tolist() == [[0, 1], [2, 3]]
    assert parts[1].grad.tolist() == [[6, 7], [8, 9], [10, 11]]


@pytest.mark.parametrize("batch_first", [False, True])
def test_unpad_sequence(batch_first):
    parts = sequences([2, 4, 1])
    padded = pad_sequence(parts, batch_first)
    shape = padded.shape
    for found, part in zip(unpad_sequence(padded, autograd.tensor([2, 4, 1]), batch_first), parts, strict=True):
        assert found.tolist() == part.tolist()
    assert padded.shape == shape  # PyTorch transposes its argument here


def test_pack_sequence_interleaves():
    packed = pack_sequence([autograd.tensor([1, 2, 3]), autograd.tensor([4, 5]), autograd.tensor([6])])
    assert packed.data.tolist() == [1, 4, 6, 2, 5, 3]
    assert packed.batch_sizes.tolist() == [3, 2, 1]
    assert packed.batch_sizes.dtype == autograd.int64
    assert packed.sorted_indices is None
    assert packed.unsorted_indices is None


def test_pack_unsorted_keeps_the_order_in_mind():
    padded = autograd.tensor([[1, 2, 0], [3, 0, 0], [4, 5, 6]])
    packed = pack_padded_sequence(padded, [2, 1, 3], batch_first=True, enforce_sorted=False)
    assert packed.data.tolist() == [4, 1, 3, 5, 2, 6]
    assert packed.batch_sizes.tolist() == [3, 2, 1]
    assert packed.sorted_indices.tolist() == [2, 0, 1]
    assert packed.unsorted_indices.tolist() == [1, 2, 0]
    back, lengths = pad_packed_sequence(packed, batch_first=True)
    assert back.tolist() == padded.tolist()
    assert lengths.tolist() == [2, 1, 3]


@pytest.mark.parametrize("lengths", [[1], [4, 2, 2, 1], [1, 3, 2], [2, 2]])
@pytest.mark.parametrize("rest", [(), (3,), (2, 0)])
def test_there_and_back(lengths, rest):
    parts = sequences(lengths, rest)
    packed = pack_sequence(parts, enforce_sorted=False)
    assert isinstance(packed, PackedSequence)
    assert len(packed.data) == sum(lengths) == packed.batch_sizes.sum().item()
    for found, part in zip(unpack_sequence(packed), parts, strict=True):
        assert found.shape == part.shape
        assert found.tolist() == part.tolist()


def test_gradients_pass_through_packing_and_padding():
    parts = sequences([1, 3, 2], (2,))
    packed = pack_sequence(parts, enforce_sorted=False)
    changed = PackedSequence(packed.data * 2, *packed[1:])
    padded, _ = pad_packed_sequence(changed, batch_first=True, padding_value=5.0, total_length=4)
    assert padded.shape == (3, 4, 2)
    assert padded[0, 1:].tolist() == [[5.0, 5.0]] * 3
    (padded * np.arange(24.0).reshape(3, 4, 2)).sum().backward()
    for index, part in enumerate(parts):
        expected = 2 * np.arange(24.0).reshape(3, 4, 2)[index, : len(part)]
        np.testing.assert_array_equal(part.grad.numpy(), expected)


def test_packed_sequence_is_the_tuple_that_pytorch_has():
    packed = pack_sequence([autograd.tensor([1.0]), autograd.tensor([2.0, 3.0])], enforce_sorted=False)
    data, sizes, order, back = packed
    assert PackedSequence((data, sizes), sorted_indices=order).unsorted_indices.tolist() == back.tolist() == [1, 0]
    assert packed.double().data.dtype == autograd.float64
    assert packed.float() is packed
    assert packed.to("cpu") is packed
    assert packed.cpu() is packed
    assert not packed.is_cuda
    assert str(packed).startswith("PackedSequence(data=tensor([2., 1., 3.]), batch_sizes=tensor([2, 1]), sorted_")
    assert invert_permutation(autograd.tensor([2, 0, 1])).tolist() == [1, 2, 0]
    assert invert_permutation(None) is None


def test_float32_stays_float32():
    parts = sequences([2, 1], dtype=np.float32)
    padded, _ = pad_packed_sequence(pack_sequence(parts))
    assert padded.dtype == autograd.float32
    padded.sum().backward()
    assert parts[0].grad.dtype == autograd.float32


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda x: pack_padded_sequence(x, [3, 0]), "Length of all samples has to be greater than 0"),
        (lambda x: pack_padded_sequence(x, [2, 3]), "must be sorted in decreasing order when `enforce_sorted` is True"),
        (lambda x: pack_padded_sequence(x, [4, 1]), "Expected lengths of at most 3, but got 4"),
        (lambda x: pack_padded_sequence(x, [1]), "equal to batch_size, but got 1"),
        (lambda x: pack_padded_sequence(x[0], [1, 1]), "wanted an input"),
        (lambda x: pack_padded_sequence(x[:, :0], []), "Cannot pack empty tensors"),
        (lambda x: pad_sequence([]), "received an empty list of sequences"),
        (lambda x: pad_sequence([x, x[:, 0]]), "agree in all dimensions but the first"),
        (lambda x: pad_sequence([autograd.tensor(1.0)]), "at least one dimension"),
        (lambda x: pad_packed_sequence(pack_sequence([x]), total_length=2), "Expected total_length to be at least"),
        (lambda x: unpad_sequence(x, [1, 1, 1]), "one length per sequence"),
    ],
)
def test_mistakes(call, message):
    with pytest.raises(ShapeError, match=message):
        call(autograd.zeros(3, 2))


def test_other_mistakes():
    with pytest.raises(SettingError, match="padding_side"):
        pad_sequence([autograd.zeros(2)], padding_side="top")
    with pytest.raises(TypeError, match="Expected iterable"):
        nn.utils.rnn.pad_sequence(3)
