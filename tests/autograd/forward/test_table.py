"""Every operation at its example: what is carried along with its value against what is pulled back through it.

For a direction v and a cotangent u, u J v is the same from both sides. So it is for the derivative of a gradient; and
several directions that are mapped over give what they give one by one.
"""

from __future__ import annotations

import numpy as np
import pytest

import autograd
from autograd import func
from autograd.forward import rules, single
from nn.examples import examples
from tests.cases import CASES

EXAMPLES = examples()
ROWS = {f"{case}-{number}": case for number, case in enumerate(CASES)}
NOT_SMOOTH = {"zeta"}  # has no derivative by its first input, so a gradient's derivative is not symmetric


def _floating(z):
    return tuple(x for x in (z if isinstance(z, (tuple, list)) else [z]) if x.dtype.kind == "f")


def assert_close(a, b, rtol=1e-8):
    assert a.shape == b.shape
    np.testing.assert_allclose(a.numpy(), b.numpy(), rtol, rtol)


def check(call, arrays, second=True, precise=True):
    floating = [k for k, a in enumerate(arrays) if a.dtype.kind == "f"]
    rng = np.random.default_rng(0)
    for chosen in [[k] for k in floating] + ([floating] if len(floating) > 1 else []):

        def function(*given, chosen=chosen):
            inputs = [autograd.tensor(a) for a in arrays]
            for k, x in zip(chosen, given, strict=True):
                inputs[k] = x
            return _floating(call(*inputs))

        xs = tuple(autograd.tensor(arrays[k]) for k in chosen)
        vs = tuple(autograd.tensor(rng.standard_normal((2, *arrays[k].shape))) for k in chosen)
        v = tuple(each[0] for each in vs)
        outs, pull = func.vjp(function, *xs)
        if not outs:
            return
        values, moved = func.jvp(function, xs, v)
        rtol = 1e-8 if precise and all(z.dtype == np.float64 for z in outs) else 1e-4
        us = tuple(autograd.tensor(rng.standard_normal(z.shape), dtype=z.dtype) for z in outs)
        for z, value, t in zip(outs, values, moved, strict=True):
            assert_close(z, value)
            assert (t.shape, t.dtype, t.requires_grad) == (z.shape, z.dtype, False)
        forward = sum(float((u * t).sum()) for u, t in zip(us, moved, strict=True))
        reverse = sum(float((g * x).sum()) for g, x in zip(pull(us), v, strict=True))
        np.testing.assert_allclose(forward, reverse, rtol, rtol)
        mapped = func.vmap(lambda *v, f=function, xs=xs: func.jvp(f, xs, v)[1])(*vs)
        for k in range(2):
            for t, alone in zip(mapped, func.jvp(function, xs, tuple(each[k] for each in vs))[1], strict=True):
                assert_close(t[k], alone, rtol)
        if second:
            assert_second(function, xs, v, rtol * 100)


def assert_second(function, xs, v, rtol):
    numbers = tuple(range(len(xs)))
    gradient = func.grad(lambda *xs: sum((z * z).sum() for z in function(*xs)), argnums=numbers)
    along = func.grad(lambda *xs: sum((g * t).sum() for g, t in zip(gradient(*xs), v, strict=True)), argnums=numbers)
    for a, b in zip(func.jvp(gradient, xs, v)[1], along(*xs), strict=True):
        assert_close(a, b, rtol)


@pytest.fixture(autouse=True)
def _formulas_over_what_is_impossible():
    with np.errstate(invalid="ignore", divide="ignore"):
        yield


@pytest.mark.parametrize("name", sorted(EXAMPLES))
def test_an_example_forward_equals_reverse(name):
    example = EXAMPLES[name]
    check(example.call, [x.detach().numpy() for x in example.tensors()], name not in NOT_SMOOTH)


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(ROWS))
def test_a_row_forward_equals_reverse(name):
    case = ROWS[name]
    smooth = case.covers not in NOT_SMOOTH and case.order > 1
    precise = case.covers != "to"  # which goes through float32
    check(lambda *xs: case.function(*xs, **case.params), case.draw(np.random.default_rng(1)), smooth, precise)


WRITTEN = sorted(name for name in {**rules.PUSHES, **single.RULES} if name in EXAMPLES)


@pytest.mark.parametrize("name", WRITTEN)
def test_a_rule_equals_pulling_back_twice(name, monkeypatch):
    example = EXAMPLES[name]
    xs = [x.detach() for x in example.tensors()]
    moving = [k for k, x in enumerate(xs) if x.dtype.kind == "f"]

    def along():
        def function(*given):
            inputs = list(xs)
            for k, x in zip(moving, given, strict=True):
                inputs[k] = x
            return _floating(example.call(*inputs))

        chosen = tuple(xs[k] for k in moving)
        return func.jvp(function, chosen, tuple(x.cos() for x in chosen))[1]

    own = along()
    monkeypatch.setattr(rules, "_pushes", {})
    monkeypatch.setattr(rules, "_found", lambda op: rules.pulled_twice)
    for a, b in zip(own, along(), strict=True):
        assert_close(a, b, 1e-4 if a.dtype == np.float32 else 1e-8)


def test_a_wrong_rule_is_found(monkeypatch):
    tanh = autograd.op.registry["tanh"]
    monkeypatch.setitem(rules._pushes, tanh, lambda op, inputs, tangents, *rest: tangents[0] * 0.5)
    with pytest.raises(AssertionError):
        check(tanh, [np.ones((2, 3))])
