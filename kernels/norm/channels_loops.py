"""Batch norm, and ReLU behind it, as loops over (N, C, L), forward and back.

    z[n, c, l] = max((x[n, c, l] - m[c]) * s[c] + t[c], 0)        m mean, s = rstd * w, t = b

The images are rows of a matrix with C * L columns; sums run down the columns, which is vector code for any L. Each
loop works on a part: on some of the images, or on some of the channels.
"""

from __future__ import annotations

import math

import numpy as np
from numpy import ndarray as Array

from ..machine import threads
from ..machine.arrays import empty, shaped
from ..machine.jit import kernel, piece
from ..machine.sums import plus

WIDTH = 1024  # columns that are worked on at a time

Line = tuple[Array, Array, Array]
"""(m, s, t) of z = (x - m) * s + t."""

Slope = tuple[Array, Array, Array, Array, Array, bool]
"""(m, s, t, level, tilt, fixed) of dx = s * g + level + (x - m) * tilt; if m and s are fixed, of dx = s * g."""


@piece
def part_of(x: Array, across: bool, first: int, last: int) -> tuple[int, int, int, int]:
    """The images n0 to n1 and channels c0 to c1 of a part: `first` to `last` are channels if `across`, else images."""
    return (0, len(x), first, last) if across else (first, last, 0, x.shape[1])


@kernel
def _spread(values: Array, c: int, length: int, columns: Array) -> None:
    """Each of values[c], values[c + 1], ... `length` times, until `columns` is full."""
    if length >= columns.size:
        columns[:] = values[c]
    else:
        for k in range(columns.size // length):
            run = columns[k * length : (k + 1) * length]
            value = values[c + k]
            for j in range(length):
                run[j] = value


@kernel
def _add_deviations(total: Array, x: Array, start: int, m: Array, squared: bool) -> None:
    """total[j] += sum over n of x[n, start + j] - m[j], or of its square. Four images are summed in x's own dtype."""
    N, width = len(x), total.size
    for n in range(0, N, 4):
        x0 = x[n, start : start + width]
        x1 = x[n + 1, start : start + width] if n + 1 < N else m  # no image: no deviation
        x2 = x[n + 2, start : start + width] if n + 2 < N else m
        x3 = x[n + 3, start : start + width] if n + 3 < N else m
        if squared:
            for j in range(width):
                d0, d1, d2, d3 = x0[j] - m[j], x1[j] - m[j], x2[j] - m[j], x3[j] - m[j]
                total[j] += (d0 * d0 + d1 * d1) + (d2 * d2 + d3 * d3)
        else:
            for j in range(width):
                total[j] += ((x0[j] - m[j]) + (x1[j] - m[j])) + ((x2[j] - m[j]) + (x3[j] - m[j]))


@kernel
def _add_products(
    sums: Array, products: Array, dz: Array, x: Array, start: int, line: Line, nothing: Array, relu: bool
) -> None:
    """sums[j] += g and products[j] += g * (x - m) over all n, where g is dz, or 0 where ReLU has cut x off."""
    m, s, t = line
    N, width = len(x), sums.size
    zero = m.dtype.type(0)
    for n in range(0, N, 4):
        x0, g0 = x[n, start : start + width], dz[n, start : start + width]
        x1, g1, x2, g2, x3, g3 = m, nothing, m, nothing, m, nothing
        if n + 1 < N:
            x1, g1 = x[n + 1, start : start + width], dz[n + 1, start : start + width]
        if n + 2 < N:
            x2, g2 = x[n + 2, start : start + width], dz[n + 2, start : start + width]
        if n + 3 < N:
            x3, g3 = x[n + 3, start : start + width], dz[n + 3, start : start + width]
        for j in range(width):
            d0, d1, d2, d3 = x0[j] - m[j], x1[j] - m[j], x2[j] - m[j], x3[j] - m[j]
            a0, a1, a2, a3 = g0[j], g1[j], g2[j], g3[j]
            if relu:
                a0 = zero if d0 * s[j] + t[j] <= zero else a0
                a1 = zero if d1 * s[j] + t[j] <= zero else a1
                a2 = zero if d2 * s[j] + t[j] <= zero else a2
                a3 = zero if d3 * s[j] + t[j] <= zero else a3
            sums[j] += (a0 + a1) + (a2 + a3)
            products[j] += (a0 * d0 + a1 * d1) + (a2 * d2 + a3 * d3)


@kernel
def _fold(columns: Array, length: int, totals: Array) -> None:
    """totals[k] += the sum of run k of `length` columns; all of them, if there are fewer."""
    for k in range(max(1, columns.size // length)):
        run = columns[k * length : (k + 1) * length]
        total = 0.0
        for j in range(run.size):
            total = plus(total, run[j])
        totals[k] += total


@kernel
def together(length: int) -> int:
    """How many channels to take at a time: for rows of about WIDTH."""
    return max(1, WIDTH // length)


@kernel
def deviations(x: Array, m: Array, squared: bool, across: bool, totals: Array, first: int, last: int) -> None:
    """totals[part, c] = sum over n, l of x - m, or of its square, for the images (`across`: channels) of a part."""
    N, C, L = x.shape
    n0, n1, c0, c1 = part_of(x, across, first, last)
    total = totals[0 if across else threads.number(first, N, len(totals))]
    rows = shaped(x, (N, C * L))[n0:n1]
    block = together(L)
    width = min(block * L, WIDTH)
    guess, columns = empty(width, x.dtype), empty(width, np.float64)
    for c in range(c0, c1, block):
        stop = min(c + block, c1)
        for k in range(c, stop):
            total[k] = 0
        for start in range(c * L, stop * L, width):
            part = min(width, stop * L - start)
            _spread(m, c, L, guess[:part])
            for j in range(part):
                columns[j] = 0
            _add_deviations(columns[:part], rows, start, guess[:part], squared)
            _fold(columns[:part], L, total[c:stop])


@kernel
def move(totals: Array, count: int, m: Array) -> None:
    """m += the mean deviation from it."""
    for c in range(m.size):
        total = 0.0
        for part in range(len(totals)):
            total += totals[part, c]
        m[c] = m[c] + total / count


@kernel
def scale(totals: Array, count: int, eps: float, w: Array, var: Array, rstd: Array, s: Array) -> None:
    """The biased variance, 1 / sqrt(variance + eps), and that times w."""
    for c in range(s.size):
        total = 0.0
        for part in range(len(totals)):
            total += totals[part, c]
        var[c] = total / count
        rstd[c] = 1 / math.sqrt(total / count + eps)
        s[c] = rstd[c] * w[c]


@kernel
def values(x: Array, line: Line, relu: bool, z: Array, across: bool, first: int, last: int) -> None:
    """z as above, for a part."""
    m, s, t = line
    N, C, L = x.shape
    n0, n1, c0, c1 = part_of(x, across, first, last)
    x, z = shaped(x, (N, C * L)), shaped(z, (N, C * L))
    low = x.dtype.type(0 if relu else -np.inf)
    block = together(L)
    width = min(block * L, WIDTH)
    ms, ss, ts = empty(width, x.dtype), empty(width, x.dtype), empty(width, x.dtype)
    for c in range(c0, c1, block):
        stop = min(c + block, c1)
        for start in range(c * L, stop * L, width):
            part = min(width, stop * L - start)
            _spread(m, c, L, ms[:part])
            _spread(s, c, L, ss[:part])
            _spread(t, c, L, ts[:part])
            for n in range(n0, n1):
                row, out = x[n, start : start + part], z[n, start : start + part]
                for j in range(part):
                    v = (row[j] - ms[j]) * ss[j] + ts[j]
                    out[j] = low if v < low else v


@kernel
def products(dz: Array, x: Array, line: Line, relu: bool, across: bool, totals: Array, first: int, last: int) -> None:
    """totals[part, 0, c] = sum over n, l of g, which is dz, or 0 where ReLU has cut x off; totals[part, 1, c] that of
    g * (x - m)."""
    m, s, t = line
    N, C, L = x.shape
    n0, n1, c0, c1 = part_of(x, across, first, last)
    part = 0 if across else threads.number(first, N, len(totals))
    sums, products = totals[part, 0], totals[part, 1]
    x, dz = shaped(x, (N, C * L))[n0:n1], shaped(dz, (N, C * L))[n0:n1]
    block = together(L)
    width = min(block * L, WIDTH)
    ms, ss, ts = empty(width, x.dtype), empty(width, x.dtype), empty(width, x.dtype)
    nothing, some, more = empty(width, x.dtype), empty(width, np.float64), empty(width, np.float64)
    nothing[:] = 0
    for c in range(c0, c1, block):
        stop = min(c + block, c1)
        for k in range(c, stop):
            sums[k] = products[k] = 0
        for start in range(c * L, stop * L, width):
            wide = min(width, stop * L - start)
            _spread(m, c, L, ms[:wide])
            _spread(s, c, L, ss[:wide])
            _spread(t, c, L, ts[:wide])
            for j in range(wide):
                some[j] = more[j] = 0
            columns = ms[:wide], ss[:wide], ts[:wide]
            _add_products(some[:wide], more[:wide], dz, x, start, columns, nothing[:wide], relu)
            _fold(some[:wide], L, sums[c:stop])
            _fold(more[:wide], L, products[c:stop])


@kernel
def lines(totals: Array, count: int, s: Array, rstd: Array, fixed: bool, level: Array, tilt: Array) -> None:
    """What dx is beside s * g, level + (x - m) * tilt; and in totals[0] the sums of all parts."""
    sums, products = totals[0, 0], totals[0, 1]
    for c in range(s.size):
        for part in range(1, len(totals)):
            sums[c] += totals[part, 0, c]
            products[c] += totals[part, 1, c]
        level[c] = 0 if fixed else -sums[c] / count * s[c]
        tilt[c] = 0 if fixed else -products[c] / count * rstd[c] * rstd[c] * s[c]


@piece
def _write_slopes(dz: Array, x: Array, columns: Slope, relu: bool, dx: Array, start: int) -> None:
    """dx of all images, in columns from `start` on."""
    ms, ss, ts, levels, tilts, fixed = columns
    width = ms.size
    zero = x.dtype.type(0)
    for n in range(len(x)):
        row, g, out = x[n, start : start + width], dz[n, start : start + width], dx[n, start : start + width]
        for j in range(width):
            d = row[j] - ms[j]
            a = g[j]
            if relu:
                a = zero if d * ss[j] + ts[j] <= zero else a
            a *= ss[j]
            out[j] = a if fixed else a + (d * tilts[j] + levels[j])


@kernel
def slopes(dz: Array, x: Array, slope: Slope, relu: bool, dx: Array, across: bool, first: int, last: int) -> None:
    """dx of a part, where g is dz, or 0 where ReLU has cut x off."""
    m, s, t, level, tilt, fixed = slope
    N, C, L = x.shape
    n0, n1, c0, c1 = part_of(x, across, first, last)
    x, dz, dx = shaped(x, (N, C * L)), shaped(dz, (N, C * L)), shaped(dx, (N, C * L))
    block = together(L)
    width = min(block * L, WIDTH)
    ms, ss, ts = empty(width, x.dtype), empty(width, x.dtype), empty(width, x.dtype)
    levels, tilts = empty(width, x.dtype), empty(width, x.dtype)
    for c in range(c0, c1, block):
        stop = min(c + block, c1)
        for start in range(c * L, stop * L, width):
            part = min(width, stop * L - start)
            _spread(m, c, L, ms[:part])
            _spread(s, c, L, ss[:part])
            _spread(t, c, L, ts[:part])
            _spread(level, c, L, levels[:part])
            _spread(tilt, c, L, tilts[:part])
            columns = ms[:part], ss[:part], ts[:part], levels[:part], tilts[:part], fixed
            _write_slopes(dz[n0:n1], x[n0:n1], columns, relu, dx[n0:n1], start)
