"""Scaled dot-product attention.

    weights = softmax(q @ k^T * scale + bias)        z = weights @ v

q (..., L, E), k (..., S, E), v (..., S, V), with the same leading axes. bias (L, S), added everywhere, or None.
Larger ones go through the compiled loops of `loops`; NumPy serves the rest.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy import ndarray as Array

from ..machine.fast import fast


def attention(q: Array, k: Array, v: Array, bias: Array | None, scale: float) -> tuple[Array, Array]:
    """z and the weights. All of one dtype, float32 or float64. A row of -inf in `bias` gives zeros."""
    S, V = v.shape[-2:]
    # shortcut: no queries, or nothing that could be attended to
    if not math.prod(q.shape[:-1]) or not v.size:
        return np.zeros((*q.shape[:-1], V), q.dtype), np.zeros((*q.shape[:-1], S), q.dtype)
    blank = None
    if bias is not None:
        empty = bias.max(-1) == -math.inf
        blank = empty if empty.any() else None
    return _attention(q, k, v, bias, blank, scale)


def attended(q: Array, k: Array, v: Array, bias: Array | None, scale: float) -> tuple[Array, Array]:
    """The same where a row of -inf in `bias` gives NaN, as it does in softmax. Nothing is empty."""
    return _attention(q, k, v, bias, None, scale)


def _values_compiled(q: Array, k: Array, v: Array, bias: Array | None, blank: Array | None, scale: float) -> Any:
    from . import loops  # loads Numba

    return loops.values(q, k, v, bias, blank, scale)


def _scores(q: Array, v: Array) -> int:
    """How many there are; none if they are sums of nothing."""
    return math.prod(q.shape[:-1]) * v.shape[-2] if q.size else 0


@fast(_values_compiled, at_least="attention", count=_scores)
def _attention(q: Array, k: Array, v: Array, bias: Array | None, blank: Array | None, scale: float) -> Any:
    w = np.matmul(q, k.swapaxes(-1, -2))
    w *= scale
    if bias is not None:
        w += bias
    with np.errstate(invalid="ignore"):
        w -= np.maximum.reduce(w, -1, keepdims=True)
        np.exp(w, out=w)
        w /= np.add.reduce(w, -1, keepdims=True)
    if blank is not None:
        w[..., blank, :] = 0
    return np.matmul(w, v), w


def attention_grad(dz: Array, q: Array, k: Array, v: Array, weights: Array, scale: float) -> tuple[Array, Array, Array]:
    """The gradients of q, k and v."""
    # shortcut: no queries, or nothing that could be attended to
    if not dz.size or not v.size:
        return np.zeros_like(q), np.zeros_like(k), np.zeros_like(v)
    return _attention_grad(dz, q, k, v, weights, scale)


def _slopes_compiled(dz: Array, q: Array, k: Array, v: Array, weights: Array, scale: float) -> Any:
    from . import loops

    # no views of other arrays: they may become somebody's .grad as they are
    dq, dk, dv = np.empty(q.shape, q.dtype), np.empty(k.shape, q.dtype), np.empty(v.shape, q.dtype)
    loops.slopes(dz, q, k, v, weights, scale, dq, dk, dv)
    return dq, dk, dv


@fast(_slopes_compiled, at_least="attention", count=lambda dz, q, weights: weights.size if q.size else 0)
def _attention_grad(dz: Array, q: Array, k: Array, v: Array, weights: Array, scale: float) -> Any:
    g = np.matmul(dz, v.swapaxes(-1, -2))
    g -= np.add.reduce(g * weights, -1, keepdims=True)
    g *= weights
    g *= scale
    return np.matmul(g, k), np.matmul(g.swapaxes(-1, -2), q), np.matmul(weights.swapaxes(-1, -2), dz)
