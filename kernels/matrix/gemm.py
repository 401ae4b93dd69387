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

import functools
import math
from functools import partial
from typing import Any, NamedTuple

import numpy as np
from numpy import ndarray as Array

from ..machine import choices, moves, registers, simd, threads
from ..machine.arrays import empty
from ..machine.jit import kernel, piece
from . import panel

Steps = tuple[int, int, int]

TERMS = 1024
"""Terms that are summed at a time: a panel of them stays in the second-level cache, and rows in the first."""

VECTORS = (0,) * registers.PANEL
"""How many vectors a panel has, as `moves.copy_whole` wants to be told."""

FEW = 6
"""Rows up to which `dot` is quicker than copying the transpose of b."""

WORTH_A_THREAD = 750_000
"""Multiplications that pay for waking a thread."""


class Factors(NamedTuple):
    """c (batch, M, N) = a @ b + bias, of flat a and b.

    terms            of each sum
    a_steps, b_steps elements from a matrix, row, column to the next
    bias             (N,), or empty for none
    ready            b as `pack` has packed it, or empty
    """

    a: Array
    b: Array
    bias: Array
    c: Array
    terms: int
    a_steps: Steps
    b_steps: Steps
    ready: Array


@kernel
def _panels(of: Factors, rows: int, high: int, first: int, last: int) -> None:
    """Some of the parts of c; a part is a panel of columns of `rows` rows of a matrix. high: rows summed at once."""
    a, b, bias, c, terms, a_steps, b_steps, ready = of
    _, M, N = c.shape
    size = c.itemsize
    lanes = registers.WIDTH // size
    wide = registers.PANEL * lanes
    most = min(terms, TERMS)
    panels = (N + wide - 1) // wide
    groups = (M + rows - 1) // rows
    apart = (most + lanes) * wide
    columns = empty(0 if ready.size else apart, c.dtype)
    packed = empty(rows * most + 2 * lanes * lanes, c.dtype)
    tile = empty(high * wide, c.dtype)
    zeros = empty(high, c.dtype)
    zeros[:] = 0
    places = simd.evenly(most, wide * size)
    part = first
    while part < last:
        block, panel0 = part // panels, part % panels
        n, i0 = block // groups, block % groups * rows
        tall, panel1 = min(rows, M - i0), min(panels, panel0 + last - part)
        part += panel1 - panel0
        for t0 in range(0, terms, TERMS):
            count = min(TERMS, terms - t0)
            at = n * a_steps[0] + i0 * a_steps[1] + t0 * a_steps[2]
            _pack_rows(a, at, a_steps, packed, count, tall, high)
            for j0 in range(panel0 * wide, min(N, panel1 * wide), wide):
                some = min(wide, N - j0)
                at = n * b_steps[0] + t0 * b_steps[1] + j0 * b_steps[2]
                if ready.size:
                    right = simd.address(ready) + j0 // wide * apart * size
                else:
                    right = simd.address(columns)
                    _pack_columns(b, at, b_steps, right, count, some)
                for i in range(0, tall, high):
                    left = min(high, tall - i)
                    aside = left < high or t0 > 0
                    sums = simd.Sum(
                        w=simd.address(packed) + i * count * size,
                        x=right,
                        places=simd.address(places),
                        terms=count,
                        start=simd.address(zeros),
                        out=simd.address(tile) if aside else simd.address(c) + ((n * M + i0 + i) * N + j0) * size,
                        apart=(wide if aside else N) * size,
                        valid=wide if aside else some,
                    )
                    simd.accumulate_panel(c, high, sums)
                    shift = bias[j0 : j0 + some if t0 + TERMS >= terms else j0]  # comes with the last terms
                    _finish(tile, aside, t0 > 0, shift, c[n, i0 + i : i0 + i + left], j0, some)


@piece
def _pack_rows(a: Array, at: int, steps: Steps, packed: Array, count: int, tall: int, high: int) -> None:
    """`tall` rows of a[at:], `high` at a time, with `count` terms: (blocks, terms, high)."""
    size, row = a.itemsize, steps[1]
    for i in range(0, tall, high):
        source, to = simd.address(a) + (at + i * row) * size, simd.address(packed) + i * count * size
        left = min(high, tall - i)
        if row == 1:  # a is a transpose: each term's rows stand together
            moves.copy(a, moves.Source(source, steps[2] * size, 1, 0, left), to, count, high)
        else:
            moves.transpose(a, source, row * size, left, count, to, high * size)


@piece
def _pack_columns(b: Array, at: int, steps: Steps, columns: int, count: int, some: int) -> None:
    """A panel of `some` columns of b[at:], with `count` terms, at an address: (terms, a panel)."""
    size, column = b.itemsize, steps[2]
    wide, source = registers.PANEL * registers.WIDTH, simd.address(b) + at * size
    if column == 1 and some * size == wide:
        moves.copy_whole(b, source, steps[1] * size, count, columns, wide, VECTORS)
    elif column == 1:
        moves.copy(b, moves.Source(source, steps[1] * size, 1, 0, some), columns, count, wide // size)
    else:
        lanes = registers.WIDTH // size
        for v in range(registers.PANEL):
            to, left = columns + v * registers.WIDTH, min(lanes, some - v * lanes)
            moves.transpose(b, source + v * lanes * column * size, column * size, left, count, to, wide)


@kernel
def _pack(b: Array, steps: Steps, ready: Array, terms: int, N: int) -> None:
    """All panels of b, one behind the other: as `_panels` packs them, with room behind each for whole registers."""
    size = b.itemsize
    lanes = registers.WIDTH // size
    wide = registers.PANEL * lanes
    for j in range(0, N, wide):
        to = simd.address(ready) + j // wide * (terms + lanes) * wide * size
        _pack_columns(b, j * steps[2], steps, to, terms, min(wide, N - j))


@piece
def _finish(tile: Array, aside: bool, again: bool, bias: Array, rows: Array, j0: int, some: int) -> None:
    """Some columns of rows of c: sums that were put aside come to their places, and the bias, if not empty, to all."""
    wide = registers.PANEL * (registers.WIDTH // tile.itemsize)
    if aside:
        for r in range(len(rows)):
            for j in range(some):  # unsigned: else each is looked at, whether it counts from the end
                at = np.uintp(j0 + j)
                rows[r, at] = tile[r * wide + j] + (rows[r, at] if again else 0)
    if bias.size:
        for r in range(len(rows)):
            for j in range(some):
                rows[r, np.uintp(j0 + j)] += bias[j]


@kernel
def _dots(of: Factors, blocks: Array, first: int, last: int) -> None:
    """c = a @ b' + bias for a (M, terms) and b (N, terms): a range of the columns of c (M, N).

    blocks   how the rows are cut: see `registers.cut_for_dot`
    """
    a, b, bias, all_c, terms, _, _, _ = of
    c = all_c[0]
    size = c.itemsize
    out = empty(len(registers.PAIRS) * registers.PAIRS[1], c.dtype)
    places = empty(registers.PAIRS[1], np.int64)
    for t0 in range(0, terms, TERMS):
        count = min(TERMS, terms - t0)
        for block in range(len(blocks)):
            i, tall, wide = blocks[block, 0], blocks[block, 1], blocks[block, 2]
            for j in range(first, last, wide):
                some = min(wide, last - j)
                for k in range(wide):
                    places[k] = min(k, some - 1) * terms * size
                dots = simd.Dots(
                    a=simd.address(a) + (i * terms + t0) * size,
                    a_row=terms * size,
                    a_image=0,
                    x=simd.address(b) + (j * terms + t0) * size,
                    x_image=0,
                    places=simd.address(places),
                    images=1,
                    count=count,
                    out=simd.address(out),
                )
                simd.dot(c, tall, dots)
                _put_dots(out, wide, bias[j:], t0 > 0, c[i : i + tall, j : j + some])


@piece
def _put_dots(out: Array, wide: int, bias: Array, again: bool, target: Array) -> None:
    """The sums of some rows and columns; with those of the terms before, or the bias."""
    rows, columns = target.shape
    for r in range(rows):
        for k in range(columns):
            value = out[r * wide + k]
            if again:
                value += target[r, k]
            elif bias.size:
                value += bias[k]
            target[r, k] = value


def pack(b: Array) -> Array | None:
    """b (K, N), to be given to `matmul` with b, where several are multiplied by it; None if K is too large.

    The same bits come out; what is saved is copying b each time, which takes a third of a product with 32 rows.
    """
    terms, N = b.shape
    if terms > TERMS or not b.size:
        return None
    lanes = registers.lanes(b.itemsize)
    wide = registers.PANEL * lanes
    ready = panel.aligned(-(-N // wide) * (terms + lanes) * wide, b.dtype)
    flat, steps = _flat(b)
    _pack(flat, steps, ready, terms, N)
    return ready


def matmul(
    a: Array, b: Array, bias: Array | None = None, out: Array | None = None, ready: Array | None = None
) -> Array:
    """a (M, K) @ b (K, N) + bias (N,), or a batch of such (B, M, K), (B, K, N); all float32 or float64.

    out   where it is written to: contiguous, apart from the factors
    ready what `pack(b)` gave
    """
    dtype, batches = a.dtype, a.shape[:-2]
    if a.ndim < 2 or dtype != b.dtype or dtype.char not in "fd" or a.ndim != b.ndim or a.shape[-1] != b.shape[-2]:
        raise ValueError(f"matmul: wanted two matrices of floats that fit, got {a.shape} {dtype}, {b.shape} {b.dtype}")
    (M, terms), N, batch = a.shape[-2:], b.shape[-1], math.prod(batches)
    if batches != b.shape[:-2] or (bias is not None and bias.shape != (N,)):
        raise ValueError(f"matmul: batches or bias do not fit: {a.shape}, {b.shape}")
    if out is None:
        out = np.empty((*batches, M, N), dtype)
    elif out.shape != (*batches, M, N) or out.dtype != dtype or not out.flags.c_contiguous:
        raise ValueError(f"matmul: the result is {(*batches, M, N)} {dtype}, not {out.shape} {out.dtype}")
    if batch * M * N * terms == 0:
        out[...] = 0 if bias is None else bias
        return out
    c = out.reshape(batch, M, N)
    shift = _nothing(dtype) if bias is None else np.ascontiguousarray(bias, dtype)
    x, x_steps = _flat(a)
    y, y_steps = _flat(b)
    factors = Factors(x, y, shift, c, terms, x_steps, y_steps, _nothing(dtype) if ready is None else ready)
    # shortcut: one product with few rows, both factors with their terms side by side; bias is given on
    if batch == 1 and M <= FEW and x_steps[2] == 1 and y_steps[1] == 1:
        dots = partial(_dots, factors, registers.cut_for_dot(M, N))
        threads.split(N, dots, WORTH_A_THREAD // max(M * terms, 1))
        return out
    rows, high, parts = _cut((batch, M, N), min(terms, TERMS), dtype.itemsize, PACKED, threads.get_num_threads())
    work = partial(_panels, factors, rows, high)
    threads.split(parts, work, WORTH_A_THREAD * parts // (batch * M * N * terms))
    return out


@functools.cache
def _nothing(dtype: np.dtype[Any]) -> Array:
    """No bias."""
    return np.empty(0, dtype)


@functools.lru_cache(maxsize=1024)
def _cut(shape: Steps, terms: int, itemsize: int, packed: int, workers: int) -> Steps:
    """How c (batch, M, N) is cut: rows of a part, rows that are summed at once, parts."""
    batch, M, N = shape
    highest = min(registers.ROWS, registers.lanes(itemsize))  # `transpose` makes a row of them at once
    even = -(-M // -(-M // highest))
    high = next(height for height in registers.PANEL_HEIGHTS if height >= even)
    panels = -(-N // (registers.PANEL * registers.lanes(itemsize)))
    rows = -(-M // high)  # in units of `high`, as few groups of them as memory and threads want
    groups = max(1, -(-M * terms * itemsize // packed), 1 if panels * batch >= 2 * workers else workers)
    rows = -(-rows // groups) * high
    return rows, high, batch * panels * -(-M // rows)


PACKED = choices.part(2, 1 / 4, 256 << 10)
"""Bytes of a that are packed at a time: they and a panel of b stay in the second-level cache."""


def _flat(a: Array) -> tuple[Array, Steps]:
    """The elements in memory, and how many of them lie from a matrix, row, column to the next."""
    rows, columns = a.shape[-2:]
    # shortcut: the whole array in row-major order, then in that of its transposed matrices; else it is copied
    if a.flags.c_contiguous:
        return a.reshape(-1), (rows * columns, columns, 1)
    turned = a.mT
    if turned.flags.c_contiguous:
        return turned.reshape(-1), (rows * columns, 1, rows)
    return np.ascontiguousarray(a).reshape(-1), (rows * columns, columns, 1)
