"""What the loops over the steps of recurrent layers have in common: panels, and the products of many steps.

Panels (U, R, L) hold R rows of units in U blocks of L columns, which are two registers; G gates are panels
(G * U, R, L). They come flat, and parts of them by start and length: numba compiles that several times faster than
slices of arrays with three axes.

Imported when it is first needed, because it loads Numba.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
from numpy import ndarray as Array

from ..machine import simd, threads
from ..machine.jit import kernel
from ..matrix import panel
from ..matrix.panel import product
from . import passes

WORTH_COPYING = 1 << 14
"""Weights whose packing pays for waking a thread."""

TERMS = 256
"""Rows over which weight gradients are summed at a time: the cotangents stay in the cache while all inputs use them."""


def aligned(size: int, dtype: Any) -> Array:
    """Memory that starts at a border of 64 bytes: no register is loaded across two lines of the cache."""
    room = np.empty(size + 16, dtype)
    skip = (-room.__array_interface__["data"][0] % 64) // room.itemsize
    return room[skip : skip + size]


# ---------------------------------------------------------------------------------------- rows and panels


@kernel
def spread(rows: Array, first: int, count: int, out: Array, R: int, L: int) -> None:
    """Rows (*, H) from `first` on into panels (U, R, L), with zeros behind the units."""
    H = rows.shape[1]
    for start in range(0, H, L):
        wide = min(L, H - start)
        for r in range(count):
            source = rows[first + r]
            target = out[start * R + r * L : start * R + r * L + L]
            for l in range(wide):
                target[l] = source[start + l]
            for l in range(wide, L):
                target[l] = 0


@kernel
def gather(panels: Array, R: int, L: int, out: Array, first: int, count: int) -> None:
    """The first `count` rows of panels (U, R, L) into rows (*, H) from `first` on."""
    H = out.shape[1]
    for start in range(0, H, L):
        wide = min(L, H - start)
        for r in range(count):
            source = panels[start * R + r * L : start * R + r * L + L]
            target = out[first + r]
            for l in range(wide):
                target[start + l] = source[l]


@kernel
def add_rows(rows: Array, first: int, count: int, out: Array, R: int, L: int) -> None:
    """Add rows (*, H) from `first` on to panels (U, R, L)."""
    H = rows.shape[1]
    for start in range(0, H, L):
        wide = min(L, H - start)
        for r in range(count):
            source = rows[first + r]
            target = out[start * R + r * L : start * R + r * L + L]
            for l in range(wide):
                target[l] += source[start + l]


@kernel
def unit_places(units: int, rows: int, L: int, itemsize: int) -> Array:
    """Distances in bytes from element (0, row, 0) of a panel (U, rows, L) to those of all units."""
    found = np.empty(units, np.int64)
    for unit in range(units):
        found[unit] = (unit // L * rows * L + unit % L) * itemsize
    return found


@kernel
def steps(step: int, span: int, T: int, backwards: bool) -> tuple[int, int]:
    """The first of the next `span` of T steps, and the one after the last; backwards, they are counted from the end."""
    last = min(T, step + span)
    return (T - last, T - step) if backwards else (step, last)


@kernel
def gate_places(uses: Array, side: int, units: int, rows: int, L: int, itemsize: int) -> Array:
    """The same to those of all units of the gates that a side uses, in panels (G * U, rows, L)."""
    blocks = (units + L - 1) // L
    found = np.empty(len(uses) * units, np.int64)
    count = 0
    for gate in range(len(uses)):
        if uses[gate, side]:
            for unit in range(units):
                found[count] = ((gate * blocks + unit // L) * rows * L + unit % L) * itemsize
                count += 1
    return found[:count]


# --------------------------------------------------------------------------------- weights as panels


@kernel
def _turn(w: Array, row: int, units: int, packed: Array, L: int) -> None:
    """packed (K, L), flat, = the transpose of `units` rows of w (*, K) from `row` on, with zeros behind them."""
    K = w.shape[1]
    size = w.itemsize
    lanes = simd.WIDTH // size
    whole = K - K % lanes  # whole vectors are written, and behind this panel is the next
    for v in range(panel.VECTORS):
        left = max(0, min(lanes, units - v * lanes))
        source = w.ctypes.data + (row + v * lanes) * K * size
        simd.transpose(w, source, K * size, left, whole, packed.ctypes.data + v * simd.WIDTH, L * size)
    for k in range(whole, K):
        target = packed[k * L : k * L + L]
        for l in range(L):
            target[l] = w[row + l, k] if l < units else 0


@kernel
def _pack_turned(w_ih: Array, w_hh: Array, of_x: Array, of_h: Array, L: int, first: int, last: int) -> None:
    """Panels (G * U, I, L) and (G * U, H, L) of the transposes of both, for some of the blocks."""
    I, H = w_ih.shape[1], w_hh.shape[1]
    U = (H + L - 1) // L
    for block in range(first, last):
        unit = block % U * L
        row, units = block // U * H + unit, min(L, H - unit)
        _turn(w_ih, row, units, of_x[block * I * L : (block + 1) * I * L], L)
        _turn(w_hh, row, units, of_h[block * H * L : (block + 1) * H * L], L)


@kernel
def _columns(w: Array, column: int, packed: Array, L: int) -> None:
    """packed (rows, L), flat, = columns of w from `column` on, with zeros behind the last."""
    wide = min(L, w.shape[1] - column)
    for r in range(len(w)):
        source, target = w[r], packed[r * L : r * L + L]
        for l in range(wide):
            target[l] = source[column + l]
        for l in range(wide, L):
            target[l] = 0


@kernel
def _pack(w_ih: Array, w_hh: Array, of_x: Array, of_h: Array, L: int, first: int, last: int) -> None:
    """Panels (blocks of I, G * H, L), if of_x is not empty, and (U, G * H, L), for some of their blocks."""
    size = len(w_hh) * L
    blocks = of_x.size // max(size, 1)
    for block in range(first, last):
        if block < blocks:
            _columns(w_ih, block * L, of_x[block * size : (block + 1) * size], L)
        else:
            at = block - blocks
            _columns(w_hh, at * L, of_h[at * size : (at + 1) * size], L)


def packed(w_ih: Array, w_hh: Array, turned: bool, to_input: bool = True) -> tuple[Array, Array]:
    """Weights (G * H, *) as panels: for going forward their transposes, by gates; for going back themselves.

    Going back, the first is empty unless `to_input`.
    """
    rows, (I, H) = len(w_hh), (w_ih.shape[1], w_hh.shape[1])
    L = panel.columns(w_hh.itemsize)
    U = -(-H // L)
    w_ih, w_hh = np.ascontiguousarray(w_ih), np.ascontiguousarray(w_hh)
    if turned:
        blocks = rows // max(H, 1) * U
        sizes, loop = (blocks * I * L, blocks * H * L), _pack_turned
    else:
        blocks_x = -(-I // L) if to_input else 0
        blocks, sizes, loop = blocks_x + U, (blocks_x * rows * L, U * rows * L), _pack
    of_x, of_h = (aligned(size, w_hh.dtype) for size in sizes)
    if of_h.size:
        threads.split(blocks, partial(loop, w_ih, w_hh, of_x, of_h, L), WORTH_COPYING // (of_h.size // U) + 1)
    return of_x, of_h


# ----------------------------------------------------------------------------- products of all steps


@kernel
def input_part(
    x: Array,
    w: Array,
    bias: Array,
    gates: Array,
    L: int,
    begins: Array,
    steps: tuple[int, int],
    start: int,
    stop: int,
    places_x: Array,
) -> None:
    """gates = x @ w + bias, at some of the steps, for the sequences from `start` to `stop`. bias (blocks * L,)."""
    N, K = x.shape
    size = x.itemsize
    row = L * size
    for block in range(bias.size // L):
        for t in range(steps[0], steps[1]):
            n = begins[t] + start
            rows = min(begins[t] + stop, begins[t + 1]) - n
            if rows > 0:
                product(
                    x,
                    rows,
                    x.ctypes.data + n * K * size,
                    K * size,
                    places_x.ctypes.data,
                    w.ctypes.data + block * K * row,
                    K,
                    bias.ctypes.data + block * row,
                    0,
                    gates.ctypes.data + (block * N + n) * row,
                    row,
                )


# Backward keeps the cotangents of the gates for some steps only: d (G * U, room for rows, L), flat; `numbers` says of
# which rows. What they give to inputs and weights is summed before they are overwritten.


@kernel
def _input_gradient(
    d: Array, w: Array, dx: Array, L: int, numbers: Array, count: int, places_d: Array, zeros: Array
) -> None:
    """dx = d @ w at the rows that d has. w (*, G * H, L)."""
    row = L * d.itemsize
    terms = len(places_d)
    tile = np.empty(64 * L, d.dtype)
    for first in range(0, dx.shape[1], L):
        wide = min(L, dx.shape[1] - first)
        for m in range(0, count, 64):
            rows = min(64, count - m)
            product(
                d,
                rows,
                d.ctypes.data + m * row,
                row,
                places_d.ctypes.data,
                w.ctypes.data + first * terms * d.itemsize,
                terms,
                zeros.ctypes.data,
                0,
                tile.ctypes.data,
                row,
            )
            for r in range(rows):
                target = dx[numbers[m + r]]
                for l in range(wide):
                    target[first + l] = tile[r * L + l]


@kernel
def _times_panel(
    d: Array, at_d: int, a: int, a_column: int, at: int, columns: int, terms: int, L: int, total: Array, tile: Array
) -> None:
    """total[q] += sum over m < terms of a[place[m] + q] * d[m], for `columns` q that lie a_column bytes apart.

    at_d, a, at: addresses of d, of a and of the places.  The first row of `tile` is 0.
    """
    row = L * d.itemsize
    product(d, columns, a, a_column, at, at_d, terms, tile.ctypes.data, 0, tile.ctypes.data + row, row)
    passes.add(tile[L : L + columns * L], total)


@kernel
def _weight_gradients(
    d: Array, x: Array, h: Array, numbers: Array, before: Array, count: int, uses: Array, total: Array, L: int
) -> None:
    """Add to `total` what the rows that d has give to weights and biases: to (block, I + H + 1, L).

    uses (G, 2): does the cotangent of a gate belong to what the input, or the state, gives to it?
    """
    I, H = x.shape[1], h.shape[1]
    size = d.itemsize
    U = (H + L - 1) // L
    blocks = len(uses) * U
    rows = d.size // (blocks * L)
    each = (I + H + 1) * L
    tile = np.empty((1 + max(I, H, 1)) * L, d.dtype)
    tile[:L] = 0
    one, nowhere = np.empty(1, d.dtype), np.empty(TERMS, np.int64)  # the bias is a weight of an input that is always 1
    one[:] = 1
    nowhere[:] = 0
    places_x, places_h = np.empty(count, np.int64), np.empty(count, np.int64)
    for m in range(count):
        places_x[m] = numbers[m] * I * size
        places_h[m] = before[numbers[m]] * H * size
    for block in range(blocks):
        to_x, to_h = uses[block // U, 0], uses[block // U, 1]
        sums = total[block * each : (block + 1) * each]
        for m in range(0, count, TERMS):
            terms = min(TERMS, count - m)
            at_d = d.ctypes.data + (block * rows + m) * L * size
            _times_panel(d, at_d, one.ctypes.data, 0, nowhere.ctypes.data, 1, terms, L, sums[(I + H) * L :], tile)
            if to_x:
                at = places_x.ctypes.data + 8 * m
                _times_panel(d, at_d, x.ctypes.data, size, at, I, terms, L, sums[: I * L], tile)
            if to_h:
                at = places_h.ctypes.data + 8 * m
                _times_panel(d, at_d, h.ctypes.data, size, at, H, terms, L, sums[I * L : (I + H) * L], tile)


@kernel
def leave(
    d: Array,
    numbers: Array,
    count: int,
    x: Array,
    hs: Array,
    before: Array,
    uses: Array,
    w_ih: Array,
    dx: Array,
    total: Array,
    places_x: Array,
    zeros: Array,
    L: int,
) -> None:
    """Sum up what these rows of d give to inputs and weights, where it is wanted."""
    if dx.size:
        _input_gradient(d, w_ih, dx, L, numbers, count, places_x, zeros)
    if total.size:
        _weight_gradients(d, x, hs, numbers, before, count, uses, total, L)


@kernel
def finish(
    totals: Array, uses: Array, dw_x: Array, dw_h: Array, db_x: Array, db_h: Array, L: int, first: int, last: int
) -> None:
    """Add up what the threads have summed, and put it in its place, for some of the blocks."""
    I, H = dw_x.shape[1], dw_h.shape[1]
    U = (H + L - 1) // L
    each = (I + H + 1) * L
    for block in range(first, last):
        gate, unit = block // U, block % U * L
        sums = totals[0, block * each : (block + 1) * each]
        for part in range(1, len(totals)):
            passes.add(totals[part, block * each : (block + 1) * each], sums)
        for side in range(2):
            if not uses[gate, side]:
                continue
            to = unit  # the gates that this side has stand one after the other
            for earlier in range(gate):
                to += H if uses[earlier, side] else 0
            dw, db = (dw_h, db_h) if side else (dw_x, db_x)
            start = I * L if side else 0
            for l in range(min(L, H - unit)):
                target = dw[to + l]
                for q in range(dw.shape[1]):
                    target[q] = sums[start + q * L + l]
                db[to + l] = sums[(I + H) * L + l]
