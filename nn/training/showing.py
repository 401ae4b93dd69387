"""What notebooks show of a training: its curves while it runs, and how well the model does for each class."""

from __future__ import annotations

import html
import math
import time
from typing import Any

import numpy as np

from autograd.displays.notebooks import Live, cell
from autograd.displays.pictures import heat_map
from autograd.displays.pieces import FAINT, boxed, folded, listed, shade, table, title

from .history import History, shown

LARGE = 25
"""Classes from which on a confusion matrix is a picture."""


def show_evaluation(found: Any) -> str:
    """The display of an Evaluation."""
    loss = "" if found.loss is None else f"loss {found.loss:.4f}"
    if found.confusion is None:
        return boxed(title("Evaluation", f"{loss} over {found.count:,} examples".strip()))
    confusion = found.confusion
    names = list(found.classes or map(str, range(len(confusion))))
    right = np.diag(confusion)
    facts = f"accuracy {found.accuracy:.2%}: {right.sum():,} of {confusion.sum():,} are right"
    head = title("Evaluation", ", ".join(part for part in (loss, facts) if part))
    classes = table(
        ("class", "examples", "right", "accuracy", "taken for it", "most often taken for"), _rows(found, names), (0, 5)
    )
    matrix = (
        _matrix(confusion, names) if len(names) <= LARGE else heat_map(confusion - np.diag(right), "confusion matrix")
    )
    above = f'<div style="{FAINT}"><small>rows: the true class; columns: what it was taken for</small></div>'
    side = '<div style="display:flex;flex-wrap:wrap;gap:24px;align-items:flex-start">'
    return boxed(head, f"{side}<div>{classes}</div><div>{above}{matrix}</div></div>")


def _rows(found: Any, names: list[str]) -> list[tuple[str, ...]]:
    """Per class: examples, those that are right, others that were taken for it, and what it is taken for."""
    rows: list[tuple[str, ...]] = []
    for number, row in enumerate(found.confusion):
        mistakes = row.copy()
        mistakes[number] = 0
        worst = int(mistakes.argmax())
        times = "once" if mistakes[worst] == 1 else f"{mistakes[worst]:,} times"
        often = f"{names[worst]} ({times})" if mistakes[worst] else ""
        share = found.class_accuracy[number]
        false = found.confusion[:, number].sum() - row[number]
        accuracy = "" if math.isnan(share) else f"{share:.2%}"
        rows.append((names[number], f"{row.sum():,}", f"{row[number]:,}", accuracy, f"{false:,}", often))
    return rows


def _matrix(confusion: Any, names: list[str]) -> str:
    """A table with what is right in one colour, mistakes in another, both the stronger the more there are."""
    largest = max(int((confusion - np.diag(np.diag(confusion))).max(initial=0)), 1)
    totals = np.maximum(confusion.sum(1), 1)
    styles = {}
    for row, column in np.ndindex(confusion.shape):
        count = int(confusion[row, column])
        share = count / totals[row] * 0.6 if row == column else count / largest
        styles[row, column + 1] = shade(share, "70,130,230" if row == column else "230,120,20")
    rows = [(names[i], *[f"{count:,}" if count else "." for count in row]) for i, row in enumerate(confusion.tolist())]
    return table(("", *[name[:8] for name in names]), rows, (0,), styles)


class Panel:
    """What `fit` shows in a notebook while it runs: how far it is, curves, and the numbers of each epoch."""

    def __init__(self, history: History, epochs: int) -> None:
        self.history, self.epochs, self.live = history, epochs, Live()
        self.lines: list[str] = []
        self.started = time.perf_counter()
        self.before = history.epochs
        history.drawn = cell()

    def during(self, epoch: int, batch: int, batches: int | None, loss: float) -> None:
        """A batch is done."""
        share = (epoch - 1 + batch / batches) / self.epochs if batches else (epoch - 1) / self.epochs
        of = f" of {batches:,}" if batches else ""
        where = f"epoch {epoch} of {self.epochs}, batch {batch:,}{of}, loss {loss:.4f}"
        self.live.update(lambda: self._html(where, share), self._text)

    def epoch(self, line: str) -> None:
        """An epoch is done; `line` says how it went."""
        self.lines.append(line)
        done = self.history.epochs
        self.live.update(lambda: self._html(f"epoch {done} of {self.epochs}", done / self.epochs), self._text, now=True)

    def end(self, line: str = "") -> None:
        """The run is over, or has broken off."""
        if line:
            self.lines.append(line)
        if self.history.epochs > self.before:
            done = f"{self.history.epochs} of {self.epochs} epochs in {time.perf_counter() - self.started:.1f} s"
            self.live.update(lambda: self._html(done, None), self._text, now=True)

    def _text(self) -> str:
        return "\n".join(self.lines)

    def _html(self, where: str, share: float | None) -> str:
        done = "" if share is None else self._bar(share)
        head = f"<div>{html.escape(where)}</div>{done}"
        few = len(self.lines) <= 10
        lines = folded("epoch by epoch", listed(self._text()), open_=few) if self.lines else ""
        return boxed(head, self.history.curves(0 if share is None else self.epochs), lines)

    def _bar(self, share: float) -> str:
        first = self.before / self.epochs
        passed = time.perf_counter() - self.started
        left = passed * (1 - share) / (share - first) if share > first else 0.0
        said = f"{shown('seconds', left)} s left" if left else ""
        style, round_ = "display:inline-block;vertical-align:middle;width:240px", "height:8px;border-radius:4px"
        inner = f'<span style="display:block;{round_};background:#3b82e0;width:{100 * share:.1f}%"></span>'
        ground = "background:rgba(128,128,128,.3)"
        return f'<div><span style="{style};{round_};{ground}">{inner}</span> <small>{said}</small></div>'
