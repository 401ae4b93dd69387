"""StudentT."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from autograd import Tensor, digamma, lgamma, randn, where

from . import constraints, implicit
from .beta import log_beta
from .constraints import Constraint
from .distribution import Distribution
from .utils import broadcast_all


class StudentT(Distribution):
    """Student's t with `df` degrees of freedom, moved by `loc` and stretched by `scale`.

    With z = (x - loc) / scale, p(x) is in proportion to (1 + z^2 / df)^(-(df + 1) / 2). The mean exists for df > 1, the
    variance is finite for df > 2.
    """

    df: Tensor  # batch_shape
    loc: Tensor  # batch_shape
    scale: Tensor  # batch_shape

    arg_constraints: Mapping[str, Constraint] = {
        "df": constraints.positive,
        "loc": constraints.real,
        "scale": constraints.positive,
    }
    support = constraints.real
    has_rsample = True

    def __init__(self, df: Any, loc: Any = 0.0, scale: Any = 1.0, validate_args: bool | None = None) -> None:
        self.df, self.loc, self.scale = broadcast_all(df, loc, scale)
        super().__init__(self.df.shape, validate_args=validate_args)

    @property
    def mean(self) -> Tensor:
        return where(self.df <= 1, math.nan, self.loc)

    @property
    def mode(self) -> Tensor:
        return self.loc

    @property
    def variance(self) -> Tensor:
        finite = self.df > 2
        df = where(finite, self.df, 3.0)
        return where(finite, self.scale.square() * df / (df - 2), where(self.df > 1, math.inf, math.nan))

    def rsample(self, sample_shape: Sequence[int] = ()) -> Tensor:
        shape = self._extended_shape(sample_shape)
        normal = randn(shape, dtype=self.df.dtype)
        half = self.df * 0.5  # sum of squares / df = gamma / (df / 2)
        spread = (implicit.standard_gamma(half, shape) / half).rsqrt()
        return self.loc + self.scale * (normal * spread)

    def log_prob(self, value: Any) -> Tensor:
        z = (self._checked(value) - self.loc) / self.scale
        half = self.df * 0.5
        wide = half.double()  # the difference of two large numbers
        ratio = (lgamma(wide + 0.5) - lgamma(wide)).to(half.dtype)
        constant = ratio - (self.df * math.pi).log() * 0.5 - self.scale.log()
        return constant - (half + 0.5) * (z.square() / self.df).log1p()

    def entropy(self) -> Tensor:
        half = self.df * 0.5
        slope = (half + 0.5) * (digamma(half + 0.5) - digamma(half))
        return slope + self.df.log() * 0.5 + log_beta(half, half.new_tensor(0.5)) + self.scale.log()
