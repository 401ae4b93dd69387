"""One row of the table of operations, and the domains its inputs are drawn from."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

Domain = Callable[[np.random.Generator, tuple[int, ...]], np.ndarray]


def real(rng, shape):
    """Standard normal, away from 0 by at least 0.1: clear of the kinks there."""
    x = rng.standard_normal(shape)
    return x + np.where(x < 0, -0.1, 0.1)


def positive(rng, shape):
    """Between 0.3 and 3."""
    return rng.uniform(0.3, 3.0, shape)


def unit(rng, shape):
    """Between -0.9 and 0.9."""
    return rng.uniform(-0.9, 0.9, shape)


def above_one(rng, shape):
    """Between 1.2 and 4."""
    return rng.uniform(1.2, 4.0, shape)


def probability(rng, shape):
    """Between 0.05 and 0.95."""
    return rng.uniform(0.05, 0.95, shape)


def distinct(rng, shape):
    """All elements at least 0.1 apart: clear of ties."""
    count = int(np.prod(shape))
    return (rng.permutation(count) * 0.1 - 0.05 * count + 0.03).reshape(shape)


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
