"""Diagonals and triangles."""

from __future__ import annotations

from typing import Any, Self

import numpy as np

from ..devices import check_device
from ..errors import ShapeError
from ..modes import state
from ..ops import shape as ops
from ..room import check_room
from .core import Core, int64
from .dims import normalize_dim
from .method import implements, method, refuse
from .new import dtype_of, made
from .options import makes
from .run import apply
from .views import view_of

_DIAGONAL = ops.diagonal.plan((0,))


def _diagonals(x: Any, offset: int, axes: tuple[int, int]) -> Any:
    if state.interpreter is not None:
        return apply(ops.diagonal, x, offset=offset, axes=axes)
    array = x._array
    z = ops.diagonal.forward(array, offset=offset, axes=axes)
    return view_of(x, z, _DIAGONAL, (array.shape, offset, axes), "", {"offset": offset, "axes": axes})


class Diagonal(Core):
    """Diagonals and triangles of the last, or of any two, dimensions."""

    __slots__ = ()

    @method
    def diagonal(self, offset: int = 0, dim1: int = 0, dim2: int = 1) -> Self:
        """The elements at [i, i + offset] of two dimensions, along a new last dimension. A view.

        offset > 0 lies above the main diagonal, offset < 0 below it.
        """
        shape = self._array.shape
        first, second = normalize_dim("diagonal", dim1, len(shape)), normalize_dim("diagonal", dim2, len(shape))
        if first == second:
            raise ShapeError(f"diagonal dimensions cannot be identical {dim1}, {dim2}")
        if offset:
            beyond = max(shape)  # where there is nothing, however far
            offset = max(-beyond, min(offset, beyond))
        return _diagonals(self, offset, (first, second))

    @method
    def diag(self, diagonal: int = 0) -> Self:
        """A vector as the diagonal of a square matrix of zeros; of a matrix, a copy of its diagonal."""
        if self._array.ndim == 1:
            return self.diag_embed(diagonal)
        if self._array.ndim == 2:
            return apply(ops.clone, self.diagonal(diagonal))
        raise ShapeError(f"diag(): Supports 1D or 2D tensors. Got {self._array.ndim}D")

    @method
    def diag_embed(self, offset: int = 0, dim1: int = -2, dim2: int = -1) -> Self:
        """Square matrices of zeros, in dimensions dim1 and dim2 of the result, with the last dimension on the diagonal.

        The matrices are as large as the diagonal at `offset` needs.
        """
        shape = self._array.shape
        if not shape:
            raise ShapeError("diag_embed: wanted at least one dimension, got a 0-d Tensor")
        n = len(shape) + 1
        axes = normalize_dim("diag_embed", dim1, n), normalize_dim("diag_embed", dim2, n)
        if axes[0] == axes[1]:
            raise ShapeError(f"diagonal dimensions cannot be identical {dim1}, {dim2}")
        full = [*shape[:-1]]
        for d in sorted(axes):
            full.insert(d, shape[-1] + abs(offset))
        check_room("diag_embed", full)
        return apply(ops.diagonal_embed, self, shape=tuple(full), offset=offset, axes=axes)

    @method
    def diagflat(self, offset: int = 0) -> Self:
        """All elements as the diagonal of a square matrix of zeros."""
        return self.reshape(-1).diag_embed(offset)  # type: ignore[attr-defined]

    def fill_diagonal_(self, fill_value: float, wrap: bool = False) -> Self:
        """Fill the main diagonal, x[i, i, ...], with a number. wrap: of a tall matrix, again after each square."""
        shape = self._array.shape
        if len(shape) < 2 or (len(shape) > 2 and len({*shape}) > 1):
            raise ShapeError(f"fill_diagonal_: wanted a matrix, or all dimensions of equal length, got {list(shape)}")
        rows = np.arange(shape[0] if wrap and len(shape) == 2 else min(shape))
        if len(shape) > 2:
            index: Any = (rows,) * len(shape)
        else:
            index = (rows, rows % (shape[1] + 1))
            index = tuple([part[index[1] < shape[1]] for part in index])
        self[index] = fill_value  # type: ignore[index]
        return self

    @method
    def trace(self) -> Self:
        """The sum of the main diagonal of a matrix."""
        if self._array.ndim != 2:
            raise ShapeError(f"trace: expected a matrix, but got tensor with dim {self._array.ndim}")
        return self.diagonal().sum()  # type: ignore[attr-defined]

    @method
    def tril(self, diagonal: int = 0) -> Self:
        """The lower triangles of the last two dimensions: zeros above the given diagonal."""
        return apply(ops.tril, _matrices("tril", self), k=diagonal)

    @method
    def triu(self, diagonal: int = 0) -> Self:
        """The upper triangles of the last two dimensions: zeros below the given diagonal."""
        return apply(ops.triu, _matrices("triu", self), k=diagonal)


def _matrices(function: str, x: Core) -> Core:
    if x._array.ndim < 2:
        raise ShapeError(f"{function}: input tensor must have at least 2 dimensions, got shape {x._array.shape}")
    return x


@makes
def tril_indices(
    row: int, col: int, offset: int = 0, *, dtype: Any = None, device: Any = None, requires_grad: bool = False
) -> Any:
    """Row and column numbers (2, n) of the elements on and below a diagonal of a (row, col) matrix, row by row."""
    check_device("tril_indices", device)
    check_room("tril_indices", (2, row, col))
    return made(np.array(np.tril_indices(row, offset, col), dtype_of("tril_indices", dtype, int64)), requires_grad)


@makes
def triu_indices(
    row: int, col: int, offset: int = 0, *, dtype: Any = None, device: Any = None, requires_grad: bool = False
) -> Any:
    """Row and column numbers (2, n) of the elements on and above a diagonal of a (row, col) matrix, row by row."""
    check_device("triu_indices", device)
    check_room("triu_indices", (2, row, col))
    return made(np.array(np.triu_indices(row, offset, col), dtype_of("triu_indices", dtype, int64)), requires_grad)


# ------------------------------------------------------------------------------------------------ NumPy's functions


@implements(np.diagonal)
def _diagonal(a: Any, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Any:
    return Diagonal.diagonal(a, offset, axis1, axis2)


@implements(np.diag)
def _diag(v: Any, k: int = 0) -> Any:
    return Diagonal.diag(v, k)


@implements(np.trace)
def _trace(a: Any, offset: int = 0, axis1: int = 0, axis2: int = 1, dtype: Any = None, out: None = None) -> Any:
    refuse("trace", out=out)
    return Diagonal.diagonal(a, offset, axis1, axis2).sum(-1, dtype=dtype)


@implements(np.tril)
def _tril(m: Any, k: int = 0) -> Any:
    return Diagonal.tril(m, k)


@implements(np.triu)
def _triu(m: Any, k: int = 0) -> Any:
    return Diagonal.triu(m, k)
