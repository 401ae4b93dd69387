"""NegativeBinomial."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from autograd import Tensor, lgamma, no_grad, where
from autograd.extend import array_of, wrap

from ..draw import source
from ..functional import logsigmoid
from . import constraints
from .bernoulli import Binary
from .constraints import Constraint
from .utils import broadcast_all, one_of


class NegativeBinomial(Binary):
    """How many trials succeed, each with probability `probs`, before `total_count` have failed.

    P(k) = Gamma(n + k) / (k! Gamma(n)) (1 - p)^n p^k.  total_count: n, from 0 on, need not be whole; broadcast with
    probs (below 1) or logits.
    """

    total_count: Tensor  # batch_shape

    arg_constraints: Mapping[str, Constraint] = {
        "total_count": constraints.greater_than_eq(0),
        "probs": constraints.half_open_interval(0.0, 1.0),
        "logits": constraints.real,
    }
    support = constraints.nonnegative_integer

    def __init__(
        self, total_count: Any, probs: Any = None, logits: Any = None, validate_args: bool | None = None
    ) -> None:
        name, value = one_of(probs, logits)
        given, count = broadcast_all(value, total_count)
        self.total_count = count.to(given.dtype)
        super().__init__(**{name: given}, validate_args=validate_args)

    @property
    def mean(self) -> Tensor:
        return self.total_count * self.logits.exp()

    @property
    def mode(self) -> Tensor:
        return ((self.total_count - 1) * self.logits.exp()).floor().clamp_min(0)

    @property
    def variance(self) -> Tensor:
        return self.mean / (-self.logits).sigmoid()

    def sample(self, sample_shape: Sequence[int] = ()) -> Tensor:
        shape = self._extended_shape(sample_shape)
        with no_grad():
            odds = array_of(self.logits.exp())
        rates = source().standard_gamma(array_of(self.total_count), shape) * odds
        return wrap(np.asarray(source().poisson(rates)).astype(odds.dtype))

    def log_prob(self, value: Any) -> Tensor:
        k, n = self._checked(value), self.total_count
        known = n * logsigmoid(-self.logits) + k * logsigmoid(self.logits)
        never = n == 0  # then nothing is counted: P(0) = 1
        some = where(never, 1.0, n)
        ways = lgamma(some + k) - lgamma(k + 1) - lgamma(some)
        return known + where(never, where(k == 0, 0.0, -np.inf), ways)
