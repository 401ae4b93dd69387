"""Runs one case in one library and prints its figures as JSON. Started by `run`, in the peer's own environment.

python -m benchmarks.speed.worker LIBRARY CASE THREADS [IMAGES.npz]
"""

from __future__ import annotations

import json
import resource
import statistics
import sys
import time
from typing import Any

import numpy as np

from .cases import CASES


def library(name: str, threads: int) -> tuple[Any, Any, str]:
    """(the library, its nn, its version)"""
    if name == "torch":
        import torch

        torch.set_num_threads(threads)
        return torch, torch.nn, f"torch {torch.__version__}"
    import threadpoolctl

    import autograd
    import nn

    threadpoolctl.threadpool_limits(threads)
    return autograd, nn, f"wengert, numpy {np.__version__}"


def main(name: str, case_name: str, threads: int, images: str | None) -> None:
    """Time one case: a tenth of the steps to warm up, then every step by itself."""
    lib, nn, version = library(name, threads)
    case = next(case for case in CASES if case.name == case_name)
    data = None
    if images:
        with np.load(images) as file:
            data = file["images"], file["labels"]
    step = case.build(lib, nn, data)
    values = [step() for _ in range(max(case.warm_up, case.repeat // 10))]
    times = []
    for _ in range(case.repeat):
        started = time.perf_counter()
        step()
        times.append(time.perf_counter() - started)
    print(
        json.dumps(
            {
                "version": version,
                "values": values[:3],
                "median_s": statistics.median(times) / case.per,
                "peak_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
            }
        )
    )


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4] if len(sys.argv) > 4 else None)
