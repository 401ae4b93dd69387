"""How well a classifier does, in numbers."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np


def confusion_matrix(labels: np.ndarray, predictions: np.ndarray, classes: int) -> np.ndarray:
    """How often class i (row) was taken for class j (column), (classes, classes) int64."""
    return np.bincount(labels * classes + predictions, minlength=classes * classes).reshape(classes, classes)


def report(confusion: np.ndarray, classes: Sequence[str]) -> str:
    """Overall and per-class accuracy and the confusion matrix as text."""
    total, correct = confusion.sum(), np.trace(confusion)
    width = max(5, len(str(confusion.max())) + 1)
    label = max(len(name) for name in ("true", *classes))
    short = [name[: width - 1] for name in classes]
    lines = [
        f"test accuracy {correct / max(total, 1):.2%} ({correct:,} of {total:,} right, {total - correct:,} wrong)",
        "",
        f"{'true':>{label}} | predicted" + " " * (width * len(classes) - 10) + " | accuracy",
        f"{'':>{label}} |" + "".join([f"{name:>{width}}" for name in short]) + " |",
        "-" * (label + 1) + "+" + "-" * (width * len(classes) + 1) + "+---------",
    ]
    for name, row, right in zip(classes, confusion, np.diag(confusion), strict=True):
        cells = "".join([f"{count or '.':>{width}}" for count in row])
        share = f"{right / row.sum():8.2%}" if row.sum() else "     n/a"
        lines.append(f"{name:>{label}} |{cells} | {share}")
    return "\n".join(lines)
