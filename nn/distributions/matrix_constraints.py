"""Sets of matrices."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy import ndarray as Array

from autograd.extend import array_of, wrap

from .constraint import Constraint


class LowerTriangular(Constraint):
    """Square matrices without anything above the diagonal."""

    event_dim = 2

    def check(self, value: Any) -> Any:
        return (value == value.tril()).all(-1).all(-1)


class LowerCholesky(LowerTriangular):
    """Lower triangular matrices with a positive diagonal."""

    def check(self, value: Any) -> Any:
        return super().check(value) & (value.diagonal(0, -2, -1) > 0).all(-1)


class CorrCholesky(LowerCholesky):
    """Lower triangular matrices with a positive diagonal and rows of length 1: Cholesky factors of correlations."""

    def check(self, value: Any) -> Any:
        tolerance = float(np.finfo(value.dtype).eps) * value.shape[-1] * 10  # 10: rounding of what made the rows
        rows = ((value * value).sum(-1).sqrt() - 1).abs() <= tolerance
        return super().check(value) & rows.all(-1)


class Square(Constraint):
    """Square matrices."""

    event_dim = 2

    def check(self, value: Any) -> Any:
        x = array_of(value)
        return wrap(np.full(x.shape[:-2], x.shape[-2] == x.shape[-1]))


class Symmetric(Square):
    """Symmetric matrices, up to 1e-6."""

    def check(self, value: Any) -> Any:
        return wrap(_symmetric(array_of(value)))


class PositiveSemidefinite(Symmetric):
    """Symmetric matrices, up to 1e-6, with eigenvalues from 0 on."""

    def check(self, value: Any) -> Any:
        x = array_of(value)
        symmetric = _symmetric(x)
        return wrap(symmetric & (_eigenvalues(x, symmetric) >= 0).all(-1))


class PositiveDefinite(Symmetric):
    """Symmetric matrices, up to 1e-6, with positive eigenvalues."""

    def check(self, value: Any) -> Any:
        x = array_of(value)
        symmetric = _symmetric(x)
        return wrap(symmetric & (_eigenvalues(x, symmetric) > 0).all(-1))


def _symmetric(x: Array) -> Array:
    if x.shape[-2] != x.shape[-1]:
        return np.zeros(x.shape[:-2], np.bool_)
    return np.asarray(np.asarray(np.isclose(x, x.mT, atol=1e-6)).all((-2, -1)))


def _eigenvalues(x: Array, symmetric: Array) -> Array:
    """Those of the symmetric matrices, 1 for others: with NaN the algorithm would not converge."""
    if x.shape[-2] != x.shape[-1]:
        return np.ones(x.shape[:-1], x.dtype)
    safe = np.where(np.expand_dims(symmetric, (-2, -1)), x, np.eye(x.shape[-1], dtype=x.dtype))
    return np.linalg.eigvalsh(safe)
