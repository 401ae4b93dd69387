"""Batch norm and what often follows it, ReLU and max pooling, as compiled loops over (N, C, L).

    z[n, c, l] = max((x[n, c, l] - m[c]) * s[c] + t[c], 0)        m mean, s = rstd * w, t = b

The images are rows of a matrix with C * L columns. It is walked through in blocks of a few channels, which the cache
holds for all passes but the first; sums run down the columns, which is vector code for any L.
"""

from __future__ import annotations

import math
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from . import threads
from .jit import kernel
from .sums import plus

Array = np.ndarray[Any, Any]

WIDTH = 1024  # columns that are worked on at a time
LEAST = 1 << 14  # elements that are worth a thread


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
    sums: Array,
    products: Array,
    dz: Array,
    x: Array,
    start: int,
    m: Array,
    s: Array,
    t: Array,
    nothing: Array,
    relu: bool,
) -> None:
    """sums[j] += g and products[j] += g * (x - m) over all n, where g is dz, or 0 where ReLU has cut x off."""
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
def statistics(x: Array, first: int, last: int, length: int, eps: float, mean: Array, var: Array, rstd: Array) -> None:
    """Mean, biased variance and 1 / sqrt(variance + eps) of the channels from `first` to `last`.

    In two passes about a first guess: the variance is never negative, and that of a constant exactly 0.
    """
    width = min((last - first) * length, WIDTH)
    count = len(x) * length
    for k in range(first, last):
        mean[k] = x[0, k * length]
    guess = np.empty(width, x.dtype)
    columns = np.empty(width)
    totals = np.zeros(last - first)
    for squared in (False, True):
        for start in range(first * length, last * length, width):
            part = min(width, last * length - start)
            _spread(mean, first, length, guess[:part])
            columns[:] = 0
            _add_deviations(columns[:part], x, start, guess[:part], squared)
            _fold(columns[:part], length, totals)
        for k in range(last - first):
            share = totals[k] / count
            totals[k] = 0
            c = first + k
            if squared:
                var[c] = share
                rstd[c] = 1 / math.sqrt(share + eps)
            else:
                mean[c] = mean[c] + share


@kernel
def together(length: int) -> int:
    """How many channels to take at a time: long rows matter more than that all passes find them in the cache."""
    return max(1, WIDTH // length)


@kernel
def _values(
    x: Array,
    w: Array,
    t: Array,
    m: Array,
    s: Array,
    var: Array,
    rstd: Array,
    eps: float,
    known: bool,
    relu: bool,
    z: Array,
    first: int,
    last: int,
) -> None:
    """z as above for the channels from `first` to `last`. Unless `known`, m, var, rstd and s are computed first."""
    N, C, L = x.shape
    x, z = x.reshape((N, C * L)), z.reshape((N, C * L))
    low = x.dtype.type(0 if relu else -np.inf)
    block = together(L)
    width = min(block * L, WIDTH)
    ms, ss, ts = np.empty(width, x.dtype), np.empty(width, x.dtype), np.empty(width, x.dtype)
    for c in range(first, last, block):
        stop = min(c + block, last)
        if not known:
            statistics(x, c, stop, L, eps, m, var, rstd)
            for k in range(c, stop):
                s[k] = rstd[k] * w[k]
        for start in range(c * L, stop * L, width):
            part = min(width, stop * L - start)
            _spread(m, c, L, ms[:part])
            _spread(s, c, L, ss[:part])
            _spread(t, c, L, ts[:part])
            for n in range(N):
                row, out = x[n, start : start + part], z[n, start : start + part]
                for j in range(part):
                    v = (row[j] - ms[j]) * ss[j] + ts[j]
                    out[j] = low if v < low else v


@kernel
def _slopes(
    dz: Array,
    x: Array,
    m: Array,
    s: Array,
    t: Array,
    rstd: Array,
    known: bool,
    relu: bool,
    dx: Array,
    sums: Array,
    products: Array,
    first: int,
    last: int,
) -> None:
    """With g = dz, or 0 where ReLU has cut x off: sums[c] = sum of g, products[c] = sum of g * (x - m), and

    dx = s * (g - sums / count - (x - m) * rstd**2 * products / count)        s * g if m and s are `known`
    """
    N, C, L = x.shape
    count = N * L
    x, dz, dx = x.reshape((N, C * L)), dz.reshape((N, C * L)), dx.reshape((N, C * L))
    zero = x.dtype.type(0)
    block = together(L)
    width = min(block * L, WIDTH)
    ms, ss, ts = np.empty(width, x.dtype), np.empty(width, x.dtype), np.empty(width, x.dtype)
    levels, tilts, nothing = np.empty(width, x.dtype), np.empty(width, x.dtype), np.zeros(width, x.dtype)
    level, tilt = np.zeros(C, x.dtype), np.zeros(C, x.dtype)
    column_sums, column_products = np.empty(width), np.empty(width)
    for c in range(first, last, block):
        stop = min(c + block, last)
        for start in range(c * L, stop * L, width):
            part = min(width, stop * L - start)
            _spread(m, c, L, ms[:part])
            _spread(s, c, L, ss[:part])
            _spread(t, c, L, ts[:part])
            column_sums[:] = 0
            column_products[:] = 0
            _add_products(
                column_sums[:part],
                column_products[:part],
                dz,
                x,
                start,
                ms[:part],
                ss[:part],
                ts[:part],
                nothing[:part],
                relu,
            )
            _fold(column_sums[:part], L, sums[c:stop])
            _fold(column_products[:part], L, products[c:stop])
        for k in range(c, stop):
            level[k] = -sums[k] / count * s[k]
            tilt[k] = -products[k] / count * rstd[k] * rstd[k] * s[k]
        for start in range(c * L, stop * L, width):
            part = min(width, stop * L - start)
            _spread(m, c, L, ms[:part])
            _spread(s, c, L, ss[:part])
            _spread(t, c, L, ts[:part])
            _spread(level, c, L, levels[:part])
            _spread(tilt, c, L, tilts[:part])
            for n in range(N):
                row, g, out = x[n, start : start + part], dz[n, start : start + part], dx[n, start : start + part]
                for j in range(part):
                    d = row[j] - ms[j]
                    a = g[j]
                    if relu:
                        a = zero if d * ss[j] + ts[j] <= zero else a
                    a *= ss[j]
                    out[j] = a if known else a + (d * tilts[j] + levels[j])


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


def _run(x: Array, w: Array, by: Scaling, eps: float, known: bool, relu: bool) -> Array:
    z = np.empty_like(x)
    work = partial(_values, x, w, by.t, by.m, by.s, by.var, by.rstd, eps, known, relu, z)
    threads.split(x.shape[1], work, least(x))
    return z


def slopes(dz: Array, x: Array, by: Scaling, known: bool, relu: bool, dx: Array) -> tuple[Array, Array]:
    """For the cotangent dz of z: write dx, and return per channel the sums (float64) of g and of g * (x - m).

    g is dz, or 0 where ReLU has cut x off. If not `known`, m and s are functions of x, and dx knows of it.
    """
    fits = x.ndim == 3 and dz.shape == dx.shape == x.shape and dx.flags.c_contiguous
    if not fits or any(part.shape != (x.shape[1],) for part in by):
        raise ValueError(f"channels.slopes: dz {dz.shape} and a scaling {by.s.shape} do not fit channels of {x.shape}")
    sums, products = np.zeros((2, x.shape[1]))
    work = partial(_slopes, dz, x, by.m, by.s, by.t, by.rstd, known, relu, dx, sums, products)
    threads.split(x.shape[1], work, least(x))
    return sums, products


def least(x: Array) -> int:
    """The fewest channels of x (N, C, ...) that are worth a thread."""
    channels: int = x.shape[1]
    return max(1, LEAST * channels // max(x.size, 1))
