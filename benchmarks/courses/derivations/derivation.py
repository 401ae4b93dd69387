"""One derivation: the function, the formula, the mistakes."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy import ndarray as Array

import autograd
from autograd import GradReport, check_derivation

Gradient = Callable[..., Any]
"""gradient(*inputs, dZ): one array per input that has a gradient, in their order."""


@dataclass(frozen=True)
class Mistake:
    """What is often written instead.

    argument   the input whose gradient is wrong then; several, separated by spaces
    hint       words of the hint that the checker gives
    """

    name: str
    gradient: Gradient
    argument: str
    hint: str


@dataclass(frozen=True)
class Derivation:
    """A function of the library, on Tensors, and its gradients as NumPy code.

    inputs   arrays to try it at; those of integers, such as labels, have no gradient
    """

    name: str
    function: Callable[..., autograd.Tensor]
    inputs: tuple[Array, ...]
    gradient: Gradient
    mistakes: tuple[Mistake, ...]

    def check(self, gradient: Gradient | None = None) -> GradReport:
        """Compare a derivation, by default the right one, with the slopes of the library's function."""

        def on_arrays(*arrays: Array) -> autograd.Tensor:
            return self.function(*(autograd.tensor(x) for x in arrays))

        *names, _ = inspect.signature(self.gradient).parameters.values()
        on_arrays.__signature__ = inspect.Signature(names)  # so that the report has the formula's names
        return check_derivation(on_arrays, self.inputs, gradient or self.gradient)


def draw(*shapes: tuple[int, ...]) -> tuple[Array, ...]:
    """Standard normal numbers, the same at each call, at least 0.05 from 0: clear of kinks there."""
    rng = np.random.default_rng(0)
    arrays = [rng.standard_normal(shape) for shape in shapes]
    return tuple(x + np.where(x < 0, -0.05, 0.05) for x in arrays)
