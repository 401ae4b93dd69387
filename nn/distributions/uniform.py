"""Uniform."""

from __future__ import annotations

from collections.abc import Sequence
from math import inf, nan, sqrt
from typing import Any

from autograd import Tensor, rand, where, zeros_like

from . import constraints
from .constraints import Constraint
from .distribution import Distribution
from .utils import as_tensor, broadcast_all


class Uniform(Distribution):
    """Uniform in [low, high), numbers or Tensors that are broadcast. At `high` itself the density is 0."""

    low: Tensor  # batch_shape
    high: Tensor  # batch_shape

    has_rsample = True

    def __init__(self, low: Any, high: Any, validate_args: bool | None = None) -> None:
        self.low, self.high = broadcast_all(low, high)
        super().__init__(self.low.shape, validate_args=validate_args)

    @property
    def arg_constraints(self) -> dict[str, Constraint]:
        return {"low": constraints.less_than(self.high.detach()), "high": constraints.greater_than(self.low.detach())}

    @property
    def support(self) -> Constraint:
        return constraints.interval(self.low.detach(), self.high.detach())

    @property
    def mean(self) -> Tensor:
        return (self.low + self.high) / 2

    @property
    def mode(self) -> Tensor:
        return self.high * nan

    @property
    def stddev(self) -> Tensor:
        return (self.high - self.low) / sqrt(12)

    @property
    def variance(self) -> Tensor:
        return (self.high - self.low).square() / 12

    def rsample(self, sample_shape: Sequence[int] = ()) -> Tensor:
        u = rand(self._extended_shape(sample_shape), dtype=self.low.dtype)
        return self.low + u * (self.high - self.low)

    def log_prob(self, value: Any) -> Tensor:
        x = self._checked(value)
        inside = (self.low <= x) & (x < self.high)
        return where(inside, 0.0, zeros_like(self.low) - inf) - (self.high - self.low).log()

    def cdf(self, value: Any) -> Tensor:
        return ((self._checked(value) - self.low) / (self.high - self.low)).clamp(0, 1)

    def icdf(self, value: Any) -> Tensor:
        return self.low + as_tensor(value) * (self.high - self.low)

    def entropy(self) -> Tensor:
        return (self.high - self.low).log()
