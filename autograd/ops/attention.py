"""Scaled dot-product attention as one op: the scores are seen once on the way there and once on the way back."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy import ndarray as Array

from kernels.attention import plain as kernels

from ..op import op
from .activation import softmax


def attention_formula(q: Any, k: Any, v: Any, *, bias: Array | None, scale: float) -> Any:
    """softmax(q @ k.T * scale + bias) @ v in primitives."""
    scores = np.matmul(q, np.swapaxes(k, -1, -2)) * scale
    if bias is None:
        return np.matmul(softmax(scores, axis=-1), v)
    allowed = (bias.max(-1, keepdims=True) > -np.inf).astype(bias.dtype)  # other rows are zeros
    return np.matmul(softmax(scores + np.where(allowed, bias, 0), axis=-1) * allowed, v)


@op(
    "attention",
    private=("q", "k", "v"),
    keeps=("weights",),
    formula=attention_formula,
    joint=lambda dz, q, k, v, scale, weights: kernels.attention_grad(dz, q, k, v, weights, scale),
)
def attention(q: Array, k: Array, v: Array, *, bias: Any = None, scale: float = 1.0) -> Any:
    """softmax(q @ k.T * scale + bias) @ v over the last two axes; the other axes are the same.

    bias   (L, S), or None. A row of -inf gives zeros
    """
    return kernels.attention(q, k, v, bias, scale)
