"""Weibull."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from autograd import Tensor, lgamma, ones_like, where

from . import constraints
from .constraints import Constraint
from .exponential import Exponential
from .transformed_distribution import TransformedDistribution
from .transforms import AffineTransform, PowerTransform
from .utils import EULER_GAMMA, as_tensor, broadcast_all


class Weibull(TransformedDistribution):
    """Lifetimes: cdf(x) = 1 - exp(-(x / scale)^concentration). With concentration 1 it is `Exponential`."""

    scale: Tensor  # batch_shape
    concentration: Tensor  # batch_shape

    arg_constraints: Mapping[str, Constraint] = {"scale": constraints.positive, "concentration": constraints.positive}
    support = constraints.positive

    def __init__(self, scale: Any, concentration: Any, validate_args: bool | None = None) -> None:
        self.scale, self.concentration = broadcast_all(scale, concentration)
        base = Exponential(ones_like(self.scale), validate_args=False)
        super().__init__(base, self._maps(), validate_args)

    def _maps(self) -> list[Any]:
        return [PowerTransform(self.concentration.reciprocal()), AffineTransform(0, self.scale)]

    def expand(self, batch_shape: Any) -> Weibull:
        new = super().expand(batch_shape)
        new.transforms = new._maps()
        return new

    @property
    def concentration_reciprocal(self) -> Tensor:
        """1 / concentration."""
        return self.concentration.reciprocal()

    def _moment(self, n: int) -> Any:
        return self.scale.pow(n) * lgamma(1 + n / self.concentration).exp()

    @property
    def mean(self) -> Tensor:
        return self._moment(1)

    @property
    def mode(self) -> Tensor:
        """0 up to concentration 1."""
        c = where(self.concentration > 1, self.concentration, 1.0)
        return where(c > 1, self.scale * (1 - 1 / where(c > 1, c, 2.0)).pow(1 / c), 0.0)

    @property
    def variance(self) -> Tensor:
        return self._moment(2) - self._moment(1).square()

    def log_prob(self, value: Any) -> Tensor:
        z, c = self._checked(value) / self.scale, self.concentration
        return (c / self.scale).log() + (c - 1).xlogy(z) - z.pow(c)

    def cdf(self, value: Any) -> Tensor:
        return -(-(self._checked(value) / self.scale).pow(self.concentration)).expm1()

    def icdf(self, value: Any) -> Tensor:
        return self.scale * (-(-as_tensor(value)).log1p()).pow(self.concentration.reciprocal())

    def entropy(self) -> Tensor:
        c = self.concentration
        return (1 - 1 / c) * EULER_GAMMA + (self.scale / c).log() + 1
