"""Gradients that are wanted while the walk goes on: each when nothing more can come to it, with the same bits."""

import gc

import numpy as np
import pytest

import autograd
import nn
from autograd import arrivals
from autograd.extend import Arrivals


class Listener:
    """What has come, and how many operations had been walked over by then."""

    def __init__(self, parameters):
        self.log = []
        self.parameters = list(parameters)
        self.walked = 0
        self.arrivals = Arrivals(self.parameters, self.arrived, lambda: self.log.append("end"))
        self.arrivals.refresh()

    def step(self, x):
        x.register_hook(lambda g: setattr(self, "walked", self.walked + 1))
        return x

    def arrived(self, index):
        self.log.append((index, self.walked, self.parameters[index].grad.detach().numpy().copy()))

    @property
    def order(self):
        return [entry if entry == "end" else entry[:2] for entry in self.log]


@pytest.fixture(autouse=True)
def _none_left():
    yield
    gc.collect()
    assert arrivals.watched == {}


def chain(weights, x, listener=None):
    for w in weights:
        x = (x * w).tanh()
        x = x if listener is None else listener.step(x)
    return x.sum()


def leaves(count):
    return [autograd.tensor([1.0 + i, 2.0], requires_grad=True) for i in range(count)]


def test_each_comes_when_its_first_use_has_been_passed():
    weights = leaves(3)
    listener = Listener(weights)
    chain([*weights, weights[2]], autograd.tensor([0.1, 0.2]), listener).backward()
    assert listener.order == [(2, 2), (1, 3), (0, 4), "end"]
    listener.arrivals.close()


def test_the_bits_are_those_of_a_plain_walk():
    autograd.manual_seed(0)
    cell, x = nn.LSTMCell(6, 16), autograd.randn(20, 3, 6)

    def run():
        state = None
        for row in x:
            state = cell(row, state)
        state[0].sum().backward()
        found = [p.grad.numpy().copy() for p in cell.parameters()]
        cell.zero_grad()
        return found

    plain = run()
    listener = Listener(cell.parameters())
    for a, b in zip(plain, run(), strict=True):
        np.testing.assert_array_equal(a, b)
    for index, _, grad in listener.log[:-1]:
        np.testing.assert_array_equal(grad, plain[index])


def test_it_is_complete_when_it_comes_also_beside_a_checkpoint():
    weights = leaves(2)
    listener = Listener(weights)
    inner = autograd.checkpoint(lambda x: chain(weights, x), autograd.tensor([0.1, 0.2], requires_grad=True))
    (inner * weights[0]).sum().backward()
    assert sorted(entry[0] for entry in listener.log[:-1]) == [0, 1]
    for index, _, grad in listener.log[:-1]:
        np.testing.assert_array_equal(grad, weights[index].grad.numpy())


def test_hooks_run_before_and_sums_go_on():
    (w,) = leaves(1)
    w.register_hook(lambda g: 2 * g)
    listener = Listener([w])
    for expected in ([2, 2], [4, 4]):
        (w * 1).sum().backward()
        assert listener.log[-2][2].tolist() == expected
    assert listener.log[-1] == "end"


def test_higher_derivatives_and_other_ways_to_ask():
    (w,) = leaves(1)
    listener = Listener([w])
    (w * w * w).sum().backward(create_graph=True)
    assert w.grad.requires_grad
    assert listener.order == [(0, 0), "end"]
    autograd.grad((w * 2).sum(), w)
    assert len(listener.log) == 2
    w.grad = None
    mark = autograd.tape().mark()
    (w * 2).sum().backward(until=mark)
    assert w.grad.tolist() == [2, 2]
    autograd.tape().rewind(mark)


def test_one_that_was_frozen_and_is_no_longer():
    (w,) = leaves(1)
    w.requires_grad_(False)
    listener = Listener([w])
    w.requires_grad_(True)
    (w * 2).sum().backward()
    assert listener.log == []
    listener.arrivals.refresh()
    (w * 2).sum().backward()
    assert listener.order == [(0, 0), "end"]


def test_nothing_is_done_where_nobody_listens(monkeypatch):
    def never(*arguments):
        raise AssertionError("looked through the walk")

    monkeypatch.setattr(arrivals, "early", never)
    (w,) = leaves(1)
    (w * 2).sum().backward()
    assert w.grad.tolist() == [2, 2]
