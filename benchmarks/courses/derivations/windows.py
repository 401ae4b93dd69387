"""Valid convolution, max pooling and average pooling."""

from __future__ import annotations

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

import autograd
import nn.functional as F

from .derivation import Array, Derivation, Mistake, draw


def convolution(X: Array, W: Array, b: Array, dZ: Array) -> tuple[Array, ...]:
    """Z_nfpq = b_f + sum_cij W_fcij X_n,c,p+i,q+j; X (N, C, H, W), W (F, C, I, J), only windows that fit entirely.

    X_nchw meets W_fcij in the output at p = h - i, q = w - j, so
      dX_nchw = sum_fij W_fcij dZ_n,f,h-i,w-j     the full convolution: dZ with a border of I - 1, J - 1 zeros, and W
                                                  turned by 180 degrees
      dW_fcij = sum_npq dZ_nfpq X_n,c,p+i,q+j     X filtered by dZ
      db_f    = sum_npq dZ_nfpq
    """
    i, j = W.shape[2] - 1, W.shape[3] - 1
    border = np.pad(dZ, ((0, 0), (0, 0), (i, i), (j, j)))
    dX = np.einsum("nfhwij,fcij->nchw", windows(border, W.shape[2:]), W[:, :, ::-1, ::-1])
    dW = np.einsum("ncijpq,nfpq->fcij", windows(X, dZ.shape[2:]), dZ)
    return dX, dW, dZ.sum((0, 2, 3))


def windows(x: Array, size: tuple[int, ...]) -> Array:
    """All windows of a size in the last two axes: (..., rows, columns, *size)."""
    return sliding_window_view(x, size, axis=(-2, -1))


def filtering(X: Array, W: Array, b: Array, dZ: Array) -> tuple[Array, ...]:
    """One image X (H, W) and one kernel W (I, J) with a bias b: Z_pq = b + sum_ij W_ij X_p+i,q+j.

    dX_hw = sum_ij W_ij dZ_h-i,w-j;  dW_ij = sum_pq dZ_pq X_p+i,q+j;  db = sum_pq dZ_pq.
    """
    dX, dW, db = convolution(X[None, None], W[None, None], b, dZ[None, None])
    return dX[0, 0], dW[0, 0], db


SIZE = 2


def max_pooling(X: Array, dZ: Array) -> Array:
    """Z = the largest X of each 2 x 2 window. It alone decides, so it alone gets dZ: dX = dZ where X = Z, else 0."""
    return spread(dZ) * (spread(_largest(X)) == X)


def average_pooling(X: Array, dZ: Array) -> Array:
    """Z = 1/d sum of the d = 4 elements of each 2 x 2 window: dX = dZ / d for each of them."""
    return spread(dZ) / SIZE**2


def spread(z: Array) -> Array:
    """Every element of the last two axes for each of its window."""
    return z.repeat(SIZE, -2).repeat(SIZE, -1)


def _largest(X: Array) -> Array:
    n, c, h, w = X.shape
    return X.reshape(n, c, h // SIZE, SIZE, w // SIZE, SIZE).max((3, 5))


def largest(x: Array, dZ: Array) -> Array:
    """z = max_i x_i of a vector: dx_i = dZ for the largest, else 0."""
    return dZ * (np.arange(x.size) == x.argmax())


def average(x: Array, dZ: Array) -> Array:
    """z = 1/d sum_i x_i: dx_i = dZ / d."""
    return dZ * np.ones_like(x) / x.size


# ------------------------------------------------------------------------------------------------------- mistakes


def _convolution_with(**others):
    """The derivation with another dX, dW or db: functions of X, W, dZ."""

    def gradient(X: Array, W: Array, b: Array, dZ: Array) -> tuple[Array, ...]:
        right = dict(zip(("dX", "dW", "db"), convolution(X, W, b, dZ), strict=True))
        return tuple((right | {name: other(X, W, dZ) for name, other in others.items()}).values())

    return gradient


def not_turned(X: Array, W: Array, dZ: Array) -> Array:
    """dX without turning the kernel."""
    return convolution(X, W[:, :, ::-1, ::-1], np.zeros(len(W)), dZ)[0]


def as_a_product(X: Array, W: Array, b: Array, dZ: Array) -> tuple[Array, ...]:
    """A convolution taken for a product y = W x + b: dX = (sum of dZ) W, dW = (sum of dZ) X."""
    return dZ.sum() * W, dZ.sum() * X, dZ.sum().reshape(1)


def image(X: autograd.Tensor, W: autograd.Tensor, b: autograd.Tensor) -> autograd.Tensor:
    """One image, one kernel."""
    return F.conv2d(X[None, None], W[None, None], b)[0, 0]


def convolve(X: autograd.Tensor, W: autograd.Tensor, b: autograd.Tensor) -> autograd.Tensor:
    """The library's convolution turns no kernel either: it filters."""
    return F.conv2d(X, W, b)


def pool_largest(X: autograd.Tensor) -> autograd.Tensor:
    """Windows side by side."""
    return F.max_pool2d(X, SIZE)


def pool_average(X: autograd.Tensor) -> autograd.Tensor:
    """Windows side by side."""
    return F.avg_pool2d(X, SIZE)


DERIVATIONS = (
    Derivation(
        "convolution",
        convolve,
        draw((2, 3, 5, 5), (4, 3, 3, 3), (4,)),
        convolution,
        (
            Mistake("kernel not turned in dX", _convolution_with(dX=not_turned), "X", "turned by 180 degrees"),
            Mistake(
                "dW with X turned",
                _convolution_with(dW=lambda X, W, dZ: convolution(X[:, :, ::-1, ::-1], W, W[:, 0, 0, 0], dZ)[1]),
                "W",
                "turned by 180 degrees",
            ),
            Mistake(
                "dW as mean over the batch",
                _convolution_with(dW=lambda X, W, dZ: convolution(X, W, W[:, 0, 0, 0], dZ)[1] / len(X)),
                "W",
                "a factor 2 is missing",
            ),
            Mistake(
                "db summed over the batch only",
                _convolution_with(db=lambda X, W, dZ: dZ.sum(0)),
                "b",
                "its sum along axes (1, 2) is right",
            ),
            Mistake(
                "db as mean over the pixels",
                _convolution_with(db=lambda X, W, dZ: dZ.mean((2, 3)).sum(0)),
                "b",
                "9 times too small",
            ),
            Mistake("minus in dX", _convolution_with(dX=lambda X, W, dZ: -convolution(X, W, W, dZ)[0]), "X", "a sign"),
        ),
    ),
    Derivation(
        "convolution of one image",
        image,
        draw((5, 6), (3, 3), (1,)),
        filtering,
        (
            Mistake("a product for the convolution", as_a_product, "X W", "that is the shape of"),
            Mistake(
                "kernel not turned in dX",
                lambda X, W, b, dZ: (filtering(X, W[::-1, ::-1], b, dZ)[0], *filtering(X, W, b, dZ)[1:]),
                "X",
                "turned by 180 degrees",
            ),
            Mistake(
                "db without its sum",
                lambda X, W, b, dZ: (*filtering(X, W, b, dZ)[:2], dZ),
                "b",
                "sum",
            ),
        ),
    ),
    Derivation(
        "max pooling",
        pool_largest,
        draw((2, 2, 4, 4)),
        max_pooling,
        (
            Mistake("all of a window get the gradient", lambda X, dZ: spread(dZ), "X", "too much gets through"),
            Mistake("shared out as in average pooling", average_pooling, "X", "there is"),
            Mistake(
                "the smallest gets it",
                lambda X, dZ: spread(dZ) * (-spread(_largest(-X)) == X),
                "X",
                "the wrong mask",
            ),
        ),
    ),
    Derivation(
        "average pooling",
        pool_average,
        draw((2, 2, 4, 4)),
        average_pooling,
        (
            Mistake("not divided by d", lambda X, dZ: spread(dZ), "X", "4 times too large"),
            Mistake("divided by the side", lambda X, dZ: spread(dZ) / SIZE, "X", "a factor 2 too many"),
            Mistake(
                "to the largest only", max_pooling, "X", "some elements get no gradient, the others: 4 times too large"
            ),
        ),
    ),
    Derivation(
        "largest of a vector",
        autograd.amax,
        draw((6,)),
        largest,
        (
            Mistake("all get the gradient", lambda x, dZ: dZ * np.ones_like(x), "x", "too much gets through"),
            Mistake("times the value", lambda x, dZ: dZ * x * (x == x.max()), "x", "a factor x too many"),
        ),
    ),
    Derivation(
        "average of a vector",
        autograd.mean,
        draw((6,)),
        average,
        (Mistake("not divided by d", lambda x, dZ: dZ * np.ones_like(x), "x", "6 times too large"),),
    ),
)
