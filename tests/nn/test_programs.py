"""Programs written as for PyTorch run here after a change of imports, and learn. (Their losses are compared with
PyTorch's by `python -m tests.conformance --only programs`.)"""

import importlib
import itertools

import numpy as np
import pytest

import autograd
from tests.conformance.programs import NAMES

LEARNS = {
    "custom_function": slice(1, 20, 2),
    "dcgan": slice(0, 12, 2),
    "gpt": slice(0, 12),
    "lbfgs_sine": slice(0, 12),
    "pinn": slice(0, 5),
    "real_nvp": slice(0, 12),
    "seq2seq": slice(0, 10),
    "unet": slice(0, 10),
    "vae": slice(0, 10),
    "wgan_gp": slice(0, 13, 3),
    "word_model": slice(0, 10),
}
"""Which of the losses must have fallen in the end; the other programs take too few steps for that."""

STEPS = {"resnet": 1, "dcgan": 12}


@pytest.mark.parametrize("name", NAMES)
def test_a_ported_program_runs_and_learns(name):
    autograd.manual_seed(0)
    program = importlib.import_module(f"tests.conformance.programs.{name}")
    model = program.build()
    before = {key: value.numpy().copy() for key, value in model.state_dict().items()}
    with np.errstate(all="ignore"):  # one of them takes the logarithm of a mask
        losses = list(itertools.islice(program.train(model), STEPS.get(name, 30)))
    assert np.isfinite(losses).all()
    assert all(np.isfinite(value.numpy()).all() for value in model.state_dict().values())
    assert any(not np.array_equal(before[key], value.numpy()) for key, value in model.state_dict().items())
    if name in LEARNS:
        kept = losses[LEARNS[name]]
        assert min(kept[-2:]) < 0.99 * kept[0], kept
