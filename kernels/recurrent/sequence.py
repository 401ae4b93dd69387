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

from ..machine import threads
from ..matrix import panel
from . import loops
from .panels import WORTH_COPYING, aligned, finish, packed

WORTH_A_THREAD = 1_000_000
"""Multiplications that pay for waking a thread."""

NEAR = 64 << 10
"""Bytes of gates that a thread makes, uses and leaves before the next: with the weights they stay in the cache."""

MANY = 512
"""Rows of a thread whose cotangents are summed up together if the gradients of the weights do not stay in the cache."""


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


def _bias(gates: int, units: int, like: Array, *biases: Array | None) -> Array:
    """The sum of the biases (gates * H,) in panels (gates * U, L), flat, with zeros behind the units of each gate."""
    L = panel.columns(like.itemsize)
    panels = np.zeros((gates, -(-units // L) * L), like.dtype)
    for bias in biases:
        if bias is not None:
            panels[:, :units] += bias.reshape(gates, units)
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


def _storage(h: Array, rows: int) -> Array:
    """(B + rows, H), starting with the first states."""
    hs = np.empty((len(h) + rows, h.shape[1]), h.dtype)
    hs[: len(h)] = h
    return hs


def lstm(
    x: Array,
    h: Array,
    c: Array,
    w_ih: Array,
    w_hh: Array,
    b_ih: Array | None,
    b_hh: Array | None,
    sizes: Array,
    reverse: bool,
) -> tuple[Array, ...]:
    """Hidden states at all steps (N, H), the last ones and the last cells (B, H), and what `lstm_grad` needs.

    x (N, I), h and c (B, H), w_ih (4 H, I), w_hh (4 H, H), biases (4 H,) or None.
    """
    (B, H), (N, I), dtype = h.shape, x.shape, x.dtype
    _check("lstm", x, B, sizes, 4, w_ih, w_hh, (h, (B, H)), (c, (B, H)), *[(b, (4 * H,)) for b in (b_ih, b_hh)])
    x = np.ascontiguousarray(x)
    L = panel.columns(x.itemsize)
    U = -(-H // L)
    gates, cs, hs = aligned(4 * U * N * L, dtype), aligned(U * (B + N) * L, dtype), _storage(h, N)
    h_n, c_n = np.array(h, order="C"), np.array(c, order="C")
    (of_x, of_h), bias = packed(w_ih, w_hh, True), _bias(4, H, x, b_ih, b_hh)
    places_x = panel.places(I, x.itemsize)
    room = aligned(2 * U * B * L, dtype).reshape(2, -1)
    least = _least(len(sizes), 4 * H, I, H)
    begins, span = _begins(sizes), _span(B, 4 * U * L * x.itemsize, least)
    work = partial(loops.lstm, x, of_x, of_h, bias, gates, hs, cs, h_n, c_n, room, places_x, L, begins, span, reverse)
    if N and H:
        threads.split(B, work, least)
    return hs[B:], h_n, c_n, hs, cs, gates


@functools.cache
def _uses(of_x: tuple[int, ...], of_h: tuple[int, ...]) -> Array:
    """(G, 2): which cotangents belong to what the input, and what the state, gives to the gates."""
    gates = range(1 + max(of_x + of_h))
    return np.array([(gate in of_x, gate in of_h) for gate in gates])


def _back(
    loop: Any,
    cotangents: tuple[Array, ...],
    saved: tuple[Array, ...],
    rooms: int,
    x: Array,
    w_ih: Array,
    w_hh: Array,
    hs: Array,
    uses: Array,
    sizes: Array,
    reverse: bool,
    to_input: bool,
    to_weights: bool,
    *settings: Any,
) -> tuple[Any, ...]:
    """Go back through the steps: the cotangents of x, of both weights and of both biases, or None.

    rooms   how many arrays of the size of the states the loop needs
    """
    (N, I), H, dtype = x.shape, hs.shape[1], x.dtype
    B, L = len(hs) - N, panel.columns(x.itemsize)
    units = -(-H // L) * L
    blocks, each = len(uses) * units // L, (I + H + 1) * L
    least = _least(len(sizes), 2 * len(w_ih), I, H)
    parts = threads.parts(B, least)
    totals = aligned(parts * blocks * each * to_weights, dtype).reshape(parts, -1)
    span = _span(B, blocks * L * x.itemsize, least)
    if totals.nbytes > parts * NEAR:
        span = max(span, MANY * parts // max(B, 1))
    span = min(span, len(sizes))
    chunks, numbers = aligned(B * span * blocks * L, dtype), np.empty(B * span, np.int64)
    room = aligned(rooms * units * B, dtype).reshape(rooms, -1)
    dx = np.empty((N, I) if to_input else (0, 0), dtype)
    weights = packed(w_ih, w_hh, False, to_input)
    zeros, before = np.zeros(L, dtype), _before(sizes, reverse)
    work = partial(loop, x, hs, *cotangents, *weights, *saved, before, uses, chunks, numbers, dx, totals, room, zeros)
    if N and H:
        threads.split(B, partial(work, L, _begins(sizes), span, reverse, *settings), into=parts)
    else:
        totals[:] = 0
    if not to_weights:
        return dx if to_input else None, None, None, None, None
    of_x, of_h = (uses.sum(0) * H).tolist()
    found = np.empty((of_x, I), dtype), np.empty((of_h, H), dtype), np.empty(of_x, dtype), np.empty(of_h, dtype)
    threads.split(blocks, partial(finish, totals, uses, *found, L), WORTH_COPYING // max(each * parts, 1) + 1)
    return dx if to_input else None, *found


def lstm_grad(
    dz: Array,
    dh_n: Array,
    dc_n: Array,
    x: Array,
    w_ih: Array,
    w_hh: Array,
    sizes: Array,
    reverse: bool,
    hs: Array,
    cs: Array,
    gates: Array,
    to_input: bool = True,
    to_weights: bool = True,
) -> tuple[Any, ...]:
    """Cotangents of the inputs of `lstm` from those of its first three results; the last five are what it returned.

    None for x unless `to_input`, and for weights and biases unless `to_weights`.
    """
    (B, H), N = dh_n.shape, len(x)
    L = panel.columns(x.itemsize)
    U = -(-H // L)
    states = (dz, (N, H)), (dh_n, (B, H)), (dc_n, (B, H)), (hs, (B + N, H))
    _check("lstm_grad", x, B, sizes, 4, w_ih, w_hh, *states, (gates, (4 * U * N * L,)), (cs, (U * (B + N) * L,)))
    dz, x = np.ascontiguousarray(dz), np.ascontiguousarray(x)
    dh, dc = np.array(dh_n, order="C"), np.array(dc_n, order="C")
    saved, uses = (gates, cs), _uses((0, 1, 2, 3), (0, 1, 2, 3))
    dx, *found = _back(
        loops.lstm_grad, (dz, dh, dc), saved, 4, x, w_ih, w_hh, hs, uses, sizes, reverse, to_input, to_weights
    )
    return dx, dh, dc, *found


def gru(
    x: Array,
    h: Array,
    w_ih: Array,
    w_hh: Array,
    b_ih: Array | None,
    b_hh: Array | None,
    sizes: Array,
    reverse: bool,
) -> tuple[Array, ...]:
    """Hidden states at all steps (N, H), the last ones (B, H), and what `gru_grad` needs. Arguments as in `lstm`."""
    (B, H), (N, I), dtype = h.shape, x.shape, x.dtype
    _check("gru", x, B, sizes, 3, w_ih, w_hh, (h, (B, H)), *[(b, (3 * H,)) for b in (b_ih, b_hh)])
    x = np.ascontiguousarray(x)
    L = panel.columns(x.itemsize)
    U = -(-H // L)
    gates, hs, h_n = aligned(4 * U * N * L, dtype), _storage(h, N), np.array(h, order="C")
    bias, bias_y = _bias(3, H, x, b_ih, b_hh), _bias(1, H, x, None if b_hh is None else b_hh[2 * H :])
    if b_hh is not None:
        bias[2 * U * L :] = _bias(1, H, x, None if b_ih is None else b_ih[2 * H :])
    of_x, of_h = packed(w_ih, w_hh, True)
    places_x = panel.places(I, x.itemsize)
    room = aligned(U * B * L, dtype).reshape(1, -1)
    least = _least(len(sizes), 3 * H, I, H)
    begins, span = _begins(sizes), _span(B, 4 * U * L * x.itemsize, least)
    work = partial(loops.gru, x, of_x, of_h, bias, bias_y, gates, hs, h_n, room, places_x, L, begins, span, reverse)
    if N and H:
        threads.split(B, work, least)
    return hs[B:], h_n, hs, gates


def gru_grad(
    dz: Array,
    dh_n: Array,
    x: Array,
    w_ih: Array,
    w_hh: Array,
    sizes: Array,
    reverse: bool,
    hs: Array,
    gates: Array,
    to_input: bool = True,
    to_weights: bool = True,
) -> tuple[Any, ...]:
    """Cotangents of the inputs of `gru` from those of its first two results; the rest as in `lstm_grad`."""
    (B, H), N = dh_n.shape, len(x)
    L = panel.columns(x.itemsize)
    U = -(-H // L)
    states = (dz, (N, H)), (dh_n, (B, H)), (hs, (B + N, H))
    _check("gru_grad", x, B, sizes, 3, w_ih, w_hh, *states, (gates, (4 * U * N * L,)))
    dz, x = np.ascontiguousarray(dz), np.ascontiguousarray(x)
    dh, uses = np.array(dh_n, order="C"), _uses((0, 1, 2), (0, 1, 3))
    dx, *found = _back(
        loops.gru_grad, (dz, dh), (gates,), 2, x, w_ih, w_hh, hs, uses, sizes, reverse, to_input, to_weights
    )
    return dx, dh, *found


def rnn(
    x: Array,
    h: Array,
    w_ih: Array,
    w_hh: Array,
    b_ih: Array | None,
    b_hh: Array | None,
    sizes: Array,
    reverse: bool,
    rectified: bool,
) -> tuple[Array, ...]:
    """Hidden states at all steps (N, H), the last ones (B, H), and what `rnn_grad` needs. Arguments as in `lstm`."""
    (B, H), (N, I), dtype = h.shape, x.shape, x.dtype
    _check("rnn", x, B, sizes, 1, w_ih, w_hh, (h, (B, H)), *[(b, (H,)) for b in (b_ih, b_hh)])
    x = np.ascontiguousarray(x)
    L = panel.columns(x.itemsize)
    U = -(-H // L)
    gates, hs, h_n = aligned(U * N * L, dtype), _storage(h, N), np.array(h, order="C")
    (of_x, of_h), bias = packed(w_ih, w_hh, True), _bias(1, H, x, b_ih, b_hh)
    places_x = panel.places(I, x.itemsize)
    room = aligned(U * B * L, dtype).reshape(1, -1)
    least = _least(len(sizes), H, I, H)
    begins, span = _begins(sizes), _span(B, U * L * x.itemsize, least)
    work = partial(loops.rnn, x, of_x, of_h, bias, gates, hs, h_n, room, places_x, L, begins, span, reverse, rectified)
    if N and H:
        threads.split(B, work, least)
    return hs[B:], h_n, hs


def rnn_grad(
    dz: Array,
    dh_n: Array,
    x: Array,
    w_ih: Array,
    w_hh: Array,
    sizes: Array,
    reverse: bool,
    rectified: bool,
    hs: Array,
    to_input: bool = True,
    to_weights: bool = True,
) -> tuple[Any, ...]:
    """Cotangents of the inputs of `rnn` from those of its first two results; the rest as in `lstm_grad`."""
    (B, H), N = dh_n.shape, len(x)
    _check("rnn_grad", x, B, sizes, 1, w_ih, w_hh, (dz, (N, H)), (dh_n, (B, H)), (hs, (B + N, H)))
    dz, x = np.ascontiguousarray(dz), np.ascontiguousarray(x)
    dh, uses = np.array(dh_n, order="C"), _uses((0,), (0,))
    dx, *found = _back(
        loops.rnn_grad, (dz, dh), (), 2, x, w_ih, w_hh, hs, uses, sizes, reverse, to_input, to_weights, rectified
    )
    return dx, dh, *found
