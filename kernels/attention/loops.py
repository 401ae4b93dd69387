"""The loops of attention: products, softmax and products again, matrix by matrix, while its scores are in the cache.

Imported when it is first needed, because it loads Numba.
"""

from __future__ import annotations

from functools import partial

import numpy as np
from numpy import ndarray as Array

from ..machine import moves, registers, simd, threads
from ..machine.arrays import empty, shaped
from ..machine.jit import kernel, piece
from ..matrix import panel
from ..softmax.loops import weights, weights_grad

Sizes = tuple[int, int, int]
Left = tuple[int, int, Array]
Right = tuple[int, bool]
Arrays = tuple[Array, Array, Array]

LEAST = 1 << 18  # multiplications that are worth a thread


@kernel
def _product(c: Array, sizes: Sizes, of_a: Left, of_b: Right, room: Array) -> None:
    """c[m, n] = sum over t of a[places[t] + m * a_row] * b[t, n], c (M * N,) flat; b and places of a are addresses.

    sizes   M, N and how many t there are
    of_a    a, a_row, places
    of_b    b, and whether b[n, t] lies in memory
    room    for a panel of b and one of c
    """
    (M, N, terms), (a, a_row, places), (b, b_turned) = sizes, of_a, of_b
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
                left, source = min(lanes, some - v), b + (n + v) * terms * size
                moves.transpose(c, source, terms * size, left, terms, packed + v * size, wide * size)
        else:
            moves.copy(c, moves.Source(b + n * size, N * size, 1, 0, some), packed, terms, wide)
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
def _values(inputs: Arrays, mask: tuple[Array, Array], scale: Array, w: Array, z: Array, start: int, stop: int) -> None:
    """w and z of the matrices from `start` to `stop`.

    inputs   q (B, L * E), k (B, S * E), v (B, S * V); z (B, L * V), w (B, L, S)
    mask     bias (L, S), and blank (L,): rows of `bias` that are -inf throughout; or empty
    """
    (q, k, v), (bias, blank) = inputs, mask
    _, L, S = w.shape
    E, V = q.shape[1] // L, v.shape[1] // S
    size = w.itemsize
    room = _room(L, max(E, S), w)
    places = simd.evenly(max(E, S), size)
    for n in range(start, stop):
        scores = shaped(w[n], L * S)
        _product(scores, (L, S, E), (q[n].ctypes.data, E * size, places), (k[n].ctypes.data, True), room)
        weights(w[n], bias, scale)
        for i in range(blank.size):
            if blank[i]:
                for j in range(S):
                    w[n, i, j] = 0
        _product(z[n], (L, V, S), (scores.ctypes.data, S * size, places), (v[n].ctypes.data, False), room)


@kernel
def _slopes(dz: Array, inputs: Arrays, w: Array, scale: Array, gradients: Arrays, start: int, stop: int) -> None:
    """The gradients of q, k, v of the matrices from `start` to `stop`; as in `_values`."""
    (q, k, v), (dq, dk, dv) = inputs, gradients
    _, L, S = w.shape
    E, V = q.shape[1] // L, v.shape[1] // S
    size = w.itemsize
    room = _room(max(L, S), max(L, S, E, V), w)
    along, down = simd.evenly(max(S, V), size), simd.evenly(L, S * size)
    ds = empty((L, S), w.dtype)
    slopes = shaped(ds, L * S)
    for n in range(start, stop):
        d, ws = dz[n].ctypes.data, w[n].ctypes.data
        _product(slopes, (L, S, V), (d, V * size, along), (v[n].ctypes.data, True), room)
        _product(dv[n], (S, V, L), (ws, size, down), (d, False), room)
        weights_grad(w[n], ds, scale)
        _product(dq[n], (L, E, S), (ds.ctypes.data, S * size, along), (k[n].ctypes.data, False), room)
        _product(dk[n], (S, E, L), (ds.ctypes.data, size, down), (q[n].ctypes.data, False), room)


def values(q: Array, k: Array, v: Array, bias: Array | None, blank: Array | None, scale: float) -> tuple[Array, Array]:
    """z (B, L, V) and the weights (B, L, S) for q (B, L, E), k (B, S, E), v (B, S, V), bias (L, S), blank (L,)."""
    (B, L, E), (S, V) = q.shape, v.shape[1:]
    _check("values", q, k, v, (B, L, E), (B, S, E), (B, S, V))
    if (bias is not None and bias.shape != (L, S)) or (blank is not None and blank.shape != (L,)):
        raise ValueError(f"attention.values: bias and blank do not fit scores ({L}, {S})")
    z, w = np.empty((B, L, V), q.dtype), np.empty((B, L, S), q.dtype)
    shift = np.empty((0, S), q.dtype) if bias is None else np.ascontiguousarray(bias, q.dtype)
    none = np.empty(0, np.bool_) if blank is None else np.ascontiguousarray(blank)
    work = partial(_values, _flat(q, k, v), (shift, none), np.array([scale], q.dtype), w, z.reshape(B, -1))
    threads.split(B, work, LEAST // (L * S * (E + V)) + 1)
    return z, w


def slopes(dz: Array, q: Array, k: Array, v: Array, w: Array, scale: float, *gradients: Array) -> None:
    """Write the gradients of q, k and v, contiguous, for the cotangent dz (B, L, V) of z; w are the weights."""
    (B, L, E), (S, V) = q.shape, v.shape[1:]
    _check("slopes", q, k, v, (B, L, E), (B, S, E), (B, S, V))
    _check("slopes", dz, w, q, (B, L, V), (B, L, S), q.shape)
    dq, dk, dv = gradients
    _check("slopes", dq, dk, dv, q.shape, k.shape, v.shape)
    if dq.dtype != q.dtype or not all(x.flags.c_contiguous for x in gradients):
        raise ValueError(f"attention.slopes: wanted contiguous gradients of {q.dtype}")
    (flat,), about = _flat(dz), (np.ascontiguousarray(w), np.array([scale], q.dtype))
    work = partial(_slopes, flat, _flat(q, k, v), *about, _flat(dq, dk, dv))
    threads.split(B, work, LEAST // (2 * L * S * (E + V)) + 1)


def _flat(*arrays: Array) -> tuple[Array, ...]:
    return tuple([np.ascontiguousarray(x).reshape(len(x), -1) for x in arrays])


def _check(function: str, x: Array, y: Array, z: Array, *shapes: tuple[int, ...]) -> None:
    arrays = (x, y, z)
    if any(a.shape != shape or a.dtype != x.dtype or not a.size for a, shape in zip(arrays, shapes, strict=True)):
        got = [(a.shape, str(a.dtype)) for a in arrays]
        raise ValueError(f"attention.{function}: wanted arrays of {shapes} and one dtype, got {got}")
