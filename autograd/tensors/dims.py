"""Dimensions as users give them, made non-negative; PyTorch's sentences for those that do not fit."""

from __future__ import annotations

import operator
from typing import Any

from ..errors import ShapeError


def normalize_dim(function: str, dim: Any, ndim: int) -> int:
    """`dim` in 0 .. ndim - 1; negative ones count from the end. A 0-d Tensor counts as having one dimension.

    >>> normalize_dim("sum", -1, 3)
    2
    >>> normalize_dim("sum", 2, 2)
    Traceback (most recent call last):
    autograd.errors.ShapeError: sum: Dimension out of range (expected to be in range of [-2, 1], but got 2)
    """
    if type(dim) is int and -ndim <= dim < ndim:
        return dim if dim >= 0 else dim + ndim
    try:
        dim = operator.index(dim)
    except TypeError:
        raise TypeError(f"{function}: dim must be an int, got {type(dim).__name__}") from None
    size = ndim or 1
    if not -size <= dim < size:
        raise ShapeError(
            f"{function}: Dimension out of range (expected to be in range of [{-size}, {size - 1}], but got {dim})"
        )
    return int(dim % size)


def normalize_dims(function: str, dims: Any, ndim: int) -> tuple[int, ...]:
    """An int or several, as a tuple of different dimensions in 0 .. ndim - 1, in the order given."""
    normal: list[int] = []
    for dim in dims if isinstance(dims, (tuple, list)) else (dims,):
        d = normalize_dim(function, dim, ndim)
        if d in normal:
            raise ShapeError(f"{function}: dim {d} appears multiple times in the list of dims")
        normal.append(d)
    return tuple(normal)


def axis_of(function: str, dim: Any, ndim: int) -> int | tuple[int, ...] | None:
    """`dim` as NumPy's axis for a reduction: None for None, for () and for 0-d Tensors, which PyTorch reduces whole."""
    if dim is None:
        return None
    if isinstance(dim, (tuple, list)):
        dims = normalize_dims(function, dim, ndim)
        return dims if dims and ndim else None
    axis = normalize_dim(function, dim, ndim)
    return axis if ndim else None


def check_nonempty(function: str, shape: tuple[int, ...], axis: int | tuple[int, ...] | None) -> None:
    """Raise ShapeError if a reduction that has no value over no elements would meet that."""
    if axis is None:
        if 0 in shape:
            raise ShapeError(
                f"{function}(): Expected reduction dim to be specified for input.numel() == 0. Specify the reduction "
                f"dim with the 'dim' argument; the shape is {shape}"
            )
        return
    for a in axis if isinstance(axis, tuple) else (axis,):
        if shape and shape[a] == 0:
            raise ShapeError(f"{function}(): Expected reduction dim {a} to have non-zero size; the shape is {shape}")
