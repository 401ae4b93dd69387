"""What the loops over the steps of recurrent layers have in common: panels, and the products of many steps.

Panels (U, R, L) hold R rows of units in U blocks of L columns, which are two registers; G gates are panels
(G * U, R, L). They come flat, and parts of them by start and length: numba compiles that several times faster than
slices of arrays with three axes.

Imported when it is first needed, because it loads Numba.
"""

from __future__ import annotations

from functools import partial
from typing import Any, NamedTuple

import numpy as np
from numpy import ndarray as Array

from ..machine import moves, registers, threads
from ..machine.arrays import empty
from ..machine.jit import inlined, kernel, piece
from ..matrix import panel
from .cells import add

WORTH_COPYING = 1 << 14
"""Weights whose packing pays for waking a thread."""

TERMS = 256
"""Rows over which weight gradients are summed at a time: the cotangents stay in the cache while all inputs use them."""


# ---------------------------------------------------------------------------------------- rows and panels


@kernel
def spread_block(row: Array, u: int, out: Array, L: int) -> None:
    """Block u of a row (H,) to (L,), with zeros behind the units."""
    wide = min(L, len(row) - u * L)
    for l in range(wide):
        out[l] = row[u * L + l]
    for l in range(wide, L):
        out[l] = 0


@kernel
def spread(rows: Array, first: int, count: int, out: Array, R: int, L: int) -> None:
    """Rows (*, H) from `first` on into panels (U, R, L), with zeros behind the units."""
    for u in range((rows.shape[1] + L - 1) // L):
        for r in range(count):
            spread_block(rows[first + r], u, out[(u * R + r) * L : (u * R + r + 1) * L], L)


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


@piece
def unit_places(units: int, rows: int, L: int, itemsize: int) -> Array:
    """Distances in bytes from element (0, row, 0) of a panel (U, rows, L) to those of all units."""
    found = empty(units, np.int64)
    for unit in range(units):
        found[unit] = (unit // L * rows * L + unit % L) * itemsize
    return found


@piece
def gate_places(uses: Array, units: int, rows: int, L: int, itemsize: int) -> tuple[Array, Array]:
    """The same for the gates that the input, and the state, gives something to, in panels (slots * U, rows, L)."""
    blocks = (units + L - 1) // L
    found = empty((2, len(uses) * units), np.int64)
    count = empty(2, np.int64)
    count[0] = count[1] = 0
    for gate in range(len(uses)):
        for side in range(2):
            for unit in range(units * uses[gate, side]):
                found[side, count[side]] = ((gate * blocks + unit // L) * rows * L + unit % L) * itemsize
                count[side] += 1
    return found[0, : count[0]], found[1, : count[1]]


# --------------------------------------------------------------------------------- weights as panels


@kernel
def _turn(w: Array, row: int, units: int, packed: Array, L: int) -> None:
    """packed (K, L), flat, = the transpose of `units` rows of w (*, K) from `row` on, with zeros behind them."""
    K = w.shape[1]
    size = w.itemsize
    lanes = registers.WIDTH // size
    whole = K - K % lanes  # whole vectors are written, and behind this panel is the next
    for v in range(panel.VECTORS):
        left = max(0, min(lanes, units - v * lanes))
        source = w.ctypes.data + (row + v * lanes) * K * size
        moves.transpose(w, source, K * size, left, whole, packed.ctypes.data + v * registers.WIDTH, L * size)
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
    of_x, of_h = (panel.aligned(size, w_hh.dtype) for size in sizes)
    if of_h.size:
        threads.split(blocks, partial(loop, w_ih, w_hh, of_x, of_h, L), WORTH_COPYING // (of_h.size // U) + 1)
    return of_x, of_h


# ------------------------------------------------------------------------------------------------- products


class Left(NamedTuple):
    """The left side of a product: rows of which some elements are used. In bytes, as all addresses and distances."""

    first: int
    apart: int  # from row to row
    places: int  # where it is written how far the elements of a row lie from the first: int64
    terms: int


@kernel
def address(a: Array) -> Any:
    """Where an array begins: a signed number, as all that is added to it."""
    return np.int64(a.ctypes.data)


@kernel
def multiply(floats: Array, rows: int, left: Left, w: int, start: int, out: int) -> None:
    """out (rows, L) = start + left @ w. w (terms, L);  start may be `out`; else it is (L,), the same for all rows.

    An array `floats` (*,) says which type of floats there are; w, start and out are addresses.
    """
    line = panel.VECTORS * registers.WIDTH
    at = left.first, left.apart, left.places
    panel.multiply(floats, rows, panel.Product(*at, w, left.terms, start, line * (start == out), out, line))


# ------------------------------------------------------------------------------- products, forward


class Steps(NamedTuple):
    """Which rows are those of a step, and for how many steps products are made at once."""

    begins: Array  # (T + 1,): the first row of each step
    before: Array  # (N,): where in (first states, rows) the state before each row stands; empty on the way forward
    span: int
    reverse: bool
    L: int  # columns of a block


class Weights(NamedTuple):
    """Weights and biases as panels, and how they are multiplied by."""

    of_x: Array
    of_h: Array
    bias: Array  # (slots * U * L,): what the products start with; on the way back (L,), 0
    uses: Array  # (slots, 2): does the input, does the state give something to a gate?
    places: Array  # (I,): how far the elements of a row of x lie from the first, in bytes; empty on the way back


@inlined
def rows_of(begins: Array, t: int, start: int, stop: int) -> tuple[int, int]:
    """The first row of step t of the sequences from `start` to `stop`, and how many there are; none may be negative."""
    first = begins[t] + start
    return first, min(begins[t] + stop, begins[t + 1]) - first


@kernel
def input_part(x: Array, weights: Weights, gates: Array, steps: Steps, step: int, start: int, stop: int) -> None:
    """gates = x @ w + bias, where the input is used: at the next `span` steps, for some of the sequences."""
    N, K = x.shape
    L = steps.L
    row = L * x.itemsize
    T, blocks = len(steps.begins) - 1, weights.bias.size // L
    last = min(T, step + steps.span)
    first, behind = (T - last, T - step) if steps.reverse else (step, last)  # in reverse, counted from the end
    U = blocks // len(weights.uses)
    packed = address(weights.of_x)
    for block in range(blocks):
        if not weights.uses[block // U, 0]:
            continue
        bias = address(weights.bias) + block * row
        for t in range(first, behind):
            n, rows = rows_of(steps.begins, t, start, stop)
            if rows > 0:
                left = Left(address(x) + n * K * x.itemsize, K * x.itemsize, address(weights.places), K)
                multiply(gates, rows, left, packed, bias, address(gates) + (block * N + n) * row)
        packed += K * row


@inlined
def state_part(h: Array, weights: Weights, gates: Array, first: int, rows: int, L: int, places_h: Array) -> None:
    """gates += h @ w, where the state is used, in some rows; = bias + h @ w, where the input is not."""
    row, H = L * h.itemsize, len(places_h)
    blocks = weights.bias.size // L
    U, N = blocks // len(weights.uses), gates.size // (blocks * L)
    packed, left = address(weights.of_h), Left(address(h), row, address(places_h), H)
    for block in range(blocks):
        if weights.uses[block // U, 1]:
            out = address(gates) + (block * N + first) * row
            start = out if weights.uses[block // U, 0] else address(weights.bias) + block * row
            multiply(gates, rows, left, packed, start, out)
            packed += H * row


# ---------------------------------------------------------------------------------- products, back
#
# Backward keeps the cotangents of the gates for some steps only. What they give to inputs and weights is summed before
# they are overwritten.


class Sums(NamedTuple):
    """Where backward puts what it finds, and what it needs for that; of all threads."""

    dx: Array  # (N, I), empty where it is not wanted
    totals: Array  # (threads, blocks * (I + H + 1) * L): gradients of weights and biases; empty where not wanted
    d: Array  # (B * span * blocks * L,): cotangents of the gates of `span` steps
    rows: Array  # (B * span,): of which rows they are
    room: Array  # (4, U * B * L): dh, dc, and two more arrays of that size


class Chunk(NamedTuple):
    """Cotangents of the gates at some rows, and what one thread makes of them."""

    d: Array  # (slots * U, room for rows, L), flat
    rows: Array  # of which rows they are
    places_x: Array  # how far from the first one of a row those lie that belong to the input, in bytes
    places_h: Array  # the same of those that belong to the state
    dx: Array
    total: Array


@piece
def chunk_of(sums: Sums, weights: Weights, steps: Steps, B: int, H: int, start: int, stop: int) -> Chunk:
    """What there is for the sequences from `start` to `stop` of B, nothing in it yet."""
    size = len(weights.uses) * ((H + steps.L - 1) // steps.L) * steps.L
    first, last = start * steps.span, stop * steps.span
    total = sums.totals[threads.number(start, B, len(sums.totals))]
    total[:] = 0
    places_x, places_h = gate_places(weights.uses, H, last - first, steps.L, sums.d.itemsize)
    return Chunk(sums.d[first * size : last * size], sums.rows[first:last], places_x, places_h, sums.dx, total)


@inlined
def state_gradient(
    chunk: Chunk, first: int, rows: int, weights: Weights, dh: Array, R: int, L: int, carried: bool
) -> None:
    """dh (U, R, L) = d @ w, for some rows that d has; dh += d @ w if `carried`."""
    d, terms = chunk.d, len(chunk.places_h)
    row = L * d.itemsize
    left = Left(address(d) + first * row, row, address(chunk.places_h), terms)
    for u in range(dh.size // (R * L)):
        out = address(dh) + u * R * row
        start = out if carried else address(weights.bias)
        multiply(d, rows, left, address(weights.of_h) + u * terms * row, start, out)


@kernel
def input_gradient(chunk: Chunk, count: int, weights: Weights, L: int) -> None:
    """dx = d @ w at the rows that d has. w (*, G * H, L)."""
    d, dx = chunk.d, chunk.dx
    row = L * d.itemsize
    terms = len(chunk.places_x)
    tile = empty(64 * L, d.dtype)
    for first in range(0, dx.shape[1], L):
        wide = min(L, dx.shape[1] - first)
        w = address(weights.of_x) + first * terms * d.itemsize
        for m in range(0, count, 64):
            rows = min(64, count - m)
            left = Left(address(d) + m * row, row, address(chunk.places_x), terms)
            multiply(d, rows, left, w, address(weights.bias), address(tile))
            for r in range(rows):
                target = dx[chunk.rows[m + r]]
                for l in range(wide):
                    target[first + l] = tile[r * L + l]


@kernel
def _times_panel(d: Array, at: int, a: Left, total: Array, tile: Array, L: int) -> None:
    """total[q] += sum over m of a[q, m] * d[m], for rows of d from an address on. The first row of `tile` is 0."""
    rows = total.size // L
    multiply(d, rows, a, at, address(tile), address(tile) + L * d.itemsize)
    add(tile[L : L + rows * L], total)


@kernel
def weight_gradients(chunk: Chunk, count: int, x: Array, hs: Array, before: Array, uses: Array, L: int) -> None:
    """Add to `total` what the rows that d has give to weights and biases: to (block, I + H + 1, L)."""
    d = chunk.d
    I, H = x.shape[1], hs.shape[1]
    size = d.itemsize
    U = (H + L - 1) // L
    blocks = len(uses) * U
    rows = d.size // (blocks * L)
    each = (I + H + 1) * L
    tile = empty((1 + max(I, H, 1)) * L, d.dtype)
    tile[:L] = 0
    one, nowhere = empty(1, d.dtype), empty(TERMS, np.int64)  # the bias is a weight of an input that is always 1
    one[:] = 1
    nowhere[:] = 0
    places_x, places_h = empty(count, np.int64), empty(count, np.int64)
    for m in range(count):
        places_x[m] = chunk.rows[m] * I * size
        places_h[m] = before[chunk.rows[m]] * H * size
    for block in range(blocks):
        sums = chunk.total[block * each : (block + 1) * each]
        for m in range(0, count, TERMS):
            terms = min(TERMS, count - m)
            at = address(d) + (block * rows + m) * L * size
            ones = Left(address(one), 0, address(nowhere), terms)
            _times_panel(d, at, ones, sums[(I + H) * L :], tile, L)
            if uses[block // U, 0]:
                columns = Left(address(x), size, address(places_x) + 8 * m, terms)
                _times_panel(d, at, columns, sums[: I * L], tile, L)
            if uses[block // U, 1]:
                columns = Left(address(hs), size, address(places_h) + 8 * m, terms)
                _times_panel(d, at, columns, sums[I * L : (I + H) * L], tile, L)


@kernel
def _put_gradients(sums: Array, bias: Array, dw: Array, db: Array, L: int) -> None:
    """Sums (columns of dw, L) and those of the bias (L,) to some rows of the gradients."""
    for l in range(len(dw)):
        target = dw[l]
        for q in range(target.size):
            target[q] = sums[q * L + l]
        db[l] = bias[l]


@kernel
def finish(
    totals: Array, uses: Array, dw: tuple[Array, Array], db: tuple[Array, Array], L: int, first: int, last: int
) -> None:
    """Add up what the threads have summed, and put it in its place, for some of the blocks."""
    I, H = dw[0].shape[1], dw[1].shape[1]
    U = (H + L - 1) // L
    each = (I + H + 1) * L
    for block in range(first, last):
        gate, unit = block // U, block % U * L
        sums = totals[0, block * each : (block + 1) * each]
        for part in range(1, len(totals)):
            add(totals[part, block * each : (block + 1) * each], sums)
        for side in range(2):
            if uses[gate, side]:
                to = unit  # the gates of a side stand one after the other
                for earlier in range(gate):
                    to += H * uses[earlier, side]
                behind = to + min(L, H - unit)
                of_side = sums[side * I * L :]
                _put_gradients(of_side, sums[(I + H) * L :], dw[side][to:behind], db[side][to:behind], L)
