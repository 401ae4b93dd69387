"""Steps of optimisers in one pass over the memory, in threads. The settings come as one array `c` of the dtype of x.

Every formula rounds exactly as the NumPy calls in `autograd/update.py` do, so that both give the same bits, with any
number of threads.
"""

from __future__ import annotations

import math
from functools import partial

from numpy import ndarray as Array

from ..machine import threads
from ..machine.jit import kernel

LEAST = 1 << 15  # elements that are worth a thread

# Loops from 0 on become vector code: in others an index might count from the end.


@kernel
def _sgd(x: Array, g: Array, c: Array, start: int, stop: int) -> None:
    x, g = x[start:stop], g[start:stop]
    lr = c[0]
    for i in range(x.size):
        x[i] -= g[i] * lr


@kernel
def _momentum(x: Array, g: Array, v: Array, c: Array, nesterov: bool, start: int, stop: int) -> None:
    x, g, v = x[start:stop], g[start:stop], v[start:stop]
    lr, mu, share = c[0], c[1], c[2]
    for i in range(x.size):
        vi = v[i] * mu + g[i] * share
        v[i] = vi
        if nesterov:
            x[i] -= (vi * mu + g[i]) * lr
        else:
            x[i] -= vi * lr


@kernel
def _adam(x: Array, g: Array, m: Array, v: Array, c: Array, start: int, stop: int) -> None:
    x, g, m, v = x[start:stop], g[start:stop], m[start:stop], v[start:stop]
    b1, a1, b2, a2, eps, rate = c[0], c[1], c[2], c[3], c[4], c[5]
    for i in range(x.size):
        gi = g[i]
        mi = m[i] * b1 + gi * a1
        vi = v[i] * b2 + (gi * gi) * a2
        m[i] = mi
        v[i] = vi
        x[i] -= mi / (math.sqrt(vi) + eps) * rate


# ------------------------------------------------------------------------------------------- with plain signatures


def sgd(x: Array, g: Array, c: Array) -> None:
    """x -= lr * g.   All 1-d; c = (lr,)."""
    threads.split(x.size, partial(_sgd, x, g, c), LEAST)


def momentum(x: Array, g: Array, v: Array, c: Array, nesterov: bool) -> None:
    """v = mu * v + (1 - dampening) * g;   x -= lr * v, or lr * (mu * v + g).   c = (lr, mu, 1 - dampening)."""
    threads.split(x.size, partial(_momentum, x, g, v, c, nesterov), LEAST)


def adam(x: Array, g: Array, m: Array, v: Array, c: Array) -> None:
    """m = b1 m + (1 - b1) g;   v = b2 v + (1 - b2) g^2;   x -= rate * m / (sqrt(v) + eps).

    Kingma & Ba 2015, algorithm 1 in the form of its section 2: the bias corrections are in `rate` and `eps`.
    c = (b1, 1 - b1, b2, 1 - b2, eps, rate).
    """
    threads.split(x.size, partial(_adam, x, g, m, v, c), LEAST)
