"""HalfNormal."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from autograd import Tensor, where, zeros_like

from . import constraints
from .constraints import Constraint
from .normal import Normal
from .transformed_distribution import TransformedDistribution
from .transforms import AbsTransform
from .utils import as_tensor


class HalfNormal(TransformedDistribution):
    """|x| of normal numbers with mean 0 and standard deviation `scale`."""

    arg_constraints: Mapping[str, Constraint] = {"scale": constraints.positive}
    support = constraints.nonnegative

    def __init__(self, scale: Any, validate_args: bool | None = None) -> None:
        super().__init__(Normal(0, scale, validate_args=False), AbsTransform(), validate_args)

    @property
    def scale(self) -> Tensor:
        """The standard deviation before the sign is dropped."""
        return self.base_dist.scale

    @property
    def mean(self) -> Tensor:
        return self.scale * math.sqrt(2 / math.pi)

    @property
    def mode(self) -> Tensor:
        return zeros_like(self.scale)

    @property
    def variance(self) -> Tensor:
        return self.scale.square() * (1 - 2 / math.pi)

    def log_prob(self, value: Any) -> Tensor:
        x = self._checked(value)
        return where(x >= 0, self.base_dist.log_prob(x) + math.log(2), -math.inf)

    def cdf(self, value: Any) -> Tensor:
        return (self._checked(value) / (self.scale * math.sqrt(2))).erf()

    def icdf(self, value: Any) -> Tensor:
        return self.scale * (as_tensor(value).erfinv() * math.sqrt(2))

    def entropy(self) -> Tensor:
        return self.base_dist.entropy() - math.log(2)
