"""Chi2."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from autograd import Tensor

from . import constraints
from .constraints import Constraint
from .gamma import Gamma
from .utils import broadcast_all


class Chi2(Gamma):
    """The sum of the squares of `df` standard normal numbers: Gamma(df / 2, 1 / 2)."""

    arg_constraints: Mapping[str, Constraint] = {"df": constraints.positive}

    def __init__(self, df: Any, validate_args: bool | None = None) -> None:
        (df,) = broadcast_all(df)
        super().__init__(df * 0.5, 0.5, validate_args)

    def expand(self, batch_shape: Any) -> Chi2:
        new = super().expand(batch_shape)
        new.concentration = self.concentration.expand(batch_shape)
        new.rate = self.rate.expand(batch_shape)
        return new

    @property
    def df(self) -> Tensor:
        """The degrees of freedom."""
        return self.concentration * 2
