"""Binomial."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from autograd import Tensor, arange, lgamma, no_grad
from autograd.extend import array_of, wrap

from ..draw import source
from ..functional import logsigmoid
from . import constraints
from .bernoulli import Binary
from .constraints import Constraint
from .utils import broadcast_all, one_of


class Binomial(Binary):
    """How many of `total_count` trials succeed, each with probability `probs` (or sigmoid(logits)).

    P(k) = n! / (k! (n - k)!) p^k (1 - p)^(n - k).  total_count: integers from 0 on, broadcast with probs or logits.
    """

    total_count: Tensor  # batch_shape, of the dtype of probs or logits

    arg_constraints: Mapping[str, Constraint] = {
        "total_count": constraints.nonnegative_integer,
        "probs": constraints.unit_interval,
        "logits": constraints.real,
    }
    has_enumerate_support = True

    def __init__(
        self, total_count: Any = 1, probs: Any = None, logits: Any = None, validate_args: bool | None = None
    ) -> None:
        name, value = one_of(probs, logits)
        given, count = broadcast_all(value, total_count)
        self.total_count = count.to(given.dtype)
        super().__init__(**{name: given}, validate_args=validate_args)

    @property
    def support(self) -> Constraint:
        return constraints.integer_interval(0, self.total_count.detach())

    @property
    def mean(self) -> Tensor:
        return self.total_count * self.probs

    @property
    def mode(self) -> Tensor:
        return ((self.total_count + 1) * self.probs).floor().clamp_max(self.total_count)

    @property
    def variance(self) -> Tensor:
        return self.total_count * self.probs * (1 - self.probs)

    def sample(self, sample_shape: Sequence[int] = ()) -> Tensor:
        with no_grad():
            p = array_of(self.probs)
        draws = source().binomial(array_of(self.total_count).astype(np.int64), p, self._extended_shape(sample_shape))
        return wrap(np.asarray(draws).astype(p.dtype))

    def log_prob(self, value: Any) -> Tensor:
        k, n = self._checked(value), self.total_count
        ways = lgamma(n + 1) - lgamma(k + 1) - lgamma(n - k + 1)
        return ways + k * self.logits + n * logsigmoid(-self.logits)

    def entropy(self) -> Tensor:
        log_p: Any = self.log_prob(self.enumerate_support(False))
        return -(log_p.exp() * log_p).sum(0)

    def enumerate_support(self, expand: bool = True) -> Tensor:
        counts = array_of(self.total_count)
        if counts.size == 0 or counts.min() != counts.max():
            raise NotImplementedError("Inhomogeneous total count not supported by `enumerate_support`.")
        return self._enumerated(arange(int(counts.max()) + 1, dtype=self.probs.dtype), expand)
