"""Batch rules of operations that rearrange: one more axis in shapes and numbers of axes."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..ops.index import getitem, put
from ..ops.reduce import amax
from ..ops.shape import positions
from ..tensors.core import wrap
from ..tensors.run import apply
from .arrays import moved
from .mapped import named
from .rules import Rule, lead, run, shape_of


def _reshape(batch: Any, op: Any, given: Any, on: Any, settings: Any) -> Any:
    return run(op, given, {"shape": (batch.size, *settings["shape"])})


def _expand(batch: Any, op: Any, given: Any, on: Any, settings: Any) -> Any:
    shape = settings["shape"]
    return run(op, [lead(given[0], len(shape) + 1)], {"shape": (batch.size, *shape)})


def _transpose(batch: Any, op: Any, given: Any, on: Any, settings: Any) -> Any:
    axes = settings["axes"]
    return run(op, given, {"axes": (0, *moved(tuple(axes), len(axes)))})


def _tile(batch: Any, op: Any, given: Any, on: Any, settings: Any) -> Any:
    reps = tuple(settings["reps"])
    x = lead(given[0], len(reps) + 1)
    return run(op, [x], {"reps": (1, *[1] * (len(shape_of(x)) - 1 - len(reps)), *reps)})


def _diagonal(batch: Any, op: Any, given: Any, on: Any, settings: Any) -> Any:
    settings = {**op.defaults, **settings}
    ndim = len(settings["shape"]) if op.name == "diagonal_embed" else len(shape_of(given[0])) - 1
    settings["axes"] = moved(tuple(settings["axes"]), ndim)
    if op.name == "diagonal_embed":
        settings["shape"] = (batch.size, *settings["shape"])
    return run(op, given, settings)


def _restride(batch: Any, op: Any, given: Any, on: Any, settings: Any) -> Any:
    """Through a row of memory for each slice."""
    count = settings["count"]
    index = (slice(None), positions(settings["source"]))
    memory = apply(put, given[0], index=index, shape=(batch.size, count))
    return apply(getitem, memory, index=(slice(None), positions(settings["target"]))), ()


def _pad(batch: Any, op: Any, given: Any, on: Any, settings: Any) -> Any:
    return run(op, given, {**settings, "widths": ((0, 0), *settings["widths"])})


def _resample(batch: Any, op: Any, given: Any, on: Any, settings: Any) -> Any:
    ndim = len(shape_of(given[0])) - 1
    settings = {**settings, "taps": tuple([(moved(axis, ndim), sums) for axis, sums in settings["taps"]])}
    if "shape" in settings:
        settings["shape"] = (batch.size, *settings["shape"])
    return run(op, given, settings)


def _median(batch: Any, op: Any, given: Any, on: Any, settings: Any) -> Any:
    """The element in the middle of each slice, in order; found by sorting; equal ones share its gradient."""
    x = given[0]
    flat = x.reshape(batch.size, -1)
    values = flat.detach()._array
    size = values.shape[1]
    if size == 0:
        return batch.whole(wrap(np.asarray(np.nan, values.dtype))), ()
    nans = np.isnan(values)
    order = np.argsort(values, axis=1, kind="stable")  # NaN at the end
    known = size - nans.sum(1)
    if not settings.get("ignore_nan", False):
        place = np.where(known < size, size - 1, (size - 1) // 2)
    else:
        place = np.where(known == 0, size - 1, (np.maximum(known, 1) - 1) // 2)
    rows = np.arange(batch.size)
    picked = values[rows, order[rows, place]]
    hits = (values == picked[:, None]) | (nans & np.isnan(picked)[:, None])
    return apply(amax, np.where(hits, flat, np.asarray(-np.inf, values.dtype)), axis=1), ()


RULES: dict[str, Rule] = {
    "reshape": _reshape,
    "expand": _expand,
    "transpose": _transpose,
    "tile": _tile,
    "diagonal": _diagonal,
    "diagonal_embed": _diagonal,
    "as_strided": _restride,
    "restride": _restride,
    "median": _median,
    **named("pad pad_edges fold_edges", _pad),
    **named("resample resample_back", _resample),
}
