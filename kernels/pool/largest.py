"""The largest elements of even windows as compiled loops; arrays and letters as in `loops`.

Imported when it is first needed, because it loads Numba.
"""

from __future__ import annotations

import numpy as np
from numpy import ndarray as Array

from ..machine import moves, simd
from ..machine.arrays import empty, shaped
from ..machine.jit import kernel, piece
from .loops import Arrays, Triple

LANES = 64
"""More elements than a vector has."""

Frame = tuple[Triple, Triple, Triple, Triple]
"""(size, stride, padding, dilation) of even windows: the settings of pooling."""

Layout = tuple[Array, int, int, int, int]
"""(taps, rows, down, high, wide): how `winners` copies what a few `rows` of z look at.

The copy is (size[0], down, stride[2], high, wide), of which the last axis but one counts every stride[1]-th row of x,
the last every stride[2]-th column. So element t of all windows is one contiguous piece of it, from taps[t] on.
"""


@kernel
def winners(
    x: Array, z: Array, place: Array, skipped: Arrays, layout: Layout, frame: Frame, start: int, stop: int
) -> None:
    """Largest element of each window and its place in it; of equal ones the first, of several NaN the last.

    A few rows of z at a time, copied so that the inner loop is long and of vector code, also if rows are short. Places
    are as wide as the elements meanwhile, as vector code has one mask for both then.
    Stride 1 or 2 along W.    skipped: as in Inside
    """
    _, D, H, W = x.shape
    _, O, P, Q = z.shape
    line_bytes = W * x.itemsize
    size, stride, padding, _ = frame
    taps, rows, down, high, wide = layout
    skipped_d, skipped_h, skipped_w = skipped
    copy = empty(size[0] * down * stride[2] * high * wide + LANES, x.dtype)
    best, won = empty(rows * wide, x.dtype), empty(rows * wide, np.int32)
    values, places = shaped(z, z.size), shaped(place, place.size)
    n, o = start, -1
    for plane in range(start * O, stop * O):
        o += 1
        if o == O:
            n, o = n + 1, 0
        for top in range(0, P, rows):
            some = min(rows, P - top)
            _lay_out(x, (n, o, top), layout, frame, copy)
            ahead = (n * D + o * stride[0]) * H + (top + rows) * stride[1] if top + rows < P else (n + 1) * D * H
            moves.fetch(simd.address(x) + ahead * line_bytes, high * stride[1] * line_bytes)
            count = np.uintp((some - 1) * wide + Q)
            first = np.uintp(taps[0])
            for e in range(count):
                best[e] = copy[first + e]
                won[e] = 0
            for r in range(some if padding != (0, 0, 0) else 0):  # if all are -inf, the first inside has won
                missing = (skipped_d[o] * size[1] + skipped_h[top + r]) * size[2]
                for q in range(Q):
                    won[r * wide + q] = missing + skipped_w[q]
            for t in range(1, taps.size, 2):  # two at a time; the last perhaps twice
                u = min(t + 1, taps.size - 1)
                one, two, k, l = np.uintp(taps[t]), np.uintp(taps[u]), np.int32(t), np.int32(u)
                for e in range(count):
                    v, w, b, place_of_b = copy[one + e], copy[two + e], best[e], won[e]
                    take = (v > b) | (v != v)
                    b = v if take else b
                    place_of_b = k if take else place_of_b
                    take = (w > b) | (w != w)
                    best[e] = w if take else b
                    won[e] = l if take else place_of_b
            at = (plane * P + top) * Q
            # shortcut: rows of the copy are as long as rows of z, so that they follow each other there, too
            lines, line = (1, some * Q) if wide == Q else (some, Q)
            for r in range(lines):
                to, of = np.uintp(at + r * Q), np.uintp(r * wide)
                for q in range(np.uintp(line)):
                    values[to + q] = best[of + q]
                    places[to + q] = place.dtype.type(won[of + q])


@piece
def _lay_out(x: Array, corner: Triple, layout: Layout, frame: Frame, copy: Array) -> None:
    """Copy what a few rows of z from corner (n, o, p) on look at; -inf stands for what is outside.

    A copy may write beyond its last row: what is there is written later. Divisions take as long as copying short rows,
    so there are as few as can be.
    """
    _, D, H, W = x.shape
    n, o, p = corner
    size, stride, padding, dilation = frame
    _, _, down, high, wide = layout
    least, byte, across, before = x.dtype.type(-np.inf), x.itemsize, stride[2], padding[2]
    two = across - 1  # are columns taken in twos?
    d, a, to = o * stride[0] - padding[0], -1, 0
    for _ in range(size[0] * down):
        a += 1
        if a == down:
            d, a = d + dilation[0], 0
        h = p * stride[1] - padding[1] + a
        low, up = 0, high  # the first row inside, and the one behind the last
        while low < high and h + low * stride[1] < 0:
            low += 1
        while up > low and h + (up - 1) * stride[1] >= H:
            up -= 1
        if d < 0 or d >= D:
            up = low
        row = (n * D + d) * H + h + low * stride[1]
        for c in range(across):
            for e in range(to, to + low * wide):
                copy[e] = least
            begin, end = (before - c + two) >> two, min(wide, (W + before - c + two) >> two)
            source = simd.address(x) + (row * W + c - before) * byte
            of = moves.Source(source, stride[1] * W * byte, across, begin, end)
            moves.copy_or_least(x, of, simd.address(copy) + (to + low * wide) * byte, up - low, wide)
            for e in range(to + up * wide, to + high * wide):
                copy[e] = least
            to += high * wide
