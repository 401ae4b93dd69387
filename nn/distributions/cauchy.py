"""Cauchy."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy import ndarray as Array

from autograd import Tensor, full_like, where

from ..draw import source
from .location_scale import LocationScale
from .utils import as_tensor


class Cauchy(LocationScale):
    """p(x) = 1 / (pi scale (1 + z²)) with z = (x - loc) / scale: the mean does not exist, `loc` is the median."""

    @property
    def mean(self) -> Tensor:
        return full_like(self.loc, math.nan)

    @property
    def variance(self) -> Tensor:
        return full_like(self.loc, math.inf)

    def _draw(self, shape: tuple[int, ...], dtype: Any) -> Array:
        return np.asarray(source().standard_cauchy(shape))

    def log_prob(self, value: Any) -> Tensor:
        return -self._standard(value).square().log1p() - self.scale.log() - math.log(math.pi)

    def cdf(self, value: Any) -> Tensor:
        return self._standard(value).atan() / math.pi + 0.5

    def icdf(self, value: Any) -> Tensor:
        p = as_tensor(value)
        low = p < 0.5
        size = (where(low, p, 1 - p) * math.pi).tan().reciprocal()  # of the nearer end: that has the digits
        return self.loc + self.scale * where(low, -size, size)

    def entropy(self) -> Tensor:
        return self.scale.log() + math.log(4 * math.pi)
