"""Adafactor."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import numpy as np

from autograd.errors import SettingError
from autograd.extend import array_of, wrap

from .optimizer import Array, Group, Optimizer, State, settings


class Adafactor(Optimizer):
    """Adam's scaling by mean squares, kept per row and per column. Shazeer & Stern 2018, algorithms 4 and 5.

    lr             upper bound of the relative step: step t moves x by min(lr, 1 / sqrt(t)) of its root mean square
    beta2_decay    the mean of squares forgets t**beta2_decay of itself at step t
    eps            (smallest root mean square of the gradient; None: the precision of the dtype, and of x)
    d              the root mean square of an update is clipped to this
    weight_decay   shrinks x by lr * weight_decay first
    maximize       go uphill
    foreach        how PyTorch computes the same: taken, and without effect

    Of a matrix of shape (..., m, n) it remembers m + n numbers where Adam needs 2 m n.
    """

    shaped_state = False

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-2,
        beta2_decay: float = -0.8,
        eps: tuple[float | None, float] = (None, 1e-3),
        d: float = 1.0,
        weight_decay: float = 0.0,
        *,
        foreach: bool | None = None,
        maximize: bool = False,
    ) -> None:
        eps = tuple(eps)  # type: ignore[assignment]
        super().__init__(params, settings(locals()))

    def check(self, group: Group) -> None:
        eps1, eps2 = group["eps"]
        super().check({name: value for name, value in group.items() if name != "eps"})
        if group["beta2_decay"] > 0:
            raise SettingError(f"beta2_decay should be <= 0 but is: {group['beta2_decay']}")
        if eps1 is not None and not eps1 >= 0:
            raise SettingError(f"epsilon1 should be >= 0 but is: {eps1}")
        if not eps2 >= 0:
            raise SettingError(f"epsilon2 should be >= 0 but is: {eps2}")
        if not group["d"] >= 1:
            raise SettingError(f"Clipping threshold d should be >= 1 but is: {group['d']}")

    def update(self, x: Array, g: Array, state: State, group: Group) -> None:
        if group["maximize"]:
            g = -g
        eps1, eps2 = group["eps"]
        eps1 = float(np.finfo(x.dtype).eps) if eps1 is None else eps1
        if not state:
            shapes = {"row_var": (*x.shape[:-1], 1), "col_var": (*x.shape[:-2], 1, x.shape[-1])} if x.ndim > 1 else {}
            for name, shape in (shapes or {"variance": x.shape}).items():
                state[name] = wrap(np.zeros(shape, x.dtype))
            state["step"] = 0
        state["step"] = t = state["step"] + 1
        new = float(t) ** group["beta2_decay"]
        alpha = max(eps2, _root_mean_square(x)) * min(group["lr"], 1 / math.sqrt(t))
        if group["weight_decay"]:
            x *= 1 - group["lr"] * group["weight_decay"]
        squares = g * g
        if x.ndim > 1:
            rows, columns = array_of(state["row_var"]), array_of(state["col_var"])
            rows += new * (squares.mean(-1, keepdims=True) - rows)
            columns += new * (squares.mean(-2, keepdims=True) - columns)
            estimate = rows * columns
            estimate /= np.maximum(rows.mean(-2, keepdims=True), eps1)
        else:
            variance = array_of(state["variance"])
            variance += new * (squares - variance)
            estimate = variance
        step = g / np.sqrt(np.maximum(estimate, eps1 * eps1))
        x -= step * x.dtype.type(alpha / max(1.0, _root_mean_square(step) / group["d"]))


def _root_mean_square(x: Array) -> float:
    return float(np.linalg.norm(x)) / math.sqrt(x.size) if x.size else 0.0
