"""Losses that are ops of their own, for safety at the edges and for speed. The others are composed in nn.functional."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy import ndarray as Array

from kernels.ctc import plain as ctc_kernels
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


# -------------------------------------------------------------------------------------------------------------- CTC


def ctc_formula(x: Any, *, labels: Array, given: Array, lengths: Array, blank: int, unfit: float) -> Any:
    """The loss in primitives: alphas of one frame from those of the frame before."""
    places, skips = ctc_kernels.places_of(labels, blank)
    closed = np.where(skips, 0, -np.inf).astype(x.dtype)
    rows = np.arange(len(places))
    edge = np.full((len(places), 2), -np.inf, x.dtype)
    a: Any = np.concatenate([edge, np.full(places.shape, -np.inf, x.dtype)], axis=1)
    a[:, 1] = 0
    alphas = [a]
    for frame in x[:, rows[:, None], places]:
        arrived = np.logaddexp(np.logaddexp(a[:, 2:], a[:, 1:-1]), a[:, :-2] + closed)
        a = np.concatenate([edge, arrived + frame], axis=1)
        alphas.append(a)
    alpha, last = np.stack(alphas), 2 * lengths + 2
    likelihood = np.logaddexp(alpha[given, rows, last], alpha[given, rows, last - 1])
    # where no path fits, the ops above share gradients among paths that are not there: none of that goes out
    return np.where(likelihood == -np.inf, unfit, -likelihood)


@op(
    "ctc",
    arrays=("labels", "given", "lengths"),
    single=True,
    private=("x",),
    keeps=("alphas", "likelihood"),
    formula=ctc_formula,
    dx=lambda dz, x, alphas, likelihood, labels, given, lengths, blank: ctc_kernels.slopes(
        -dz, x, alphas, likelihood, ctc_kernels.Target(labels, given, lengths, blank)
    ),
)
def ctc(
    x: Array, *, labels: Array, given: Array, lengths: Array, blank: int, unfit: float
) -> tuple[Array, Array, Array]:
    """-log of the probability (N,) that a path through the frames reads as the labels: repeats merged, no blanks.

    x        log-probabilities (T, N, C)
    labels   (N, S), of which the first `lengths` (N,) count, and of the frames the first `given` (N,)
    unfit    the loss where a target does not fit in its frames, which has no gradient
    """
    likelihood, alphas = ctc_kernels.values(x, ctc_kernels.Target(labels, given, lengths, blank))
    loss = -likelihood
    loss[likelihood == -np.inf] = unfit
    return loss, alphas, likelihood
