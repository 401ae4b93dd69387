"""What a reproduction is given to work with, and what it gives back. How to write one: see command.py."""

from __future__ import annotations

import dataclasses
import shutil
import sys
import textwrap
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

import autograd
import nn
from autograd.errors import DataError
from benchmarks.sweep.spread import spread
from nn.figure import new_figure
from nn.training.progress import bar


@dataclasses.dataclass(frozen=True)
class About:
    """What the table says of a reproduction before it has run."""

    what: str
    metric: str = "test accuracy"
    unit: str = "%"
    reference: float | None = None  # what was published, in `unit`
    note: str = ""  # on the reference: where it is from, what else was reported
    floor: float | None = None  # what our figure must reach, in `unit`


@dataclasses.dataclass(frozen=True)
class Result:
    """A figure: accuracies in per cent."""

    value: float
    seconds: float | None = None  # None: as long as the module ran
    details: dict[str, Any] = dataclasses.field(default_factory=dict)  # more for the JSON file


@dataclasses.dataclass(frozen=True)
class Item:
    """Something for the page: a note (text), a table (caption, head, rows) or a picture (path, caption)."""

    kind: str
    text: str
    path: Path | None = None
    head: Sequence[str] = ()
    rows: Sequence[Sequence[str]] = ()


def shown(value: float | None, unit: str) -> str:
    """A figure as people read it."""
    if value is None:
        return "-"
    if unit == "%":
        return f"{value:.4g} %" if value == round(value) else f"{value:.2f} %"
    return f"{value:.3g} {unit}".strip()


def yardstick(row: dict[str, Any], key: str) -> str:
    """The reference or the floor of a row; in brackets if our figure is not to be compared with it."""
    text = shown(row[key], row["unit"])
    return text if row[key] is None or row["comparable"] else f"({text})"


class Course:
    """One run of one module."""

    def __init__(
        self, names: tuple[str, ...], *, quick: bool, data: Path | None, out: Path | None, jobs: int = 1
    ) -> None:
        self.jobs = jobs  # points of a grid that are tried at a time
        self.names = names
        self.quick = quick
        self.data = data
        self.out = out
        self.items: list[Item] = []
        self.files: list[Path] = []
        self.seconds = 0.0
        self.source: str | None = None  # which data was used, as the table says it
        self.published = True  # False once drawn data stood in for a published data set

    def seed(self, number: int = 0) -> np.random.Generator:
        """Seed autograd's generator, and return a NumPy generator with the same seed."""
        autograd.manual_seed(number)
        return np.random.default_rng(number)

    # ------------------------------------------------------------------------------------------------------ data

    def images(self, name: str) -> tuple[nn.data.ImageDataset, nn.data.ImageDataset]:
        """Training and test images of "mnist" or "fashion"; drawn digits in --quick and where there is no network."""
        cls = {"mnist": nn.data.MNIST, "fashion": nn.data.FashionMNIST}[name]
        if self.quick:
            return self._drawn(nn.data.Glyphs(count=1500), nn.data.Glyphs(train=False, count=500), "as --quick asks")
        root = nn.data.data_root(self.data)
        try:
            sets = cls(root, timeout=5.0), cls(root, train=False, timeout=5.0)
        except DataError as error:
            return self._drawn(nn.data.Glyphs(), nn.data.Glyphs(train=False), f"because {error}")
        self.source = cls.__name__
        self.say(f"data: {cls.__name__} from {root}")
        return sets

    def _drawn(self, train: Any, test: Any, reason: str) -> tuple[nn.data.ImageDataset, nn.data.ImageDataset]:
        self.stand_in("drawn digits", reason)
        return train, test

    def stand_in(self, source: str, reason: str) -> None:
        """Say that `source` takes the place of a published data set: the figure is then not held against the floor."""
        self.source, self.published = source, False
        self.say(f"data: {source}, {reason}")

    # ------------------------------------------------------------------------------------------------------ grids

    def spread(self, function: Callable[[dict[str, Any]], dict[str, Any]], points: list[dict[str, Any]]) -> list[Any]:
        """function(point) for each point of a grid, `--jobs` at a time; with --out what is done is kept in a file."""
        store = None
        if self.out is not None:
            store = self.out / self.names[0] / ("grid-quick.jsonl" if self.quick else "grid.jsonl")
            store.parent.mkdir(parents=True, exist_ok=True)
        results = spread(function, points, self.jobs, store, self.say)
        wrong = [result["error"] for result in results if "error" in result]
        if wrong:
            raise DataError(f"{self.names[0]}: {wrong[0]}")
        return results

    # -------------------------------------------------------------------------------------------------- progress

    def say(self, text: str) -> None:
        """A line of progress."""
        print(text, flush=True)

    def track(self, batches: Iterable[Any], label: str) -> Iterator[Any]:
        """`batches`, with a progress bar where there is a terminal."""
        shown = bar(sys.stderr, label, iterable=batches)
        return iter(batches if shown is None else shown)

    # -------------------------------------------------------------------------------------------------- the page

    def note(self, text: str) -> None:
        """A paragraph, printed and put on the page."""
        text = " ".join(text.split())
        self.items.append(Item("note", text))
        width = min(shutil.get_terminal_size((100, 0)).columns, 120)
        self.say(textwrap.fill(text, width))

    def table(self, caption: str, head: Sequence[str], rows: Iterable[Sequence[Any]], *, quiet: bool = False) -> None:
        """A small table, printed (unless `quiet`) and put on the page. Cells are shown as `str` shows them."""
        body = [[str(cell) for cell in row] for row in rows]
        self.items.append(Item("table", caption, head=list(head), rows=body))
        if quiet:
            return
        widths = [max(len(line[column]) for line in [list(head), *body]) for column in range(len(head))]
        self.say(f"\n{caption}")
        for line in [head, *body]:
            self.say("  " + "  ".join(f"{cell:<{width}}" for cell, width in zip(line, widths, strict=True)).rstrip())
        self.say("")

    @property
    def pictures(self) -> bool:
        """Are pictures wanted?"""
        return self.out is not None

    def figure(self, width: float, height: float) -> Any:
        """An empty matplotlib Figure, `width` x `height` inches, that needs no display."""
        try:
            return new_figure(width, height)
        except ImportError as error:
            raise DataError(
                f"courses: --out draws pictures with matplotlib, which is not installed: {error}"
            ) from error

    def picture(self, figure: Any, name: str, caption: str = "") -> None:
        """Save a Figure as OUT/<first name>/<name>.png and show it on the page."""
        figure.savefig(self.place(f"{name}.png", caption))

    def place(self, file: str, caption: str = "", *, on_page: bool = True) -> Path:
        """Where to write a picture of your own making (.png or .svg); it is shown on the page, or lies there only."""
        if self.out is None:
            raise ValueError("pictures are made only with --out: ask course.pictures first")
        path = self.out / self.names[0] / file
        path.parent.mkdir(parents=True, exist_ok=True)
        self.files.append(path)
        if on_page:
            self.items.append(Item("picture", caption, path=path))
        return path
