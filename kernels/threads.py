"""The threads that kernels run in: ours, so that nothing spins between calls and a fork cannot leave a pool half alive.

A kernel releases the GIL and works on a range of its output; `split` cuts the range into one part per thread.
"""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable
from typing import Any


def _available() -> int:
    """Processors that this process may use, or what OMP_NUM_THREADS says."""
    asked = os.environ.get("OMP_NUM_THREADS", "")
    if asked.isdigit() and int(asked) > 0:
        return int(asked)
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


_count = _available()
_pool: Any = None


def set_num_threads(n: int) -> None:
    """Run kernels in `n` threads from now on."""
    global _count
    _count = n
    _forget()


def get_num_threads() -> int:
    """The number of threads that kernels run in."""
    return _count


def _forget() -> None:
    global _pool
    _pool = None


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget)


def split(count: int, work: Callable[[int, int], object]) -> None:
    """Call work(start, stop) on parts of range(count), one per thread; the first part runs here."""
    global _pool
    parts = min(_count, count)
    if parts <= 1:
        work(0, count)
        return
    if _pool is None:
        from concurrent.futures import ThreadPoolExecutor  # most programs that import us start no kernel

        _pool = ThreadPoolExecutor(_count - 1, thread_name_prefix="wengert-kernel")
    bounds = [count * part // parts for part in range(parts + 1)]
    others = [_pool.submit(work, *part) for part in itertools.pairwise(bounds[1:])]
    try:
        work(bounds[0], bounds[1])
    finally:
        for other in others:
            other.result()
