"""What `tensor`, `as_tensor`, `asarray` and `from_numpy` make of what they are given: shapes and dtypes by PyTorch.

The kind: a datum that is read otherwise than in PyTorch, shared where a copy is due or the other way round, or taken
though it holds no numbers.
"""

from __future__ import annotations

import array

import numpy as np
import pytest

import autograd as torch
from autograd.errors import DTypeError, ShapeError

f4, f8, i8, b1 = np.float32, np.float64, np.int64, np.bool_

READ = [  # (datum, values, dtype)
    (1, 1, i8),
    (1.5, 1.5, f4),
    (True, True, b1),
    ([1, 2.5], [1, 2.5], f4),
    ([True, 2], [1, 2], i8),
    ([], [], f4),
    ([[], []], [[], []], f4),
    (range(3), [0, 1, 2], i8),
    ([(1, 2), [3, 4]], [[1, 2], [3, 4]], i8),
    ([torch.tensor([1.0]), torch.tensor([2.0])], [1, 2], f4),
    ([torch.tensor([[1.0]]), torch.tensor([[2.0]])], [1, 2], f4),
    ([[torch.tensor([1.0])], [torch.tensor([2.0])]], [[1], [2]], f4),
    ([torch.tensor([1.0]), 2.0], [1, 2], f4),
    ([2.0, torch.tensor([1.0])], [2, 1], f4),
    ([torch.tensor(1), 2.5], [1, 2.5], f4),
    ([torch.tensor(1.0, dtype=torch.float64), 2.0], [1, 2], f8),
    ([torch.tensor(True), 1], [1, 1], i8),
    ([[3, 4], torch.tensor([1, 2])], [[3, 4], [1, 2]], i8),
    ([torch.tensor([1.0], requires_grad=True), torch.tensor([2.0])], [1, 2], f4),
    ([np.float64(1.5), 2], [1.5, 2], f8),
    ([1, np.float64(2)], [1, 2], f8),
    ([np.float32(1), 1], [1, 1], f4),
    ([np.array([1.0, 2.0]), np.array([3.0, 4.0])], [[1, 2], [3, 4]], f8),
    ([np.array([1, 2]), [3, 4]], [[1, 2], [3, 4]], i8),
    (np.array([[1, 2], [3, 4]]).T, [[1, 3], [2, 4]], i8),
    (np.array([1.0, 2.0, 3.0])[::-1], [3, 2, 1], f8),
    (bytearray(b"ab"), [97, 98], i8),
    (array.array("i", [1, 2]), [1, 2], i8),
    (array.array("f", [1, 2]), [1, 2], f4),
]


@pytest.mark.filterwarnings("ignore:Converting a tensor:UserWarning")
def test_shapes_and_dtypes_of_what_is_given():
    for datum, values, dtype in READ:
        for make in (torch.tensor, torch.as_tensor):
            x = make(datum)
            expected = np.array(values, dtype)
            assert (x.shape, x.dtype) == (expected.shape, expected.dtype), datum
            np.testing.assert_array_equal(x.numpy(), expected)
            assert not x.requires_grad
            wide = make(datum, dtype=torch.float64)
            assert (wide.shape, wide.dtype) == (expected.shape, f8), datum
    assert torch.tensor([0.1], dtype=torch.float64).item() == 0.1
    assert torch.tensor(2**64, dtype=torch.float64).item() == 2.0**64


def test_what_holds_no_numbers_is_refused():
    for make in (torch.tensor, torch.as_tensor, torch.asarray):
        for datum in (
            "abc",
            ["a"],
            None,
            [None],
            {1},
            {"a": 1},
            object(),
            [object()],
            1j,
            np.array(["a"]),
            np.array([None]),
        ):
            with pytest.raises(TypeError):
                make(datum)
        for datum in ([[1, 2], [3]], [[1], 2], [1, [2]], [[], [1]], [1, 2, []]):
            with pytest.raises(ValueError, match="expected sequences of equal length"):
                make(datum)
        for datum in (2**63, 2**64, [2**63]):
            with pytest.raises(DTypeError, match="Overflow"):
                make(datum)
    with pytest.raises(ShapeError, match="only one element tensors can be converted to Python scalars"):
        torch.tensor([torch.tensor([1.0, 2.0]), torch.tensor([3.0, 4.0])])
    for datum in ([float("inf"), 1], float("nan")):
        with pytest.raises(DTypeError, match="cannot be converted to type int64 without overflow"):
            torch.tensor(datum, dtype=torch.int64)
    with pytest.raises(DTypeError, match="cannot be converted to type int32 without overflow"):
        torch.tensor([2**62], dtype=torch.int32)


def test_what_is_shared_and_what_is_copied():
    a = np.arange(4.0)
    t = torch.tensor(a)
    shares = [torch.as_tensor(a), torch.from_numpy(a), torch.asarray(a), torch.asarray(a, copy=False)]
    shares += [torch.as_tensor(a[::2]), torch.from_numpy(a[::-1])]
    copies = [torch.tensor(a), torch.asarray(a, copy=True), torch.as_tensor(a, dtype=torch.float32), t]
    assert all(np.shares_memory(x.numpy(), a) for x in shares)
    assert not any(np.shares_memory(x.numpy(), a) for x in copies)
    assert torch.as_tensor(t) is t
    assert torch.asarray(t) is t
    assert not np.shares_memory(torch.asarray(t, copy=True).numpy(), t.numpy())
    for call in (
        lambda: torch.asarray([1.0], copy=False),
        lambda: torch.asarray(a, dtype=torch.float32, copy=False),
    ):
        with pytest.raises(ValueError, match="can't alias"):
            call()
    buffer = bytearray(16)
    shared = torch.frombuffer(buffer, dtype=torch.float64)
    shared.fill_(1.5)
    assert np.frombuffer(buffer, f8).tolist() == [1.5, 1.5]
    assert torch.frombuffer(buffer, dtype=torch.float64, count=1, offset=8).shape == (1,)


def test_asarray_of_tracked_tensors():
    w = torch.tensor([1.0], requires_grad=True)
    y = w * 2
    table = [  # what is made, requires_grad, is_leaf
        (torch.asarray(w), True, True),
        (torch.asarray(w, requires_grad=False), False, True),
        (torch.asarray(w, copy=True), True, False),
        (torch.asarray(y), True, False),
        (torch.asarray(y, requires_grad=True), True, False),
        (torch.asarray(y, requires_grad=False), False, True),
        (torch.asarray(np.ones(1), requires_grad=True), True, True),
    ]
    assert [(x.requires_grad, x.is_leaf) for x, _, _ in table] == [(g, leaf) for _, g, leaf in table]


def test_types_by_pytorchs_names():
    x = torch.tensor([1.5])
    assert x.type() == "torch.FloatTensor"
    assert x.double().type() == "torch.DoubleTensor"
    assert x.type("torch.LongTensor").tolist() == [1]
    assert x.long().type(torch.Tensor).dtype == torch.float32
    assert x.type(torch.DoubleTensor).dtype == torch.float64
    assert torch.Tensor(torch.Size([2, 3])).shape == (2, 3)


def test_einsum_with_lists_of_indices():
    x, y = torch.arange(6.0).reshape(2, 3), torch.arange(12.0).reshape(3, 4)
    np.testing.assert_array_equal(torch.einsum(x, [0, 1], [1, 0]).numpy(), x.numpy().T)
    np.testing.assert_array_equal(torch.einsum(x, [0, 1], y, [1, 2]).numpy(), x.numpy() @ y.numpy())
    np.testing.assert_array_equal(torch.einsum(x, [5, ...], [...]).numpy(), x.numpy().sum(0))
    np.testing.assert_array_equal(torch.einsum(x, [30, 2]).numpy(), x.numpy().T)  # in the order of the numbers
    with pytest.raises(ShapeError, match="not within the valid range"):
        torch.einsum(x, [0, 52])
    with pytest.raises(TypeError, match="wanted an equation and operands"):
        torch.einsum(x, x)
