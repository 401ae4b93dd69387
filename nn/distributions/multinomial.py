"""Multinomial."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from autograd import Tensor, lgamma, no_grad, where
from autograd.extend import array_of, wrap

from ..draw import source
from . import constraints
from .constraints import Constraint
from .distribution import Distribution
from .one_hot_categorical import ClassVector


class Multinomial(ClassVector):
    """How often each of K classes occurs in `total_count` draws: vectors (..., K), in the dtype of the parameter.

    total_count   one int for the whole batch
    probs         (..., K): weights from 0 on, which are divided by their sum; or
    logits        (..., K): their logarithms, up to a constant
    """

    total_count: int

    def __init__(
        self, total_count: int = 1, probs: Any = None, logits: Any = None, validate_args: bool | None = None
    ) -> None:
        if not isinstance(total_count, (int, np.integer)):
            raise NotImplementedError(
                f"inhomogeneous total_count is not supported: wanted an int, got {type(total_count).__name__}"
            )
        self.total_count = int(total_count)
        super().__init__(probs, logits, validate_args)

    def _given(self) -> list[str]:
        return [name for name in self.arg_constraints if name in self._categorical.__dict__]

    __repr__ = Distribution.__repr__

    @constraints.dependent_property(is_discrete=True, event_dim=1)
    def support(self) -> Constraint:
        return constraints.multinomial(self.total_count)

    @property
    def mean(self) -> Tensor:
        return self.probs * self.total_count

    @property
    def variance(self) -> Tensor:
        return self.probs * (1 - self.probs) * self.total_count

    def sample(self, sample_shape: Sequence[int] = ()) -> Tensor:
        with no_grad():
            p = array_of(self.probs)
        double = p.astype(np.float64)
        weights = double / double.sum(-1, keepdims=True)
        draws = source().multinomial(self.total_count, weights, (*sample_shape, *self._batch_shape))
        return wrap(np.asarray(draws).astype(p.dtype))

    def log_prob(self, value: Any) -> Tensor:
        k = self._checked(value)
        logits = where((k == 0) & (self.logits == -math.inf), 0.0, self.logits)  # 0 * log(0) is 0
        return lgamma(k.sum(-1) + 1) - lgamma(k + 1).sum(-1) + (k * logits).sum(-1)

    def entropy(self) -> Tensor:
        """n H(class) - log n! + the mean of the sum of log k_i!, where each k_i is binomial."""
        n, p = self.total_count, self.probs
        counts = np.arange(n + 1.0).reshape(-1, *(1 for _ in p.shape))
        ways = np.vectorize(lambda k: math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1))(counts)
        logs = np.vectorize(lambda k: math.lgamma(k + 1))(counts)
        k, ways, logs = (wrap(np.asarray(x, p.dtype)) for x in (counts, ways, logs))
        chance = (ways + k.xlogy(p) + (n - k).xlogy(1 - p)).exp()
        return self._categorical.entropy() * n - math.lgamma(n + 1) + (chance * logs).sum(0).sum(-1)
