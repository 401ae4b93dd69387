"""Named workloads. Each is written once, for a library that spells things as PyTorch does.

A case is a function of (library, nn, data) that returns `step`, which does one unit of work and returns a number (a
loss or a sum) by which the two libraries are compared before anything is timed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Case:
    """A workload: how to build its step, how many operations one step counts as, and how often to repeat it."""

    name: str
    what: str
    build: Callable[[Any, Any, Any], Callable[[], float]]
    per: int = 1
    """A step counts as this many units; times are per unit."""
    repeat: int = 30
    warm_up: int = 3
    tolerance: float = 1e-3


def _images(data: Any) -> tuple[np.ndarray, np.ndarray]:
    """Real images if there are any, as float32 (N, 784) in [0, 1], and labels."""
    if data is not None:
        return data
    rng = np.random.default_rng(0)
    return rng.random((8192, 784), np.float32), rng.integers(0, 10, 8192)


def _chain(weight_needs_grad: bool, backward: bool = True) -> Callable[[Any, Any, Any], Callable[[], float]]:
    def build(lib: Any, nn: Any, data: Any) -> Callable[[], float]:
        x = lib.tensor(np.linspace(0.5, 1.5, 16, dtype=np.float32), requires_grad=backward)
        w = lib.tensor(np.full(16, 1.0001, np.float32), requires_grad=weight_needs_grad)

        def forward() -> Any:
            z = x
            for _ in range(1000):
                z = z * w
            return z

        def step() -> float:
            if not backward:
                with lib.no_grad():
                    return float(forward().sum())
            x.grad = w.grad = None
            forward().sum().backward()
            return float(x.grad.sum())

        return step

    return build


def _elementwise(size: int) -> Callable[[Any, Any, Any], Callable[[], float]]:
    def build(lib: Any, nn: Any, data: Any) -> Callable[[], float]:
        rng = np.random.default_rng(0)
        x = lib.tensor(rng.standard_normal(size).astype(np.float32), requires_grad=True)

        def step() -> float:
            x.grad = None
            z = x
            for _ in range(10):
                z = (z * 0.9 + 0.1).tanh()
            z.sum().backward()
            return float(x.grad.sum())

        return step

    return build


def _epoch(lib: Any, nn: Any, data: Any) -> Callable[[], float]:
    """One epoch of the experiment mnist-mlp over 60,000 images: shuffled, batch 64, Adam."""
    images, labels = _images(data)
    repeats = -(-60_000 // len(labels))
    inputs = lib.tensor(np.tile(images, (repeats, 1))[:60_000])
    targets = lib.tensor(np.tile(labels, repeats)[:60_000].astype(np.int64))
    model = _model(lib, nn)
    loss_of = nn.CrossEntropyLoss()
    update = _optim(lib, nn).Adam(model.parameters(), lr=1e-3)
    rng = np.random.default_rng(0)

    def step() -> float:
        order = lib.tensor(rng.permutation(60_000))
        total = 0.0
        for start in range(0, 60_000, 64):
            chosen = order[start : start + 64]
            loss = loss_of(model(inputs[chosen]), targets[chosen])
            update.zero_grad()
            loss.backward()
            update.step()
            total += loss.item()
        return total / 938

    return step


def _model(lib: Any, nn: Any) -> Any:
    """The MLP 784-256-128-10 with the same weights in every library."""
    rng = np.random.default_rng(0)
    model = nn.Sequential(nn.Linear(784, 256), nn.ReLU(), nn.Linear(256, 128), nn.ReLU(), nn.Linear(128, 10))
    for parameter in model.parameters():
        bound = 1 / np.sqrt(parameter.shape[-1])
        with lib.no_grad():
            parameter.copy_(lib.tensor(rng.uniform(-bound, bound, tuple(parameter.shape)).astype(np.float32)))
    return model


def _optim(lib: Any, nn: Any) -> Any:
    return lib.optim if hasattr(lib, "optim") else nn.optim


def _mlp(optimizer: str) -> Callable[[Any, Any, Any], Callable[[], float]]:
    """One training step of the 235k-parameter MLP at batch 64, walking over real images."""

    def build(lib: Any, nn: Any, data: Any) -> Callable[[], float]:
        images, labels = _images(data)
        inputs, targets = lib.tensor(images), lib.tensor(labels.astype(np.int64))
        model = _model(lib, nn)
        loss_of = nn.CrossEntropyLoss()
        optim = _optim(lib, nn)
        update = (
            optim.Adam(model.parameters(), lr=1e-3)
            if optimizer == "adam"
            else optim.SGD(model.parameters(), lr=0.05, momentum=0.9)
        )
        position = 0

        def step() -> float:
            nonlocal position
            start = position % (len(labels) - 64)
            position += 64
            loss = loss_of(model(inputs[start : start + 64]), targets[start : start + 64])
            update.zero_grad()
            loss.backward()
            update.step()
            return float(loss)

        return step

    return build


def _update(name: str, **settings: Any) -> Callable[[Any, Any, Any], Callable[[], float]]:
    """The optimiser's step alone, on the 235,146 parameters of the MLP."""

    def build(lib: Any, nn: Any, data: Any) -> Callable[[], float]:
        model = _model(lib, nn)
        rng = np.random.default_rng(1)
        for parameter in model.parameters():
            parameter.grad = lib.tensor(1e-3 * rng.standard_normal(tuple(parameter.shape)).astype(np.float32))
        update = getattr(_optim(lib, nn), name)(model.parameters(), lr=1e-3, **settings)
        bias = list(model.parameters())[-1]

        def step() -> float:
            update.step()
            return float(bias[0])

        return step

    return build


CASES = [
    Case("chain", "1,000 multiplications of 16 floats, forward + backward", _chain(False), per=1000),
    Case("chain-weight", "the same, with a gradient for the factor too", _chain(True), per=1000),
    Case("chain-no-grad", "1,000 multiplications of 16 floats under no_grad", _chain(False, False), per=1000),
    Case("elementwise-small", "30 operations on 1,000 floats, forward + backward", _elementwise(1000), repeat=200),
    Case(
        "elementwise-large", "30 operations on 1,000,000 floats, forward + backward", _elementwise(1_000_000), repeat=10
    ),
    Case("mlp-sgd", "training step, MLP 784-256-128-10, batch 64, SGD with momentum", _mlp("sgd"), repeat=400),
    Case("mlp-adam", "training step, MLP 784-256-128-10, batch 64, Adam", _mlp("adam"), repeat=400),
    Case("sgd-step", "step of SGD alone on 235,146 parameters", _update("SGD"), repeat=400),
    Case("momentum-step", "the same, SGD with momentum", _update("SGD", momentum=0.9), repeat=400),
    Case("adam-step", "the same, Adam", _update("Adam"), repeat=400),
    Case("mnist-epoch", "epoch of mnist-mlp: 60,000 shuffled images, batch 64, Adam", _epoch, repeat=3, warm_up=1),
]
