"""`python -m benchmarks explore`: a page for each of the standard models."""

from __future__ import annotations

import pytest

from benchmarks.cli import main
from benchmarks.gradcheck.models import MODELS


def test_a_page_for_a_model(tmp_path, capsys):
    assert main(["explore", "mlp", "--out", str(tmp_path)]) == 0
    text = (tmp_path / "mlp.html").read_text(encoding="utf-8")
    assert "<title>mlp" in text
    assert "http" not in text.replace("http://www.w3.org/2000/svg", "")  # nothing is fetched from anywhere
    assert "12 steps forward" in capsys.readouterr().out


def test_verdicts_are_shown_on_request(tmp_path, capsys):
    assert main(["explore", "mlp", "--check", "--out", str(tmp_path)]) == 0
    assert "; correct" in capsys.readouterr().out
    assert "CORRECT" in (tmp_path / "mlp.html").read_text(encoding="utf-8")


def test_unknown_models_and_folders_are_refused(tmp_path, capsys):
    assert main(["explore", "mpl", "--out", str(tmp_path)]) == 2
    assert "did you mean mlp" in capsys.readouterr().err
    (tmp_path / "file").touch()
    assert main(["explore", "mlp", "--out", str(tmp_path / "file")]) == 2
    assert "cannot be written" in capsys.readouterr().err


@pytest.mark.slow
def test_no_page_of_a_standard_model_is_large(tmp_path):
    assert main(["explore", "--out", str(tmp_path)]) == 0
    sizes = {name: (tmp_path / f"{name}.html").stat().st_size for name in MODELS}
    assert max(sizes.values()) < 1_000_000, sizes
