"""Softmax, its logarithm and cross-entropy: NumPy for little work and for other axes, else the loops of `loops`."""

from __future__ import annotations

import functools
import math
from typing import Any

import numpy as np
from numpy import ndarray as Array

from ..machine import jit

WORTH_COMPILING = 512  # elements: below, NumPy takes about as long, and programs with tiny arrays need no compiler


@functools.cache
def _loops() -> Any:
    """The module `loops`, which loads Numba; importing it would take a microsecond at each call."""
    from . import loops

    return loops


def _compiled(x: Array) -> bool:
    """Are loops used for x? Only its size and dtype decide, so that a program gives the same bits whenever it runs."""
    return x.size >= WORTH_COMPILING and x.dtype.char in "fd" and jit.ENABLED


def _by_rows(x: Array, axis: int | None) -> bool:
    # shortcut: the last axis, whatever it is called
    return _compiled(x) and axis is not None and axis % x.ndim == x.ndim - 1


def softmax(x: Array, axis: int | None) -> Array:
    """exp(x), divided by its sum along `axis`."""
    if _by_rows(x, axis):
        return _loops().softmax(x)
    e = np.subtract(x, np.maximum.reduce(x, axis, keepdims=True, initial=-math.inf))
    e = np.exp(e, e if isinstance(e, np.ndarray) else None)
    return e / np.add.reduce(e, axis, keepdims=True)


def softmax_grad(dz: Array, z: Array, axis: int | None) -> Array:
    """z * (dz - sum of dz * z): the gradient of `softmax` with the result z."""
    if _by_rows(z, axis) and dz.dtype == z.dtype:
        return _loops().softmax_grad(dz, z)
    return z * (dz - np.add.reduce(dz * z, axis, keepdims=True))


def log_softmax(x: Array, axis: int | None) -> Array:
    """x - log of the sum of exp(x) along `axis`."""
    if _by_rows(x, axis):
        return _loops().log_softmax(x)
    y = x - np.maximum.reduce(x, axis, keepdims=True, initial=-math.inf)
    return y - np.log(np.add.reduce(np.exp(y), axis, keepdims=True))


def log_softmax_grad(dz: Array, z: Array, axis: int | None) -> Array:
    """dz - exp(z) * sum of dz: the gradient of `log_softmax` with the result z."""
    if _by_rows(z, axis) and dz.dtype == z.dtype:
        return _loops().log_softmax_grad(dz, z)
    return dz - np.exp(z) * np.add.reduce(dz, axis, keepdims=True)


def pick(x: Array, target: Array) -> Array:
    """x[n, target[n]], or x[n, target[n, l], l]."""
    if x.ndim == 2:
        return x[np.arange(len(x)), target]
    return np.take_along_axis(x, target[:, None], axis=1)[:, 0]


def cross_entropy(x: Array, target: Array, share: Any = None) -> tuple[Array, Array | None]:
    """-log softmax(x) at the target, each; and its gradient times `share`, if that takes no sweep more.

    x (N, C) or (N, C, L), target (N,) or (N, L) in 0 .. C-1; share None, a number, or one number per target.
    """
    # shortcut: no axes behind the classes; any share
    if x.ndim == 2 and _compiled(x):
        return _loops().cross_entropy(x, target, share)
    y = x - np.maximum.reduce(x, axis=1, keepdims=True)
    right = pick(y, target)
    np.exp(y, out=y)
    loss = np.log(np.add.reduce(y, axis=1))
    loss -= right
    return loss, None


def cross_entropy_slope(x: Array, target: Array, share: Any) -> Array:
    """(softmax(x) - onehot(target)) * share. Arguments as in `cross_entropy`."""
    # shortcut: as in `cross_entropy`
    if x.ndim == 2 and _compiled(x):
        slope: Any = _loops().cross_entropy(x, target, share)[1]
        return slope
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
