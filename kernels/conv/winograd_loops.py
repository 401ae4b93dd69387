"""The compiled loops of `winograd`: over images, filters and tiles, for some of the parts of the work.

A part is a few images, or a few rows of tiles of one. `outputs` spreads its inputs into layers, multiplies each layer
by the transformed weights, and gathers the sums into outputs; `products` spreads inputs and slopes and multiplies them
with each other. Both make their layers once, and work on all parts in them.

Imported when it is first needed, because it loads Numba.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ..machine import moves, registers, simd, threads
from ..machine.arrays import empty
from ..machine.jit import kernel, piece
from ..machine.registers import WIDTH
from ..matrix import panel
from .window import Array
from .winograd_tiles import Layers, Outputs, Planes, Tiles, gather, spread, spread_slopes

Pair = tuple[int, int]


class Cut(NamedTuple):
    """How the work is cut into parts, and what all parts have in common.

    shape            of a plane of x, which has `before` zeros above and to the left
    size             of a plane of outputs
    tiles            rows of tiles in it, and tiles in a row
    images, rows     of tiles, that make a part
    pitch            elements from one plane of a layer to the next
    inputs, outputs  elements from one layer to the next, of transformed inputs and of sums (or slopes)
    scheme           as `Scheme.about` has it
    """

    shape: Pair
    before: Pair
    size: Pair
    tiles: Pair
    images: int
    rows: int
    pitch: int
    inputs: int
    outputs: int
    scheme: tuple[int, ...]


@piece
def _part(cut: Cut, images: int, part: int) -> tuple[int, int, int, int]:
    """First image and first row of tiles of a part, and how many images and rows it has."""
    slices = (cut.tiles[0] + cut.rows - 1) // cut.rows
    n0, t0 = part // slices * cut.images, part % slices * cut.rows
    return n0, t0, min(cut.images, images - n0), min(cut.rows, cut.tiles[0] - t0)


@piece
def _planes(x: Array, first: int, shape: Pair, top: int, left: int) -> Planes:
    """The planes of `shape` from number `first` on, for squares whose first corner is the element (top, left)."""
    H, W = shape
    size = x.itemsize
    address = simd.address(x) + (first * H * W + top * W + left) * size
    return Planes(address, W * size, H * W * size, above=-top, below=H - top, left=-left, right=W - left)


@kernel
def _spread(x: Array, scheme: tuple[int, ...], source: Planes, layers: Layers, tiles: Tiles) -> None:
    """`spread`: a kernel, as two others have it, and its code is long."""
    spread(x, scheme, source, layers, tiles)


@kernel
def _clear_ends(layers: Array, squares: int, layer: int, planes: int, pitch: int, count: int) -> None:
    """Zeros behind the first `count` elements of each plane, where whole vectors are read but seldom written.

    What happens to lie in fresh memory may be denormal, and a Xeon then takes 150 cycles for a single multiplication.
    """
    for k in range(squares):
        for p in range(planes):
            begin = k * layer + p * pitch + count
            moves.clear(layers, simd.address(layers) + begin * layers.itemsize, pitch - count)
        for i in range(k * layer + planes * pitch, (k + 1) * layer):
            layers[i] = 0
    for i in range(squares * layer, layers.size):
        layers[i] = 0


# ----------------------------------------------------------------------------------------------- value, input gradient


@kernel
def transform_weights(
    w: Array, both: Array, rows: tuple[int, ...], mirrored: bool, blocks: Array, packed: Array, first: int, last: int
) -> None:
    """packed[k, block of filters, c, filter of the block] = element k of G w[f, c] G', for some of the blocks.

    w         flat: (F, C, r, r); mirrored: filters and channels exchanged, windows turned around
    blocks    how the filters are cut: see `registers.cut`
    rows      a tuple as long as a group is
    both      the matrix that does it, kron(G, G), as (groups of rows, r * r, rows of a group)
    """
    _, F, C = packed.shape
    groups, terms, high = both.shape
    size = w.itemsize
    lanes = WIDTH // size
    pitch = (registers.ROWS * C + 2 * lanes) | lanes
    windows, zeros = empty(terms * pitch + 2 * lanes, w.dtype), empty(high, w.dtype)
    zeros[:] = 0
    places = simd.evenly(terms, pitch * size)
    for block in range(first, last):
        f0, tall = blocks[block, 0], blocks[block, 1]
        for c in range(C):
            for f in range(tall):
                source, to = ((c * F + f0 + f) if mirrored else ((f0 + f) * C + c)) * terms, c * tall + f
                for i in range(terms):
                    windows[to + (terms - 1 - i if mirrored else i) * pitch] = w[source + i]
        for group in range(groups):
            for u in range(0, C * tall, 2 * lanes):
                of = simd.Sum(
                    w=simd.address(both) + group * terms * high * size,
                    x=simd.address(windows) + u * size,
                    places=simd.address(places),
                    terms=terms,
                    start=simd.address(zeros),
                    out=simd.address(packed) + (group * high * F * C + f0 * C + u) * size,
                    apart=F * C * size,
                    valid=min(C * tall - u, 2 * lanes),
                )
                simd.accumulate_panel(w, rows, of)


@kernel
def outputs(x: Array, packed: Array, start: Array, z: Array, blocks: Array, cut: Cut, first: int, last: int) -> None:
    """z[n, f] = start[f] + the convolution of the flat x (N, C, *shape) with the packed windows.

    blocks       how the filters are cut: see `registers.cut`
    first, last  the parts that are computed
    """
    N, F, P, Q = z.shape
    squares, _, C = packed.shape
    m, tw, size = cut.scheme[0], cut.tiles[1], x.itemsize
    lanes = WIDTH // size
    spare = registers.VECTORS[1] * lanes
    inputs, sums = empty(squares * cut.inputs + spare, x.dtype), empty(squares * cut.outputs + spare, x.dtype)
    _clear_ends(inputs, squares, cut.inputs, C, cut.pitch, cut.images * cut.rows * tw)
    _clear_ends(sums, squares, cut.outputs, F, cut.pitch, cut.images * cut.rows * tw)
    zeros = empty(registers.ROWS, x.dtype)
    zeros[:] = 0
    pitch, layer_in, layer_out = cut.pitch * size, cut.inputs * size, cut.outputs * size  # in bytes
    places = simd.evenly(C, pitch)
    for part in range(first, last):
        n0, t0, together, tall = _part(cut, N, part)
        for n in range(together):
            planes = _planes(x, (n0 + n) * C, cut.shape, m * t0 - cut.before[0], -cut.before[1])
            to = Layers(simd.address(inputs) + n * tall * tw * size, layer_in, pitch)
            _spread(x, cut.scheme, planes, to, Tiles(C, tall, tw))
        for k in range(squares):
            of = simd.Sum(
                w=simd.address(packed) + k * F * C * size,
                x=simd.address(inputs) + k * layer_in,
                places=simd.address(places),
                terms=C,
                start=simd.address(zeros),
                out=simd.address(sums) + k * layer_out,
                apart=pitch,
                valid=together * tall * tw,
            )
            _multiply(x, blocks, of)
        for n in range(together):
            row = Q * size
            to_z = simd.address(z) + ((n0 + n) * F * P + m * t0) * row
            out = Outputs(to_z, row, P * row, min(m * tall, P - m * t0), Q)
            squares_of_n = Layers(simd.address(sums) + n * tall * tw * size, layer_out, pitch)
            gather(x, cut.scheme, squares_of_n, simd.address(start), out, Tiles(F, tall, tw))


@piece
def _multiply(floats: Array, blocks: Array, of: simd.Sum) -> None:
    """A `Sum` for all blocks of rows, over so much of x at a time as stays in the first-level cache meanwhile."""
    size = floats.itemsize
    wide = blocks[0, 2] * WIDTH
    span = max(1, registers.NEAR // (of.terms * wide)) * (wide // size)
    for begin in range(0, of.valid, span):
        for block in range(len(blocks)):
            f0, high, vectors = blocks[block, 0], blocks[block, 1], blocks[block, 2]
            some = simd.Sum(
                w=of.w + f0 * of.terms * size,
                x=of.x + begin * size,
                places=of.places,
                terms=of.terms,
                start=of.start,
                out=of.out + f0 * of.apart + begin * size,
                apart=of.apart,
                valid=min(span, of.valid - begin),
            )
            simd.accumulate_all(floats, high, vectors, some)


# ---------------------------------------------------------------------------------------------------- weight gradient

TERMS = 64
"""Tiles that are summed in one go: rounding errors grow with it, and adding such sums to the others takes time, too."""


@kernel
def products(dz: Array, x: Array, totals: Array, cut: Cut, first: int, last: int) -> None:
    """total[k, f, c] = sum over tiles of (A dz A')[k] of filter f * (B' x B)[k] of channel c, for some of the parts.

    dz and x are flat: (N, F, *size) and (N, C, *shape). totals: a `total` for each part of `threads.split`, its rows a
    whole number of panels long.
    """
    _, squares, F, _ = totals.shape
    N = dz.size // (F * cut.size[0] * cut.size[1])
    C = x.size // (N * cut.shape[0] * cut.shape[1])
    m, tw, size = cut.scheme[0], cut.tiles[1], x.itemsize
    lanes = WIDTH // size
    inputs, slopes = empty(squares * cut.inputs + lanes, x.dtype), empty(squares * cut.outputs + lanes, x.dtype)
    wide = panel.VECTORS * lanes
    columns = empty((cut.images * cut.rows * tw + 2 * lanes) * wide, x.dtype)
    places = simd.evenly(TERMS, size)
    tile, zeros = empty(F * wide, x.dtype), empty(wide, x.dtype)
    zeros[:] = 0
    pitch, layer_in, layer_out = cut.pitch * size, cut.inputs * size, cut.outputs * size  # in bytes
    slices = (cut.tiles[0] + cut.rows - 1) // cut.rows
    total = totals[threads.number(first, (N + cut.images - 1) // cut.images * slices, len(totals))]
    total[:] = 0
    for part in range(first, last):
        n0, t0, together, deep = _part(cut, N, part)
        count = together * deep * tw
        for n in range(together):
            behind = n * deep * tw * size
            planes = _planes(x, (n0 + n) * C, cut.shape, m * t0 - cut.before[0], -cut.before[1])
            _spread(x, cut.scheme, planes, Layers(simd.address(inputs) + behind, layer_in, pitch), Tiles(C, deep, tw))
            planes = _planes(dz, (n0 + n) * F, cut.size, m * t0, 0)
            to = Layers(simd.address(slopes) + behind, layer_out, pitch)
            spread_slopes(x, cut.scheme, planes, to, Tiles(F, deep, tw))
        for k in range(squares):
            for c in range(0, C, wide):
                planes_of_c = simd.address(inputs) + k * layer_in + c * pitch
                _to_columns(columns, planes_of_c, pitch, C - c, count)
                for t in range(0, count, TERMS):
                    of = panel.Product(
                        a=simd.address(slopes) + k * layer_out + t * size,
                        a_row=pitch,
                        places=simd.address(places),
                        w=simd.address(columns) + t * wide * size,
                        terms=min(TERMS, count - t),
                        start=simd.address(zeros),
                        start_row=0,
                        out=simd.address(tile),
                        out_row=wide * size,
                    )
                    panel.multiply(x, F, of)
                    _add(tile, total, k, c, wide)


@piece
def _to_columns(columns: Array, planes: int, pitch: int, channels: int, count: int) -> None:
    """A panel of columns (count, channels) from planes that lie `pitch` apart; 0 where there are fewer channels."""
    size = columns.itemsize
    lanes = WIDTH // size
    wide = panel.VECTORS * lanes
    for v in range(0, wide, lanes):
        to = simd.address(columns) + v * size
        moves.transpose(columns, planes + v * pitch, pitch, min(lanes, channels - v), count, to, wide * size)


@piece
def _add(tile: Array, total: Array, k: int, c: int, wide: int) -> None:
    """total[k, :, c : c + wide] += tile, whose rows have no gaps."""
    for f in range(total.shape[1]):
        row, sums = total[k, f, c : c + wide], tile[f * wide : (f + 1) * wide]
        for j in range(wide):
            row[j] += sums[j]


AT_ONCE = 64
"""Weights that are transformed at a time."""


@kernel
def transform_back(total: Array, g: Array, dw: Array, first: int, last: int) -> None:
    """dw[i] = G' m G, flat, where m is total[:, i]: the weights from `first` to `last`."""
    side, r = g.shape
    half, whole = empty((r, side, AT_ONCE), dw.dtype), empty((r * r, AT_ONCE), dw.dtype)
    for start in range(first, last, AT_ONCE):
        count = min(AT_ONCE, last - start)
        half[:] = 0
        whole[:] = 0
        for k in range(side):
            for l in range(side):
                _add_to_half(half, total, g, k, l, start, count)
        for i in range(r):
            for l in range(side):
                _add_to_whole(whole, half, g, i, l, count)
        for t in range(count):
            for i in range(r * r):
                dw[start + t, i] = whole[i, t]


@piece
def _add_to_half(half: Array, total: Array, g: Array, k: int, l: int, start: int, count: int) -> None:
    """half[i, l] += g[k, i] * m[k, l], for `count` weights."""
    side, r = g.shape
    for i in range(r):
        for t in range(count):  # unsigned: else each is looked at, whether it counts from the end
            half[i, l, t] += g[k, i] * total[k * side + l, np.uintp(start + t)]


@piece
def _add_to_whole(whole: Array, half: Array, g: Array, i: int, l: int, count: int) -> None:
    """whole[i, j] += half[i, l] * g[l, j]"""
    r = g.shape[1]
    for j in range(r):
        for t in range(count):
            whole[i * r + j, t] += half[i, l, t] * g[l, j]
