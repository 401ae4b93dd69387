"""Eigenvalues, singular values, QR, pseudoinverse, least squares."""

# mypy: no-warn-return-any

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from ..errors import SettingError
from ..ops import decompose as ops
from .core import apply, implements, wrap
from .join import cat
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
