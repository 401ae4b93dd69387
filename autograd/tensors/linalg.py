"""Products of matrices and vectors."""

from __future__ import annotations

import math
from typing import Any, Self

import numpy as np

from ..errors import ShapeError
from ..ops import linalg as ops
from .calls import binary, reflected
from .core import Array, Core, array_of, spec_of
from .method import method, ufuncs
from .promotion import alike
from .run import apply


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


def wanted(x: Any, ndim: int, message: str) -> None:
    """Raises unless x has `ndim` dimensions."""
    if spec_of(x).ndim != ndim:
        raise ShapeError(message)


class LinAlg(Core):
    """Products of matrices and vectors."""

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
        wanted(self, 2, "mm: self must be a matrix")
        wanted(mat2, 2, "mm: mat2 must be a matrix")
        return self.matmul(mat2)

    @method
    def bmm(self, mat2: Any) -> Self:
        """Products of matrices pair by pair, (b, m, n) and (b, n, p), without broadcasting."""
        wanted(self, 3, "bmm: batch1 must be a 3D tensor")
        wanted(mat2, 3, "bmm: batch2 must be a 3D tensor")
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
        from .einsum import tensordot  # few programs need it

        return tensordot(self, other, ([-1], [-1]))

    @method
    def outer(self, vec2: Any) -> Self:
        """All products of an element of one vector and an element of another, (m, n)."""
        wanted(self, 1, f"outer: Expected 1-D argument self, but got {self._array.ndim}-D")
        wanted(vec2, 1, f"outer: Expected 1-D argument vec2, but got {spec_of(vec2).ndim}-D")
        return self.reshape(-1, 1) * vec2  # type: ignore[attr-defined]

    ger = outer


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
