"""Batch norm, ReLU and max pooling in one go, as loops over (N, C, H, W), forward and back.

    z[n, c, p, q] = max over i, j of max((x[n, c, p * I + i, q * J + j] - m[c]) * s[c] + t[c], 0)

The windows of I x J elements lie side by side; what is left over at the ends of H and W belongs to none. Each has a
winner, the first largest element (NaN counts as larger than anything), kept as its number i * J + j, or as I * J if
ReLU has cut it off: then no element of the window gets a gradient.
"""

from __future__ import annotations

import numpy as np
from numpy import ndarray as Array

from ..machine import threads
from ..machine.arrays import empty, shaped
from ..machine.jit import kernel
from ..machine.sums import plus
from .channels_loops import Line, Slope, part_of

Pair = tuple[int, int]
Into = tuple[bool, Array]
"""Are parts channels, and room for what each of them adds up."""


@kernel
def _pairs(v: Array, W: int, z: Array, winner: Array) -> None:
    """The largest of each 2 x 2 window of a plane v whose rows have W elements, and which of the four it is."""
    P, Q = z.shape
    zero = v.dtype.type(0)
    for p in range(P):
        above, below = v[2 * p * W : 2 * p * W + 2 * Q], v[(2 * p + 1) * W : (2 * p + 1) * W + 2 * Q]
        for q in range(Q):
            a, b, c, d = above[2 * q], above[2 * q + 1], below[2 * q], below[2 * q + 1]
            k = np.int32(0)
            more = (b > a) | (b != b)
            a, k = b if more else a, np.int32(1) if more else k
            more = (c > a) | (c != c)
            a, k = c if more else a, np.int32(2) if more else k
            more = (d > a) | (d != d)
            a, k = d if more else a, np.int32(3) if more else k
            z[p, q] = zero if a <= zero else a
            winner[p, q] = np.int32(4) if a <= zero else k


@kernel
def _windows(v: Array, W: int, size: Pair, z: Array, winner: Array) -> None:
    """The same for windows of any size."""
    P, Q = z.shape
    I, J = size
    zero = v.dtype.type(0)
    for p in range(P):
        for q in range(Q):
            corner = p * I * W + q * J
            best, k = v[corner], 0
            for i in range(I):
                for j in range(J):
                    value = v[corner + i * W + j]
                    more = (value > best) | (value != value)
                    best, k = value if more else best, i * J + j if more else k
            z[p, q] = zero if best <= zero else best
            winner[p, q] = I * J if best <= zero else k


@kernel
def values(x: Array, line: Line, size: Pair, z: Array, winner: Array, across: bool, first: int, last: int) -> None:
    """z and the winners for a part."""
    m, s, t = line
    N, C, H, W = x.shape
    n0, n1, c0, c1 = part_of(x, across, first, last)
    L = H * W
    planes = shaped(x, (N, C, L))
    v = empty(L, x.dtype)
    for n in range(n0, n1):
        for c in range(c0, c1):
            plane = planes[n, c]
            mean, scale, shift = m[c], s[c], t[c]
            for l in range(L):
                v[l] = (plane[l] - mean) * scale + shift
            # shortcut: both sizes; windows lie side by side by definition
            if size[0] == 2 and size[1] == 2:
                _pairs(v, W, z[n, c], winner[n, c])
            else:
                _windows(v, W, size, z[n, c], winner[n, c])


@kernel
def _find_places(size: Pair, W: int, places: Array) -> None:
    """Where in a plane each element of a window lies, from its first; the first for a window without winner.

    There is a place for every number that a winner's byte can hold: no array of winners leads out of the plane.
    """
    places[:] = 0
    for i in range(size[0]):
        for j in range(size[1]):
            places[i * size[1] + j] = i * W + j


@kernel
def products(
    dz: Array, won: tuple[Array, Pair], x: Array, m: Array, dx: Array, into: Into, first: int, last: int
) -> None:
    """dx = dz at the winners and 0 elsewhere; totals[part, 0, c] = sum of dx, totals[part, 1, c] of dx * (x - m)."""
    N, C, H, W = x.shape
    (winner, size), (across, totals) = won, into
    n0, n1, c0, c1 = part_of(x, across, first, last)
    part = 0 if across else threads.number(first, N, len(totals))
    planes, slopes = shaped(x, (N, C, H * W)), shaped(dx, (N, C, H * W))
    places, dead = empty(256, np.int64), size[0] * size[1]
    _find_places(size, W, places)
    for c in range(c0, c1):
        totals[part, 0, c] = totals[part, 1, c] = 0
    for n in range(n0, n1):
        for c in range(c0, c1):
            totals[part, 0, c] += _at_winners(winner[n, c], dz[n, c], dead, size, W, places, slopes[n, c])
            totals[part, 1, c] += _product(slopes[n, c], planes[n, c], m[c])


@kernel
def slopes(x: Array, slope: Slope, dx: Array, across: bool, first: int, last: int) -> None:
    """dx (N, C, L), which is g so far, of a part."""
    m, s, _, level, tilt, fixed = slope
    L = x.shape[2]
    n0, n1, c0, c1 = part_of(x, across, first, last)
    for n in range(n0, n1):
        for c in range(c0, c1):
            plane, out = x[n, c], dx[n, c]
            mean, scale, up, slant = m[c], s[c], level[c], tilt[c]
            if fixed:
                for l in range(L):
                    out[l] *= scale
            else:
                for l in range(L):
                    out[l] = out[l] * scale + ((plane[l] - mean) * slant + up)


@kernel
def _at_winners(winner: Array, dz: Array, dead: int, size: Pair, W: int, places: Array, out: Array) -> float:
    """Each dz at the winner of its window in the plane `out`, 0 everywhere else; their sum."""
    P, Q = dz.shape
    zero = out.dtype.type(0)
    for l in range(out.size):
        out[l] = zero
    total = 0.0
    for p in range(P):
        row, g = winner[p], dz[p]
        some = zero
        for q in range(Q):
            k = row[q]
            slope = zero if k == dead else g[q]
            out[np.uintp(p * size[0] * W + q * size[1] + places[k])] = slope
            some += slope
        total += some
    return total


@kernel
def _product(x: Array, y: Array, mean: float) -> float:
    """The sum of x * (y - mean); 0 where x is 0."""
    zero = x.dtype.type(0)
    total: float = zero
    for l in range(x.size):
        total = plus(total, zero if x[l] == zero else x[l] * (y[l] - mean))
    return total
