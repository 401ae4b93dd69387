"""All ten digits with a softmax: a linear classifier, and one with a hidden layer chosen on a tenth of the images."""

from __future__ import annotations

import time

import numpy as np

import nn
from nn.data import Subset, transforms

from .course import About, Course, Result
from .drawing import draw_choices, draw_losses, show_classes
from .recipes import half_cosine

NOTE = "a deep learning course, homework 1"
ABOUT = {
    "mnist-softmax": About("softmax classifier, 784-10", reference=92.0, floor=92.3, note=NOTE),
    "mnist-softmax-2layer": About("the same with a hidden layer", reference=93.63, floor=98.2, note=NOTE),
}
HIDDEN = (100, 300, 1000)
SEEDS = (0, 1, 2)


def linear() -> nn.Module:
    """Ten scores, each a weight per pixel and a bias."""
    return nn.Sequential(nn.Flatten(), nn.Linear(784, 10))


def two_layers(hidden: int) -> nn.Module:
    """784 - hidden - 10."""
    return nn.Sequential(nn.Flatten(), nn.Linear(784, hidden), nn.ReLU(), nn.Linear(hidden, 10))


def run(course: Course) -> dict[str, Result]:
    """The linear classifier, then hidden layers of several sizes, then the best of them on all training images."""
    digits, test = course.images("mnist")
    images, labels = digits.tensors()
    test_images, test_labels = test.tensors()
    normalize = transforms.normalize(digits.mean, digits.std)
    order = course.seed(0).permutation(len(digits))
    held_out, rest = np.split(order, [len(order) // 10])

    results, curves = {}, {}
    for name in course.names:
        started = time.perf_counter()
        if name == "mnist-softmax":
            # a linear classifier is too stiff to learn from shifted digits: they are left as they are
            digits.transform = normalize
            epochs, lr, details = (8, 2e-3, {}) if course.quick else (12, 1e-3, {})
        else:
            digits.transform = transforms.Compose([transforms.random_shift(1), normalize])
            epochs, lr = (8, 2e-3) if course.quick else (12, 2e-3)
            accuracies = {}
            for hidden in HIDDEN[:2] if course.quick else HIDDEN:
                course.seed(0)
                model = two_layers(hidden)
                optimizer = nn.optim.Adam(model.parameters(), lr=lr)
                label = f"{name}, {hidden} hidden units"
                half_cosine(course, label, model, Subset(digits, rest), max(2, epochs // 4), 128, optimizer)
                found = nn.evaluate(model, (images[held_out], labels[held_out]))
                accuracies[hidden] = 100 * found.accuracy
                course.say(f"{name}: {hidden:4d} hidden units, validation accuracy {found.accuracy:.2%}")
            best = max(accuracies, key=lambda hidden: accuracies[hidden])
            caption = f"{name}: the number of hidden units, chosen on {len(held_out):,} images that were held out."
            draw_choices(course, "hidden units", accuracies, f"{name}-hidden", caption)
            details = {"hidden": best, "validation": accuracies}

        runs = []
        for seed in SEEDS[:1] if course.quick else SEEDS:
            course.seed(seed)
            model = linear() if name == "mnist-softmax" else two_layers(best)
            optimizer = nn.optim.Adam(model.parameters(), lr=lr)
            losses = half_cosine(course, f"{name}, seed {seed}", model, digits, epochs, 128, optimizer)
            found = nn.evaluate(model, (test_images, test_labels))
            runs.append(100 * found.accuracy)
            course.say(f"{name}: seed {seed}, test accuracy {found.accuracy:.2%}")
        curves[name] = losses
        show_classes(course, name, nn.predict(model, test_images).numpy(), test)
        results[name] = Result(float(np.mean(runs)), time.perf_counter() - started, {"runs": runs, **details})

    draw_losses(course, curves, "loss", "Training loss against iterations.")
    return results
