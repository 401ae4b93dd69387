"""The loops of recurrent layers: over the steps, forward and back, and for single steps. One for all cells.

`forward(cell)` and its neighbours make the loop for a cell: what happens between the products is a part from `cells`.
Rows, panels and products are those of `panels`; `sequence` and `plain` check what comes in.

A single step is no sequence of length 1: that takes twice as long (batch 32, 64 to 128 units: 68 us for 30, of which a
third goes into panels of weights that are used once), and weight gradients of many steps are one product only if the
cotangents of gates come as rows. It shares the parts, not the loop.

Imported when it is first needed, because it loads Numba.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy import ndarray as Array

from ..machine.jit import piece
from .cells import BACK, FORWARD, Slots, copy, four, of_cell, tanh_of
from .panels import (
    Steps,
    Sums,
    Weights,
    add_rows,
    chunk_of,
    gather,
    input_gradient,
    input_part,
    rows_of,
    spread,
    spread_block,
    state_gradient,
    state_part,
    unit_places,
    weight_gradients,
)


class Kept(NamedTuple):
    """What forward keeps for backward."""

    hs: Array  # (B + N, H): the first states, then those of all rows
    cs: Array  # the same of the cells of an LSTM, in panels (U, B + N, L); else empty
    gates: Array  # (slots, U, N, L), activated; an RNN, whose states are its gates, uses it as room


# --------------------------------------------------------------------------------------------------------- sequences


@of_cell
def forward(cell: str) -> Any:
    activate, memory, fourth = FORWARD[cell], cell == "lstm", cell == "gru"

    def run(
        x: Array, weights: Weights, kept: Kept, last: Any, room: Array, steps: Steps, start: int, stop: int
    ) -> None:
        """h and c after all steps, for the sequences from `start` to `stop`.

        x (N, I).  last: the first states (B, H), and then the last.  room (3, U * B * L), aligned, for h, c and y of a
        step, in panels (U, stop - start, L).
        """
        hs, cs, gates = kept
        (B, H), N, L = last[0].shape, len(x), steps.L
        R, U = stop - start, (H + L - 1) // L
        begin, end = start * U * L, stop * U * L
        h, c, y = room[0, begin:end], room[1, begin:end], room[2, begin:end]
        places_h = unit_places(H, R, L, x.itemsize)
        spread(last[0], start, R, h, R, L)
        if memory:
            spread(last[1], start, R, c, R, L)
            for u in range(U):
                copy(c[u * R * L : (u + 1) * R * L], cs[(u * (B + N) + start) * L :][: R * L])
        T = len(steps.begins) - 1
        for step in range(T):
            t = T - 1 - step if steps.reverse else step
            if step % steps.span == 0:  # so that they are still in the cache when the states are added
                input_part(x, weights, gates, steps, step, start, stop)
            at, rows = rows_of(steps.begins, t, start, stop)
            if rows <= 0:
                continue
            state_part(h, weights, gates, at, rows, L, places_h)
            for u in range(U):
                now = Slots(gates, (u * N + at) * L, U * N * L, rows * L)
                part = slice(u * R * L, u * R * L + rows * L)
                activate(now, h[part], c[part], four(now)[3] if fourth else y[: rows * L])
                if memory:
                    copy(c[part], cs[(u * (B + N) + B + at) * L :][: rows * L])
            gather(h, R, L, hs, B + at, rows)
        gather(h, R, L, last[0], start, R)
        if memory:
            gather(c, R, L, last[1], start, R)

    return run


@piece
def _cells_before(kept: Kept, before: Array, own: int, u: int, room: Array, L: int) -> Array:
    """Cells of block u at the rows `before`."""
    rows, first = len(before), u * len(kept.hs)
    if before[rows - 1] == before[0] + rows - 1:  # they stand one under the other
        return kept.cs[(first + before[0]) * L : (first + before[0] + rows) * L]
    for r in range(rows):
        copy(kept.cs[(first + before[r]) * L : (first + before[r] + 1) * L], room[r * L : r * L + L])
    return room


@piece
def _states_before(kept: Kept, before: Array, own: int, u: int, room: Array, L: int) -> Array:
    """States of block u at the rows `before`."""
    for r in range(len(before)):
        spread_block(kept.hs[before[r]], u, room[r * L : r * L + L], L)
    return room


@piece
def _states_after(kept: Kept, before: Array, own: int, u: int, room: Array, L: int) -> Array:
    """States of block u at the rows from `own` on."""
    for r in range(len(before)):
        spread_block(kept.hs[own + r], u, room[r * L : r * L + L], L)
    return room


STATE = {"lstm": _cells_before, "gru": _states_before, "tanh": _states_after, "relu": _states_after}


@of_cell
def back(cell: str) -> Any:
    through, state_of, memory, fourth = BACK[cell], STATE[cell], cell == "lstm", cell == "gru"

    def run(
        x: Array, kept: Kept, cotangents: Any, weights: Weights, sums: Sums, steps: Steps, start: int, stop: int
    ) -> None:
        """Cotangents of x, of the first states in the place of those of the last, and of the weights to `sums.totals`.

        cotangents: those of h at all steps (N, H), and of the last h and c (B, H).
        weights: of_x (blocks of I, G * H, L), of_h (U, G * H, L).
        """
        dz, dh_n, dc_n = cotangents
        (B, H), N, L = dh_n.shape, len(dz), steps.L
        R, U = stop - start, (H + L - 1) // L
        begin, end = start * U * L, stop * U * L
        dh, dc = sums.room[0, begin:end], sums.room[1, begin:end]
        state, y = sums.room[2, begin:end], sums.room[3, begin:end]
        chunk = chunk_of(sums, weights, steps, B, H, start, stop)
        count: Any = np.int64(0)  # rows that the chunk has; a 0 would have a type of its own at first
        most = R * steps.span
        spread(dh_n, start, R, dh, R, L)
        if memory:
            spread(dc_n, start, R, dc, R, L)
        T = len(steps.begins) - 1
        for step in range(T):
            at, rows = rows_of(steps.begins, step if steps.reverse else T - 1 - step, start, stop)
            if rows > 0:
                add_rows(dz, at, rows, dh, R, L)
                for u in range(U):
                    wide, p = rows * L, u * R * L
                    now = Slots(kept.gates, (u * N + at) * L, U * N * L, wide)
                    d = Slots(chunk.d, (u * most + count) * L, U * most * L, wide)
                    given = state_of(kept, steps.before[at : at + rows], B + at, u, state[:wide], L)
                    if memory:
                        cells = (u * (B + N) + B + at) * L
                        tanh_of(kept.cs[cells : cells + wide], y[:wide])
                    through(now, d, dh[p : p + wide], dc[p : p + wide], given, four(now)[3] if fourth else y[:wide])
                state_gradient(chunk, count, rows, weights, dh, R, L, fourth)
                for r in range(rows):
                    chunk.rows[count + r] = at + r
                count += rows
            if count and (step % steps.span == steps.span - 1 or step == T - 1):
                if chunk.dx.size:
                    input_gradient(chunk, count, weights, L)
                if chunk.total.size:
                    weight_gradients(chunk, count, x, kept.hs, steps.before, weights.uses, L)
                count = 0
        gather(dh, R, L, dh_n, start, R)
        if memory:
            gather(dc, R, L, dc_n, start, R)

    return run
