"""InverseGamma."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from autograd import Tensor, digamma, lgamma, where

from . import constraints
from .constraints import Constraint
from .gamma import Gamma
from .transformed_distribution import TransformedDistribution
from .transforms import PowerTransform
from .utils import broadcast_all


class InverseGamma(TransformedDistribution):
    """1 / x of draws from Gamma(concentration, rate): the prior of a variance. Mean rate / (concentration - 1)."""

    arg_constraints: Mapping[str, Constraint] = {"concentration": constraints.positive, "rate": constraints.positive}
    support = constraints.positive

    def __init__(self, concentration: Any, rate: Any, validate_args: bool | None = None) -> None:
        concentration, rate = broadcast_all(concentration, rate)
        base = Gamma(concentration, rate, validate_args=False)
        super().__init__(base, PowerTransform(-rate.new_ones(())), validate_args)

    @property
    def concentration(self) -> Tensor:
        """As in Gamma."""
        return self.base_dist.concentration

    @property
    def rate(self) -> Tensor:
        """As in Gamma."""
        return self.base_dist.rate

    @property
    def mean(self) -> Tensor:
        c = self.concentration
        return where(c > 1, self.rate / (where(c > 1, c, 2.0) - 1), math.inf)

    @property
    def mode(self) -> Tensor:
        return self.rate / (self.concentration + 1)

    @property
    def variance(self) -> Tensor:
        finite = self.concentration > 2
        c = where(finite, self.concentration, 3.0)
        return where(finite, self.rate.square() / ((c - 1).square() * (c - 2)), math.inf)

    def log_prob(self, value: Any) -> Tensor:
        x, c = self._checked(value), self.concentration
        return c * self.rate.log() - (c + 1) * x.log() - self.rate / x - lgamma(c)

    def entropy(self) -> Tensor:
        c = self.concentration
        return c + self.rate.log() + lgamma(c) - (c + 1) * digamma(c)
