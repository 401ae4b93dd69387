"""Time the library, beside others where they are given.

Every case runs in a process of its own, ours and the peers' one after the other with equal threads, several rounds.
Before anything is timed, first values (losses, or sums over the output and every gradient) are compared with the
peers'; without a peer those of lone operations are compared with NumPy's in float64. Where values differ, nothing is
timed and the exit status is 1.

ratio   the peer's time divided by ours: above 1, ours is faster. Median of the rounds, and their quartiles
rate    floating-point operations or bytes per second that a step needs at the least, and their share of what the
        machine was found to do with as many threads; arrays that fit into the cache can be above 100 % of copying
peak    the most memory that the process ever held, with Python, the library and its code; ours / the peer's, median
grown   by how much of that it grew while it ran steps. Ours loads and compiles its kernels then; the peers' code was
        there before

With --compile the functions of a case, model and loss mostly, are also run through `autograd.compile`, each way in a
process of its own: `compiled`, where Python runs at every call, and `frozen`, where the function hangs on its inputs
and parameters alone, with the walk back and the optimiser where it trains. Ratios and peaks of all ways are side by
side, and how long each took to its first values: a few steps, in which what is compiled is compiled. With --first a
line says how long that takes in a process that finds no compiled kernels, and in a second one, which finds those of the
first.

With --vectors all libraries run as on a processor that has no wider ones; --keep keeps that apart. With --tail each
case runs a thousand steps, and what is printed is how their times are spread, beside the peer's: see tail.py.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.cli import UsageError, did_you_mean

from . import results, tail, vectors
from .cases import CASES
from .measure import Setting, WorkerError, ceilings, measure, probe
from .peers import OURS, PEERS
from .processor import processor
from .table import heading, lines


def configure(parser: argparse.ArgumentParser) -> None:
    """The command's flags."""
    width = max(map(len, CASES))
    parser.epilog = "\n".join(["cases:", *(f"  {case.name:<{width}}  {case.what}" for case in CASES.values())])
    parser.add_argument("--only", nargs="+", metavar="CASE", help="run these cases")
    parser.add_argument(
        "--peer",
        nargs="+",
        action="extend",
        default=[],
        metavar="[NAME=]PYTHON",
        help=f"the Python of an environment that has another library: {', '.join(PEERS)} (default: torch)",
    )
    parser.add_argument("--rounds", type=_count, default=5, metavar="R", help="processes per library (default: 5)")
    parser.add_argument("--threads", type=_count, default=2, metavar="T", help="for each library (default: 2)")
    parser.add_argument("--compile", action="store_true", help="time functions compiled, too")
    parser.add_argument("--first", action="store_true", help="time first values where nothing was compiled before, too")
    parser.add_argument("--seconds", type=float, default=Setting.seconds, metavar="S", help="of steps in a process")
    parser.add_argument("--vectors", choices=list(vectors.VECTORS), help="restrict all libraries to these")
    parser.add_argument("--tail", action="store_true", help="how the times of single steps are spread")
    parser.add_argument("--busy", action="store_true", help="with --tail: something else has one of the cores")
    parser.add_argument("--pinned", action="store_true", help="with --tail: processes have one core")
    parser.add_argument("--data", metavar="DIR", help="where MNIST and Fashion-MNIST are; default as for `train`")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there")
    parser.add_argument("--plot", type=Path, metavar="FILE", help="draw ratios and rates there, .png or .svg")
    parser.add_argument("--keep", action="store_true", help=f"keep them under this processor, in {results.FILE.name}")
    parser.add_argument(
        "--table",
        action="store_true",
        help="print what is kept (--only: of these cases) as Markdown, and do nothing else",
    )


def run(arguments: argparse.Namespace) -> int:
    """Run the suite; 1 if values differ or a case fails."""
    if arguments.table:
        print(results.table(arguments.only or ()))
        return 0
    chosen = _cases(arguments.only)
    _check_files(arguments)
    peers = dict(_peer(text) for text in arguments.peer)
    if arguments.keep and results.BESIDE not in peers:
        raise UsageError("--keep needs --peer PYTHON with PyTorch: ratios are kept")
    if "torch-compile" in peers and not _has_compiler():
        print("torch-compile is left out: it needs a C++ compiler, and there is none")
        del peers["torch-compile"]
    with vectors.restricted(arguments.vectors), tempfile.TemporaryDirectory() as folder:
        return _timed(arguments, chosen, peers, Path(folder))


LOUD = 0.5
"""Other processes, on average over a minute, from which on a measurement means little."""

NOT_QUIET = "NOT QUIET: {:.1f} other processes were running; neither ratios nor rates mean much then"


def _timed(arguments: argparse.Namespace, chosen: list[Any], peers: dict[str, str], folder: Path) -> int:
    """Run the cases; 1 if values differ or a case fails."""
    versions = {name: _version(name, python) for name, python in peers.items()}
    images = _write_images(arguments.data, folder)
    called = processor(vectors.CALLED[arguments.vectors]) if arguments.vectors else processor()
    print(f"processor: {called}")
    print(f"{arguments.rounds} processes each, {arguments.threads} threads, images: {images}")
    print(f"peers: {', '.join(versions.values())}" if peers else "no --peer: ours alone")
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else 0.0
    if load > LOUD:  # threads that wait for each other stand still while others have their processor
        print(NOT_QUIET.format(load))
    setting = Setting(
        peers, arguments.rounds, arguments.threads, folder, arguments.seconds, arguments.compile, arguments.first
    )
    if arguments.tail:
        return tail.show(chosen, setting, arguments.busy, arguments.pinned)
    most = ceilings(arguments.threads)
    print(f"the machine: {most['gflops']:.0f} GFLOP/s in sgemm, {most['gbytes']:.1f} GB/s in copying memory")
    rows = []
    for case in chosen:
        if not rows or rows[-1]["group"] != case.group:
            print("\n" + heading(case.group, arguments.compile))
        row = measure(case, setting)
        rows.append(row)
        for line in lines(row, most, arguments.compile):
            print(line, flush=True)
    report = {"processor": called, "versions": versions, "threads": arguments.threads, "load": load}
    report |= {"rounds": arguments.rounds, "images": images, "ceilings": most, "rows": rows}
    if arguments.json:
        arguments.json.write_text(json.dumps(report, indent=1) + "\n")
    if arguments.plot:
        from .plot import draw

        draw(arguments.plot, report, NOT_QUIET.format(load) if load > LOUD else "")
    if arguments.keep:
        report["versions"] = {OURS: probe(sys.executable, OURS), **versions}
        count = results.keep(called, report)
        print(f"{count} cases are kept in {results.FILE}")
    return int(any(row["differences"] or row["failed"] for row in rows))


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"wanted a whole number from 1, got {text!r}")
    return int(text)


def _cases(names: list[str] | None) -> list[Any]:
    for name in names or ():
        if name not in CASES:
            raise UsageError(f"no case {name!r}: {did_you_mean(name, CASES)}")
    return [case for case in CASES.values() if not names or case.name in names]


def _check_files(arguments: argparse.Namespace) -> None:
    """Say now, not after ten minutes, that a file cannot be written or that options do not go together."""
    if arguments.vectors and not vectors.known():
        raise UsageError(f"--vectors {arguments.vectors}: that is of x86-64; this is another processor")
    if (arguments.busy or arguments.pinned) and not arguments.tail:
        raise UsageError("--busy and --pinned go with --tail")
    if arguments.tail and any(getattr(arguments, name) for name in ("json", "plot", "keep", "compile", "first")):
        raise UsageError("--tail is printed, and of eager steps: without --json, --plot, --keep, --compile, --first")
    if (arguments.busy or arguments.pinned) and not hasattr(os, "sched_setaffinity"):
        raise UsageError("--busy and --pinned: this system does not say which core is whose")
    if arguments.plot and arguments.plot.suffix not in (".png", ".svg"):
        raise UsageError(f"--plot {arguments.plot}: wanted a name that ends in .png or .svg")
    for flag, path in (("--json", arguments.json), ("--plot", arguments.plot)):
        if path is not None:
            new = not path.exists()
            try:
                path.open("a").close()
                if new:
                    path.unlink()
            except OSError as error:
                raise UsageError(f"{flag} {path}: cannot be written: {error.strerror or error}") from None
    if arguments.plot:
        try:
            import matplotlib  # noqa: F401
        except ImportError:
            raise UsageError("--plot needs matplotlib: pip install matplotlib") from None


def _peer(text: str) -> tuple[str, str]:
    """("torch", "/path/python") from "torch=/path/python" or "/path/python"."""
    name, equals, python = text.partition("=")
    if not equals:
        name, python = "torch", text
    if name not in PEERS:
        raise UsageError(f"--peer {text}: no library {name!r}: {did_you_mean(name, PEERS)}")
    found = shutil.which(python)
    if found is None:
        raise UsageError(f"--peer {text}: there is no program {python}")
    return name, str(Path(found).absolute())


def _has_compiler() -> bool:
    """Is there a C++ compiler where PyTorch looks for one?"""
    return any(map(shutil.which, (os.environ.get("CXX", "c++"), "g++", "clang++")))


def _version(name: str, python: str) -> str:
    try:
        return probe(python, name)
    except (WorkerError, OSError) as error:
        raise UsageError(f"--peer {name}={python}: {error}") from None


def _write_images(data: str | None, folder: Path) -> str:
    """Write all images into `folder` for the workers; what there is, in words."""
    import nn.data
    from autograd.errors import DataError

    found = []
    for name, dataset in (("mnist", nn.data.MNIST), ("fashion", nn.data.FashionMNIST)):
        try:
            parts = [dataset(data, train=train, download=False).tensors() for train in (True, False)]
        except DataError:
            continue
        for (images, labels), part in zip(parts, ("", "-test"), strict=True):
            np.save(folder / f"{name}{part}-images.npy", images.numpy())
            np.save(folder / f"{name}{part}-labels.npy", labels.numpy())
        found.append(dataset.__name__)
    return " and ".join(found) or "random numbers (MNIST not found)"
