"""Do probabilities mean what they say: of those foretold with 80 %, do 80 % come true?"""

from __future__ import annotations

import os
from typing import Any

import numpy as np
from numpy import ndarray as Array

from autograd.errors import SettingError

from ..figure import new_figure
from .metric import Metric
from .reading import scores_of


def _probabilities(metric: str, output: Any, targets: Any) -> tuple[Array, Array]:
    scores, labels = scores_of(metric, output, targets)
    if scores.size and not (scores.min() >= 0 and scores.max() <= 1):
        raise SettingError(f"{metric}: wanted probabilities in 0 .. 1: apply sigmoid or softmax to logits first")
    return scores, labels


class CalibrationError(Metric):
    """Expected calibration error: mean distance of confidence from accuracy, over bins (Guo and others 2017).

    bins   how many, of equal width

    Of probabilities of each class (N, C) the largest one is the confidence; of a single one that of class 1 is.
    """

    kept = ("count", "confidence", "right")

    def __init__(self, bins: int = 15) -> None:
        if bins < 1:
            raise SettingError(f"CalibrationError: wanted at least 1 bin, got {bins}")
        self.bins = bins
        super().__init__()

    def start(self) -> None:
        self.count, self.confidence, self.right = (np.zeros(self.bins) for _ in range(3))

    def update(self, output: Any, targets: Any) -> None:
        scores, labels = _probabilities("CalibrationError", output, targets)
        single = scores.shape[1] == 1
        confidence = scores.max(1) if len(scores) else np.zeros(0)
        right = labels if single else scores.argmax(1) == labels
        edges = np.linspace(0, 1, self.bins + 1)
        place = np.clip(np.searchsorted(edges, confidence, side="left") - 1, 0, self.bins - 1)  # bins (low, high]
        self.count = self.count + np.bincount(place, minlength=self.bins)
        self.confidence = self.confidence + np.bincount(place, confidence, self.bins)
        self.right = self.right + np.bincount(place, np.asarray(right, np.float64), self.bins)

    def curve(self) -> tuple[Array, Array, Array]:
        """Of each bin that has something: mean confidence, share that came true, and how many there are."""
        filled = self.count > 0
        count = self.count[filled]
        return self.confidence[filled] / count, self.right[filled] / count, count

    def compute(self) -> float:
        confidence, right, count = self.curve()
        return float((abs(confidence - right) * count).sum() / count.sum()) if len(count) else float("nan")

    def plot(self, path: str | os.PathLike[str] | None = None) -> Any:
        """Draw confidence against what came true: a file to write, or None; returns the matplotlib figure."""
        confidence, right, _ = self.curve()
        figure = new_figure(5, 5)
        axes = figure.subplots()
        axes.plot([0, 1], [0, 1], "--", color="grey")
        axes.plot(confidence, right, "o-")
        axes.set_xlabel("foretold probability")
        axes.set_ylabel("share that came true")
        if path is not None:
            figure.savefig(path)
        return figure


class BrierScore(Metric):
    """Mean squared distance of probabilities from what came true (Brier 1950): of class 1, or summed over classes."""

    kept = ("total", "count")

    def start(self) -> None:
        self.total, self.count = 0.0, 0

    def update(self, output: Any, targets: Any) -> None:
        scores, labels = _probabilities("BrierScore", output, targets)
        if scores.shape[1] == 1:
            self.total += float(((scores[:, 0] - labels) ** 2).sum())
        else:
            self.total += float(((scores - (labels[:, None] == np.arange(scores.shape[1]))) ** 2).sum())
        self.count += len(labels)

    def compute(self) -> float:
        return self.total / self.count if self.count else float("nan")
