"""TransformedDistribution."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Self

from autograd import Size, Tensor, no_grad
from autograd.errors import SettingError, ShapeError

from . import constraints
from .constraints import Constraint
from .distribution import Distribution
from .independent import Independent
from .transform import ComposeTransform, Transform
from .utils import as_tensor, sum_rightmost


class TransformedDistribution(Distribution):
    """What `transforms`, one or a list that is applied in order, make of draws from `base_distribution`.

    log_prob(y) = log_prob of the base at x - log |det dy/dx|

    >>> import autograd
    >>> from nn.distributions import AffineTransform, SigmoidTransform, Uniform
    >>> logistic = TransformedDistribution(Uniform(0.0, 1.0), [SigmoidTransform().inv, AffineTransform(1.0, 2.0)])
    >>> logistic.cdf(autograd.tensor([1.0, 3.0]))
    tensor([0.5000, 0.7311])
    """

    base_dist: Any
    transforms: list[Any]

    def __init__(self, base_distribution: Distribution, transforms: Any, validate_args: bool | None = None) -> None:
        given = [transforms] if isinstance(transforms, Transform) else transforms
        if not (isinstance(given, (list, tuple)) and all(isinstance(t, Transform) for t in given)):
            raise SettingError(f"transforms must be a Transform or list, but was {transforms}")
        self.transforms = list(given)
        whole = ComposeTransform(self.transforms)
        shape = Size((*base_distribution.batch_shape, *base_distribution.event_shape))
        if len(shape) < whole.domain.event_dim:
            raise ShapeError(
                f"base_distribution needs to have shape with size at least {whole.domain.event_dim}, but got {shape}."
            )
        after = whole.forward_shape(shape)
        wide = Size(whole.inverse_shape(after))
        if wide != shape:  # a Tensor inside a transform has more dimensions than the base
            base_distribution = base_distribution.expand(wide[: len(wide) - len(base_distribution.event_shape)])
        more = whole.domain.event_dim - len(base_distribution.event_shape)
        if more > 0:
            base_distribution = Independent(base_distribution, more)
        self.base_dist = base_distribution
        beyond = max(len(base_distribution.event_shape) - whole.domain.event_dim, 0)
        cut = len(after) - whole.codomain.event_dim - beyond
        super().__init__(after[:cut], after[cut:], validate_args)

    def expand(self, batch_shape: Sequence[int]) -> Self:
        new = super().expand(batch_shape)
        shape: Sequence[int] = (*batch_shape, *self._event_shape)
        for t in reversed(self.transforms):
            shape = t.inverse_shape(shape)
        new.base_dist = self.base_dist.expand(tuple(shape[: len(shape) - len(self.base_dist.event_shape)]))
        return new

    @property
    def has_rsample(self) -> bool:  # type: ignore[override]
        """Does the base distribution have `rsample`?"""
        return self.base_dist.has_rsample

    @constraints.dependent_property
    def support(self) -> Constraint:
        if not self.transforms:
            return self.base_dist.support
        support = self.transforms[-1].codomain
        more = len(self._event_shape) - support.event_dim
        return constraints.independent(support, more) if more > 0 else support

    def sample(self, sample_shape: Sequence[int] = ()) -> Tensor:
        with no_grad():
            return self._forward(self.base_dist.sample(sample_shape))

    def rsample(self, sample_shape: Sequence[int] = ()) -> Tensor:
        return self._forward(self.base_dist.rsample(sample_shape))

    def log_prob(self, value: Any) -> Tensor:
        y = self._checked(value)
        event_dim = len(self._event_shape)
        total: Any = 0
        for t in reversed(self.transforms):
            x = t.inv(y)
            event_dim += t.domain.event_dim - t.codomain.event_dim
            total = total - sum_rightmost(t.log_abs_det_jacobian(x, y), event_dim - t.domain.event_dim)
            y = x
        base = self.base_dist.log_prob(y)
        return total + sum_rightmost(base, event_dim - len(self.base_dist.event_shape))

    def cdf(self, value: Any) -> Tensor:
        y = self._checked(value)
        for t in reversed(self.transforms):
            y = t.inv(y)
        return self._in_order(self.base_dist.cdf(y))

    def icdf(self, value: Any) -> Tensor:
        return self._forward(self.base_dist.icdf(self._in_order(as_tensor(value))))

    def _forward(self, x: Any) -> Any:
        for t in self.transforms:
            x = t(x)
        return x

    def _in_order(self, p: Any) -> Any:
        """p, or 1 - p where the transforms turn the order of numbers around."""
        sign: Any = 1
        for t in self.transforms:
            sign = sign * t.sign
        return p if isinstance(sign, int) and sign == 1 else sign * (p - 0.5) + 0.5
