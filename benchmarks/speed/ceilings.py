"""What the machine can do at most: the rate of a large float32 matrix product, and the speed of copying memory.

python -m benchmarks.speed.ceilings THREADS
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import threadpoolctl


def _best(run: Callable[[], Any], seconds: float) -> float:
    """The shortest time of several runs, at least three."""
    times: list[float] = []
    began = time.perf_counter()
    while len(times) < 3 or time.perf_counter() - began < seconds:
        started = time.perf_counter()
        run()
        times.append(time.perf_counter() - started)
    return min(times)


def sgemm(size: int = 2048, seconds: float = 1.0) -> float:
    """GFLOP/s of NumPy's product of two square float32 matrices."""
    a = np.random.default_rng(0).standard_normal((size, size), np.float32)
    b, c = a.T.copy(), np.empty_like(a)
    return 2 * size**3 / _best(lambda: np.matmul(a, b, out=c), seconds) / 1e9


def copy(threads: int, mib: int = 256, seconds: float = 1.0) -> float:
    """GB/s of copying an array that fits into no cache, read and written bytes added up, one part per thread."""
    source, target = np.ones(mib * 2**18, np.float32), np.zeros(mib * 2**18, np.float32)
    parts = list(zip(np.array_split(target, threads), np.array_split(source, threads), strict=True))
    with ThreadPoolExecutor(threads) as pool:
        best = _best(lambda: list(pool.map(lambda part: np.copyto(*part), parts)), seconds)
    return 2 * source.nbytes / best / 1e9


def main(threads: int) -> None:
    """Measure both."""
    with threadpoolctl.threadpool_limits(threads):
        print(json.dumps({"gflops": sgemm(), "gbytes": copy(threads)}))


if __name__ == "__main__":
    main(int(sys.argv[1]))
