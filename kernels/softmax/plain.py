"""Softmax, its logarithm and cross-entropy in NumPy; for much work along the last axis there is `loops`."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy import ndarray as Array

from ..machine.fast import fast


def softmax(x: Array, axis: int | None) -> Array:
    """exp(x), divided by its sum along `axis`."""
    e = np.subtract(x, np.maximum.reduce(x, axis, keepdims=True, initial=-math.inf))
    e = np.exp(e, e if isinstance(e, np.ndarray) else None)
    return e / np.add.reduce(e, axis, keepdims=True)


def log_softmax(x: Array, axis: int | None) -> Array:
    """x - log of the sum of exp(x) along `axis`."""
    y = x - np.maximum.reduce(x, axis, keepdims=True, initial=-math.inf)
    return y - np.log(np.add.reduce(np.exp(y), axis, keepdims=True))


def pick(x: Array, target: Array) -> Array:
    """x[n, target[n]], or x[n, target[n, l], l]."""
    if x.ndim == 2:
        return x[np.arange(len(x)), target]
    return np.take_along_axis(x, target[:, None], axis=1)[:, 0]


def _without_axes_behind(x: Array) -> bool:
    # shortcut: no axes behind the classes; any share
    return x.ndim == 2


@fast("kernels.softmax.loops:cross_entropy", at_least="softmax", when=_without_axes_behind)
def cross_entropy(x: Array, target: Array, share: Any = None) -> tuple[Array, Array | None]:
    """-log softmax(x) at the target, each; and its gradient times `share`, if that takes no sweep more.

    x (N, C) or (N, C, L), target (N,) or (N, L) in 0 .. C-1; share None, a number, or one number per target.
    """
    y = x - np.maximum.reduce(x, axis=1, keepdims=True)
    right = pick(y, target)
    np.exp(y, out=y)
    loss = np.log(np.add.reduce(y, axis=1))
    loss -= right
    return loss, None


def cross_entropy_slope(x: Array, target: Array, share: Any) -> Array:
    """(softmax(x) - onehot(target)) * share. Arguments as in `cross_entropy`."""
    y = x - np.maximum.reduce(x, axis=1, keepdims=True)
    np.exp(y, out=y)
    y /= np.add.reduce(y, axis=1, keepdims=True)
    if y.ndim == 2:
        y[np.arange(len(y)), target] -= 1
    else:
        at = target[:, None]
        np.put_along_axis(y, at, np.take_along_axis(y, at, axis=1) - 1, axis=1)
    y *= share if np.ndim(share) == 0 else np.expand_dims(share, 1)
    return y
