"""One convolution with batch norm and dropout on MNIST: how much to drop is chosen on a tenth of the images.

conv - batch norm - ReLU - max pool - dense - batch norm - ReLU - dropout - dense - softmax
"""

from __future__ import annotations

import functools
from typing import Any

import numpy as np

import nn
from nn.data import Subset, transforms

from .course import About, Course, Result
from .drawing import draw_choices, draw_losses, show_classes
from .recipes import one_cycle

ABOUT = {
    "mnist-cnn-bn-dropout": About(
        "conv-BN-ReLU-pool-FC-BN-ReLU-dropout-FC",
        reference=90.58,
        floor=99.3,
        note="a deep learning course, homework 1, with 0.8 dropped or kept",
    )
}
DROPPED = (0.2, 0.5, 0.8)
SEEDS = (0, 1, 2)


def cnn(dropped: float) -> nn.Module:
    """(N, 1, 28, 28) -> (N, 32, 9, 9) -> 256 -> 10. A wide window, since there is one convolution only."""
    return nn.Sequential(
        *(nn.Conv2d(1, 32, 7, padding=3), nn.BatchNorm2d(32), nn.ReLU(), nn.MaxPool2d(3)),
        nn.Flatten(),
        *(nn.Linear(32 * 9 * 9, 256), nn.BatchNorm1d(256), nn.ReLU(), nn.Dropout(dropped)),
        nn.Linear(256, 10),
    )


def shifted(digits: Any) -> Any:
    """The data set, whose images are shifted anew each time. (Transforms cannot be sent to another process.)"""
    digits.transform = transforms.Compose([transforms.random_shift(2), transforms.normalize(digits.mean, digits.std)])
    return digits


def judged(course: Course, digits: Any, rest: Any, held_out: Any, point: dict[str, Any]) -> dict[str, Any]:
    """Validation accuracy (per cent) of one rate of dropout, from a short training on the images `rest`."""
    course.seed(0)
    dropped = point["dropped"]
    model = cnn(dropped)
    one_cycle(course, f"dropping {dropped}", model, Subset(shifted(digits), rest), 4 if course.quick else 2)
    return {"accuracy": 100 * nn.evaluate(model, held_out).accuracy}


def run(course: Course) -> dict[str, Result]:
    """Choose the rate of dropout, then train on everything."""
    (name,) = course.names
    digits, test = course.images("mnist")
    images, labels = digits.tensors()
    test_images, test_labels = test.tensors()
    order = course.seed(0).permutation(len(digits))
    held_out, rest = np.split(order, [len(order) // 10])

    judge = functools.partial(judged, course, digits, rest, (images[held_out], labels[held_out]))
    found = course.spread(judge, [{"dropped": dropped} for dropped in DROPPED])
    accuracies = {dropped: result["accuracy"] for dropped, result in zip(DROPPED, found, strict=True)}
    best = max(accuracies, key=lambda dropped: accuracies[dropped])
    caption = f"The share that is dropped, chosen on {len(held_out):,} images that were held out."
    draw_choices(course, "dropped", accuracies, "dropout", caption)

    shifted(digits)
    runs, curves = [], {}
    for seed in SEEDS[:1] if course.quick else SEEDS:
        course.seed(seed)
        model = cnn(best)
        curves[f"seed {seed}"] = one_cycle(course, f"{name}, seed {seed}", model, digits, 5 if course.quick else 10)
        tested = nn.evaluate(model, (test_images, test_labels))
        runs.append(100 * tested.accuracy)
        course.say(f"{name}: seed {seed}, test accuracy {tested.accuracy:.2%}")
    draw_losses(course, curves, "loss", f"Training loss against iterations, {best} dropped.")
    show_classes(course, name, nn.predict(model, test_images).numpy(), test)
    return {name: Result(float(np.mean(runs)), details={"runs": runs, "dropped": best, "validation": accuracies})}
