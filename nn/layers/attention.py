"""Multi-head attention and the transformer. Vaswani et al. 2017."""

from __future__ import annotations

import copy
import math
from collections.abc import Callable
from typing import Any

import numpy as np

from autograd import Tensor, get_default_dtype
from autograd.errors import SettingError, ShapeError
from autograd.extend import check_device, wrap

from .. import functional as F
from .. import init
from ..functional.multihead import attend_by_heads
from ..module import Module
from ..parameter import MaybeNone, Parameter
from .container import ModuleList
from .dropout import Dropout
from .linear import Linear, parameter
from .norm import LayerNorm

Activation = str | Callable[[Tensor], Tensor]


class MultiheadAttention(Module):
    """Several attentions side by side, each on its own projections of query, key and value.

    embed_dim        features of the query and of the output; `num_heads` divides it
    dropout          share of the attention weights that is dropped while training
    bias             do the projections have biases?
    add_bias_kv      add one learned key and value that every query may attend to
    add_zero_attn    add a key and a value of zeros
    kdim, vdim       features of key and value; default: embed_dim
    batch_first      inputs are (N, L, E) instead of (L, N, E)

    Called with query (L, N, E), key (S, N, kdim), value (S, N, vdim), or all without N. Returns (output, weights):
    output like the query, weights (N, L, S), or None.

    >>> layer = MultiheadAttention(8, 2, batch_first=True)
    >>> x = Tensor(np.zeros((3, 5, 8), np.float32))
    >>> output, weights = layer(x, x, x)
    >>> output.shape, weights.shape
    (Size([3, 5, 8]), Size([3, 5, 5]))
    """

    in_proj_weight: Parameter | MaybeNone  # (3 E, E): of query, key and value, one below the other
    q_proj_weight: Parameter | MaybeNone  # (E, E), (E, kdim), (E, vdim): instead, if their features differ
    k_proj_weight: Parameter | MaybeNone
    v_proj_weight: Parameter | MaybeNone
    in_proj_bias: Parameter | MaybeNone  # (3 E,)
    bias_k: Parameter | MaybeNone  # (1, 1, E)
    bias_v: Parameter | MaybeNone

    def __init__(
        self,
        embed_dim: int,
        num_heads: int,
        dropout: float = 0.0,
        bias: bool = True,
        add_bias_kv: bool = False,
        add_zero_attn: bool = False,
        kdim: int | None = None,
        vdim: int | None = None,
        batch_first: bool = False,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        if embed_dim <= 0 or num_heads <= 0:
            raise SettingError(
                f"MultiheadAttention: embed_dim and num_heads must be greater than 0, got embed_dim={embed_dim} and "
                f"num_heads={num_heads} instead"
            )
        if embed_dim % num_heads:
            raise SettingError(
                f"MultiheadAttention: embed_dim must be divisible by num_heads, got {embed_dim} and {num_heads}"
            )
        self.embed_dim = embed_dim
        self.kdim = embed_dim if kdim is None else kdim
        self.vdim = embed_dim if vdim is None else vdim
        self.num_heads = num_heads
        self.dropout = dropout
        self.batch_first = batch_first
        self.head_dim = embed_dim // num_heads
        self.add_zero_attn = add_zero_attn
        together = self.kdim == self.vdim == embed_dim
        shapes: dict[str, tuple[int, ...] | None] = {
            "q_proj_weight": None if together else (embed_dim, embed_dim),
            "k_proj_weight": None if together else (embed_dim, self.kdim),
            "v_proj_weight": None if together else (embed_dim, self.vdim),
            "in_proj_weight": (3 * embed_dim, embed_dim) if together else None,
            "in_proj_bias": (3 * embed_dim,) if bias else None,
            "bias_k": (1, 1, embed_dim) if add_bias_kv else None,
            "bias_v": (1, 1, embed_dim) if add_bias_kv else None,
        }
        for name, shape in shapes.items():
            made = None if shape is None else parameter("MultiheadAttention", shape, device, dtype)
            self.register_parameter(name, made)
        self.out_proj = Linear(embed_dim, embed_dim, bias, device, dtype)
        self._reset_parameters()

    def _reset_parameters(self) -> None:
        for weight in (self.in_proj_weight, self.q_proj_weight, self.k_proj_weight, self.v_proj_weight):
            if weight is not None:
                init.xavier_uniform_(weight)
        if self.in_proj_bias is not None and self.out_proj.bias is not None:
            init.zeros_(self.in_proj_bias)
            init.zeros_(self.out_proj.bias)
        for extra in (self.bias_k, self.bias_v):
            if extra is not None:
                init.xavier_normal_(extra)

    def forward(
        self,
        query: Tensor,
        key: Tensor,
        value: Tensor,
        key_padding_mask: Any = None,
        need_weights: bool = True,
        attn_mask: Any = None,
        average_attn_weights: bool = True,
        is_causal: bool = False,
    ) -> tuple[Tensor, Tensor | MaybeNone]:
        """Masks are bool (True: may NOT attend, other than in `scaled_dot_product_attention`), or added to the scores.

        key_padding_mask       (N, S) or (S,): which keys nobody attends to
        attn_mask              (L, S) or (N * num_heads, L, S): which query attends to which key
        need_weights           return the weights too; False returns None in their place
        average_attn_weights   the mean over the heads (N, L, S), or those of each head (N, num_heads, L, S)
        is_causal              says that attn_mask is the causal one; the mask is needed all the same
        """
        return attend_by_heads(
            self, query, key, value, key_padding_mask, need_weights, attn_mask, average_attn_weights, is_causal
        )


# ---------------------------------------------------------------------------------------------------- transformer


def _activation(activation: Activation) -> Callable[[Tensor], Tensor]:
    if callable(activation):
        return activation
    known: dict[str, Any] = {"relu": F.relu, "gelu": F.gelu}
    if activation not in known:
        raise SettingError(f"activation should be relu/gelu, not {activation}")
    return known[activation]


class _TransformerLayer(Module):
    """What encoder and decoder layers share: two or three blocks, each added to its input and normalised."""

    def __init__(
        self,
        d_model: int,
        nhead: int,
        dim_feedforward: int = 2048,
        dropout: float = 0.1,
        activation: Activation = F.relu,
        layer_norm_eps: float = 1e-5,
        batch_first: bool = False,
        norm_first: bool = False,
        bias: bool = True,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        attentions, norms = (1, 2) if isinstance(self, TransformerEncoderLayer) else (2, 3)
        for name in ("self_attn", "multihead_attn")[:attentions]:
            attention = MultiheadAttention(
                d_model, nhead, dropout, bias, batch_first=batch_first, device=device, dtype=dtype
            )
            self.add_module(name, attention)
        self.linear1 = Linear(d_model, dim_feedforward, bias, device, dtype)
        self.dropout = Dropout(dropout)
        self.linear2 = Linear(dim_feedforward, d_model, bias, device, dtype)
        self.norm_first = norm_first
        for index in range(1, norms + 1):
            self.add_module(f"norm{index}", LayerNorm(d_model, layer_norm_eps, bias=bias, device=device, dtype=dtype))
        for index in range(1, norms + 1):
            self.add_module(f"dropout{index}", Dropout(dropout))
        self.activation = _activation(activation)

    def _around(self, x: Any, norm: Any, block: Callable[[Any], Any]) -> Any:
        """The residual connection: normalised before the block (norm_first), or after the sum."""
        return x + block(norm(x)) if self.norm_first else norm(x + block(x))

    def _attention(self, attention: Any, x: Any, memory: Any, mask: Any, padding: Any, causal: bool) -> Any:
        return attention(x, memory, memory, padding, False, mask, is_causal=causal)[0]

    def _feed_forward(self, x: Any) -> Any:
        return self.linear2(self.dropout(self.activation(self.linear1(x))))


class TransformerEncoderLayer(_TransformerLayer):
    """Self-attention, then two linear layers, each added to its input and normalised.

    d_model            features of the input and of the output
    nhead              heads of the attention
    dim_feedforward    features between the two linear layers
    activation         "relu", "gelu" or a function
    norm_first         normalise what goes into each of the two instead of what comes out
    batch_first        inputs are (N, S, E) instead of (S, N, E)
    bias               do linear layers, attention and norms have biases?
    """

    def forward(
        self, src: Tensor, src_mask: Any = None, src_key_padding_mask: Any = None, is_causal: bool = False
    ) -> Tensor:
        """Masks as in `MultiheadAttention`."""

        def attention(x: Any) -> Any:
            return self.dropout1(self._attention(self.self_attn, x, x, src_mask, src_key_padding_mask, is_causal))

        x = self._around(src, self.norm1, attention)
        return self._around(x, self.norm2, lambda y: self.dropout2(self._feed_forward(y)))


class TransformerDecoderLayer(_TransformerLayer):
    """Self-attention, attention to the encoder's output, then two linear layers. Arguments as in the encoder's."""

    def forward(
        self,
        tgt: Tensor,
        memory: Tensor,
        tgt_mask: Any = None,
        memory_mask: Any = None,
        tgt_key_padding_mask: Any = None,
        memory_key_padding_mask: Any = None,
        tgt_is_causal: bool = False,
        memory_is_causal: bool = False,
    ) -> Tensor:
        """tgt: what is decoded; memory: the encoder's output. Masks as in `MultiheadAttention`."""

        def attention(x: Any) -> Any:
            return self.dropout1(self._attention(self.self_attn, x, x, tgt_mask, tgt_key_padding_mask, tgt_is_causal))

        def to_memory(x: Any) -> Any:
            return self.dropout2(
                self._attention(self.multihead_attn, x, memory, memory_mask, memory_key_padding_mask, memory_is_causal)
            )

        x = self._around(tgt, self.norm1, attention)
        x = self._around(x, self.norm2, to_memory)
        return self._around(x, self.norm3, lambda y: self.dropout3(self._feed_forward(y)))


def _copies(layer: Module, count: int) -> ModuleList:
    return ModuleList([copy.deepcopy(layer) for _ in range(count)])


def _is_causal(mask: Any, said: bool | None) -> bool:
    """Whether a mask is the causal one, where the caller has not said it. It is a hint: the mask is used either way."""
    return bool(said) and mask is not None


class TransformerEncoder(Module):
    """`num_layers` copies of a TransformerEncoderLayer, one after the other; `norm` is applied at the end.

    enable_nested_tensor and mask_check belong to a fast path of PyTorch and make no difference here.
    """

    def __init__(
        self,
        encoder_layer: Module,
        num_layers: int,
        norm: Module | None = None,
        enable_nested_tensor: bool = True,
        mask_check: bool = True,
    ) -> None:
        super().__init__()
        self.layers = _copies(encoder_layer, num_layers)
        self.num_layers = num_layers
        self.norm = norm

    def forward(
        self, src: Tensor, mask: Any = None, src_key_padding_mask: Any = None, is_causal: bool | None = None
    ) -> Tensor:
        """Masks as in `MultiheadAttention`, the same for all layers."""
        x = src
        for layer in self.layers:
            x = layer(x, mask, src_key_padding_mask, is_causal=_is_causal(mask, is_causal))
        norm: Any = self.norm
        return x if norm is None else norm(x)


class TransformerDecoder(Module):
    """`num_layers` copies of a TransformerDecoderLayer, one after the other; `norm` is applied at the end."""

    def __init__(self, decoder_layer: Module, num_layers: int, norm: Module | None = None) -> None:
        super().__init__()
        self.layers = _copies(decoder_layer, num_layers)
        self.num_layers = num_layers
        self.norm = norm

    def forward(
        self,
        tgt: Tensor,
        memory: Tensor,
        tgt_mask: Any = None,
        memory_mask: Any = None,
        tgt_key_padding_mask: Any = None,
        memory_key_padding_mask: Any = None,
        tgt_is_causal: bool | None = None,
        memory_is_causal: bool = False,
    ) -> Tensor:
        """Masks as in `MultiheadAttention`, the same for all layers."""
        x = tgt
        for layer in self.layers:
            x = layer(
                x,
                memory,
                tgt_mask,
                memory_mask,
                tgt_key_padding_mask,
                memory_key_padding_mask,
                _is_causal(tgt_mask, tgt_is_causal),
                memory_is_causal,
            )
        norm: Any = self.norm
        return x if norm is None else norm(x)


class Transformer(Module):
    """Encoder and decoder. Arguments as in their layers; custom_encoder and custom_decoder take their places.

    src (S, N, E) and tgt (T, N, E), or (N, S, E) and (N, T, E) if batch_first: (T, N, E) or (N, T, E).
    """

    def __init__(
        self,
        d_model: int = 512,
        nhead: int = 8,
        num_encoder_layers: int = 6,
        num_decoder_layers: int = 6,
        dim_feedforward: int = 2048,
        dropout: float = 0.1,
        activation: Activation = F.relu,
        custom_encoder: Any = None,
        custom_decoder: Any = None,
        layer_norm_eps: float = 1e-5,
        batch_first: bool = False,
        norm_first: bool = False,
        bias: bool = True,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        settings: Any = (
            *(d_model, nhead, dim_feedforward, dropout, activation, layer_norm_eps, batch_first, norm_first, bias),
            *(device, dtype),
        )

        def norm() -> LayerNorm:
            return LayerNorm(d_model, layer_norm_eps, bias=bias, device=device, dtype=dtype)

        self.encoder = custom_encoder or TransformerEncoder(
            TransformerEncoderLayer(*settings), num_encoder_layers, norm()
        )
        self.decoder = custom_decoder or TransformerDecoder(
            TransformerDecoderLayer(*settings), num_decoder_layers, norm()
        )
        for p in self.parameters():
            if p.ndim > 1:
                init.xavier_uniform_(p)
        self.d_model = d_model
        self.nhead = nhead
        self.batch_first = batch_first

    def forward(
        self,
        src: Tensor,
        tgt: Tensor,
        src_mask: Any = None,
        tgt_mask: Any = None,
        memory_mask: Any = None,
        src_key_padding_mask: Any = None,
        tgt_key_padding_mask: Any = None,
        memory_key_padding_mask: Any = None,
        src_is_causal: bool | None = None,
        tgt_is_causal: bool | None = None,
        memory_is_causal: bool = False,
    ) -> Tensor:
        """Masks as in `MultiheadAttention`."""
        batch = 0 if self.batch_first else 1
        if src.ndim == 3 and tgt.ndim == 3 and src.shape[batch] != tgt.shape[batch]:
            raise ShapeError(
                f"Transformer: the batch number of src and tgt must be equal, got {tuple(src.shape)} and "
                f"{tuple(tgt.shape)} with batch_first={self.batch_first}"
            )
        if src.shape[-1] != self.d_model or tgt.shape[-1] != self.d_model:
            raise ShapeError(
                f"Transformer: the feature number of src and tgt must be equal to d_model = {self.d_model}, got "
                f"{tuple(src.shape)} and {tuple(tgt.shape)}"
            )
        memory = self.encoder(src, mask=src_mask, src_key_padding_mask=src_key_padding_mask, is_causal=src_is_causal)
        return self.decoder(
            tgt,
            memory,
            tgt_mask=tgt_mask,
            memory_mask=memory_mask,
            tgt_key_padding_mask=tgt_key_padding_mask,
            memory_key_padding_mask=memory_key_padding_mask,
            tgt_is_causal=tgt_is_causal,
            memory_is_causal=memory_is_causal,
        )

    @staticmethod
    def generate_square_subsequent_mask(sz: int, device: Any = None, dtype: Any = None) -> Tensor:
        """The causal mask (sz, sz): -inf above the diagonal, 0 elsewhere."""
        check_device("generate_square_subsequent_mask", device)
        dtype = get_default_dtype() if dtype is None else np.dtype(dtype)
        return wrap(np.triu(np.full((sz, sz), -math.inf, dtype), 1))
