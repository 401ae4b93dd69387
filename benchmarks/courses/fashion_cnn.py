"""CIS 520, table 2: three convolutions on Fashion-MNIST; pooling, dropout and batch norm searched with validation.

Every combination of the homework's grid is trained briefly on some of the images and judged on others; the best is
then trained on all of them, with each image shifted and mirrored at random (a mirrored shirt is a shirt): briefly, and
in a longer way with smoothed labels, whose weights at the end are averages of those on the way, and which looks at each
test image more than once (`recipes.Looks`).
"""

from __future__ import annotations

import functools
import itertools
from typing import Any, NamedTuple

import numpy as np

import nn
from nn.data import TensorDataset, transforms

from .course import About, Course, Result
from .drawing import draw_choices, draw_losses, show_classes
from .recipes import Looks, averaged_cycle, one_cycle

ABOUT = {
    "fashion-cnn-table2": About(
        "table 2's network on Fashion-MNIST, best of its grid",
        reference=92.5,
        floor=92.5,
        note="best published net of two convolutions under 100k parameters; 93.4 with batch norm; CIS 520, 2.2",
    ),
    "fashion-cnn-table2-averaged": About(
        "the same, trained longer, with smoothed labels and averaged weights",
        reference=93.4,
        floor=93.3,
        note="published with batch norm; CIS 520, 2.2",
    ),
}
POOLS = ((2, 2, 0), (4, 3, 1))  # kernel, stride, padding
DROPPED = (0.1, 0.3, 0.5)
SEEDS = (0, 1, 2)


class Choice(NamedTuple):
    """A point of the grid."""

    pool: tuple[int, int, int]
    dropped: float
    batch_norm: bool

    def __str__(self) -> str:
        return f"pool {self.pool}, dropout {self.dropped}, batch norm {'yes' if self.batch_norm else 'no'}"


def cnn(choice: Choice) -> nn.Module:
    """Table 2: convolutions of 5 x 5 with 32, 32 and 64 filters, dropout, dense layers of 64 and 10."""
    kernel, stride, padding = choice.pool

    def norm(layer: nn.Module) -> list[nn.Module]:
        return [layer] if choice.batch_norm else []

    layers: list[nn.Module] = []
    side = 28
    for inputs, outputs in ((1, 32), (32, 32), (32, 64)):
        conv = nn.Conv2d(inputs, outputs, 5, stride=1, padding=2)
        layers += [conv, *norm(nn.BatchNorm2d(outputs)), nn.ReLU(), nn.MaxPool2d(kernel, stride, padding)]
        side = (side + 2 * padding - kernel) // stride + 1
    dense = nn.Linear(64 * side * side, 64)
    layers += [nn.Flatten(), nn.Dropout(choice.dropped), dense, *norm(nn.BatchNorm1d(64)), nn.ReLU()]
    return nn.Sequential(*layers, nn.Linear(64, 10))


def judged(course: Course, few: Any, held_out: Any, point: dict[str, Any]) -> dict[str, Any]:
    """Validation accuracy (per cent) of one choice, from a short training."""
    course.seed(0)
    choice = Choice(**point)
    model = cnn(choice)
    one_cycle(course, str(choice), model, few, 1 if course.quick else 3)
    return {"accuracy": 100 * nn.evaluate(model, held_out).accuracy}


def search(course: Course, clothes: Any) -> dict[Choice, float]:
    """Validation accuracy (per cent) of every choice, all on the same images from the same seed."""
    order = course.seed(0).permutation(len(clothes))
    held_out, rest = np.split(order, [len(order) // 10])
    images, labels = clothes.tensors()
    chosen = rest[: 640 if course.quick else 12_000]
    few = TensorDataset(images[chosen], labels[chosen])
    choices = [Choice(*values) for values in itertools.product(POOLS, DROPPED, (True, False))]
    judge = functools.partial(judged, course, few, (images[held_out], labels[held_out]))
    found = course.spread(judge, [choice._asdict() for choice in choices])
    accuracies = {choice: result["accuracy"] for choice, result in zip(choices, found, strict=True)}
    ranked = sorted(accuracies, key=lambda choice: -accuracies[choice])
    rows = [
        (choice.pool, choice.dropped, "yes" if choice.batch_norm else "no", f"{accuracies[choice]:.2f}")
        for choice in ranked
    ]
    caption = f"the grid: {len(few):,} images to learn from, {len(held_out):,} to judge by"
    course.table(caption, ("pool: kernel, stride, padding", "dropout", "batch norm", "validation (%)"), rows)
    bars = {
        f"{choice.pool[0]}/{choice.dropped}\n{'BN' if choice.batch_norm else 'no BN'}": accuracies[choice]
        for choice in ranked
    }
    draw_choices(course, "pool's kernel / dropout", bars, "grid", "The grid, best choice first.")
    return accuracies


def run(course: Course) -> dict[str, Result]:
    """Search the grid, train the best choice on everything in each way, and look at what it confuses."""
    clothes, test = course.images("fashion")
    normalize = transforms.normalize(clothes.mean, clothes.std)
    clothes.transform = normalize
    accuracies = search(course, clothes)
    best = max(accuracies, key=lambda choice: accuracies[choice])
    course.say(f"the best: {best}")
    validation = {str(choice): accuracy for choice, accuracy in accuracies.items()}
    results = {}
    for name in course.names:
        results[name] = trained(course, name, best, clothes, test)
        results[name].details["validation"] = validation
    return results


def trained(course: Course, name: str, best: Choice, clothes: Any, test: Any) -> Result:
    """Train the best choice on everything, once for each seed, in the way that `name` says."""
    longer = name.endswith("averaged")
    normalize = transforms.normalize(clothes.mean, clothes.std)
    mirror = transforms.random_horizontal_flip(0.5 if course.published else 0.0)  # drawn digits must not be mirrored
    clothes.transform = transforms.Compose([transforms.random_shift(1), mirror, normalize])
    test_images, test_labels = test.tensors()
    runs, curves = [], {}
    for seed in SEEDS[:1] if course.quick else SEEDS:
        course.seed(seed)
        model = cnn(best)
        epochs = 4 if course.quick else 40 if longer else 12
        recipe = averaged_cycle if longer else one_cycle
        curves[f"seed {seed}"] = recipe(course, f"seed {seed}", model, clothes, epochs)
        judge = Looks(model, course.published) if longer else model
        found = nn.evaluate(judge, (test_images, test_labels))
        runs.append(100 * found.accuracy)
        course.say(f"{name}: seed {seed}, test accuracy {found.accuracy:.2%}")
    draw_losses(course, curves, f"{name}-loss" if longer else "loss", f"Training loss against iterations; {best}.")
    confusion = show_classes(course, name, nn.predict(judge, test_images).numpy(), test)
    pairs = confused(confusion)
    rows = [(f"{test.classes[one]} and {test.classes[other]}", count) for one, other, count in pairs[:5]]
    course.table("most often confused, either way", ("classes", "test images"), rows)
    if rows and course.published:
        course.note(
            f"The problem is {rows[0][0]}. The garments with sleeves have the same outline at 28 x 28 pixels, and what "
            "tells them apart (collar, buttons, fabric, the cut of a sleeve) is smaller than a pixel or a matter of "
            "grey values; the labels come from a shop's catalogue, not from how a garment looks. Trousers and bags "
            "have outlines of their own and are nearly always right."
        )
    details = {
        "runs": runs,
        "pool": best.pool,
        "dropout": best.dropped,
        "batch norm": best.batch_norm,
        "class accuracy": dict(zip(test.classes, (100 * found.class_accuracy).tolist(), strict=True)),
    }
    return Result(float(np.mean(runs)), details=details)


def confused(confusion: np.ndarray) -> list[tuple[int, int, int]]:
    """Pairs of classes and how often one was taken for the other, either way round; the worst first."""
    both = np.triu(confusion + confusion.T, 1)
    order = np.argsort(-both, axis=None, kind="stable")
    pairs = zip(*np.unravel_index(order, both.shape), strict=True)
    return [(int(one), int(other), int(both[one, other])) for one, other in pairs if both[one, other] > 0]
