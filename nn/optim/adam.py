"""Adam and AdamW."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

import autograd.update as update
from autograd.extend import array_of
from autograd.later import later

from .joined import joined_of
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
            self._begin(x, state, group)
        state["step"] = t = state["step"] + 1
        a, b = self.scratch(x)
        g = self.gradient(x, g, group, a)
        b1, b2 = group["betas"]
        m, v = array_of(state["exp_avg"]), array_of(state["exp_avg_sq"])
        rate, eps = _scales(t, group["lr"], group["eps"], b1, b2)
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

    def update_all(self, found: Sequence[tuple[Any, Array, Array]], group: Group) -> bool:
        if group["amsgrad"]:
            return False
        if not update.pays(found, 1):
            return self._update_joined(found, group)
        (b1, b2), decay = group["betas"], group["weight_decay"]
        shrink = 1 - group["lr"] * decay if group.get("decoupled_weight_decay") else 1.0
        gradient = 0.0 if group.get("decoupled_weight_decay") else decay, -1.0 if group["maximize"] else 1.0
        rows, settings, states, by_step = [], [], [], {}
        for p, x, g in found:
            state = self.state[p]
            if not state:
                self._begin(x, state, group)
            t = state["step"] + 1
            if t not in by_step:
                rate, eps = _scales(t, group["lr"], group["eps"], b1, b2)
                by_step[t] = (rate, *gradient, shrink, b1, 1 - b1, b2, 1 - b2, eps)
            states.append(state)
            settings.append(by_step[t])
            rows.append((x, g, array_of(state["exp_avg"]), array_of(state["exp_avg_sq"])))
        if not update.all_at_once("adam", rows, settings[:1] if len(by_step) == 1 else settings):
            return False
        for state in states:
            state["step"] += 1
        return True

    def _update_joined(self, found: Sequence[tuple[Any, Array, Array]], group: Group) -> bool:
        """`update` of several small parameters at once; from the second step on that the same ones take."""
        states = [self.state[p] for p, _, _ in found]
        t, decay = states[0].get("step"), group["weight_decay"]
        if type(t) is not int or group["maximize"] or (decay and not group.get("decoupled_weight_decay")):
            return False
        for state in states:
            if state.get("step") != t:
                return False
        joined = joined_of(self._buffers, group, found, states, ("exp_avg", "exp_avg_sq"))
        if joined is None:
            return False
        b1, b2 = group["betas"]
        rate, eps = _scales(t + 1, group["lr"], group["eps"], b1, b2)
        m, v = joined.rows["exp_avg"], joined.rows["exp_avg_sq"]
        update.adam_way(joined.gathered(found), m, v, (b1, b2), eps, rate, joined.scratch)
        for (_, x, _), part, state in zip(found, joined.parts, states, strict=True):
            if decay:
                x *= 1 - group["lr"] * decay
            x -= part
            state["step"] = t + 1
        return True

    @staticmethod
    def _begin(x: Array, state: State, group: Group) -> None:
        state.update(step=0, exp_avg=zeros(x), exp_avg_sq=zeros(x))
        if group["amsgrad"]:
            state["max_exp_avg_sq"] = zeros(x)


def _scales(t: int, lr: float, eps: float, b1: float, b2: float) -> tuple[float, float]:
    """Rate and eps of step t in lr * (m / c1) / (sqrt(v) / c2 + eps), multiplied through by c2."""
    c1, c2 = 1 - b1**t, math.sqrt(1 - b2**t)
    return lr * c2 / c1, eps * c2


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
