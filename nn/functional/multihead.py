"""`nn.MultiheadAttention` as a function, with its parameters given."""

from __future__ import annotations

from typing import Any

from autograd.errors import ShapeError

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
    from ..layers.attention import MultiheadAttention  # which is made of this package

    if query.shape[-1] != embed_dim_to_check or embed_dim_to_check % num_heads:
        raise ShapeError(
            f"multi_head_attention_forward: was expecting embedding dimension of {embed_dim_to_check}, but got "
            f"{query.shape[-1]}; num_heads {num_heads} must divide it"
        )

    class Given(MultiheadAttention):
        def _project(self, q: Any, k: Any, v: Any, all_same: bool, shared: bool) -> tuple[Any, Any, Any]:
            projected = super()._project(q, k, v, all_same, shared)
            return projected[0], _static(projected[1], static_k, num_heads), _static(projected[2], static_v, num_heads)

    layer: Any = Given.__new__(Given)
    super(MultiheadAttention, layer).__init__()
    separate = use_separate_proj_weight
    settings = {
        "embed_dim": embed_dim_to_check,
        "kdim": key.shape[-1],
        "vdim": value.shape[-1],
        "num_heads": num_heads,
        "head_dim": embed_dim_to_check // num_heads,
        "dropout": dropout_p,
        "batch_first": False,
        "add_zero_attn": add_zero_attn,
        "training": training,
        "in_proj_weight": None if separate else in_proj_weight,
        "in_proj_bias": in_proj_bias,
        "q_proj_weight": q_proj_weight if separate else None,
        "k_proj_weight": k_proj_weight if separate else None,
        "v_proj_weight": v_proj_weight if separate else None,
        "bias_k": bias_k,
        "bias_v": bias_v,
        "out_proj": lambda z: linear(z, out_proj_weight, out_proj_bias),
    }
    layer.__dict__.update(settings)
    return layer.forward(query, key, value, key_padding_mask, need_weights, attn_mask, average_attn_weights, is_causal)


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
