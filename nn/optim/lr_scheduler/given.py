"""Schedules that a function of the program gives."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from autograd.errors import SettingError

from ..optimizer import Optimizer
from .base import LRScheduler


class _Lambdas(LRScheduler):
    def __init__(self, optimizer: Optimizer, lr_lambda: Any, last_epoch: int = -1) -> None:
        count = len(optimizer.param_groups)
        self.lr_lambdas: list[Callable[[int], float]] = (
            list(lr_lambda) if isinstance(lr_lambda, (list, tuple)) else [lr_lambda] * count
        )
        if not all(map(callable, self.lr_lambdas)):
            raise TypeError(f"{type(self).__name__}: lr_lambda should be a function of the epoch, got {lr_lambda!r}")
        if len(self.lr_lambdas) != count:
            raise SettingError(f"Expected {count} lr_lambdas, but got {len(self.lr_lambdas)}")
        super().__init__(optimizer, last_epoch)

    _kept_out = ("optimizer", "lr_lambdas")

    def state_dict(self) -> dict[str, Any]:
        """Everything but the optimiser and functions; of callable objects, their attributes."""
        state = super().state_dict()
        state["lr_lambdas"] = [
            dict(f.__dict__) if hasattr(f, "__dict__") and not hasattr(f, "__code__") else None for f in self.lr_lambdas
        ]
        return state

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take over what `state_dict()` returned."""
        self.__dict__.update({k: v for k, v in state_dict.items() if k != "lr_lambdas"})
        for f, state in zip(self.lr_lambdas, state_dict["lr_lambdas"], strict=True):
            if state is not None:
                f.__dict__.update(state)


class LambdaLR(_Lambdas):
    """lr(t) = initial lr * lr_lambda(t); one function, or a list with one per group."""

    def get_lr(self) -> list[float]:
        return [base * f(self.last_epoch) for base, f in zip(self.base_lrs, self.lr_lambdas, strict=True)]


class MultiplicativeLR(_Lambdas):
    """lr(t) = lr(t - 1) * lr_lambda(t); one function, or a list with one per group."""

    from_base = False

    def get_lr(self) -> list[float]:
        if self._is_initial:
            return self.rates
        return [lr * f(self.last_epoch) for lr, f in zip(self.rates, self.lr_lambdas, strict=True)]
