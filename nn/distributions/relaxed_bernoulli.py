"""RelaxedBernoulli, and its logit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from autograd import Size, Tensor, finfo, rand

from ..functional import logsigmoid
from . import constraints
from .bernoulli import Binary
from .constraints import Constraint
from .transformed_distribution import TransformedDistribution
from .transforms import SigmoidTransform
from .utils import as_tensor, probs_to_logits


class LogitRelaxedBernoulli(Binary):
    """(logits + logistic noise) / temperature: what `RelaxedBernoulli` takes the sigmoid of. Arguments as there."""

    support = constraints.real
    has_rsample = True

    def __init__(
        self, temperature: Any, probs: Any = None, logits: Any = None, validate_args: bool | None = None
    ) -> None:
        self.temperature = as_tensor(temperature)
        super().__init__(probs, logits, validate_args)

    def rsample(self, sample_shape: Sequence[int] = ()) -> Tensor:
        u = rand(self._extended_shape(sample_shape), dtype=self.probs.dtype)
        scores = probs_to_logits(u, is_binary=True) + probs_to_logits(self.probs, is_binary=True)
        return scores / self.temperature

    def log_prob(self, value: Any) -> Tensor:
        d = self.logits - self._checked(value) * self.temperature
        return self.temperature.log() + d + logsigmoid(-d) * 2


class Relaxed(TransformedDistribution):
    """What has its parameters from the distribution that it is a transform of."""

    @property
    def temperature(self) -> Tensor:
        """How far from the draws of a distribution without one."""
        return self.base_dist.temperature

    @property
    def probs(self) -> Tensor:
        """Probabilities, of shape batch_shape, or of classes (..., K)."""
        return self.base_dist.probs

    @property
    def logits(self) -> Tensor:
        """Their logits, log(p / (1 - p)); of classes log(p)."""
        return self.base_dist.logits


class RelaxedBernoulli(Relaxed):
    """Numbers between 0 and 1 that tend to a `Bernoulli` draw as `temperature` goes to 0, with a gradient.

    sigmoid((logits + logistic noise) / temperature): Maddison, Mnih & Teh 2017; Jang, Gu & Poole 2017.

    temperature   above 0: a number or a Tensor that broadcasts with probs or logits
    """

    arg_constraints: Mapping[str, Constraint] = {"probs": constraints.unit_interval, "logits": constraints.real}
    support = constraints.unit_interval

    def __init__(
        self, temperature: Any, probs: Any = None, logits: Any = None, validate_args: bool | None = None
    ) -> None:
        super().__init__(LogitRelaxedBernoulli(temperature, probs, logits), SigmoidTransform(), validate_args)

    def _given(self) -> list[str]:
        return self.base_dist._given()

    @property
    def param_shape(self) -> Size:
        """The shape of the parameter."""
        return self._batch_shape

    def log_prob(self, value: Any) -> Tensor:
        x = self._checked(value)
        limits = finfo(x.dtype)
        y = x.clamp(float(limits.tiny), 1 - float(limits.eps))
        d = self.logits - (y.log() - (-y).log1p()) * self.temperature
        # the density of the logit of y, and the slope of the sigmoid
        return self.temperature.log() + d + logsigmoid(-d) * 2 - y.log() - (-y).log1p()
