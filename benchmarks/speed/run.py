"""`python -m benchmarks speed`: times the cases here and in a peer's environment, alternating, and prints ratios."""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from .cases import CASES, Case

ROOT = Path(__file__).parents[2]


def configure(parser: argparse.ArgumentParser) -> None:
    """The command's flags."""
    parser.add_argument(
        "--only", nargs="+", metavar="CASE", choices=[case.name for case in CASES], help="run these cases"
    )
    parser.add_argument(
        "--peer", metavar="PYTHON", help="the Python of an environment that has PyTorch; without it ours is timed alone"
    )
    parser.add_argument("--rounds", type=int, default=5, help="processes per library and case, alternating (default 5)")
    parser.add_argument("--threads", type=int, default=2, help="threads for each library (default 2)")
    parser.add_argument("--data", metavar="DIR", help="where MNIST is; default as for `train`")
    parser.add_argument("--json", metavar="FILE", help="write the figures there")


def run(arguments: argparse.Namespace) -> int:
    """Run the suite; 1 if the libraries disagree about a value."""
    chosen = [case for case in CASES if not arguments.only or case.name in arguments.only]
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        images = _images(arguments.data, Path(folder))
        print(f"{arguments.rounds} processes each, {arguments.threads} threads, data: {images[1]}")
        print(f"{'case':<20} {'ours':>10} {'peer':>10} {'ratio':>7}   spread of the ratio    what")
        for case in chosen:
            row = measure(case, arguments, images[0])
            rows.append(row)
            print(_line(row, case), flush=True)
    if arguments.json:
        Path(arguments.json).write_text(json.dumps(rows, indent=1))
    return int(any(not row["agree"] for row in rows))


def _images(data: str | None, folder: Path) -> tuple[str | None, str]:
    """A file with the MNIST training images for the workers, and a word about it."""
    import nn.data
    from autograd.errors import DataError

    try:
        images, labels = nn.data.MNIST(data, train=True, download=False).tensors()
    except DataError:
        return None, "random numbers (MNIST not found)"
    file = folder / "images.npz"
    np.savez(file, images=images.numpy().reshape(-1, 784), labels=labels.numpy())
    return str(file), "MNIST"


def measure(case: Case, arguments: argparse.Namespace, images: str | None) -> dict[str, Any]:
    """Alternate ours and the peer; check that both compute the same."""
    ours, peer = [], []
    for _ in range(arguments.rounds):
        ours.append(_worker(sys.executable, "wengert", case, arguments.threads, images))
        if arguments.peer:
            peer.append(_worker(arguments.peer, "torch", case, arguments.threads, images))
    row: dict[str, Any] = {
        "case": case.name,
        "ours_s": statistics.median(run["median_s"] for run in ours),
        "ours_version": ours[0]["version"],
        "ours_peak_mib": statistics.median(run["peak_mib"] for run in ours),
        "agree": True,
    }
    if peer:
        ratios = [b["median_s"] / a["median_s"] for a, b in zip(ours, peer, strict=True)]
        row |= {
            "peer_s": statistics.median(run["median_s"] for run in peer),
            "peer_version": peer[0]["version"],
            "peer_peak_mib": statistics.median(run["peak_mib"] for run in peer),
            "ratio": statistics.median(ratios),
            "ratio_min": min(ratios),
            "ratio_max": max(ratios),
            "agree": bool(np.allclose(ours[0]["values"], peer[0]["values"], rtol=case.tolerance)),
        }
    return row


def _worker(python: str, library: str, case: Case, threads: int, images: str | None) -> dict[str, Any]:
    command = [python, "-m", "benchmarks.speed.worker", library, case.name, str(threads), *([images] if images else [])]
    environment = dict(os.environ, OMP_NUM_THREADS=str(threads), PYTHONPATH=str(ROOT))
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"speed: {library} failed on {case.name}:\n{done.stderr}")
    result: dict[str, Any] = json.loads(done.stdout)
    return result


def _line(row: dict[str, Any], case: Case) -> str:
    peer = (
        f"{_seconds(row['peer_s']):>10} {row['ratio']:>7.2f}   {row['ratio_min']:.2f} to {row['ratio_max']:.2f}"
        if ("peer_s" in row)
        else f"{'-':>10} {'-':>7}   "
    )
    wrong = "" if row["agree"] else "   VALUES DIFFER"
    return f"{row['case']:<20} {_seconds(row['ours_s']):>10} {peer:<38}   {case.what}{wrong}"


def _seconds(value: float) -> str:
    """A time in a readable unit."""
    for unit, size in (("s", 1.0), ("ms", 1e-3), ("us", 1e-6)):
        if value >= size:
            return f"{value / size:.3g} {unit}"
    return f"{value * 1e9:.3g} ns"
