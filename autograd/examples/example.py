"""What an example is, and where its inputs are drawn: away from kinks, apart from each other, as an op needs it."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy import ndarray as Array

from ..creation import tensor
from ..op import registry
from ..tensors import Tensor

Shape = tuple[int, ...]


@dataclass(frozen=True)
class Domain:
    """Where inputs are drawn: `draw(rng, shape)` is an array. Called with a shape it is an input of an example."""

    draw: Callable[[np.random.Generator, Shape], Array]

    def __call__(self, *shape: int) -> Input:
        """An input that is drawn here."""
        return Input(shape, self.draw)


@dataclass(frozen=True)
class Input:
    """How an input is drawn: a shape, and a function of a generator and it."""

    shape: Shape
    draw: Callable[[np.random.Generator, Shape], Array]


@dataclass(frozen=True)
class Example:
    """function(*tensors, **settings).

    op         name of the operation, in `autograd.op.registry`
    inputs     Input where one is drawn and has a derivative; an array where it is given
    function   the operation itself unless something else is said
    reference  the same in NumPy: reference(*arrays, **settings); None where rows of tests/cases have it
    shapes     further shapes of the drawn inputs that the operation is tested at
    """

    op: str
    inputs: tuple[Any, ...]
    settings: dict[str, Any] = field(default_factory=dict)
    function: Callable[..., Any] | None = None
    reference: Callable[..., Any] | None = None
    shapes: tuple[tuple[Shape, ...], ...] = ()

    def call(self, *tensors: Tensor) -> Any:
        """The value."""
        return (self.function or registry[self.op])(*tensors, **self.settings)

    def tensors(self) -> list[Tensor]:
        """Inputs; those that are drawn require grad, given arrays do not."""
        rng = np.random.default_rng(zlib.crc32(self.op.encode()))
        return [
            tensor(x.draw(rng, x.shape), requires_grad=True) if isinstance(x, Input) else tensor(x) for x in self.inputs
        ]


def elementwise(names: str, *inputs: Any, reference: Callable[..., Any] | None = None) -> list[Example]:
    """An example of each of these operations, which work element by element: at any shape."""
    count = sum(isinstance(x, Input) for x in inputs)
    shapes = tuple((shape,) * count for shape in ((), (1,), (0, 3)))
    return [Example(name, inputs, reference=reference, shapes=shapes) for name in names.split()]


@Domain
def real(rng: np.random.Generator, shape: Shape) -> Array:
    """Standard normal, away from 0 by at least 0.1: clear of the kinks there."""
    x = rng.standard_normal(shape)
    return x + np.where(x < 0, -0.1, 0.1)


@Domain
def distinct(rng: np.random.Generator, shape: Shape) -> Array:
    """All elements at least 0.1 apart, none within 0.02 of a multiple of 0.1: clear of ties and of whole numbers."""
    count = int(np.prod(shape))
    return (rng.permutation(count) * 0.1 - 0.05 * count + 0.03).reshape(shape)


@Domain
def definite(rng: np.random.Generator, shape: Shape) -> Array:
    """A symmetric matrix with eigenvalues above 1, all of them different."""
    x = rng.standard_normal(shape)
    return x @ x.T / len(x) + np.diag(1.0 + np.arange(len(x)))


def between(low: float, high: float) -> Domain:
    """Uniform."""
    return Domain(lambda rng, shape: rng.uniform(low, high, shape))


positive, unit, above_one, probability = between(0.3, 3.0), between(-0.9, 0.9), between(1.2, 4.0), between(0.05, 0.95)
