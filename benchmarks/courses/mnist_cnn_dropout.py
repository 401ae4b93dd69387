"""One convolution with batch norm and dropout on MNIST: how much to drop is chosen on a tenth of the images.

conv - batch norm - ReLU - max pool - dense - batch norm - ReLU - dropout - dense - softmax
"""

from __future__ import annotations

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


def run(course: Course) -> dict[str, Result]:
    """Choose the rate of dropout, then train on everything."""
    (name,) = course.names
    digits, test = course.images("mnist")
    digits.transform = transforms.Compose([transforms.random_shift(2), transforms.normalize(digits.mean, digits.std)])
    images, labels = digits.tensors()
    test_images, test_labels = test.tensors()
    order = course.seed(0).permutation(len(digits))
    held_out, rest = np.split(order, [len(order) // 10])

    accuracies = {}
    for dropped in DROPPED:
        course.seed(0)
        model = cnn(dropped)
        one_cycle(course, f"dropping {dropped}", model, Subset(digits, rest), 4 if course.quick else 2)
        accuracies[dropped] = 100 * nn.evaluate(model, (images[held_out], labels[held_out])).accuracy
        course.say(f"dropping {dropped}: validation accuracy {accuracies[dropped]:.2f} %")
    best = max(accuracies, key=lambda dropped: accuracies[dropped])
    caption = f"The share that is dropped, chosen on {len(held_out):,} images that were held out."
    draw_choices(course, "dropped", accuracies, "dropout", caption)

    runs, curves = [], {}
    for seed in SEEDS[:1] if course.quick else SEEDS:
        course.seed(seed)
        model = cnn(best)
        curves[f"seed {seed}"] = one_cycle(course, f"{name}, seed {seed}", model, digits, 5 if course.quick else 10)
        found = nn.evaluate(model, (test_images, test_labels))
        runs.append(100 * found.accuracy)
        course.say(f"{name}: seed {seed}, test accuracy {found.accuracy:.2%}")
    draw_losses(course, curves, "loss", f"Training loss against iterations, {best} dropped.")
    show_classes(course, name, nn.predict(model, test_images).numpy(), test)
    return {name: Result(float(np.mean(runs)), details={"runs": runs, "dropped": best, "validation": accuracies})}
