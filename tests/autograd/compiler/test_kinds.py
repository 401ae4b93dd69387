"""Programs whose calls are of several kinds by turns: compiled functions give what eager gives, call by call."""

from __future__ import annotations

import numpy as np
import pytest

import autograd
import nn
import nn.functional as F
from autograd import tensor
from autograd.compiler import frozen
from autograd.compiler.compiled import Compiled
from kernels.machine import jit

PROGRAMS = {}


def program(make):
    """A maker of a function, of the arguments of call number i, and of the Tensors whose gradients are compared."""
    PROGRAMS[make.__name__] = make
    return make


def drawn(seed, *shape, grad=False):
    return tensor(np.random.default_rng(seed).standard_normal(shape).astype("f"), requires_grad=grad)


def labels(seed, classes, *shape):
    return np.random.default_rng(seed).integers(0, classes, shape)


@program
def labels_that_are_ignored_now_and_then():
    x = drawn(0, 400, 200, grad=True)

    def given(i):
        y = labels(i, 200, 400)
        y[: 50 * (i % 4 == 3)] = -100
        return tensor(y)

    return lambda y: F.cross_entropy(x, y), given, [x]


@program
def weights_of_classes_that_change_in_place():
    x, w = drawn(0, 400, 200, grad=True), tensor(np.ones(200, "f"))

    def given(i):
        w.mul_(0.5 + i % 3)
        w[i] = 3.0
        return tensor(labels(i, 200, 400))

    return lambda y: F.cross_entropy(x, y, weight=w), given, [x]


@program
def sequences_of_two_lengths():
    cell = nn.LSTMCell(16, 160)

    def last(x):
        state = None
        outputs = []
        for row in x:
            state = cell(row, state)
            outputs.append(state[0])
        return (outputs[-1] ** 2).sum() + autograd.stack(outputs).sin().sum()

    return last, lambda i: drawn(i, 60 if i % 3 else 7, 20, 16), list(cell.parameters())


@program
def dropout_between_softmax_and_product():
    w = drawn(0, 200, 200, grad=True)
    return lambda x: (F.dropout((x @ w).softmax(-1), 0.3) @ w).pow(2).sum(), lambda i: drawn(i, 100, 200), [w]


@program
def a_branch_by_a_label():
    x = drawn(0, 400, 200, grad=True)

    def loss(y):
        z = F.nll_loss(F.log_softmax(x, 1), y)
        return z * 2 if int(y[0]) % 2 else z

    return loss, lambda i: tensor(labels(i, 200, 400)), [x]


@pytest.mark.parametrize("way", ["replayed", "frozen", "frozen, recorded by turns", "frozen, walked back twice"])
@pytest.mark.parametrize("name", PROGRAMS)
def test_calls_of_several_kinds(name, way):
    expected, found = [
        called(PROGRAMS[name], each, way.endswith("turns"), way.endswith("twice"))
        for each in (lambda f: f, autograd.compile if way == "replayed" else frozen)
    ]
    for mine, its in zip(found, expected, strict=True):
        for a, b in zip(mine, its, strict=True):
            np.testing.assert_allclose(a, b, rtol=0, atol=1e-5 * max(np.abs(b).max(), 1e-3))


def called(make, way, turns, twice):
    """Values and gradients of nine calls."""
    autograd.manual_seed(1)
    function, given, sources = make()
    function, results = way(function), []
    for i in range(9):
        for x in sources:
            x.grad = None
        if turns and i % 3 == 1:
            with autograd.no_grad():
                results.append([function(given(i)).numpy().copy()])
            continue
        z = function(given(i))
        if twice:
            z.backward(retain_graph=True)
        z.backward()
        results.append([z.detach().numpy().copy(), *[x.grad.numpy().copy() for x in sources]])
    return results


@pytest.mark.skipif(not jit.ENABLED, reason="nothing is compiled")
def test_a_branch_that_is_taken_for_another_is_found(monkeypatch):
    """A planted fault."""
    monkeypatch.setattr(Compiled, "told", lambda compiled, asked: None)
    with pytest.raises(AssertionError):
        test_calls_of_several_kinds("a_branch_by_a_label", "frozen")
