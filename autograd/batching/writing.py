"""Writes in place inside of a mapped function: to all slices at once.

A mapped Tensor is written to through the Tensor with one more axis in front, by the interpreter around: so the tape
sees an ordinary write. What is not mapped over has one memory for all slices: nothing that differs goes into it.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..errors import GraphError, InplaceError, ShapeError
from ..modes import state
from ..ops.shape import reshape
from ..tensors.core import Core, wrap
from ..tensors.rewrite import put, update
from ..tensors.run import apply
from . import arrays
from .mapped import mapped_in


def updated(batch: Any, tensor: Any, name: str, function: Any, args: Any, kwargs: Any) -> None:
    """Set `tensor` to function(its old value, *args, **kwargs): see `rewrite.update`."""
    if not batch.holds(tensor) and not any(x._batch is batch for x in mapped_in((args, kwargs))):
        with batch.outside():
            update(tensor, name, function, *args, **kwargs)
        return
    old = wrap(tensor._array, tensor._node)
    if state.tape is not None:
        old = old.clone()  # records may keep it
    result = function(old, *[old if x is tensor else x for x in args], **kwargs)
    write(batch, tensor, name, result)


def write(batch: Any, tensor: Any, name: str, result: Any) -> None:
    """Set a Tensor, in its memory, to `result`, which was computed from it."""
    if not batch.holds(tensor):
        if batch.holds(result):
            raise _differs(name)
        with batch.outside():
            tensor.copy_(result)
        return
    if tuple(result.shape) != tuple(tensor.shape):
        raise ShapeError(
            f"{name}: output with shape {list(tensor.shape)} doesn't match the broadcast shape {list(result.shape)}"
        )
    with batch.outside():
        batch.front(tensor).copy_(batch.front(result) if batch.holds(result) else result)
    _refresh(batch, tensor)


def put_at(batch: Any, tensor: Any, name: str, index: Any, value: Any) -> None:
    """tensor[index] = value: see `rewrite.put`."""
    indexed = any(x._batch is batch for x in mapped_in(index))
    if not batch.holds(tensor):
        if indexed or batch.holds(value):
            raise _differs(name)
        with batch.outside():
            put(tensor, name, index, value)
        return
    if indexed:
        from ..ops.index import set_at

        value = value if isinstance(value, Core) else wrap(np.asarray(value, tensor.dtype))
        write(batch, tensor, name, batch.call(set_at, (tensor, value), {"index": index}, False))
        return
    parts = (slice(None), *(index if type(index) is tuple else (index,)))
    with batch.outside():
        x = batch.front(tensor)
        if batch.holds(value):
            target = np.broadcast_to(np.empty((), bool), x._array.shape)[parts].ndim
            v = batch.front(value)
            lead = max(target - v._array.ndim, 0)
            value = apply(reshape, v, shape=(v._array.shape[0], *[1] * lead, *v._array.shape[1:]))
        put(x, name, parts, value)
    _refresh(batch, tensor)


def _differs(name: str) -> InplaceError:
    return InplaceError(
        f"vmap: {name}: a value that differs between the slices cannot be written into a Tensor that is not mapped "
        "over. Write out of place, or make the Tensor of one that is mapped: zeros_like(x)"
    )


def _refresh(batch: Any, tensor: Any) -> None:
    """After a write: what stands for slices of the same memory belongs to the record that computed it."""
    root = tensor
    while root._base is not None:
        root = root._base
    views = [view for reference in root._views or () if (view := reference()) is not None]
    for x in (tensor, root, *views):
        if batch.holds(x):
            x._node = x._array._tensor._node


def assign(batch: Any, array: Any, index: Any, value: Any) -> None:
    """array[index] = value for arrays that code of the library has made."""
    if any(x._batch is batch for x in mapped_in(index)) or not batch.holds(array):
        raise GraphError("vmap: values that differ between the slices cannot be written into an array of NumPy's")
    whole = array._tensor._array
    parts = index if type(index) is tuple else (index,)
    if batch.holds(value):
        value = arrays.aligned(batch, value, whole[(slice(None), *parts)].ndim)
    whole[(slice(None), *parts)] = value
