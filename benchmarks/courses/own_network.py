"""A network of one's own choice, which CIS 520 allows at the end of 2.2: on Fashion-MNIST, and on colour images.

Convolutions of 3 x 3 with batch norm, wider as the image gets smaller, two of the blocks with a way around them (He et
al. 2015), and the largest value of each channel in place of dense layers. Images are shifted, mirrored and partly
hidden at random, so that they are new in every epoch; the training is that of `recipes.averaged_cycle`. It is evaluated
once, when it is done; each test image is looked at more than once, see `recipes.Looks`.
"""

from __future__ import annotations

import time
from typing import Any

import nn
from nn.data import transforms

from .course import About, Course, Result
from .drawing import draw_losses
from .recipes import Looks, averaged_cycle

ABOUT = {
    "fashion-own": About(
        "a network of one's own on Fashion-MNIST", reference=93.4, floor=94.5, note="best published; CIS 520, 2.2"
    ),
}
EPOCHS = 22


class Around(nn.Module):
    """What is inside, added to its input."""

    def __init__(self, *inside: nn.Module) -> None:
        super().__init__()
        self.inside = nn.Sequential(*inside)

    def forward(self, x: Any) -> Any:
        return x + self.inside(x)


def block(inputs: int, outputs: int) -> list[nn.Module]:
    """Convolution, batch norm, ReLU."""
    return [nn.Conv2d(inputs, outputs, 3, padding=1, bias=False), nn.BatchNorm2d(outputs), nn.ReLU()]


def network(channels: int, classes: int, width: int = 32) -> nn.Module:
    """From images (N, channels, H, W) to logits (N, classes), with H and W at least 8."""
    w = width
    return nn.Sequential(
        *block(channels, w),
        *block(w, 2 * w),
        nn.MaxPool2d(2),
        Around(*block(2 * w, 2 * w), *block(2 * w, 2 * w)),
        *block(2 * w, 4 * w),
        nn.MaxPool2d(2),
        Around(*block(4 * w, 4 * w), *block(4 * w, 4 * w)),
        nn.AdaptiveMaxPool2d(1),
        nn.Flatten(),
        nn.Dropout(0.1),
        nn.Linear(4 * w, classes),
    )


def trained(course: Course, name: str, train: Any, test: Any, classes: int, epochs: int, augmented: Any) -> Result:
    """Train a network on a data set, and evaluate it on test images and labels.

    augmented   what is done to images of the training, at random and else
    """
    start = time.perf_counter()
    course.seed(0)
    model = network(test[0].shape[1], classes, 8 if course.quick else 24)
    train.transform = augmented
    epochs = 3 if course.quick else epochs
    losses = averaged_cycle(course, name, model, train, epochs, batch_size=32 if course.quick else 128)
    found = nn.evaluate(Looks(model, course.published), test)
    seconds = time.perf_counter() - start
    course.say(f"{name}: test accuracy {found.accuracy:.2%}, {seconds:.0f} s")
    draw_losses(course, {name: losses}, "loss", "Training loss against iterations.")
    return Result(
        100 * found.accuracy, seconds, {"epochs": epochs, "seconds per epoch": seconds / epochs, "images": len(train)}
    )


def run(course: Course) -> dict[str, Result]:
    """On Fashion-MNIST."""
    (name,) = course.names
    train, test = course.images("fashion")
    normalize = transforms.Normalize(float(train.mean), float(train.std))
    test.transform = normalize
    mirror = transforms.RandomHorizontalFlip(0.5 if course.published else 0.0)  # drawn digits must not be mirrored
    hide = transforms.RandomErasing(0.3, scale=(0.02, 0.2))
    augmented = transforms.Compose([transforms.RandomCrop(28, padding=1), mirror, normalize, hide])
    return {name: trained(course, name, train, test.tensors(), 10, EPOCHS, augmented)}
