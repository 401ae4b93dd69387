"""Products of matrices in the kernels' own threads.

NumPy's BLAS would do the same, but its threads spin for up to 100 ms after a product, and take half a processor from
every kernel that follows: the training step of a small CNN takes twice as long with a single product in it. In one
thread OpenBLAS reaches 115 to 160 GFLOP/s on a Zen 5; these loops reach 200 to 240.

    c[i, j] = bias[j] + sum over t of a[i, t] * b[t, j]

Columns of c are made in panels: a panel of b is copied so that its rows are whole vectors, one after the other, and
`simd.accumulate` takes a few rows of a at a time. Where a has few rows and b is the transpose of a matrix in memory,
`simd.dot` multiplies the rows of both, and nothing is copied.

Imported when it is first needed, because it loads Numba.
"""

from __future__ import annotations

import math
from functools import partial

import numpy as np
from numpy import ndarray as Array

from ..machine import simd, threads
from ..machine.jit import kernel

Steps = tuple[int, int, int]

TERMS = 1024
"""Terms that are summed at a time: a panel of them stays in the second-level cache, and rows in the first."""

FEW = 6
"""Rows up to which `dot` is quicker than copying the transpose of b."""

WORTH_A_THREAD = 750_000
"""Multiplications that pay for waking a thread."""


@kernel
def _panels(
    a: Array,
    b: Array,
    bias: Array,
    c: Array,
    terms: int,
    a_steps: Steps,
    b_steps: Steps,
    rows: int,
    high: int,
    first: int,
    last: int,
) -> None:
    """Some of the parts of c (batch, M, N); a part is a panel of columns of `rows` rows of a matrix.

    a, b are flat; steps: elements from a matrix, row, column to the next. bias (N,), or empty for none.
    high: rows that are summed at once.
    """
    _, M, N = c.shape
    size = c.itemsize
    lanes = simd.WIDTH // size
    wide = simd.PANEL * lanes
    most = min(terms, TERMS)
    panels = (N + wide - 1) // wide
    groups = (M + rows - 1) // rows
    room = np.empty((most + lanes) * wide + 64, c.dtype)
    skip = -room.ctypes.data % 64
    packed = np.empty(rows * most + 2 * lanes * lanes, c.dtype)
    tile = np.empty(high * wide, c.dtype)
    zeros = np.empty(high, c.dtype)
    zeros[:] = 0
    places = np.empty(most, np.int64)
    for t in range(most):
        places[t] = t * wide * size
    part = first
    while part < last:
        block, panel0 = part // panels, part % panels
        n, i0 = block // groups, block % groups * rows
        tall, panel1 = min(rows, M - i0), min(panels, panel0 + last - part)
        part += panel1 - panel0
        for t0 in range(0, terms, TERMS):
            count = min(TERMS, terms - t0)
            for i in range(0, tall, high):
                source = a.ctypes.data + (n * a_steps[0] + (i0 + i) * a_steps[1] + t0 * a_steps[2]) * size
                to, left = packed.ctypes.data + i * count * size, min(high, tall - i)
                if a_steps[1] == 1:  # a is a transpose: each term's rows stand together
                    simd.copy(c, source, a_steps[2] * size, 1, to, count, high, 0, left)
                else:
                    simd.transpose(c, source, a_steps[1] * size, left, count, to, high * size)
            panel = room.ctypes.data + skip  # taken here: Numba frees an array after its last use
            for j0 in range(panel0 * wide, min(N, panel1 * wide), wide):
                some = min(wide, N - j0)
                source = b.ctypes.data + (n * b_steps[0] + t0 * b_steps[1] + j0 * b_steps[2]) * size
                if b_steps[2] == 1:
                    simd.copy(c, source, b_steps[1] * size, 1, panel, count, wide, 0, some)
                else:
                    for v in range(simd.PANEL):
                        left = min(lanes, some - v * lanes)
                        row = b_steps[2] * size
                        to = panel + v * lanes * size
                        simd.transpose(c, source + v * lanes * row, row, left, count, to, wide * size)
                for i in range(0, tall, high):
                    left = min(high, tall - i)
                    aside = left < high or t0 > 0
                    out = (n * M + i0 + i) * N + j0
                    simd.accumulate_panel(
                        c,
                        high,
                        packed.ctypes.data + i * count * size,
                        panel,
                        places.ctypes.data,
                        count,
                        zeros.ctypes.data,
                        tile.ctypes.data if aside else c.ctypes.data + out * size,
                        wide * size if aside else N * size,
                        wide if aside else some,
                    )
                    target = c[n, i0 + i : i0 + i + left]
                    if aside:
                        for r in range(left):
                            for j in range(some):
                                target[r, j0 + j] = tile[r * wide + j] + (target[r, j0 + j] if t0 else 0)
                    if bias.size and t0 + TERMS >= terms:
                        for r in range(left):
                            for j in range(some):
                                target[r, j0 + j] += bias[j0 + j]


@kernel
def _dots(
    a: Array,
    b: Array,
    bias: Array,
    c: Array,
    terms: int,
    high: int,
    pairs: tuple[int, ...],
    first: int,
    last: int,
) -> None:
    """c = a @ b' + bias for flat a (M, terms) and b (N, terms): a range of the columns of c."""
    M = c.shape[0]
    size = c.itemsize
    out = np.empty(high * pairs[1], c.dtype)
    places = np.empty(pairs[1], np.int64)
    for t0 in range(0, terms, TERMS):
        count = min(TERMS, terms - t0)
        for i in range(0, M, high):
            tall = min(high, M - i)
            wide = pairs[tall]
            for j in range(first, last, wide):
                some = min(wide, last - j)
                for k in range(wide):
                    places[k] = min(k, some - 1) * terms * size
                simd.dot(
                    c,
                    tall,
                    a.ctypes.data + (i * terms + t0) * size,
                    terms * size,
                    0,
                    b.ctypes.data + (j * terms + t0) * size,
                    0,
                    places.ctypes.data,
                    1,
                    count,
                    out.ctypes.data,
                )
                for r in range(tall):
                    for k in range(some):
                        value = out[r * wide + k]
                        if t0:
                            value += c[i + r, j + k]
                        elif bias.size:
                            value += bias[j + k]
                        c[i + r, j + k] = value


def matmul(a: Array, b: Array, bias: Array | None = None) -> Array:
    """a (M, K) @ b (K, N) + bias (N,), or a batch of such (B, M, K), (B, K, N); all float32 or float64."""
    known = a.dtype == b.dtype and a.dtype.char in "fd" and a.ndim == b.ndim >= 2
    if not known or a.shape[-1] != b.shape[-2]:
        raise ValueError(
            f"matmul: wanted two matrices of floats that fit, got {a.shape} {a.dtype}, {b.shape} {b.dtype}"
        )
    batch, (M, terms), N = math.prod(a.shape[:-2]), a.shape[-2:], b.shape[-1]
    if a.shape[:-2] != b.shape[:-2] or (bias is not None and bias.shape != (N,)):
        raise ValueError(f"matmul: batches or bias do not fit: {a.shape}, {b.shape}")
    c = np.empty((batch, M, N), a.dtype)
    if c.size * terms == 0:
        c[...] = 0 if bias is None else bias
        return c.reshape(*a.shape[:-2], M, N)
    shift = np.empty(0, a.dtype) if bias is None else np.ascontiguousarray(bias, a.dtype)
    x, x_steps = _flat(a)
    y, y_steps = _flat(b)
    workers = threads.get_num_threads()
    # shortcut: one product with few rows, both factors with their terms side by side; bias is given on
    if batch == 1 and M <= FEW and x_steps[2] == 1 and y_steps[1] == 1:
        high = simd.rows_of_dot(M, N)

        dots = partial(_dots, x, y, shift, c[0], terms, high, simd.PAIRS)
        threads.split(N, dots, WORTH_A_THREAD // max(M * terms, 1))
        return c.reshape(*a.shape[:-2], M, N)
    highest = min(simd.ROWS, simd.lanes(c.itemsize))  # `transpose` makes a row of them at once
    even = -(-M // -(-M // highest))
    high = next(height for height in simd.PANEL_HEIGHTS if height >= even)
    panels = -(-N // (simd.PANEL * simd.lanes(c.itemsize)))
    rows = -(-M // high)  # in units of `high`, as few groups of them as memory and threads want
    groups = max(1, -(-M * min(terms, TERMS) * c.itemsize // PACKED), 1 if panels * batch >= 2 * workers else workers)
    rows = -(-rows // groups) * high
    parts = batch * panels * -(-M // rows)
    work = partial(_panels, x, y, shift, c, terms, x_steps, y_steps, rows, high)
    threads.split(parts, work, WORTH_A_THREAD * parts // max(c.size * terms, 1))
    return c.reshape(*a.shape[:-2], M, N)


PACKED = 256 << 10
"""Bytes of a that are packed at a time."""


def _flat(a: Array) -> tuple[Array, Steps]:
    """The elements in memory, and how many of them lie from a matrix, row, column to the next."""
    rows, columns = a.shape[-2:]
    # shortcut: the whole array in row-major order, then in that of its transposed matrices; else it is copied
    if a.flags.c_contiguous:
        return a.reshape(-1), (rows * columns, columns, 1)
    turned = a.swapaxes(-1, -2)
    if turned.flags.c_contiguous:
        return turned.reshape(-1), (rows * columns, 1, rows)
    return np.ascontiguousarray(a).reshape(-1), (rows * columns, columns, 1)
