"""Norms of vectors and matrices, and the rest of `torch.linalg` that is made of methods; `autograd.linalg` lists it."""

from __future__ import annotations

from math import inf
from typing import Any

import numpy as np

from ..errors import DTypeError, SettingError, ShapeError
from .core import bool_, operand
from .decompose import svdvals
from .diagonal import Diagonal
from .dims import normalize_dims
from .linalg import LinAlg
from .method import implements
from .products import Products
from .reduce import Reduce, norm_of
from .solve import inv
from .statistics import powers


def _floating(function: str, x: Any, dtype: Any) -> Any:
    x = operand(x)
    x = x if dtype is None else x.to(dtype)
    if x._array.dtype.kind != "f":
        raise DTypeError(f"{function}: Expected a floating point or complex tensor as input. Got {x._array.dtype}")
    return x


def vector_norm(x: Any, ord: float = 2, dim: Any = None, keepdim: bool = False, *, dtype: Any = None) -> Any:
    """(sum of |x|**ord)**(1 / ord) over `dim`, or over all dimensions as one vector.

    ord   any number; inf and -inf: the largest and smallest |x|; 0: how many elements are not 0
    Elements that are 0 receive gradient 0.
    """
    return norm_of("linalg.vector_norm", _floating("linalg.vector_norm", x, dtype), float(ord), dim, keepdim)


def matrix_norm(
    A: Any, ord: float | str = "fro", dim: Any = (-2, -1), keepdim: bool = False, *, dtype: Any = None
) -> Any:
    """Norm of the matrices in two dimensions.

    ord   "fro": root of the sum of squares;  1, -1: largest, smallest sum of a column's |A|;  inf, -inf: of a row's
          2, -2: largest, smallest singular value;  "nuc": sum of the singular values
    """
    x = _floating("linalg.matrix_norm", A, dtype)
    if x._array.ndim < 2:
        raise ShapeError("linalg.matrix_norm: The input tensor A must have at least 2 dimensions.")
    row, column = normalize_dims("linalg.matrix_norm", dim, x._array.ndim)
    if ord == "fro":
        return norm_of("linalg.matrix_norm", x, 2.0, (row, column), keepdim)
    if ord in (1, -1, inf, -inf):
        summed, other = (row, column) if abs(float(ord)) == 1 else (column, row)
        sums = norm_of("linalg.matrix_norm", x, 1.0, summed, True)
        z = _largest(sums, other, True) if float(ord) > 0 else sums.amin(other, True)
    elif ord in (2, -2, "nuc"):
        values = svdvals(x.movedim((row, column), (-2, -1)))
        z = values.sum(-1) if ord == "nuc" else _largest(values, -1) if ord == 2 else values.amin(-1)
        for d in sorted((row, column)):
            z = z.unsqueeze(d)
    else:
        raise SettingError(f"linalg.matrix_norm: Order {ord} not supported.")
    return z if keepdim else z.squeeze((row, column))


def _largest(x: Any, dim: int, keepdim: bool = False) -> Any:
    """The largest of numbers that are not negative; 0 of none."""
    return x.amax(dim, keepdim) if x._array.shape[dim] else x.sum(dim, keepdim)


def norm(A: Any, ord: Any = None, dim: Any = None, keepdim: bool = False, *, dtype: Any = None) -> Any:
    """Norm of vectors or of matrices.

    Without `ord`, the root of the sum of squares over `dim` or all dimensions. With it, `vector_norm` over one
    dimension and `matrix_norm` over two; without `dim`, the input must be 1-d or 2-d.
    """
    x = _floating("linalg.norm", A, dtype)
    if ord is None:
        return norm_of("linalg.norm", x, 2.0, dim, keepdim)
    ndim = x._array.ndim if dim is None else len(dim) if isinstance(dim, (tuple, list)) else 1
    if dim is None and ndim not in (1, 2):
        raise ShapeError(
            f"linalg.norm: If dim is not specified but ord is, the input must be 1D or 2D. Got {x._array.ndim}D."
        )
    if ndim == 2:
        return matrix_norm(x, ord, (0, 1) if dim is None else dim, keepdim)
    if isinstance(ord, str):
        raise SettingError(f"linalg.norm: Order {ord} not supported: of vectors there is no {ord!r} norm")
    return vector_norm(x, ord, dim, keepdim)


def cond(A: Any, p: Any = None) -> Any:
    """The condition number of each matrix in the norm `p` (as in `matrix_norm`; None: 2): norm(A) * norm(inverse).

    For None, 2 and -2 from the singular values, also where A is not square or singular.
    """
    if p in (None, 2, -2):
        s = svdvals(A)
        if not s._array.shape[-1]:
            return s.sum(-1).detach()  # of a matrix without elements: 0
        largest, smallest = s[..., 0], s[..., -1]
        return smallest / largest if p == -2 else largest / smallest
    return matrix_norm(A, p) * matrix_norm(inv(A), p)


def vander(x: Any, *, N: int | None = None) -> Any:
    """The powers 1, x, ..., x**(N-1) of each element of (..., n) along a new last dimension; N defaults to n."""
    base = operand(x)
    if base._array.dtype == bool_:
        raise DTypeError("linalg.vander supports floating point and integer tensors, but got bool")
    if base._array.ndim == 0:
        raise ShapeError("linalg.vander: The input tensor should have at least one dimension, got a 0-d one")
    if N is not None and N <= 1:
        raise SettingError(f"linalg.vander: N must be greater than 1, got {N}")
    return powers(base, N, True)


def matmul(input: Any, other: Any) -> Any:
    """Matrix product; see `Tensor.matmul`."""
    return LinAlg.matmul(input, other)


def cross(input: Any, other: Any, *, dim: int = -1) -> Any:
    """Vector product of 3-vectors along `dim`, broadcast over the other dimensions."""
    return Products.cross(input, other, dim)


def diagonal(A: Any, *, offset: int = 0, dim1: int = -2, dim2: int = -1) -> Any:
    """The diagonal of each matrix; see `Tensor.diagonal`."""
    return Diagonal.diagonal(A, offset, dim1, dim2)


def vecdot(x: Any, y: Any, *, dim: int = -1) -> Any:
    """Inner products of the vectors along `dim`, broadcast over the other dimensions."""
    return Reduce.sum(x * y, dim)


@implements(np.linalg.norm)
def _norm(x: Any, ord: Any = None, axis: Any = None, keepdims: bool = False) -> Any:
    if ord is not None and not isinstance(ord, (int, float, str, np.number)):
        raise TypeError(f"np.linalg.norm: wanted ord as a number or in a word, got {type(ord).__name__}")
    return norm(x, ord, axis, keepdims)
