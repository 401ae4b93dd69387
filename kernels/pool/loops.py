"""The loops of pooling over up to three axes. Arrays are contiguous (planes, D, H, W); `start` to `stop` are planes.

Settings are triples, one number per pooled axis. z and places are (planes, O, P, Q): O by P by Q windows.
"""

from __future__ import annotations

import numpy as np
from numpy import ndarray as Array

from ..machine.jit import kernel

Triple = tuple[int, int, int]


@kernel
def winners(
    x: Array,
    z: Array,
    place: Array,
    skipped_d: Array,
    skipped_h: Array,
    skipped_w: Array,
    taps: Array,
    rows: int,
    down: int,
    high: int,
    wide: int,
    size: Triple,
    stride: Triple,
    padding: Triple,
    dilation: Triple,
    start: int,
    stop: int,
) -> None:
    """Largest element of each window and its place in it; of equal ones the first, of several NaN the last.

    A few `rows` of z at a time, their part of x is copied so that element t of all windows together is one contiguous
    piece of the copy, beginning at taps[t]: rows that are `stride` apart stand together, and so do columns. So the
    inner loop is long and of vector code, also if rows are short. Stride 1 or 2 along W. Rows are copied by unsigned
    positions in flat memory: views of them, and tests for negative positions, would take longer than the copying.
    copy (size[0], down, stride[2], high, wide), of which the last axis but one counts every stride[1]-th row of x, the
    last every stride[2]-th column.    skipped: how many elements of a window are before the first inside.
    """
    _, D, H, W = x.shape
    _, O, P, Q = z.shape
    least = x.dtype.type(-np.inf)
    across = stride[2]
    part = high * wide
    copy = np.empty(size[0] * down * across * part, x.dtype)
    line = np.full(wide * across, least, x.dtype)
    padded = padding[2] > 0 or line.size > W
    best = np.empty(rows * wide, x.dtype)
    won = np.zeros(rows * wide, place.dtype)
    flat = x.reshape(x.size)
    width, far, one = np.uintp(wide), np.uintp((across - 1) * part), np.uintp(1)
    before, inner = np.uintp(padding[2]), np.uintp(min(W, line.size - padding[2]))
    for n in range(start, stop):
        for o in range(O):
            for p0 in range(0, P, rows):
                here = min(rows, P - p0)
                for i in range(size[0]):
                    d = o * stride[0] - padding[0] + i * dilation[0]
                    for a in range(down):
                        for r in range(high):
                            h = (p0 + r) * stride[1] - padding[1] + a
                            at = (i * down + a) * across * part + r * wide
                            to = np.uintp(at)
                            if d < 0 or d >= D or h < 0 or h >= H:
                                for c in range(width):
                                    copy[to + c] = least
                                    copy[to + far + c] = least
                                continue
                            source = np.uintp(((n * D + d) * H + h) * W)
                            if padded:
                                for c in range(inner):
                                    line[before + c] = flat[source + c]
                                if across == 1:
                                    for c in range(width):
                                        copy[to + c] = line[c]
                                else:
                                    for c in range(width):
                                        copy[to + c] = line[c + c]
                                        copy[to + far + c] = line[c + c + one]
                            elif across == 1:
                                for c in range(width):
                                    copy[to + c] = flat[source + c]
                            else:
                                for c in range(width):
                                    copy[to + c] = flat[source + c + c]
                                    copy[to + far + c] = flat[source + c + c + one]
                count = (here - 1) * wide + Q
                bests, wons = best[:count], won[:count]
                # shortcut: rows of the copy are as long as rows of z, which are then computed in place
                if wide == Q:  # then they can be computed where they belong
                    bests = z[n, o, p0 : p0 + here].reshape(count)
                    wons = place[n, o, p0 : p0 + here].reshape(count)
                bests[:] = least
                wons[:] = 0
                if padding[0] + padding[1] + padding[2] > 0:
                    for r in range(here):
                        missing = (skipped_d[o] * size[1] + skipped_h[p0 + r]) * size[2]
                        for q in range(Q):
                            wons[r * wide + q] = missing + skipped_w[q]
                for t in range(taps.size):
                    values = copy[taps[t] : taps[t] + count]
                    k = place.dtype.type(t)
                    for e in range(count):  # places by arithmetic, and before values: so it is vector code on AVX2 too
                        v = values[e]
                        take = (v > bests[e]) | (v != v)
                        wons[e] += (k - wons[e]) * place.dtype.type(take)
                        bests[e] = v if take else bests[e]
                for r in range(here if wide > Q else 0):
                    zr, pr = z[n, o, p0 + r], place[n, o, p0 + r]
                    br, wr = best[r * wide : r * wide + Q], won[r * wide : r * wide + Q]
                    for q in range(Q):
                        zr[q] = br[q]
                        pr[q] = wr[q]


@kernel
def winners_one_by_one(
    x: Array,
    z: Array,
    place: Array,
    skipped_d: Array,
    skipped_h: Array,
    skipped_w: Array,
    first_d: Array,
    first_h: Array,
    first_w: Array,
    count_d: Array,
    count_h: Array,
    count_w: Array,
    size: Triple,
    dilation: Triple,
    start: int,
    stop: int,
) -> None:
    """The same for windows anywhere: with `count` elements inside, `dilation` apart from `first` on."""
    _, D, H, W = x.shape
    _, O, P, Q = z.shape
    step_d, step_h, step_w = dilation[0] * H * W, dilation[1] * W, dilation[2]
    for n in range(start, stop):
        plane = x[n].reshape(D * H * W)
        for o in range(O):
            for p in range(P):
                for q in range(Q):
                    corner = (first_d[o] * H + first_h[p]) * W + first_w[q]
                    number = (skipped_d[o] * size[1] + skipped_h[p]) * size[2] + skipped_w[q]
                    many = count_w[q]
                    best = plane[corner]
                    won = number
                    nans = 0
                    for i in range(count_d[o]):
                        for j in range(count_h[p]):
                            at = corner + i * step_d + j * step_h
                            k = number + (i * size[1] + j) * size[2]
                            for _ in range(many):
                                v = plane[at]
                                bigger = v > best
                                best = v if bigger else best
                                won = k if bigger else won
                                nans += v != v
                                at += step_w
                                k += 1
                    if nans > 0:  # rare, so the loop above need not be slower for it
                        for i in range(count_d[o]):
                            for j in range(count_h[p]):
                                for k in range(many):
                                    v = plane[corner + i * step_d + j * step_h + k * step_w]
                                    if v != v:
                                        best = v
                                        won = number + (i * size[1] + j) * size[2] + k
                    z[n, o, p, q] = best
                    place[n, o, p, q] = won


@kernel
def put(
    dz: Array,
    place: Array,
    dx: Array,
    begin_d: Array,
    begin_h: Array,
    begin_w: Array,
    offsets: Array,
    start: int,
    stop: int,
) -> None:
    """dx = 0, then dx[begin of the window + offsets[its winner's place]] += dz. One plane at a time."""
    _, D, H, W = dx.shape
    _, O, P, Q = dz.shape
    flat = dx.reshape(dx.size)
    elements = np.uintp(D * H * W)
    for n in range(start, stop):
        plane = n * (D * H * W)
        first = np.uintp(plane)
        for e in range(elements):
            flat[first + e] = 0
        for o in range(O):
            for p in range(P):
                base = plane + (begin_d[o] * H + begin_h[p]) * W
                for q in range(Q):
                    flat[np.uintp(base + begin_w[q] + offsets[place[n, o, p, q]])] += dz[n, o, p, q]


@kernel
def sums(
    x: Array,
    z: Array,
    divisor: Array,
    size: Triple,
    stride: Triple,
    padding: Triple,
    start: int,
    stop: int,
) -> None:
    """z = sum of each window / divisor (O, P, Q): first the rows of a line of windows, then within the row.

    The row of sums has zeros at both ends for what windows cover outside.
    """
    _, D, H, W = x.shape
    _, O, P, Q = z.shape
    step = stride[2]
    row = np.zeros(max((Q - 1) * step + size[2], padding[2] + W), x.dtype)
    inner = row[padding[2] : padding[2] + W]
    for n in range(start, stop):
        for o in range(O):
            first_d = o * stride[0] - padding[0]
            for p in range(P):
                first_h = p * stride[1] - padding[1]
                inner[:] = 0
                for d in range(max(first_d, 0), min(first_d + size[0], D)):
                    for h in range(max(first_h, 0), min(first_h + size[1], H)):
                        source = x[n, d, h]
                        for w in range(W):
                            inner[w] += source[w]
                out, counts = z[n, o, p], divisor[o, p]
                # shortcut: two columns, side by side: padding, the last setting, is in the row of sums already
                if step == 2 and size[2] == 2:
                    for q in range(Q):
                        out[q] = (row[2 * q] + row[2 * q + 1]) / counts[q]
                elif step == 1:
                    out[:] = 0
                    for k in range(size[2]):
                        term = row[k : k + Q]
                        for q in range(Q):
                            out[q] += term[q]
                    for q in range(Q):
                        out[q] /= counts[q]
                else:
                    for q in range(Q):
                        total = x.dtype.type(0)
                        for w in range(q * step, q * step + size[2]):
                            total += row[w]
                        out[q] = total / counts[q]


@kernel
def spread(
    dz: Array,
    dx: Array,
    divisor: Array,
    size: Triple,
    stride: Triple,
    padding: Triple,
    start: int,
    stop: int,
) -> None:
    """dx = sum of dz / divisor over the windows that hold the element: the same the other way round."""
    _, D, H, W = dx.shape
    _, O, P, Q = dz.shape
    step = stride[2]
    row = np.zeros(max((Q - 1) * step + size[2], padding[2] + W), dx.dtype)
    inner = row[padding[2] : padding[2] + W]
    shares = np.empty(Q, dx.dtype)
    for n in range(start, stop):
        dx[n] = 0
        for o in range(O):
            first_d = o * stride[0] - padding[0]
            for p in range(P):
                first_h = p * stride[1] - padding[1]
                source, counts = dz[n, o, p], divisor[o, p]
                for q in range(Q):
                    shares[q] = source[q] / counts[q]
                row[:] = 0
                # shortcut: two columns, side by side: padding, the last setting, is in the row of sums already
                if step == 2 and size[2] == 2:
                    for q in range(Q):
                        row[2 * q] = shares[q]
                        row[2 * q + 1] = shares[q]
                elif step == 1:
                    for k in range(size[2]):
                        term = row[k : k + Q]
                        for q in range(Q):
                            term[q] += shares[q]
                else:
                    for q in range(Q):
                        for w in range(q * step, q * step + size[2]):
                            row[w] += shares[q]
                for d in range(max(first_d, 0), min(first_d + size[0], D)):
                    for h in range(max(first_h, 0), min(first_h + size[1], H)):
                        target = dx[n, d, h]
                        for w in range(W):
                            target[w] += inner[w]


@kernel
def fill(values: Array, dx: Array, start: int, stop: int) -> None:
    """dx[n] = values[n]: the transpose of the sum of a whole plane. dx (planes, elements)."""
    for n in range(start, stop):
        row, value = dx[n], values[n]
        for i in range(row.size):
            row[i] = value
