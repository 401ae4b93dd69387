"""Batch norm, ReLU and max pooling as one op each for what usually follows one another.

Less is written and kept than by the separate ops: ReLU needs nothing of its own for the way back, pooling a byte per
window. Values are the same bits. On Tensors the rules spread the cotangent out as the separate ops would, and leave the
rest to the rules of the norm.
"""

# mypy: no-warn-return-any, allow-untyped-decorators

from __future__ import annotations

import math
from typing import Any

import numpy as np

from kernels import channels, fused
from kernels.norm import WORTH_COMPILING

from ..op import Array, op
from .norm import _rule, factors, is_tensor, scale_rule, weight_slopes
from .pool import positions, put_winners

Sizes = tuple[int, ...]
Window = tuple[int, int]


def worthwhile(x: Array) -> bool:
    """Are there compiled loops for x, and is it large enough to load them?"""
    return x.size >= WORTH_COMPILING and x.dtype.char in "fd"


def _flat(x: Array) -> Array:
    return np.ascontiguousarray(x).reshape(*x.shape[:2], math.prod(x.shape[2:]))


def _scaling(w: Any, b: Any, mean: Array, rstd: Array, known: bool) -> Any:
    """m, s and t of z = (x - m) * s + t, bit for bit those of the value."""
    if known:
        return channels.known(*factors(w, b, mean, rstd))
    s = rstd if w is None else rstd * w
    return channels.Scaling(mean, s, np.zeros_like(s) if b is None else b, rstd, rstd)


def _filled(w: Any, b: Any, like: Array) -> tuple[Array, Array]:
    channels = like.shape[1]
    return (
        np.ones(channels, like.dtype) if w is None else np.ascontiguousarray(w),
        np.zeros(channels, like.dtype) if b is None else np.ascontiguousarray(b),
    )


def _through_norm(
    g: Any, x: Any, w: Any, mean: Array, rstd: Array, eps: float, known: bool, wanted: Sizes
) -> tuple[Any, Any, Any]:
    """Cotangents of x, w and b from that of the normalised array, all as Tensors."""
    if known:
        return scale_rule(g, x, w, mean, rstd, wanted)
    channels = x.shape[1]
    view, affine = (x.shape[0], channels, math.prod(x.shape[2:])), (1, channels, 1)
    return _rule(g, x, w, mean, rstd, view, (0, 2), affine, (channels,), eps, True, wanted)


# ------------------------------------------------------------------------------------------------ batch norm, ReLU


def _relu_rule(
    dz: Any, x: Any, w: Any, b: Any, mean: Array, rstd: Array, eps: float, known: bool, wanted: Sizes
) -> tuple[Any, Any, Any]:
    if not is_tensor(dz, x, w, b):
        by = _scaling(w, b, mean, rstd, known)
        dx = np.empty(x.shape, x.dtype)
        sums, products = channels.slopes(_flat(dz), _flat(x), by, known, True, _flat(dx))
        return dx, *weight_slopes(sums, products, mean - by.m, rstd)
    value, w_value, b_value = [getattr(part, "_array", part) for part in (x, w, b)]
    by = _scaling(w_value, b_value, mean, rstd, known)
    column = (-1, *[1] * (value.ndim - 2))
    z = (value - by.m.reshape(column)) * by.s.reshape(column) + by.t.reshape(column)
    g = dz * (~(z <= 0)).astype(value.dtype)  # NaN keeps its gradient
    return _through_norm(g, x, w, mean, rstd, eps, known, wanted)


def _anew(inputs: Any, settings: Any) -> Any:
    x, w, b = inputs
    mean, rstd = settings["mean"], settings["rstd"]
    if settings["known"]:
        return inputs, {**settings, "value": scaled_relu(x, w, b, mean, rstd)}
    value, mean, _, rstd = normalised_relu(x, w, b, settings["eps"])
    return inputs, {**settings, "value": value, "mean": mean, "rstd": rstd}


@op("batch_norm_relu", kinks=True, joint=_relu_rule, anew=_anew)
def batch_norm_relu(
    x: Array, w: Any, b: Any, *, value: Array, mean: Array, rstd: Array, eps: float, known: bool
) -> Array:
    """max((x - mean) * rstd * w + b, 0) per channel of x (N, C, *), which is `value`.

    known   mean and rstd (C,) are constants; else they are functions of x, and the rule differentiates them
    """
    return value


def normalised_relu(x: Array, w: Any, b: Any, eps: float) -> tuple[Array, Array, Array, Array]:
    """The value with the statistics of x, and mean, biased variance and rstd (C,)."""
    z, by = channels.values(_flat(x), *_filled(w, b, x), eps, True)
    return z.reshape(x.shape), by.m, by.var, by.rstd


def scaled_relu(x: Array, w: Any, b: Any, mean: Array, rstd: Array) -> Array:
    """The value with known statistics."""
    return channels.scaled(_flat(x), *factors(w, b, mean, rstd), True).reshape(x.shape)


# ------------------------------------------------------------------------------------ batch norm, ReLU, max pooling


def _pool_rule(
    dz: Any,
    x: Any,
    w: Any,
    b: Any,
    mean: Array,
    rstd: Array,
    eps: float,
    known: bool,
    window: Window,
    winner: Array,
    wanted: Sizes,
) -> tuple[Any, Any, Any]:
    if not is_tensor(dz, x, w, b):
        by = _scaling(w, b, mean, rstd, known)
        dz, x = np.ascontiguousarray(dz), np.ascontiguousarray(x)
        dx, sums, products = fused.slopes(dz, winner, x, by, known, window)
        return dx, *weight_slopes(sums, products, mean - by.m, rstd)
    dead = winner == window[0] * window[1]
    index = positions(_places(winner, window, x.shape), x.shape, 2)
    g = put_winners(dz * (~dead).astype(mean.dtype), index=index, shape=x.shape, apart=True)
    return _through_norm(g, x, w, mean, rstd, eps, known, wanted)


def _places(winner: Array, window: Window, shape: Sizes) -> Array:
    """Where the winners are, row-major within the last two axes of x; windows without one: any element of theirs."""
    number = winner.astype(np.int64) % (window[0] * window[1])
    row = np.arange(winner.shape[2]).reshape(-1, 1) * window[0] + number // window[1]
    return row * shape[3] + np.arange(winner.shape[3]) * window[1] + number % window[1]


def _pooled_anew(inputs: Any, settings: Any) -> Any:
    x, w, b = inputs
    mean, rstd, window = settings["mean"], settings["rstd"], settings["window"]
    if settings["known"]:
        value, winner = scaled_relu_pool(x, w, b, mean, rstd, window)
        return inputs, {**settings, "value": value, "winner": winner}
    value, winner, mean, _, rstd = normalised_relu_pool(x, w, b, settings["eps"], window)
    return inputs, {**settings, "value": value, "winner": winner, "mean": mean, "rstd": rstd}


@op("batch_norm_relu_max_pool", kinks=True, joint=_pool_rule, anew=_pooled_anew)
def batch_norm_relu_max_pool(
    x: Array,
    w: Any,
    b: Any,
    *,
    value: Array,
    mean: Array,
    rstd: Array,
    eps: float,
    known: bool,
    window: Window,
    winner: Array,
) -> Array:
    """The largest element of each window of `batch_norm_relu` of x (N, C, H, W), which is `value`.

    window   sizes of the windows, which lie side by side
    winner   which element of its window won, in row-major order; beyond the last one where all are cut off
    """
    return value


def normalised_relu_pool(
    x: Array, w: Any, b: Any, eps: float, window: Window
) -> tuple[Array, Array, Array, Array, Array]:
    """The value with the statistics of x, the winners, and mean, biased variance and rstd (C,)."""
    z, winner, by = fused.values(np.ascontiguousarray(x), *_filled(w, b, x), eps, window)
    return z, winner, by.m, by.var, by.rstd


def scaled_relu_pool(x: Array, w: Any, b: Any, mean: Array, rstd: Array, window: Window) -> tuple[Array, Array]:
    """The value with known statistics, and the winners."""
    return fused.scaled(np.ascontiguousarray(x), *factors(w, b, mean, rstd), window)
