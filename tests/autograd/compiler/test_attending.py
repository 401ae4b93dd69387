"""Attention that is written out: found in a program, and the same as step by step."""

from __future__ import annotations

import math

import numpy as np
import pytest

import autograd
from autograd.compiler import build
from nn import functional as F

N, HEADS, LENGTH, WIDTH = 2, 3, 33, 7
MASK = np.triu(np.ones((LENGTH, LENGTH), bool), 1)


def _inputs(seed=0, kind=np.float32):
    rng = np.random.default_rng(seed)
    make = lambda: autograd.tensor(rng.standard_normal((N, LENGTH, HEADS * WIDTH)).astype(kind), requires_grad=True)
    return [make() for _ in range(3)]


def _heads(x):
    return x.view(N, LENGTH, HEADS, WIDTH).transpose(1, 2)


def _attention(masked, scaled=lambda s: s / math.sqrt(WIDTH)):
    def attention(q, k, v):
        scores = masked(scaled(_heads(q) @ _heads(k).transpose(-2, -1)))
        return F.softmax(scores, dim=-1) @ _heads(v)

    return attention


def _filled(low):
    hidden = autograd.tensor(MASK)
    return lambda scores: scores.masked_fill(hidden, low)


def _queries_scaled(q, k, v):
    scores = (0.5 * (_heads(q) / math.sqrt(WIDTH))) @ _heads(k).transpose(-2, -1)
    return F.softmax(scores + ADDED, dim=-1) @ _heads(v)


ADDED = autograd.tensor(np.where(MASK, -math.inf, 0).astype(np.float32))
FORMS = {
    "filled": _attention(_filled(-math.inf)),
    "filled in part": _attention(_filled(-3.0)),
    "added": _attention(lambda scores: scores + ADDED),
    "open": _attention(lambda scores: scores),
    "multiplied": _attention(lambda scores: scores, lambda scores: 0.25 * scores * 0.5),
    "queries scaled": _queries_scaled,
    "bare": _attention(lambda scores: scores, lambda scores: scores),
}


def _steps(program):
    return [step.name for step in build(program).lowered[0].steps]


def _gradients(function, inputs):
    for x in inputs:
        x.grad = None
    z = function(*inputs)
    values = z.detach().numpy()
    z.backward(autograd.tensor(np.random.default_rng(9).standard_normal(z.shape).astype(values.dtype)))
    return [values, *[x.grad.numpy() for x in inputs]]


@pytest.mark.parametrize("form", FORMS)
def test_it_is_one_step_and_the_same(form):
    function = FORMS[form]
    names = _steps(autograd.capture(function, *_inputs()))
    assert names.count("attend") == 1
    assert not {"softmax", "masked_fill", "mul", "div"}.intersection(names)
    want = _gradients(function, _inputs())
    for way in (autograd.compile(function, frozen=True), autograd.compile(function)):
        for _ in range(4):
            got = _gradients(way, _inputs())
        for a, b in zip(got, want, strict=True):
            np.testing.assert_allclose(a, b, rtol=2e-5, atol=2e-6)


@pytest.mark.parametrize("bad", [math.inf, math.nan])
def test_what_is_hidden_may_be_infinite(bad):
    """-inf in the place of a score hides what -inf that is added to it would not."""
    function = FORMS["filled"]

    def with_it(run):
        inputs = _inputs()
        with autograd.no_grad():
            inputs[1][:, LENGTH - 1] = bad
        return _gradients(run, inputs)

    want, got = with_it(function), with_it(autograd.compile(function, frozen=True))
    assert np.isfinite(want[0][:, :, : LENGTH - 1]).all()
    for a, b in zip(got, want, strict=True):
        np.testing.assert_allclose(a, b, rtol=2e-5, atol=2e-6)


def test_a_row_of_which_all_is_hidden_is_nan():
    hidden = MASK.copy()
    hidden[2] = True
    mask = autograd.tensor(hidden)
    function = _attention(lambda scores: scores.masked_fill(mask, -math.inf))
    got, want = [_gradients(run, _inputs()) for run in (autograd.compile(function, frozen=True), function)]
    assert np.isnan(want[0][:, :, 2]).all()
    for a, b in zip(got, want, strict=True):
        np.testing.assert_allclose(a, b, rtol=2e-5, atol=2e-6)


def test_a_factor_that_changes():
    factor = [0.5]
    function = _attention(_filled(-math.inf), lambda scores: scores * factor[0])
    compiled = autograd.compile(function)
    for number in (0.5, 0.5, 0.5, 0.25, -1.0):
        factor[0] = number
        for a, b in zip(_gradients(compiled, _inputs()), _gradients(function, _inputs()), strict=True):
            np.testing.assert_allclose(a, b, rtol=2e-5, atol=2e-6)


def test_what_is_seen_between_is_left_alone():
    def weights_too(q, k, v):
        weights = F.softmax(_heads(q) @ _heads(k).transpose(-2, -1), dim=-1)
        return weights @ _heads(v), weights

    def other_axis(q, k, v):
        return F.softmax(_heads(q) @ _heads(k).transpose(-2, -1), dim=-2) @ _heads(v)

    def scores_twice(q, k, v):
        scores = _heads(q) @ _heads(k).transpose(-2, -1)
        return F.softmax(scores, dim=-1) @ _heads(v) + scores.sum()

    def tracked_bias(q, k, v):
        return F.softmax(_heads(q) @ _heads(k).transpose(-2, -1) + q.sum(), dim=-1) @ _heads(v)

    def looked_at(q, k, v):
        weights = F.softmax(_heads(q) @ _heads(k).transpose(-2, -1), dim=-1)
        weights[0, 0, 0, 0].item()
        return weights @ _heads(v)

    for function in (weights_too, other_axis, scores_twice, tracked_bias, looked_at):
        assert "attend" not in _steps(autograd.capture(function, *_inputs())), function.__name__


def test_second_derivatives_are_those_of_the_steps():
    function = FORMS["filled"]

    def slopes(run):
        q, k, v = _inputs(kind=np.float64)
        (g,) = autograd.grad((run(q, k, v) ** 2).sum(), q, create_graph=True)
        g.square().sum().backward()
        return [x.grad.numpy() for x in (q, k, v)]

    for a, b in zip(slopes(autograd.compile(function, frozen=True)), slopes(function), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-9, atol=1e-12)
