"""RAdam."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import numpy as np

import autograd.update as update
from autograd.extend import array_of

from .optimizer import Array, Group, Optimizer, State, settings, zeros


class RAdam(Optimizer):
    """Adam that scales only once its variance estimate can be trusted, and by how far it can.

    Liu et al. 2020, algorithm 2. With r_inf = 2 / (1 - b2) - 1 and r = r_inf - 2 t b2^t / (1 - b2^t):
    if r > 5, Adam's step times sqrt((r - 4)(r - 2) r_inf / ((r_inf - 4)(r_inf - 2) r)); else a step along the mean.
    foreach, capturable, differentiable
               how PyTorch computes the same: taken, and without effect; differentiable=True raises SettingError
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0,
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
            state.update(step=0, exp_avg=zeros(x), exp_avg_sq=zeros(x))
        state["step"] = t = state["step"] + 1
        a, b = self.scratch(x)
        g = self.gradient(x, g, group, a)
        b1, b2 = group["betas"]
        m, v = array_of(state["exp_avg"]), array_of(state["exp_avg_sq"])
        update.means(m, v, g, b1, b2, b)
        lr = group["lr"] / (1 - b1**t)
        r_inf = 2 / (1 - b2) - 1
        r = r_inf - 2 * t * b2**t / (1 - b2**t)
        if r > 5:
            trust = math.sqrt((r - 4) * (r - 2) * r_inf / ((r_inf - 4) * (r_inf - 2) * r))
            np.sqrt(v, b)
            b += group["eps"]
            np.divide(m, b, b)
            b *= lr * math.sqrt(1 - b2**t) * trust
        else:
            np.multiply(m, lr, b)
        x -= b
