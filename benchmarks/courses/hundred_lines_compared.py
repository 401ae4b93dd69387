"""The engine in a hundred lines and the library, side by side: the same weights, the same images, the same steps.

Both train an MLP and a CNN with batch norm; every loss, every gradient and every weight must agree.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

import autograd
import nn

from . import hundred_lines as small
from .course import About, Course, Result

ABOUT = {
    "hundred-lines": About(
        what="hundred_lines.py against the library, MLP and CNN",
        metric="losses, gradients and weights that agree to 1e-10",
        floor=100.0,
    )
}
RATE = 0.1


def mlp() -> nn.Module:
    """The MLP of the speed table: 784-256-128-10."""
    return nn.Sequential(
        nn.Flatten(), nn.Linear(784, 256), nn.ReLU(), nn.Linear(256, 128), nn.ReLU(), nn.Linear(128, 10)
    )


def cnn() -> nn.Module:
    """The CNN of the table, with batch norm: (N, 1, 28, 28) -> (N, 16, 14, 14) -> (N, 32, 7, 7) -> 128 -> 10."""
    return nn.Sequential(
        *(nn.Conv2d(1, 16, 5, padding=2), nn.BatchNorm2d(16), nn.ReLU(), nn.MaxPool2d(2)),
        *(nn.Conv2d(16, 32, 5, padding=2), nn.BatchNorm2d(32), nn.ReLU(), nn.MaxPool2d(2)),
        *(nn.Flatten(), nn.Linear(32 * 7 * 7, 128), nn.BatchNorm1d(128), nn.ReLU(), nn.Linear(128, 10)),
    )


def small_cnn(x: small.Tensor, weights: list[small.Tensor]) -> small.Tensor:
    """`cnn` in the words of hundred_lines.py."""
    for w, b, scale, shift in (weights[:4], weights[4:8]):
        z = small.conv2d(x, w, b, padding=2)
        z = small.batch_norm(z, scale.reshape(-1, 1, 1), shift.reshape(-1, 1, 1), 0, 2, 3)
        x = small.max_pool2d(small.relu(z), 2)
    w, b, scale, shift = weights[8:12]
    x = small.linear(x.reshape(len(x.data), -1), w, b)
    return small.linear(small.relu(small.batch_norm(x, scale, shift, 0)), *weights[12:])


NETWORKS: dict[str, tuple[Callable[[], nn.Module], Callable[..., small.Tensor]]] = {
    "MLP": (mlp, small.mlp),
    "CNN": (cnn, small_cnn),
}


def differences(name: str, images: np.ndarray, labels: np.ndarray, batch: int) -> dict[str, float]:
    """The largest difference in each loss, gradient and weight of a pass over the images."""
    build, network = NETWORKS[name]
    model = build().double()
    optimizer = nn.optim.SGD(model.parameters(), lr=RATE)
    weights = [small.Tensor(p.detach().numpy().copy(), requires_grad=True) for p in model.parameters()]
    found: dict[str, float] = {}

    def compare(what: str, mine: Any, theirs: np.ndarray) -> None:
        found[what] = float(np.abs(np.reshape(mine, theirs.shape) - theirs).max())

    for step, start in enumerate(range(0, len(images), batch)):
        x, y = images[start : start + batch], labels[start : start + batch]
        optimizer.zero_grad()
        theirs = nn.functional.cross_entropy(model(autograd.tensor(x)), autograd.tensor(y))
        theirs.backward()
        mine = small.cross_entropy(network(small.Tensor(x), weights), y)
        small.backward(mine)
        optimizer.step()
        compare(f"step {step}, loss", mine.data, theirs.detach().numpy())
        for w, (parameter, p) in zip(weights, model.named_parameters(), strict=True):
            assert p.grad is not None
            compare(f"step {step}, gradient of {parameter}", w.grad, p.grad.numpy())
            w.data, w.grad = w.data - RATE * w.grad, None
            compare(f"step {step}, {parameter}", w.data, p.detach().numpy())
    return found


def run(course: Course) -> dict[str, Result]:
    """A few steps of both networks in both engines."""
    course.seed(0)
    images, labels = course.images("mnist")[0].tensors()
    rows, agreed, numbers = [], 0, 0
    for name in NETWORKS:
        found = differences(name, images[:160].double().numpy(), labels[:160].numpy(), 32)
        worst = max(found, key=lambda what: found[what])
        agreed += sum(difference < 1e-10 for difference in found.values())
        numbers += len(found)
        rows.append((name, len(found), f"{found[worst]:.1e}", worst))
    course.table("in both engines", ("network", "compared", "largest difference", "of"), rows)
    return {"hundred-lines": Result(100 * agreed / numbers, details={"numbers": numbers})}
