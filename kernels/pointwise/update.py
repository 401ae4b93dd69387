"""Steps of optimisers on many parameters in one pass over the memory, in threads; gradients scaled in the same way.

The parameters come as a table (`machine.objects`): a row for each, with the objects of its arrays. The settings come as
an array of their dtype, with a row for each parameter, or one for all. The threads share the elements of all parameters
among themselves, as if these stood in a line.

Every formula rounds exactly as the NumPy calls in `nn.optim` do, so that both give the same bits, with any number of
threads. The gradient is h = sign * g + decay * x, sign being -1 to go uphill; without decay nothing is added.

Imported when it is first needed: it loads Numba.
"""

from __future__ import annotations

import math
from functools import partial

from numpy import ndarray as Array

from ..machine import threads
from ..machine.jit import Kernel, kernel, piece
from ..machine.objects import elements, measured, span

LEAST = 1 << 15  # elements that are worth a thread


@piece
def _sgd(x: Array, g: Array, c: Array) -> None:
    lr, decay, sign = c[0], c[1], c[2]
    for i in range(x.size):
        h = g[i] * sign
        if decay != 0:
            h = x[i] * decay + h
        x[i] -= h * lr


@piece
def _momentum(x: Array, g: Array, v: Array, c: Array, nesterov: bool) -> None:
    lr, decay, sign, mu, share = c[0], c[1], c[2], c[3], c[4]
    for i in range(x.size):
        h = g[i] * sign
        if decay != 0:
            h = x[i] * decay + h
        vi = v[i] * mu + h * share
        v[i] = vi
        if nesterov:
            x[i] -= (vi * mu + h) * lr
        else:
            x[i] -= vi * lr


@piece
def _adam(x: Array, g: Array, m: Array, v: Array, c: Array) -> None:
    rate, decay, sign, shrink = c[0], c[1], c[2], c[3]
    b1, a1, b2, a2, eps = c[4], c[5], c[6], c[7], c[8]
    for i in range(x.size):
        h = g[i] * sign
        if decay != 0:
            h = x[i] * decay + h
        mi = m[i] * b1 + h * a1
        vi = v[i] * b2 + (h * h) * a2
        m[i] = mi
        v[i] = vi
        x[i] = x[i] * shrink - mi / (math.sqrt(vi) + eps) * rate


@kernel
def _scale_all(table: Array, ends: Array, c: Array, first: int, last: int) -> None:
    for row in range(len(table)):
        start, count = span(ends, row, first, last)
        if count > 0:
            z = elements(c, table[row, 0], start, count)
            for i in range(z.size):
                z[i] *= c[0, 0]


@kernel
def _sgd_all(table: Array, ends: Array, c: Array, first: int, last: int) -> None:
    for row in range(len(table)):
        start, count = span(ends, row, first, last)
        if count > 0:
            x, g = elements(c, table[row, 0], start, count), elements(c, table[row, 1], start, count)
            _sgd(x, g, c[min(row, len(c) - 1)])


@kernel
def _momentum_all(table: Array, ends: Array, c: Array, nesterov: bool, first: int, last: int) -> None:
    for row in range(len(table)):
        start, count = span(ends, row, first, last)
        if count > 0:
            x, g = elements(c, table[row, 0], start, count), elements(c, table[row, 1], start, count)
            v = elements(c, table[row, 2], start, count)
            _momentum(x, g, v, c[min(row, len(c) - 1)], nesterov)


@kernel
def _adam_all(table: Array, ends: Array, c: Array, first: int, last: int) -> None:
    for row in range(len(table)):
        start, count = span(ends, row, first, last)
        if count > 0:
            x, g = elements(c, table[row, 0], start, count), elements(c, table[row, 1], start, count)
            m, v = elements(c, table[row, 2], start, count), elements(c, table[row, 3], start, count)
            _adam(x, g, m, v, c[min(row, len(c) - 1)])


# ------------------------------------------------------------------------------------------- with plain signatures


def scale(table: Array, c: Array) -> bool:
    """z *= c, for rows (z,). c (1, 1). False: an unusual table, nothing was done."""
    return _run(_scale_all, table, c)


def sgd(table: Array, c: Array) -> bool:
    """x -= lr * h, for rows (x, g). c (1 or rows, 3): lr, decay, sign. False: an unusual table, nothing was done."""
    return _run(_sgd_all, table, c)


def momentum(table: Array, c: Array, nesterov: bool) -> bool:
    """v = mu * v + (1 - dampening) * h;   x -= lr * v, or lr * (mu * v + h): for rows (x, g, v).

    c (1 or rows, 5): lr, decay, sign, mu, 1 - dampening. False: an unusual table, nothing was done.
    """
    return _run(_momentum_all, table, c, nesterov)


def adam(table: Array, c: Array) -> bool:
    """m = b1 m + (1 - b1) h;   v = b2 v + (1 - b2) h^2;   x = shrink * x - rate * m / (sqrt(v) + eps).

    Kingma & Ba 2015, algorithm 1 in the form of its section 2: the bias corrections are in `rate` and `eps`.
    Rows (x, g, m, v). c (1 or rows, 9): rate, decay, sign, shrink, b1, 1 - b1, b2, 1 - b2, eps. False: an unusual
    table, nothing was done.
    """
    return _run(_adam_all, table, c)


def _run(step: Kernel, table: Array, c: Array, *more: bool) -> bool:
    if (found := measured(table, c.dtype)) is None:
        return False
    ends, apart = found
    count = int(ends[-1])
    threads.split(count, partial(step, table, ends, c, *more), LEAST if apart else count + 1)
    return True
