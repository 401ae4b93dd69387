"""Networks of one shape and different first weights, trained as one: an ensemble in a single loop.

Their parameters are stacked, and the gradient of one network's loss is mapped over them: every product is then one of
all networks. What comes out is what training them one after the other gives.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

import nn
from autograd import Tensor, tensor
from autograd.func import grad, vmap
from nn.utils import functional_call, stack_module_state

from .course import Course

NETWORKS, RATE, BATCH = 10, 0.1, 64
Parameters = dict[str, Tensor]


def network() -> nn.Sequential:
    """One hidden layer."""
    return nn.Sequential(nn.Flatten(), nn.Linear(784, 32), nn.ReLU(), nn.Linear(32, 10))


def batches(images: Tensor, labels: Tensor, epochs: int, seed: int = 0) -> Iterator[tuple[Tensor, Tensor]]:
    """Shuffled batches, the same ones for the same seed."""
    rng = np.random.default_rng(seed)
    for _ in range(epochs):
        order = rng.permutation(len(images))
        for first in range(0, len(order) - BATCH + 1, BATCH):
            chosen = tensor(order[first : first + BATCH])
            yield images[chosen], labels[chosen]


def trained(slopes: Callable[..., Any], parameters: Parameters, data: Iterator[tuple[Tensor, Tensor]]) -> Parameters:
    """Gradient descent: by `slopes(parameters, x, y)`, of one network or of all."""
    for x, y in data:
        found = slopes(parameters, x, y)
        parameters = {name: p - RATE * found[name] for name, p in parameters.items()}
    return parameters


def compare(course: Course, train: Any, test: Any) -> dict[str, float]:
    """Train the networks together, and one by one: times, accuracies, and how far the weights end up apart."""
    images, labels = train.tensors()
    test_images, _ = test.tensors()
    epochs = 1 if course.quick else 2
    course.seed(0)
    models = [network() for _ in range(NETWORKS)]
    shape = models[0]

    def loss(parameters: Parameters, x: Tensor, y: Tensor) -> Tensor:
        found: Tensor = nn.functional.cross_entropy(functional_call(shape, parameters, (x,)), y)
        return found

    stacked = {name: p.detach() for name, p in stack_module_state(models)[0].items()}
    alone = [{name: p[k] for name, p in stacked.items()} for k in range(NETWORKS)]
    of_one, of_all = grad(loss), vmap(grad(loss), in_dims=(0, None, None))
    of_one(alone[0], images[:BATCH], labels[:BATCH])  # kernels are compiled before the clock starts
    of_all(stacked, images[:BATCH], labels[:BATCH])
    began = time.perf_counter()
    together = trained(of_all, stacked, batches(images, labels, epochs))
    middle = time.perf_counter()
    each = [trained(of_one, parameters, batches(images, labels, epochs)) for parameters in alone]
    ended = time.perf_counter()

    scores = vmap(lambda p: functional_call(shape, p, (test_images,)))(together)
    probabilities = nn.functional.softmax(scores, dim=2).numpy()
    members = 100 * (probabilities.argmax(2) == test.targets).mean(1)
    found = {
        "together (s)": middle - began,
        "one by one (s)": ended - middle,
        "members (%)": float(members.mean()),
        "averaged (%)": 100 * float((probabilities.mean(0).argmax(1) == test.targets).mean()),
        "apart": max(float((together[name][k] - p[name]).abs().max()) for k, p in enumerate(each) for name in p),
    }
    course.table(
        f"{NETWORKS} networks 784-32-10 of different first weights, trained together by vmap and one by one",
        tuple(found),
        [tuple(f"{value:.3g}" if name == "apart" else f"{value:.2f}" for name, value in found.items())],
    )
    return found
