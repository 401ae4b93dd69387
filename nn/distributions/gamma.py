"""Gamma."""

# mypy: no-warn-return-any

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from autograd import Tensor, digamma, finfo, lgamma
from autograd.tensor.core import wrap

from ..draw import source
from . import constraints
from .constraints import Constraint
from .distribution import Distribution
from .utils import broadcast_all


class Gamma(Distribution):
    """p(x) = rate^c x^(c - 1) exp(-rate x) / Gamma(c) with c = `concentration`; mean c / rate.

    There is no `rsample`: the derivative of a draw by its concentration is not implemented.
    """

    concentration: Tensor  # batch_shape
    rate: Tensor  # batch_shape

    arg_constraints: Mapping[str, Constraint] = {"concentration": constraints.positive, "rate": constraints.positive}
    support = constraints.nonnegative

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

    def sample(self, sample_shape: Sequence[int] = ()) -> Tensor:
        c, rate = self.concentration._array, self.rate._array
        draws = source().standard_gamma(c, self._extended_shape(sample_shape)) / rate
        return wrap(np.maximum(draws, finfo(rate.dtype).tiny).astype(rate.dtype))

    def log_prob(self, value: Any) -> Tensor:
        x, c = self._checked(value), self.concentration
        return c * self.rate.log() + (c - 1).xlogy(x) - self.rate * x - lgamma(c)

    def entropy(self) -> Tensor:
        c = self.concentration
        return c - self.rate.log() + lgamma(c) + (1 - c) * digamma(c)
