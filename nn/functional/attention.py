"""Attention."""

from __future__ import annotations

import functools
import math
from typing import Any

import numpy as np

from autograd import Tensor, where
from autograd.errors import DTypeError, SettingError, ShapeError
from autograd.extend import apply, array_of, spec_of, wrap
from autograd.ops import attention as ops

from .dropouts import dropout


def scaled_dot_product_attention(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    attn_mask: Any = None,
    dropout_p: float = 0.0,
    is_causal: bool = False,
    scale: float | None = None,
    enable_gqa: bool = False,
) -> Tensor:
    """softmax(query @ key.mT * scale + mask) @ value. Vaswani et al. 2017, eq. 1.

    query (..., L, E), key (..., S, E), value (..., S, V): (..., L, V).
    attn_mask    broadcast to (..., L, S): bool (True: may attend) or floating point (is added to the scores)
    is_causal    position i attends to positions 0 .. i only; not together with a mask
    dropout_p    share of the attention that is dropped; give 0 outside of training
    scale        default 1 / sqrt(E)
    enable_gqa   repeat the heads (dimension -3) of key and value to match those of query
    A query that may attend to nothing gets zeros.
    """
    # shortcut: no dropout and no repeated heads; shapes, dtypes and masks are looked at in `_fused`
    fused = None if dropout_p > 0 or enable_gqa else _fused(query, key, value, attn_mask, is_causal, scale)
    if fused is not None:
        return fused
    return attend(query, key, value, attn_mask, dropout_p, is_causal, scale, enable_gqa)[0]


def _fused(q: Any, k: Any, v: Any, mask: Any, is_causal: bool, scale: float | None) -> Tensor | None:
    """Attention as one op, where the inputs fit together as they are and one mask holds for all of them."""
    if not (isinstance(q, Tensor) and isinstance(k, Tensor) and isinstance(v, Tensor)):
        return None
    a, b, c = spec_of(q), spec_of(k), spec_of(v)
    size = a.shape
    if len(size) < 2 or b.shape[:-2] != size[:-2] or c.shape[:-1] != b.shape[:-1] or b.shape[-1:] != size[-1:]:
        return None
    if not (a.size and b.size and c.size) or a.dtype.char not in "fd" or not a.dtype == b.dtype == c.dtype:
        return None
    bias = None
    if is_causal:
        if mask is not None:
            return None
        bias = _causal(size[-2], b.shape[-2], a.dtype)
    elif mask is not None:
        given = array_of(mask)
        single = given.shape[given.ndim - 2 :] == (size[-2], b.shape[-2]) and all(n == 1 for n in given.shape[:-2])
        if not single or given.ndim > len(size) or getattr(mask, "requires_grad", False):
            return None
        if given.dtype == np.bool_:
            bias = np.where(given.reshape(given.shape[-2:]), 0.0, -math.inf).astype(a.dtype)
        elif given.dtype == a.dtype:
            bias = given.reshape(given.shape[-2:])
        else:
            return None
    rate = 1 / math.sqrt(size[-1]) if scale is None else scale
    return apply(ops.attention, q, k, v, bias=bias, scale=float(rate))


@functools.lru_cache(maxsize=8)
def _causal(targets: int, sources: int, dtype: Any) -> np.ndarray:
    """0 where position i may attend to j, else -inf."""
    bias: np.ndarray = np.where(np.tri(targets, sources, dtype=np.bool_), 0.0, -math.inf).astype(dtype)
    bias.flags.writeable = False
    return bias


def attend(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    attn_mask: Any = None,
    dropout_p: float = 0.0,
    is_causal: bool = False,
    scale: float | None = None,
    enable_gqa: bool = False,
) -> tuple[Tensor, Tensor]:
    """`scaled_dot_product_attention`, and the weights (..., L, S) with which the values were added up."""
    q: Any = query
    k: Any = key
    v: Any = value
    if min(q.ndim, k.ndim, v.ndim) < 2 or q.shape[-1] != k.shape[-1] or k.shape[-2] != v.shape[-2]:
        raise ShapeError(
            "scaled_dot_product_attention: wanted query (..., L, E), key (..., S, E) and value (..., S, V), got "
            f"{tuple(q.shape)}, {tuple(k.shape)} and {tuple(v.shape)}"
        )
    if is_causal and attn_mask is not None:
        raise SettingError("scaled_dot_product_attention: Explicit attn_mask should not be set when is_causal=True")
    if enable_gqa:
        heads = q.shape[-3:-2] + k.shape[-3:-2] + v.shape[-3:-2]
        if len(heads) < 3 or any(n == 0 or heads[0] % n for n in heads[1:]):
            raise ShapeError(
                "scaled_dot_product_attention: with enable_gqa the heads of key and value (dimension -3) must divide "
                f"those of query, got {tuple(q.shape)}, {tuple(k.shape)} and {tuple(v.shape)}"
            )
        k = k.repeat_interleave(q.shape[-3] // k.shape[-3], -3)
        v = v.repeat_interleave(q.shape[-3] // v.shape[-3], -3)
    # of no features all products are 0, whatever the scale is
    scores = (q * (1 / math.sqrt(max(q.shape[-1], 1)) if scale is None else scale)).matmul(k.transpose(-2, -1))
    allowed = None
    if is_causal:
        allowed = np.tri(q.shape[-2], k.shape[-2], dtype=np.bool_)
    elif attn_mask is not None:
        mask = array_of(attn_mask)
        if mask.dtype == np.bool_:
            allowed = mask
        elif mask.dtype.kind != "f":
            raise DTypeError(
                "scaled_dot_product_attention: Expected attn_mask dtype to be bool (True: may attend) or float (is "
                f"added to the scores), got {mask.dtype}: use attn_mask.bool()"
            )
        else:
            scores = scores + attn_mask
            if not np.isfinite(mask).all():
                allowed = mask != -math.inf
    weights = scores.softmax(-1) if allowed is None else _masked_softmax(scores, allowed)
    if dropout_p > 0:
        weights = dropout(weights, dropout_p)
    return weights.matmul(v), weights


def _masked_softmax(scores: Any, allowed: np.ndarray) -> Any:
    """softmax over the last dimension of what is allowed; zeros where nothing is."""
    some = allowed.any(-1, keepdims=True)
    if some.all():
        return where(wrap(allowed), scores, -math.inf).softmax(-1)
    # such rows would be 0 / 0: they are left open here and set to 0 afterwards
    weights = where(wrap(allowed), scores, where(wrap(some), -math.inf, 0.0).to(scores.dtype)).softmax(-1)
    return where(wrap(some), weights, 0.0)
