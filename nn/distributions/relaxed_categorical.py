"""RelaxedOneHotCategorical, and its logarithm."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from autograd import Size, Tensor, finfo
from autograd.extend import wrap

from ..draw import source
from . import constraints
from .constraints import Constraint
from .one_hot_categorical import ClassVector
from .relaxed_bernoulli import Relaxed
from .transforms import ExpTransform
from .utils import as_tensor


class ExpRelaxedCategorical(ClassVector):
    """log_softmax((logits + Gumbel noise) / temperature): the logarithm of `RelaxedOneHotCategorical`.

    Arguments as there. Its values stay finite where probabilities round to 0.
    """

    support = constraints.real_vector  # those whose exp sums to 1
    has_rsample = True

    def __init__(
        self, temperature: Any, probs: Any = None, logits: Any = None, validate_args: bool | None = None
    ) -> None:
        self.temperature = as_tensor(temperature)
        super().__init__(probs, logits, validate_args)

    def rsample(self, sample_shape: Sequence[int] = ()) -> Tensor:
        return self._scores(sample_shape).log_softmax(-1)

    def _scores(self, sample_shape: Sequence[int]) -> Any:
        logits: Any = self.logits
        noise = np.asarray(source().gumbel(size=self._extended_shape(sample_shape)))
        return (logits + wrap(noise.astype(logits.dtype, copy=False))) / self.temperature

    def log_prob(self, value: Any) -> Tensor:
        # Maddison, Mnih & Teh 2017, eq. 26
        k = self._event_shape[0]
        scores = (self.logits - self._checked(value) * self.temperature).log_softmax(-1)
        return scores.sum(-1) + self.temperature.log() * (k - 1) + math.lgamma(k)


class RelaxedOneHotCategorical(Relaxed):
    """Probability vectors that tend to a `OneHotCategorical` draw as `temperature` goes to 0, with a gradient.

    softmax((logits + Gumbel noise) / temperature): Maddison, Mnih & Teh 2017; Jang, Gu & Poole 2017.

    temperature   above 0: a number or a Tensor that broadcasts with the batch
    """

    arg_constraints: Mapping[str, Constraint] = {"probs": constraints.simplex, "logits": constraints.real_vector}
    support = constraints.simplex

    def __init__(
        self, temperature: Any, probs: Any = None, logits: Any = None, validate_args: bool | None = None
    ) -> None:
        super().__init__(
            ExpRelaxedCategorical(temperature, probs, logits, validate_args), ExpTransform(), validate_args
        )

    def _given(self) -> list[str]:
        return []  # checked by the base

    @property
    def param_shape(self) -> Size:
        """The shape of the parameter."""
        return self.base_dist.param_shape

    def rsample(self, sample_shape: Sequence[int] = ()) -> Tensor:
        return self.base_dist._scores(sample_shape).softmax(-1)

    def log_prob(self, value: Any) -> Tensor:
        y = self._checked(value)
        logarithm = y.clamp_min(float(finfo(y.dtype).tiny)).log()
        k = self._event_shape[0]
        # Maddison, Mnih & Teh 2017, eq. 10, in logarithms
        scores = (self.logits - logarithm * self.temperature).log_softmax(-1)
        return (scores - logarithm).sum(-1) + self.temperature.log() * (k - 1) + math.lgamma(k)

    def __repr__(self) -> str:
        return f"{type(self).__name__}{repr(self.base_dist).removeprefix('ExpRelaxedCategorical')}"
