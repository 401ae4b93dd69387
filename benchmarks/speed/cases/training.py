"""Whole training steps on images: forward, cross-entropy, backward, the optimiser's step.

Every step takes the next images. Training on one batch over and over would make gradients denormal, and every library
many times slower.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from .case import Array, Case, Data, Library, Program, fill, without_dropout


def mlp(library: Library) -> Any:
    """784-256-128-10."""
    nn = library.nn
    return fill(
        library, nn.Sequential(nn.Linear(784, 256), nn.ReLU(), nn.Linear(256, 128), nn.ReLU(), nn.Linear(128, 10))
    )


def lenet(library: Library) -> Any:
    """LeNet-5 with padding, max-pooling, ReLU and batch normalisation."""
    nn = library.nn
    return fill(
        library,
        nn.Sequential(
            nn.Conv2d(1, 6, 5, padding=2), nn.BatchNorm2d(6), nn.ReLU(), nn.MaxPool2d(2),
            nn.Conv2d(6, 16, 5), nn.BatchNorm2d(16), nn.ReLU(), nn.MaxPool2d(2),
            nn.Flatten(), nn.Linear(400, 120), nn.ReLU(), nn.Linear(120, 84), nn.ReLU(), nn.Linear(84, 10),
        ),
    )  # fmt: skip


def lenet_module(library: Library) -> Any:
    """The same as a class, with functions in forward."""
    nn = library.nn
    F = nn.functional

    class LeNet(nn.Module):  # type: ignore[misc,name-defined]
        def __init__(self) -> None:
            super().__init__()
            self.conv1, self.norm1 = nn.Conv2d(1, 6, 5, padding=2), nn.BatchNorm2d(6)
            self.conv2, self.norm2 = nn.Conv2d(6, 16, 5), nn.BatchNorm2d(16)
            self.fc1, self.fc2, self.fc3 = nn.Linear(400, 120), nn.Linear(120, 84), nn.Linear(84, 10)

        def forward(self, x: Any) -> Any:
            x = F.max_pool2d(F.relu(self.norm1(self.conv1(x))), 2)
            x = F.max_pool2d(F.relu(self.norm2(self.conv2(x))), 2)
            x = x.flatten(1)
            x = F.relu(self.fc1(x))
            x = F.relu(self.fc2(x))
            return self.fc3(x)

    return fill(library, LeNet())


def table2(library: Library) -> Any:
    """The baseline of CIS 520 (University of Pennsylvania, 2021), homework 4, table 2."""
    nn = library.nn
    return fill(
        library,
        nn.Sequential(
            nn.Conv2d(1, 32, 5, padding=2), nn.BatchNorm2d(32), nn.ReLU(), nn.MaxPool2d(2),
            nn.Conv2d(32, 32, 5, padding=2), nn.BatchNorm2d(32), nn.ReLU(), nn.MaxPool2d(2),
            nn.Conv2d(32, 64, 5, padding=2), nn.BatchNorm2d(64), nn.ReLU(), nn.MaxPool2d(2),
            nn.Flatten(), nn.Dropout(0.3), nn.Linear(576, 64), nn.BatchNorm1d(64), nn.ReLU(), nn.Linear(64, 10),
        ),
    )  # fmt: skip


def vgg(library: Library) -> Any:
    """Pairs of 3x3 convolutions with batch normalisation, in the manner of Simonyan and Zisserman 2015."""
    nn = library.nn
    layers: list[Any] = []
    before = 1
    for width in (32, 64, 128):
        for channels in (before, width):
            layers += [nn.Conv2d(channels, width, 3, padding=1), nn.BatchNorm2d(width), nn.ReLU()]
        layers.append(nn.MaxPool2d(2))
        before = width
    return fill(library, nn.Sequential(*layers, nn.Flatten(), nn.Linear(1152, 128), nn.ReLU(), nn.Linear(128, 10)))


def _optimizer(library: Library, name: str, parameters: Any) -> Any:
    if name == "adam":
        return library.optim.Adam(parameters, lr=1e-3)
    if name == "plain":
        return library.optim.SGD(parameters, lr=0.01)
    return library.optim.SGD(parameters, lr=0.05 if name == "sgd" else 0.01, momentum=0.9)


def train(
    make: Callable[[Library], Any], optimizer: str, batch: int = 64, images: str = "mnist", flat: bool = False
) -> Callable[[Library, Data], Program]:
    """A network that learns to tell images apart, `batch` of them at a time; `flat`: as rows of pixels.

    The flat ones are multilayer perceptrons, pure functions; the others have batch normalisation.
    """

    def build(library: Library, data: Data) -> Program:
        pixels, labels = data.images(images)
        if flat:
            pixels = pixels.reshape(-1, 784)
        inputs, targets = library.lib.tensor(pixels), library.lib.tensor(labels)
        model = make(library)
        loss_of = library.nn.CrossEntropyLoss()
        update = _optimizer(library, optimizer, model.parameters())
        move = library.compile.training(lambda x, y: loss_of(model(x), y), update, pure=flat)
        position = 0

        def step() -> float:
            nonlocal position
            start = position % (len(labels) - batch)
            position += batch
            return float(move(inputs[start : start + batch], targets[start : start + batch]).item())

        def values() -> dict[str, Any]:
            with without_dropout(library, model):
                return {f"loss {number}": step() for number in range(1, 6)}

        return Program(step, values)

    return build


def _epoch(library: Library, data: Data) -> Program:
    """One epoch of the experiment mnist-mlp over 60,000 images: shuffled, batch 64, Adam."""
    pixels, labels = data.images(count=60_000)
    inputs, targets = library.lib.tensor(pixels.reshape(-1, 784)), library.lib.tensor(labels)
    model = mlp(library)
    loss_of = library.nn.CrossEntropyLoss()
    update = _optimizer(library, "adam", model.parameters())
    move = library.compile.training(lambda x, y: loss_of(model(x), y), update)
    rng = np.random.default_rng(0)

    def losses() -> Iterator[float]:
        order = library.lib.tensor(rng.permutation(60_000))
        for start in range(0, 60_000, 64):
            chosen = order[start : start + 64]
            yield move(inputs[chosen], targets[chosen]).item()

    def values() -> dict[str, float]:
        # later, rounding decides: PyTorch's mean over the epoch is 0.1 % apart from its own with another thread
        return {f"loss {number}": loss for number, loss in enumerate(itertools.islice(losses(), 50), 1)}

    return Program(lambda: sum(losses()) / 938, values)


GOAL = 0.99


def _until_99(library: Library, data: Data) -> Program:
    """Train the network of mnist-cnn-bn, from the same weights on the same batches, until 99 % of the test is right.

    The 10,000 test images are looked at after every 200 batches, which is part of the time.
    """
    lib, nn = library.lib, library.nn
    pixels, labels = data.images(count=60_000)
    inputs, targets = lib.tensor(pixels), lib.tensor(labels)

    def begin() -> tuple[Any, Any, Any]:
        model = fill(library, mnist_cnn(library))
        loss_of = nn.CrossEntropyLoss()
        loss_at = library.compile(lambda x, y: loss_of(model(x), y), pure=False)
        return model, loss_at, _optimizer(library, "adam", model.parameters())

    begin()  # says whether the library can run it in its way

    def train(model: Any, loss_at: Any, update: Any, order: Array) -> float:
        chosen = lib.tensor(order)
        loss = loss_at(inputs[chosen], targets[chosen])
        update.zero_grad()
        loss.backward()
        update.step()
        return float(loss.item())

    def orders() -> Iterator[Array]:
        rng = np.random.default_rng(0)
        for _ in range(5):
            yield from np.split(rng.permutation(60_000)[: 937 * 64], 937)

    def step() -> float:
        images, digits = data.test_images()
        tests = lib.tensor(images)
        model, loss_at, update = begin()
        for number, order in enumerate(orders(), 1):
            train(model, loss_at, update, order)
            if number % 200 == 0:
                model.eval()
                with lib.no_grad():
                    answers = [model(tests[i : i + 1000]).numpy().argmax(1) for i in range(0, 10_000, 1000)]
                model.train()
                if (np.concatenate(answers) == digits).mean() >= GOAL:
                    return float(number)
        raise RuntimeError("five epochs were not enough")

    def values() -> dict[str, Any]:
        program = begin()
        return {f"loss {number}": train(*program, order) for number, order in zip(range(1, 11), orders(), strict=False)}

    return Program(step, values)


def mnist_cnn(library: Library) -> Any:
    """The network of mnist-cnn-bn (benchmarks/courses/mnist_cnn.py)."""
    nn = library.nn
    return nn.Sequential(
        nn.Conv2d(1, 16, 5, padding=2), nn.BatchNorm2d(16), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(16, 32, 5, padding=2), nn.BatchNorm2d(32), nn.ReLU(), nn.MaxPool2d(2),
        nn.Flatten(), nn.Linear(1568, 128), nn.BatchNorm1d(128), nn.ReLU(), nn.Linear(128, 10),
    )  # fmt: skip


def _conv(channels: int, filters: int, kernel: int, out: int) -> float:
    return 2.0 * channels * filters * kernel**2 * out**2


def flops(batch: int, first: float, *others: float) -> float:
    """Of one step, from the operations of each layer for one image; nobody asks for the gradient of the images."""
    return batch * (2 * first + 3 * sum(others))


MLP = (2.0 * 784 * 256, 2.0 * 256 * 128, 2.0 * 128 * 10)
LENET = (_conv(1, 6, 5, 28), _conv(6, 16, 5, 10), 2.0 * 400 * 120, 2.0 * 120 * 84, 2.0 * 84 * 10)
TABLE2 = (_conv(1, 32, 5, 28), _conv(32, 32, 5, 14), _conv(32, 64, 5, 7), 2.0 * 576 * 64, 2.0 * 64 * 10)
VGG = (
    *(_conv(1, 32, 3, 28), _conv(32, 32, 3, 28), _conv(32, 64, 3, 14), _conv(64, 64, 3, 14)),
    *(_conv(64, 128, 3, 7), _conv(128, 128, 3, 7), 2.0 * 1152 * 128, 2.0 * 128 * 10),
)


def _case(name: str, what: str, build: Callable[[Library, Data], Program], flops: float, **settings: Any) -> Case:
    return Case(name, what, build, group="training steps", flops=flops, **({"tolerance": 1e-3} | settings))


TRAINING = [
    _case("mlp-sgd", "MLP 784-256-128-10, batch 64, momentum", train(mlp, "sgd", flat=True), flops(64, *MLP)),
    _case("mlp-256", "the same, batch 256", train(mlp, "sgd", 256, flat=True), flops(256, *MLP)),
    _case("mlp-adam", "batch 64, Adam", train(mlp, "adam", flat=True), flops(64, *MLP)),
    _case(
        "mnist-epoch",
        "epoch of mnist-mlp: 60,000 shuffled images, batch 64, Adam",
        _epoch,
        flops(60_000, *MLP),
        warm_up=0,  # an epoch is long enough
        least=2,
    ),
    _case("mnist-cnn-99", "mnist-cnn-bn until 99 % of the test is right, Adam", _until_99, 0.0, warm_up=0, least=1),
    _case("lenet-bn", "LeNet-5 with batch norm, batch 64, momentum", train(lenet, "momentum"), flops(64, *LENET)),
    _case(
        "lenet-bn-module",
        "the same as a Module with functions in forward",
        train(lenet_module, "momentum"),
        flops(64, *LENET),
    ),
    _case(
        "table2-64",
        "CNN of CIS 520, table 2, Fashion-MNIST, batch 64, Adam",
        train(table2, "adam", images="fashion"),
        flops(64, *TABLE2),
    ),
    _case(
        "table2-256",
        "the same, batch 256",
        train(table2, "adam", batch=256, images="fashion"),
        flops(256, *TABLE2),
    ),
    _case(
        "vgg-bn",
        "six 3x3 convolutions 32-128 with batch norm, batch 64, momentum",
        train(vgg, "momentum", images="fashion"),
        flops(64, *VGG),
    ),
]
