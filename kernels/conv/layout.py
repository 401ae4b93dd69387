"""Where the terms of a convolution lie in memory, once the input has been laid out for vector code.

Both directions of a convolution are one sum. Along one axis:

    z[u * apart + rest] = sum over taps of w[tap] * x[u * stride + shift of the tap]

For the convolution itself `apart` is 1, `stride` its own, and tap i has shift i * dilation - padding. For its input
gradient `stride` is 1, and `apart` is that of the convolution: the windows that meet an element depend on its index
modulo `apart`, so that each `rest` is a sum of its own, with those taps i for which the shift
(rest + padding - i * dilation) / apart is whole. The sums of all rests share their copies: what one shifts by, others
often do, too.

There are always three axes (a, h, w), the leading ones of size 1 if there are fewer. x is copied once per shift of h
and w, cut to the outputs' size, row after row along a. Then the outputs u of a few rows are one run of memory, and so
are the x that a tap multiplies: vectors run over the ends of rows, and no lane is wasted. Along a no copies are needed:
shifts by whole rows are distances, and if stride is larger than 1, the rows of each remainder (`phase`) stand together.
"""

from __future__ import annotations

import functools
import itertools
from typing import NamedTuple

import numpy as np
from numpy import ndarray as Array

Three = tuple[int, int, int]
Rests = tuple["Axis", ...]
"""The sums along one axis, one for each rest: a single one where `apart` is 1."""


class Axis(NamedTuple):
    """One axis of the sum: how many inputs and outputs, its stride, and (index in the weights, shift) of each tap."""

    inputs: int
    outputs: int
    stride: int
    taps: tuple[tuple[int, int], ...]


class Layout(NamedTuple):
    """The copies of one plane of x for a few output rows, and where taps find their terms in them.

    inputs, outputs, strides  sizes of x, of z, and how far apart windows are, along a, h, w
    rows      output rows along a for which the copies are made
    first     row of x (in strides) where the copies begin
    copied    rows of a copy
    plane     elements of the copies of one plane
    copies    (copies, 4): shift along h, along w, and between which outputs along w there is any x
    phases    remainders of a's shifts modulo its stride
    sums      (sums, 4): rest along a, h, w of each sum, and the number of its first tap among those of all
    terms     (taps,) where each tap's terms begin in the copies, in elements
    weights   (taps,) the index of each tap in the window, row-major
    """

    inputs: Three
    outputs: Three
    strides: Three
    rows: int
    first: int
    copied: int
    plane: int
    copies: Array
    phases: Array
    sums: Array
    terms: Array
    weights: Array


@functools.lru_cache(512)
def forward_axes(
    size: Three, count: Three, window: Three, stride: Three, padding: Three, dilation: Three
) -> tuple[Rests, ...]:
    """The axes of a convolution."""
    return tuple(
        [
            (Axis(n, m, s, tuple([(i, i * d - p) for i in range(k)])),)
            for n, m, k, s, p, d in zip(size, count, window, stride, padding, dilation, strict=True)
        ]
    )


@functools.lru_cache(512)
def backward_axes(
    size: Three, count: Three, window: Three, stride: Three, padding: Three, dilation: Three
) -> tuple[Rests, ...]:
    """The axes of its input gradient, from `count` windows to `size` elements."""
    found = []
    for n, m, k, s, p, d in zip(size, count, window, stride, padding, dilation, strict=True):
        sums = []
        for rest in range(min(s, n)):
            taps = [(i, (rest + p - i * d) // s) for i in range(k) if (rest + p - i * d) % s == 0]
            sums.append(Axis(m, len(range(rest, n, s)), 1, tuple(taps)))
        found.append(tuple(sums))
    return tuple(found)


@functools.lru_cache(512)
def union(rests: Rests) -> Axis:
    """What the sums along an axis need together: as many outputs as the longest, and all shifts that there are."""
    shifts = sorted({shift for axis in rests for _, shift in axis.taps})
    outputs = max(axis.outputs for axis in rests if axis.taps)
    return Axis(rests[0].inputs, outputs, rests[0].stride, tuple(enumerate(shifts)))


@functools.lru_cache(512)
def layout(axes: tuple[Rests, ...], window: Three, rows: int) -> Layout:
    """The copies that `rows` output rows need. Along each axis, one rest at least has taps."""
    a, h, w = map(union, axes)
    shifts = [(of_h, of_w) for _, of_h in h.taps for _, of_w in w.taps]
    phases = sorted({shift % a.stride for _, shift in a.taps})
    first = min(shift // a.stride for _, shift in a.taps)
    copied = rows + max(shift // a.stride for _, shift in a.taps) - first
    numbered = {shift: k for k, shift in enumerate(shifts)}
    sums, terms, weights = [], [], []
    for rests in itertools.product(*[range(len(axis)) for axis in axes]):
        taps_a, taps_h, taps_w = [axis[rest].taps for axis, rest in zip(axes, rests, strict=True)]
        if taps_a and taps_h and taps_w:
            sums.append((*rests, len(terms)))
        for (i, of_a), (j, of_h), (k, of_w) in itertools.product(taps_a, taps_h, taps_w):
            copy = phases.index(of_a % a.stride) * len(shifts) + numbered[of_h, of_w]
            terms.append((copy * copied + of_a // a.stride - first) * h.outputs * w.outputs)
            weights.append((i * window[1] + j) * window[2] + k)
    return Layout(
        inputs=(a.inputs, h.inputs, w.inputs),
        outputs=(a.outputs, h.outputs, w.outputs),
        strides=(a.stride, h.stride, w.stride),
        rows=rows,
        first=first,
        copied=copied,
        plane=len(shifts) * len(phases) * copied * h.outputs * w.outputs,
        copies=np.array([(of_h, of_w, *_inside(w, of_w)) for of_h, of_w in shifts], np.int64),
        phases=np.array(phases, np.int64),
        sums=np.array(sums, np.int64),
        terms=np.array(terms),
        weights=np.array(weights),
    )


def _inside(axis: Axis, shift: int) -> tuple[int, int]:
    """The first output whose x[u * stride + shift] exists, and the one after the last; equal if there is none."""
    first = min(max(0, -(shift // axis.stride)), axis.outputs)
    return first, max(first, min(axis.outputs, (axis.inputs - 1 - shift) // axis.stride + 1))
