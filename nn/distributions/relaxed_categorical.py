"""RelaxedOneHotCategorical."""

# mypy: no-warn-return-any

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from autograd import Tensor, finfo
from autograd.tensor.core import wrap

from ..draw import source
from . import constraints
from .one_hot_categorical import ClassVector
from .utils import as_tensor


class RelaxedOneHotCategorical(ClassVector):
    """Probability vectors that tend to a `OneHotCategorical` draw as `temperature` goes to 0, with a gradient.

    softmax((logits + Gumbel noise) / temperature): Maddison, Mnih & Teh 2017; Jang, Gu & Poole 2017.

    temperature   above 0: a number or a Tensor that broadcasts with the batch
    """

    support = constraints.simplex
    has_rsample = True

    def __init__(
        self, temperature: Any, probs: Any = None, logits: Any = None, validate_args: bool | None = None
    ) -> None:
        self.temperature = as_tensor(temperature)
        super().__init__(probs, logits, validate_args)

    def rsample(self, sample_shape: Sequence[int] = ()) -> Tensor:
        noise = np.asarray(source().gumbel(size=self._extended_shape(sample_shape)))
        scores = self.logits + wrap(noise.astype(self.logits.dtype, copy=False))
        return (scores / self.temperature).softmax(-1)

    def log_prob(self, value: Any) -> Tensor:
        y = self._checked(value)
        logarithm = y.clamp_min(float(finfo(y.dtype).tiny)).log()
        k = self._event_shape[0]
        # Maddison, Mnih & Teh 2017, eq. 10, in logarithms
        scores = (self.logits - logarithm * self.temperature).log_softmax(-1)
        return (scores - logarithm).sum(-1) + self.temperature.log() * (k - 1) + math.lgamma(k)
