"""Products and convolutions with weights of their own for each of several slices: value and rules side by side.

What linear layers and convolutions are when they are mapped over (`autograd.func.vmap`) with their weights. A weight
that is the same for all slices comes as a view that repeats it. The value is then that of one larger batch; the
derivative by it is a weight for each slice all the same. That is what gradients of single examples are made of.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy import ndarray as Array

from kernels.conv import plain as kernels

from ..op import op
from ..products import OUTER, product
from .linalg import times


def repeated(x: Any) -> bool:
    """Is an array the same for each index along its first axis, by its strides?"""
    return bool(x.shape[0] == 1 or (x.strides[0] == 0 and len(x)))


@op(
    "linear_each",
    dx=lambda dz, w: linear_each(dz, w.mT),
    dw=lambda dz, x: linear_each(dz.mT, x.mT),
    dbias=lambda dz: np.add.reduce(dz, 1),
)
def linear_each(x: Array, w: Array, bias: Array | None = None) -> Array:
    """x[i] @ w[i].T + bias[i] for each i, of x (B, N, I), w (B, O, I) and bias (B, O)."""
    z = _products(x, w)
    if bias is not None:
        z += bias.reshape(bias.shape[0], 1, bias.shape[1])
    return z


def _products(x: Array, w: Array) -> Array:
    if x.shape[-1] == 1 and x.size * w.shape[1] < OUTER.least:
        return x * w.reshape(w.shape[0], 1, w.shape[1]) + 0  # as sums begin: no product is -0
    if repeated(w):
        if repeated(x):
            z = times(x[0], w[0].T)
            return np.array(np.broadcast_to(z, (x.shape[0], *z.shape)))
        return times(x, w[0].T)
    if repeated(x):  # all matrices as one
        z = product(x[0], w.reshape(w.shape[0] * w.shape[1], w.shape[-1]).T)
        return z.reshape(len(z), *w.shape[:2]).swapaxes(0, 1)
    return product(x, w.swapaxes(1, 2))


# ---------------------------------------------------------------------------------------------------------- convolution


def _groups(x: Array) -> Array:
    """(B, N, C, *) as (N, B * C, *)."""
    return np.swapaxes(x, 0, 1).reshape(x.shape[1], x.shape[0] * x.shape[2], *x.shape[3:])


def _slices(z: Array, slices: int) -> Array:
    """(N, B * C, *) as (B, N, C, *)."""
    return np.swapaxes(z.reshape(len(z), slices, z.shape[1] // slices, *z.shape[2:]), 0, 1)


def _one_batch(function: Any, x: Array, w: Array, bias: Array | None, settings: dict[str, Any]) -> Array:
    z = function(x.reshape(-1, *x.shape[2:]), w[0], None if bias is None else bias[0], **settings)
    return np.asarray(z.reshape(*x.shape[:2], *z.shape[1:]))


def _by_groups(function: Any, x: Array, w: Array, bias: Array | None, settings: dict[str, Any]) -> Array:
    settings = {**settings, "groups": settings["groups"] * len(x)}
    shift = None if bias is None else bias.reshape(-1)
    return _slices(function(_groups(x), w.reshape(-1, *w.shape[2:]), shift, **settings), len(x))


@op(
    "conv_each",
    dx=lambda dz, w, x_shape, stride, padding, dilation, groups: conv_input_grad_each(
        dz, w, stride=stride, padding=padding, dilation=dilation, groups=groups, size=x_shape[3:]
    ),
    dw=lambda dz, x, w_shape, stride, padding, dilation, groups: conv_weight_grad_each(
        dz, x, stride=stride, padding=padding, dilation=dilation, groups=groups, size=w_shape[3:]
    ),
    dbias=lambda dz: np.add.reduce(dz, (1, *range(3, len(dz.shape)))),
)
def conv_each(
    x: Array, w: Array, bias: Array | None = None, *, stride: Any, padding: Any, dilation: Any, groups: int, size: Any
) -> Array:
    """The convolution of x[i] (N, C, *) with w[i] (F, C / groups, *) and bias[i] (F,) for each i."""
    settings = {"stride": stride, "padding": padding, "dilation": dilation, "groups": groups, "size": size}
    if not repeated(w):
        return _by_groups(kernels.conv, x, w, bias, settings)
    if bias is None or repeated(bias):
        return _one_batch(kernels.conv, x, w, bias, settings)
    z = _one_batch(kernels.conv, x, w, None, settings)
    z += bias.reshape(len(x), 1, z.shape[2], *[1] * len(size))
    return z


@op(
    "conv_input_grad_each",
    dy=lambda dz, w, y_shape, stride, padding, dilation, groups: conv_each(
        dz, w, stride=stride, padding=padding, dilation=dilation, groups=groups, size=y_shape[3:]
    ),
    dw=lambda dz, y, w_shape, stride, padding, dilation, groups: conv_weight_grad_each(
        y, dz, stride=stride, padding=padding, dilation=dilation, groups=groups, size=w_shape[3:]
    ),
)
def conv_input_grad_each(
    y: Array, w: Array, *, stride: Any, padding: Any, dilation: Any, groups: int, size: Any
) -> Array:
    """The cotangent of x[i] in `conv_each` for the cotangent y[i], for each i."""
    settings = {"stride": stride, "padding": padding, "dilation": dilation, "groups": groups, "size": size}
    return (_one_batch if repeated(w) else _by_groups)(kernels.conv_input_grad, y, w, None, settings)


@op(
    "conv_weight_grad_each",
    dy=lambda dz, x, y_shape, stride, padding, dilation, groups: conv_each(
        x, dz, stride=stride, padding=padding, dilation=dilation, groups=groups, size=y_shape[3:]
    ),
    dx=lambda dz, y, x_shape, stride, padding, dilation, groups: conv_input_grad_each(
        y, dz, stride=stride, padding=padding, dilation=dilation, groups=groups, size=x_shape[3:]
    ),
)
def conv_weight_grad_each(
    y: Array, x: Array, *, stride: Any, padding: Any, dilation: Any, groups: int, size: Any
) -> Array:
    """The cotangent of w[i] in `conv_each` for the cotangent y[i], for each i."""
    slices, n = x.shape[:2]
    settings = stride, padding, dilation, groups, size
    if n > 1 and n * y.shape[2] * x.shape[2] // groups * math.prod(size) * slices > _FEW:  # sums over the examples
        w = [kernels.conv_weight_grad(a, b, *settings) for a, b in zip(y, x, strict=True)]
        return np.stack(w)
    w = kernels.conv_weight_grad_each(y.reshape(-1, *y.shape[2:]), x.reshape(-1, *x.shape[2:]), *settings)
    return w if n == 1 else np.add.reduce(w.reshape(slices, n, *w.shape[1:]), axis=1)


_FEW = 1 << 16
"""Elements of the derivatives by weights of all examples of all slices: so many are made, and then summed."""
