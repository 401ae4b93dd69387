"""Pooling over the last axes of an array: sums of windows, and the transpose. Windows are those of `plain`.

Large arrays go through compiled loops, small ones through NumPy, one element of all windows at a time, axis by axis.
"""

from __future__ import annotations

import math
from functools import partial
from typing import Any

import numpy as np

from ..machine import threads
from ..machine.fast import fast
from . import loops, plain
from .plain import Array, Numbers, Windows, essential, everything


def _windows(size: Numbers, stride: Numbers, padding: Numbers, out: Numbers) -> Windows:
    return Windows(size, stride, padding, (1,) * len(size), out)


# ------------------------------------------------------------------------------------------------ sums of windows


def _sums_compiled(x: Array, size: Numbers, stride: Numbers, padding: Numbers, out: Numbers, divisor: Any = 1) -> Array:
    axes = len(out)
    z = np.empty((*x.shape[: x.ndim - axes], *out), x.dtype)
    source, value = plain._planes(x, axes), plain._planes(z, axes)
    # shortcut: the settings, all of them, are those of one window over everything; then windows are rows
    if essential(_windows(size, stride, padding, out)) == everything(x.shape[x.ndim - axes :]):
        from ..along import reduce

        reduce.row_sums(source.reshape(len(source), -1), out=value.reshape(-1))
        return z if _is_one(divisor) else np.divide(z, divisor, out=z)
    divisors = np.array(np.broadcast_to(np.asarray(divisor, x.dtype), out)).reshape(plain._three(out))
    settings = plain._three(size), plain._three(stride), plain._three(padding, 0)
    threads.split(
        len(source),
        partial(loops.sums, source, value, divisors, *settings),
        plain._least(x, len(source)),
    )
    return z


@fast(_sums_compiled, at_least="pool")
def window_sums(x: Array, size: Numbers, stride: Numbers, padding: Numbers, out: Numbers, divisor: Any = 1) -> Array:
    """Sum of the elements of each window over `divisor`, a number or one per window."""
    axes = len(out)
    # shortcut: as in `_sums_compiled`
    if essential(_windows(size, stride, padding, out)) == everything(x.shape[x.ndim - axes :]):
        z = x.sum(tuple(range(-axes, 0)), keepdims=True)
        return z if _is_one(divisor) else np.asarray(z / divisor)
    z = x
    for a, (k, s, p, windows) in enumerate(zip(size, stride, padding, out, strict=True)):
        axis = x.ndim - axes + a
        # shortcut: all four settings of this axis say that its sums are its elements
        if (k, s, p, windows) == (1, 1, 0, z.shape[axis]):
            continue
        total = np.zeros((*z.shape[:axis], windows, *z.shape[axis + 1 :]), x.dtype)
        for to, at, _ in plain._taps(z.shape[axis], k, s, p, 1, windows):
            total[_along(axis, to)] += z[_along(axis, at)]
        z = total
    if _is_one(divisor):
        return np.array(x) if z is x else z
    return np.asarray(z / divisor)


# --------------------------------------------------------------------------------------------------- the transpose


def _spread_compiled(
    dz: Array, size: Numbers, stride: Numbers, padding: Numbers, shape: Numbers, divisor: Any = 1
) -> Array:
    axes = len(size)
    lead, out = dz.shape[: dz.ndim - axes], dz.shape[dz.ndim - axes :]
    pooled = shape[len(shape) - axes :]
    dx = np.empty((*lead, *pooled), dz.dtype)
    source, value = plain._planes(dz, axes), plain._planes(dx, axes)
    # shortcut: the settings, all of them, are those of one window over everything; then windows are rows
    if essential(_windows(size, stride, padding, out)) == everything(pooled):
        divisors = (dz if _is_one(divisor) else np.divide(dz, divisor)).reshape(-1)
        rows = value.reshape(len(value), -1)
        threads.split(len(rows), partial(loops.fill, divisors, rows), plain._least(dx, len(rows)))
        return dx
    divisors = np.array(np.broadcast_to(np.asarray(divisor, dz.dtype), out)).reshape(plain._three(out))
    settings = plain._three(size), plain._three(stride), plain._three(padding, 0)
    threads.split(
        len(source),
        partial(loops.spread, source, value, divisors, *settings),
        plain._least(dx, len(source)),
    )
    return dx


@fast(_spread_compiled, at_least="pool", count=lambda dz, shape: math.prod(shape))
def window_spread(
    dz: Array, size: Numbers, stride: Numbers, padding: Numbers, shape: Numbers, divisor: Any = 1
) -> Array:
    """The transpose of `window_sums`: each element of an array of `shape` receives dz of all its windows."""
    axes = len(size)
    z = dz if _is_one(divisor) else np.asarray(dz / divisor)
    for a, (k, s, p) in enumerate(zip(size, stride, padding, strict=True)):
        axis = dz.ndim - axes + a
        n = shape[len(shape) - axes + a]
        # shortcut: all four settings of this axis say that its elements are their own sums
        if (k, s, p, z.shape[axis]) == (1, 1, 0, n):
            continue
        total = np.zeros((*z.shape[:axis], n, *z.shape[axis + 1 :]), dz.dtype)
        for at, to, _ in plain._taps(n, k, s, p, 1, z.shape[axis]):
            total[_along(axis, to)] += z[_along(axis, at)]
        z = total
    return np.array(dz) if z is dz else z


def _is_one(divisor: Any) -> bool:
    return isinstance(divisor, int) and divisor == 1


def _along(axis: int, part: Any) -> tuple[Any, ...]:
    return (*[slice(None)] * axis, part)
