"""Data sets that are read from front to back: streams, files larger than memory, generators without end."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from .dataset import Dataset


class IterableDataset(Dataset):
    """Base of data sets without indices. A subclass defines `__iter__()`, which yields samples.

    A `DataLoader` collates what comes in the order in which it comes. With workers each thread reads the whole stream:
    `get_worker_info()` tells `__iter__` which part is its own.

    >>> class Squares(IterableDataset):
    ...     def __iter__(self):
    ...         return (n * n for n in range(5))
    >>> from nn.data import DataLoader
    >>> [batch.tolist() for batch in DataLoader(Squares(), batch_size=2)]
    [[0, 1], [4, 9], [16]]
    """

    def __iter__(self) -> Iterator[Any]:
        raise NotImplementedError(f"{type(self).__name__} must define __iter__()")

    def __getitem__(self, index: Any) -> Any:
        raise TypeError(f"{type(self).__name__} is read from front to back: it has no indices")

    def __len__(self) -> int:
        raise TypeError(f"{type(self).__name__} does not define __len__(): its length is not known")

    def __add__(self, other: Any) -> ChainDataset:
        return ChainDataset([self, other])


class ChainDataset(IterableDataset):
    """Several streams one after the other."""

    def __init__(self, datasets: Iterable[Any]) -> None:
        self.datasets = list(datasets)

    def __iter__(self) -> Iterator[Any]:
        return itertools.chain.from_iterable(self.datasets)

    def __len__(self) -> int:
        return sum(map(len, self.datasets))


class WorkerInfo(NamedTuple):
    """Which worker thread of a loader this is.

    id            0 .. num_workers - 1
    num_workers   of the loader
    seed          of this worker and this pass
    dataset       of the loader: the object itself, as threads share memory
    """

    id: int
    num_workers: int
    seed: int
    dataset: Any


_local = threading.local()


def get_worker_info() -> WorkerInfo | None:
    """What the thread that asks works for; None outside of a loader's workers."""
    return getattr(_local, "info", None)


def become_worker(info: WorkerInfo) -> None:
    """Let `get_worker_info` in this thread answer `info`."""
    _local.info = info


def chunks(samples: Iterator[Any], size: int | None, drop_last: bool) -> Iterator[Any]:
    """Lists of `size` samples; None: samples."""
    if size is None:
        yield from samples
        return
    while chunk := list(itertools.islice(samples, size)):
        if len(chunk) == size or not drop_last:
            yield chunk
