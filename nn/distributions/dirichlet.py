"""Dirichlet."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from autograd import Tensor, digamma, lgamma, where
from autograd.errors import ShapeError

from . import constraints, implicit
from .constraints import Constraint
from .exp_family import ExponentialFamily
from .utils import as_tensor


class Dirichlet(ExponentialFamily):
    """Vectors (..., K) of numbers from 0 on with sum 1: p(x) is in proportion to the product of x_i^(c_i - 1).

    concentration   c (..., K), above 0; the mean is c / sum(c)
    `rsample` moves a draw with its concentration so that each element keeps its quantile: see `implicit.dirichlet`.
    """

    concentration: Tensor  # batch_shape + (K,)

    arg_constraints: Mapping[str, Constraint] = {"concentration": constraints.independent(constraints.positive, 1)}
    support = constraints.simplex
    has_rsample = True

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

    def rsample(self, sample_shape: Sequence[int] = ()) -> Tensor:
        return implicit.dirichlet(self.concentration, self._extended_shape(sample_shape))

    def log_prob(self, value: Any) -> Tensor:
        c = self.concentration
        return (c - 1).xlogy(self._checked(value)).sum(-1) + lgamma(c.sum(-1)) - lgamma(c).sum(-1)

    def entropy(self) -> Tensor:
        c, k = self.concentration, self._event_shape[0]
        total = c.sum(-1)
        return lgamma(c).sum(-1) - lgamma(total) + (total - k) * digamma(total) - ((c - 1) * digamma(c)).sum(-1)

    @property
    def _natural_params(self) -> tuple[Any, ...]:
        return (self.concentration,)

    def _log_normalizer(self, *natural_params: Any) -> Any:
        (c,) = natural_params
        return lgamma(c).sum(-1) - lgamma(c.sum(-1))
