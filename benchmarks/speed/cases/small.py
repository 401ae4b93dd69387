"""Steps in which there is little to compute per call: a single image, many parameters, deep and tiny networks.

What is measured is how soon the next computation begins, and what a step allocates.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import numpy as np

from .case import Case, Data, Library, Program, fill, normal
from .training import MLP, flops, mlp, train


def deep(library: Library) -> Any:
    """50 hidden layers of 64 units, between 784 inputs and 10 outputs."""
    nn = library.nn
    layers = [nn.Linear(784, 64), nn.ReLU()]
    for _ in range(49):
        layers += [nn.Linear(64, 64), nn.ReLU()]
    model = fill(library, nn.Sequential(*layers, nn.Linear(64, 10)))
    with library.lib.no_grad():
        for weight in model.parameters():
            if weight.ndim == 2:
                weight *= 6**0.5  # He et al. 2015: else gradients would shrink to denormals
    return model


SHAPES = [shape for layer in range(50) for shape in ((64, 64), (64,), (128, 64), (128,))]
"""Of 200 parameters, 624,000 numbers: as many as a small transformer has."""


def _with_gradients(library: Library) -> list[Any]:
    """200 parameters that have gradients."""
    parameters = []
    for number, shape in enumerate(SHAPES):
        parameter = library.nn.Parameter(library.lib.tensor(normal(number, *shape)))
        parameter.grad = library.lib.tensor(0.1 * normal(1000 + number, *shape))
        parameters.append(parameter)
    return parameters


def _adamw(library: Library, data: Data) -> Program:
    """The step of AdamW on 200 parameters."""
    parameters = _with_gradients(library)
    update = library.optim.AdamW(parameters, lr=1e-3)

    def values() -> dict[str, Any]:
        before = [parameter.detach().numpy().copy() for parameter in parameters]
        for _ in range(3):
            update.step()
        pairs = zip(parameters, before, strict=True)
        return {f"change of {n}": p.detach().numpy() - was for n, (p, was) in enumerate(pairs) if n < 4}

    return Program(update.step, values)


def _clip(library: Library, data: Data) -> Program:
    """The gradients of 200 parameters, clipped at every step, so little that they never become small."""
    parameters = _with_gradients(library)
    clip = library.nn.utils.clip_grad_norm_
    most = 50.0

    def step() -> float:
        nonlocal most
        most *= 0.99999
        return float(clip(parameters, most))

    return Program(step)


def _tiny(library: Library) -> Any:
    nn = library.nn
    return fill(library, nn.Sequential(nn.Linear(2, 8), nn.Tanh(), nn.Linear(8, 1)))


def _xor() -> tuple[Any, Any]:
    x = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], np.float32)
    return x, x[:, :1] != x[:, 1:]


def _textbook(library: Library, data: Data) -> Program:
    """A network with two layers learns exclusive or, in the loop that every introduction has."""
    lib, nn = library.lib, library.nn
    pairs, answers = _xor()
    x, y = lib.tensor(pairs), lib.tensor(answers.astype(np.float32))
    model = _tiny(library)
    loss_of = nn.MSELoss()
    update = library.optim.SGD(model.parameters(), lr=0.1)
    move = library.compile.training(lambda x, y: loss_of(model(x), y), update)

    def step() -> float:
        return float(move(x, y).item())

    return Program(step)


def _regression(batch: int, *widths: int) -> Callable[[Library, Data], Program]:
    """A tiny network fits numbers; `batch` rows at a time."""

    def build(library: Library, data: Data) -> Program:
        lib, nn = library.lib, library.nn
        x, y = lib.tensor(normal(0, 1024, widths[0])), lib.tensor(normal(1, 1024, widths[-1]))
        layers: list[Any] = []
        for before, after in itertools.pairwise(widths):
            layers += [nn.Linear(before, after), nn.Tanh()]
        model = fill(library, nn.Sequential(*layers[:-1]))
        loss_of = nn.MSELoss()
        update = library.optim.SGD(model.parameters(), lr=0.01)
        move = library.compile.training(lambda x, y: loss_of(model(x), y), update)
        position = 0

        def step() -> float:
            nonlocal position
            start = position % 1024
            position += batch
            return float(move(x[start : start + batch], y[start : start + batch]).item())

        return Program(step)

    return build


def _by_hand(library: Library, data: Data) -> Program:
    """The same with products of matrices, and weights that the program itself moves."""
    lib = library.lib
    pairs, answers = _xor()
    x, y = lib.tensor(pairs), lib.tensor(answers.astype(np.float32))
    weights = [lib.tensor(0.5 * normal(number, *shape)) for number, shape in enumerate(((2, 8), (8,), (8, 1), (1,)))]
    for weight in weights:
        weight.requires_grad_()

    def error(w1: Any, b1: Any, w2: Any, b2: Any) -> Any:
        answer = lib.tanh(x @ w1 + b1) @ w2 + b2
        return ((answer - y) ** 2).mean()

    error_at = library.compile(error)

    def step() -> float:
        loss = error_at(*weights)
        loss.backward()
        with lib.no_grad():
            for weight in weights:
                weight -= 0.1 * weight.grad
                weight.grad.zero_()
        return float(loss.item())

    return Program(step)


def _case(name: str, what: str, build: Callable[[Library, Data], Program], **settings: Any) -> Case:
    return Case(name, what, build, group="small steps", **({"tolerance": 1e-3} | settings))


COUNT = sum(int(np.prod(shape)) for shape in SHAPES)
DEEP = (2.0 * 784 * 64, *[2.0 * 64 * 64] * 49, 2.0 * 64 * 10)

SMALL = [
    _case("mlp-batch-1", "MLP 784-256-128-10, batch 1, SGD", train(mlp, "plain", 1, flat=True), flops=flops(1, *MLP)),
    _case("adamw-200", "step of AdamW alone on 200 parameters, 624,000 numbers", _adamw, bytes=28 * COUNT),
    _case("clip-grad-norm", "their gradients clipped to a norm", _clip, bytes=12 * COUNT),
    _case(
        "deep-narrow",
        "50 layers of 64 units, batch 64, Adam",
        train(deep, "adam", flat=True),
        flops=flops(64, *DEEP),
    ),
    _case("tiny-loop", "2-8-1 learns exclusive or, SGD: the loop of a textbook", _textbook),
    _case("tiny-batch-1", "8-32-32-1, batch 1, SGD", _regression(1, 8, 32, 32, 1)),
    _case("tiny-batch-32", "16-64-64-4, batch 32, SGD", _regression(32, 16, 64, 64, 4)),
    _case("tiny-by-hand", "the same with `w -= 0.1 * w.grad` under no_grad", _by_hand),
]
