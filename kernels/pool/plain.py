"""Pooling over the last axes of an array: largest elements of windows. Their sums are in `sums`.

`size`, `stride`, `padding`, `dilation` and `out` (the number of windows) have one number per pooled axis. Window p of
an axis begins at p * stride - padding, and what it covers outside of the array does not count.

Large arrays go through the compiled loops of `loops`, in threads that take some of the planes each. Small ones
are not worth loading a compiler: NumPy loops over the elements of a window, each time for all windows at once, where
element i of all of them is a strided slice. Both choose the same winners.
"""

from __future__ import annotations

import itertools
import math
from functools import lru_cache, partial
from typing import Any, NamedTuple

import numpy as np
from numpy import ndarray as Array

from ..machine import choices, threads
from ..machine.fast import fast
from . import loops

Numbers = tuple[int, ...]
Tap = tuple[slice, Any, int]  # which windows have an element, where in the input it is, its number in the window

LEAST = 1 << 14  # elements of the input that are worth a thread


class Windows(NamedTuple):
    """Which elements pooling compares: one number per pooled axis. `even` is False for `adaptive_windows`."""

    size: Numbers
    stride: Numbers
    padding: Numbers
    dilation: Numbers
    out: Numbers
    even: bool = True


def everything(shape: Numbers) -> Windows:
    """One window over all elements of `shape` and nothing else: its largest element and its sum are those of rows."""
    one = (1,) * len(shape)
    return Windows(shape, shape, (0,) * len(shape), one, one)


@lru_cache(maxsize=256)
def essential(windows: Windows) -> Windows:
    """The same windows with the usual value for what has no effect: the stride of one window is its size, the dilation
    of one element is 1. What windows have in particular is asked by comparing all settings: none can be forgotten."""
    size, stride, padding, dilation, out, even = windows
    return Windows(
        size,
        tuple([k if o == 1 else s for k, s, o in zip(size, stride, out, strict=True)]),
        padding,
        tuple([1 if k == 1 else d for k, d in zip(size, dilation, strict=True)]),
        out,
        even,
    )


def _planes(x: Array, axes: int) -> Array:
    """x as a contiguous (planes, D, H, W), with axes of size 1 for what is less than three dimensions."""
    lead = x.ndim - axes
    return np.ascontiguousarray(x).reshape(math.prod(x.shape[:lead]), *[1] * (3 - axes), *x.shape[lead:])


def _three(numbers: Numbers, filler: int = 1) -> tuple[int, int, int]:
    """Settings of one to three axes as settings of three."""
    return (*(filler,) * (3 - len(numbers)), *numbers)  # type: ignore[return-value]


def _least(x: Array, planes: int) -> int:
    """The fewest planes that are worth a thread."""
    return max(1, LEAST * planes // max(x.size, 1))


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


def adaptive(shape: Numbers, out: Numbers) -> Windows:
    """Windows that divide axes of `shape` into `out` parts each; all of one size if that can be."""
    one, none = (1,) * len(out), (0,) * len(out)
    # shortcut: every axis divides evenly, so windows neither overlap nor differ in size
    if all(o and n % o == 0 for n, o in zip(shape, out, strict=True)):
        size = tuple([n // o for n, o in zip(shape, out, strict=True)])
        return Windows(size, size, none, one, out)
    ends = [adaptive_windows(n, o) for n, o in zip(shape, out, strict=True)]
    size = tuple([int((end - begin).max(initial=1)) for begin, end in ends])
    return Windows(size, one, none, one, out, even=False)


@lru_cache(maxsize=256)
def _bounds(shape: Numbers, windows: Windows) -> tuple[tuple[Array, Array, Array], ...]:
    """For each pooled axis: where windows begin, and the first and the end of their elements inside the array."""
    bounds = []
    for n, k, s, p, d, out in zip(shape, *windows[:5], strict=True):
        if windows.even:
            begin = np.arange(out) * s - p
            first = np.where(begin < 0, begin + -(begin // d) * d, begin)
            end = np.minimum(begin + (k - 1) * d + 1, n)
        else:
            begin, end = adaptive_windows(n, out)
            first = begin
        if (first >= end).any() or (first < 0).any():
            raise ValueError(f"max pooling of {shape}: {windows} include a window without elements")
        bounds.append((begin, first, end))
    return tuple(bounds)


# ----------------------------------------------------------------------------------------------------------- largest


def winners(x: Array, windows: Windows) -> tuple[Array, Array]:
    """Largest element of each window, and its place in the window: row-major, in the least dtype that holds it.

    Of equal ones the first counts; NaN counts as larger than anything, and of several the last has the place. Each
    window must have an element inside the array.
    """
    axes = len(windows.out)
    shape = x.shape[x.ndim - axes :]
    _bounds(shape, windows)
    return _winners(x, windows)


def max_pool(
    x: Array, size: Numbers, stride: Numbers, padding: Numbers, dilation: Numbers, out: Numbers
) -> tuple[Array, Array]:
    """`winners`, with row-major positions within the pooled axes (int64)."""
    windows = Windows(size, stride, padding, dilation, out)
    value, place = winners(x, windows)
    return value, positions(place, windows, x.shape)


def adaptive_max_pool(x: Array, out: Numbers) -> tuple[Array, Array]:
    """The same for windows that divide the pooled axes into `out` parts each."""
    windows = adaptive(x.shape[x.ndim - len(out) :], out)
    value, place = winners(x, windows)
    return value, positions(place, windows, x.shape)


def positions(place: Array, windows: Windows, shape: Numbers, whole: bool = False) -> Array:
    """Row-major positions (int64) within the pooled axes of `shape`, or within all of it, from places in windows."""
    axes = len(windows.out)
    lead, pooled = shape[: len(shape) - axes], shape[len(shape) - axes :]
    index: Array = _offsets(pooled, windows)[place]
    index += _flat(pooled, [_column(b, axis, axes) for axis, (b, _, _) in enumerate(_bounds(pooled, windows))])
    if whole:
        index += (np.arange(math.prod(lead)) * math.prod(pooled)).reshape(*lead, *[1] * axes)
    return index


def put(dz: Array, place: Array, windows: Windows, shape: Numbers) -> Array:
    """Zeros of `shape` with dz added at the winners' places, as `winners` returned them for an array of `shape`."""
    axes = len(windows.out)
    if dz.shape != place.shape or place.shape != (*shape[: len(shape) - axes], *windows.out):
        raise ValueError(f"places {place.shape} and values {dz.shape} do not fit {windows} of {shape}")
    return _put(dz, place, windows, shape)


def _put_compiled(dz: Array, place: Array, windows: Windows, shape: Numbers) -> Array:
    axes = len(windows.out)
    pooled = shape[len(shape) - axes :]
    dx = np.empty(shape, dz.dtype)
    source, at, target = _planes(dz, axes), _planes(place, axes), _planes(dx, axes)
    begins = _three_arrays([begin for begin, _, _ in _bounds(pooled, windows)])
    work = partial(loops.put, source, at, target, begins, _offsets(pooled, windows))
    threads.split(len(target), work, _least(dx, len(target)))
    return dx


@fast(_put_compiled, at_least="pool", count=lambda dz, shape: math.prod(shape))
def _put(dz: Array, place: Array, windows: Windows, shape: Numbers) -> Array:
    z = np.zeros(math.prod(shape), dz.dtype)
    index = positions(place, windows, shape, whole=True).reshape(-1)
    np.add.at(z, index, dz.reshape(-1))
    return z.reshape(shape)


def _three_arrays(arrays: list[Array], filler: int = 0) -> tuple[Array, ...]:
    """One array per axis, for three axes."""
    return (*[np.full(1, filler)] * (3 - len(arrays)), *arrays)


def _winners_compiled(x: Array, windows: Windows) -> tuple[Array, Array]:
    axes = len(windows.out)
    lead, shape = x.shape[: x.ndim - axes], x.shape[x.ndim - axes :]
    z = np.empty((*lead, *windows.out), x.dtype)
    place = np.empty(z.shape, _small(windows))
    source, value, at = _planes(x, axes), _planes(z, axes), _planes(place, axes)
    # shortcut: the same condition
    if essential(windows) == everything(shape):  # one long row is quicker than several short ones
        shape = (math.prod(shape),)
        windows = everything(shape)
        source = source.reshape(-1, 1, 1, *shape)
    loop, settings = _loop(shape, windows, x.itemsize)
    threads.split(len(source), partial(loop, source, value, at, *settings), _least(x, len(source)))
    return z, place


@fast(_winners_compiled, at_least="pool")
def _winners(x: Array, windows: Windows) -> tuple[Array, Array]:
    axes = len(windows.out)
    # shortcut: the settings, all of them, are those of one window over everything; then windows are rows
    if essential(windows) == everything(x.shape[x.ndim - axes :]):
        return _largest(x, axes)
    return _winners_by_taps(x, windows)


@lru_cache(maxsize=256)
def _loop(shape: Numbers, windows: Windows, itemsize: int) -> tuple[Any, tuple[Any, ...]]:
    """The loop that finds the winners, and its settings."""
    bounds = _bounds(shape, windows)
    size, dilation = _three(windows.size), _three(windows.dilation)
    skipped = _three_arrays([(f - begin) // d for (begin, f, _), d in zip(bounds, windows.dilation, strict=True)])
    # shortcut: rows can be copied so that windows lie side by side: even windows, more than one along W, at most 2
    # apart there
    if windows.even and windows.stride[-1] <= 2 and windows.out[-1] > 1:
        stride, padding = _three(windows.stride), _three(windows.padding, 0)
        from .largest import winners

        return winners, (skipped, _layout(windows, itemsize), (size, stride, padding, dilation))
    first = _three_arrays([first for _, first, _ in bounds])
    count = [-((first - end) // d) for (_, first, end), d in zip(bounds, windows.dilation, strict=True)]
    return loops.winners_one_by_one, ((skipped, first, _three_arrays(count, 1)), size, dilation)


SCRATCH = 1 << 15
"""Bytes of an image, rearranged, that `winners` keeps in the first-level cache, or two thirds of that."""


def _layout(windows: Windows, itemsize: int) -> tuple[Array, int, int, int, int]:
    """How `winners` of `largest` rearranges its input: see there. (taps, rows of z at a time, down, high, wide)"""
    size, stride, dilation, out = map(_three, (windows.size, windows.stride, windows.dilation, windows.out))
    down, across = min(stride[1], (size[1] - 1) * dilation[1] + 1), stride[2]
    wide = out[2] + (size[2] - 1) * dilation[2] // across
    more = (size[1] - 1) * dilation[1] // stride[1]
    scratch = choices.part(1, 2 / 3, SCRATCH)
    rows = max(1, min(out[1], scratch // (itemsize * size[0] * down * across * wide) - more))
    rows = -(-out[1] // -(-out[1] // rows))  # parts of about equal size: each is copied as if it had all its rows
    high = rows + more
    taps = [
        (((i * down + j * dilation[1] % stride[1]) * across + k * dilation[2] % across) * high) * wide
        + j * dilation[1] // stride[1] * wide
        + k * dilation[2] // across
        for i, j, k in itertools.product(*map(range, size))
    ]
    return np.array(taps, np.int64), rows, down, high, wide


def _small(windows: Windows) -> Any:
    """The least dtype for places."""
    return np.uint8 if math.prod(windows.size) <= 256 else np.int32


@lru_cache(maxsize=256)
def _offsets(shape: Numbers, windows: Windows) -> Array:
    """How far the elements of a window are from its begin, in row-major positions of an array of `shape`."""
    places = np.indices(windows.size, np.int64).reshape(len(shape), -1)
    return np.asarray(_flat(shape, [i * d for i, d in zip(places, windows.dilation, strict=True)]))


def _largest(x: Array, axes: int) -> tuple[Array, Array]:
    """`winners` with one window over everything."""
    rows = x.reshape(*x.shape[: x.ndim - axes], math.prod(x.shape[x.ndim - axes :]))
    place = rows.argmax(-1)[..., None]
    value = np.take_along_axis(rows, place, -1)
    if _has_nan(value):
        nan = np.isnan(value)
        place[nan] = (rows.shape[-1] - 1 - np.isnan(rows)[..., ::-1].argmax(-1)[..., None])[nan]
    shape = (*x.shape[: x.ndim - axes], *[1] * axes)
    return value.reshape(shape), place.reshape(shape).astype(np.uint8 if rows.shape[-1] <= 256 else np.int32)


def _has_nan(x: Array) -> bool:
    return x.dtype.kind == "f" and bool(np.isnan(x).any())


def _winners_by_taps(x: Array, windows: Windows) -> tuple[Array, Array]:
    """`winners` in NumPy."""
    out = windows.out
    shape, lead = x.shape[x.ndim - len(out) :], x.shape[: x.ndim - len(out)]
    if windows.even:
        taps = [_taps(*axis) for axis in zip(shape, *windows[:5], strict=True)]
    else:
        taps = []
        for axis, (_, begin, end) in enumerate(_bounds(shape, windows)):
            steps = range(windows.size[axis])  # shorter windows repeat their last element
            taps.append([(slice(None), _column(np.minimum(begin + i, end - 1), axis, len(out)), i) for i in steps])
    elements = list(itertools.product(*taps))
    numbers = [int(_flat(windows.size, [i for _, _, i in element])) for element in elements]
    small = np.dtype(_small(windows))
    first = np.zeros(out, small)  # where nothing beats the start value: the first element of the window
    for number, element in zip(reversed(numbers), reversed(elements), strict=True):
        first[tuple([hit for hit, _, _ in element])] = number
    lowest = -math.inf if x.dtype.kind == "f" else np.iinfo(x.dtype).min
    best = np.full((*lead, *out), lowest, x.dtype)
    winner = np.empty((*lead, *out), small)
    winner[...] = first
    for number, element in zip(numbers, elements, strict=True):
        hit, value = _element(x, element)
        here, so_far = best[hit], winner[hit]
        # the number of a later winner is larger: arithmetic instead of a masked copy, which is ten times slower
        np.maximum(so_far, np.multiply(value > here, number, dtype=small, casting="unsafe"), out=so_far)
        np.maximum(here, value, out=here)
    if _has_nan(best):
        for number, element in zip(numbers, elements, strict=True):
            hit, value = _element(x, element)
            nan = np.isnan(value)
            if not windows.even:  # a repeated element has no place of its own
                for axis, (_, begin, end) in enumerate(_bounds(shape, windows)):
                    nan &= _column(begin + element[axis][2] < end, axis, len(out))
            np.copyto(winner[hit], np.asarray(number, small), where=nan)
    return best, winner


def _element(x: Array, element: tuple[Tap, ...]) -> tuple[Any, Array]:
    """Which windows have this element, and its value in each."""
    return (..., *[hit for hit, _, _ in element]), x[(..., *[source for _, source, _ in element])]


def _flat(shape: Numbers, place: list[Any]) -> Any:
    """Row-major position in an array of `shape`, from the position along each axis."""
    flat: Any = 0
    for n, p in zip(shape, place, strict=True):
        flat = flat * n + p
    return flat


def _column(p: Array, axis: int, axes: int) -> Array:
    """Numbers along one of the pooled axes, to be broadcast along the others."""
    return p.reshape((-1,) + (1,) * (axes - axis - 1))
