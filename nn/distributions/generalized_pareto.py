"""GeneralizedPareto."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from autograd import Tensor, rand, where

from . import constraints
from .constraints import Constraint
from .distribution import Distribution
from .utils import as_tensor, broadcast_all

FEW = 0.05
"""Below, series in the concentration are summed."""


class GeneralizedPareto(Distribution):
    """What exceeds a high threshold `loc`: with z = (x - loc) / scale and k = `concentration`,

    P(more than x) = (1 + k z)^(-1 / k), and exp(-z) for k = 0.  k > 0: heavy tails; k < 0: at most loc - scale / k.
    """

    loc: Tensor  # batch_shape
    scale: Tensor  # batch_shape
    concentration: Tensor  # batch_shape

    arg_constraints: Mapping[str, Constraint] = {
        "loc": constraints.real,
        "scale": constraints.positive,
        "concentration": constraints.real,
    }
    has_rsample = True

    def __init__(self, loc: Any, scale: Any, concentration: Any, validate_args: bool | None = None) -> None:
        self.loc, self.scale, self.concentration = broadcast_all(loc, scale, concentration)
        super().__init__(self.loc.shape, validate_args=validate_args)

    @constraints.dependent_property(is_discrete=False, event_dim=0)
    def support(self) -> Constraint:
        k = self.concentration.detach()
        end = where(k < 0, self.loc.detach() - self.scale.detach() / where(k < 0, k, -1.0), math.inf)
        return constraints.interval(self.loc.detach(), end)

    @property
    def mean(self) -> Tensor:
        k = where(self.concentration < 1, self.concentration, 0.0)
        return where(self.concentration < 1, self.loc + self.scale / (1 - k), math.inf)

    @property
    def mode(self) -> Tensor:
        return self.loc

    @property
    def variance(self) -> Tensor:
        finite = self.concentration < 0.5
        k = where(finite, self.concentration, 0.0)
        return where(finite, self.scale.square() / ((1 - k).square() * (1 - k * 2)), math.inf)

    def _depth(self, value: Any) -> tuple[Any, Any]:
        """z, and log(1 + k z) / k: minus the logarithm of the probability of more."""
        z = (self._checked(value) - self.loc) / self.scale
        small, near, far, k = self._cases(z)
        series: Any = 0.0
        for n in range(12, 0, -1):
            series = 1 / n - near * series
        return z, where(small, z * series, where(far > -1, far, -1.0).log1p() / k)

    def _cases(self, z: Any) -> tuple[Any, Any, Any, Any]:
        """Where t = k z is small; t with 0 in the other places; t and k with 1 in these."""
        k = self.concentration
        t = k * where((k == 0) & z.isinf(), 0.0, z)
        small = t.abs() < FEW
        return small, where(small, t, 0.0), where(small, 1.0, t), where(small, 1.0, k)

    def log_prob(self, value: Any) -> Tensor:
        z, depth = self._depth(value)
        t = self.concentration * z
        inside = (z >= 0) & (t > -1)
        return where(inside, -depth - where(inside, t, 0.0).log1p() - self.scale.log(), -math.inf)

    def log_survival_function(self, value: Any) -> Tensor:
        """The logarithm of the probability of more than `value`."""
        return -self._depth(value)[1]

    def log_cdf(self, value: Any) -> Tensor:
        """The logarithm of the probability of at most `value`."""
        return (-(-self._depth(value)[1]).expm1()).log()

    def cdf(self, value: Any) -> Tensor:
        return -(-self._depth(value)[1]).expm1()

    def icdf(self, value: Any) -> Tensor:
        depth = -(-as_tensor(value)).log1p()
        small, near, far, k = self._cases(depth)
        series: Any = 0.0
        for n in range(10, 0, -1):
            series = (1 + near * series) / n
        return self.loc + self.scale * where(small, depth * series, far.expm1() / k)

    def rsample(self, sample_shape: Sequence[int] = ()) -> Tensor:
        return self.icdf(rand(self._extended_shape(sample_shape), dtype=self.loc.dtype))

    def entropy(self) -> Tensor:
        return self.scale.log() + self.concentration + 1
