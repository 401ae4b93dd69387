"""Pareto."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from autograd import Tensor, where

from . import constraints
from .constraints import Constraint
from .exponential import Exponential
from .transformed_distribution import TransformedDistribution
from .transforms import AffineTransform, ExpTransform
from .utils import as_tensor, broadcast_all


class Pareto(TransformedDistribution):
    """p(x) = alpha scale^alpha / x^(alpha + 1) from `scale` on: few have much. The mean is finite for alpha > 1."""

    scale: Tensor  # batch_shape
    alpha: Tensor  # batch_shape

    arg_constraints: Mapping[str, Constraint] = {"alpha": constraints.positive, "scale": constraints.positive}

    def __init__(self, scale: Any, alpha: Any, validate_args: bool | None = None) -> None:
        self.scale, self.alpha = broadcast_all(scale, alpha)
        base = Exponential(self.alpha, validate_args=False)
        super().__init__(base, [ExpTransform(), AffineTransform(0, self.scale)], validate_args)

    def expand(self, batch_shape: Any) -> Pareto:
        new = super().expand(batch_shape)
        new.transforms = [ExpTransform(), AffineTransform(0, new.scale)]
        return new

    @constraints.dependent_property(is_discrete=False, event_dim=0)
    def support(self) -> Constraint:
        return constraints.greater_than_eq(self.scale.detach())

    @property
    def mean(self) -> Tensor:
        finite = self.alpha > 1
        alpha = where(finite, self.alpha, 2.0)
        return where(finite, alpha * self.scale / (alpha - 1), math.inf)

    @property
    def mode(self) -> Tensor:
        return self.scale

    @property
    def variance(self) -> Tensor:
        finite = self.alpha > 2
        alpha = where(finite, self.alpha, 3.0)
        return where(finite, self.scale.square() * alpha / ((alpha - 1).square() * (alpha - 2)), math.inf)

    def log_prob(self, value: Any) -> Tensor:
        logarithm = self._checked(value).log()
        return self.alpha.log() - logarithm - self.alpha * (logarithm - self.scale.log())

    def cdf(self, value: Any) -> Tensor:
        return -(self.alpha * (self.scale / self._checked(value)).log()).expm1()

    def icdf(self, value: Any) -> Tensor:
        return self.scale * (-(-as_tensor(value)).log1p() / self.alpha).exp()

    def entropy(self) -> Tensor:
        return (self.scale / self.alpha).log() + 1 + self.alpha.reciprocal()
