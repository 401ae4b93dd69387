"""Batch rules of operations that pick and place elements; indices may be mapped, too."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..ops.index import embedding, getitem
from ..ops.shape import inverse, transpose
from ..tensors.core import StandIn
from ..tensors.run import apply
from .arrays import aligned
from .mapped import Mapped, named, refused
from .rules import Rule, all_of, lead, rank, run, shape_of


def _parts(index: Any, ndim: int) -> list[Any]:
    """An index with its dots written out, and arrays of places for masks."""
    parts: list[Any] = []
    for part in index if type(index) is tuple else (index,):
        if isinstance(part, np.ndarray) and part.dtype.kind == "b":
            if isinstance(part, StandIn):
                raise refused(
                    "elements are picked by a mask that is mapped over", "Their number differs: use where(mask, a, b)."
                )
            parts.extend(np.nonzero(part) if part.ndim else [None] if part else [slice(0, 0)])
        else:
            parts.append(part)
    used = sum(part is not None and part is not ... for part in parts)
    rest = [slice(None)] * (ndim - used)
    at = next((k for k, part in enumerate(parts) if part is ...), len(parts))
    return [*parts[:at], *rest, *[part for part in parts[at + 1 :] if part is not ...]]


def placed(batch: Any, index: Any, ndim: int, on: bool) -> tuple[Any, Any]:
    """An index into all slices of a value with `ndim` axes, and how the axes of what it picks are to be exchanged.

    on   is the value mapped, so that it has one more axis in front? None for axes: they are in order
    """
    parts = _parts(index, ndim)
    listed = [k for k, part in enumerate(parts) if isinstance(part, np.ndarray)]
    if not listed:
        return (slice(None), *parts), None
    listed = [k for k, part in enumerate(parts) if isinstance(part, (np.ndarray, int))]
    adjacent = listed[-1] - listed[0] == len(listed) - 1
    width = max(np.ndim(parts[k]) for k in listed)  # axes of what the arrays pick
    rest = len(parts) - len(listed)
    before = sum(k < listed[0] for k in range(len(parts))) if adjacent else 0
    if not any(batch.holds(parts[k]) for k in listed):
        if adjacent:
            return (slice(None), *parts), None
        axes = [width, *range(width), *range(width + 1, width + 1 + rest)]
        return (slice(None), *parts), tuple(axes)
    whole = [aligned(batch, part, width + 1) if batch.holds(part) else part for part in parts]
    front = range(1, width + 1)
    if not on:
        axes = [before, *range(before), *range(before + 1, before + 1 + width + rest - before)]
        return tuple(whole), tuple(axes) if adjacent and before else None
    slices = np.arange(batch.size).reshape(batch.size, *[1] * width)
    if adjacent and before == 0:
        return (slices, *whole), None
    others = range(width + 1, width + 1 + rest)
    return (slices, *whole), (0, *others[:before], *front, *others[before:])


def _turned(z: Any, axes: Any) -> Any:
    return z if axes is None else apply(transpose, z, axes=axes)


def _getitem(batch: Any, op: Any, given: Any, on: Any, settings: Any) -> Any:
    index, axes = placed(batch, settings["index"], rank(given[0], on[0]), on[0])
    picking = getitem if axes is not None else op
    return _turned(apply(picking, given[0], index=index), axes), ()


def _values(batch: Any, v: Any, on: bool, shape: tuple[int, ...], axes: Any) -> Any:
    """What is written to elements that are picked, with their `shape` in a slice: all slices, in the order of axes."""
    extra = rank(v, on) - len(shape)
    if extra > 0:  # leading axes of size 1, which an assignment ignores
        v = v.reshape((*shape_of(v)[:on], *shape_of(v)[on + extra :]))
    if not on and axes is None:
        return v
    v = lead(all_of(batch, v, on), len(shape) + 1)
    return v if axes is None else apply(transpose, v, axes=inverse(axes))


def _shape_of_picked(index: Any, shape: tuple[int, ...]) -> tuple[int, ...]:
    """The shape of what an index picks from a slice."""
    parts = index if type(index) is tuple else (index,)
    parts = tuple([np.zeros(part.shape, np.intp) if type(part) is Mapped else part for part in parts])
    return np.broadcast_to(np.empty((), bool), shape)[parts].shape


def _put(batch: Any, op: Any, given: Any, on: Any, settings: Any) -> Any:
    shape = settings["shape"]
    index, axes = placed(batch, settings["index"], len(shape), True)
    target = _shape_of_picked(settings["index"], shape)
    v = _values(batch, all_of(batch, given[0], on[0]), True, target, axes)
    return run(op, [v], {"index": index, "shape": (batch.size, *shape)})


def _write(batch: Any, op: Any, given: Any, on: Any, settings: Any) -> Any:
    x = all_of(batch, given[0], on[0])
    shape = shape_of(x)[1:]
    index, axes = placed(batch, settings["index"], len(shape), True)
    inputs = [x]
    if len(given) > 1:
        target = _shape_of_picked(settings["index"], shape)
        v = given[1]
        if op.name == "scatter_extreme":
            v, on = all_of(batch, v, on[1]), [True, True]
        inputs.append(_values(batch, v, on[1], target, axes))
    return run(op, inputs, {**settings, "index": index})


def _embedding(batch: Any, op: Any, given: Any, on: Any, settings: Any) -> Any:
    index, padding, scale = settings["index"], settings.get("padding_idx"), settings.get("scale")
    if batch.holds(scale):
        scale = aligned(batch, scale, np.ndim(index) + 2)
    if not on[0]:
        whole = index._tensor._array if batch.holds(index) else np.broadcast_to(index, (batch.size, *index.shape))
        return run(op, given, {"index": whole, "padding_idx": padding, "scale": scale})
    rows, width = shape_of(given[0])[1:]
    offsets = (np.arange(batch.size) * rows).reshape(batch.size, *[1] * np.ndim(index))
    whole = (aligned(batch, index, np.ndim(index) + 1) if batch.holds(index) else index) + offsets
    z = apply(embedding, given[0].reshape(batch.size * rows, width), index=whole, scale=scale)
    if padding is not None:
        z = np.where((whole - offsets == padding % rows)[..., None], z.detach(), z)
    return z, ()


def _unpooled(batch: Any, op: Any, given: Any, on: Any, settings: Any) -> Any:
    x, shape, index = all_of(batch, given[0], on[0]), settings["shape"], settings["index"]
    whole = aligned(batch, index, np.ndim(index) + 1) if batch.holds(index) else index
    offsets = (np.arange(batch.size) * math.prod(shape)).reshape(batch.size, *[1] * np.ndim(index))
    return run(op, [x], {"index": whole + offsets, "shape": (batch.size, *shape)})


def _put_winners(batch: Any, op: Any, given: Any, on: Any, settings: Any) -> Any:
    x, place = all_of(batch, given[0], on[0]), settings["place"]
    place = place._tensor._array if batch.holds(place) else np.broadcast_to(place, shape_of(x))
    return run(op, [x], {**settings, "place": place, "shape": (batch.size, *settings["shape"])})


RULES: dict[str, Rule] = {
    "getitem": _getitem,
    "put": _put,
    "embedding": _embedding,
    "max_unpool": _unpooled,
    "put_winners": _put_winners,
    **named("add_to set_at zero_at scatter_extreme", _write),
}

__all__ = ["RULES", "placed"]
