"""The network of one's own (own_network.py) on colour images: CIFAR-10, from batches or from folders of pictures, where
it is found; drawn shapes otherwise."""

from __future__ import annotations

from typing import Any

import numpy as np

import autograd
from nn.data import TensorDataset, transforms

from .colour_cnn import load
from .course import About, Course, Result
from .own_network import trained

ABOUT = {
    "colour-own": About(
        "a network of one's own on 32x32 colour images",
        reference=69.0,
        note="on CIFAR-10; the deep learning homework, question 6",
    )
}
EPOCHS = 24


class Pixels(TensorDataset):
    """Images of uint8 and their labels; `transform` is applied to images, one or a batch of them."""

    def __init__(self, images: Any, labels: Any, transform: Any) -> None:
        super().__init__(autograd.from_numpy(images), autograd.from_numpy(labels))
        self.transform = transform

    def __getitem__(self, index: Any) -> Any:
        images, labels = super().__getitem__(index)
        return self.transform(images), labels


def run(course: Course) -> dict[str, Result]:
    """As on Fashion-MNIST, but for the size of the images."""
    (name,) = course.names
    data = load(course)
    images = data.train[0]
    mean = (images.mean((0, 2, 3), dtype=np.float64) / 255).tolist()
    std = (images.std((0, 2, 3), dtype=np.float64) / 255).tolist()
    normalize = [transforms.ToTensor(), transforms.Normalize(mean, std)]
    at_random = [transforms.RandomCrop(32, padding=4), transforms.RandomHorizontalFlip()]
    hide = transforms.RandomErasing(0.3, scale=(0.02, 0.2))
    test = Pixels(*data.test, transforms.Compose(normalize))[:]
    train = Pixels(*data.train, None)
    augmented = transforms.Compose([*at_random, *normalize, hide])
    return {name: trained(course, name, train, test, len(data.classes), EPOCHS, augmented)}
