"""A few attempts at each target, and planted faults that are found."""

from __future__ import annotations

import os

import numpy as np
import pytest

import nn
from tests.fuzz import __main__ as fuzz
from tests.fuzz import targets


@pytest.mark.parametrize(("target", "count"), [("files", 150), ("shapes", 150), ("threads", 5)])
def test_attempts_find_nothing(target, count):
    assert [found for seed in range(count) if (found := targets.TARGETS[target](seed))] == []


@pytest.mark.slow
@pytest.mark.timeout(1000)
def test_ten_minutes_find_nothing(capsys):
    assert fuzz.main(["600", "--seed", "1000"]) == 0, capsys.readouterr().out


def test_a_reader_that_stumbles_is_found(monkeypatch):
    def stumble(*_):
        raise OverflowError("planted")

    monkeypatch.setattr(nn, "load", stumble)
    assert any(found and "planted" in found for found in map(targets.files, range(20)))


def test_other_numbers_are_found(monkeypatch):
    monkeypatch.setattr(np, "allclose", lambda *_, **__: False)
    assert any(found and "other numbers" in found for found in map(targets.shapes, range(20)))


def test_other_bits_in_threads_are_found(monkeypatch):
    bits = iter(range(100))
    monkeypatch.setattr(targets, "_trained", lambda seed: bytes([next(bits)]))
    assert "other bits" in (targets.threads(1) or "")


@pytest.mark.parametrize("fault", ["crash", "hang"])
def test_a_process_that_ends_otherwise_is_found(fault, monkeypatch, tmp_path):
    """Through the command itself: an interpreter that crashes, or waits for ever, at its first attempt."""
    text = "import os, sys, time\nprint('at', 7, flush=True)\n"
    text += "os.abort()\n" if fault == "crash" else "time.sleep(60)\n"
    script = tmp_path / "python"
    script.write_text(f'#!/bin/sh\nexec {os.path.realpath(os.sys.executable)} -c "{text}"\n')
    script.chmod(0o755)
    monkeypatch.setattr(fuzz.sys, "executable", str(script))
    monkeypatch.setattr(fuzz, "PATIENCE", 1.0)
    seed, findings = fuzz.watched("files", 7, 0.5)
    assert seed == 8
    assert findings[0].startswith("7 ended with status")
