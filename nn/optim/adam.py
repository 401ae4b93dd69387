"""Adam and AdamW."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import numpy as np

import autograd.update as update
from autograd.extend import array_of
from autograd.later import later

from .optimizer import Array, Group, Optimizer, State, settings, zeros


class Adam(Optimizer):
    """Steps along the running mean of the gradient, each element scaled by its running root mean square.

    Kingma & Ba 2015, algorithm 1:
    m <- b1 m + (1 - b1) g;  v <- b2 v + (1 - b2) g^2;  x <- x - lr * (m / (1 - b1^t)) / (sqrt(v / (1 - b2^t)) + eps)

    betas          (b1, b2), the memory of the two means
    weight_decay   added to the gradient, times x
    amsgrad        scale by the largest v so far (Reddi, Kale & Kumar 2018)
    maximize       go uphill
    decoupled_weight_decay   shrink x directly instead (see AdamW)
    foreach, capturable, differentiable, fused
               how PyTorch computes the same: taken, and without effect; differentiable=True raises SettingError
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0,
        amsgrad: bool = False,
        *,
        maximize: bool = False,
        decoupled_weight_decay: bool = False,
        foreach: bool | None = None,
        capturable: bool = False,
        differentiable: bool = False,
        fused: bool | None = None,
    ) -> None:
        super().__init__(params, settings(locals()))

    def update(self, x: Array, g: Array, state: State, group: Group) -> None:
        if not state:
            state.update(step=0, exp_avg=zeros(x), exp_avg_sq=zeros(x))
            if group["amsgrad"]:
                state["max_exp_avg_sq"] = zeros(x)
        state["step"] = t = state["step"] + 1
        a, b = self.scratch(x)
        g = self.gradient(x, g, group, a)
        b1, b2 = group["betas"]
        m, v = array_of(state["exp_avg"]), array_of(state["exp_avg_sq"])
        # lr * (m / c1) / (sqrt(v) / c2 + eps), multiplied through by c2
        c1, c2 = 1 - b1**t, math.sqrt(1 - b2**t)
        eps, rate = group["eps"] * c2, group["lr"] * c2 / c1
        if not group["amsgrad"]:
            update.adam(x, g, m, v, (b1, b2), eps, rate, b)
            return
        update.means(m, v, g, b1, b2, b)
        largest = array_of(state["max_exp_avg_sq"])
        np.maximum(largest, v, out=largest)
        np.sqrt(largest, b)
        b += eps
        np.divide(m, b, b)
        b *= rate
        x -= b


class AdamW(Adam):
    """Adam whose weight decay shrinks x by lr * weight_decay instead of entering the gradient.

    Loshchilov & Hutter 2019.

    foreach, capturable, differentiable, fused
               how PyTorch computes the same: taken, and without effect; differentiable=True raises SettingError
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 1e-2,
        amsgrad: bool = False,
        *,
        maximize: bool = False,
        foreach: bool | None = None,
        capturable: bool = False,
        differentiable: bool = False,
        fused: bool | None = None,
    ) -> None:
        super().__init__(
            params,
            lr,
            betas,
            eps,
            weight_decay,
            amsgrad,
            maximize=maximize,
            decoupled_weight_decay=True,
            differentiable=differentiable,
        )


later(__name__)
