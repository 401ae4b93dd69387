"""Batch rules of matrix products."""

from __future__ import annotations

import math
from typing import Any

from ..ops.each import linear_each
from ..ops.einsum import einsum
from ..ops.shape import reshape
from ..tensors.run import apply
from .rules import Rule, all_of, lead, rank, run, shape_of


def each_times(batch: Any, x: Any, w: Any, bias: Any = None) -> Any:
    """x @ w.T + bias of each slice: x (B, ..., I), w (B, O, I), bias (B, O)."""
    shape = shape_of(x)
    if len(shape) == 3:
        return apply(linear_each, x, w, bias)
    rows = math.prod(shape[1:-1])
    z = apply(linear_each, apply(reshape, x, shape=(batch.size, rows, shape[-1])), w, bias)
    return apply(reshape, z, shape=(batch.size, *shape[1:-1], shape_of(w)[1]))


def _linear(batch: Any, op: Any, given: Any, on: Any, settings: Any) -> Any:
    x, w, bias = (*given, None)[:3]
    x_on, w_on, bias_on = (*on, False)[:3]
    if w_on:
        return each_times(batch, all_of(batch, x, x_on), w, all_of(batch, bias, bias_on)), ()
    z = run(op, [all_of(batch, x, x_on), w, None if bias_on else bias], {})[0]
    return (z + lead(bias, len(shape_of(z))) if bias_on else z), ()


def _matmul(batch: Any, op: Any, given: Any, on: Any, settings: Any) -> Any:
    (x, y), (x_on, y_on) = given, on
    p, q = rank(x, x_on), rank(y, y_on)
    if not y_on and q == 2:
        return run(op, [x, y], {})
    if not x_on and p <= 2 and q == 1:
        return apply(op, y, x.T if p == 2 else x), ()
    if x_on and y_on and q == 2:
        return each_times(batch, x, y.mT), ()
    if p == 1:
        x = apply(reshape, x, shape=(*shape_of(x)[:-1], 1, shape_of(x)[-1]))
    if q == 1:
        y = apply(reshape, y, shape=(*shape_of(y), 1))
    ndim = max(p, q, 2) + 1
    z = apply(op, lead(x, ndim) if x_on else x, lead(y, ndim) if y_on else y)
    shape = shape_of(z)
    if q == 1:
        z = apply(reshape, z, shape=(shape := shape[:-1]))
    if p == 1:
        z = apply(reshape, z, shape=(*shape[:-2], shape[-1]) if q > 1 else shape[:-1])
    return z, ()


def _einsum(batch: Any, op: Any, given: Any, on: Any, settings: Any) -> Any:
    inputs, output = settings["spec"]
    letter = next(c for c in _LETTERS if not any(c in part for part in (*inputs, output)))
    spec = tuple([letter * held + part for part, held in zip(inputs, on, strict=True)]), letter + output
    return apply(einsum, *given, spec=spec), ()


_LETTERS = "zyxwvutsrqponmlkjihgfedcbaZYXWVUTSRQPONMLKJIHGFEDCBA"

RULES: dict[str, Rule] = {"linear": _linear, "matmul": _matmul, "einsum": _einsum}
