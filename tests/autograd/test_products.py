"""Products that wait for others of the same weight: the gradients are those of products computed at once."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import autograd
import nn
from autograd.fast import waiting
from autograd.fast.waiting import Owned
from autograd.products import Product, computed


def _run(model: Any, x: Any, cell: bool, steps: int) -> dict[str, Any]:
    state, total = None, 0.0
    for t in range(steps):
        if cell:
            state = model(x[t], state)
            h = state[0] if isinstance(state, tuple) else state
        else:
            h = model(x[t])
        total = total + (h * h).sum()
    total.backward()
    found = {name: p.grad.numpy().copy() for name, p in model.named_parameters()}
    found["x"] = x.grad.numpy().copy()
    return found


def _at_once(owned: Owned, node: Any, product: Product, cotangents: dict[Any, Any]) -> None:
    cotangents[node] = cotangents[node] + product.array()


MODELS = {
    "linear": lambda: (nn.Linear(5, 7), False),
    "rnn": lambda: (nn.RNNCell(5, 7), True),
    "lstm": lambda: (nn.LSTMCell(5, 7), True),
    "gru": lambda: (nn.GRUCell(5, 7), True),
}


@pytest.fixture
def waited(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many products were computed together, each time."""
    found: list[int] = []
    settle = Owned.settle

    def counted(self: Owned, cotangents: dict[Any, Any]) -> None:
        assert self.waiting is not None
        found.extend(len(each) for each in self.waiting.values())
        settle(self, cotangents)

    monkeypatch.setattr(Owned, "settle", counted)
    return found


@pytest.mark.parametrize("name", MODELS)
def test_same_gradients_as_at_once(name: str, waited: list[int], monkeypatch: pytest.MonkeyPatch) -> None:
    model, cell = MODELS[name]()
    model.double()
    x = autograd.randn(9, 3, 5, dtype=autograd.float64, requires_grad=True)
    together = _run(model, x, cell, 9)
    assert waited == ([8] if name == "linear" else [8, 8])
    waited.clear()
    model.zero_grad()
    x.grad = None
    monkeypatch.setattr(Owned, "wait", _at_once)
    apart = _run(model, x, cell, 9)
    assert not waited
    for key in together:
        np.testing.assert_allclose(together[key], apart[key], rtol=1e-12, atol=1e-13, err_msg=key)


def test_second_backward_adds_to_grad() -> None:
    model = nn.Linear(4, 3).double()
    x = autograd.randn(6, 2, 4, dtype=autograd.float64)
    for _ in range(2):
        sum(model(row).sum() for row in x).backward()  # type: ignore[union-attr]
    np.testing.assert_allclose(model.weight.grad.numpy(), 2 * np.tile(x.numpy().sum((0, 1)), (3, 1)), rtol=1e-12)


def test_little_room(waited: list[int], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(waiting, "ROOM", 200)  # bytes: three products of 64
    model = nn.Linear(4, 4)
    x = autograd.randn(10, 2, 4)
    sum(model(row).sum() for row in x).backward()  # type: ignore[union-attr]
    assert max(waited) <= 4
    assert sum(waited) == 9
    np.testing.assert_allclose(model.weight.grad.numpy(), np.tile(x.numpy().sum((0, 1)), (4, 1)), rtol=1e-5, atol=1e-5)


def test_many_rows_do_not_wait(waited: list[int]) -> None:
    model = nn.Linear(4, 4)
    x = autograd.randn(3, waiting.FEW, 4)
    sum(model(row).sum() for row in x).backward()  # type: ignore[union-attr]
    assert not waited


def test_weight_that_is_no_leaf(waited: list[int]) -> None:
    w = autograd.randn(3, 4, requires_grad=True)
    v = w * 2
    x = autograd.randn(5, 2, 4)
    sum(nn.functional.linear(row, v).sum() for row in x).backward()  # type: ignore[union-attr]
    assert not waited
    np.testing.assert_allclose(w.grad.numpy(), 2 * np.tile(x.numpy().sum((0, 1)), (3, 1)), rtol=1e-5, atol=1e-5)


def test_shared_with_another_op(waited: list[int]) -> None:
    w = autograd.randn(3, 4, dtype=autograd.float64, requires_grad=True)
    x = autograd.randn(5, 2, 4, dtype=autograd.float64)
    z = sum(nn.functional.linear(row, w).sum() for row in x) + (w * w).sum()
    z.backward()
    assert waited == [5]
    expected = np.tile(x.numpy().sum((0, 1)), (3, 1)) + 2 * w.detach().numpy()
    np.testing.assert_allclose(w.grad.numpy(), expected, rtol=1e-12)


def test_second_order() -> None:
    """Under create_graph nothing waits. z = sum of (x w)^3, g = dz/dw, and the gradient of g g by w."""
    model = nn.Linear(4, 1, bias=False).double()
    x = autograd.randn(5, 2, 4, dtype=autograd.float64)
    z = sum((model(row) ** 3).sum() for row in x)
    (g,) = autograd.grad(z, model.weight, create_graph=True)
    (g * g).sum().backward()
    rows = x.numpy().reshape(10, 4)
    products = rows @ model.weight.detach().numpy()[0]
    first = 3 * products**2 @ rows
    second = 2 * (6 * products[:, None] * rows).T @ rows @ first
    np.testing.assert_allclose(g.detach().numpy()[0], first, rtol=1e-12)
    np.testing.assert_allclose(model.weight.grad.numpy()[0], second, rtol=1e-12)


def test_computed() -> None:
    left, right = np.ones((2, 3)), np.ones((2, 4))
    g = Product(left, right)
    assert computed(g).shape == (3, 4)
    assert [part if part is None else part.shape for part in computed((None, g, left))] == [None, (3, 4), (2, 3)]
