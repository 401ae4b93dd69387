"""How the times of single steps are spread: what a median hides.

A helper that slept, memory that has to be asked for, or another process make single steps slow. A thousand steps are
timed in a process of each library, one after the other, several times, after their first values were compared. What is
printed is the time that 50, 90 and 99 of a hundred steps do not exceed, the longest, and a bar for each class of times,
whose width grows with the time.

--busy     something else computes on one of the cores all the while
--pinned   the processes have one core, and one thread
"""

from __future__ import annotations

import contextlib
import math
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from .cases.case import Case
from .measure import QUIET, Setting, Worker, WorkerError, compare
from .peers import OURS
from .table import seconds

STEPS = 1000
CLASSES = 24
WIDTH = 30
"""Characters of the longest bar."""

SHARES = (50, 90, 99)


def show(cases: Sequence[Case], setting: Setting, busy: bool, pinned: bool) -> int:
    """Print how the steps of each case are spread; 1 if values differ or a case fails."""
    threads = 1 if pinned else setting.threads
    counted = f"{threads} thread{'s' * (threads > 1)}"
    kind = " on one core" * pinned + " while something else computes on one of the cores" * busy
    failed = False
    for case in cases:
        print(f"\n{case.name}: {case.what}; {STEPS} steps in {counted}{kind}, {setting.rounds} processes each")
        try:
            with one_core(pinned), neighbour(busy):
                for line in lines(_times(case, setting, threads)):
                    print(line, flush=True)
        except WorkerError as error:
            print(f"FAILED  {error}")
            failed = True
    return int(failed)


def _times(case: Case, setting: Setting, threads: int) -> dict[str, Any]:
    """The times of single steps by library, of all processes together. Raises WorkerError where values differ."""
    found: dict[str, list[float]] = {}
    folder = [str(setting.folder)] if setting.folder else []
    pythons = {OURS: sys.executable, **setting.peers}
    for turn in range(setting.rounds):
        values = {}
        for name in pythons if turn % 2 == 0 else reversed(pythons):
            with Worker(pythons[name], name, case.name, threads, "0", *folder) as worker:
                said = worker.answer()
                values[name] = said and said["values"]
                if said is None:  # the library cannot express it
                    continue
                time.sleep(QUIET)
                found.setdefault(name, []).extend(worker.time(STEPS)["times"])
        wrong = compare(case, values, None)
        if wrong:
            raise WorkerError(f"values differ: {'; '.join(wrong)}")
    return {name: np.array(times) / case.per for name, times in found.items()}


def lines(found: dict[str, Any]) -> list[str]:
    """What is printed: a line of figures per library, then a line with a bar for each for every class of times."""
    ours = _figures(found[OURS])
    text = [("{:<16}" + "{:>12}" * 4).format("", *(f"p{share}" for share in SHARES), "longest")]
    for name, times in found.items():
        figures = _figures(times)
        text.append(f"{name:<16}" + "".join(f"{seconds(value):>12}" for value in figures))
        if name != OURS:
            text.append(f"{'over ours':<16}" + "".join(f"{a / b:>12.2f}" for a, b in zip(figures, ours, strict=True)))
    edges = _edges([time for times in found.values() for time in (times.min(), times.max())])
    counts = {name: _counted(times, edges) for name, times in found.items()}
    most = max(int(count.max()) for count in counts.values())
    text += ["", f"{'from':>10}  " + "  ".join(f"{name:<{WIDTH + 6}}" for name in found)]
    last = max(place for count in counts.values() for place in np.flatnonzero(count))
    for place in range(last + 1):
        bars = [_bar(int(count[place]), most) for count in counts.values()]
        text.append(f"{seconds(edges[place]):>10}  {'  '.join(bars)}".rstrip())
    return text


def _figures(times: Any) -> list[float]:
    return [*(float(np.percentile(times, share)) for share in SHARES), float(times.max())]


def _edges(times: Sequence[Any]) -> Any:
    """Where the classes begin: the shortest time, and from one to the next the same factor, up to the longest."""
    least, most = float(min(times)), float(max(times))
    return np.geomspace(least, max(most, 1.1**CLASSES * least), CLASSES, endpoint=False)


def _counted(times: Any, edges: Any) -> Any:
    places = np.searchsorted(edges, times, side="right") - 1
    return np.bincount(np.clip(places, 0, CLASSES - 1), minlength=CLASSES)


def _bar(count: int, most: int) -> str:
    """A bar and its number; what is there at all is seen."""
    bar = "#" * math.ceil(count * WIDTH / most)
    return f"{bar:<{WIDTH}} {count or '':<5}"


@contextlib.contextmanager
def one_core(wanted: bool) -> Iterator[None]:
    """Processes that are started meanwhile run on one core."""
    if not wanted:
        yield
        return
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(before)})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


@contextlib.contextmanager
def neighbour(wanted: bool) -> Iterator[None]:
    """Something else computes on one of our cores."""
    if not wanted:
        yield
        return
    core = min(os.sched_getaffinity(0))
    spin = f"import os\nos.sched_setaffinity(0, {{{core}}})\nwhile True: pass"
    with subprocess.Popen([sys.executable, "-c", spin]) as process:
        try:
            yield
        finally:
            process.kill()
