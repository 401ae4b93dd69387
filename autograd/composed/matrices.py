"""numpy.linalg's names that are compositions, and products of stacks of vectors."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from .. import linalg
from ..ops.decompose import eig
from ..tensors.core import wrap
from ..tensors.method import array_functions, implements, ufuncs
from ..tensors.run import apply
from .arguments import floats, tensor_of


def _last_two(of: Any) -> Any:
    """A function of the last two axes, from NumPy's of any two."""

    def call(x: Any, /, *, offset: int = 0, dtype: Any = None) -> Any:
        z = of(x, offset=offset, axis1=-2, axis2=-1)
        return z if dtype is None else z.to(np.dtype(dtype))

    return call


def _of_tensors(of: Any) -> Any:
    """A function of NumPy's whose first two arguments are arrays, one of them a Tensor."""

    def call(x: Any, *args: Any, **kwargs: Any) -> Any:
        return of(tensor_of(x), *[tensor_of(y) for y in args[:1]], *args[1:], **kwargs)

    return call


for _name in ("cross", "matmul", "matrix_transpose", "tensordot"):
    array_functions[getattr(np.linalg, _name)] = _of_tensors(getattr(np, _name))
for _name in ("diagonal", "trace"):
    array_functions[getattr(np.linalg, _name)] = _last_two(getattr(np, _name))
array_functions[np.linalg.outer] = lambda x1, x2, /: tensor_of(x1)[:, None] * tensor_of(x2)[None, :]


def _vecdot(x1: Any, x2: Any, /, *, axis: int = -1) -> Any:
    return np.sum(np.moveaxis(tensor_of(x1), axis, -1) * np.moveaxis(tensor_of(x2), axis, -1), axis=-1)


def _matvec(x1: Any, x2: Any) -> Any:
    return np.matmul(tensor_of(x1), tensor_of(x2)[..., None])[..., 0]


def _vecmat(x1: Any, x2: Any) -> Any:
    return np.matmul(tensor_of(x1)[..., None, :], tensor_of(x2))[..., 0, :]


_product: Any
_products_of: dict[str, Any] = {"vecdot": _vecdot, "matvec": _matvec, "vecmat": _vecmat}
for _name, _product in {"vecdot": _vecdot, "matvec": _matvec, "vecmat": _vecmat}.items():
    if hasattr(np, _name):  # new in NumPy 2.0 and 2.2
        ufuncs[getattr(np, _name)] = _product
implements(np.linalg.vecdot)(_vecdot)


@implements(np.linalg.svdvals)
def _svdvals(x: Any, /) -> Any:
    return linalg.svdvals(floats(x))


@implements(np.linalg.cond)
def _cond(x: Any, p: Any = None) -> Any:
    return linalg.cond(floats(x), p)


@implements(np.linalg.matrix_rank)
def _matrix_rank(A: Any, tol: Any = None, hermitian: bool = False, *, rtol: Any = None) -> Any:
    return wrap(np.asarray(np.linalg.matrix_rank(tensor_of(A)._array, tol, hermitian)))


@implements(np.linalg.vector_norm)
def _vector_norm(x: Any, /, *, axis: Any = None, keepdims: bool = False, ord: Any = 2) -> Any:
    return linalg.vector_norm(floats(x), ord, axis, keepdims)


@implements(np.linalg.matrix_norm)
def _matrix_norm(x: Any, /, *, keepdims: bool = False, ord: Any = "fro") -> Any:
    return linalg.matrix_norm(floats(x), ord, (-2, -1), keepdims)


@implements(np.linalg.tensorinv)
def _tensorinv(a: Any, ind: int = 2) -> Any:
    a = floats(a)
    if ind <= 0:
        raise ValueError("Invalid ind argument.")
    shape = a._array.shape
    rows = int(np.prod(shape[:ind]))
    return np.linalg.inv(a.reshape((rows, -1))).reshape(shape[ind:] + shape[:ind])


@implements(np.linalg.tensorsolve)
def _tensorsolve(a: Any, b: Any, axes: Any = None) -> Any:
    a, b = floats(a, b)
    if axes is not None:
        order = [each for each in range(a._array.ndim) if each not in axes] + list(axes)
        a = np.transpose(a, tuple(order))
    shape = a._array.shape[b._array.ndim :]
    return np.linalg.solve(a.reshape((b._array.size, -1)), b.reshape(-1)).reshape(shape)


class LstsqResult(NamedTuple):
    """What `numpy.linalg.lstsq` returns."""

    x: Any
    residuals: Any
    rank: int
    s: Any


@implements(np.linalg.lstsq)
def _lstsq(a: Any, b: Any, rcond: Any = None) -> Any:
    a, b = floats(a, b)
    _, residuals, rank, _ = np.linalg.lstsq(a._array, b._array, rcond)
    x = linalg.pinv(a) @ b if rank < min(a._array.shape) else _full_rank(a, b)
    if residuals.size:
        apart = b - a @ x
        residuals = np.sum(apart * apart, axis=0).reshape(residuals.shape)
    return x, residuals if not isinstance(residuals, np.ndarray) else wrap(residuals), int(rank), linalg.svdvals(a)


def _full_rank(a: Any, b: Any) -> Any:
    """By the QR decomposition: of a, or of its transpose where there are fewer rows than columns."""
    rows, columns = a._array.shape
    flat = b._array.ndim == 1
    b = b[:, None] if flat else b
    if rows >= columns:
        q, r = np.linalg.qr(a)
        x = np.linalg.solve(r, np.transpose(q) @ b)
    else:
        q, r = np.linalg.qr(np.transpose(a))
        x = q @ np.linalg.solve(np.transpose(r), b)
    return x[:, 0] if flat else x


@implements(np.linalg.eigvals)
def _eigvals(a: Any) -> Any:
    return _eig(a)[0]


class EigResult(NamedTuple):
    """What `numpy.linalg.eig` returns."""

    eigenvalues: Any
    eigenvectors: Any


@implements(np.linalg.eig)
def _eig(a: Any) -> Any:
    """For matrices whose eigenvalues are real."""
    found = apply(eig, floats(a))
    return EigResult(*found)
