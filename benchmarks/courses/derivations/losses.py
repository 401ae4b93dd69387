"""Losses: softmax with cross-entropy, hinge, squared error. Of N examples the mean; dL is 1 if L is the end."""

from __future__ import annotations

import numpy as np

import autograd
import nn.functional as F

from .derivation import Array, Derivation, Mistake, draw


def softmax_cross_entropy(S: Array, y: Array, dL: Array) -> Array:
    """L = -1/N sum_n log p_n,y_n with p_nk = e^S_nk / sum_j e^S_nj; S (N, K), labels y (N,).

    -log p_y = -S_y + log sum_j e^S_j, and the derivative of the logarithm by S_k is p_k, so
      dS_nk = dL / N (p_nk - [k = y_n])
    """
    P = softmax(S)
    P[np.arange(len(y)), y] -= 1
    return dL * P / len(y)


def softmax(S: Array) -> Array:
    """Of each row; the largest is taken off first, so that nothing overflows."""
    E = np.exp(S - S.max(1, keepdims=True))
    return E / E.sum(1, keepdims=True)


def softmax_alone(S: Array, dZ: Array) -> Array:
    """Z_k = e^S_k / sum_j e^S_j. dZ_j / dS_k = Z_j ([j = k] - Z_k), so dS_k = Z_k (dZ_k - sum_j dZ_j Z_j)."""
    Z = softmax(S)
    return Z * (dZ - (dZ * Z).sum(1, keepdims=True))


def hinge(s: Array, y: Array, dL: Array) -> Array:
    """L = 1/N sum_n max(0, 1 - y_n s_n), y_n = 1 or -1. ds_n = -dL y_n / N where the margin 1 - y_n s_n > 0, else 0."""
    return dL * np.where(1 - y * s > 0, -y, 0) / len(y)


def squared_error(y: Array, t: Array, dL: Array) -> tuple[Array, Array]:
    """L = 1/N sum_n (y_n - t_n)^2: dy = dL 2 (y - t) / N, and dt = -dy. No sum is left: each y_n has its own."""
    dy = dL * 2 * (y - t) / len(y)
    return dy, -dy


# ------------------------------------------------------------------------------------------------------- mistakes


def log_forgotten(S: Array, y: Array, dL: Array) -> Array:
    """The gradient of -p_y: the logarithm's 1 / p_y is missing."""
    P = softmax(S)
    rows = np.arange(len(y))
    return softmax_cross_entropy(S, y, dL) * P[rows, y][:, None]


def margin(s: autograd.Tensor, y: autograd.Tensor) -> autograd.Tensor:
    """The hinge loss, composed."""
    return (1 - y * s).clamp(min=0).mean()


def mean_squared(y: autograd.Tensor, t: autograd.Tensor) -> autograd.Tensor:
    """The library's loss."""
    return F.mse_loss(y, t)


def cross_entropy(S: autograd.Tensor, y: autograd.Tensor) -> autograd.Tensor:
    """The library's loss."""
    return F.cross_entropy(S, y)


def shares(S: autograd.Tensor) -> autograd.Tensor:
    """The library's softmax of each row."""
    return F.softmax(S, 1)


_S, _T = draw((5, 4), (5, 4))
_Y = np.array([0, 2, 3, 1, 2])
_SIGNS = np.array([1, -1, 1, 1, -1, -1, 1])

DERIVATIONS = (
    Derivation(
        "softmax with cross-entropy",
        cross_entropy,
        (_S, _Y),
        softmax_cross_entropy,
        (
            Mistake(
                "the loss without its minus sign",
                lambda S, y, dL: -softmax_cross_entropy(S, y, dL),
                "S",
                "a sign",
            ),
            Mistake(
                "sum for mean",
                lambda S, y, dL: softmax_cross_entropy(S, y, dL) * len(y),
                "S",
                "5 times too large, the size of axis 0: a sum where a mean was meant?",
            ),
            Mistake(
                "p without the 1 of the label",
                lambda S, y, dL: dL * softmax(S) / len(y),
                "S",
                "one in each row, that of the label?",
            ),
            Mistake(
                "only the label's element",
                lambda S, y, dL: softmax_cross_entropy(S, y, dL) * (np.arange(4) == y[:, None]),
                "S",
                "some elements get no gradient",
            ),
            Mistake("the logarithm forgotten", log_forgotten, "S", "depends on the index of axis 0 alone"),
        ),
    ),
    Derivation(
        "softmax",
        shares,
        (_S,),
        softmax_alone,
        (
            Mistake(
                "Z dZ: the sum forgotten",
                lambda S, dZ: softmax(S) * dZ,
                "S",
                "a multiple of the result along axis 1",
            ),
            Mistake(
                "Z (1 - Z): only the diagonal",
                lambda S, dZ: softmax(S) * (1 - softmax(S)) * dZ,
                "S",
                "",
            ),
        ),
    ),
    Derivation(
        "hinge",
        margin,
        (*draw((7,)), _SIGNS),
        hinge,
        (
            Mistake("minus forgotten", lambda s, y, dL: -hinge(s, y, dL), "s", "a sign"),
            Mistake("no mask", lambda s, y, dL: -dL * y / len(y), "s", "a mask is missing"),
            Mistake("y forgotten", lambda s, y, dL: hinge(s, y, dL) * y, "s", "a sign"),
            Mistake("sum for mean", lambda s, y, dL: hinge(s, y, dL) * len(y), "s", "7 times too large"),
        ),
    ),
    Derivation(
        "squared error",
        mean_squared,
        draw((6,), (6,)),
        squared_error,
        (
            Mistake(
                "2 forgotten",
                lambda y, t, dL: tuple(g / 2 for g in squared_error(y, t, dL)),
                "y t",
                "a factor 2 is missing",
            ),
            Mistake(
                "a sum over all examples left in",
                lambda y, t, dL: (squared_error(y, t, dL)[0].sum() * np.ones_like(y), squared_error(y, t, dL)[1]),
                "y",
                "all elements get the same gradient, the sum of all of them",
            ),
            Mistake(
                "same sign for both",
                lambda y, t, dL: (squared_error(y, t, dL)[0],) * 2,
                "t",
                "a sign",
            ),
        ),
    ),
)
