"""Methods of NumPy's ufuncs on Tensors: `np.add.reduce`, `.accumulate`, `.outer`, `.reduceat` and `.at`.

Of binary ufuncs with a rule. `accumulate` and `reduceat` need a reduction: add, multiply, maximum, minimum.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..tensors.core import Core, wrap
from ..tensors.join import stack
from ..tensors.method import ufunc_methods, ufuncs
from .arguments import tensor_of, value_of

WHOLES: dict[Any, Any] = {np.add: np.sum, np.multiply: np.prod, np.maximum: np.max, np.minimum: np.min}
NEUTRAL: dict[Any, float] = {np.add: 0.0, np.multiply: 1.0, np.maximum: -np.inf, np.minimum: np.inf}


def _reduce(
    ufunc: Any,
    x: Any,
    axis: Any = 0,
    dtype: Any = None,
    out: None = None,
    keepdims: bool = False,
    initial: Any = np._NoValue,
    where: Any = True,
) -> Any:
    if ufunc not in WHOLES:
        return NotImplemented
    x = tensor_of(x) if dtype is None else tensor_of(x).to(np.dtype(dtype))
    if where is not True:
        if ufunc in (np.maximum, np.minimum) and initial is np._NoValue:
            raise ValueError(
                f"reduction operation '{ufunc.__name__}' does not have an identity, so to use a where mask"
            )
        x = np.where(tensor_of(where), x, wrap(np.asarray(NEUTRAL[ufunc], x._array.dtype)))
    z = WHOLES[ufunc](x, axis=axis, keepdims=keepdims)
    return z if initial is np._NoValue else ufunc(z, _like(initial, z))


def _like(value: Any, z: Any) -> Any:
    """A Tensor of another's dtype."""
    return value.to(z._array.dtype) if isinstance(value, Core) else wrap(np.asarray(value, z._array.dtype))  # type: ignore[attr-defined]


def _accumulate(ufunc: Any, x: Any, axis: int = 0, dtype: Any = None, out: None = None) -> Any:
    x = tensor_of(x) if dtype is None else tensor_of(x).to(np.dtype(dtype))
    if ufunc is np.add or ufunc is np.multiply:
        return (np.cumsum if ufunc is np.add else np.cumprod)(x, axis=axis)
    if ufunc is np.maximum or ufunc is np.minimum:
        best: Any = ufunc.accumulate(x._array, axis)
        fresh: Any = np.ones(best.shape, bool)  # where the running extreme is the element itself, and not one before it
        moved, after = np.moveaxis(fresh, axis, -1), np.moveaxis(best, axis, -1)
        moved[..., 1:] = after[..., 1:] != after[..., :-1]
        place = np.where(moved, np.arange(moved.shape[-1]), 0)
        place = np.moveaxis(np.maximum.accumulate(place, -1), -1, axis)
        return np.take_along_axis(x, wrap(place), axis)
    return NotImplemented


def _outer(ufunc: Any, x: Any, y: Any, **options: Any) -> Any:
    if ufunc not in ufuncs or ufunc.nin != 2:
        return NotImplemented
    x, y = tensor_of(x), tensor_of(y)
    return ufunc(x.reshape((*x._array.shape, *[1] * y._array.ndim)), y, **options)


def _reduceat(ufunc: Any, x: Any, indices: Any, axis: int = 0, dtype: Any = None, out: None = None) -> Any:
    if ufunc not in WHOLES:
        return NotImplemented
    x = tensor_of(x) if dtype is None else tensor_of(x).to(np.dtype(dtype))
    places = value_of(indices)
    ufunc.reduceat(x._array, places, axis)  # NumPy's own errors
    rows = np.moveaxis(x, axis, 0)
    ends = [*places.tolist()[1:], len(rows)]
    parts = [WHOLES[ufunc](rows[i : max(j, i + 1)], axis=0) for i, j in zip(places.tolist(), ends)]
    return np.moveaxis(stack(parts), 0, axis)


def _at(ufunc: Any, x: Any, indices: Any, values: Any = None) -> Any:
    """Into the Tensor, in place; indices that come again count again."""
    if not isinstance(x, Core) or ufunc is not np.add or values is None:
        return NotImplemented
    index = indices if isinstance(indices, tuple) else (indices,)
    places = tuple([wrap(np.asarray(value_of(each))) for each in index])
    shape = x._array[tuple([value_of(each) for each in index])].shape
    filled = np.broadcast_to(tensor_of(values).to(x._array.dtype), shape)
    x.index_put_(places, filled, accumulate=True)  # type: ignore[attr-defined]
    return None


ufunc_methods.update(reduce=_reduce, accumulate=_accumulate, outer=_outer, reduceat=_reduceat, at=_at)
