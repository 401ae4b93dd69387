"""Slopes from differences, with an error bar.

A central difference of step h errs by c h^2 + d h^4 + ..., so those of h, h/2 and h/4 can be combined until the first
two terms are gone (L. F. Richardson, 1911). How much the last combination changed the result says how far to trust it;
rounding adds its own share, the noise of the function over the step. If the estimate does not settle, smaller steps are
tried: something happens nearby. Slopes to the left and to the right come out of the same values; where they differ at
every step there is a kink.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy import ndarray as Array

Line = Callable[[Any], Array]
"""t -> change of some numbers since t = 0, when everything moves by t along a fixed direction."""

FIRST_STEPS = (4e-3, 6e-5, 1e-6)  # of the three attempts, relative to the size of what is moved
_NOISE_STEP = 1e-6  # between the values that noise is estimated from
WIDE_STEPS = (1e-4, 1e-3)  # the same where coarse rounding, as after a cancellation, is looked for
_SAFETY = 3.0


@dataclass
class Slope:
    """Derivatives of several numbers along one line; every field is an array with one element per number.

    value         the slope
    error         how far the true one may lie from it
    left, right   the one-sided slopes; infinite where the differences grow without bound
    kink          do these two differ, however small the step?
    edge          is the function finite on one side only? Then `value` is the slope of that side
    """

    value: Array
    error: Array
    left: Array
    right: Array
    kink: Array
    edge: Array

    def merged(self, other: Slope) -> Slope:
        """Per number the estimate with the smaller error; the finer steps of `other` decide about kinks."""
        take = other.kink | (other.error < self.error) | (self.kink & ~other.kink) | (self.edge & ~other.edge)
        return Slope(
            np.where(take, other.value, self.value),
            np.where(take, other.error, self.error),
            np.where(take, other.left, self.left),
            np.where(take, other.right, self.right),
            other.kink,
            self.edge & other.edge,
        )


def slope(line: Line, noise: Array, target: Array, shrink: float = 1.0) -> Slope:
    """The slopes at t = 0, from as few values as give an error below `target`.

    noise    by how much rounding may change what `line` returns: see `noise_of`
    shrink   a factor on all steps, for a second opinion
    """
    found: Slope | None = None
    with np.errstate(all="ignore"):
        for first in FIRST_STEPS:
            attempt = _attempt(line, first * shrink, noise)
            found = attempt if found is None else found.merged(attempt)
            if not found.kink.any() and not found.edge.any() and (found.error <= target).all():
                break
    assert found is not None
    return found


def _attempt(line: Line, first: float, noise: Array) -> Slope:
    steps = first * np.array([[1.0], [0.5], [0.25]])
    right = np.array([line(h) for h in steps[:, 0]]) / steps
    left = np.array([line(-h) for h in steps[:, 0]]) / -steps
    rounding = noise / steps[-1]
    value, error = _extrapolated((right + left) / 2, 4)
    r, r_error = _extrapolated(right, 2)
    l, l_error = _extrapolated(left, 2)
    error, r_error, l_error = error + 1.5 * rounding, r_error + 4 * rounding, l_error + 4 * rounding
    r, l = _limit(right, r, rounding), _limit(left, l, rounding)
    size = np.fmax(np.abs(r), np.abs(l))
    kink = np.abs(r - l) > np.fmax(10 * (r_error + l_error), 1e-5 * size)
    kink |= np.isinf(r) | np.isinf(l)
    up, down = np.isfinite(right).all(0), np.isfinite(left).all(0)
    edge = up != down
    value = np.where(edge, np.where(up, r, l), value)
    error = np.where(edge, np.where(up, r_error, l_error), error)
    error = np.where(np.isfinite(error) & np.isfinite(value), error, np.inf)
    return Slope(value, error, np.where(down, l, np.nan), np.where(up, r, np.nan), kink & up & down, edge)


def _extrapolated(estimates: Array, factor: int) -> tuple[Array, Array]:
    """The limit of estimates for h, h/2, h/4, and how far it may be off.

    factor   by which the error falls per halving: 4 for central differences (then 16), 2 for one-sided ones (then 4)
    """
    coarse, middle, fine = estimates
    first = middle + (middle - coarse) / (factor - 1)
    second = fine + (fine - middle) / (factor - 1)
    next_factor = factor * factor if factor == 4 else 2 * factor
    limit = second + (second - first) / (next_factor - 1)
    return limit, np.maximum(np.abs(limit - second), np.abs(second - first))


def _limit(differences: Array, limit: Array, rounding: Array) -> Array:
    """`limit`, but infinite where the differences grow with every halving of the step, as at a jump."""
    a, b, c = np.abs(differences)
    grows = (b > 1.3 * a) & (c > 1.3 * b) & (a > 0) & (c > 100 * rounding)
    return np.where(grows, np.sign(differences[-1]) * np.inf, limit)


def noise_of(line: Line, floor: Array, spacing: float = _NOISE_STEP) -> Array:
    """By how much rounding changes what `line` returns; at least `floor`.

    From fourth differences of close values, in which a smooth function leaves nothing but its rounding errors (as in
    J. J. More and S. M. Wild, 2011, "Estimating computational noise"). All values lie to one side, clear of a kink at
    0. `spacing` is that of the values: what rounds more coarsely is seen only from further apart.
    """
    with np.errstate(all="ignore"):
        for sign in (1, -1):
            values = np.array([line(sign * i * spacing) for i in range(7)])
            if np.isfinite(values).all():
                spread = np.sqrt(np.mean(np.diff(values, 4, axis=0) ** 2, axis=0) / 70)
                noise: Array = np.maximum(_SAFETY * spread, floor)
                return noise
    return floor


def complex_slope(line: Line) -> Array | None:
    """The slopes by a complex step: f(i h) / (i h) for a tiny h, without any subtraction; None where it cannot be.

    Exact for analytic functions (J. N. Lyness and C. B. Moler, 1967). `line` must be able to take an imaginary t.
    """
    h = 1e-30
    try:
        with np.errstate(all="ignore"):
            moved = line(1j * h)
    except Exception:  # whatever a function that is not made for complex numbers runs into
        return None
    if moved.dtype.kind != "c" or not np.isfinite(moved).all():
        return None
    result: Array = moved.imag / h
    return result
