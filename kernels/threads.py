"""The threads that kernels run in: ours, so that nothing spins between calls and a fork cannot leave a pool half alive.

A kernel releases the GIL and works on a range of its output; `split` cuts the range into one part per thread.

To wake a sleeping thread takes about 50 us, in a virtual machine more, and so does to notice its end. Therefore both
sides look for each other for PATIENCE before they sleep: between the kernels of a training step nobody does. With that,
two threads pay from about 20 us of work each.

Threads of OpenBLAS spin for 20 to 100 ms after a product, and the one on the other processor takes up to half of it
from kernels: so large products are kernels, too (gemm.py).
"""

from __future__ import annotations

import itertools
import os
import sys
import threading
from collections.abc import Callable
from typing import Any

import numpy as np

from . import jit

Array = np.ndarray[Any, Any]
Work = Callable[[int, int], object]


def _available() -> int:
    """Processors that this process may use, or what OMP_NUM_THREADS says."""
    asked = os.environ.get("OMP_NUM_THREADS", "")
    if asked.isdigit() and int(asked) > 0:
        return int(asked)
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


_count = _available()

PATIENCE = 6000
"""Looks at a flag, of about 20 ns each, before a thread goes to sleep."""


def set_num_threads(n: int) -> None:
    """Run kernels in `n` threads from now on."""
    global _count
    _count = n


def get_num_threads() -> int:
    """The number of threads that kernels run in."""
    return _count


def split(count: int, work: Work, least: int = 1) -> None:
    """Call work(start, stop) on parts of range(count), one per thread; the first part runs here.

    The parts depend on the number of threads alone. Where threads are busy with another split, be it one that we are
    called from, their parts run here as well. Returns when all parts have ended, and raises what the first that failed
    raised.

    least   the fewest items that are worth a thread: about 20 us of work
    """
    parts = min(_count, count // max(least, 1))
    if parts <= 1:
        work(0, count)
        return
    bounds = [count * part // parts for part in range(parts + 1)]
    first, *others = [_Part(work, *pair) for pair in itertools.pairwise(bounds)]
    _look_out()
    elsewhere = [part for part in others if _hand_over(part, parts - 1)]
    first.run()
    for part in others:
        if part in elsewhere:
            part.wait()
        else:
            part.run()
    errors = []
    for part in (first, *others):
        if part.error is not None:
            errors.append(part.error)
            part.error = None  # its traceback refers to the part: a cycle, which would keep the arrays
    if errors:
        try:
            raise errors[0]
        finally:
            errors.clear()  # likewise


class _Part:
    """One call of `work`, and how it ended."""

    __slots__ = ("ended", "error", "flag", "running", "start", "stop", "work")

    def __init__(self, work: Work, start: int, stop: int) -> None:
        self.work, self.start, self.stop = work, start, stop
        self.error: BaseException | None = None
        self.ended = False
        self.flag = np.zeros(1, np.int64)  # becomes 1 in the end: for those who look
        self.running = threading.Lock()
        self.running.acquire()

    def run(self) -> None:
        try:
            self.work(self.start, self.stop)
        except BaseException as error:
            self.error = error
        self.ended = True

    def wait(self) -> None:
        """Wait for the end even if the user interrupts; the arrays may not go before that."""
        while not self.ended:
            try:
                if _looking is not None:
                    _looking(self.flag, 1, PATIENCE)
                self.running.acquire()
            except BaseException as error:
                self.error = error


_idle: list[Any] = []
_started = 0
_starting = threading.Lock()
_looking: Any = None


def _look_out() -> None:
    """Make `_looking` what waits for a flag: compiled code, if any is in use."""
    global _looking
    if _looking is None and jit.ENABLED and "numba" in sys.modules:
        from .spin import wait

        wait(np.ones(1, np.int64), 1, 1)  # compiled now, not while somebody waits
        _looking = wait


def _hand_over(part: _Part, most: int) -> bool:
    """Give a part to an idle thread; start one if there are fewer than `most`. False: all are busy."""
    global _started
    try:
        wake, box, posted = _idle.pop()
    except IndexError:
        with _starting:
            if _started >= most:
                return False
            wake, box, posted = threading.Lock(), [], np.zeros(1, np.int64)
            wake.acquire()
            try:
                threading.Thread(target=_serve, args=(wake, box, posted), name="wengert-kernel", daemon=True).start()
            except RuntimeError:  # the system's limit, or Python is about to end
                return False
            _started += 1
    box.append(part)
    posted[0] = 1
    wake.release()
    return True


def _serve(wake: threading.Lock, box: list[_Part], posted: Array) -> None:
    while True:
        if _looking is not None:
            _looking(posted, 1, PATIENCE)
        wake.acquire()
        posted[0] = 0
        part = box.pop()
        part.run()
        running, flag = part.running, part.flag
        del part  # and with it the arrays
        _idle.append((wake, box, posted))
        flag[0] = 1
        running.release()


def _forget() -> None:
    """In a forked child, where no thread but the one that forked lives on."""
    global _started, _starting
    _idle.clear()
    _started = 0
    _starting = threading.Lock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget)
