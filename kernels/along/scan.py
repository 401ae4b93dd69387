"""Running sums, products and linear recurrences along an axis, from either end, in the order that they are written in.

Arrays are looked at as (M, n, K), with the running axis in the middle; threads take some of the M each.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
from numpy import ndarray as Array

from ..machine import threads
from ..machine.arrays import empty
from ..machine.jit import Kernel, kernel, piece

LEAST = 1 << 14  # elements that are worth a thread

ROWS = 16
"""Rows that go on together where each has only one element to compute at a time, which waits for the one before."""


def _running(function: Callable[[Any, Any], Any]) -> Kernel:
    """The loop z[i] = combine(z[i-1], x[i])."""
    combine = piece(function)

    def loop(x: Array, z: Array, first: int, way: int, start: int, stop: int) -> None:
        _, n, K = x.shape
        # shortcut: nothing behind the running axis: several rows at a time
        rows = ROWS if K == 1 else 1
        carry = empty(
            max(rows, K), np.float64
        )  # in float64: what does not fit may be followed by its opposite, or by a 0
        for top in range(start, stop, rows):
            end = min(top + rows, stop)
            for m in range(top, end):
                for k in range(K):
                    carry[m - top + k] = x[m, first, k]
                    z[m, first, k] = x[m, first, k]
            for j in range(1, n):
                i = first + j * way
                if K == 1:
                    for m in range(top, end):
                        carry[m - top] = combine(carry[m - top], x[m, i, 0])
                        z[m, i, 0] = carry[m - top]
                else:
                    for k in range(K):
                        carry[k] = combine(carry[k], x[top, i, k])
                        z[top, i, k] = carry[k]

    loop.__name__ = loop.__qualname__ = function.__name__
    return kernel(loop)


@_running
def _sums(carried: Any, x: Any) -> Any:
    return carried + x


@_running
def _products(carried: Any, x: Any) -> Any:
    return carried * x


@kernel
def _recurrence(a: Array, b: Array, z: Array, first: int, way: int, start: int, stop: int) -> None:
    _, n, K = b.shape
    rows = ROWS if K == 1 else 1
    for top in range(start, stop, rows):
        end = min(top + rows, stop)
        for m in range(top, end):
            for k in range(K):
                z[m, first, k] = b[m, first, k]
        for j in range(1, n):
            i = first + j * way
            if K == 1:
                for m in range(top, end):
                    z[m, i, 0] = a[m, i, 0] * z[m, i - way, 0] + b[m, i, 0]
            else:
                for k in range(K):
                    z[top, i, k] = a[top, i, k] * z[top, i - way, k] + b[top, i, k]


def running_sums(x: Array, axis: int, reverse: bool) -> Array:
    """z[i] = z[i-1] + x[i] along `axis`; from the other end if `reverse`. float32 or float64, not empty."""
    return _run(_sums, axis, reverse, x)


def running_products(x: Array, axis: int, reverse: bool) -> Array:
    """z[i] = z[i-1] * x[i]."""
    return _run(_products, axis, reverse, x)


def recurrence(a: Array, b: Array, axis: int, reverse: bool) -> Array:
    """z[i] = a[i] * z[i-1] + b[i], z[0] = b[0]; shapes and dtypes are equal."""
    return _run(_recurrence, axis, reverse, a, b)


def _run(loop: Callable[..., Any], axis: int, reverse: bool, *inputs: Array) -> Array:
    x = inputs[-1]
    if not x.size or x.dtype.char not in "fd" or any((y.shape, y.dtype) != (x.shape, x.dtype) for y in inputs):
        raise ValueError(f"running along an axis of {[(y.shape, str(y.dtype)) for y in inputs]}")
    axis %= x.ndim
    view = (math.prod(x.shape[:axis]), x.shape[axis], math.prod(x.shape[axis + 1 :]))
    z = np.empty(x.shape, x.dtype)
    parts = [np.ascontiguousarray(y).reshape(view) for y in inputs]
    target = z.reshape(view)
    first, way = (view[1] - 1, -1) if reverse else (0, 1)
    threads.split(
        view[0],
        partial(loop, *parts, target, first, way),
        max(1, LEAST * view[0] // x.size),
    )
    return z
