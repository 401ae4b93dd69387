"""3 against 5: logistic regression and the support vector machine, without and with a hidden layer.

A single score per image, above 0 for a 5. The two differ in the loss alone: log(1 + exp(-s x)) or max(0, 1 - s x),
with s = +1 for a 5 and -1 for a 3.
"""

from __future__ import annotations

import functools
import time
from typing import Any

import numpy as np

import autograd
import nn
from benchmarks.train.plots import plot_confusion
from nn.data import Subset, transforms

from .course import About, Course, Result
from .drawing import draw_choices, draw_losses
from .recipes import half_cosine

NOTE = "a deep learning course, homework 1"
ABOUT = {
    "binary-logistic": About("logistic regression, MNIST 3 against 5", reference=93.6, floor=95.0, note=NOTE),
    "binary-logistic-2layer": About("the same with a hidden layer", reference=94.0, floor=99.0, note=NOTE),
    "binary-svm": About("hinge loss, MNIST 3 against 5", reference=92.8, floor=95.0, note=NOTE),
    "binary-svm-2layer": About("the same with a hidden layer", reference=94.0, floor=99.0, note=NOTE),
}
HIDDEN = (100, 300, 1000)
SEEDS = (0, 1, 2)


def linear() -> nn.Module:
    """One weight per pixel."""
    return nn.Sequential(nn.Flatten(), nn.Linear(784, 1))


def two_layers(hidden: int) -> nn.Module:
    """784 - hidden - 1."""
    return nn.Sequential(nn.Flatten(), nn.Linear(784, hidden), nn.ReLU(), nn.Linear(hidden, 1))


def train(
    course: Course, label: str, model: nn.Module, loss: Any, dataset: Any, epochs: int, lr: float, decay: float
) -> list[float]:
    """AdamW, and targets that say whether it is a 5; the loss of every iteration."""

    def of_fives(scores: autograd.Tensor, labels: autograd.Tensor) -> autograd.Tensor:
        five: autograd.Tensor = loss(scores, (labels == 5).float().reshape(-1, 1))
        return five

    optimizer = nn.optim.AdamW(model.parameters(), lr=lr, weight_decay=decay)
    return half_cosine(course, label, model, dataset, epochs, 64, optimizer, of_fives)


def predictions(model: nn.Module, dataset: nn.data.ImageDataset, indices: np.ndarray) -> np.ndarray:
    """Is it a 5? (N,) of bool, for the images at `indices` as they are, not shifted."""
    images, _ = dataset.tensors()
    return nn.predict(model, images[indices]).numpy()[:, 0] > 0


def loss_of(name: str) -> nn.Module:
    """What the two kinds differ in."""
    return nn.HingeLoss() if "svm" in name else nn.BCEWithLogitsLoss()


def shifted(digits: Any) -> Any:
    """The data set with images shifted anew each time: a shifted 5 is a 5, so there is more to learn from."""
    normalize = transforms.normalize(digits.mean, digits.std)
    digits.transform = transforms.Compose([transforms.random_shift(1), normalize])
    return digits


def judged(
    course: Course, digits: Any, rest: Any, held_out: Any, how: tuple[int, float, float], point: dict[str, Any]
) -> dict[str, Any]:
    """Validation accuracy (per cent) with so many hidden units. how: epochs, learning rate, weight decay."""
    course.seed(0)
    name, hidden = point["name"], point["hidden"]
    model = two_layers(hidden)
    train(course, f"{name}, {hidden} hidden units", model, loss_of(name), Subset(shifted(digits), rest), *how)
    right = predictions(model, digits, held_out) == (digits.targets[held_out] == 5)
    return {"accuracy": 100 * float(right.mean())}


def run(course: Course) -> dict[str, Result]:
    """Train each of the four; those with a hidden layer after choosing its size on a tenth of the training images."""
    digits, test_digits = course.images("mnist")
    normalize = transforms.normalize(digits.mean, digits.std)
    indices, test_indices = (np.flatnonzero(np.isin(d.targets, (3, 5))) for d in (digits, test_digits))
    test_fives = test_digits.targets[test_indices] == 5
    order = course.seed(0).permutation(indices)
    held_out, rest = np.split(order, [len(order) // 10])
    course.say(f"{len(indices):,} images to learn from, {len(test_indices):,} to test on")

    results, curves = {}, {}
    for name in course.names:
        started = time.perf_counter()
        loss_function = loss_of(name)
        if "2layer" in name:
            digits.transform = None  # it cannot be sent to another process
            epochs, lr, decay = (4, 2e-3, 0.0) if course.quick else (12, 1e-3, 0.0)
            judge = functools.partial(judged, course, digits, rest, held_out, (max(2, epochs // 3), lr, decay))
            sizes = HIDDEN[:2] if course.quick else HIDDEN
            found = course.spread(judge, [{"name": name, "hidden": hidden} for hidden in sizes])
            accuracies = {hidden: result["accuracy"] for hidden, result in zip(sizes, found, strict=True)}
            best = max(accuracies, key=lambda hidden: accuracies[hidden])
            caption = f"{name}: the number of hidden units, chosen on {len(held_out):,} images that were held out."
            draw_choices(course, "hidden units", accuracies, f"{name}-hidden", caption)
            details = {"hidden": best, "validation": accuracies}
            shifted(digits)
        else:
            digits.transform = normalize
            epochs, lr, decay = (4, 2e-3, 0.0) if course.quick else (20, 3e-4, 0.0)
            details = {}

        runs = []
        for seed in SEEDS[:1] if course.quick else SEEDS:
            course.seed(seed)
            model = two_layers(best) if "2layer" in name else linear()
            label = f"{name}, seed {seed}"
            losses = train(course, label, model, loss_function, Subset(digits, indices), epochs, lr, decay)
            predicted = predictions(model, test_digits, test_indices)
            runs.append(100 * float((predicted == test_fives).mean()))
            course.say(f"{name}: seed {seed}, test accuracy {runs[-1]:.2f} %")
        curves[name] = losses
        confusion = nn.confusion_matrix(test_fives.astype(int), predicted.astype(int), 2)
        right = 100 * confusion.diagonal() / confusion.sum(1)
        course.table(f"{name}, seed {seed}", ("class", "accuracy (%)"), [(k, f"{v:.2f}") for k, v in zip("35", right)])
        if course.pictures:
            path = course.place(f"{name}-confusion.png", f"{name}: confusion matrix.")
            plot_confusion(path, confusion, "35", f"{name}: {runs[-1]:.2f} %")
            if name in ("binary-logistic", "binary-svm"):
                draw_weights(course, name, model)
        results[name] = Result(float(np.mean(runs)), time.perf_counter() - started, {"runs": runs, **details})

    draw_losses(course, curves, "loss", "Training loss against iterations; the two kinds of loss are not comparable.")
    return results


def draw_weights(course: Course, name: str, model: nn.Module) -> None:
    """The weights as an image: where ink speaks for a 5, where for a 3."""
    figure = course.figure(4.4, 3.6)
    axes = figure.subplots()
    weight = model.state_dict()["1.weight"].numpy().reshape(28, 28)
    limit = np.abs(weight).max()
    image = axes.imshow(weight, cmap="RdBu", vmin=-limit, vmax=limit)
    figure.colorbar(image, ax=axes)
    axes.axis("off")
    course.picture(figure, f"{name}-weights", f"{name}: the weights. Ink on blue speaks for a 5, on red for a 3.")
