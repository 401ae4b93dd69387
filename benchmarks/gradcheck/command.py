"""Check the gradients of all operations and of the standard models, operation by operation.

Every rule is compared with differences of the operation's own forward function, and each model also end to end. Prints
the largest errors found, and the full report of whatever is not right; with --op or --model only those are checked, and
each report is printed. Exit status: 0 if nothing is wrong, 1 if something is, 2 for wrong use.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.cli import UsageError, did_you_mean

SHOWN = 12  # operations in the table of the largest errors


def configure(parser: argparse.ArgumentParser) -> None:
    """The options of `gradcheck`."""
    parser.add_argument("--op", nargs="+", default=[], metavar="NAME", help="check these operations only")
    parser.add_argument("--model", nargs="+", default=[], metavar="NAME", help="check these models only")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all figures")
    parser.add_argument("--plot", type=Path, metavar="FILE", help="draw the error against the step of the differences")


@dataclass
class Outcome:
    """One check.

    own     what was found about the operation itself; of a model everything
    error   the largest of |rule - slope| / max(|rule|, |slope|) over its worst elements; 0 for a gradient of 0
    """

    kind: str
    name: str
    report: Any
    seconds: float

    @property
    def own(self) -> list[Any]:
        records = [r for r in self.report.records if self.kind == "model" or r.op == self.name]
        return [*records, *self.report.inputs]

    @property
    def error(self) -> float:
        return max((_error(r.worst) for r in self.own), default=0.0)

    @property
    def bar(self) -> float:
        """The error bar of the slope at the element with that error, on the same scale."""
        worst = [r.worst for r in self.own if r.worst is not None]
        return max(((_error(w), w.error_bar / (_size(w) or 1)) for w in worst), default=(0.0, 0.0))[1]


def run(arguments: argparse.Namespace) -> int:
    """Check, report, write."""
    from nn.examples import examples

    from .models import MODELS

    table = examples()
    for option, names, known in (("--op", arguments.op, table), ("--model", arguments.model, MODELS)):
        for name in names:
            if name not in known:
                raise UsageError(f"{option}: no {option[2:]} {name!r}: {did_you_mean(name, known)}")
    for option, path in (("--json", arguments.json), ("--plot", arguments.plot)):
        if path is not None:
            _probe(option, path)
    some = bool(arguments.op or arguments.model)
    ops = arguments.op if some else list(table)
    models = arguments.model if some else list(MODELS)
    outcomes = _check([("op", name) for name in ops] + [("model", name) for name in models])
    _print(outcomes, some)
    if arguments.json is not None:
        arguments.json.write_text(json.dumps([_figures(outcome) for outcome in outcomes], indent=1) + "\n")
        print(f"figures: {arguments.json}")
    if arguments.plot is not None:
        _plot(arguments.plot, outcomes)
        print(f"plot: {arguments.plot}")
    return 1 if any(outcome.report.verdict == "wrong" for outcome in outcomes) else 0


def _check(wanted: list[tuple[str, str]]) -> list[Outcome]:
    import autograd
    from nn.examples import examples

    from .models import build

    table = examples()
    bar = _bar(len(wanted))
    before, threads = autograd.get_rng_state(), autograd.get_num_threads()
    autograd.set_num_threads(1)  # all arrays are small: a second thread would only be waited for
    outcomes = []
    try:
        for kind, name in wanted:
            bar.set_postfix_str(name)
            if kind == "op":
                function, inputs = table[name].call, table[name].tensors()
            else:
                function, inputs = build(name)
            start = time.perf_counter()
            report = autograd.check_grads(function, inputs, second_order=kind == "op")
            outcomes.append(Outcome(kind, name, report, time.perf_counter() - start))
            bar.update()
    finally:
        autograd.set_rng_state(before)
        autograd.set_num_threads(threads)
        bar.close()
    return outcomes


class Lines:
    """How far it is, for logs: a line of standard error every `every` seconds, where a terminal would have a bar."""

    def __init__(self, total: int, every: float = 10.0) -> None:
        self.total, self.every, self.done, self.name = total, every, 0, ""
        self.begun = self.said = time.perf_counter()

    def set_postfix_str(self, name: str) -> None:
        """What comes next."""
        self.name = name

    def update(self) -> None:
        """One more is done."""
        self.done += 1
        now = time.perf_counter()
        if now - self.said >= self.every:
            self.said = now
            where = f"gradcheck: {self.done} of {self.total} checked after {now - self.begun:.0f} s, {self.name}"
            print(where, file=sys.stderr, flush=True)

    def close(self) -> None:
        """There is nothing to take away."""


def _bar(total: int) -> Any:
    """A progress bar if this is a terminal and tqdm is there, else lines."""
    if not sys.stderr.isatty():
        return Lines(total)
    try:
        from tqdm import tqdm
    except ImportError:
        return Lines(total)
    return tqdm(total=total, desc="gradcheck", unit="check", leave=False, mininterval=0.2, dynamic_ncols=True)


def _print(outcomes: list[Outcome], in_full: bool) -> None:
    full = [o for o in outcomes if in_full or o.report.verdict not in ("correct", "kink")]
    for outcome in full:
        print(f"{outcome.kind} {outcome.name}\n{outcome.report}\n")
    ops = [o for o in outcomes if o.kind == "op"]
    models = [o for o in outcomes if o.kind == "model"]
    largest = sorted(ops, key=lambda o: -o.error)[:SHOWN]
    print(f"{'largest errors':<30} {'verdict':<13} {'error':>8} {'error bar':>10} {'gradients':>10} {'seconds':>8}")
    for o in [*largest, *models]:
        print(
            f"{o.kind:<5} {o.name:<24} {o.report.verdict:<13} {o.error:>8.0e} {o.bar:>10.0e} {len(o.own):>10} "
            f"{o.seconds:>8.1f}"
        )
    counts = {v: sum(o.report.verdict == v for o in outcomes) for v in ("correct", "kink", "inconclusive", "wrong")}
    said = ", ".join(f"{count} {verdict}" for verdict, count in counts.items() if count)
    what = f"{_count(len(ops), 'operation')} (with second derivatives) and {_count(len(models), 'model')}"
    print(f"\n{what}: {said}; {sum(o.seconds for o in outcomes):.0f} s")


def _count(number: int, what: str) -> str:
    return f"{number} {what}" + "s" * (number != 1)


def _size(worst: Any) -> float:
    return max(abs(worst.analytic), abs(worst.numeric))


def _error(worst: Any) -> float:
    if worst is None:
        return 0.0
    size, difference = _size(worst), abs(worst.analytic - worst.numeric)
    if difference <= worst.error_bar and size <= 10 * worst.error_bar:
        return 0.0  # both are 0 as far as can be told: there is nothing to be relative to
    error = difference / (size or 1.0)
    return error if math.isfinite(error) else math.inf


# ------------------------------------------------------------------------------------------------------------ files


def _probe(option: str, path: Path) -> None:
    """Find out before all the work whether a file can be written."""
    if option == "--plot":
        try:
            import matplotlib
        except ImportError:
            raise UsageError("--plot needs matplotlib: pip install matplotlib") from None
        del matplotlib
    new = not path.exists()
    try:
        with path.open("a"):
            pass
        if new:
            path.unlink()
    except OSError as error:
        raise UsageError(f"{option} {path}: cannot be written: {error.strerror or error}") from None


def _figures(outcome: Outcome) -> dict[str, Any]:
    report = outcome.report
    return {
        "kind": outcome.kind,
        "name": outcome.name,
        "verdict": report.verdict,
        "headline": report.headline(),
        "error": _number(outcome.error),
        "seconds": round(outcome.seconds, 3),
        "notes": report.notes,
        "records": [
            {"index": r.index, "op": r.op, "line": r.line, "order": r.order, **_result(r)} for r in report.records
        ],
        "inputs": [{"shape": list(r.shape), "order": r.order, **_result(r)} for r in report.inputs],
        "steps": [{"input": name, "step_error": points} for name, points in report.steps],
    }


def _result(r: Any) -> dict[str, Any]:
    found: dict[str, Any] = {"argument": r.argument, "verdict": r.verdict, "hint": r.hint}
    if r.worst is not None:
        w = r.worst
        found |= {"at": None if w.index is None else list(w.index), "rule": _number(w.analytic)}
        found |= {"slope": _number(w.numeric), "error_bar": _number(w.error_bar), "ratio": _number(w.ratio)}
    return found


def _number(x: float) -> float | None:
    """JSON has no NaN and no infinity."""
    return float(x) if math.isfinite(x) else None


def _plot(path: Path, outcomes: list[Outcome]) -> None:
    """One panel per model, and one for all operations together; single operations get their own if they are few."""
    from nn.figure import new_figure

    drawn = [o for o in outcomes if o.report.steps]
    ops = [o for o in drawn if o.kind == "op"]
    alone = [o for o in drawn if o.kind == "model" or len(ops) <= SHOWN]
    count = max(1, len(alone) + (len(ops) > SHOWN))
    columns = min(4, count)
    rows = -(-count // columns)
    figure = new_figure(4.5 * columns, 3.6 * rows)
    panels = list(figure.subplots(rows, columns, squeeze=False).flat)
    for axes in panels[count:]:
        axes.set_axis_off()
    for axes, outcome in zip(panels, alone, strict=False):
        outcome.report.plot(axes)
        axes.set_title(f"{outcome.name}: {outcome.report.verdict}")
    if len(ops) > SHOWN:
        axes = panels[len(alone)]
        for outcome in ops:
            for _, points in outcome.report.steps:
                shown = [(h, error) for h, error in points if error > 0]
                colour = "#c0392b" if outcome.report.verdict == "wrong" else "#1f77b4"
                axes.loglog([h for h, _ in shown], [e for _, e in shown], "-", color=colour, alpha=0.3, linewidth=0.8)
        axes.set_xlabel("relative step h")
        axes.set_title(f"{len(ops)} operations")
    figure.savefig(path, format=path.suffix[1:].lower() or "png")
