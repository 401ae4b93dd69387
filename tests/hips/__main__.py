"""`python -m tests.hips --peer PYTHON`: how much of HIPS/autograd's API gives the same numbers here.

PYTHON is an interpreter that has HIPS/autograd and SciPy: `pip install autograd scipy` in an environment of its own.
Here SciPy is wanted, too: `pip install 'wengert[scipy]'`. A case that HIPS/autograd itself refuses is not counted.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

WORKER = Path(__file__).with_name("worker.py")
ROOT = Path(__file__).parents[2]


def run(python: str, ours: bool) -> dict[str, Any]:
    """What the cases give with an interpreter: case -> line."""
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "found.json")
        environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
        if ours:
            environment["PYTHONPATH"] = str(ROOT)
        subprocess.run([python, str(WORKER), path], check=True, cwd=folder, env=environment)
        lines = [json.loads(line) for line in Path(path).read_text().splitlines()]
    return {line["case"]: line for line in lines}


def same(a: Any, b: Any) -> bool:
    """Do two nests of numbers agree, to a billionth?"""
    if isinstance(a, list) and isinstance(b, list):
        return len(a) == len(b) and all(same(x, y) for x, y in zip(a, b, strict=True))
    if isinstance(a, list) or isinstance(b, list):
        return False
    return bool(np.isclose(a, b, rtol=1e-8, atol=1e-9, equal_nan=True))


def compare(theirs: dict[str, Any], ours: dict[str, Any]) -> tuple[int, list[str]]:
    """(how many cases HIPS/autograd can do, what differs of these)."""
    wanted = {case: line for case, line in theirs.items() if "value" in line}
    differ = []
    for case, line in wanted.items():
        mine = ours[case]
        if "error" in mine:
            differ.append(f"{case}: {mine['error']}")
        elif not same(line["value"], mine["value"]):
            differ.append(f"{case}: other numbers")
    return len(wanted), differ


def main() -> int:
    """Run both, print what differs, and say how much does not."""
    parser = argparse.ArgumentParser(prog="python -m tests.hips", description=__doc__.splitlines()[0])
    parser.add_argument("--peer", required=True, metavar="PYTHON", help="an interpreter with HIPS/autograd and SciPy")
    peer = parser.parse_args().peer
    count, differ = compare(run(peer, False), run(sys.executable, True))
    print(*differ, sep="\n")
    share = 100 * (count - len(differ)) / count
    print(f"{count - len(differ)} of {count} comparisons agree ({share:.1f} %)")
    return int(share < 95)


if __name__ == "__main__":
    sys.exit(main())
