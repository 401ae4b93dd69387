"""Losses that are ops of their own, for safety at the edges and for speed. The others are composed in nn.functional."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy import ndarray as Array

from kernels.softmax import plain as kernels

from ..op import op
from .activation import log_softmax
from .special import sigmoid

# ---------------------------------------------------------------------------------------------------- cross-entropy


def _slope(dz: Any, x: Array, target: Array, share: Any, total: bool, slope: Array | None) -> Any:
    if slope is None:
        return kernels.cross_entropy_slope(x, target, share * (float(dz) if dz.ndim == 0 else dz))
    if dz.ndim == 0 and dz == 1:
        return slope
    return slope * (dz if total else np.expand_dims(dz, 1))


def cross_entropy_formula(x: Any, *, target: Array, share: Any, total: bool) -> Any:
    """-log softmax(x) at the target class, times `share`, in primitives."""
    return nll(log_softmax(x, axis=1), target=target, share=share, total=total)


@op(
    "cross_entropy",
    arrays=("target", "share"),
    single=True,
    private=("x",),
    keeps=("slope",),
    formula=cross_entropy_formula,
    dx=_slope,
)
def cross_entropy(x: Array, *, target: Array, share: Any, total: bool, recorded: bool = False) -> Any:
    """-log softmax(x) at the target class, times `share`; their sum if `total`.

    x        scores, (N, C) or (N, C, L): classes along axis 1, at least one
    target   class indices in 0 .. C-1, (N,) or (N, L)
    share    what each target counts: an array of target's shape and x's dtype, or one Python float

    The slope (softmax(x) - onehot(target)) * share is kept where it takes no sweep of its own, and None elsewhere.
    """
    loss, slope = kernels.cross_entropy(x, target, share if recorded else None)
    # shortcut: one share for all, which can be given to the sum
    if total and isinstance(share, float):  # after the sum, so that the mean over nothing is NaN
        return np.add.reduce(loss, axis=None) * share, slope
    loss *= share
    return np.add.reduce(loss, axis=None) if total else loss, slope


def _marked(shape: tuple[int, ...], dtype: Any, target: Array, value: Any) -> Array:
    """`value` at the target classes, else 0."""
    z = np.zeros(shape, dtype)
    if len(shape) == 2:
        z[np.arange(shape[0]), target] = value
    else:
        np.put_along_axis(z, target[:, None], np.expand_dims(np.broadcast_to(value, target.shape), 1), axis=1)
    return z


def _nll_slope(dz: Any, x_shape: Any, x_dtype: Any, target: Array, share: Any, total: bool) -> Any:
    if isinstance(dz, (np.ndarray, np.generic)):
        return _marked(x_shape, x_dtype, target, dz * -share)
    return _marked(x_shape, x_dtype, target, -share) * (dz if total else np.expand_dims(dz, 1))


@op("nll", arrays=("target", "share"), single=True, dx=_nll_slope)
def nll(x: Array, *, target: Array, share: Any, total: bool) -> Array:
    """-x at the target class, times `share`; their sum if `total`. Arguments as in `cross_entropy`."""
    picked = kernels.pick(x, target)
    # shortcut: one share for all, which can be given to the sum
    if total and isinstance(share, float):  # after the sum, so that the mean over nothing is NaN
        return np.add.reduce(picked, axis=None) * -share
    loss = picked * -share
    return np.add.reduce(loss, axis=None) if total else loss


# --------------------------------------------------------------------------------------------- binary cross-entropy


def _log(x: Any) -> Any:
    """log(x), at least -100: a wrong prediction that is quite certain costs much, but not everything."""
    if type(x) is not np.ndarray:  # a Tensor: at 0 its slope is that of the constant
        return np.where(x == 0, -100, np.maximum(np.log(np.where(x == 0, 1, x)), -100))
    with np.errstate(divide="ignore"):
        return np.maximum(np.log(x), -100)


def _spread(x: Any) -> Any:
    return np.maximum(x * (1 - x), 1e-12)


@op(
    "binary_cross_entropy",
    single=True,
    kinks=True,
    dx=lambda dz, x, y: dz * ((x - y) / _spread(x)),
    dy=lambda dz, x: dz * (_log(1 - x) - _log(x)),
)
def binary_cross_entropy(x: Array, y: Array) -> Array:
    """-(y log x + (1 - y) log(1 - x)) for probabilities x, elementwise; equal shapes. Logarithms end at -100."""
    return -(y * _log(x) + (1 - y) * _log(1 - x))


@op(
    "binary_cross_entropy_with_logits",
    single=True,
    kinks=True,
    dx=lambda dz, x, y: dz * (sigmoid(x) - y),
    dy=lambda dz, x: -(dz * x),
)
def binary_cross_entropy_with_logits(x: Array, y: Array) -> Array:
    """`binary_cross_entropy(sigmoid(x), y)` that neither overflows nor rounds to 0 or 1; equal shapes."""
    return np.maximum(x, 0) * (1 - y) - np.minimum(x, 0) * y + np.log1p(np.exp(-np.absolute(x)))
