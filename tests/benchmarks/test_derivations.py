"""The derivations of the homeworks: each is right, and each popular mistake is caught, with its reason."""

from __future__ import annotations

import numpy as np
import pytest

import autograd
from benchmarks.courses.derivations import DERIVATIONS, Derivation

MISTAKES = [(name, mistake) for name, derivation in DERIVATIONS.items() for mistake in derivation.mistakes]


@pytest.mark.parametrize("name", DERIVATIONS)
def test_every_derivation_is_right(name):
    report = DERIVATIONS[name].check()
    assert report.verdict == "correct", report
    assert report.inputs


@pytest.mark.parametrize("name", DERIVATIONS)
def test_every_derivation_is_what_backward_gives(name):
    derivation = DERIVATIONS[name]
    leaves = [autograd.tensor(x, requires_grad=x.dtype.kind == "f") for x in derivation.inputs]
    z = derivation.function(*leaves)
    dZ = np.random.default_rng(1).standard_normal(z.shape)
    z.backward(autograd.tensor(dZ))
    gradients = derivation.gradient(*derivation.inputs, dZ)
    wanted = [x for x in leaves if x.requires_grad]
    gradients = gradients if isinstance(gradients, tuple) else (gradients,)
    for x, gradient in zip(wanted, gradients, strict=False):
        np.testing.assert_allclose(x.grad.numpy(), gradient, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize(("name", "mistake"), MISTAKES, ids=[f"{name}: {mistake.name}" for name, mistake in MISTAKES])
def test_every_mistake_is_caught_with_its_reason(name, mistake):
    report = DERIVATIONS[name].check(mistake.gradient)
    wrong = [result for result in report.inputs if result.verdict == "wrong"]
    assert report.verdict == "wrong"
    assert [result.argument for result in wrong] == mistake.argument.split()
    assert all(mistake.hint in result.hint for result in wrong), report


def test_a_wrong_derivation_in_the_table_would_be_noticed():
    right = DERIVATIONS["tanh"]
    broken = Derivation("tanh", right.function, right.inputs, lambda X, dZ: dZ * (1 - np.tanh(X)), ())
    assert broken.check().verdict == "wrong"
