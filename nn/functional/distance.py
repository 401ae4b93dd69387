"""Lengths, angles and distances of vectors."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd import Tensor, broadcast_tensors, where
from autograd.errors import DTypeError, SettingError, ShapeError
from autograd.extend import operand, shape_of
from autograd.tensors.out import into


def normalize(input: Tensor, p: float = 2.0, dim: Any = 1, eps: float = 1e-12, out: Any = None) -> Tensor:
    """`input` divided by its norm of order `p` along `dim`, or by `eps` where the norm is smaller. Zeros stay zeros."""
    if out is not None:
        return into("normalize", out, normalize, (input, p, dim, eps), {})
    x = operand(input)
    return x / x.norm(p, dim, keepdim=True).clamp_min(eps)


def cosine_similarity(x1: Tensor, x2: Tensor, dim: int = 1, eps: float = 1e-8) -> Tensor:
    """x1 . x2 / (|x1| |x2|) along `dim`, with norms of at least `eps`; the shapes are broadcast."""
    a, b = broadcast_tensors(operand(x1), operand(x2))
    return (normalize(a, 2.0, dim, eps) * normalize(b, 2.0, dim, eps)).sum(dim)


def pairwise_distance(x1: Tensor, x2: Tensor, p: float = 2.0, eps: float = 1e-6, keepdim: bool = False) -> Tensor:
    """The norm of order `p` of x1 - x2 + eps over the last dimension; the shapes are broadcast."""
    return (operand(x1) - operand(x2) + eps).norm(p, -1, keepdim=keepdim)


def pdist(input: Tensor, p: float = 2.0) -> Tensor:
    """The norms of order `p` of all differences of two rows of (N, M): (N (N - 1) / 2,), rows 0 1, 0 2, ..., 1 2, ...

    p: not negative.  Equal rows: distance and gradient 0.
    """
    x = operand(input)
    shape = shape_of(x)
    if len(shape) != 2:
        raise ShapeError(f"pdist: pdist only supports 2D tensors, got: {len(shape)}D, of shape {shape}")
    if x.dtype.kind != "f":
        raise DTypeError(f"pdist: pdist only supports floating-point dtypes, got {x.dtype}")
    if p < 0:
        raise SettingError(f"pdist: pdist only supports non-negative p values, got {p}")
    first, second = np.triu_indices(shape[0], 1)
    if shape[1] == 0:
        return x[first].sum(1)
    d = x[first] - x[second]
    counts = d.norm(p, 1)
    # the norm of order 0 counts what is not 0, and so would NaN be
    return where(d.isnan().any(1), float("nan"), counts) if p == 0 else counts
