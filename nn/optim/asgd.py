"""Averaged stochastic gradient descent."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from autograd.extend import array_of

from .optimizer import Array, Group, Optimizer, State, settings, zeros


class ASGD(Optimizer):
    """x <- (1 - lambd * eta) x - eta * g, and the average of all x from step t0 on. Polyak & Juditsky 1992.

    eta falls as lr / (1 + lambd * lr * t) ** alpha. The average is `optimizer.state[parameter]["ax"]`.
    foreach, capturable, differentiable
               how PyTorch computes the same: taken, and without effect; differentiable=True raises SettingError
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-2,
        lambd: float = 1e-4,
        alpha: float = 0.75,
        t0: float = 1e6,
        weight_decay: float = 0,
        foreach: bool | None = None,
        maximize: bool = False,
        differentiable: bool = False,
        capturable: bool = False,
    ) -> None:
        super().__init__(params, settings(locals()))

    def update(self, x: Array, g: Array, state: State, group: Group) -> None:
        if not state:
            state.update(step=0, eta=group["lr"], mu=1.0, ax=zeros(x))
        state["step"] = t = state["step"] + 1
        a, b = self.scratch(x)
        g = self.gradient(x, g, group, a)
        eta, average = state["eta"], array_of(state["ax"])
        x *= 1 - group["lambd"] * eta
        x -= np.multiply(g, eta, b)
        average += np.multiply(np.subtract(x, average, a), state["mu"], a)
        state["eta"] = group["lr"] / (1 + group["lambd"] * group["lr"] * t) ** group["alpha"]
        state["mu"] = 1 / max(1, t - group["t0"])

    def _restored(self, name: str, value: Any, p: Any) -> Any:
        return float(value) if name in ("eta", "mu") else super()._restored(name, value, p)
