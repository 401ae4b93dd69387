"""A training in several processes, which mpiexec has started: who has which part of a batch, who prints and saves.

Every process loads every batch and learns from its rows of it, so that all of them together take the step that one
process takes with the whole. Sums, accuracies and Ctrl-C are agreed on; the first process prints, draws and saves.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from typing import Any

import numpy as np

import autograd
import autograd.distributed as dist
import nn
from nn.parallel import DistributedDataParallel


class Sharing:
    """This process among the others.

    rank, size   its number, and how many there are: one, if nobody has started several
    count        samples of the current batch that this process learns from
    weight       what the mean over them counts in the mean over the batch, times the number of processes
    """

    def __init__(self) -> None:
        together = dist.is_initialized()
        self.rank, self.size = (dist.get_rank(), dist.get_world_size()) if together else (0, 1)
        self.count, self.weight = 0, 1.0

    @property
    def first(self) -> bool:
        """Does this process print and save?"""
        return self.rank == 0

    def module(self, model: nn.Module) -> nn.Module:
        """The model as it is trained."""
        return model if self.size == 1 else DistributedDataParallel(model)

    def part(self, batch: Any) -> Any:
        """The rows of a batch that this process learns from; where there are too few, a row that does not count."""
        if self.size == 1:
            return batch
        total = len(batch[0])
        start, end = (total * k // self.size for k in (self.rank, self.rank + 1))
        self.count = end - start
        self.weight = self.count * self.size / total
        rows = slice(start, max(end, start + 1)) if start < total else slice(0, 1)
        return type(batch)([x[rows] for x in batch])

    def sums(self, values: Any) -> Any:
        """The sum over the processes of an array of each."""
        if self.size == 1:
            return values
        total = autograd.tensor(np.array(values, np.float64))
        dist.all_reduce(total)
        return total.numpy()

    def anybody(self, here: bool) -> bool:
        """Does it hold in any process?"""
        return bool(self.sums([float(here)])[0]) if self.size > 1 else here

    def everybodys(self, value: Any) -> list[Any]:
        """A value of each process."""
        found: list[Any] = [value] * self.size
        if self.size > 1:
            dist.all_gather_object(found, value)
        return found

    def evaluate(self, model: nn.Module, data: tuple[Any, Any], loss: Any) -> tuple[float, float]:
        """`nn.evaluate`, each process on some of the samples: mean loss and accuracy."""
        start, end = (len(data[0]) * k // self.size for k in (self.rank, self.rank + 1))
        found = nn.evaluate(model, (data[0][start:end], data[1][start:end]), loss)
        if self.size == 1:
            return found.loss, found.accuracy
        sums = self.sums([found.loss * found.count, found.accuracy * found.count, found.count])
        return float(sums[0] / sums[2]), float(sums[1] / sums[2])


_apart = False  # this process trains something of its own


@contextlib.contextmanager
def alone() -> Iterator[None]:
    """Within, a training is one of this process alone, also where mpiexec has started several."""
    global _apart
    before, _apart = _apart, True
    try:
        yield
    finally:
        _apart = before


@contextlib.contextmanager
def joined(timeout: float | None = None) -> Iterator[Sharing]:
    """Find the other processes; those that are not the first one print nothing."""
    mine = not (dist.is_initialized() or _apart)
    if mine:
        dist.init_process_group(timeout=timeout)
    try:
        sharing = Sharing()
        with contextlib.ExitStack() as stack:
            if not sharing.first:
                nowhere = stack.enter_context(open(os.devnull, "w"))
                stack.enter_context(contextlib.redirect_stdout(nowhere))
            yield sharing
    finally:
        if mine:
            dist.destroy_process_group()
