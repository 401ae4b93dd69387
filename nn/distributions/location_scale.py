"""Families that are moved by `loc` and stretched by `scale`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from numpy import ndarray as Array

from autograd import Tensor
from autograd.extend import wrap

from . import constraints
from .constraints import Constraint
from .distribution import Distribution
from .utils import broadcast_all


class LocationScale(Distribution):
    """loc + scale * e, with e from one distribution that each subclass draws from in `_draw`."""

    loc: Tensor  # batch_shape
    scale: Tensor  # batch_shape

    arg_constraints: Mapping[str, Constraint] = {"loc": constraints.real, "scale": constraints.positive}
    support = constraints.real
    has_rsample = True

    def __init__(self, loc: Any, scale: Any, validate_args: bool | None = None) -> None:
        self.loc, self.scale = broadcast_all(loc, scale)
        super().__init__(self.loc.shape, validate_args=validate_args)

    @property
    def mode(self) -> Tensor:
        return self.loc

    def rsample(self, sample_shape: Sequence[int] = ()) -> Tensor:
        e = self._draw(self._extended_shape(sample_shape), self.loc.dtype)
        return self.loc + wrap(e.astype(self.loc.dtype, copy=False)) * self.scale

    def _draw(self, shape: tuple[int, ...], dtype: Any) -> Array:
        """Draws with loc 0 and scale 1, in any floating dtype."""
        raise NotImplementedError

    def _standard(self, value: Any) -> Any:
        """(value - loc) / scale, after the checks of `value`."""
        return (self._checked(value) - self.loc) / self.scale
