"""CSE 291, problem 4, 3: a convolutional network on MNIST, without and with batch norm, under several optimisers."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np

import nn
from nn.data import DataLoader, Subset, transforms

from .course import About, Course, Result
from .drawing import draw_losses, show_classes
from .recipes import one_cycle, train

NOTE = "97.24 without batch norm, in a deep learning course; CSE 291, problem 4.3, asks for both"
ABOUT = {
    "mnist-cnn": About("two convolutions, two dense layers", reference=97.24, floor=99.0, note=NOTE),
    "mnist-cnn-bn": About("the same with batch norm", reference=97.24, floor=99.3, note=NOTE),
}
SEEDS = (0, 1, 2)
OPTIMISERS: dict[str, Callable[[Any], Any]] = {
    "SGD": lambda parameters: nn.optim.SGD(parameters, lr=0.05),
    "SGD with momentum": lambda parameters: nn.optim.SGD(parameters, lr=0.02, momentum=0.9, nesterov=True),
    "RMSprop": lambda parameters: nn.optim.RMSprop(parameters, lr=1e-3),
    "Adam": lambda parameters: nn.optim.Adam(parameters, lr=1e-3),
}


def cnn(batch_norm: bool) -> nn.Module:
    """(N, 1, 28, 28) -> (N, 16, 14, 14) -> (N, 32, 7, 7) -> 128 -> 10."""

    def norm(layer: nn.Module) -> list[nn.Module]:
        return [layer] if batch_norm else []

    return nn.Sequential(
        *(nn.Conv2d(1, 16, 5, padding=2), *norm(nn.BatchNorm2d(16)), nn.ReLU(), nn.MaxPool2d(2)),
        *(nn.Conv2d(16, 32, 5, padding=2), *norm(nn.BatchNorm2d(32)), nn.ReLU(), nn.MaxPool2d(2)),
        nn.Flatten(),
        *(nn.Linear(32 * 7 * 7, 128), *norm(nn.BatchNorm1d(128)), nn.ReLU()),
        nn.Linear(128, 10),
    )


def run(course: Course) -> dict[str, Result]:
    """First every optimiser for a little while, then both networks in earnest."""
    digits, test = course.images("mnist")
    digits.transform = transforms.Compose([transforms.random_shift(2), transforms.normalize(digits.mean, digits.std)])
    test_images, test_labels = test.tensors()
    compare_optimisers(course, digits, test_images, test_labels)

    epochs = 4 if course.quick else 6
    results, curves = {}, {}
    for name in course.names:
        started, runs = time.perf_counter(), []
        kind = "with batch norm" if name == "mnist-cnn-bn" else "without batch norm"
        for seed in SEEDS[:1] if course.quick else SEEDS:
            course.seed(seed)
            model = cnn(batch_norm=name == "mnist-cnn-bn")
            losses = one_cycle(course, f"{name}, seed {seed}", model, digits, epochs, 32 if course.quick else 64)
            found = nn.evaluate(model, (test_images, test_labels))
            runs.append(100 * found.accuracy)
            course.say(f"{name}: seed {seed}, test accuracy {found.accuracy:.2%}")
            curves.setdefault(kind, losses)
        show_classes(course, name, nn.predict(model, test_images).numpy(), test)
        results[name] = Result(float(np.mean(runs)), time.perf_counter() - started, {"runs": runs})

    draw_losses(course, curves, "loss", "Training loss against iterations, without and with batch norm (seed 0).")
    if len(curves) == 2:
        early = len(losses) // (2 * epochs)
        rows = [
            (f"mean loss of the first {early} iterations", *(f"{np.mean(c[:early]):.3f}" for c in curves.values())),
            ("loss at the end", *(f"{np.mean(c[-100:]):.4f}" for c in curves.values())),
            ("test accuracy (%)", *(f"{results[name].value:.2f}" for name in ("mnist-cnn", "mnist-cnn-bn"))),
        ]
        course.table("how batch norm helped", ("", *curves), rows)
    return results


def compare_optimisers(course: Course, digits: Any, test_images: Any, test_labels: Any) -> None:
    """Every optimiser on the same images from the same weights, without and with batch norm."""
    few = Subset(digits, range(len(digits) // (1 if course.quick else 3)))
    curves, rows = {}, []
    for title, optimiser in OPTIMISERS.items():
        accuracies = []
        for batch_norm in (False, True):
            course.seed(0)
            model = cnn(batch_norm)
            label = f"{title}, {'with' if batch_norm else 'without'} batch norm"
            loader = DataLoader(few, 64, shuffle=True)
            curves[label] = train(course, label, model, loader, optimiser(model.parameters()), 1)
            accuracies.append(nn.evaluate(model, (test_images, test_labels)).accuracy)
        rows.append((title, *(f"{100 * accuracy:.2f}" for accuracy in accuracies)))
    caption = f"test accuracy (%) after one pass over {len(few):,} images"
    course.table(caption, ("optimiser", "without batch norm", "with batch norm"), rows)
    draw_losses(course, curves, "optimisers", "Training loss against iterations under several optimisers.")
