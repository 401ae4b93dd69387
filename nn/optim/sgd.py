"""Stochastic gradient descent."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

import autograd.update as update
from autograd.errors import SettingError
from autograd.extend import array_of, wrap
from autograd.later import later

from .optimizer import Array, Group, Optimizer, State, settings


class SGD(Optimizer):
    """x <- x - lr * v  with  v <- momentum * v + (1 - dampening) * g;  the first v is g.

    lr             learning rate
    momentum       share of the last step that is taken again; 0: v is g
    dampening      takes back part of the gradient that enters v
    weight_decay   added to the gradient, times x
    nesterov       step along g + momentum * v instead of v
    maximize       go uphill
    foreach, differentiable, fused
               how PyTorch computes the same: taken, and without effect; differentiable=True raises SettingError
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
        foreach: bool | None = None,
        differentiable: bool = False,
        fused: bool | None = None,
    ) -> None:
        super().__init__(params, settings(locals()))

    def check(self, group: Group) -> None:
        super().check(group)
        if group["momentum"] < 0:
            raise SettingError(f"Invalid momentum value: {group['momentum']}")
        if group["nesterov"] and (group["momentum"] <= 0 or group["dampening"] != 0):
            raise SettingError("Nesterov momentum requires a momentum and zero dampening")

    def update(self, x: Array, g: Array, state: State, group: Group) -> None:
        if group["maximize"] or group["weight_decay"]:
            g = self.gradient(x, g, group, self.scratch(x)[0])
        momentum = group["momentum"]
        if not momentum:
            update.sgd(x, g, group["lr"])
            return
        kept = state.get("momentum_buffer")
        if kept is not None:
            update.momentum(x, g, array_of(kept), group["lr"], momentum, group["dampening"], group["nesterov"])
            return
        state["momentum_buffer"] = wrap(np.array(g))  # the first v is g, whatever the dampening
        update.sgd(x, g * momentum + g if group["nesterov"] else g, group["lr"])

    def update_all(self, found: Sequence[tuple[Any, Array, Array]], group: Group) -> bool:
        if not update.pays(found, 1):
            return False
        lr, momentum = group["lr"], group["momentum"]
        gradient = group["weight_decay"], -1.0 if group["maximize"] else 1.0
        if not momentum:
            return update.all_at_once("sgd", [(x, g) for _, x, g in found], (lr, *gradient))
        kept = [self.state[p].get("momentum_buffer") for p, _, _ in found]
        if any(v is None for v in kept):
            return False
        rows = [(x, g, array_of(v)) for (_, x, g), v in zip(found, kept, strict=True)]
        settings = (lr, *gradient, momentum, 1 - group["dampening"])
        return update.all_at_once("momentum", rows, settings, bool(group["nesterov"]))


later(__name__)
