"""What a run shows while it goes on: a line per epoch, and a bar on terminals; curves in notebooks."""

from __future__ import annotations

import sys
from time import perf_counter
from typing import Any, TextIO

from autograd.displays.notebooks import in_notebook

from .evaluation import Meter
from .history import shown


class Progress:
    """Writes to a stream; None writes nothing."""

    def __init__(self, stream: TextIO | None, epochs: int, history: Any = None) -> None:
        self.stream = stream
        self.epochs = epochs
        self.spent: list[float] = []  # seconds of each epoch, validation counted
        self.started = 0.0
        self.bar: Any = None
        self.panel: Any = None
        if history is not None and stream is sys.stdout and in_notebook():
            from .showing import Panel  # here: most programs run in no notebook

            self.panel = Panel(history, epochs)

    def begin(self, epoch: int, batches: int | None) -> None:
        """An epoch starts."""
        self.started = perf_counter()
        self.epoch, self.batch, self.batches = epoch, 0, batches
        if self.stream is not None and self.panel is None:
            self.bar = bar(self.stream, f"epoch {epoch}/{self.epochs}", total=batches)

    def step(self, meter: Meter) -> None:
        """A batch is done."""
        if self.panel is not None:
            self.batch += 1
            self.panel.during(self.epoch, self.batch, self.batches, meter.loss)
        if self.bar is not None:
            self.bar.set_postfix_str(f"loss {meter.loss:.4f}", refresh=False)
            self.bar.update()

    def close(self) -> None:
        """Take the bar away."""
        if self.bar is not None:
            self.bar.close()
            self.bar = None

    def end(self, epoch: int, values: dict[str, float]) -> None:
        """An epoch is done."""
        measures = [name for name in values if name not in ("lr", "seconds")]
        parts = [f"{name} {shown(name, values[name]):>{7 if 'accuracy' in name else 0}}" for name in measures]
        time = f"{shown('seconds', values['seconds']):>5} s"
        self.spent.append(perf_counter() - self.started)
        left = remaining(self.spent, self.epochs - epoch)
        line = "   ".join([f"epoch {epoch:>{len(str(self.epochs))}}/{self.epochs}", *parts, time, *left])
        if self.panel is not None:
            self.panel.epoch(line)
        else:
            self.say(line)

    def finish(self, line: str = "") -> None:
        """The run is over; `line` says why it ended early."""
        if self.panel is not None:
            self.panel.end(line)
        elif line:
            self.say(line)

    def say(self, line: str) -> None:
        """Write a line."""
        if self.stream is not None:
            print(line, file=self.stream, flush=True)


def remaining(spent: list[float], epochs: int) -> list[str]:
    """How long so many epochs will still take, judged by the last few; nothing where it is not worth a word."""
    seconds = sorted(spent[-5:])[len(spent[-5:]) // 2] * epochs
    if seconds < 20:
        return []
    hours, minutes = divmod(round(seconds / 60), 60)
    return [f"{hours} h {minutes} min left" if hours else f"{minutes} min left" if minutes else f"{seconds:.0f} s left"]


def bar(stream: TextIO, label: str, **settings: Any) -> Any:
    """A bar of tqdm's with these settings (`total`, `initial`, `iterable`); None: no terminal, or tqdm is not there."""
    if not stream.isatty():
        return None
    try:
        from tqdm import tqdm  # here: most streams are no terminals
    except ImportError:
        return None
    every = 0.2  # seconds: at most five updates in one
    return tqdm(desc=label, file=stream, unit="batch", leave=False, mininterval=every, dynamic_ncols=True, **settings)


def stream_of(progress: bool | TextIO | None) -> TextIO | None:
    """The stream that `fit(progress=...)` means."""
    if progress is None or progress is True:
        return sys.stdout
    return None if progress is False else progress
