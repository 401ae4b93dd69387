"""Softmax, its logarithm and cross-entropy over contiguous rows, as compiled loops.

Rows are worked on in groups of about GROUP elements, in passes over memory that stays in the cache: the largest
element is subtracted row by row, then one loop over the whole group takes exp, so that short rows fill whole vector
registers, too.

Imported when it is first needed, because it loads Numba.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
from numpy import ndarray as Array

from ..machine import threads
from ..machine.arrays import empty, shaped
from ..machine.floats import rank, ranked
from ..machine.jit import kernel
from ..machine.sums import long_sum, product, value
from ..machine.vector import exp, log

GROUP = 4096  # elements
LEAST = 1 << 14  # elements that are worth a thread


_total = kernel(long_sum(value))
_dot = kernel(long_sum(product))


@kernel
def _sum(x: Array) -> float:
    return _total(x, x, 0)


@kernel
def _exp(x: Array, z: Array) -> None:
    for i in range(x.size):
        z[i] = exp(x[i])


@kernel
def _exp_in_place(x: Array) -> None:
    for i in range(x.size):  # a loop of its own: one over two arrays that are the same is no vector code
        x[i] = exp(x[i])


@kernel
def _below_largest(x: Array, z: Array) -> None:
    """z = x - the largest element of the row."""
    for i in range(len(x)):
        row, out = x[i], z[i]
        top = rank(row[0])
        for j in range(row.size):
            top = max(top, rank(row[j]))
        m = ranked(top)
        for j in range(row.size):
            out[j] = row[j] - m


@kernel
def _softmax(x: Array, z: Array, start: int, stop: int) -> None:
    """z = softmax(x) for the rows from `start` to `stop` of x and z (R, C)."""
    rows = max(1, GROUP // x.shape[1])
    for first in range(start, stop, rows):
        part = z[first : min(first + rows, stop)]
        _below_largest(x[first : first + len(part)], part)
        _exp_in_place(shaped(part, part.size))
        for i in range(len(part)):
            row = part[i]
            total = x.dtype.type(_sum(row))
            for j in range(row.size):
                row[j] /= total


@kernel
def _softmax_grad(dz: Array, z: Array, dx: Array, start: int, stop: int) -> None:
    """dx = z * (dz - sum(dz * z)), row by row."""
    for i in range(start, stop):
        g, row, out = dz[i], z[i], dx[i]
        s = z.dtype.type(_dot(g, row, 0))
        for j in range(row.size):
            out[j] = row[j] * (g[j] - s)


@kernel
def _log_softmax(x: Array, z: Array, start: int, stop: int) -> None:
    """z = x - log(sum(exp(x))), row by row."""
    C = x.shape[1]
    rows = max(1, GROUP // C)
    room = empty(rows * C, x.dtype)
    for first in range(start, stop, rows):
        part = z[first : min(first + rows, stop)]
        _below_largest(x[first : first + len(part)], part)
        e = room[: part.size]
        _exp(shaped(part, part.size), e)
        for i in range(len(part)):
            row = part[i]
            s = log(x.dtype.type(_sum(e[i * C : (i + 1) * C])))
            for j in range(C):
                row[j] -= s


@kernel
def _log_softmax_grad(dz: Array, z: Array, dx: Array, start: int, stop: int) -> None:
    """dx = dz - exp(z) * sum(dz), row by row."""
    C = z.shape[1]
    rows = max(1, GROUP // C)
    for first in range(start, stop, rows):
        last = min(first + rows, stop)
        part = dx[first:last]
        _exp(shaped(z[first:last], part.size), shaped(part, part.size))
        for i in range(first, last):
            g, out = dz[i], dx[i]
            s = z.dtype.type(_sum(g))
            for j in range(C):
                out[j] = g[j] - out[j] * s


@kernel
def _are_classes(target: Array, C: int, wrong: Array) -> bool:
    """Are all targets classes? If not, it is noted in `wrong`."""
    for t in target:
        if t < 0 or t >= C:
            wrong[0] = True
            return False
    return True


@kernel
def _loss(x: Array, target: Array, wrong: Array, loss: Array, start: int, stop: int) -> None:
    """loss = -log softmax(x)[target] for rows `start` to `stop`, unless a target is wrong."""
    C = x.shape[1]
    if not _are_classes(target[start:stop], C, wrong):
        return
    rows = max(1, GROUP // C)
    room = empty((rows, C), x.dtype)
    for first in range(start, stop, rows):
        part = room[: min(rows, stop - first)]
        _below_largest(x[first : first + len(part)], part)
        for i in range(len(part)):
            loss[first + i] = part[i, target[first + i]]
        _exp_in_place(shaped(part, part.size))
        for i in range(len(part)):
            loss[first + i] = log(x.dtype.type(_sum(part[i]))) - loss[first + i]


@kernel
def _loss_and_slope(
    x: Array, target: Array, wrong: Array, share: Array, loss: Array, dx: Array, start: int, stop: int
) -> None:
    """The same, and dx = (softmax(x) - onehot(target)) * share; share (R,), or (1,) for all."""
    C = x.shape[1]
    if not _are_classes(target[start:stop], C, wrong):
        return
    rows = max(1, GROUP // C)
    for first in range(start, stop, rows):
        part = dx[first : min(first + rows, stop)]
        _below_largest(x[first : first + len(part)], part)
        for i in range(len(part)):
            loss[first + i] = part[i, target[first + i]]
        _exp_in_place(shaped(part, part.size))
        for i in range(len(part)):
            row, t = part[i], target[first + i]
            weight = share[0 if share.size == 1 else first + i]
            total = x.dtype.type(_sum(row))
            loss[first + i] = log(total) - loss[first + i]
            right = (row[t] / total - 1) * weight
            for j in range(C):
                row[j] = row[j] / total * weight
            row[t] = right


# ------------------------------------------------------------------------------------------------- with arrays around


def _rows(x: Array) -> Array:
    return np.ascontiguousarray(x).reshape(-1, x.shape[-1])


def _each(function: Any, axis: int, *inputs: Array, least: int = LEAST) -> Array:
    """function(*rows of the inputs, rows of the result, start, stop) in threads; all of one shape and dtype."""
    if axis % inputs[0].ndim != inputs[0].ndim - 1:
        raise ValueError(f"wanted the last axis of {inputs[0].ndim}, got {axis}")
    z = np.empty(inputs[0].shape, inputs[0].dtype)
    C = z.shape[-1]
    parts = [*(_rows(x) for x in inputs), z.reshape(-1, C)]
    threads.split(len(parts[0]), partial(function, *parts), least // C + 1)
    return z


def softmax(x: Array, axis: int = -1) -> Array:
    """softmax over the last axis, which `axis` must be. x float32 or float64, not empty."""
    return _each(_softmax, axis, x)


def softmax_grad(dz: Array, z: Array, axis: int = -1) -> Array:
    """Its gradient; dz and z of one shape and dtype."""
    return _each(_softmax_grad, axis, dz, z, least=4 * LEAST)  # no exp in it


def log_softmax(x: Array, axis: int = -1) -> Array:
    """log(softmax) over the last axis, which `axis` must be. x float32 or float64, not empty."""
    return _each(_log_softmax, axis, x)


def log_softmax_grad(dz: Array, z: Array, axis: int = -1) -> Array:
    """Its gradient; dz and z of one shape and dtype."""
    return _each(_log_softmax_grad, axis, dz, z)


def cross_entropy(x: Array, target: Array, share: Any = None) -> tuple[Array, Array | None]:
    """-log softmax(x)[target] of each row, and unless share is None, (softmax(x) - onehot(target)) * share.

    x (R, C) float32 or float64, not empty; target (R,) of integers; share a number, or one per row.
    """
    R, C = x.shape
    labels = np.ascontiguousarray(target, np.int64)
    loss = np.empty(R, x.dtype)
    wrong = np.zeros(1, np.bool_)
    parts: list[Array] = [np.ascontiguousarray(x), labels, wrong]
    dx = None
    if share is not None:
        alone = isinstance(share, float)  # the mean or the sum of all
        weights = np.array([share], x.dtype) if alone else np.ascontiguousarray(share, x.dtype).reshape(-1)
        dx = np.empty((R, C), x.dtype)
        parts += [weights, loss, dx]
    else:
        weights = loss
        parts.append(loss)
    if labels.shape != (R,) or weights.size not in (1, R):
        raise ValueError(f"cross_entropy: {R} rows, targets of shape {labels.shape}, shares of shape {weights.shape}")
    function: Any = _loss if dx is None else _loss_and_slope
    if x.size < 2 * LEAST:
        function(*parts, 0, R)
    else:
        threads.split(R, partial(function, *parts), LEAST // C + 1)
    if wrong[0]:
        raise IndexError(f"cross_entropy: targets must be in 0 .. {C - 1}")
    return loss, dx


# ------------------------------------------------------------------------------------------------------ attention


@kernel
def weights(w: Array, bias: Array, scale: Array) -> None:
    """w = softmax(w * scale + bias), row by row, in place. w (R, S); bias (L, S) for rows 0, L, 2 L ...; or empty."""
    L, factor = len(bias), scale[0]
    for i in range(len(w)):
        row = w[i]
        if L > 0:
            b = bias[i % L]
            for j in range(row.size):
                row[j] = row[j] * factor + b[j]
        else:
            for j in range(row.size):
                row[j] *= factor
        top = rank(row[0])
        for j in range(row.size):
            top = max(top, rank(row[j]))
        m = ranked(top)
        for j in range(row.size):
            row[j] -= m
    _exp_in_place(shaped(w, w.size))
    for i in range(len(w)):
        row = w[i]
        total = w.dtype.type(_sum(row))
        for j in range(row.size):
            row[j] /= total


@kernel
def weights_grad(w: Array, g: Array, scale: Array) -> None:
    """g = w * (g - sum(g * w)) * scale, row by row, in place."""
    factor = scale[0]
    for i in range(len(w)):
        row, out = w[i], g[i]
        s = w.dtype.type(_dot(row, out, 0))
        for j in range(row.size):
            out[j] = row[j] * (out[j] - s) * factor
