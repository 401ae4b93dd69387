"""Batch norm, ReLU and max pooling in one go, in threads: the normalised array is never written.

    z[n, c, p, q] = max over i, j of max((x[n, c, p * I + i, q * J + j] - m[c]) * s[c] + t[c], 0)

What a window is, and its winner, is said in `pooled_loops`, where the loops are.
"""

from __future__ import annotations

from functools import partial

import numpy as np
from numpy import ndarray as Array

from ..machine import threads
from . import pooled_loops as loops
from .channels import Scaling, divided, known, measure, slope, unknown
from .pooled_loops import Pair


def values(x: Array, w: Array, b: Array, eps: float, size: Pair) -> tuple[Array, Array, Scaling]:
    """z and the winners (uint8) for x (N, C, H, W), with mean and variance of its channels, and the scaling.

    All of one dtype, contiguous, and not empty; w and b are (C,); a window has at most 255 elements.
    """
    if x.size == 0 or w.shape != x.shape[1:2] or b.shape != w.shape:
        raise ValueError(f"fused.values: w {w.shape} and b {b.shape} do not fit channels of {x.shape}")
    scaling = unknown(b)
    return *_run(x, w, scaling, eps, False, size), scaling


def scaled(x: Array, s: Array, t: Array, size: Pair) -> tuple[Array, Array]:
    """z and the winners for x * s + t instead."""
    if s.shape != x.shape[1:2] or t.shape != s.shape:
        raise ValueError(f"fused.scaled: s {s.shape} and t {t.shape} do not fit channels of {x.shape}")
    return _run(x, s, known(s, t), 0.0, True, size)


def _run(x: Array, w: Array, by: Scaling, eps: float, fixed: bool, size: Pair) -> tuple[Array, Array]:
    out = _windows_of(x, size)
    z, winner = np.empty(out, x.dtype), np.empty(out, np.uint8)
    count, parts, across = division = divided(x)
    if not fixed:
        measure(_flat(x), w, eps, by, division)
    threads.split(count, partial(loops.values, x, by[:3], size, z, winner, across), into=parts)
    return z, winner


def _flat(x: Array) -> Array:
    """(N, C, H, W) as (N, C, L)."""
    N, C, H, W = x.shape
    return x.reshape(N, C, H * W)


def _windows_of(x: Array, size: Pair) -> tuple[int, ...]:
    """The shape of z."""
    if x.ndim != 4 or min(size) < 1 or size[0] * size[1] > 255:
        raise ValueError(f"fused: wanted an (N, C, H, W) and at most 255 elements in a window, got {x.shape}, {size}")
    return (*x.shape[:2], x.shape[2] // size[0], x.shape[3] // size[1])


def slopes(dz: Array, winner: Array, x: Array, by: Scaling, fixed: bool, size: Pair) -> tuple[Array, Array, Array]:
    """For the cotangent dz of z: dx, and per channel the sums (float64) of dz and of dz * (x - m) at the winners.

    If not `fixed`, m and s are functions of x, and dx knows of it. The winners are those of `values`.
    """
    if dz.shape != _windows_of(x, size) or winner.shape != dz.shape or any(p.shape != x.shape[1:2] for p in by):
        raise ValueError(f"fused.slopes: dz {dz.shape}, winners {winner.shape} do not fit {x.shape} and {size}")
    dx = np.empty_like(x)
    count, parts, across = division = divided(x)
    totals = division.totals(2, x.shape[1])
    threads.split(count, partial(loops.products, dz, (winner, size), x, by.m, dx, (across, totals)), into=parts)
    work = partial(loops.slopes, _flat(x), slope(totals, x.size // x.shape[1], by, fixed), _flat(dx), across)
    threads.split(count, work, into=parts)
    sums, products = totals[0]
    return dx, sums, products
