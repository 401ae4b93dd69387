"""What is said while kernels are compiled: which, how many so far, for how long. Nothing when all are kept already.

On a terminal one line changes while it goes on, and what remains is how many there were and how long it took. In a
notebook the same is a line of the cell. Elsewhere, as in the log of a batch job, there is a line at the start, and one
when the process ends.
"""

from __future__ import annotations

import atexit
import contextlib
import os
import sys
import threading
import time
from typing import Any


class Telling:
    """Kernels that are being compiled, one after the other, on any thread.

    Those that are compiled as part of another count with it. `count` and `seconds` are of all since the process
    started.
    """

    def __init__(self, stream: Any = None) -> None:
        self.stream = stream  # None: standard error, as it is then
        self.lock = threading.RLock()
        self.inside = threading.local()
        self.count, self.seconds = 0, 0.0
        self.families: list[str] = []
        self.begun = False
        self.process = os.getpid()
        self.cell: Any = None
        atexit.register(self.sum_up)

    def start(self, name: str, folder: str | None) -> None:
        """A kernel is about to be compiled; it will be kept in `folder`, if there is one."""
        depth = getattr(self.inside, "depth", 0)
        self.inside.depth = depth + 1
        if depth:
            return
        self.inside.started = time.perf_counter()
        with self.lock:
            self.count += 1
            family = name.split(".")[1] if name.startswith("kernels.") else name
            if family not in self.families:
                self.families.append(family)
            kept = (
                f"they are kept in {folder}" if folder else "they cannot be kept: no folder for them can be written to"
            )
            if self._changes():
                sofar = f" ({self.seconds:.0f} s so far)" if self.seconds >= 1 else ""
                self._show(f"wengert: compiling kernels for this machine, once: no. {self.count}, {family}{sofar} ...")
            elif not self.begun:
                self._show(f"wengert: compiling kernels for this machine, once; {kept}")
            self.begun = True

    def end(self) -> None:
        """It is done."""
        depth = self.inside.depth = getattr(self.inside, "depth", 1) - 1
        if depth:
            return
        with self.lock:
            self.seconds += time.perf_counter() - self.inside.started
            if self._notebook() is not None:
                self._show(self._sum())
            elif self._changes():
                self._write("\r\x1b[K")

    def sum_up(self) -> None:
        """Say what was compiled: at the end of the process, unless it is a child that has been forked off."""
        if self.count and self._notebook() is None and self.process == os.getpid():
            self._write(self._sum() + "\n")

    def _sum(self) -> str:
        what = ", ".join(self.families[:6]) + (", ..." if len(self.families) > 6 else "")
        kernels = f"{self.count} kernel{'s' if self.count != 1 else ''}"
        return f"wengert: {kernels} compiled in {self.seconds:.1f} s, once for this machine ({what})"

    def _out(self) -> Any:
        return sys.stderr if self.stream is None else self.stream

    def _changes(self) -> bool:
        """Can a line be written over?"""
        if self._notebook() is not None:
            return True
        with contextlib.suppress(AttributeError, ValueError):  # there is no stream, or it is closed
            return bool(self._out().isatty())
        return False

    def _notebook(self) -> Any:
        """The notebook's shell, if the program runs in one and no stream was given."""
        found: Any = sys.modules.get("IPython")
        shell = None if found is None or self.stream is not None else found.get_ipython()
        return shell if getattr(shell, "kernel", None) is not None else None

    def _show(self, line: str) -> None:
        if self._notebook() is None:
            self._write(f"\r{line}\x1b[K" if self._changes() else line + "\n")
            return
        from IPython import display

        data = {"text/plain": line}
        number = self._notebook().execution_count
        if self.cell is None or self.cell[0] != number:
            self.cell = (number, display.display(data, raw=True, display_id=True))
        else:
            self.cell[1].update(data, raw=True)

    def _write(self, text: str) -> None:
        out = self._out()
        if out is not None:
            with contextlib.suppress(OSError, ValueError):  # closed, as at the end of a process
                print(text, end="", file=out, flush=True)
