"""Programs that break compilers: compiled, each does what it does without, to the last bit."""

from __future__ import annotations

import numpy as np
import pytest

from autograd.replay import compile
from autograd.replay.function import Compiled
from tests.programs import PROGRAMS, identity, seen_of

TOLERANCE = 0.0
"""How far numbers may lie apart, relative to the largest: 0 means the same bits."""


def interpreted(function):
    """`compile`, where all that was promised is computed step by step."""
    out = compile(function)
    compiled = out if isinstance(out, Compiled) else getattr(out, "__dict__", {}).get("forward")
    if isinstance(compiled, Compiled):
        compiled.memory.compiles = False
    return out


def differences(a, b, tolerance=TOLERANCE, path="result"):
    """Where two nests of values differ, as lines."""
    if type(a) is not type(b):
        return [f"{path}: {a!r} is not {b!r}"]
    if isinstance(a, np.ndarray) and (a.dtype, a.shape) == (b.dtype, b.shape):
        if a.tobytes() == b.tobytes():
            return []
        far = np.abs(a.astype(np.float64) - b) > tolerance * np.abs(a.astype(np.float64)).max(initial=0)
        return [f"{path}: {a} is not {b}"] if tolerance == 0 or far.any() else []
    if isinstance(a, dict) and list(a) == list(b):
        return [line for key in a for line in differences(a[key], b[key], tolerance, f"{path}[{key!r}]")]
    if isinstance(a, (list, tuple)) and len(a) == len(b):
        pairs = enumerate(zip(a, b, strict=True))
        return [line for k, (x, y) in pairs for line in differences(x, y, tolerance, f"{path}[{k}]")]
    if isinstance(a, (np.ndarray, list, tuple)) or repr(a) != repr(b):
        return [f"{path}: {a!r} is not {b!r}"]
    return []


@pytest.mark.parametrize("name", PROGRAMS)
def test_programs_do_what_they_do(name):
    found = differences(seen_of(PROGRAMS[name], identity), seen_of(PROGRAMS[name], interpreted))
    assert not found, f"{len(found)} differences:\n" + "\n".join(found[:5])
