"""Adadelta."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from autograd.errors import SettingError
from autograd.extend import array_of

from .optimizer import Array, Group, Optimizer, State, settings, zeros


class Adadelta(Optimizer):
    """Steps in the units of x: the gradient times the ratio of two running root mean squares, of steps and gradients.

    Zeiler 2012, algorithm 1:
    v <- rho v + (1 - rho) g^2;  d = sqrt(u + eps) / sqrt(v + eps) * g;  u <- rho u + (1 - rho) d^2;  x <- x - lr d
    foreach, capturable, differentiable
               how PyTorch computes the same: taken, and without effect; differentiable=True raises SettingError
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1.0,
        rho: float = 0.9,
        eps: float = 1e-6,
        weight_decay: float = 0,
        foreach: bool | None = None,
        *,
        maximize: bool = False,
        capturable: bool = False,
        differentiable: bool = False,
    ) -> None:
        super().__init__(params, settings(locals()))

    def check(self, group: Group) -> None:
        super().check(group)
        if not 0 <= group["rho"] <= 1:
            raise SettingError(f"Invalid rho value: {group['rho']}")

    def update(self, x: Array, g: Array, state: State, group: Group) -> None:
        if not state:
            state.update(step=0, square_avg=zeros(x), acc_delta=zeros(x))
        state["step"] += 1
        a, b = self.scratch(x)
        g = self.gradient(x, g, group, a)
        rho, eps = group["rho"], group["eps"]
        v, u = array_of(state["square_avg"]), array_of(state["acc_delta"])
        v *= rho
        np.multiply(g, g, b)
        b *= 1 - rho
        v += b
        d = np.multiply(g, np.sqrt((u + eps) / (v + eps)), b)
        u *= rho
        u += (1 - rho) * (d * d)
        d *= group["lr"]
        x -= d
