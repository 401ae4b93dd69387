"""The compiled loops of `direct`: copies of planes, and sums of products over them, for some of the parts of the work.

A part is an image's output rows, `Layout.rows` of them. A loop that is called from Python (`sums`, `products`) makes
the room that all its parts use, and then, part by part, copies planes of x and has the primitives of `simd` sum up.
What those loops consist of are the functions above them, each with the formula of what it does.

Imported when it is first needed, because it loads Numba.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ..machine import moves, registers, simd, threads
from ..machine.arrays import empty
from ..machine.jit import kernel, piece
from .layout import Layout, Three
from .window import Array

# ------------------------------------------------------------------------------------------------------------- copies


@kernel
def _copy_planes(x: Array, start: int, out: Array, at: int, layout: Layout, row: int, channels: int) -> None:
    """Copy what the output rows from `row` on need of the planes x[start:] to out[at:], with 0 where there is no x."""
    A, H, W = layout.inputs
    _, Uh, Uw = layout.outputs
    stride_a, stride_h, stride_w = layout.strides
    copies, copied, size, phases = layout.copies, layout.copied, x.itemsize, len(layout.phases)
    line = Uh * Uw * size
    for plane in range(channels * phases):
        c, f = plane // phases, plane % phases
        top = (row + layout.first) * stride_a + layout.phases[f]
        above = min(max(0, -(top // stride_a)), copied)  # rows before the first of x; then those of x, then the rest
        inside = max(0, min(copied, (A - 1 - top) // stride_a + 1) - above)
        below = copied - above - inside
        for k in range(len(copies)):
            shift_h, shift_w, begin, end = copies[k, 0], copies[k, 1], copies[k, 2], copies[k, 3]
            there = simd.address(out) + at * size + (plane * len(copies) + k) * copied * line
            here = simd.address(x) + (start + ((c * A + top + above * stride_a) * H + shift_h) * W + shift_w) * size
            if above:
                moves.clear(x, there, above * Uh * Uw)
            there += above * line
            left, right = 0, int(0 <= shift_h < H)  # the same along h; two divisions take as long as a few rows
            if Uh > 1:
                left = min(max(0, -(shift_h // stride_h)), Uh)
                right = max(left, min(Uh, (H - 1 - shift_h) // stride_h + 1))
            at_once = Uh == 1 and left < right  # rows of a follow each other: all of them are copied at once
            lines, rows, apart = (1, inside, stride_a * H) if at_once else (inside, right - left, stride_h)
            for a in range(lines):
                to, of = there + a * line, here + (a * stride_a * H + left * stride_h) * W * size
                if left:
                    moves.clear(x, to, left * Uw)
                moves.copy(x, moves.Source(of, apart * W * size, stride_w, begin, end), to + left * Uw * size, rows, Uw)
                if right < Uh:
                    moves.clear(x, to + right * Uw * size, (Uh - right) * Uw)
            if below:
                moves.clear(x, there + inside * line, below * Uh * Uw)


@kernel
def _find_places(layout: Layout, channels: int, size: int, places: Array) -> None:
    """Bytes from the copies of the first channel to each term's, in the order of weights: sum, channel, tap; then 0."""
    for k in range(channels * len(layout.terms), places.size):
        places[k] = 0
    for s in range(len(layout.sums)):
        first, last = _taps(layout, s)
        for c in range(channels):
            for t in range(first, last):
                places[channels * first + c * (last - first) + t - first] = (c * layout.plane + layout.terms[t]) * size


@piece
def _taps(layout: Layout, s: int) -> tuple[int, int]:
    """The first tap of a sum, and the one after its last."""
    return layout.sums[s, 3], layout.sums[s + 1, 3] if s + 1 < len(layout.sums) else len(layout.terms)


# ---------------------------------------------------------------------------------------------- value, input gradient


class Sums(NamedTuple):
    """What `sums` computes, beside the arrays and their layout.

    channels      of x per group
    w_apart       distances of groups, filters and channels in w
    apart         along each axis, output number u is element u * apart + rest of z: see `Layout.sums`
    blocks        how the filters are cut: see `registers.cut`
    """

    channels: int
    w_apart: Three
    apart: Three
    blocks: Array


@kernel
def sums(x: Array, w: Array, start: Array, z: Array, layout: Layout, wanted: Sums, first: int, last: int) -> None:
    """z[n, g, f, u] = start[g, f] + sum over c and taps of w[g, f, c, tap] * x[n, g, c, place of tap + u].

    x and w are flat, z is (N, G, F, A, H, W). Computes the parts from `first` to `last`, for all rests.
    """
    _, G, F, Za, Zh, Zw = z.shape
    C, rows, plane, size = wanted.channels, layout.rows, layout.plane, x.itemsize
    Ua, Uh, Uw = layout.outputs
    of_plane = layout.inputs[0] * layout.inputs[1] * layout.inputs[2]
    spare = registers.VECTORS[1] * (registers.WIDTH // size)
    parts = (Ua + rows - 1) // rows
    in_place = wanted.apart == (1, 1, 1)  # outputs are next to each other along all three axes
    # shortcut: windows are one element, with an output for each: all that a layout says (sizes, strides, first row,
    # shifts) is that x and its copy are the same
    same = len(layout.terms) == 1 and layout.inputs == layout.outputs and layout.strides == (1, 1, 1)
    same = same and layout.first == 0 and layout.copies[0, 0] == 0 and layout.copies[0, 1] == 0

    places, own_places = empty(C * len(layout.terms), np.int64), simd.evenly(C, of_plane * size)
    _find_places(layout, C, size, places)
    packed = empty(G * F * C * len(layout.weights), x.dtype)
    _pack(w, wanted, layout, G, F, packed)
    work = empty(C * plane + spare, x.dtype)
    work[:] = 0  # see `winograd_loops._clear_ends`
    tile = empty((registers.ROWS, 0 if in_place else rows * Uh * Uw), x.dtype)

    for item in range(first * G, last * G):
        part, g = item // G, item % G
        n, row = part // parts, part % parts * rows
        at = (n * G + g) * C * of_plane
        here = same and at + (C + 1) * of_plane + spare <= x.size
        if not here:
            _copy_planes(x, at, work, 0, layout, row, C)
        for s in range(len(layout.sums)):
            tap, last_tap = _taps(layout, s)
            for b in range(len(wanted.blocks)):
                f0, tall, vectors = wanted.blocks[b, 0], wanted.blocks[b, 1], wanted.blocks[b, 2]
                of_z = (((n * G + g) * F + f0) * Za * Zh * Zw + row * Uh * Uw) * size
                of = simd.Sum(
                    w=simd.address(packed) + (tap * G * F + (last_tap - tap) * (g * F + f0)) * C * size,
                    x=simd.address(x) + (at + row * Uh * Uw) * size if here else simd.address(work),
                    places=simd.address(own_places) if here else simd.address(places) + tap * C * 8,
                    terms=(last_tap - tap) * C,
                    start=simd.address(start) + (g * F + f0) * size,
                    out=simd.address(z) + of_z if in_place else simd.address(tile),
                    apart=(Za * Zh * Zw if in_place else tile.shape[1]) * size,
                    valid=min(rows, Ua - row) * Uh * Uw,
                )
                simd.accumulate_all(x, tall, vectors, of)
                if not in_place:
                    rests = layout.sums[s, 0], layout.sums[s, 1], layout.sums[s, 2]
                    _put(tile, z[n, g, f0 : f0 + tall], (row, row + rows), layout.outputs, wanted.apart, rests)


@kernel
def _pack(w: Array, wanted: Sums, layout: Layout, G: int, F: int, packed: Array) -> None:
    """The weights in the order in which they are read: sum, group, block of filters, channel, tap, filter of it."""
    to = 0
    for s in range(len(layout.sums)):
        first, last = _taps(layout, s)
        for g in range(G):
            for b in range(len(wanted.blocks)):
                f0, tall = wanted.blocks[b, 0], wanted.blocks[b, 1]
                source = g * wanted.w_apart[0] + f0 * wanted.w_apart[1]
                _pack_block(w, source, wanted, layout.weights[first:last], packed[to:], tall)
                to += tall * wanted.channels * (last - first)


@piece
def _pack_block(w: Array, start: int, wanted: Sums, weights: Array, packed: Array, tall: int) -> None:
    """The weights of a block of filters, from w[start:]."""
    _, of_filter, of_channel = wanted.w_apart
    for r in range(tall):
        source, to = start + r * of_filter, r
        for c in range(wanted.channels):
            for t in range(len(weights)):
                packed[to] = w[source + c * of_channel + weights[t]]
                to += tall


@piece
def _put(tile: Array, z: Array, rows: tuple[int, int], outputs: Three, apart: Three, rests: Three) -> None:
    """The outputs of a block of filters, of the given rows, to their places in z (filters, A, H, W)."""
    (apart_a, apart_h, apart_w), (rest_a, rest_h, rest_w) = apart, rests
    row, last = rows[0], min(rows[1], (z.shape[1] - rest_a + apart_a - 1) // apart_a)
    lines = min(outputs[1], (z.shape[2] - rest_h + apart_h - 1) // apart_h)
    wide = min(outputs[2], (z.shape[3] - rest_w + apart_w - 1) // apart_w)
    for r in range(len(z)):
        for a in range(row, last):
            for h in range(lines):
                line = z[r, a * apart_a + rest_a, h * apart_h + rest_h]
                u = ((a - row) * outputs[1] + h) * outputs[2]
                for q in range(wide):
                    line[q * apart_w + rest_w] = tile[r, u + q]


# ---------------------------------------------------------------------------------------------------- weight gradient


class Products(NamedTuple):
    """How `products` cuts its work: images and channels whose copies are made at a time, and the filters.

    blocks   (blocks, 3): see `registers.cut_for_dot`
    """

    images: int
    channels: int
    blocks: Array


@kernel
def products(dz: Array, x: Array, totals: Array, layout: Layout, cut: Products, first: int, last: int) -> None:
    """total[g, f, c, tap] = sum over n, u of dz[n, g, f, u] * x[n, g, c, place of tap + u].

    dz (N, G, F, outputs), x flat; totals: a `total` for each part of `threads.split`. Sums up the parts from `first` to
    `last`. The sums stand in the order in which they are made until all are complete.
    """
    N, G, F, outputs = dz.shape
    C = totals.shape[3]
    Ua, Uh, Uw = layout.outputs
    taps = len(layout.terms)
    rows, size, blocks = layout.rows, x.itemsize, cut.blocks
    of_plane = layout.inputs[0] * layout.inputs[1] * layout.inputs[2]
    parts = (Ua + rows - 1) // rows
    places = empty(cut.channels * taps + registers.PAIRS[1], np.int64)
    _find_places(layout, cut.channels, size, places)
    image = cut.channels * layout.plane
    work = empty(cut.images * image + registers.WIDTH // size, x.dtype)
    sums = empty(G * _length(C, layout, cut), x.dtype)
    sums[:] = 0
    out = empty(len(registers.PAIRS) * registers.PAIRS[1], x.dtype)
    part = first
    while part < last:
        n, row = part // parts, part % parts * rows
        together = min(cut.images, last - part) if parts == 1 else 1
        at = 0
        for g in range(G):
            slopes = simd.address(dz) + ((n * G + g) * F * outputs + row * Uh * Uw) * size
            for c0 in range(0, C, cut.channels):
                some = min(cut.channels, C - c0)
                for m in range(together):
                    _copy_planes(x, (((n + m) * G + g) * C + c0) * of_plane, work, m * image, layout, row, some)
                of = simd.Dots(
                    a=slopes,
                    a_row=outputs * size,
                    a_image=G * F * outputs * size,
                    x=simd.address(work),
                    x_image=image * size,
                    places=simd.address(places),
                    images=together,
                    count=min(rows, Ua - row) * Uh * Uw,
                    out=simd.address(out),
                )
                at = _add_dots(sums, at, some * taps, blocks, of, out)
        part += together

    total = totals[threads.number(first, N * parts, len(totals))]
    total[:] = 0
    at = 0
    for g in range(G):
        for c0 in range(0, C, cut.channels):
            for b in range(len(cut.blocks)):
                f0, tall, wide = cut.blocks[b, 0], cut.blocks[b, 1], cut.blocks[b, 2]
                found = total[g, f0 : f0 + tall, c0 : c0 + cut.channels]
                at = _put_sums(sums, at, wide, found, layout.weights)


@kernel
def products_each(dz: Array, x: Array, totals: Array, layout: Layout, cut: Products, first: int, last: int) -> None:
    """The same with a total for each part: nothing is summed over images."""
    for part in range(first, last):
        products(dz, x, totals, layout, cut, part, part + 1)


@piece
def _length(C: int, layout: Layout, cut: Products) -> int:
    """How many sums there are in a group, those that fill up the last places of a block included."""
    length = 0
    for c0 in range(0, C, cut.channels):
        terms = min(cut.channels, C - c0) * len(layout.terms)
        for b in range(len(cut.blocks)):
            tall, wide = cut.blocks[b, 1], cut.blocks[b, 2]
            length += (terms + wide - 1) // wide * wide * tall
    return length


@piece
def _add_dots(sums: Array, at: int, terms: int, blocks: Array, of: simd.Dots, out: Array) -> int:
    """Add the products of all filters with so many terms to sums[at:]; returns where the next begin."""
    for b in range(len(blocks)):
        f0, tall, wide = blocks[b, 0], blocks[b, 1], blocks[b, 2]
        a = of.a + f0 * of.a_row
        for k in range(0, terms, wide):
            places = of.places + k * 8
            dots = simd.Dots(a, of.a_row, of.a_image, of.x, of.x_image, places, of.images, of.count, of.out)
            simd.dot(sums, tall, dots)
            for i in range(tall * wide):
                sums[np.uintp(at + i)] += out[i]  # unsigned: else each is looked at, whether it counts from the end
            at += tall * wide
    return at


@piece
def _put_sums(sums: Array, at: int, wide: int, total: Array, weights: Array) -> int:
    """total (filters, channels, taps) = the sums of a block, from sums[at:] on; returns where the next begin."""
    tall, channels, taps = total.shape
    terms = channels * taps
    for k0 in range(0, terms, wide):
        for k in range(k0, min(k0 + wide, terms)):
            for r in range(tall):
                total[r, k // taps, weights[k % taps]] = sums[at + r * wide + k - k0]
        at += tall * wide
    return at
