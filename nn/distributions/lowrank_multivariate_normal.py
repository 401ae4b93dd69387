"""LowRankMultivariateNormal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Self

from autograd import Tensor, broadcast_shapes, eye, randn
from autograd.errors import ShapeError
from autograd.linalg import cholesky, solve

from . import constraints
from .constraints import Constraint
from .distribution import Distribution
from .matrix_scale import half_log_det
from .multivariate_normal import mahalanobis
from .normal import LOG_ROOT_TAU
from .utils import as_tensor, lazy_property


class LowRankMultivariateNormal(Distribution):
    """Normal vectors (..., n) with covariance W W' + diag(d): cheap where W has few columns.

    loc          (..., n)
    cov_factor   W (..., n, m)
    cov_diag     d (..., n), above 0

    Inverse and determinant are those of the m x m matrix I + W' diag(1/d) W (Woodbury; the matrix determinant lemma).
    """

    loc: Tensor  # batch_shape + (n,)

    arg_constraints: Mapping[str, Constraint] = {
        "loc": constraints.real_vector,
        "cov_factor": constraints.independent(constraints.real, 2),
        "cov_diag": constraints.independent(constraints.positive, 1),
    }
    support = constraints.real_vector
    has_rsample = True

    def __init__(self, loc: Any, cov_factor: Any, cov_diag: Any, validate_args: bool | None = None) -> None:
        loc, factor, diagonal = as_tensor(loc), as_tensor(cov_factor), as_tensor(cov_diag)
        if loc.ndim < 1:
            raise ShapeError("loc must be at least one-dimensional.")
        n = loc.shape[-1]
        if factor.ndim < 2:
            raise ShapeError("cov_factor must be at least two-dimensional, with optional leading batch dimensions")
        if factor.shape[-2] != n:
            raise ShapeError(
                f"cov_factor must be a batch of matrices with shape {n} x m, got shape {tuple(factor.shape)}"
            )
        if diagonal.ndim < 1 or diagonal.shape[-1] != n:
            raise ShapeError(f"cov_diag must be a batch of vectors with shape {(n,)}, got {tuple(diagonal.shape)}")
        batch = broadcast_shapes(loc.shape[:-1], factor.shape[:-2], diagonal.shape[:-1])
        self.loc = loc.expand((*batch, n))
        self.cov_factor = factor.expand((*batch, *factor.shape[-2:]))
        self.cov_diag = diagonal.expand((*batch, n))
        super().__init__(batch, (n,), validate_args)
        self._set_core(factor, diagonal)

    def _set_core(self, factor: Any, diagonal: Any) -> None:
        """The parameters as they were given, and the Cholesky factor of I + W' diag(1/d) W."""
        self._w, self._d = factor, diagonal
        scaled = factor.mT / diagonal.unsqueeze(-2)
        self._core = cholesky(scaled @ factor + eye(factor.shape[-1], dtype=factor.dtype))

    def expand(self, batch_shape: Sequence[int]) -> Self:
        new = super().expand(batch_shape)
        for name in ("scale_tril", "covariance_matrix", "precision_matrix"):
            new.__dict__.pop(name, None)
        return new

    @property
    def mean(self) -> Tensor:
        return self.loc

    @property
    def mode(self) -> Tensor:
        return self.loc

    @property
    def variance(self) -> Tensor:
        return (self._w.square().sum(-1) + self._d).expand(self._extended_shape())

    def _matrix(self, x: Any) -> Any:
        return x.expand((*self._batch_shape, *self._event_shape, *self._event_shape))

    @lazy_property
    def covariance_matrix(self) -> Any:
        """W W' + diag(d), batch_shape + (n, n)."""
        return self._matrix(self._w @ self._w.mT + self._d.diag_embed())

    @lazy_property
    def scale_tril(self) -> Any:
        """The Cholesky factor of the covariance, batch_shape + (n, n)."""
        return self._matrix(cholesky(self._w @ self._w.mT + self._d.diag_embed()))

    @lazy_property
    def precision_matrix(self) -> Any:
        """The inverse of the covariance, batch_shape + (n, n)."""
        part = solve(self._core, self._w.mT / self._d.unsqueeze(-2))
        return self._matrix(self._d.reciprocal().diag_embed() - part.mT @ part)

    def rsample(self, sample_shape: Sequence[int] = ()) -> Tensor:
        shape, dtype = self._extended_shape(sample_shape), self.loc.dtype
        few = randn((*shape[:-1], self._w.shape[-1]), dtype=dtype)
        return self.loc + (self._w @ few.unsqueeze(-1)).squeeze(-1) + self._d.sqrt() * randn(shape, dtype=dtype)

    def _half_log_det(self) -> Any:
        return half_log_det(self._core) + self._d.log().sum(-1) * 0.5

    def _mahalanobis(self, x: Any) -> Any:
        scaled = x / self._d
        inner = (self._w.mT @ scaled.unsqueeze(-1)).squeeze(-1)
        return (x * scaled).sum(-1) - mahalanobis(self._core, inner)

    def log_prob(self, value: Any) -> Tensor:
        squares = self._mahalanobis(self._checked(value) - self.loc)
        return squares * -0.5 - self._half_log_det() - self._event_shape[0] * LOG_ROOT_TAU

    def entropy(self) -> Tensor:
        h = self._half_log_det() + self._event_shape[0] * (0.5 + LOG_ROOT_TAU)
        return h.expand(self._batch_shape)
