"""MyGrad. NumPy's threads are limited by the environment that the worker is started with."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import mygrad as mg  # type: ignore[import-not-found]
import numpy as np
from mygrad.nnet.activations import relu  # type: ignore[import-not-found]
from mygrad.nnet.losses import softmax_crossentropy  # type: ignore[import-not-found]

from ..cases.case import Case, Data, Program
from .plain import FACTOR, START, elementwise_input, logits, mlp_weights


def prepare(threads: int) -> str:
    """Nothing to do: the environment says it."""
    return f"mygrad {mg.__version__}, numpy {np.__version__}"


def _chain(both: bool) -> Callable[[Data], Program]:
    def build(data: Data) -> Program:
        x, w = mg.tensor(START), mg.tensor(FACTOR, constant=not both)

        def step() -> float:
            x.null_grad()
            w.null_grad()
            z = x
            for _ in range(1000):
                z = z * w
            z.sum().backward()
            return float(x.grad.sum())

        return Program(step)

    return build


def _forward(data: Data) -> Program:
    x, w = mg.tensor(START), mg.tensor(FACTOR)

    def step() -> float:
        with mg.no_autodiff:
            z = x
            for _ in range(1000):
                z = z * w
            return float(z.sum())

    return Program(step)


def _elementwise(size: int) -> Callable[[Data], Program]:
    def build(data: Data) -> Program:
        x = mg.tensor(elementwise_input(size))

        def step() -> float:
            x.null_grad()
            z = x
            for _ in range(10):
                z = mg.tanh(z * 0.9 + 0.1)
            z.sum().backward()
            return float(x.grad.sum())

        return Program(step)

    return build


def _mlp(data: Data) -> Program:
    pixels, labels = data.images()
    inputs = pixels.reshape(-1, 784)
    weights = [(mg.tensor(w), mg.tensor(b)) for w, b in mlp_weights()]
    parameters = [part for layer in weights for part in layer]
    speeds = [np.zeros_like(part.data) for part in parameters]
    position = 0

    def step() -> float:
        nonlocal position
        start = position % (len(labels) - 64)
        position += 64
        x: Any = inputs[start : start + 64]
        for w, b in weights[:-1]:
            x = relu(mg.matmul(x, w.T) + b)
        w, b = weights[-1]
        loss = softmax_crossentropy(mg.matmul(x, w.T) + b, labels[start : start + 64])
        loss.backward()
        for parameter, speed in zip(parameters, speeds, strict=True):
            speed *= 0.9
            speed += parameter.grad
            parameter.data -= 0.05 * speed
        return float(loss.data)

    return Program(step, lambda: {f"loss {number}": step() for number in range(1, 6)})


def _cross_entropy(rows: int, classes: int) -> Callable[[Data], Program]:
    def build(data: Data) -> Program:
        values, labels = logits(rows, classes)
        x = mg.tensor(values)

        def step() -> Any:
            x.null_grad()
            loss = softmax_crossentropy(x, labels)
            loss.backward()
            return loss

        def found() -> dict[str, Any]:
            return {"output": step().data, "gradient 1": x.grad}

        return Program(step, found)

    return build


PROGRAMS: dict[str, Callable[[Data], Program]] = {
    "chain": _chain(False),
    "chain-weight": _chain(True),
    "chain-no-grad": _forward,
    "elementwise-small": _elementwise(1000),
    "elementwise-large": _elementwise(1_000_000),
    "mlp-sgd": _mlp,
    **{f"cross-entropy-{n}x{c}": _cross_entropy(n, c) for n, c in ((64, 10), (64, 1000), (2048, 65))},
}


def program(case: Case, data: Data) -> Program | None:
    """The case, if it is among those above."""
    return PROGRAMS[case.name](data) if case.name in PROGRAMS else None
