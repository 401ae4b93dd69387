"""Batches for training loops."""

from __future__ import annotations

import itertools
import threading
from collections import deque
from collections.abc import Callable, Iterator
from typing import Any, Generic, Protocol, TypeVar, overload

import numpy as np
from numpy import ndarray as Array

from autograd.errors import ShapeError

from .dataset import batch_of, default_collate
from .randomness import batch_randomness, numpy_generator
from .sampler import BatchSampler, RandomSampler, SequentialSampler
from .stream import IterableDataset, WorkerInfo, become_worker, chunks

_END = object()
B = TypeVar("B")
Batch = TypeVar("Batch", covariant=True)


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
    num_workers     threads that prepare batches ahead; 0: in the calling thread. Threads, because data sets here are
                    arrays and NumPy releases the interpreter lock; they share memory with the program
    collate_fn      makes a batch from a list of samples; default: sets backed by arrays are sliced in one go, others go
                    through `default_collate`
    pin_memory      taken, and without effect: there is no other memory to copy to
    drop_last       leave out a last batch that is not full
    timeout         seconds to wait for a worker's batch; 0: for ever
    worker_init_fn  called with the worker's number in each thread as it starts
    generator       of the random order; default: the one `autograd.manual_seed` seeds
    prefetch_factor batches in preparation per worker; default 2
    multiprocessing_context, persistent_workers, pin_memory_device   taken, and without effect: workers are threads

    An `IterableDataset` is read from front to back; it excludes shuffle, sampler and batch_sampler.

    Same seed, same batches in the same order, with any number of workers, random transforms of `nn.data.transforms`
    included. What goes wrong in a worker is raised in the loop. Leaving the loop early ends the threads.

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
        _check_workers(num_workers, persistent_workers, timeout, worker_init_fn, prefetch_factor)
        stream = isinstance(dataset, IterableDataset)
        _check_batches(stream, batch_size, shuffle, sampler, batch_sampler, drop_last)
        if sampler is None and not stream:
            sampler = RandomSampler(dataset, generator=generator) if shuffle else SequentialSampler(dataset)
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
            if self.batch_sampler is None:
                sample = self.dataset[int(indices)]
                return sample if self.collate_fn is None else self.collate_fn(sample)
            if self.collate_fn is not None:
                return self.collate_fn([self.dataset[index] for index in indices.tolist()])
            return batch_of(self.dataset, indices)

    def _prefetch(self, jobs: Iterator[tuple[tuple[int, int], Any]]) -> Iterator[Any]:
        """Batches in order, while the workers prepare the following ones."""
        from concurrent.futures import Future, ThreadPoolExecutor  # here: most loaders have no workers

        numbers = iter(range(self.num_workers))
        lock = threading.Lock()

        def start() -> None:
            with lock:
                number = next(numbers)
            if self.worker_init_fn is not None:
                self.worker_init_fn(number)

        pool = ThreadPoolExecutor(self.num_workers, thread_name_prefix="DataLoader", initializer=start)
        pending: deque[Future[Any]] = deque()
        try:
            for job in jobs:
                pending.append(pool.submit(self._load, *job))
                if len(pending) >= self.num_workers * self.prefetch_factor:
                    yield self._result(pending.popleft())
            while pending:
                yield self._result(pending.popleft())
        finally:
            pool.shutdown(wait=True, cancel_futures=True)

    def _stream(self, seed: int) -> Iterator[Any]:
        """Batches of an `IterableDataset`, read in this thread."""
        parts = chunks(iter(self.dataset), self.batch_size, self.drop_last)
        for number in itertools.count():
            with batch_randomness((seed, number)):
                part: Any = next(parts, _END)
                if part is _END:
                    return
                if self.collate_fn is not None:
                    part = self.collate_fn(part)
                elif self.batch_size is not None:
                    part = default_collate(part)
            yield part

    def _streams(self, seed: int) -> Iterator[Any]:
        """The same from one thread per worker, a batch from each in turn."""
        from concurrent.futures import Future, ThreadPoolExecutor

        def start(info: WorkerInfo) -> None:
            become_worker(info)
            if self.worker_init_fn is not None:
                self.worker_init_fn(info.id)

        pools, queues = [], []
        try:
            for number in range(self.num_workers):
                info = WorkerInfo(number, self.num_workers, seed + number, self.dataset)
                pool = ThreadPoolExecutor(1, f"DataLoader_{number}", start, (info,))
                batches = self._stream(seed + number)
                ahead: deque[Future[Any]] = deque()
                ahead.extend(pool.submit(next, batches, _END) for _ in range(self.prefetch_factor))
                pools.append(pool)
                queues.append((pool, batches, ahead))
            while queues:
                for queue in list(queues):
                    pool, batches, ahead = queue
                    batch = self._result(ahead.popleft())
                    if batch is _END:
                        queues.remove(queue)
                        continue
                    ahead.append(pool.submit(next, batches, _END))
                    yield batch
        finally:
            for pool in pools:
                pool.shutdown(wait=True, cancel_futures=True)

    def _result(self, future: Any) -> Any:
        try:
            return future.result(self.timeout or None)
        except TimeoutError:
            if future.done():
                raise  # the data set's own
            raise RuntimeError(f"DataLoader timed out after {self.timeout} seconds") from None


def _check_workers(
    num_workers: Any, persistent: bool, timeout: float, worker_init_fn: Any, prefetch_factor: int | None
) -> None:
    """Raise unless these go together."""
    if isinstance(num_workers, bool) or not isinstance(num_workers, int) or num_workers < 0:
        raise ShapeError(f"DataLoader: num_workers should be an integer >= 0, got {num_workers!r}")
    if num_workers == 0 and persistent:
        raise ShapeError("DataLoader: persistent_workers option needs num_workers > 0")
    if num_workers == 0 and (timeout or worker_init_fn is not None or prefetch_factor is not None):
        raise ShapeError(
            "DataLoader: timeout, worker_init_fn and prefetch_factor could only be specified in multiprocessing, "
            "that is, with num_workers > 0"
        )
    if timeout < 0 or (prefetch_factor is not None and prefetch_factor < 1):
        raise ShapeError(f"DataLoader: wanted timeout >= 0 and prefetch_factor >= 1, got {timeout}, {prefetch_factor}")


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
