"""Normalisation of rows of contiguous elements, in threads: layer and RMS norm, group and instance norm.

Checks what comes in and shares the rows out; the loops are in `rows_loops`.

Imported when it is first needed, because it loads Numba.
"""

from __future__ import annotations

from functools import partial

import numpy as np
from numpy import ndarray as Array

from ..machine import threads
from . import rows_loops as loops

LEAST = 1 << 15  # elements that are worth a thread


def values(x: Array, w: Array, b: Array, eps: float, centred: bool) -> tuple[Array, Array]:
    """z, and mean, biased variance (not `centred`: 0 and mean square) and rstd (3, M) of the rows of x (M, D).

    All of one dtype, contiguous, and not empty; w and b are (D,).
    """
    if x.ndim != 2 or w.shape != x.shape[1:] or b.shape != w.shape or x.size == 0:
        raise ValueError(f"rows.values: w {w.shape} and b {b.shape} do not fit rows {x.shape}")
    z = np.empty_like(x)
    statistics = np.empty((3, len(x)), x.dtype)
    threads.split(len(x), partial(loops.values, x, (w, b), eps, centred, z, statistics), _least(x))
    return z, statistics


def group_values(x: Array, w: Array, b: Array, eps: float) -> tuple[Array, Array, Array, Array]:
    """z, and mean, biased variance and rstd (N, G) of the rows (n, g) of x (N, G, K, L); w and b are (G * K,)."""
    if x.ndim != 4 or w.shape != (x.shape[1] * x.shape[2],) or b.shape != w.shape or x.size == 0:
        raise ValueError(f"rows.group_values: w {w.shape} and b {b.shape} do not fit rows {x.shape}")
    z = np.empty_like(x)
    statistics = np.empty((3, *x.shape[:2]), x.dtype)
    threads.split(len(x), partial(loops.group_values, x, (w, b), eps, z, statistics), _least(x))
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
    threads.split(len(x), partial(loops.slopes, dz, x, (w, mean, rstd), centred, dx, totals), into=len(totals))
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
    threads.split(len(x), partial(loops.group_slopes, dz, x, (w, mean, rstd), dx, totals), into=len(totals))
    return _added(totals, x)


def _totals(x: Array, w: Array) -> Array:
    """Room for dw and db of each part."""
    return np.zeros((threads.parts(len(x), _least(x)), 2, w.size))


def _added(totals: Array, x: Array) -> tuple[Array, Array]:
    """The sums of all parts, always added in the same order: the same bits."""
    sums = totals[0] if len(totals) == 1 else np.add.reduce(totals, 0)
    return sums[0].astype(x.dtype), sums[1].astype(x.dtype)  # arrays of their own: they become somebody's .grad as such


def _least(x: Array) -> int:
    return max(1, LEAST * len(x) // x.size)
