"""Writes in place to what a frozen function has made: compiled, and the same as without a compiler."""

from __future__ import annotations

import numpy as np
import pytest

import autograd
from autograd import tensor
from autograd.compiler import build
from autograd.compiler.pure import PUT, pure
from autograd.errors import CaptureError


def _x(seed=0):
    return tensor(np.random.default_rng(seed).standard_normal((4, 3)).astype(np.float32), requires_grad=True)


def _number(x):
    h = x * 2
    h[0] = 0
    return (h * h).sum()


def _rows(x):
    h = autograd.zeros(5, 3)
    for i in range(4):
        h[i + 1] = h[i] * 0.5 + x[i]
    return (h * h).sum()


def _view(x):
    h = x * 2
    row = h[1]
    row.add_(5)
    row *= x[0]
    return (h * h).sum() + row.sum()


def _turned(x):
    h = x * 2
    turned = h.T
    turned[0] = x[:, 2]
    turned[1:, ::2].mul_(3)
    return (h * h).sum()


def _mask(x):
    h = x * 2
    h[h < 0] = 0.5
    return (h * h).sum()


def _seen_before(x):
    h = x * 2
    before = h + h
    h -= x.mean()
    return (before * h).sum()


def _untracked(x):
    h = x.detach().clone()
    h -= h.mean(0)
    with autograd.no_grad():
        h.div_(2)
    return (h * x).sum()


def _other_dtype(x):
    h = autograd.zeros(4, 3)
    h.copy_(x)
    h.clamp_(-1, 1)
    return (h * x).sum()


def _returned(x):
    h = x * 2
    h[:, 1] = 7
    return h


def _asked(x):
    h = x * 2
    h.add_(1)
    if h.sum().item() > -1000:
        h.mul_(2)
    return h.sum()


SURE = [_number, _rows, _view, _turned, _mask, _seen_before, _untracked, _other_dtype, _returned, _asked]


def _run(function, seed):
    x = _x(seed)
    z = function(x)
    (z * z).sum().backward()
    return z.detach().numpy(), x.grad.numpy()


@pytest.mark.parametrize("function", SURE)
def test_writes_become_values(function):
    program = build(autograd.capture(function, _x())).lowered[0]
    assert not any(step.writes for step in program.steps)
    compiled = autograd.compile(function, frozen=True)
    for seed in range(3):
        for got, want in zip(_run(compiled, seed), _run(function, seed), strict=True):
            np.testing.assert_allclose(got, want, rtol=1e-5, atol=1e-6)


def _through_reshape(x):
    h = x * 2
    h.view(12)[3] = 1
    return h.sum()


def _under_no_grad(x):
    h = x * 2
    with autograd.no_grad():
        h.mul_(3)  # the gradient is that of before
    return (h * h).sum()


def _argument(x):
    with autograd.no_grad():
        x += 1
    return x.sum()


def _kept_by_a_record(x):
    h = x * 2
    before = h * h
    h -= x.mean()
    return (before * h).sum()


def _kept_result(x):
    h = x.exp()
    h[0] = 0
    return h.sum()


NOT_SURE = [_through_reshape, _under_no_grad, _argument, _kept_by_a_record, _kept_result]


@pytest.mark.parametrize("function", NOT_SURE)
def test_what_is_not_certain_is_refused(function):
    program = autograd.capture(function, _x())
    assert pure(program) is program or any(step.writes for step in pure(program).steps)
    with pytest.raises(CaptureError, match=r"test_pure\.py:\d+ writes"):
        build(program)


def _random(seed):
    """A function that makes views of what it has made, and writes to them."""

    def function(x):
        rng = np.random.default_rng(seed)
        made = [x * 2, autograd.ones(4, 3)]
        for _ in range(6):
            h = made[rng.integers(len(made))]
            how = rng.integers(7)
            if how == 0:
                made.append(h[int(rng.integers(h.shape[0]))] if h.ndim > 1 else h[:2])
            elif how == 1 and h.ndim > 1:
                made.append(h.T)
            elif how == 2:
                h[..., 0] = float(rng.integers(3))
            elif how == 3:
                h[h > 0.7] = 0.25
            elif how == 4:
                h.mul_(float(rng.integers(1, 3)))
            elif how == 5:
                h[0] = h[-1] * 0.5
            else:
                made.append(h * 0.5)
        total = made[0].sum() * 0
        for number, h in enumerate(made):
            total = total + (h * (number + 1)).sum()
        return total

    return function


def test_random_programs():
    compiled = 0
    for seed in range(30):
        function = _random(seed)
        try:
            frozen = autograd.compile(function, frozen=True)
            got = [_run(frozen, k) for k in range(2)][1]
        except CaptureError:
            continue
        compiled += 1
        for a, b in zip(got, _run(function, 1), strict=True):
            np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-5, err_msg=str(seed))
    assert compiled >= 25


def test_put_has_the_derivative_of_an_assignment():
    x, v = np.arange(6.0).reshape(2, 3), np.array([[7.0], [8.0]])
    z = PUT.forward(x, v, index=(slice(None), slice(1, 3)))
    np.testing.assert_array_equal(z, [[0, 7, 7], [3, 8, 8]])
    dz = np.arange(1.0, 7).reshape(2, 3)
    np.testing.assert_array_equal(PUT.rules["x"](dz, (slice(None), slice(1, 3))), [[1, 0, 0], [4, 0, 0]])
    np.testing.assert_array_equal(PUT.rules["v"](dz, v.shape, (slice(None), slice(1, 3))), [[5], [11]])
