"""Results that hang on one another, or lie in memory with gaps, are compiled, and nobody can tell."""

from __future__ import annotations

import numpy as np
import pytest

import autograd
from autograd import tensor
from autograd.replay import compile

W = tensor(np.random.default_rng(7).standard_normal((3, 4)), requires_grad=True)


def _x(seed=0):
    return tensor(np.random.default_rng(seed).standard_normal((5, 3)), requires_grad=True)


def _hidden_and_loss(x):
    h = (x @ W).tanh()
    return h, (h * h).sum()


def _shared(x):
    a = (x @ W).exp()
    h = a.tanh()
    return h, (h * a).sum(), a.detach().mean()


def _three(x):
    a = (x @ W).sigmoid()
    b = (a * a.mean()).tanh()
    return b, a, (a * b).sum()


def _twice(x):
    h = (x @ W).tanh()
    return h, (h * x.sum()).exp().mean(), (h * h).sum()


HANGING = [_hidden_and_loss, _shared, _three, _twice]


def _gradients(run, seed):
    """What there is to be asked of the results of a call, on the way back through all and through parts."""
    x = _x(seed)
    results = run(x)
    first, loss = results[0], results[-1] if results[-1]._node is not None else results[-2]
    heard = []
    first.register_hook(lambda g: heard.append(g.numpy().copy()))
    found = [z.detach().numpy() for z in results]
    (slope,) = autograd.grad(loss, first, retain_graph=True, allow_unused=True)
    found.append(np.zeros(1) if slope is None else slope.numpy())
    W.grad = None
    (loss + first.sum()).backward()
    return [*found, *heard, x.grad.numpy(), W.grad.numpy()]


def _variants(compiled):
    step = next(iter(compiled.memory.roots.values()))
    while step.follow is not None:
        step = step.follow
    return step.variants.values()


@pytest.mark.parametrize("function", HANGING)
def test_results_that_hang_on_one_another_are_compiled(function):
    compiled = compile(function)
    for seed in range(5):
        for got, want in zip(_gradients(compiled, seed), _gradients(function, seed), strict=True):
            np.testing.assert_allclose(got, want, rtol=1e-12, atol=1e-12)
    assert not compiled.memory.refused
    assert all(len(variant.compiled.parts) > 1 for variant in _variants(compiled))


def test_one_walk_back_takes_the_other_as_without_a_compiler():
    """What both walks need is gone after the first."""
    for run in (_hidden_and_loss, compile(_hidden_and_loss)):
        for _ in range(4):
            h, loss = run(_x())
        loss.backward()
        with pytest.raises(RuntimeError, match="second time"):
            h.sum().backward()


def _gaps(x):
    return (x @ W).tanh()[:, ::2]


def _front(x):
    return (x @ W).tanh()[1:, :2].T


def _repeated(x):
    return (x @ W).tanh().sum(0).expand(3, 4)


@pytest.mark.parametrize("function", [_gaps, _front, _repeated])
def test_results_with_gaps_are_compiled(function):
    compiled = compile(function)
    for seed in range(5):
        found = []
        for run in (compiled, function):
            x = _x(seed)
            z = run(x)
            (z * z).sum().backward()
            found.append((z.stride(), z.detach().numpy(), x.grad.numpy()))
        assert found[0][0] == found[1][0]
        for got, want in zip(found[0][1:], found[1][1:], strict=True):
            np.testing.assert_allclose(got, want, rtol=1e-12, atol=1e-12)
    assert not compiled.memory.refused
    assert all(variant.compiled is not None for variant in _variants(compiled))
