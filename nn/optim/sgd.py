"""Stochastic gradient descent."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from autograd import update
from autograd.errors import SettingError
from autograd.tensor.core import wrap

from .optimizer import Array, Group, Optimizer, State


class SGD(Optimizer):
    """x <- x - lr * v  with  v <- momentum * v + (1 - dampening) * g;  the first v is g.

    lr             learning rate
    momentum       share of the last step that is taken again; 0: v is g
    dampening      takes back part of the gradient that enters v
    weight_decay   added to the gradient, times x
    nesterov       step along g + momentum * v instead of v
    maximize       go uphill
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-3,
        momentum: float = 0,
        dampening: float = 0,
        weight_decay: float = 0,
        nesterov: bool = False,
        *,
        maximize: bool = False,
    ) -> None:
        super().__init__(
            params,
            {
                "lr": lr,
                "momentum": momentum,
                "dampening": dampening,
                "weight_decay": weight_decay,
                "nesterov": nesterov,
                "maximize": maximize,
            },
        )

    def check(self, group: Group) -> None:
        super().check(group)
        if group["momentum"] < 0:
            raise SettingError(f"Invalid momentum value: {group['momentum']}")
        if group["nesterov"] and (group["momentum"] <= 0 or group["dampening"] != 0):
            raise SettingError("Nesterov momentum requires a momentum and zero dampening")

    def update(self, x: Array, g: Array, state: State, group: Group) -> None:
        a, b = self.scratch(x)
        g = self.gradient(x, g, group, a)
        momentum = group["momentum"]
        if momentum:
            kept = state.get("momentum_buffer")
            if kept is None:
                v = np.array(g)
                state["momentum_buffer"] = wrap(v)
            else:
                settings = group["lr"], momentum, group["dampening"], group["nesterov"]
                update.momentum(x, g, kept._array, *settings, b)
                return
            if group["nesterov"]:
                np.multiply(v, momentum, b)
                b += g
                g = b
            else:
                g = v
        update.sgd(x, g, group["lr"], a)
