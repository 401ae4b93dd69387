"""Bernoulli, and what other distributions of one probability share with it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import nan
from typing import Any

from autograd import Size, Tensor, arange, bernoulli, no_grad, where

from ..functional import logsigmoid
from . import constraints
from .constraints import Constraint
from .distribution import Distribution
from .exp_family import ExponentialFamily
from .utils import broadcast_all, lazy_property, logits_to_probs, one_of, probs_to_logits


class Binary(Distribution):
    """One probability per distribution, given as `probs` or as `logits`, log(p / (1 - p)).

    The one that was not given is computed when it is needed: logits of probabilities 0 and 1 stay finite.
    """

    arg_constraints: Mapping[str, Constraint] = {"probs": constraints.unit_interval, "logits": constraints.real}

    def __init__(self, probs: Any = None, logits: Any = None, validate_args: bool | None = None) -> None:
        name, value = one_of(probs, logits)
        (self.__dict__[name],) = broadcast_all(value)
        super().__init__(self.__dict__[name].shape, validate_args=validate_args)

    @lazy_property
    def probs(self) -> Any:
        """The probability of 1, of shape batch_shape."""
        return logits_to_probs(self.logits, is_binary=True)

    @lazy_property
    def logits(self) -> Any:
        """log(p / (1 - p)), of shape batch_shape."""
        return probs_to_logits(self.probs, is_binary=True)

    @property
    def param_shape(self) -> Size:
        """The shape of the parameter."""
        return self._batch_shape

    def _uncertainty(self) -> Any:
        """-p log p - (1 - p) log(1 - p): the entropy of one trial."""
        return -(self.probs * self.logits + logsigmoid(-self.logits))


class Bernoulli(Binary, ExponentialFamily):
    """1 with probability `probs` (or sigmoid(logits)), else 0, in the dtype of the parameter.

    >>> import autograd
    >>> Bernoulli(0.25).log_prob(autograd.tensor([0.0, 1.0])).exp()
    tensor([0.7500, 0.2500])
    """

    support = constraints.boolean
    has_enumerate_support = True
    _mean_carrier_measure = 0

    @property
    def mean(self) -> Tensor:
        return self.probs

    @property
    def mode(self) -> Tensor:
        p = self.probs.detach()
        return where(p == 0.5, nan, (p >= 0.5).to(p.dtype))

    @property
    def variance(self) -> Tensor:
        return self.probs * (1 - self.probs)

    def sample(self, sample_shape: Sequence[int] = ()) -> Tensor:
        with no_grad():
            return bernoulli(self.probs.expand(self._extended_shape(sample_shape)))

    def log_prob(self, value: Any) -> Tensor:
        return self._checked(value) * self.logits + logsigmoid(-self.logits)

    def entropy(self) -> Tensor:
        return self._uncertainty()

    def enumerate_support(self, expand: bool = True) -> Tensor:
        return self._enumerated(arange(2, dtype=self.probs.dtype), expand)

    @property
    def _natural_params(self) -> tuple[Any, ...]:
        return (self.logits,)

    def _log_normalizer(self, *natural_params: Any) -> Any:
        return -logsigmoid(-natural_params[0])
