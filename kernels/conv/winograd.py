"""Winograd's convolution with 3 x 3 and 5 x 5 windows: how the work is cut, and the arrays that it needs.

The identities, and what they save and cost, are in `winograd_schemes`. Squares of inputs are spread into layers, one
for each of their elements; filters and channels of a layer are a product of matrices, held in registers by the
primitives of `simd` and `panel`; its results are gathered into outputs. Here the work is cut so that the layers of a
part stay in the second-level cache; `winograd_loops` does it, with the transforms of `winograd_tiles`.

Imported when it is first needed, because it loads Numba.
"""

from __future__ import annotations

import functools
from functools import partial

import numpy as np

from ..machine import choices, registers, threads
from ..matrix import panel
from . import winograd_loops as loops
from .window import Array, Sizes
from .winograd_schemes import SCHEMES, Scheme


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
    blocks = registers.cut(F)
    packed = np.empty((squares, F, C), x.dtype)
    both = _kron(scheme.which, x.dtype.char)
    transform = partial(loops.transform_weights, windows, both, (0,) * both.shape[2], mirrored, blocks, packed)
    threads.split(len(blocks), transform, 300 // (registers.ROWS * C))
    z = np.empty((len(x), F, *size), x.dtype)
    start = np.zeros(F, x.dtype) if bias is None else np.ascontiguousarray(bias, x.dtype)
    cut, parts = _cut_of(scheme, x.shape, padding, z.shape, x.itemsize)
    work = partial(loops.outputs, flat, packed, start, z, blocks, cut)
    threads.split(parts, work, WORTH_A_THREAD * parts // max(z.size * C, 1))
    return z


def conv_weight_grad(scheme: Scheme, dz: Array, x: Array, padding: Sizes) -> Array:
    """dw (F, C, r, r) for the cotangent dz (N, F, P, Q) of the convolution of x (N, C, H, W), stride 1."""
    F, C = dz.shape[1], x.shape[1]
    squares = len(scheme.b_t) ** 2
    flat = np.ascontiguousarray(dz).reshape(-1), np.ascontiguousarray(x).reshape(-1)
    cut, parts = _cut_of(scheme, x.shape, padding, dz.shape, x.itemsize)
    wide = panel.columns(x.itemsize)
    least = WORTH_A_THREAD * parts // max(dz.size * C, 1)
    totals = np.empty((threads.parts(parts, least), squares, F, -(-C // wide) * wide), x.dtype)
    threads.split(parts, partial(loops.products, *flat, totals, cut), into=len(totals))
    total = totals[..., :C].sum(0).reshape(squares, F * C)
    g, dw = np.array(scheme.g, x.dtype), np.empty((F * C, scheme.r**2), x.dtype)
    threads.split(F * C, partial(loops.transform_back, total, g, dw), 100)
    return dw.reshape(F, C, scheme.r, scheme.r)


@functools.cache
def _kron(which: int, kind: str) -> Array:
    """kron(G, G) of a scheme, cut into groups of rows that `accumulate` takes: (groups, r * r, rows of a group)."""
    scheme = SCHEMES[which]
    squares = len(scheme.b_t) ** 2
    rows = max(rows for rows in registers.PANEL_HEIGHTS if squares % rows == 0)
    groups = np.kron(scheme.g, scheme.g).reshape(-1, rows, scheme.r**2).swapaxes(1, 2)
    return groups.astype(kind, order="C")


NEAR = choices.part(2, 13 / 16, 850_000)
"""Bytes of transformed tiles and sums that stay in the second-level cache."""

WORTH_A_THREAD = 150_000
"""Outputs times channels that pay for waking a thread."""


def _cut_of(scheme: Scheme, x_shape: Sizes, padding: Sizes, z_shape: Sizes, itemsize: int) -> tuple[loops.Cut, int]:
    """How the work of a convolution with x (N, C, H, W) and z (N, F, P, Q) is cut, and into how many parts."""
    (N, C, H, W), (_, F, P, Q) = x_shape, z_shape
    images, rows, pitch, parts = _cut(N, (P, Q), scheme, C, F, itemsize)
    lanes = registers.lanes(itemsize)
    cut = loops.Cut(
        shape=(H, W),
        before=(padding[0], padding[1]),
        size=(P, Q),
        tiles=(-(-P // scheme.m), -(-Q // scheme.m)),
        images=images,
        rows=rows,
        pitch=pitch,
        inputs=_odd(C * pitch, lanes),
        outputs=_odd(F * pitch, lanes),
        scheme=scheme.about,
    )
    return cut, parts


def _odd(count: int, lanes: int) -> int:
    """At least `count`, an odd number of vectors: at even distances many vectors would compete for a few cache sets."""
    return (-(-count // lanes) | 1) * lanes


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
        registers.lanes(itemsize),
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
