"""Pooling: value and rules side by side. The pooled axes are the last ones.

Max pooling picks elements and its derivative puts them back; average pooling and its transpose are each other's
derivative. So the family is closed.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy import ndarray as Array

from kernels.pool import plain as kernels
from kernels.pool import sums
from kernels.pool.plain import Windows as Windows

from ..op import op
from .index import getitem

Numbers = tuple[int, ...]

winners, adaptive = kernels.winners, kernels.adaptive


def places(place: Any, windows: Windows, shape: tuple[int, ...], whole: bool = False) -> Any:
    """`kernels.positions`; of what stands for several arrays those of each."""

    def of_one(place: Any) -> Any:
        return kernels.positions(place, windows, shape, whole=whole)

    return getattr(place, "sliced", lambda function: function(place))(of_one)


def positions(index: Array, shape: Numbers, axes: int) -> Array:
    """Positions in x of `shape` as a whole, from positions within its last `axes` axes."""
    outer = np.arange(math.prod(shape[: len(shape) - axes])) * math.prod(shape[len(shape) - axes :])
    return index + outer.reshape(*shape[: len(shape) - axes], *[1] * axes)


# ----------------------------------------------------------------------------------------------------------- largest


@op(
    "max_pool",
    kinks=True,
    runs={},
    keeps=("place",),
    dx=lambda dz, x_shape, place, windows: put_winners(dz, place=place, shape=x_shape, windows=windows),
)
def max_pool(x: Array, *, windows: Windows) -> tuple[Array, Array]:
    """The largest element of each window, the first of equal ones. Keeps which one won, as `kernels.winners`."""
    return winners(x, windows)


def _at_winners(dz: Any, place: Array, windows: Windows) -> Any:
    return getitem(dz.reshape(-1), index=kernels.positions(place, windows, dz.shape, whole=True))


@op("put_winners", arrays=("place",), dx=_at_winners)
def put_winners(x: Array, *, place: Array, shape: Numbers, windows: Windows) -> Array:
    """Zeros of `shape` with x added where the winners of `windows` stand."""
    return kernels.put(x, place, windows, shape)


@op("max_unpool", dx=lambda dz, index: getitem(dz.reshape(-1), index=index))
def max_unpool(x: Array, *, index: Array, shape: Numbers) -> Array:
    """Zeros of `shape` with x written at the row-major positions `index`. PyTorch's gradient: also what is
    overwritten receives what arrives at its position."""
    z = np.zeros(math.prod(shape), x.dtype)
    z[index.reshape(-1)] = x.reshape(-1)
    return z.reshape(shape)


# ---------------------------------------------------------------------------------------------------------- averages


@op(
    "avg_pool",
    single=True,
    dx=lambda dz, x_shape, size, stride, padding, divisor: avg_spread(
        dz, size=size, stride=stride, padding=padding, divisor=divisor, shape=x_shape
    ),
)
def avg_pool(x: Array, *, size: Numbers, stride: Numbers, padding: Numbers, out: Numbers, divisor: Any) -> Array:
    """Sum of each window over `divisor`, a number or an array of x's dtype with a number per window."""
    return sums.window_sums(x, size, stride, padding, out, divisor)


def _avg_of_spread(dz: Any, size: Numbers, stride: Numbers, padding: Numbers, divisor: Any, x_shape: Numbers) -> Any:
    out = x_shape[len(x_shape) - len(size) :]
    return avg_pool(dz, size=size, stride=stride, padding=padding, out=out, divisor=divisor)


@op("avg_spread", single=True, dx=_avg_of_spread)
def avg_spread(x: Array, *, size: Numbers, stride: Numbers, padding: Numbers, divisor: Any, shape: Numbers) -> Array:
    """The transpose of `avg_pool`: the share of each window, given to all its elements."""
    return sums.window_spread(x, size, stride, padding, shape, divisor)
