"""Losses that are ops of their own, for safety at the edges and for speed. The others are composed in nn.functional."""

# mypy: no-warn-return-any, allow-untyped-decorators

from __future__ import annotations

from typing import Any

import numpy as np

from kernels import softmax as kernels

from ..op import Array, op
from .activation import softmax
from .special import sigmoid

# ---------------------------------------------------------------------------------------------------- cross-entropy


def _along(share: Any) -> Any:
    """`share` with a place for the classes; one number for all stays one number."""
    return share if isinstance(share, float) else np.expand_dims(share, 1)


def _slope_of_slope(dz: Any, x: Any, share: Any) -> Any:
    s, t = softmax(x, axis=1), dz * _along(share)
    return s * (t - np.sum(s * t, axis=1, keepdims=True))


@op("cross_entropy_slope", single=True, dx=_slope_of_slope)
def cross_entropy_slope(x: Array, *, target: Array, share: Any) -> Array:
    """(softmax(x) - onehot(target)) * share: the gradient of `cross_entropy`."""
    return kernels.cross_entropy_slope(x, target, share)


def _slope(dz: Any, x: Any, target: Array, share: Any, total: bool, kept: Any) -> Any:
    if type(x) is not np.ndarray or not isinstance(dz, (np.ndarray, np.generic)):
        return cross_entropy_slope(x, target=target, share=share) * (dz if total else np.expand_dims(dz, 1))
    if not kept:
        return kernels.cross_entropy_slope(x, target, share * (float(dz) if dz.ndim == 0 else dz))
    slope = kept.pop()  # nobody else has it: it becomes the cotangent
    if dz.ndim > 0 or dz != 1:
        slope *= dz if total else np.expand_dims(dz, 1)
    return slope


@op("cross_entropy", single=True, private=("x",), dx=_slope)
def cross_entropy(x: Array, *, target: Array, share: Any, total: bool, kept: Any = None) -> Array:
    """-log softmax(x) at the target class, times `share`; their sum if `total`.

    x        scores, (N, C) or (N, C, L): classes along axis 1, at least one
    target   class indices in 0 .. C-1, (N,) or (N, L)
    share    what each target counts: an array of target's shape and x's dtype, or one Python float
    kept     an empty list, if a gradient will be wanted: it is put in there if it takes no sweep of its own, and taken
             out by the first backward; later ones compute it again
    """
    loss, slope = kernels.cross_entropy(x, target, None if kept is None else share)
    if slope is not None and kept is not None:
        kept[:] = [slope]
    # shortcut: one share for all, which can be given to the sum
    if total and isinstance(share, float):  # after the sum, so that the mean over nothing is NaN
        return np.add.reduce(loss, axis=None) * share
    loss *= share
    return np.add.reduce(loss, axis=None) if total else loss


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


@op("nll", single=True, dx=_nll_slope)
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
