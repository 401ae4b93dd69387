"""What all schedules share: counting steps, setting the rates of the groups, saving."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from autograd import Tensor, no_grad
from autograd.errors import SettingError
from autograd.extend import acts, warn_at_line

from ..optimizer import Group, Optimizer

EPOCH_IS_DEPRECATED = (
    "The epoch parameter in `scheduler.step()` was not necessary and is being deprecated where possible. Please use "
    "`scheduler.step()` to step the scheduler."
)


def copied(lr: Any) -> Any:
    """A rate that stays what it is: a copy, if it is a Tensor."""
    return lr.detach().clone() if isinstance(lr, Tensor) else lr


def put(group: Group, lr: Any) -> None:
    """Set a rate. A Tensor stays the Tensor that it is, since the program may hold it, and is written to."""
    if isinstance(group["lr"], Tensor):
        with no_grad():
            group["lr"].fill_(float(lr))
    else:
        group["lr"] = float(lr) if isinstance(lr, Tensor) else lr


def per_group(name: str, value: Any, optimizer: Optimizer) -> list[float]:
    groups = optimizer.param_groups
    if isinstance(value, (list, tuple)):
        if len(value) != len(groups):
            raise SettingError(f"expected {len(groups)} values for {name}, got {len(value)}")
        return list(value)
    return [value] * len(groups)


class LRScheduler:
    """Base class. A subclass defines `get_lr`: the rates at `self.last_epoch`, from those that the groups have now.

    last_epoch   number of steps done so far; -1 starts afresh, else the groups need an "initial_lr"
    base_lrs     the initial rates, one per group
    """

    def __init__(self, optimizer: Optimizer, last_epoch: int = -1) -> None:
        if not isinstance(optimizer, Optimizer):
            raise TypeError(f"{type(optimizer).__name__} is not an Optimizer")
        self.optimizer = optimizer
        for index, group in enumerate(optimizer.param_groups):
            if last_epoch == -1:
                group.setdefault("initial_lr", copied(group["lr"]))
            elif "initial_lr" not in group:
                raise KeyError(
                    f"param 'initial_lr' is not specified in param_groups[{index}] when resuming scheduler with "
                    f"last_epoch >= 0"
                )
        self.base_lrs: list[float] = [copied(group["initial_lr"]) for group in optimizer.param_groups]
        self.last_epoch = last_epoch
        self._step_count = 0
        self._last_lr: list[float] = []
        self._is_initial = True
        self.step()
        self._is_initial = False

    @property
    def rates(self) -> list[float]:
        """The rates that the groups have now."""
        return [copied(group["lr"]) for group in self.optimizer.param_groups]

    def get_lr(self) -> list[float]:
        """The rates at `last_epoch`, one per group."""
        raise NotImplementedError(f"{type(self).__name__} must define get_lr")

    def get_last_lr(self) -> list[float]:
        """The rates that the last step set, one per group."""
        return self._last_lr

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if "step" in vars(cls):
            cls.step = acts(vars(cls)["step"])  # type: ignore[method-assign]

    @acts
    def step(self, epoch: int | None = None) -> None:
        """Go on by one and set the rates. With `epoch`, a deprecated argument, go there."""
        self._warn_of_order()
        self._step_count += 1
        if epoch is None:
            self.last_epoch += 1
            self._set(self.get_lr())
        else:
            warn_at_line(EPOCH_IS_DEPRECATED)
            self.last_epoch = epoch
            self._set(self._at(epoch) or self.get_lr())

    def _at(self, epoch: int) -> list[float] | None:
        """The rates at any time, from the initial rates alone; None if there is no formula for them."""
        factor = self._factor(epoch)
        return None if factor is None else [base * factor for base in self.base_lrs]

    def _factor(self, epoch: int) -> float | None:
        """What the initial rates are multiplied by at some time."""
        return None

    def _warn_of_order(self) -> None:
        if self._step_count == 1 and self.optimizer.steps == 0:
            warn_at_line(
                "Detected call of `lr_scheduler.step()` before `optimizer.step()`. Call them in the opposite order: "
                "`optimizer.step()` before `lr_scheduler.step()`, else the first value of the schedule is skipped."
            )

    def _set(self, rates: Sequence[float]) -> None:
        for group, lr in zip(self.optimizer.param_groups, rates, strict=True):
            put(group, lr)
        self._last_lr = self.rates

    def _begin(self) -> None:
        """Start as if the optimiser had its initial rates, whatever it has now (for SequentialLR)."""
        self.last_epoch = 0
        if self.from_base:
            for group, lr in zip(self.optimizer.param_groups, self.base_lrs, strict=True):
                put(group, lr)
        self._set(self.get_lr())

    from_base = True  # False: the first rate of the schedule is not defined by `base_lrs`
    by_batch = False  # is it made to be stepped after every batch?
    needs_metric = False  # does `step` take the loss, or an accuracy?

    _kept_out: tuple[str, ...] = ("optimizer",)

    def state_dict(self) -> dict[str, Any]:
        """Everything but the optimiser and functions."""
        return {k: v for k, v in self.__dict__.items() if k not in self._kept_out and not callable(v)}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take over what `state_dict()` returned."""
        self.__dict__.update(state_dict)
