"""Convolution with 3 x 3 windows by 2.25 times fewer multiplications: Winograd's minimal filtering F(2 x 2, 3 x 3).

A tile of 2 x 2 outputs y depends on 4 x 4 inputs d and on the window g. In the transformed domain they meet element by
element (Lavin & Gray 2016, "Fast algorithms for convolutional neural networks", section 4.1):

    y = A' [(G g G') * (B' d B)] A        B' = 1  0 -1  0     G = 1    0   0      A' = 1  1  1  0
                                               0  1  1  0         1/2  1/2 1/2         0  1 -1 -1
                                               0 -1  1  0         1/2 -1/2 1/2
                                               0  1  0 -1         0    0   1

so that 16 multiplications replace 36. Summed over channels, each of the 16 elements is a matrix product (filters x
channels) by (channels x tiles). Read backwards, the same identity gives the weight's gradient:

    dg = G' [sum over tiles of (A dy A') * (B' d B)] G

The matrices hold only 0, 1, -1 and 1/2, and the sums are shorter: in float32 the result is at least as exact as the sum
over windows. The input gradient is the convolution of dz with the mirrored window.

Imported when it is first needed, because it loads Numba.
"""

# mypy: allow-untyped-decorators

from __future__ import annotations

import functools
import math
from typing import Any

import numpy as np
from llvmlite import ir
from numba import njit
from numba.core import types

from . import simd, threads
from .jit import kernel
from .simd import WIDTH, Code, intrinsic
from .window import Array, Sizes

B_T = ((1, 0, -1, 0), (0, 1, 1, 0), (0, -1, 1, 0), (0, 1, 0, -1))
A_T = ((1, 1, 1, 0), (0, 1, -1, -1))
A = tuple(zip(*A_T, strict=True))

# ------------------------------------------------------------------------------------------------------ vector code


def _combine(code: Code, matrix: Any, vectors: list[Any]) -> list[Any]:
    """matrix @ vectors, for a matrix of 0, 1 and -1 whose rows are not empty."""
    results = []
    for row in matrix:
        total: Any = None
        for factor, vector in sorted(zip(row, vectors, strict=True), key=lambda term: -term[0]):
            if factor == 1:
                total = vector if total is None else code.b.fadd(total, vector)
            elif factor == -1:
                total = code.b.fsub(code.zero if total is None else total, vector)
        results.append(total)
    return results


def _combine_both(code: Code, matrix: Any, square: list[list[Any]]) -> list[list[Any]]:
    """matrix @ square @ matrix'"""
    rows = [_combine(code, matrix, list(column)) for column in zip(*square, strict=True)]
    return [_combine(code, matrix, list(row)) for row in zip(*rows, strict=True)]


@intrinsic
def _spread(
    typing: Any, floats: Any, even: Any, odd: Any, row: Any, inputs: Any, out: Any, apart: Any, tiles: Any
) -> Any:
    """out[k, t] = element k of B' d B, or of A y A' if `inputs` is 2, for a row of `tiles` tiles t.

    even, odd   the even and the odd columns of d or y; `row` bytes from a row to the next
    out         16 rows, `apart` bytes from each other. Up to a vector behind each may be overwritten
    """

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        code = Code(builder, signature.args[0].dtype)
        even, odd, row, inputs, *rest = arguments[1:]
        code.choose(inputs, {n: _spread_variant(code, n, even, odd, row, *rest) for n in (2, 4)})
        return context.get_dummy_value()

    return types.void(floats, *[types.intp] * 7), generate


def _spread_variant(code: Code, inputs: int, even: Any, odd: Any, row: Any, out: Any, apart: Any, tiles: Any) -> Any:
    b = code.b

    def vector(i: Any, state: list[Any]) -> list[Any]:
        rows, line = [], list(state[:2])
        for _ in range(inputs):
            rows.append([code.load(code.plus(line[j % 2], j // 2 * code.size)) for j in range(inputs)])
            line = [b.add(address, row) for address in line]
        target = state[2]
        for values in _combine_both(code, B_T if inputs == 4 else A, rows):
            for value in values:
                code.store(value, target)
                target = b.add(target, apart)
        return [code.plus(address, WIDTH) for address in state]

    def emit() -> None:
        vectors = b.lshr(b.add(tiles, code.number(code.lanes - 1)), code.number(code.lanes.bit_length() - 1))
        code.loop(vectors, [even, odd, out], vector)

    return emit


@intrinsic
def _gather(
    typing: Any, floats: Any, sums: Any, apart: Any, bias: Any, upper: Any, lower: Any, width: Any, tiles: Any
) -> Any:
    """Two rows of outputs from a row of `tiles` tiles: bias + A' m A, `width` elements of each, at `upper` and `lower`.

    sums   16 rows m[k, t], `apart` bytes from each other
    """

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        code = Code(builder, signature.args[0].dtype)
        b = code.b
        sums, apart, bias, upper, lower, width, tiles = arguments[1:]
        n = code.lanes
        halves = [list(range(0, n // 2)), list(range(n // 2, n))]
        shift = code.broadcast(bias)

        def vector(i: Any, state: list[Any]) -> list[Any]:
            source, upper, lower, left = state
            values = []
            at = source
            for _ in range(16):
                values.append(code.load(at))
                at = b.add(at, apart)
            square = [values[4 * k : 4 * k + 4] for k in range(4)]
            for line, (first, second) in zip((upper, lower), _combine_both(code, A_T, square), strict=True):
                pair = b.fadd(first, shift), b.fadd(second, shift)
                for v, half in enumerate(halves):
                    zipped = [lane + side * n for lane in half for side in (0, 1)]
                    value = b.shuffle_vector(*pair, ir.Constant(ir.VectorType(simd.SHORT, n), zipped))
                    mask = code.first(b.sub(left, code.number(v * n)))
                    code.store_some(value, code.plus(line, v * WIDTH), mask)
            moved = [code.plus(source, WIDTH), code.plus(upper, 2 * WIDTH), code.plus(lower, 2 * WIDTH)]
            return [*moved, b.sub(left, code.number(2 * n))]

        vectors = b.lshr(b.add(tiles, code.number(n - 1)), code.number(n.bit_length() - 1))
        code.loop(vectors, [sums, upper, lower, width], vector)
        return context.get_dummy_value()

    return types.void(floats, *[types.intp] * 7), generate


# ----------------------------------------------------------------------------------------------------------- loops


@kernel
def _transform_weights(w: Array, mirrored: bool, high: int, packed: Array, first: int, last: int) -> None:
    """packed[k, blocks of `high` filters, c, filter of the block] = element k of G g G', of the flat windows w.

    w is (F, C, 3, 3); mirrored: filters and channels exchanged, windows turned around.
    first, last: the filters of the result that are computed.
    """
    _, F, C = packed.shape
    flat = packed.reshape(-1)
    half = w.dtype.type(0.5)
    for f in range(first, last):
        f0 = f // high * high
        tall = min(high, F - f0)
        for c in range(C):
            at, step = ((c * F + f) * 9 + 8, -1) if mirrored else ((f * C + c) * 9, 1)
            out = f0 * C + c * tall + f - f0
            for i in range(4):
                if i == 0:
                    x, y, z = w[at], w[at + step], w[at + 2 * step]
                elif i == 3:
                    x, y, z = w[at + 6 * step], w[at + 7 * step], w[at + 8 * step]
                else:
                    sign = w.dtype.type(3 - 2 * i)
                    x = half * (w[at] + sign * w[at + 3 * step] + w[at + 6 * step])
                    y = half * (w[at + step] + sign * w[at + 4 * step] + w[at + 7 * step])
                    z = half * (w[at + 2 * step] + sign * w[at + 5 * step] + w[at + 8 * step])
                flat[(4 * i) * F * C + out] = x
                flat[(4 * i + 1) * F * C + out] = half * (x + y + z)
                flat[(4 * i + 2) * F * C + out] = half * (x - y + z)
                flat[(4 * i + 3) * F * C + out] = z


@njit(nogil=True, error_model="numpy", cache=True)
def _transform_rows(
    x: Array,
    plane: int,
    shape: tuple[int, int],
    top: int,
    left: int,
    inputs: int,
    tiles: tuple[int, int],
    half: Array,
    out: int,
    apart: int,
) -> None:
    """`_spread` for rows of tiles of a plane x[plane:] of `shape`, the corner of the first at (top, left).

    half   room for the even and the odd columns of the rows that the tiles cover: (2, at least that)
    """
    H, W = shape
    size = x.itemsize
    wide = tiles[1] + inputs // 2 - 1
    rows = 2 * tiles[0] + inputs - 2
    above = min(max(0, -top), rows)
    inside = max(0, min(rows, H - top) - above)
    for side in range(2):
        shift = left + side
        begin = min(max(0, (1 - shift) // 2), wide)
        end = max(begin, min(wide, (W - 1 - shift) // 2 + 1))
        to = half.ctypes.data + side * half.shape[1] * size
        if above:
            simd.clear(x, to, above * wide)
        to += above * wide * size
        simd.copy(
            x, x.ctypes.data + (plane + (top + above) * W + shift) * size, W * size, 2, to, inside, wide, begin, end
        )
        if above + inside < rows:
            simd.clear(x, to + inside * wide * size, (rows - above - inside) * wide)
    even, odd = half.ctypes.data, half.ctypes.data + half.shape[1] * size
    for t in range(tiles[0]):
        at = 2 * t * wide * size
        _spread(x, even + at, odd + at, wide * size, inputs, out + t * tiles[1] * size, apart, tiles[1])


@njit(nogil=True, error_model="numpy", cache=True)
def _odd(count: int, lanes: int) -> int:
    """At least `count`, an odd number of vectors: at even distances many vectors would compete for a few cache sets."""
    return ((count + lanes - 1) // lanes | 1) * lanes


@kernel
def _outputs(
    x: Array,
    packed: Array,
    start: Array,
    z: Array,
    shape: tuple[int, int],
    before: tuple[int, int],
    cut: tuple[int, int, int, int],
    vectors: tuple[int, ...],
    first: int,
    last: int,
) -> None:
    """z[n, f] = start[f] + the convolution of the flat x (N, C, *shape) with the packed windows.

    before       zeros above and to the left of x
    cut          images and rows of tiles that make a part, elements from one row of transformed tiles to the next,
                 filters that are summed at a time
    first, last  the parts that are computed
    """
    N, F, P, Q = z.shape
    C = packed.shape[2]
    images, rows, pitch, high = cut
    H, W = shape
    size = x.itemsize
    lanes = WIDTH // size
    th, tw = (P + 1) // 2, (Q + 1) // 2
    slices = (th + rows - 1) // rows
    spare = simd.VECTORS[1] * lanes
    layer_in, layer_out = _odd(C * pitch, lanes), _odd(F * pitch, lanes)
    inputs, sums = np.empty(16 * layer_in + spare, x.dtype), np.empty(16 * layer_out + spare, x.dtype)
    half = np.empty((2, (2 * rows + 2) * (tw + 1) + 2 * lanes), x.dtype)
    zeros, beyond = np.zeros(high, x.dtype), np.empty(Q, x.dtype)
    places = np.arange(C) * (pitch * size)
    for part in range(first, last):
        n0, t0 = part // slices * images, part % slices * rows
        together, tall = min(images, N - n0), min(rows, th - t0)
        count = together * tall * tw
        for m in range(together):
            for c in range(C):
                out = inputs.ctypes.data + (c * pitch + m * tall * tw) * size
                plane = ((n0 + m) * C + c) * H * W
                corner = 2 * t0 - before[0], -before[1]
                _transform_rows(x, plane, shape, corner[0], corner[1], 4, (tall, tw), half, out, layer_in * size)
        for k in range(16):
            for f0 in range(0, F, high):
                block = min(high, F - f0)
                u = 0
                while u < count:
                    wide = vectors[block] if count - u > lanes else 1
                    simd.accumulate(
                        x,
                        block,
                        wide,
                        packed.ctypes.data + (k * F + f0) * C * size,
                        inputs.ctypes.data + (k * layer_in + u) * size,
                        places.ctypes.data,
                        C,
                        zeros.ctypes.data,
                        sums.ctypes.data + (k * layer_out + f0 * pitch + u) * size,
                        pitch * size,
                        count - u,
                    )
                    u += wide * lanes
        for m in range(together):
            for f in range(F):
                bias = start.ctypes.data + f * size
                for t in range(tall):
                    row = 2 * (t0 + t)
                    upper = z.ctypes.data + (((n0 + m) * F + f) * P + row) * Q * size
                    lower = upper + Q * size if row + 1 < P else beyond.ctypes.data
                    at = sums.ctypes.data + (f * pitch + (m * tall + t) * tw) * size
                    _gather(x, at, layer_out * size, bias, upper, lower, Q, tw)


def conv(x: Array, w: Array, bias: Array | None, padding: Sizes, size: Sizes, mirrored: bool = False) -> Array:
    """z (N, F, *size) = bias + the convolution of x (N, C, H, W) with w (F, C, 3, 3), stride 1.

    mirrored   filters and channels of w are exchanged and its windows turned around: this is the input gradient of a
               convolution whose padding is 2 - `padding`
    """
    F, C = (w.shape[1], w.shape[0]) if mirrored else w.shape[:2]
    flat, windows = np.ascontiguousarray(x).reshape(-1), np.ascontiguousarray(w).reshape(-1)
    high = -(-F // -(-F // simd.ROWS))
    packed = np.empty((16, F, C), x.dtype)
    threads.split(F, lambda *part: _transform_weights(windows, mirrored, high, packed, *part), 300_000 // (16 * C))
    z = np.empty((len(x), F, *size), x.dtype)
    start = np.zeros(F, x.dtype) if bias is None else np.ascontiguousarray(bias)
    images, rows, pitch, parts = _cut(len(x), size, C, F, x.itemsize)
    cut = images, rows, pitch, high

    def work(first: int, last: int) -> None:
        _outputs(flat, packed, start, z, x.shape[2:], padding, cut, simd.VECTORS, first, last)

    threads.split(parts, work, 2_000_000 * parts // max(z.size * C * 4, 1))
    return z


@kernel
def _products(
    dz: Array,
    x: Array,
    total: Array,
    shape: tuple[int, int],
    before: tuple[int, int],
    size: tuple[int, int],
    cut: tuple[int, int, int, int],
    pairs: tuple[int, ...],
    first: int,
    last: int,
) -> None:
    """total[k, f, c] = sum over tiles of (A dz A')[k] of filter f * (B' x B)[k] of channel c; see `_outputs`.

    dz and x are flat: (N, F, *size) and (N, C, *shape).
    """
    _, F, C = total.shape
    images, rows, pitch, high = cut
    H, W = shape
    P, Q = size
    N = x.size // (C * H * W)
    item = x.itemsize
    lanes = WIDTH // item
    th, tw = (P + 1) // 2, (Q + 1) // 2
    slices = (th + rows - 1) // rows
    layer_in, layer_out = _odd(C * pitch, lanes), _odd(F * pitch, lanes)
    inputs, slopes = np.empty(16 * layer_in + lanes, x.dtype), np.empty(16 * layer_out + lanes, x.dtype)
    half = np.empty((2, (2 * rows + 2) * (tw + 1) + 2 * lanes), x.dtype)
    places = np.zeros(C + pairs[1], np.int64)
    places[:C] = np.arange(C) * (pitch * item)
    length = 0  # of the tiles of sums for one k
    for f0 in range(0, F, high):
        tall = min(high, F - f0)
        length += (C + pairs[tall] - 1) // pairs[tall] * pairs[tall] * tall
    sums = np.zeros((16, length), x.dtype)
    out = np.empty(high * pairs[1], x.dtype)
    for part in range(first, last):
        n0, t0 = part // slices * images, part % slices * rows
        together, deep = min(images, N - n0), min(rows, th - t0)
        count = together * deep * tw
        tiles = deep, tw
        for m in range(together):
            at = m * deep * tw
            for c in range(C):
                plane, to = ((n0 + m) * C + c) * H * W, inputs.ctypes.data + (c * pitch + at) * item
                _transform_rows(x, plane, shape, 2 * t0 - before[0], -before[1], 4, tiles, half, to, layer_in * item)
            for f in range(F):
                plane, to = ((n0 + m) * F + f) * P * Q, slopes.ctypes.data + (f * pitch + at) * item
                _transform_rows(dz, plane, size, 2 * t0, 0, 2, tiles, half, to, layer_out * item)
        for k in range(16):
            at = 0
            for f0 in range(0, F, high):
                tall = min(high, F - f0)
                wide = pairs[tall]
                for c0 in range(0, C, wide):
                    simd.dot(
                        x,
                        tall,
                        slopes.ctypes.data + (k * layer_out + f0 * pitch) * item,
                        pitch * item,
                        0,
                        inputs.ctypes.data + k * layer_in * item,
                        0,
                        places.ctypes.data + c0 * 8,
                        1,
                        count,
                        out.ctypes.data,
                    )
                    for i in range(tall * wide):
                        sums[k, at + i] += out[i]
                    at += tall * wide
    for k in range(16):
        at = 0
        for f0 in range(0, F, high):
            tall = min(high, F - f0)
            wide = pairs[tall]
            for c0 in range(0, C, wide):
                for r in range(tall):
                    for c in range(c0, min(c0 + wide, C)):
                        total[k, f0 + r, c] = sums[k, at + r * wide + c - c0]
                at += tall * wide


@kernel
def _transform_back(total: Array, dw: Array, first: int, last: int) -> None:
    """dw[i, ...] = element i of G' m G, where m is total[:, i]; dw is (windows, 9)."""
    half = dw.dtype.type(0.5)
    u = np.empty((3, 4), dw.dtype)
    for i in range(first, last):
        for j in range(4):
            plus, minus = total[4 + j, i] + total[8 + j, i], total[4 + j, i] - total[8 + j, i]
            u[0, j], u[1, j], u[2, j] = total[j, i] + half * plus, half * minus, total[12 + j, i] + half * plus
        for j in range(3):
            plus, minus = u[j, 1] + u[j, 2], u[j, 1] - u[j, 2]
            dw[i, 3 * j], dw[i, 3 * j + 1], dw[i, 3 * j + 2] = (
                u[j, 0] + half * plus,
                half * minus,
                u[j, 3] + half * plus,
            )


def conv_weight_grad(dz: Array, x: Array, padding: Sizes) -> Array:
    """dw (F, C, 3, 3) for the cotangent dz (N, F, P, Q) of the convolution of x (N, C, H, W), stride 1."""
    N, F, P, Q = dz.shape
    C = x.shape[1]
    flat = np.ascontiguousarray(dz).reshape(-1), np.ascontiguousarray(x).reshape(-1)
    images, rows, pitch, parts = _cut(N, (P, Q), C, F, x.itemsize)
    high = simd.rows_of_dot(F, C)
    totals = []

    def work(first: int, last: int) -> None:
        total = np.empty((16, F, C), x.dtype)
        totals.append((first, total))
        _products(*flat, total, x.shape[2:], padding, (P, Q), (images, rows, pitch, high), simd.PAIRS, first, last)

    threads.split(parts, work, 2_000_000 * parts // max(dz.size * C * 4, 1))
    totals.sort(key=lambda item: item[0])
    total = functools.reduce(np.add, [total for _, total in totals]).reshape(16, F * C)
    dw = np.empty((F * C, 9), x.dtype)
    threads.split(F * C, lambda *part: _transform_back(total, dw, *part), 20_000)
    return dw.reshape(F, C, 3, 3)


TRANSFORMED = 1 << 20
"""Bytes of transformed tiles and sums that are worked on at a time: about the second-level cache."""


def _cut(images: int, size: Sizes, channels: int, filters: int, itemsize: int) -> tuple[int, int, int, int]:
    """How the work is cut: images and rows of tiles of a part, pitch of the transformed tiles, number of parts."""
    th, tw = -(-size[0] // 2), -(-size[1] // 2)
    wanted = max(128, TRANSFORMED // (16 * (channels + filters) * itemsize))
    wide = simd.lanes(itemsize)
    best: tuple[float, int, int] = (math.inf, 1, 1)
    for together, rows in [(1, r) for r in range(1, th + 1)] + [(m, th) for m in range(2, images + 1)]:
        count = together * rows * tw
        parts = -(-images // together) * -(-th // rows)
        if count <= 2 * wanted or together == rows == 1:
            waste = -(-count // wide) * wide * parts / (images * th * tw)
            waste += 0.1 * wide * parts / count + max(0.0, 0.5 - count / wanted)  # a part has a price too
            waste += 0 if parts >= threads.get_num_threads() or parts == images * th else 1.0
            best = min(best, (waste, together, rows))
    _, together, rows = best
    pitch = _odd.py_func(together * rows * tw + 2 * wide, wide)
    return together, rows, pitch, -(-images // together) * -(-th // rows)
