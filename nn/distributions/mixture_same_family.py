"""MixtureSameFamily."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Self

import numpy as np

from autograd import Tensor, broadcast_shapes
from autograd.errors import SettingError, ShapeError
from autograd.extend import array_of, wrap

from .categorical import Categorical
from .constraints import Constraint, MixtureSameFamilyConstraint
from .distribution import Distribution


class MixtureSameFamily(Distribution):
    """A value of one of K components, chosen by `mixture_distribution`.

    mixture_distribution     Categorical over the K components
    component_distribution   K distributions along its last batch dimension

    The batch of the first and the other batch dimensions of the second are broadcast.
    """

    def __init__(
        self,
        mixture_distribution: Categorical,
        component_distribution: Distribution,
        validate_args: bool | None = None,
    ) -> None:
        if not isinstance(mixture_distribution, Categorical):
            raise SettingError(
                "The Mixture distribution needs to be an instance of Categorical, "
                f"got {type(mixture_distribution).__name__}"
            )
        if not isinstance(component_distribution, Distribution):
            raise SettingError(
                "The Component distribution needs to be an instance of Distribution, "
                f"got {type(component_distribution).__name__}"
            )
        mixture, components = mixture_distribution.param_shape, component_distribution.batch_shape
        if not components or mixture[-1] != components[-1]:
            raise ShapeError(
                f"`mixture_distribution component` ({mixture[-1]}) does not equal "
                f"`component_distribution.batch_shape[-1]` ({components[-1] if components else 'none'})"
            )
        if any(i != j and 1 not in (i, j) for i, j in zip(reversed(mixture), reversed(components), strict=False)):
            raise ShapeError(
                f"`mixture_distribution.batch_shape` ({tuple(mixture[:-1])}) is not compatible with "
                f"`component_distribution.batch_shape` ({tuple(components[:-1])})"
            )
        batch = broadcast_shapes(mixture[:-1], components[:-1])
        whole = batch == components[:-1]
        self._mixture_distribution = mixture_distribution
        self._component_distribution = (
            component_distribution if whole else component_distribution.expand((*batch, components[-1]))
        )
        super().__init__(batch, component_distribution.event_shape, validate_args)

    def expand(self, batch_shape: Sequence[int]) -> Self:
        new = super().expand(batch_shape)
        new._mixture_distribution = self._mixture_distribution.expand(batch_shape)
        new._component_distribution = self._component_distribution.expand(
            (*batch_shape, self._mixture_distribution._num_events)
        )
        return new

    @property
    def mixture_distribution(self) -> Categorical:
        """Which component."""
        return self._mixture_distribution

    @property
    def component_distribution(self) -> Distribution:
        """The components, along the last batch dimension."""
        return self._component_distribution

    @property
    def support(self) -> Constraint:
        return MixtureSameFamilyConstraint(self._component_distribution.support)

    @property
    def mean(self) -> Tensor:
        return self._average(self._component_distribution.mean)

    @property
    def variance(self) -> Tensor:
        component = self._component_distribution
        away = component.mean - self._apart(self.mean)
        return self._average(component.variance) + self._average(away.square())  # within and between the components

    def sample(self, sample_shape: Sequence[int] = ()) -> Tensor:
        which = array_of(self._mixture_distribution.expand(self._batch_shape).sample(sample_shape))
        values = array_of(self._component_distribution.sample(sample_shape))
        axis = which.ndim
        index = which.reshape(which.shape + (1,) * (values.ndim - axis))
        return wrap(np.take_along_axis(values, index, axis).squeeze(axis))

    def log_prob(self, value: Any) -> Tensor:
        each = self._component_distribution.log_prob(self._apart(self._checked(value)))
        return (each + self._mixture_distribution.logits.log_softmax(-1)).logsumexp(-1)

    def cdf(self, value: Any) -> Tensor:
        each = self._component_distribution.cdf(self._apart(self._checked(value)))
        return (each * self._mixture_distribution.probs).sum(-1)

    def _apart(self, x: Any) -> Any:
        """With a dimension for the components."""
        return x.unsqueeze(-1 - len(self._event_shape))

    def _average(self, x: Any) -> Any:
        """Mean over the components, (..., K) + event_shape."""
        weights: Any = self._mixture_distribution.probs
        weights = weights.reshape(*weights.shape, *(1 for _ in self._event_shape))
        return (weights * x).sum(-1 - len(self._event_shape))

    def __repr__(self) -> str:
        return f"{type(self).__name__}(\n  {self._mixture_distribution},\n  {self._component_distribution})"
