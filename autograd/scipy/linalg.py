"""Solvers under the names of `scipy.linalg`."""

from __future__ import annotations

from typing import Any

import numpy as _np

from .. import numpy as np
from ..hips.primitives import primitive
from ..hips.rules import defvjp

__all__ = ["cholesky", "det", "inv", "solve", "solve_banded", "solve_sylvester", "solve_triangular", "sqrtm"]

det, inv = np.linalg.det, np.linalg.inv


def cholesky(a: Any, lower: bool = False) -> Any:
    """The triangular factor of a positive definite matrix: upper, unless `lower`."""
    factor = np.linalg.cholesky(a)
    return factor if lower else np.swapaxes(factor, -1, -2)


def solve(a: Any, b: Any) -> Any:
    """x with a x = b; b may be a vector or a matrix."""
    return np.linalg.solve(a, b)


def solve_triangular(a: Any, b: Any, trans: Any = 0, lower: bool = False, unit_diagonal: bool = False, **_: Any) -> Any:
    """x with a x = b, or with `trans` 1 or "T" a' x = b, where only one triangle of a is read."""
    a = np.tril(a, -1 if unit_diagonal else 0) if lower else np.triu(a, 1 if unit_diagonal else 0)
    if unit_diagonal:
        a = a + _np.eye(np.shape(a)[-1])
    if trans not in (0, "N"):
        a = np.swapaxes(a, -1, -2)
    return np.linalg.solve(a, b)


def solve_banded(l_and_u: tuple[int, int], ab: Any, b: Any) -> Any:
    """x with a x = b for a matrix with l diagonals below and u above the main one, given as rows of `ab`."""
    below, above = l_and_u
    n = np.shape(ab)[1]
    rows, columns = _np.indices((n, n))
    offset = above + rows - columns
    inside = (offset >= 0) & (offset <= below + above)
    dense = np.where(inside, ab[_np.where(inside, offset, 0), columns], 0.0)
    return np.linalg.solve(dense, b)


def solve_sylvester(a: Any, b: Any, q: Any) -> Any:
    """x with a x + x b = q, through the system of all its numbers: for small matrices."""
    m, n = np.shape(q)
    whole = np.kron(a, _np.eye(n)) + np.kron(_np.eye(m), np.transpose(b))
    return np.reshape(np.linalg.solve(whole, np.reshape(q, (-1,))), (m, n))


@primitive
def sqrtm(A: Any) -> Any:
    """The matrix S with S S = A, for matrices whose eigenvalues are real and not negative.

    Its gradient X solves S' X + X S' = G.
    """
    if _np.array_equal(A, A.T):
        values, vectors = _np.linalg.eigh(A)
        inverse = vectors.T
    else:
        values, vectors = _np.linalg.eig(A)
        if not _np.any(_np.imag(values)):  # from NumPy 2.5 on, real ones are complex numbers, too
            values, vectors = _np.real(values), _np.real(vectors)
        inverse = None
    if _np.iscomplexobj(values) or (values < 0).any():
        raise TypeError("sqrtm: a matrix with negative or complex eigenvalues; complex numbers are not supported")
    return (vectors * _np.sqrt(values)) @ (_np.linalg.inv(vectors) if inverse is None else inverse)


defvjp(sqrtm, lambda ans, A: lambda g: solve_sylvester(np.transpose(ans), np.transpose(ans), g))
