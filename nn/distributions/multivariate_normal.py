"""MultivariateNormal."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Self

from autograd import Tensor, broadcast_shapes, randn
from autograd.errors import SettingError, ShapeError
from autograd.linalg import cholesky, inv, solve

from . import constraints
from .constraints import Constraint
from .distribution import Distribution
from .normal import LOG_ROOT_TAU
from .utils import as_tensor, lazy_property


class MultivariateNormal(Distribution):
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
        given = {
            "covariance_matrix": covariance_matrix,
            "precision_matrix": precision_matrix,
            "scale_tril": scale_tril,
        }
        given = {name: as_tensor(matrix) for name, matrix in given.items() if matrix is not None}
        if len(given) != 1:
            raise SettingError(
                "Exactly one of covariance_matrix or precision_matrix or scale_tril may be specified: "
                f"got {' and '.join(given) or 'none'}"
            )
        ((name, matrix),) = given.items()
        loc = as_tensor(loc)
        if loc.ndim < 1:
            raise ShapeError("loc must be at least one-dimensional.")
        if matrix.ndim < 2:
            raise ShapeError(f"{name} must be at least two-dimensional, with optional leading batch dimensions")
        batch = broadcast_shapes(matrix.shape[:-2], loc.shape[:-1])
        event = broadcast_shapes(matrix.shape[-1:], loc.shape[-1:])
        self.loc = loc.expand((*batch, *event))
        self.__dict__[name] = matrix.expand((*batch, *event, *event))
        super().__init__(batch, event, validate_args)
        self._factor = _FACTOR[name](matrix)  # batch dimensions as given

    def expand(self, batch_shape: Sequence[int]) -> Self:
        new = super().expand(batch_shape)
        new._factor = self._factor
        return new

    @lazy_property
    def scale_tril(self) -> Any:
        """The Cholesky factor of the covariance, batch_shape + (n, n)."""
        return self._matrix(self._factor)

    @lazy_property
    def covariance_matrix(self) -> Any:
        """batch_shape + (n, n)."""
        return self._matrix(self._factor @ self._factor.mT)

    @lazy_property
    def precision_matrix(self) -> Any:
        """The inverse of the covariance, batch_shape + (n, n)."""
        upper = inv(self._factor.mT)
        return self._matrix(upper @ upper.mT)

    def _matrix(self, x: Any) -> Any:
        return x.expand((*self._batch_shape, *self._event_shape, *self._event_shape))

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


def _from_precision(precision: Any) -> Any:
    """The Cholesky factor of the inverse: with rows and columns in reverse order the precision is U @ U.mT."""
    upper = cholesky(precision.flip((-2, -1))).flip((-2, -1))
    return inv(upper).mT


_FACTOR: dict[str, Callable[[Any], Any]] = {
    "covariance_matrix": cholesky,
    "precision_matrix": _from_precision,
    "scale_tril": lambda factor: factor,
}


def half_log_det(factor: Any) -> Any:
    """Half the logarithm of the determinant of factor @ factor.mT."""
    return factor.diagonal(0, -2, -1).log().sum(-1)


def mahalanobis(factor: Any, x: Any) -> Any:
    """x' (L L')^-1 x for x (..., n) and L (..., n, n); whatever of x lies before the batch of L shares its matrices."""
    many = x.shape[: x.ndim - factor.ndim + 1]
    columns = x.reshape(-1, *x.shape[len(many) :]).movedim(0, -1)  # batch of L + (n, all the rest)
    squares = solve(factor, columns).square().sum(-2)
    return squares.movedim(-1, 0).reshape(x.shape[:-1])
