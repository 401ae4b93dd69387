"""The loops of attention: products, softmax and products again, for groups of matrices whose scores stay in the cache.

Imported when it is first needed, because it loads Numba.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

from . import gemm, threads
from .gemm import panels
from .jit import kernel
from .scores import weights, weights_grad

Array = np.ndarray[Any, Any]
Pair = tuple[int, int]

GROUP = 1 << 16  # scores that are worked on at a time: 256 kB in float32
LEAST = 1 << 18  # multiplications that are worth a thread


@kernel
def _product(
    a: Array, a_turned: bool, b: Array, b_turned: bool, c: Array, terms: int, cut: Pair, first: int, last: int
) -> None:
    """c[n] = a[n] @ b[n] for the matrices from `first` to `last`, a or b being the transpose of what lies in memory."""
    _, M, N = c.shape
    a_steps = (M * terms, 1, M) if a_turned else (M * terms, terms, 1)
    b_steps = (terms * N, 1, terms) if b_turned else (terms * N, N, 1)
    none = np.empty(0, c.dtype)
    parts = (M + cut[0] - 1) // cut[0] * gemm.panels_in(N, c.itemsize)
    panels(a, b, none, c, terms, a_steps, b_steps, cut[0], cut[1], first * parts, last * parts)


@kernel
def _values(
    q: Array,
    k: Array,
    v: Array,
    bias: Array,
    blank: Array,
    scale: Array,
    cuts: tuple[Pair, Pair],
    w: Array,
    z: Array,
    start: int,
    stop: int,
) -> None:
    """w and z of the matrices from `start` to `stop`.

    q, k, v are flat, w (B, L, S), z (B, L, V).  blank (L,): rows of `bias` that are -inf throughout; or empty
    """
    B, L, S = w.shape
    group = max(1, GROUP // (L * S))
    for first in range(start, stop, group):
        last = min(first + group, stop)
        _product(q, False, k, True, w, q.size // (B * L), cuts[0], first, last)
        rows = w[first:last].reshape(((last - first) * L, S))
        weights(rows, bias, scale)
        if blank.size:
            for i in range(len(rows)):
                if blank[i % L]:
                    rows[i] = 0
        _product(w.reshape(w.size), False, v, False, z, S, cuts[1], first, last)


@kernel
def _slopes(
    dz: Array,
    q: Array,
    k: Array,
    v: Array,
    w: Array,
    scale: Array,
    cuts: tuple[Pair, Pair, Pair],
    dq: Array,
    dk: Array,
    dv: Array,
    start: int,
    stop: int,
) -> None:
    """dq, dk, dv (B, *, *) of the matrices from `start` to `stop`; all else is flat, but w (B, L, S)."""
    _, L, S = w.shape
    V = dv.shape[2]
    group = max(1, GROUP // (L * S))
    room = np.empty((min(group, stop - start), L, S), w.dtype)
    for first in range(start, stop, group):
        last = min(first + group, stop)
        n = last - first
        ds = room[:n]
        _product(dz[first * L * V :], False, v[first * S * V :], True, ds, V, cuts[0], 0, n)
        _product(w.reshape(w.size), True, dz, False, dv, L, cuts[1], first, last)
        weights_grad(w[first:last].reshape((n * L, S)), ds.reshape((n * L, S)), scale)
        slopes = ds.reshape(ds.size)
        E = dq.shape[2]
        _product(slopes, False, k[first * S * E :], False, dq[first:last], S, cuts[2], 0, n)
        _product(slopes, True, q[first * L * E :], False, dk[first:last], L, cuts[1], 0, n)


def values(q: Array, k: Array, v: Array, bias: Array | None, blank: Array | None, scale: float) -> tuple[Array, Array]:
    """z (B, L, V) and the weights (B, L, S) for q (B, L, E), k (B, S, E), v (B, S, V), bias (L, S), blank (L,)."""
    (B, L, E), (S, V) = q.shape, v.shape[1:]
    _check("values", q, k, v, (B, L, E), (B, S, E), (B, S, V))
    if (bias is not None and bias.shape != (L, S)) or (blank is not None and blank.shape != (L,)):
        raise ValueError(f"attention_loops.values: bias and blank do not fit scores ({L}, {S})")
    z, w = np.empty((B, L, V), q.dtype), np.empty((B, L, S), q.dtype)
    shift = np.empty((0, S), q.dtype) if bias is None else np.ascontiguousarray(bias, q.dtype)
    none = np.empty(0, np.bool_) if blank is None else np.ascontiguousarray(blank)
    cuts = gemm.rows_of(L, E, q.itemsize), gemm.rows_of(L, S, q.itemsize)
    work = partial(_values, *_flat(q, k, v), shift, none, np.array([scale], q.dtype), cuts, w, z)
    threads.split(B, work, LEAST // (L * S * (E + V)) + 1)
    return z, w


def slopes(dz: Array, q: Array, k: Array, v: Array, w: Array, scale: float) -> tuple[Array, Array, Array]:
    """The gradients of q, k and v for the cotangent dz (B, L, V) of z; w are the weights."""
    (B, L, E), (S, V) = q.shape, v.shape[1:]
    _check("slopes", q, k, v, (B, L, E), (B, S, E), (B, S, V))
    _check("slopes", dz, w, q, (B, L, V), (B, L, S), q.shape)
    dq, dk, dv = np.empty(q.shape, q.dtype), np.empty(k.shape, q.dtype), np.empty(v.shape, q.dtype)
    cuts = gemm.rows_of(L, V, q.itemsize), gemm.rows_of(S, L, q.itemsize), gemm.rows_of(L, S, q.itemsize)
    about = np.ascontiguousarray(w), np.array([scale], q.dtype), cuts
    work = partial(_slopes, *_flat(dz, q, k, v), *about, dq, dk, dv)
    threads.split(B, work, LEAST // (2 * L * S * (E + V)) + 1)
    return dq, dk, dv


def _flat(*arrays: Array) -> list[Array]:
    return [np.ascontiguousarray(x).reshape(-1) for x in arrays]


def _check(function: str, x: Array, y: Array, z: Array, *shapes: tuple[int, ...]) -> None:
    arrays = (x, y, z)
    if any(a.shape != shape or a.dtype != x.dtype or not a.size for a, shape in zip(arrays, shapes, strict=True)):
        got = [(a.shape, str(a.dtype)) for a in arrays]
        raise ValueError(f"attention_loops.{function}: wanted arrays of {shapes} and one dtype, got {got}")
