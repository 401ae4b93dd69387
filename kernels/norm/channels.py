"""Batch norm, and ReLU behind it, in threads, over (N, C, L).

    z[n, c, l] = max((x[n, c, l] - m[c]) * s[c] + t[c], 0)        m mean, s = rstd * w, t = b

Threads take some of the images each, as convolutions do: what one has written another would have to fetch, line by
line, and that takes longer than normalising it. So each pass over the array ends with one number per channel and
thread, which are then added up. The loops are in `channels_loops`.
"""

from __future__ import annotations

from functools import partial
from typing import NamedTuple

import numpy as np
from numpy import ndarray as Array

from ..machine import threads
from . import channels_loops as loops
from .channels_loops import Slope

LEAST = 1 << 14  # elements that are worth a thread


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


def measure(x: Array, w: Array, eps: float, by: Scaling, division: Division) -> None:
    """Fill in all of `by` but t, for x (N, C, L). Two passes about a first guess: no variance is negative."""
    count, parts, across = division
    totals = division.totals(x.shape[1])
    by.m[:] = x[0, :, 0]
    threads.split(count, partial(loops.deviations, x, by.m, False, across, totals), into=parts)
    loops.move(totals, x.size // x.shape[1], by.m)
    threads.split(count, partial(loops.deviations, x, by.m, True, across, totals), into=parts)
    loops.scale(totals, x.size // x.shape[1], eps, w, by.var, by.rstd, by.s)


def _run(x: Array, w: Array, by: Scaling, eps: float, fixed: bool, relu: bool) -> Array:
    z = np.empty_like(x)
    count, parts, across = division = divided(x)
    if not fixed:
        measure(x, w, eps, by, division)
    threads.split(count, partial(loops.values, x, by[:3], relu, z, across), into=parts)
    return z


def slope(totals: Array, count: int, by: Scaling, fixed: bool) -> Slope:
    """What `loops.slopes` needs, from the sums of all parts; these are in totals[0] afterwards."""
    level, tilt = np.empty((2, by.s.size), by.s.dtype)
    loops.lines(totals, count, by.s, by.rstd, fixed, level, tilt)
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
    threads.split(count, partial(loops.products, dz, x, by[:3], relu, across, totals), into=parts)
    work = partial(loops.slopes, dz, x, slope(totals, x.size // x.shape[1], by, fixed), relu, dx, across)
    threads.split(count, work, into=parts)
    sums, products = totals[0]
    return sums, products
