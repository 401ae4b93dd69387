"""The package as a whole: neighbours, threads, aliases."""

from __future__ import annotations

import subprocess
import sys
import warnings

import pytest

import autograd
from autograd.process import neighbours


def test_hips_autograd_is_noticed(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "path", [str(tmp_path), str(tmp_path / "missing")])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        neighbours.warn_about_hips()
    (tmp_path / "autograd-1.9.1.dist-info").mkdir()
    with pytest.warns(UserWarning, match="HIPS/autograd"):
        neighbours.warn_about_hips()


def test_threads_can_be_set():
    before = autograd.get_num_threads()
    try:
        autograd.set_num_threads(1)
        assert autograd.get_num_threads() == 1
    finally:
        autograd.set_num_threads(before)
    for wrong in (0, -1, 1.5, "2"):
        with pytest.raises(ValueError, match="positive integer"):
            autograd.set_num_threads(wrong)


def test_infinities_are_values_and_no_warnings():
    code = "import autograd; x = autograd.tensor([0.0, -1.0, 1e9]); print(x.log().tolist(), x.exp(), 1 / x, x.sqrt())"
    done = subprocess.run([sys.executable, "-W", "default", "-c", code], capture_output=True, text=True, check=True)
    assert done.stderr == ""
    assert done.stdout.startswith("[-inf, nan,")


def test_the_package_stands_in_for_two_names():
    """`import autograd as torch` must do for `torch.tensor` and `torch.autograd.grad`."""
    torch = autograd
    x = torch.tensor(3.0, requires_grad=True)
    (g,) = torch.autograd.grad(x * x, x)
    assert g.item() == 6
    assert torch.autograd.Function is autograd.Function
