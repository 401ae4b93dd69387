"""Whole networks: tanh and sigmoid in two layers, sigmoid, tanh and softmax in three."""

from __future__ import annotations

import numpy as np

import nn.functional as F
from autograd import Tensor

from .derivation import Array, Derivation, Mistake, draw
from .losses import softmax


def two_layers(x: Array, W1: Array, b1: Array, W2: Array, b2: Array, y: Array, dL: Array) -> tuple[Array, ...]:
    """z1 = x W1 + b1, a1 = tanh z1, z2 = a1 W2 + b2, p = sigmoid z2; L = -1/NK sum (y ln p + (1 - y) ln(1 - p)).

    dp    = dL / NK ((1 - y) / (1 - p) - y / p)
    dz2   = dp p (1 - p) = dL / NK (p - y)                 all but the difference cancels
    dW2   = a1^T dz2,  db2 = sum_n dz2
    dz1   = (dz2 W2^T) (1 - a1^2)
    dW1   = x^T dz1,   db1 = sum_n dz1,   dx = dz1 W1^T
    """
    a1, p = _forward(x, W1, b1, W2, b2)
    dz2 = dL * (p - y) / y.size
    return _backward(x, W1, W2, a1, dz2, (dz2 @ W2.T) * (1 - a1**2))


def _forward(x: Array, W1: Array, b1: Array, W2: Array, b2: Array) -> tuple[Array, Array]:
    a1 = np.tanh(x @ W1 + b1)
    return a1, 1 / (1 + np.exp(-(a1 @ W2 + b2)))


def _backward(x: Array, W1: Array, W2: Array, a1: Array, dz2: Array, dz1: Array) -> tuple[Array, ...]:
    return dz1 @ W1.T, x.T @ dz1, dz1.sum(0), a1.T @ dz2, dz2.sum(0)


def three_layers(
    X: Array, W1: Array, b1: Array, W2: Array, b2: Array, W3: Array, b3: Array, y: Array, dL: Array
) -> tuple[Array, ...]:
    """h1 = W1 X + b1, a1 = sigmoid h1, h2 = W2 a1 + b2, a2 = tanh h2, o = W3 a2 + b3, p = softmax o.

    Here examples are columns, X (D, N), and biases are (H, 1). L = -sum_nc y_cn ln p_cn over N one-hot labels y (K, N).

    do  = dL (p - y)             with sum_c y_c = 1: -sum_c y_c d ln p_c / d o_i = -y_i + p_i sum_c y_c
    dW3 = do a2^T,   db3 = sum_n do
    dh2 = (W3^T do) (1 - a2^2);      dW2 = dh2 a1^T,  db2 = sum_n dh2
    dh1 = (W2^T dh2) a1 (1 - a1);    dW1 = dh1 X^T,   db1 = sum_n dh1,   dX = W1^T dh1
    """
    a1 = 1 / (1 + np.exp(-(W1 @ X + b1)))
    a2 = np.tanh(W2 @ a1 + b2)
    do = dL * (softmax((W3 @ a2 + b3).T).T - y)
    dh2 = (W3.T @ do) * (1 - a2**2)
    dh1 = (W2.T @ dh2) * a1 * (1 - a1)
    sums = [d.sum(1, keepdims=True) for d in (dh1, dh2, do)]
    return W1.T @ dh1, dh1 @ X.T, sums[0], dh2 @ a1.T, sums[1], do @ a2.T, sums[2]


# ------------------------------------------------------------------------------------------------------- mistakes


def without_minus(x: Array, W1: Array, b1: Array, W2: Array, b2: Array, y: Array, dL: Array) -> tuple[Array, ...]:
    """The loss as y ln p + (1 - y) ln(1 - p)."""
    return two_layers(x, W1, b1, W2, b2, y, -dL)


def without_mean(x: Array, W1: Array, b1: Array, W2: Array, b2: Array, y: Array, dL: Array) -> tuple[Array, ...]:
    """The sum over the examples and outputs."""
    return two_layers(x, W1, b1, W2, b2, y, dL * y.size)


def without_tanh(x: Array, W1: Array, b1: Array, W2: Array, b2: Array, y: Array, dL: Array) -> tuple[Array, ...]:
    """dz1 = dz2 W2^T: the derivative of tanh is left out. What lies above it stays right."""
    a1, p = _forward(x, W1, b1, W2, b2)
    dz2 = dL * (p - y) / y.size
    return _backward(x, W1, W2, a1, dz2, dz2 @ W2.T)


def sigmoid_twice(x: Array, W1: Array, b1: Array, W2: Array, b2: Array, y: Array, dL: Array) -> tuple[Array, ...]:
    """dz2 = (p - y) p (1 - p): that of the squared error, or the sigmoid counted twice."""
    a1, p = _forward(x, W1, b1, W2, b2)
    dz2 = dL * (p - y) * p * (1 - p) / y.size
    return _backward(x, W1, W2, a1, dz2, (dz2 @ W2.T) * (1 - a1**2))


def biases_without_sums(
    X: Array, W1: Array, b1: Array, W2: Array, b2: Array, W3: Array, b3: Array, y: Array, dL: Array
) -> tuple[Array, ...]:
    """db3 = do."""
    *others, _ = three_layers(X, W1, b1, W2, b2, W3, b3, y, dL)
    a1 = 1 / (1 + np.exp(-(W1 @ X + b1)))
    return *others, dL * (softmax((W3 @ np.tanh(W2 @ a1 + b2) + b3).T).T - y)


def binary_loss(x: Tensor, W1: Tensor, b1: Tensor, W2: Tensor, b2: Tensor, y: Tensor) -> Tensor:
    """The two-layer network."""
    a1 = (x @ W1 + b1).tanh()
    return F.binary_cross_entropy((a1 @ W2 + b2).sigmoid(), y.double())


def class_loss(X: Tensor, W1: Tensor, b1: Tensor, W2: Tensor, b2: Tensor, W3: Tensor, b3: Tensor, y: Tensor) -> Tensor:
    """The three-layer network."""
    a2 = (W2 @ (W1 @ X + b1).sigmoid() + b2).tanh()
    return -(y * F.log_softmax(W3 @ a2 + b3, 0)).sum()


DERIVATIONS = (
    Derivation(
        "tanh-sigmoid network",
        binary_loss,
        (*draw((5, 2), (2, 4), (4,), (4, 2), (2,)), np.array([[1, 0], [0, 1], [1, 1], [0, 0], [1, 0]])),
        two_layers,
        (
            Mistake("the loss without its minus sign", without_minus, "x W1 b1 W2 b2", "a sign"),
            Mistake("sum for mean", without_mean, "x W1 b1 W2 b2", "10 times too large"),
            Mistake("derivative of tanh left out", without_tanh, "x W1 b1", ""),
            Mistake("sigmoid counted twice", sigmoid_twice, "x W1 b1 W2 b2", ""),
        ),
    ),
    Derivation(
        "sigmoid-tanh-softmax network",
        class_loss,
        (*draw((3, 5), (4, 3), (4, 1), (4, 4), (4, 1), (3, 4), (3, 1)), np.eye(3, dtype=int)[[0, 2, 1, 1, 0]].T),
        three_layers,
        (
            Mistake("bias gradient without the sum over the batch", biases_without_sums, "b3", "sum"),
            Mistake(
                "the loss without its minus sign",
                lambda *args: tuple(-g for g in three_layers(*args)),
                "X W1 b1 W2 b2 W3 b3",
                "a sign",
            ),
        ),
    ),
)
