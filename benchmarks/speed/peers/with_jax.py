"""JAX. Steps are compiled by jax.jit as its users do; the chains are not: they are about the cost of one operation."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from ..cases.case import Case, Data, Program, normal
from .plain import FACTOR, START, elementwise_input, linear_weights, logits

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


class Layers(NamedTuple):
    """Linear layers with an activation between them, and a loss; trained by SGD, `batch` rows at a time."""

    widths: tuple[int, ...]
    activation: Callable[..., Any]
    loss: Callable[..., Any]
    batch: int
    rate: float
    momentum: float = 0.0
    called: str = "loss"  # the values by which libraries are compared

    def training(self, inputs: Any, targets: Any, last: int) -> Program:
        """Steps on rows from 0 on, and from there again where fewer than `batch` would be left of `last`."""

        def loss(weights: Any, x: Any, y: Any) -> Any:
            for w, b in weights[:-1]:
                x = self.activation(x @ w.T + b)
            w, b = weights[-1]
            return self.loss(x @ w.T + b, y)

        @jax.jit
        def train(weights: Any, speeds: Any, x: Any, y: Any) -> Any:
            value, gradients = jax.value_and_grad(loss)(weights, x, y)
            speeds = jax.tree.map(lambda v, g: self.momentum * v + g, speeds, gradients)
            return value, jax.tree.map(lambda w, v: w - self.rate * v, weights, speeds), speeds

        weights = [(jnp.asarray(w), jnp.asarray(b)) for w, b in linear_weights(*self.widths)]
        speeds = jax.tree.map(jnp.zeros_like, weights)
        position = 0

        def step() -> float:
            nonlocal weights, speeds, position
            start = position % last
            position += self.batch
            rows = slice(start, start + self.batch)
            value, weights, speeds = train(weights, speeds, inputs[rows], targets[rows])
            return float(value)

        return Program(step, lambda: {f"{self.called} {number}": step() for number in range(1, 6)})


def _images(batch: int, rate: float, momentum: float) -> Callable[[Data], Program]:
    def build(data: Data) -> Program:
        pixels, labels = data.images()
        layers = Layers((784, 256, 128, 10), jax.nn.relu, _loss, batch, rate, momentum)
        return layers.training(jnp.asarray(pixels.reshape(-1, 784)), jnp.asarray(labels), len(labels) - batch)

    return build


def _regression(batch: int, *widths: int) -> Callable[[Data], Program]:
    def build(data: Data) -> Program:
        x, y = jnp.asarray(normal(0, 1024, widths[0])), jnp.asarray(normal(1, 1024, widths[-1]))
        layers = Layers(widths, jnp.tanh, lambda z, y: jnp.mean((z - y) ** 2), batch, 0.01, called="step")
        return layers.training(x, y, 1024)

    return build


def _layer_norm(x: Any, w: Any, b: Any) -> Any:
    d = x - x.mean(-1, keepdims=True)
    return d * jax.lax.rsqrt((d * d).mean(-1, keepdims=True) + 1e-5) * w + b


def _differentiated(
    function: Callable[..., Any], seed: Any, values: list[Any], names: tuple[str, ...]
) -> Callable[[Data], Program]:
    """A function of some arrays, forward, and backward to a gradient of each, by name."""

    def build(data: Data) -> Program:
        given, dz = [jnp.asarray(value) for value in values], jnp.asarray(seed)

        @jax.jit
        def both(*given: Any) -> Any:
            z, pull = jax.vjp(function, *given)
            return z, pull(dz)

        def step() -> Any:
            return jax.block_until_ready(both(*given))

        def found() -> dict[str, Any]:
            z, gradients = step()
            return {"output": np.asarray(z), **dict(zip(names, map(np.asarray, gradients), strict=True))}

        return Program(step, found)

    return build


def _norm(*shape: int) -> Callable[[Data], Program]:
    width = (shape[-1],)
    values = [3 * normal(0, *shape) + 1, normal(100, *width), normal(101, *width)]
    return _differentiated(_layer_norm, normal(200, *shape), values, ("gradient 1", "gradient 2", "gradient 3"))


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
    "mlp-sgd": _images(64, 0.05, 0.9),
    "mlp-batch-1": _images(1, 0.01, 0.0),
    "tiny-batch-1": _regression(1, 8, 32, 32, 1),
    "tiny-batch-32": _regression(32, 16, 64, 64, 4),
    "layer-norm": _norm(512, 256),
    "layer-norm-3d": _norm(16, 128, 256),
    **{f"cross-entropy-{n}x{c}": _cross_entropy(n, c) for n, c in ((64, 10), (64, 1000), (2048, 65))},
}


def program(case: Case, data: Data) -> Program | None:
    """The case, if it is among those above."""
    return PROGRAMS[case.name](data) if case.name in PROGRAMS else None
