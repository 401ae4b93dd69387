"""Connectionist temporal classification: the loss of sequences whose labels are not aligned with the input."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy import ndarray as Array

from autograd import Tensor
from autograd.errors import DTypeError, LabelError, SettingError, ShapeError
from autograd.extend import apply, array_of, of_all, shape_of, wrap
from autograd.ops import loss as ops

from .checks import floating, labels_of, reduced


def ctc_loss(
    log_probs: Tensor,
    targets: Any,
    input_lengths: Any,
    target_lengths: Any,
    blank: int = 0,
    reduction: str = "mean",
    zero_infinity: bool = False,
) -> Tensor:
    """-log of the probability that a path through the frames reads as the targets: repeats merged, blanks left out.

    log_probs        (T, N, C), log-probabilities as from `log_softmax`: T frames, N sequences, C labels with the blank;
                     (T, C) without a batch
    targets          labels: (N, S), of which each row's first `target_lengths` count; or 1-d, all sequences in a row
    input_lengths    (N,): how many frames each sequence has, at most T; the frames after them get no gradient
    target_lengths   (N,): how many labels each sequence has. Lengths may be a tuple, an array or a Tensor
    blank            the label that stands for none
    reduction        "mean" divides each loss by its target's length (at least 1) before it takes the mean
    zero_infinity    a loss of 0 in place of infinity, where a target does not fit in its frames
    Returns a 0-d Tensor, or with reduction "none" one of shape (N,), or () without a batch.

    The gradient is that of the formula, to any order; where a target does not fit it is 0. Behind `log_softmax` it
    equals PyTorch's, which for `log_probs` alone is another: it has the gradient of the log_softmax in it.
    Raises ShapeError for lengths that do not fit, LabelError for a target that is no label.

    Graves et al. 2006, equations 6 to 8, in logarithms.

    >>> even = np.full((3, 1, 2), np.log(0.5))
    >>> round(ctc_loss(even, np.array([[1]]), (3,), (1,)).exp().item(), 4)  # 6 of the 8 paths: all but --- and 1-1
    1.3333
    """
    x = floating("ctc_loss", log_probs)
    if x.ndim not in (2, 3) or x.numel() == 0:
        raise ShapeError(f"ctc_loss: wanted log_probs of shape (T, N, C) or (T, C), not empty, got {shape_of(x)}")
    batched = x.ndim == 3
    if not batched:
        x = x.unsqueeze(1)
    frames, count, classes = shape_of(x)
    if not 0 <= blank < classes:
        raise SettingError(f"ctc_loss: blank must be in label range, 0 to {classes - 1}, got {blank}")
    given = _lengths("input_lengths", input_lengths, count)
    wanted = _lengths("target_lengths", target_lengths, count)
    if given.max() > frames:
        raise ShapeError(
            f"ctc_loss: Expected input_lengths to have value at most {frames}, the number of frames, got {given.max()}"
        )
    labels = _padded(labels_of("ctc_loss", targets), wanted, classes, blank)
    unfit = 0.0 if zero_infinity else math.inf
    loss = apply(ops.ctc, x, labels=labels, given=given, lengths=wanted, blank=blank, unfit=unfit)
    if reduction == "mean":
        loss = loss / wrap(np.maximum(wanted, 1).astype(loss.dtype))
    return reduced(loss if batched else loss.squeeze(0), reduction)


def _lengths(name: str, lengths: Any, count: int) -> Array:
    """Lengths as an array (N,) of integers that are not negative."""
    array = array_of(lengths).reshape(-1)
    if array.dtype.kind not in "iu" and array.size:
        raise DTypeError(f"ctc_loss: {name} must be integral, got {array.dtype}")
    if array.size != count:
        raise ShapeError(f"ctc_loss: {name} must be of size batch_size, {count}, got {array.size}")
    if array.min() < 0:
        raise ShapeError(f"ctc_loss: Expected {name} to have value at least 0, got {array.min()}")
    return array.astype(np.intp, copy=False)


def _padded(targets: Array, lengths: Array, classes: int, blank: int) -> Array:
    """The targets as (N, S) with the blank behind the end of each, from either form."""
    count, longest = len(lengths), int(lengths.max())
    if targets.ndim == 1 and len(targets) != (total := sum(lengths.tolist())):
        raise ShapeError(
            f"ctc_loss: 1-d targets must be as many as the target_lengths add up to, {total}, got {len(targets)}"
        )
    if targets.ndim != 1 and (targets.ndim != 2 or targets.shape[0] != count or targets.shape[1] < longest):
        raise ShapeError(
            f"ctc_loss: wanted targets of shape ({count}, {longest} or more), or 1-d, got {targets.shape} for a batch "
            f"of {count} and target_lengths up to {longest}"
        )
    inside = np.arange(longest) < lengths[:, None]
    if targets.ndim == 1:
        places = np.zeros(inside.shape, np.intp)
        places[inside] = np.arange(len(targets))
        padded = targets[places]
    else:
        padded = targets[:, :longest]
    wrong = of_all(lambda all: all[(all < 0) | (all >= classes)], np.where(inside, padded, 0))
    if wrong.size:
        raise LabelError(
            f"ctc_loss: Target {wrong[0]} is out of bounds. There are {classes} labels, 0 to {classes - 1}"
        )
    return np.where(inside, padded, blank).astype(np.intp)
