"""Resampling along axes: value and rules side by side. Interpolation and adaptive averages are of this kind.

`taps` has a pair (axis, what to sum: see kernels.along.resize) for each axis that changes. The two ops are
transposes of each other, so each is the other's derivative.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
from numpy import ndarray as Array

from kernels.along.resize import Taps, gather, spread
from kernels.pool.plain import adaptive_windows

from ..op import op

AxisTaps = tuple[tuple[int, Taps], ...]


@op("resample", dx=lambda dz, x_shape, taps: resample_back(dz, taps=taps, shape=x_shape))
def resample(x: Array, *, taps: AxisTaps) -> Array:
    """Along each axis of `taps`: weighted sums of elements of x."""
    z = x
    for axis, sums in reversed(taps):  # the last axis while x is small: the others are quicker
        z = gather(z, sums, axis)
    return np.array(x) if z is x else z


@op("resample_back", dx=lambda dz, taps: resample(dz, taps=taps))
def resample_back(x: Array, *, taps: AxisTaps, shape: tuple[int, ...]) -> Array:
    """The transpose of `resample` for an input of `shape`."""
    z = x
    for axis, sums in taps:
        z = spread(z, sums, axis, shape[axis])
    return np.array(x) if z is x else z


# ---------------------------------------------------------------------------------------- what is summed: n -> out
#
# `scale` is how far apart the sources of neighbours are; `dtype` the precision in which PyTorch computes the sources,
# which matters where one falls on the border between two elements.


@lru_cache(maxsize=64)
def mean_taps(n: int, out: int) -> Taps:
    """Means of `out` windows that cover n elements as evenly as possible."""
    begin, end = adaptive_windows(n, out)
    length = end - begin
    longest = int(length.max(initial=1))
    taps = []
    for i in range(longest):
        # A shorter window meets its last element several times, each with part of its weight: a weight of 0 would
        # turn an infinity there into NaN.
        times = np.where(i < length - 1, 1, longest - length + 1)
        taps.append((np.minimum(begin + i, end - 1), 1 / (length * times)))
    return tuple(taps)


def nearest_taps(n: int, out: int, scale: float, exact: bool) -> Taps:
    """The element whose place is nearest; `exact`: measured between centres, else between left edges."""
    place = (np.arange(out).astype(np.float32) + np.float32(0.5 if exact else 0)) * np.float32(scale)
    return ((np.minimum(np.floor(place).astype(np.intp), n - 1), None),)


def _sources(n: int, out: int, scale: float, align_corners: bool, dtype: Any) -> Any:
    """Where between the elements of the input the elements of the output lie."""
    one = np.dtype(dtype).type
    p = np.arange(out).astype(dtype)
    if align_corners:
        return p * (one(n - 1) / one(out - 1) if out > 1 else one(0))
    return (p + one(0.5)) * one(scale) - one(0.5)


def linear_taps(n: int, out: int, scale: float, align_corners: bool, dtype: Any) -> Taps:
    """Straight lines between neighbours."""
    # shortcut: equal sizes, whatever the scale and align_corners: PyTorch's convention for straight lines, not for
    # cubics
    if n == out:
        return ((np.arange(n), None),)
    place = np.maximum(_sources(n, out, scale, align_corners, dtype), 0)
    left = np.minimum(place.astype(np.intp), n - 1)
    share = np.clip(place - left.astype(dtype), 0, 1)
    return ((left, 1 - share), (np.minimum(left + 1, n - 1), share))


def cubic_taps(n: int, out: int, scale: float, align_corners: bool, dtype: Any) -> Taps:
    """Keys' cubic convolution over four neighbours, with the coefficient -0.75; edges are repeated."""
    place = _sources(n, out, scale, align_corners, dtype)
    left = np.minimum(np.floor(place).astype(np.intp), n - 1)
    t = np.clip(place - left.astype(dtype), 0, 1)
    taps = []
    for i in range(-1, 3):
        d = np.abs(t - i)
        near = (1.25 * d - 2.25) * d * d + 1
        far = -0.75 * (((d - 5) * d + 8) * d - 4)
        taps.append((np.clip(left + i, 0, n - 1), np.where(d <= 1, near, far)))
    return tuple(taps)
