"""Single steps of LSTM, GRU and RNN in compiled code: products and gates at once, in threads, or gates alone.

A single step is no sequence of length 1 (`skeleton`): that takes twice as long (batch 32, 64 to 128 units: 68 us for
30), as all weights go into panels before the first is used; and weight gradients of many steps are one product only if
the cotangents of their gates come as rows. It is made of the same parts (`cells`).

Imported when it is first needed, because it loads Numba.
"""

from __future__ import annotations

from functools import partial
from typing import Any, NamedTuple

import numpy as np
from numpy import ndarray as Array

from ..machine import moves, registers, threads
from ..machine.arrays import empty
from ..machine.jit import kernel
from ..matrix import panel
from .cells import BACK, FORWARD, Slots, add, copy, four, of_cell
from .kinds import Cell
from .panels import Left, address, multiply, spread_block

WORTH_A_THREAD = 500_000
"""Multiplications that pay for waking a thread."""


class Results(NamedTuple):
    """What a single step computes. It comes as a tuple: Numba takes a microsecond to see which class a value has."""

    h: Array  # (B, H)
    c: Array  # (B, H) for an LSTM
    gates: Array  # (B, G * H), activated; not for an RNN
    y: Array  # (B, H): tanh(c) of an LSTM, what the state gives to n of a GRU


@kernel
def _sum(x: Array, w: Array, row: int, units: int, places: Array, room: Array, start: int, tile: Array) -> None:
    """tile (B, L) = start + x @ w[row : row + units].T. `start`, an address, may be that of `tile`."""
    B, K = x.shape
    size = x.itemsize
    lanes = registers.WIDTH // size
    line = panel.VECTORS * registers.WIDTH
    for v in range(panel.VECTORS):
        source = address(w) + (row + v * lanes) * K * size
        left = max(0, min(lanes, units - v * lanes))
        moves.transpose(x, source, K * size, left, K, address(room) + v * registers.WIDTH, line)
    multiply(tile, B, Left(address(x), K * size, address(places), K), address(room), start, address(tile))


@kernel
def _gate(
    x: Array, h: Array, weights: Any, row: tuple[int, int], units: int, places: Array, room: Array, tile: Array
) -> None:
    """tile (B, L) = x w_ih' + h w_hh' + b for `units` rows of the weights from `row` on; without one whose row is -1.

    room ((K + L + 1) * L,): for the panel of weights, which the transposition overruns, and for the biases.
    """
    w_ih, w_hh, b_ih, b_hh = weights
    to_x, to_h = row
    L = tile.size // len(x)
    bias = room[room.size - L :]
    bias[:] = 0
    if to_x < 0:
        copy(b_hh[to_h : to_h + units], bias[:units])
    else:
        copy(b_ih[to_x : to_x + units], bias[:units])
        if to_h >= 0:
            add(b_hh[to_h : to_h + units], bias[:units])
    start = address(bias)
    if to_x >= 0:
        _sum(x, w_ih, to_x, units, places, room, start, tile)
        start = address(tile)
    if to_h >= 0:
        _sum(h, w_hh, to_h, units, places, room, start, tile)


@kernel
def _put(tile: Array, L: int, z: Array, column: int, units: int) -> None:
    """A tile (B, L) into the columns of z (B, *) from `column` on."""
    for b in range(len(z)):
        target, source = z[b], tile[b * L : b * L + L]
        for l in range(units):
            target[column + l] = source[l]


@kernel
def _take(z: Array, u: int, tile: Array, L: int) -> None:
    """Block u of z (B, H) to a tile (B, L)."""
    for b in range(len(z)):
        spread_block(z[b], u, tile[b * L : b * L + L], L)


@of_cell
def _step(cell: str) -> Any:
    activate, memory, fourth = FORWARD[cell], cell == "lstm", cell == "gru"

    def run(
        x: Array, states: Any, weights: Any, uses: Array, places: Array, results: Any, first: int, last: int
    ) -> None:
        """Products and gates of some blocks of units. x (B, I), states (B, H); w_ih, w_hh, b_ih, b_hh as they are.

        The weights of a block, with all its gates, are turned around into a panel (K, L), which the rows of the batch
        are multiplied by; a gate is a tile (B, L), which is copied to its place when it is activated.
        """
        new = Results(*results)
        (B, H), slots = states[0].shape, len(uses)
        L = panel.VECTORS * registers.WIDTH // x.itemsize
        size = B * L
        apart = (max(x.shape[1], H) + L + 1) * L
        room = empty(apart + (slots + 3) * size, x.dtype)
        tiles = room[apart:]
        h, c, y = tiles[slots * size :][:size], tiles[(slots + 1) * size :][:size], tiles[(slots + 2) * size :]
        for u in range(first, last):
            units, of_x, of_h = min(L, H - u * L), u * L, u * L
            for k in range(slots):
                row = of_x if uses[k, 0] else -1, of_h if uses[k, 1] else -1
                _gate(x, states[0], weights, row, units, places, room[:apart], tiles[k * size : (k + 1) * size])
                of_x += H * uses[k, 0]
                of_h += H * uses[k, 1]
            if fourth:
                _take(states[0], u, h, L)
            if memory:
                _take(states[1], u, c, L)
            now = Slots(tiles, 0, size, size)
            kept = four(now)[3] if fourth else y
            activate(now, h, c, kept)
            _put(h, L, new.h, u * L, units)
            for k in range(new.gates.shape[1] // H):
                _put(tiles[k * size : (k + 1) * size], L, new.gates, k * H + u * L, units)
            if memory:
                _put(c, L, new.c, u * L, units)
            if memory or fourth:
                _put(kept, L, new.y, u * L, units)

    return run


# --------------------------------------------------------------------------------- single steps, products made by BLAS


@kernel
def _add_both(x: Array, b: Array, z: Array) -> None:
    """z = z + x + b."""
    for k in range(z.size):
        z[k] = z[k] + x[k] + b[k]


@kernel
def _sum_of(x: Array, b: Array, z: Array) -> None:
    """z = x + b."""
    for k in range(z.size):
        z[k] = x[k] + b[k]


@of_cell
def _by_rows(cell: str) -> Any:
    activate, fourth = FORWARD[cell], cell == "gru"

    def run(part: Array, bias: Array, results: Any) -> None:
        """All gates of a row in one go. They hold what the input gives; `part` (B, G * H) what the state gives.

        bias (slots * H,).  new.h and new.c are the states before the step, and then those after it.
        """
        new = Results(*results)
        H = new.h.shape[1]
        both = 2 * H if fourth else part.shape[1]
        for r in range(len(part)):
            gates, y = new.gates[r], new.y[r]
            _add_both(part[r][:both], bias[:both], gates[:both])
            if fourth:
                add(bias[both : both + H], gates[both:])
                _sum_of(part[r][both:], bias[both + H :], y)
            activate(Slots(gates, 0, H, H), new.h[r], new.c[r], y)

    return run


@of_cell
def _back_by_rows(cell: str) -> Any:
    through, fourth = BACK[cell], cell == "gru"

    def run(dh: Array, dc: Array, state: Array, gates: Array, y: Array, d_x: Array, d_h: Array) -> None:
        """Cotangents of what input and state give to the gates, to d_x and d_h (B, G * H); dh and dc as in `cells`."""
        H = dh.shape[1]
        room = empty(4 * H, dh.dtype)
        for r in range(len(dh)):
            d = room if fourth else d_x[r]
            through(Slots(gates[r], 0, H, H), Slots(d, 0, H, H), dh[r], dc[r], state[r], y[r])
            if fourth:
                copy(d[: 3 * H], d_x[r])
                copy(d[: 2 * H], d_h[r][: 2 * H])
                copy(d[3 * H :], d_h[r][2 * H :])

    return run


# ------------------------------------------------------------------------------------------------------ what is called


def step(cell: Cell, x: Array, states: tuple[Array, ...], weights: tuple[Array, ...]) -> tuple[Array, ...]:
    """`plain.step`. All arrays are contiguous, of one dtype; both biases are given."""
    (B, H), I = states[0].shape, x.shape[1]
    L = panel.columns(x.itemsize)
    h = c = y = np.empty_like(states[0])
    gates = h[:, :0]
    if cell.gates > 1:
        y, gates = np.empty_like(h), np.empty((B, cell.gates * H), x.dtype)
    if cell.states == 2:
        c = np.empty_like(h)
    places = panel.places(max(I, H), x.itemsize)
    given = states[0], states[-1]
    work = partial(_step(cell.parts), x, given, weights, cell.uses, places, (h, c, gates, y))
    threads.split(-(-H // L), work, WORTH_A_THREAD // max(B * cell.gates * L * (I + H), 1))
    return *(h, c)[: cell.states], *((gates, y) if cell.gates > 1 else ())


def gates_of(
    cell: Cell, gates: Array, part: Array, b_ih: Array, b_hh: Array, states: tuple[Array, ...]
) -> tuple[Array, ...]:
    """`plain.step` from the products with input and state."""
    bias, both = b_ih + b_hh, 2 * states[0].shape[1]
    if cell.slots > cell.gates:
        bias = np.concatenate((bias[:both], b_ih[both:], b_hh[both:]))
    h, c = np.array(states[0]), np.array(states[-1])
    y = np.empty_like(h)
    _by_rows(cell.parts)(part, bias, (h, c, gates, y))
    return *(h, c)[: cell.states], gates, y


def step_back(
    cell: Cell, cotangents: tuple[Array, ...], state: Array, gates: Array, y: Array
) -> tuple[Array, Array, Any]:
    """`plain.step_back` of an LSTM or GRU."""
    dh, carried = cotangents[0], np.array(cotangents[-1])
    d_x = np.empty_like(gates)
    d_h = d_x if cell.slots == cell.gates else np.empty_like(gates)
    dh, dc = (dh, carried) if cell.states == 2 else (carried, carried)
    _back_by_rows(cell.parts)(dh, dc, state, gates, np.ascontiguousarray(y), d_x, d_h)
    return d_x, d_h, carried
