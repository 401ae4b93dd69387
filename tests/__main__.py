"""`python -m tests`: formatting, lint, types and tests, in that order; stops at the first that fails.

python -m tests quick      formatting, lint, and the tests of what was changed since the last commit, with a few that
                           most mistakes show in: under a minute; files and folders may be added
python -m tests -m slow    further arguments go to pytest; these run the slow tests instead
python -m tests python     the tests of kernels, with kernels that run as Python: arrays check their own indices
python -m tests bounds     the tests of kernels, compiled with every index checked, into an empty cache
python -m tests avx2       the tests of kernels, compiled as for x86-64 without AVX-512; `sse`: without AVX too
python -m tests fuzz       random damage to files, sizes and threads for ten minutes; a number of seconds may be added
python -m tests sweep      the tests of autograd and nn, with the tape swept at every record
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
GATES = (
    ["ruff", "format", "--check", "--quiet", "."],
    ["ruff", "check", "--quiet", "."],
    ["mypy", "--no-error-summary"],
    ["pytest", "-q", "-n", "auto", "--maxprocesses", "4", "--dist", "worksteal"],
)
SMOKE = (
    "tests/test_layers.py",
    "tests/test_rooms.py",
    "tests/test_docs.py",
    "tests/autograd/test_tape.py",
    "tests/autograd/test_inplace.py",
    "tests/nn/test_programs.py",
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


def of_changed(files: Iterable[str]) -> list[str]:
    """The tests that have the names of these source files, and those that are among them."""
    found = []
    for file in map(Path, files):
        twin = Path("tests", file.parent, f"test_{file.name}")
        mine = file if file.parts[0] == "tests" and file.name.startswith("test_") else twin
        if file.suffix == ".py" and (ROOT / mine).exists():
            found.append(mine.as_posix())
    return found


def quick(arguments: list[str]) -> int:
    """What a contributor runs every few minutes."""
    changed: list[str] = []
    for listed in ("diff --name-only HEAD", "ls-files --others --exclude-standard"):
        command = ["git", *listed.split()]
        changed += subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False).stdout.split()
    tests = list(dict.fromkeys([*SMOKE, *of_changed(changed), *arguments]))
    return run_gates([*GATES[:2], ["pytest", "-q", "-x", "-n", "2", "--dist", "worksteal", *tests]])


def run_gates(gates: Iterable[Sequence[str]]) -> int:
    """One after the other; the status of the first that fails."""
    for gate in gates:
        print("+", "python -m", *gate, flush=True)
        status = subprocess.run([sys.executable, "-m", *gate], cwd=ROOT, check=False).returncode
        if status:
            return status
    return 0


def main(arguments: list[str]) -> int:
    if arguments and arguments[0] == "quick":
        return quick(arguments[1:])
    if arguments and arguments[0] == "fuzz":
        command = [sys.executable, "-m", "tests.fuzz", *arguments[1:]]
        return subprocess.run(command, cwd=ROOT, check=False).returncode
    if arguments and arguments[0] == "sweep":
        command = [sys.executable, "-m", "pytest", "-q", "tests/autograd", "tests/nn", *arguments[1:]]
        environment = {**os.environ, "WENGERT_SWEEP_ALWAYS": "1"}
        return subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode
    if arguments and arguments[0] in MODES:
        return in_mode(arguments[0], ["tests/kernels", *arguments[1:]]).returncode
    return run_gates([*GATES[:-1], [*GATES[-1], *arguments]])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
