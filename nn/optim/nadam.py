"""NAdam."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import numpy as np

import autograd.update as update
from autograd.extend import array_of

from .optimizer import Array, Group, Optimizer, State, settings, zeros


class NAdam(Optimizer):
    """Adam with Nesterov's momentum, which follows a schedule. Dozat 2016.

    With mu(t) = b1 * (1 - 0.96^(t * momentum_decay) / 2) and M the product of mu(1) ... mu(t):
    x <- x - lr * ((1 - mu(t)) / (1 - M) * g + mu(t+1) / (1 - M mu(t+1)) * m) / (sqrt(v / (1 - b2^t)) + eps)
    foreach, capturable, differentiable
               how PyTorch computes the same: taken, and without effect; differentiable=True raises SettingError
    """

    not_negative = Optimizer.not_negative | {"momentum_decay": "momentum_decay value"}

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 2e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0,
        momentum_decay: float = 4e-3,
        decoupled_weight_decay: bool = False,
        *,
        maximize: bool = False,
        foreach: bool | None = None,
        capturable: bool = False,
        differentiable: bool = False,
    ) -> None:
        super().__init__(params, settings(locals()))

    def update(self, x: Array, g: Array, state: State, group: Group) -> None:
        if not state:
            state.update(step=0, mu_product=1.0, exp_avg=zeros(x), exp_avg_sq=zeros(x))
        state["step"] = t = state["step"] + 1
        a, b = self.scratch(x)
        g = self.gradient(x, g, group, a)
        b1, b2 = group["betas"]
        m, v = array_of(state["exp_avg"]), array_of(state["exp_avg_sq"])
        update.means(m, v, g, b1, b2, b)

        def mu(step: int) -> float:
            return float(b1 * (1 - 0.5 * 0.96 ** (step * group["momentum_decay"])))

        state["mu_product"] = product = state["mu_product"] * mu(t)
        lr, c2 = group["lr"], math.sqrt(1 - b2**t)
        np.multiply(g, lr * (1 - mu(t)) / (1 - product), a)
        a += np.multiply(m, lr * mu(t + 1) / (1 - product * mu(t + 1)), b)
        np.sqrt(v, b)
        b /= c2
        b += group["eps"]
        a /= b
        x -= a
