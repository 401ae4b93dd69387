"""Dirichlet."""

# mypy: no-warn-return-any

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from autograd import Tensor, digamma, finfo, lgamma, where
from autograd.errors import ShapeError
from autograd.tensor.core import Array, wrap

from ..draw import source
from . import constraints
from .constraints import Constraint
from .distribution import Distribution
from .utils import as_tensor


class Dirichlet(Distribution):
    """Vectors (..., K) of numbers from 0 on with sum 1: p(x) is in proportion to the product of x_i^(c_i - 1).

    concentration   c (..., K), above 0; the mean is c / sum(c)
    There is no `rsample`: the derivative of a draw by its concentration is not implemented.
    """

    concentration: Tensor  # batch_shape + (K,)

    arg_constraints: Mapping[str, Constraint] = {"concentration": constraints.independent(constraints.positive, 1)}
    support = constraints.simplex

    def __init__(self, concentration: Any, validate_args: bool | None = None) -> None:
        self.concentration = as_tensor(concentration)
        if self.concentration.ndim < 1:
            raise ShapeError("`concentration` parameter must be at least one-dimensional.")
        shape = self.concentration.shape
        super().__init__(shape[:-1], shape[-1:], validate_args)

    @property
    def mean(self) -> Tensor:
        return self.concentration / self.concentration.sum(-1, keepdim=True)

    @property
    def mode(self) -> Tensor:
        """(c - 1) / sum(c - 1), without what is below 0; the first corner where all of c are below 1."""
        above = (self.concentration - 1).clamp_min(0)
        corner = np.eye(self._event_shape[0], dtype=above.dtype)[0]
        nowhere = (self.concentration < 1).all(-1, keepdim=True)
        return where(nowhere, corner, above / above.sum(-1, keepdim=True))

    @property
    def variance(self) -> Tensor:
        total = self.concentration.sum(-1, keepdim=True)
        return self.concentration * (total - self.concentration) / (total.square() * (total + 1))

    def sample(self, sample_shape: Sequence[int] = ()) -> Tensor:
        return wrap(draw(self.concentration._array, self._extended_shape(sample_shape)))

    def log_prob(self, value: Any) -> Tensor:
        c = self.concentration
        return (c - 1).xlogy(self._checked(value)).sum(-1) + lgamma(c.sum(-1)) - lgamma(c).sum(-1)

    def entropy(self) -> Tensor:
        c, k = self.concentration, self._event_shape[0]
        total = c.sum(-1)
        return lgamma(c).sum(-1) - lgamma(total) + (total - k) * digamma(total) - ((c - 1) * digamma(c)).sum(-1)


def draw(concentration: Array, shape: tuple[int, ...]) -> Array:
    """Dirichlet vectors of `shape`: Gamma numbers divided by their sum, in logarithms, since small ones underflow.

    Gamma(c) is Gamma(c + 1) u^(1 / c) with u uniform (Marsaglia & Tsang 2000, section 6).
    """
    rng, limits = source(), finfo(concentration.dtype)
    logarithm = np.log(rng.standard_gamma(concentration + 1.0, shape)) - rng.standard_exponential(shape) / concentration
    parts = np.exp(logarithm - logarithm.max(-1, keepdims=True))
    return np.clip(parts / parts.sum(-1, keepdims=True), limits.tiny, 1 - limits.eps / 2).astype(concentration.dtype)
