"""Dense layers, activations, dropout, batch normalisation."""

from __future__ import annotations

import numpy as np

import autograd
import nn.functional as F

from .derivation import Array, Derivation, Mistake, draw

EPS = 1e-5


def dense(X: Array, W: Array, b: Array, dZ: Array) -> tuple[Array, ...]:
    """Z = X W + b, that is Z_nm = sum_d X_nd W_dm + b_m; X (N, D), W (D, M), b (M,).

    dX_nd = sum_m dZ_nm W_dm     dX = dZ W^T
    dW_dm = sum_n X_nd dZ_nm     dW = X^T dZ
    db_m  = sum_n dZ_nm          every example uses the same b, so their shares add up
    """
    return dZ @ W.T, X.T @ dZ, dZ.sum(0)


def relu(X: Array, dZ: Array) -> Array:
    """Z = max(0, X). dX = dZ where X > 0, else 0."""
    return dZ * (X > 0)


def sigmoid(X: Array, dZ: Array) -> Array:
    """Z = 1 / (1 + e^-X). Z' = e^-X / (1 + e^-X)^2 = Z (1 - Z), so dX = dZ Z (1 - Z)."""
    Z = 1 / (1 + np.exp(-X))
    return dZ * Z * (1 - Z)


def tanh(X: Array, dZ: Array) -> Array:
    """Z = (e^X - e^-X) / (e^X + e^-X). By the quotient rule Z' = 1 - Z^2, so dX = dZ (1 - Z^2)."""
    return dZ * (1 - np.tanh(X) ** 2)


KEEP = 0.8


def dropout(X: Array, M: Array, dZ: Array) -> Array:
    """Z = X M / q: the mask M is 1 with probability q, else 0. dX = dZ M / q, with the mask of the forward pass."""
    return dZ * M / KEEP


def batch_norm(X: Array, gamma: Array, beta: Array, dZ: Array) -> tuple[Array, ...]:
    """Z = gamma H + beta with H = (X - mu) / s, mu = mean of X over the n rows, s = sqrt(mean of (X - mu)^2 + eps).

    dbeta = sum_i dZ_i;  dgamma = sum_i dZ_i H_i;  dH = gamma dZ. Then, with
      d mu / d X_i = 1 / n
      d s / d X_i  = (1 / 2s) (2 / n) (X_i - mu) = H_i / n      the square root gives 1 / 2s
      d H_j / d s  = -H_j / s,   d H_j / d mu = -1 / s
    the ways directly, through mu and through s add up to
      dX_i = dH_i / s - (1 / n s) sum_j dH_j - (1 / n s) H_i sum_j dH_j H_j
           = gamma / (n s) (n dZ_i - sum_j dZ_j - H_i sum_j dZ_j H_j)
    Ioffe & Szegedy 2015, section 3.
    """
    n, s, H = normalised(X)
    dX = gamma / (n * s) * (n * dZ - dZ.sum(0) - H * (dZ * H).sum(0))
    return dX, (dZ * H).sum(0), dZ.sum(0)


def normalised(X: Array) -> tuple[int, Array, Array]:
    """Rows, deviation, and the normalised X."""
    s = np.sqrt(X.var(0) + EPS)
    return len(X), s, (X - X.mean(0)) / s


# ------------------------------------------------------------------------------------------------------- mistakes


def square_root_forgotten(X: Array, gamma: Array, beta: Array, dZ: Array) -> tuple[Array, ...]:
    """d s / d X_i = (2 / n) (X_i - mu) is the derivative of s^2."""
    n, s, H = normalised(X)
    ds = -(gamma * dZ * H).sum(0) / s
    dX = gamma * dZ / s - (gamma * dZ / s).mean(0) + ds * 2 / n * (X - X.mean(0))
    return dX, (dZ * H).sum(0), dZ.sum(0)


def _batch_norm_with(dX):
    """The derivation with another dX(n, s, H, gamma, dZ)."""

    def gradient(X: Array, gamma: Array, beta: Array, dZ: Array) -> tuple[Array, ...]:
        _, dgamma, dbeta = batch_norm(X, gamma, beta, dZ)
        return dX(*normalised(X), gamma, dZ), dgamma, dbeta

    return gradient


def masked(X: autograd.Tensor, M: autograd.Tensor) -> autograd.Tensor:
    """Dropout with a given mask."""
    return X * M / KEEP


def normalise(X: autograd.Tensor, gamma: autograd.Tensor, beta: autograd.Tensor) -> autograd.Tensor:
    """Batch normalisation in training."""
    return F.batch_norm(X, None, None, gamma, beta, training=True, eps=EPS)


def affine(X: autograd.Tensor, W: autograd.Tensor, b: autograd.Tensor) -> autograd.Tensor:
    """The library keeps the transpose of the courses' W."""
    return F.linear(X, W.T, b)


_X, _W, _B = draw((6, 4), (4, 3), (3,))
_MASK = (np.arange(24).reshape(6, 4) % 5 != 1).astype(int)
_GAMMA, _BETA = draw((4,), (4,))

DERIVATIONS = (
    Derivation(
        "dense",
        affine,
        (_X, _W, _B),
        dense,
        (
            Mistake(
                "bias gradient without the sum over the batch",
                lambda X, W, b, dZ: (dZ @ W.T, X.T @ dZ, dZ),
                "b",
                "the sum over the batch is missing",
            ),
            Mistake(
                "mean over the batch for the sum",
                lambda X, W, b, dZ: (dZ @ W.T, X.T @ dZ, dZ.mean(0)),
                "b",
                "6 times too small",
            ),
            Mistake(
                "W dZ for dZ W^T, made to fit",
                lambda X, W, b, dZ: (W @ dZ.T, X.T @ dZ, dZ.sum(0)),
                "X",
                "the transpose of the right one",
            ),
            Mistake("dZ^T X for X^T dZ", lambda X, W, b, dZ: (dZ @ W.T, dZ.T @ X, dZ.sum(0)), "W", "the transpose of"),
            Mistake("X W for dZ W^T", lambda X, W, b, dZ: (X @ W, X.T @ dZ, dZ.sum(0)), "X", "shape (6, 3)"),
            Mistake("no gradient for b", lambda X, W, b, dZ: (dZ @ W.T, X.T @ dZ, None), "b", "no gradient"),
        ),
    ),
    Derivation(
        "dense, all sizes equal",
        affine,
        draw((4, 4), (4, 4), (4,)),
        dense,
        (
            Mistake(
                "W dZ for dZ W^T",
                lambda X, W, b, dZ: (W @ dZ, X.T @ dZ, dZ.sum(0)),
                "X",
                "it is W @ dZ, but dZ @ W.T would be right",
            ),
            Mistake(
                "W not transposed",
                lambda X, W, b, dZ: (dZ @ W, X.T @ dZ, dZ.sum(0)),
                "X",
                "it is dZ @ W, but dZ @ W.T would be right",
            ),
            Mistake(
                "X dZ for X^T dZ",
                lambda X, W, b, dZ: (dZ @ W.T, X @ dZ, dZ.sum(0)),
                "W",
                "it is X @ dZ, but X.T @ dZ would be right",
            ),
            Mistake(
                "sum over the outputs for the batch",
                lambda X, W, b, dZ: (dZ @ W.T, X.T @ dZ, dZ.sum(1)),
                "b",
                "over axis 1, but over axis 0 would be right",
            ),
        ),
    ),
    Derivation(
        "relu",
        F.relu,
        (_X,),
        relu,
        (
            Mistake("no mask", lambda X, dZ: dZ, "X", "a mask is missing"),
            Mistake("mask by the sign of the gradient", lambda X, dZ: dZ * (dZ > 0), "X", "X > 0"),
            Mistake("mask by both signs", lambda X, dZ: dZ * ((X > 0) & (dZ > 0)), "X", "a wrong mask"),
            Mistake("mask of the other side", lambda X, dZ: dZ * (X < 0), "X", "but X > 0 would be right"),
            Mistake("the result for its derivative", lambda X, dZ: dZ * np.maximum(X, 0), "X", "a factor X too many"),
        ),
    ),
    Derivation(
        "sigmoid",
        F.sigmoid,
        (_X,),
        sigmoid,
        (
            Mistake(
                "Z for Z (1 - Z)",
                lambda X, dZ: dZ / (1 + np.exp(-X)),
                "X",
                "a factor (1 - z) is missing",
            ),
            Mistake("of X, not of Z", lambda X, dZ: dZ * X * (1 - X), "X", "with the result in place of X"),
            Mistake("not times dZ", lambda X, dZ: sigmoid(X, np.ones_like(X)), "X", "a factor dZ is missing"),
        ),
    ),
    Derivation(
        "tanh",
        F.tanh,
        (_X,),
        tanh,
        (
            Mistake("1 - Z for 1 - Z^2", lambda X, dZ: dZ * (1 - np.tanh(X)), "X", "a factor (1 + z) is missing"),
            Mistake("1 - X^2", lambda X, dZ: dZ * (1 - X**2), "X", "with the result in place of X"),
            Mistake("minus", lambda X, dZ: -tanh(X, dZ), "X", "a sign"),
        ),
    ),
    Derivation(
        "dropout",
        masked,
        (_X, _MASK),
        dropout,
        (
            Mistake("not divided by q", lambda X, M, dZ: dZ * M, "X", "0.8 times the slope"),
            Mistake("no mask", lambda X, M, dZ: dZ / KEEP, "X", "a mask is missing"),
            Mistake("a mask drawn anew", lambda X, M, dZ: dZ * np.roll(M, 1) / KEEP, "X", "the wrong mask"),
        ),
    ),
    Derivation(
        "batch norm",
        normalise,
        (_X, _GAMMA, _BETA),
        batch_norm,
        (
            Mistake("square root forgotten in d s / d X", square_root_forgotten, "X", "its square root, perhaps"),
            Mistake(
                "mean taken as constant",
                _batch_norm_with(lambda n, s, H, gamma, dZ: gamma / s * (dZ - H * (dZ * H).mean(0))),
                "X",
                "the way through a mean or sum over it",
            ),
            Mistake(
                "deviation taken as constant",
                _batch_norm_with(lambda n, s, H, gamma, dZ: gamma / s * (dZ - dZ.mean(0))),
                "X",
                "the way through the variance or deviation",
            ),
            Mistake(
                "both taken as constant",
                _batch_norm_with(lambda n, s, H, gamma, dZ: gamma / s * dZ),
                "X",
                "the ways through mean and deviation",
            ),
            Mistake(
                "1 / n forgotten",
                _batch_norm_with(lambda n, s, H, gamma, dZ: gamma / s * (n * dZ - dZ.sum(0) - H * (dZ * H).sum(0))),
                "X",
                "6 times too large",
            ),
            Mistake(
                "gamma and beta exchanged",
                lambda X, gamma, beta, dZ: tuple(batch_norm(X, gamma, beta, dZ)[i] for i in (0, 2, 1)),
                "gamma beta",
                "exchanged",
            ),
            Mistake(
                "dbeta without its sum",
                lambda X, gamma, beta, dZ: (*batch_norm(X, gamma, beta, dZ)[:2], dZ),
                "beta",
                "the sum over the batch is missing",
            ),
        ),
    ),
)
