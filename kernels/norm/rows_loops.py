"""Normalisation of rows of contiguous elements as loops, forward and back.

    z = (x - mean) * rstd * w + b,  mean and rstd = 1 / sqrt(variance + eps) those of the row

A row is read several times while it is in the cache. Sums are those of `machine.sums`.

Imported when it is first needed, because it loads Numba.
"""

from __future__ import annotations

import math

from numpy import ndarray as Array

from ..machine import simd, threads
from ..machine.arrays import empty, shaped
from ..machine.jit import ENABLED, kernel, piece
from ..machine.sums import long_sum, two_long_sums
from . import rows_registers as four

Pair = tuple[Array, Array]
Triple = tuple[Array, Array, Array]

ROWS = 16  # so many are worked on together: their sums do not wait for each other


def _deviation(x: float, y: float, c: float) -> float:
    return x - c


def _square(x: float, y: float, c: float) -> float:
    return (x - c) * (x - c)


def _weighted(g: float, x: float, w: float, m: float) -> tuple[float, float]:
    return g * w, g * w * (x - m)


def _plain(g: float, x: float, w: float, m: float) -> tuple[float, float]:
    return g, g * (x - m)


_deviations = piece(long_sum(_deviation))
_squares = piece(long_sum(_square))
_weighted_sums = piece(two_long_sums(_weighted))
_plain_sums = piece(two_long_sums(_plain))


@piece
def _mean(x: Array) -> float:
    """The mean of a row, taken about its first element: that of a constant is exact."""
    mean: float = x[0] + _deviations(x, x, x[0]) / x.size
    return mean


@piece
def _variance(x: Array, mean: float) -> float:
    """The mean square of x - mean."""
    return _squares(x, x, mean) / x.size


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
def values(
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
        fours = i + (end - i) // four.ROWS * four.ROWS if ENABLED else i
        for k in range(i, fours, four.ROWS):
            at = k * D * x.itemsize
            four.values(
                x,
                four.Values(
                    x=simd.address(x) + at,
                    z=simd.address(z) + at,
                    row=D * x.itemsize,
                    count=D,
                    mean=simd.address(mean) + k * x.itemsize,
                    rstd=simd.address(rstd) + k * x.itemsize,
                    w=simd.address(w),
                    b=simd.address(b),
                ),
            )
        for k in range(fours, end):
            row, out, m, r = x[k], z[k], mean[k], rstd[k]
            for j in range(D):
                out[j] = (row[j] - m) * r * w[j] + b[j]


@kernel
def group_values(x: Array, affine: Pair, eps: float, z: Array, statistics: Array, first: int, last: int) -> None:
    """The same for the rows (n, g) of x (N, G, K, L) with n from `first` to `last`. w and b are (G * K,)."""
    N, G, K, L = x.shape
    (w, b), mean, var, rstd = affine, statistics[0], statistics[1], statistics[2]
    rows, x, z = shaped(x, (N, G, K * L)), shaped(x, (N, G * K, L)), shaped(z, (N, G * K, L))
    for n in range(first, last):
        _measure(rows[n], eps, True, mean[n], var[n], rstd[n])
        for c in range(G * K):
            row, out, m, s, t = x[n, c], z[n, c], mean[n, c // K], rstd[n, c // K] * w[c], b[c]
            for j in range(L):
                out[j] = (row[j] - m) * s + t


@kernel
def slopes(dz: Array, x: Array, by: Triple, centred: bool, dx: Array, totals: Array, first: int, last: int) -> None:
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
    levels, tilts = empty(ROWS, x.dtype), empty(ROWS, x.dtype)
    some_dw, some_db = empty(D, x.dtype), empty(D, x.dtype)
    for i in range(first, last, ROWS):
        end = min(i + ROWS, last)
        for k in range(i, end):
            sums, products = _weighted_sums(dz[k], x[k], w, mean[k])
            levels[k - i] = -sums / D * rstd[k] if centred else 0.0
            tilts[k - i] = -products / D * rstd[k] * rstd[k]
        some_dw[:] = 0
        some_db[:] = 0
        fours = i + (end - i) // four.ROWS * four.ROWS if ENABLED else i
        for k in range(i, fours, four.ROWS):
            at, size = k * D * x.itemsize, x.itemsize
            four.slopes(
                x,
                four.Slopes(
                    dz=simd.address(dz) + at,
                    x=simd.address(x) + at,
                    dx=simd.address(dx) + at,
                    row=D * size,
                    count=D,
                    mean=simd.address(mean) + k * size,
                    rstd=simd.address(rstd) + k * size,
                    tilts=simd.address(tilts) + (k - i) * size,
                    levels=simd.address(levels) + (k - i) * size,
                    w=simd.address(w),
                    dw=simd.address(some_dw),
                    db=simd.address(some_db),
                ),
            )
        for k in range(fours, end):
            row, g, out, m, r, level, tilt = x[k], dz[k], dx[k], mean[k], rstd[k], levels[k - i], tilts[k - i]
            for j in range(D):
                out[j] = g[j] * w[j] * r + ((row[j] - m) * r * tilt + level)
            for j in range(D):
                some_dw[j] += g[j] * ((row[j] - m) * r)
                some_db[j] += g[j]
        for j in range(D):
            dw[j] += some_dw[j]
            db[j] += some_db[j]


@kernel
def group_slopes(dz: Array, x: Array, by: Triple, dx: Array, totals: Array, first: int, last: int) -> None:
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
            total, product = _plain_sums(slope, row, row, m)
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
