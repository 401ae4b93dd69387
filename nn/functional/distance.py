"""Lengths, angles and distances of vectors."""

from __future__ import annotations

from typing import Any

from autograd import Tensor, broadcast_tensors
from autograd.tensor.core import array_of, wrap


def _tensor(x: Any) -> Any:
    return x if isinstance(x, Tensor) else wrap(array_of(x))


def normalize(input: Tensor, p: float = 2.0, dim: Any = 1, eps: float = 1e-12) -> Tensor:
    """`input` divided by its norm of order `p` along `dim`, or by `eps` where the norm is smaller. Zeros stay zeros."""
    x = _tensor(input)
    return x / x.norm(p, dim, keepdim=True).clamp_min(eps)  # type: ignore[no-any-return]


def cosine_similarity(x1: Tensor, x2: Tensor, dim: int = 1, eps: float = 1e-8) -> Tensor:
    """x1 . x2 / (|x1| |x2|) along `dim`, with norms of at least `eps`; the shapes are broadcast."""
    a, b = broadcast_tensors(_tensor(x1), _tensor(x2))
    return (normalize(a, 2.0, dim, eps) * normalize(b, 2.0, dim, eps)).sum(dim)  # type: ignore[no-any-return]


def pairwise_distance(x1: Tensor, x2: Tensor, p: float = 2.0, eps: float = 1e-6, keepdim: bool = False) -> Tensor:
    """The norm of order `p` of x1 - x2 + eps over the last dimension; the shapes are broadcast."""
    return (_tensor(x1) - _tensor(x2) + eps).norm(p, -1, keepdim=keepdim)  # type: ignore[no-any-return]
