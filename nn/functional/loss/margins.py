"""Losses that want the right class ahead of the others by a margin."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd import Tensor, where
from autograd.errors import LabelError, SettingError, ShapeError
from autograd.extend import apply, array_of, shape_of, wrap
from autograd.ops import loss as ops
from autograd.tensors.activation import logsigmoid

from .checks import floating, labels_of, legacy, like, reduced, rescaled
from .indices import by_class, checked, class_weights


def hinge_loss(input: Tensor, target: Any, margin: float = 1.0, reduction: str = "mean") -> Tensor:
    """max(0, margin - s x) for scores x, where s is -1 or +1: the target, or for targets 0 and 1, 2 target - 1.

    Equal shapes. Not in PyTorch. The support vector machine's loss (Cortes & Vapnik 1995).
    """
    x = floating("hinge_loss", input)
    target = like("hinge_loss", target, x)
    values = array_of(target)
    if values.size and values.min() == 0:
        target, values = target * 2 - 1, values * 2 - 1
    wrong = (values != 1) & (values != -1)
    if wrong.any():
        raise LabelError("hinge_loss: targets must be -1 and 1, or 0 and 1")
    return reduced((margin - target * x).clamp_min(0), reduction)


def soft_margin_loss(
    input: Tensor, target: Any, size_average: bool | None = None, reduce: bool | None = None, reduction: str = "mean"
) -> Tensor:
    """log(1 + exp(-t x)) for targets t of -1 and 1; equal shapes."""
    if size_average is not None or reduce is not None:
        reduction = legacy("soft_margin_loss", size_average, reduce)
    x = floating("soft_margin_loss", input)
    return reduced(-logsigmoid(like("soft_margin_loss", target, x) * x), reduction)


def multi_margin_loss(
    input: Tensor,
    target: Any,
    p: int = 1,
    margin: float = 1.0,
    weight: Any = None,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """Sum over the wrong classes j of max(0, margin - x[y] + x[j]) ** p, divided by C; times the weight of class y.

    input (N, C) or (C,); target (N,) or (), class indices.
    """
    if size_average is not None or reduce is not None:
        reduction = legacy("multi_margin_loss", size_average, reduce)
    if p not in (1, 2):
        raise SettingError(f"multi_margin_loss: only p == 1 and p == 2 supported, got {p}")
    x, labels, shape = by_class(
        "multi_margin_loss", floating("multi_margin_loss", input), labels_of("multi_margin_loss", target)
    )
    if x.ndim != 2:
        raise ShapeError(f"multi_margin_loss: wanted an input of shape (N, C) or (C,), got {tuple(input.shape)}")
    labels, _ = checked("multi_margin_loss", labels, shape_of(x)[1], -1 << 62)
    right = x.gather(1, wrap(labels[:, None]))
    others = labels[:, None] != np.arange(shape_of(x)[1])
    short = where(wrap(others), margin - right + x, 0.0).relu()
    if p == 2:
        short = short * short
    if weight is not None:
        short = short * wrap(class_weights("multi_margin_loss", weight, x))[wrap(labels)].unsqueeze(1)
    loss = short.sum(1) / shape_of(x)[1]
    return reduced(loss.reshape(shape), reduction)


def multilabel_margin_loss(
    input: Tensor, target: Any, size_average: bool | None = None, reduce: bool | None = None, reduction: str = "mean"
) -> Tensor:
    """Sum over right classes y and wrong classes i of max(0, 1 - x[y] + x[i]), divided by C.

    input (N, C) or (C,); target of the same shape: the right classes' indices, ended by a -1.
    """
    if size_average is not None or reduce is not None:
        reduction = legacy("multilabel_margin_loss", size_average, reduce)
    x = floating("multilabel_margin_loss", input)
    labels = labels_of("multilabel_margin_loss", target)
    if labels.shape != shape_of(x) or labels.ndim not in (1, 2):
        raise ShapeError(
            f"multilabel_margin_loss: wanted input and target of one shape (N, C) or (C,), got {shape_of(x)} and "
            f"{labels.shape}"
        )
    shape = shape_of(x)[:-1]
    x, labels = x.reshape(-1, shape_of(x)[-1]), labels.reshape(-1, shape_of(x)[-1])
    classes = shape_of(x)[1]
    checked("multilabel_margin_loss", labels, classes, -1)
    listed = np.logical_and.accumulate(labels >= 0, axis=1)
    safe, _ = checked("multilabel_margin_loss", np.where(listed, labels, 0), classes, -1 << 62)
    right = (listed[:, :, None] & (safe[:, :, None] == np.arange(classes))).any(1)
    # (N, right, wrong): every right class against every wrong one
    pairs = listed[:, :, None] & ~right[:, None, :]
    short = where(wrap(pairs), 1 - x.gather(1, wrap(safe)).unsqueeze(2) + x.unsqueeze(1), 0.0).relu()
    loss = short.sum((1, 2)) / classes
    return reduced(loss.reshape(shape), reduction)


def multilabel_soft_margin_loss(
    input: Tensor,
    target: Any,
    weight: Any = None,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """Binary cross-entropy with logits, averaged over the classes (the last dimension), then reduced."""
    if size_average is not None or reduce is not None:
        reduction = legacy("multilabel_soft_margin_loss", size_average, reduce)
    x = floating("multilabel_soft_margin_loss", input)
    target = like("multilabel_soft_margin_loss", target, x)
    loss = rescaled(apply(ops.binary_cross_entropy_with_logits, x, target), weight)
    return reduced(loss.mean(-1), reduction)
