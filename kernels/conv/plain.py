"""Convolution over any number of spatial axes: value, input gradient, weight gradient.

All three are one sum, read in three directions (one spatial axis shown):

    z[n, f, p] = sum over c, i of w[f, c, i] * x[n, c, p * stride + i * dilation - padding]

x is (N, C, *H), w is (F, C / groups, *I), z is (N, F, *P); x counts as 0 outside. `size` is the spatial shape of what
is computed; elements of x that no window covers have no part in it.

Large sums go to compiled loops, between which `choose` decides. Here, in NumPy, the windows are copied side by side
into a matrix of columns, so that the sum is a matrix product. While that lasts the batch is the last axis: rows of all
images are copied in one run, also where rows are short or strided, and one product serves all images. It happens block
by block, because columns that leave the cache cost more than the product.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from typing import Any

import numpy as np

from ..machine.fast import fast
from ..machine.views import moved
from .window import Array, Sizes, extent, overlaps, pieces, windows

BLOCK = 4 << 20
"""Bytes of columns that are worked on at a time."""

HUGE = 4096
"""Elements of a window from which on there may be fewer windows than that."""


def _counted(products: int, dimensions: int, window: int) -> int:
    """What is compared with the size from which loops pay: a window of one element is a product of matrices anyway."""
    return 0 if dimensions > 5 else -(-products // 16) if window == 1 else products


def _terms(x: Array, w: Array, size: Sizes) -> int:
    return _counted(len(x) * w.size * math.prod(size), x.ndim, math.prod(w.shape[2:]))


@fast("kernels.conv.choose:conv", at_least="conv", count=_terms)
def conv(
    x: Array, w: Array, bias: Array | None, stride: Sizes, padding: Sizes, dilation: Sizes, groups: int, size: Sizes
) -> Array:
    """The sum above, plus bias[f] if there is one."""
    matrices = _matrices(w, groups)
    # shortcut: windows, strides and padding are those of 1 x 1, and all elements have a window: one product of
    # matrices. Dilation has no effect on windows of one element
    if _pointwise(w.shape[2:], stride, padding) and size == x.shape[2:]:
        return _shifted((matrices @ _flat(x, groups)).reshape(len(x), len(w), *size), bias)
    z = np.empty((len(x), len(w), *size), x.dtype)
    shift = None if bias is None else bias.reshape(-1, 1)
    for images, rows, view in _blocks(x, w.shape[2:], size, stride, padding, dilation):
        products = (matrices @ _columns(view, groups)).reshape(len(w), -1)
        if shift is not None:
            products += shift
        target = _batch_last(z[images, :, rows])
        target[...] = products.reshape(target.shape)
    return z


def _terms_of_weights(dz: Array, x: Array, groups: int, size: Sizes) -> int:
    window = math.prod(size)
    return _counted(dz.size * (x.shape[1] // groups) * window, x.ndim, window)


@fast("kernels.conv.choose:conv_weight_grad", at_least="conv", count=_terms_of_weights)
def conv_weight_grad(
    dz: Array, x: Array, stride: Sizes, padding: Sizes, dilation: Sizes, groups: int, size: Sizes
) -> Array:
    """dw[f, c, i] = sum over n, p of dz[n, f, p] * x[n, c, p * stride + i * dilation - padding]."""
    outputs, inputs = dz.shape[1] // groups, x.shape[1] // groups
    dw = np.zeros((groups, outputs, inputs * math.prod(size)), x.dtype)
    # shortcut: as in `conv`
    if _pointwise(size, stride, padding) and dz.shape[2:] == x.shape[2:]:
        for images in pieces(len(x), BLOCK // max(dw.nbytes, 1)):
            dw += (_flat(dz[images], groups) @ _flat(x[images], groups).mT).sum(0)
    else:
        for images, rows, view in _blocks(x, size, dz.shape[2:], stride, padding, dilation):
            columns = _columns(view, groups)
            dw += _batch_last(dz[images, :, rows]).reshape(groups, outputs, columns.shape[2]) @ columns.mT
    return dw.reshape(groups * outputs, inputs, *size)


def _terms_of_each(
    dz: Array, x: Array, stride: Sizes, padding: Sizes, dilation: Sizes, groups: int, size: Sizes
) -> int:
    return _terms_of_weights(dz, x, groups, size)


@fast("kernels.conv.choose:conv_weight_grad_each", at_least="conv", count=_terms_of_each)
def conv_weight_grad_each(
    dz: Array, x: Array, stride: Sizes, padding: Sizes, dilation: Sizes, groups: int, size: Sizes
) -> Array:
    """dw[n, f, c, i] = sum over p of dz[n, f, p] * x[n, c, p * stride + i * dilation - padding]: of each image."""
    outputs, inputs, covered = dz.shape[1] // groups, x.shape[1] // groups, math.prod(dz.shape[2:])
    columns = unfold(x, size, stride, padding, dilation, dz.shape[2:])
    columns = columns.reshape(len(x), groups, inputs * math.prod(size), covered)
    dw = dz.reshape(len(x), groups, outputs, covered) @ columns.mT
    return dw.reshape(len(x), groups * outputs, inputs, *size)


def _terms_of_inputs(dz: Array, w: Array) -> int:
    return _counted(dz.size * math.prod(w.shape[1:]), dz.ndim, math.prod(w.shape[2:]))


@fast("kernels.conv.choose:conv_input_grad", at_least="conv", count=_terms_of_inputs)
def conv_input_grad(
    dz: Array, w: Array, bias: Array | None, stride: Sizes, padding: Sizes, dilation: Sizes, groups: int, size: Sizes
) -> Array:
    """dx[n, c, h] = sum over f, i, p with p * stride + i * dilation - padding = h of dz[n, f, p] * w[f, c, i].

    As a forward function this is the transposed convolution; only then is there a bias, one number per c.
    """
    outputs, channels, kernel = dz.shape[1] // groups, w.shape[1] * groups, w.shape[2:]
    before = tuple([(i - 1) * d - p for i, d, p in zip(kernel, dilation, padding, strict=True)])
    # shortcut: stride 1; padding, which may become negative, dilation and groups are given on
    if max(stride) == 1 and (dz.shape[1] <= channels or max(kernel) == 1):
        # a convolution too, and gathering is quicker than scattering
        return conv(dz, _mirrored(w, groups), bias, stride, before, dilation, groups, size)
    matrices = _matrices(w, groups).mT
    dx = np.zeros((len(dz), channels, *size), dz.dtype)
    space = extent(dz.shape[2:], kernel, stride, dilation)
    inside, covered = overlaps(size, padding, space)
    most, most_rows = _block_shape(channels, kernel, dz.shape[2:], dz.itemsize)
    for images in pieces(len(dz), most):
        total = np.zeros((channels, *space, images.stop - images.start), dz.dtype)
        view = windows(total, kernel, dz.shape[2:], stride, dilation)
        for rows in pieces(dz.shape[2], most_rows):
            target = _some_rows(view, rows)
            slopes = _batch_last(dz[images, :, rows]).reshape(groups, outputs, math.prod(target.shape[1 + len(size) :]))
            # np.matmul has no BLAS for outer products
            columns = matrices @ slopes if outputs > 1 else matrices * slopes
            _add_windows(target, columns.reshape(target.shape))
        _batch_last(dx[images])[:, *inside] = total[:, *covered]
    return _shifted(dx, bias)


def unfold(x: Array, kernel: Sizes, stride: Sizes, padding: Sizes, dilation: Sizes, counts: Sizes) -> Array:
    """The `counts` windows of x as columns: (N, C, *H) -> (N, C * prod(kernel), prod(counts))."""
    view = windows(_spread(x, padding, extent(counts, kernel, stride, dilation)), kernel, counts, stride, dilation)
    columns = np.array(moved(view, -1, 0), order="C")
    return columns.reshape(len(x), x.shape[1] * math.prod(kernel), math.prod(counts))


def fold(x: Array, kernel: Sizes, stride: Sizes, padding: Sizes, dilation: Sizes, counts: Sizes, size: Sizes) -> Array:
    """The transpose of `unfold`: (N, C * prod(kernel), prod(counts)) -> (N, C, *size); where windows overlap, sums."""
    channels = x.shape[1] // math.prod(kernel)
    space = extent(counts, kernel, stride, dilation)
    total = np.zeros((channels, *space, len(x)), x.dtype)
    columns = _batch_last(x.reshape(len(x), channels, *kernel, *counts))
    _add_windows(windows(total, kernel, counts, stride, dilation), columns)
    z = np.zeros((len(x), channels, *size), x.dtype)
    inside, covered = overlaps(size, padding, space)
    _batch_last(z)[:, *inside] = total[:, *covered]
    return z


# ------------------------------------------------------------------------------------------ columns, block by block


def _block_shape(channels: int, kernel: Sizes, size: Sizes, itemsize: int) -> tuple[int, int]:
    """How many images make a block of columns, or how many rows of windows if one image is too large."""
    row = channels * math.prod(kernel) * math.prod(size[1:]) * itemsize
    return max(BLOCK // max(row * size[0], 1), 1), max(BLOCK // max(row, 1), 1)


def _blocks(
    x: Array, kernel: Sizes, size: Sizes, stride: Sizes, padding: Sizes, dilation: Sizes
) -> Iterator[tuple[slice, slice, Array]]:
    """(images, rows, their windows (C, *I, *P, N)), block by block."""
    most, most_rows = _block_shape(x.shape[1], kernel, size, x.itemsize)
    space = extent(size, kernel, stride, dilation)
    for images in pieces(len(x), most):
        view = windows(_spread(x[images], padding, space), kernel, size, stride, dilation)
        for rows in pieces(size[0], most_rows):
            yield images, rows, _some_rows(view, rows)


def _spread(x: Array, padding: Sizes, space: Sizes) -> Array:
    """x (N, C, *H) with zeros around it, or cut off, to fill `space`; its batch last: (C, *space, N)."""
    inside, covered = overlaps(x.shape[2:], padding, space)
    out = np.zeros((x.shape[1], *space, len(x)), x.dtype)
    out[:, *covered] = _batch_last(x)[:, *inside]
    return out


def _some_rows(view: Array, rows: slice) -> Array:
    """Windows (C, *I, *P, N) at some of the first spatial positions."""
    return view[(*[slice(None)] * (view.ndim // 2), rows)]


def _columns(view: Array, groups: int) -> Array:
    """A copy of windows (C, *I, *P, N) as one matrix per group: (groups, C / groups * I, P * N)."""
    middle = view.ndim // 2
    return view.reshape(groups, math.prod(view.shape[:middle]) // groups, math.prod(view.shape[middle:]))


def _add_windows(view: Array, columns: Array) -> None:
    """Add columns to windows that overlap, but not at the same place in the window: so one place at a time.

    Huge windows that are few are added one by one.
    """
    middle = view.ndim // 2
    places, positions = view.shape[1:middle], view.shape[middle:-1]
    by_window = math.prod(places) > max(HUGE, math.prod(positions))
    for place in itertools.product(*map(range, positions if by_window else places)):
        index: Any = (*[slice(None)] * (middle if by_window else 1), *place)
        view[index] += columns[index]


# -------------------------------------------------------------------------------------------------- weights, layout


def _matrices(w: Array, groups: int) -> Array:
    """w (F, C / groups, *I) as one matrix per group."""
    return w.reshape(groups, w.shape[0] // groups, math.prod(w.shape[1:]))


def _mirrored(w: Array, groups: int) -> Array:
    """The weight of the convolution that takes z back to x: channels exchanged within groups, windows turned around."""
    grouped = w.reshape(groups, w.shape[0] // groups, *w.shape[1:]).swapaxes(1, 2)
    turned = grouped[:, :, :, *[slice(None, None, -1)] * (w.ndim - 2)]
    return turned.reshape(groups * w.shape[1], w.shape[0] // groups, *w.shape[2:])


def _pointwise(kernel: Sizes, stride: Sizes, padding: Sizes) -> bool:
    """Is every window one element, and every element one window (if the sizes are equal)?"""
    return max(kernel) == max(stride) == 1 and not any(padding)


def _flat(x: Array, groups: int) -> Array:
    """x (N, C, *H) as one matrix per image and group."""
    return x.reshape(len(x), groups, x.shape[1] // groups, math.prod(x.shape[2:]))


def _batch_last(x: Array) -> Array:
    return moved(x, 0, -1)


def _shifted(z: Array, bias: Array | None) -> Array:
    """z (N, F, *P) with bias[f] added, in place."""
    if bias is not None:
        z += bias.reshape(-1, *[1] * (z.ndim - 2))
    return z
