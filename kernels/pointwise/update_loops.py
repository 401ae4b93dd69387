"""Steps of optimisers as loops: one for the arrays of a parameter, and one for all rows of a table.

Every formula rounds exactly as the NumPy calls in `nn.optim` do, so that both give the same bits, with any number of
threads. The gradient is h = sign * g + decay * x; without decay nothing is added.

Imported when it is first needed: it loads Numba.
"""

from __future__ import annotations

import math
from typing import Any

from numpy import ndarray as Array

from ..machine.jit import kernel, piece
from ..machine.objects import elements, span


@piece
def _gradient(x: Any, g: Any, decay: Any, sign: Any) -> Any:
    """h of an element."""
    h = g * sign
    return x * decay + h if decay != 0 else h


@piece
def _sgd(x: Array, g: Array, c: Array) -> None:
    lr, decay, sign = c[0], c[1], c[2]
    for i in range(x.size):
        h = _gradient(x[i], g[i], decay, sign)
        x[i] -= h * lr


@piece
def _momentum(x: Array, g: Array, v: Array, c: Array, nesterov: bool) -> None:
    lr, decay, sign, mu, share = c[0], c[1], c[2], c[3], c[4]
    for i in range(x.size):
        h = _gradient(x[i], g[i], decay, sign)
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
        h = _gradient(x[i], g[i], decay, sign)
        mi = m[i] * b1 + h * a1
        vi = v[i] * b2 + (h * h) * a2
        m[i] = mi
        v[i] = vi
        x[i] = x[i] * shrink - mi / (math.sqrt(vi) + eps) * rate


@kernel
def scale_all(table: Array, ends: Array, c: Array, first: int, last: int) -> None:
    for row in range(len(table)):
        start, count = span(ends, row, first, last)
        if count > 0:
            z = elements(c, table[row, 0], start, count)
            for i in range(z.size):
                z[i] *= c[0, 0]


@kernel
def sgd_all(table: Array, ends: Array, c: Array, first: int, last: int) -> None:
    for row in range(len(table)):
        start, count = span(ends, row, first, last)
        if count > 0:
            x, g = elements(c, table[row, 0], start, count), elements(c, table[row, 1], start, count)
            _sgd(x, g, c[min(row, len(c) - 1)])


@kernel
def momentum_all(table: Array, ends: Array, c: Array, nesterov: bool, first: int, last: int) -> None:
    for row in range(len(table)):
        start, count = span(ends, row, first, last)
        if count > 0:
            x, g = elements(c, table[row, 0], start, count), elements(c, table[row, 1], start, count)
            v = elements(c, table[row, 2], start, count)
            _momentum(x, g, v, c[min(row, len(c) - 1)], nesterov)


@kernel
def adam_all(table: Array, ends: Array, c: Array, first: int, last: int) -> None:
    for row in range(len(table)):
        start, count = span(ends, row, first, last)
        if count > 0:
            x, g = elements(c, table[row, 0], start, count), elements(c, table[row, 1], start, count)
            m, v = elements(c, table[row, 2], start, count), elements(c, table[row, 3], start, count)
            _adam(x, g, m, v, c[min(row, len(c) - 1)])
