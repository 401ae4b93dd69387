"""Compilation: said once when it happens, silent from the cache, possible without a cache."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
PROGRAM = (
    "import numpy as np; from kernels import update; update.sgd(np.ones(3), np.ones(3), np.ones(1)); print('done')"
)


def run(**environment):
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        cwd=ROOT,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout == "done\n"
    return done.stderr


def test_a_cold_cache_says_what_is_happening_and_a_warm_one_is_silent(tmp_path):
    said = run(NUMBA_CACHE_DIR=str(tmp_path), NUMBA_DISABLE_JIT="0")
    assert said.startswith("wengert: compiling kernels for this machine, once; they are kept in ")
    assert str(tmp_path) in said
    assert said.count("\n") == 1
    assert run(NUMBA_CACHE_DIR=str(tmp_path), NUMBA_DISABLE_JIT="0") == ""


def test_without_compilation_kernels_run_as_python():
    assert run(NUMBA_DISABLE_JIT="1") == ""
