"""VonMises."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy import ndarray as Array

from autograd import Function, Tensor
from autograd.extend import array_of, wrap

from ..draw import source
from . import constraints
from .constraints import Constraint
from .distribution import Distribution
from .utils import broadcast_all, lazy_property


class VonMises(Distribution):
    """Angles in radians, from -pi to pi, around `loc`: p(x) is in proportion to exp(concentration cos(x - loc))."""

    loc: Tensor  # batch_shape
    concentration: Tensor  # batch_shape

    arg_constraints: Mapping[str, Constraint] = {"loc": constraints.real, "concentration": constraints.positive}
    support = constraints.real

    def __init__(self, loc: Any, concentration: Any, validate_args: bool | None = None) -> None:
        self.loc, self.concentration = broadcast_all(loc, concentration)
        super().__init__(self.loc.shape, validate_args=validate_args)

    @property
    def mean(self) -> Tensor:
        """The circular mean."""
        return self.loc

    @property
    def mode(self) -> Tensor:
        return self.loc

    @lazy_property
    def variance(self) -> Any:
        """The circular variance, 1 - E[cos(x - loc)]."""
        return 1 - _BesselRatio.apply(self.concentration)

    def expand(self, batch_shape: Sequence[int]) -> Any:
        new = super().expand(batch_shape)
        new.__dict__.pop("variance", None)
        return new

    def sample(self, sample_shape: Sequence[int] = ()) -> Tensor:
        loc = array_of(self.loc)
        draws = source().vonmises(0.0, array_of(self.concentration), self._extended_shape(sample_shape)) + loc
        return wrap(np.asarray((draws + math.pi) % (2 * math.pi) - math.pi).astype(loc.dtype))

    def log_prob(self, value: Any) -> Tensor:
        away = ((self._checked(value) - self.loc) * 0.5).sin().square()  # (1 - cos(x - loc)) / 2
        return away * self.concentration * -2 - math.log(2 * math.pi) - _LogBessel.apply(self.concentration)


def _bessel(x: Array) -> tuple[Array, Array]:
    """exp(-x) I_0(x) and I_1(x) / I_0(x), in float64.

    Up to 50 by I_0 = the mean over half a circle of exp(x cos t), I_1 = x times that with sin(t)^2 (Abramowitz and
    Stegun, 9.6.16 and 9.6.18): 64 equal steps round the circle are exact to rounding. Then by their series, 9.7.1.
    """
    x = np.asarray(x, np.float64)
    flat = x.reshape(-1)
    t = np.linspace(0, math.pi, 33)[:, None]
    weights = np.full((33, 1), 1 / 32)
    weights[[0, -1]] /= 2
    powers = weights * np.exp(np.minimum(flat, 50) * (np.cos(t) - 1))
    zero = powers.sum(0)
    ratio = flat * (powers * np.sin(t) ** 2).sum(0) / zero
    far = np.where(flat > 50, flat, 50.0)
    sums = [np.ones_like(far), np.ones_like(far)]
    for order, total in enumerate(sums):
        term = np.ones_like(far)
        for k in range(1, 25):
            term = -term * (4 * order**2 - (2 * k - 1) ** 2) / (8 * k * far)
            total += term
    zero = np.where(flat > 50, sums[0] / np.sqrt(2 * math.pi * far), zero)
    ratio = np.where(flat > 50, sums[1] / sums[0], ratio)
    return zero.reshape(x.shape), ratio.reshape(x.shape)


class _LogBessel(Function):
    """log(exp(-x) I_0(x)). Its slope is I_1 / I_0 - 1."""

    @staticmethod
    def forward(ctx: Any, x: Any) -> Any:
        ctx.save_for_backward(x)
        return wrap(np.asarray(np.log(_bessel(array_of(x))[0])).astype(x.dtype))

    @staticmethod
    def backward(ctx: Any, dz: Any) -> Any:
        (x,) = ctx.saved_tensors
        return dz * (_BesselRatio.apply(x) - 1)


class _BesselRatio(Function):
    """r = I_1(x) / I_0(x). Its slope is 1 - r / x - r^2."""

    @staticmethod
    def forward(ctx: Any, x: Any) -> Any:
        r = wrap(np.asarray(_bessel(array_of(x))[1]).astype(x.dtype))
        ctx.save_for_backward(x, r)
        return r

    @staticmethod
    def backward(ctx: Any, dz: Any) -> Any:
        x, r = ctx.saved_tensors
        return dz * (1 - r / x - r.square())
