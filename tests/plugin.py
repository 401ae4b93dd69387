"""Fixtures for tests and doctests alike: a seeded generator, and a tape that is empty before and after every test."""

import numpy as np
import pytest

import autograd


@pytest.fixture
def rng():
    return np.random.default_rng(0)


@pytest.fixture(autouse=True)
def clean_tape():
    autograd.tape().clear()
    yield
    autograd.tape().clear()
