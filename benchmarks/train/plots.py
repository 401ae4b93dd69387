"""Pictures of a training run, as PNG files. matplotlib is imported on first use, and draws without a display."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from nn.figure import new_figure

TRAIN, TEST, WRONG = "#1f77b4", "#d9622b", "#c0392b"


def plot_curves(path: Path, history: dict[str, list[float]], title: str, loss_name: str = "cross-entropy loss") -> None:
    """Loss and accuracy over the epochs, two panels."""
    from matplotlib.ticker import MaxNLocator

    figure = new_figure(10, 4)
    figure.suptitle(title)
    epochs = np.arange(1, len(history["loss"]) + 1)
    left, right = figure.subplots(1, 2)
    for axes, name, scale in ((left, "loss", 1), (right, "accuracy", 100)):
        train = scale * np.array(history[name])
        test = scale * np.array(history[f"test_{name}"])
        axes.plot(epochs, train, "o-", color=TRAIN, markersize=4, label="training (running average)")
        axes.plot(epochs, test, "s-", color=TEST, markersize=4, label="test")
        axes.set_xlabel("epoch")
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        axes.grid(alpha=0.3)
        axes.legend()
    left.set_ylabel(loss_name)
    left.set_ylim(bottom=0)
    right.set_ylabel("accuracy (%)")
    right.set_title(f"test accuracy at the end: {100 * history['test_accuracy'][-1]:.2f} %", fontsize=10)
    left.set_title(f"test loss at the end: {history['test_loss'][-1]:.4f}", fontsize=10)
    figure.savefig(path)


def plot_confusion(path: Path, confusion: np.ndarray, classes: Sequence[str], title: str) -> None:
    """The confusion matrix with its counts; colour is the share of the true class, so that mistakes show."""
    from matplotlib.colors import PowerNorm

    long = max(len(name) for name in classes) > 2
    figure = new_figure(8.2 if long else 7, 7.2 if long else 6.2)
    axes = figure.subplots()
    share = confusion / np.maximum(confusion.sum(1, keepdims=True), 1)
    image = axes.imshow(100 * share, cmap="Blues", norm=PowerNorm(0.4, vmin=0, vmax=100))
    ticks = np.arange(len(classes))
    axes.set_xticks(ticks, classes, rotation=45 if long else 0, ha="right" if long else "center")
    axes.set_yticks(ticks, classes)
    axes.set_xlabel("predicted class")
    axes.set_ylabel("true class")
    axes.set_title(title)
    for (row, column), count in np.ndenumerate(confusion):
        if count:
            color = "white" if share[row, column] > 0.3 else "black"
            axes.text(column, row, f"{count}", ha="center", va="center", color=color, fontsize=9)
    figure.colorbar(image, ax=axes, label="share of the true class (%)", ticks=[0, 1, 5, 20, 50, 100], shrink=0.85)
    figure.savefig(path)


def plot_examples(
    path: Path,
    images: np.ndarray,
    labels: np.ndarray,
    predictions: np.ndarray,
    confidence: np.ndarray,
    classes: Sequence[str],
) -> None:
    """The first test images with what they were taken for, and below the mistakes that the model was surest of."""
    mistakes = np.flatnonzero(labels != predictions)
    mistakes = mistakes[np.argsort(-confidence[mistakes], kind="stable")]
    columns, rows = 10, 3
    long = max(len(name) for name in classes) > 2
    figure = new_figure(15 if long else 11, 10 if long else 9)
    upper, lower = figure.subfigures(2, 1, hspace=0.02)
    _grid(
        upper,
        f"the first {min(rows * columns, len(labels))} test images: prediction",
        range(len(labels)),
        rows,
        columns,
    )
    _grid(
        lower,
        f"the surest of {len(mistakes):,} mistakes: true class → prediction (confidence)",
        mistakes,
        rows,
        columns,
    )
    for part, chosen in ((upper, range(len(labels))), (lower, mistakes)):
        for axes, index in zip(part.axes, chosen, strict=False):
            axes.imshow(images[index], cmap="gray_r", vmin=0, vmax=255)
            right = labels[index] == predictions[index]
            text = classes[predictions[index]]
            if not right:
                between = " →\n" if long else " → "
                text = f"{classes[labels[index]]}{between}{text} ({100 * confidence[index]:.0f} %)"
            axes.set_title(text, fontsize=8 if long else 10 if right else 9, color="black" if right else WRONG)
    figure.savefig(path)


def _grid(part: Any, title: str, chosen: Sequence[int] | np.ndarray, rows: int, columns: int) -> None:
    part.suptitle(title, fontsize=12)
    for axes in np.ravel(part.subplots(rows, columns)):
        axes.axis("off")
