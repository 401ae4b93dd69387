"""One step of a recurrent layer for a batch: products and gates without a return to Python, in several threads.

A thread takes some of the hidden units, L at a time (two registers), with all their gates. The weights of those are
turned around into a panel (K, L), which `panel.product` multiplies the rows of the batch by; a gate is a tile (B, L)
that is summed up, activated, and then copied to its place in the rows of the result.

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
from . import passes

WORTH_A_THREAD = 500_000
"""Multiplications that pay for waking a thread."""


@kernel
def _sum(
    x: Array, w: Array, row: int, units: int, places: Array, packed: int, start: int, again: bool, out: int
) -> None:
    """out (B, L) = start + x @ w[row : row + units].T. start (L,), or (B, L) if `again`; all three are addresses."""
    B, K = x.shape
    size = x.itemsize
    lanes = simd.WIDTH // size
    line = panel.VECTORS * simd.WIDTH
    for v in range(panel.VECTORS):
        source = w.ctypes.data + (row + v * lanes) * K * size
        left = max(0, min(lanes, units - v * lanes))
        simd.transpose(x, source, K * size, left, K, packed + v * simd.WIDTH, line)
    panel.product(x, B, x.ctypes.data, K * size, places.ctypes.data, packed, K, start, line if again else 0, out, line)


@kernel
def _biases(b: Array, b_2: Array, first: int, units: int, out: Array) -> None:
    """out = b + b_2, of some units; 0 behind them."""
    for l in range(out.size):
        out[l] = b[first + l] + b_2[first + l] if l < units else 0


@kernel
def _bias(b: Array, first: int, units: int, out: Array) -> None:
    for l in range(out.size):
        out[l] = b[first + l] if l < units else 0


@kernel
def _gate(
    x: Array,
    h: Array,
    w_ih: Array,
    w_hh: Array,
    b_ih: Array,
    b_hh: Array,
    row: int,
    units: int,
    places: Array,
    packed: int,
    shift: Array,
    tile: Array,
) -> None:
    """tile (B, L) = x w_ih' + h w_hh' + b_ih + b_hh for the `units` rows of the weights from `row` on."""
    _biases(b_ih, b_hh, row, units, shift)
    at = tile.ctypes.data
    _sum(x, w_ih, row, units, places, packed, shift.ctypes.data, False, at)
    _sum(h, w_hh, row, units, places, packed, at, True, at)


@kernel
def _put(tile: Array, L: int, z: Array, column: int, units: int) -> None:
    """A tile (B, L) into the columns of z (B, *) from `column` on."""
    for b in range(len(z)):
        target, source = z[b], tile[b * L : b * L + L]
        for l in range(units):
            target[column + l] = source[l]


@kernel
def _lstm(
    x: Array,
    h: Array,
    c: Array,
    w_ih: Array,
    w_hh: Array,
    b_ih: Array,
    b_hh: Array,
    gates: Array,
    h_new: Array,
    c_new: Array,
    tanh_c: Array,
    places: Array,
    L: int,
    first: int,
    last: int,
) -> None:
    """gates -> i, f, g, o;  c_new = f c + i g;  tanh_c = tanh(c_new);  h_new = o tanh_c, for some blocks of units."""
    B, H = h.shape
    K = max(x.shape[1], H)
    room = panel.room((K + L + 4 * B + 1) * L, x)
    packed = room.ctypes.data
    shift = room[(K + L) * L : (K + L + 1) * L]
    tiles = room[(K + L + 1) * L :]
    for block in range(first, last):
        u = block * L
        units = min(L, H - u)
        for gate in range(4):
            tile = tiles[gate * B * L : (gate + 1) * B * L]
            _gate(x, h, w_ih, w_hh, b_ih, b_hh, gate * H + u, units, places, packed, shift, tile)
            if gate == 2:
                passes.tanh(tile)
            else:
                passes.sigmoid(tile)
            _put(tile, L, gates, gate * H + u, units)
        for b in range(B):
            row = gates[b]
            i, f = row[u : u + units], row[H + u : H + u + units]
            g, o = row[2 * H + u : 2 * H + u + units], row[3 * H + u : 3 * H + u + units]
            cell, y = c_new[b, u : u + units], tanh_c[b, u : u + units]
            passes.copy(c[b, u : u + units], cell)
            passes.cell(i, f, g, cell)
            passes.tanh_of(cell, y)
            passes.times(o, y, h_new[b, u : u + units])


def _split(work: Any, x: Array, h: Array, gates: int, L: int) -> None:
    B, H = h.shape
    threads.split(-(-H // L), work, WORTH_A_THREAD // max(B * gates * L * (x.shape[1] + H), 1))


def lstm(
    x: Array, h: Array, c: Array, w_ih: Array, w_hh: Array, b_ih: Array, b_hh: Array
) -> tuple[Array, Array, Array, Array]:
    """(h, c, gates i, f, g, o after activation (B, 4 H), tanh(c)) of the step after h and c.

    x (B, I), h and c (B, H), w_ih (4 H, I), w_hh (4 H, H), biases (4 H,); contiguous, of one dtype.
    """
    B, H = h.shape
    L = panel.columns(x.itemsize)
    gates = np.empty((B, 4 * H), x.dtype)
    h_new, c_new, y = np.empty_like(c), np.empty_like(c), np.empty_like(c)
    places = panel.places(max(x.shape[1], H), x.itemsize)
    work = partial(_lstm, x, h, c, w_ih, w_hh, b_ih, b_hh, gates, h_new, c_new, y, places, L)
    _split(work, x, h, 4, L)
    return h_new, c_new, gates, y


@kernel
def _gru(
    x: Array,
    h: Array,
    w_ih: Array,
    w_hh: Array,
    b_ih: Array,
    b_hh: Array,
    gates: Array,
    y: Array,
    new: Array,
    places: Array,
    L: int,
    first: int,
    last: int,
) -> None:
    """gates -> r, z, n, with y = h w_n' + b, n = tanh(x_n + r y);  new = n + z (h - n), for some blocks of units."""
    B, H = h.shape
    K = max(x.shape[1], H)
    room = panel.room((K + L + 4 * B + 1) * L, x)
    packed = room.ctypes.data
    shift = room[(K + L) * L : (K + L + 1) * L]
    tiles = room[(K + L + 1) * L :]
    size = B * L
    for block in range(first, last):
        u = block * L
        units = min(L, H - u)
        for gate in range(2):
            tile = tiles[gate * size : (gate + 1) * size]
            _gate(x, h, w_ih, w_hh, b_ih, b_hh, gate * H + u, units, places, packed, shift, tile)
            passes.sigmoid(tile)
            _put(tile, L, gates, gate * H + u, units)
        n, given = tiles[2 * size : 3 * size], tiles[3 * size : 4 * size]
        _bias(b_ih, 2 * H + u, units, shift)
        _sum(x, w_ih, 2 * H + u, units, places, packed, shift.ctypes.data, False, n.ctypes.data)
        _bias(b_hh, 2 * H + u, units, shift)
        _sum(h, w_hh, 2 * H + u, units, places, packed, shift.ctypes.data, False, given.ctypes.data)
        passes.candidate(n, tiles[:size], given)
        _put(n, L, gates, 2 * H + u, units)
        _put(given, L, y, u, units)
        for b in range(B):
            row = gates[b]
            z, n = row[H + u : H + u + units], row[2 * H + u : 2 * H + u + units]
            passes.copy(h[b, u : u + units], new[b, u : u + units])
            passes.mix(n, z, new[b, u : u + units])


def gru(x: Array, h: Array, w_ih: Array, w_hh: Array, b_ih: Array, b_hh: Array) -> tuple[Array, Array, Array]:
    """(h, gates r, z, n after activation (B, 3 H), what the state gives to n (B, H)) of the step after h.

    Arguments as in `lstm`, with three gates.
    """
    B, H = h.shape
    L = panel.columns(x.itemsize)
    gates, y, new = np.empty((B, 3 * H), x.dtype), np.empty_like(h), np.empty_like(h)
    places = panel.places(max(x.shape[1], H), x.itemsize)
    _split(partial(_gru, x, h, w_ih, w_hh, b_ih, b_hh, gates, y, new, places, L), x, h, 3, L)
    return new, gates, y


@kernel
def _rnn(
    x: Array,
    h: Array,
    w_ih: Array,
    w_hh: Array,
    b_ih: Array,
    b_hh: Array,
    new: Array,
    rectified: bool,
    places: Array,
    L: int,
    first: int,
    last: int,
) -> None:
    """new = tanh, or relu, of x w_ih' + h w_hh' + b, for some blocks of units."""
    B, H = h.shape
    K = max(x.shape[1], H)
    room = panel.room((K + L + B + 1) * L, x)
    packed = room.ctypes.data
    shift = room[(K + L) * L : (K + L + 1) * L]
    tile = room[(K + L + 1) * L :]
    for block in range(first, last):
        u = block * L
        units = min(L, H - u)
        _gate(x, h, w_ih, w_hh, b_ih, b_hh, u, units, places, packed, shift, tile)
        if rectified:
            passes.relu(tile)
        else:
            passes.tanh(tile)
        _put(tile, L, new, u, units)


def rnn(x: Array, h: Array, w_ih: Array, w_hh: Array, b_ih: Array, b_hh: Array, rectified: bool) -> Array:
    """The state after h. Arguments as in `lstm`, with one gate."""
    L = panel.columns(x.itemsize)
    new = np.empty_like(h)
    places = panel.places(max(x.shape[1], h.shape[1]), x.itemsize)
    _split(partial(_rnn, x, h, w_ih, w_hh, b_ih, b_hh, new, rectified, places, L), x, h, 1, L)
    return new
