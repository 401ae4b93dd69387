"""Laplace."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy import ndarray as Array

from autograd import Tensor, where

from ..draw import source
from .location_scale import LocationScale
from .utils import as_tensor


class Laplace(LocationScale):
    """Two exponential distributions back to back, with mean `loc`: p(x) = exp(-|x - loc| / scale) / (2 scale)."""

    @property
    def mean(self) -> Tensor:
        return self.loc

    @property
    def stddev(self) -> Tensor:
        return self.scale * math.sqrt(2)

    @property
    def variance(self) -> Tensor:
        return self.scale.square() * 2

    def _draw(self, shape: tuple[int, ...], dtype: Any) -> Array:
        return np.asarray(source().laplace(size=shape))

    def log_prob(self, value: Any) -> Tensor:
        return -self._standard(value).abs() - (self.scale * 2).log()

    def cdf(self, value: Any) -> Tensor:
        z = self._standard(value)
        return where(z < 0, z.clamp_max(0).exp() * 0.5, (-z.clamp_min(0)).exp() * -0.5 + 1)

    def icdf(self, value: Any) -> Tensor:
        p = as_tensor(value)
        return self.loc + self.scale * where(p < 0.5, (p * 2).log(), -((1 - p) * 2).log())

    def entropy(self) -> Tensor:
        return (self.scale * 2).log() + 1
