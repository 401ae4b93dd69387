"""Gumbel."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy import ndarray as Array

from autograd import Tensor

from ..draw import source
from .location_scale import LocationScale
from .utils import EULER_GAMMA, as_tensor


class Gumbel(LocationScale):
    """The largest of many: cdf(x) = exp(-exp(-z)) with z = (x - loc) / scale. `loc` is its mode."""

    @property
    def mean(self) -> Tensor:
        return self.loc + self.scale * EULER_GAMMA

    @property
    def stddev(self) -> Tensor:
        return self.scale * (math.pi / math.sqrt(6))

    @property
    def variance(self) -> Tensor:
        return self.scale.square() * (math.pi**2 / 6)

    def _draw(self, shape: tuple[int, ...], dtype: Any) -> Array:
        return np.asarray(source().gumbel(size=shape))

    def log_prob(self, value: Any) -> Tensor:
        y = -self._standard(value)
        return y - y.exp() - self.scale.log()

    def cdf(self, value: Any) -> Tensor:
        return (-(-self._standard(value)).exp()).exp()

    def icdf(self, value: Any) -> Tensor:
        return self.loc - self.scale * (-as_tensor(value).log()).log()

    def entropy(self) -> Tensor:
        return self.scale.log() + (1 + EULER_GAMMA)
