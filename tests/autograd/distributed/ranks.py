"""Runs a program of the tests in several processes."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).parents[3]
MPIEXEC = shutil.which("mpiexec", path=os.path.dirname(sys.executable))

needs_mpi = pytest.mark.skipif(
    MPIEXEC is None or importlib.util.find_spec("mpi4py") is None,
    reason="mpi4py or mpiexec is not installed: pip install 'wengert[mpi]'",
)


class Ended(NamedTuple):
    """How a run ended."""

    status: int
    stdout: str
    stderr: str
    seconds: float

    @property
    def text(self) -> str:
        return self.stdout + self.stderr


def run(ranks: int, *command: str, timeout: float = 300, cwd: Path = ROOT, **variables: str) -> Ended:
    """mpiexec -n RANKS python COMMAND, with the tree that is tested."""
    assert MPIEXEC is not None
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "WENGERT_DATA": "", **variables}
    started = time.perf_counter()
    done = subprocess.run(
        [MPIEXEC, "-n", str(ranks), sys.executable, *command],
        cwd=cwd,
        env=environment,
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
    )
    return Ended(done.returncode, done.stdout, done.stderr, time.perf_counter() - started)


def program(ranks: int, name: str, *arguments: str, home: str = "tests.autograd.distributed.programs") -> Ended:
    """One of the functions in programs.py, in so many processes."""
    return run(ranks, "-m", home, name, *arguments)
