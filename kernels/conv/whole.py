"""Windows as large as the image: there is one for each, and all of a convolution is a product of matrices.

So it is where convolutions end, with a row of features, and where transposed ones begin.

    z[n, f] = bias[f] + sum over c, h of x[n, c, h] * w[f, c, h]

Imported when it is first needed, because it loads Numba.
"""

from __future__ import annotations

import math

import numpy as np

from ..matrix import gemm
from .window import Array, Sizes


def conv(x: Array, w: Array, bias: Array | None) -> Array:
    """z (N, F, 1, ...) for x (N, C, *H) and w (F, C, *H)."""
    z = gemm.matmul(_rows(x), _rows(w).T, bias)
    return z.reshape(*z.shape, *[1] * (x.ndim - 2))


def conv_input_grad(dz: Array, w: Array, bias: Array | None) -> Array:
    """dx (N, C, *H) for dz (N, F, 1, ...); bias[c] is added to all that a channel has."""
    shift = None if bias is None else np.repeat(bias, math.prod(w.shape[2:]))
    return gemm.matmul(_rows(dz), _rows(w), shift).reshape(len(dz), *w.shape[1:])


def conv_weight_grad(dz: Array, x: Array) -> Array:
    """dw (F, C, *H)."""
    return gemm.matmul(_rows(dz).T, _rows(x)).reshape(dz.shape[1], *x.shape[1:])


def _rows(x: Array) -> Array:
    """A row for all that an image, or a filter, has."""
    return x.reshape(len(x), math.prod(x.shape[1:]))


def fits(x_size: Sizes, window: Sizes, size: Sizes, padding: Sizes, dilation: Sizes) -> bool:
    """Does one window cover all of an image, and no more?"""
    return x_size == window and max(size) == max(dilation) == 1 and not any(padding)
