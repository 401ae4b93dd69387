"""Convolution in registers: value, input gradient and weight gradient, for any stride, padding, dilation and groups.

No matrix of columns is made: a plane is copied once per column of the window (see `layout`), and then every output is
summed up in registers by the primitives of `simd`. The loops cut the work so that the copies stay in the second-level
cache while all filters use them, and split it over threads by images and rows.

Imported when it is first needed, because it loads Numba.
"""

from __future__ import annotations

import functools
import itertools
import math
from functools import partial
from typing import Any

import numpy as np

from ..machine import simd, threads
from ..machine.jit import kernel
from .layout import Axis, Layout, Three, backward_axes, forward_axes, layout
from .window import Array, Sizes

CACHED = 384 << 10
"""Bytes of copies that are made at a time: they and the weights stay in the second-level cache."""

TOGETHER = 1024
"""Positions over which `dot` sums at a time: its operands stay in the first-level cache."""

WORTH_A_THREAD = 1_000_000
"""Multiplications that pay for waking a thread."""


@kernel
def _copy_plane(
    x: Array, start: int, out: Array, at: int, copies: Array, phases: Array, numbers: tuple[int, ...], row: int
) -> None:
    """Copy what the output rows from `row` on need of the plane x[start:] to out[at:], with 0 where there is no x."""
    A, H, W, _, Uh, Uw, step_a, step_h, step_w, first, copied = numbers
    size = x.itemsize
    x_address, out_address = x.ctypes.data, out.ctypes.data
    line = Uh * Uw * size
    for f in range(len(phases)):
        top = (row + first) * step_a + phases[f]
        above = min(max(0, -(top // step_a)), copied)  # rows before the first of x; then those of x, then the rest
        inside = max(0, min(copied, (A - 1 - top) // step_a + 1) - above)
        below = copied - above - inside
        for k in range(len(copies)):
            shift_h, shift_w, begin, end = copies[k, 0], copies[k, 1], copies[k, 2], copies[k, 3]
            there = out_address + at * size + (f * len(copies) + k) * copied * line
            here = x_address + (start + ((top + above * step_a) * H + shift_h) * W + shift_w) * size
            if above:
                simd.clear(x, there, above * Uh * Uw)
            there += above * line
            if Uh == 1 and 0 <= shift_h < H:
                simd.copy(x, here, step_a * H * W * size, step_w, there, inside, Uw, begin, end)
            else:
                left = min(max(0, -(shift_h // step_h)), Uh)  # the same along h
                right = max(left, min(Uh, (H - 1 - shift_h) // step_h + 1))
                for a in range(inside):
                    to, of = there + a * line, here + (a * step_a * H + left * step_h) * W * size
                    simd.clear(x, to, left * Uw)
                    to += left * Uw * size
                    simd.copy(x, of, step_h * W * size, step_w, to, right - left, Uw, begin, end)
                    simd.clear(x, there + a * line + right * Uw * size, (Uh - right) * Uw)
            if below:
                simd.clear(x, there + inside * line, below * Uh * Uw)


# ------------------------------------------------------------------------------------------------ value, input gradient


@kernel
def _sums(
    x: Array,
    w: Array,
    start: Array,
    z: Array,
    copies: Array,
    phases: Array,
    numbers: tuple[int, ...],
    rows: int,
    plane: int,
    terms: Array,
    weights: Array,
    w_steps: tuple[int, int, int],
    target: tuple[int, ...],
    vectors: tuple[int, ...],
    blocks: Array,
    first: int,
    last: int,
) -> None:
    """z[n, g, f, u] = start[g, f] + sum over c and taps of w[g, f, c, tap] * x[n, g, c, place of tap + u].

    x and w are flat, z is (N, G, F, A, H, W); w_steps: distances of groups, filters, channels in w.
    blocks      how the filters are cut: see `simd.cut`
    target      (channels of x per group, apart and rest of each axis): where in z the outputs go
    first, last parts that are computed; a part is an image's output rows, `rows` of them
    """
    _, G, F, Za, Zh, Zw = z.shape
    C, apart_a, rest_a, apart_h, rest_h, apart_w, rest_w = target
    # shortcut: outputs are next to each other along all three axes
    in_place = apart_a == 1 and apart_h == 1 and apart_w == 1
    A, H, W, Ua, Uh, Uw = numbers[:6]
    size = x.itemsize
    taps = len(terms)
    lanes = simd.WIDTH // size
    count = C * taps
    parts = (Ua + rows - 1) // rows

    copied_places, own_places = np.empty(count, np.int64), np.empty(count, np.int64)
    for c in range(C):
        for t in range(taps):
            copied_places[c * taps + t] = (c * plane + terms[t]) * size
            own_places[c * taps + t] = c * A * H * W * size
    # a window of one element: x itself is laid out as the copies would be
    # shortcut: all that a layout says (sizes, steps, first row, shifts) is that x and its copy are the same
    same = taps == 1 and numbers[:3] == numbers[3:6] and numbers[6:10] == (1, 1, 1, 0)
    same = same and copies[0, 0] == 0 and copies[0, 1] == 0
    packed = np.empty(G * F * count, x.dtype)
    for g in range(G):
        for block in range(len(blocks)):
            f0, tall = blocks[block, 0], blocks[block, 1]
            at = (g * F + f0) * count
            for r in range(tall):
                source = g * w_steps[0] + (f0 + r) * w_steps[1]
                for c in range(C):
                    for t in range(taps):
                        packed[at + (c * taps + t) * tall + r] = w[source + c * w_steps[2] + weights[t]]
    work = np.empty(C * plane + simd.VECTORS[1] * lanes, x.dtype)
    work[:] = 0  # see `winograd._clear_ends`; np.zeros would take Numba half a second to compile
    tile = np.empty((simd.ROWS, 0 if in_place else rows * Uh * Uw), x.dtype)

    for part in range(first, last):
        n, row = part // parts, part % parts * rows
        positions = min(rows, Ua - row) * Uh * Uw
        for g in range(G):
            first_plane = (n * G + g) * C * A * H * W
            if same and first_plane + (C + 1) * A * H * W + simd.VECTORS[1] * lanes <= x.size:
                of, places = x.ctypes.data + (first_plane + row * H * W) * size, own_places
            else:
                of, places = work.ctypes.data, copied_places
                for c in range(C):
                    _copy_plane(x, first_plane + c * A * H * W, work, c * plane, copies, phases, numbers, row)
            for block in range(len(blocks)):
                f0, tall = blocks[block, 0], blocks[block, 1]
                if in_place:
                    out = z.ctypes.data + (((n * G + g) * F + f0) * Za * Zh * Zw + row * Uh * Uw) * size
                    apart = Za * Zh * Zw * size
                else:
                    out, apart = tile.ctypes.data, tile.shape[1] * size
                u = 0
                while u < positions:
                    wide = vectors[tall] if positions - u > lanes else 1
                    simd.accumulate(
                        x,
                        tall,
                        wide,
                        packed.ctypes.data + (g * F + f0) * count * size,
                        of + u * size,
                        places.ctypes.data,
                        count,
                        start.ctypes.data + (g * F + f0) * size,
                        out + u * size,
                        apart,
                        min(positions - u, wide * lanes),
                    )
                    u += wide * lanes
                if not in_place:
                    for r in range(tall):
                        u = 0
                        for a in range(row, min(row + rows, Ua)):
                            for h in range(Uh):
                                line = z[n, g, f0 + r, a * apart_a + rest_a, h * apart_h + rest_h]
                                for q in range(Uw):
                                    line[q * apart_w + rest_w] = tile[r, u + q]
                                u += Uw


def _correlate(
    x: Array,
    w: Array,
    bias: Array | None,
    z: Array,
    axes: tuple[Axis, ...],
    channels: int,
    w_steps: Three,
    window: Three,
    target: tuple[int, ...],
) -> None:
    G, F = z.shape[1:3]
    rows = _rows(*axes, window, channels, F, x.itemsize)
    if len(x) * -(-axes[0].outputs // rows) < threads.get_num_threads():
        rows = -(-axes[0].outputs // threads.get_num_threads())
    chosen = layout(*axes, window, rows)
    start = np.zeros(G * F, x.dtype) if bias is None else np.ascontiguousarray(bias, x.dtype)
    parts = len(x) * -(-axes[0].outputs // rows)
    cost = G * F * channels * len(chosen.terms) * rows * axes[1].outputs * axes[2].outputs
    flat = np.ascontiguousarray(x).reshape(-1), np.ascontiguousarray(w).reshape(-1)
    work = partial(_sums, *flat, start, z, *chosen, w_steps, (channels, *target), simd.VECTORS, simd.cut(F))
    threads.split(parts, work, WORTH_A_THREAD // max(cost, 1))


COPIED = 16
"""Multiply-adds that one core does in the time it takes to copy an element."""


@functools.lru_cache(512)
def _rows(a: Axis, h: Axis, w: Axis, window: Three, channels: int, filters: int, itemsize: int) -> int:
    """Output rows to work on at a time: few enough for the cache, and the cheapest, as each part ends in a part of a
    tile and copies the rows that its windows share with the next."""
    whole = layout(a, h, w, window, a.outputs)
    line, shared = whole.plane // whole.numbers[-1], whole.numbers[-1] - a.outputs
    most = max(1, CACHED // max(channels * line * itemsize, 1) - shared)
    wide = simd.lanes(itemsize)

    def cost(rows: int) -> int:
        total = 0
        for start in range(0, a.outputs, rows):
            part = min(rows, a.outputs - start)
            vectors = -(-part * h.outputs * w.outputs // wide)
            total += vectors * wide * filters * len(whole.terms) + COPIED * (rows + shared) * line
        return total

    return min(range(min(most, a.outputs), 0, -1), key=cost)


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
    w_steps = (outputs * channels * taps, channels * taps, taps)
    _correlate(x, w, bias, z, axes, channels, w_steps, window, (1, 0, 1, 0, 1, 0))
    return z.reshape(len(x), len(w), *size)


def conv_input_grad(
    dz: Array, w: Array, bias: Array | None, stride: Sizes, padding: Sizes, dilation: Sizes, groups: int, size: Sizes
) -> Array:
    """dx[n, c, h] = bias[c] + sum over f, i, p of dz[n, f, p] * w[f, c, i], p * stride + i * dilation - padding = h."""
    outputs, channels = len(w) // groups, w.shape[1]
    window, count, stride = _three(w.shape[2:], 1), _three(size, 1), _three(stride, 1)
    sums = backward_axes(count, _three(dz.shape[2:], 1), window, stride, _three(padding, 0), _three(dilation, 1))
    taps = math.prod(window)
    dx = np.empty((len(dz), groups, channels, *count), dz.dtype)
    w_steps = (outputs * channels * taps, taps, channels * taps)
    for rests in itertools.product(*[range(len(axis)) for axis in sums]):
        axes = tuple([axis[rest] for axis, rest in zip(sums, rests, strict=True)])
        if all(axis.taps for axis in axes):
            target = tuple(itertools.chain(*zip(stride, rests, strict=True)))
            _correlate(dz, w, bias, dx, axes, outputs, w_steps, window, target)
        else:  # no window ever meets these elements
            place: Any = (..., *[slice(rest, None, s) for rest, s in zip(rests, stride, strict=True)])
            dx[place] = 0 if bias is None else bias.reshape(groups, channels, 1, 1, 1)
    return dx.reshape(len(dz), groups * channels, *size)


def _three(sizes: Sizes, missing: int) -> Three:
    """One number per axis (a, h, w). A single axis is w, two are a and w: h is copied too, a is not."""
    if len(sizes) == 2:
        return sizes[0], missing, sizes[1]
    a, h, w = (*[missing] * (3 - len(sizes)), *sizes)
    return a, h, w


# ------------------------------------------------------------------------------------------------------ weight gradient


@kernel
def _products(
    dz: Array,
    x: Array,
    totals: Array,
    copies: Array,
    phases: Array,
    numbers: tuple[int, ...],
    rows: int,
    plane: int,
    terms: Array,
    weights: Array,
    cut: tuple[int, ...],
    pairs: tuple[int, ...],
    first: int,
    last: int,
) -> None:
    """total[g, f, c, tap] = sum over n, u of dz[n, g, f, u] * x[n, g, c, place of tap + u].

    dz (N, G, F, positions), x flat; totals: a `total` for each part of `threads.split`
    cut          images, channels and filters that are worked on at a time
    first, last  parts that are summed; a part is an image's output rows, `rows` of them
    """
    N, G, F, positions = dz.shape
    C = totals.shape[3]
    images, channels, high = cut
    A, H, W, Ua, Uh, Uw = numbers[:6]
    size = x.itemsize
    taps = len(terms)
    parts = (Ua + rows - 1) // rows
    places = np.empty(channels * taps + pairs[1], np.int64)
    places[:] = 0
    for c in range(channels):
        for t in range(taps):
            places[c * taps + t] = (c * plane + terms[t]) * size
    image = channels * plane
    work = np.empty(images * image + simd.WIDTH // size, x.dtype)
    length = 0  # of all tiles of a group
    for c0 in range(0, C, channels):
        for f0 in range(0, F, high):
            tall = min(high, F - f0)
            wide = pairs[tall]
            length += (min(channels, C - c0) * taps + wide - 1) // wide * wide * tall
    sums = np.empty(G * length, x.dtype)
    sums[:] = 0
    out = np.empty(high * pairs[1], x.dtype)
    part = first
    while part < last:
        n, row = part // parts, part % parts * rows
        together = min(images, last - part) if parts == 1 else 1
        count = min(rows, Ua - row) * Uh * Uw
        at = 0
        for g in range(G):
            for c0 in range(0, C, channels):
                some = min(channels, C - c0)
                for m in range(together):
                    for c in range(some):
                        source = (((n + m) * G + g) * C + c0 + c) * A * H * W
                        _copy_plane(x, source, work, m * image + c * plane, copies, phases, numbers, row)
                for f0 in range(0, F, high):
                    tall = min(high, F - f0)
                    wide = pairs[tall]
                    slopes = dz.ctypes.data + (((n * G + g) * F + f0) * positions + row * Uh * Uw) * size
                    for k0 in range(0, some * taps, wide):
                        simd.dot(
                            x,
                            tall,
                            slopes,
                            positions * size,
                            G * F * positions * size,
                            work.ctypes.data,
                            image * size,
                            places.ctypes.data + k0 * 8,
                            together,
                            count,
                            out.ctypes.data,
                        )
                        for i in range(tall * wide):
                            sums[at + i] += out[i]
                        at += tall * wide
        part += together

    total = totals[threads.number(first, N * parts, len(totals))]
    total[:] = 0
    at = 0
    for g in range(G):
        for c0 in range(0, C, channels):
            some = min(channels, C - c0)
            for f0 in range(0, F, high):
                tall = min(high, F - f0)
                wide = pairs[tall]
                for k0 in range(0, some * taps, wide):
                    for k in range(k0, min(k0 + wide, some * taps)):
                        for r in range(tall):
                            total[g, f0 + r, c0 + k // taps, weights[k % taps]] = sums[at + r * wide + k - k0]
                    at += tall * wide


def conv_weight_grad(
    dz: Array, x: Array, stride: Sizes, padding: Sizes, dilation: Sizes, groups: int, size: Sizes
) -> Array:
    """dw[f, c, i] = sum over n, p of dz[n, f, p] * x[n, c, p * stride + i * dilation - padding]."""
    outputs, channels = dz.shape[1] // groups, x.shape[1] // groups
    window, count = _three(size, 1), _three(dz.shape[2:], 1)
    axes = forward_axes(
        _three(x.shape[2:], 1), count, window, _three(stride, 1), _three(padding, 0), _three(dilation, 1)
    )
    taps, positions = math.prod(window), math.prod(count)
    row = count[1] * count[2]
    rows = _even(count[0], max(1, TOGETHER // row)) if positions > 2 * TOGETHER else count[0]
    chosen: Layout = layout(*axes, window, rows)
    images = 1 if rows < count[0] else max(1, min(len(x), TOGETHER // positions))
    together = max(1, min(channels, CACHED // (images * chosen.plane * x.itemsize)))
    high = simd.rows_of_dot(outputs, together * taps)
    dz = np.ascontiguousarray(dz).reshape(len(dz), groups, outputs, positions)
    flat = np.ascontiguousarray(x).reshape(-1)
    parts = len(x) * -(-count[0] // rows)
    cost = groups * outputs * channels * taps * positions * len(x) // parts
    least = WORTH_A_THREAD // max(cost, 1)
    totals = np.empty((threads.parts(parts, least), groups, outputs, channels, taps), x.dtype)
    work = partial(_products, dz, flat, totals, *chosen, (images, together, high), simd.PAIRS)
    threads.split(parts, work, into=len(totals))
    dw: Array = totals.sum(0).reshape(groups * outputs, channels, *size)
    return dw
