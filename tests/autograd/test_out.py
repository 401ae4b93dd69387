"""`out=`, old forms of arithmetic, division of integers. Numbers printed by PyTorch, or plain arithmetic.

The kinds: an argument of PyTorch's that is not taken; a result that integers do not have; a Python float that loses
digits on its way into a float64 Tensor.
"""

from __future__ import annotations

import inspect

import numpy as np
import pytest

import autograd as torch
import nn
from autograd import Tensor, api
from autograd.errors import DTypeError, GraphError, IntegerDivisionError
from autograd.tensors import out


def x() -> Tensor:
    return torch.tensor([[1.0, 4.0], [9.0, 16.0]])


CALLS = [
    (lambda **k: torch.sqrt(x(), **k), [[1, 2], [3, 4]]),
    (lambda **k: torch.add(x(), 1, **k), [[2, 5], [10, 17]]),
    (lambda **k: torch.add(x(), x(), alpha=2, **k), [[3, 12], [27, 48]]),
    (lambda **k: torch.sub(x(), 1, **k), [[0, 3], [8, 15]]),
    (lambda **k: torch.mul(x(), 2, **k), [[2, 8], [18, 32]]),
    (lambda **k: torch.div(x(), 3, rounding_mode="floor", **k), [[0, 1], [3, 5]]),
    (lambda **k: torch.pow(x(), 2, **k), [[1, 16], [81, 256]]),
    (lambda **k: torch.matmul(x(), x(), **k), [[37, 68], [153, 292]]),
    (lambda **k: torch.sum(x(), 0, **k), [10, 20]),
    (lambda **k: torch.mean(x(), dim=1, keepdim=True, **k), [[2.5], [12.5]]),
    (lambda **k: torch.cumsum(x(), 1, **k), [[1, 5], [9, 25]]),
    (lambda **k: torch.clamp(x(), 2, 10, **k), [[2, 4], [9, 10]]),
    (lambda **k: torch.eq(x(), 4, **k), [[False, True], [False, False]]),
    (lambda **k: torch.gather(x(), 1, torch.tensor([[1], [0]]), **k), [[4], [9]]),
]


def test_out_takes_the_result_and_its_shape():
    for call, expected in CALLS:
        plain = call()
        np.testing.assert_allclose(plain.numpy(), expected)
        for shape in (plain.shape, (0,)):
            target = torch.zeros(shape, dtype=plain.dtype)
            assert call(out=target) is target
            np.testing.assert_array_equal(target.numpy(), plain.numpy())
        wide = torch.zeros(plain.shape, dtype=torch.float64)
        call(out=wide)
        assert wide.dtype == torch.float64
        np.testing.assert_allclose(wide.numpy(), expected)
        assert call(out=None).tolist() == plain.tolist()


def test_out_writes_into_views_and_warns_of_a_new_size():
    grid = torch.zeros(2, 2)
    torch.sum(x(), 0, out=grid[1])
    assert grid.tolist() == [[0, 0], [10, 20]]
    with pytest.warns(UserWarning, match="was resized since it had shape \\[3\\]"):
        assert torch.sum(x(), 0, out=torch.ones(3)).tolist() == [10, 20]


def test_out_of_several_results():
    values, places = torch.empty(0), torch.empty(0, dtype=torch.int64)
    result = torch.max(x(), 0, out=(values, places))
    assert result.values is values
    assert (values.tolist(), places.tolist()) == ([9, 16], [1, 1])
    with pytest.raises(TypeError, match="argument 'out' must be 2 Tensors"):
        torch.sort(x(), 0, out=values)


def test_out_is_refused_where_it_would_lose_something():
    w = torch.ones(2, 2, requires_grad=True)
    message = r"functions with out=... arguments don't support automatic differentiation"
    for call in (
        lambda: torch.exp(w, out=torch.zeros(2, 2)),
        lambda: torch.exp(x(), out=w),
        lambda: torch.mul(x(), w, out=torch.zeros(2, 2)),
        lambda: torch.sum(w, 0, out=torch.zeros(2)),
    ):
        with pytest.raises(GraphError, match=message):
            call()
    with torch.no_grad():
        assert torch.mul(w, 3, out=torch.zeros(2, 2)).tolist() == [[3, 3], [3, 3]]
    with pytest.raises(DTypeError, match="result type Float can't be cast to the desired output type Long"):
        torch.exp(x(), out=torch.zeros(2, 2, dtype=torch.int64))
    with pytest.raises(TypeError, match="argument 'out' must be Tensor, not int"):
        torch.exp(x(), out=3)
    with pytest.raises(TypeError, match="unexpected keyword argument 'out'"):
        torch.reshape(x(), (4,), out=torch.zeros(4))


def test_every_name_with_out_is_a_function_that_takes_it():
    for name in sorted(out.NAMES - {"multinomial", "bernoulli"}):
        if hasattr(api, name):
            function = getattr(torch, name)
            wraps = hasattr(function, "__wrapped__")
            assert wraps or "out" in inspect.signature(function).parameters, name


def test_old_and_new_forms_of_add():
    ones = torch.ones(2)
    assert torch.add(ones, 3, 2).tolist() == [7, 7]
    assert torch.add(input=ones, other=3, alpha=2).tolist() == [7, 7]
    with pytest.warns(UserWarning, match="This overload of add is deprecated"):
        assert torch.add(ones, 2, ones).tolist() == [3, 3]
    assert torch.sub(other=3, input=ones).tolist() == [-2, -2]
    assert torch.pow(input=ones, exponent=2).tolist() == [1, 1]


def test_integers_are_not_divided_by_zero():
    one, zero = torch.tensor([1, 1]), torch.tensor([2, 0])
    for call in (
        lambda: one // zero,
        lambda: one % zero,
        lambda: one // 0,
        lambda: one % 0,
        lambda: 5 // zero,
        lambda: 5 % zero,
        lambda: torch.fmod(one, zero),
        lambda: torch.div(one, zero, rounding_mode="trunc"),
        lambda: torch.div(one, 0, rounding_mode="floor"),
        lambda: one.clone().remainder_(zero),
        lambda: np.floor_divide(one, zero),
        lambda: np.remainder(one, 0),
    ):
        with pytest.raises(IntegerDivisionError, match="ZeroDivisionError"):
            call()
        with pytest.raises(RuntimeError):  # PyTorch's
            call()
    with pytest.raises(DTypeError, match="not implemented for 'Bool'"):
        torch.tensor([True]) // torch.tensor([True])
    assert (torch.tensor([1.0, -1.0, 0.0]) // 0).tolist()[:2] == [np.inf, -np.inf]
    assert (torch.zeros(0, dtype=torch.int64) // 0).shape == (0,)
    whole = torch.div(torch.tensor([7, -7, 7, -7, 6, 0]), torch.tensor([2, 2, -2, -2, 3, 3]), rounding_mode="trunc")
    assert whole.tolist() == [3, -3, -3, 3, 2, 0]
    smallest = torch.tensor([-(2**63)])
    assert torch.div(smallest, 3, rounding_mode="trunc").tolist() == [-3074457345618258602]


def test_negative_powers_of_integers():
    base = torch.tensor([2, 1, -1, -1, 0, 3])
    assert (base ** torch.tensor([-1, -1, -1, -2, -1, 2])).tolist() == [0, 1, -1, 1, 0, 9]
    with pytest.raises(RuntimeError, match="Integers to negative integer powers are not allowed"):
        base**-1


def test_a_float_keeps_its_digits_on_the_way_into_float64():
    f, index = torch.float64, torch.tensor([0, 1, 2])
    zeros = torch.zeros(3, dtype=f)

    def written(change):
        copy = zeros.clone()
        change(copy)
        return copy

    results = {
        "full": torch.full((3,), 0.1, dtype=f),
        "full_like": torch.full_like(zeros, 0.1),
        "new_full": zeros.new_full((3,), 0.1),
        "scalar_tensor": torch.scalar_tensor(0.1, dtype=f),
        "fill_": written(lambda t: t.fill_(0.1)),
        "copy_": written(lambda t: t.copy_(0.1)),
        "setitem": written(lambda t: t.__setitem__(slice(None), 0.1)),
        "setitem by a mask": written(lambda t: t.__setitem__(index >= 0, 0.1)),
        "setitem by indices": written(lambda t: t.__setitem__(index, 0.1)),
        "setitem of a list": written(lambda t: t.__setitem__(slice(None), [0.1, 0.1, 0.1])),
        "masked_fill": zeros.masked_fill(index >= 0, 0.1),
        "index_fill": zeros.index_fill(0, index, 0.1),
        "scatter": zeros.scatter(0, index, 0.1),
        "where": torch.where(index >= 0, 0.1, zeros),
        "clamp": zeros.clamp(0.1),
        "pad": nn.functional.pad(zeros[:0], (3, 0), value=0.1),
        "numpy": np.full_like(zeros, 0.1),
        "init": nn.init.constant_(zeros.clone(), 0.1),
        "threshold": nn.functional.threshold(zeros, 0.5, 0.1),
    }
    for name, result in results.items():
        assert result.dtype == f, name
        np.testing.assert_array_equal(result.numpy(), 0.1, err_msg=name)
    assert torch.full((2,), 0.1).dtype == torch.float32
    assert torch.full((2,), np.float64(0.1)).dtype == torch.float32
