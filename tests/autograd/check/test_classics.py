"""The classic mistakes of hand-made gradients are named, and to look for a hint costs no more than the check itself."""

import numpy as np
import pytest

import autograd
import nn.functional as F
from autograd import Function

rng = np.random.default_rng(0)


def softmax(x):
    e = np.exp(x - x.max(1, keepdims=True))
    return e / e.sum(1, keepdims=True)


def normalised(x):
    return (x - x.mean(0)) / np.sqrt(x.var(0) + 1e-5)


def normalised_over_rows(x, dz):
    s, z = np.sqrt(x.var(0) + 1e-5), normalised(x)
    return ((dz - dz.mean(1, keepdims=True) - z * (dz * z).mean(1, keepdims=True)) / s,)


def relu(x):
    return np.maximum(x, 0)


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


MISTAKES = {
    "no mask": (relu, lambda x, dz: (dz,), [(5, 6)], "a mask is missing: the slope is 0 but where x > 0"),
    "other mask": (relu, lambda x, dz: (dz * (x < 0),), [(5, 6)], "where x < 0, but x > 0 would be right"),
    "diagonal": (
        softmax,
        lambda x, dz: (dz * softmax(x) * (1 - softmax(x)),),
        [(5, 6)],
        "the cross terms -z[i] * z[j] along axis 1 are missing",
    ),
    "softmax axis": (
        softmax,
        lambda x, dz: (softmax(x) * (dz - (dz * softmax(x)).sum(0)),),
        [(5, 6)],
        "taken over axis 0, but over axis 1 would be right",
    ),
    "bias axis": (
        lambda x, b: x + b,
        lambda x, b, dz: (dz, dz.sum(1)),
        [(6, 6), (6,)],
        "it is the sum of dZ over axis 1, but over axis 0 would be right",
    ),
    "scale axis": (
        lambda x, w: x * w,
        lambda x, w, dz: (dz * w, (dz * x).sum(1)),
        [(6, 6), (6,)],
        "it is the sum of dZ * x over axis 1, but over axis 0 would be right",
    ),
    "mean": (
        lambda x: x.mean(0),
        lambda x, dz: (np.broadcast_to(dz, x.shape),),
        [(5, 6)],
        "5 times too large, the size of axis 0: a sum where a mean was meant?",
    ),
    "norm axis": (normalised, normalised_over_rows, [(8, 4)], "over axis 1, but over axis 0 would be right"),
    "at the result": (
        sigmoid,
        lambda x, dz: (dz * sigmoid(sigmoid(x)) * (1 - sigmoid(sigmoid(x))),),
        [(5, 6)],
        "the derivative is taken at the result: at x it would be right",
    ),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_classic_mistakes_are_named(mistake):
    function, by_hand, shapes, hint = MISTAKES[mistake]
    report = autograd.check_derivation(function, [rng.normal(size=shape) for shape in shapes], by_hand)
    assert report.inputs[-1].verdict == "wrong"
    assert hint in report.inputs[-1].hint


def test_right_ones_are_not():
    def right(x, dz):
        return (dz * (x > 0),)

    assert autograd.check_derivation(relu, [rng.normal(size=(5, 6))], right)


class Counted(Function):
    """A convolution whose gradients are those of `turn`ed kernels, and which counts how often it is evaluated."""

    calls = 0
    turn = ""

    @staticmethod
    def forward(ctx, x, w):
        Counted.calls += 1
        ctx.save_for_backward(x, w)
        return F.conv2d(x, w, padding=1)

    @staticmethod
    def backward(ctx, dz):
        x, w = ctx.saved_tensors
        dx = F.conv_transpose2d(dz, w.flip(2).flip(3) if Counted.turn == "x" else w, padding=1)
        dw = F.conv2d(x.transpose(0, 1), dz.transpose(0, 1), padding=1).transpose(0, 1)
        return dx, dw.flip(2).flip(3) if Counted.turn == "w" else dw


def _checked(turn):
    x = autograd.tensor(rng.normal(size=(2, 3, 8, 8)), requires_grad=True)
    w = autograd.tensor(rng.normal(size=(4, 3, 3, 3)), requires_grad=True)
    Counted.calls, Counted.turn = 0, turn
    return autograd.check_grads(lambda x, w: Counted.apply(x, w).sin().sum(), [x, w]), Counted.calls


@pytest.mark.parametrize("turn", ["x", "w"])
def test_a_hint_costs_no_more_than_the_check(turn):
    report, calls = _checked("")
    assert report
    wrong, more = _checked(turn)
    assert not wrong
    assert "180 degrees" in wrong.wrong[0].hint
    assert more <= 2 * calls
