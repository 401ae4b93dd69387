"""Products of small matrices as an instruction of the block machine: no call of BLAS, which takes as long to begin.

    z[i, j] = sum over t of a[i, t] * b[t, j]

A panel of columns of b is copied so that its rows are whole vectors, one after the other, and a few rows of a are
multiplied by it at a time, with their sums in registers (`matrix.panel`). Few rows, and factors that are parts of
others in both directions, are multiplied element by element.

Imported when the machine first runs, because it loads Numba.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy import ndarray as Array

from ..machine import moves, registers, simd
from ..machine.arrays import empty
from ..machine.jit import Kernel, kernel, piece
from ..machine.sums import plus
from ..matrix import panel
from .memory import block

Word = int

FEW = 4
"""Rows from which on copying b pays."""


@piece
def _gather_rows(out: Any, x: Any, step: int, y: int, row: int, terms: int, A: Any) -> None:
    """out[j] = sum over t of x[t * step] * y[t, j], whose rows are `row` bytes apart; four terms at a time."""
    for j in range(out.size):
        out[j] = 0
    t = 0
    while t < terms - 3:
        f0, f1, f2, f3 = x[t * step], x[(t + 1) * step], x[(t + 2) * step], x[(t + 3) * step]
        at = y + t * row
        y0, y1 = block(at, out.size, A), block(at + row, out.size, A)
        y2, y3 = block(at + 2 * row, out.size, A), block(at + 3 * row, out.size, A)
        for j in range(out.size):
            out[j] = (((out[j] + f0 * y0[j]) + f1 * y1[j]) + f2 * y2[j]) + f3 * y3[j]
        t += 4
    while t < terms:
        factor, last = x[t * step], block(y + t * row, out.size, A)
        for j in range(out.size):
            out[j] += factor * last[j]
        t += 1


@piece
def _dot(x: Any, y: Any, zero: Any) -> Any:
    """The sum of x[t] * y[t]."""
    total = zero
    for t in range(x.size):
        total = plus(total, x[t] * y[t])
    return total


@piece
def _dot_apart(x: Any, x_step: int, y: Any, y_step: int, terms: int, zero: Any) -> Any:
    """The same of elements that are apart."""
    total = zero
    for t in range(terms):
        total += x[t * x_step] * y[t * y_step]
    return total


@piece
def _pack(like: Array, source: int, steps: Any, terms: int, wide: int, to: int) -> None:
    """`wide` columns of b from `source` on, and zeros up to a panel. steps: bytes from a row, and column, to the next.

    Rows behind the last one, as many as a vector is long, may be overwritten.
    """
    size, (row, column) = like.itemsize, steps
    lanes = registers.WIDTH // size
    if column == size:
        moves.copy(like, moves.Source(source, row, 1, 0, wide), to, terms, panel.VECTORS * lanes)
    else:
        for v in range(panel.VECTORS):
            some = max(0, min(lanes, wide - v * lanes))
            at, target = source + v * lanes * column, to + v * registers.WIDTH
            moves.transpose(like, at, column, some, terms, target, panel.VECTORS * registers.WIDTH)


@kernel
def _panels(like: Array, a: Word, b: Word, about: Array, z: Word, n: int) -> None:
    """z = a @ b, where rows or columns of b have no gaps. about: see `product`."""
    J, T, a_row, a_column, b_row, b_column = about
    size = like.itemsize
    lanes = registers.WIDTH // size
    L = panel.VECTORS * lanes
    room = empty((1 + T + lanes + n) * L, like.dtype)
    row, zeros = L * size, simd.address(room)
    packed, tile = zeros + row, zeros + (1 + T + lanes) * row
    room[:L] = 0
    places = simd.evenly(T, a_column * size)
    for j in range(0, J, L):
        wide = min(L, J - j)
        _pack(like, b + j * b_column * size, (b_row * size, b_column * size), T, wide, packed)
        to, to_row = (z + j * size, J * size) if wide == L else (tile, row)
        of = panel.Product(a, a_row * size, simd.address(places), packed, T, zeros, 0, to, to_row)
        panel.multiply(like, n, of)
        if wide < L:
            for i in range(n):
                here = (1 + T + lanes + i) * L
                _copy(room[here : here + wide], block(z + (i * J + j) * size, wide, like.dtype))


@piece
def _copy(x: Array, z: Array) -> None:
    for j in range(z.size):
        z[j] = x[j]


def product(A: Any) -> Kernel:
    """The instruction for one type of floats."""
    zero = A(0)

    @kernel
    def product(a: Word, b: Word, about: Word, z: Word, n: int) -> None:
        """z[i, j] = sum over t of a[i, t] * b[t, j] for n rows i; z is row-major.

        about   J, T, elements from a row and column of a to the next, and the same of b
        """
        simd.wide()
        facts = block(about, 6, np.int64)
        J, T, a_row, a_column, b_row, b_column = facts
        size = block(z, 1, A).itemsize
        if n >= FEW and (b_row == 1 or b_column == 1):
            _panels(block(z, 1, A), a, b, facts, z, n)
            return
        for i in range(n):
            out = block(z + i * J * size, J, A)
            x = block(a + i * a_row * size, (T - 1) * a_column + 1, A)
            if b_column == 1:
                _gather_rows(out, x, a_column, b, b_row * size, T, A)
            else:
                for j in range(J):
                    y = block(b + j * b_column * size, (T - 1) * b_row + 1, A)
                    if a_column == 1 and b_row == 1:
                        out[j] = _dot(x, y, zero)
                    else:
                        out[j] = _dot_apart(x, a_column, y, b_row, T, zero)

    return product


__all__ = ["FEW", "product"]
