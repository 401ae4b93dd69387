"""Connectionist temporal classification as compiled loops, for float32 and float64: letters and arrays as in `plain`.

One sequence after the other, in threads that take some each: its places are the lanes of vector code, as a place
depends on those of the frame before alone.

Imported when it is first needed, because it loads Numba.
"""

from __future__ import annotations

from functools import partial

import numpy as np
from numpy import ndarray as Array

from ..machine import simd, threads
from ..machine.arrays import empty
from ..machine.jit import kernel, piece
from ..machine.vector import exp, log
from .plain import LANES, Target, width_of

LEAST = 1 << 10  # places of frames that are worth a thread

Numbers = tuple[float, float, float]
"""0, 1 and infinity as numbers of the type that is computed in."""


@piece
def _any_of_three(a: float, b: float, c: float, numbers: Numbers) -> float:
    """log(exp(a) + exp(b) + exp(c)): -inf where all three are."""
    zero, one, infinite = numbers
    high, low = (a, b) if a > b else (b, a)
    top, other = (high, c) if high > c else (c, high)
    about = top if abs(top) < infinite else zero
    return top + log(one + (exp(other - about) + exp(low - about)))


@kernel
def _fill_in(labels: Array, blank: int, places: Array, closed: Array) -> None:
    """The label of each place, and 0 where a path may come from two places before, else -inf."""
    for s in range(labels.size):
        places[2 * s], places[2 * s + 1] = blank, labels[s]
        closed[2 * s], closed[2 * s + 1] = -np.inf, 0
        if s > 0 and labels[s] == labels[s - 1]:
            closed[2 * s + 1] = -np.inf
    places[2 * labels.size], closed[2 * labels.size] = blank, -np.inf


@kernel
def _forward(x: Array, target: Target, alphas: Array, likelihood: Array, start: int, stop: int) -> None:
    """Fill in alphas and the log-likelihoods of the sequences from `start` to `stop`."""
    labels, given, lengths, blank = target
    numbers = x.dtype.type(0), x.dtype.type(1), x.dtype.type(np.inf)
    infinite = numbers[2]
    simd.wide()
    room = alphas.shape[2]
    places, closed, seen = empty(room, np.intp), empty(room, x.dtype), empty(room, x.dtype)
    for n in range(start, stop):
        length = 2 * lengths[n] + 1
        _fill_in(labels[n, : lengths[n]], blank, places, closed)
        alphas[n] = -infinite
        wide = (length + LANES - 1) // LANES * LANES
        seen[length:] = closed[length:] = -infinite
        alphas[n, 0, 1] = 0
        for t in range(given[n]):
            old, new = alphas[n, t], alphas[n, t + 1, 2:]
            frame = x[t, n]
            for s in range(length):
                seen[s] = frame[places[s]]
            for s in range(wide):
                new[s] = _any_of_three(old[s + 2], old[s + 1], old[s] + closed[s], numbers) + seen[s]
        end = alphas[n, given[n], length : length + 2]
        likelihood[n] = _any_of_three(end[0], end[1], -infinite, numbers)


@kernel
def _backward(
    dz: Array, x: Array, target: Target, alphas: Array, likelihood: Array, dx: Array, start: int, stop: int
) -> None:
    """Write dx of the sequences from `start` to `stop`."""
    labels, given, lengths, blank = target
    numbers = x.dtype.type(0), x.dtype.type(1), x.dtype.type(np.inf)
    infinite = numbers[2]
    simd.wide()
    room = alphas.shape[2]
    places, closed = empty(room, np.intp), empty(room, x.dtype)
    beta, ahead, share = empty(room, x.dtype), empty(room, x.dtype), empty(room, x.dtype)
    for n in range(start, stop):
        length = 2 * lengths[n] + 1
        _fill_in(labels[n, : lengths[n]], blank, places, closed)
        closed[length:] = ahead[:] = beta[:] = -infinite
        beta[max(length - 2, 0) : length] = 0
        frames = given[n]
        wide = (length + LANES - 1) // LANES * LANES
        total = likelihood[n]
        for t in range(frames, len(x)):
            dx[t, n] = 0
        for t in range(frames - 1, -1, -1):
            reached, frame, out = alphas[n, t + 1, 2:], x[t, n], dx[t, n]
            out[:] = 0
            if total == -infinite:
                continue
            for s in range(wide):
                share[s] = exp(reached[s] + beta[s] - total) * dz[n]
            blanks = numbers[0]
            for s in range(0, length, 2):
                blanks += share[s]
            for s in range(1, length, 2):
                out[places[s]] += share[s]
            out[blank] += blanks
            for s in range(length):
                ahead[s] = beta[s] + frame[places[s]]
            for s in range(wide):
                beta[s] = _any_of_three(ahead[s], ahead[s + 1], ahead[s + 2] + closed[s + 2], numbers)


# ------------------------------------------------------------------------------------------------- with arrays around


def values(x: Array, target: Target) -> tuple[Array, Array]:
    """The log-likelihood (N,) of each target, and alphas: see `plain.values`."""
    frames, count, _ = x.shape
    alphas = np.empty((count, frames + 1, width_of(target.labels)), x.dtype)
    likelihood = np.empty(count, x.dtype)
    target = _checked(x, target)
    work = partial(_forward, np.ascontiguousarray(x), target, alphas, likelihood)
    threads.split(count, work, _least(alphas))
    return likelihood, alphas


def slopes(dz: Array, x: Array, alphas: Array, likelihood: Array, target: Target) -> Array:
    """The cotangent of x: see `plain.slopes`."""
    frames, count, _ = x.shape
    target = _checked(x, target)
    room = width_of(target.labels)
    if alphas.shape != (count, frames + 1, room) or not dz.shape == likelihood.shape == (count,):
        raise ValueError(f"ctc: dz {dz.shape} and alphas {alphas.shape} do not fit {x.shape} and places for {room}")
    dx = np.empty(x.shape, x.dtype)
    arrays = np.ascontiguousarray(dz), np.ascontiguousarray(x), target, alphas, likelihood, dx
    threads.split(count, partial(_backward, *arrays), _least(alphas))
    return dx


def _checked(x: Array, target: Target) -> Target:
    """The target as the loops take it, if all that it refers to is there."""
    frames, count, classes = x.shape
    labels, given, lengths = (np.ascontiguousarray(part, np.intp) for part in target[:3])
    if len(labels) != count or not given.shape == lengths.shape == (count,):
        raise ValueError(f"ctc: labels {labels.shape}, lengths {given.shape} and {lengths.shape} do not fit {x.shape}")
    for part, most in (
        (given, frames),
        (lengths, labels.shape[1]),
        (labels, classes - 1),
        (np.array(target.blank), classes - 1),
    ):
        if part.size and not 0 <= part.min() <= part.max() <= most:
            raise IndexError(f"ctc: labels, lengths and the blank must be at least 0 and at most {most}, got {part}")
    return Target(labels, given, lengths, target.blank)


def _least(alphas: Array) -> int:
    """The fewest sequences that are worth a thread."""
    return max(1, LEAST * len(alphas) // alphas.size)
