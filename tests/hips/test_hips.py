"""Every case of the comparison with HIPS/autograd runs here, and a difference is found. The comparison: tests.hips."""

from __future__ import annotations

import importlib.util
import os
import sys

import pytest

from tests.hips.__main__ import compare, main, run, same

PEER = os.environ.get("WENGERT_HIPS")


@pytest.mark.skipif(importlib.util.find_spec("scipy") is None, reason="needs SciPy: pip install 'wengert[scipy]'")
def test_every_case_runs_here():
    found = run(sys.executable, True)
    assert len(found) > 1200
    assert [f"{case}: {line['error']}" for case, line in found.items() if "error" in line] == []


@pytest.mark.slow
@pytest.mark.skipif(PEER is None, reason="WENGERT_HIPS names an interpreter that has HIPS/autograd and SciPy")
def test_almost_all_is_as_in_hips(monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["tests.hips", "--peer", str(PEER)])
    assert main() == 0
    print(capsys.readouterr().out)


def test_differences_are_found():
    theirs = {name: {"case": name, "value": [1.0, [2.0, float("nan")]]} for name in "abc"} | {"d": {"error": "theirs"}}
    ours = theirs | {"b": {"case": "b", "value": [1.0, [2.1, float("nan")]]}, "c": {"case": "c", "error": "TypeError"}}
    assert compare(theirs, ours) == (3, ["b: other numbers", "c: TypeError"])
    assert compare(theirs, theirs) == (3, [])
    assert not same([1.0], 1.0)
    assert not same([1.0], [1.0, 2.0])
