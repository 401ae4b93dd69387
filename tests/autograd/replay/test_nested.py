"""Two interpreters of operations, one inside the other, in any order: each does what it does alone."""

from __future__ import annotations

import numpy as np
import pytest

import autograd
from autograd import tensor
from autograd.compiler import build
from autograd.extend import array_of, record_of
from autograd.modes import state
from autograd.program.watched import Watched
from autograd.replay import compile


def numbers(*shape, seed=0):
    return tensor(np.random.default_rng(seed).standard_normal(shape))


def energy(x):
    return (x.tanh() * x * 2.0).sum()


@pytest.fixture
def inner():
    """A compiled function that has compiled code already."""
    compiled = compile(energy)
    for _ in range(4):
        compiled(numbers(3))
    return compiled


def test_a_capture_sees_what_a_compiled_function_does(inner):
    x = numbers(3, seed=1)
    program = autograd.capture(lambda x: inner(x) + x.exp().sum(), x)
    assert [step.name for step in program] == [
        step.name for step in autograd.capture(lambda x: energy(x) + x.exp().sum(), x)
    ]
    y = numbers(3, seed=2)
    assert program(y).item() == energy(y).item() + y.exp().sum().item()
    assert inner(y).item() == pytest.approx(energy(y).item(), rel=1e-12)


def test_a_compiled_function_may_capture():
    programs = []
    w = numbers(3, seed=5).requires_grad_()

    def f(x):
        before = x * w
        program = autograd.capture(energy, before.detach())
        programs.append([step.name for step in program])
        return program(x) + before.sum() + (record_of(before) is not None)

    expected = []
    for compiled in (lambda g: g, lambda g: compile(g, backend="eager"), compile):
        g = compiled(f)
        values = []
        for seed in range(5):
            z = g(numbers(3, seed=seed))
            z.backward()
            values += [z.item(), *w.grad.tolist()]
            w.grad = None
        expected = expected or values
        assert values == pytest.approx(expected, rel=1e-12)
    assert programs == [[step.name for step in autograd.capture(energy, numbers(3))]] * 15


def test_compile_in_capture_in_compile(inner):
    outer = compile(lambda x: autograd.capture(lambda x: inner(x) * 3.0, x)(x) + x.sum())
    for seed in range(5):
        x = numbers(3, seed=seed)
        assert outer(x).item() == pytest.approx((energy(x) * 3.0 + x.sum()).item(), rel=1e-12)
    assert state.interpreter is None


def test_compiled_programs_and_frozen_functions_in_a_capture():
    x = numbers(3)
    built, frozen = build(autograd.capture(energy, x)), compile(energy, frozen=True)
    frozen(x)
    program = autograd.capture(lambda x: built(x) + frozen(x), x)
    y = numbers(3, seed=4)
    assert program(y).item() == 2 * energy(y).item()
    assert "tanh" in [step.name for step in program]


def test_second_derivatives_of_compiled_code_are_captured(inner):
    """What is walked back was computed before the capture, by a compiled record."""
    x = numbers(3, seed=1).requires_grad_()
    z = inner(x)

    def slope(seed):
        (g,) = autograd.autograd.grad(z, x, grad_outputs=seed, create_graph=True)
        return (g * g).sum()

    program = autograd.capture(slope, tensor(1.0, dtype=np.float64))
    assert len(program) > 3
    assert program(tensor(1.0, dtype=np.float64)).item() == pytest.approx(slope(tensor(1.0, dtype=np.float64)).item())


def test_an_interpreter_is_put_back_when_something_fails(inner):
    def fails(x):
        with pytest.raises(autograd.errors.CaptureError):
            autograd.capture(lambda x: autograd.capture(energy, x)(x), x)
        with pytest.raises(ZeroDivisionError):
            autograd.capture(lambda x: 1 // 0, x)
        return energy(x)

    compiled = compile(fails)
    for _ in range(4):
        assert compiled(numbers(3)).item() == pytest.approx(energy(numbers(3)).item(), rel=1e-12)
    with pytest.raises(ZeroDivisionError):
        autograd.capture(lambda x: inner(x) + 1 // 0, numbers(3))
    assert state.interpreter is None
    assert state.capture is None


def test_a_watched_array_is_handed_on_as_it_is():
    seen = []

    def look(x):
        seen.append(array_of(array_of(x)))
        return x * 1.0

    autograd.capture(look, numbers(3))
    assert type(seen[0]) is Watched
