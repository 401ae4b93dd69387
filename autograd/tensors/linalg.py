"""Products of matrices and vectors."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, Self

import numpy as np

from ..errors import SettingError, ShapeError
from ..ops import linalg as ops
from .calls import binary, reflected
from .core import Array, array_of, operand, spec_of
from .dims import normalize_dim
from .einsum import tensordot
from .join import alike
from .method import implements, method, ufuncs
from .options import old_form
from .out import takes_out
from .piecewise import where
from .promotion import cast
from .reduce import norm_of
from .run import apply
from .solve import Solve


def _misfit(name: str, a: Array, b: Array) -> ShapeError:
    """The error for operands that have no matrix product, in PyTorch's words."""
    end = f"; got shapes {a.shape} and {b.shape}"
    if a.ndim == 0 or b.ndim == 0:
        return ShapeError(f"both arguments to {name} need to be at least 1D, but they are {a.ndim}D and {b.ndim}D")
    m, n = (math.prod(a.shape[:-1]), a.shape[-1]), b.shape[-2:]
    if b.ndim == 1 and a.ndim == 1:
        return ShapeError(
            f"{name}: inconsistent tensor size, expected tensor [{a.size}] and src [{b.size}] to have the same number "
            f"of elements, but got {a.size} and {b.size} elements respectively"
        )
    if b.ndim == 1:
        return ShapeError(f"{name}: size mismatch, got input ({m[0]}), mat ({m[0]}x{m[1]}), vec ({b.size}){end}")
    if b.ndim == 2 or a.shape[-1] == b.shape[-2] or a.ndim == 1:
        for i, j in zip(a.shape[-3::-1], b.shape[-3::-1], strict=False):
            if i != j and 1 not in (i, j):
                return ShapeError(f"{name}: The size of tensor a ({i}) must match the size of tensor b ({j}){end}")
        return ShapeError(f"{name}: mat1 and mat2 shapes cannot be multiplied ({m[0]}x{m[1]} and {n[0]}x{n[1]}){end}")
    return ShapeError(
        f"{name}: Expected size for first two dimensions of batch2 tensor to be: [{b.shape[-3]}, {a.shape[-1]}] but "
        f"got: [{b.shape[-3]}, {b.shape[-2]}]{end}"
    )


def _wanted(x: Any, ndim: int, message: str) -> None:
    if spec_of(x).ndim != ndim:
        raise ShapeError(message)


class LinAlg(Solve):
    """Products of matrices and vectors; with its base also inverses and determinants."""

    __slots__ = ()

    matmul = binary(ops.matmul, misfit=_misfit)
    matmul.__doc__ = """Matrix product.

    Of the last two dimensions, broadcast over the others; 1-d operands are vectors: (n) @ (n) is 0-d, (m, n) @ (n) is
    (m), (n) @ (n, p) is (p), (b, m, n) @ (n, p) and (b, m, n) @ (b, n, p) are (b, m, p). Also written `x @ y`.
    Raises ShapeError if the inner sizes differ ("mat1 and mat2 shapes cannot be multiplied ...") or one is 0-d.
    """
    __matmul__ = matmul
    __rmatmul__ = reflected(matmul)
    ufuncs[np.matmul] = matmul

    @method
    def mm(self, mat2: Any) -> Self:
        """Product of two matrices, (m, n) and (n, p), without broadcasting."""
        _wanted(self, 2, "mm: self must be a matrix")
        _wanted(mat2, 2, "mm: mat2 must be a matrix")
        return self.matmul(mat2)

    @method
    def bmm(self, mat2: Any) -> Self:
        """Products of matrices pair by pair, (b, m, n) and (b, n, p), without broadcasting."""
        _wanted(self, 3, "bmm: batch1 must be a 3D tensor")
        _wanted(mat2, 3, "bmm: batch2 must be a 3D tensor")
        b, other = self._array.shape, spec_of(mat2).shape
        if b[0] != other[0] or b[2] != other[1]:
            raise ShapeError(
                f"bmm: Expected size for first two dimensions of batch2 tensor to be: [{b[0]}, {b[2]}] but got: "
                f"[{other[0]}, {other[1]}]."
            )
        return self.matmul(mat2)

    @method
    def mv(self, vec: Any) -> Self:
        """Product of a matrix (m, n) and a vector (n)."""
        if self._array.ndim != 2 or spec_of(vec).ndim != 1:
            raise ShapeError(
                f"mv: matrix and vector expected, got {self._array.ndim}D and {spec_of(vec).ndim}D tensors"
            )
        return self.matmul(vec)

    @method
    def dot(self, tensor: Any) -> Self:
        """Inner product of two vectors, as a 0-d Tensor. For higher dimensions see `matmul`."""
        n = spec_of(tensor).ndim
        if self._array.ndim != 1 or n != 1:
            raise ShapeError(f"dot: 1D tensors expected, but got {self._array.ndim}D and {n}D tensors")
        return self.matmul(tensor)

    vdot = dot

    @method
    def inner(self, other: Any) -> Self:
        """Sum of products over the last dimension of both; with a 0-d operand the plain product."""
        a, b = self._array, array_of(other)
        if a.ndim == 0 or b.ndim == 0:
            return self * other
        if a.shape[-1] != b.shape[-1]:
            raise ShapeError(
                "inner() the last dimension must match on both input tensors but got shapes "
                f"{list(a.shape)} and {list(b.shape)}"
            )
        return tensordot(self, other, ([-1], [-1]))

    @method
    def outer(self, vec2: Any) -> Self:
        """All products of an element of one vector and an element of another, (m, n)."""
        _wanted(self, 1, f"outer: Expected 1-D argument self, but got {self._array.ndim}-D")
        _wanted(vec2, 1, f"outer: Expected 1-D argument vec2, but got {spec_of(vec2).ndim}-D")
        return self.reshape(-1, 1) * vec2  # type: ignore[attr-defined]

    ger = outer

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
        _wanted(batch1, 3, "addbmm: batch1 must be a 3D tensor")
        _wanted(batch2, 3, "addbmm: batch2 must be a 3D tensor")
        return _blend(self, tensordot(batch1, batch2, ([0, 2], [0, 1])), beta, alpha)

    @method
    def cross(self, other: Any, dim: int | None = None) -> Self:
        """Vector product of 3-vectors along `dim`, broadcast over the others. Default: the first dim of size 3."""
        x, y = alike([self, other])
        if dim is None:
            sizes = np.broadcast_shapes(x._array.shape, y._array.shape)
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
        return apply(ops.cross, x, y, axis=dim)

    @method
    def kron(self, other: Any) -> Self:
        """Kronecker product: self with each element replaced by that element times `other`."""
        x, y = alike([self, other])
        n = max(x._array.ndim, y._array.ndim)
        a = (1,) * (n - x._array.ndim) + x._array.shape
        b = (1,) * (n - y._array.ndim) + y._array.shape
        product = x.reshape([size for i in a for size in (i, 1)]) * y.reshape([size for i in b for size in (1, i)])
        return product.reshape([i * j for i, j in zip(a, b, strict=True)])


def _blend(x: Any, product: Any, beta: float, alpha: float) -> Any:
    if alpha != 1:
        product = product * alpha
    if beta == 0:  # whatever stands in x counts nothing, NaN too; its shape and its gradient, zeros, do
        return product + where(np.zeros((), np.bool_), x, 0)
    return product + (x if beta == 1 else x * beta)


def linear(input: Any, weight: Any, bias: Any = None) -> Any:
    """input @ weight.T + bias.

    input (..., n), weight (m, n), bias (m) -> (..., m). One record, however many leading dimensions there are.
    Raises ShapeError if the sizes n differ ("mat1 and mat2 shapes cannot be multiplied ...").
    """
    try:
        x, w, b = input._array, weight._array, weight._array if bias is None else bias._array
        direct = (
            x.shape[-1] == w.shape[1] and (bias is None or b.shape == w.shape[:1]) and x.dtype == w.dtype == b.dtype
        )
    except (AttributeError, IndexError):  # arrays, or too few dimensions
        direct = False
    # shortcut: shapes and dtypes of all operands fit as they are
    if direct and w.ndim == 2:
        return apply(ops.linear, input, weight) if bias is None else apply(ops.linear, input, weight, bias)
    return _linear(*alike([input, weight] if bias is None else [input, weight, bias]))


def _linear(x: Any, weight: Any, *bias: Any) -> Any:
    """The same for operands that need some care: a vector as weight, a bias that is broadcast."""
    a, w = x._array, weight._array
    if w.ndim == 1:
        product = x @ weight
    elif w.ndim != 2 or a.ndim == 0 or a.shape[-1] != w.shape[1]:
        raise _misfit("linear", a.reshape(1, -1) if a.ndim == 1 else a, w.T)
    elif bias and bias[0]._array.shape == w.shape[:1]:
        return apply(ops.linear, x, weight, *bias)
    else:
        product = apply(ops.linear, x, weight)
    return product + bias[0] if bias else product


@takes_out
def chain_matmul(*matrices: Any) -> Any:
    """Product of several matrices, in the order that needs the fewest multiplications."""
    return multi_dot(matrices)


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
    return LinAlg.kron(a, b)


@implements(np.cross)
def _cross(a: Any, b: Any, axisa: int = -1, axisb: int = -1, axisc: int = -1, axis: int | None = None) -> Any:
    if axis is not None:
        axisa = axisb = axisc = axis
    a, b = np.moveaxis(operand(a), axisa, -1), np.moveaxis(operand(b), axisb, -1)
    wide = [x._array.shape[-1] for x in (a, b)]
    if sorted(wide) not in ([2, 2], [2, 3], [3, 3]):
        raise ValueError("incompatible dimensions for cross product\n(dimension must be 2 or 3)")
    if wide == [3, 3]:
        return np.moveaxis(LinAlg.cross(a, b, -1), -1, axisc)
    if wide == [2, 2]:
        return a[..., 0] * b[..., 1] - a[..., 1] * b[..., 0]
    a, b = (np.pad(x, [(0, 0)] * (x._array.ndim - 1) + [(0, 3 - n)]) for x, n in zip((a, b), wide))
    return np.moveaxis(LinAlg.cross(a, b, -1), -1, axisc)


@implements(np.linalg.multi_dot)
def _multi_dot(arrays: Any) -> Any:
    return multi_dot(arrays)
