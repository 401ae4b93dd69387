"""Kumaraswamy."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from autograd import Tensor, digamma, ones_like, where, zeros_like

from . import constraints
from .beta import log_beta
from .constraints import Constraint
from .transformed_distribution import TransformedDistribution
from .transforms import AffineTransform, PowerTransform
from .uniform import Uniform
from .utils import EULER_GAMMA, as_tensor, broadcast_all


class Kumaraswamy(TransformedDistribution):
    """Numbers between 0 and 1 with cdf(x) = 1 - (1 - x^a)^b: much like `Beta`, but in closed form.

    concentration1, concentration0   a and b, above 0
    """

    concentration1: Tensor  # batch_shape
    concentration0: Tensor  # batch_shape

    arg_constraints: Mapping[str, Constraint] = {
        "concentration1": constraints.positive,
        "concentration0": constraints.positive,
    }
    support = constraints.unit_interval

    def __init__(self, concentration1: Any, concentration0: Any, validate_args: bool | None = None) -> None:
        self.concentration1, self.concentration0 = broadcast_all(concentration1, concentration0)
        base = Uniform(zeros_like(self.concentration0), ones_like(self.concentration0), validate_args=False)
        super().__init__(base, self._maps(), validate_args)

    def _maps(self) -> list[Any]:
        return [
            PowerTransform(self.concentration0.reciprocal()),
            AffineTransform(1.0, -1.0),
            PowerTransform(self.concentration1.reciprocal()),
        ]

    def expand(self, batch_shape: Any) -> Kumaraswamy:
        new = super().expand(batch_shape)
        new.transforms = new._maps()
        return new

    def _moment(self, n: int) -> Any:
        a, b = self.concentration1, self.concentration0
        return b * log_beta(1 + n / a, b).exp()

    @property
    def mean(self) -> Tensor:
        return self._moment(1)

    @property
    def mode(self) -> Tensor:
        """((a - 1) / (a b - 1))^(1 / a); NaN where a or b is below 1."""
        a, b = self.concentration1, self.concentration0
        inside = (a >= 1) & (b >= 1)
        usual = inside & (a > 1)  # at a = 1 the density falls from 0 on
        a, b = where(usual, a, 2.0), where(usual, b, 2.0)
        return where(usual, ((a - 1) / (a * b - 1)).pow(1 / a), where(inside, 0.0, math.nan))

    @property
    def variance(self) -> Tensor:
        return self._moment(2) - self._moment(1).square()

    def rsample(self, sample_shape: Any = ()) -> Tensor:
        return self.icdf(self.base_dist.sample(sample_shape))

    sample = TransformedDistribution.sample

    def log_prob(self, value: Any) -> Tensor:
        x, a, b = self._checked(value), self.concentration1, self.concentration0
        return a.log() + b.log() + (a - 1).xlogy(x) + (b - 1).xlogy(1 - x.pow(a))

    def cdf(self, value: Any) -> Tensor:
        a, b = self.concentration1, self.concentration0
        return -(b * (-self._checked(value).pow(a)).log1p()).expm1()

    def icdf(self, value: Any) -> Tensor:
        a, b = self.concentration1, self.concentration0
        return (-((-as_tensor(value)).log1p() / b).expm1()).pow(1 / a)

    def entropy(self) -> Tensor:
        a, b = self.concentration1, self.concentration0
        harmonic = digamma(b + 1) + EULER_GAMMA
        return (1 - 1 / b) + (1 - 1 / a) * harmonic - a.log() - b.log()
