"""LogisticNormal."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from autograd import Tensor

from . import constraints
from .constraints import Constraint
from .normal import Normal
from .transformed_distribution import TransformedDistribution
from .transforms import StickBreakingTransform


class LogisticNormal(TransformedDistribution):
    """Probability vectors of n + 1 numbers: `StickBreakingTransform` of normal ones, `loc` and `scale` (..., n)."""

    arg_constraints: Mapping[str, Constraint] = {"loc": constraints.real, "scale": constraints.positive}
    support = constraints.simplex

    def __init__(self, loc: Any, scale: Any, validate_args: bool | None = None) -> None:
        base = Normal(loc, scale, validate_args=validate_args)
        if not base.batch_shape:
            base = base.expand((1,))
        super().__init__(base, StickBreakingTransform(), validate_args)

    @property
    def loc(self) -> Tensor:
        """Means before the transform."""
        return self.base_dist.base_dist.loc

    @property
    def scale(self) -> Tensor:
        """Standard deviations before the transform."""
        return self.base_dist.base_dist.scale
