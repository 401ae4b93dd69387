"""Time the library, beside others where they are given.

Every case runs in a process of its own, ours and the peers' one after the other with equal threads, several rounds.
Before anything is timed, first values (losses, or sums over the output and every gradient) are compared with the
peers'; without a peer those of lone operations are compared with NumPy's in float64. Where values differ, nothing is
timed and the exit status is 1.

ratio   the peer's time divided by ours: above 1, ours is faster. Median of the rounds, least and largest
rate    floating-point operations or bytes per second that a step needs at the least, and their share of what the
        machine was found to do with as many threads; arrays that fit into the cache can be above 100 % of copying
peak    the most memory that the process ever held, with Python, the library and its code; ours / the peer's, median
grown   by how much of that it grew while it ran steps. Ours loads and compiles its kernels then; the peers' code was
        there before
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.cli import UsageError, did_you_mean

from .cases import CASES
from .measure import Setting, WorkerError, ceilings, measure, probe
from .peers import OURS, PEERS


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
    parser.add_argument("--data", metavar="DIR", help="where MNIST and Fashion-MNIST are; default as for `train`")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there")
    parser.add_argument("--plot", type=Path, metavar="FILE", help="draw ratios and rates there, .png or .svg")


def run(arguments: argparse.Namespace) -> int:
    """Run the suite; 1 if values differ or a case fails."""
    chosen = _cases(arguments.only)
    _check_files(arguments)
    peers = dict(_peer(text) for text in arguments.peer)
    versions = {name: _version(name, python) for name, python in peers.items()}
    with tempfile.TemporaryDirectory() as folder:
        images = _write_images(arguments.data, Path(folder))
        print(f"{arguments.rounds} processes each, {arguments.threads} threads, images: {images}")
        print(f"peers: {', '.join(versions.values())}" if peers else "no --peer: ours alone")
        load = os.getloadavg()[0] if hasattr(os, "getloadavg") else 0.0
        if load > 0.5:  # threads that wait for each other stand still while others have their processor
            print(f"NOT QUIET: {load:.1f} other processes were running; neither ratios nor rates mean much then")
        most = ceilings(arguments.threads)
        print(f"the machine: {most['gflops']:.0f} GFLOP/s in sgemm, {most['gbytes']:.1f} GB/s in copying memory")
        setting = Setting(peers, arguments.rounds, arguments.threads, Path(folder))
        rows = []
        for case in chosen:
            if not rows or rows[-1]["group"] != case.group:
                print("\n" + _line(case.group, *HEADINGS).rstrip())
            row = measure(case, setting)
            rows.append(row)
            for line in lines(row, most):
                print(line, flush=True)
    report = {"versions": versions, "threads": arguments.threads, "rounds": arguments.rounds, "images": images}
    report |= {"ceilings": most, "rows": rows}
    if arguments.json:
        arguments.json.write_text(json.dumps(report, indent=1) + "\n")
    if arguments.plot:
        from .plot import draw

        draw(arguments.plot, report)
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
    """Say now, not after ten minutes, that a file cannot be written."""
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


HEADINGS = ("ours", "peer", "ratio", "least - most", "rate", "peak", "grown", "", "")


def _line(*cells: str) -> str:
    name, ours, peer, ratio, spread, rate, peak, grown, library, what = cells
    times = f"{name:<22}{ours:>9}{peer:>9}{ratio:>8}{spread:>15}"
    return f"{times}  {rate:<20}{peak:>16}{grown:>15}  {library:<13}  {what}"


def lines(row: dict[str, Any], most: dict[str, float]) -> list[str]:
    """A row of figures as lines of the table: one per peer."""
    if row["failed"]:
        return [f"{row['case']:<22} FAILED  {row['failed']}"]
    if row["differences"]:
        return [f"{row['case']:<22} VALUES DIFFER  {text}" for text in row["differences"]]
    ours = row[OURS]
    start = row["case"], _seconds(ours["seconds"])
    rate = rate_of(row, ours["seconds"], most)
    shown = f"{rate[0]:.3g} {rate[1]}, {100 * rate[2]:.0f} %" if rate else ""
    found = []
    for name, peer in row["peers"].items():
        spread = f"{peer['ratio_min']:.2f} - {peer['ratio_max']:.2f}"
        memory = [f"{ours[key]:.0f} / {peer[key]:.0f} MiB" for key in ("peak_mib", "growth_mib")]
        found.append(
            _line(*start, _seconds(peer["seconds"]), f"{peer['ratio']:.2f}", spread, shown, *memory, name, row["what"])
        )
        start, shown = ("", ""), ""
    if not found:
        memory = [f"{ours[key]:.0f} MiB" for key in ("peak_mib", "growth_mib")]
        found.append(_line(*start, "-", "-", "", shown, *memory, "", row["what"]))
    if "scaling" in ours:
        libraries = {"ours": ours, **row["peers"]}
        times = [f"{name} {_seconds(at['single_s'])}, {at['scaling']:.2f} times" for name, at in libraries.items()]
        found.append(f"  in one thread, and how much faster in all: {'; '.join(times)}")
    return found


def rate_of(row: dict[str, Any], seconds: float, most: dict[str, float]) -> tuple[float, str, float] | None:
    """(rate, its unit, share of what the machine can do) of the ceiling that is nearer, None if neither is known."""
    rates = []
    if row["flops"]:
        rates.append((row["flops"] / seconds / 1e9, "GFLOP/s", row["flops"] / seconds / 1e9 / most["gflops"]))
    if row["bytes"]:
        rates.append((row["bytes"] / seconds / 1e9, "GB/s", row["bytes"] / seconds / 1e9 / most["gbytes"]))
    return max(rates, key=lambda rate: rate[2], default=None)


def _seconds(value: float) -> str:
    """A time in a readable unit."""
    for unit, size in (("s", 1.0), ("ms", 1e-3), ("us", 1e-6)):
        if value >= size:
            return f"{value / size:.3g} {unit}"
    return f"{value * 1e9:.3g} ns"
