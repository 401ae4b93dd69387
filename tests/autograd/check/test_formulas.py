"""Where the formula of a Function goes astray, and Functions that draw random numbers."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

import autograd
import nn.functional as F
from autograd import check_grads


def leaf(*shape):
    return autograd.tensor(np.random.default_rng(0).standard_normal(shape), requires_grad=True)


def function(forward, backward):
    """A Function of Tensors: `backward(dz, *inputs)`."""

    class Made(autograd.Function):
        @staticmethod
        def forward(ctx, *inputs):
            ctx.save_for_backward(*inputs)
            return forward(*inputs)

        @staticmethod
        def backward(ctx, dz):
            return backward(dz, *ctx.saved_tensors)

    return Made.apply


def normalised(x):
    return (x - x.mean(0)) / x.var(0, correction=0).sqrt()


FORMULAS = {
    "factor of the result": (
        lambda x: x.tanh(),
        lambda dz, x: dz * (1 - x.tanh()),
        (4, 3),
        "a factor (1 + z) is missing",
    ),
    "factor of the input": (lambda x: x**3, lambda dz, x: 3 * dz * x, (4, 3), "a factor inputs is missing"),
    "cotangent forgotten": (lambda x: x.exp(), lambda dz, x: x.exp(), (4, 3), "a factor dZ is missing"),
    "no mask": (lambda x: x.relu(), lambda dz, x: dz, (4, 3), "a mask is missing"),
    "mean constant": (lambda x: x - x.mean(0), lambda dz, x: dz, (6, 3), "the way through a mean or sum"),
    "both constant": (
        normalised,
        lambda dz, x: dz / x.var(0, correction=0).sqrt(),
        (6, 3),
        "the ways through mean and deviation over axis 0",
    ),
    "softmax without its sum": (
        lambda x: F.softmax(x, 1),
        lambda dz, x: dz * F.softmax(x, 1),
        (3, 5),
        "a multiple of the result along axis 1",
    ),
    "one factor a row": (
        lambda x: x.exp(),
        lambda dz, x: dz * x.exp() * autograd.tensor([[1.0], [2.0], [3.0]]),
        (3, 4),
        "depends on the index of axis 0 alone: 1, 2, 3",
    ),
    "all the same": (lambda x: x.exp(), lambda dz, x: (dz * x.exp()).sum().expand(5), (5,), "the sum of all of them"),
}


@pytest.mark.parametrize("kind", FORMULAS)
def test_the_hint_says_what_the_formula_lacks(kind):
    forward, backward, shape, words = FORMULAS[kind]
    (wrong,) = check_grads(function(forward, backward), leaf(*shape)).wrong
    assert words in wrong.hint


def test_the_kernel_that_is_not_turned_is_named():
    def backward(dz, x, w):
        dw = F.conv2d(x.transpose(0, 1), dz.transpose(0, 1)).transpose(0, 1)
        return F.conv2d(F.pad(dz, (2, 2, 2, 2)), w.transpose(0, 1)), dw

    rng = np.random.default_rng(0)
    inputs = [autograd.tensor(rng.standard_normal(shape), requires_grad=True) for shape in ((2, 2, 5, 5), (3, 2, 3, 3))]
    (wrong,) = check_grads(function(F.conv2d, backward), inputs).wrong
    assert "turned by 180 degrees) in argument 1" in wrong.hint


def test_the_right_product_is_named():
    def backward(dz, x, w):
        return dz @ w, x.T @ dz

    (wrong,) = check_grads(function(lambda x, w: x @ w, backward), [leaf(4, 4), leaf(4, 4).T.clone()]).wrong
    assert wrong.hint.endswith("would be right")


class Masked(autograd.Function):
    """Dropout that draws its mask within forward."""

    stale = False

    @staticmethod
    def forward(ctx, x):
        ctx.mask = (autograd.rand(*x.shape) > 0.5).to(x.dtype)
        return x * ctx.mask

    @staticmethod
    def backward(ctx, dz):
        return dz * ((autograd.rand(*dz.shape) > 0.5).to(dz.dtype) if Masked.stale else ctx.mask)


def test_a_function_that_draws_numbers_is_checked_with_those_it_drew(monkeypatch):
    assert check_grads(lambda x: Masked.apply(x.exp()).sin(), leaf(4, 5)).verdict == "correct"
    monkeypatch.setattr(Masked, "stale", True)
    report = check_grads(lambda x: Masked.apply(x.exp()).sin(), leaf(4, 5))
    assert {record.op for record in report.wrong} == {"Masked"}
    assert "mask" in report.wrong[0].hint


def test_a_function_that_counts_its_calls_is_not_called_right_or_wrong():
    calls = []

    def forward(x):
        calls.append(1)
        return x * len(calls)

    report = check_grads(function(forward, lambda dz, x: dz), leaf(4))
    assert report.records[0].verdict == "inconclusive"
    assert "another result" in report.records[0].hint


def test_a_symmetric_gradient_on_purpose_is_not_wrong_at_second_order():
    x = np.random.default_rng(0).standard_normal((3, 3))
    report = check_grads(autograd.linalg.cholesky, autograd.tensor(x @ x.T + 3 * np.eye(3)), second_order=True)
    assert report.verdict == "inconclusive"
    assert "on purpose" in str(report)


def test_the_checker_is_imported_when_it_is_asked_for():
    code = (
        "import sys, autograd; before = 'autograd.check' in sys.modules; autograd.check_grads; "
        "print(before, 'autograd.check' in sys.modules, 'gradcheck' in dir(autograd))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "True", "True"]
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = autograd.nothing
