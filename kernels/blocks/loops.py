"""The instructions of the block machine: loops over a block, of one signature for all, so that they have addresses.

    loop(a, b, c, z, n)      z[i] = form(a[i], b[i], c[i]) for n elements, rows or columns

a, b, c and z are addresses, or small numbers where the instruction says so: H is the number of elements in a row.
Blocks do not overlap, but for z = a in sums that go on.

Imported when the machine first runs, because it loads Numba.
"""

from __future__ import annotations

import functools
from typing import Any

import numpy as np
from numba.core import types

from ..machine import simd
from ..machine.arrays import empty
from ..machine.floats import rank, ranked
from ..machine.jit import Kernel, kernel, piece
from ..machine.sums import plus
from .forms import FORMS
from .memory import KINDS, block
from .normal import gelu, gelu_grad
from .products import product
from .waves import wave

Word = int

# ------------------------------------------------------------------------------------------------- element by element


def _of_one(form: Kernel, A: Any, Z: Any) -> Kernel:
    @kernel
    def one(a: Word, b: Word, c: Word, z: Word, n: int) -> None:
        """z[i] = form(a[i])."""
        simd.wide()
        x, out = block(a, n, A), block(z, n, Z)
        for i in range(out.size):
            out[i] = form(x[i])

    return one


def _of_two(form: Kernel, A: Any, B: Any, Z: Any) -> Kernel:
    @kernel
    def two(a: Word, b: Word, c: Word, z: Word, n: int) -> None:
        """z[i] = form(a[i], b[i])."""
        simd.wide()
        x, y, out = block(a, n, A), block(b, n, B), block(z, n, Z)
        for i in range(out.size):
            out[i] = form(x[i], y[i])

    return two


def _of_three(form: Kernel, A: Any, B: Any, C: Any, Z: Any) -> Kernel:
    @kernel
    def three(a: Word, b: Word, c: Word, z: Word, n: int) -> None:
        """z[i] = form(a[i], b[i], c[i])."""
        simd.wide()
        x, y, w, out = block(a, n, A), block(b, n, B), block(c, n, C), block(z, n, Z)
        for i in range(out.size):
            out[i] = form(x[i], y[i], w[i])

    return three


# ----------------------------------------------------------------------------------------- into blocks, and out of them


def _fill(A: Any) -> Kernel:
    @kernel
    def fill(a: Word, b: Word, c: Word, z: Word, n: int) -> None:
        """z[i] = a[0]."""
        simd.wide()
        value, out = block(a, 1, A)[0], block(z, n, A)
        for i in range(out.size):
            out[i] = value

    return fill


def _tile(A: Any) -> Kernel:
    @kernel
    def tile(a: Word, b: Word, H: int, z: Word, n: int) -> None:
        """z[r, j] = a[j] for n rows."""
        simd.wide()
        row = block(a, H, A)
        for r in range(n):
            out = block(z + r * H * row.itemsize, H, A)
            for j in range(out.size):
                out[j] = row[j]

    return tile


def _spread(A: Any) -> Kernel:
    @kernel
    def spread(a: Word, b: Word, H: int, z: Word, n: int) -> None:
        """z[r, j] = a[r] for n rows."""
        simd.wide()
        column = block(a, n, A)
        for r in range(n):
            value = column[r]
            out = block(z + r * H * column.itemsize, H, A)
            for j in range(out.size):
                out[j] = value

    return spread


def _row_sum(A: Any) -> Kernel:
    zero = A(0)

    @kernel
    def row_sum(a: Word, b: Word, H: int, z: Word, n: int) -> None:
        """z[r] = sum over j of a[r, j] for n rows."""
        simd.wide()
        out = block(z, n, A)
        for r in range(n):
            row = block(a + r * H * out.itemsize, H, A)
            total = zero
            for j in range(row.size):
                total = plus(total, row[j])
            out[r] = total

    return row_sum


def _row_extreme(A: Any, which: Any) -> Kernel:
    """Integers in the order of floats (`rank`) are compared: LLVM makes vector code of that, but not of floats."""
    if np.dtype(A).kind != "f":
        return _row_extreme_of_integers(A, which)
    largest = A(np.inf)

    @kernel
    def row_extreme(a: Word, b: Word, H: int, z: Word, n: int) -> None:
        """z[r] = the largest (smallest) a[r, j] for n rows; NaN if there is one: it ranks above or below all others."""
        simd.wide()
        out = block(z, n, A)
        above, below = rank(largest), rank(-largest)
        for r in range(n):
            row = block(a + r * H * out.itemsize, H, A)
            top = bottom = rank(row[0])
            for j in range(row.size):
                top = max(top, rank(row[j]))
                bottom = min(bottom, rank(row[j]))
            out[r] = ranked(which(top, bottom)) if bottom >= below and top <= above else np.nan

    return row_extreme


def _row_extreme_of_integers(A: Any, which: Any) -> Kernel:
    @kernel
    def row_extreme(a: Word, b: Word, H: int, z: Word, n: int) -> None:
        """The same for integers."""
        simd.wide()
        out = block(z, n, A)
        for r in range(n):
            row = block(a + r * H * out.itemsize, H, A)
            top = bottom = row[0]
            for j in range(row.size):
                top = max(top, row[j])
                bottom = min(bottom, row[j])
            out[r] = which(top, bottom)

    return row_extreme


@piece
def _larger(a: Any, b: Any) -> Any:
    return a if a > b else b


@piece
def _smaller(a: Any, b: Any) -> Any:
    return a if a < b else b


def _column_sum(A: Any) -> Kernel:
    @kernel
    def column_sum(a: Word, b: Word, H: int, z: Word, n: int) -> None:
        """z[j] += sum over n rows r of a[r, j], in their order."""
        simd.wide()
        out = block(z, H, A)
        for r in range(n):
            row = block(a + r * H * out.itemsize, H, A)
            for j in range(out.size):
                out[j] += row[j]

    return column_sum


def _total(A: Any) -> Kernel:
    zero = A(0)

    @kernel
    def total(a: Word, b: Word, c: Word, z: Word, n: int) -> None:
        """z[0] += sum over i of a[i], in double precision from block to block."""
        simd.wide()
        x, out = block(a, n, A), block(z, 1, np.float64)
        sum_ = zero
        for i in range(x.size):
            sum_ = plus(sum_, x[i])
        out[0] += sum_

    return total


# -------------------------------------------------------------------------------------------------------------- copies


@piece
def _advance(at: Any, sizes: Any, strides: Any, place: int) -> int:
    """The place of the next rows of an array with any strides; `at` counts along all axes but the last two."""
    axis = at.size - 2
    while axis >= 0:
        at[axis] += 1
        place += strides[axis]
        if at[axis] < sizes[axis]:
            break
        place -= sizes[axis] * strides[axis]
        at[axis] = 0
        axis -= 1
    return place


def _strided(A: Any) -> Kernel:
    @kernel
    def strided(a: Word, b: Word, about: Word, z: Word, n: int) -> None:
        """The n elements of an array with any strides, in row-major order. about: axes, their sizes, their strides."""
        simd.wide()
        axes = block(about, 1, np.int64)[0]
        sizes, strides = block(about + 8, axes, np.int64), block(about + 8 + 8 * axes, axes, np.int64)
        size = block(z, 1, A).itemsize
        inner, step = sizes[axes - 1], strides[axes - 1]
        rows, apart = (sizes[axes - 2], strides[axes - 2]) if axes > 1 else (1, 0)
        at = empty(max(axes - 1, 1), np.int64)
        for axis in range(at.size):
            at[axis] = 0
        place = 0
        for start in range(0, n, rows * inner):
            for r in range(rows):
                out = block(z + (start + r * inner) * size, inner, A)
                row = block(a + (place + r * apart) * size, (inner - 1) * step + 1, A)
                if step == 1:
                    for i in range(out.size):
                        out[i] = row[i]
                else:
                    for i in range(out.size):
                        out[i] = row[i * step]
            place = _advance(at, sizes, strides, place)

    return strided


# ----------------------------------------------------------------------------------------------------------- addresses

_MADE = {
    "fill": lambda kind: _fill(kind),
    "tile": lambda kind: _tile(kind),
    "spread": lambda kind: _spread(kind),
    "row_sum": lambda kind: _row_sum(kind),
    "row_max": lambda kind: _row_extreme(kind, _larger),
    "row_min": lambda kind: _row_extreme(kind, _smaller),
    "column_sum": lambda kind: _column_sum(kind),
    "total": lambda kind: _total(kind),
    "product": product,
    "strided": lambda kind: _strided(kind),
    "sin": lambda kind: wave(kind, 0.0),
    "cos": lambda kind: wave(kind, 1.0),
    "gelu": gelu,
    "gelu_grad": gelu_grad,
}


@functools.cache
def loop(name: str, kinds: str, result: str) -> Kernel:
    """The instruction of a name, for operands and a result of some types."""
    if name in _MADE:
        return _MADE[name](KINDS[kinds[0]])
    make: Any = (_of_one, _of_two, _of_three)[len(kinds) - 1]
    return make(FORMS[name], *[KINDS[kind] for kind in kinds], KINDS[result])


@functools.cache
def address(name: str, kinds: str, result: str) -> int:
    """Where its compiled code is in this process."""
    return loop(name, kinds, result).address((types.intp,) * 5)
