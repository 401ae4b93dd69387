"""Batch rules of losses: the examples of all slices are one batch."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..ops import reduce
from ..ops.shape import reshape
from ..tensors.run import apply
from .rules import Rule, all_of, shape_of


def _merged(batch: Any, setting: Any, ndim: int) -> Any:
    """A setting with a number per example of a slice, for the examples of all slices."""
    if not isinstance(setting, np.ndarray):
        return setting
    array: Any = setting
    whole = array._tensor._array if batch.holds(array) else np.broadcast_to(array, (batch.size, *array.shape))
    return whole.reshape(whole.shape[0] * whole.shape[1], *whole.shape[2:])


def _of_classes(batch: Any, op: Any, given: Any, on: Any, settings: Any) -> Any:
    """Cross-entropy and the like: a loss per example, added up within each slice if `total`."""
    x = all_of(batch, given[0], on[0])
    slices, count, *rest = shape_of(x)
    share, total = settings["share"], settings["total"]
    at_once = total and isinstance(share, float)  # after the sum, so that the mean over nothing is NaN
    own = {
        "target": _merged(batch, settings["target"], len(rest)),
        "share": 1.0 if at_once else _merged(batch, share, len(rest)),
        "total": False,
    }
    z = apply(op, apply(reshape, x, shape=(slices * count, *rest)), **own)
    if not total:
        return apply(reshape, z, shape=(slices, count, *rest[1:])), ()
    each = count * math.prod(rest[1:])
    if each != 1 or len(rest) > 1:
        z = apply(reshape, z, shape=(slices, each))
        z = apply(reduce.sum, z, axis=(1,), keepdims=False)
    return (z * share if at_once and share != 1.0 else z), ()


def _ctc(batch: Any, op: Any, given: Any, on: Any, settings: Any) -> Any:
    x = all_of(batch, given[0], on[0])
    slices, steps, count, classes = shape_of(x)
    own = {name: _merged(batch, value, 0) for name, value in settings.items()}
    frames = x.permute(1, 0, 2, 3).reshape(steps, slices * count, classes)
    return apply(op, frames, **own).reshape(slices, count), ()


RULES: dict[str, Rule] = {"cross_entropy": _of_classes, "nll": _of_classes, "ctc": _ctc}
