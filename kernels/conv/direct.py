"""Convolution in registers: value, input gradient and weight gradient, for any stride, padding, dilation and groups.

No matrix of columns is made: a plane is copied once per column of the window (see `layout`), and then every output is
summed up in registers by the primitives of `simd`. Here the settings become axes and a layout, and the work is cut so
that the copies stay in the second-level cache while all filters use them; it is split over threads by images and rows.
The loops themselves are in `direct_loops`.

Imported when it is first needed, because it loads Numba.
"""

from __future__ import annotations

import functools
import itertools
import math
from functools import partial
from typing import Any

import numpy as np

from ..machine import choices, registers, threads
from . import direct_loops as loops
from .layout import Rests, Three, backward_axes, forward_axes, layout, union
from .window import Array, Sizes

CACHED = choices.part(2, 3 / 8, 384 << 10)
"""Bytes of copies that are made at a time: they and the weights stay in the second-level cache."""

TOGETHER = 1024
"""Outputs over which `dot` sums at a time: its operands stay in the first-level cache."""

WORTH_A_THREAD = 1_000_000
"""Multiplications that pay for waking a thread."""


COPIED = 16
"""Multiply-adds that one core does in the time it takes to copy an element."""


@functools.lru_cache(512)
def _rows(axes: tuple[Rests, ...], window: Three, channels: int, filters: int, itemsize: int) -> int:
    """Output rows to work on at a time: few enough for the cache, and the cheapest, as each part ends in a part of a
    tile and copies the rows that its windows share with the next."""
    outputs, h, w = [union(axis).outputs for axis in axes]
    whole = layout(axes, window, outputs)
    line, shared = whole.plane // whole.copied, whole.copied - outputs
    most = max(1, CACHED // max(channels * line * itemsize, 1) - shared)
    wide = registers.lanes(itemsize)

    def cost(rows: int) -> int:
        total = 0
        for start in range(0, outputs, rows):
            part = min(rows, outputs - start)
            vectors = -(-part * h * w // wide)
            total += vectors * wide * filters * len(whole.terms) + COPIED * (rows + shared) * line
        return total

    return min(range(min(most, outputs), 0, -1), key=cost)


MANY = 512
"""Weights of a window up to which copies are not counted before they are made."""

ROOM = 1 << 30
"""Bytes of copies that one thread may have."""


def too_large(
    x: Array, window: Sizes, stride: Sizes, padding: Sizes, dilation: Sizes, groups: int, size: Sizes, back: bool
) -> bool:
    """Would the copies for one output row take more memory than is right? Large windows in three dimensions do.

    back   x is what a convolution gives, and `size` that of its input; otherwise the other way round
    """
    if math.prod(window) <= MANY:
        return False
    axes_of, (sizes, counts) = (backward_axes, (size, x.shape[2:])) if back else (forward_axes, (x.shape[2:], size))
    settings = _three(stride, 1), _three(padding, 0), _three(dilation, 1)
    axes = axes_of(_three(sizes, 1), _three(counts, 1), _three(window, 1), *settings)
    if not all(any(sum_.taps for sum_ in axis) for axis in axes):
        return False
    a, h, w = map(union, axes)
    rows = [shift // a.stride for _, shift in a.taps]
    copied = (1 + max(rows) - min(rows)) * len({shift % a.stride for _, shift in a.taps})
    elements = copied * math.prod([len(axis.taps) * axis.outputs for axis in (h, w)])
    return x.shape[1] // groups * elements * x.itemsize > ROOM


def _even(count: int, most: int) -> int:
    """`count` in about equal parts of at most `most`: the size of a part."""
    return -(-count // -(-count // max(most, 1)))


def conv(
    x: Array, w: Array, bias: Array | None, stride: Sizes, padding: Sizes, dilation: Sizes, groups: int, size: Sizes
) -> Array:
    """z[n, f, p] = bias[f] + sum over c, i of w[f, c, i] * x[n, c, p * stride + i * dilation - padding].

    x (N, C, *H), w (F, C / groups, *I), both float32 or both float64; z (N, F, *size). One to three axes; not empty.
    """
    outputs, channels = len(w) // groups, w.shape[1]
    window, count = _three(w.shape[2:], 1), _three(size, 1)
    axes = forward_axes(
        _three(x.shape[2:], 1), count, window, _three(stride, 1), _three(padding, 0), _three(dilation, 1)
    )
    taps = math.prod(window)
    z = np.empty((len(x), groups, outputs, *count), x.dtype)
    w_apart = outputs * channels * taps, channels * taps, taps
    _correlate(x, w, bias, z, axes, window, loops.Sums(channels, w_apart, (1, 1, 1), registers.cut(outputs)))
    return z.reshape(len(x), len(w), *size)


def conv_input_grad(
    dz: Array, w: Array, bias: Array | None, stride: Sizes, padding: Sizes, dilation: Sizes, groups: int, size: Sizes
) -> Array:
    """dx[n, c, h] = bias[c] + sum over f, i, p of dz[n, f, p] * w[f, c, i], p * stride + i * dilation - padding = h."""
    outputs, channels = len(w) // groups, w.shape[1]
    window, count, stride = _three(w.shape[2:], 1), _three(size, 1), _three(stride, 1)
    axes = backward_axes(count, _three(dz.shape[2:], 1), window, stride, _three(padding, 0), _three(dilation, 1))
    taps = math.prod(window)
    dx = np.empty((len(dz), groups, channels, *count), dz.dtype)
    for rests in itertools.product(*[range(len(axis)) for axis in axes]):
        if not all(axis[rest].taps for axis, rest in zip(axes, rests, strict=True)):  # no window meets these elements
            place: Any = (..., *[slice(rest, None, s) for rest, s in zip(rests, stride, strict=True)])
            dx[place] = 0 if bias is None else bias.reshape(groups, channels, 1, 1, 1)
    if all(any(sum_.taps for sum_ in axis) for axis in axes):
        w_apart = outputs * channels * taps, taps, channels * taps
        _correlate(dz, w, bias, dx, axes, window, loops.Sums(outputs, w_apart, stride, registers.cut(channels)))
    return dx.reshape(len(dz), groups * channels, *size)


def _correlate(
    x: Array, w: Array, bias: Array | None, z: Array, axes: tuple[Rests, ...], window: Three, wanted: loops.Sums
) -> None:
    """The sum over all c and taps, split over threads: see `direct_loops.sums`."""
    G, F = z.shape[1:3]
    rows = _rows(axes, window, wanted.channels, F, x.itemsize)
    chosen = layout(axes, window, rows)
    outputs, h, w_outputs = chosen.outputs
    if len(x) * -(-outputs // rows) < threads.get_num_threads():
        rows = -(-outputs // threads.get_num_threads())
        chosen = layout(axes, window, rows)
    start = np.zeros(G * F, x.dtype) if bias is None else np.ascontiguousarray(bias, x.dtype)
    parts = len(x) * -(-outputs // rows)
    cost = G * F * wanted.channels * len(chosen.terms) * rows * h * w_outputs
    flat = np.ascontiguousarray(x).reshape(-1), np.ascontiguousarray(w).reshape(-1)
    threads.split(parts, partial(loops.sums, *flat, start, z, chosen, wanted), WORTH_A_THREAD // max(cost, 1))


def _three(sizes: Sizes, missing: int) -> Three:
    """One number per axis (a, h, w). A single axis is w, two are a and w: h is copied too, a is not."""
    if len(sizes) == 2:
        return sizes[0], missing, sizes[1]
    a, h, w = (*[missing] * (3 - len(sizes)), *sizes)
    return a, h, w


def conv_weight_grad(
    dz: Array,
    x: Array,
    stride: Sizes,
    padding: Sizes,
    dilation: Sizes,
    groups: int,
    size: Sizes,
    each: bool = False,
) -> Array:
    """dw[f, c, i] = sum over n, p of dz[n, f, p] * x[n, c, p * stride + i * dilation - padding].

    each   not over n: (N, F, C / groups, *size)
    """
    outputs, channels = dz.shape[1] // groups, x.shape[1] // groups
    window, count = _three(size, 1), _three(dz.shape[2:], 1)
    axes = forward_axes(
        _three(x.shape[2:], 1), count, window, _three(stride, 1), _three(padding, 0), _three(dilation, 1)
    )
    taps, covered = math.prod(window), math.prod(count)
    row = count[1] * count[2]
    rows = _even(count[0], max(1, TOGETHER // row)) if covered > 2 * TOGETHER else count[0]
    chosen = layout(axes, window, rows)
    images = 1 if each or rows < count[0] else max(1, min(len(x), TOGETHER // covered))
    together = max(1, min(channels, CACHED // (images * chosen.plane * x.itemsize)))
    cut = loops.Products(images, together, registers.cut_for_dot(outputs, together * taps))
    dz = np.ascontiguousarray(dz).reshape(len(dz), groups, outputs, covered)
    flat = np.ascontiguousarray(x).reshape(-1)
    parts = len(x) * -(-count[0] // rows)
    cost = groups * outputs * channels * taps * covered * len(x) // parts
    least = WORTH_A_THREAD // max(cost, 1)
    if each:
        totals = np.empty((parts, groups, outputs, channels, taps), x.dtype)
        threads.split(parts, partial(loops.products_each, dz, flat, totals, chosen, cut), least)
        if parts > len(x):
            totals = totals.reshape(len(x), parts // len(x), *totals.shape[1:]).sum(1)
        return totals.reshape(len(x), groups * outputs, channels, *size)
    totals = np.empty((threads.parts(parts, least), groups, outputs, channels, taps), x.dtype)
    threads.split(parts, partial(loops.products, dz, flat, totals, chosen, cut), into=len(totals))
    dw: Array = totals.sum(0).reshape(groups * outputs, channels, *size)
    return dw
