"""Steps of optimisers in place: on one parameter by NumPy, on all of a group in one compiled pass where that pays.

Loading and compiling a kernel takes a good part of a second once, which a program with few numbers to move would not
earn back. Both ways give the same bits. On the 235,146 parameters of an MLP 784-256-128-10 a step of Adam takes 0.05
ms compiled in two threads of an EPYC (Zen 5); AdamW on 200 parameters with 624,000 numbers takes 0.23 ms there, and
PyTorch 4.2.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache, lru_cache
from typing import Any

import numpy as np
from numpy import ndarray as Array

from kernels.machine.fast import SIZES

from .modes import state

LEAST = SIZES["update"]

# ----------------------------------------------------------------------------------------------------- one parameter


def sgd(x: Array, g: Array, lr: float) -> None:
    """x -= lr * g, in place."""
    x -= g * lr


def momentum(x: Array, g: Array, v: Array, lr: float, mu: float, dampening: float, nesterov: bool) -> None:
    """v = mu * v + (1 - dampening) * g, then x -= lr * v, or with Nesterov lr * (mu * v + g); in place."""
    v *= mu
    v += g * (1 - dampening) if dampening else g
    x -= (v * mu + g if nesterov else v) * lr


def adam(
    x: Array, g: Array, m: Array, v: Array, betas: tuple[float, float], eps: float, rate: float, scratch: Array
) -> None:
    """Running means of g and g^2 in m and v, then x -= rate * m / (sqrt(v) + eps); in place."""
    adam_way(g, m, v, betas, eps, rate, scratch)
    x -= scratch


def adam_way(g: Array, m: Array, v: Array, betas: tuple[float, float], eps: float, rate: float, scratch: Array) -> None:
    """Running means of g and g^2 in m and v, in place; what `adam` subtracts from x in `scratch`."""
    b1, b2 = betas
    means(m, v, g, b1, b2, scratch)
    np.sqrt(v, scratch)
    scratch += eps
    np.divide(m, scratch, scratch)
    scratch *= rate


def means(m: Array, v: Array, g: Array, b1: float, b2: float, scratch: Array) -> None:
    """m = b1 m + (1 - b1) g and v = b2 v + (1 - b2) g^2, in place; `scratch` is overwritten."""
    m *= b1
    m += np.multiply(g, 1 - b1, scratch)
    v *= b2
    np.multiply(g, g, scratch)
    scratch *= 1 - b2
    v += scratch


# -------------------------------------------------------------------------------------------------- many parameters


FEW = 4
"""Arrays from which on one pass over all takes less time than NumPy, where the kernels are loaded already."""


def pays(rows: Sequence[Sequence[Any]], place: int = 0) -> bool:
    """Are there so many numbers in the arrays at that place of the rows that one pass over all pays?

    In a step of a training that was compiled as a whole, few are enough: it is made many times, and has loaded Numba.
    """
    if state.staged and len(rows) >= FEW:
        return True
    return sum([row[place].size for row in rows]) >= LEAST.least


@lru_cache(maxsize=64)
def _settings(dtype: np.dtype[Any], *values: float) -> Array:
    return np.array([values], dtype)


@cache
def _loaded() -> tuple[Any, Any]:
    """What loads Numba."""
    from kernels.machine.objects import table_of
    from kernels.pointwise import update

    return table_of, update


def all_at_once(step: str, rows: Sequence[Sequence[Array]], settings: Any, *more: Any) -> bool:
    """A step of `kernels.pointwise.update` on the arrays of many parameters; False if it has none for such arrays.

    rows       for each parameter what the step wants: x, g and what is remembered
    settings   one tuple for all of them, or a list of one for each
    """
    dtype = rows[0][0].dtype
    # shortcut: floats that the kernels have, and no parameter twice, which would be moved twice, one after the other
    if dtype.char not in "fd" or len({id(row[0]) for row in rows}) < len(rows):
        return False
    table_of, steps = _loaded()
    c = _settings(dtype, *settings) if type(settings) is tuple else np.array(settings, dtype)
    done: bool = getattr(steps, step)(table_of(rows), c, *more)
    return done
