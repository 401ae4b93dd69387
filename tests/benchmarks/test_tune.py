"""The command that measures a machine: what it prints, keeps, and removes."""

import os

import pytest

from autograd import tuning
from benchmarks import cli


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    """Nothing is measured: two choices are found."""
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path))
    monkeypatch.setattr(tuning.choices, "ASKED", "")
    found = [tuning.Choice("thread", 100, 200, "it takes longer"), tuning.Choice("size sum", 512, 1024, "so it is")]
    monkeypatch.setattr(tuning, "measured", lambda: iter(found))
    monkeypatch.setattr(os, "getloadavg", lambda: (0.1, 0.1, 0.1))
    return tmp_path


def test_what_is_found_is_printed_and_kept_until_it_is_removed(home, capsys):
    assert cli.main(["tune"]) == 0
    _, first, second, _, last = capsys.readouterr().out.splitlines()
    assert first.split(maxsplit=3) == ["thread", "100", "200", "it takes longer"]
    assert second.split(maxsplit=4) == ["size", "sum", "512", "1024", "so it is"]
    (file,) = home.iterdir()
    assert last == f"kept in {file}"
    assert "thread 200\n" in file.read_text()
    assert cli.main(["tune", "--defaults"]) == 0
    assert capsys.readouterr().out == f"removed {file}\n"
    assert cli.main(["tune", "--defaults"]) == 0
    assert capsys.readouterr().out == "nothing was kept\n"


def test_a_trial_keeps_nothing(home, capsys):
    assert cli.main(["tune", "--try"]) == 0
    assert "it takes longer" in capsys.readouterr().out
    assert list(home.iterdir()) == []


def test_nothing_is_measured_on_a_busy_machine(home, capsys, monkeypatch):
    monkeypatch.setattr(os, "getloadavg", lambda: (3.0, 0.1, 0.1))
    assert cli.main(["tune"]) == 1
    assert "3.0 other processes were running" in capsys.readouterr().out
    assert list(home.iterdir()) == []


def test_where_nothing_can_be_kept(home, capsys, monkeypatch):
    monkeypatch.setattr(tuning, "keep", lambda found: None)
    assert cli.main(["tune"]) == 1
    assert "not kept" in capsys.readouterr().out


def test_where_no_file_decides(capsys, monkeypatch):
    monkeypatch.setattr(tuning.choices, "ASKED", "default")
    assert cli.main(["tune"]) == 2
    assert "WENGERT_CHOICES=default: no file decides" in capsys.readouterr().err
