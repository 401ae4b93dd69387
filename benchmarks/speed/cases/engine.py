"""What the tape costs: chains of small operations, sweeps over large arrays, the optimisers' steps."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .case import Case, Data, Library, Program, normal
from .training import mlp

START = np.linspace(0.5, 1.5, 16, dtype=np.float32)
FACTOR = np.full(16, 1.0001, np.float32)


def _chain(weight_needs_grad: bool, backward: bool = True) -> Callable[[Library, Data], Program]:
    def build(library: Library, data: Data) -> Program:
        lib = library.lib
        x = lib.tensor(START, requires_grad=backward)
        w = lib.tensor(FACTOR, requires_grad=weight_needs_grad)

        def forward(x: Any, w: Any) -> Any:
            z = x
            for _ in range(1000):
                z = z * w
            return z.sum()

        total = library.compile(forward)

        def step() -> float:
            if not backward:
                with lib.no_grad():
                    return float(total(x, w))
            x.grad = w.grad = None
            total(x, w).backward()
            return float(x.grad.sum())

        return Program(step)

    return build


def _elementwise(size: int) -> Callable[[Library, Data], Program]:
    def build(library: Library, data: Data) -> Program:
        x = library.lib.tensor(normal(0, size), requires_grad=True)

        def forward(x: Any) -> Any:
            z = x
            for _ in range(10):
                z = (z * 0.9 + 0.1).tanh()
            return z.sum()

        total = library.compile(forward)

        def step() -> float:
            x.grad = None
            total(x).backward()
            return float(x.grad.sum())

        return Program(step)

    return build


PARAMETERS = 784 * 256 + 256 + 256 * 128 + 128 + 128 * 10 + 10


def _update(name: str, **settings: Any) -> Callable[[Library, Data], Program]:
    """The optimiser's step alone, on the parameters of the MLP."""

    def build(library: Library, data: Data) -> Program:
        model = mlp(library)
        rng = np.random.default_rng(1)
        for parameter in model.parameters():
            gradient = 0.1 * rng.standard_normal(tuple(parameter.shape))
            parameter.grad = library.lib.tensor(gradient.astype(np.float32))
        update = getattr(library.optim, name)(model.parameters(), lr=0.1, **settings)

        def values() -> dict[str, Any]:
            before = {name: parameter.detach().numpy().copy() for name, parameter in model.named_parameters()}
            for _ in range(3):
                update.step()
            after = {name: parameter.detach().numpy() for name, parameter in model.named_parameters()}
            return {f"change of {name}": after[name] - before[name] for name in before}

        return Program(update.step, values)

    return build


def _case(name: str, what: str, build: Callable[[Library, Data], Program], **settings: Any) -> Case:
    return Case(name, what, build, group="engine", **({"tolerance": 1e-3} | settings))


ENGINE = [
    _case("chain", "1,000 multiplications of 16 floats, forward + backward", _chain(False), per=1000),
    _case("chain-weight", "the same, with a gradient for the factor too", _chain(True), per=1000),
    _case("chain-no-grad", "1,000 multiplications of 16 floats under no_grad", _chain(False, False), per=1000),
    _case("elementwise-small", "30 operations on 1,000 floats, forward + backward", _elementwise(1000)),
    _case(
        "elementwise-large",
        "30 operations on 1,000,000 floats, forward + backward",
        _elementwise(1_000_000),
        # forward each reads and writes once; tanh's rule reads two arrays and writes one, the product's one and one
        bytes=10 * (3 * 2 + 3 + 2) * 4e6,
    ),
    _case("sgd-step", "step of SGD alone on 235,146 parameters", _update("SGD"), bytes=12 * PARAMETERS),
    _case("momentum-step", "the same, SGD with momentum", _update("SGD", momentum=0.9), bytes=20 * PARAMETERS),
    _case("adam-step", "the same, Adam", _update("Adam"), bytes=28 * PARAMETERS),
]
