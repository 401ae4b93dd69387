"""Attention with several heads: what `nn.MultiheadAttention` computes, and the same with its parameters given."""

from __future__ import annotations

import math
from types import SimpleNamespace
from typing import Any

import numpy as np

from autograd import Tensor, cat
from autograd.errors import DTypeError, SettingError, ShapeError
from autograd.extend import array_of, wrap
from autograd.tensors.pad import pad

from .attention import attend
from .products import linear


def multi_head_attention_forward(
    query: Any,
    key: Any,
    value: Any,
    embed_dim_to_check: int,
    num_heads: int,
    in_proj_weight: Any,
    in_proj_bias: Any,
    bias_k: Any,
    bias_v: Any,
    add_zero_attn: bool,
    dropout_p: float,
    out_proj_weight: Any,
    out_proj_bias: Any,
    training: bool = True,
    key_padding_mask: Any = None,
    need_weights: bool = True,
    attn_mask: Any = None,
    use_separate_proj_weight: bool = False,
    q_proj_weight: Any = None,
    k_proj_weight: Any = None,
    v_proj_weight: Any = None,
    static_k: Any = None,
    static_v: Any = None,
    average_attn_weights: bool = True,
    is_causal: bool = False,
) -> Any:
    """(output, weights) of attention with several heads; see `nn.MultiheadAttention`, whose parameters these are.

    query (L, N, E), key (S, N, E'), value (S, N, E''), or all without N. E is `embed_dim_to_check`.
    in_proj_weight (3 E, E), or with `use_separate_proj_weight` q_proj_weight (E, E), k_proj_weight, v_proj_weight
    in_proj_bias (3 E,), out_proj_weight (E, E), out_proj_bias (E,), bias_k and bias_v (1, 1, E), or None each
    static_k, static_v   (N * num_heads, S, E / num_heads): instead of what is projected of key and value
    """
    if query.shape[-1] != embed_dim_to_check or embed_dim_to_check % num_heads:
        raise ShapeError(
            f"multi_head_attention_forward: was expecting embedding dimension of {embed_dim_to_check}, but got "
            f"{query.shape[-1]}; num_heads {num_heads} must divide it"
        )
    separate = use_separate_proj_weight
    own = SimpleNamespace(
        embed_dim=embed_dim_to_check,
        kdim=key.shape[-1],
        vdim=value.shape[-1],
        num_heads=num_heads,
        head_dim=embed_dim_to_check // num_heads,
        dropout=dropout_p,
        training=training,
        batch_first=False,
        add_zero_attn=add_zero_attn,
        in_proj_weight=None if separate else in_proj_weight,
        in_proj_bias=in_proj_bias,
        q_proj_weight=q_proj_weight if separate else None,
        k_proj_weight=k_proj_weight if separate else None,
        v_proj_weight=v_proj_weight if separate else None,
        bias_k=bias_k,
        bias_v=bias_v,
        out_proj=lambda z: linear(z, out_proj_weight, out_proj_bias),
    )
    masks = (key_padding_mask, need_weights, attn_mask, average_attn_weights, is_causal)
    return attend_by_heads(own, query, key, value, *masks, static_k=static_k, static_v=static_v)


def attend_by_heads(
    own: Any,
    query: Any,
    key: Any,
    value: Any,
    key_padding_mask: Any,
    need_weights: bool,
    attn_mask: Any,
    average_attn_weights: bool,
    is_causal: bool,
    *,
    static_k: Any = None,
    static_v: Any = None,
) -> tuple[Any, Any]:
    """(output, weights) of attention with several heads: what a `nn.MultiheadAttention` computes when it is called.

    own        such a layer, or anything that has its settings and parameters as attributes, and its `out_proj`
    static_k, static_v   instead of what is projected of key and value
    The other arguments are those of the layer.
    """
    alone = query.ndim == 2
    _check(own, query, key, value)
    if is_causal and attn_mask is None:
        raise SettingError(
            "MultiheadAttention: Need attn_mask if specifying the is_causal hint. "
            "Transformer.generate_square_subsequent_mask makes one."
        )
    same, shared = query is key, key is value
    q, k, v = query, key, value
    if alone:
        q, k, v = q.unsqueeze(0), k.unsqueeze(0), v.unsqueeze(0)
    elif not own.batch_first:
        q, k, v = q.transpose(0, 1), k.transpose(0, 1), v.transpose(0, 1)
    batch, targets, sources = q.shape[0], q.shape[1], k.shape[1]
    q, k, v = _projected(own, q, k, v, same and shared, shared)
    k, v = _static(k, static_k, own.num_heads), _static(v, static_v, own.num_heads)
    mask = _joined(attn_mask, key_padding_mask, (batch, own.num_heads, targets, sources), q.dtype)
    q, k, v, mask = _by_heads(own, q, k, v, mask)
    z, weights = attend(q, k, v, mask, own.dropout if own.training else 0.0)
    z = own.out_proj(z.transpose(1, 2).flatten(2))
    z = z.squeeze(0) if alone else z if own.batch_first else z.transpose(0, 1)
    if not need_weights:
        return z, None
    if average_attn_weights:
        weights = weights.mean(1)
    return z, weights.squeeze(0) if alone else weights


def _projected(own: Any, q: Any, k: Any, v: Any, all_same: bool, shared: bool) -> tuple[Any, Any, Any]:
    """The three linear maps; those of one input in one multiplication."""
    size = own.embed_dim
    bias: Any = own.in_proj_bias
    if own.in_proj_weight is None:
        biases = (None, None, None) if bias is None else bias.chunk(3)
        weights = (own.q_proj_weight, own.k_proj_weight, own.v_proj_weight)
        q, k, v = [linear(x, w, b) for x, w, b in zip((q, k, v), weights, biases, strict=True)]
        return q, k, v
    weight: Any = own.in_proj_weight
    # shortcut: query is key and key is value, as objects; lengths and masks do not matter here
    if all_same:
        q, k, v = linear(q, weight, bias).chunk(3, -1)
    elif shared:
        parts = [size, 2 * size]
        of_q, of_kv = weight.split(parts)
        bias_q, bias_kv = (None, None) if bias is None else bias.split(parts)
        q = linear(q, of_q, bias_q)
        k, v = linear(k, of_kv, bias_kv).chunk(2, -1)
    else:
        biases = (None, None, None) if bias is None else bias.chunk(3)
        q, k, v = [linear(x, w, b) for x, w, b in zip((q, k, v), weight.chunk(3), biases, strict=True)]
    return q, k, v


def _by_heads(own: Any, q: Any, k: Any, v: Any, mask: Any) -> tuple[Any, Any, Any, Any]:
    """q, k, v (N, heads, *, size of a head), with the keys and values that a layer adds, and the mask for all."""
    batch, sources = q.shape[0], k.shape[1]
    if own.bias_k is not None and own.bias_v is not None:
        k = cat([k, own.bias_k.expand(batch, 1, -1)], 1)
        v = cat([v, own.bias_v.expand(batch, 1, -1)], 1)
    q, k, v = [x.unflatten(-1, (own.num_heads, own.head_dim)).transpose(1, 2) for x in (q, k, v)]
    if own.add_zero_attn:
        zeros = wrap(np.zeros((batch, own.num_heads, 1, own.head_dim), q.dtype))
        k, v = cat([k, zeros], 2), cat([v, zeros], 2)
    added = k.shape[2] - sources
    return q, k, v, pad(mask, (0, added)) if mask is not None and added else mask


def _check(own: Any, q: Any, k: Any, v: Any) -> None:
    if q.ndim not in (2, 3) or k.ndim != q.ndim or v.ndim != q.ndim:
        raise ShapeError(
            "MultiheadAttention: query should be unbatched 2D or batched 3D tensor, and key and value alike, but "
            f"got {q.ndim}-D query, {k.ndim}-D key and {v.ndim}-D value"
        )
    for name, x, size in (("query", q, own.embed_dim), ("key", k, own.kdim), ("value", v, own.vdim)):
        if x.shape[-1] != size:
            raise ShapeError(
                f"MultiheadAttention: was expecting embedding dimension of {size}, but got {x.shape[-1]}: the "
                f"{name} has shape {tuple(x.shape)}"
            )
    batch = 0 if own.batch_first else 1
    if k.shape[:-1] != v.shape[:-1] or (q.ndim == 3 and q.shape[batch] != k.shape[batch]):
        order = "(N, L, E)" if own.batch_first else "(L, N, E)"
        raise ShapeError(
            "MultiheadAttention: key and value must agree in length, and all in batch size; "
            f"query {tuple(q.shape)}, key shape {tuple(k.shape)} does not match value shape {tuple(v.shape)}, or "
            f"the batch sizes differ (batch_first={own.batch_first}: inputs are {order})"
        )


def _joined(attn_mask: Any, padding: Any, sizes: tuple[int, int, int, int], dtype: Any) -> Any:
    """Both masks as one that is added to the scores, (N or 1, heads or 1, L or 1, S), or None."""
    batch, heads, targets, sources = sizes
    total = None
    if attn_mask is not None:
        mask = _added("attn_mask", attn_mask, dtype)
        shape, every = tuple(mask.shape), batch * heads
        if mask.ndim == 2:
            if shape != (targets, sources):
                raise ShapeError(
                    f"MultiheadAttention: The shape of the 2D attn_mask is {shape}, but should be {(targets, sources)}."
                )
            total = mask.reshape(1, 1, targets, sources)
        elif shape == (every, targets, sources):
            total = mask.reshape(batch, heads, targets, sources)
        else:
            raise ShapeError(
                f"MultiheadAttention: The shape of the {mask.ndim}D attn_mask is {shape}, but should be "
                f"{(every, targets, sources)}."
            )
    if padding is not None:
        mask = _added("key_padding_mask", padding, dtype)
        if tuple(mask.shape) not in ((batch, sources), (sources,) if batch == 1 else ()):
            raise ShapeError(
                f"MultiheadAttention: Expected key_padding_mask of shape {(batch, sources)}, got {tuple(mask.shape)}"
            )
        mask = mask.reshape(batch, 1, 1, sources)
        total = mask if total is None else total + mask
    return total


def _added(name: str, mask: Any, dtype: Any) -> Any:
    """A mask that is added to the scores: -inf where a bool one is True."""
    array = array_of(mask)
    if array.dtype == np.bool_:
        return wrap(np.where(array, -math.inf, 0.0).astype(dtype))
    if array.dtype.kind != "f":
        raise DTypeError(f"MultiheadAttention: only bool and floating types of {name} are supported, got {array.dtype}")
    return mask if isinstance(mask, Tensor) and array.dtype == dtype else wrap(array.astype(dtype))


def _static(projected: Any, static: Any, heads: int) -> Any:
    if static is None:
        return projected
    batch, size = projected.shape[0], projected.shape[2] // heads
    if static.ndim != 3 or static.shape[0] != batch * heads or static.shape[2] != size:
        raise ShapeError(
            f"multi_head_attention_forward: expecting static_k and static_v of shape ({batch * heads}, S, {size}), got "
            f"{tuple(static.shape)}"
        )
    return static.reshape(batch, heads, -1, size).transpose(1, 2).flatten(2)
