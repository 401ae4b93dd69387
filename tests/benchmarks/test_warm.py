"""The command that compiles beforehand: afterwards nobody waits."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks import cli
from benchmarks.warm import MODELS

ROOT = Path(__file__).parents[2]

TRAINING = """
import autograd, nn
autograd.manual_seed(0)
model = nn.Sequential(nn.Linear(784, 100), nn.ReLU(), nn.BatchNorm1d(100), nn.Linear(100, 10))
optimizer = nn.optim.Adam(model.parameters())
data = autograd.rand(640, 784), autograd.randint(0, 10, (640,))
nn.fit(model, data, loss=nn.CrossEntropyLoss(), optimizer=optimizer, epochs=2, validation=data, progress=False)
"""


def test_a_name_that_is_not_there(capsys):
    assert cli.main(["warm", "mpl"]) == 2
    assert "no model 'mpl': did you mean mlp?" in capsys.readouterr().err


def test_all_is_offered(capsys):
    assert cli.main(["warm", "--help"]) == 0
    said = capsys.readouterr().out
    assert [name for name in MODELS if name not in said] == []


@pytest.mark.slow
def test_afterwards_a_training_compiles_nothing(tmp_path):
    environment = {**os.environ, "NUMBA_CACHE_DIR": str(tmp_path), "PYTHONPATH": ""}

    def run(*command):
        done = subprocess.run(
            [sys.executable, *command], cwd=ROOT, env=environment, capture_output=True, text=True, timeout=500
        )
        assert done.returncode == 0, done.stderr
        return done

    first = run("-m", "benchmarks", "warm", "mlp")
    assert first.stdout.startswith("1 of 1  mlp")
    assert "kernels compiled in" in first.stderr
    assert run("-c", TRAINING).stderr == ""
    assert run("-m", "benchmarks", "warm", "mlp").stderr == ""
