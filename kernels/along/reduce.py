"""Sums in an order that vector code may choose: of rows, of channels, of everything."""

from __future__ import annotations

import math
from functools import partial
from typing import Any

import numpy as np
from numpy import ndarray as Array

from ..machine import threads
from ..machine.jit import kernel
from ..machine.sums import chunk_total

LEAST = 1 << 16  # elements that are worth a thread: about 5 us

PIECE = 4096
"""Elements of a chunk. Twice those of `machine.sums`, as nothing else is read: threads take some of them each."""


@kernel
def _row_sums(x: Array, z: Array, start: int, stop: int) -> None:
    for m in range(start, stop):
        total = 0.0
        for first in range(0, x.shape[1], PIECE):
            total += chunk_total(x[m, first : first + PIECE])
        z[m] = total


@kernel
def _piece_sums(x: Array, z: Array, start: int, stop: int) -> None:
    for m in range(start, stop):
        z[m] = chunk_total(x[m * PIECE : (m + 1) * PIECE])


@kernel
def _channel_sums(x: Array, z: Array, start: int, stop: int) -> None:
    N, _, L = x.shape
    for c in range(start, stop):
        total = 0.0
        for n in range(N):
            for first in range(0, L, PIECE):
                total += chunk_total(x[n, c, first : first + PIECE])
        z[c] = total


def row_sums(x: Array, out: Array | None = None) -> Array:
    """The sum of each row of x (M, L), float32 or float64."""
    if (
        x.ndim != 2
        or x.dtype.char not in "fd"
        or (out is not None and (out.shape, out.dtype) != (x.shape[:1], x.dtype))
    ):
        raise ValueError(f"row_sums: x must be 2-d and float32 or float64, with out to fit, got {x.shape} {x.dtype}")
    x = np.ascontiguousarray(x)
    z = np.empty(len(x), x.dtype) if out is None else out
    threads.split(len(x), partial(_row_sums, x, z), _least(x, len(x)))
    return z


def total(x: Array, axis: None = None, keepdims: bool = False) -> Any:
    """The sum of all elements of x, contiguous, float32 or float64: the same bits with any number of threads."""
    if x.dtype.char not in "fd" or not x.flags.c_contiguous:
        raise ValueError(f"total: x must be contiguous and float32 or float64, got {x.dtype}, strides {x.strides}")
    pieces = np.empty(-(-x.size // PIECE))
    threads.split(len(pieces), partial(_piece_sums, x.reshape(-1), pieces), LEAST // PIECE)
    z = x.dtype.type(pieces.sum())
    return z.reshape((1,) * x.ndim) if keepdims else z


def channel_sums(x: Array) -> Array:
    """The sum of x (N, C, *any), float32 or float64, over everything but C."""
    if x.ndim < 2 or x.dtype.char not in "fd":
        raise ValueError(f"channel_sums: x must be at least 2-d and float32 or float64, got {x.shape} {x.dtype}")
    x = np.ascontiguousarray(x).reshape(len(x), x.shape[1], math.prod(x.shape[2:]))
    z = np.empty(x.shape[1], x.dtype)
    threads.split(x.shape[1], partial(_channel_sums, x, z), _least(x, x.shape[1]))
    return z


def _least(x: Array, parts: int) -> int:
    """The fewest of the parts of x that are worth a thread."""
    return max(1, LEAST * parts // max(x.size, 1))
