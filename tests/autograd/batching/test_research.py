"""Programs of research, with transforms that run everything at once, against loops and recorded walks back."""

from __future__ import annotations

import importlib
import re
import types
from pathlib import Path

import numpy as np
import pytest

from tests.conformance import research

FOLDER = Path(research.__file__).parent
PROGRAMS = {
    f"{name}-{program.__name__}": (name, program.__name__)
    for name in research.NAMES
    for program in importlib.import_module(f"tests.conformance.research.{name}").ALL
    if "dropout" not in program.__name__
}


def slow(name):
    """A file of programs, with transforms that are loops."""
    text = (FOLDER / f"{name}.py").read_text()
    text = re.sub(r"^from autograd.func import", "from tests.autograd.batching.slowly import", text, flags=re.MULTILINE)
    module = types.ModuleType(f"{name}_slowly")
    exec(compile(text, name, "exec"), module.__dict__)
    return module


SLOW = {name: slow(name) for name in research.NAMES}


def compared(found, expected):
    assert len(found) == len(expected)
    for x, y in zip(found, expected, strict=True):
        x, y = x.detach().numpy(), y.detach().numpy()
        assert (x.shape, x.dtype) == (y.shape, y.dtype)
        np.testing.assert_allclose(x, y, 1e-9, 1e-10)


@pytest.mark.parametrize("program", sorted(PROGRAMS))
def test_a_program(program):
    file, name = PROGRAMS[program]
    found = getattr(importlib.import_module(f"tests.conformance.research.{file}"), name)()
    compared(found, getattr(SLOW[file], name)())


def test_a_wrong_gradient_is_found(monkeypatch):
    from tests.autograd.batching import slowly

    right = slowly._pulled
    monkeypatch.setattr(slowly, "_pulled", lambda *given: [g * 1.000001 for g in right(*given)])
    with pytest.raises(AssertionError):
        test_a_program("per_sample-influence_functions")
