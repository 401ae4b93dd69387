"""How many threads computations use: in NumPy's BLAS and in the kernels."""

from __future__ import annotations

import os
from typing import Any

from kernels import threads

_limits: Any = None  # threadpoolctl undoes its limits when this object dies


def set_num_threads(n: int) -> None:
    """Use `n` threads, in BLAS and in kernels. Holds for the whole process."""
    global _limits
    if not isinstance(n, int) or n < 1:
        raise ValueError(f"set_num_threads: expects a positive integer, got {n!r}")
    import threadpoolctl  # not needed by most programs

    _limits = threadpoolctl.threadpool_limits(n)
    threads.set_num_threads(n)


def get_num_threads() -> int:
    """The number of threads that BLAS may use now."""
    import threadpoolctl

    pools = [pool["num_threads"] for pool in threadpoolctl.threadpool_info() if pool["user_api"] == "blas"]
    return max(pools, default=os.cpu_count() or 1)
