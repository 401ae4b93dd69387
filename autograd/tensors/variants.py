"""Functions whose arguments stand in another order in PyTorch's main module than in `nn.functional` or as methods."""

from __future__ import annotations

from typing import Any

from .activation import Activation
from .core import operand
from .index import embedding as _embedding
from .out import into
from .reduce import Reduce


def _tensor(x: Any) -> Any:
    return operand(x)


def softmax(input: Any, dim: Any, dtype: Any = None, *, out: Any = None) -> Any:
    """exp(x) / sum(exp(x)) along `dim`, without overflow; see `Tensor.softmax`."""
    if out is not None:
        return into("softmax", out, softmax, (input, dim, dtype), {})
    return Activation.softmax(input, dim, dtype)


def log_softmax(input: Any, dim: Any, dtype: Any = None, *, out: Any = None) -> Any:
    """The logarithm of the softmax along `dim`; see `Tensor.log_softmax`."""
    if out is not None:
        return into("log_softmax", out, log_softmax, (input, dim, dtype), {})
    return Activation.log_softmax(input, dim, dtype)


def norm(input: Any, p: Any = "fro", dim: Any = None, keepdim: bool = False, out: Any = None, dtype: Any = None) -> Any:
    """(sum of |x|**p)**(1/p) over `dim`; see `Tensor.norm`."""
    if out is not None:
        return into("norm", out, norm, (input, p, dim, keepdim, None, dtype), {})
    return Reduce.norm(input, p, dim, keepdim, dtype)


def embedding(
    weight: Any, indices: Any, padding_idx: int = -1, scale_grad_by_freq: bool = False, sparse: bool = False
) -> Any:
    """Rows of `weight` (V, D) at the integers `indices`; padding_idx -1: none. See `nn.functional.embedding`."""
    padding = None if padding_idx < 0 else padding_idx
    return _embedding(indices, _tensor(weight), padding, scale_grad_by_freq=scale_grad_by_freq, sparse=sparse)
