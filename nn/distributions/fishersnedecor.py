"""FisherSnedecor."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from autograd import Tensor, finfo, where

from . import constraints, implicit
from .beta import log_beta
from .constraints import Constraint
from .distribution import Distribution
from .utils import broadcast_all


class FisherSnedecor(Distribution):
    """The F distribution: the ratio of two independent chi-squared numbers, each divided by its degrees of freedom."""

    df1: Tensor  # batch_shape: above the line
    df2: Tensor  # batch_shape: below

    arg_constraints: Mapping[str, Constraint] = {"df1": constraints.positive, "df2": constraints.positive}
    support = constraints.positive
    has_rsample = True

    def __init__(self, df1: Any, df2: Any, validate_args: bool | None = None) -> None:
        self.df1, self.df2 = broadcast_all(df1, df2)
        super().__init__(self.df1.shape, validate_args=validate_args)

    @property
    def mean(self) -> Tensor:
        """df2 / (df2 - 2); NaN for df2 <= 2."""
        df2 = where(self.df2 > 2, self.df2, 3.0)
        return where(self.df2 > 2, df2 / (df2 - 2), math.nan)

    @property
    def mode(self) -> Tensor:
        """NaN for df1 <= 2."""
        df1 = where(self.df1 > 2, self.df1, 3.0)
        return where(self.df1 > 2, (df1 - 2) / df1 * self.df2 / (self.df2 + 2), math.nan)

    @property
    def variance(self) -> Tensor:
        """NaN for df2 <= 4."""
        df1, df2 = self.df1, where(self.df2 > 4, self.df2, 5.0)
        finite = df2.square() * 2 * (df1 + df2 - 2) / (df1 * (df2 - 2).square() * (df2 - 4))
        return where(self.df2 > 4, finite, math.nan)

    def rsample(self, sample_shape: Sequence[int] = ()) -> Tensor:
        shape = self._extended_shape(sample_shape)
        above, below = (implicit.standard_gamma(df * 0.5, shape) / (df * 0.5) for df in (self.df1, self.df2))
        return above / below.clamp_min(float(finfo(below.dtype).tiny))

    def log_prob(self, value: Any) -> Tensor:
        x, a, b, ratio = self._checked(value), self.df1 * 0.5, self.df2 * 0.5, self.df1 / self.df2
        return a * ratio.log() + (a - 1) * x.log() - (a + b) * (ratio * x).log1p() - log_beta(a, b)
