"""Normal."""

from __future__ import annotations

import math
from typing import Any

from numpy import ndarray as Array

from autograd import Tensor, randn
from autograd.extend import array_of
from autograd.special import ndtri

from .exp_family import ExponentialFamily
from .location_scale import LocationScale
from .utils import as_tensor

LOG_ROOT_TAU = math.log(2 * math.pi) / 2


class Normal(LocationScale, ExponentialFamily):
    """Normal with mean `loc` and standard deviation `scale`, numbers or Tensors that are broadcast.

    p(x) = exp(-z²/2) / (scale sqrt(2 pi)) with z = (x - loc) / scale

    >>> import autograd
    >>> Normal(0.0, 1.0).log_prob(autograd.tensor([0.0, 1.0]))
    tensor([-0.9189, -1.4189])
    """

    _mean_carrier_measure = 0

    @property
    def mean(self) -> Tensor:
        return self.loc

    @property
    def stddev(self) -> Tensor:
        return self.scale

    @property
    def variance(self) -> Tensor:
        return self.scale.square()

    def _draw(self, shape: tuple[int, ...], dtype: Any) -> Array:
        return array_of(randn(shape, dtype=dtype))

    def log_prob(self, value: Any) -> Tensor:
        return self._standard(value).square() * -0.5 - self.scale.log() - LOG_ROOT_TAU

    def cdf(self, value: Any) -> Tensor:
        return (self._standard(value) * -math.sqrt(0.5)).erfc() * 0.5  # erfc keeps the digits of small probabilities

    def icdf(self, value: Any) -> Tensor:
        return self.loc + self.scale * ndtri(as_tensor(value))

    def entropy(self) -> Tensor:
        return self.scale.log() + (0.5 + LOG_ROOT_TAU)

    @property
    def _natural_params(self) -> tuple[Any, ...]:
        return self.loc / self.variance, -0.5 / self.variance

    def _log_normalizer(self, *natural_params: Any) -> Any:
        x, y = natural_params
        return (-math.pi / y).log() * 0.5 - x.square() / (y * 4)
