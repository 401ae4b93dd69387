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

from . import panel, simd, threads
from .jit import kernel
from .panel import product
from .vector import sigmoid, tanh

Array = np.ndarray[Any, Any]

WORTH_A_THREAD = 1_000_000
"""Multiplications that pay for waking a thread."""

WORTH_COPYING = 1 << 14
"""Weights whose packing pays for waking a thread."""

NEAR = 64 << 10
"""Bytes of gates that a thread makes, uses and leaves before the next: with the weights they stay in the cache."""

TERMS = 256
"""Rows over which weight gradients are summed at a time: the cotangents stay in the cache while all inputs use them."""


def aligned(size: int, dtype: Any) -> Array:
    """Memory that starts at a border of 64 bytes: no register is loaded across two lines of the cache."""
    room = np.empty(size + 16, dtype)
    skip = (-room.__array_interface__["data"][0] % 64) // room.itemsize
    return room[skip : skip + size]


@functools.lru_cache(maxsize=64)
def row_places(count: int, width: int) -> Array:
    """Distances in bytes from the first of `count` elements that lie `width` bytes apart."""
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
    simd.wide()
    for k in range(z.size):
        z[k] = x[k]


@kernel
def _add(x: Array, z: Array) -> None:
    simd.wide()
    for k in range(z.size):
        z[k] += x[k]


@kernel
def _sigmoid(a: Array) -> None:
    simd.wide()
    for k in range(a.size):
        a[k] = sigmoid(a[k])


@kernel
def _tanh(a: Array) -> None:
    simd.wide()
    for k in range(a.size):
        a[k] = tanh(a[k])


@kernel
def _relu(a: Array) -> None:
    simd.wide()
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


@kernel
def _gate_places(uses: Array, side: int, units: int, rows: int, L: int, itemsize: int) -> Array:
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


# ------------------------------------------------------------------------------------------------- weights as panels


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
    _add(tile[L : L + columns * L], total)


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
def _leave(
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
def _finish(
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
            _add(totals[part, block * each : (block + 1) * each], sums)
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


# ------------------------------------------------------------------------------------------------------------- LSTM


@kernel
def _lstm_cell(i: Array, f: Array, g: Array, c: Array) -> None:
    simd.wide()
    for k in range(c.size):
        c[k] = f[k] * c[k] + i[k] * g[k]


@kernel
def _lstm_output(o: Array, c: Array, h: Array) -> None:
    simd.wide()
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
    simd.wide()
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
def _tanh_of(c: Array, y: Array) -> None:
    simd.wide()
    for k in range(c.size):
        y[k] = tanh(c[k])


@kernel
def _lstm_slopes_c(dh: Array, o: Array, y: Array, dc: Array) -> None:
    """Add to the cotangent of c what comes through h = o y, y = tanh(c)."""
    simd.wide()
    one = o.dtype.type(1)
    for k in range(o.size):
        dc[k] += dh[k] * o[k] * (one - y[k] * y[k])


@kernel
def _slopes_of_sigmoid(dz: Array, y: Array, z: Array, d: Array) -> None:
    """d = dz y z (1 - z)."""
    simd.wide()
    one = z.dtype.type(1)
    for k in range(z.size):
        d[k] = dz[k] * y[k] * (z[k] * (one - z[k]))


@kernel
def _slopes_of_tanh(dz: Array, y: Array, z: Array, d: Array) -> None:
    """d = dz y (1 - z^2)."""
    simd.wide()
    one = z.dtype.type(1)
    for k in range(z.size):
        d[k] = dz[k] * y[k] * (one - z[k] * z[k])


@kernel
def _scale(x: Array, y: Array) -> None:
    simd.wide()
    for k in range(x.size):
        x[k] *= y[k]


@kernel
def _lstm_grad(
    x: Array,
    hs: Array,
    dz: Array,
    dh_n: Array,
    dc_n: Array,
    w_ih: Array,
    w_hh: Array,
    gates: Array,
    cs: Array,
    before: Array,
    uses: Array,
    chunks: Array,
    numbers: Array,
    dx: Array,
    totals: Array,
    room: Array,
    zeros: Array,
    L: int,
    begins: Array,
    span: int,
    reverse: bool,
    start: int,
    stop: int,
) -> None:
    """Cotangents of x to dx (N, I), of the first states into dh_n and dc_n, of the weights to `totals`; see `_leave`.

    dz (N, H);  w_ih (blocks of I, 4 H, L), w_hh (U, 4 H, L);  room (4, U * B * L) is for dh, dc, cell,
    earlier (U, stop - start, L), chunks for d of `span` steps, numbers (B * span) for the numbers of its rows.
    """
    N = len(dz)
    B, H = dh_n.shape
    simd.wide()
    R = stop - start
    U = (H + L - 1) // L
    begin, end = start * U * L, stop * U * L
    dh, dc, cell, earlier = room[0, begin:end], room[1, begin:end], room[2, begin:end], room[3, begin:end]
    T = len(begins) - 1
    row = L * dz.itemsize
    part = U * N * L  # from gate to gate
    d, mine = chunks[start * span * 4 * U * L : stop * span * 4 * U * L], numbers[start * span : stop * span]
    places_x = _gate_places(uses, 0, H, R * span, L, x.itemsize)
    places_h = _gate_places(uses, 1, H, R * span, L, x.itemsize)
    total = totals[threads.number(start, B, len(totals))]
    total[:] = 0
    apart = U * R * span * L  # the same in d
    count = 0  # rows that d has
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
                p, q, m = (u * N + at) * L, u * R * L, (u * R * span + count) * L
                i, f = gates[p : p + wide], gates[p + part : p + part + wide]
                g, o = gates[p + 2 * part : p + 2 * part + wide], gates[p + 3 * part : p + 3 * part + wide]
                d_h, d_c, c, c_before = dh[q : q + wide], dc[q : q + wide], cell[q : q + wide], earlier[q : q + wide]
                p_c = (u * (B + N) + B + at) * L
                _tanh_of(cs[p_c : p_c + wide], c)
                p_c = (u * (B + N) + before[at]) * L
                if before[at + rows - 1] == before[at] + rows - 1:  # they stand together
                    c_before = cs[p_c : p_c + wide]
                else:
                    for r in range(rows):
                        p_c = (u * (B + N) + before[at + r]) * L
                        _copy(cs[p_c : p_c + L], c_before[r * L : r * L + L])
                _slopes_of_sigmoid(d_h, c, o, d[m + 3 * apart : m + 3 * apart + wide])
                _lstm_slopes_c(d_h, o, c, d_c)
                _slopes_of_sigmoid(d_c, g, i, d[m : m + wide])
                _slopes_of_sigmoid(d_c, c_before, f, d[m + apart : m + apart + wide])
                _slopes_of_tanh(d_c, i, g, d[m + 2 * apart : m + 2 * apart + wide])
                _scale(d_c, f)
            for u in range(U):
                product(
                    dz,
                    rows,
                    d.ctypes.data + count * row,
                    row,
                    places_h.ctypes.data,
                    w_hh.ctypes.data + u * 4 * H * row,
                    4 * H,
                    zeros.ctypes.data,
                    0,
                    dh.ctypes.data + u * R * row,
                    row,
                )
            for k in range(rows):
                mine[count + k] = at + k
            count += rows
        if count and (step % span == span - 1 or step == T - 1):
            _leave(d, mine, count, x, hs, before, uses, w_ih, dx, total, places_x, zeros, L)
            count = 0
    _gather(dh, R, L, dh_n, start, R)
    _gather(dc, R, L, dc_n, start, R)


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
    places_x = row_places(I, x.itemsize)
    room = aligned(2 * U * B * L, dtype).reshape(2, -1)
    least = _least(len(sizes), 4 * H, I, H)
    begins, span = _begins(sizes), _span(B, 4 * U * L * x.itemsize, least)
    work = partial(_lstm, x, of_x, of_h, bias, gates, hs, cs, h_n, c_n, room, places_x, L, begins, span, reverse)
    if N and H:
        threads.split(B, work, least)
    return hs[B:], h_n, c_n, hs, cs, gates


@functools.cache
def _uses(of_x: tuple[int, ...], of_h: tuple[int, ...]) -> Array:
    """(G, 2): which cotangents belong to what the input, and what the state, gives to the gates."""
    gates = range(1 + max(of_x + of_h))
    return np.array([(gate in of_x, gate in of_h) for gate in gates])


MANY = 512
"""Rows of a thread whose cotangents are summed up together if the gradients of the weights do not stay in the cache."""


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
    threads.split(blocks, partial(_finish, totals, uses, *found, L), WORTH_COPYING // max(each * parts, 1) + 1)
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
        _lstm_grad, (dz, dh, dc), saved, 4, x, w_ih, w_hh, hs, uses, sizes, reverse, to_input, to_weights
    )
    return dx, dh, dc, *found


# -------------------------------------------------------------------------------------------------------------- GRU


@kernel
def _gru_new(n: Array, r: Array, y: Array) -> None:
    simd.wide()
    for k in range(n.size):
        n[k] = tanh(n[k] + r[k] * y[k])


@kernel
def _gru_state(n: Array, z: Array, h: Array) -> None:
    simd.wide()
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
    simd.wide()
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
    simd.wide()
    one = z.dtype.type(1)
    for k in range(z.size):
        d[k] = dh[k] * (h[k] - n[k]) * (z[k] * (one - z[k]))


@kernel
def _gru_slopes_n(dh: Array, n: Array, z: Array, d: Array) -> None:
    simd.wide()
    one = z.dtype.type(1)
    for k in range(z.size):
        d[k] = dh[k] * (one - z[k]) * (one - n[k] * n[k])


@kernel
def _times(x: Array, y: Array, z: Array) -> None:
    simd.wide()
    for k in range(z.size):
        z[k] = x[k] * y[k]


@kernel
def _gru_grad(
    x: Array,
    hs: Array,
    dz: Array,
    dh_n: Array,
    w_ih: Array,
    w_hh: Array,
    gates: Array,
    before: Array,
    uses: Array,
    chunks: Array,
    numbers: Array,
    dx: Array,
    totals: Array,
    room: Array,
    zeros: Array,
    L: int,
    begins: Array,
    span: int,
    reverse: bool,
    start: int,
    stop: int,
) -> None:
    """d (4 U, *, L): of r, z, n and y before their activation. All else as in `_lstm_grad`."""
    N = len(dz)
    B, H = dh_n.shape
    simd.wide()
    R = stop - start
    U = (H + L - 1) // L
    begin, end = start * U * L, stop * U * L
    dh, earlier = room[0, begin:end], room[1, begin:end]
    T = len(begins) - 1
    row = L * dz.itemsize
    part = U * N * L  # from gate to gate
    d, mine = chunks[start * span * 4 * U * L : stop * span * 4 * U * L], numbers[start * span : stop * span]
    places_x = _gate_places(uses, 0, H, R * span, L, x.itemsize)
    places_h = _gate_places(uses, 1, H, R * span, L, x.itemsize)
    total = totals[threads.number(start, B, len(totals))]
    total[:] = 0
    apart = U * R * span * L  # the same in d
    count = 0  # rows that d has
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
                p, q, m = (u * N + at) * L, u * R * L, (u * R * span + count) * L
                r, z = gates[p : p + wide], gates[p + part : p + part + wide]
                new, y = gates[p + 2 * part : p + 2 * part + wide], gates[p + 3 * part : p + 3 * part + wide]
                d_h, d_n = dh[q : q + wide], d[m + 2 * apart : m + 2 * apart + wide]
                _gru_slopes_z(d_h, earlier[q : q + wide], new, z, d[m + apart : m + apart + wide])
                _gru_slopes_n(d_h, new, z, d_n)
                _slopes_of_sigmoid(d_n, y, r, d[m : m + wide])
                _times(d_n, r, d[m + 3 * apart : m + 3 * apart + wide])
                _scale(d_h, z)
            for u in range(U):
                out = dh.ctypes.data + u * R * row
                product(
                    dz,
                    rows,
                    d.ctypes.data + count * row,
                    row,
                    places_h.ctypes.data,
                    w_hh.ctypes.data + u * 3 * H * row,
                    3 * H,
                    out,
                    row,
                    out,
                    row,
                )
            for k in range(rows):
                mine[count + k] = at + k
            count += rows
        if count and (step % span == span - 1 or step == T - 1):
            _leave(d, mine, count, x, hs, before, uses, w_ih, dx, total, places_x, zeros, L)
            count = 0
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
    of_x, of_h = packed(w_ih, w_hh, True)
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
    (B, H), N = dh_n.shape, len(x)
    L = panel.columns(x.itemsize)
    U = -(-H // L)
    states = (dz, (N, H)), (dh_n, (B, H)), (hs, (B + N, H))
    _check("gru_grad", x, B, sizes, 3, w_ih, w_hh, *states, (gates, (4 * U * N * L,)))
    dz, x = np.ascontiguousarray(dz), np.ascontiguousarray(x)
    dh, uses = np.array(dh_n, order="C"), _uses((0, 1, 2), (0, 1, 3))
    dx, *found = _back(_gru_grad, (dz, dh), (gates,), 2, x, w_ih, w_hh, hs, uses, sizes, reverse, to_input, to_weights)
    return dx, dh, *found


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
    simd.wide()
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
    simd.wide()
    zero, one = h.dtype.type(0), h.dtype.type(1)
    if rectified:
        for k in range(h.size):
            d[k] = zero if h[k] == zero else dh[k]
    else:
        for k in range(h.size):
            d[k] = dh[k] * (one - h[k] * h[k])


@kernel
def _rnn_grad(
    x: Array,
    hs: Array,
    dz: Array,
    dh_n: Array,
    w_ih: Array,
    w_hh: Array,
    before: Array,
    uses: Array,
    chunks: Array,
    numbers: Array,
    dx: Array,
    totals: Array,
    room: Array,
    zeros: Array,
    L: int,
    begins: Array,
    span: int,
    reverse: bool,
    rectified: bool,
    start: int,
    stop: int,
) -> None:
    """d (U, *, L): before the activation. All else as in `_lstm_grad`."""
    B, H = dh_n.shape
    simd.wide()
    R = stop - start
    U = (H + L - 1) // L
    begin, end = start * U * L, stop * U * L
    dh, h = room[0, begin:end], room[1, begin:end]
    T = len(begins) - 1
    row = L * dz.itemsize
    d, mine = chunks[start * span * U * L : stop * span * U * L], numbers[start * span : stop * span]
    places_x = _gate_places(uses, 0, H, R * span, L, x.itemsize)
    places_h = _gate_places(uses, 1, H, R * span, L, x.itemsize)
    total = totals[threads.number(start, B, len(totals))]
    total[:] = 0
    count = 0  # rows that d has
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
                q, m = u * R * L, (u * R * span + count) * L
                _rnn_slopes(dh[q : q + wide], h[q : q + wide], rectified, d[m : m + wide])
            for u in range(U):
                product(
                    dz,
                    rows,
                    d.ctypes.data + count * row,
                    row,
                    places_h.ctypes.data,
                    w_hh.ctypes.data + u * H * row,
                    H,
                    zeros.ctypes.data,
                    0,
                    dh.ctypes.data + u * R * row,
                    row,
                )
            for k in range(rows):
                mine[count + k] = at + k
            count += rows
        if count and (step % span == span - 1 or step == T - 1):
            _leave(d, mine, count, x, hs, before, uses, w_ih, dx, total, places_x, zeros, L)
            count = 0
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
    (of_x, of_h), bias = packed(w_ih, w_hh, True), _bias(1, H, x, b_ih, b_hh)
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
    (B, H), N = dh_n.shape, len(x)
    _check("rnn_grad", x, B, sizes, 1, w_ih, w_hh, (dz, (N, H)), (dh_n, (B, H)), (hs, (B + N, H)))
    dz, x = np.ascontiguousarray(dz), np.ascontiguousarray(x)
    dh, uses = np.array(dh_n, order="C"), _uses((0,), (0,))
    dx, *found = _back(
        _rnn_grad, (dz, dh), (), 2, x, w_ih, w_hh, hs, uses, sizes, reverse, to_input, to_weights, rectified
    )
    return dx, dh, *found
