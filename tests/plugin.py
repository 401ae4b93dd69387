"""Fixtures for tests and doctests alike: a seeded generator, and nothing left over from the test before."""

import os

os.environ.setdefault("WENGERT_CHOICES", "default")  # what tests compare does not hang on what was measured

import numpy as np
import pytest

import autograd
from autograd.fast.tape import FastTape
from autograd.tapes import Tape
from nn import learner

SWEEP_ALWAYS = os.environ.get("WENGERT_SWEEP_ALWAYS") == "1"
"""Sweep the tape at every record, as `python -m tests sweep` does: whoever remembers a position on it will be wrong."""

if SWEEP_ALWAYS:

    def _soon(self):
        """Instead of `Tape.expect`: at once, except on long tapes, where that would take for ever."""
        self.limit = -1 if self.watch is not None else 0 if len(self.records) < 400 else len(self.records) + 400

    Tape.expect = FastTape.expect = FastTape._expect_no_later = _soon


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
