"""Products of matrices and vectors, solvers, determinants: value and rules side by side.

No rule copies a transpose: `.T` and `.mT` are views, which BLAS reads as they are.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy import ndarray as Array

from ..broadcast import unbroadcast
from ..errors import LinAlgError
from ..op import op
from ..products import product, product_of

# -------------------------------------------------------------------------------------------------------- products


def rows(x: Any) -> Any:
    """All dimensions but the last as one."""
    return x if len(x.shape) == 2 else x.reshape((math.prod(x.shape[:-1]), x.shape[-1]))


def times(x: Any, y: Any) -> Any:
    """x @ y; a batch against one matrix as a single product, which is several times faster."""
    if len(y.shape) == 2 < len(x.shape):
        return product(rows(x), y).reshape((*x.shape[:-1], y.shape[-1]))
    return product(x, y)


def _matmul_dx(dz: Any, y: Any, x_shape: tuple[int, ...]) -> Any:
    if len(y.shape) == 1:
        return np.expand_dims(dz, -1) * y
    if len(y.shape) == 2:
        return times(dz, y.T)
    if len(x_shape) == 1:
        return unbroadcast((y @ np.expand_dims(dz, -1)).squeeze(-1), x_shape)
    return unbroadcast(product(dz, y.mT), x_shape)


def _matmul_dy(dz: Any, x: Any, y_shape: tuple[int, ...]) -> Any:
    if len(x.shape) == 1:
        return np.expand_dims(x, -1) * np.expand_dims(dz, -2) if len(y_shape) > 1 else dz * x
    if len(y_shape) == 1:
        return product(dz.reshape((math.prod(dz.shape),)), rows(x))
    if len(y_shape) == 2:
        return product(rows(x).T, rows(dz))
    return unbroadcast(product(x.mT, dz), y_shape)


@op("matmul", dx=_matmul_dx, dy=_matmul_dy)
def matmul(x: Array, y: Array) -> Array:
    """Matrix product of the last two axes, broadcast over the others; 1-d operands are vectors."""
    return times(x, y)


@op(
    "linear",
    dx=lambda dz, weight: times(dz, weight),
    dweight=lambda dz, x: product_of(rows(dz), rows(x)),
    dbias=lambda dz: np.add.reduce(rows(dz), 0),
    products=("weight",),
)
def linear(x: Array, weight: Array, bias: Array | None = None) -> Array:
    """x @ weight.T + bias over the last axis of x."""
    z = times(x, weight.T) if x.ndim > 1 else x @ weight.T
    if bias is not None:
        z += bias
    return z


@op(
    "cross",
    broadcasts=True,
    dx=lambda dz, y, axis: cross(y, dz, axis=axis),
    dy=lambda dz, x, axis: cross(dz, x, axis=axis),
)
def cross(x: Array, y: Array, *, axis: int = -1) -> Array:
    """Vector product of the 3-vectors along an axis, which is counted from the end."""
    return np.cross(x, y, axis=axis)


# ------------------------------------------------------------------------------------------ inverses, determinants


def column(dz: Any) -> Any:
    """One number per matrix, as a batch of 1 x 1 matrices."""
    return np.expand_dims(dz, (-2, -1))


@op("inv", dx=lambda dz, z: -(z.mT @ dz @ z.mT))
def inv(x: Array) -> Array:
    """Inverse of each matrix."""
    try:
        return np.linalg.inv(x)
    except np.linalg.LinAlgError:
        raise LinAlgError(
            "linalg.inv: the inversion could not be completed because the input matrix is singular"
        ) from None


def _solve_rules(dz: Any, a: Any, z: Any, a_shape: Any, b_shape: Any, wanted: tuple[int, ...]) -> tuple[Any, Any]:
    db = solve(a.mT, dz)
    return unbroadcast(-(db @ z.mT), a_shape) if 0 in wanted else None, unbroadcast(db, b_shape)


@op("solve", joint=_solve_rules)
def solve(a: Array, b: Array) -> Array:
    """The matrices x with a @ x = b, broadcast over leading axes."""
    try:
        z = np.linalg.solve(a, b)
    except np.linalg.LinAlgError:
        raise LinAlgError("linalg.solve: The solver failed because the input matrix is singular.") from None
    return z if np.isfinite(z).all() else _substituted(a, b, z)


def _substituted(a: Array, b: Array, z: Array) -> Array:
    """`z`, or where all of `a` is triangular the solution row by row, so that no 0 of `a` meets an infinity of `b`."""
    n = a.shape[-1]
    if b.ndim < 2 or not np.isfinite(a).all():
        return z
    if not np.tril(a, -1).any():
        steps = [(i, slice(i + 1, n)) for i in reversed(range(n))]
    elif not np.triu(a, 1).any():
        steps = [(i, slice(0, i)) for i in range(n)]
    else:
        return z
    z = np.zeros_like(z)
    for i, known in steps:
        z[..., i, :] = (b[..., i, :] - (a[..., i, None, known] @ z[..., known, :])[..., 0, :]) / a[..., i, i, None]
    return z


@op("det", dx=lambda dz, x: column(dz) * cofactor(x))
def det(x: Array) -> Array:
    """Determinant of each matrix. Its gradient holds at singular matrices too."""
    return np.linalg.det(x)


def _cofactor_dx(dz: Any, x: Any, z: Any) -> Any:
    if type(x) is np.ndarray and type(dz) is np.ndarray:
        return _cofactor_slope(dz, x)
    # dC = det(x) (tr(W' dx) W - W dx' W) with W = x^-T, and C = det(x) W
    w = inv(x).mT
    return w * np.sum(dz * z, axis=(-2, -1), keepdims=True) - z @ dz.mT @ w


def _cofactor_slope(dz: Array, x: Array) -> Array:
    """The same from the singular values, without a division by them.

    Of a diagonal matrix with elements s, the cofactor [i, i] grows with element [j, j], and [i, j] falls with element
    [j, i], both by the product of all s but s[i] and s[j].
    """
    u, s, vh, sign = _turned(x)
    n = x.shape[-1]
    pairs = np.where(np.eye(n, dtype=bool), 0, _others(np.where(np.eye(n, dtype=bool), 1, s[..., None, :])))
    inner = u.mT @ dz @ vh.mT
    slope = -(pairs * inner).mT
    slope[..., range(n), range(n)] = (pairs @ np.diagonal(inner, axis1=-2, axis2=-1)[..., None])[..., 0]
    return (u @ slope @ vh) * sign[..., None, None]


def _others(x: Array) -> Array:
    """The products of all elements but one along the last axis."""
    from .others import others  # few programs ask for determinants

    z: Array = others(x, axis=-1)
    return z


def _turned(x: Array) -> tuple[Array, Array, Array, Array]:
    """u, s, vh with x = u @ diag(s) @ vh, and the product of the determinants of u and vh, which is 1 or -1."""
    if not np.isfinite(x).all():  # LAPACK would not converge
        x = np.where(np.isfinite(x).all((-2, -1), keepdims=True), x, 0)
    u, s, vh = np.linalg.svd(x)
    return u, s, vh, np.sign(np.linalg.det(u) * np.linalg.det(vh))


@op("cofactor", dx=_cofactor_dx)
def cofactor(x: Array) -> Array:
    """The matrix of cofactors: det(x) times the transposed inverse, and what that tends to where x is singular."""
    u, s, vh, sign = _turned(x)
    z = (u * (_others(s) * sign[..., None])[..., None, :]) @ vh
    return np.where(np.isfinite(x).all((-2, -1), keepdims=True), z, x.dtype.type(math.nan))


@op("inv_or_nan", dx=lambda dz, z: -(z.mT @ dz @ z.mT))
def inv_or_nan(x: Array) -> Array:
    """`inv`, but NaN for singular matrices: for gradients, which do not raise where a function has none."""
    try:
        return np.linalg.inv(x)
    except np.linalg.LinAlgError:
        if x.ndim == 2:
            return np.full_like(x, math.nan)
        flat = x.reshape(-1, *x.shape[-2:])
        return np.stack([inv_or_nan.forward(matrix) for matrix in flat]).reshape(x.shape)


@op("slogdet", outputs=2, dx=lambda dz, x: column(dz[1]) * inv_or_nan(x).mT)
def slogdet(x: Array) -> tuple[Array, Array]:
    """Sign, which has no gradient, and logarithm of the absolute value of the determinant of each matrix."""
    sign, logarithm = np.linalg.slogdet(x)
    return np.asarray(sign), np.asarray(logarithm)


def _cholesky_dx(dz: Any, z: Any) -> Any:
    # I. Murray, 2016, "Differentiation of the Cholesky decomposition", eq. 10
    middle = np.tril(z.mT @ dz)
    middle = middle - middle * (np.eye(z.shape[-1], dtype=z.dtype) / 2)
    s = solve(z.mT, solve(z.mT, middle.mT).mT)
    return (s + s.mT) * 0.5


def symmetric(inputs: Any, settings: Any) -> Any:
    """For ops that read one triangle of a symmetric matrix: their derivative is that along symmetric matrices."""
    (x,) = inputs
    return ((x + x.mT) * 0.5,), settings


@op("cholesky", dx=_cholesky_dx, anew=symmetric)
def cholesky(x: Array) -> Array:
    """Lower triangular L with L @ L.mT = x, for symmetric positive definite x; its upper triangle is not read."""
    try:
        return np.linalg.cholesky(x)
    except np.linalg.LinAlgError:
        raise LinAlgError(
            "linalg.cholesky: The factorization could not be completed because the input is not positive-definite"
        ) from None
