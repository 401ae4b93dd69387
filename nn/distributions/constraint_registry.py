"""biject_to and transform_to: which transform leads from all real numbers into a set."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from . import constraints as c
from . import transforms as t
from .constraints import Constraint

Factory = Callable[[Any], Any]


class ConstraintRegistry:
    """Classes of sets, and for each a function that makes the transform for a set of this class."""

    def __init__(self) -> None:
        self._registry: dict[type, Factory] = {}

    def register(self, constraint: Any, factory: Factory | None = None) -> Any:
        """Make `factory` that of a class of sets, or of the class of a given set; without it, a decorator."""
        if factory is None:
            return lambda made: self.register(constraint, made)
        kind = type(constraint) if isinstance(constraint, Constraint) else constraint
        if not (isinstance(kind, type) and issubclass(kind, Constraint)):
            raise TypeError(f"Expected constraint to be either a Constraint subclass or instance, but got {constraint}")
        self._registry[kind] = factory
        return factory

    def __call__(self, constraint: Constraint) -> Any:
        """The transform whose values lie in `constraint`. Raises NotImplementedError if none is known."""
        factory = self._registry.get(type(constraint))
        if factory is None:
            raise NotImplementedError(f"Cannot transform {type(constraint).__name__} constraints")
        return factory(constraint)


biject_to = ConstraintRegistry()
"""Bijective transforms with `log_abs_det_jacobian`: for densities of parameters in an unbounded space."""

transform_to = ConstraintRegistry()
"""Transforms that suit optimisers of single coordinates; they may have more inputs than outputs have freedom."""


def _both(*sets: Any) -> Callable[[Factory], Factory]:
    def register(factory: Factory) -> Factory:
        for constraint in sets:
            biject_to.register(constraint, factory)
            transform_to.register(constraint, factory)
        return factory

    return register


@_both(c.greater_than, c.greater_than_eq)
def _above(constraint: Any) -> Any:
    if isinstance(constraint.lower_bound, (int, float)) and constraint.lower_bound == 0:
        return t.ExpTransform()
    return t.ComposeTransform([t.ExpTransform(), t.AffineTransform(constraint.lower_bound, 1)])


@_both(c.less_than)
def _below(constraint: Any) -> Any:
    return t.ComposeTransform([t.ExpTransform(), t.AffineTransform(constraint.upper_bound, -1)])


@_both(c.interval, c.half_open_interval)
def _between(constraint: Any) -> Any:
    low, high = constraint.lower_bound, constraint.upper_bound
    if isinstance(low, (int, float)) and isinstance(high, (int, float)) and (low, high) == (0, 1):
        return t.SigmoidTransform()
    return t.ComposeTransform([t.SigmoidTransform(), t.AffineTransform(low, high - low)])


_both(c.real)(lambda constraint: t.identity_transform)
_both(c.corr_cholesky)(lambda constraint: t.CorrCholeskyTransform())
biject_to.register(c.simplex, lambda constraint: t.StickBreakingTransform())
transform_to.register(c.simplex, lambda constraint: t.SoftmaxTransform())
transform_to.register(c.lower_cholesky, lambda constraint: t.LowerCholeskyTransform())
transform_to.register(c.positive_definite, lambda constraint: t.PositiveDefiniteTransform())
transform_to.register(c.positive_semidefinite, lambda constraint: t.PositiveDefiniteTransform())


def _parts(registry: ConstraintRegistry) -> None:
    registry.register(
        c.independent, lambda s: t.IndependentTransform(registry(s.base_constraint), s.reinterpreted_batch_ndims)
    )
    registry.register(c.cat, lambda s: t.CatTransform([registry(part) for part in s.cseq], s.dim, s.lengths))
    registry.register(c.stack, lambda s: t.StackTransform([registry(part) for part in s.cseq], s.dim))


_parts(biject_to)
_parts(transform_to)
