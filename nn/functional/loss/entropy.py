"""Cross-entropies: of classes, from scores or log-probabilities, and of yes or no."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy import ndarray as Array

from autograd import Tensor, where
from autograd.errors import DTypeError, LabelError, SettingError, ShapeError
from autograd.extend import apply, array_of, cast, record_of, shape_of, wrap
from autograd.ops import loss as ops
from autograd.tensors.activation import logsigmoid

from ...learner import due, glance, warn_once
from .checks import floating, labels_of, legacy, like, reduced, rescaled, scores
from .indices import along_classes, by_class, checked, class_weights, shares, weight_sum


def cross_entropy(
    input: Tensor,
    target: Any,
    weight: Any = None,
    size_average: bool | None = None,
    ignore_index: int = -100,
    reduce: bool | None = None,
    reduction: str = "mean",
    label_smoothing: float = 0.0,
) -> Tensor:
    """-log softmax(input) at the target class. Takes scores ("logits"): do not apply softmax before.

    input             (N, C), (N, C, d1, ...) or (C,): classes along dimension 1
    target            class indices 0 .. C-1, integers of shape (N,), (N, d1, ...) or (); or probabilities of the
                      classes, floating point, of input's shape
    weight            (C,): what each class counts. "mean" divides by the sum of the weights of the targets
    ignore_index      targets of this value count nothing. All ignored: NaN, the mean over nothing
    label_smoothing   share of the target's probability that is spread over all classes
    Returns a 0-d Tensor, or with reduction "none" one of the shape of the indices.

    Raises LabelError for an index that is no class ("Target 10 is out of bounds.").

    >>> round(cross_entropy(np.zeros((1, 2), np.float32), np.array([1])).item(), 4)
    0.6931
    """
    if size_average is not None or reduce is not None:
        reduction = legacy("cross_entropy", size_average, reduce)
    x = scores("cross_entropy", input, target)
    _warn_of_softmax(x)
    if not 0.0 <= label_smoothing <= 1.0:
        raise SettingError(f"label_smoothing must be between 0.0 and 1.0. Got: {label_smoothing}")
    known = array_of(target)
    if known.dtype.kind == "f":
        if known.shape != shape_of(x) and known.ndim != x.ndim:
            raise DTypeError(
                "cross_entropy: floating point targets are probabilities of the classes and need the input's shape "
                f"{shape_of(x)}, got {known.dtype} of shape {known.shape}; class indices are integers: target.long()"
            )
        _warn_of_one_hot(known)
        if ignore_index >= 0:
            raise SettingError(
                "cross_entropy: ignore_index is not supported for floating point target, got "
                f"ignore_index={ignore_index}: give class indices, or rows of zeros for what is to be ignored"
            )
        return _soft_cross_entropy(x, target, weight, reduction, label_smoothing)
    x, labels, shape = by_class("cross_entropy", x, known)
    labels, counted = checked("cross_entropy", labels, shape_of(x)[1], ignore_index)
    if counted is not None:  # what the ignored scores are must not matter, even if they are infinite or NaN
        x = where(wrap(np.expand_dims(counted, 1)), x, 0.0)
    if label_smoothing and labels.size:
        log_p = x.log_softmax(1)
        weights = None if weight is None else class_weights("cross_entropy", weight, x)
        spread = log_p if weights is None else log_p * along_classes(weights, x)
        share, total = shares(labels, counted, weights, x, reduction)
        hard = -(log_p.gather(1, wrap(labels[:, None])).squeeze(1) * share)
        every, _ = shares(labels, counted, None, x, "sum")
        soft = -(spread.sum(1) * every)
        if reduction == "mean":
            soft = soft / weight_sum(labels, counted, weights)
        loss = hard * (1 - label_smoothing) + soft * (label_smoothing / shape_of(x)[1])
        return loss.sum() if total else loss.reshape(shape)
    weights = None if weight is None else class_weights("cross_entropy", weight, x)
    share, total = shares(labels, counted, weights, x, reduction)
    loss = apply(ops.cross_entropy, x, target=labels, share=share, total=total)
    return loss if total else loss.reshape(shape)


def nll_loss(
    input: Tensor,
    target: Any,
    weight: Any = None,
    size_average: bool | None = None,
    ignore_index: int = -100,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """-input at the target class, for log-probabilities, as from `log_softmax`. Arguments as in `cross_entropy`."""
    if size_average is not None or reduce is not None:
        reduction = legacy("nll_loss", size_average, reduce)
    x, labels, shape = by_class("nll_loss", scores("nll_loss", input, target), labels_of("nll_loss", target))
    labels, counted = checked("nll_loss", labels, shape_of(x)[1], ignore_index)
    weights = None if weight is None else class_weights("nll_loss", weight, x)
    share, total = shares(labels, counted, weights, x, reduction)
    if counted is not None:  # what the ignored log-probabilities are must not matter, even if they are infinite or NaN
        x = where(wrap(np.expand_dims(counted, 1)), x, 0.0)
    loss = apply(ops.nll, x, target=labels, share=share, total=total)
    return loss if total else loss.reshape(shape)


def _warn_of_softmax(x: Any) -> None:
    record = record_of(x)
    op = None if record is None else record.op
    if op in _SCORES:
        return
    if record is not None and op == "softmax" and due("softmax"):
        warn_once(
            "softmax",
            "cross_entropy: the input comes out of softmax, but this loss applies softmax itself: give it the scores "
            f"that go into the softmax at {record.line}",
        )
    elif glance("softmax") and _is_distribution(array_of(x)):
        warn_once(
            "softmax",
            "cross_entropy: the input consists of probabilities that add up to 1, but this loss applies softmax "
            "itself: give it scores, which may be any numbers",
        )


_SCORES = frozenset({"linear", "matmul", "add", "sub", "mul", "reshape", "getitem", "transpose", "squeeze"})
"""Ops that networks end with: what they return is not looked at."""


def _is_distribution(x: Array) -> bool:
    """Are the first few rows probabilities, and not all the same?"""
    if x.ndim < 2 or x.shape[1] < 2 or not x.size:
        return False
    rows = x[:4].astype(np.float64)
    sums = rows.sum(1)
    return bool(rows.min() >= 0 and np.abs(sums - 1).max() < 1e-5 and np.ptp(rows) > 1e-3)


def _warn_of_one_hot(target: Array) -> None:
    if target.ndim == 2 and target.shape[1] > 1 and len(target) and glance("one_hot"):
        first = target[0]
        if first.max() == 1 and np.count_nonzero(first) == 1 and _is_one_hot(target):
            warn_once(
                "one_hot",
                "cross_entropy: the targets are one-hot rows; class indices do the same in less time and memory, "
                "and only they know ignore_index: target.argmax(1)",
            )


def _is_one_hot(target: Array) -> bool:
    return bool(((target == 0) | (target == 1)).all() and (target.sum(1) == 1).all())


def _soft_cross_entropy(x: Any, target: Any, weight: Any, reduction: str, label_smoothing: float) -> Tensor:
    """Targets that are probabilities."""
    target = like("cross_entropy", target, x)
    classes = 1 if x.ndim > 1 else 0
    if x.ndim == 0:
        raise ShapeError("cross_entropy: the input has no dimension of classes")
    if label_smoothing:
        target = target * (1 - label_smoothing) + label_smoothing / shape_of(x)[classes]
    if weight is not None:
        x2 = x if classes else x.reshape(1, -1)
        weights = along_classes(class_weights("cross_entropy", weight, x2), x2)
        target = target * (weights if classes else weights.reshape(-1))
    loss = -((x.log_softmax(classes) * target).sum(classes))
    if reduction == "mean":  # over the samples, whatever the weights: PyTorch's convention
        return loss.sum() / loss.numel() if loss.numel() else loss.mean()
    return reduced(loss, reduction)


def binary_cross_entropy(
    input: Tensor,
    target: Any,
    weight: Any = None,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """-(t log x + (1 - t) log(1 - x)) for probabilities x in [0, 1]; equal shapes. Logarithms end at -100.

    After a sigmoid, `binary_cross_entropy_with_logits` is exact where this rounds.
    weight: rescales each element, broadcast.  Raises LabelError if an input is outside [0, 1].
    """
    if size_average is not None or reduce is not None:
        reduction = legacy("binary_cross_entropy", size_average, reduce)
    x = floating("binary_cross_entropy", input)
    target = like("binary_cross_entropy", target, x)
    array = array_of(x)
    if array.size and not (array.min() >= 0 and array.max() <= 1):
        raise LabelError(
            "binary_cross_entropy: all elements of input should be between 0 and 1, got values from "
            f"{array.min()} to {array.max()}; for scores use binary_cross_entropy_with_logits"
        )
    return reduced(rescaled(apply(ops.binary_cross_entropy, x, target), weight), reduction)


def binary_cross_entropy_with_logits(
    input: Tensor,
    target: Any,
    weight: Any = None,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
    pos_weight: Any = None,
) -> Tensor:
    """`binary_cross_entropy(sigmoid(input), target)` that neither overflows nor rounds; equal shapes.

    weight: rescales each element, broadcast.  pos_weight: what the positive part counts, broadcast, e.g. one per class.
    """
    if size_average is not None or reduce is not None:
        reduction = legacy("binary_cross_entropy_with_logits", size_average, reduce)
    x = floating("binary_cross_entropy_with_logits", input)
    target = like("binary_cross_entropy_with_logits", target, x)
    if pos_weight is None:
        loss = apply(ops.binary_cross_entropy_with_logits, x, target)
    else:
        positive = cast(pos_weight, x.dtype) * target
        loss = -((1 - target) * logsigmoid(-x) + positive * logsigmoid(x))
    return reduced(rescaled(loss, weight), reduction)
