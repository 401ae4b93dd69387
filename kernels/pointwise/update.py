"""Steps of optimisers on many parameters in one pass over the memory, in threads; gradients scaled in the same way.

The parameters come as a table (`machine.objects`): a row for each, with the objects of its arrays. The settings come as
an array of their dtype, with a row for each parameter, or one for all. The threads share the elements of all parameters
among themselves, as if these stood in a line. The gradient is h = sign * g + decay * x, sign being -1 to go uphill.

Imported when it is first needed: it loads Numba.
"""

from __future__ import annotations

from functools import partial

from numpy import ndarray as Array

from ..machine import threads
from ..machine.jit import Kernel
from ..machine.objects import measured
from . import update_loops as loops

LEAST = 1 << 15  # elements that are worth a thread


def scale(table: Array, c: Array) -> bool:
    """z *= c, for rows (z,). c (1, 1). False: an unusual table, nothing was done."""
    return _run(loops.scale_all, table, c)


def sgd(table: Array, c: Array) -> bool:
    """x -= lr * h, for rows (x, g). c (1 or rows, 3): lr, decay, sign. False: an unusual table, nothing was done."""
    return _run(loops.sgd_all, table, c)


def momentum(table: Array, c: Array, nesterov: bool) -> bool:
    """v = mu * v + (1 - dampening) * h;   x -= lr * v, or lr * (mu * v + h): for rows (x, g, v).

    c (1 or rows, 5): lr, decay, sign, mu, 1 - dampening. False: an unusual table, nothing was done.
    """
    return _run(loops.momentum_all, table, c, nesterov)


def adam(table: Array, c: Array) -> bool:
    """m = b1 m + (1 - b1) h;   v = b2 v + (1 - b2) h^2;   x = shrink * x - rate * m / (sqrt(v) + eps).

    Kingma & Ba 2015, algorithm 1 in the form of its section 2: the bias corrections are in `rate` and `eps`.
    Rows (x, g, m, v). c (1 or rows, 9): rate, decay, sign, shrink, b1, 1 - b1, b2, 1 - b2, eps. False: an unusual
    table, nothing was done.
    """
    return _run(loops.adam_all, table, c)


def _run(step: Kernel, table: Array, c: Array, *more: bool) -> bool:
    if (found := measured(table, c.dtype)) is None:
        return False
    ends, apart = found
    count = int(ends[-1])
    threads.split(count, partial(step, table, ends, c, *more), LEAST if apart else count + 1)
    return True
