"""The loops of attention: products, softmax and products again, matrix by matrix, while its scores are in the cache.

Imported when it is first needed, because it loads Numba.
"""

from __future__ import annotations

import functools
import math
from functools import partial
from typing import NamedTuple

import numpy as np
from numpy import ndarray as Array

from ..machine import moves, registers, simd, threads
from ..machine.arrays import empty, shaped
from ..machine.jit import kernel, piece
from ..matrix import panel
from ..softmax.loops import weights, weights_grad

Sizes = tuple[int, int, int]
Left = tuple[int, int, Array]
Right = tuple[int, int, bool]
Arrays = tuple[Array, Array, Array]


class Matrices(NamedTuple):
    """Matrices whose rows have no gaps, but may be apart, as have those of a head in a larger array.

    start   the address of the first;   at (B,)   how far behind it each of them is
    row     from a row to the next; all in bytes
    """

    start: int
    row: int
    at: Array


Three = tuple[Matrices, Matrices, Matrices]
Shape = tuple[int, int, int, int]

LEAST = 1 << 18  # multiplications that are worth a thread


@kernel
def _product(c: Array, sizes: Sizes, of_a: Left, of_b: Right, room: Array) -> None:
    """c[m, n] = sum over t of a[places[t] + m * a_row] * b[t, n], c (M * N,) flat; b and places of a are addresses.

    sizes   M, N and how many t there are
    of_a    a, a_row, places
    of_b    b, from a row to the next, and whether b[n, t] lies in memory
    room    for a panel of b and one of c
    """
    (M, N, terms), (a, a_row, places), (b, b_row, b_turned) = sizes, of_a, of_b
    size = c.itemsize
    lanes = registers.WIDTH // size
    wide = panel.VECTORS * lanes
    packed = room.ctypes.data
    zeros = packed + (terms + lanes) * wide * size
    tile = zeros + wide * size
    last = (terms + lanes) * wide + wide
    for j in range(last - wide, last):
        room[j] = 0
    for n in range(0, N, wide):
        some = min(wide, N - n)
        if b_turned:
            for v in range(0, wide, lanes):
                left, source = min(lanes, some - v), b + (n + v) * b_row
                moves.transpose(c, source, b_row, left, terms, packed + v * size, wide * size)
        else:
            moves.copy(c, moves.Source(b + n * size, b_row, 1, 0, some), packed, terms, wide)
        whole = some == wide
        out, out_row = (c.ctypes.data + n * size, N * size) if whole else (tile, wide * size)
        panel.multiply(c, M, panel.Product(a, a_row, places.ctypes.data, packed, terms, zeros, 0, out, out_row))
        if not whole:
            for m in range(M):
                for j in range(some):
                    c[m * N + n + j] = room[last + m * wide + j]


@piece
def _room(rows: int, terms: int, like: Array) -> Array:
    """Aligned memory for `_product`."""
    lanes = registers.WIDTH // like.itemsize
    wide = panel.VECTORS * lanes
    found: Array = empty((terms + lanes + 1 + rows) * wide, like.dtype)
    return found


@kernel
def _values(
    inputs: Three, mask: tuple[Array, Array], scale: Array, shape: Shape, w: Array, z: Array, start: int, stop: int
) -> None:
    """w (B, L, S) and z (B, L * V) of the matrices from `start` to `stop`.

    inputs   q, k, v;   shape   L, S, E, V
    mask     bias (L, S), and blank (L,): rows of `bias` that are -inf throughout; or empty
    """
    (q, k, v), (bias, blank), (L, S, E, V) = inputs, mask, shape
    size = w.itemsize
    room = _room(L, max(E, S), w)
    places = simd.evenly(max(E, S), size)
    for n in range(start, stop):
        scores = shaped(w[n], L * S)
        _product(scores, (L, S, E), (q.start + q.at[n], q.row, places), (k.start + k.at[n], k.row, True), room)
        weights(w[n], bias, scale)
        for i in range(blank.size):
            if blank[i]:
                for j in range(S):
                    w[n, i, j] = 0
        _product(z[n], (L, V, S), (scores.ctypes.data, S * size, places), (v.start + v.at[n], v.row, False), room)


@kernel
def _slopes(
    dz: Matrices, inputs: Three, w: Array, scale: Array, shape: Shape, gradients: Arrays, start: int, stop: int
) -> None:
    """The gradients of q, k, v, (B, -1), of the matrices from `start` to `stop`; as in `_values`."""
    (q, k, v), (dq, dk, dv), (L, S, E, V) = inputs, gradients, shape
    size = w.itemsize
    room = _room(max(L, S), max(L, S, E, V), w)
    along, down = simd.evenly(max(S, V), size), simd.evenly(L, S * size)
    ds = empty((L, S), w.dtype)
    slopes = shaped(ds, L * S)
    for n in range(start, stop):
        d, ws = dz.start + dz.at[n], w[n].ctypes.data
        _product(slopes, (L, S, V), (d, dz.row, along), (v.start + v.at[n], v.row, True), room)
        _product(dv[n], (S, V, L), (ws, size, down), (d, dz.row, False), room)
        weights_grad(w[n], ds, scale)
        _product(dq[n], (L, E, S), (ds.ctypes.data, S * size, along), (k.start + k.at[n], k.row, False), room)
        _product(dk[n], (S, E, L), (ds.ctypes.data, size, down), (q.start + q.at[n], q.row, False), room)


def values(q: Array, k: Array, v: Array, bias: Array | None, blank: Array | None, scale: float) -> tuple[Array, Array]:
    """z (..., L, V) and weights (..., L, S) for q (..., L, E), k (..., S, E), v (..., S, V), bias (L, S), blank (L,).

    The same axes stand before the last two. Nothing is copied where elements of a row lie side by side.
    """
    *before, L, E = q.shape
    S, V = v.shape[-2:]
    _check("values", q, k, v, (*before, L, E), (*before, S, E), (*before, S, V))
    if (bias is not None and bias.shape != (L, S)) or (blank is not None and blank.shape != (L,)):
        raise ValueError(f"attention.values: bias and blank do not fit scores ({L}, {S})")
    z, w = np.empty((*before, L, V), q.dtype), np.empty((*before, L, S), q.dtype)
    B = math.prod(before)
    shift = np.empty((0, S), q.dtype) if bias is None else np.ascontiguousarray(bias, q.dtype)
    none = np.empty(0, np.bool_) if blank is None else np.ascontiguousarray(blank)
    rows = [_in_rows(x) for x in (q, k, v)]
    about = np.array([scale], q.dtype), (L, S, E, V), w.reshape(B, L, S), z.reshape(B, -1)
    work = partial(_values, _matrices(*rows), (shift, none), *about)
    threads.split(B, work, LEAST // (L * S * (E + V)) + 1)
    return z, w


def slopes(dz: Array, q: Array, k: Array, v: Array, w: Array, scale: float, *gradients: Array) -> None:
    """Write the gradients of q, k and v, contiguous, for the cotangent dz (..., L, V) of z; w are the weights."""
    *before, L, E = q.shape
    S, V = v.shape[-2:]
    _check("slopes", q, k, v, (*before, L, E), (*before, S, E), (*before, S, V))
    _check("slopes", dz, w, q, (*before, L, V), (*before, L, S), q.shape)
    dq, dk, dv = gradients
    _check("slopes", dq, dk, dv, q.shape, k.shape, v.shape)
    if dq.dtype != q.dtype or not all(x.flags.c_contiguous for x in gradients):
        raise ValueError(f"attention.slopes: wanted contiguous gradients of {q.dtype}")
    B = math.prod(before)
    rows = [_in_rows(x) for x in (dz, q, k, v)]
    of_dz, *inputs = _matrices(*rows)
    about = np.ascontiguousarray(w).reshape(B, L, S), np.array([scale], q.dtype), (L, S, E, V)
    work = partial(_slopes, of_dz, tuple(inputs), *about, tuple([x.reshape(B, -1) for x in gradients]))
    threads.split(B, work, LEAST // (2 * L * S * (E + V)) + 1)


def _in_rows(x: Array) -> Array:
    """x, or a copy of it, in which the elements of a row lie side by side."""
    return x if x.strides[-1] == x.itemsize else np.ascontiguousarray(x)


def _matrices(*arrays: Array) -> tuple[Matrices, ...]:
    """Where the matrices of arrays are, as long as these are."""
    starts = [x.__array_interface__["data"][0] for x in arrays]
    return tuple(
        [
            Matrices(start, x.strides[-2], _places(x.shape[:-2], x.strides[:-2]))
            for start, x in zip(starts, arrays, strict=True)
        ]
    )


@functools.lru_cache(maxsize=64)
def _places(shape: tuple[int, ...], strides: tuple[int, ...]) -> Array:
    """How far behind the first each matrix is, in row-major order."""
    places = np.zeros(1, np.int64)
    for n, step in zip(shape, strides, strict=True):
        places = np.add.outer(places, np.arange(n) * step).reshape(-1)
    return places


def _check(function: str, x: Array, y: Array, z: Array, *shapes: tuple[int, ...]) -> None:
    arrays = (x, y, z)
    if any(a.shape != shape or a.dtype != x.dtype or not a.size for a, shape in zip(arrays, shapes, strict=True)):
        got = [(a.shape, str(a.dtype)) for a in arrays]
        raise ValueError(f"attention.{function}: wanted arrays of {shapes} and one dtype, got {got}")
