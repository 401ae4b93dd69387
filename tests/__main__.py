"""`python -m tests`: formatting, lint, types and tests, in that order; stops at the first that fails.

python -m tests -m slow    further arguments go to pytest; these run the slow tests instead
python -m tests python     the tests of kernels, with kernels that run as Python: arrays check their own indices
python -m tests bounds     the tests of kernels, compiled with every index checked, into an empty cache
python -m tests avx2       the tests of kernels, compiled as for x86-64 without AVX-512; `sse`: without AVX too
python -m tests sweep      the tests of autograd and nn, with the tape swept at every record
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
GATES = (
    ["ruff", "format", "--check", "--quiet", "."],
    ["ruff", "check", "--quiet", "."],
    ["mypy", "--no-error-summary"],
    ["pytest", "-q", "-n", "auto", "--maxprocesses", "4", "--dist", "worksteal"],
)
MODES = {
    "python": {"NUMBA_DISABLE_JIT": "1"},
    "bounds": {"NUMBA_BOUNDSCHECK": "1"},
    "avx2": {"NUMBA_CPU_NAME": "haswell", "NUMBA_CPU_FEATURES": "+avx2,+fma,-avx512f"},
    "sse": {"NUMBA_CPU_NAME": "x86-64", "NUMBA_CPU_FEATURES": "+sse2"},
}


def in_mode(mode: str, arguments: list[str], **options: Any) -> subprocess.CompletedProcess[Any]:
    """Run pytest with kernels in a mode of Numba. The cache is empty: Numba's own one mixes code of all modes."""
    command = [sys.executable, "-m", "pytest", "-q", *arguments]
    with tempfile.TemporaryDirectory() as cache:
        environment = {**os.environ, **MODES[mode], "NUMBA_CACHE_DIR": cache}
        return subprocess.run(command, cwd=ROOT, env=environment, check=False, **options)


def main(arguments: list[str]) -> int:
    if arguments and arguments[0] == "sweep":
        command = [sys.executable, "-m", "pytest", "-q", "tests/autograd", "tests/nn", *arguments[1:]]
        environment = {**os.environ, "WENGERT_SWEEP_ALWAYS": "1"}
        return subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode
    if arguments and arguments[0] in MODES:
        return in_mode(arguments[0], ["tests/kernels", *arguments[1:]]).returncode
    for gate in GATES:
        command = [sys.executable, "-m", *gate, *(arguments if gate[0] == "pytest" else [])]
        print("+", "python -m", *command[2:], flush=True)
        status = subprocess.run(command, cwd=ROOT, check=False).returncode
        if status:
            return status
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
