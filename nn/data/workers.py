"""Who prepares a loader's batches ahead: threads of this process, or processes of their own.

Threads share memory with the program, and nothing is copied; NumPy and PIL let go of the interpreter while they
compute. Processes are for data sets that spend their time in Python: a batch comes back as bytes.
"""

from __future__ import annotations

import itertools
import multiprocessing
import threading
import weakref
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from autograd import Tensor, from_numpy, set_num_threads
from autograd.errors import ShapeError

from .stream import WorkerInfo, become_worker, get_worker_info

Start = Callable[[int], Any] | None
END = object()
"""What a stream's worker hands out after its last batch."""


class Pool:
    """Workers that call `function` of a loader; `submit` hands them arguments and returns a future."""

    def __init__(self, loader: Any, count: int, first: int = 0, seed: int = 0) -> None:
        from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor  # here: most loaders have no workers

        self.processes = loader.multiprocessing_context is not None
        info = WorkerInfo(first, loader.num_workers, seed, loader.dataset)
        if self.processes:
            context = context_of(loader.multiprocessing_context)
            made = loader.for_worker()
            numbers = context.Value("i", first)
            self.executor: Any = ProcessPoolExecutor(
                count, context, _begin, (made, info._replace(dataset=None), loader.worker_init_fn, numbers)
            )
        else:
            loads = itertools.count(first)
            self.executor = ThreadPoolExecutor(
                count, "DataLoader", _begin_thread, (info, loader.worker_init_fn, loads, threading.Lock())
            )
        self.close = weakref.finalize(loader, self.executor.shutdown, wait=False, cancel_futures=True)

    def submit(self, function: Callable[..., Any], *arguments: Any) -> Any:
        """A future of the batch."""
        if self.processes:
            return self.executor.submit(_work, function.__name__, arguments)
        return self.executor.submit(function, *arguments)

    def end(self) -> None:
        """Wait for those who are at work, and let all go."""
        self.close.detach()
        self.executor.shutdown(wait=True, cancel_futures=True)


def context_of(given: Any) -> Any:
    """multiprocessing's context of that name, or itself."""
    if isinstance(given, str) and given not in multiprocessing.get_all_start_methods():
        raise ShapeError(
            f"DataLoader: multiprocessing_context option should specify a valid start method in "
            f"{multiprocessing.get_all_start_methods()}, but got multiprocessing_context={given!r}"
        )
    return multiprocessing.get_context(given) if isinstance(given, str) else given


def _begin_thread(info: WorkerInfo, start: Start, numbers: Iterator[int], lock: Any) -> None:
    with lock:
        number = next(numbers)
    become_worker(info._replace(id=number, seed=info.seed + number))
    if start is not None:
        start(number)


class _Here:
    """The loader of this worker process, and the stream that it reads."""

    loader: Any = None
    stream: Any = None


def _begin(loader: Any, info: WorkerInfo, start: Start, numbers: Any) -> None:
    with numbers.get_lock():
        number, numbers.value = numbers.value, numbers.value + 1
    set_num_threads(1)
    _Here.loader = loader
    become_worker(info._replace(id=number, seed=info.seed + number, dataset=loader.dataset))
    if start is not None:
        start(number)


def _work(name: str, arguments: tuple[Any, ...]) -> Any:
    """In a worker process: what the loader's method makes, ready for the way."""
    return packed(getattr(_Here.loader, name)(*arguments))


class _Sent:
    """A Tensor on its way between processes."""

    def __init__(self, array: np.ndarray) -> None:
        self.array = array


class _End:
    """END on its way between processes, which have one each."""


def packed(batch: Any) -> Any:
    """A batch as it goes from process to process: arrays in place of Tensors."""
    if batch is END:
        return _End()
    if isinstance(batch, Tensor):
        return _Sent(batch.detach().numpy())
    return _within(packed, batch)


def unpacked(batch: Any) -> Any:
    """What `packed` was given."""
    if isinstance(batch, _End):
        return END
    if isinstance(batch, _Sent):
        return from_numpy(batch.array)
    return _within(unpacked, batch)


def _within(change: Callable[[Any], Any], batch: Any) -> Any:
    if isinstance(batch, dict):
        return {key: change(value) for key, value in batch.items()}
    if isinstance(batch, tuple) and hasattr(batch, "_fields"):
        return type(batch)(*map(change, batch))
    return type(batch)(map(change, batch)) if type(batch) in (list, tuple) else batch


def named(error: Exception, dataset: Any, indices: Any) -> None:
    """Say in an error which samples were asked for, and by which worker."""
    info = get_worker_info()
    who = "" if info is None else f"DataLoader worker {info.id}: "
    asked = np.atleast_1d(np.asarray(indices)).tolist()
    items = f"item {asked[0]}" if len(asked) == 1 else f"items {asked[:8]}{' ...' if len(asked) > 8 else ''}"
    error.add_note(f"{who}while loading {items} of {type(dataset).__name__}")


def check_workers(
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
