"""Frozen losses with labels: the few operations of eager, bit for bit, and what was asked of labels is asked again."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

import nn.functional as F
from autograd import tensor
from autograd.compiler import frozen
from autograd.compiler.stepwise import Stepwise, _Writer
from autograd.errors import LabelError
from kernels.machine import jit

pytestmark = pytest.mark.skipif(not jit.ENABLED, reason="nothing is compiled")


def of(loss, **settings):
    """A loss of scores and labels."""
    return lambda x, y: loss(x, y, **settings)


LOSSES = {
    "cross entropy": of(F.cross_entropy),
    "with weights": of(F.cross_entropy, weight=tensor(np.linspace(0.1, 1, 300, dtype="f"))),
    "nll": of(F.nll_loss),
    "nll of log softmax": lambda x, y: F.nll_loss(F.log_softmax(x, 1), y),
    "embedding": lambda x, y: F.embedding(y, x),
}


def data(seed):
    rng = np.random.default_rng(seed)
    x = tensor(rng.standard_normal((400, 300)).astype("f"), requires_grad=True)
    return x, tensor(rng.integers(0, 300, 400))


def both(loss, x, y):
    """The value and the gradient."""
    x.grad = None
    z = loss(x, y)
    z.backward(tensor(np.ones(z.shape, "f")))
    return z.detach().numpy(), x.grad.numpy()


@pytest.mark.parametrize("name", LOSSES)
def test_losses_run_as_without(name):
    loss = LOSSES[name]
    compiled = frozen(loss)
    for seed in range(3):
        for mine, its in zip(both(compiled, *data(seed)), both(loss, *data(seed)), strict=True):
            np.testing.assert_array_equal(mine, its)
    ((entry,),) = compiled.compiled.values()
    assert type(entry.compiled) is Stepwise


@pytest.mark.parametrize("label", [1000, -1])
@pytest.mark.parametrize("name", LOSSES)
def test_labels_that_are_no_classes_are_refused_in_the_same_words(name, label):
    loss = LOSSES[name]
    compiled = frozen(loss)
    x, y = data(0)
    for _ in range(2):
        both(compiled, x, y)
    wrong = y.clone()
    wrong[7] = label
    with pytest.raises((LabelError, IndexError)) as expected:
        loss(x, wrong)
    with pytest.raises(type(expected.value)) as error:
        compiled(x, wrong)
    assert str(error.value) == str(expected.value)
    for mine, its in zip(both(compiled, x, y), both(loss, x, y), strict=True):
        np.testing.assert_array_equal(mine, its)


def test_what_only_warns_is_asked_again():
    """Scores that are probabilities already."""
    compiled = frozen(LOSSES["cross entropy"])
    x, y = data(0)
    for _ in range(2):
        both(compiled, x, y)
    p = tensor(np.full((400, 300), 1 / 300, "f"), requires_grad=True)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for mine, its in zip(both(compiled, p, y), both(LOSSES["cross entropy"], p, y), strict=True):
            np.testing.assert_array_equal(mine, its)
    (known,) = compiled.compiled.values()
    assert len(known) == 2


def test_questions_that_are_not_asked_again_are_found(monkeypatch):
    """A planted fault."""
    monkeypatch.setattr(_Writer, "_guard", lambda writer, guard: "    pass")
    with pytest.raises((AssertionError, pytest.fail.Exception)):
        test_what_only_warns_is_asked_again()
