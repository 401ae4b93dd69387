"""Processes with different numbers of batches: those that have no more keep the others company.

Every process of a group must take part in every all-reduce. Within `Join`, one that has run out of batches goes on
doing, with zeros, what the others do together (its shadow), until all have run out.

    with Join([model]):
        for x, y in batches:
            ...
"""

from __future__ import annotations

import warnings
from types import TracebackType
from typing import Any, Self

import numpy as np

from ...errors import DistributedError
from ..collectives import begun
from ..processes import ProcessGroup
from ..transport import ReduceOp


class JoinHook:
    """What a `Joinable` does in a process that has run out of batches."""

    def main_hook(self) -> None:
        """Take part in what the others do together in one step."""

    def post_hook(self, is_last_joiner: bool) -> None:
        """After all have run out. `is_last_joiner`: was this process among those that had the most batches?"""


class Joinable:
    """Base of what talks to other processes in every step, such as DistributedDataParallel.

    A subclass defines `join_hook(**kwargs)`, and `join_process_group`. Before the first thing that it does together
    with others in a step, it calls `Join.notify_join_context(self)`.
    """

    _joined: Join | None = None

    def join_hook(self, **kwargs: Any) -> JoinHook:
        """What its shadow does."""
        raise NotImplementedError(f"{type(self).__name__} must define join_hook()")

    @property
    def join_process_group(self) -> ProcessGroup:
        """Whose processes they are."""
        raise NotImplementedError(f"{type(self).__name__} must define join_process_group")

    @property
    def join_device(self) -> str:
        """The CPU."""
        return "cpu"


class Join:
    """A `with` block in which processes may have different numbers of batches.

    joinables                  what takes part; all of one group
    enable                     False: the block does nothing
    throw_on_early_termination  raise an error in all processes when the first has run out
    kwargs                     for `join_hook`: DistributedDataParallel takes divide_by_initial_world_size
    """

    def __init__(
        self, joinables: Any, enable: bool = True, throw_on_early_termination: bool = False, **kwargs: Any
    ) -> None:
        self._joinables = list(joinables)
        if not self._joinables:
            raise ValueError("The join context manager requires at least one joinable")
        groups = {id(each.join_process_group): each.join_process_group for each in self._joinables}
        if len(groups) != 1:
            raise ValueError("Using join context manager with multiple process groups")
        (self._group,) = groups.values()
        self._enabled = enable
        self.active = self._group.size()  # processes that still have batches
        self._throws = throw_on_early_termination
        self._hooks = [each.join_hook(**kwargs) for each in self._joinables]

    def __enter__(self) -> Self:
        if self._enabled:
            for each in self._joinables:
                each._joined = self
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if self._enabled and kind is None:
                self._keep_company()
        finally:
            for each in self._joinables:
                each._joined = None

    def _keep_company(self) -> None:
        steps, last = 0, True
        while self._still_going(False):
            if self._throws:
                raise _exhausted()
            last = False
            for hook in self._hooks:
                hook.main_hook()
            steps += 1
            if steps == 1000:
                warnings.warn(
                    "Join: this process has been keeping others company for 1000 steps: the batches are very unevenly "
                    "distributed",
                    stacklevel=3,
                )
        for hook in self._hooks:
            hook.post_hook(last)

    def _still_going(self, here: bool) -> int:
        """How many processes still have batches; asked by all of them, once per step."""
        going = np.array([int(here)], np.int64)
        request = self._group.transport.all_reduce(going, ReduceOp.SUM)
        begun(self._group, "Join", request, None, None, False)
        self.active = int(going[0])
        return self.active

    @staticmethod
    def notify_join_context(joinable: Joinable) -> None:
        """Say that a step begins in which `joinable` talks to others. Only the first of a block's joinables asks."""
        join = joinable._joined
        if join is None or join._joinables[0] is not joinable:
            return
        if join._still_going(True) < join._group.size() and join._throws:
            raise _exhausted()


def _exhausted() -> DistributedError:
    return DistributedError(
        "Join: a process has run out of batches. Detected at least one rank that exhausted inputs. Throwing across all "
        "ranks."
    )
