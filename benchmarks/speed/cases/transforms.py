"""Transforms of functions: gradients of single examples, Jacobians, a Hessian, an ensemble, forward mode."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from typing import Any

import numpy as np

from .case import Case, Data, Library, Program, fill, normal
from .loops import CHARACTERS, WINDOW, gpt

Build = Callable[[Library, Data], Program]


def _parameters(model: Any) -> dict[str, Any]:
    return {name: parameter.detach() for name, parameter in model.named_parameters()}


def _sums(tree: dict[str, Any]) -> dict[str, Any]:
    """Arrays by which libraries are compared."""
    return {name: np.asarray(x.detach().numpy()) for name, x in tree.items()}


def _per_sample(make: Callable[[Library], Any], *shape: int) -> Build:
    """The gradient of each of 64 examples."""

    def build(library: Library, data: Data) -> Program:
        func, F = library.lib.func, library.nn.functional
        model = make(library)
        parameters = _parameters(model)
        images, labels = data.images(count=64)
        x, y = library.lib.tensor(images.reshape(64, *shape)), library.lib.tensor(labels)

        def loss(parameters: Any, x: Any, y: Any) -> Any:
            return F.cross_entropy(func.functional_call(model, parameters, (x.unsqueeze(0),)), y.unsqueeze(0))

        each = func.vmap(func.grad(loss), in_dims=(None, 0, 0))
        return Program(lambda: each(parameters, x, y), lambda: _sums(each(parameters, x, y)))

    return build


def _mlp(library: Library) -> Any:
    nn = library.nn
    return fill(library, nn.Sequential(nn.Linear(784, 64), nn.ReLU(), nn.Linear(64, 10)))


def _lenet(library: Library) -> Any:
    """LeNet-5 without batch normalisation, which mixes examples."""
    nn = library.nn
    layers = [
        nn.Conv2d(1, 6, 5, padding=2),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(6, 16, 5),
        nn.ReLU(),
        nn.MaxPool2d(2),
    ]
    layers += [nn.Flatten(), nn.Linear(400, 120), nn.ReLU(), nn.Linear(120, 84), nn.ReLU(), nn.Linear(84, 10)]
    return fill(library, nn.Sequential(*layers))


def _net(library: Library, *widths: int) -> Any:
    nn = library.nn
    layers: list[Any] = []
    for before, after in itertools.pairwise(widths):
        layers += [nn.Linear(before, after), nn.Tanh()]
    return fill(library, nn.Sequential(*layers[:-1])).requires_grad_(False)


def _matrix(transform: str, *widths: int) -> Build:
    """The derivatives of a network by its input."""

    def build(library: Library, data: Data) -> Program:
        net = _net(library, *widths)
        x = library.lib.tensor(normal(0, widths[0]))
        function = net if widths[-1] > 1 else lambda x: net(x)[0]
        of = getattr(library.lib.func, transform)(function)
        return Program(lambda: of(x), lambda: {"matrix": of(x).detach().numpy()})

    return build


def _ensemble(library: Library, data: Data) -> Program:
    """The gradients of 16 networks, at once."""
    lib, func = library.lib, library.lib.func
    models = [_net(library, 32, 64, 1) for _ in range(16)]
    for number, model in enumerate(models):
        fill(library, model, number)
    parameters, _ = func.stack_module_state(models)
    parameters = {name: p.detach() for name, p in parameters.items()}
    x, y = lib.tensor(normal(0, 64, 32)), lib.tensor(normal(1, 64, 1))

    def loss(parameters: Any) -> Any:
        return ((func.functional_call(models[0], parameters, (x,)) - y) ** 2).mean()

    each = func.vmap(func.grad(loss))
    return Program(lambda: each(parameters), lambda: _sums(each(parameters)))


def _gpt(forward: bool) -> Build:
    """The loss of a small GPT, alone, or with its derivative along a direction of all parameters."""

    def build(library: Library, data: Data) -> Program:
        lib, func, F = library.lib, library.lib.func, library.nn.functional
        model = gpt(library)
        parameters = _parameters(model)
        tangents = {
            name: lib.tensor(normal(number, *p.shape) / math.sqrt(p.shape[-1]))
            for number, (name, p) in enumerate(parameters.items())
        }
        rng = np.random.default_rng(0)
        codes, following = (lib.tensor(rng.integers(0, CHARACTERS, (4, WINDOW))) for _ in range(2))

        def loss(parameters: Any) -> Any:
            scores = func.functional_call(model, parameters, (codes,))
            return F.cross_entropy(scores.reshape(-1, CHARACTERS), following.reshape(-1))

        def value() -> tuple[Any, ...]:
            return (loss(parameters),)

        def both() -> tuple[Any, ...]:
            found: tuple[Any, ...] = func.jvp(loss, (parameters,), (tangents,))
            return found

        step = value if forward else both
        return Program(step, lambda: {f"number {k}": x.detach().numpy() for k, x in enumerate(step())})

    return build


def _case(name: str, what: str, build: Build, **settings: Any) -> Case:
    return Case(name, what, build, group="transforms", **({"tolerance": 1e-3} | settings))


TRANSFORMS = [
    _case("per-sample-mlp", "the gradients of 64 examples, 784-64-10", _per_sample(_mlp, 784)),
    _case("per-sample-lenet", "the gradients of 64 examples, LeNet-5", _per_sample(_lenet, 1, 28, 28)),
    _case("jacrev", "Jacobian by rows, 64-128-64", _matrix("jacrev", 64, 128, 64)),
    _case("jacfwd", "Jacobian by columns, 64-128-64", _matrix("jacfwd", 64, 128, 64)),
    _case("hessian", "Hessian, 32-64-1", _matrix("hessian", 32, 64, 1)),
    _case("ensemble", "the gradients of 16 networks 32-64-1, 64 examples", _ensemble),
    _case("gpt-loss", "the loss of the small GPT", _gpt(True)),
    _case("gpt-jvp", "the same with its derivative along a direction", _gpt(False)),
]
