"""The loops of pooling over up to three axes. Arrays are contiguous (planes, D, H, W); `start` to `stop` are planes.

Settings are triples, one number per pooled axis. z and places are (planes, O, P, Q): O by P by Q windows. What belongs
together comes as one tuple, a plain one: Numba takes twice as long to accept those whose parts have names.
"""

from __future__ import annotations

import numpy as np
from numpy import ndarray as Array

from ..machine.jit import inlined, kernel, piece

Triple = tuple[int, int, int]
Shape = tuple[int, int, int, int]
Arrays = tuple[Array, Array, Array]

Frame = tuple[Triple, Triple, Triple, Triple]
"""(size, stride, padding, dilation) of even windows: the settings of pooling."""

Layout = tuple[Array, int, int, int, int]
"""(taps, rows, down, high, wide): how `winners` copies what a few `rows` of z look at.

The copy is (size[0], down, stride[2], high, wide), of which the last axis but one counts every stride[1]-th row of x,
the last every stride[2]-th column. So element t of all windows is one contiguous piece of it, from taps[t] on.
"""

Inside = tuple[Arrays, Arrays, Arrays]
"""(skipped, first, count): which elements of windows anywhere lie inside of the array. Per axis each is an array with
one number for each window: how many elements are before the first inside, where that one is, and how many there are."""


# ------------------------------------------------------------------------------------ largest elements, even windows


@kernel
def winners(
    x: Array, z: Array, place: Array, skipped: Arrays, layout: Layout, frame: Frame, start: int, stop: int
) -> None:
    """Largest element of each window and its place in it; of equal ones the first, of several NaN the last.

    A few rows of z at a time, copied so that the inner loop is long and of vector code, also if rows are short.
    Stride 1 or 2 along W.    skipped: as in Inside
    """
    N, O, P, Q = z.shape
    size, stride, padding, _ = frame
    taps, rows, down, high, wide = layout
    skipped_d, skipped_h, skipped_w = skipped
    least = x.dtype.type(-np.inf)
    copy = np.full(size[0] * down * stride[2] * high * wide, least, x.dtype)
    best, won = np.empty(rows * wide, x.dtype), np.zeros(rows * wide, place.dtype)
    flat, values, places = x.reshape(x.size), z.reshape((N * O, P, Q)), place.reshape((N * O, P, Q))
    n, o = start, -1
    for plane in range(start * O, stop * O):
        o += 1
        if o == O:
            n, o = n + 1, 0
        for top in range(0, P, rows):
            some = min(rows, P - top)
            _lay_out(flat, x.shape, (n, o, top), layout, frame, copy)
            count = (some - 1) * wide + Q
            bests, wons = best[:count], won[:count]
            # shortcut: rows of the copy are as long as rows of z, which are then computed in place
            if wide == Q:
                bests = values[plane, top : top + some].reshape(count)
                wons = places[plane, top : top + some].reshape(count)
            bests[:] = least
            wons[:] = 0
            for r in range(some if padding != (0, 0, 0) else 0):  # where all are -inf, the first inside has won
                missing = (skipped_d[o] * size[1] + skipped_h[top + r]) * size[2]
                for q in range(Q):
                    wons[r * wide + q] = missing + skipped_w[q]
            for t in range(taps.size):
                elements = copy[taps[t] : taps[t] + count]
                k = place.dtype.type(t)
                for e in range(count):  # places by arithmetic, and before values: so it is vector code on AVX2 too
                    v = elements[e]
                    take = (v > bests[e]) | (v != v)
                    wons[e] += (k - wons[e]) * place.dtype.type(take)
                    bests[e] = v if take else bests[e]
            for r in range(some if wide > Q else 0):
                zr, pr = values[plane, top + r], places[plane, top + r]
                br, wr = best[r * wide : r * wide + Q], won[r * wide : r * wide + Q]
                for q in range(Q):
                    zr[q] = br[q]
                    pr[q] = wr[q]


@piece
def _lay_out(x: Array, shape: Shape, corner: Triple, layout: Layout, frame: Frame, copy: Array) -> None:
    """Copy what a few rows of z from corner (n, o, p) on look at. What is beyond the ends of W stays -inf.

    A piece, so that it is known that nothing else looks at the copy: else each row would have to ask whether x does.
    Rows are copied by unsigned positions in flat memory: views of them, and tests for negative positions, would take
    longer than the copying. In `line`, a row of x with its padding, columns count from 0 again.
    """
    _, D, H, W = shape
    n, o, p = corner
    size, stride, padding, dilation = frame
    _, _, down, high, wide = layout
    across, before = stride[2], padding[2]
    least = x.dtype.type(-np.inf)
    far, width, one = np.uintp((across - 1) * high * wide), np.uintp(wide), np.uintp(1)
    two = across - 1  # are columns taken in twos? Then half of them, by a shift: divisions take as long as short rows
    begin, end = (before + two) >> two, (before + W) >> two  # whole groups inside, each for a column of the copy
    inside = np.uintp(max(0, min(wide, end) - begin))
    first_alone, last_alone = before & two == 1, (before + W) & two == 1 and end < wide
    d, a = o * stride[0] - padding[0], -1
    for k in range(size[0] * down):
        a += 1
        if a == down:
            d, a = d + dilation[0], 0
        for r in range(high):
            h = (p + r) * stride[1] - padding[1] + a
            row = (k * across * high + r) * wide
            at = ((n * D + d) * H + h) * W + begin * across - before
            if d < 0 or d >= D or h < 0 or h >= H:
                to = np.uintp(row)
                for c in range(width):
                    copy[to + c] = least
                    copy[to + far + c] = least
            elif across == 1:
                to, line = np.uintp(row + begin), np.uintp(at)
                for c in range(inside):
                    copy[to + c] = x[line + c]
            else:
                to, line = np.uintp(row + begin), np.uintp(at)
                for c in range(inside):
                    copy[to + c] = x[line + c + c]
                    copy[to + far + c] = x[line + c + c + one]
                if first_alone:
                    copy[to + far - one] = x[line - one]
                if last_alone:
                    copy[to + inside] = x[line + inside + inside]


# -------------------------------------------------------------------------------- largest elements, windows anywhere


@kernel
def winners_one_by_one(
    x: Array, z: Array, place: Array, inside: Inside, size: Triple, dilation: Triple, start: int, stop: int
) -> None:
    """The same for windows anywhere: which of their elements, `dilation` apart, are inside is known of each."""
    _, D, H, W = x.shape
    _, O, P, Q = z.shape
    (skipped_d, skipped_h, skipped_w), (first_d, first_h, first_w), (count_d, count_h, count_w) = inside
    apart = dilation[0] * H * W, dilation[1] * W, dilation[2]
    for n in range(start, stop):
        plane = x[n].reshape(D * H * W)
        for o in range(O):
            for p in range(P):
                for q in range(Q):
                    corner = (first_d[o] * H + first_h[p]) * W + first_w[q]
                    first = (skipped_d[o] * size[1] + skipped_h[p]) * size[2] + skipped_w[q]
                    count = count_d[o], count_h[p], count_w[q]
                    z[n, o, p, q], place[n, o, p, q] = _winner(plane, corner, first, count, apart, size)


@inlined
def _winner(plane: Array, corner: int, first: int, count: Triple, apart: Triple, size: Triple) -> tuple[float, int]:
    """The largest of `count` elements from plane[corner] on, `apart` from each other; its place, from `first` on."""
    best, won = plane[corner], first
    nans = 0
    for i in range(count[0]):
        for j in range(count[1]):
            at = corner + i * apart[0] + j * apart[1]
            k = first + (i * size[1] + j) * size[2]
            for _ in range(count[2]):
                v = plane[at]
                bigger = v > best
                best = v if bigger else best
                won = k if bigger else won
                nans += v != v
                at += apart[2]
                k += 1
    if nans > 0:  # rare, so the loop above need not be slower for it
        return _last_nan(plane, corner, first, count, apart, size)
    return best, won


@kernel
def _last_nan(plane: Array, corner: int, first: int, count: Triple, apart: Triple, size: Triple) -> tuple[float, int]:
    """The same for a window that has NaN."""
    best, won = plane[corner], first
    for i in range(count[0]):
        for j in range(count[1]):
            for k in range(count[2]):
                v = plane[corner + i * apart[0] + j * apart[1] + k * apart[2]]
                if v != v:
                    best, won = v, first + (i * size[1] + j) * size[2] + k
    return best, won


@kernel
def put(dz: Array, place: Array, dx: Array, begins: Arrays, offsets: Array, start: int, stop: int) -> None:
    """dx = 0, then dx[begin of the window + offsets[its winner's place]] += dz. One plane at a time."""
    _, D, H, W = dx.shape
    _, O, P, Q = dz.shape
    begin_d, begin_h, begin_w = begins
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


# -------------------------------------------------------------------------------------------------------------- sums


@kernel
def sums(
    x: Array, z: Array, divisor: Array, size: Triple, stride: Triple, padding: Triple, start: int, stop: int
) -> None:
    """z = sum of each window / divisor (O, P, Q): first the rows of a line of windows, then within the row.

    The row of sums has zeros at both ends for what windows cover outside.
    """
    _, D, H, W = x.shape
    _, O, P, Q = z.shape
    row = np.zeros(max((Q - 1) * stride[2] + size[2], padding[2] + W), x.dtype)
    inner = row[padding[2] : padding[2] + W]
    for plane in range(start * O, stop * O):
        n, o = plane // O, plane % O
        first_d = o * stride[0] - padding[0]
        for p in range(P):
            first_h = p * stride[1] - padding[1]
            inner[:] = 0
            for d in range(max(first_d, 0), min(first_d + size[0], D)):
                for h in range(max(first_h, 0), min(first_h + size[1], H)):
                    _add(x[n, d, h], inner)
            _sums_within(row, size[2], stride[2], divisor, z, (n, o, p))


@inlined
def _add(row: Array, total: Array) -> None:
    """total += row."""
    for w in range(total.size):
        total[w] += row[w]


@inlined
def _sums_within(row: Array, size: int, stride: int, divisor: Array, z: Array, line: Triple) -> None:
    """z[line] = sum of each window of a row / divisor."""
    n, o, p = line
    out, counts = z[n, o, p], divisor[o, p]
    Q = out.size
    # shortcut: two columns, side by side: padding, the last setting, is in the row of sums already
    if stride == 2 and size == 2:
        for q in range(Q):
            out[q] = (row[2 * q] + row[2 * q + 1]) / counts[q]
    elif stride == 1:
        out[:] = 0
        for k in range(size):
            term = row[k : k + Q]
            for q in range(Q):
                out[q] += term[q]
        for q in range(Q):
            out[q] /= counts[q]
    else:
        for q in range(Q):
            total = row.dtype.type(0)
            for w in range(q * stride, q * stride + size):
                total += row[w]
            out[q] = total / counts[q]


@kernel
def spread(
    dz: Array, dx: Array, divisor: Array, size: Triple, stride: Triple, padding: Triple, start: int, stop: int
) -> None:
    """dx = sum of dz / divisor over the windows that hold the element: the same the other way round."""
    _, D, H, W = dx.shape
    _, O, P, Q = dz.shape
    row = np.zeros(max((Q - 1) * stride[2] + size[2], padding[2] + W), dx.dtype)
    inner = row[padding[2] : padding[2] + W]
    slopes = np.empty(Q, dx.dtype)
    for plane in range(start * O, stop * O):
        n, o = plane // O, plane % O
        first_d = o * stride[0] - padding[0]
        if o == 0:
            dx[n] = 0
        for p in range(P):
            first_h = p * stride[1] - padding[1]
            source, counts = dz[n, o, p], divisor[o, p]
            for q in range(Q):
                slopes[q] = source[q] / counts[q]
            _spread_within(slopes, size[2], stride[2], row)
            for d in range(max(first_d, 0), min(first_d + size[0], D)):
                for h in range(max(first_h, 0), min(first_h + size[1], H)):
                    _add(inner, dx[n, d, h])


@inlined
def _spread_within(slopes: Array, size: int, stride: int, row: Array) -> None:
    """row = for each element the sum of the slopes of those windows that hold it."""
    Q = slopes.size
    row[:] = 0
    # shortcut: two columns, side by side: padding, the last setting, is in the row of sums already
    if stride == 2 and size == 2:
        for q in range(Q):
            row[2 * q] = slopes[q]
            row[2 * q + 1] = slopes[q]
    elif stride == 1:
        for k in range(size):
            _add(slopes, row[k : k + Q])
    else:
        for q in range(Q):
            for w in range(q * stride, q * stride + size):
                row[w] += slopes[q]


@kernel
def fill(values: Array, dx: Array, start: int, stop: int) -> None:
    """dx[n] = values[n]: the transpose of the sum of a whole plane. dx (planes, elements)."""
    for n in range(start, stop):
        row, value = dx[n], values[n]
        for i in range(row.size):
            row[i] = value
