"""Geometric."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from autograd import Tensor, no_grad, where, zeros_like
from autograd.errors import SettingError
from autograd.extend import array_of, wrap

from ..draw import source
from . import constraints
from .bernoulli import Binary


class Geometric(Binary):
    """How many trials fail before the first success, if each succeeds with probability `probs`: 0, 1, 2, ...

    P(k) = (1 - p)^k p.  Unlike `Tensor.geometric_`, which counts the success too.  probs: above 0.
    """

    support = constraints.nonnegative_integer

    def __init__(self, probs: Any = None, logits: Any = None, validate_args: bool | None = None) -> None:
        super().__init__(probs, logits, validate_args)
        if self._validate_args and probs is not None and not (array_of(self.probs) > 0).all():
            raise SettingError(
                f"Expected parameter probs ({type(self.probs).__name__} of shape {tuple(self.probs.shape)}) of "
                f"distribution {self!r} to be positive but found invalid values: 0"
            )

    @property
    def mean(self) -> Tensor:
        return 1 / self.probs - 1

    @property
    def mode(self) -> Tensor:
        return zeros_like(self.probs)

    @property
    def variance(self) -> Tensor:
        return (1 / self.probs - 1) / self.probs

    def sample(self, sample_shape: Sequence[int] = ()) -> Tensor:
        with no_grad():
            p = array_of(self.probs)
        waits = source().standard_exponential(self._extended_shape(sample_shape))
        with np.errstate(divide="ignore"):
            return wrap(np.floor(waits / -np.log1p(-p.astype(np.float64))).astype(p.dtype))

    def log_prob(self, value: Any) -> Tensor:
        x = self._checked(value)
        failing = where((self.probs == 1) & (x == 0), 0.0, self.probs)  # 0 * log(0) is 0
        return x * (-failing).log1p() + self.probs.log()

    def entropy(self) -> Tensor:
        return self._uncertainty() / self.probs
