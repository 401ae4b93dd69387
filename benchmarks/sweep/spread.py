"""A function of a point, at many points: in this process, in some processes, or in those that mpiexec has started.

What is done stands in a file, a line per point, so a sweep that was broken off does no point twice.
"""

from __future__ import annotations

import functools
import itertools
import json
import multiprocessing
import os
import time
import traceback
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Executor, ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from typing import Any

import autograd
import autograd.distributed as dist
from benchmarks.cli import UsageError

Point = dict[str, Any]


def points_of(grid: Mapping[str, Iterable[Any]]) -> list[Point]:
    """All combinations of some values, the last name changing fastest.

    >>> points_of({"lr": [0.1, 0.2], "seed": [0, 1]})[1]
    {'lr': 0.1, 'seed': 1}
    """
    return [dict(zip(grid, values, strict=True)) for values in itertools.product(*grid.values())]


def key_of(point: Point) -> str:
    """What a point is known by."""
    return json.dumps(point, sort_keys=True)


class Store:
    """A file of results, a line per point. None: they are kept in memory alone."""

    def __init__(self, path: Path | None) -> None:
        self.path = path
        self.results: dict[str, dict[str, Any]] = {}
        if path is None or not path.exists():
            return
        whole = [
            line for line in path.read_text().splitlines(keepends=True) if line.endswith("\n")
        ]  # the last may be torn
        for line in whole:
            entry = json.loads(line)
            self.results[key_of(entry["point"])] = entry["result"]
        if len("".join(whole)) < path.stat().st_size:
            path.write_text("".join(whole))

    def add(self, point: Point, result: dict[str, Any]) -> None:
        """Keep a result."""
        self.results[key_of(point)] = result
        if self.path is not None:
            with self.path.open("a") as file:
                file.write(json.dumps({"point": point, "result": result}) + "\n")
                file.flush()
                os.fsync(file.fileno())


def spread(
    function: Callable[[Point], dict[str, Any]],
    points: list[Point],
    jobs: int = 1,
    store: Path | None = None,
    say: Callable[[str], None] = print,
) -> list[dict[str, Any]]:
    """function(point) for each point, in their order; one that failed gives {"error": what it said}.

    function   a function of a module, or a partial call of one: it is sent to other processes
    jobs       how many at a time, each with cores // jobs threads. Under mpiexec its processes take the points, all but
               the first, which hands them out; what these return is empty
    store      a file of what is done: these points are not done again
    say        told of each point when it is done
    """
    if place()[0]:
        list(_results(function, points, jobs))
        return []
    kept = Store(store)
    left = [point for point in points if key_of(point) not in kept.results]
    if len(left) < len(points):
        say(f"{len(points) - len(left)} of {len(points)} are done already")
    done = len(points) - len(left)
    failed: dict[str, dict[str, Any]] = {}
    for point, result in _results(function, left, jobs):
        done += 1
        if "error" in result:
            failed[key_of(point)] = result
        else:
            kept.add(point, result)
        shown = ", ".join(
            f"{name} {value:.4g}" if isinstance(value, float) else f"{name} {value}" for name, value in result.items()
        )
        say(f"{done}/{len(points)}   {named(point)}: {shown}")
    found = kept.results | failed
    return [found[key_of(point)] for point in points if key_of(point) in found]


def named(point: Point) -> str:
    """A point in words."""
    return ", ".join(f"{name} {value}" for name, value in point.items())


def _results(function: Any, points: list[Point], jobs: int) -> Iterator[tuple[Point, dict[str, Any]]]:
    work = functools.partial(_attempt, function)
    with _executor(min(jobs, len(points))) as executor:
        if executor is None and place()[1] > 1:
            return  # one of several processes, which was given points by the first
        if executor is None:
            for point in points:
                yield point, work(point)
            return
        futures = {executor.submit(work, point): point for point in points}
        try:
            for future in as_completed(futures):
                yield futures[future], future.result()
        except BrokenProcessPool:
            raise UsageError("a process has died; the same command goes on with the points that are left") from None
        except BaseException:
            for future in futures:
                future.cancel()
            raise


_interrupted: list[Point] = []  # in this process, which begins no other point then


def _attempt(function: Any, point: Point) -> dict[str, Any]:
    if _interrupted:
        raise KeyboardInterrupt
    started = time.perf_counter()
    try:
        result: dict[str, Any] = function(point)
    except KeyboardInterrupt:
        if multiprocessing.parent_process() is not None:
            _interrupted.append(point)
        raise
    except Exception as error:
        traceback.print_exc()
        return {"error": f"{type(error).__name__}: {error}"}
    return {**result, "seconds": round(time.perf_counter() - started, 2)}


class _Here:
    """No executor: points are done in this process."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, *error: object) -> None:
        pass


def _executor(jobs: int) -> Any:
    if place()[1] > 1:
        from mpi4py.futures import MPICommExecutor  # where mpiexec has started us, it is there
        from mpi4py.MPI import COMM_WORLD

        return MPICommExecutor(COMM_WORLD, root=0)
    if jobs <= 1:
        return _Here()
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    pool: Executor = ProcessPoolExecutor(
        jobs, multiprocessing.get_context("spawn"), autograd.set_num_threads, (max(1, cores // jobs),)
    )
    return pool


@functools.cache
def place() -> tuple[int, int]:
    """The number of this process among those that mpiexec has started, and how many these are."""
    if dist.is_initialized():
        return dist.get_rank(), dist.get_world_size()
    dist.init_process_group()
    found = dist.get_rank(), dist.get_world_size()
    dist.destroy_process_group()
    return found
