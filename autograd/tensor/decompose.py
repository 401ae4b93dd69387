"""Eigenvalues, singular values, QR, pseudoinverse, least squares."""

# mypy: no-warn-return-any

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from ..errors import SettingError, ShapeError
from ..ops import decompose as ops
from .core import apply, implements, wrap
from .join import alike, cat
from .solve import matrices


class EighResult(NamedTuple):
    """Eigenvalues, ascending, and eigenvectors as columns."""

    eigenvalues: Any
    eigenvectors: Any


class SVDResult(NamedTuple):
    """A = U @ diag(S) @ Vh."""

    U: Any
    S: Any
    Vh: Any


class QRResult(NamedTuple):
    """A = Q @ R."""

    Q: Any
    R: Any


def eigh(A: Any, UPLO: str = "L") -> EighResult:
    """Eigenvalues, ascending, and orthonormal eigenvectors of symmetric matrices (..., n, n); one triangle is read.

    The gradient is symmetric. Through the vectors it is meaningful only where the eigenvalues differ.
    """
    x = matrices("linalg.eigh", A)
    if UPLO not in ("L", "U"):
        raise SettingError(f"linalg.eigh: Expected UPLO argument to be 'L' or 'U', but got {UPLO}")
    return EighResult(*apply(ops.eigh, x if UPLO == "L" else x.mT))


def eigvalsh(A: Any, UPLO: str = "L") -> Any:
    """The eigenvalues of symmetric matrices, ascending."""
    return eigh(A, UPLO).eigenvalues


def svd(A: Any, full_matrices: bool = True) -> SVDResult:
    """U (..., m, k), S (..., k) and Vh (..., k, n) with A = U @ diag(S) @ Vh and k = min(m, n); S is descending.

    full_matrices   make U (..., m, m) and Vh (..., n, n). What that adds has no derivative: unless m = n, an A that
                    requires grad needs full_matrices=False
    The gradient through U and Vh is meaningful only where the singular values differ.
    """
    x = matrices("linalg.svd", A, square=False)
    m, n = x._array.shape[-2:]
    if full_matrices and m != n:
        if x._node is not None:
            raise SettingError("linalg.svd: full_matrices=True has no derivative; use full_matrices=False")
        return SVDResult(*[wrap(factor) for factor in np.linalg.svd(x._array)])
    return SVDResult(*apply(ops.svd, x))


def svdvals(A: Any) -> Any:
    """Singular values, descending."""
    return apply(ops.svdvals, matrices("linalg.svdvals", A, square=False))


def qr(A: Any, mode: str = "reduced") -> QRResult:
    """Q (..., m, k) with orthonormal columns and upper triangular R (..., k, n), A = Q @ R, k = min(m, n)."""
    if mode != "reduced":
        raise SettingError(f"linalg.qr: mode {mode!r} is not supported; wanted 'reduced'")
    x = matrices("linalg.qr", A, square=False)
    m, n = x._array.shape[-2:]
    if m >= n:
        return QRResult(*apply(ops.qr, x))
    q, r = apply(ops.qr, x[..., :m])
    return QRResult(q, cat([r, q.mT @ x[..., m:]], -1))


def pinv(A: Any, *, rtol: float | None = None) -> Any:
    """Pseudoinverse (..., n, m) of matrices (..., m, n).

    rtol   singular values below rtol times the largest count as 0; default: max(m, n) times the precision of the dtype
    The gradient holds while the rank stays the same.
    """
    x = matrices("linalg.pinv", A, square=False)
    if rtol is None:
        rtol = max(x._array.shape[-2:]) * float(np.finfo(x._array.dtype).eps)
    return apply(ops.pinv, x, rcond=rtol)


@implements(np.linalg.eigh)
def _eigh(a: Any, UPLO: str = "L") -> EighResult:
    return eigh(a, UPLO)


@implements(np.linalg.eigvalsh)
def _eigvalsh(a: Any, UPLO: str = "L") -> Any:
    return eigvalsh(a, UPLO)


@implements(np.linalg.svd)
def _svd(a: Any, full_matrices: bool = True, compute_uv: bool = True) -> Any:
    return svd(a, full_matrices) if compute_uv else svdvals(a)


@implements(np.linalg.qr)
def _qr(a: Any, mode: str = "reduced") -> QRResult:
    return qr(a, mode)


@implements(np.linalg.pinv)
def _pinv(a: Any, rcond: float | None = None) -> Any:
    return pinv(a, rtol=rcond)


class LstsqResult(NamedTuple):
    """The solution of a least-squares problem, and what was learnt on the way."""

    solution: Any
    residuals: Any
    rank: Any
    singular_values: Any


def lstsq(A: Any, B: Any, rcond: float | None = None, *, driver: str | None = None) -> LstsqResult:
    """The X that makes the norm of A @ X - B least: A (..., m, n), B (..., m, k) or (m,); of several, the smallest X.

    rcond    singular values below `rcond` times the largest count as 0; default: the rounding error of an m x n matrix
    driver   taken, and without effect: the solution is the pseudo-inverse times B, differentiable
    The result also holds the sums of squares that are left, where m > n and A has full rank (else empty), the rank, and
    the singular values.
    """
    a, b = alike([A, B])
    a = matrices("linalg.lstsq", a, square=False)
    m, n = a._array.shape[-2:]
    vector = b._array.ndim == a._array.ndim - 1
    if vector:
        b = b.unsqueeze(-1)
    if b._array.ndim < 2 or b._array.shape[-2] != m:
        raise ShapeError(f"linalg.lstsq: input.size(-2) should match other.size(-2), got {a.shape} and {B.shape}")
    limit = max(m, n) * float(np.finfo(a._array.dtype).eps) if rcond is None else rcond
    singular = np.linalg.svd(a._array, compute_uv=False)
    rank = np.asarray((singular > limit * singular.max(-1, keepdims=True, initial=0)).sum(-1))
    x = pinv(a, rtol=limit) @ b
    left = ((a @ x - b) ** 2).sum(-2) if m > n and (rank == n).all() else wrap(np.zeros(0, a._array.dtype))
    return LstsqResult(x.squeeze(-1) if vector else x, left, wrap(rank), wrap(singular))


def matrix_rank(A: Any, *, atol: float | None = None, rtol: float | None = None, hermitian: bool = False) -> Any:
    """How many singular values of each matrix exceed max(atol, rtol * the largest): int64; a constant.

    rtol   default: the rounding error of a matrix of this size, or 0 if atol > 0
    """
    a = matrices("linalg.matrix_rank", A, square=hermitian)._array
    if rtol is None:
        rtol = 0.0 if atol else max(a.shape[-2:]) * float(np.finfo(a.dtype).eps)
    singular = np.linalg.svd(a, compute_uv=False)
    limit = np.maximum(atol or 0.0, rtol * singular.max(-1, keepdims=True, initial=0))
    return wrap(np.asarray((singular > limit).sum(-1)))
