"""What outputs and targets say: the class of every example, or how much it looks like one."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy import ndarray as Array

from autograd import Tensor
from autograd.errors import LabelError, ShapeError


def array_of(value: Any) -> Array:
    """The array of a Tensor, an array or numbers."""
    return value.detach().numpy() if isinstance(value, Tensor) else np.asarray(value)


def class_pairs(output: Any, targets: Any, threshold: float | None = None) -> tuple[Array, Array, int] | None:
    """True and predicted class of every example (or pixel, or token) that has one, and the number of classes.

    Classes are the largest of the scores along dimension 1, or, where outputs have the shape of the targets, whether a
    single score is above `threshold`. None if the targets are no class indices.
    """
    if not isinstance(output, Tensor) or not isinstance(targets, Tensor):
        return None
    scores, labels = array_of(output), array_of(targets)
    if threshold is not None and scores.shape == labels.shape and scores.dtype.kind == "f":
        if not np.isin(labels, (0, 1)).all():
            return None
        return labels.reshape(-1).astype(np.int64), (scores > threshold).reshape(-1).astype(np.int64), 2
    if not _is_of_classes(scores, labels):
        return None
    return _known(labels.reshape(-1), scores.argmax(1).reshape(-1), scores.shape[1])


def _is_of_classes(scores: Array, labels: Array) -> bool:
    if scores.ndim < 2 or scores.shape[1] == 0:
        return False
    return labels.dtype.kind in "iu" and labels.shape == scores.shape[:1] + scores.shape[2:]


def _known(labels: Array, predictions: Array, classes: int) -> tuple[Array, Array, int]:
    """Without those whose label is none of the classes, such as an ignore_index."""
    labels = labels.astype(np.int64)
    known = (labels >= 0) & (labels < classes)
    if not known.all():
        labels, predictions = labels[known], predictions[known]
    return labels, predictions, classes


def classes_of(metric: str, output: Any, targets: Any, threshold: float, count: int | None) -> tuple[Array, Array, int]:
    """The same from all that has classes: scores of each class, scores of one, or class indices as predictions."""
    scores, labels = array_of(output), array_of(targets)
    if labels.dtype.kind == "b":
        labels = labels.astype(np.int64)
    if scores.shape == labels.shape and scores.dtype.kind in "iub":
        if count is None and scores.size and max(scores.max(), labels.max()) > 1:
            raise LabelError(f"{metric}: class indices as predictions need num_classes=..., the number of classes")
        return _known(labels.reshape(-1), scores.reshape(-1).astype(np.int64), count or 2)
    if scores.shape == labels.shape:
        if not np.isin(labels, (0, 1)).all():
            raise LabelError(f"{metric}: one score for each target means two classes: wanted targets 0 and 1")
        return labels.reshape(-1).astype(np.int64), (scores > threshold).reshape(-1).astype(np.int64), 2
    if not _is_of_classes(scores, labels):
        raise ShapeError(
            f"{metric}: wanted outputs (N, C, ...) with class indices (N, ...), or outputs and targets of one shape; "
            f"got {tuple(scores.shape)} and {tuple(labels.shape)} of {labels.dtype}"
        )
    return _known(labels.reshape(-1), scores.argmax(1).reshape(-1), scores.shape[1])


def scores_of(metric: str, output: Any, targets: Any) -> tuple[Array, Array]:
    """Scores (N, C) and labels (N,); of two classes with one score, (N, 1) and labels 0 and 1."""
    scores, labels = array_of(output), array_of(targets)
    if labels.dtype.kind == "b":
        labels = labels.astype(np.int64)
    if scores.shape == labels.shape:
        if not np.isin(labels, (0, 1)).all():
            raise LabelError(f"{metric}: one score for each target means two classes: wanted targets 0 and 1")
        return scores.reshape(-1, 1).astype(np.float64), labels.reshape(-1).astype(np.int64)
    if not _is_of_classes(scores, labels):
        raise ShapeError(
            f"{metric}: wanted scores (N, C, ...) with class indices (N, ...), or scores and targets of one shape; "
            f"got {tuple(scores.shape)} and {tuple(labels.shape)} of {labels.dtype}"
        )
    classes = scores.shape[1]
    flat = np.moveaxis(scores, 1, -1).reshape(-1, classes).astype(np.float64)
    labels = labels.reshape(-1).astype(np.int64)
    known = (labels >= 0) & (labels < classes)
    return flat[known], labels[known]
