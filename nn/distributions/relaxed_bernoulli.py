"""RelaxedBernoulli."""

# mypy: no-warn-return-any

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from autograd import Tensor, finfo, rand
from autograd.tensor.activation import logsigmoid

from . import constraints
from .bernoulli import Binary
from .utils import as_tensor, probs_to_logits


class RelaxedBernoulli(Binary):
    """Numbers between 0 and 1 that tend to a `Bernoulli` draw as `temperature` goes to 0, with a gradient.

    sigmoid((logits + logistic noise) / temperature): Maddison, Mnih & Teh 2017; Jang, Gu & Poole 2017.

    temperature   above 0: a number or a Tensor that broadcasts with probs or logits
    """

    support = constraints.unit_interval
    has_rsample = True

    def __init__(
        self, temperature: Any, probs: Any = None, logits: Any = None, validate_args: bool | None = None
    ) -> None:
        self.temperature = as_tensor(temperature)
        super().__init__(probs, logits, validate_args)

    def rsample(self, sample_shape: Sequence[int] = ()) -> Tensor:
        u = rand(self._extended_shape(sample_shape), dtype=self.probs.dtype)
        scores = probs_to_logits(u, is_binary=True) + probs_to_logits(self.probs, is_binary=True)
        return (scores / self.temperature).sigmoid()

    def log_prob(self, value: Any) -> Tensor:
        x = self._checked(value)
        limits = finfo(x.dtype)
        y = x.clamp(float(limits.tiny), 1 - float(limits.eps))
        d = self.logits - (y.log() - (-y).log1p()) * self.temperature
        # the density of the logit of y, and the slope of the sigmoid
        return self.temperature.log() + d + logsigmoid(-d) * 2 - y.log() - (-y).log1p()
