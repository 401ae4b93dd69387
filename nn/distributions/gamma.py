"""Gamma."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from autograd import Tensor, digamma, lgamma
from autograd.extend import array_of
from autograd.special import gammainc

from . import constraints, implicit
from .constraints import Constraint
from .exp_family import ExponentialFamily
from .utils import broadcast_all


class Gamma(ExponentialFamily):
    """p(x) = rate^c x^(c - 1) exp(-rate x) / Gamma(c) with c = `concentration`; mean c / rate.

    `rsample` moves a draw with its concentration so that it keeps its quantile: see `implicit.standard_gamma`.
    """

    concentration: Tensor  # batch_shape
    rate: Tensor  # batch_shape

    arg_constraints: Mapping[str, Constraint] = {"concentration": constraints.positive, "rate": constraints.positive}
    support = constraints.nonnegative
    has_rsample = True
    _mean_carrier_measure = 0

    def __init__(self, concentration: Any, rate: Any, validate_args: bool | None = None) -> None:
        self.concentration, self.rate = broadcast_all(concentration, rate)
        super().__init__(self.rate.shape, validate_args=validate_args)

    @property
    def mean(self) -> Tensor:
        return self.concentration / self.rate

    @property
    def mode(self) -> Tensor:
        return ((self.concentration - 1) / self.rate).clamp_min(0)

    @property
    def variance(self) -> Tensor:
        return self.concentration / self.rate.square()

    def rsample(self, sample_shape: Sequence[int] = ()) -> Tensor:
        shape = self._extended_shape(sample_shape)
        return implicit.standard_gamma(self.concentration, shape, array_of(self.rate)) / self.rate

    def log_prob(self, value: Any) -> Tensor:
        x, c = self._checked(value), self.concentration
        return c * self.rate.log() + (c - 1).xlogy(x) - self.rate * x - lgamma(c)

    def cdf(self, value: Any) -> Tensor:
        return gammainc(self.concentration, self.rate * self._checked(value))

    def entropy(self) -> Tensor:
        c = self.concentration
        return c - self.rate.log() + lgamma(c) + (1 - c) * digamma(c)

    @property
    def _natural_params(self) -> tuple[Any, ...]:
        return self.concentration - 1, -self.rate

    def _log_normalizer(self, *natural_params: Any) -> Any:
        x, y = natural_params
        return lgamma(x + 1) - (x + 1) * (-y).log()
