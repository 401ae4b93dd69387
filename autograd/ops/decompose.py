"""Eigenvalues, singular values, QR, pseudoinverse: value and rules side by side.

The gradients of M. Giles, 2008, "An extended collection of matrix derivative results", and J. Townsend, 2016,
"Differentiating the singular value decomposition". Eigenvectors that belong to equal eigenvalues can be turned against
each other, so by themselves they have no derivative; nothing is passed back through such a turn.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy import ndarray as Array

from ..errors import LinAlgError
from ..op import op
from .linalg import inv, symmetric


def again(decomposition: Any, x: Any, z: Any) -> Any:
    """The factors z of x: computed once more if x is a Tensor, so that they are part of the graph."""
    return z if type(x) is np.ndarray else decomposition(x)


def row(values: Any) -> Any:
    """Values that scale the columns of a matrix."""
    return np.expand_dims(values, -2)


def column(values: Any) -> Any:
    """Values that scale the rows of a matrix."""
    return np.expand_dims(values, -1)


def inverse_gaps(values: Any, known: Array) -> Any:
    """1 / (values[j] - values[i]) at [i, j]; 0 where they are equal. `known` are the values as an array."""
    equal = (row(known) == column(known)).astype(known.dtype)
    return (1 - equal) / (row(values) - column(values) + equal)


def identity(x: Any) -> Any:
    """Ones on the diagonal, of the size and dtype of the last axis of x."""
    return np.eye(x.shape[-1], dtype=x.dtype)


def _eigh_dx(dz: Any, x: Any, z: Any, upper: bool) -> Any:
    (values, q), (dvalues, dq) = z if type(x) is np.ndarray else eigh(x, upper=upper), dz
    inner = (q.mT @ dq) * inverse_gaps(values, z[0]) + row(dvalues) * identity(dvalues)
    g = q @ inner @ q.mT
    return (g + g.mT) * 0.5


@op("eigh", outputs=2, dx=_eigh_dx, anew=symmetric)
def eigh(x: Array, *, upper: bool = False) -> tuple[Array, Array]:
    """Eigenvalues, ascending, and eigenvectors, as columns, of symmetric matrices; one triangle is read.

    The signs of the eigenvectors, which are free, depend on which.
    """
    values, q = converged("eigh", np.linalg.eigh, x, "U" if upper else "L")
    return values, q


def _eig_dx(dz: Any, x: Any, z: Any) -> Any:
    (values, q), (dvalues, dq) = again(eig, x, z), dz
    inner = q.mT @ dq
    turned = inner - (q.mT @ q) * row(_diagonal(inner))  # columns keep length one (C. Boeddeker et al., 2017)
    middle = turned * inverse_gaps(values, z[0]) + row(dvalues) * identity(dvalues)
    return inv(q.mT) @ middle @ q.mT


def _diagonal(x: Any) -> Any:
    return np.sum(x * identity(x), -1)


@op("eig", outputs=2, dx=_eig_dx, batch="matrix")
def eig(x: Array) -> tuple[Array, Array]:
    """Eigenvalues and eigenvectors, as columns of length one, of matrices whose eigenvalues are real."""
    values, q = converged("eig", np.linalg.eig, x)
    if values.dtype.kind != "c":
        return values, q
    if np.any(values.imag):  # from NumPy 2.5 on, real ones are complex numbers, too
        raise TypeError("linalg.eig: the matrix has complex eigenvalues, and complex numbers are not supported")
    return np.ascontiguousarray(values.real), np.ascontiguousarray(q.real)


def converged(name: str, function: Callable[..., Any], x: Array, *settings: Any, **more: Any) -> Any:
    """function(x, ...), or LinAlgError: also for infinities, over which LAPACK may take forever."""
    if not np.isfinite(x).all():
        raise LinAlgError(
            f"linalg.{name}: The algorithm failed to converge because the input matrix contained non-finite values."
        )
    try:
        return function(x, *settings, **more)
    except np.linalg.LinAlgError:
        raise LinAlgError(f"linalg.{name}: The algorithm failed to converge") from None


def _svd_dx(dz: Any, x: Any, z: Any) -> Any:
    (u, s, vh), (du, ds, dvh) = again(svd, x, z), dz
    v, dv = vh.mT, dvh.mT
    a, b = u.mT @ du, v.mT @ dv
    gaps = inverse_gaps(s * s, z[1] * z[1])
    inner = gaps * (a - a.mT) * row(s) + column(s) * gaps * (b - b.mT) + row(ds) * identity(ds)
    g = u @ inner @ vh
    if u.shape[-2] > s.shape[-1]:  # what of du lies outside the span of u
        g = g + ((du - u @ a) / row(s)) @ vh
    if v.shape[-2] > s.shape[-1]:
        g = g + u @ ((dv - v @ b) / row(s)).mT
    return g


@op("svd", outputs=3, dx=_svd_dx)
def svd(x: Array) -> tuple[Array, Array, Array]:
    """u, s, vh with x = u @ diag(s) @ vh; as many singular values, descending, as the smaller side of x."""
    u, s, vh = converged("svd", np.linalg.svd, x, full_matrices=False)
    return u, s, vh


@op("svdvals", private=("x",), dx=lambda dz, x: _svdvals_dx(dz, x))
def svdvals(x: Array) -> Array:
    """The singular values alone, descending: equal ones and zeros do no harm to their gradient."""
    return np.asarray(converged("svdvals", np.linalg.svd, x, compute_uv=False))


def _svdvals_dx(dz: Any, x: Any) -> Any:
    return with_values(x, dz)


def _with_values_rules(dz: Any, x: Any, f: Any, wanted: tuple[int, ...]) -> tuple[Any, Any]:
    u, s, vh = svd(x)
    v = vh.mT
    inner = u.mT @ dz @ v
    df = np.sum(inner * identity(s), axis=-1) if 1 in wanted else None
    if 0 not in wanted:
        return None, df
    # the symmetric part of a change of x turns u and v alike, the other one against each other
    gap, total = column(s) - row(s), column(s) + row(s)
    alike = (column(f) - row(f)) * (gap != 0) / (gap + (gap == 0))
    against = (column(f) + row(f)) * (total != 0) / (total + (total == 0))
    middle = 0.5 * (alike * (inner + inner.mT) + against * (inner - inner.mT))
    dx = u @ middle @ vh
    scale = row(f * (s != 0) / (s + (s == 0)))
    if u.shape[-2] > s.shape[-1]:  # what of dz lies outside the span of u
        dx = dx + ((dz @ v - u @ inner) * scale) @ vh
    if v.shape[-2] > s.shape[-1]:
        dx = dx + u @ ((dz.mT @ u - v @ inner.mT) * scale).mT
    return dx, df


@op("with_values", joint=_with_values_rules)
def with_values(x: Array, f: Array) -> Array:
    """x with its singular values replaced by f: u @ diag(f) @ vh. The gradient of a function of the singular values.

    Equal singular values with equal f do no harm: u and v can be turned alike without a change. The slope of f itself
    along such a turn is not known here, and counts as 0, as it is for the sum of all singular values.
    """
    u, _, vh = svd.forward(x)
    return (u * row(f)) @ vh


def _qr_dx(dz: Any, x: Any, z: Any) -> Any:
    (q, r), (dq, dr) = again(qr, x, z), dz
    m = r @ dr.mT - dq.mT @ q
    lower = np.tril(m, -1)
    return (dq + q @ (lower + lower.mT + m * identity(m))) @ inv(r).mT


@op("qr", outputs=2, dx=_qr_dx)
def qr(x: Array) -> tuple[Array, Array]:
    """q with orthonormal columns and upper triangular r, x = q @ r, for at least as many rows as columns."""
    q, r = np.linalg.qr(x)
    return q, r


def _pinv_dx(dz: Any, x: Any, z: Any) -> Any:
    # dz = -z dx z + z z' dx' (1 - x z) + (1 - z x) dx' z' z: Golub & Pereyra, 1973, for constant rank
    zt, dt = z.mT, dz.mT
    left, right = dt @ z @ zt, zt @ z @ dt
    return left - x @ (z @ left) + right - (right @ z) @ x - zt @ dz @ zt


@op("pinv", dx=_pinv_dx)
def pinv(x: Array, *, rcond: Any) -> Array:
    """Pseudoinverse; singular values below rcond times the largest count as 0."""
    return np.asarray(converged("pinv", np.linalg.pinv, x, rcond))
