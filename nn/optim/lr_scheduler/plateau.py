"""The schedule that looks at the loss itself."""

from __future__ import annotations

import math
from typing import Any, Literal

from autograd import Tensor
from autograd.errors import SettingError
from autograd.extend import warn_at_line

from ..optimizer import Optimizer
from .base import EPOCH_IS_DEPRECATED, LRScheduler, per_group, put


class ReduceLROnPlateau(LRScheduler):
    """Multiplied by `factor` when `step(metric)` has seen no improvement for more than `patience` steps.

    mode             "min": smaller metrics are better; "max": larger
    threshold        improvements by less do not count; relative or absolute, as `threshold_mode` says ("rel", "abs")
    cooldown         steps after a reduction during which nothing is counted
    min_lr           lower bound, one or one per group
    eps              smaller changes of the rate are not made
    """

    needs_metric = True

    def __init__(
        self,
        optimizer: Optimizer,
        mode: Literal["min", "max"] = "min",
        factor: float = 0.1,
        patience: int = 10,
        threshold: float = 1e-4,
        threshold_mode: Literal["rel", "abs"] = "rel",
        cooldown: int = 0,
        min_lr: float | list[float] = 0,
        eps: float = 1e-8,
    ) -> None:
        if factor >= 1.0:
            raise SettingError("Factor should be < 1.0.")
        if not isinstance(optimizer, Optimizer):
            raise TypeError(f"{type(optimizer).__name__} is not an Optimizer")
        if mode not in ("min", "max"):
            raise SettingError(f"mode {mode} is unknown!")
        if threshold_mode not in ("rel", "abs"):
            raise SettingError(f"threshold mode {threshold_mode} is unknown!")
        self.optimizer = optimizer
        self.factor = factor
        self.patience = patience
        self.cooldown = cooldown
        self.threshold = threshold
        self.threshold_mode = threshold_mode
        self.mode = mode
        self.eps = eps
        self.min_lrs = per_group("min_lr", min_lr, optimizer)
        self.last_epoch = 0
        self.best = math.inf if mode == "min" else -math.inf
        self.num_bad_epochs = 0
        self.cooldown_counter = 0
        self._last_lr = self.rates

    def step(self, metrics: Any, epoch: int | None = None) -> None:  # type: ignore[override]
        """Look at the newest loss (or accuracy, with mode "max"). `epoch` is a deprecated argument."""
        current = float(metrics.detach() if isinstance(metrics, Tensor) else metrics)
        if epoch is None:
            epoch = self.last_epoch + 1
        else:
            warn_at_line(EPOCH_IS_DEPRECATED)
        self.last_epoch = epoch
        if self.is_better(current, self.best):
            self.best = current
            self.num_bad_epochs = 0
        else:
            self.num_bad_epochs += 1
        if self.in_cooldown:
            self.cooldown_counter -= 1
            self.num_bad_epochs = 0
        if self.num_bad_epochs > self.patience:
            for group, least in zip(self.optimizer.param_groups, self.min_lrs, strict=True):
                before = float(group["lr"])
                lr = max(before * self.factor, float(least))
                if before - lr > self.eps:
                    put(group, lr)
            self.cooldown_counter = self.cooldown
            self.num_bad_epochs = 0
        self._last_lr = self.rates

    @property
    def in_cooldown(self) -> bool:
        """Was the rate reduced so recently that nothing is counted yet?"""
        return self.cooldown_counter > 0

    def is_better(self, a: float, best: float) -> bool:
        """Is the metric `a` an improvement?"""
        sign = -1 if self.mode == "min" else 1
        margin = sign * self.threshold
        wanted = best * (1 + margin) if self.threshold_mode == "rel" else best + margin  # `best` may be infinite
        return a < wanted if self.mode == "min" else a > wanted
