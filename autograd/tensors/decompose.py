"""Eigenvalues, singular values, QR, pseudoinverse, least squares."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from ..errors import SettingError, ShapeError
from ..ops import decompose as ops
from .core import array_of, wrap
from .join import cat
from .method import implements
from .promotion import alike
from .run import apply
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
    return EighResult(*apply(ops.eigh, x, upper=UPLO == "U"))


def eigvalsh(A: Any, UPLO: str = "L") -> Any:
    """The eigenvalues of symmetric matrices, ascending."""
    return eigh(A, UPLO).eigenvalues


def _check_driver(function: str, driver: Any) -> None:
    if driver is not None:
        raise SettingError(
            f"linalg.{function}: keyword argument `driver=` is only supported on CUDA inputs with cuSOLVER backend, "
            f"which are not here; got {driver!r}"
        )


def svd(A: Any, full_matrices: bool = True, *, driver: str | None = None) -> SVDResult:
    """U (..., m, k), S (..., k) and Vh (..., k, n) with A = U @ diag(S) @ Vh and k = min(m, n); S is descending.

    full_matrices   make U (..., m, m) and Vh (..., n, n): columns that complete a basis. These can be turned against
                    each other, so only what does not depend on that, such as the projection on them, has a derivative
    The gradient through U and Vh is meaningful only where the singular values differ.
    """
    _check_driver("svd", driver)
    x = matrices("linalg.svd", A, square=False)
    m, n = x._array.shape[-2:]
    if not full_matrices or m == n:
        return SVDResult(*apply(ops.svd, x))
    if x._node is None:
        return SVDResult(*[wrap(factor) for factor in ops.converged("svd", np.linalg.svd, x._array)])
    u, s, vh = apply(ops.svd, x)
    return SVDResult(_completed(u), s, vh) if m > n else SVDResult(u, s, _completed(vh.mT).mT)


def _completed(q: Any) -> Any:
    """The orthonormal columns q (..., m, k), and after them columns that make it a basis of m.

    These are n (1 + w'w / 2) - q w (1 + w'w / 2) with w = q'n, which is 0: so they stay orthonormal to second order
    when q moves.
    """
    n = wrap(np.linalg.qr(q._array, "complete")[0][..., q._array.shape[-1] :].copy())
    w = q.mT @ n
    rest = n - q @ w
    return cat([q, rest + (rest @ (w.mT @ w)) * 0.5], -1)


def svdvals(A: Any, *, driver: str | None = None) -> Any:
    """Singular values, descending. `driver` must be None: others are for devices that are not here."""
    _check_driver("svdvals", driver)
    return apply(ops.svdvals, matrices("linalg.svdvals", A, square=False))


def qr(A: Any, mode: str = "reduced") -> QRResult:
    """Q (..., m, k) with orthonormal columns and upper triangular R (..., k, n), A = Q @ R, k = min(m, n).

    mode   "reduced"; "complete": Q (..., m, m) and R (..., m, n), where the columns after the k-th complete a basis and
           only what does not depend on their choice has a derivative; "r": R alone, Q is empty
    """
    if mode not in ("reduced", "complete", "r"):
        raise SettingError(
            f"linalg.qr: received unrecognized mode {mode!r} but expected one of 'reduced', 'r', or 'complete'"
        )
    x = matrices("linalg.qr", A, square=False)
    m, n = x._array.shape[-2:]
    q, r = apply(ops.qr, x if m >= n else x[..., :m])
    if m < n:
        r = cat([r, q.mT @ x[..., m:]], -1)
    if mode == "r":
        return QRResult(wrap(np.zeros(0, x._array.dtype)), r)
    if mode == "complete" and m > n:
        r = cat([r, wrap(np.zeros((*x._array.shape[:-2], m - n, n), x._array.dtype))], -2)
        return QRResult(_completed(q), r)
    return QRResult(q, r)


def pinv(A: Any, rcond: Any = None, hermitian: bool = False, *, atol: Any = None, rtol: Any = None) -> Any:
    """Pseudoinverse (..., n, m) of matrices (..., m, n).

    atol, rtol   singular values below max(atol, rtol * the largest) count as 0; numbers or Tensors, one per matrix.
                 Default: 0, and max(m, n) times the precision of the dtype, or 0 if atol > 0
    rcond        rtol under an older name
    hermitian    the matrices are symmetric, and so is the gradient
    The gradient holds while the rank stays the same.
    """
    x = matrices("linalg.pinv", A, square=hermitian)
    rtol = rcond if rtol is None else rtol
    if hermitian:
        x = (x + x.mT) * 0.5
    if atol is None:
        wanted: Any = max(x._array.shape[-2:]) * float(np.finfo(x._array.dtype).eps) if rtol is None else array_of(rtol)
    else:
        low = np.asarray(array_of(atol), np.float64)
        usual = np.where(low > 0, 0.0, max(x._array.shape[-2:]) * float(np.finfo(x._array.dtype).eps))
        largest = (
            ops.converged("pinv", np.linalg.norm, x._array, 2, (-2, -1))
            if x._array.size
            else np.ones(x._array.shape[:-2])
        )
        relative = usual if rtol is None else np.asarray(array_of(rtol), np.float64)
        wanted = np.maximum(relative, low / np.where(largest > 0, largest, 1))
    return apply(ops.pinv, x, rcond=wanted)


def pinverse(input: Any, rcond: float = 1e-15) -> Any:
    """`linalg.pinv` with another default: singular values below `rcond` times the largest count as 0."""
    return pinv(input, rtol=rcond)


@implements(np.linalg.eigh)
def _eigh(a: Any, UPLO: str = "L") -> EighResult:
    return eigh(_mirrored(a, UPLO), UPLO)


@implements(np.linalg.eigvalsh)
def _eigvalsh(a: Any, UPLO: str = "L") -> Any:
    return eigvalsh(_mirrored(a, UPLO), UPLO)


def _mirrored(a: Any, triangle: str) -> Any:
    """The symmetric matrix of which one triangle is read: the gradient goes to that triangle alone, as in NumPy's
    functions nothing else counts. (Those of `linalg` spread it evenly, as PyTorch's do.)"""
    if a._node is None or a._array.ndim < 2:
        return a
    half = np.tril(a) if triangle.upper() == "L" else np.triu(a)
    return half + (np.tril(a, -1) if triangle.upper() == "L" else np.triu(a, 1)).mT


@implements(np.linalg.svd)
def _svd(a: Any, full_matrices: bool = True, compute_uv: bool = True) -> Any:
    return svd(a, full_matrices) if compute_uv else svdvals(a)


@implements(np.linalg.qr)
def _qr(a: Any, mode: str = "reduced") -> Any:
    found = qr(a, mode)
    return found.R if mode == "r" else found


@implements(np.linalg.pinv)
def _pinv(a: Any, rcond: Any = None, hermitian: bool = False, *, rtol: Any = ...) -> Any:
    if rcond is None:
        rcond = 1e-15 if rtol is ... else rtol
    return pinv(a, rtol=rcond, hermitian=hermitian)


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
    singular = ops.converged("lstsq", np.linalg.svd, a._array, compute_uv=False)
    rank = np.asarray((singular > limit * singular.max(-1, keepdims=True, initial=0)).sum(-1))
    x = pinv(a, rtol=limit) @ b
    left = ((a @ x - b) ** 2).sum(-2) if m > n and (rank == n).all() else wrap(np.zeros(0, a._array.dtype))
    return LstsqResult(x.squeeze(-1) if vector else x, left, wrap(rank), wrap(singular))


def matrix_rank(A: Any, tol: Any = None, hermitian: bool = False, *, atol: Any = None, rtol: Any = None) -> Any:
    """How many singular values of each matrix exceed max(atol, rtol * the largest): int64; a constant.

    tol         an old form: atol, with rtol = 0
    rtol        default: the rounding error of a matrix of this size, or 0 if atol > 0
    atol, rtol  numbers, or Tensors with one per matrix
    """
    if tol is not None:
        atol, rtol = tol, 0.0
    a = matrices("linalg.matrix_rank", A, square=hermitian)._array
    low = np.asarray(0.0 if atol is None else array_of(atol))[..., None]
    usual = np.where(low > 0, 0.0, max(a.shape[-2:]) * float(np.finfo(a.dtype).eps))
    relative = usual if rtol is None else np.asarray(array_of(rtol))[..., None]
    singular = ops.converged("matrix_rank", np.linalg.svd, a, compute_uv=False)
    limit = np.maximum(low, relative * singular.max(-1, keepdims=True, initial=0))
    return wrap(np.asarray((singular > limit).sum(-1)))
