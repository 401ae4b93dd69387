"""MultivariateNormal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from autograd import Tensor, broadcast_shapes, randn
from autograd.errors import ShapeError
from autograd.linalg import solve

from . import constraints
from .constraints import Constraint
from .matrix_scale import MatrixScale, check_matrix, factor_of, given_matrix, half_log_det
from .normal import LOG_ROOT_TAU
from .utils import as_tensor


class MultivariateNormal(MatrixScale):
    """Normal vectors (..., n) with mean `loc` (..., n) and one of three matrices (..., n, n); shapes are broadcast.

    covariance_matrix   symmetric and positive definite
    precision_matrix    its inverse
    scale_tril          its Cholesky factor L, lower triangular with L @ L.mT = covariance: the cheapest of the three
    """

    loc: Tensor  # batch_shape + (n,)

    arg_constraints: Mapping[str, Constraint] = {
        "loc": constraints.real_vector,
        "covariance_matrix": constraints.positive_definite,
        "precision_matrix": constraints.positive_definite,
        "scale_tril": constraints.lower_cholesky,
    }
    support = constraints.real_vector
    has_rsample = True

    def __init__(
        self,
        loc: Any,
        covariance_matrix: Any = None,
        precision_matrix: Any = None,
        scale_tril: Any = None,
        validate_args: bool | None = None,
    ) -> None:
        name, matrix = given_matrix(
            covariance_matrix=covariance_matrix, precision_matrix=precision_matrix, scale_tril=scale_tril
        )
        loc = as_tensor(loc)
        if loc.ndim < 1:
            raise ShapeError("loc must be at least one-dimensional.")
        check_matrix(name, matrix)
        batch = broadcast_shapes(matrix.shape[:-2], loc.shape[:-1])
        event = broadcast_shapes(matrix.shape[-1:], loc.shape[-1:])
        self.loc = loc.expand((*batch, *event))
        self._hold(name, matrix, batch, event[0])
        super().__init__(batch, event, validate_args)
        self._factor = factor_of(name, matrix)

    @property
    def mean(self) -> Tensor:
        return self.loc

    @property
    def mode(self) -> Tensor:
        return self.loc

    @property
    def variance(self) -> Tensor:
        return self._factor.square().sum(-1).expand(self._extended_shape())

    def rsample(self, sample_shape: Sequence[int] = ()) -> Tensor:
        e = randn(self._extended_shape(sample_shape), dtype=self.loc.dtype)
        return self.loc + (self._factor @ e.unsqueeze(-1)).squeeze(-1)

    def log_prob(self, value: Any) -> Tensor:
        squares = mahalanobis(self._factor, self._checked(value) - self.loc)
        return squares * -0.5 - half_log_det(self._factor) - self._event_shape[0] * LOG_ROOT_TAU

    def entropy(self) -> Tensor:
        h = half_log_det(self._factor) + self._event_shape[0] * (0.5 + LOG_ROOT_TAU)
        return h.expand(self._batch_shape)


def mahalanobis(factor: Any, x: Any) -> Any:
    """x' (L L')^-1 x for x (..., n) and L (..., n, n); whatever of x lies before the batch of L shares its matrices."""
    many = x.shape[: x.ndim - factor.ndim + 1]
    columns = x.reshape(-1, *x.shape[len(many) :]).movedim(0, -1)  # batch of L + (n, all the rest)
    squares = solve(factor, columns).square().sum(-2)
    return squares.movedim(-1, 0).reshape(x.shape[:-1])
