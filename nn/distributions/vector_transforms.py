"""Transforms to probability vectors and to special matrices."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from autograd import finfo, tril_indices
from autograd.errors import ShapeError
from autograd.extend import wrap
from autograd.linalg import cholesky

from ..functional import logsigmoid, pad, softplus
from . import constraints
from .transform import Transform
from .utils import vec_to_tril_matrix


class SoftmaxTransform(Transform):
    """Vectors to probability vectors: y = softmax(x). Not bijective; `inv` gives log(y)."""

    domain = constraints.real_vector
    codomain = constraints.simplex

    def __eq__(self, other: object) -> bool:
        return isinstance(other, SoftmaxTransform)

    __hash__ = object.__hash__

    def _call(self, x: Any) -> Any:
        return x.softmax(-1)

    def _inverse(self, y: Any) -> Any:
        return y.log()

    def forward_shape(self, shape: Sequence[int]) -> Any:
        if len(shape) < 1:
            raise ShapeError("Too few dimensions on input: softmax wants at least 1, got 0")
        return shape

    inverse_shape = forward_shape


class StickBreakingTransform(Transform):
    """Vectors of n numbers to probability vectors of n + 1: each takes its share of what is left of a stick.

    The shares are sigmoid(x_k - log(n - k)) for k from 0: zeros give equal parts.
    """

    domain = constraints.real_vector
    codomain = constraints.simplex
    bijective = True

    def __eq__(self, other: object) -> bool:
        return isinstance(other, StickBreakingTransform)

    __hash__ = object.__hash__

    def _call(self, x: Any) -> Any:
        limits = finfo(x.dtype)
        share = (x - _offsets(x)).sigmoid().clamp(float(limits.tiny), 1 - float(limits.eps))
        left = (1 - share).cumprod(-1)
        return pad(share, [0, 1], value=1.0) * pad(left, [1, 0], value=1.0)

    def _inverse(self, y: Any) -> Any:
        parts = y[..., :-1]
        left = (1 - parts.cumsum(-1)).clamp_min(float(finfo(y.dtype).tiny))
        return parts.log() - left.log() + _offsets(parts)

    def log_abs_det_jacobian(self, x: Any, y: Any) -> Any:
        # a triangular matrix, with y_k (1 - share_k) on the diagonal
        return (logsigmoid(-(x - _offsets(x))) + y[..., :-1].log()).sum(-1)

    def forward_shape(self, shape: Sequence[int]) -> Any:
        if len(shape) < 1:
            raise ShapeError("Too few dimensions on input: stick breaking wants at least 1, got 0")
        return (*shape[:-1], shape[-1] + 1)

    def inverse_shape(self, shape: Sequence[int]) -> Any:
        if len(shape) < 1:
            raise ShapeError("Too few dimensions on input: stick breaking wants at least 1, got 0")
        return (*shape[:-1], shape[-1] - 1)


def _offsets(x: Any) -> Any:
    """log(n), log(n - 1) ... log(1)."""
    return wrap(np.log(np.arange(x.shape[-1], 0, -1, dtype=x.dtype)))


class LowerCholeskyTransform(Transform):
    """Square matrices to lower triangular ones with a positive diagonal: exp on the diagonal, 0 above it."""

    domain = constraints.independent(constraints.real, 2)
    codomain = constraints.lower_cholesky

    def __eq__(self, other: object) -> bool:
        return isinstance(other, LowerCholeskyTransform)

    __hash__ = object.__hash__

    def _call(self, x: Any) -> Any:
        return x.tril(-1) + x.diagonal(0, -2, -1).exp().diag_embed()

    def _inverse(self, y: Any) -> Any:
        return y.tril(-1) + y.diagonal(0, -2, -1).log().diag_embed()


class PositiveDefiniteTransform(Transform):
    """Square matrices to positive definite ones: L L' with L from `LowerCholeskyTransform`."""

    domain = constraints.independent(constraints.real, 2)
    codomain = constraints.positive_definite

    def __eq__(self, other: object) -> bool:
        return isinstance(other, PositiveDefiniteTransform)

    __hash__ = object.__hash__

    def _call(self, x: Any) -> Any:
        factor = LowerCholeskyTransform()(x)
        return factor @ factor.mT

    def _inverse(self, y: Any) -> Any:
        return LowerCholeskyTransform().inv(cholesky(y))


class CorrCholeskyTransform(Transform):
    """Vectors of n (n - 1) / 2 numbers to Cholesky factors of correlation matrices n x n.

    z = tanh(x) fills the part below the diagonal, row by row. In each row, every z takes its share of the length that
    is left of 1, and the diagonal takes the rest (Lewandowski, Kurowicka & Joe 2009, partial correlations).
    """

    domain = constraints.real_vector
    codomain = constraints.corr_cholesky
    bijective = True

    def _call(self, x: Any) -> Any:
        eps = float(finfo(x.dtype).eps)
        _side(x.shape[-1])
        z = vec_to_tril_matrix(x.tanh().clamp(-1 + eps, 1 - eps), -1)
        n = z.shape[-1]
        left = (1 - z * z).sqrt().cumprod(-1)  # length that is left after each element
        before = pad(left[..., :-1], [1, 0], value=1.0)
        return (z + wrap(np.eye(n, dtype=x.dtype))) * before

    def _inverse(self, y: Any) -> Any:
        n = y.shape[-1]
        rest = (1 - (y * y).cumsum(-1)).clamp_min(float(finfo(y.dtype).tiny))
        before = pad(rest[..., :-1], [1, 0], value=1.0)
        rows, columns = tril_indices(n, n, -1)
        z = y[..., rows, columns] / before[..., rows, columns].sqrt()
        eps = float(finfo(y.dtype).eps)
        return z.clamp(-1 + eps, 1 - eps).atanh()

    def log_abs_det_jacobian(self, x: Any, y: Any) -> Any:
        # each element is z times the length left before it, which the elements to its left in the row determine
        rest = 1 - (y * y).cumsum(-1)
        n = y.shape[-1]
        rows, columns = tril_indices(n, n, -1)
        inner = columns > 0
        before = rest[..., rows[inner], columns[inner] - 1]
        slope = (x + softplus(x * -2) - math.log(2.0)) * 2  # -log of the slope of tanh
        return before.log().sum(-1) * 0.5 - slope.sum(-1)

    def forward_shape(self, shape: Sequence[int]) -> Any:
        if len(shape) < 1:
            raise ShapeError("Too few dimensions on input: wanted at least 1, got 0")
        return (*shape[:-1], *(_side(shape[-1]),) * 2)

    def inverse_shape(self, shape: Sequence[int]) -> Any:
        if len(shape) < 2:
            raise ShapeError(f"Too few dimensions on input: wanted at least 2, got {len(shape)}")
        if shape[-2] != shape[-1]:
            raise ShapeError(f"Input is not square: its shape is {tuple(shape)}")
        n = shape[-1]
        return (*shape[:-2], n * (n - 1) // 2)


def _side(count: int) -> int:
    """n for n (n - 1) / 2 numbers."""
    n = round((0.25 + 2 * count) ** 0.5 + 0.5)
    if n * (n - 1) // 2 != count:
        raise ShapeError(f"Input is not a flattened lower-diagonal number: {count} is not n (n - 1) / 2")
    return n
