"""Batch norm and what often follows it, ReLU and max pooling, as compiled loops over (N, C, L).

    z[n, c, l] = max((x[n, c, l] - m[c]) * s[c] + t[c], 0)        m mean, s = rstd * w, t = b

Threads take some of the images each, as convolutions do: what one has written another would have to fetch, line by
line, and that takes longer than normalising it. So each pass over the array ends with one number per channel and
thread, which are then added up. The images are rows of a matrix with C * L columns; sums run down the columns, which is
vector code for any L.
"""

from __future__ import annotations

import math
from functools import partial
from typing import NamedTuple

import numpy as np
from numpy import ndarray as Array

from ..machine import threads
from ..machine.jit import kernel, piece
from ..machine.sums import plus

WIDTH = 1024  # columns that are worked on at a time
LEAST = 1 << 14  # elements that are worth a thread

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
def _deviations(x: Array, m: Array, squared: bool, across: bool, totals: Array, first: int, last: int) -> None:
    """totals[part, c] = sum over n, l of x - m, or of its square, for the images (`across`: channels) of a part."""
    N, C, L = x.shape
    n0, n1, c0, c1 = part_of(x, across, first, last)
    total = totals[0 if across else threads.number(first, N, len(totals))]
    rows = x.reshape((N, C * L))[n0:n1]
    block = together(L)
    width = min(block * L, WIDTH)
    guess, columns = np.empty(width, x.dtype), np.empty(width)
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
def _move(totals: Array, count: int, m: Array) -> None:
    """m += the mean deviation from it."""
    for c in range(m.size):
        total = 0.0
        for part in range(len(totals)):
            total += totals[part, c]
        m[c] = m[c] + total / count


@kernel
def _scale(totals: Array, count: int, eps: float, w: Array, var: Array, rstd: Array, s: Array) -> None:
    """The biased variance, 1 / sqrt(variance + eps), and that times w."""
    for c in range(s.size):
        total = 0.0
        for part in range(len(totals)):
            total += totals[part, c]
        var[c] = total / count
        rstd[c] = 1 / math.sqrt(total / count + eps)
        s[c] = rstd[c] * w[c]


@kernel
def _values(x: Array, line: Line, relu: bool, z: Array, across: bool, first: int, last: int) -> None:
    """z as above, for a part."""
    m, s, t = line
    N, C, L = x.shape
    n0, n1, c0, c1 = part_of(x, across, first, last)
    x, z = x.reshape((N, C * L)), z.reshape((N, C * L))
    low = x.dtype.type(0 if relu else -np.inf)
    block = together(L)
    width = min(block * L, WIDTH)
    ms, ss, ts = np.empty(width, x.dtype), np.empty(width, x.dtype), np.empty(width, x.dtype)
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
def _products(dz: Array, x: Array, line: Line, relu: bool, across: bool, totals: Array, first: int, last: int) -> None:
    """totals[part, 0, c] = sum over n, l of g, which is dz, or 0 where ReLU has cut x off; totals[part, 1, c] that of
    g * (x - m)."""
    m, s, t = line
    N, C, L = x.shape
    n0, n1, c0, c1 = part_of(x, across, first, last)
    part = 0 if across else threads.number(first, N, len(totals))
    sums, products = totals[part, 0], totals[part, 1]
    x, dz = x.reshape((N, C * L))[n0:n1], dz.reshape((N, C * L))[n0:n1]
    block = together(L)
    width = min(block * L, WIDTH)
    ms, ss, ts = np.empty(width, x.dtype), np.empty(width, x.dtype), np.empty(width, x.dtype)
    nothing, some, more = np.empty(width, x.dtype), np.empty(width), np.empty(width)
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
def _lines(totals: Array, count: int, s: Array, rstd: Array, fixed: bool, level: Array, tilt: Array) -> None:
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
def _slopes(dz: Array, x: Array, slope: Slope, relu: bool, dx: Array, across: bool, first: int, last: int) -> None:
    """dx of a part, where g is dz, or 0 where ReLU has cut x off."""
    m, s, t, level, tilt, fixed = slope
    N, C, L = x.shape
    n0, n1, c0, c1 = part_of(x, across, first, last)
    x, dz, dx = x.reshape((N, C * L)), dz.reshape((N, C * L)), dx.reshape((N, C * L))
    block = together(L)
    width = min(block * L, WIDTH)
    ms, ss, ts = np.empty(width, x.dtype), np.empty(width, x.dtype), np.empty(width, x.dtype)
    levels, tilts = np.empty(width, x.dtype), np.empty(width, x.dtype)
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


# ------------------------------------------------------------------------------------------- with plain signatures


class Scaling(NamedTuple):
    """What `values` has multiplied and added, one number per channel: z = (x - m) * s + t."""

    m: Array
    s: Array
    t: Array
    rstd: Array
    var: Array


def values(x: Array, w: Array, b: Array, eps: float, relu: bool) -> tuple[Array, Scaling]:
    """Batch norm of x (N, C, L) with mean and variance of its channels, and ReLU if wanted.

    All of one dtype, contiguous, and not empty; w and b are (C,).
    """
    if x.ndim != 3 or x.size == 0 or w.shape != (x.shape[1],) or b.shape != w.shape:
        raise ValueError(f"channels.values: w {w.shape} and b {b.shape} do not fit channels of {x.shape}")
    scaling = unknown(b)
    return _run(x, w, scaling, eps, False, relu), scaling


def scaled(x: Array, s: Array, t: Array, relu: bool) -> Array:
    """x * s + t per channel of x (N, C, L), and ReLU if wanted; contiguous as above."""
    if x.ndim != 3 or s.shape != (x.shape[1],) or t.shape != s.shape:
        raise ValueError(f"channels.scaled: s {s.shape} and t {t.shape} do not fit channels of {x.shape}")
    return _run(x, s, known(s, t), 0.0, True, relu)


def unknown(t: Array) -> Scaling:
    """A scaling that adds t and has yet to be filled in."""
    m, s, rstd, var = np.empty((4, len(t)), t.dtype)
    return Scaling(m, s, t, rstd, var)


def known(s: Array, t: Array) -> Scaling:
    """The scaling x * s + t."""
    return Scaling(np.zeros_like(s), s, t, s, s)


class Division(NamedTuple):
    """How an array (N, C, ...) is shared out: to threads.split(items, ..., into=parts)."""

    items: int
    parts: int
    across: bool
    """Parts are channels, because there are fewer images than threads."""

    def totals(self, *shape: int) -> Array:
        """Room for what each part adds up."""
        return np.empty((1 if self.across else self.parts, *shape))


def divided(x: Array) -> Division:
    """How x is best shared out."""
    across = len(x) < threads.get_num_threads()
    count = x.shape[1] if across else len(x)
    return Division(count, threads.parts(count, max(1, LEAST * count // max(x.size, 1))), across)


def measure(x: Array, w: Array, eps: float, by: Scaling) -> None:
    """Fill in all of `by` but t, for x (N, C, L). Two passes about a first guess: no variance is negative."""
    count, parts, across = division = divided(x)
    totals = division.totals(x.shape[1])
    by.m[:] = x[0, :, 0]
    threads.split(count, partial(_deviations, x, by.m, False, across, totals), into=parts)
    _move(totals, x.size // x.shape[1], by.m)
    threads.split(count, partial(_deviations, x, by.m, True, across, totals), into=parts)
    _scale(totals, x.size // x.shape[1], eps, w, by.var, by.rstd, by.s)


def _run(x: Array, w: Array, by: Scaling, eps: float, fixed: bool, relu: bool) -> Array:
    z = np.empty_like(x)
    count, parts, across = divided(x)
    if not fixed:
        measure(x, w, eps, by)
    threads.split(count, partial(_values, x, by[:3], relu, z, across), into=parts)
    return z


def slope(totals: Array, count: int, by: Scaling, fixed: bool) -> Slope:
    """What `_slopes` needs, from the sums of all parts; these are in totals[0] afterwards."""
    level, tilt = np.empty((2, by.s.size), by.s.dtype)
    _lines(totals, count, by.s, by.rstd, fixed, level, tilt)
    return by.m, by.s, by.t, level, tilt, fixed


def slopes(dz: Array, x: Array, by: Scaling, fixed: bool, relu: bool, dx: Array) -> tuple[Array, Array]:
    """For the cotangent dz of z: write dx, and return per channel the sums (float64) of g and of g * (x - m).

    g is dz, or 0 where ReLU has cut x off. If not `fixed`, m and s are functions of x, and dx knows of it.
    """
    fits = x.ndim == 3 and dz.shape == dx.shape == x.shape and dx.flags.c_contiguous
    if not fits or any(part.shape != (x.shape[1],) for part in by):
        raise ValueError(f"channels.slopes: dz {dz.shape} and a scaling {by.s.shape} do not fit channels of {x.shape}")
    count, parts, across = division = divided(x)
    totals = division.totals(2, x.shape[1])
    threads.split(count, partial(_products, dz, x, by[:3], relu, across, totals), into=parts)
    work = partial(_slopes, dz, x, slope(totals, x.size // x.shape[1], by, fixed), relu, dx, across)
    threads.split(count, work, into=parts)
    sums, products = totals[0]
    return sums, products
