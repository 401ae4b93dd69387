"""Scaled dot-product attention in groups of matrices: products by BLAS, softmax between them while scores are in cache.

    weights = softmax(q @ k^T * scale + bias)        z = weights @ v

q (..., L, E), k (..., S, E), v (..., S, V), with the same leading axes. bias (L, S), added everywhere, or None.
The groups are shared out to threads; each calls BLAS for itself, which for products of this size is quicker than a BLAS
that divides every single one of them.
"""

from __future__ import annotations

import contextlib
import math
import threading
from collections.abc import Iterator
from typing import Any

import numpy as np

from . import jit, threads

Array = np.ndarray[Any, Any]

GROUP = 1 << 16  # scores that are worked on at a time: 256 kB in float32
WORTH_COMPILING = 512  # scores
LEAST = 1 << 21  # multiplications that are worth a thread

_lock = threading.Lock()
_blas: Any = None
_inside = 0
_limit: Any = None


@contextlib.contextmanager
def _single_threaded_blas() -> Iterator[None]:
    """BLAS in the calling thread only, for as long as anybody is in here."""
    global _blas, _inside, _limit
    with _lock:
        if _blas is None:
            import threadpoolctl  # finds the libraries, which takes a while

            _blas = threadpoolctl.ThreadpoolController()
        if _inside == 0:
            _limit = _blas.limit(limits=1, user_api="blas")
        _inside += 1
    try:
        yield
    finally:
        with _lock:
            _inside -= 1
            if _inside == 0:
                _limit.restore_original_limits()


def _matrices(x: Array) -> Array:
    return x.reshape(math.prod(x.shape[:-2]), *x.shape[-2:])


def _in_groups(work: Any, count: int, scores: int, multiplications: int) -> None:
    """work(start, stop) for groups of the `count` matrices, each of so many scores and multiplications."""
    size = max(1, GROUP // scores)

    def part(start: int, stop: int) -> None:
        for first in range(start, stop, size):
            work(first, min(first + size, stop))

    multiplications = max(multiplications, 1)
    if count * multiplications < 2 * LEAST or threads.get_num_threads() == 1:
        part(0, count)
        return
    with _single_threaded_blas():
        threads.split(count, part, LEAST // multiplications + 1)


def attention(q: Array, k: Array, v: Array, bias: Array | None, scale: float) -> tuple[Array, Array]:
    """z and the weights. All of one dtype, float32 or float64. A row of -inf in `bias` gives zeros."""
    (L, E), (S, V) = q.shape[-2:], v.shape[-2:]
    z = np.empty((*q.shape[:-1], V), q.dtype)
    weights = np.empty((*q.shape[:-1], S), q.dtype)
    if not z.size or not S:
        z[...] = 0
        return z, weights
    qs, ks, vs, zs, ws = _matrices(q), _matrices(k).swapaxes(1, 2), _matrices(v), _matrices(z), _matrices(weights)
    blank = None
    if bias is not None:
        empty = bias.max(-1) == -math.inf
        blank = empty if empty.any() else None
    softmax: Any = _plain_weights
    if weights.size >= WORTH_COMPILING and jit.ENABLED and q.dtype.char in "fd":
        from . import scores  # loads Numba

        softmax = scores.attention_weights

    def work(start: int, stop: int) -> None:
        w = ws[start:stop]
        np.matmul(qs[start:stop], ks[start:stop], out=w)
        with np.errstate(invalid="ignore"):
            softmax(w, bias, scale)
        if blank is not None:
            w[:, blank] = 0
        np.matmul(w, vs[start:stop], out=zs[start:stop])

    _in_groups(work, len(ws), L * S, L * S * (E + V))
    return z, weights


def attention_grad(dz: Array, q: Array, k: Array, v: Array, weights: Array, scale: float) -> tuple[Array, Array, Array]:
    """The gradients of q, k and v."""
    (L, E), (S, V) = q.shape[-2:], v.shape[-2:]
    if not dz.size or not S:
        return np.zeros_like(q), np.zeros_like(k), np.zeros_like(v)
    dq, dk, dv = np.empty(q.shape, q.dtype), np.empty(k.shape, q.dtype), np.empty(v.shape, q.dtype)
    g, qs, ks, vs, ws = (_matrices(x) for x in (dz, q, k, v, weights))
    dqs, dks, dvs = (_matrices(x) for x in (dq, dk, dv))
    backward: Any = _plain_weights_grad
    if weights.size >= WORTH_COMPILING and jit.ENABLED and q.dtype.char in "fd":
        from . import scores

        backward = scores.attention_weights_grad

    def work(start: int, stop: int) -> None:
        w, d = ws[start:stop], g[start:stop]
        ds = np.matmul(d, vs[start:stop].swapaxes(1, 2))
        np.matmul(w.swapaxes(1, 2), d, out=dvs[start:stop])
        backward(w, ds, scale)
        np.matmul(ds, ks[start:stop], out=dqs[start:stop])
        np.matmul(ds.swapaxes(1, 2), qs[start:stop], out=dks[start:stop])

    _in_groups(work, len(ws), L * S, 2 * L * S * (E + V))
    return dq, dk, dv


def _plain_weights(w: Array, bias: Array | None, scale: float) -> None:
    w *= scale
    if bias is not None:
        w += bias
    w -= np.maximum.reduce(w, -1, keepdims=True)
    np.exp(w, out=w)
    w /= np.add.reduce(w, -1, keepdims=True)


def _plain_weights_grad(w: Array, g: Array, scale: float) -> None:
    g -= np.add.reduce(g * w, -1, keepdims=True)
    g *= w
    g *= scale
