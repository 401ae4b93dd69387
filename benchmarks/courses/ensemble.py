"""NYU, practicum P2: networks of different shapes and first weights, averaged and voted, on MNIST.

At the end networks of one shape are trained together, as one: see together.py.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable

import numpy as np

import nn
from nn.data import transforms

from .course import About, Course, Result
from .drawing import draw_losses, show_classes
from .recipes import one_cycle
from .together import compare

ABOUT = {
    "ensemble": About(
        "six networks of three shapes, averaged and voted",
        metric="test accuracy, probabilities averaged",
        floor=99.5,
        note="CSCI-UA.473, homework 4, P2",
    )
}


Sizes = dict[int, list[float]]


def block(inputs: int, outputs: int, window: int) -> list[nn.Module]:
    """Convolution, batch norm, ReLU, and a max pool that halves height and width."""
    conv = nn.Conv2d(inputs, outputs, window, padding=window // 2, bias=False)  # batch norm brings its own bias
    return [conv, nn.BatchNorm2d(outputs), nn.ReLU(), nn.MaxPool2d(2)]


def two_convolutions() -> nn.Module:
    """Two windows of 5 x 5, then two dense layers."""
    dense = [nn.Linear(32 * 7 * 7, 128), nn.BatchNorm1d(128), nn.ReLU(), nn.Linear(128, 10)]
    return nn.Sequential(*block(1, 16, 5), *block(16, 32, 5), nn.Flatten(), *dense)


def three_convolutions() -> nn.Module:
    """Three windows of 3 x 3, then one dense layer."""
    return nn.Sequential(
        *block(1, 16, 3), *block(16, 32, 3), *block(32, 64, 3), nn.Flatten(), nn.Dropout(0.2), nn.Linear(64 * 3 * 3, 10)
    )


def wide_window() -> nn.Module:
    """A window of 7 x 7, then one of 3 x 3, then two dense layers."""
    dense = [nn.Linear(48 * 7 * 7, 64), nn.BatchNorm1d(64), nn.ReLU(), nn.Linear(64, 10)]
    return nn.Sequential(*block(1, 16, 7), *block(16, 48, 3), nn.Flatten(), *dense)


SHAPES = (two_convolutions, three_convolutions, wide_window)


def average(probabilities: np.ndarray) -> np.ndarray:
    """(M, N, C) of M networks -> (N,): the class with the largest mean probability."""
    return probabilities.mean(0).argmax(1)


def vote(probabilities: np.ndarray) -> np.ndarray:
    """(M, N, C) of M networks -> (N,): the class that most of them name; the mean probability decides ties."""
    classes = probabilities.shape[2]
    votes = np.eye(classes)[probabilities.argmax(2)].sum(0)
    return (votes + 0.5 * probabilities.mean(0)).argmax(1)


def run(course: Course) -> dict[str, Result]:
    """Train the networks one after the other, then count how often every ensemble of them is right."""
    digits, test = course.images("mnist")
    digits.transform = transforms.Compose([transforms.random_shift(2), transforms.normalize(digits.mean, digits.std)])
    test_images, _ = test.tensors()
    epochs = 3 if course.quick else 6

    members, curves, probabilities = [], {}, []
    for seed, shape in enumerate(SHAPES if course.quick else SHAPES * 2):
        course.seed(seed)
        model = shape()
        label = shape.__name__.replace("_", " ")
        losses = one_cycle(course, f"network {seed + 1} ({label})", model, digits, epochs, 32 if course.quick else 64)
        scores = nn.predict(model, test_images)
        accuracy = 100 * float((scores.numpy().argmax(1) == test.targets).mean())
        course.say(f"network {seed + 1} ({label}): test accuracy {accuracy:.2f} %")
        members.append((seed + 1, label, sum(p.numel() for p in model.parameters()), f"{accuracy:.2f}"))
        curves[f"network {seed + 1}, {label}"] = losses
        probabilities.append(nn.functional.softmax(scores, dim=1).numpy())

    course.table("the networks", ("number", "shape", "parameters", "test accuracy (%)"), members)
    draw_losses(course, curves, "loss", "Training loss of every network against iterations.")
    outputs = np.stack(probabilities)  # (M, N, C)
    found = {kind.__name__: by_size(kind, outputs, test.targets) for kind in (average, vote)}
    rows = [(size, *(spread(values[size]) for values in found.values())) for size in found["average"]]
    head = ("networks", "averaged: mean (worst to best)", "voted: mean (worst to best)")
    course.table("test accuracy (%) of all ensembles of each size", head, rows)
    draw_sizes(course, found)
    show_classes(course, "ensemble", np.log(outputs.mean(0) + 1e-12), test)
    value, voted = found["average"][len(outputs)][0], found["vote"][len(outputs)][0]
    together = compare(course, digits, test)
    details = {
        "together": together,
        "voted": voted,
        "members": [float(member[-1]) for member in members],
        "by size": found["average"],
    }
    return {"ensemble": Result(value, details=details)}


def by_size(combine: Callable[[np.ndarray], np.ndarray], outputs: np.ndarray, targets: np.ndarray) -> Sizes:
    """Size -> the accuracies (per cent) of all ensembles of that size which can be made of the networks."""
    numbers = range(len(outputs))
    return {
        size: [
            100 * float((combine(outputs[list(chosen)]) == targets).mean())
            for chosen in itertools.combinations(numbers, size)
        ]
        for size in range(1, len(outputs) + 1)
    }


def spread(values: list[float]) -> str:
    """Mean and range as text."""
    return f"{np.mean(values):.3f} ({min(values):.2f} to {max(values):.2f})"


def draw_sizes(course: Course, found: dict[str, Sizes]) -> None:
    """Accuracy against ensemble size."""
    if not course.pictures:
        return
    figure = course.figure(8, 4.4)
    axes = figure.subplots()
    for values, color, label in zip(found.values(), ("#1f77b4", "#d9622b"), ("averaged", "voted"), strict=True):
        sizes = list(values)
        axes.plot(sizes, [np.mean(values[size]) for size in sizes], "o-", color=color, label=f"{label}: mean")
        worst, best = ([pick(values[size]) for size in sizes] for pick in (min, max))
        axes.fill_between(sizes, worst, best, color=color, alpha=0.15, label=f"{label}: worst to best")
    axes.set_xticks(sizes)
    axes.set_xlabel("networks in the ensemble")
    axes.set_ylabel("test accuracy (%)")
    axes.grid(alpha=0.3)
    axes.legend()
    course.picture(figure, "sizes", "Accuracy against ensemble size, over all ensembles that can be made.")
