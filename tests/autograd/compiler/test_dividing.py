"""Frozen steps that walk back more than once, and what a step cannot be frozen with: both do what Python does."""

from __future__ import annotations

import copy
import warnings

import numpy as np
import pytest

import autograd
import nn
import nn.functional as F
from autograd import tensor
from autograd.compiler import frozen, staged
from autograd.errors import GraphError
from kernels.machine import jit

from .test_training import walks

pytestmark = pytest.mark.skipif(not jit.ENABLED, reason="nothing is compiled")

RNG = np.random.default_rng(0)
REAL = [tensor(RNG.standard_normal((8, 2)), dtype=autograd.float32) for _ in range(6)]
NOISE = [tensor(RNG.standard_normal((8, 3)), dtype=autograd.float32) for _ in range(6)]


class Pair:
    """Two networks that learn against each other."""

    def __init__(self, norm=False):
        autograd.manual_seed(0)
        middle = [nn.BatchNorm1d(16)] if norm else []
        self.g = nn.Sequential(nn.Linear(3, 16), *middle, nn.ReLU(), nn.Linear(16, 2))
        self.d = nn.Sequential(nn.Linear(2, 16), *copy.deepcopy(middle), nn.LeakyReLU(0.2), nn.Linear(16, 1))
        self.of_g = nn.optim.SGD(self.g.parameters(), 0.05, momentum=0.5)
        self.of_d = nn.optim.SGD(self.d.parameters(), 0.05, momentum=0.5)

    def learn(self, loss, optimiser):
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()

    def state(self):
        return [x.detach().numpy().copy() for m in (self.g, self.d) for x in m.state_dict().values()]


def fake_first(pair, x, z):
    fake = pair.g(z)
    first = F.softplus(-pair.d(x)).mean() + F.softplus(pair.d(fake.detach())).mean()
    pair.learn(first, pair.of_d)
    second = F.softplus(-pair.d(fake)).mean()
    pair.learn(second, pair.of_g)
    return first, second


def real_first(pair, x, z):
    real = F.softplus(-pair.d(x)).mean()
    fake = pair.g(z)
    first = real + F.softplus(pair.d(fake.detach())).mean()
    pair.learn(first, pair.of_d)
    second = F.softplus(-pair.d(fake)).mean()
    pair.learn(second, pair.of_g)
    return first.detach(), second.detach(), fake.detach()


def three_losses(pair, x, z):
    a, b = pair.g(z), pair.g(z * 2)
    c = (pair.d(x) ** 2).mean()
    pair.of_g.zero_grad()
    pair.of_d.zero_grad()
    (a * a).sum().backward()
    c.backward()
    (b.tanh() * b).sum().backward()
    pair.of_g.step()
    pair.of_d.step()
    return c


def result_that_others_walk_back_from(pair, x, z):
    fake = pair.g(z)
    pair.learn((pair.d(x) ** 2).mean(), pair.of_d)
    return fake


def ran(make, way, norm):
    pair = Pair(norm)
    step = way(lambda x, z: make(pair, x, z))
    found = []
    for x, z in zip(REAL, NOISE, strict=True):
        out = step(x, z)
        for each in out if isinstance(out, tuple) else (out,):
            found.append(each.detach().numpy().copy())
        if make is result_that_others_walk_back_from:
            pair.of_g.zero_grad()
            (out * out).sum().backward()
            pair.of_g.step()
    return [*found, *pair.state()], step


@pytest.mark.parametrize("norm", [False, True])
@pytest.mark.parametrize("make", [fake_first, real_first, three_losses, result_that_others_walk_back_from])
def test_each_walk_back_has_what_it_needs(make, norm):
    wanted, _ = ran(make, lambda f: f, norm)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found, step = ran(make, frozen, norm)
    for a, b in zip(found, wanted, strict=True):
        np.testing.assert_allclose(a, b, 2e-4, 2e-6)
    if make is not three_losses:
        assert walks(step)  # one of the walks is computed together with its loss


def test_one_record_for_all_is_found(monkeypatch):
    """A planted fault."""
    monkeypatch.setattr(staged, "divided", lambda program, numbers, losses: [numbers])
    with pytest.raises(GraphError):
        ran(fake_first, frozen, False)


def test_walks_that_come_to_the_same_raise_as_without():
    def make(way):
        pair = Pair()

        @way
        def step(x, z):
            h = pair.g(z).tanh()
            (h * h).sum().backward()
            (h * 2).exp().sum().backward()

        return step

    for way in (lambda f: f, frozen):
        step = make(way)
        for _ in range(3):
            with pytest.raises(GraphError, match="second time"):
                step(REAL[0], NOISE[0])


# ------------------------------------------------------------------------------ what a step cannot be frozen with


def reads_grad(w, x):
    loss = ((x @ w) ** 2).mean()
    loss.backward()
    with autograd.no_grad():
        w -= 0.1 * w.grad
    w.grad = None
    return loss


def asks_with_a_gradient(w, x):
    z = (x @ w).tanh()
    z.backward(z.detach() * 2)
    return z


def walks_twice(w, x):
    loss = ((x @ w).tanh() ** 2).sum()
    loss.backward(retain_graph=True)
    loss.backward()
    return loss


def two_losses_on_one_trunk(w, x):
    h = (x @ w).tanh()
    first, second = (h * h).sum(), h.exp().mean()
    first.backward(retain_graph=True)
    second.backward()
    return first, second


def graph_of_the_walk(w, x):
    loss = ((x @ w) ** 2).mean()
    loss.backward(create_graph=True)
    (w.grad * w.grad).sum().backward()
    return loss


def adds_a_hook(w, x):
    h = x @ w
    h.register_hook(lambda g: g * 3)
    (h * h).sum().backward()
    return h


def by_the_function(w, x):
    loss = ((x @ w) ** 2).mean()
    autograd.backward(loss)
    return loss


def gives_another_array(w, x):
    h = (x @ w).sum()
    x.data = x.data * 2
    return h * x.sum()


def clears_by_hand(w, x):
    w.grad = None
    loss = ((x @ w) ** 2).mean()
    loss.backward()
    return loss


ONCE = {walks_twice, two_losses_on_one_trunk, asks_with_a_gradient, clears_by_hand}
"""Those that can be frozen."""


def outcomes(function, way):
    w = tensor(np.random.default_rng(1).standard_normal((4, 4)), requires_grad=True)
    step = way(lambda x: function(w, x))
    found = []
    for k in range(5):
        x = tensor(np.random.default_rng(k).standard_normal((3, 4)))
        out = step(x)
        found += [z.detach().numpy().copy() for z in (out if isinstance(out, tuple) else (out,))]
        found += [x.numpy().copy(), w.detach().numpy().copy()]
        found.append(None if w.grad is None else w.grad.detach().numpy().copy())
        if function is not reads_grad:
            w.grad = None
    return found


@pytest.mark.filterwarnings("ignore:Using backward")
@pytest.mark.parametrize(
    "function",
    [
        *(reads_grad, asks_with_a_gradient, walks_twice, two_losses_on_one_trunk, graph_of_the_walk, adds_a_hook),
        *(by_the_function, gives_another_array, clears_by_hand),
    ],
)
def test_what_cannot_be_frozen_runs_as_it_is_and_says_so_once(function):
    wanted = outcomes(function, lambda f: f)
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        found = outcomes(function, frozen)
    told = [str(each.message) for each in told if "not compiled" in str(each.message)]
    assert len(told) == (function not in ONCE), told
    assert all("test_dividing.py" in line for line in told), told
    for a, b in zip(found, wanted, strict=True):
        assert (a is None) == (b is None)
        if a is not None:
            np.testing.assert_allclose(a, b, 1e-6, 1e-9)


def test_arguments_that_nobody_can_compare():
    step = frozen(lambda x, options: (x * options["by"].pop()).sum())
    with pytest.warns(UserWarning, match="cannot be frozen"):
        assert step(tensor([1.0, 2.0]), {"by": {3}}).item() == 9
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert step(tensor([1.0, 2.0]), {"by": {4}}).item() == 12
