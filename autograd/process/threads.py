"""How many threads computations use: in NumPy's BLAS and in the kernels."""

from __future__ import annotations

import os

from kernels.machine import threads


def set_num_threads(n: int) -> None:
    """Use `n` threads, in BLAS and in kernels. Holds for the whole process."""
    if not isinstance(n, int) or n < 1:
        raise ValueError(f"set_num_threads: expects a positive integer, got {n!r}")
    import threadpoolctl  # not needed by most programs

    threadpoolctl.threadpool_limits(n, user_api="blas")  # holds until somebody sets another
    threads.set_num_threads(n)


def get_num_threads() -> int:
    """The number of threads that BLAS may use now."""
    import threadpoolctl

    pools = [pool["num_threads"] for pool in threadpoolctl.threadpool_info() if pool["user_api"] == "blas"]
    return max(pools, default=os.cpu_count() or 1)
