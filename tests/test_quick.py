"""`python -m tests quick` finds the tests of what was changed."""

from __future__ import annotations

from tests.__main__ import ROOT, SMOKE, of_changed


def test_changed_files_have_their_tests_run():
    changed = [
        "kernels/machine/jit.py",
        "nn/optim/swa_utils.py",
        "tests/autograd/test_tape.py",
        "README.md",
        "nn/gone.py",
    ]
    wanted = ["tests/kernels/machine/test_jit.py", "tests/nn/optim/test_swa_utils.py", "tests/autograd/test_tape.py"]
    assert of_changed(changed) == [test for test in wanted if (ROOT / test).exists()]
    assert len(of_changed(changed)) >= 2


def test_what_always_runs_is_there():
    assert [test for test in SMOKE if not (ROOT / test).exists()] == []
