"""Write a page about each of the standard models, that one steps through: all values, all gradients, every rule.

Each page is one file that needs neither network nor server; with --show it opens in a browser. The models are those
that `python -m benchmarks gradcheck` checks: small, so that a page can show all their numbers.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from benchmarks.cli import UsageError, did_you_mean


def configure(parser: argparse.ArgumentParser) -> None:
    """The options of `explore`."""
    parser.add_argument("model", nargs="*", metavar="MODEL", help="only these models")
    parser.add_argument("--check", action="store_true", help="check all gradients, and show each verdict")
    parser.add_argument("--show", action="store_true", help="open the pages in a browser")
    parser.add_argument("--out", type=Path, metavar="DIR", help="folder of the pages (default: runs/explore)")


def run(arguments: argparse.Namespace) -> int:
    """Write the pages. Exit status: 1 if a gradient is wrong."""
    import webbrowser

    import autograd

    from .gradcheck.models import MODELS, build

    for name in arguments.model:
        if name not in MODELS:
            raise UsageError(f"no model {name!r}: {did_you_mean(name, MODELS)}")
    folder = arguments.out or Path("runs") / "explore"
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"--out {folder}: cannot be written: {error.strerror or error}") from None
    status = 0
    for name in arguments.model or MODELS:
        function, inputs = build(name)
        if arguments.check:
            report = autograd.check_grads(function, inputs)
            found, verdict = report.explore(), f"; {report.verdict}"
            status = max(status, int(report.verdict == "wrong"))
        else:
            found, verdict = autograd.explore(function, *inputs), ""
        found.description.title = name
        try:
            path = found.save(folder / f"{name}.html")
        except OSError as error:
            raise UsageError(f"--out {folder}: cannot be written: {error.strerror or error}") from None
        marks = len({mark.text for step in found.description.steps for mark in step.marks if mark.source})
        steps, turn = len(found.description.steps), found.description.turn
        marked = f"; {marks} marked" if marks else ""
        size = path.stat().st_size / 1024
        print(f"{name:<10} {turn:>4} steps forward, {steps - turn:>4} back{marked}{verdict}; {size:,.0f} KiB  {path}")
        if arguments.show:
            webbrowser.open(path.resolve().as_uri())
    return status
