"""Adagrad."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from autograd.extend import array_of, wrap

from .optimizer import Array, Group, Optimizer, State, settings


class Adagrad(Optimizer):
    """x <- x - lr / (1 + (t - 1) * lr_decay) * g / (sqrt(sum of all g^2 so far) + eps). Duchi, Hazan & Singer 2011.

    initial_accumulator_value   what the sum starts with
    foreach, differentiable, fused
               how PyTorch computes the same: taken, and without effect; differentiable=True raises SettingError
    """

    not_negative = Optimizer.not_negative | {
        "lr_decay": "lr_decay value",
        "initial_accumulator_value": "initial_accumulator_value value",
    }

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-2,
        lr_decay: float = 0,
        weight_decay: float = 0,
        initial_accumulator_value: float = 0,
        eps: float = 1e-10,
        foreach: bool | None = None,
        *,
        maximize: bool = False,
        differentiable: bool = False,
        fused: bool | None = None,
    ) -> None:
        super().__init__(params, settings(locals()))

    def update(self, x: Array, g: Array, state: State, group: Group) -> None:
        if not state:
            state.update(step=0, sum=wrap(np.full(x.shape, group["initial_accumulator_value"], x.dtype)))
        state["step"] = t = state["step"] + 1
        a, b = self.scratch(x)
        g = self.gradient(x, g, group, a)
        total = array_of(state["sum"])
        total += np.multiply(g, g, b)
        np.sqrt(total, b)
        b += group["eps"]
        np.divide(g, b, b)
        b *= group["lr"] / (1 + (t - 1) * group["lr_decay"])
        x -= b
