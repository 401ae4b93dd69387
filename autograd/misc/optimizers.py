"""Gradient descent on nests of arrays: sgd, rmsprop and adam with the arguments of HIPS/autograd's.

`grad(x, i)` is the gradient at step i, of the structure of x; `callback(x, i, g)` is called before each step.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .flatten import flatten

__all__ = ["adam", "rmsprop", "sgd"]

Grad = Callable[[Any, int], Any]
Callback = Callable[[Any, int, Any], Any] | None


def _descend(grad: Grad, x0: Any, callback: Callback, num_iters: int, step: Callable[[Any, Any, int], Any]) -> Any:
    x, unflatten = flatten(x0)
    for i in range(num_iters):
        g = flatten(grad(unflatten(x), i))[0]
        if callback:
            callback(unflatten(x), i, unflatten(g))
        x = x - step(x, g, i)
    return unflatten(x)


def sgd(
    grad: Grad, x0: Any, callback: Callback = None, num_iters: int = 200, step_size: float = 0.1, mass: float = 0.9
) -> Any:
    """Gradient descent with momentum: v = mass v - (1 - mass) g, x += step_size v. Returns x after num_iters steps."""
    velocity: Any = 0.0

    def step(x: Any, g: Any, i: int) -> Any:
        nonlocal velocity
        velocity = mass * velocity - (1.0 - mass) * g
        return -step_size * velocity

    return _descend(grad, x0, callback, num_iters, step)


def rmsprop(
    grad: Grad,
    x0: Any,
    callback: Callback = None,
    num_iters: int = 100,
    step_size: float = 0.1,
    gamma: float = 0.9,
    eps: float = 1e-8,
) -> Any:
    """Steps divided by the root of a running mean of squared gradients (T. Tieleman and G. Hinton, 2012)."""
    mean: Any = 1.0

    def step(x: Any, g: Any, i: int) -> Any:
        nonlocal mean
        mean = gamma * mean + (1 - gamma) * g**2
        return step_size * g / (np.sqrt(mean) + eps)

    return _descend(grad, x0, callback, num_iters, step)


def adam(
    grad: Grad,
    x0: Any,
    callback: Callback = None,
    num_iters: int = 100,
    step_size: float = 0.001,
    b1: float = 0.9,
    b2: float = 0.999,
    eps: float = 1e-8,
) -> Any:
    """Adam (D. Kingma and J. Ba, 2015, algorithm 1)."""
    first: Any = 0.0
    second: Any = 0.0

    def step(x: Any, g: Any, i: int) -> Any:
        nonlocal first, second
        first = (1 - b1) * g + b1 * first
        second = (1 - b2) * g**2 + b2 * second
        return step_size * (first / (1 - b1 ** (i + 1))) / (np.sqrt(second / (1 - b2 ** (i + 1))) + eps)

    return _descend(grad, x0, callback, num_iters, step)
