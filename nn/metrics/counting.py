"""Metrics that follow from how often each class was taken for each: the confusion matrix, and sums over it.

Of a class, with its row i and column i of the matrix: true positives are on the diagonal, false positives elsewhere in
the column, false negatives elsewhere in the row.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy import ndarray as Array

from autograd.errors import SettingError, ShapeError

from ..figure import new_figure
from .metric import Metric, joined
from .reading import classes_of, scores_of

AVERAGES = ("auto", "binary", "micro", "macro", "weighted", None)


class ConfusionMatrix(Metric):
    """How often class i (row) was taken for class j (column), (C, C) int64.

    threshold     where there is one score for each target: what is above it is class 1. 0.5 for probabilities, 0 for
                  logits (outputs that a sigmoid would make probabilities of)
    num_classes   needed where predictions are class indices instead of scores
    normalize     "true": shares of each row; "pred": of each column; "all": of everything

    Outputs are scores (N, C, ...) with class indices (N, ...), or of the shape of the targets: one score, or a class
    index, for each. Targets that are none of the classes (such as an ignore_index) do not count.
    """

    kept = ("matrix",)

    def __init__(self, threshold: float = 0.5, num_classes: int | None = None, normalize: str | None = None) -> None:
        if normalize not in (None, "true", "pred", "all"):
            raise SettingError(f"ConfusionMatrix: normalize should be 'true', 'pred', 'all' or None, got {normalize!r}")
        self.threshold, self.num_classes, self.normalize = threshold, num_classes, normalize
        super().__init__()

    def start(self) -> None:
        self.matrix: Array | None = None
        self.single = False

    def update(self, output: Any, targets: Any) -> None:
        labels, found, classes = classes_of(type(self).__name__, output, targets, self.threshold, self.num_classes)
        counts = np.bincount(labels * classes + found, minlength=classes * classes).reshape(classes, classes)
        self.single = tuple(np.shape(output)) == tuple(np.shape(targets)) and classes == 2
        self.matrix = joined(self.matrix, counts)

    def counts(self) -> Array:
        """The matrix, of nothing where nothing has been seen."""
        return np.zeros((self.num_classes or 0,) * 2, np.int64) if self.matrix is None else self.matrix

    def merge(self, *others: Any) -> Any:
        super().merge(*others)
        self.single = any(each.single for each in (self, *others))
        return self

    def compute(self) -> Any:
        matrix = self.counts()
        if self.normalize is None:
            return matrix
        axes = {"true": 1, "pred": 0, "all": None}[self.normalize]
        return _shares(matrix, matrix.sum(axes, keepdims=True))

    def plot(self, path: str | os.PathLike[str] | None = None, classes: Sequence[str] | None = None) -> Any:
        """Draw the matrix: a file to write (.png, .svg, .pdf), or None; returns the matplotlib figure."""
        matrix = np.asarray(self.compute())
        names = [str(index) for index in range(len(matrix))] if classes is None else list(classes)
        if len(names) != len(matrix):
            raise ShapeError(f"plot: got {len(names)} names for {len(matrix)} classes")
        side = 2.5 + 0.5 * len(matrix)
        figure = new_figure(side + 1, side)
        axes = figure.subplots()
        axes.imshow(matrix, cmap="Blues", vmin=0)
        axes.set_xticks(range(len(names)), names, rotation=45, ha="right")
        axes.set_yticks(range(len(names)), names)
        axes.set_xlabel("predicted")
        axes.set_ylabel("true")
        half = matrix.max(initial=0) / 2
        for (row, column), value in np.ndenumerate(matrix):
            text = f"{value:,}" if self.normalize is None else f"{value:.2f}"
            axes.text(column, row, text, ha="center", va="center", color="white" if value > half else "black")
        if path is not None:
            figure.savefig(path)
        return figure


def _shares(parts: Any, wholes: Any, empty: float = 0.0) -> Array:
    """parts / wholes, and `empty` where there is no whole."""
    wholes = np.asarray(wholes, np.float64)
    return np.where(wholes > 0, parts / np.where(wholes > 0, wholes, 1), empty)


class Accuracy(ConfusionMatrix):
    """Share of right predictions. For the arguments see `ConfusionMatrix`."""

    def __init__(self, threshold: float = 0.5, num_classes: int | None = None) -> None:
        super().__init__(threshold, num_classes)

    def compute(self) -> float:
        matrix = self.counts()
        return float(np.trace(matrix) / matrix.sum()) if matrix.sum() else float("nan")


class BalancedAccuracy(Accuracy):
    """Mean over the classes of the share of theirs that is right; classes of which there are none do not count."""

    def compute(self) -> float:
        matrix = self.counts()
        rows = matrix.sum(1)
        return float((np.diag(matrix)[rows > 0] / rows[rows > 0]).mean()) if rows.any() else float("nan")


class _PerClass(ConfusionMatrix):
    """Base of what is computed for each class and averaged.

    average         "macro": the mean over classes; "weighted": weighted by how many there are of each; "micro": of all
                    decisions together; "binary": of class 1 alone; None: an array, one for each class; "auto": "binary"
                    where there is one score for each target, else "macro"
    zero_division   where a class has nothing to divide by: it was never foretold, or there is none

    For the other arguments see `ConfusionMatrix`.
    """

    def __init__(
        self,
        average: str | None = "auto",
        threshold: float = 0.5,
        num_classes: int | None = None,
        zero_division: float = 0.0,
    ) -> None:
        if average not in AVERAGES:
            raise SettingError(f"{type(self).__name__}: average should be one of {AVERAGES}, got {average!r}")
        self.average, self.zero_division = average, zero_division
        super().__init__(threshold, num_classes)

    def share(self, tp: Array, fp: Array, fn: Array, tn: Array) -> Array:
        """The metric from true and false positives and negatives of each class."""
        raise NotImplementedError

    def compute(self) -> Any:
        matrix = self.counts()
        if not matrix.sum():
            return float("nan")
        tp, rows, columns = np.diag(matrix), matrix.sum(1), matrix.sum(0)
        parts = [tp, columns - tp, rows - tp, matrix.sum() - rows - columns + tp]
        average = ("binary" if self.single else "macro") if self.average == "auto" else self.average
        if average == "micro":
            return float(self.share(*[np.array(part.sum()) for part in parts]))
        each = self.share(*parts)
        if average is None:
            return each
        if average == "binary":
            if len(matrix) != 2:
                raise SettingError(f"{type(self).__name__}: average='binary' is for 2 classes, there are {len(matrix)}")
            return float(each[1])
        return float(each.mean() if average == "macro" else (each * rows).sum() / rows.sum())


class Precision(_PerClass):
    """Of what was taken for a class, the share that is of it: TP / (TP + FP)."""

    def share(self, tp: Array, fp: Array, fn: Array, tn: Array) -> Array:
        return _shares(tp, tp + fp, self.zero_division)


class Recall(_PerClass):
    """Of what is of a class, the share that was taken for it: TP / (TP + FN)."""

    def share(self, tp: Array, fp: Array, fn: Array, tn: Array) -> Array:
        return _shares(tp, tp + fn, self.zero_division)


class Specificity(_PerClass):
    """Of what is not of a class, the share that was not taken for it: TN / (TN + FP)."""

    def share(self, tp: Array, fp: Array, fn: Array, tn: Array) -> Array:
        return _shares(tn, tn + fp, self.zero_division)


class FBeta(_PerClass):
    """(1 + b^2) TP / ((1 + b^2) TP + b^2 FN + FP), b = beta: recall counts b times as much as precision."""

    def __init__(
        self,
        beta: float = 1.0,
        average: str | None = "auto",
        threshold: float = 0.5,
        num_classes: int | None = None,
        zero_division: float = 0.0,
    ) -> None:
        if beta < 0:
            raise SettingError(f"FBeta: wanted beta >= 0, got {beta}")
        self.beta = beta
        super().__init__(average, threshold, num_classes, zero_division)

    def share(self, tp: Array, fp: Array, fn: Array, tn: Array) -> Array:
        b = self.beta**2
        return _shares((1 + b) * tp, (1 + b) * tp + b * fn + fp, self.zero_division)


class F1(FBeta):
    """2 TP / (2 TP + FN + FP): the harmonic mean of precision and recall."""

    def __init__(
        self,
        average: str | None = "auto",
        threshold: float = 0.5,
        num_classes: int | None = None,
        zero_division: float = 0.0,
    ) -> None:
        super().__init__(1.0, average, threshold, num_classes, zero_division)


class MatthewsCorrelation(Accuracy):
    """Correlation of true and foretold classes, -1 .. 1 (Gorodkin 2004, of any number); 0 if one is constant."""

    def compute(self) -> float:
        matrix = self.counts().astype(np.float64)
        if not matrix.sum():
            return float("nan")
        rows, columns, count = matrix.sum(1), matrix.sum(0), matrix.sum()
        both = np.trace(matrix) * count - rows @ columns
        spread = (count**2 - columns @ columns) * (count**2 - rows @ rows)
        return float(both / np.sqrt(spread)) if spread > 0 else 0.0


class CohenKappa(Accuracy):
    """Agreement beyond that by chance, (p - e) / (1 - e): accuracy p, and e of predictions drawn anew (Cohen 1960)."""

    def compute(self) -> float:
        matrix = self.counts().astype(np.float64)
        if not matrix.sum():
            return float("nan")
        shares = matrix / matrix.sum()
        chance = float(shares.sum(1) @ shares.sum(0))
        return (float(np.trace(shares)) - chance) / (1 - chance) if chance < 1 else float("nan")


class TopKAccuracy(Metric):
    """Share of examples whose class is among the k with the highest scores; of equal scores, the first classes."""

    kept = ("right", "count")

    def __init__(self, k: int = 5) -> None:
        if k < 1:
            raise SettingError(f"TopKAccuracy: wanted k >= 1, got {k}")
        self.k = k
        super().__init__()

    def start(self) -> None:
        self.right, self.count = 0, 0

    def update(self, output: Any, targets: Any) -> None:
        scores, labels = scores_of("TopKAccuracy", output, targets)
        if scores.shape[1] == 1:
            raise ShapeError("TopKAccuracy: wanted a score for each class")
        own = scores[np.arange(len(labels)), labels][:, None]
        before = np.arange(scores.shape[1]) < labels[:, None]
        rank = ((scores > own) | ((scores == own) & before)).sum(1)
        self.right += int((rank < self.k).sum())
        self.count += len(labels)

    def compute(self) -> float:
        return self.right / self.count if self.count else float("nan")
