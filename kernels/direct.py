"""Convolution over two spatial axes by register tiles: no columns are copied, each output is summed in registers.

    z[n, f, p, q] = bias[f] + sum over c, i, j of
                    w[f, c, i, j] * x[n, c, p * stride + i * dilation - padding, q * stride + j * dilation - padding]

Imported when it is first needed, because it loads Numba.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from . import simd, threads
from .jit import kernel
from .window import Sizes

Array = np.ndarray[Any, Any]
Pair = tuple[int, int]


@kernel
def _images(
    x: Array,
    w: Array,
    bias: Array,
    z: Array,
    places: Array,
    start: int,
    stop: int,
    stride: Pair,
    before: Pair,
    space: Pair,
    columns: int,
) -> None:
    """The sum above for the images from `start` to `stop`.

    x (N, C, H, W), contiguous;  z (N, F, P, Q), every element assigned once.
    w (blocks of f, C * I * J, lanes), aligned, zero where there is no f.
    places (C * I * J): distance in bytes of each term's x from the first, in an image of the size `space`, in which x
    starts at `before`.    A row of z is cut into tiles of about equal width, at most `columns`.
    """
    _, C, H, W = x.shape
    _, F, P, Q = z.shape
    blocks, terms, lanes = w.shape
    size = x.itemsize
    copied = space[0] != H or space[1] != W
    padded = np.zeros((C, space[0], space[1]) if copied else (0, 0, 0), x.dtype)
    room = np.empty(columns * lanes + 64, x.dtype)
    skip = (-room.ctypes.data % 64) // size
    tile = room[skip : skip + columns * lanes].reshape((columns, lanes))
    count = (Q + columns - 1) // columns
    for n in range(start, stop):
        image = x[n].ctypes.data
        if copied:
            for c in range(C):
                for h in range(H):
                    padded[c, h + before[0], before[1] : before[1] + W] = x[n, c, h]
            image = padded.ctypes.data
        for block in range(blocks):
            first = block * lanes
            weights = w[block].ctypes.data
            for p in range(P):
                q = 0
                for k in range(count):
                    wide = Q // count + (1 if k < Q % count else 0)
                    here = image + (p * stride[0] * space[1] + q * stride[1]) * size
                    if size == 4:
                        simd.tile_float32(
                            wide, here, places.ctypes.data, weights, tile.ctypes.data, terms, stride[1] * size
                        )
                    else:
                        simd.tile_float64(
                            wide, here, places.ctypes.data, weights, tile.ctypes.data, terms, stride[1] * size
                        )
                    for f in range(min(lanes, F - first)):
                        for j in range(wide):
                            z[n, first + f, p, q + j] = tile[j, f] + bias[first + f]
                    q += wide


def conv2d(
    x: Array, w: Array, bias: Array | None, stride: Sizes, padding: Sizes, dilation: Sizes, size: Sizes
) -> Array:
    """The sum above. x (N, C, H, W) and w (F, C, I, J), both float32 or both float64, not empty; z (N, F, *size)."""
    window = w.shape[2:]
    needed = [(n - 1) * s + (i - 1) * d + 1 for n, s, i, d in zip(size, stride, window, dilation, strict=True)]
    height, width = (max(p + n, least) for p, n, least in zip(padding, x.shape[2:], needed, strict=True))
    places = np.zeros(w.shape[1:], np.int64)
    places += np.arange(w.shape[1]).reshape(-1, 1, 1) * (height * width)
    places += np.arange(window[0]).reshape(-1, 1) * (dilation[0] * width)
    places += np.arange(window[1]) * dilation[1]
    places = places.reshape(-1) * x.itemsize
    z = np.empty((len(x), len(w), *size), x.dtype)
    x = np.ascontiguousarray(x)
    packed = _packed(w)
    shift = np.zeros(len(w), x.dtype) if bias is None else np.ascontiguousarray(bias)

    def work(start: int, stop: int) -> None:
        _images(x, packed, shift, z, places, start, stop, stride, padding, (height, width), simd.COLUMNS)

    threads.split(len(x), work)
    return z


@kernel
def _weight_sums(
    dz: Array,
    x: Array,
    total: Array,
    start: int,
    stop: int,
    stride: Pair,
    before: Pair,
    dilation: Pair,
    space: Pair,
    rows: int,
    columns: int,
) -> None:
    """total[b, i, j, c, l] += sum over n, p, q of dz[n, f, p, q] * x[n, c, p * stride + i, q * stride + j].

    f is b * lanes + l. The images from `start` to `stop` are taken, a few `rows` of z at a time, so that the part of dz
    that all tiles read stays in the cache; there it stands with f as its last axis, aligned: (blocks, rows * Q, lanes).
    A tile takes as many channels of x as it has columns; they lie `channel` apart, never a whole page.
    """
    _, C, H, W = x.shape
    _, F, P, Q = dz.shape
    blocks, I, J, _, lanes = total.shape
    size = x.itemsize
    channel = space[0] * space[1] + 16
    padded = np.zeros((C, channel), x.dtype)
    slopes_room = np.zeros(blocks * rows * Q * lanes + 64, x.dtype)
    skip = (-slopes_room.ctypes.data % 64) // size
    slopes = slopes_room[skip : skip + blocks * rows * Q * lanes].reshape((blocks, rows * Q, lanes))
    room = np.empty(columns * lanes + 64, x.dtype)
    skip = (-room.ctypes.data % 64) // size
    tile = room[skip : skip + columns * lanes].reshape((columns, lanes))
    places = np.empty(rows * Q, np.int64)
    for p in range(rows):
        for q in range(Q):
            places[p * Q + q] = (p * stride[0] * space[1] + q * stride[1]) * size
    count = (C + columns - 1) // columns
    for n in range(start, stop):
        for c in range(C):
            for h in range(H):
                at = (h + before[0]) * space[1] + before[1]
                padded[c, at : at + W] = x[n, c, h]
        for p0 in range(0, P, rows):
            terms = min(rows, P - p0) * Q
            for f in range(F):
                flat = dz[n, f].reshape(P * Q)
                for t in range(terms):
                    slopes[f // lanes, t, f % lanes] = flat[p0 * Q + t]
            for block in range(blocks):
                weights = slopes[block].ctypes.data
                for i in range(I):
                    for j in range(J):
                        c = 0
                        corner = (p0 * stride[0] + i * dilation[0]) * space[1] + j * dilation[1]
                        for k in range(count):
                            wide = C // count + (1 if k < C % count else 0)
                            here = padded.ctypes.data + (c * channel + corner) * size
                            if size == 4:
                                simd.tile_float32(
                                    wide, here, places.ctypes.data, weights, tile.ctypes.data, terms, channel * size
                                )
                            else:
                                simd.tile_float64(
                                    wide, here, places.ctypes.data, weights, tile.ctypes.data, terms, channel * size
                                )
                            for m in range(wide):
                                for l in range(lanes):
                                    total[block, i, j, c + m, l] += tile[m, l]
                            c += wide


SLOPES = 1 << 18
"""Bytes of dz that are kept in the cache while all tiles read them."""


def conv2d_weight_grad(dz: Array, x: Array, stride: Sizes, padding: Sizes, dilation: Sizes, size: Sizes) -> Array:
    """dw[f, c, i, j] = sum over n, p, q of dz[n, f, p, q] * x[n, c, p * stride + i * dilation - padding, ...]."""
    dz, x = np.ascontiguousarray(dz), np.ascontiguousarray(x)
    counts = dz.shape[2:]
    needed = [(n - 1) * s + (i - 1) * d + 1 for n, s, i, d in zip(counts, stride, size, dilation, strict=True)]
    space = tuple(max(p + n, least) for p, n, least in zip(padding, x.shape[2:], needed, strict=True))
    lanes = 2 * simd.lanes(x.itemsize)
    blocks = -(-dz.shape[1] // lanes)
    rows = max(1, min(counts[0], SLOPES // (lanes * x.itemsize * counts[1])))
    parts: dict[int, Array] = {}

    def work(start: int, stop: int) -> None:
        total = np.zeros((blocks, *size, x.shape[1], lanes), x.dtype)
        _weight_sums(dz, x, total, start, stop, stride, padding, dilation, space, rows, simd.COLUMNS)
        parts[start] = total

    threads.split(len(x), work)
    total, *others = [parts[start] for start in sorted(parts)]  # always in the same order: the same bits
    for part in others:
        total += part
    dw = np.moveaxis(total, 4, 1).reshape(blocks * lanes, *size, x.shape[1])[: dz.shape[1]]
    return np.ascontiguousarray(np.moveaxis(dw, 3, 1))


def _packed(w: Array) -> Array:
    """w (F, C, I, J) in blocks of as many f as a tile holds: (blocks, C * I * J, lanes), on a register's boundary."""
    lanes = 2 * simd.lanes(w.itemsize)
    blocks, terms = -(-len(w) // lanes), math.prod(w.shape[1:])
    room = np.zeros(blocks * terms * lanes * w.itemsize + simd.WIDTH, np.uint8)
    skip = -room.ctypes.data % simd.WIDTH
    packed = room[skip : skip + blocks * terms * lanes * w.itemsize].view(w.dtype).reshape(blocks, terms, lanes)
    for block in range(blocks):
        part = w[block * lanes : (block + 1) * lanes].reshape(-1, terms)
        packed[block, :, : len(part)] = part.T
    return packed
