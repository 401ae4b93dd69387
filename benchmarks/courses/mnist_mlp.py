"""CSE 291, problem 4, 1 and 2: four dense layers on MNIST, without and with batch norm between them."""

from __future__ import annotations

import itertools
import time

import numpy as np

import nn
from nn.data import transforms

from .course import About, Course, Result
from .drawing import draw_losses, show_classes
from .recipes import half_cosine

ABOUT = {
    "mnist-mlp": About("784-512-256-128-10, ReLU", floor=98.2, note="CSE 291, problem 4.1"),
    "mnist-mlp-bn": About("the same with batch norm", floor=98.4, note="CSE 291, problem 4.2"),
}
WIDTHS = (784, 512, 256, 128)
SEEDS = (0, 1, 2)
LEVELS = (0.3, 0.1, 0.05)  # losses for which the iterations are counted


def mlp(batch_norm: bool) -> nn.Module:
    """Dense layers, each followed by batch norm (if wanted) and ReLU; ten scores."""
    layers: list[nn.Module] = [nn.Flatten()]
    for inputs, outputs in itertools.pairwise(WIDTHS):
        layers.append(nn.Linear(inputs, outputs))
        if batch_norm:
            layers.append(nn.BatchNorm1d(outputs))
        layers.append(nn.ReLU())
    return nn.Sequential(*layers, nn.Linear(WIDTHS[-1], 10))


def iterations_to(losses: list[float], level: float) -> int | None:
    """After how many iterations the mean of the last 50 losses is below `level`; None if it never is."""
    smooth = np.convolve(losses, np.full(50, 1 / 50), mode="valid")
    below = np.flatnonzero(smooth < level)
    return int(below[0]) + 50 if len(below) else None


def run(course: Course) -> dict[str, Result]:
    """Both networks with the same recipe and the same order of the images."""
    digits, test = course.images("mnist")
    digits.transform = transforms.Compose([transforms.random_shift(1), transforms.normalize(digits.mean, digits.std)])
    test_images, test_labels = test.tensors()
    epochs, batch_size = (8, 32) if course.quick else (12, 128)

    results, curves = {}, {}
    for name in course.names:
        started, runs = time.perf_counter(), []
        for seed in SEEDS[:1] if course.quick else SEEDS:
            course.seed(seed)
            model = mlp(batch_norm=name == "mnist-mlp-bn")
            optimizer = nn.optim.Adam(model.parameters(), lr=1e-3)
            losses = half_cosine(course, f"{name}, seed {seed}", model, digits, epochs, batch_size, optimizer)
            found = nn.evaluate(model, (test_images, test_labels))
            runs.append(100 * found.accuracy)
            course.say(f"{name}: seed {seed}, test accuracy {found.accuracy:.2%}")
            curves.setdefault("with batch norm" if name == "mnist-mlp-bn" else "without batch norm", losses)
        show_classes(course, name, nn.predict(model, test_images).numpy(), test)
        results[name] = Result(float(np.mean(runs)), time.perf_counter() - started, {"runs": runs})

    draw_losses(course, curves, "loss", "Training loss against iterations, without and with batch norm (seed 0).")
    if len(curves) == 2:
        compare(course, curves, results)
    return results


def compare(course: Course, curves: dict[str, list[float]], results: dict[str, Result]) -> None:
    """How batch norm helped, in numbers."""
    without, with_norm = curves["without batch norm"], curves["with batch norm"]
    rows = [
        (f"iterations until the loss is below {level}", iterations_to(without, level), iterations_to(with_norm, level))
        for level in LEVELS
    ]
    early = len(without) // 20
    rows += [
        (f"mean loss of the first {early} iterations", *(f"{np.mean(c[:early]):.3f}" for c in (without, with_norm))),
        ("loss at the end", *(f"{np.mean(c[-50:]):.4f}" for c in (without, with_norm))),
        ("test accuracy (%)", *(f"{results[name].value:.2f}" for name in ("mnist-mlp", "mnist-mlp-bn"))),
    ]
    rows = [tuple("never" if cell is None else cell for cell in row) for row in rows]
    course.table("how batch norm helped", ("", "without", "with"), rows)
    results["mnist-mlp-bn"].details["iterations to a loss below"] = {
        str(level): {"without": iterations_to(without, level), "with": iterations_to(with_norm, level)}
        for level in LEVELS
    }
    course.note(
        "Batch norm gives every layer inputs of mean 0 and deviation 1, whatever the layers before it are doing, so "
        "the first steps already go in a useful direction. It also adds noise, since every image is normalised with "
        "the others of its batch, which holds the training loss up towards the end and helps on new images."
    )
