"""JAX. Steps are compiled by jax.jit as its users do; the chains are not: they are about the cost of one operation."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from ..cases.case import Case, Data, Program
from .plain import FACTOR, START, elementwise_input, logits, mlp_weights

COUNT = 1000


def prepare(threads: int) -> str:
    """Limit the threads: XLA starts one per processor that the process may use, when it first computes."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:threads])
    jax.config.update("jax_platforms", "cpu")
    return f"jax {jax.__version__}"


def _chain(both: bool) -> Callable[[Data], Program]:
    def build(data: Data) -> Program:
        def total(x: Any, w: Any) -> Any:
            z = x
            for _ in range(COUNT):
                z = z * w
            return z.sum()

        gradient = jax.grad(total, argnums=(0, 1) if both else 0)
        x, w = jnp.asarray(START), jnp.asarray(FACTOR)

        def step() -> float:
            found = gradient(x, w)
            return float((found[0] if both else found).sum())

        return Program(step)

    return build


def _forward(data: Data) -> Program:
    x, w = jnp.asarray(START), jnp.asarray(FACTOR)

    def step() -> float:
        z = x
        for _ in range(COUNT):
            z = z * w
        return float(z.sum())

    return Program(step)


def _elementwise(size: int) -> Callable[[Data], Program]:
    def build(data: Data) -> Program:
        def total(x: Any) -> Any:
            for _ in range(10):
                x = jnp.tanh(x * 0.9 + 0.1)
            return x.sum()

        gradient = jax.jit(jax.grad(total))
        x = jnp.asarray(elementwise_input(size))
        return Program(lambda: float(gradient(x).sum()))

    return build


def _loss(outputs: Any, labels: Any) -> Any:
    return -jnp.take_along_axis(jax.nn.log_softmax(outputs), labels[:, None], 1).mean()


def _mlp(data: Data) -> Program:
    pixels, labels = data.images()
    inputs, targets = jnp.asarray(pixels.reshape(-1, 784)), jnp.asarray(labels)

    def loss(weights: Any, x: Any, y: Any) -> Any:
        for w, b in weights[:-1]:
            x = jax.nn.relu(x @ w.T + b)
        w, b = weights[-1]
        return _loss(x @ w.T + b, y)

    @jax.jit
    def train(weights: Any, speeds: Any, x: Any, y: Any) -> Any:
        value, gradients = jax.value_and_grad(loss)(weights, x, y)
        speeds = jax.tree.map(lambda v, g: 0.9 * v + g, speeds, gradients)
        return value, jax.tree.map(lambda w, v: w - 0.05 * v, weights, speeds), speeds

    weights = [(jnp.asarray(w), jnp.asarray(b)) for w, b in mlp_weights()]
    speeds = jax.tree.map(jnp.zeros_like, weights)
    position = 0

    def step() -> float:
        nonlocal weights, speeds, position
        start = position % (len(labels) - 64)
        position += 64
        value, weights, speeds = train(weights, speeds, inputs[start : start + 64], targets[start : start + 64])
        return float(value)

    return Program(step, lambda: {f"loss {number}": step() for number in range(1, 6)})


def _cross_entropy(rows: int, classes: int) -> Callable[[Data], Program]:
    def build(data: Data) -> Program:
        values, numbers = logits(rows, classes)
        x, labels = jnp.asarray(values), jnp.asarray(numbers)
        compiled = jax.jit(jax.value_and_grad(_loss))

        def step() -> Any:
            return jax.block_until_ready(compiled(x, labels))

        def found() -> dict[str, Any]:
            loss, gradient = step()
            return {"output": np.asarray(loss), "gradient 1": np.asarray(gradient)}

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
