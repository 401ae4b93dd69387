"""Ops that pick and place elements: value and rules side by side.

An `index` is what NumPy takes between the brackets, without Tensors: an int, a slice, None, an Ellipsis, a boolean or
integer array, or a tuple of them. Picking and adding are each other's derivative, so the family is closed.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from kernels.along.gather import add_rows
from kernels.machine.fast import SIZES

from ..broadcast import unbroadcast
from ..op import Op, op

_ALL = slice(None)

# ------------------------------------------------------------------------------------------------- pick and add


def add_at(total: Any, v: Any, index: Any) -> None:
    """total[index] += v, in place, where an element that is named twice receives twice."""
    parts = index if type(index) is tuple else (index,)
    if not any(_lists(part) for part in parts):
        total[index] += v
        return
    arrays = [_lists(part) or type(part) is int for part in parts]
    first = arrays.index(True)
    # shortcut: integers and arrays of them, side by side, behind whole axes, in a contiguous array: flat positions
    whole = all(type(part) is slice and part == _ALL for part in parts[:first])
    if whole and all(arrays[first:]) and total.flags.c_contiguous:
        last = len(parts)
        below = total.shape[last:]
        places = positions(parts[first:], total.shape[:last], first)
        width = math.prod(below)
        if places.size * width < SIZES["rows"].least:
            # NumPy adds at positions in flat memory several times faster than it adds rows: spell out every position
            if below:
                places = np.add.outer(places * width, np.arange(width).reshape(below))
            each = v if v.shape == places.shape else np.broadcast_to(v, places.shape)
            np.add.at(total.reshape(-1), places.reshape(-1), each.reshape(-1))
        elif total.size:
            values = np.broadcast_to(v, (*places.shape, *below)).astype(total.dtype, copy=False)
            add_rows(total.reshape(-1, width), places.reshape(-1), values.reshape(-1, width))
    else:
        np.add.at(total, index, v)


def _lists(part: Any) -> bool:
    """May this part of an index name an element twice?"""
    return isinstance(part, np.ndarray) and part.dtype.kind in "iu"


def positions(arrays: tuple[Any, ...], shape: tuple[int, ...], first: int) -> Any:
    """Positions in row-major memory of x[:, ..., :, *arrays] with `first` colons, for x of `shape`; shaped like it."""
    last = first + len(arrays)
    places = np.zeros((), np.intp)
    for array, size in zip(arrays, shape[first:last], strict=True):
        places = places * size + (array % size if size else array)  # negative ones count from the end
    below = math.prod(shape[last:])
    if below != 1 or shape[last:]:
        places = np.add.outer(places * below, np.arange(below).reshape(shape[last:]))
    if first:
        block = math.prod(shape[first:])
        outside = np.arange(math.prod(shape[:first])).reshape(shape[:first])
        places = np.add.outer(outside * block, places)
    return places


@op("getitem", dx=lambda dz, x_shape, index: put(dz, index=index, shape=x_shape), into={"x": add_at})
def getitem(x: Any, *, index: Any) -> Any:
    """x[index]"""
    return x[index]


viewed = Op("getitem", getitem.forward, dict(getitem.rules), into=dict(getitem.into), view=True)
"""The same for an index of ints and slices, whose elements are a view."""


@op("put", dx=lambda dz, index: getitem(dz, index=index))
def put(x: Any, *, index: Any, shape: tuple[int, ...]) -> Any:
    """Zeros of `shape` with x added at `index`; elements that are named twice receive twice."""
    total = np.zeros(shape, x.dtype)
    add_at(total, x, index)
    return total


@op("add_to", dx=lambda dz: dz, dv=lambda dz, v_shape, index: fit(getitem(dz, index=index), v_shape))
def add_to(x: Any, v: Any, *, index: Any) -> Any:
    """A copy of x with v added at `index`; elements that are named twice receive twice."""
    z = np.array(x, order="C")
    add_at(z, v, index)
    return z


def fit(g: Any, shape: tuple[int, ...]) -> Any:
    """The cotangent of a value of `shape` that was written over the shape of `g`."""
    extra = max(len(shape) - len(g.shape), 0)  # leading axes of size 1 that an assignment ignores
    g = unbroadcast(g, shape[extra:])
    return np.reshape(g, shape) if extra else g


# -------------------------------------------------------------------------------------------------------- write


@op(
    "set_at",
    dx=lambda dz, index: zero_at(dz, index=index),
    dv=lambda dz, x_shape, v_shape, index: fit(kept(getitem(dz, index=index), x_shape, index), v_shape),
)
def set_at(x: Any, v: Any, *, index: Any) -> Any:
    """A copy of x with x[index] = v. Where an element is named twice the last write wins, and has the gradient."""
    z = np.array(x, order="C")
    z[index] = v
    return z


@op("zero_at", dx=lambda dz, index: zero_at(dz, index=index))
def zero_at(x: Any, *, index: Any) -> Any:
    """A copy of x with x[index] = 0."""
    z = np.array(x, order="C")
    z[index] = 0
    return z


def kept(g: Any, shape: tuple[int, ...], index: Any) -> Any:
    """`g`, the cotangent of values written at `index` into x of `shape`, without those that were overwritten again."""
    parts = index if type(index) is tuple else (index,)
    if not any(_lists(part) for part in parts):
        return g
    writer = np.zeros(shape, np.intp)
    numbers = np.arange(math.prod(g.shape)).reshape(g.shape)
    writer[index] = numbers
    lost = writer[index] != numbers
    return g if (~lost).all() else masked_fill(g, _ZERO, mask=lost)


_ZERO = np.zeros((), bool)  # of the least dtype: takes that of what it is written into


@op(
    "masked_fill",
    arrays=("mask",),
    broadcasts=True,
    dx=lambda dz, mask: masked_fill(dz, _ZERO, mask=mask),
    dv=lambda dz, mask: masked_fill(dz, _ZERO, mask=~mask),
)
def masked_fill(x: Any, v: Any, *, mask: Any) -> Any:
    """v where `mask`, else x; v is broadcast and takes x's dtype."""
    return np.where(mask, v.astype(x.dtype, copy=False), x)


# ---------------------------------------------------------------------------------------------------- embedding


def _embedding_gradient(dz: Any, shape: tuple[int, ...], index: Any, padding_idx: int | None, scale: Any) -> Any:
    g = put(dz if scale is None else dz * scale, index=index, shape=shape)
    return g if padding_idx is None else zero_at(g, index=padding_idx)


def _embedding_into(total: Any, dz: Any, index: Any, padding_idx: int | None, scale: Any) -> None:
    before = None if padding_idx is None else total[padding_idx].copy()
    add_at(total, dz if scale is None else dz * scale, index)
    if padding_idx is not None:
        total[padding_idx] = before


def _as_weighed(inputs: Any, settings: Any) -> Any:
    (w,), padding_idx, scale = inputs, settings.get("padding_idx"), settings.get("scale")
    if padding_idx is not None:
        w = zero_at(w, index=padding_idx)
    if scale is not None:
        weights = np.ones((len(w), 1), w.dtype)
        weights[settings["index"]] = scale
        w = w * weights
    return (w,), settings


@op(
    "embedding",
    dw=lambda dz, w_shape, index, padding_idx, scale: _embedding_gradient(dz, w_shape, index, padding_idx, scale),
    into={"w": _embedding_into},
    anew=_as_weighed,
)
def embedding(w: Any, *, index: Any, padding_idx: int | None = None, scale: Any = None) -> Any:
    """z[n] = w[index[n]]. Row `padding_idx` gets no gradient; `scale`, of shape (*index.shape, 1), weighs it."""
    return np.take(w, index, axis=0)


# ------------------------------------------------------------------------------------------------ extreme writes


@op(
    "scatter_extreme",
    kinks=True,
    keeps=("x_share", "v_share"),
    dx=lambda dz, x_share: dz * x_share,
    dv=lambda dz, v_share, index: getitem(dz, index=index) * v_share,
)
def scatter_extreme(x: Any, v: Any, *, index: Any, largest: bool) -> Any:
    """The largest (or smallest) of x[index] and the v's written there. Equal ones share the gradient, which is kept."""
    z = x.copy(order="C")
    (np.maximum if largest else np.minimum).at(z, index, v)
    x_ties, v_ties = x == z, np.asarray(v == z[index])
    count = np.maximum(x_ties + put(v_ties.astype(np.intp), index=index, shape=x.shape), 1)
    return z, (x_ties / count).astype(x.dtype), (v_ties / count[index]).astype(x.dtype)
