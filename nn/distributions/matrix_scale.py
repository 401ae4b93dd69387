"""What distributions share whose scale is a matrix, given as itself, as its inverse or as its Cholesky factor."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Self

from autograd.errors import SettingError, ShapeError
from autograd.linalg import cholesky, inv

from .distribution import Distribution
from .utils import as_tensor, lazy_property


def _from_precision(precision: Any) -> Any:
    """The Cholesky factor of the inverse: with rows and columns in reverse order the precision is U @ U.mT."""
    upper = cholesky(precision.flip((-2, -1))).flip((-2, -1))
    return inv(upper).mT


_FACTOR: dict[str, Callable[[Any], Any]] = {
    "covariance_matrix": cholesky,
    "precision_matrix": _from_precision,
    "scale_tril": lambda factor: factor,
}


def given_matrix(**matrices: Any) -> tuple[str, Any]:
    """The one of three matrices that is given, with its name."""
    given = {name: as_tensor(matrix) for name, matrix in matrices.items() if matrix is not None}
    if len(given) != 1:
        raise SettingError(
            "Exactly one of covariance_matrix or precision_matrix or scale_tril may be specified: "
            f"got {' and '.join(given) or 'none'}"
        )
    ((name, matrix),) = given.items()
    return name, matrix


def check_matrix(name: str, matrix: Any) -> None:
    """Raise ShapeError if it is none."""
    if matrix.ndim < 2:
        raise ShapeError(f"{name} must be at least two-dimensional, with optional leading batch dimensions")


class MatrixScale(Distribution):
    """Base class. The matrix that is given is a parameter; the other two are computed when they are asked for."""

    _factor: Any  # the Cholesky factor, with batch dimensions as they were given

    def _hold(self, name: str, matrix: Any, batch: Sequence[int], n: int) -> None:
        self.__dict__[name] = matrix.expand((*batch, n, n))

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
        n = self._event_shape[-1]
        return x.expand((*self._batch_shape, n, n))


def factor_of(name: str, matrix: Any) -> Any:
    """The Cholesky factor of the covariance, from the matrix that is given."""
    return _FACTOR[name](matrix)


def half_log_det(factor: Any) -> Any:
    """Half the logarithm of the determinant of factor @ factor.mT."""
    return factor.diagonal(0, -2, -1).log().sum(-1)
