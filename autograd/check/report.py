"""What came out of a gradient check: as objects, as a table, as a picture."""

from __future__ import annotations

import html
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..displays.pieces import BAD, DOUBTFUL, GOOD, NEUTRAL
from .claim import CORRECT, INCONCLUSIVE, KINK, RANK, WRONG, Finding, Worst

_SIGNS = {CORRECT: "ok", WRONG: "WRONG", KINK: "kink", INCONCLUSIVE: "?"}
_COLOURS = {CORRECT: GOOD, WRONG: BAD, KINK: DOUBTFUL, INCONCLUSIVE: NEUTRAL}
_NUMBERS = ("rule says", "derived", "slope is", "+-", "ratio")
_HEAD = ("", "op", "line", "argument", "verdict", "worst at", "rule says", "slope is", "+-", "ratio")


@dataclass
class Result:
    """What was found about one gradient.

    verdict   "correct", "wrong", "kink" (no derivative there; a valid subgradient) or "inconclusive" (too noisy to say)
    worst     the element that is furthest off, with `.index .analytic .numeric .error_bar .ratio`; None if none was
              looked at by itself
    hint      the likely mistake, in words
    """

    argument: str
    verdict: str
    worst: Worst | None
    hint: str = ""


@dataclass
class RecordResult(Result):
    """About one argument of one recorded operation.

    index   of the operation on the tape;  op  its name;  line  of the program, "file.py:42"
    order   1: its rule; 2: the derivative of its rule
    """

    index: int = 0
    op: str = ""
    line: str = ""
    order: int = 1

    @classmethod
    def of(cls, call: Any, argument: str, finding: Finding, order: int = 1) -> RecordResult:
        """The result for a call, from a finding."""
        note = finding.note if finding.verdict != WRONG else ""
        return cls(argument, finding.verdict, finding.worst, note, call.index, call.op, call.line, order)


@dataclass
class InputResult(Result):
    """About one input of the whole function. `closed_over`: no argument, but a leaf that the function reaches."""

    shape: tuple[int, ...] = ()
    order: int = 1
    closed_over: bool = False


@dataclass
class GradReport:
    """The outcome of `check_grads`. `print(report)` shows it as a table.

    verdict   the gravest verdict of all: "wrong", "inconclusive", "kink" or "correct"
    records   one result per recorded operation and argument, in tape order
    inputs    one result per input of the function: its gradient end to end
    notes     what else was noticed: that the function changes between calls, where it was evaluated, ...
    subject   the function, and its inputs: what `explore` shows
    """

    records: list[RecordResult] = field(default_factory=list)
    inputs: list[InputResult] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    steps: list[tuple[str, list[tuple[float, float]]]] = field(default_factory=list)
    subject: tuple[Any, tuple[Any, ...]] | None = field(default=None, repr=False, compare=False)

    @property
    def verdict(self) -> str:
        found = [CORRECT, *(r.verdict for r in self.records), *(r.verdict for r in self.inputs)]
        return max(found, key=RANK.index)

    @property
    def wrong(self) -> list[RecordResult]:
        """The records that are wrong, in tape order."""
        return [r for r in self.records if r.verdict == WRONG]

    def __bool__(self) -> bool:
        return self.verdict in (CORRECT, KINK)

    # -- text

    def headline(self) -> str:
        """The outcome in a sentence."""
        operations = len({r.index for r in self.records})
        count = f"{operations} operation{'s' if operations != 1 else ''}"
        if self.wrong:
            named = list(dict.fromkeys(f"{r.op} at {r.line}" for r in self.wrong))
            rest = "all other operations are right" if operations > len({r.index for r in self.wrong}) else ""
            return f"WRONG: {'; '.join(named)}" + (f" ({rest})" if rest else "")
        if self.verdict == WRONG:
            named = [r.argument for r in self.inputs if r.verdict == WRONG]
            though = f" end to end, though each operation ({operations}) is right by itself" if operations else ""
            return f"WRONG: the gradient of {', '.join(named)}{though}"
        if self.verdict == INCONCLUSIVE:
            return f"INCONCLUSIVE: nothing is wrong in {count}, but not everything could be told"
        if self.verdict == KINK:
            return f"CORRECT{f': {count}' if operations else ''}; at kinks the gradients are valid subgradients"
        return f"CORRECT: {count}" if operations else "CORRECT"

    def rows(self) -> list[tuple[tuple[str, ...], Result]]:
        """The table: its cells, and the result that each row is about."""
        rows: list[tuple[tuple[str, ...], Result]] = []
        for r in self.records:
            number = f"%{r.index}" + ("''" if r.order == 2 else "")
            rows.append(((number, r.op, r.line, r.argument, *_cells(r)), r))
        for i in self.inputs:
            number = "all" + ("''" if i.order == 2 else "")
            shape = "x".join(map(str, i.shape)) or "number"
            rows.append(((number, "end to end", "", f"{i.argument} ({shape})", *_cells(i)), i))
        return rows if self.records else [(cells[3:], r) for cells, r in rows]

    def head(self) -> tuple[str, ...]:
        """The names of the columns. Without operations, as of a derivation, there are only inputs to show."""
        return _HEAD if self.records else ("input", *("derived" if name == "rule says" else name for name in _HEAD[4:]))

    def __str__(self) -> str:
        rows, head = self.rows(), self.head()
        table = [head, *(cells for cells, _ in rows)]
        widths = [max(len(row[c]) for row in table) for c in range(len(head))]
        lines = [
            "  ".join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True)).rstrip() for row in table
        ]
        text = [self.headline(), "", lines[0], "-" * len(lines[0])]
        for line, (_, result) in zip(lines[1:], rows, strict=True):
            text.append(line)
            if result.hint:
                text.append(f"     -> {result.hint}")
            if result.verdict == KINK and result.worst is not None and result.worst.left is not None:
                sides = _number(result.worst.left), _number(result.worst.right)
                text.append(f"     -> slopes {sides[0]} to the left, {sides[1]} to the right")
        if any(r.order == 2 for r in self.records):
            text.append("'' the derivative of the rule itself, by its inputs and by the cotangent dz")
        text += [f"note: {note}" for note in self.notes]
        return "\n".join(text)

    __repr__ = __str__

    def _repr_html_(self) -> str:
        from ..displays.pieces import boxed, table

        left = [number for number, name in enumerate(self.head()) if name not in _NUMBERS]
        rows: list[tuple[str, ...]] = []
        styles: dict[tuple[int, int], str] = {}
        notes: dict[int, str] = {}
        for row, result in self.rows():
            styles[len(rows), self.head().index("verdict")] = f"color:{_COLOURS[result.verdict]};font-weight:bold"
            if result.hint:
                notes[len(rows)] = f"-> {result.hint}"
            rows.append(row)
        shown = table(self.head(), rows, left, styles, notes)
        said = "".join(f"<p>{html.escape(note)}</p>" for note in self.notes)
        headline = f'<p><b style="color:{_COLOURS[self.verdict]}">{html.escape(self.headline())}</b></p>'
        return boxed(headline, shown, said)

    def explore(self) -> Any:
        """The function as a page that one steps through, with the verdict at each operation."""
        from ..explorer.exploring import explore_report

        return explore_report(self)

    # -- picture

    def plot(self, ax: Any = None) -> Any:
        """Error of the central difference against its step, end to end, with the slope 2 that a right gradient has.

        A wrong gradient levels off at its own error; towards small steps rounding takes over. Returns the axes.
        """
        if ax is None:
            import matplotlib.pyplot as plt

            _, ax = plt.subplots(figsize=(5.5, 4))
        coarse = 0.0
        for name, points in self.steps:
            hs, errors = np.array(points).T
            shown = errors > 0
            ax.loglog(hs[shown], errors[shown], "o-", markersize=3, label=name)
            coarse = max(coarse, float(errors[np.argmax(hs)]))
        if coarse > 1e-10:  # less is rounding: the function is linear, and the difference exact at every step
            hs = np.array([p[0] for p in self.steps[0][1]])
            ax.loglog(hs, coarse * (hs / hs.max()) ** 2, "k--", linewidth=1, label="h squared")
            ax.set_ylim(bottom=1e-16)
        ax.set_xlabel("relative step h")
        ax.set_ylabel("|difference - gradient| / |gradient|")
        ax.set_title(self.headline() if len(self.headline()) < 60 else self.verdict.upper())
        drawn = {name for name, _ in self.steps}
        absent = [i.argument for i in self.inputs if i.verdict == WRONG and i.argument not in drawn and i.shape]
        if absent:
            said = f"not drawn, as the shapes differ: {', '.join(absent)}"
            ax.text(0.5, 0.02, said, transform=ax.transAxes, ha="center", fontsize=8)
        if self.steps:
            ax.legend(fontsize=8)
        return ax


def _cells(result: Result) -> tuple[str, ...]:
    worst = result.worst
    if worst is None:
        return (_SIGNS[result.verdict], "", "", "", "", "")
    index = "all" if worst.index is None else "[" + ", ".join(map(str, worst.index)) + "]"
    return (
        _SIGNS[result.verdict],
        index,
        _number(worst.analytic),
        _number(worst.numeric),
        f"{worst.error_bar:.0e}",
        "" if np.isnan(worst.ratio) else f"{worst.ratio:.6g}",
    )


def _number(x: float | None) -> str:
    return "" if x is None else f"{x:.7g}"


def gravest(results: Sequence[Result]) -> str:
    """The gravest verdict among some results."""
    return max([CORRECT, *(r.verdict for r in results)], key=RANK.index)
