"""Joining Tensors of several numbers of dimensions, and bringing them to one shape."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from ..errors import SettingError, ShapeError
from .core import T, wrap
from .join import cat, of_dtype, stack
from .method import implements
from .out import takes_out
from .promotion import alike


@takes_out
def hstack(tensors: Iterable[T]) -> T:
    """Side by side: along dimension 1, or along dimension 0 if they are 1-d or 0-d."""
    xs = [atleast_1d(x) for x in tensors]
    return cat(xs, 0 if xs and xs[0]._array.ndim == 1 else 1)


@takes_out
def vstack(tensors: Iterable[T]) -> T:
    """One below the other: along dimension 0; 1-d Tensors are rows."""
    return cat([atleast_2d(x) for x in tensors], 0)


row_stack: Any = vstack


@takes_out
def dstack(tensors: Iterable[T]) -> T:
    """One behind the other: along dimension 2."""
    return cat([atleast_3d(x) for x in tensors], 2)


@takes_out
def column_stack(tensors: Iterable[T]) -> T:
    """Side by side: along dimension 1; 1-d Tensors are columns."""
    xs = [atleast_1d(x) for x in tensors]
    return cat([x.unsqueeze(1) if x._array.ndim == 1 else x for x in xs], 1)


def _each(function: Any, tensors: tuple[Any, ...]) -> Any:
    """f(x) for one, a tuple of results for several or for a sequence."""
    if len(tensors) == 1 and not isinstance(tensors[0], (tuple, list)):
        return function(alike(tensors)[0])
    return tuple([function(alike([x])[0]) for x in (tensors[0] if len(tensors) == 1 else tensors)])


def atleast_1d(*tensors: Any) -> Any:
    """0-d as 1-d, others as they are. One Tensor, several, or a sequence of them: then a tuple is returned."""
    return _each(lambda x: x if x._array.ndim else x.reshape(1), tensors)


def atleast_2d(*tensors: Any) -> Any:
    """With missing leading dimensions of size 1. For several, or a sequence of them, a tuple is returned."""
    return _each(lambda x: x if x._array.ndim > 1 else x.reshape(1, -1 if x._array.size else 0), tensors)


def atleast_3d(*tensors: Any) -> Any:
    """0-d as (1, 1, 1), (n,) as (1, n, 1), (m, n) as (m, n, 1), others as they are. As `atleast_2d` otherwise."""
    return _each(lambda x: x if x._array.ndim > 2 else atleast_2d(x).unsqueeze(2), tensors)


def block_diag(*tensors: Any) -> Any:
    """A matrix of zeros with the given matrices along its diagonal; 1-d Tensors are rows."""
    blocks = [atleast_2d(x) for x in alike(tensors)]
    for position, block in enumerate(blocks):
        if block._array.ndim > 2:
            raise ShapeError(
                f"block_diag: Input tensors must have 2 or fewer dimensions. Input {position} has {block._array.ndim}"
            )
    width, left, rows = sum(block._array.shape[1] for block in blocks), 0, []
    for block in blocks:
        (height, columns), dtype = block._array.shape, block._array.dtype
        right = width - left - columns
        rows.append(cat([np.zeros((height, left), dtype), block, np.zeros((height, right), dtype)], 1))
        left += columns
    return cat(rows, 0) if rows else wrap(np.zeros((1, 0), np.float32))


def broadcast_shapes(*shapes: Any) -> tuple[int, ...]:
    """The shape that Tensors of these shapes have after broadcasting."""
    try:
        return np.broadcast_shapes(*shapes)
    except ValueError:
        raise ShapeError(
            "broadcast_shapes: Shape mismatch: objects cannot be broadcast to a single shape, got "
            + ", ".join(map(str, shapes))
        ) from None


def broadcast_tensors(*tensors: Any) -> tuple[Any, ...]:
    """Each Tensor expanded to the shape that they have in common."""
    xs = [alike([x])[0] for x in tensors]
    shape = broadcast_shapes(*[x._array.shape for x in xs])
    return tuple([x.expand(shape) for x in xs])


def meshgrid(*tensors: Any, indexing: str = "ij") -> tuple[Any, ...]:
    """The coordinates of all combinations of 1-d Tensors, one grid per Tensor, as views.

    indexing   "ij": dimension k of each grid runs over tensors[k]; "xy": the first two dimensions are exchanged
    """
    if len(tensors) == 1 and isinstance(tensors[0], (tuple, list)):
        tensors = tuple(tensors[0])
    if indexing not in ("ij", "xy"):
        raise SettingError(f'meshgrid: indexing must be one of "xy" or "ij", but received: {indexing}')
    xs = [alike([x])[0] for x in tensors]
    if any(x._array.ndim > 1 for x in xs):
        raise ShapeError(
            f"meshgrid: Expected 0D or 1D tensor in the tensor list but got: {[x._array.shape for x in xs]}"
        )
    shape = tuple([x._array.size for x in xs])
    grids = [
        x.reshape(*[1] * position, shape[position], *[1] * (len(xs) - position - 1)).expand(shape)
        for position, x in enumerate(xs)
    ]
    return tuple([grid.transpose(0, 1) for grid in grids] if indexing == "xy" and len(xs) > 1 else grids)


def cartesian_prod(*tensors: Any) -> Any:
    """Each combination of elements of 1-d Tensors as a row; a single Tensor as it is."""
    if len(tensors) == 1:
        only = alike(tensors)[0]
        if only._array.ndim > 1:
            raise ShapeError(f"cartesian_prod: Expect a 1D vector, but got shape {list(only._array.shape)}")
        return only
    return stack([grid.reshape(-1) for grid in meshgrid(*alike(tensors))], 1)


# ------------------------------------------------------------------------------------------------ NumPy's functions


@implements(np.hstack)
def _hstack(tup: Any, *, dtype: Any = None, casting: Any = "same_kind") -> Any:
    return of_dtype(hstack(tup), dtype, casting)


@implements(np.vstack)
def _vstack(tup: Any, *, dtype: Any = None, casting: Any = "same_kind") -> Any:
    return of_dtype(vstack(tup), dtype, casting)


@implements(np.dstack)
def _dstack(tup: Any) -> Any:
    return dstack(tup)


@implements(np.column_stack)
def _column_stack(tup: Any) -> Any:
    return column_stack(tup)


@implements(np.atleast_1d)
def _atleast_1d(*arys: Any) -> Any:
    return atleast_1d(*arys)


@implements(np.atleast_2d)
def _atleast_2d(*arys: Any) -> Any:
    return atleast_2d(*arys)


@implements(np.atleast_3d)
def _atleast_3d(*arys: Any) -> Any:
    return atleast_3d(*arys)


@implements(np.broadcast_arrays)
def _broadcast_arrays(*args: Any) -> tuple[Any, ...]:
    return broadcast_tensors(*args)


@implements(np.meshgrid)
def _meshgrid(*xi: Any, indexing: str = "xy") -> list[Any]:
    return [*meshgrid(*xi, indexing=indexing)]
