"""Linear equations that may have no solution, and those whose unknowns are Tensors."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np

from ...errors import SettingError, ShapeError
from ..core import operand, spec_of, wrap
from ..dims import normalize_dims
from ..join import alike
from ..solve import cholesky, inv, matrices, solve
from .factors import lu_factor_ex


class CholeskyExResult(NamedTuple):
    """The factor, and per matrix 0 or the size of the first leading minor that is not positive."""

    L: Any
    info: Any


class InvExResult(NamedTuple):
    """The inverse, and per matrix 0 or the number of the first zero on the diagonal of its factor U."""

    inverse: Any
    info: Any


class SolveExResult(NamedTuple):
    """The solution, and per matrix 0 or the number of the first zero on the diagonal of its factor U."""

    result: Any
    info: Any


def cholesky_ex(A: Any, *, upper: bool = False, check_errors: bool = False) -> CholeskyExResult:
    """`cholesky`, and per matrix 0 or the size of the first leading minor that is not positive; int32.

    Factors of matrices that have none are NaN. Raises LinAlgError for them with `check_errors`.
    """
    a = matrices("linalg.cholesky_ex", A)
    flat = a._array.reshape(math.prod(a._array.shape[:-2]), *a._array.shape[-2:])
    info = np.array([_first_bad_minor(matrix) for matrix in flat], np.int32).reshape(a._array.shape[:-2])
    if check_errors and info.any():
        return CholeskyExResult(cholesky(a, upper=upper), wrap(info))  # which raises
    if info.any():
        bad = info.astype(bool)[..., None, None]
        eye = np.eye(a._array.shape[-1], dtype=a._array.dtype)
        factor = cholesky(a.masked_fill(wrap(bad), 0.0) + wrap(bad * eye), upper=upper)
        return CholeskyExResult(factor.masked_fill(wrap(bad), math.nan), wrap(info))
    return CholeskyExResult(cholesky(a, upper=upper), wrap(info))


def _first_bad_minor(matrix: Any) -> int:
    low, high = 0, len(matrix) + 1  # the leading minor of size `low` is positive definite, that of `high` is not
    while high - low > 1:
        middle = (low + high) // 2 if high <= len(matrix) else len(matrix)
        try:
            np.linalg.cholesky(matrix[:middle, :middle])
            low = middle
            if middle == len(matrix):
                return 0
        except np.linalg.LinAlgError:
            high = middle
    return high if len(matrix) else 0


def inv_ex(A: Any, *, check_errors: bool = False) -> InvExResult:
    """`inv`, and per matrix 0 or the number of the first zero on U's diagonal; inverses that do not exist are NaN."""
    a = matrices("linalg.inv_ex", A)
    z, info = _solved(a, lambda safe: inv(safe), lambda bad: bad[..., None, None], check_errors)
    return InvExResult(z, info)


def solve_ex(A: Any, B: Any, *, left: bool = True, check_errors: bool = False) -> SolveExResult:
    """`solve`, and per matrix 0 or the number of the first zero on U's diagonal; solutions of singular ones are NaN."""
    a = matrices("linalg.solve_ex", A)
    ndim = spec_of(B).ndim

    def places(bad: Any) -> Any:
        return bad[..., None] if ndim in (1, bad.ndim + 1) and ndim < bad.ndim + 2 else bad[..., None, None]

    z, info = _solved(a, lambda safe: solve(safe, B, left=left), places, check_errors)
    return SolveExResult(z, info)


def _solved(a: Any, function: Any, places: Any, check_errors: bool) -> tuple[Any, Any]:
    info = lu_factor_ex(wrap(a._array)).info
    if check_errors or not info._array.any():
        return function(a), info
    bad = info._array.astype(bool)
    eye = np.eye(a._array.shape[-1], dtype=a._array.dtype)
    wide = bad[..., None, None]
    z = function(a.masked_fill(wrap(wide), 0.0) + wrap(wide * eye))
    return z.masked_fill(wrap(places(bad)), math.nan), info


def tensorinv(A: Any, ind: int = 2) -> Any:
    """The inverse of A as a linear map: of the dimensions from `ind` on to the first `ind`, equally many elements.

    tensordot(tensorinv(A), B, ind) is tensorsolve(A, B).
    """
    a: Any = operand(A)
    shape = a._array.shape
    if ind <= 0:
        raise SettingError(f"linalg.tensorinv: expected a strictly positive integer for 'ind', got {ind}")
    rows, columns = math.prod(shape[:ind]), math.prod(shape[ind:])
    if rows != columns:
        raise ShapeError(
            f"linalg.tensorinv: expected self to satisfy the requirement prod(self.shape[ind:]) == "
            f"prod(self.shape[:ind]), but got {columns} != {rows}"
        )
    return inv(a.reshape(rows, columns)).reshape(*shape[ind:], *shape[:ind])


def tensorsolve(A: Any, B: Any, dims: Any = None) -> Any:
    """The X with tensordot(A, X, X.ndim) = B: A has B's shape, then that of X.

    dims   dimensions of A to move to its end first
    """
    a, b = alike([A, B])
    if dims is not None:
        moved = normalize_dims("linalg.tensorsolve", dims, a._array.ndim)
        a = a.permute([d for d in range(a._array.ndim) if d not in moved] + list(moved))
    shape = a._array.shape[b._array.ndim :]
    if math.prod(shape) != b._array.size or a._array.shape[: b._array.ndim] != b._array.shape:
        raise ShapeError(
            "linalg.tensorsolve: expected self to satisfy the requirement prod(self.shape[other.ndim:]) == "
            f"prod(self.shape[:other.ndim]), but got {math.prod(shape)} != {b._array.size}, shapes "
            f"{a._array.shape} and {b._array.shape}"
        )
    return solve(a.reshape(b._array.size, math.prod(shape)), b.reshape(-1)).reshape(shape)
