"""Inverses, linear equations, determinants, powers of square matrices."""

from __future__ import annotations

from typing import Any, NamedTuple, Self

import numpy as np

from ..errors import DTypeError, ShapeError
from ..ops import linalg as ops
from ..ops.index import zero_at
from ..room import common_shape
from .core import Core, float16, spec_of, wrap
from .method import implements, method
from .promotion import alike
from .run import apply


class SlogdetResult(NamedTuple):
    """Sign and logarithm of the absolute value of a determinant."""

    sign: Any
    logabsdet: Any


def matrices(function: str, x: Any, square: bool = True, half: bool = False) -> Any:
    """`x` as a Tensor, after checking that it holds (square) matrices of floating point numbers.

    half   those of float16 will do, which LAPACK's functions do not take
    """
    x = alike([x])[0]
    shape = x._array.shape
    if len(shape) < 2:
        raise ShapeError(f"{function}: The input tensor A must have at least 2 dimensions, got shape {shape}")
    if square and shape[-1] != shape[-2]:
        raise ShapeError(
            f"{function}: A must be batches of square matrices, but they are {shape[-2]} by {shape[-1]} matrices"
        )
    if x._array.dtype == float16 and not half:
        raise DTypeError(f"{function}: not implemented for float16: use {function}(x.float())")
    if x._array.dtype.kind != "f":
        raise DTypeError(f"{function}: Expected a floating point or complex tensor as input. Got {x._array.dtype}")
    return x


def inv(A: Any) -> Any:
    """Inverse of a square matrix, or of each matrix of a batch (..., n, n). Raises LinAlgError if one is singular."""
    return apply(ops.inv, matrices("linalg.inv", A))


def solve(A: Any, B: Any, *, left: bool = True) -> Any:
    """The X with A @ X = B; with left=False, with X @ A = B.

    A (..., n, n), B (..., n, k), broadcast over the leading dimensions; or B a vector (n), or a batch of vectors of
    shape A.shape[:-1]. More accurate and faster than inv(A) @ B. Raises LinAlgError if a matrix is singular.
    """
    a, b = alike([A, B])
    a = matrices("linalg.solve", a)
    if not b._array.ndim:
        raise ShapeError("linalg.solve: The input tensor B must have at least 1 dimension")
    vector = b._array.ndim == 1 or (b._array.ndim == a._array.ndim - 1 and b._array.shape == a._array.shape[:-1])
    if vector:
        b = b.unsqueeze(-1)
    if not left:
        a, b = a.mT, b if vector else b.mT
    m, n = a._array.shape[-2:], b._array.shape[-2:]
    if m[1] != n[0]:
        raise ShapeError(
            f"linalg.solve: Incompatible shapes of A and B for the equation {'AX = B' if left else 'XA = B'} "
            f"({m[0]}x{m[1]} and {n[0]}x{n[1]})"
        )
    common_shape("linalg.solve", a._array.shape[:-2], b._array.shape[:-2])
    z = apply(ops.solve, a, b)
    return z.squeeze(-1) if vector else z if left else z.mT


def det(A: Any) -> Any:
    """Determinant of a square matrix, or of each matrix of a batch (..., n, n).

    The gradient is the matrix of cofactors, also where A is singular; its own derivative needs an invertible A.
    """
    return apply(ops.det, matrices("linalg.det", A))


def slogdet(A: Any) -> SlogdetResult:
    """(sign, logabsdet) with det(A) = sign * exp(logabsdet), safe from overflow. The sign has no gradient.

    A singular A gives (0, -inf); its backward raises LinAlgError.
    """
    return SlogdetResult(*apply(ops.slogdet, matrices("linalg.slogdet", A)))


def cholesky(A: Any, *, upper: bool = False) -> Any:
    """Lower triangular L with L @ L.mT = A, for symmetric positive definite A; with `upper`, L.mT.

    Only the lower triangle of A is read; the gradient is symmetric. Raises LinAlgError if A is not positive definite.
    """
    z = apply(ops.cholesky, matrices("linalg.cholesky", A))
    return z.mT if upper else z


def matrix_power(A: Any, n: int) -> Any:
    """A multiplied by itself n times, for each matrix of a batch; n = 0: the identity; n < 0: powers of the inverse."""
    a = matrices("linalg.matrix_power", A, half=True)
    if n == 0:
        zero = apply(zero_at, a, index=...)  # the derivative is zero, not missing
        return zero + wrap(np.eye(a._array.shape[-1], dtype=a._array.dtype))
    if n == 1:
        return a.clone()  # as every other power, no view of A
    square = inv(a) if n < 0 else a
    n, z = abs(n), None
    while n:  # by repeated squaring
        if n & 1:
            z = square if z is None else z @ square
        n >>= 1
        if n:
            square = square @ square
    return z


def solve_triangular(A: Any, B: Any, *, upper: bool, left: bool = True, unitriangular: bool = False) -> Any:
    """`solve` with a triangular A, of which only the upper or the lower triangle is read.

    unitriangular   take the diagonal as ones, whatever stands there
    """
    a = matrices("linalg.solve_triangular", A)
    a = a.triu(int(unitriangular)) if upper else a.tril(-int(unitriangular))
    if unitriangular:
        a = a + wrap(np.eye(a._array.shape[-1], dtype=a._array.dtype))
    return solve(a, B, left=left)


def matrix_exp(A: Any) -> Any:
    """exp(A) = I + A + A @ A / 2 + ... of each square matrix.

    By scaling and squaring (Higham, "Functions of Matrices", 2008, chapter 10): A is halved until its norm is below a
    half, the series is summed, and the result squared as often.
    """
    a = matrices("linalg.matrix_exp", A, half=True)
    if a._array.size == 0:
        return a * 1
    norm = float(np.abs(a._array).sum(-2).max())
    if not np.isfinite(norm):
        return a * float("nan")
    squarings = max(0, int(np.ceil(np.log2(norm))) + 1) if norm > 0 else 0
    terms = 8 if a._array.dtype == np.float32 else 14
    x = a / 2.0**squarings
    identity = wrap(np.broadcast_to(np.eye(a._array.shape[-1], dtype=a._array.dtype), a._array.shape).copy())
    z = identity
    for k in range(terms, 0, -1):  # Horner's scheme
        z = identity + x @ z / k
    for _ in range(squarings):
        z = z @ z
    return z


class Solve(Core):
    """Inverses and determinants as methods, where PyTorch has them."""

    __slots__ = ()

    @method
    def inverse(self) -> Self:
        """Inverse of each matrix; see `linalg.inv`."""
        return inv(self)

    @method
    def det(self) -> Self:
        """Determinant of each matrix; see `linalg.det`."""
        return det(self)

    @method
    def slogdet(self) -> SlogdetResult:
        """Sign and logarithm of the absolute value of the determinant; see `linalg.slogdet`."""
        return slogdet(self)

    @method
    def logdet(self) -> Self:
        """Logarithm of the determinant of each matrix: NaN where that is negative, -inf where it is 0."""
        sign, logarithm = slogdet(self)
        if (sign._array >= 0).all():
            return logarithm
        return logarithm + np.where(sign._array < 0, np.nan, 0).astype(logarithm._array.dtype)

    @method
    def cholesky(self, upper: bool = False) -> Self:
        """Cholesky factor of each matrix; see `linalg.cholesky`."""
        return cholesky(self, upper=upper)

    @method
    def matrix_power(self, n: int) -> Self:
        """Power of each matrix; see `linalg.matrix_power`."""
        return matrix_power(self, n)


# ------------------------------------------------------------------------------------------------ NumPy's functions


@implements(np.linalg.inv)
def _inv(a: Any) -> Any:
    return inv(a)


@implements(np.linalg.solve)
def _solve(a: Any, b: Any) -> Any:
    a, b = alike([a, b])
    return apply(ops.solve, matrices("np.linalg.solve", a), b) if spec_of(b).ndim > 1 else solve(a, b)


@implements(np.linalg.det)
def _det(a: Any) -> Any:
    return det(a)


@implements(np.linalg.slogdet)
def _slogdet(a: Any) -> SlogdetResult:
    return slogdet(a)


@implements(np.linalg.cholesky)
def _cholesky(a: Any, *, upper: bool = False) -> Any:
    return cholesky(a, upper=upper)


@implements(np.linalg.matrix_power)
def _matrix_power(a: Any, n: int) -> Any:
    return matrix_power(a, n)
