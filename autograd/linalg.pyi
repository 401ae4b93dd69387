"""The names of autograd.linalg, for type checkers. Written by `python -m tests.stubs`."""

import builtins
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Literal, Self, TypeVar, overload

import numpy as np
from numpy import ndarray as Array

from autograd.tensors.decompose import EighResult, LstsqResult, QRResult, SVDResult
from autograd.tensors.rare.factors import LUFactorExResult, LUFactorResult, LUResult
from autograd.tensors.results import MinMax, ValuesIndices
from autograd.tensors.solve import SlogdetResult
from autograd.tensors.rare.systems import CholeskyExResult, InvExResult, SolveExResult

from autograd.errors import LinAlgError as LinAlgError
from autograd.tensors import Tensor
from autograd.tensors.decompose import EighResult as EighResult
from autograd.tensors.rare.factors import LUFactorExResult as LUFactorExResult
from autograd.tensors.rare.factors import LUFactorResult as LUFactorResult
from autograd.tensors.rare.factors import LUResult as LUResult
from autograd.tensors.decompose import LstsqResult as LstsqResult
from autograd.tensors.decompose import QRResult as QRResult
from autograd.tensors.decompose import SVDResult as SVDResult
from autograd.tensors.solve import SlogdetResult as SlogdetResult
def cholesky(A: Any, *, upper: builtins.bool = False, out: Any = None) -> Tensor:
    """Lower triangular L with L @ L.mT = A, for symmetric positive definite A; with `upper`, L.mT."""
def cholesky_ex(A: Any, *, upper: builtins.bool = False, check_errors: builtins.bool = False, out: Any = None) -> CholeskyExResult:
    """`cholesky`, and per matrix 0 or the size of the first leading minor that is not positive; int32."""
def cond(A: Any, p: Any = None, *, out: Any = None) -> Tensor:
    """The condition number of each matrix in the norm `p` (as in `matrix_norm`; None: 2): norm(A) * norm(inverse)."""
def cross(input: Any, other: Any, *, dim: builtins.int = -1, out: Any = None) -> Tensor:
    """Vector product of 3-vectors along `dim`, broadcast over the other dimensions."""
def det(A: Any, *, out: Any = None) -> Tensor:
    """Determinant of a square matrix, or of each matrix of a batch (..., n, n)."""
def diagonal(A: Any, *, offset: builtins.int = 0, dim1: builtins.int = -2, dim2: builtins.int = -1) -> Tensor:
    """The diagonal of each matrix; see `Tensor.diagonal`."""
def eigh(A: Any, UPLO: str = 'L', *, out: Any = None) -> EighResult:
    """Eigenvalues, ascending, and orthonormal eigenvectors of symmetric matrices (..., n, n); one triangle is read."""
def eigvalsh(A: Any, UPLO: str = 'L', *, out: Any = None) -> Tensor:
    """The eigenvalues of symmetric matrices, ascending."""
def householder_product(A: Any, tau: Any, *, out: Any = None) -> Tensor:
    """The first n columns of (I - tau[0] v0 v0') (I - tau[1] v1 v1') ..., of A (..., m, n) and tau (..., k)."""
def inv(A: Any, *, out: Any = None) -> Tensor:
    """Inverse of a square matrix, or of each matrix of a batch (..., n, n). Raises LinAlgError if one is singular."""
def inv_ex(A: Any, *, check_errors: builtins.bool = False, out: Any = None) -> InvExResult:
    """`inv`, and per matrix 0 or the number of the first zero on U's diagonal; inverses that do not exist are NaN."""
def lstsq(A: Any, B: Any, rcond: builtins.float | None = None, *, driver: str | None = None, out: Any = None) -> LstsqResult:
    """The X that makes the norm of A @ X - B least: A (..., m, n), B (..., m, k) or (m,); of several, the smallest X."""
def lu(A: Any, *, pivot: builtins.bool = True, out: Any = None) -> LUResult:
    """A = P @ L @ U: P a permutation, L unit lower, U upper triangular, of (..., m, n), by partial pivoting."""
def lu_factor(A: Any, *, pivot: builtins.bool = True, out: Any = None) -> LUFactorResult:
    """L and U of A = P @ L @ U in one matrix (..., m, n), and the pivots (..., min(m, n)), int32, as in LAPACK."""
def lu_factor_ex(A: Any, *, pivot: builtins.bool = True, check_errors: builtins.bool = False, out: Any = None) -> LUFactorExResult:
    """`lu_factor`, and per matrix 0 or the number of the first zero on U's diagonal; int32."""
def lu_solve(LU: Any, pivots: Any, B: Any, *, left: builtins.bool = True, adjoint: builtins.bool = False, out: Any = None) -> Tensor:
    """The X with A @ X = B (left=False: X @ A = B; adjoint: with A's transpose), from A's `lu_factor`."""
def matmul(input: Any, other: Any, *, out: Any = None) -> Tensor:
    """Matrix product; see `Tensor.matmul`."""
def matrix_exp(A: Any, *, out: Any = None) -> Tensor:
    """exp(A) = I + A + A @ A / 2 + ... of each square matrix."""
def matrix_norm(A: Any, ord: builtins.float | str = 'fro', dim: Any = ..., keepdim: builtins.bool = False, *, dtype: Any = None, out: Any = None) -> Tensor:
    """Norm of the matrices in two dimensions."""
def matrix_power(A: Any, n: builtins.int, *, out: Any = None) -> Tensor:
    """A multiplied by itself n times, for each matrix of a batch; n = 0: the identity; n < 0: powers of the inverse."""
def matrix_rank(A: Any, tol: Any = None, hermitian: builtins.bool = False, *, atol: Any = None, rtol: Any = None, out: Any = None) -> Tensor:
    """How many singular values of each matrix exceed max(atol, rtol * the largest): int64; a constant."""
def multi_dot(tensors: Sequence[Any], *, out: Any = None) -> Tensor:
    """Product of several matrices, in the order that needs the fewest multiplications."""
def norm(A: Any, ord: Any = None, dim: Any = None, keepdim: builtins.bool = False, *, dtype: Any = None, out: Any = None) -> Tensor:
    """Norm of vectors or of matrices."""
def pinv(A: Any, rcond: Any = None, hermitian: builtins.bool = False, *, atol: Any = None, rtol: Any = None, out: Any = None) -> Tensor:
    """Pseudoinverse (..., n, m) of matrices (..., m, n)."""
def qr(A: Any, mode: str = 'reduced', *, out: Any = None) -> QRResult:
    """Q (..., m, k) with orthonormal columns and upper triangular R (..., k, n), A = Q @ R, k = min(m, n)."""
def slogdet(A: Any, *, out: Any = None) -> SlogdetResult:
    """(sign, logabsdet) with det(A) = sign * exp(logabsdet), safe from overflow. The sign has no gradient."""
def solve(A: Any, B: Any, *, left: builtins.bool = True, out: Any = None) -> Tensor:
    """The X with A @ X = B; with left=False, with X @ A = B."""
def solve_ex(A: Any, B: Any, *, left: builtins.bool = True, check_errors: builtins.bool = False, out: Any = None) -> SolveExResult:
    """`solve`, and per matrix 0 or the number of the first zero on U's diagonal; solutions of singular ones are NaN."""
def solve_triangular(A: Any, B: Any, *, upper: builtins.bool, left: builtins.bool = True, unitriangular: builtins.bool = False, out: Any = None) -> Tensor:
    """`solve` with a triangular A, of which only the upper or the lower triangle is read."""
def svd(A: Any, full_matrices: builtins.bool = True, *, driver: str | None = None, out: Any = None) -> SVDResult:
    """U (..., m, k), S (..., k) and Vh (..., k, n) with A = U @ diag(S) @ Vh and k = min(m, n); S is descending."""
def svdvals(A: Any, *, driver: str | None = None, out: Any = None) -> Tensor:
    """Singular values, descending. `driver` must be None: others are for devices that are not here."""
def tensorinv(A: Any, ind: builtins.int = 2, *, out: Any = None) -> Tensor:
    """The inverse of A as a linear map: of the dimensions from `ind` on to the first `ind`, equally many elements."""
def tensorsolve(A: Any, B: Any, dims: Any = None, *, out: Any = None) -> Tensor:
    """The X with tensordot(A, X, X.ndim) = B: A has B's shape, then that of X."""
def vander(x: Any, *, N: builtins.int | None = None) -> Tensor:
    """The powers 1, x, ..., x**(N-1) of each element of (..., n) along a new last dimension; N defaults to n."""
def vecdot(x: Any, y: Any, *, dim: builtins.int = -1, out: Any = None) -> Tensor:
    """Inner products of the vectors along `dim`, broadcast over the other dimensions."""
def vector_norm(x: Any, ord: builtins.float = 2, dim: Any = None, keepdim: builtins.bool = False, *, dtype: Any = None, out: Any = None) -> Tensor:
    """(sum of |x|**ord)**(1 / ord) over `dim`, or over all dimensions as one vector."""
