"""Batches for training loops."""

from __future__ import annotations

import itertools
from collections import deque
from collections.abc import Callable, Iterator
from typing import Any, Generic, Protocol, TypeVar, overload

import numpy as np
from numpy import ndarray as Array

from autograd.errors import ShapeError
from autograd.extend import Timed, timed

from .dataset import batch_of, default_collate, samples_of
from .randomness import batch_randomness, numpy_generator
from .sampler import BatchSampler, RandomSampler, SequentialSampler
from .stream import IterableDataset, chunks
from .workers import END, Pool, check_workers, context_of, named, unpacked

B = TypeVar("B")
Batch = TypeVar("Batch", covariant=True)
_NOT_FOR_WORKERS = ("sampler", "batch_sampler", "generator", "multiprocessing_context", "worker_init_fn", "_kept")


class Batched(Protocol[Batch]):
    """A data set that makes whole batches: what type they are, type checkers read here."""

    def batch(self, indices: Array) -> Batch: ...


class DataLoader(Generic[B]):
    """Iterates over a data set in batches of Tensors.

    dataset         a `Dataset`, or anything with `dataset[index]` and `len(dataset)`
    batch_size      samples in a batch; None: samples one by one, without a batch dimension
    shuffle         a new random order on every pass
    sampler         yields the indices instead; excludes shuffle
    batch_sampler   yields lists of indices; excludes batch_size, shuffle, sampler and drop_last
    num_workers     who prepare batches ahead; 0: the calling thread does. They are threads, which share memory with
                    the program: NumPy and PIL let go of the interpreter while they compute
    collate_fn      makes a batch from a list of samples; default: sets backed by arrays are sliced in one go, others go
                    through `default_collate`
    pin_memory      taken, and without effect: there is no other memory to copy to
    drop_last       leave out a last batch that is not full
    timeout         seconds to wait for a worker's batch; 0: for ever
    worker_init_fn  called with the worker's number in each of them as it starts
    generator       of the random order; default: the one `autograd.manual_seed` seeds
    prefetch_factor batches in preparation per worker; default 2
    multiprocessing_context   "spawn", "forkserver" or "fork": workers are processes, for data sets that spend their
                    time in Python. They get a copy of the data set, and send batches back
    persistent_workers   workers stay from one pass to the next
    pin_memory_device    taken, and without effect

    An `IterableDataset` is read from front to back; it excludes shuffle, sampler and batch_sampler.

    Same seed, same batches in the same order, with any number of workers, random transforms of `nn.data.transforms`
    included. What goes wrong in a worker is raised in the loop, with the item that it was about. Leaving the loop early
    ends the workers. `classes` are those of the data set.

    >>> from nn.data import TensorDataset
    >>> loader = DataLoader(TensorDataset([[0.0], [1.0], [2.0]], [0, 1, 1]), batch_size=2)
    >>> [labels.tolist() for inputs, labels in loader], len(loader)
    ([[0, 1], [1]], 2)
    """

    @overload
    def __init__(
        self,
        dataset: Batched[B],
        batch_size: int | None = 1,
        shuffle: bool | None = None,
        sampler: Any = None,
        batch_sampler: Any = None,
        num_workers: int = 0,
        collate_fn: None = None,
        pin_memory: bool = False,
        drop_last: bool = False,
        timeout: float = 0,
        worker_init_fn: Callable[[int], Any] | None = None,
        multiprocessing_context: Any = None,
        generator: Any = None,
        *,
        prefetch_factor: int | None = None,
        persistent_workers: bool = False,
        pin_memory_device: str = "",
        in_order: bool = True,
    ) -> None: ...
    @overload
    def __init__(
        self: DataLoader[Any],
        dataset: Any,
        batch_size: int | None = 1,
        shuffle: bool | None = None,
        sampler: Any = None,
        batch_sampler: Any = None,
        num_workers: int = 0,
        collate_fn: Callable[[list[Any]], Any] | None = None,
        pin_memory: bool = False,
        drop_last: bool = False,
        timeout: float = 0,
        worker_init_fn: Callable[[int], Any] | None = None,
        multiprocessing_context: Any = None,
        generator: Any = None,
        *,
        prefetch_factor: int | None = None,
        persistent_workers: bool = False,
        pin_memory_device: str = "",
        in_order: bool = True,
    ) -> None: ...
    def __init__(
        self,
        dataset: Any,
        batch_size: int | None = 1,
        shuffle: bool | None = None,
        sampler: Any = None,
        batch_sampler: Any = None,
        num_workers: int = 0,
        collate_fn: Callable[[list[Any]], Any] | None = None,
        pin_memory: bool = False,
        drop_last: bool = False,
        timeout: float = 0,
        worker_init_fn: Callable[[int], Any] | None = None,
        multiprocessing_context: Any = None,
        generator: Any = None,
        *,
        prefetch_factor: int | None = None,
        persistent_workers: bool = False,
        pin_memory_device: str = "",
        in_order: bool = True,
    ) -> None:
        check_workers(num_workers, persistent_workers, timeout, worker_init_fn, prefetch_factor)
        stream = isinstance(dataset, IterableDataset)
        _check_batches(stream, batch_size, shuffle, sampler, batch_sampler, drop_last)
        if sampler is None and not stream:
            sampler = RandomSampler(dataset, generator=generator) if shuffle else SequentialSampler(dataset)
        if multiprocessing_context is not None and num_workers == 0:
            raise ShapeError("DataLoader: multiprocessing_context can only be used with num_workers > 0")
        self.multiprocessing_context = multiprocessing_context and context_of(multiprocessing_context)
        self.persistent_workers = persistent_workers
        self._kept: Pool | None = None
        self.dataset = dataset
        self.sampler = sampler
        self.drop_last = drop_last
        self.num_workers = num_workers
        self.collate_fn = collate_fn
        self.timeout = timeout
        self.worker_init_fn = worker_init_fn
        self.prefetch_factor = prefetch_factor or 2
        self.generator = generator
        if batch_sampler is not None:
            self.batch_size, self.batch_sampler = None, batch_sampler
        elif batch_size is None or stream:
            self.batch_size, self.batch_sampler = batch_size, None
        else:
            self.batch_sampler = BatchSampler(sampler, batch_size, drop_last)
            self.batch_size = self.batch_sampler.batch_size

    def __len__(self) -> int:
        if isinstance(self.dataset, IterableDataset):
            whole, rest = divmod(len(self.dataset), self.batch_size or 1)
            return whole + (rest > 0 and not self.drop_last)
        return len(self.sampler if self.batch_sampler is None else self.batch_sampler)

    def __iter__(self) -> Iterator[B]:
        seed = int(numpy_generator(self.generator).integers(2**63))
        if isinstance(self.dataset, IterableDataset):
            return self._stream(seed) if self.num_workers == 0 else self._streams(seed)
        jobs = (((seed, number), indices) for number, indices in enumerate(self._index_batches()))
        if self.num_workers == 0:
            return (self._load(*job) for job in jobs)
        return self._prefetch(jobs)

    def _repr_html_(self) -> str:
        """For notebooks: what it reads, how, and the first examples."""
        from .showing import show_loader  # here: few programs show loaders in notebooks

        return show_loader(self)

    def _index_batches(self) -> Iterator[Any]:
        """What `_load` gets: an array of indices per batch, or single indices without batching."""
        if self.batch_sampler is None:
            return iter(self.sampler)
        if isinstance(self.batch_sampler, BatchSampler) and type(self.batch_sampler).__iter__ is BatchSampler.__iter__:
            return self.batch_sampler.batches()
        return (np.asarray(indices, np.int64) for indices in self.batch_sampler)

    def _load(self, seed: tuple[int, int], indices: Any) -> Any:
        with batch_randomness(seed):
            try:
                if self.batch_sampler is None:
                    sample = self.dataset[int(indices)]
                    return sample if self.collate_fn is None else self.collate_fn(sample)
                if self.collate_fn is not None:
                    return self.collate_fn(samples_of(self.dataset, indices))
                return batch_of(self.dataset, indices)
            except Exception as error:
                named(error, self.dataset, indices)
                raise

    @property
    def classes(self) -> Any:
        """Names of the classes, where the data set has some."""
        return self.dataset.classes

    def for_worker(self) -> Any:
        """This loader as a worker process needs it."""
        copy: Any = object.__new__(type(self))
        copy.__dict__.update({key: value for key, value in self.__dict__.items() if key not in _NOT_FOR_WORKERS})
        copy.batch_sampler = None if self.batch_sampler is None else True
        return copy

    def _prefetch(self, jobs: Iterator[tuple[tuple[int, int], Any]]) -> Iterator[Any]:
        """Batches in order, while the workers prepare the following ones."""
        pool = self._kept or Pool(self, self.num_workers)
        self._kept = pool if self.persistent_workers else None
        pending: deque[Any] = deque()
        try:
            for job in jobs:
                pending.append(pool.submit(self._load, *job))
                if len(pending) >= self.num_workers * self.prefetch_factor:
                    yield self._result(pending.popleft())
            while pending:
                yield self._result(pending.popleft())
        finally:
            for future in pending:
                future.cancel()
            if self._kept is not pool:
                pool.end()

    def _stream(self, seed: int) -> Iterator[Any]:
        """Batches of an `IterableDataset`, read in this thread."""
        parts = chunks(iter(self.dataset), self.batch_size, self.drop_last)
        for number in itertools.count():
            with batch_randomness((seed, number)):
                part: Any = next(parts, END)
                if part is END:
                    return
                if self.collate_fn is not None:
                    part = self.collate_fn(part)
                elif self.batch_size is not None:
                    part = default_collate(part)
            yield part

    def _streams(self, seed: int) -> Iterator[Any]:
        """The same from each worker, a batch from each in turn."""
        pools: list[Pool] = []
        queues: list[tuple[Pool, tuple[Any, ...], deque[Any]]] = []
        try:
            for number in range(self.num_workers):
                pool = Pool(self, 1, number, seed)
                call = (
                    (self._next, seed + number) if pool.processes else (next, self._stream(seed + number), END)
                )  # a process has its own stream, which it begins with the first batch
                pools.append(pool)
                queues.append((pool, call, deque([pool.submit(*call) for _ in range(self.prefetch_factor)])))
            while queues:
                for queue in list(queues):
                    pool, call, ahead = queue
                    batch = self._result(ahead.popleft())
                    if batch is END:
                        queues.remove(queue)
                        continue
                    ahead.append(pool.submit(*call))
                    yield batch
        finally:
            for pool in pools:
                pool.end()

    def _next(self, seed: int) -> Any:
        """In a worker process: the next batch of its stream."""
        if self._batches is None:
            self._batches = self._stream(seed)
        return next(self._batches, END)

    _batches: Iterator[Any] | None = None

    def _result(self, future: Any) -> Any:
        from concurrent.futures import BrokenExecutor

        try:
            return unpacked(future.result(self.timeout or None))
        except BrokenExecutor:
            raise RuntimeError("DataLoader: a worker process has ended before its batch was ready") from None
        except TimeoutError:
            if future.done():
                raise  # the data set's own
            raise RuntimeError(f"DataLoader timed out after {self.timeout} seconds") from None


def _check_batches(
    stream: bool, batch_size: int | None, shuffle: bool | None, sampler: Any, batch_sampler: Any, drop_last: bool
) -> None:
    """Raise unless only one of these says what is in a batch."""
    if sampler is not None and shuffle:
        raise ShapeError("DataLoader: sampler option is mutually exclusive with shuffle")
    if batch_sampler is not None and (batch_size != 1 or shuffle or sampler is not None or drop_last):
        raise ShapeError(
            "DataLoader: batch_sampler option is mutually exclusive with batch_size, shuffle, sampler, and drop_last"
        )
    if batch_size is None and drop_last:
        raise ShapeError(
            "DataLoader: batch_size=None option disables auto-batching and is mutually exclusive with drop_last"
        )
    if stream and (shuffle or sampler is not None or batch_sampler is not None):
        raise ShapeError(
            "DataLoader with IterableDataset: expected unspecified shuffle, sampler and batch_sampler option: a "
            "stream comes in its own order"
        )


timed.append(Timed(DataLoader, "__iter__", lambda loader: type(loader).__name__, iterates=True))
