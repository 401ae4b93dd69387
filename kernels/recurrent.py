"""Recurrent layers over whole sequences, in registers: products of a step and gates without a return to Python.

Rows (N, *) hold the elements of all sequences in order of time: those of step t are `sizes[t]` rows, of the first so
many sequences. Sequences do not depend on each other: each thread takes some of them from the first step to the last.

Gates are kept in panels (G * U, N, L): G gates, the H units of each in U blocks of L columns, which are two registers.
The rest of the last block is 0 in weights and biases, and what is computed there is not used. Products are summed up
where their result is wanted, and gates are activated in place.

    gates = x @ w_ih.T + b + h @ w_hh.T

Backward goes the other way through the steps with the cotangents of h (and of the cells) of all sequences; the
cotangents of the gates at all steps are kept, and give those of the weights in one sum at the end.

Imported when it is first needed, because it loads Numba.
"""

from __future__ import annotations

import functools
from functools import partial
from typing import Any

import numpy as np

from . import panel, threads
from .jit import kernel
from .panel import product
from .vector import sigmoid, tanh

Array = np.ndarray[Any, Any]

WORTH_A_THREAD = 1_000_000
"""Multiplications that pay for waking a thread."""

NEAR = 256 << 10
"""Bytes of gates that a thread makes, uses and leaves before the next: with the weights they stay in the cache."""

TERMS = 256
"""Rows over which weight gradients are summed at a time: the cotangents stay in the cache while all inputs use them."""


def aligned(size: int, dtype: Any) -> Array:
    """Memory that starts at a border of 64 bytes: no register is loaded across two lines of the cache."""
    room = np.empty(size + 16, dtype)
    skip = (-room.__array_interface__["data"][0] % 64) // room.itemsize
    return room[skip : skip + size]


def packed(w: Array, gates: int) -> Array:
    """(K, gates * H) as panels (gates * U, K, L), flat, with zeros behind the units of each gate."""
    K, units = len(w), w.shape[1] // gates
    L = panel.columns(w.itemsize)
    U = -(-units // L)
    flat = aligned(gates * U * K * L, w.dtype)
    if units == U * L:
        flat.reshape(gates * U, K, L)[...] = w.reshape(K, gates * U, L).transpose(1, 0, 2)
        return flat
    z, w = flat.reshape(gates, U, K, L), w.reshape(K, gates, units)
    for u in range(U):
        wide = min(L, units - u * L)
        z[:, u, :, :wide] = w[:, :, u * L : u * L + wide].transpose(1, 0, 2)
        z[:, u, :, wide:] = 0
    return flat


@functools.lru_cache(maxsize=64)
def places(parts: tuple[int, ...], units: int, rows: int, itemsize: int) -> Array:
    """Distances in bytes from element (0, row, 0) of panels with so many rows to those of all units of these gates."""
    L = panel.columns(itemsize)
    unit = np.arange(units)
    within = (unit // L) * (rows * L) + unit % L
    first = np.array(parts)[:, None] * (-(-units // L) * rows * L)
    found: Array = ((first + within) * itemsize).reshape(-1)
    return found


@functools.lru_cache(maxsize=64)
def row_places(count: int, width: int) -> Array:
    """The same from the first of `count` elements that lie `width` bytes apart."""
    return np.arange(count) * width


@functools.lru_cache(maxsize=64)
def _begins_of_equal(steps: int, batch: int) -> Array:
    return np.arange(steps + 1) * batch


def _begins(sizes: Array) -> Array:
    """The first row of each step, and the number of rows: (T + 1,)."""
    if sizes[0] == sizes[-1]:
        return _begins_of_equal(len(sizes), int(sizes[0]))
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


# ------------------------------------------------------------------------------------------------------ small loops

# Panels come flat, and parts of them by start and length: numba compiles that several times faster than slices of
# arrays with three axes. Loops write to one array at a time, so that few of them have to be checked for overlaps before
# vector code may run.


@kernel
def _spread(rows: Array, first: int, count: int, out: Array, R: int, L: int) -> None:
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
def _gather(panels: Array, R: int, L: int, out: Array, first: int, count: int) -> None:
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
def _add_rows(rows: Array, first: int, count: int, out: Array, R: int, L: int) -> None:
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
def _copy(x: Array, z: Array) -> None:
    for k in range(z.size):
        z[k] = x[k]


@kernel
def _add(x: Array, z: Array) -> None:
    for k in range(z.size):
        z[k] += x[k]


@kernel
def _sigmoid(a: Array) -> None:
    for k in range(a.size):
        a[k] = sigmoid(a[k])


@kernel
def _tanh(a: Array) -> None:
    for k in range(a.size):
        a[k] = tanh(a[k])


@kernel
def _relu(a: Array) -> None:
    zero = a.dtype.type(0)
    for k in range(a.size):
        a[k] = zero if a[k] <= zero else a[k]


@kernel
def _unit_places(units: int, rows: int, L: int, itemsize: int) -> Array:
    """Distances in bytes from element (0, row, 0) of a panel (U, rows, L) to those of all units."""
    found = np.empty(units, np.int64)
    for unit in range(units):
        found[unit] = (unit // L * rows * L + unit % L) * itemsize
    return found


@kernel
def _steps(step: int, span: int, T: int, backwards: bool) -> tuple[int, int]:
    """The first of the next `span` of T steps, and the one after the last; backwards, they are counted from the end."""
    last = min(T, step + span)
    return (T - last, T - step) if backwards else (step, last)


# --------------------------------------------------------------------------------------------- products of all steps


@kernel
def _input_part(
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


@kernel
def _input_gradient(
    d: Array,
    w: Array,
    dx: Array,
    L: int,
    begins: Array,
    steps: tuple[int, int],
    start: int,
    stop: int,
    places_d: Array,
    zeros: Array,
) -> None:
    """dx = d @ w at some of the steps, for the sequences from `start` to `stop`. d (G * U, N, L), w (*, G * H, L)."""
    row = L * d.itemsize
    terms = len(places_d)
    tile = np.empty(64 * L, d.dtype)
    for first in range(0, dx.shape[1], L):
        wide = min(L, dx.shape[1] - first)
        for t in range(steps[0], steps[1]):
            last = min(begins[t] + stop, begins[t + 1])
            for n in range(begins[t] + start, last, 64):
                rows = min(64, last - n)
                product(
                    d,
                    rows,
                    d.ctypes.data + n * row,
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
                    target = dx[n + r]
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
    _add(tile[L : L + columns * L], total)


@kernel
def _weight_gradients(
    d: Array,
    x: Array,
    h: Array,
    places_x: Array,
    places_h: Array,
    dw_x: Array,
    dw_h: Array,
    db: Array,
    rows_x: Array,
    rows_h: Array,
    L: int,
    terms: int,
    first: int,
    last: int,
) -> None:
    """dw_x = d.T @ x, dw_h = d.T @ (states before), db = sum of d, for the blocks of d from `first` to `last`.

    d (G * U, N, L) and db (G * U, L), flat.  rows_x, rows_h (G * U): the first row of dw that a block gives, or -1.
    """
    N, I = x.shape
    H = h.shape[1]
    size = d.itemsize
    total_x, total_h = np.empty(I * L, d.dtype), np.empty(H * L, d.dtype)
    tile = np.zeros((1 + max(I, H, 1)) * L, d.dtype)
    one, nowhere = np.ones(1, d.dtype), np.zeros(terms, np.int64)  # the bias is a weight of an input that is always 1
    for block in range(first, last):
        row_x, row_h = rows_x[block], rows_h[block]
        wide = min(L, H - max(row_x, row_h) % H)
        total_x[:] = 0
        total_h[:] = 0
        total = db[block * L : block * L + L]
        total[:] = 0
        for n in range(0, N, terms):
            count = min(terms, N - n)
            begin = (block * N + n) * L
            at_d = d.ctypes.data + begin * size
            _times_panel(d, at_d, one.ctypes.data, 0, nowhere.ctypes.data, 1, count, L, total, tile)
            if row_x >= 0:
                _times_panel(d, at_d, x.ctypes.data, size, places_x.ctypes.data + 8 * n, I, count, L, total_x, tile)
            if row_h >= 0:
                _times_panel(d, at_d, h.ctypes.data, size, places_h.ctypes.data + 8 * n, H, count, L, total_h, tile)
        if row_x >= 0:
            for l in range(wide):
                target = dw_x[row_x + l]
                for q in range(I):
                    target[q] = total_x[q * L + l]
        if row_h >= 0:
            for l in range(wide):
                target = dw_h[row_h + l]
                for q in range(H):
                    target[q] = total_h[q * L + l]


# ------------------------------------------------------------------------------------------------------------- LSTM


@kernel
def _lstm_cell(i: Array, f: Array, g: Array, c: Array) -> None:
    for k in range(c.size):
        c[k] = f[k] * c[k] + i[k] * g[k]


@kernel
def _lstm_output(o: Array, c: Array, h: Array) -> None:
    for k in range(c.size):
        h[k] = o[k] * tanh(c[k])


@kernel
def _lstm(
    x: Array,
    w_ih: Array,
    w_hh: Array,
    bias: Array,
    gates: Array,
    hs: Array,
    cs: Array,
    h_n: Array,
    c_n: Array,
    room: Array,
    places_x: Array,
    L: int,
    begins: Array,
    span: int,
    reverse: bool,
    start: int,
    stop: int,
) -> None:
    """gates -> i, f, g, o;  c = f c + i g;  h = o tanh(c), for the sequences from `start` to `stop`.

    x (N, I), w_ih (4 U, I, L), w_hh (4 U, H, L), bias (4 U, L).  gates (4 U, N, L) are written, as are hs (B + N, H)
    from row B on, cs (U, B + N, L), h_n and c_n (B, H).  hs starts with the first states, as do h_n, c_n.
    room (2, U * B * L), aligned, is for the states of a step: h, c (U, stop - start, L).
    begins (T + 1,) says where the rows of each step begin. What the inputs give to the gates is summed for `span` steps
    at a time, so that it is still in the cache when the states are added.
    """
    N = len(x)
    B, H = h_n.shape
    R = stop - start
    U = (H + L - 1) // L
    begin, end = start * U * L, stop * U * L
    h, c = room[0, begin:end], room[1, begin:end]
    places_h = _unit_places(H, R, L, x.itemsize)
    T = len(begins) - 1
    row = L * x.itemsize
    part = U * N * L  # from gate to gate
    _spread(h_n, start, R, h, R, L)
    _spread(c_n, start, R, c, R, L)
    for u in range(U):
        _copy(c[u * R * L : (u + 1) * R * L], cs[(u * (B + N) + start) * L : (u * (B + N) + stop) * L])
    for step in range(T):
        t = T - 1 - step if reverse else step
        if step % span == 0:
            some = _steps(step, span, T, reverse)
            _input_part(x, w_ih, bias, gates, L, begins, some, start, stop, places_x)
        at = begins[t] + start
        rows = min(begins[t] + stop, begins[t + 1]) - at
        wide = rows * L
        if rows > 0:
            for block in range(4 * U):
                out = gates.ctypes.data + (block * N + at) * row
                product(
                    x,
                    rows,
                    h.ctypes.data,
                    row,
                    places_h.ctypes.data,
                    w_hh.ctypes.data + block * H * row,
                    H,
                    out,
                    row,
                    out,
                    row,
                )
            for u in range(U):
                p, q = (u * N + at) * L, u * R * L
                i, f = gates[p : p + wide], gates[p + part : p + part + wide]
                g, o = gates[p + 2 * part : p + 2 * part + wide], gates[p + 3 * part : p + 3 * part + wide]
                _sigmoid(i)
                _sigmoid(f)
                _tanh(g)
                _sigmoid(o)
                _lstm_cell(i, f, g, c[q : q + wide])
                _lstm_output(o, c[q : q + wide], h[q : q + wide])
                p = (u * (B + N) + B + at) * L
                _copy(c[q : q + wide], cs[p : p + wide])
            _gather(h, R, L, hs, B + at, rows)
    _gather(h, R, L, h_n, start, R)
    _gather(c, R, L, c_n, start, R)


@kernel
def _lstm_slopes_c(dh: Array, o: Array, y: Array, dc: Array) -> None:
    """Add to the cotangent of c what comes through h = o y, y = tanh(c)."""
    one = o.dtype.type(1)
    for k in range(o.size):
        dc[k] += dh[k] * o[k] * (one - y[k] * y[k])


@kernel
def _slopes_of_sigmoid(dz: Array, y: Array, z: Array, d: Array) -> None:
    """d = dz y z (1 - z)."""
    one = z.dtype.type(1)
    for k in range(z.size):
        d[k] = dz[k] * y[k] * (z[k] * (one - z[k]))


@kernel
def _slopes_of_tanh(dz: Array, y: Array, z: Array, d: Array) -> None:
    """d = dz y (1 - z^2)."""
    one = z.dtype.type(1)
    for k in range(z.size):
        d[k] = dz[k] * y[k] * (one - z[k] * z[k])


@kernel
def _scale(x: Array, y: Array) -> None:
    for k in range(x.size):
        x[k] *= y[k]


@kernel
def _lstm_grad(
    dz: Array,
    dh_n: Array,
    dc_n: Array,
    w_ih: Array,
    w_hh: Array,
    gates: Array,
    cs: Array,
    before: Array,
    d: Array,
    dx: Array,
    room: Array,
    places_d: Array,
    zeros: Array,
    L: int,
    begins: Array,
    span: int,
    reverse: bool,
    start: int,
    stop: int,
) -> None:
    """Cotangents of the gates to d (4 U, N, L), of x to dx (N, I), of the first states into dh_n and dc_n.

    dz (N, H);  w_ih (blocks of I, 4 H, L), w_hh (U, 4 H, L);  room (4, U * B * L) is for dh, dc, cell,
    earlier (U, stop - start, L).
    """
    N = len(dz)
    B, H = dh_n.shape
    R = stop - start
    U = (H + L - 1) // L
    begin, end = start * U * L, stop * U * L
    dh, dc, cell, earlier = room[0, begin:end], room[1, begin:end], room[2, begin:end], room[3, begin:end]
    T = len(begins) - 1
    row = L * dz.itemsize
    part = U * N * L  # from gate to gate
    _spread(dh_n, start, R, dh, R, L)
    _spread(dc_n, start, R, dc, R, L)
    for step in range(T):
        t = step if reverse else T - 1 - step
        at = begins[t] + start
        rows = min(begins[t] + stop, begins[t + 1]) - at
        wide = rows * L
        if rows > 0:
            _add_rows(dz, at, rows, dh, R, L)
            for u in range(U):
                p, q = (u * N + at) * L, u * R * L
                i, f = gates[p : p + wide], gates[p + part : p + part + wide]
                g, o = gates[p + 2 * part : p + 2 * part + wide], gates[p + 3 * part : p + 3 * part + wide]
                d_h, d_c, c, c_before = dh[q : q + wide], dc[q : q + wide], cell[q : q + wide], earlier[q : q + wide]
                p_c = (u * (B + N) + B + at) * L
                _copy(cs[p_c : p_c + wide], c)
                for r in range(rows):
                    p_c = (u * (B + N) + before[at + r]) * L
                    _copy(cs[p_c : p_c + L], c_before[r * L : r * L + L])
                _tanh(c)
                _slopes_of_sigmoid(d_h, c, o, d[p + 3 * part : p + 3 * part + wide])
                _lstm_slopes_c(d_h, o, c, d_c)
                _slopes_of_sigmoid(d_c, g, i, d[p : p + wide])
                _slopes_of_sigmoid(d_c, c_before, f, d[p + part : p + part + wide])
                _slopes_of_tanh(d_c, i, g, d[p + 2 * part : p + 2 * part + wide])
                _scale(d_c, f)
            for u in range(U):
                product(
                    dz,
                    rows,
                    d.ctypes.data + at * row,
                    row,
                    places_d.ctypes.data,
                    w_hh.ctypes.data + u * 4 * H * row,
                    4 * H,
                    zeros.ctypes.data,
                    0,
                    dh.ctypes.data + u * R * row,
                    row,
                )
        if dx.size and (step % span == span - 1 or step == T - 1):
            some = _steps(step // span * span, span, T, not reverse)
            _input_gradient(d, w_ih, dx, L, begins, some, start, stop, places_d, zeros)
    _gather(dh, R, L, dh_n, start, R)
    _gather(dc, R, L, dc_n, start, R)


def _least(steps: int, width: int, inputs: int, units: int) -> int:
    """The fewest sequences that are worth a thread. An activation costs about as much as 48 multiplications."""
    return WORTH_A_THREAD // max(steps * width * (inputs + units + 48), 1) + 1


def _bias(gates: int, units: int, like: Array, *biases: Array | None) -> Array:
    """The sum of the biases (gates * H,) in panels (gates * U, L), flat."""
    total = np.zeros((1, gates * units), like.dtype)
    for bias in biases:
        if bias is not None:
            total += bias
    return packed(total, gates)


def _check(function: str, x: Array, batch: int, sizes: Array, gates: int, w_ih: Array, w_hh: Array, *rest: Any) -> None:
    """Nothing that does not fit reaches a loop."""
    H = w_hh.shape[1]
    sound = (
        x.ndim == 2
        and w_ih.shape == (gates * H, x.shape[1])
        and w_hh.shape == (gates * H, H)
        and sizes.dtype == np.int64
        and len(sizes) > 0
        and sizes[0] == batch
        and sizes[-1] >= 0
        and not (sizes[1:] > sizes[:-1]).any()
        and sizes.sum() == len(x)
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
    of_x, of_h, bias = packed(w_ih.T, 4), packed(w_hh.T, 4), _bias(4, H, x, b_ih, b_hh)
    places_x = row_places(I, x.itemsize)
    room = aligned(2 * U * B * L, dtype).reshape(2, -1)
    least = _least(len(sizes), 4 * H, I, H)
    begins, span = _begins(sizes), _span(B, 4 * U * L * x.itemsize, least)
    work = partial(_lstm, x, of_x, of_h, bias, gates, hs, cs, h_n, c_n, room, places_x, L, begins, span, reverse)
    if N and H:
        threads.split(B, work, least)
    return hs[B:], h_n, c_n, hs, cs, gates


def _gradients_of_weights(
    d: Array, x: Array, hs: Array, sizes: Array, reverse: bool, of_x: list[int], of_h: list[int]
) -> tuple[Array, ...]:
    """(dw_ih, dw_hh, db_ih, db_hh) from d (G * U, N, L); of_x, of_h: the G they come from."""
    (N, I), H, dtype = x.shape, hs.shape[1], d.dtype
    L = panel.columns(d.itemsize)
    U = -(-H // L)
    blocks = (1 + max(of_h)) * U
    first = np.arange(U) * L  # of the rows that a block of d gives, within its gate
    rows_x, rows_h = np.full(blocks, -1), np.full(blocks, -1)
    for rows, parts in ((rows_x, of_x), (rows_h, of_h)):
        for gate, part in enumerate(parts):
            rows[part * U : (part + 1) * U] = gate * H + first
    dw_x, dw_h, db = (
        np.empty((len(of_x) * H, I), dtype),
        np.empty((len(of_h) * H, H), dtype),
        aligned(blocks * L, dtype),
    )
    places_x = row_places(N, I * x.itemsize)
    places_h = _before(sizes, reverse) * (H * x.itemsize)
    work = partial(_weight_gradients, d, x, hs, places_x, places_h, dw_x, dw_h, db, rows_x, rows_h, L, TERMS)
    threads.split(blocks, work, WORTH_A_THREAD // max(N * L * (I + H), 1) + 1)
    sums = db.reshape(-1, U * L)[:, :H]
    return dw_x, dw_h, sums[of_x].reshape(-1), sums[of_h].reshape(-1)


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
    (B, H), (N, I), dtype = dh_n.shape, x.shape, x.dtype
    L = panel.columns(x.itemsize)
    U = -(-H // L)
    states = (dz, (N, H)), (dh_n, (B, H)), (dc_n, (B, H)), (hs, (B + N, H))
    _check("lstm_grad", x, B, sizes, 4, w_ih, w_hh, *states, (gates, (4 * U * N * L,)), (cs, (U * (B + N) * L,)))
    dz, x = np.ascontiguousarray(dz), np.ascontiguousarray(x)
    d = aligned(4 * U * N * L, dtype)
    dx = np.empty((N, I) if to_input else (0, 0), dtype)
    dh, dc = np.array(dh_n, order="C"), np.array(dc_n, order="C")
    of_x = packed(w_ih if to_input else w_ih[:0], 1)
    of_h, zeros = packed(w_hh, 1), np.zeros(L, dtype)
    at = places((0, 1, 2, 3), H, N, x.itemsize)
    before = _before(sizes, reverse)
    room = aligned(4 * U * B * L, dtype).reshape(4, -1)
    least = _least(len(sizes), 8 * H, I, H)
    begins, span = _begins(sizes), _span(B, 4 * U * L * x.itemsize, least)
    work = partial(
        _lstm_grad, dz, dh, dc, of_x, of_h, gates, cs, before, d, dx, room, at, zeros, L, begins, span, reverse
    )
    if N and H:
        threads.split(B, work, least)
    weights = _gradients_of_weights(d, x, hs, sizes, reverse, [0, 1, 2, 3], [0, 1, 2, 3]) if to_weights else [None] * 4
    return dx if to_input else None, dh, dc, *weights


# -------------------------------------------------------------------------------------------------------------- GRU


@kernel
def _gru_new(n: Array, r: Array, y: Array) -> None:
    for k in range(n.size):
        n[k] = tanh(n[k] + r[k] * y[k])


@kernel
def _gru_state(n: Array, z: Array, h: Array) -> None:
    for k in range(h.size):
        h[k] = n[k] + z[k] * (h[k] - n[k])


@kernel
def _gru(
    x: Array,
    w_ih: Array,
    w_hh: Array,
    bias: Array,
    bias_y: Array,
    gates: Array,
    hs: Array,
    h_n: Array,
    room: Array,
    places_x: Array,
    L: int,
    begins: Array,
    span: int,
    reverse: bool,
    start: int,
    stop: int,
) -> None:
    """gates -> r, z, n, y = w_n h + b;  n = tanh(x_n + r y);  h = n + z (h - n).

    Arrays as in `_lstm`; w_ih, w_hh (3 U, *, L), gates (4 U, N, L); bias (3 U, L) goes to r, z, n, bias_y (U, L) to y.
    """
    N = len(x)
    B, H = h_n.shape
    R = stop - start
    U = (H + L - 1) // L
    begin, end = start * U * L, stop * U * L
    h = room[0, begin:end]
    places_h = _unit_places(H, R, L, x.itemsize)
    T = len(begins) - 1
    row = L * x.itemsize
    part = U * N * L  # from gate to gate
    _spread(h_n, start, R, h, R, L)
    for step in range(T):
        t = T - 1 - step if reverse else step
        if step % span == 0:
            some = _steps(step, span, T, reverse)
            _input_part(x, w_ih, bias, gates, L, begins, some, start, stop, places_x)
        at = begins[t] + start
        rows = min(begins[t] + stop, begins[t + 1]) - at
        wide = rows * L
        if rows > 0:
            for block in range(3 * U):
                target = block if block < 2 * U else block + U
                out = gates.ctypes.data + (target * N + at) * row
                first, apart = out, row
                if block >= 2 * U:
                    first, apart = bias_y.ctypes.data + (block - 2 * U) * row, 0
                product(
                    x,
                    rows,
                    h.ctypes.data,
                    row,
                    places_h.ctypes.data,
                    w_hh.ctypes.data + block * H * row,
                    H,
                    first,
                    apart,
                    out,
                    row,
                )
            for u in range(U):
                p, q = (u * N + at) * L, u * R * L
                r, z = gates[p : p + wide], gates[p + part : p + part + wide]
                new, y = gates[p + 2 * part : p + 2 * part + wide], gates[p + 3 * part : p + 3 * part + wide]
                _sigmoid(r)
                _sigmoid(z)
                _gru_new(new, r, y)
                _gru_state(new, z, h[q : q + wide])
            _gather(h, R, L, hs, B + at, rows)
    _gather(h, R, L, h_n, start, R)


@kernel
def _gru_slopes_z(dh: Array, h: Array, n: Array, z: Array, d: Array) -> None:
    one = z.dtype.type(1)
    for k in range(z.size):
        d[k] = dh[k] * (h[k] - n[k]) * (z[k] * (one - z[k]))


@kernel
def _gru_slopes_n(dh: Array, n: Array, z: Array, d: Array) -> None:
    one = z.dtype.type(1)
    for k in range(z.size):
        d[k] = dh[k] * (one - z[k]) * (one - n[k] * n[k])


@kernel
def _times(x: Array, y: Array, z: Array) -> None:
    for k in range(z.size):
        z[k] = x[k] * y[k]


@kernel
def _gru_grad(
    dz: Array,
    dh_n: Array,
    w_ih: Array,
    w_hh: Array,
    gates: Array,
    hs: Array,
    before: Array,
    d: Array,
    dx: Array,
    room: Array,
    places_x: Array,
    places_h: Array,
    zeros: Array,
    L: int,
    begins: Array,
    span: int,
    reverse: bool,
    start: int,
    stop: int,
) -> None:
    """Cotangents of r, z, n and y before their activation to d (4 U, N, L). All else as in `_lstm_grad`."""
    N = len(dz)
    H = dh_n.shape[1]
    R = stop - start
    U = (H + L - 1) // L
    begin, end = start * U * L, stop * U * L
    dh, earlier = room[0, begin:end], room[1, begin:end]
    T = len(begins) - 1
    row = L * dz.itemsize
    part = U * N * L  # from gate to gate
    _spread(dh_n, start, R, dh, R, L)
    for step in range(T):
        t = step if reverse else T - 1 - step
        at = begins[t] + start
        rows = min(begins[t] + stop, begins[t + 1]) - at
        wide = rows * L
        if rows > 0:
            _add_rows(dz, at, rows, dh, R, L)
            for k in range(rows):
                _spread(hs, before[at + k], 1, earlier[k * L :], R, L)
            for u in range(U):
                p, q = (u * N + at) * L, u * R * L
                r, z = gates[p : p + wide], gates[p + part : p + part + wide]
                new, y = gates[p + 2 * part : p + 2 * part + wide], gates[p + 3 * part : p + 3 * part + wide]
                d_h, d_n = dh[q : q + wide], d[p + 2 * part : p + 2 * part + wide]
                _gru_slopes_z(d_h, earlier[q : q + wide], new, z, d[p + part : p + part + wide])
                _gru_slopes_n(d_h, new, z, d_n)
                _slopes_of_sigmoid(d_n, y, r, d[p : p + wide])
                _times(d_n, r, d[p + 3 * part : p + 3 * part + wide])
                _scale(d_h, z)
            for u in range(U):
                out = dh.ctypes.data + u * R * row
                product(
                    dz,
                    rows,
                    d.ctypes.data + at * row,
                    row,
                    places_h.ctypes.data,
                    w_hh.ctypes.data + u * 3 * H * row,
                    3 * H,
                    out,
                    row,
                    out,
                    row,
                )
        if dx.size and (step % span == span - 1 or step == T - 1):
            some = _steps(step // span * span, span, T, not reverse)
            _input_gradient(d, w_ih, dx, L, begins, some, start, stop, places_x, zeros)
    _gather(dh, R, L, dh_n, start, R)


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
    of_x, of_h = packed(w_ih.T, 3), packed(w_hh.T, 3)
    places_x = row_places(I, x.itemsize)
    room = aligned(U * B * L, dtype).reshape(1, -1)
    least = _least(len(sizes), 3 * H, I, H)
    begins, span = _begins(sizes), _span(B, 4 * U * L * x.itemsize, least)
    work = partial(_gru, x, of_x, of_h, bias, bias_y, gates, hs, h_n, room, places_x, L, begins, span, reverse)
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
    (B, H), (N, I), dtype = dh_n.shape, x.shape, x.dtype
    L = panel.columns(x.itemsize)
    U = -(-H // L)
    states = (dz, (N, H)), (dh_n, (B, H)), (hs, (B + N, H))
    _check("gru_grad", x, B, sizes, 3, w_ih, w_hh, *states, (gates, (4 * U * N * L,)))
    dz, x = np.ascontiguousarray(dz), np.ascontiguousarray(x)
    d, dx, dh = (
        aligned(4 * U * N * L, dtype),
        np.empty((N, I) if to_input else (0, 0), dtype),
        np.array(dh_n, order="C"),
    )
    of_x, of_h = packed(w_ih if to_input else w_ih[:0], 1), packed(w_hh, 1)
    zeros, before = np.zeros(L, dtype), _before(sizes, reverse)
    at_x, at_h = places((0, 1, 2), H, N, x.itemsize), places((0, 1, 3), H, N, x.itemsize)
    room = aligned(2 * U * B * L, dtype).reshape(2, -1)
    least = _least(len(sizes), 6 * H, I, H)
    begins, span = _begins(sizes), _span(B, 4 * U * L * x.itemsize, least)
    work = partial(
        _gru_grad, dz, dh, of_x, of_h, gates, hs, before, d, dx, room, at_x, at_h, zeros, L, begins, span, reverse
    )
    if N and H:
        threads.split(B, work, least)
    weights = _gradients_of_weights(d, x, hs, sizes, reverse, [0, 1, 2], [0, 1, 3]) if to_weights else [None] * 4
    return dx if to_input else None, dh, *weights


# -------------------------------------------------------------------------------------------------------------- RNN


@kernel
def _rnn(
    x: Array,
    w_ih: Array,
    w_hh: Array,
    bias: Array,
    gates: Array,
    hs: Array,
    h_n: Array,
    room: Array,
    places_x: Array,
    L: int,
    begins: Array,
    span: int,
    reverse: bool,
    rectified: bool,
    start: int,
    stop: int,
) -> None:
    """h = tanh(gates), or relu. Arrays as in `_lstm`; gates (U, N, L) are room."""
    N = len(x)
    B, H = h_n.shape
    R = stop - start
    U = (H + L - 1) // L
    begin, end = start * U * L, stop * U * L
    h = room[0, begin:end]
    places_h = _unit_places(H, R, L, x.itemsize)
    T = len(begins) - 1
    row = L * x.itemsize
    _spread(h_n, start, R, h, R, L)
    for step in range(T):
        t = T - 1 - step if reverse else step
        if step % span == 0:
            some = _steps(step, span, T, reverse)
            _input_part(x, w_ih, bias, gates, L, begins, some, start, stop, places_x)
        at = begins[t] + start
        rows = min(begins[t] + stop, begins[t + 1]) - at
        wide = rows * L
        if rows > 0:
            for u in range(U):
                out = gates.ctypes.data + (u * N + at) * row
                product(
                    x,
                    rows,
                    h.ctypes.data,
                    row,
                    places_h.ctypes.data,
                    w_hh.ctypes.data + u * H * row,
                    H,
                    out,
                    row,
                    out,
                    row,
                )
            for u in range(U):
                p, q = (u * N + at) * L, u * R * L
                new = gates[p : p + wide]
                if rectified:
                    _relu(new)
                else:
                    _tanh(new)
                _copy(new, h[q : q + wide])
            _gather(h, R, L, hs, B + at, rows)
    _gather(h, R, L, h_n, start, R)


@kernel
def _rnn_slopes(dh: Array, h: Array, rectified: bool, d: Array) -> None:
    zero, one = h.dtype.type(0), h.dtype.type(1)
    if rectified:
        for k in range(h.size):
            d[k] = zero if h[k] == zero else dh[k]
    else:
        for k in range(h.size):
            d[k] = dh[k] * (one - h[k] * h[k])


@kernel
def _rnn_grad(
    dz: Array,
    dh_n: Array,
    w_ih: Array,
    w_hh: Array,
    hs: Array,
    d: Array,
    dx: Array,
    room: Array,
    places_d: Array,
    zeros: Array,
    L: int,
    begins: Array,
    span: int,
    reverse: bool,
    rectified: bool,
    start: int,
    stop: int,
) -> None:
    """Cotangents before the activation to d (U, N, L). All else as in `_lstm_grad`."""
    N = len(dz)
    B, H = dh_n.shape
    R = stop - start
    U = (H + L - 1) // L
    begin, end = start * U * L, stop * U * L
    dh, h = room[0, begin:end], room[1, begin:end]
    T = len(begins) - 1
    row = L * dz.itemsize
    _spread(dh_n, start, R, dh, R, L)
    for step in range(T):
        t = step if reverse else T - 1 - step
        at = begins[t] + start
        rows = min(begins[t] + stop, begins[t + 1]) - at
        wide = rows * L
        if rows > 0:
            _add_rows(dz, at, rows, dh, R, L)
            _spread(hs, B + at, rows, h, R, L)
            for u in range(U):
                p, q = (u * N + at) * L, u * R * L
                _rnn_slopes(dh[q : q + wide], h[q : q + wide], rectified, d[p : p + wide])
            for u in range(U):
                product(
                    dz,
                    rows,
                    d.ctypes.data + at * row,
                    row,
                    places_d.ctypes.data,
                    w_hh.ctypes.data + u * H * row,
                    H,
                    zeros.ctypes.data,
                    0,
                    dh.ctypes.data + u * R * row,
                    row,
                )
        if dx.size and (step % span == span - 1 or step == T - 1):
            some = _steps(step // span * span, span, T, not reverse)
            _input_gradient(d, w_ih, dx, L, begins, some, start, stop, places_d, zeros)
    _gather(dh, R, L, dh_n, start, R)


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
    of_x, of_h, bias = packed(w_ih.T, 1), packed(w_hh.T, 1), _bias(1, H, x, b_ih, b_hh)
    places_x = row_places(I, x.itemsize)
    room = aligned(U * B * L, dtype).reshape(1, -1)
    least = _least(len(sizes), H, I, H)
    begins, span = _begins(sizes), _span(B, U * L * x.itemsize, least)
    work = partial(_rnn, x, of_x, of_h, bias, gates, hs, h_n, room, places_x, L, begins, span, reverse, rectified)
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
    (B, H), (N, I), dtype = dh_n.shape, x.shape, x.dtype
    _check("rnn_grad", x, B, sizes, 1, w_ih, w_hh, (dz, (N, H)), (dh_n, (B, H)), (hs, (B + N, H)))
    dz, x = np.ascontiguousarray(dz), np.ascontiguousarray(x)
    L = panel.columns(x.itemsize)
    U = -(-H // L)
    d, dx, dh = aligned(U * N * L, dtype), np.empty((N, I) if to_input else (0, 0), dtype), np.array(dh_n, order="C")
    of_x, of_h = packed(w_ih if to_input else w_ih[:0], 1), packed(w_hh, 1)
    zeros, at = np.zeros(L, dtype), places((0,), H, N, x.itemsize)
    room = aligned(2 * U * B * L, dtype).reshape(2, -1)
    least = _least(len(sizes), 2 * H, I, H)
    begins, span = _begins(sizes), _span(B, U * L * x.itemsize, least)
    work = partial(_rnn_grad, dz, dh, of_x, of_h, hs, d, dx, room, at, zeros, L, begins, span, reverse, rectified)
    if N and H:
        threads.split(B, work, least)
    weights = _gradients_of_weights(d, x, hs, sizes, reverse, [0], [0]) if to_weights else [None] * 4
    return dx if to_input else None, dh, *weights
