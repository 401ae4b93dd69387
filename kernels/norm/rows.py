"""Normalisation of rows of contiguous elements as compiled loops: layer and RMS norm, group and instance norm.

    z = (x - mean) * rstd * w + b,  mean and rstd = 1 / sqrt(variance + eps) those of the row

A row is read several times while it is in the cache. Sums run in the dtype of x over at most CHUNK elements, in as
many partial sums as the compiler finds registers for, and from there in float64.
"""

from __future__ import annotations

import math
from functools import partial

import numpy as np
from numpy import ndarray as Array

from ..machine import simd, threads
from ..machine.jit import kernel, piece
from ..machine.sums import plus

Pair = tuple[Array, Array]
Triple = tuple[Array, Array, Array]

CHUNK = 2048  # elements
ROWS = 16  # so many are worked on together: their sums do not wait for each other
LEAST = 1 << 15  # elements that are worth a thread


@piece
def _mean(x: Array) -> float:
    """The mean of a row, taken about its first element: that of a constant is exact."""
    first, total = x[0], 0.0
    for start in range(0, x.size, CHUNK):
        part = x[start : start + CHUNK]
        some = x.dtype.type(0)
        for j in range(part.size):
            some = plus(some, part[j] - first)
        total += some
    mean: float = first + total / x.size
    return mean


@piece
def _variance(x: Array, mean: float) -> float:
    """The mean square of x - mean."""
    total = 0.0
    for start in range(0, x.size, CHUNK):
        part = x[start : start + CHUNK]
        some = x.dtype.type(0)
        for j in range(part.size):
            d = part[j] - mean
            some = plus(some, d * d)
        total += some
    return total / x.size


@piece
def _measure(x: Array, eps: float, centred: bool, mean: Array, var: Array, rstd: Array) -> None:
    """Mean, mean square of the deviations, and 1 / sqrt(of that + eps) of each row of x."""
    for i in range(len(x)):
        mean[i] = _mean(x[i]) if centred else 0.0
    for i in range(len(x)):
        var[i] = _variance(x[i], mean[i])
    for i in range(len(x)):
        rstd[i] = 1 / math.sqrt(var[i] + eps)


@kernel
def _values(
    x: Array, affine: Pair, eps: float, centred: bool, z: Array, statistics: Array, first: int, last: int
) -> None:
    """z and the statistics (3, M): mean, variance, rstd of the rows of x (M, D) from `first` to `last`.

    affine   w and b, both (D,)
    """
    D = x.shape[1]
    (w, b), mean, var, rstd = affine, statistics[0], statistics[1], statistics[2]
    for i in range(first, last, ROWS):
        end = min(i + ROWS, last)
        _measure(x[i:end], eps, centred, mean[i:end], var[i:end], rstd[i:end])
        for k in range(i, end):
            row, out, m, r = x[k], z[k], mean[k], rstd[k]
            for j in range(D):
                out[j] = (row[j] - m) * r * w[j] + b[j]


@kernel
def _group_values(x: Array, affine: Pair, eps: float, z: Array, statistics: Array, first: int, last: int) -> None:
    """The same for the rows (n, g) of x (N, G, K, L) with n from `first` to `last`. w and b are (G * K,)."""
    N, G, K, L = x.shape
    (w, b), mean, var, rstd = affine, statistics[0], statistics[1], statistics[2]
    rows, x, z = x.reshape((N, G, K * L)), x.reshape((N, G * K, L)), z.reshape((N, G * K, L))
    for n in range(first, last):
        _measure(rows[n], eps, True, mean[n], var[n], rstd[n])
        for c in range(G * K):
            row, out, m, s, t = x[n, c], z[n, c], mean[n, c // K], rstd[n, c // K] * w[c], b[c]
            for j in range(L):
                out[j] = (row[j] - m) * s + t


@piece
def _add_rows(dz: Array, x: Array, mean: Array, rstd: Array, dw: Array, db: Array) -> None:
    """dw += dz * (x - mean) * rstd and db += dz over all rows; four at a time, as dw and db are written each time."""
    simd.wide()
    fours = len(x) // 4 * 4
    for k in range(0, fours, 4):
        x0, x1, x2, x3 = x[k], x[k + 1], x[k + 2], x[k + 3]
        g0, g1, g2, g3 = dz[k], dz[k + 1], dz[k + 2], dz[k + 3]
        m0, m1, m2, m3 = mean[k], mean[k + 1], mean[k + 2], mean[k + 3]
        r0, r1, r2, r3 = rstd[k], rstd[k + 1], rstd[k + 2], rstd[k + 3]
        for j in range(dw.size):
            two = g0[j] * ((x0[j] - m0) * r0) + g1[j] * ((x1[j] - m1) * r1)
            dw[j] += two + (g2[j] * ((x2[j] - m2) * r2) + g3[j] * ((x3[j] - m3) * r3))
        for j in range(db.size):
            db[j] += (g0[j] + g1[j]) + (g2[j] + g3[j])
    for k in range(fours, len(x)):
        row, g, m, r = x[k], dz[k], mean[k], rstd[k]
        for j in range(dw.size):
            dw[j] += g[j] * ((row[j] - m) * r)
            db[j] += g[j]


@kernel
def _slopes(dz: Array, x: Array, by: Triple, centred: bool, dx: Array, totals: Array, first: int, last: int) -> None:
    """For rows of x (M, D) from `first` to `last`, with g = dz * w and h = (x - mean) * rstd:

    dx = rstd * (g - mean(g) - h * mean(g * h)), without mean(g) if not `centred`

    dw += dz * h, db += dz

    by       w (D,), mean and rstd (M,)
    totals   (parts, 2, D): dw and db of each part of `threads.split`
    """
    simd.wide()
    D = x.shape[1]
    w, mean, rstd = by
    part = threads.number(first, len(x), len(totals))
    dw, db = totals[part, 0], totals[part, 1]
    levels, tilts = np.empty(ROWS, x.dtype), np.empty(ROWS, x.dtype)
    some_dw, some_db = np.empty(D, x.dtype), np.empty(D, x.dtype)
    for i in range(first, last, ROWS):
        end = min(i + ROWS, last)
        for k in range(i, end):
            sums, products = 0.0, 0.0
            for start in range(0, D, CHUNK):
                row, g, weight = x[k, start : start + CHUNK], dz[k, start : start + CHUNK], w[start : start + CHUNK]
                m, a, b = mean[k], x.dtype.type(0), x.dtype.type(0)
                for j in range(row.size):
                    a = plus(a, g[j] * weight[j])
                    b = plus(b, g[j] * weight[j] * (row[j] - m))
                sums += a
                products += b
            levels[k - i] = -sums / D * rstd[k] if centred else 0.0
            tilts[k - i] = -products / D * rstd[k] * rstd[k]
        for k in range(i, end):
            row, g, out, m, r, level, tilt = x[k], dz[k], dx[k], mean[k], rstd[k], levels[k - i], tilts[k - i]
            for j in range(D):
                out[j] = g[j] * w[j] * r + ((row[j] - m) * r * tilt + level)
        some_dw[:] = 0
        some_db[:] = 0
        _add_rows(dz[i:end], x[i:end], mean[i:end], rstd[i:end], some_dw, some_db)
        for j in range(D):
            dw[j] += some_dw[j]
            db[j] += some_db[j]


@kernel
def _group_slopes(dz: Array, x: Array, by: Triple, dx: Array, totals: Array, first: int, last: int) -> None:
    """The same for rows (n, g) of x (N, G, K, L) with n from `first` to `last`; w, dw, db are (G * K,)."""
    w, mean, rstd = by
    part = threads.number(first, len(x), len(totals))
    dw, db = totals[part, 0], totals[part, 1]
    _, G, K, L = x.shape
    count = K * L
    for group in range(first * G, last * G):
        n, g = group // G, group % G
        m, r = mean[n, g], rstd[n, g]
        sums, products = 0.0, 0.0
        for k in range(K):
            row, slope, c = x[n, g, k], dz[n, g, k], g * K + k
            total, product = 0.0, 0.0
            for start in range(0, L, CHUNK):
                xs, g_s = row[start : start + CHUNK], slope[start : start + CHUNK]
                a, b = x.dtype.type(0), x.dtype.type(0)
                for j in range(xs.size):
                    a = plus(a, g_s[j])
                    b = plus(b, g_s[j] * (xs[j] - m))
                total += a
                product += b
            db[c] += total
            dw[c] += product * r
            sums += total * w[c]
            products += product * w[c]
        level, tilt = x.dtype.type(-sums / count * r), x.dtype.type(-products / count * r * r * r)
        for k in range(K):
            row, slope, out = x[n, g, k], dz[n, g, k], dx[n, g, k]
            scale = r * w[g * K + k]
            for j in range(L):
                out[j] = slope[j] * scale + ((row[j] - m) * tilt + level)


# ------------------------------------------------------------------------------------------- with plain signatures


def values(x: Array, w: Array, b: Array, eps: float, centred: bool) -> tuple[Array, Array, Array, Array]:
    """z, and mean, biased variance (not `centred`: 0 and mean square) and rstd (M,) of the rows of x (M, D).

    All of one dtype, contiguous, and not empty; w and b are (D,).
    """
    if x.ndim != 2 or w.shape != x.shape[1:] or b.shape != w.shape or x.size == 0:
        raise ValueError(f"rows.values: w {w.shape} and b {b.shape} do not fit rows {x.shape}")
    z = np.empty_like(x)
    statistics = np.empty((3, len(x)), x.dtype)
    threads.split(len(x), partial(_values, x, (w, b), eps, centred, z, statistics), _least(x))
    return z, *statistics


def group_values(x: Array, w: Array, b: Array, eps: float) -> tuple[Array, Array, Array, Array]:
    """z, and mean, biased variance and rstd (N, G) of the rows (n, g) of x (N, G, K, L); w and b are (G * K,)."""
    if x.ndim != 4 or w.shape != (x.shape[1] * x.shape[2],) or b.shape != w.shape or x.size == 0:
        raise ValueError(f"rows.group_values: w {w.shape} and b {b.shape} do not fit rows {x.shape}")
    z = np.empty_like(x)
    statistics = np.empty((3, *x.shape[:2]), x.dtype)
    threads.split(len(x), partial(_group_values, x, (w, b), eps, z, statistics), _least(x))
    return z, *statistics


def slopes(dz: Array, x: Array, w: Array, mean: Array, rstd: Array, centred: bool, dx: Array) -> tuple[Array, Array]:
    """Write dx and return dw and db for the cotangent dz of z, with x, w, mean and rstd as in `values`."""
    if (
        x.ndim != 2
        or not dz.shape == dx.shape == x.shape
        or not dx.flags.c_contiguous
        or w.shape != x.shape[1:]
        or x.size == 0
    ):
        raise ValueError(f"rows.slopes: dz {dz.shape} and w {w.shape} do not fit rows {x.shape}")
    if mean.shape != (len(x),) or rstd.shape != mean.shape:
        raise ValueError(f"rows.slopes: mean {mean.shape} and rstd {rstd.shape} do not fit rows {x.shape}")
    totals = _totals(x, w)
    threads.split(len(x), partial(_slopes, dz, x, (w, mean, rstd), centred, dx, totals), into=len(totals))
    return _added(totals, x)


def group_slopes(dz: Array, x: Array, w: Array, mean: Array, rstd: Array, dx: Array) -> tuple[Array, Array]:
    """Write dx and return dw and db for the cotangent dz of z, with x, w, mean and rstd as in `group_values`."""
    if (
        x.ndim != 4
        or not dz.shape == dx.shape == x.shape
        or not dx.flags.c_contiguous
        or w.shape != (x.shape[1] * x.shape[2],)
        or x.size == 0
    ):
        raise ValueError(f"rows.group_slopes: dz {dz.shape} and w {w.shape} do not fit rows {x.shape}")
    if mean.shape != x.shape[:2] or rstd.shape != mean.shape:
        raise ValueError(f"rows.group_slopes: mean {mean.shape} and rstd {rstd.shape} do not fit rows {x.shape}")
    totals = _totals(x, w)
    threads.split(len(x), partial(_group_slopes, dz, x, (w, mean, rstd), dx, totals), into=len(totals))
    return _added(totals, x)


def _totals(x: Array, w: Array) -> Array:
    """Room for dw and db of each part."""
    return np.zeros((threads.parts(len(x), _least(x)), 2, w.size))


def _added(totals: Array, x: Array) -> tuple[Array, Array]:
    """The sums of all parts, always added in the same order: the same bits."""
    dw, db = np.add.reduce(totals, 0).astype(x.dtype)
    return dw, db


def _least(x: Array) -> int:
    return max(1, LEAST * len(x) // x.size)
