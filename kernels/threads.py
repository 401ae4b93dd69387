"""The threads that kernels run in: ours, so that nothing spins between calls and a fork cannot leave a pool half alive.

A kernel releases the GIL and works on a range of its output; `split` cuts the range into one part per thread.

Measured on two cores, otherwise idle: an empty split takes 7 to 14 us; a part starts about 15 us after the first, which
runs here, and its end is noticed after 10 to 20 us. Threads of OpenBLAS spin for 20 to 100 ms after a product, but
yield the processor at every turn: a kernel of 0.10 ms in two threads and a product of 1.02 ms took 1.10 in turns (1.12
ms with the spinning switched off by OPENBLAS_THREAD_TIMEOUT=4; minima of 400), so nothing is done about it. Where other
programs use the same cores, products themselves take up to 50 times as long, with kernels in between or not.
"""

from __future__ import annotations

import itertools
import os
import threading
from collections.abc import Callable
from typing import Any

Work = Callable[[int, int], object]


def _available() -> int:
    """Processors that this process may use, or what OMP_NUM_THREADS says."""
    asked = os.environ.get("OMP_NUM_THREADS", "")
    if asked.isdigit() and int(asked) > 0:
        return int(asked)
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


_count = _available()


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

    least   the fewest items that are worth a thread: waking one and waiting for it takes about 30 us
    """
    parts = min(_count, count // max(least, 1))
    if parts <= 1:
        work(0, count)
        return
    bounds = [count * part // parts for part in range(parts + 1)]
    first, *others = [_Part(work, *pair) for pair in itertools.pairwise(bounds)]
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

    __slots__ = ("ended", "error", "running", "start", "stop", "work")

    def __init__(self, work: Work, start: int, stop: int) -> None:
        self.work, self.start, self.stop = work, start, stop
        self.error: BaseException | None = None
        self.ended = False
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
                self.running.acquire()
            except BaseException as error:
                self.error = error


_idle: list[Any] = []
_started = 0
_starting = threading.Lock()


def _hand_over(part: _Part, most: int) -> bool:
    """Give a part to an idle thread; start one if there are fewer than `most`. False: all are busy."""
    global _started
    try:
        wake, box = _idle.pop()
    except IndexError:
        with _starting:
            if _started >= most:
                return False
            wake, box = threading.Lock(), []
            wake.acquire()
            try:
                threading.Thread(target=_serve, args=(wake, box), name="wengert-kernel", daemon=True).start()
            except RuntimeError:  # the system's limit, or Python is about to end
                return False
            _started += 1
    box.append(part)
    wake.release()
    return True


def _serve(wake: threading.Lock, box: list[_Part]) -> None:
    while True:
        wake.acquire()
        part = box.pop()
        part.run()
        running = part.running
        del part  # and with it the arrays
        _idle.append((wake, box))
        running.release()


def _forget() -> None:
    """In a forked child, where no thread but the one that forked lives on."""
    global _started, _starting
    _idle.clear()
    _started = 0
    _starting = threading.Lock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget)
