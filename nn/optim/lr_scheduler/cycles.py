"""Schedules that rise and fall, and move the momentum against the rate."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Literal

from autograd.errors import SettingError

from ..optimizer import Group, Optimizer
from .base import LRScheduler, per_group, put


def _set_momentum(group: Group, momentum: float) -> None:
    if "betas" in group:
        group["betas"] = (momentum, *group["betas"][1:])
    else:
        group["momentum"] = momentum


def _check_momentum(group: Group, cycle_momentum: bool) -> None:
    if cycle_momentum and "momentum" not in group and "betas" not in group:
        raise SettingError("optimizer must support momentum or beta1 with `cycle_momentum` option enabled")


def _length(total_steps: int | None, epochs: int | None, steps_per_epoch: int | None) -> int:
    """Steps of the cycle, however they are given."""
    if total_steps is None:
        if epochs is None or steps_per_epoch is None:
            raise SettingError("You must define either total_steps OR (epochs AND steps_per_epoch)")
        total_steps = epochs * steps_per_epoch
    if total_steps <= 0 or not isinstance(total_steps, int):
        raise SettingError(f"Expected positive integer total_steps, but got {total_steps}")
    return total_steps


def _phases(total_steps: int, pct_start: float, three_phase: bool) -> list[tuple[float, tuple[str, str, str, str]]]:
    """(last step, (rate from, to, momentum from, to)), the latter four by their names in the groups."""
    top, end = pct_start * total_steps - 1, float(total_steps - 1)
    rise = ("initial_lr", "max_lr", "max_momentum", "base_momentum")
    if not three_phase:
        return [(top, rise), (end, ("max_lr", "min_lr", "base_momentum", "max_momentum"))]
    fall = ("max_lr", "initial_lr", "base_momentum", "max_momentum")
    last = ("initial_lr", "min_lr", "max_momentum", "max_momentum")
    return [(top, rise), (2 * pct_start * total_steps - 2, fall), (end, last)]


class OneCycleLR(LRScheduler):
    """Up from max_lr / div_factor to max_lr, then down to that / final_div_factor. Step after every batch.

    total_steps       length of the cycle; or give `epochs` and `steps_per_epoch`
    pct_start         share of the cycle that rises
    anneal_strategy   "cos" or "linear"
    cycle_momentum    let the momentum (or the first beta) fall and rise in the opposite direction
    three_phase       fall back symmetrically first, then to the end
    Smith & Topin 2019.
    """

    by_batch = True

    def __init__(
        self,
        optimizer: Optimizer,
        max_lr: float | list[float],
        total_steps: int | None = None,
        epochs: int | None = None,
        steps_per_epoch: int | None = None,
        pct_start: float = 0.3,
        anneal_strategy: Literal["cos", "linear"] = "cos",
        cycle_momentum: bool = True,
        base_momentum: float | list[float] = 0.85,
        max_momentum: float | list[float] = 0.95,
        div_factor: float = 25.0,
        final_div_factor: float = 1e4,
        three_phase: bool = False,
        last_epoch: int = -1,
    ) -> None:
        self.total_steps = _length(total_steps, epochs, steps_per_epoch)
        if not 0 <= pct_start <= 1:
            raise SettingError(f"Expected float between 0 and 1 pct_start, but got {pct_start}")
        if anneal_strategy not in ("cos", "linear"):
            raise SettingError(f"anneal_strategy must be one of 'cos' or 'linear', instead got {anneal_strategy}")
        self.anneal_strategy = anneal_strategy
        self.cycle_momentum = cycle_momentum
        self._phases = _phases(self.total_steps, pct_start, three_phase)
        peaks = per_group("max_lr", max_lr, optimizer)
        lows = per_group("base_momentum", base_momentum, optimizer)
        highs = per_group("max_momentum", max_momentum, optimizer)
        for group, peak, low, high in zip(optimizer.param_groups, peaks, lows, highs, strict=True):
            first = peak / div_factor
            ends = {"max_lr": peak, "min_lr": first / final_div_factor}
            if cycle_momentum:
                ends |= {"base_momentum": low, "max_momentum": high}
            _check_momentum(group, cycle_momentum)
            if last_epoch == -1:
                group |= {"initial_lr": first, **ends}
                if cycle_momentum:
                    _set_momentum(group, high)
            for name, value in ends.items():  # of a cycle that goes on they came with the optimiser's state
                group.setdefault(name, value)
        super().__init__(optimizer, last_epoch)

    def _anneal(self, start: float, end: float, share: float) -> float:
        if self.anneal_strategy == "linear":
            return (end - start) * share + start
        return end + (start - end) / 2.0 * (1 + math.cos(math.pi * share))

    def get_lr(self) -> list[float]:
        t = self.last_epoch
        if t > self.total_steps:
            raise SettingError(f"Tried to step {t} times. The specified number of total steps is {self.total_steps}")
        rates = []
        for group in self.optimizer.param_groups:
            start = 0.0
            for index, (end, (lr_from, lr_to, m_from, m_to)) in enumerate(self._phases):
                if t <= end or index == len(self._phases) - 1:
                    share = (t - start) / (end - start)
                    rates.append(self._anneal(group[lr_from], group[lr_to], share))
                    if self.cycle_momentum:
                        _set_momentum(group, self._anneal(group[m_from], group[m_to], share))
                    break
                start = end
        return rates


class CyclicLR(LRScheduler):
    """Back and forth between base_lr and max_lr, in straight lines. Step after every batch. Smith 2017.

    step_size_up, step_size_down   steps of the rising and the falling half
    mode              "triangular"; "triangular2" (each cycle half as high); "exp_range" (height times gamma ** steps)
    scale_fn          instead of a mode: height of cycle number n ("cycle" mode) or at step t ("iterations" mode)
    cycle_momentum    let the momentum (or the first beta) run in the opposite direction
    """

    by_batch = True

    def __init__(
        self,
        optimizer: Optimizer,
        base_lr: float | list[float],
        max_lr: float | list[float],
        step_size_up: int = 2000,
        step_size_down: int | None = None,
        mode: Literal["triangular", "triangular2", "exp_range"] = "triangular",
        gamma: float = 1.0,
        scale_fn: Callable[[float], float] | None = None,
        scale_mode: Literal["cycle", "iterations"] = "cycle",
        cycle_momentum: bool = True,
        base_momentum: float | list[float] = 0.8,
        max_momentum: float | list[float] = 0.9,
        last_epoch: int = -1,
    ) -> None:
        if mode not in ("triangular", "triangular2", "exp_range") and scale_fn is None:
            raise SettingError("mode is invalid and scale_fn is None")
        self.max_lrs = per_group("max_lr", max_lr, optimizer)
        self.mode = mode
        self.gamma = gamma
        self.total_size = float(step_size_up + (step_size_up if step_size_down is None else step_size_down))
        self.step_ratio = step_size_up / self.total_size
        self.scale_fn = scale_fn
        self.scale_mode = scale_mode if scale_fn else ("iterations" if mode == "exp_range" else "cycle")
        self.cycle_momentum = cycle_momentum
        self.base_momentums = per_group("base_momentum", base_momentum, optimizer)
        self.max_momentums = per_group("max_momentum", max_momentum, optimizer)
        low = per_group("base_lr", base_lr, optimizer)
        for group, lr, momentum in zip(optimizer.param_groups, low, self.max_momentums, strict=True):
            _check_momentum(group, cycle_momentum)
            if last_epoch == -1:
                put(group, lr)
                group["initial_lr"] = lr
                if cycle_momentum:
                    _set_momentum(group, momentum)
        super().__init__(optimizer, last_epoch)
        self.base_lrs = low

    _kept_out = ("optimizer", "scale_fn")

    def _scale(self, x: float) -> float:
        if self.scale_fn is not None:
            return self.scale_fn(x)
        if self.mode == "triangular":
            return 1.0
        return float(1 / 2.0 ** (x - 1) if self.mode == "triangular2" else self.gamma**x)

    def get_lr(self) -> list[float]:
        cycle = math.floor(1 + self.last_epoch / self.total_size)
        x = 1.0 + self.last_epoch / self.total_size - cycle
        height = x / self.step_ratio if x <= self.step_ratio else (x - 1) / (self.step_ratio - 1)
        height *= self._scale(cycle if self.scale_mode == "cycle" else self.last_epoch)
        if self.cycle_momentum:
            for group, low, high in zip(
                self.optimizer.param_groups, self.base_momentums, self.max_momentums, strict=True
            ):
                _set_momentum(group, high - (high - low) * height)
        return [low + (high - low) * height for low, high in zip(self.base_lrs, self.max_lrs, strict=True)]
