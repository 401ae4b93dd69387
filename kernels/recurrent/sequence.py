"""Recurrent layers over whole sequences, in registers: products of a step and gates without a return to Python.

Rows (N, *) hold the elements of all sequences in order of time: those of step t are `sizes[t]` rows, of the first so
many sequences. Sequences do not depend on each other: each thread takes some of them from the first step to the last.

Gates are kept in panels (G * U, N, L): G gates, the H units of each in U blocks of L columns, which are two registers.
The rest of the last block is 0 in weights and biases, and what is computed there is not used. Products are summed up
where their result is wanted, and gates are activated in place.

    gates = x @ w_ih.T + b + h @ w_hh.T

Backward goes the other way through the steps with the cotangents of h (and of the cells) of a thread's sequences. The
cotangents of the gates are kept for some steps, while they are in the cache, and summed up to those of inputs and
weights; what the threads have summed is added in the end.

Imported when it is first needed, because it loads Numba.
"""

from __future__ import annotations

import functools
from functools import partial
from typing import Any

import numpy as np
from numpy import ndarray as Array

from ..machine import choices, threads
from ..matrix import panel
from ..matrix.panel import aligned
from . import skeleton
from .kinds import Cell
from .panels import WORTH_COPYING, Steps, Sums, Weights, finish, packed
from .skeleton import Kept

WORTH_A_THREAD = 1_000_000
"""Multiplications that pay for waking a thread."""

NEAR = choices.part(2, 1 / 16, 64 << 10)
"""Bytes of gates that a thread makes, uses and leaves before the next: with the weights they stay in the cache."""

MANY = 512
"""Rows of a thread whose cotangents are summed up together if the gradients of the weights do not stay in the cache."""

_NOWHERE = np.empty(0, np.int64)


def _begins(sizes: Array) -> Array:
    """The first row of each step, and the number of rows: (T + 1,)."""
    if sizes[0] == sizes[-1]:
        return panel.places(len(sizes) + 1, int(sizes[0]))
    return np.append(0, np.cumsum(sizes))


def _span(batch: int, row: int, least: int) -> int:
    """For how many steps the gates of a thread's sequences, `row` bytes each, stay in the second-level cache."""
    sequences = -(-batch // threads.parts(batch, least))
    return max(1, NEAR // max(sequences * row, 1))


@functools.lru_cache(maxsize=64)
def _previous_of_equal(steps: int, batch: int, reverse: bool) -> Array:
    return previous(np.full(steps, batch), batch, reverse)


def previous(sizes: Array, batch: int, reverse: bool) -> Array:
    """For each row, where in (first states, rows) the state before it stands: (N,) indices."""
    ends = np.cumsum(sizes)
    sequence = np.arange(int(sizes.sum())) - np.repeat(ends - sizes, sizes)
    found: Array
    if reverse:
        after = np.append(sizes[1:], 0)
        found = np.where(sequence < np.repeat(after, sizes), np.repeat(ends, sizes) + batch + sequence, sequence)
    else:
        found = np.repeat(np.append(0, (ends - sizes)[:-1] + batch), sizes) + sequence
    return found


def _before(sizes: Array, reverse: bool) -> Array:
    """`previous`, kept for the next call if all sequences are equally long."""
    if sizes[0] == sizes[-1]:
        return _previous_of_equal(len(sizes), int(sizes[0]), reverse)
    return previous(sizes, int(sizes[0]), reverse)


def _least(steps: int, width: int, inputs: int, units: int) -> int:
    """The fewest sequences that are worth a thread. An activation costs about as much as 48 multiplications."""
    return WORTH_A_THREAD // max(steps * width * (inputs + units + 48), 1) + 1


def _bias(cell: Cell, units: int, like: Array, *biases: Array | None) -> Array:
    """What the gates start with: the sum of the biases, in panels (slots * U, L), flat, with zeros behind the units."""
    L = panel.columns(like.itemsize)
    panels = np.zeros((cell.slots, -(-units // L) * L), like.dtype)
    for bias, slots in zip(biases, (cell.of_x, cell.of_h), strict=True):
        if bias is not None:
            each = bias.reshape(len(slots), units)
            if slots[-1] < len(slots):  # in order: a slice takes a third of the time
                panels[: len(slots), :units] += each
            else:
                panels[slots, :units] += each
    return panels.reshape(-1)


@functools.lru_cache(maxsize=64)
def _sound(sizes: bytes, batch: int, rows: int) -> bool:
    """Can sequences, longest first, have these sizes at each step?"""
    found = np.frombuffer(sizes, np.int64)
    steady = len(found) > 0 and found[0] == batch and found[-1] >= 0 and not (found[1:] > found[:-1]).any()
    return bool(steady and found.sum() == rows)


def _check(function: str, x: Array, batch: int, sizes: Array, gates: int, w_ih: Array, w_hh: Array, *rest: Any) -> None:
    """Nothing that does not fit reaches a loop."""
    H = w_hh.shape[1]
    sound = (
        x.ndim == 2
        and w_ih.shape == (gates * H, x.shape[1])
        and w_hh.shape == (gates * H, H)
        and sizes.dtype == np.int64
        and _sound(sizes.tobytes(), batch, len(x))
        and x.dtype in (np.float32, np.float64)
        and all(a is None or (a.dtype == x.dtype and a.shape == shape) for a, shape in rest)
        and w_ih.dtype == w_hh.dtype == x.dtype
    )
    if not sound:
        raise ValueError(f"{function}: arrays do not fit: x {x.shape}, w_ih {w_ih.shape}, w_hh {w_hh.shape}")


def forward(
    cell: Cell, x: Array, states: tuple[Array, ...], weights: tuple[Any, ...], sizes: Array, reverse: bool
) -> tuple[Array, ...]:
    """h at all steps (N, H), the last states (B, H), and what `back` needs: the arrays of `skeleton.Kept`.

    x (N, I), states (B, H): h, and c of an LSTM; w_ih (G * H, I), w_hh (G * H, H), biases (G * H,) or None.
    """
    (B, H), (N, I), dtype = states[0].shape, x.shape, x.dtype
    w_ih, w_hh, *biases = weights
    fit = [(state, (B, H)) for state in states] + [(b, (cell.gates * H,)) for b in biases]
    _check(cell.name, x, B, sizes, cell.gates, w_ih, w_hh, *fit)
    x = np.ascontiguousarray(x)
    L = panel.columns(x.itemsize)
    U = -(-H // L)
    hs = np.empty((B + N, H), dtype)
    hs[:B] = states[0]
    h_n = c_n = np.array(states[0], order="C")
    cs = np.empty(0, dtype)
    if cell.states == 2:
        c_n, cs = np.array(states[1], order="C"), aligned(U * (B + N) * L, dtype)
    kept = Kept(hs, cs, aligned(cell.slots * U * N * L, dtype))
    panels = Weights(*packed(w_ih, w_hh, True), _bias(cell, H, x, *biases), cell.uses, panel.places(I, x.itemsize))
    least = _least(len(sizes), cell.gates * H, I, H)
    span = _span(B, cell.slots * U * L * x.itemsize, least)
    steps = Steps(_begins(sizes), _NOWHERE, span, reverse, L)
    if N and H:
        room = aligned(3 * U * B * L, dtype).reshape(3, -1)
        threads.split(B, partial(skeleton.forward(cell.parts), x, panels, kept, (h_n, c_n), room, steps), least)
    return hs[B:], *(h_n, c_n)[: cell.states], hs, cs, kept.gates if cell.gates > 1 else cs


def back(
    cell: Cell,
    cotangents: tuple[Array, ...],
    x: Array,
    weights: tuple[Array, Array],
    sizes: Array,
    reverse: bool,
    kept: tuple[Array, Array, Array],
    wanted: tuple[bool, bool] = (True, True),
) -> tuple[Any, ...]:
    """Cotangents of the inputs of `forward` from those of its results, without `kept`, which are the rest of those.

    wanted: is that of x, are those of the weights and biases? The others are None.
    """
    (B, H), (N, I), dtype = cotangents[1].shape, x.shape, x.dtype
    (w_ih, w_hh), (hs, cs, gates) = weights, kept
    L = panel.columns(x.itemsize)
    U = -(-H // L)
    fit = (cotangents[0], (N, H)), *[(d, (B, H)) for d in cotangents[1:]], (hs, (B + N, H))
    flat = (cs, (U * (B + N) * L * (cell.states == 2),)), (gates, (cell.slots * U * N * L * (cell.gates > 1),))
    _check(f"{cell.name}_grad", x, B, sizes, cell.gates, w_ih, w_hh, *fit, *flat)
    x, dz = np.ascontiguousarray(x), np.ascontiguousarray(cotangents[0])
    dh = np.array(cotangents[1], order="C")
    dc = np.array(cotangents[2], order="C") if cell.states == 2 else dh
    uses = cell.uses
    blocks, each = cell.slots * U, (I + H + 1) * L
    least = _least(len(sizes), 2 * len(w_ih), I, H)
    parts = threads.parts(B, least)
    totals = aligned(parts * blocks * each * wanted[1], dtype).reshape(parts, -1)
    span = _span(B, blocks * L * x.itemsize, least)
    if totals.nbytes > parts * NEAR:
        span = max(span, MANY * parts // max(B, 1))
    span = min(span, len(sizes))
    dx = np.empty((N, I) if wanted[0] else (0, 0), dtype)
    if N and H:
        d, room = aligned(B * span * blocks * L, dtype), aligned(4 * U * B * L, dtype).reshape(4, -1)
        sums = Sums(dx, totals, d, np.empty(B * span, np.int64), room)
        steps = Steps(_begins(sizes), _before(sizes, reverse), span, reverse, L)
        panels = Weights(*packed(w_ih, w_hh, False, wanted[0]), np.zeros(L, dtype), uses, _NOWHERE)
        work = partial(skeleton.back(cell.parts), x, Kept(*kept), (dz, dh, dc), panels, sums, steps)
        threads.split(B, work, into=parts)
    else:
        totals[:] = 0
    gradients: Any = (None,) * 4
    if wanted[1]:
        dw = np.empty(w_ih.shape, dtype), np.empty(w_hh.shape, dtype)
        db = np.empty(len(w_ih), dtype), np.empty(len(w_hh), dtype)
        work = partial(finish, totals, uses, dw, db, L)
        threads.split(blocks, work, WORTH_COPYING // max(each * parts, 1) + 1)
        gradients = *dw, *db
    return dx if wanted[0] else None, *(dh, dc)[: cell.states], *gradients
