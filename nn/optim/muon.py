"""Muon."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import numpy as np

from autograd.errors import SettingError, ShapeError
from autograd.extend import array_of

from .optimizer import Array, Group, Optimizer, State, settings, zeros


class Muon(Optimizer):
    """Momentum, with the step made nearly orthogonal: all its singular values come close to 1. Jordan et al. 2024.

    For the matrices within a network only; give embeddings, biases and the last layer to AdamW.

    lr, weight_decay   x shrinks by lr * weight_decay, then moves by lr times the step
    momentum           v <- momentum * v + (1 - momentum) * g
    nesterov           step along (1 - momentum) * g + momentum * v instead of v
    ns_coefficients    (a, b, c): an iteration is X <- a X + (b A + c A A) X with A = X X', on a matrix of norm 1
    eps                smallest norm that is divided by
    ns_steps           number of iterations, below 100
    adjust_lr_fn       "original" (None): lr times sqrt(max(1, rows / columns)); "match_rms_adamw": times
                       0.2 sqrt(max(rows, columns))

    All in the parameter's dtype, where PyTorch iterates in bfloat16.
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-3,
        weight_decay: float = 0.1,
        momentum: float = 0.95,
        nesterov: bool = True,
        ns_coefficients: tuple[float, float, float] = (3.4445, -4.7750, 2.0315),
        eps: float = 1e-7,
        ns_steps: int = 5,
        adjust_lr_fn: str | None = None,
    ) -> None:
        ns_coefficients = tuple(ns_coefficients)  # type: ignore[assignment]
        super().__init__(params, settings(locals()))

    def check(self, group: Group) -> None:
        super().check(group)
        if not group["momentum"] >= 0:
            raise SettingError(f"momentum should be >= 0 but is: {group['momentum']}")
        if group["adjust_lr_fn"] not in (None, "original", "match_rms_adamw"):
            raise SettingError(f"Adjust learning rate function {group['adjust_lr_fn']} is not supported")
        if not 0 <= group["ns_steps"] < 100:
            raise SettingError(f"Number of steps must be less than 100, got {group['ns_steps']}")
        if len(group["ns_coefficients"]) != 3:
            raise SettingError("Coefficients must be a tuple of exactly 3 values")
        for p in group["params"]:
            if p.ndim != 2:
                raise ShapeError(f"Muon only supports 2D parameters whereas we found a parameter with size: {p.shape}")

    def update(self, x: Array, g: Array, state: State, group: Group) -> None:
        if not state:
            state["momentum_buffer"] = zeros(x)
        v, momentum = array_of(state["momentum_buffer"]), group["momentum"]
        v += (1 - momentum) * (g - v)
        step = g + momentum * (v - g) if group["nesterov"] else v
        step = orthogonalised(step, group["ns_coefficients"], group["ns_steps"], group["eps"])
        rows, columns = x.shape
        ratio = math.sqrt(max(1.0, rows / columns)) if columns else 1.0
        if group["adjust_lr_fn"] == "match_rms_adamw":
            ratio = 0.2 * math.sqrt(max(rows, columns))
        x *= 1 - group["lr"] * group["weight_decay"]
        x -= step * x.dtype.type(group["lr"] * ratio)


def orthogonalised(g: Array, coefficients: tuple[float, float, float], steps: int, eps: float) -> Array:
    """g with its singular values moved towards 1 by Newton-Schulz iterations; vectors of g stay as they are."""
    a, b, c = (g.dtype.type(number) for number in coefficients)
    tall = g.shape[0] > g.shape[1]
    x = g.T if tall else g
    x = x / max(float(np.linalg.norm(g)), eps)
    for _ in range(steps):
        gram = x @ x.T
        x = a * x + (b * gram + c * (gram @ gram)) @ x
    x = x.astype(g.dtype, copy=False)
    return x.T if tall else x
