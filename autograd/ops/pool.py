"""Pooling: value and rules side by side. The pooled axes are the last ones.

Max pooling picks elements and its derivative puts them back; average pooling and its transpose are each other's
derivative. So the family is closed.
"""

# mypy: no-warn-return-any, allow-untyped-decorators

from __future__ import annotations

import math
from typing import Any

import numpy as np

from kernels import pool as kernels

from ..op import Array, op

Numbers = tuple[int, ...]


def winners(x: Array, *, size: Numbers, stride: Numbers, padding: Numbers, dilation: Numbers, out: Numbers) -> Any:
    """The largest element of each window and its position within the pooled axes."""
    return kernels.max_pool(x, size, stride, padding, dilation, out)


def adaptive_winners(x: Array, *, out: Numbers) -> Any:
    """The same for `out` windows per axis that cover x evenly."""
    return kernels.adaptive_max_pool(x, out)


def positions(index: Array, shape: Numbers, axes: int) -> Array:
    """Positions in x of `shape` as a whole, from positions within its last `axes` axes."""
    outer = np.arange(math.prod(shape[: len(shape) - axes])) * math.prod(shape[len(shape) - axes :])
    return index + outer.reshape(*shape[: len(shape) - axes], *[1] * axes)


# ----------------------------------------------------------------------------------------------------------- largest


@op(
    "max_pool",
    kinks=True,
    dx=lambda dz, x_shape, index, apart: put_winners(dz, index=index, shape=x_shape, apart=apart),
)
def max_pool(x: Array, *, index: Array, value: Array | None = None, apart: bool = False) -> Array:
    """The elements of x at the row-major positions `index` that won their windows; `value` if they are known already.

    apart   no position occurs twice
    """
    return x.reshape(-1)[index] if value is None else value


@op("put_winners", dx=lambda dz, index, apart: max_pool(dz, index=index, apart=apart))
def put_winners(x: Array, *, index: Array, shape: Numbers, apart: bool = False) -> Array:
    """Zeros of `shape` with x added at the row-major positions `index`."""
    z = np.zeros(math.prod(shape), x.dtype)
    if apart:
        z[index.reshape(-1)] = x.reshape(-1)
    else:
        np.add.at(z, index.reshape(-1), x.reshape(-1))
    return z.reshape(shape)


@op("max_unpool", dx=lambda dz, index: max_pool(dz, index=index))
def max_unpool(x: Array, *, index: Array, shape: Numbers) -> Array:
    """Zeros of `shape` with x written at the row-major positions `index`. PyTorch's gradient: also what is
    overwritten receives what arrives at its position."""
    z = np.zeros(math.prod(shape), x.dtype)
    z[index.reshape(-1)] = x.reshape(-1)
    return z.reshape(shape)


# ---------------------------------------------------------------------------------------------------------- averages


@op(
    "avg_pool",
    dx=lambda dz, x_shape, size, stride, padding, divisor: avg_spread(
        dz, size=size, stride=stride, padding=padding, divisor=divisor, shape=x_shape
    ),
)
def avg_pool(x: Array, *, size: Numbers, stride: Numbers, padding: Numbers, out: Numbers, divisor: Any) -> Array:
    """Sum of each window over `divisor`, a number or an array of x's dtype with a number per window."""
    return kernels.window_sums(x, size, stride, padding, out) / divisor


def _avg_of_spread(dz: Any, size: Numbers, stride: Numbers, padding: Numbers, divisor: Any, x_shape: Numbers) -> Any:
    out = x_shape[len(x_shape) - len(size) :]
    return avg_pool(dz, size=size, stride=stride, padding=padding, out=out, divisor=divisor)


@op("avg_spread", dx=_avg_of_spread)
def avg_spread(x: Array, *, size: Numbers, stride: Numbers, padding: Numbers, divisor: Any, shape: Numbers) -> Array:
    """The transpose of `avg_pool`: the share of each window, given to all its elements."""
    return kernels.window_spread(x / divisor, size, stride, padding, shape)
