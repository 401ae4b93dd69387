"""Products of matrices that few programs need: added to something, in space, of many matrices."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Self

import numpy as np

from ..errors import SettingError, ShapeError
from ..ops import linalg as ops
from ..room import check_room, common_shape
from .core import Core, operand, spec_of
from .dims import normalize_dim
from .einsum import tensordot
from .linalg import LinAlg, wanted
from .method import implements, method
from .options import old_form
from .out import takes_out
from .piecewise import where
from .promotion import alike, cast
from .reduce import norm_of
from .run import apply


class Products(Core):
    """Products, as terms of sums and others."""

    __slots__ = ()

    @old_form("beta", "alpha")
    @method
    def addmm(self, mat1: Any, mat2: Any, *, beta: float = 1, alpha: float = 1) -> Self:
        """beta * self + alpha * (mat1 @ mat2). With beta = 0, self is not used: its NaNs do not spread."""
        return _blend(self, LinAlg.mm(mat1, mat2), beta, alpha)

    @old_form("beta", "alpha")
    @method
    def addmv(self, mat: Any, vec: Any, *, beta: float = 1, alpha: float = 1) -> Self:
        """beta * self + alpha * (mat @ vec)."""
        return _blend(self, LinAlg.mv(mat, vec), beta, alpha)

    @old_form("beta", "alpha")
    @method
    def addr(self, vec1: Any, vec2: Any, *, beta: float = 1, alpha: float = 1) -> Self:
        """beta * self + alpha * outer(vec1, vec2)."""
        return _blend(self, LinAlg.outer(vec1, vec2), beta, alpha)

    @old_form("beta", "alpha")
    @method
    def baddbmm(self, batch1: Any, batch2: Any, *, beta: float = 1, alpha: float = 1) -> Self:
        """beta * self + alpha * bmm(batch1, batch2)."""
        return _blend(self, LinAlg.bmm(batch1, batch2), beta, alpha)

    @method
    def renorm(self, p: float, dim: int, maxnorm: float) -> Self:
        """Every slice along `dim` whose p-norm is larger than `maxnorm` scaled down to that."""
        x: Any = self
        others = [d for d in range(x._array.ndim) if d != normalize_dim("renorm", dim, x._array.ndim)]
        if p <= 0 or maxnorm < 0:
            raise SettingError(f"renorm: wanted a positive p and a maxnorm of at least 0, got {p} and {maxnorm}")
        wide = cast(x, np.dtype(np.float64))  # a norm may be too large for the dtype of x
        norms = norm_of("renorm", wide, p, tuple(others), True)
        return where(norms > maxnorm, cast(wide * (maxnorm / (norms + 1e-7)), x._array.dtype), x)

    @old_form("beta", "alpha")
    @method
    def addbmm(self, batch1: Any, batch2: Any, *, beta: float = 1, alpha: float = 1) -> Self:
        """beta * self + alpha * (the sum over the batch of bmm(batch1, batch2))."""
        wanted(batch1, 3, "addbmm: batch1 must be a 3D tensor")
        wanted(batch2, 3, "addbmm: batch2 must be a 3D tensor")
        return _blend(self, tensordot(batch1, batch2, ([0, 2], [0, 1])), beta, alpha)

    @method
    def cross(self, other: Any, dim: int | None = None) -> Self:
        """Vector product of 3-vectors along `dim`, broadcast over the others. Default: the first dim of size 3."""
        x, y = alike([self, other])
        if dim is None:
            sizes = common_shape("cross", x._array.shape, y._array.shape)
            if 3 not in sizes:
                raise ShapeError("cross: no dimension of size 3 in input")
            dim = sizes.index(3) - len(sizes)
        elif dim >= 0:
            ndim = max(x._array.ndim, y._array.ndim)
            dim = normalize_dim("cross", dim, ndim) - ndim
        for a in (x._array, y._array):
            if a.ndim < -dim or a.shape[dim] != 3:
                raise ShapeError(
                    f"linalg.cross: inputs dimension {dim} must have length 3. Got shapes {x._array.shape} and "
                    f"{y._array.shape}"
                )
        common_shape("cross", x._array.shape, y._array.shape)
        return apply(ops.cross, x, y, axis=dim)

    @method
    def kron(self, other: Any) -> Self:
        """Kronecker product: self with each element replaced by that element times `other`."""
        x, y = alike([self, other])
        n = max(x._array.ndim, y._array.ndim)
        a = (1,) * (n - x._array.ndim) + x._array.shape
        b = (1,) * (n - y._array.ndim) + y._array.shape
        check_room("kron", [i * j for i, j in zip(a, b, strict=True)])
        product = x.reshape([size for i in a for size in (i, 1)]) * y.reshape([size for i in b for size in (1, i)])
        return product.reshape([i * j for i, j in zip(a, b, strict=True)])


def _blend(x: Any, product: Any, beta: float, alpha: float) -> Any:
    if alpha != 1:
        product = product * alpha
    if beta == 0:  # whatever stands in x counts nothing, NaN too; its shape and its gradient, zeros, do
        return product + where(np.zeros((), np.bool_), x, 0)
    return product + (x if beta == 1 else x * beta)


@takes_out
def chain_matmul(*matrices: Any) -> Any:
    """Product of several matrices, in the order that needs the fewest multiplications."""
    return multi_dot(matrices) if len(matrices) != 1 else operand(matrices[0])


@takes_out
def multi_dot(tensors: Sequence[Any]) -> Any:
    """Product of several matrices, in the order that needs the fewest multiplications.

    The first and the last may be vectors: a row and a column.
    """
    xs = alike(tensors)
    if len(xs) < 2:
        raise ShapeError(f"multi_dot(): expected at least 2 tensors but got {len(xs)}")
    first, last = xs[0]._array.ndim == 1, xs[-1]._array.ndim == 1
    if first:
        xs[0] = xs[0].reshape(1, -1)
    if last:
        xs[-1] = xs[-1].reshape(-1, 1)
    for position, x in enumerate(xs):
        if x._array.ndim != 2:
            raise ShapeError(f"multi_dot(): tensor {position} must be 2D but got {x._array.ndim}D")
    sizes = [xs[0]._array.shape[0], *[x._array.shape[1] for x in xs]]
    z = _product(xs, _cheapest(tuple(sizes)), 0, len(xs) - 1)
    shape = z._array.shape[first : 2 - last]
    return z if len(shape) == 2 else z.reshape(shape)


def _product(xs: list[Any], cut: dict[tuple[int, int], int], i: int, j: int) -> Any:
    if i == j:
        return xs[i]
    k = cut[i, j]
    return _product(xs, cut, i, k) @ _product(xs, cut, k + 1, j)


def _cheapest(sizes: tuple[int, ...]) -> dict[tuple[int, int], int]:
    """(i, j) -> where to cut the chain from matrix i to matrix j; matrix i is sizes[i] x sizes[i + 1]."""
    count = len(sizes) - 1
    cost: dict[tuple[int, int], int] = {(i, i): 0 for i in range(count)}
    cut: dict[tuple[int, int], int] = {}
    for length in range(1, count):
        for i in range(count - length):
            j = i + length
            costs = [cost[i, k] + cost[k + 1, j] + sizes[i] * sizes[k + 1] * sizes[j + 1] for k in range(i, j)]
            cost[i, j] = min(costs)
            cut[i, j] = i + costs.index(min(costs))
    return cut


# ------------------------------------------------------------------------------------------------ NumPy's functions


@implements(np.dot)
def _dot(a: Any, b: Any) -> Any:
    m, n = spec_of(a).ndim, spec_of(b).ndim
    if m == 0 or n == 0:
        return a * b
    if n == 1 or (m <= 2 and n <= 2):
        return LinAlg.matmul(a, b)
    return tensordot(a, b, ([-1], [max(n - 2, 0)]))


@implements(np.vdot)
def _vdot(a: Any, b: Any) -> Any:
    x, y = [x.ravel() for x in alike([a, b])]
    return x.dot(y)


@implements(np.inner)
def _inner(a: Any, b: Any) -> Any:
    return LinAlg.inner(a, b)


@implements(np.outer)
def _outer(a: Any, b: Any) -> Any:
    x, y = [x.ravel() for x in alike([a, b])]
    return x.outer(y)


@implements(np.kron)
def _kron(a: Any, b: Any) -> Any:
    return Products.kron(a, b)


@implements(np.cross)
def _cross(a: Any, b: Any, axisa: int = -1, axisb: int = -1, axisc: int = -1, axis: int | None = None) -> Any:
    if axis is not None:
        axisa = axisb = axisc = axis
    a, b = np.moveaxis(operand(a), axisa, -1), np.moveaxis(operand(b), axisb, -1)
    wide = [x._array.shape[-1] for x in (a, b)]
    if sorted(wide) not in ([2, 2], [2, 3], [3, 3]):
        raise SettingError("incompatible dimensions for cross product\n(dimension must be 2 or 3)")
    if wide == [3, 3]:
        return np.moveaxis(Products.cross(a, b, -1), -1, axisc)
    if wide == [2, 2]:
        return a[..., 0] * b[..., 1] - a[..., 1] * b[..., 0]
    a, b = (np.pad(x, [(0, 0)] * (x._array.ndim - 1) + [(0, 3 - n)]) for x, n in zip((a, b), wide))
    return np.moveaxis(Products.cross(a, b, -1), -1, axisc)


@implements(np.linalg.multi_dot)
def _multi_dot(arrays: Any) -> Any:
    return multi_dot(arrays)
