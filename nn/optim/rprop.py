"""Rprop."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from autograd.errors import SettingError
from autograd.extend import array_of, wrap

from .optimizer import Array, Group, Optimizer, State, settings, zeros


class Rprop(Optimizer):
    """Steps whose size follows the signs of the gradients only. Riedmiller & Braun 1993.

    x <- x - size * sign(g).  The size of an element grows by etas[1] while its gradient keeps its sign; when the sign
    changes it shrinks by etas[0], and the element rests for one step.

    lr           first size
    step_sizes   smallest and largest size
    foreach, capturable, differentiable
               how PyTorch computes the same: taken, and without effect; differentiable=True raises SettingError
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-2,
        etas: tuple[float, float] = (0.5, 1.2),
        step_sizes: tuple[float, float] = (1e-6, 50),
        *,
        maximize: bool = False,
        foreach: bool | None = None,
        capturable: bool = False,
        differentiable: bool = False,
    ) -> None:
        super().__init__(params, settings(locals()))

    def check(self, group: Group) -> None:
        super().check(group)
        low, high = group["etas"]
        if not 0 < low < 1 < high:
            raise SettingError(f"Invalid eta values: {low}, {high}")

    def update(self, x: Array, g: Array, state: State, group: Group) -> None:
        if not state:
            state.update(step=0, prev=zeros(x), step_size=wrap(np.full(x.shape, group["lr"], x.dtype)))
        state["step"] += 1
        previous, size = array_of(state["prev"]), array_of(state["step_size"])
        turned = np.sign(g) * np.sign(previous) * (-1 if group["maximize"] else 1)
        size[turned > 0] *= group["etas"][1]
        size[turned < 0] *= group["etas"][0]
        np.clip(size, *group["step_sizes"], out=size)
        np.negative(g, previous) if group["maximize"] else np.copyto(previous, g)
        previous[turned < 0] = 0
        x -= np.sign(previous) * size
