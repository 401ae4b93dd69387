"""Reproduce the homeworks the project grew from, and compare with what was published.

Runs every reproduction (or those named by --only) and prints one table: name, what it is, our figure, the published
reference, seconds. Data: --data, else $WENGERT_DATA, else the cache folder, else a download; where all of that
fails, digits drawn from fonts, and the table says so. --quick is a smoke run on little, drawn data.

Exit status 1 if a figure is under its floor (figures on drawn data have none), 2 for wrong use.

Writing a reproduction. It is a module in benchmarks/courses/, named in registry.py, and reads from top to bottom:

    from .course import About, Course, Result

    ABOUT = {"mnist-mlp": About(what="784-256-128-10 on MNIST", metric="test accuracy", reference=None, floor=98.2)}

    def run(course: Course) -> dict[str, Result]:
        course.seed(0)                                   # autograd's generator; returns a NumPy one besides
        train, test = course.images("mnist")             # or "fashion"; few drawn digits in --quick
        epochs = 1 if course.quick else 10
        ...                                              # model, loop, evaluation
        course.say(f"epoch 1/{epochs}  loss {loss:.3f}") # progress, a line of text
        course.note("Why it came out like this.")        # a paragraph, in the terminal and on the page
        course.table("per class", ("class", "%"), rows)  # likewise
        if course.pictures:                              # --out was given
            figure = course.figure(8, 4)                 # a matplotlib Figure, not shown anywhere
            ...
            course.picture(figure, "loss", "Loss against iterations.")   # OUT/mnist-mlp/loss.png, and on the page
        return {"mnist-mlp": Result(98.3)}

`course.spread(function, points)` tries a function of a module at every point of a grid, `--jobs` at a time.

A module may define several names (with and without batch norm, say): ABOUT has them all, `course.names` says which are
wanted, and it returns a Result for each of those at least. `Result(value, seconds=..., details={...})`: seconds if one
name of several took its own time, details for the JSON file. `course.track(loader, "epoch 1/3")` is the loader, with a
progress bar where there is a terminal. `course.table(..., quiet=True)` is for the page only. Plain attributes are
`course.names`, `course.quick`, `course.data` and `course.out`. A data set of another kind: `course.source = "CIFAR-10"`
once it is found, or `course.stand_in("drawn shapes", "because ...")`, and the figure is not held against the floor.
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path
from typing import Any

from benchmarks.cli import UsageError, did_you_mean

from .course import About, Course, Result, shown, yardstick
from .page import write_page
from .registry import REPRODUCTIONS, load


def configure(parser: argparse.ArgumentParser) -> None:
    """The options of `courses`."""
    assert __doc__ is not None
    parser.description = __doc__.partition("\n\nWriting a reproduction")[0]
    parser.epilog = "reproductions:\n" + "\n".join(f"  {name}" for name in REPRODUCTIONS)
    parser.add_argument("--only", nargs="+", metavar="NAME", help="run these alone")
    parser.add_argument("--quick", action="store_true", help="a smoke run on drawn data; figures mean nothing")
    parser.add_argument("--data", type=Path, metavar="DIR", help="folder of the data sets")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the table as a list of objects")
    parser.add_argument("--out", type=Path, metavar="DIR", help="write pictures and index.html")
    parser.add_argument("--jobs", type=int, default=1, metavar="N", help="points of a grid at a time (default: 1)")
    parser.add_argument("--resume", action="store_true", help="take points of grids that --out has already")


def run(arguments: argparse.Namespace) -> int:
    """Run the reproductions one after the other; the table and the page grow with them."""
    names = list(dict.fromkeys(arguments.only or REPRODUCTIONS))
    for name in names:
        if name not in REPRODUCTIONS:
            raise UsageError(f"--only: no reproduction {name!r}: {did_you_mean(name, REPRODUCTIONS)}")
    if arguments.data is not None and not arguments.data.is_dir():
        raise UsageError(f"--data {arguments.data}: wanted a folder")
    if arguments.jobs < 1:
        raise UsageError(f"--jobs: wanted at least 1, got {arguments.jobs}")
    _prepare(arguments.out, arguments.json)
    if arguments.out is not None and not arguments.resume:
        for grid in arguments.out.glob("*/grid*.jsonl"):
            grid.unlink()
    from autograd.errors import DataError

    rows: list[dict[str, Any]] = []
    courses: list[Course] = []
    for module_name in dict.fromkeys(REPRODUCTIONS[name] for name in names):
        wanted = tuple(name for name in names if REPRODUCTIONS[name] == module_name)
        module = load(module_name)
        course = Course(wanted, quick=arguments.quick, data=arguments.data, out=arguments.out, jobs=arguments.jobs)
        print(f"\n=== {', '.join(wanted)}: {module.ABOUT[wanted[0]].what}", flush=True)
        start = time.perf_counter()
        try:
            results = module.run(course)
        except DataError as error:
            raise UsageError(str(error)) from error
        course.seconds = time.perf_counter() - start
        rows += [_row(name, module.ABOUT[name], results[name], course) for name in wanted]
        rows.sort(key=lambda row: names.index(row["name"]))
        courses.append(course)
        if arguments.json is not None:
            arguments.json.write_text(json.dumps(rows, indent=2) + "\n")
        if arguments.out is not None:
            write_page(arguments.out, rows, courses)

    print(f"\n{_text(rows)}")
    total = sum(course.seconds for course in courses)
    print(f"\n{len(rows)} figures in {total:.0f} s" + (" (--quick: they mean nothing)" if arguments.quick else ""))
    if arguments.out is not None:
        print(f"written to {arguments.out}: index.html and {sum(len(course.files) for course in courses)} pictures")
    under = [row["name"] for row in rows if not row["reached"]]
    if under:
        print(f"under the floor: {', '.join(under)}")
    return 1 if under else 0


def _row(name: str, about: About, result: Result, course: Course) -> dict[str, Any]:
    """What the JSON file says of one reproduction; comparable: with the reference and the floor, so on real data."""
    comparable = course.published and not course.quick
    return {
        "name": name,
        "what": about.what,
        "metric": about.metric,
        "unit": about.unit,
        "value": result.value,
        "reference": about.reference,
        "reference_note": about.note,
        "floor": about.floor,
        "comparable": comparable,
        "reached": about.floor is None or not comparable or result.value >= about.floor,
        "seconds": round(course.seconds if result.seconds is None else result.seconds, 2),
        "data": course.source,
        "quick": course.quick,
        **result.details,
    }


def _text(rows: list[dict[str, Any]]) -> str:
    """The table for the terminal."""
    head = ("name", "what", "ours", "published", "at least", "seconds")
    cells = [head]
    for row in rows:
        unit = row["unit"]
        mark = "" if row["reached"] else "  UNDER"
        ours = f"{shown(row['value'], unit)}{mark}"
        floor, reference = yardstick(row, "floor"), yardstick(row, "reference")
        what = row["what"] + ("" if row["data"] is None else f" [{row['data']}]")
        cells.append((row["name"], what, ours, reference, floor, f"{row['seconds']:.1f}"))
    widths = [max(len(line[column]) for line in cells) for column in range(len(head))]
    lines = ["  ".join(f"{cell:<{width}}" for cell, width in zip(line, widths, strict=True)).rstrip() for line in cells]
    return "\n".join([lines[0], "-" * len(lines[0]), *lines[1:]])


def _prepare(out: Path | None, file: Path | None) -> None:
    """Find out before the work, not after it, whether the results can be written."""
    try:
        if out is not None:
            out.mkdir(parents=True, exist_ok=True)
            (out / ".writable").write_bytes(b"")
            (out / ".writable").unlink()
        if file is not None:
            file.write_text("[]\n")
    except OSError as error:
        raise UsageError(f"{error.filename}: cannot be written: {error.strerror or error}") from None
