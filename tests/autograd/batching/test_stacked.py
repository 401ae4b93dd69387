"""Jacobians by rules that take a stack of cotangents as it is, against rows that are pulled back as mapped Tensors."""

from __future__ import annotations

import numpy as np
import pytest

import autograd
import nn
from autograd.batching import stacked
from autograd.func import jacrev
from autograd.tracing import leaves_of
from nn.examples import examples

EXAMPLES = examples()


def both(function, xs, monkeypatch):
    """The Jacobians by all inputs; and the same without `stacked`. And whether these were simple."""
    rows = stacked.rows
    taken = []
    monkeypatch.setattr(stacked, "rows", lambda *given: taken.append(rows(*given)) or taken[-1])
    numbers = tuple(range(len(xs)))
    found = leaves_of(jacrev(function, numbers)(*xs))
    monkeypatch.setattr(stacked, "rows", lambda *given: None)
    expected = leaves_of(jacrev(function, numbers)(*xs))
    return found, expected, [part is not None for part in taken]


def compared(found, expected, rtol):
    for a, b in zip(found, expected, strict=True):
        assert (a.shape, a.dtype) == (b.shape, b.dtype)
        np.testing.assert_allclose(a.numpy(), b.numpy(), rtol, rtol)


@pytest.mark.parametrize("name", sorted(EXAMPLES))
def test_an_example(name, monkeypatch):
    example = EXAMPLES[name]
    tensors = [x.detach() for x in example.tensors()]
    moving = [k for k, x in enumerate(tensors) if x.dtype.kind == "f"]

    def function(*given):
        inputs = list(tensors)
        for k, x in zip(moving, given, strict=True):
            inputs[k] = x
        z = example.call(*inputs)
        return tuple([part for part in (z if isinstance(z, (tuple, list)) else [z]) if part.dtype.kind == "f"])

    with np.errstate(all="ignore"):
        found, expected, _ = both(function, [tensors[k] for k in moving], monkeypatch)
    compared(found, expected, 1e-10 if all(x.dtype == np.float64 for x in found) else 1e-5)


W = autograd.tensor(np.random.default_rng(0).standard_normal((4, 4)))
X = autograd.tensor(np.random.default_rng(1).standard_normal(4))
Y = autograd.tensor(np.random.default_rng(2).standard_normal((3, 4)))
linear = nn.functional.linear
SIMPLE = {
    "network": (lambda x: linear(linear(x, W, X).tanh(), W), X),
    "of many rows": (lambda x: linear(linear(x, W).sigmoid() * 2, W), Y),
    "identity": (lambda x: x.reshape(4), X),
    "linear": (lambda x: linear(x, W), X),
    "shared": (lambda x: (linear(x, W) + x) * x, X),
    "slope": (lambda x: x.exp().reshape(2, 2) * 3, X),
    "square": (lambda x: (x**2).reshape(2, 6).sin(), Y),
}


@pytest.mark.parametrize("name", SIMPLE)
def test_what_is_simple_goes_the_simple_way(name, monkeypatch):
    function, x = SIMPLE[name]
    found, expected, simple = both(function, [x], monkeypatch)
    assert simple == [True]
    compared(found, expected, 1e-14)
    found[0].zero_()  # it is nobody else's memory
    compared(both(function, [x], monkeypatch)[0], expected, 1e-14)


def test_what_is_not_simple_is_left_alone(monkeypatch):
    others = (
        lambda x: linear(x, W).sum(0) * Y[0],
        lambda x: x * Y,  # broadcast
        lambda x: linear(Y, x.expand(4, 4)),  # by the weights
        lambda x: x.softmax(0),
    )
    for function in others:
        found, expected, simple = both(function, [X], monkeypatch)
        assert simple == [False]
        compared(found, expected, 1e-14)
    w = W.clone().requires_grad_()
    assert both(lambda x: linear(x, w).tanh(), [X], monkeypatch)[2] == []  # it is to be differentiated further


def test_a_value_that_was_overwritten_is_found(monkeypatch):
    def function(x):
        y = x * 1
        z = y * x
        with autograd.no_grad():
            y.zero_()
        return z

    with pytest.raises(autograd.errors.InplaceError):
        jacrev(function)(X)


def test_a_wrong_rule_is_found(monkeypatch):
    monkeypatch.setattr(stacked, "_linear", lambda dz, record: [dz @ record.saved * 1.001])
    monkeypatch.setattr(stacked, "_plans", {})
    function, x = SIMPLE["of many rows"]
    found, expected, _ = both(function, [x], monkeypatch)
    with pytest.raises(AssertionError):
        compared(found, expected, 1e-10)
