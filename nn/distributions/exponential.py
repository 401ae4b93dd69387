"""Exponential."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from autograd import Tensor, zeros_like
from autograd.extend import wrap

from ..draw import source
from . import constraints
from .constraints import Constraint
from .exp_family import ExponentialFamily
from .utils import as_tensor, broadcast_all


class Exponential(ExponentialFamily):
    """Waiting times for what happens `rate` times per unit: p(x) = rate exp(-rate x) for x >= 0, with mean 1 / rate."""

    rate: Tensor  # batch_shape

    arg_constraints: Mapping[str, Constraint] = {"rate": constraints.positive}
    support = constraints.nonnegative
    has_rsample = True
    _mean_carrier_measure = 0

    def __init__(self, rate: Any, validate_args: bool | None = None) -> None:
        (self.rate,) = broadcast_all(rate)
        super().__init__(self.rate.shape, validate_args=validate_args)

    @property
    def mean(self) -> Tensor:
        return self.rate.reciprocal()

    @property
    def mode(self) -> Tensor:
        return zeros_like(self.rate)

    @property
    def stddev(self) -> Tensor:
        return self.rate.reciprocal()

    @property
    def variance(self) -> Tensor:
        return self.rate.pow(-2)

    def rsample(self, sample_shape: Sequence[int] = ()) -> Tensor:
        draws = np.asarray(source().standard_exponential(self._extended_shape(sample_shape)))
        return wrap(draws.astype(self.rate.dtype, copy=False)) / self.rate

    def log_prob(self, value: Any) -> Tensor:
        return self.rate.log() - self.rate * self._checked(value)

    def cdf(self, value: Any) -> Tensor:
        return -(-(self.rate * self._checked(value))).expm1()

    def icdf(self, value: Any) -> Tensor:
        return -(-as_tensor(value)).log1p() / self.rate

    def entropy(self) -> Tensor:
        return 1 - self.rate.log()

    @property
    def _natural_params(self) -> tuple[Any, ...]:
        return (-self.rate,)

    def _log_normalizer(self, *natural_params: Any) -> Any:
        return -(-natural_params[0]).log()
