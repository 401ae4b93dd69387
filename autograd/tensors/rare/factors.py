"""Triangular factors of matrices, and what is computed from factors: LU, Cholesky, Householder, low rank."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from ...errors import LinAlgError, SettingError, ShapeError
from ...ops import lu as ops
from ..core import array_of, sliced, spec_of, wrap
from ..decompose import SVDResult, svd
from ..join import alike, cat
from ..run import apply
from ..solve import matrices, solve_triangular


class LUResult(NamedTuple):
    """A = P @ L @ U."""

    P: Any
    L: Any
    U: Any


class LUFactorResult(NamedTuple):
    """L below the diagonal and U on and above it, as one matrix, and the rows that were exchanged."""

    LU: Any
    pivots: Any


class LUFactorExResult(NamedTuple):
    """`LUFactorResult`, and per matrix 0, or the number of the first zero on U's diagonal."""

    LU: Any
    pivots: Any
    info: Any


class TriangularSolveResult(NamedTuple):
    """The solution, and a copy of the matrix."""

    solution: Any
    cloned_coefficient: Any


def _rows(pivots: Any, count: int) -> Any:
    """LAPACK's pivots (row i was exchanged with row pivots[i], from 1) as the resulting order of the rows."""
    steps = np.asarray(array_of(pivots), np.intp) - 1
    order = np.broadcast_to(np.arange(count), (*steps.shape[:-1], count)).copy()
    for i in range(steps.shape[-1]):
        j = steps[..., i : i + 1]
        a, b = order[..., i : i + 1].copy(), np.take_along_axis(order, j, -1)
        np.put_along_axis(order, j, a, -1)
        order[..., i : i + 1] = b
    return order


def _order_of(pivots: Any, count: int) -> Any:
    return sliced(lambda steps: _rows(steps, count), spec_of(pivots))


def _permutation(order: Any, dtype: Any) -> Any:
    """P with P @ x[order] = x."""
    return sliced(lambda rows: np.swapaxes(np.eye(rows.shape[-1], dtype=dtype)[rows], -1, -2).copy(), order)


def _lower_upper(A: Any, pivot: bool, function: str) -> tuple[Any, Any, Any]:
    """L, U and the pivots."""
    a = matrices(function, A, square=False)
    m, n = a._array.shape[-2:]
    k = min(m, n)
    if pivot:
        pivots = sliced(ops.pivots, a._array)
        order = _order_of(pivots, m)
        a = a.take_along_dim(wrap(order[..., None]), -2)
    else:
        pivots = np.broadcast_to(np.arange(1, k + 1, dtype=np.int32), (*a._array.shape[:-2], k)).copy()
    lower, upper = apply(ops.lu, a[..., :k, :k])
    if m > n:
        lower = cat([lower, solve_triangular(upper, a[..., k:, :], upper=True, left=False)], -2)
    elif n > m:
        upper = cat([upper, solve_triangular(lower, a[..., k:], upper=False, unitriangular=True)], -1)
    return lower, upper, wrap(pivots)


def lu_parts(A: Any, *, pivot: bool = True) -> LUResult:
    """A = P @ L @ U: P a permutation, L unit lower, U upper triangular, of (..., m, n), by partial pivoting.

    pivot   exchange rows so that no element of L is above 1; without it, P is the identity, and may be needed
    """
    lower, upper, pivots = _lower_upper(A, pivot, "linalg.lu")
    m = lower._array.shape[-2]
    return LUResult(wrap(_permutation(_order_of(pivots, m), lower._array.dtype)), lower, upper)


def lu_factor_ex(A: Any, *, pivot: bool = True, check_errors: bool = False) -> LUFactorExResult:
    """`lu_factor`, and per matrix 0 or the number of the first zero on U's diagonal; int32."""
    lower, upper, pivots = _lower_upper(A, pivot, "linalg.lu_factor")
    m, n = lower._array.shape[-2], upper._array.shape[-1]
    below = lower.tril(-1)
    zeros = np.zeros((*lower._array.shape[:-2], abs(m - n), n) if m > n else (*lower._array.shape[:-2], m, n - m))
    zeros = wrap(zeros.astype(lower._array.dtype))
    packed = below + cat([upper, zeros], -2) if m > n else cat([below, zeros], -1) + upper if n > m else below + upper
    diagonal = np.diagonal(upper._array, axis1=-2, axis2=-1) == 0
    info = np.where(diagonal.any(-1), diagonal.argmax(-1) + 1 if diagonal.shape[-1] else 0, 0).astype(np.int32)
    if check_errors and info.any():
        raise LinAlgError(f"linalg.lu_factor: U[{info.max()},{info.max()}] is zero and using it on lu_solve would fail")
    return LUFactorExResult(packed, pivots, wrap(info))


def lu_factor(A: Any, *, pivot: bool = True) -> LUFactorResult:
    """L and U of A = P @ L @ U in one matrix (..., m, n), and the pivots (..., min(m, n)), int32, as in LAPACK."""
    return LUFactorResult(*lu_factor_ex(A, pivot=pivot)[:2])


def lu(A: Any, pivot: bool = True, get_infos: bool = False) -> Any:
    """`linalg.lu_factor`: (LU, pivots), with `get_infos` also the info. An older form."""
    found = lu_factor_ex(A, pivot=pivot)
    return found if get_infos else LUFactorResult(*found[:2])


def lu_unpack(LU_data: Any, LU_pivots: Any, unpack_data: bool = True, unpack_pivots: bool = True) -> LUResult:
    """P, L and U out of the result of `lu_factor`; what is not asked for is an empty Tensor."""
    x = matrices("lu_unpack", LU_data, square=False, half=True)
    m, n = x._array.shape[-2:]
    k, dtype = min(m, n), x._array.dtype
    empty = wrap(np.zeros(0, dtype))
    p = wrap(_permutation(_order_of(LU_pivots, m), dtype)) if unpack_pivots else empty
    if not unpack_data:
        return LUResult(p, empty, empty)
    return LUResult(p, x[..., :, :k].tril(-1) + wrap(np.eye(m, k, dtype=dtype)), x[..., :k, :].triu())


def lu_solve_factored(LU: Any, pivots: Any, B: Any, *, left: bool = True, adjoint: bool = False) -> Any:
    """The X with A @ X = B (left=False: X @ A = B; adjoint: with A's transpose), from A's `lu_factor`."""
    p, lower, upper = lu_unpack(LU, pivots)
    b = alike([B])[0]
    if not left:  # X A = B is A' X' = B'
        return lu_solve_factored(LU, pivots, b.mT, adjoint=not adjoint).mT
    if adjoint:
        z = solve_triangular(upper.mT, b, upper=False)
        return p @ solve_triangular(lower.mT, z, upper=True, unitriangular=True)
    z = solve_triangular(lower, p.mT @ b, upper=False, unitriangular=True)
    return solve_triangular(upper, z, upper=True)


def lu_solve(b: Any, LU_data: Any, LU_pivots: Any) -> Any:
    """`linalg.lu_solve` with the right-hand side first: an older form."""
    return lu_solve_factored(LU_data, LU_pivots, b)


def _spread(b: Any, a: Any) -> Any:
    """b, a matrix for each of a: `solve` might take a single one for a batch of vectors."""
    batch = np.broadcast_shapes(a._array.shape[:-2], b._array.shape[:-2])
    return b.expand(*batch, *b._array.shape[-2:]) if b._array.ndim > 1 else b


def cholesky_solve(B: Any, L: Any, upper: bool = False) -> Any:
    """The X with A @ X = B, from the Cholesky factor: A = L @ L.mT, or with `upper` A = L.mT @ L. B (..., n, k)."""
    factor = matrices("cholesky_solve", L)
    b = alike([B])[0]
    if b._array.ndim < 2 or b._array.shape[-2] != factor._array.shape[-1]:
        raise ShapeError(
            f"cholesky_solve: Incompatible matrix sizes: each A matrix is {factor._array.shape[-1]} by "
            f"{factor._array.shape[-1]} but each b has shape {b._array.shape}"
        )
    b = _spread(b, factor)
    first = factor.mT if upper else factor
    return solve_triangular(first.mT, solve_triangular(first, b, upper=False), upper=True)


def cholesky_inverse(L: Any, upper: bool = False) -> Any:
    """The inverse of A = L @ L.mT, or with `upper` of A = L.mT @ L."""
    factor = matrices("cholesky_inverse", L)
    n, dtype = factor._array.shape[-1], factor._array.dtype
    return cholesky_solve(wrap(np.eye(n, dtype=dtype)), factor, upper)


def triangular_solve(
    b: Any, A: Any, upper: bool = True, transpose: bool = False, unitriangular: bool = False
) -> TriangularSolveResult:
    """The X with A @ X = b for a triangular A (with `transpose`, its transpose), and a copy of A. An older form."""
    a = matrices("triangular_solve", A)
    rows = alike([b])[0]
    x = solve_triangular(
        a.mT if transpose else a, _spread(rows, a), upper=upper != transpose, unitriangular=unitriangular
    )
    return TriangularSolveResult(x, a.clone())


def householder_product(A: Any, tau: Any) -> Any:
    """The first n columns of (I - tau[0] v0 v0') (I - tau[1] v1 v1') ..., of A (..., m, n) and tau (..., k).

    v_i is column i of A, with 1 in place of its element i and 0 above: what LAPACK's QR leaves.
    """
    a, t = alike([A, tau])
    if a._array.ndim < 2 or t._array.ndim != a._array.ndim - 1:
        raise ShapeError(
            f"linalg.householder_product: wanted A with at least 2 dimensions and tau with one fewer, got "
            f"{a.shape} and {t.shape}"
        )
    m, n = a._array.shape[-2:]
    k = t._array.shape[-1]
    if m < n or k > n:
        raise ShapeError(
            f"linalg.householder_product: wanted (..., m, n) with m >= n and tau (..., k) with k <= n, got {a.shape} "
            f"and {t.shape}"
        )
    v = a.tril(-1)[..., :k] + wrap(np.eye(m, k, dtype=a._array.dtype))
    z = wrap(np.broadcast_to(np.eye(m, n, dtype=a._array.dtype), (*a._array.shape[:-2], m, n)).copy())
    for i in range(k - 1, -1, -1):
        column = v[..., i : i + 1]
        z = z - t[..., i : i + 1].unsqueeze(-1) * (column @ (column.mT @ z))
    return z


orgqr = householder_product


def svd_lowrank(A: Any, q: int | None = 6, niter: int | None = 2, M: Any = None) -> SVDResult:
    """U (..., m, q), S (..., q) and V (..., n, q) of the `q` largest singular values of A - M, or of all.

    PyTorch finds them by a random projection; here they are the exact ones, and `niter` is without effect.
    """
    x = matrices("svd_lowrank", A, square=False)
    q = 6 if q is None else q
    if q < 0:
        raise SettingError(f"svd_lowrank: q (={q}) must be non-negative")
    u, s, vh = svd(x if M is None else x - M, full_matrices=False)
    return SVDResult(u[..., :q], s[..., :q], vh.mT[..., :q])


def pca_lowrank(A: Any, q: int | None = None, center: bool = True, niter: int = 2) -> SVDResult:
    """The `q` first principal components of the rows of A (..., m, n): `svd_lowrank` of A without its mean row."""
    x = matrices("pca_lowrank", A, square=False)
    most = min(x._array.shape[-2:])
    q = min(6, most) if q is None else q
    if q > most:
        raise SettingError(f"pca_lowrank: q (={q}) must be non-negative and not greater than {most}")
    return svd_lowrank(x - x.mean(-2, keepdim=True) if center else x, q, niter)
