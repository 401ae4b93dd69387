"""Several schedules: one after the other, or at the same time."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from typing import Any

from autograd.errors import SettingError

from ..optimizer import Optimizer
from .base import LRScheduler, put


class _Combined(LRScheduler):
    """A schedule that consists of others, for one optimiser; its state is theirs."""

    _schedulers: list[LRScheduler]
    _kept_out = ("optimizer", "_schedulers")

    def _take(self, schedulers: Sequence[LRScheduler], optimizer: Optimizer | None, which: str) -> None:
        """Hold the schedulers, if they fit together; they say which optimizer, if none is given."""
        name = type(self).__name__
        if len(schedulers) < 1:
            raise SettingError(f"{name} expects at least one scheduler to be chained, but got no scheduler.")
        self.optimizer = optimizer or schedulers[0].optimizer
        if any(scheduler.optimizer is not self.optimizer for scheduler in schedulers):
            raise SettingError(f"{name} expects all schedulers to belong to {which}")
        if any(getattr(scheduler, "needs_metric", False) for scheduler in schedulers):
            raise SettingError(f"{name} does not support `ReduceLROnPlateau`, whose step needs a metric")
        self._schedulers = list(schedulers)

    def state_dict(self) -> dict[str, Any]:
        """The state of all schedules."""
        return {**super().state_dict(), "_schedulers": [scheduler.state_dict() for scheduler in self._schedulers]}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take over what `state_dict()` returned."""
        self.__dict__.update({k: v for k, v in state_dict.items() if k != "_schedulers"})
        for scheduler, state in zip(self._schedulers, state_dict["_schedulers"], strict=True):
            scheduler.load_state_dict(state)


class SequentialLR(_Combined):
    """One schedule after the other: `schedulers[i]` runs from `milestones[i - 1]` on, each counting from 0."""

    def __init__(
        self, optimizer: Optimizer, schedulers: list[LRScheduler], milestones: list[int], last_epoch: int = -1
    ) -> None:
        self._take(schedulers, optimizer, "the optimizer that it is given")
        if len(milestones) != len(schedulers) - 1:
            raise SettingError(
                "Sequential Schedulers expects number of schedulers provided to be one more than the number of "
                f"milestone points, but got number of schedulers {len(schedulers)} and the number of milestones to be "
                f"equal to {len(milestones)}"
            )
        self._milestones = milestones
        self.base_lrs = [group["initial_lr"] for group in optimizer.param_groups]
        self.last_epoch = last_epoch + 1
        self._step_count = 1
        for group, lr in zip(optimizer.param_groups, self.base_lrs, strict=True):
            put(group, lr)  # making the others has changed it
        schedulers[0]._begin()
        self._last_lr = schedulers[0]._last_lr

    def step(self) -> None:  # type: ignore[override]
        """Go on by one and set the rates."""
        self._warn_of_order()
        self._step_count += 1
        self.last_epoch += 1
        index = bisect_right(self._milestones, self.last_epoch)
        scheduler = self._schedulers[index]
        if index > 0 and self._milestones[index - 1] == self.last_epoch:
            scheduler._step_count = 2  # no longer at its very beginning, and the order of calls was checked here
            scheduler._begin()
        else:
            scheduler._step_count = max(scheduler._step_count, 2)
            scheduler.step()
        self._last_lr = scheduler.get_last_lr()


class ChainedScheduler(_Combined):
    """Several schedules at the same time: `step()` steps all of them, in order."""

    def __init__(self, schedulers: Sequence[LRScheduler], optimizer: Optimizer | None = None) -> None:
        self._take(schedulers, optimizer, "the same optimizer")
        self._last_lr = self.rates

    def step(self) -> None:  # type: ignore[override]
        """Go on by one and set the rates."""
        for scheduler in self._schedulers:
            scheduler.step()
        self._last_lr = self.rates
