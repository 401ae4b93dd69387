"""Train at every point of a grid, several at a time, and print a table, the best first.

    python -m benchmarks sweep mnist-mlp --grid lr=0.001,0.003 --grid batch_size=32,64,128 --jobs 2
    mpiexec -n 5 python -m benchmarks sweep mnist-mlp --grid seed=0,1,2,3

What can be varied: lr, batch_size, seed, epochs, train_size. --set gives these, dataset or data one value at all points
(--set epochs=3 --set dataset=digits). Each point has a folder in --out, with its checkpoint and what it has printed
(log.txt); OUT/results.jsonl has what is done. The same command again does what is left: points that were broken off go
on from their checkpoints, to the same bits.

--jobs processes train at a time, each with cores // jobs threads. Under mpiexec the first process hands out the points,
and the others train.
"""

from __future__ import annotations

import argparse
import contextlib
import csv
import functools
from pathlib import Path
from typing import Any

from benchmarks.cli import UsageError, did_you_mean, main
from benchmarks.train.registry import EXPERIMENTS

VARIED = {"lr": float, "batch_size": int, "seed": int, "epochs": int, "train_size": int}


def configure(parser: argparse.ArgumentParser) -> None:
    """The options of `sweep`."""
    parser.add_argument("experiment", metavar="EXPERIMENT", help="what `train` calls it")
    parser.add_argument("--grid", action="append", default=[], metavar="NAME=A,B,...", help="values of an option")
    parser.add_argument("--jobs", type=int, default=1, metavar="N", help="trainings at a time (default: 1)")
    parser.add_argument("--out", type=Path, metavar="DIR", help="default: runs/sweep-EXPERIMENT")
    parser.add_argument(
        "--set", action="append", default=[], metavar="NAME=A", help="an option, the same at all points"
    )


def run(arguments: argparse.Namespace) -> int:
    """Spread the trainings, and print the table."""
    if arguments.experiment not in EXPERIMENTS:
        raise UsageError(f"no experiment {arguments.experiment!r}: {did_you_mean(arguments.experiment, EXPERIMENTS)}")
    if arguments.jobs < 1:
        raise UsageError(f"--jobs: wanted at least 1, got {arguments.jobs}")
    grid = dict(_values("--grid", text, VARIED) for text in arguments.grid)
    fixed = dict(_values("--set", text, VARIED | {"dataset": str, "data": str}) for text in arguments.set)
    rest = [part for name, (value, *_) in fixed.items() for part in (_flag(name), str(value))]
    if not grid:
        raise UsageError("wanted at least one --grid, such as --grid lr=0.001,0.003")
    out = arguments.out or Path("runs") / f"sweep-{arguments.experiment}"
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"--out {out}: cannot be written: {error.strerror or error}") from None
    from .spread import points_of, spread  # imports the library

    points = points_of(grid)
    function = functools.partial(trained, arguments.experiment, str(out), tuple(rest))
    results = spread(function, points, arguments.jobs, out / "results.jsonl", functools.partial(print, flush=True))
    if not results:
        return 0  # a process that was given points
    rows = [point | result for point, result in zip(points, results, strict=True)]
    rows.sort(key=lambda row: (-row.get("accuracy", -1.0), row.get("loss", float("inf"))))
    print(f"\n{table(rows)}\n\nwritten to {out}: results.csv, and a folder for each point")
    with (out / "results.csv").open("w", newline="") as file:
        names = list(dict.fromkeys(name for row in rows for name in row))
        writer = csv.DictWriter(file, names)
        writer.writeheader()
        writer.writerows(rows)
    return 1 if any("error" in row for row in rows) else 0


def _values(option: str, text: str, kinds: dict[str, Any]) -> tuple[str, list[Any]]:
    name, _, values = text.partition("=")
    name = name.strip().lstrip("-").replace("-", "_")
    if name not in kinds:
        raise UsageError(f"{option} {text}: cannot vary {name!r}: {did_you_mean(name, kinds)}")
    try:
        found = [kinds[name](value) for value in values.split(",")]
    except ValueError:
        raise UsageError(f"{option} {text}: wanted {name}=A,B,... with numbers") from None
    return name, list(dict.fromkeys(found))


def _flag(name: str) -> str:
    return f"--{name.replace('_', '-')}"


def trained(experiment: str, out: str, rest: tuple[str, ...], point: dict[str, Any]) -> dict[str, Any]:
    """Train at a point, from its checkpoint if there is one; what the last epoch has come to."""
    import nn
    from benchmarks.train.sharing import alone

    folder = Path(out) / ",".join(f"{name}={value}" for name, value in point.items())
    folder.mkdir(parents=True, exist_ok=True)
    checkpoint = folder / "checkpoint.npz"
    options = [part for name, value in point.items() for part in (_flag(name), str(value))]
    if checkpoint.exists():
        options += ["--resume", str(checkpoint)]
    with (
        (folder / "log.txt").open("a") as log,
        contextlib.redirect_stdout(log),
        contextlib.redirect_stderr(log),
        alone(),
    ):
        status = main(["train", experiment, *options, *rest, "--out", str(folder)])
    if status == 130:
        raise KeyboardInterrupt
    if status == 2:
        raise UsageError((folder / "log.txt").read_text().strip().splitlines()[-1])
    history = nn.load(checkpoint)["history"]
    return {"accuracy": history["test_accuracy"][-1], "loss": history["test_loss"][-1]}


def table(rows: list[dict[str, Any]]) -> str:
    """The results as text."""
    names = list(dict.fromkeys(name for row in rows for name in row))
    cells = [names, *[[_shown(name, row.get(name)) for name in names] for row in rows]]
    widths = [max(len(line[column]) for line in cells) for column in range(len(names))]
    lines = ["  ".join(f"{cell:>{width}}" for cell, width in zip(line, widths, strict=True)) for line in cells]
    return "\n".join([lines[0], "-" * len(lines[0]), *lines[1:]])


def _shown(name: str, value: Any) -> str:
    if value is None:
        return "-"
    if name == "accuracy":
        return f"{value:.2%}"
    return f"{value:.4g}" if isinstance(value, float) else str(value)
