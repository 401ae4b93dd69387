"""Pictures and tables that several reproductions share; what is computed stands in the scripts themselves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

import nn
from benchmarks.train.plots import plot_confusion, plot_examples

from .course import Course


def draw_losses(course: Course, losses: Mapping[str, Sequence[float]], file: str, caption: str) -> None:
    """Training loss against iterations, all curves in one plot: running means over 1/50 of the longest.

    Labels that agree up to a comma share a colour; "without" makes a dashed line.
    """
    if not course.pictures:
        return
    figure = course.figure(9, 4.8)
    axes = figure.subplots()
    window = max(1, max(map(len, losses.values())) // 50)
    groups = list(dict.fromkeys(label.partition(", ")[0] for label in losses))
    for label, values in losses.items():
        smooth = np.convolve(values, np.full(window, 1 / window), mode="valid")
        style = "--" if "without" in label else "-"
        color = f"C{groups.index(label.partition(', ')[0])}"
        axes.plot(np.arange(len(smooth)) + window, smooth, style, color=color, linewidth=1.4, label=label)
    axes.set_yscale("log")
    axes.yaxis.set_major_formatter("{x:g}")
    axes.yaxis.set_minor_formatter("{x:g}")
    axes.tick_params(axis="y", which="minor", labelsize="x-small")
    axes.set_xlabel("iteration")
    axes.set_ylabel(f"training loss, mean over {window} iterations" if window > 1 else "training loss")
    axes.grid(alpha=0.3, which="both")
    axes.legend(loc="upper right" if len(losses) < 5 else "lower left", ncols=1 + (len(losses) > 4), fontsize="small")
    course.picture(figure, file, caption)


def draw_choices(course: Course, label: str, accuracies: Mapping[Any, float], file: str, caption: str) -> None:
    """Validation accuracy (per cent) of each choice, as labelled dots: bars would have to begin at 0."""
    if not course.pictures:
        return
    figure = course.figure(max(5, 0.9 * len(accuracies) + 2), 3.6)
    axes = figure.subplots()
    best = max(accuracies.values())
    colors = ["#1f77b4" if value == best else "#a9c6e0" for value in accuracies.values()]
    axes.scatter([str(choice) for choice in accuracies], list(accuracies.values()), c=colors, s=60, zorder=2)
    for place, value in enumerate(accuracies.values()):
        axes.annotate(f"{value:.2f}", (place, value), (0, 7), textcoords="offset points", ha="center")
    axes.margins(x=0.5 / len(accuracies), y=0.18)
    axes.grid(axis="y", alpha=0.3)
    axes.set_xlabel(label)
    axes.set_ylabel("validation accuracy (%)")
    course.picture(figure, file, caption)


def _times(count: Any) -> str:
    return "once" if count == 1 else f"{count} times"


def show_classes(course: Course, name: str, scores: np.ndarray, test: nn.data.ImageDataset) -> np.ndarray:
    """Per-class accuracy and confused classes as tables; confusion matrix and examples as pictures.

    scores (N, C) of the test images; returns the confusion matrix (C, C), rows are the true classes.
    """
    predictions, classes = scores.argmax(1), test.classes
    confusion = nn.confusion_matrix(test.targets, predictions, len(classes))
    share = 100 * confusion / np.maximum(confusion.sum(1, keepdims=True), 1)
    rows = []
    for index in range(len(classes)):
        others = confusion[index].copy()
        others[index] = 0
        taken = others.argmax()
        for_what = f"{classes[taken]} ({_times(others[taken])})" if others[taken] else "-"
        rows.append((classes[index], f"{share[index, index]:.2f}", for_what))
    course.table(f"{name}: per class", ("class", "accuracy (%)", "most often taken for"), rows)
    if course.pictures:
        accuracy = np.trace(confusion) / confusion.sum()
        title = f"{name}: {accuracy:.2%}"
        plot_confusion(course.place(f"{name}-confusion.png", f"{name}: confusion matrix."), confusion, classes, title)
        confidence = np.exp(scores.max(1) - np.logaddexp.reduce(scores, axis=1))
        place = course.place(f"{name}-examples.png", f"{name}: test images, and the surest mistakes.")
        plot_examples(place, test.images, test.targets, predictions, confidence, classes)
    return confusion
