"""Is this a notebook? And a display in one that changes while its cell runs."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from typing import Any


def shell() -> Any:
    """The IPython that runs this program; None without one. It is not imported for asking."""
    found: Any = sys.modules.get("IPython")
    return None if found is None else found.get_ipython()


def in_notebook() -> bool:
    """Does the program run in a notebook, which shows HTML?"""
    return getattr(shell(), "kernel", None) is not None


def cell() -> int | None:
    """The number of the cell that runs; None outside of notebooks."""
    return getattr(shell(), "execution_count", None) if in_notebook() else None


class Live:
    """A display that is replaced while a cell runs, at most every `every` seconds."""

    def __init__(self, every: float = 0.5) -> None:
        self.every, self.shown = every, 0.0
        self.handle: Any = None

    def update(self, make: Callable[[], str], text: Callable[[], str], now: bool = False) -> None:
        """Show `make()`, HTML that `text()` stands for elsewhere, unless the last was shown a moment ago.

        now   in any case
        """
        started = time.perf_counter()
        if not now and started - self.shown < self.every:
            return
        from IPython import display  # which runs already

        data = {"text/html": make(), "text/plain": text()}
        if self.handle is None:
            self.handle = display.display(data, raw=True, display_id=True)
        else:
            self.handle.update(data, raw=True)
        self.shown = time.perf_counter()


def once(figure: Any) -> Any:
    """A figure of pyplot's that notebooks show once, be it the last value of its cell or not.

    The inline backend shows every open figure when a cell ends, and the notebook shows the value of the cell: that
    would be twice.
    """
    if in_notebook():
        figure._ipython_display_ = _showing(figure)
    return figure


def _showing(figure: Any) -> Callable[[], None]:
    def show() -> None:
        from IPython import display
        from matplotlib import pyplot

        if figure.number in pyplot.get_fignums() if hasattr(figure, "number") else False:
            pyplot.close(figure)  # no longer among those that the end of the cell shows
        del figure._ipython_display_
        display.display(figure)

    return show
