"""Products and convolutions with weights of their own for each of several slices: value and rules side by side.

What linear layers and convolutions are when they are mapped over (`autograd.func.vmap`) with their weights. A weight
that is the same for all slices comes as a view that repeats it. The value is then that of one larger batch; the
derivative by it is a weight for each slice all the same. That is what gradients of single examples are made of.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy import ndarray as Array

from kernels.conv import plain as kernels

from ..op import op
from ..products import product
from .linalg import times


def repeated(x: Any) -> bool:
    """Is an array the same for each index along its first axis, by its strides?"""
    return bool(x.shape[0] == 1 or (x.strides[0] == 0 and len(x)))


@op("linear_each", dx=lambda dz, w: linear_each(dz, w.mT), dw=lambda dz, x: linear_each(dz.mT, x.mT))
def linear_each(x: Array, w: Array) -> Array:
    """x[i] @ w[i].T for each i, of x (B, N, I) and w (B, O, I)."""
    if x.shape[-1] == 1:
        return x * w.reshape(w.shape[0], 1, w.shape[1])
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


def _one_batch(function: Any, x: Array, w: Array, settings: dict[str, Any]) -> Array:
    z = function(x.reshape(-1, *x.shape[2:]), w[0], None, **settings)
    return np.asarray(z.reshape(*x.shape[:2], *z.shape[1:]))


def _by_groups(function: Any, x: Array, w: Array, settings: dict[str, Any]) -> Array:
    settings = {**settings, "groups": settings["groups"] * len(x)}
    return _slices(function(_groups(x), w.reshape(-1, *w.shape[2:]), None, **settings), len(x))


@op(
    "conv_each",
    dx=lambda dz, w, x_shape, stride, padding, dilation, groups: conv_input_grad_each(
        dz, w, stride=stride, padding=padding, dilation=dilation, groups=groups, size=x_shape[3:]
    ),
    dw=lambda dz, x, w_shape, stride, padding, dilation, groups: conv_weight_grad_each(
        dz, x, stride=stride, padding=padding, dilation=dilation, groups=groups, size=w_shape[3:]
    ),
)
def conv_each(x: Array, w: Array, *, stride: Any, padding: Any, dilation: Any, groups: int, size: Any) -> Array:
    """The convolution of x[i] (N, C, *) with w[i] (F, C / groups, *) for each i."""
    settings = {"stride": stride, "padding": padding, "dilation": dilation, "groups": groups, "size": size}
    return (_one_batch if repeated(w) else _by_groups)(kernels.conv, x, w, settings)


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
    return (_one_batch if repeated(w) else _by_groups)(kernels.conv_input_grad, y, w, settings)


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
    slices = len(x)
    if groups == 1:  # the windows as columns, and a product for each slice
        out = y.shape[3:]
        columns = kernels.unfold(x.reshape(-1, *x.shape[2:]), size, stride, padding, dilation, out)
        n, f = y.shape[1], y.shape[2]
        columns = columns.reshape(slices, n, columns.shape[1], columns.shape[2])
        flat = y.reshape(slices, n, f, columns.shape[3])
        if n == 1:
            w = product(flat[:, 0], columns[:, 0].swapaxes(1, 2))
        else:
            w = np.add.reduce(flat @ columns.swapaxes(2, 3), axis=1)
        return w.reshape(slices, f, x.shape[2], *size)
    w = kernels.conv_weight_grad(_groups(y), _groups(x), stride, padding, dilation, groups * slices, size)
    return w.reshape(slices, y.shape[2], *w.shape[1:])
