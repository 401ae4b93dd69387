"""The loops of pooling over up to three axes. Arrays are contiguous (planes, D, H, W); `start` to `stop` are planes.

Settings are triples, one number per pooled axis. z and places are (planes, O, P, Q): O by P by Q windows. What belongs
together comes as one tuple, a plain one: Numba takes twice as long to accept those whose parts have names.
"""

from __future__ import annotations

import numpy as np
from numpy import ndarray as Array

from ..machine.arrays import empty, shaped
from ..machine.jit import inlined, kernel

Triple = tuple[int, int, int]
Shape = tuple[int, int, int, int]
Arrays = tuple[Array, Array, Array]

Inside = tuple[Arrays, Arrays, Arrays]
"""(skipped, first, count): which elements of windows anywhere lie inside of the array. Per axis each is an array with
one number for each window: how many elements are before the first inside, where that one is, and how many there are."""


# -------------------------------------------------------------------------------- largest elements, windows anywhere


@kernel
def winners_one_by_one(
    x: Array, z: Array, place: Array, inside: Inside, size: Triple, dilation: Triple, start: int, stop: int
) -> None:
    """`winners` of `largest` for windows anywhere: which of their elements, `dilation` apart, are inside is known."""
    _, D, H, W = x.shape
    _, O, P, Q = z.shape
    (skipped_d, skipped_h, skipped_w), (first_d, first_h, first_w), (count_d, count_h, count_w) = inside
    apart = dilation[0] * H * W, dilation[1] * W, dilation[2]
    for n in range(start, stop):
        plane = shaped(x[n], D * H * W)
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
    flat = shaped(dx, dx.size)
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
    row = empty(max((Q - 1) * stride[2] + size[2], padding[2] + W), x.dtype)
    row[:] = 0
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
    # shortcut: three columns side by side: as above; stride is given on
    elif size == 3:
        for q in range(Q):
            first = np.uintp(q * stride)
            total = row.dtype.type(0) + row[first]
            total += row[first + np.uintp(1)]
            total += row[first + np.uintp(2)]
            out[q] = total / counts[q]
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
    row = empty(max((Q - 1) * stride[2] + size[2], padding[2] + W), dx.dtype)
    row[:] = 0
    inner = row[padding[2] : padding[2] + W]
    slopes = empty(Q, dx.dtype)
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
