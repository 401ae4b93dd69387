"""Measure on this machine what kernels choose by, and keep it: see `kernels.machine.choices`.

`python -m benchmarks tune` prints what this module finds. Nothing here runs by itself.

    measured()   Choice after Choice: name, default, what was found, and by which times
    keep(...)    write what was found, for every process that starts from now on
    defaults()   forget all of it
"""

from __future__ import annotations

import functools
import math
import statistics
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from kernels.machine import choices, fast, threads

from . import ops as _ops  # noqa: F401, which declares the twins


class Choice(NamedTuple):
    """A number that kernels choose by. `found` is the default where nothing is gained by another; `why` says what was
    measured."""

    name: str
    default: int
    found: int
    why: str


def measured(seconds: float = 0.02) -> Iterator[Choice]:
    """Every choice, as it is found; `seconds` are spent on each of some 80 times. Kernels are compiled, if need be."""
    for level, usual in choices.USUAL.items():
        size = choices.cache(level)
        yield Choice(f"level {level}", usual, size, f"{size >> 10} KiB for each processor, as the system says")
    yield _thread(seconds)
    for name in TWINS:
        yield _size(name, seconds)
    yield _tiles(seconds)


def keep(found: Iterable[Choice]) -> Path | None:
    """Write the file that decides from now on, and say where it is; None where none can be written."""
    return choices.write({each.name: each.found for each in found})


def defaults() -> list[Path]:
    """Remove the file that decides; what was removed."""
    return choices.remove()


def _shortest(calls: Sequence[Callable[[], Any]], seconds: float) -> list[float]:
    """The median of the shortest thirds of the times of each, by turns: what else runs makes some longer."""
    times: list[list[float]] = [[] for _ in calls]
    clock, began = time.perf_counter, time.perf_counter()
    while clock() - began < seconds * len(calls) or len(times[0]) < 5:
        for call, taken in zip(calls, times, strict=True):
            start = clock()
            call()
            taken.append(clock() - start)
    return [statistics.median(sorted(taken)[: len(taken) // 3 + 1]) for taken in times]


def _thread(seconds: float) -> Choice:
    """From which size on a pass over memory is quicker in two threads, over that at which it is shared by default."""
    if threads.get_num_threads() == 1:
        return Choice("thread", 100, 100, "there is one thread")
    from kernels.pointwise import arithmetic, arithmetic_loops

    usual = 2 * arithmetic.LEAST
    gains = {}
    for power in RANGE:
        size = int(usual * 2.0**power)
        work = functools.partial(arithmetic_loops.multiply, _numbers(size), _numbers(size), _numbers(size))
        alone, shared = (functools.partial(threads.split, size, work, least) for least in (size, 1))
        slow, quick = _shortest([alone, shared], seconds)
        gains[size] = slow / quick
    found = crossing(gains, usual)
    return Choice("thread", 100, 100 * found // usual, _told(gains, usual, "one thread"))


# ----------------------------------------------------------------------------------------- from which size twins run

Arguments = Callable[[int], tuple[Any, ...]]


def _numbers(count: int) -> Any:
    return np.random.default_rng(0).standard_normal(count, np.float32)


TWINS: dict[str, tuple[str, Arguments, dict[str, Any]]] = {
    "arithmetic": ("kernels.pointwise.arithmetic:multiply", lambda n: (_numbers(n), _numbers(n)), {}),
    "activation": ("kernels.pointwise.activation:sigmoid", lambda n: (_numbers(n),), {}),
    "softmax": ("kernels.softmax.loops:log_softmax", lambda n: (_numbers(n).reshape(-1, 64),), {"axis": -1}),
    "scan": (
        "kernels.along.scan:running_sums",
        lambda n: (_numbers(n).reshape(-1, 64),),
        {"axis": 1, "reverse": False},
    ),
    "sum": ("kernels.along.reduce:total", lambda n: (_numbers(n),), {}),
}
"""Size -> one of the twins that run from it on, arguments with so many elements, and settings."""

RANGE = range(-2, 5)
"""A size is looked for among the default times these powers of two: far below it, small programs would load kernels."""


def _size(name: str, seconds: float) -> Choice:
    """From how many elements on the twin takes no longer than the plain function."""
    twin, make, settings = TWINS[name]
    declared, default = fast.twins[twin][0], fast.DEFAULTS[name]
    assert declared.plain is not None
    gains = {}
    for power in RANGE:
        size = int(default * 2.0**power)
        both = [functools.partial(call, *make(size), **settings) for call in (declared.plain, declared.loaded())]
        before = fast.SIZES[name].elements
        fast.move(name, 0)  # some look once more
        try:
            slow, quick = _shortest(both, seconds)
        finally:
            fast.move(name, before)
        gains[size] = slow / quick
    return Choice(f"size {name}", default, crossing(gains, default), _told(gains, default, "NumPy"))


def crossing(gains: dict[int, float], default: int, least: float = 1.1) -> int:
    """The size from which on all gains are at least 1, or the default where that is no worse by a tenth anywhere.

    gains   size -> time of the plain function over that of the twin
    """
    sizes = sorted(gains)
    found = next((size for size in sizes if all(gains[other] >= 1 for other in sizes if other >= size)), sizes[-1] * 2)
    between = [gains[size] for size in sizes if min(found, default) <= size < max(found, default)]
    worth = any(gain > least or gain < 1 / least for gain in between)
    return found if worth else default


def _told(gains: dict[int, float], default: int, other: str) -> str:
    near = min(gains, key=lambda size: abs(math.log2(size / default)))
    return f"{other} takes {gains[near]:.2f} of our time at {near}, {gains[max(gains)]:.2f} at {max(gains)}"


def _tiles(seconds: float) -> Choice:
    """From how many outputs of a plane on convolutions take Winograd's larger tiles."""
    from kernels.conv import winograd, winograd_schemes

    x, w = _numbers(16 * 64 * 196).reshape(16, 64, 14, 14), _numbers(64 * 64 * 9).reshape(64, 64, 3, 3)
    small, large = (
        lambda scheme=winograd_schemes.SCHEMES[which]: winograd.conv(scheme, x, w, None, (1, 1), (14, 14))
        for which in (0, 1)
    )
    slow, quick = _shortest([small, large], 5 * seconds)
    default = winograd_schemes.LARGE
    found = 14 * 14 if slow > 1.1 * quick else default
    return Choice("large tiles", default, found, f"at 14 x 14 the smaller take {slow / quick:.2f} of their time")
