"""Scaled dot-product attention as one op: the scores are seen once on the way there and once on the way back."""

# mypy: no-warn-return-any, allow-untyped-decorators

from __future__ import annotations

from typing import Any

import numpy as np

from kernels import attention as kernels

from ..op import Array, op
from .activation import softmax


def _weights(q: Any, k: Any, bias: Array | None, scale: float) -> Any:
    scores = np.matmul(q, np.swapaxes(k, -1, -2)) * scale
    if bias is None:
        return softmax(scores, axis=-1)
    allowed = (bias.max(-1, keepdims=True) > -np.inf).astype(bias.dtype)  # other rows are zeros
    return softmax(scores + np.where(allowed, bias, 0), axis=-1) * allowed


def _rule(dz: Any, q: Any, k: Any, v: Any, bias: Any, scale: float, kept: Any) -> tuple[Any, Any, Any]:
    if kept and all(type(part) is np.ndarray for part in (dz, q, k, v)):
        return kernels.attention_grad(dz, q, k, v, kept[0], scale)
    w = _weights(q, k, bias, scale)
    g = np.matmul(dz, np.swapaxes(v, -1, -2))
    g = w * (g - np.sum(g * w, axis=-1, keepdims=True)) * scale
    return np.matmul(g, k), np.matmul(np.swapaxes(g, -1, -2), q), np.matmul(np.swapaxes(w, -1, -2), dz)


@op("attention", private=("q", "k", "v"), joint=_rule)
def attention(q: Array, k: Array, v: Array, *, bias: Any = None, scale: float = 1.0, kept: Any = None) -> Array:
    """softmax(q @ k.T * scale + bias) @ v over the last two axes; the other axes are the same.

    bias   (L, S), or None. A row of -inf gives zeros
    kept   an empty list, if a gradient will be wanted: the weights are put in there
    """
    z, weights = kernels.attention(q, k, v, bias, scale)
    if kept is not None:
        kept[:] = [weights]
    return z
