"""Losses that are ops of their own, for safety at the edges and for speed. The others are composed in nn.functional."""

# mypy: no-warn-return-any, allow-untyped-decorators

from __future__ import annotations

from typing import Any

import numpy as np

from ..op import Array, op
from .activation import softmax
from .special import sigmoid

# ---------------------------------------------------------------------------------------------------- cross-entropy


def _pick(x: Any, target: Any) -> Any:
    """x[n, target[n]], or x[n, target[n, l], l]."""
    if x.ndim == 2:
        return x[np.arange(len(x)), target]
    return np.take_along_axis(x, target[:, None], axis=1)[:, 0]


def _along(share: Any) -> Any:
    """`share` with a place for the classes; one number for all stays one number."""
    return share if isinstance(share, float) else np.expand_dims(share, 1)


def _slope_of_slope(dz: Any, x: Any, share: Any) -> Any:
    s, t = softmax(x, axis=1), dz * _along(share)
    return s * (t - np.sum(s * t, axis=1, keepdims=True))


@op("cross_entropy_slope", dx=_slope_of_slope)
def cross_entropy_slope(x: Array, *, target: Array, share: Any) -> Array:
    """(softmax(x) - onehot(target)) * share: the gradient of `cross_entropy`."""
    y = x - np.maximum.reduce(x, axis=1, keepdims=True)
    np.exp(y, out=y)
    y /= np.add.reduce(y, axis=1, keepdims=True)
    if y.ndim == 2:
        y[np.arange(len(y)), target] -= 1
    else:
        at = target[:, None]
        np.put_along_axis(y, at, np.take_along_axis(y, at, axis=1) - 1, axis=1)
    y *= _along(share)
    return y


@op(
    "cross_entropy",
    dx=lambda dz, x, target, share, total: (
        cross_entropy_slope(x, target=target, share=share) * (dz if total else np.expand_dims(dz, 1))
    ),
)
def cross_entropy(x: Array, *, target: Array, share: Any, total: bool) -> Array:
    """-log softmax(x) at the target class, times `share`; their sum if `total`.

    x        scores, (N, C) or (N, C, L): classes along axis 1, at least one
    target   class indices in 0 .. C-1, (N,) or (N, L)
    share    what each target counts: an array of target's shape and x's dtype, or one Python float
    """
    y = x - np.maximum.reduce(x, axis=1, keepdims=True)
    right = _pick(y, target)
    np.exp(y, out=y)
    loss = np.log(np.add.reduce(y, axis=1))
    loss -= right
    if total and isinstance(share, float):  # after the sum, so that the mean over nothing is NaN
        return np.add.reduce(loss, axis=None) * share
    loss *= share
    return np.add.reduce(loss, axis=None) if total else loss


# --------------------------------------------------------------------------------------------- binary cross-entropy


def _log(x: Any) -> Any:
    """log(x), at least -100: a wrong prediction that is quite certain costs much, but not everything."""
    with np.errstate(divide="ignore"):
        return np.maximum(np.log(x), -100)


def _spread(x: Any) -> Any:
    return np.maximum(x * (1 - x), 1e-12)


@op(
    "binary_cross_entropy",
    kinks=True,
    dx=lambda dz, x, y: dz * ((x - y) / _spread(x)),
    dy=lambda dz, x: dz * (_log(1 - x) - _log(x)),
)
def binary_cross_entropy(x: Array, y: Array) -> Array:
    """-(y log x + (1 - y) log(1 - x)) for probabilities x, elementwise; equal shapes. Logarithms end at -100."""
    return -(y * _log(x) + (1 - y) * _log(1 - x))


@op(
    "binary_cross_entropy_with_logits",
    kinks=True,
    dx=lambda dz, x, y: dz * (sigmoid(x) - y),
    dy=lambda dz, x: -(dz * x),
)
def binary_cross_entropy_with_logits(x: Array, y: Array) -> Array:
    """`binary_cross_entropy(sigmoid(x), y)` that neither overflows nor rounds to 0 or 1; equal shapes."""
    return np.maximum(x, 0) - x * y + np.log1p(np.exp(-np.absolute(x)))
