"""Programs that break compilers: compiled, each does what it does without.

While steps are interpreted, all is the same to the last bit. Compiled code adds up in another order, so numbers may
differ in their last digits; its records have other names; and it does not warn of infinities as NumPy does.
"""

from __future__ import annotations

import re

import numpy as np
import pytest

from autograd.replay import compile
from autograd.replay.function import Compiled
from autograd.replay.variants import Variant
from tests.programs import PROGRAMS, identity, seen_of
from tests.programs.drawn import drawn_program

EXACT, COMPILED = 0.0, 1e-4
"""How far numbers may lie apart, relative to the largest of an array: 0 means the same bits."""

NAMING = {"a_walk_that_ends_at_a_mark", "a_value_is_a_constant_elsewhere"}
"""Programs that look at the names of records."""


def interpreted(function):
    """`compile`, where all that was promised is computed step by step."""
    out = compile(function)
    compiled = out if isinstance(out, Compiled) else getattr(out, "__dict__", {}).get("forward")
    if isinstance(compiled, Compiled):
        compiled.memory.compiles = False
    return out


def differences(a, b, tolerance, path="result"):
    """Where two nests of values differ, as lines."""
    if type(a) is not type(b):
        return [f"{path}: {a!r} is not {b!r}"]
    if isinstance(a, dict) and list(a) == list(b):
        return [line for key in a for line in differences(a[key], b[key], tolerance, f"{path}[{key!r}]")]
    if isinstance(a, (list, tuple)) and len(a) == len(b):
        pairs = enumerate(zip(a, b, strict=True))
        return [line for k, (x, y) in pairs for line in differences(x, y, tolerance, f"{path}[{k}]")]
    return [] if alike(a, b, tolerance) else [f"{path}: {a!r} is not {b!r}"]


def alike(a, b, tolerance):
    """Are two values the same, but for what compiled code may do otherwise if there is a tolerance?"""
    if isinstance(a, np.ndarray):
        if (a.dtype, a.shape) != (b.dtype, b.shape):
            return False
        if a.tobytes() == b.tobytes():
            return True
    if tolerance and isinstance(a, (np.ndarray, float)) and np.asarray(a).dtype.kind == "f":
        x, y = np.asarray(a, np.float64), np.asarray(b, np.float64)
        finite = np.isfinite(x)
        near = np.abs(x[finite] - y[finite]) <= tolerance * max(np.abs(x[finite]).max(initial=0), 0.1)
        return bool(near.all()) and np.array_equal(x[~finite], y[~finite], equal_nan=True)
    if isinstance(a, str) and tolerance:
        return bare(a) == bare(b)
    return not isinstance(a, (np.ndarray, list, tuple, dict)) and repr(a) == repr(b)


def bare(text):
    """A text without numbers and names of operations."""
    return re.sub(r"\w+ at [\w/]+\.py:\d+|grad_fn=\S+|[-+]?\d[\d.]*(e[-+]\d+)?|\s+", "#", text)


def loud(seen):
    """What a program did, without warnings of NumPy."""
    found, said, drawn = seen
    return [found, [(kind, text) for kind, text in said if kind != "RuntimeWarning"], drawn]


@pytest.mark.parametrize("name", PROGRAMS)
def test_programs_do_what_they_do(name):
    program = PROGRAMS[name]
    expected = seen_of(program, identity)
    found = differences(expected, seen_of(program, interpreted), EXACT)
    assert not found, f"{len(found)} differences:\n" + "\n".join(found[:5])
    if name not in NAMING:
        found = differences(loud(expected), loud(seen_of(program, compile)), COMPILED)
        assert not found, f"{len(found)} differences where it is compiled:\n" + "\n".join(found[:5])


def test_differences_are_found():
    world = [1, 2.0, "3 at a.py:4", {"x": np.ones(3, np.float32)}, np.array(["no", "numbers"])]
    assert differences(world, world, EXACT) == []
    assert len(differences([1.0, -0.0, np.float32(1), "1"], [1.0, 0.0, np.float64(1), "2"], EXACT)) == 3
    assert differences([1.0, "1"], [1.00001, "2"], COMPILED) == []
    x = np.array([1.0, np.inf, np.nan])
    assert differences(x, x * (1 + 1e-5), COMPILED) == []
    assert len(differences([x, x, {"a": 1}], [x * 1.01, np.array([1.0, 1.0, np.nan]), {"b": 1}], COMPILED)) == 3
    assert differences([1], [1, 2], EXACT)
    assert differences(1, True, COMPILED)


@pytest.mark.parametrize("seed", range(60))
def test_drawn_programs_do_what_they_do(seed):
    program = drawn_program(seed)
    expected = seen_of(program, identity)
    found = differences(expected, seen_of(program, interpreted), EXACT)
    assert not found, f"{len(found)} differences:\n" + "\n".join(found[:5])
    if seed < 30:
        found = differences(loud(expected), loud(seen_of(program, compile)), COMPILED)
        assert not found, f"{len(found)} differences where it is compiled:\n" + "\n".join(found[:5])


def test_programs_are_compiled(monkeypatch):
    """A compiler that gives up would pass all tests above."""
    made, said = [], []
    compile_, say = Variant.compile, Variant.say

    def seen_to_compile(self, *given):
        compile_(self, *given)
        made.append(self.compiled is not None)

    monkeypatch.setattr(Variant, "compile", seen_to_compile)
    monkeypatch.setattr(Variant, "say", lambda self, why: said.append(why) or say(self, why))
    for name in ("loops_of_changing_length", "an_optimiser_step_inside", "recurrent_layers", "outputs_of_all_kinds"):
        seen_of(PROGRAMS[name], compile)
    assert sum(made) >= 10
    assert not [why for why in said if "Error" in why]
