"""The forward and backward variables of connectionist temporal classification in logarithms, and the slope.

Graves et al. 2006, Connectionist Temporal Classification, equations 6 to 10 and 13 to 15. A target of S labels has
2 S + 1 places: its labels with blanks before, between and behind them. A path stays at its place in the next frame,
goes to the next place, or over a blank that parts two different labels.

    x (T, N, C)         log-probabilities: T frames, N sequences, C labels
    target              what is to be read: see `Target`
    alphas (N, T + 1, 2 + 2 S + 1 and some more)
                        log of the probability that the frames so far read as the labels up to a place, and end there.
                        Two places stand before the first, and one frame before frame 0, when all paths are at the
                        second of these: that spares special cases. -inf in what does not count, and in as many more
                        as are needed for loops of whole vectors
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy import ndarray as Array

from ..machine.fast import fast

LANES = 16
"""Places that the longest vectors have room for."""


class Target(NamedTuple):
    """What the frames of each sequence are to be read as."""

    labels: Array  # (N, S), of which the first `lengths` count; the blank behind them
    given: Array  # (N,): how many of the frames count
    lengths: Array  # (N,)
    blank: int


def width_of(labels: Array) -> int:
    """The length of a row of alphas."""
    return 2 + -(-(2 * labels.shape[1] + 1) // LANES) * LANES


def places_of(labels: Array, blank: int) -> tuple[Array, Array]:
    """The label of each place (N, 2 S + 1), and whether a path may come to it from two places before."""
    count, length = labels.shape
    between = np.full((count, length), blank, np.intp)
    row = np.stack([between, labels.astype(np.intp)], 2).reshape(count, 2 * length)
    places = np.concatenate([row, np.full((count, 1), blank, np.intp)], 1)
    other = np.concatenate([np.ones((count, min(length, 1)), np.bool_), labels[:, 1:] != labels[:, :-1]], 1)
    row = np.stack([np.zeros((count, length), np.bool_), other], 2).reshape(count, 2 * length)
    return places, np.concatenate([row, np.zeros((count, 1), np.bool_)], 1)


def _seen(x: Array, places: Array) -> Array:
    """x at the label of each place (T, N, 2 S + 1)."""
    return np.take_along_axis(x, np.broadcast_to(places, (len(x), *places.shape)), 2)


def _any_of_three(a: Array, b: Array, c: Array, skips: Array) -> Array:
    """log(exp(a) + exp(b) + exp(c)), without c where nothing is skipped."""
    z = np.logaddexp(a, b)
    return np.logaddexp(z, c, out=z, where=skips)


def _size(x: Array, target: Target) -> int:
    return len(x) * (2 * target.labels.size + len(target.labels))


@fast("kernels.ctc.loops:values", at_least="ctc", count=_size)
def values(x: Array, target: Target) -> tuple[Array, Array]:
    """The log-likelihood (N,) of each target, -inf where it does not fit in its frames; and alphas."""
    labels, given, lengths, blank = target
    places, skips = places_of(labels, blank)
    frames, count, length = len(x), *places.shape
    seen = _seen(x, places)
    seen[:, np.arange(length) > 2 * lengths[:, None]] = -np.inf
    seen[np.arange(frames)[:, None] >= given] = -np.inf
    alphas = np.full((count, frames + 1, width_of(labels)), -np.inf, x.dtype)
    alphas[:, 0, 1] = 0
    for t in range(frames):
        a = alphas[:, t, : length + 2]
        alphas[:, t + 1, 2 : length + 2] = _any_of_three(a[:, 2:], a[:, 1:-1], a[:, :-2], skips) + seen[t]
    rows, last = np.arange(count), 2 * lengths + 2
    return np.logaddexp(alphas[rows, given, last], alphas[rows, given, last - 1]), alphas


def _size_of_slopes(dz: Array, x: Array, target: Target) -> int:
    return _size(x, target)


@fast("kernels.ctc.loops:slopes", at_least="ctc", count=_size_of_slopes)
def slopes(dz: Array, x: Array, alphas: Array, likelihood: Array, target: Target) -> Array:
    """The cotangent of x for dz (N,), that of the log-likelihoods: dz times the probability that a path that reads as
    the target has that label in that frame. 0 where no path fits."""
    labels, given, lengths, blank = target
    places, skips = places_of(labels, blank)
    frames, count, length = len(x), *places.shape
    seen = _seen(x, places)
    rows, onward = np.arange(count), np.zeros(skips.shape, np.bool_)
    onward[:, :-2] = skips[:, 2:]
    end = np.full(places.shape, -np.inf, x.dtype)
    end[rows, 2 * lengths] = 0
    end[rows, np.maximum(2 * lengths - 1, 0)] = 0
    total = np.where(likelihood == -np.inf, np.inf, likelihood)[:, None]
    dx = np.zeros(x.shape, x.dtype)
    ahead = np.full((count, length + 2), -np.inf, x.dtype)  # beta of the paper, without two places behind the last
    for t in range(frames - 1, -1, -1):
        beta = _any_of_three(ahead[:, :-2], ahead[:, 1:-1], ahead[:, 2:], onward)
        beta[given == t + 1] = end[given == t + 1]
        share = np.exp(alphas[:, t + 1, 2 : length + 2] + beta - total) * dz[:, None]
        np.add.at(dx[t], (rows[:, None], places), share)
        ahead[:, :-2] = beta + seen[t]
    return dx
