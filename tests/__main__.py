"""`python -m tests`: formatting, lint, types and tests, in that order; stops at the first that fails.

Further arguments go to pytest: `python -m tests -m slow` runs the slow tests instead.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
GATES = (
    ["ruff", "format", "--check", "--quiet", "."],
    ["ruff", "check", "--quiet", "."],
    ["mypy", "--no-error-summary"],
    ["pytest", "-q"],
)


def main(arguments: list[str]) -> int:
    for gate in GATES:
        command = [sys.executable, "-m", *gate, *(arguments if gate[0] == "pytest" else [])]
        print("+", "python -m", *command[2:], flush=True)
        status = subprocess.run(command, cwd=ROOT, check=False).returncode
        if status:
            return status
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
