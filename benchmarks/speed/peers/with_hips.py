"""HIPS/autograd. NumPy's threads are limited by the environment that the worker is started with."""

from __future__ import annotations

from collections.abc import Callable
from importlib.metadata import version
from typing import Any

import numpy as np

import autograd.numpy as anp  # type: ignore[import-not-found]
from autograd import grad, value_and_grad

from ..cases.case import Case, Data, Program
from .plain import FACTOR, START, elementwise_input, logits, mlp_weights


def prepare(threads: int) -> str:
    """Nothing to do: the environment says it."""
    return f"HIPS autograd {version('autograd')}, numpy {np.__version__}"


def _chain(both: bool) -> Callable[[Data], Program]:
    def build(data: Data) -> Program:
        def total(x: Any, w: Any) -> Any:
            z = x
            for _ in range(1000):
                z = z * w
            return anp.sum(z)

        gradient = grad(total, argnum=(0, 1) if both else 0)

        def step() -> float:
            found = gradient(START, FACTOR)
            return float((found[0] if both else found).sum())

        return Program(step)

    return build


def _elementwise(size: int) -> Callable[[Data], Program]:
    def build(data: Data) -> Program:
        def total(x: Any) -> Any:
            for _ in range(10):
                x = anp.tanh(x * 0.9 + 0.1)
            return anp.sum(x)

        gradient = grad(total)
        x = elementwise_input(size)
        return Program(lambda: float(gradient(x).sum()))

    return build


def _loss(outputs: Any, labels: Any) -> Any:
    shifted = outputs - anp.max(outputs, axis=1, keepdims=True)
    rows = np.arange(len(labels))
    return anp.mean(anp.log(anp.sum(anp.exp(shifted), axis=1)) - shifted[rows, labels])


def _mlp(data: Data) -> Program:
    pixels, labels = data.images()
    inputs = pixels.reshape(-1, 784)

    def loss(weights: Any, x: Any, y: Any) -> Any:
        for w, b in weights[:-1]:
            x = anp.maximum(anp.dot(x, w.T) + b, np.float32(0))
        w, b = weights[-1]
        return _loss(anp.dot(x, w.T) + b, y)

    train = value_and_grad(loss)
    weights = mlp_weights()
    speeds = [[np.zeros_like(part) for part in layer] for layer in weights]
    position = 0

    def step() -> float:
        nonlocal position
        start = position % (len(labels) - 64)
        position += 64
        value, gradients = train(weights, inputs[start : start + 64], labels[start : start + 64])
        for layer, speed, gradient in zip(weights, speeds, gradients, strict=True):
            for w, v, g in zip(layer, speed, gradient, strict=True):
                v *= 0.9
                v += g
                w -= 0.05 * v
        return float(value)

    return Program(step, lambda: {f"loss {number}": step() for number in range(1, 6)})


def _cross_entropy(rows: int, classes: int) -> Callable[[Data], Program]:
    def build(data: Data) -> Program:
        x, labels = logits(rows, classes)
        both = value_and_grad(lambda outputs: _loss(outputs, labels))

        def found() -> dict[str, Any]:
            loss, gradient = both(x)
            return {"output": loss, "gradient 1": gradient}

        return Program(lambda: both(x), found)

    return build


PROGRAMS: dict[str, Callable[[Data], Program]] = {
    "chain": _chain(False),
    "chain-weight": _chain(True),
    "elementwise-small": _elementwise(1000),
    "elementwise-large": _elementwise(1_000_000),
    "mlp-sgd": _mlp,
    **{f"cross-entropy-{n}x{c}": _cross_entropy(n, c) for n, c in ((64, 10), (64, 1000), (2048, 65))},
}


def program(case: Case, data: Data) -> Program | None:
    """The case, if it is among those above."""
    return PROGRAMS[case.name](data) if case.name in PROGRAMS else None
