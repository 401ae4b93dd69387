"""One row of the table of operations, with inputs from the domains of `autograd.examples`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

import autograd
from autograd import examples
from autograd.op import registry

Domain = Callable[[np.random.Generator, tuple[int, ...]], np.ndarray]


real, positive, unit, above_one, probability, distinct = (
    domain.draw
    for domain in (
        examples.real,
        examples.positive,
        examples.unit,
        examples.above_one,
        examples.probability,
        examples.distinct,
    )
)


@dataclass(frozen=True)
class Case:
    """A call of a public function: what to check an op with.

    covers      name in `autograd.op.registry` of the op that this case is for
    function    public function or method; called as function(*tensors, **params)
    shapes      one per Tensor argument that takes part in differentiation
    params      further arguments: settings, constant arrays
    reference   the same in NumPy, on float64 arrays: reference(*arrays, **params); None: no NumPy counterpart, say why
    domain      how inputs are drawn: one for all, or one per input
    order       highest derivative to check: 2 unless the function is not differentiable (0: value only)
    repeat      also check f(x, x) (same shapes, two or more inputs)
    """

    covers: str
    function: Callable[..., Any]
    shapes: tuple[tuple[int, ...], ...]
    params: dict[str, Any] = field(default_factory=dict)
    reference: Callable[..., Any] | None = None
    domain: Domain | tuple[Domain, ...] = real
    order: int = 2
    repeat: bool = True
    note: str = ""

    def draw(self, rng: np.random.Generator) -> list[np.ndarray]:
        """Float64 inputs from the domain."""
        domains = self.domain if isinstance(self.domain, tuple) else (self.domain,) * len(self.shapes)
        return [np.asarray(domain(rng, shape), np.float64) for domain, shape in zip(domains, self.shapes, strict=True)]

    def __str__(self) -> str:
        params = ",".join(f"{key}={_brief(value)}" for key, value in self.params.items())
        shapes = ";".join("x".join(map(str, shape)) or "0d" for shape in self.shapes)
        return "-".join(part for part in (self.covers, self.note, shapes, params) if part)


def _brief(value: Any) -> str:
    text = type(value).__name__ + str(value.shape) if hasattr(value, "shape") else repr(value)
    return text.replace(" ", "")[:40]


def of_example(example: examples.Example) -> list[Case]:
    """The rows of an operation that has none here: its example, and the further shapes that the example names."""
    drawn = [x for x in example.inputs if isinstance(x, examples.Input)]

    def function(*tensors, **settings):
        rest = iter(tensors)
        inputs = [next(rest) if isinstance(x, examples.Input) else autograd.tensor(x) for x in example.inputs]
        return (example.function or registry[example.op])(*inputs, **settings)

    def reference(*arrays, **settings):
        rest = iter(arrays)
        inputs = [next(rest) if isinstance(x, examples.Input) else x for x in example.inputs]
        return example.reference(*inputs, **settings)

    return [
        Case(
            example.op,
            function,
            shapes,
            example.settings,
            reference if example.reference else None,
            tuple(x.draw for x in drawn),
            order=2 if examples.has_rule(example.op) else 0,
        )
        for shapes in (tuple(x.shape for x in drawn), *example.shapes)
    ]
