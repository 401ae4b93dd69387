"""Metrics that follow from the order of the scores: how far do they put class 1 above class 0?

They keep all scores, so they are exact. Equal scores are one step of a curve: nobody knows their order.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy import ndarray as Array

from autograd.errors import SettingError

from .metric import Metric
from .reading import scores_of


def _steps(scores: Array, labels: Array) -> tuple[Array, Array, Array]:
    """Thresholds from the highest down, and how many of class 1 and of class 0 have at least these scores."""
    order = np.argsort(-scores, kind="stable")
    scores, labels = scores[order], labels[order]
    ends = np.flatnonzero(np.append(np.diff(scores) != 0, True)) if len(scores) else np.zeros(0, np.int64)
    positives = np.cumsum(labels)[ends] if len(scores) else np.zeros(0, np.int64)
    return scores[ends], positives, ends + 1 - positives


def roc_curve(scores: Any, labels: Any) -> tuple[Array, Array, Array]:
    """False positive rates, true positive rates and the thresholds they belong to, from (0, 0) to (1, 1).

    scores   of class 1, (N,);  labels   0 and 1, (N,)
    """
    flat, wanted = scores_of("roc_curve", scores, labels)
    thresholds, positives, negatives = _steps(flat[:, 0], wanted)
    rates = [np.append(0, count) / max(int(count[-1]) if len(count) else 0, 1) for count in (negatives, positives)]
    return rates[0], rates[1], np.append(np.inf, thresholds)


def precision_recall_curve(scores: Any, labels: Any) -> tuple[Array, Array, Array]:
    """Precisions, recalls and the thresholds they belong to, from the lowest score to the highest; then 1 and 0.

    scores   of class 1, (N,);  labels   0 and 1, (N,)
    """
    flat, wanted = scores_of("precision_recall_curve", scores, labels)
    thresholds, positives, negatives = _steps(flat[:, 0], wanted)
    precision = positives / np.maximum(positives + negatives, 1)
    total = int(positives[-1]) if len(positives) else 0
    recall = positives / total if total else np.ones(len(positives))
    return np.append(precision[::-1], 1.0), np.append(recall[::-1], 0.0), thresholds[::-1]


class _Ranking(Metric):
    """Base of metrics of one class against the rest, from all scores.

    average   of more than two classes: "macro", "weighted" by how many there are of each, or None: one for each
    """

    kept = ("scores", "labels")

    def __init__(self, average: str | None = "macro") -> None:
        if average not in ("macro", "weighted", None):
            raise SettingError(f"{type(self).__name__}: average should be 'macro', 'weighted' or None, got {average!r}")
        self.average = average
        super().__init__()

    def start(self) -> None:
        self.scores: list[Array] = []
        self.labels: list[Array] = []

    def update(self, output: Any, targets: Any) -> None:
        """Scores (N, C, ...) with class indices (N, ...), or scores of class 1 and targets 0 and 1, of one shape."""
        scores, labels = scores_of(type(self).__name__, output, targets)
        if np.isnan(scores).any():
            raise SettingError(f"{type(self).__name__}: scores are NaN, which have no order")
        self.scores.append(scores)
        self.labels.append(labels)

    def binary(self, scores: Array, labels: Array) -> float:
        """The metric of one class, whose labels are 1."""
        raise NotImplementedError

    def compute(self) -> Any:
        if not self.labels:
            return float("nan")
        scores, labels = np.concatenate(self.scores), np.concatenate(self.labels)
        if scores.shape[1] == 1:
            return self.binary(scores[:, 0], labels)
        classes = range(scores.shape[1])
        each = np.array([self.binary(scores[:, c], (labels == c).astype(np.int64)) for c in classes])
        if self.average is None:
            return each
        if self.average == "macro":
            return float(each.mean())
        weights = np.bincount(labels, minlength=len(each))
        return float((each * weights)[weights > 0].sum() / weights.sum()) if len(labels) else float("nan")


class AUC(_Ranking):
    """Area under the ROC curve: how probable is it that one of class 1 has a higher score than one of class 0? Equal
    scores count half. NaN if there are none of a class. For arguments see `_Ranking`."""

    def binary(self, scores: Array, labels: Array) -> float:
        _, positives, negatives = _steps(scores, labels)
        if len(scores) == 0 or positives[-1] == 0 or negatives[-1] == 0:
            return float("nan")
        heights, widths = np.append(0, positives), np.diff(np.append(0, negatives))
        area = float(((heights[1:] + heights[:-1]) / 2 * widths).sum())
        return area / (float(positives[-1]) * float(negatives[-1]))


class AveragePrecision(_Ranking):
    """Sum over the thresholds of precision times what recall grows by. 0 if there is none of class 1."""

    def binary(self, scores: Array, labels: Array) -> float:
        _, positives, negatives = _steps(scores, labels)
        if len(scores) == 0:
            return float("nan")
        if positives[-1] == 0:
            return 0.0
        precision = positives / (positives + negatives)
        return float((precision * np.diff(np.append(0, positives))).sum() / positives[-1])
