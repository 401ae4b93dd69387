"""Winograd's convolution with 3 x 3 and 5 x 5 windows: the loops over images, filters and tiles.

The identities, and what they save and cost, are in `winograd_schemes`; the transforms in vector code are those of
`winograd_tiles`. Squares of inputs are spread into layers, one for each of their elements; filters and channels of a
layer are a product of matrices, held in registers by the primitives of `simd` and `panel`; its results are gathered
into outputs. Work is cut so that the layers of a part stay in the second-level cache.

Imported when it is first needed, because it loads Numba.
"""

from __future__ import annotations

import functools
from functools import partial

import numpy as np

from ..machine import simd, threads
from ..machine.jit import kernel
from ..machine.simd import WIDTH
from ..matrix import panel
from .window import Array, Sizes
from .winograd_schemes import SCHEMES, Scheme
from .winograd_tiles import gather, spread

Pair = tuple[int, int]


@kernel
def _transform_weights(
    w: Array, both: Array, rows: tuple[int, ...], mirrored: bool, blocks: Array, packed: Array, first: int, last: int
) -> None:
    """packed[k, block of filters, c, filter of the block] = element k of G w[f, c] G', for some of the blocks.

    w         flat: (F, C, r, r); mirrored: filters and channels exchanged, windows turned around
    blocks    how the filters are cut: see `simd.cut`
    rows      a tuple as long as a group is
    both      the matrix that does it, kron(G, G), as (groups of rows, r * r, rows of a group)
    """
    _, F, C = packed.shape
    groups, terms, high = both.shape
    size = w.itemsize
    lanes = WIDTH // size
    pitch = (simd.ROWS * C + 2 * lanes) | lanes
    windows, zeros = np.empty(terms * pitch + 2 * lanes, w.dtype), np.empty(high, w.dtype)
    zeros[:] = 0
    places = np.empty(terms, np.int64)
    for i in range(terms):
        places[i] = i * pitch * size
    for block in range(first, last):
        f0, tall = blocks[block, 0], blocks[block, 1]
        for c in range(C):
            for f in range(tall):
                source, to = ((c * F + f0 + f) if mirrored else ((f0 + f) * C + c)) * terms, c * tall + f
                for i in range(terms):
                    windows[to + (terms - 1 - i if mirrored else i) * pitch] = w[source + i]
        for group in range(groups):
            for u in range(0, C * tall, 2 * lanes):
                simd.accumulate_panel(
                    w,
                    rows,
                    both.ctypes.data + group * terms * high * size,
                    windows.ctypes.data + u * size,
                    places.ctypes.data,
                    terms,
                    zeros.ctypes.data,
                    packed.ctypes.data + (group * high * F * C + f0 * C + u) * size,
                    F * C * size,
                    min(C * tall - u, 2 * lanes),
                )


@kernel
def _transform(
    x: Array,
    first: int,
    shape: Pair,
    corner: Pair,
    scheme: tuple[int, ...],
    inputs: int,
    tiles: Pair,
    planes: int,
    out: int,
    apart: int,
    out_plane: int,
) -> None:
    """`spread` for planes of `shape` from x[first:] on, the first tile at `corner`.

    scheme   as `Scheme.about` has it
    inputs   side of the squares that are read: m + r - 1 of x, m of its slopes
    """
    H, W = shape
    size = x.itemsize
    source = x.ctypes.data + (first + corner[0] * W + corner[1]) * size
    spread(
        x,
        scheme,
        inputs == scheme[0],
        source,
        W * size,
        H * W * size,
        -corner[0],
        H - corner[0],
        -corner[1],
        W - corner[1],
        out,
        apart,
        out_plane,
        planes,
        tiles[0],
        tiles[1],
    )


@kernel
def _odd(count: int, lanes: int) -> int:
    """At least `count`, an odd number of vectors: at even distances many vectors would compete for a few cache sets."""
    return ((count + lanes - 1) // lanes | 1) * lanes


@kernel
def _clear_ends(layers: Array, squares: int, layer: int, planes: int, pitch: int, count: int) -> None:
    """Zeros behind the first `count` elements of each plane, where whole vectors are read but seldom written.

    What happens to lie in fresh memory may be denormal, and a Xeon then takes 150 cycles for a single multiplication.
    """
    for k in range(squares):
        for p in range(planes):
            begin = k * layer + p * pitch + count
            simd.clear(layers, layers.ctypes.data + begin * layers.itemsize, pitch - count)
        for i in range(k * layer + planes * pitch, (k + 1) * layer):
            layers[i] = 0
    for i in range(squares * layer, layers.size):
        layers[i] = 0


@kernel
def _outputs(
    x: Array,
    packed: Array,
    start: Array,
    z: Array,
    shape: Pair,
    before: Pair,
    scheme: tuple[int, ...],
    cut: tuple[int, int, int],
    blocks: Array,
    vectors: tuple[int, ...],
    first: int,
    last: int,
) -> None:
    """z[n, f] = start[f] + the convolution of the flat x (N, C, *shape) with the packed windows.

    before       zeros above and to the left of x
    cut          images and rows of tiles that make a part, elements from one row of transformed tiles to the next
    blocks       how the filters are cut: see `simd.cut`
    first, last  the parts that are computed
    """
    N, F, P, Q = z.shape
    squares, _, C = packed.shape
    images, rows, pitch = cut
    m = scheme[0]
    H, W = shape
    size = x.itemsize
    lanes = WIDTH // size
    th, tw = (P + m - 1) // m, (Q + m - 1) // m
    slices = (th + rows - 1) // rows
    spare = simd.VECTORS[1] * lanes
    tile = vectors[blocks[0, 1]] * lanes
    span = max(1, simd.NEAR // (C * tile * size)) * tile
    layer_in, layer_out = _odd(C * pitch, lanes), _odd(F * pitch, lanes)
    inputs, sums = panel.room(squares * layer_in + spare, x), panel.room(squares * layer_out + spare, x)
    _clear_ends(inputs, squares, layer_in, C, pitch, images * rows * tw)
    _clear_ends(sums, squares, layer_out, F, pitch, images * rows * tw)
    zeros = np.empty(simd.ROWS, x.dtype)
    zeros[:] = 0
    places = np.empty(C, np.int64)
    for c in range(C):
        places[c] = c * pitch * size
    for part in range(first, last):
        n0, t0 = part // slices * images, part % slices * rows
        together, tall = min(images, N - n0), min(rows, th - t0)
        count = together * tall * tw
        corner = m * t0 - before[0], -before[1]
        for n in range(together):
            source, to = (n0 + n) * C * H * W, inputs.ctypes.data + n * tall * tw * size
            _transform(
                x, source, shape, corner, scheme, m + scheme[1] - 1, (tall, tw), C, to, layer_in * size, pitch * size
            )
        for k in range(squares):
            for begin in range(0, count, span):  # so much of x stays in the first-level cache while all filters use it
                end = min(begin + span, count)
                for block in range(len(blocks)):
                    f0, high = blocks[block, 0], blocks[block, 1]
                    u = begin
                    while u < end:
                        wide = vectors[high] if end - u > lanes else 1
                        simd.accumulate(
                            x,
                            high,
                            wide,
                            packed.ctypes.data + (k * F + f0) * C * size,
                            inputs.ctypes.data + (k * layer_in + u) * size,
                            places.ctypes.data,
                            C,
                            zeros.ctypes.data,
                            sums.ctypes.data + (k * layer_out + f0 * pitch + u) * size,
                            pitch * size,
                            min(end - u, wide * lanes),
                        )
                        u += wide * lanes
        for n in range(together):
            gather(
                x,
                scheme,
                sums.ctypes.data + n * tall * tw * size,
                layer_out * size,
                pitch * size,
                start.ctypes.data,
                z.ctypes.data + ((n0 + n) * F * P + m * t0) * Q * size,
                Q * size,
                P * Q * size,
                F,
                min(m * tall, P - m * t0),
                Q,
                tw,
            )


def conv(
    scheme: Scheme, x: Array, w: Array, bias: Array | None, padding: Sizes, size: Sizes, mirrored: bool = False
) -> Array:
    """z (N, F, *size) = bias + the convolution of x (N, C, H, W) with w (F, C, r, r), stride 1.

    mirrored   filters and channels of w are exchanged and its windows turned around: this is the input gradient of a
               convolution whose padding is r - 1 - `padding`
    """
    F, C = (w.shape[1], w.shape[0]) if mirrored else w.shape[:2]
    squares = len(scheme.b_t) ** 2
    flat, windows = np.ascontiguousarray(x).reshape(-1), np.ascontiguousarray(w).reshape(-1)
    blocks = simd.cut(F)
    packed = np.empty((squares, F, C), x.dtype)
    both = _kron(scheme.number, x.dtype.char)
    transform = partial(_transform_weights, windows, both, (0,) * both.shape[2], mirrored, blocks, packed)
    threads.split(len(blocks), transform, 300 // (simd.ROWS * C))
    z = np.empty((len(x), F, *size), x.dtype)
    start = np.zeros(F, x.dtype) if bias is None else np.ascontiguousarray(bias, x.dtype)
    images, tile_rows, pitch, parts = _cut(len(x), size, scheme, C, F, x.itemsize)
    cut = images, tile_rows, pitch
    work = partial(_outputs, flat, packed, start, z, x.shape[2:], padding, scheme.about, cut, blocks, simd.VECTORS)
    threads.split(parts, work, WORTH_A_THREAD * parts // max(z.size * C, 1))
    return z


@functools.cache
def _kron(number: int, kind: str) -> Array:
    """kron(G, G) of a scheme, cut into groups of rows that `accumulate` takes: (groups, r * r, rows of a group)."""
    scheme = SCHEMES[number]
    squares = len(scheme.b_t) ** 2
    rows = max(rows for rows in simd.PANEL_HEIGHTS if squares % rows == 0)
    groups = np.kron(scheme.g, scheme.g).reshape(-1, rows, scheme.r**2).swapaxes(1, 2)
    return groups.astype(kind, order="C")


TERMS = 64
"""Tiles that are summed in one go: rounding errors grow with it, and adding such sums to the others takes time, too."""


@kernel
def _products(
    dz: Array,
    x: Array,
    totals: Array,
    shape: Pair,
    before: Pair,
    size: Pair,
    scheme: tuple[int, ...],
    cut: tuple[int, int, int],
    first: int,
    last: int,
) -> None:
    """total[k, f, c] = sum over tiles of (A dz A')[k] of filter f * (B' x B)[k] of channel c; see `_outputs`.

    dz and x are flat: (N, F, *size) and (N, C, *shape). totals: a `total` for each part of `threads.split`, its rows a
    whole number of panels long.
    """
    _, squares, F, _ = totals.shape
    images, rows, pitch = cut
    m = scheme[0]
    H, W = shape
    P, Q = size
    N = dz.size // (F * P * Q)
    C = x.size // (N * H * W)
    item = x.itemsize
    lanes = WIDTH // item
    th, tw = (P + m - 1) // m, (Q + m - 1) // m
    slices = (th + rows - 1) // rows
    layer_in, layer_out = _odd(C * pitch, lanes), _odd(F * pitch, lanes)
    inputs, slopes = panel.room(squares * layer_in + lanes, x), panel.room(squares * layer_out + lanes, x)
    wide = panel.VECTORS * lanes
    most = images * rows * tw
    columns = panel.room((most + 2 * lanes) * wide, x)
    places = np.empty(TERMS, np.int64)
    for t in range(TERMS):
        places[t] = t * item
    tile, zeros = panel.room(F * wide, x), np.empty(wide, x.dtype)
    zeros[:] = 0
    total = totals[threads.number(first, (N + images - 1) // images * slices, len(totals))]
    total[:] = 0
    for part in range(first, last):
        n0, t0 = part // slices * images, part % slices * rows
        together, deep = min(images, N - n0), min(rows, th - t0)
        tiles, count = (deep, tw), together * deep * tw
        corner = m * t0 - before[0], -before[1]
        for n in range(together):
            at = n * deep * tw * item
            source, to = (n0 + n) * C * H * W, inputs.ctypes.data + at
            _transform(x, source, shape, corner, scheme, m + scheme[1] - 1, tiles, C, to, layer_in * item, pitch * item)
            source, to = (n0 + n) * F * P * Q, slopes.ctypes.data + at
            _transform(dz, source, size, (m * t0, np.int64(0)), scheme, m, tiles, F, to, layer_out * item, pitch * item)
        for k in range(squares):
            for c in range(0, C, wide):
                for v in range(0, wide, lanes):  # planes become columns
                    source = inputs.ctypes.data + (k * layer_in + (c + v) * pitch) * item
                    to = columns.ctypes.data + v * item
                    simd.transpose(x, source, pitch * item, min(lanes, C - c - v), count, to, wide * item)
                for t in range(0, count, TERMS):
                    panel.product(
                        x,
                        F,
                        slopes.ctypes.data + (k * layer_out + t) * item,
                        pitch * item,
                        places.ctypes.data,
                        columns.ctypes.data + t * wide * item,
                        min(TERMS, count - t),
                        zeros.ctypes.data,
                        0,
                        tile.ctypes.data,
                        wide * item,
                    )
                    for f in range(F):
                        row, sums = total[k, f, c : c + wide], tile[f * wide : (f + 1) * wide]
                        for j in range(wide):
                            row[j] += sums[j]


@kernel
def _transform_back(total: Array, g: Array, dw: Array, first: int, last: int) -> None:
    """dw[i] = G' m G, flat, where m is total[:, i]: the weights from `first` to `last`, 64 at a time."""
    side, r = g.shape
    half, whole = np.empty((r, side, 64), dw.dtype), np.empty((r * r, 64), dw.dtype)
    for start in range(first, last, 64):
        count = min(64, last - start)
        half[:] = 0
        whole[:] = 0
        for k in range(side):
            for l in range(side):
                for i in range(r):
                    for t in range(count):
                        half[i, l, t] += g[k, i] * total[k * side + l, start + t]
        for i in range(r):
            for j in range(r):
                for l in range(side):
                    for t in range(count):
                        whole[i * r + j, t] += half[i, l, t] * g[l, j]
        for t in range(count):
            for i in range(r * r):
                dw[start + t, i] = whole[i, t]


def conv_weight_grad(scheme: Scheme, dz: Array, x: Array, padding: Sizes) -> Array:
    """dw (F, C, r, r) for the cotangent dz (N, F, P, Q) of the convolution of x (N, C, H, W), stride 1."""
    (N, F, P, Q), C = dz.shape, x.shape[1]
    squares = len(scheme.b_t) ** 2
    flat = np.ascontiguousarray(dz).reshape(-1), np.ascontiguousarray(x).reshape(-1)
    images, rows, pitch, parts = _cut(N, (P, Q), scheme, C, F, x.itemsize)
    wide = panel.columns(x.itemsize)
    least = WORTH_A_THREAD * parts // max(dz.size * C, 1)
    totals = np.empty((threads.parts(parts, least), squares, F, -(-C // wide) * wide), x.dtype)
    cut = images, rows, pitch
    work = partial(_products, *flat, totals, x.shape[2:], padding, (P, Q), scheme.about, cut)
    threads.split(parts, work, into=len(totals))
    total = totals[..., :C].sum(0).reshape(squares, F * C)
    g, dw = np.array(scheme.g, x.dtype), np.empty((F * C, scheme.r**2), x.dtype)
    threads.split(F * C, partial(_transform_back, total, g, dw), 100)
    return dw.reshape(F, C, scheme.r, scheme.r)


NEAR = 850_000
"""Bytes of transformed tiles and sums that stay in the second-level cache, of 1 MiB and more."""

WORTH_A_THREAD = 150_000
"""Outputs times channels that pay for waking a thread."""


def _cut(
    images: int, size: Sizes, scheme: Scheme, channels: int, filters: int, itemsize: int
) -> tuple[int, int, int, int]:
    """How the work is cut: images and rows of tiles of a part, pitch of the transformed tiles, number of parts."""
    transformed = len(scheme.b_t) ** 2 * (channels + filters) * itemsize  # bytes of a tile and its sums
    return _best_cut(
        threads.get_num_threads(),
        images,
        size,
        scheme.m,
        NEAR / transformed,
        2.5 * (1 / channels + 1 / filters),
        simd.lanes(itemsize),
    )


@functools.lru_cache(512)
def _best_cut(
    workers: int, images: int, size: Sizes, m: int, near: float, traffic: float, lanes: int
) -> tuple[int, int, int, int]:
    """near: tiles that stay in the cache; traffic: what it costs, in times of the products, if twice as many are taken.

    Measured on a Xeon with 2 MiB: 36 x 64 planes of 98, 245, 392 tiles (0.9, 2.1, 3.5 MB) take 3.5, 4.3, 5.9 ms; with
    16 x 512 planes (3 MB from 98 tiles on) products are so many that no difference is seen.
    """
    th, tw = -(-size[0] // m), -(-size[1] // m)

    def parts(cut: tuple[int, int]) -> int:
        return -(-images // cut[0]) * -(-th // cut[1])

    def cost(cut: tuple[int, int]) -> float:
        tiles = cut[0] * cut[1] * tw
        unused = -(-tiles // lanes) * lanes * parts(cut) / (images * th * tw)
        small = 0.1 * lanes / tiles  # a part has its price, too
        uneven = 0.5 * (parts(cut) % workers != 0 and parts(cut) <= 8 * workers)
        return unused + small + uneven + traffic * max(0.0, tiles / near - 1)

    cuts = [(1, rows) for rows in range(1, th + 1)] + [(together, th) for together in range(2, images + 1)]
    best = min(cuts, key=cost)
    pitch = -(-(best[0] * best[1] * tw + 2 * lanes) // lanes) | 1
    return *best, pitch * lanes, parts(best)
