"""Where random order, random crops and the like get their numbers from."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np

from autograd import Generator, default_generator

_local = threading.local()


def numpy_generator(generator: Generator | np.random.Generator | None = None) -> np.random.Generator:
    """NumPy's generator inside `generator`; by default that of the batch being made, else the default one."""
    if isinstance(generator, np.random.Generator):
        return generator
    if generator is not None:
        return generator.rng
    batch_seed = getattr(_local, "batch_seed", None)
    if batch_seed is None:
        return default_generator.rng
    if _local.batch_generator is None:
        _local.batch_generator = np.random.default_rng(batch_seed)
    return _local.batch_generator


@contextmanager
def batch_randomness(seed: tuple[int, int]) -> Iterator[None]:
    """Within: `numpy_generator()` in this thread is one that only `seed` decides.

    A loader makes each batch under a seed of its own. So random transforms give the same batches with any number of
    worker threads.
    """
    before = getattr(_local, "batch_seed", None), getattr(_local, "batch_generator", None)
    _local.batch_seed, _local.batch_generator = seed, None
    try:
        yield
    finally:
        _local.batch_seed, _local.batch_generator = before
