"""RMSprop."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from autograd.extend import array_of

from .optimizer import Array, Group, Optimizer, State, settings, zeros


class RMSprop(Optimizer):
    """x <- x - lr * g / (sqrt(v) + eps)  with the running mean  v <- alpha v + (1 - alpha) g^2. Hinton 2012.

    momentum   > 0: what is subtracted is collected first, u <- momentum * u + g / (sqrt(v) + eps)
    centered   scale by the variance instead of the mean square (Graves 2013)
    foreach, capturable, differentiable
               how PyTorch computes the same: taken, and without effect; differentiable=True raises SettingError
    """

    not_negative = Optimizer.not_negative | {"momentum": "momentum value", "alpha": "alpha value"}

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-2,
        alpha: float = 0.99,
        eps: float = 1e-8,
        weight_decay: float = 0,
        momentum: float = 0,
        centered: bool = False,
        capturable: bool = False,
        foreach: bool | None = None,
        maximize: bool = False,
        differentiable: bool = False,
    ) -> None:
        super().__init__(params, settings(locals()))

    def update(self, x: Array, g: Array, state: State, group: Group) -> None:
        if not state:
            state.update(step=0, square_avg=zeros(x))
            if group["momentum"] > 0:
                state["momentum_buffer"] = zeros(x)
            if group["centered"]:
                state["grad_avg"] = zeros(x)
        state["step"] += 1
        a, b = self.scratch(x)
        g = self.gradient(x, g, group, a)
        alpha = group["alpha"]
        v = array_of(state["square_avg"])
        v *= alpha
        np.multiply(g, g, b)
        b *= 1 - alpha
        v += b
        if group["centered"]:
            mean = array_of(state["grad_avg"])
            mean *= alpha
            mean += np.multiply(g, 1 - alpha, b)
            np.multiply(mean, mean, b)
            v = np.subtract(v, b, b)
        np.sqrt(v, b)
        b += group["eps"]
        np.divide(g, b, b)
        if group["momentum"] > 0:
            u = array_of(state["momentum_buffer"])
            u *= group["momentum"]
            u += b
            np.multiply(u, group["lr"], b)
        else:
            b *= group["lr"]
        x -= b
