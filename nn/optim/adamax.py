"""Adamax."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from autograd.extend import array_of

from .optimizer import Array, Group, Optimizer, State, settings, zeros


class Adamax(Optimizer):
    """Adam scaled by a decaying maximum instead of a mean square. Kingma & Ba 2015, algorithm 2.

    m <- b1 m + (1 - b1) g;  u <- max(b2 u, |g| + eps);  x <- x - lr / (1 - b1^t) * m / u
    foreach, capturable, differentiable
               how PyTorch computes the same: taken, and without effect; differentiable=True raises SettingError
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 2e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0,
        foreach: bool | None = None,
        *,
        maximize: bool = False,
        capturable: bool = False,
        differentiable: bool = False,
    ) -> None:
        super().__init__(params, settings(locals()))

    def update(self, x: Array, g: Array, state: State, group: Group) -> None:
        if not state:
            state.update(step=0, exp_avg=zeros(x), exp_inf=zeros(x))
        state["step"] = t = state["step"] + 1
        a, b = self.scratch(x)
        g = self.gradient(x, g, group, a)
        b1, b2 = group["betas"]
        m, u = array_of(state["exp_avg"]), array_of(state["exp_inf"])
        m *= b1
        m += np.multiply(g, 1 - b1, b)
        np.abs(g, b)
        b += group["eps"]
        u *= b2
        np.maximum(u, b, out=u)
        np.divide(m, u, b)
        b *= group["lr"] / (1 - b1**t)
        x -= b
