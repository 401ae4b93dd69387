"""The threads that kernels run in: ours, so that nothing spins for long and a fork cannot leave a pool half alive.

Threads of OpenBLAS spin for 20 to 100 ms after a product, and the one on the other processor takes up to half of it
from kernels: so large products are kernels, too (gemm.py). Ours wait in compiled code (team.py) for PATIENCE, which
between the kernels of a training step is seldom exceeded, and then sleep. With that, two threads pay from about 5 us of
work each.
"""

from __future__ import annotations

import functools
import math
import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy import ndarray as Array

from . import choices, forks
from .crew import NOBODY, WORDS
from .jit import ENABLED, Kernel, kernel
from .sharing import shared


def _available() -> int:
    """Processors that this process may use, or what OMP_NUM_THREADS says."""
    asked = os.environ.get("OMP_NUM_THREADS", "")
    if asked.isdigit() and int(asked) > 0:
        return int(asked)
    allowed = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, int(min(allowed, _quota())))


def _quota(root: Path = Path("/sys/fs/cgroup"), own: Path = Path("/proc/self/cgroup")) -> float:
    """How many processors' time a container may use (cgroup, version 2 or 1); infinity if there is no limit."""
    try:
        groups = [line.split(":", 2) for line in own.read_text().splitlines()]
    except OSError:
        return math.inf
    least = math.inf
    for _, controllers, path in groups:
        if controllers and "cpu" not in controllers.split(","):
            continue
        top = root / "cpu" if controllers else root
        group = top / path.lstrip("/")
        for folder in (top, *(each for each in (group, *group.parents) if top in each.parents)):
            least = min(least, _limit(folder))
    return least


def _limit(folder: Path) -> float:
    """That of one group: "quota period" in a file, or in two."""
    for files in (("cpu.max",), ("cpu.cfs_quota_us", "cpu.cfs_period_us")):
        try:
            quota, period = " ".join((folder / file).read_text() for file in files).split()
            return int(quota) / int(period) if int(quota) > 0 else math.inf
        except (OSError, ValueError, ZeroDivisionError):  # "max" is no limit
            continue
    return math.inf


_count = 0
"""Threads that kernels run in; 0 until somebody asks, because a process may be confined after it has imported us."""

PATIENCE = 100_000
"""Looks at a flag before a helper goes to sleep: about 2 ms, in which it gives way to whoever wants its processor."""


def set_num_threads(n: int) -> None:
    """Run kernels in `n` threads from now on."""
    global _count
    _count = n


def get_num_threads() -> int:
    """The number of threads that kernels run in."""
    global _count
    _count = _count or _available()
    return _count


def parts(count: int, least: int = 1) -> int:
    """How many parts `split` makes."""
    most = _count or get_num_threads()
    if _cost != 100:
        least = 1 + (least - 1) * _cost // 100
    return max(1, min(most, count // max(least, 1)))


_cost = choices.number("thread", 100)
"""What a thread costs here, in per cent of what `least` was found with."""


@kernel
def number(first: int, count: int, parts: int) -> int:
    """Which of the parts of range(count) that `split` makes begins with the item `first`."""
    return -(-first * parts // count)


@functools.lru_cache(maxsize=1024)
def _crew(count: int, parts: int, helpers: int) -> tuple[Array, int]:
    """A record for `team.share`, and where it lies: who is to help, and the bounds of the parts of range(count)."""
    from .team import address_of_share

    bounds = [count * part // parts for part in range(parts + 1)]
    record = np.array([address_of_share(), _boxes.ctypes.data, helpers, parts, *bounds], np.int64)
    return record, record.ctypes.data


def split(count: int, work: functools.partial[Any], least: int = 1, into: int | None = None) -> None:
    """Call work(first, last), a partial call of a kernel, on parts of range(count), one per thread.

    The parts depend on the number of threads alone: number p of P is count * p // P to count * (p + 1) // P. They run
    here where no other thread is free. Returns when all have ended, and raises what the first that failed raised.

    least   the fewest items that are worth a thread: about 5 us of work
    into    this many parts, which `parts` has said before: where there is room for what each of them adds up, as
            another thread may change the number meanwhile
    """
    number = parts(count, least) if into is None else into
    if not ENABLED:
        for part in range(number):
            work(count * part // number, count * (part + 1) // number)
        return
    loop: Kernel = work.func  # type: ignore[assignment]
    run = loop.sharing or shared(loop)
    if number <= 1:
        failed = run(*work.args, 0, count, NOBODY)
    else:
        crew = _crew(count, number, awake(number - 1))
        failed = run(*work.args, 0, 0, crew[1])
    if failed >= 0:  # once more, where exceptions arrive
        work(count * failed // number, count * (failed + 1) // number)
        raise MemoryError(f"{loop.python.__name__}: there was not enough for all threads")


# -------------------------------------------------------------------------------------------------------- the helpers

_MOST = 255
_boxes: Array = np.zeros((_MOST, WORDS), np.int64)
_started = 0
_starting = threading.Lock()
_asleep: dict[int, threading.Lock] = {}
"""Number of a helper -> what it waits for."""


def awake(wanted: int) -> int:
    """So many helpers, or as many as there can be; all of them awake, or about to be."""
    if _started < wanted:
        _start(min(wanted, _MOST))
    for helper in range(wanted if _asleep else 0):
        wake = _asleep.pop(helper, None)
        if wake is not None:
            wake.release()
    return min(wanted, _started)


def _start(wanted: int) -> None:
    global _started
    from .team import serve

    with _starting:
        while _started < wanted:
            serve(_boxes.ctypes.data, 0)  # compiled now, not while somebody waits
            try:
                threading.Thread(target=_help, args=(serve, _started), name="wengert-kernel", daemon=True).start()
            except RuntimeError:  # the system's limit, or Python is about to end
                return
            _started += 1


def _help(serve: Callable[[int, int], None], helper: int) -> None:
    boxes, wake = _boxes, threading.Lock()
    box = boxes[helper:].ctypes.data
    wake.acquire()
    while True:
        serve(box, PATIENCE)
        _asleep[helper] = wake
        wake.acquire()


# ------------------------------------------------------------------------------------------------------------- fork


def _forget() -> None:
    """In a forked child, where no thread but the one that forked lives on."""
    global _boxes, _started, _starting
    _boxes = np.zeros_like(_boxes)
    _asleep.clear()
    _crew.cache_clear()  # records say where the boxes were
    _started = 0
    _starting = threading.Lock()


forks.hold_from_now_on()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget)
