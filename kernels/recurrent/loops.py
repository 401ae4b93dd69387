"""The loops over the steps of LSTM, GRU and RNN, forward and back; see `sequence`.

Imported when it is first needed, because it loads Numba.
"""

from __future__ import annotations

from numpy import ndarray as Array

from ..machine import threads
from ..machine.jit import kernel
from ..matrix.panel import product
from . import passes
from .panels import add_rows, gate_places, gather, input_part, leave, spread, steps, unit_places

# ---------------------------------------------------------------------------------------------------- LSTM


@kernel
def lstm(
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
    places_h = unit_places(H, R, L, x.itemsize)
    T = len(begins) - 1
    row = L * x.itemsize
    part = U * N * L  # from gate to gate
    spread(h_n, start, R, h, R, L)
    spread(c_n, start, R, c, R, L)
    for u in range(U):
        passes.copy(c[u * R * L : (u + 1) * R * L], cs[(u * (B + N) + start) * L : (u * (B + N) + stop) * L])
    for step in range(T):
        t = T - 1 - step if reverse else step
        if step % span == 0:
            some = steps(step, span, T, reverse)
            input_part(x, w_ih, bias, gates, L, begins, some, start, stop, places_x)
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
                passes.sigmoid(i)
                passes.sigmoid(f)
                passes.tanh(g)
                passes.sigmoid(o)
                passes.cell(i, f, g, c[q : q + wide])
                passes.output(o, c[q : q + wide], h[q : q + wide])
                p = (u * (B + N) + B + at) * L
                passes.copy(c[q : q + wide], cs[p : p + wide])
            gather(h, R, L, hs, B + at, rows)
    gather(h, R, L, h_n, start, R)
    gather(c, R, L, c_n, start, R)


@kernel
def lstm_grad(
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
    """Cotangents of x to dx (N, I), of the first states into dh_n and dc_n, of the weights to `totals`; see `leave`.

    dz (N, H);  w_ih (blocks of I, 4 H, L), w_hh (U, 4 H, L);  room (4, U * B * L) is for dh, dc, cell,
    earlier (U, stop - start, L), chunks for d of `span` steps, numbers (B * span) for the numbers of its rows.
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
    d, mine = chunks[start * span * 4 * U * L : stop * span * 4 * U * L], numbers[start * span : stop * span]
    places_x = gate_places(uses, 0, H, R * span, L, x.itemsize)
    places_h = gate_places(uses, 1, H, R * span, L, x.itemsize)
    total = totals[threads.number(start, B, len(totals))]
    total[:] = 0
    apart = U * R * span * L  # the same in d
    count = 0  # rows that d has
    spread(dh_n, start, R, dh, R, L)
    spread(dc_n, start, R, dc, R, L)
    for step in range(T):
        t = step if reverse else T - 1 - step
        at = begins[t] + start
        rows = min(begins[t] + stop, begins[t + 1]) - at
        wide = rows * L
        if rows > 0:
            add_rows(dz, at, rows, dh, R, L)
            for u in range(U):
                p, q, m = (u * N + at) * L, u * R * L, (u * R * span + count) * L
                i, f = gates[p : p + wide], gates[p + part : p + part + wide]
                g, o = gates[p + 2 * part : p + 2 * part + wide], gates[p + 3 * part : p + 3 * part + wide]
                d_h, d_c, c, c_before = dh[q : q + wide], dc[q : q + wide], cell[q : q + wide], earlier[q : q + wide]
                p_c = (u * (B + N) + B + at) * L
                passes.tanh_of(cs[p_c : p_c + wide], c)
                p_c = (u * (B + N) + before[at]) * L
                if before[at + rows - 1] == before[at] + rows - 1:  # they stand together
                    c_before = cs[p_c : p_c + wide]
                else:
                    for r in range(rows):
                        p_c = (u * (B + N) + before[at + r]) * L
                        passes.copy(cs[p_c : p_c + L], c_before[r * L : r * L + L])
                passes.through_sigmoid(d_h, c, o, d[m + 3 * apart : m + 3 * apart + wide])
                passes.through_output(d_h, o, c, d_c)
                passes.through_sigmoid(d_c, g, i, d[m : m + wide])
                passes.through_sigmoid(d_c, c_before, f, d[m + apart : m + apart + wide])
                passes.through_tanh(d_c, i, g, d[m + 2 * apart : m + 2 * apart + wide])
                passes.scale(d_c, f)
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
            leave(d, mine, count, x, hs, before, uses, w_ih, dx, total, places_x, zeros, L)
            count = 0
    gather(dh, R, L, dh_n, start, R)
    gather(dc, R, L, dc_n, start, R)


# ----------------------------------------------------------------------------------------------------- GRU


@kernel
def gru(
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

    Arrays as in `lstm`; w_ih, w_hh (3 U, *, L), gates (4 U, N, L); bias (3 U, L) goes to r, z, n, bias_y (U, L) to y.
    """
    N = len(x)
    B, H = h_n.shape
    R = stop - start
    U = (H + L - 1) // L
    begin, end = start * U * L, stop * U * L
    h = room[0, begin:end]
    places_h = unit_places(H, R, L, x.itemsize)
    T = len(begins) - 1
    row = L * x.itemsize
    part = U * N * L  # from gate to gate
    spread(h_n, start, R, h, R, L)
    for step in range(T):
        t = T - 1 - step if reverse else step
        if step % span == 0:
            some = steps(step, span, T, reverse)
            input_part(x, w_ih, bias, gates, L, begins, some, start, stop, places_x)
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
                passes.sigmoid(r)
                passes.sigmoid(z)
                passes.candidate(new, r, y)
                passes.mix(new, z, h[q : q + wide])
            gather(h, R, L, hs, B + at, rows)
    gather(h, R, L, h_n, start, R)


@kernel
def gru_grad(
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
    """d (4 U, *, L): of r, z, n and y before their activation. All else as in `lstm_grad`."""
    N = len(dz)
    B, H = dh_n.shape
    R = stop - start
    U = (H + L - 1) // L
    begin, end = start * U * L, stop * U * L
    dh, earlier = room[0, begin:end], room[1, begin:end]
    T = len(begins) - 1
    row = L * dz.itemsize
    part = U * N * L  # from gate to gate
    d, mine = chunks[start * span * 4 * U * L : stop * span * 4 * U * L], numbers[start * span : stop * span]
    places_x = gate_places(uses, 0, H, R * span, L, x.itemsize)
    places_h = gate_places(uses, 1, H, R * span, L, x.itemsize)
    total = totals[threads.number(start, B, len(totals))]
    total[:] = 0
    apart = U * R * span * L  # the same in d
    count = 0  # rows that d has
    spread(dh_n, start, R, dh, R, L)
    for step in range(T):
        t = step if reverse else T - 1 - step
        at = begins[t] + start
        rows = min(begins[t] + stop, begins[t + 1]) - at
        wide = rows * L
        if rows > 0:
            add_rows(dz, at, rows, dh, R, L)
            for k in range(rows):
                spread(hs, before[at + k], 1, earlier[k * L :], R, L)
            for u in range(U):
                p, q, m = (u * N + at) * L, u * R * L, (u * R * span + count) * L
                r, z = gates[p : p + wide], gates[p + part : p + part + wide]
                new, y = gates[p + 2 * part : p + 2 * part + wide], gates[p + 3 * part : p + 3 * part + wide]
                d_h, d_n = dh[q : q + wide], d[m + 2 * apart : m + 2 * apart + wide]
                passes.through_mix(d_h, earlier[q : q + wide], new, z, d[m + apart : m + apart + wide])
                passes.through_candidate(d_h, new, z, d_n)
                passes.through_sigmoid(d_n, y, r, d[m : m + wide])
                passes.times(d_n, r, d[m + 3 * apart : m + 3 * apart + wide])
                passes.scale(d_h, z)
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
            leave(d, mine, count, x, hs, before, uses, w_ih, dx, total, places_x, zeros, L)
            count = 0
    gather(dh, R, L, dh_n, start, R)


# ----------------------------------------------------------------------------------------------------- RNN


@kernel
def rnn(
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
    """h = tanh(gates), or relu. Arrays as in `lstm`; gates (U, N, L) are room."""
    N = len(x)
    B, H = h_n.shape
    R = stop - start
    U = (H + L - 1) // L
    begin, end = start * U * L, stop * U * L
    h = room[0, begin:end]
    places_h = unit_places(H, R, L, x.itemsize)
    T = len(begins) - 1
    row = L * x.itemsize
    spread(h_n, start, R, h, R, L)
    for step in range(T):
        t = T - 1 - step if reverse else step
        if step % span == 0:
            some = steps(step, span, T, reverse)
            input_part(x, w_ih, bias, gates, L, begins, some, start, stop, places_x)
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
                    passes.relu(new)
                else:
                    passes.tanh(new)
                passes.copy(new, h[q : q + wide])
            gather(h, R, L, hs, B + at, rows)
    gather(h, R, L, h_n, start, R)


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
def rnn_grad(
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
    """d (U, *, L): before the activation. All else as in `lstm_grad`."""
    B, H = dh_n.shape
    R = stop - start
    U = (H + L - 1) // L
    begin, end = start * U * L, stop * U * L
    dh, h = room[0, begin:end], room[1, begin:end]
    T = len(begins) - 1
    row = L * dz.itemsize
    d, mine = chunks[start * span * U * L : stop * span * U * L], numbers[start * span : stop * span]
    places_x = gate_places(uses, 0, H, R * span, L, x.itemsize)
    places_h = gate_places(uses, 1, H, R * span, L, x.itemsize)
    total = totals[threads.number(start, B, len(totals))]
    total[:] = 0
    count = 0  # rows that d has
    spread(dh_n, start, R, dh, R, L)
    for step in range(T):
        t = step if reverse else T - 1 - step
        at = begins[t] + start
        rows = min(begins[t] + stop, begins[t + 1]) - at
        wide = rows * L
        if rows > 0:
            add_rows(dz, at, rows, dh, R, L)
            spread(hs, B + at, rows, h, R, L)
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
            leave(d, mine, count, x, hs, before, uses, w_ih, dx, total, places_x, zeros, L)
            count = 0
    gather(dh, R, L, dh_n, start, R)
