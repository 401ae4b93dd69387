"""HalfCauchy."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from autograd import Tensor, full_like, where, zeros_like

from . import constraints
from .cauchy import Cauchy
from .constraints import Constraint
from .transformed_distribution import TransformedDistribution
from .transforms import AbsTransform
from .utils import as_tensor


class HalfCauchy(TransformedDistribution):
    """|x| of Cauchy numbers around 0: p(x) = 2 / (pi scale (1 + (x / scale)^2)) for x >= 0. `scale` is the median."""

    arg_constraints: Mapping[str, Constraint] = {"scale": constraints.positive}
    support = constraints.nonnegative

    def __init__(self, scale: Any, validate_args: bool | None = None) -> None:
        super().__init__(Cauchy(0, scale, validate_args=False), AbsTransform(), validate_args)

    @property
    def scale(self) -> Tensor:
        """The median."""
        return self.base_dist.scale

    @property
    def mean(self) -> Tensor:
        return full_like(self.scale, math.inf)

    @property
    def mode(self) -> Tensor:
        return zeros_like(self.scale)

    @property
    def variance(self) -> Tensor:
        return self.base_dist.variance

    def log_prob(self, value: Any) -> Tensor:
        x = self._checked(value)
        return where(x >= 0, self.base_dist.log_prob(x) + math.log(2), -math.inf)

    def cdf(self, value: Any) -> Tensor:
        return (self._checked(value) / self.scale).atan() * (2 / math.pi)

    def icdf(self, value: Any) -> Tensor:
        return self.scale * (as_tensor(value) * (math.pi / 2)).tan()

    def entropy(self) -> Tensor:
        return self.base_dist.entropy() - math.log(2)
