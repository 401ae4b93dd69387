"""Fixtures for tests and doctests alike: a seeded generator, and nothing left over from the test before."""

import numpy as np
import pytest

import autograd
from nn import learner


@pytest.fixture
def rng():
    return np.random.default_rng(0)


@pytest.fixture(autouse=True)
def clean_tape():
    autograd.tape().clear()
    yield
    autograd.tape().clear()


@pytest.fixture(autouse=True)
def no_warnings_given_yet():
    """Warnings for learners are given once per process; here once per test, whatever ran before."""
    learner.learner_warnings(True)
    learner.trained = False
