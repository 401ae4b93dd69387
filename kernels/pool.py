"""Pooling over the last axes of an array: largest elements and sums of windows.

`size`, `stride`, `padding`, `dilation` and `out` (the number of windows) have one number per pooled axis. Window p of
an axis begins at p * stride - padding, and what it covers outside of the array does not count. The loops run over
the elements of a window, each time for all windows at once: element i of all of them is a strided slice.
"""

from __future__ import annotations

import itertools
import math
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]
Numbers = tuple[int, ...]
Tap = tuple[slice, Any, int]  # which windows have an element, where in the input it is, its number in the window


def _taps(n: int, size: int, stride: int, padding: int, dilation: int, out: int) -> list[Tap]:
    """For each element of the windows of an axis of n elements: where it is in those windows that have it inside."""
    taps = []
    for i in range(size):
        shift = i * dilation - padding
        first = max(0, -(shift // stride))
        last = min(out - 1, (n - 1 - shift) // stride)
        if first <= last:
            taps.append((slice(first, last + 1), slice(first * stride + shift, last * stride + shift + 1, stride), i))
    return taps


def adaptive_windows(n: int, out: int) -> tuple[Array, Array]:
    """Begin and end of `out` windows that cover n elements as evenly as whole numbers allow; they may overlap."""
    p = np.arange(out)
    return p * n // out, -(-(p + 1) * n // out)


# ----------------------------------------------------------------------------------------------------------- largest


def max_pool(
    x: Array, size: Numbers, stride: Numbers, padding: Numbers, dilation: Numbers, out: Numbers
) -> tuple[Array, Array]:
    """Largest element of each window, and its row-major position within the pooled axes (int64).

    Of equal ones the first counts; NaN counts as larger than anything, and of several the last has the position. Each
    window has an element inside the array.
    """
    shape = x.shape[x.ndim - len(out) :]
    if out == (1,) * len(out) and size == shape and not any(padding):
        return _largest(x, len(out))
    taps = [_taps(*axis) for axis in zip(shape, size, stride, padding, dilation, out, strict=True)]
    begin = [np.arange(o) * s - p for s, p, o in zip(stride, padding, out, strict=True)]
    return _largest_of_windows(x, taps, begin, dilation, out)


def adaptive_max_pool(x: Array, out: Numbers) -> tuple[Array, Array]:
    """The same for windows that divide the pooled axes into `out` parts each."""
    shape = x.shape[x.ndim - len(out) :]
    if out == (1,) * len(out):
        return _largest(x, len(out))
    taps, begins = [], []
    for axis, (n, windows) in enumerate(zip(shape, out, strict=True)):
        begin, end = adaptive_windows(n, windows)
        steps = range(int((end - begin).max(initial=0)))  # shorter windows repeat their last element
        taps.append([(slice(None), _column(np.minimum(begin + i, end - 1), axis, len(out)), i) for i in steps])
        begins.append(begin)
    return _largest_of_windows(x, taps, begins, (1,) * len(out), out)


def _largest(x: Array, axes: int) -> tuple[Array, Array]:
    """`max_pool` with one window over everything."""
    rows = x.reshape(*x.shape[: x.ndim - axes], math.prod(x.shape[x.ndim - axes :]))
    index = rows.argmax(-1)[..., None]
    value = np.take_along_axis(rows, index, -1)
    if _has_nan(value):
        nan = np.isnan(value)
        index[nan] = (rows.shape[-1] - 1 - np.isnan(rows)[..., ::-1].argmax(-1)[..., None])[nan]
    shape = (*x.shape[: x.ndim - axes], *[1] * axes)
    return value.reshape(shape), index.reshape(shape)


def _has_nan(x: Array) -> bool:
    return x.dtype.kind == "f" and bool(np.isnan(x).any())


def _largest_of_windows(
    x: Array, taps: list[list[Tap]], begin: list[Array], step: Numbers, out: Numbers
) -> tuple[Array, Array]:
    """`max_pool` for windows that begin at `begin` and whose elements are `step` apart."""
    shape, lead = x.shape[x.ndim - len(out) :], x.shape[: x.ndim - len(out)]
    elements = list(itertools.product(*taps))
    numbers = range(len(elements))
    small = np.dtype(np.uint8 if len(elements) <= 256 else np.int32)
    first = np.zeros(out, small)  # where nothing beats the start value: the first element of the window
    for number, element in zip(reversed(numbers), reversed(elements), strict=True):
        first[tuple([windows for windows, _, _ in element])] = number
    lowest = -math.inf if x.dtype.kind == "f" else np.iinfo(x.dtype).min
    best = np.full((*lead, *out), lowest, x.dtype)
    winner = np.empty((*lead, *out), small)
    winner[...] = first
    for number, element in zip(numbers, elements, strict=True):
        windows, value = _element(x, element)
        here, so_far = best[windows], winner[windows]
        # the number of a later winner is larger: arithmetic instead of a masked copy, which is ten times slower
        np.maximum(so_far, np.multiply(value > here, number, dtype=small, casting="unsafe"), out=so_far)
        np.maximum(here, value, out=here)
    offsets = [_flat(shape, [i * s for (_, _, i), s in zip(element, step, strict=True)]) for element in elements]
    index = np.array(offsets, np.int64)[winner]
    index += _flat(shape, [_column(b, axis, len(out)) for axis, b in enumerate(begin)])
    if _has_nan(best):
        for element in elements:
            windows, value = _element(x, element)
            places = [np.arange(n)[source] for n, (_, source, _) in zip(shape, element, strict=True)]
            place = _flat(shape, [_column(p.reshape(-1), axis, len(out)) for axis, p in enumerate(places)])
            np.copyto(index[windows], place, where=np.isnan(value))
    return best, index


def _element(x: Array, element: tuple[Tap, ...]) -> tuple[Any, Array]:
    """Which windows have this element, and its value in each."""
    return (..., *[windows for windows, _, _ in element]), x[(..., *[source for _, source, _ in element])]


def _flat(shape: Numbers, place: list[Any]) -> Any:
    """Row-major position in an array of `shape`, from the position along each axis."""
    flat: Any = 0
    for n, p in zip(shape, place, strict=True):
        flat = flat * n + p
    return flat


def _column(p: Array, axis: int, axes: int) -> Array:
    """Numbers along one of the pooled axes, to be broadcast along the others."""
    return p.reshape((-1,) + (1,) * (axes - axis - 1))


# -------------------------------------------------------------------------------------------------------------- sums


def window_sums(x: Array, size: Numbers, stride: Numbers, padding: Numbers, out: Numbers) -> Array:
    """Sum of the elements of each window."""
    z = x
    for a, settings in enumerate(zip(size, stride, padding, out, strict=True)):
        axis = x.ndim - len(out) + a
        k, s, p, windows = settings
        if (k, s, p, windows) == (1, 1, 0, z.shape[axis]):
            continue
        total = np.zeros((*z.shape[:axis], windows, *z.shape[axis + 1 :]), x.dtype)
        for target, source, _ in _taps(z.shape[axis], k, s, p, 1, windows):
            total[_along(axis, target)] += z[_along(axis, source)]
        z = total
    return np.array(x) if z is x else z


def window_spread(dz: Array, size: Numbers, stride: Numbers, padding: Numbers, shape: Numbers) -> Array:
    """The transpose of `window_sums`: each element of the pooled axes of `shape` receives dz of all its windows."""
    z = dz
    for a, (k, s, p) in enumerate(zip(size, stride, padding, strict=True)):
        axis = dz.ndim - len(size) + a
        if (k, s, p, z.shape[axis]) == (1, 1, 0, shape[axis]):
            continue
        total = np.zeros((*z.shape[:axis], shape[axis], *z.shape[axis + 1 :]), dz.dtype)
        for source, target, _ in _taps(shape[axis], k, s, p, 1, z.shape[axis]):
            total[_along(axis, target)] += z[_along(axis, source)]
        z = total
    return np.array(dz) if z is dz else z


def _along(axis: int, part: Any) -> tuple[Any, ...]:
    return (*[slice(None)] * axis, part)
