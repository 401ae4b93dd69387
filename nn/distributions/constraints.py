"""Sets of numbers: what a parameter may be, and what a distribution can give.

>>> import autograd
>>> positive.check(autograd.tensor([-1.0, 0.0, 2.0])).tolist(), positive
([False, False, True], GreaterThan(lower_bound=0.0))
"""

# mypy: no-warn-return-any

from __future__ import annotations

from typing import Any

import numpy as np

from autograd.errors import ShapeError
from autograd.tensor.core import array_of, wrap


class Constraint:
    """A set. `check` says of each event whether it lies inside.

    is_discrete   does the set consist of separate points?
    event_dim     how many of the last dimensions make one event; `check` drops them
    """

    is_discrete: bool = False
    event_dim: int = 0

    def check(self, value: Any) -> Any:
        """A bool Tensor, one element per event."""
        raise NotImplementedError(f"{type(self).__name__} must define check(value)")

    def __repr__(self) -> str:
        bounds = ", ".join(f"{name}={value}" for name, value in self.__dict__.items())
        return f"{type(self).__name__}({bounds})"


def _whole(value: Any) -> Any:
    """Is it an integer?"""
    x = array_of(value)
    return wrap(np.asarray(x == np.floor(x)))


class Boolean(Constraint):
    """0 and 1."""

    is_discrete = True

    def check(self, value: Any) -> Any:
        return (value == 0) | (value == 1)


class OneHot(Constraint):
    """Vectors of zeros with a single 1."""

    is_discrete = True
    event_dim = 1

    def check(self, value: Any) -> Any:
        return boolean.check(value).all(-1) & (value.sum(-1) == 1)


class IntegerInterval(Constraint):
    """The integers from `lower_bound` to `upper_bound`, both included."""

    is_discrete = True

    def __init__(self, lower_bound: Any, upper_bound: Any) -> None:
        self.lower_bound = lower_bound
        self.upper_bound = upper_bound

    def check(self, value: Any) -> Any:
        return _whole(value) & (value >= self.lower_bound) & (value <= self.upper_bound)


class IntegerGreaterThan(Constraint):
    """The integers from `lower_bound` on."""

    is_discrete = True

    def __init__(self, lower_bound: Any) -> None:
        self.lower_bound = lower_bound

    def check(self, value: Any) -> Any:
        return _whole(value) & (value >= self.lower_bound)


class Real(Constraint):
    """All numbers, also the infinite ones; not NaN."""

    def check(self, value: Any) -> Any:
        return ~value.isnan()


class GreaterThan(Constraint):
    """Numbers above `lower_bound`."""

    def __init__(self, lower_bound: Any) -> None:
        self.lower_bound = lower_bound

    def check(self, value: Any) -> Any:
        return value > self.lower_bound


class GreaterThanEq(Constraint):
    """Numbers from `lower_bound` on."""

    def __init__(self, lower_bound: Any) -> None:
        self.lower_bound = lower_bound

    def check(self, value: Any) -> Any:
        return value >= self.lower_bound


class LessThan(Constraint):
    """Numbers below `upper_bound`."""

    def __init__(self, upper_bound: Any) -> None:
        self.upper_bound = upper_bound

    def check(self, value: Any) -> Any:
        return value < self.upper_bound


class Interval(Constraint):
    """Numbers from `lower_bound` to `upper_bound`, both included."""

    def __init__(self, lower_bound: Any, upper_bound: Any) -> None:
        self.lower_bound = lower_bound
        self.upper_bound = upper_bound

    def check(self, value: Any) -> Any:
        return (value >= self.lower_bound) & (value <= self.upper_bound)


class Simplex(Constraint):
    """Vectors of numbers from 0 on whose sum is 1, up to 1e-6."""

    event_dim = 1

    def check(self, value: Any) -> Any:
        return (value >= 0).all(-1) & ((value.sum(-1) - 1).abs() < 1e-6)


class LowerCholesky(Constraint):
    """Lower triangular matrices with a positive diagonal."""

    event_dim = 2

    def check(self, value: Any) -> Any:
        lower = (value == value.tril()).all(-1).all(-1)
        return lower & (value.diagonal(0, -2, -1) > 0).all(-1)


class PositiveDefinite(Constraint):
    """Symmetric matrices, up to 1e-6, with positive eigenvalues."""

    event_dim = 2

    def check(self, value: Any) -> Any:
        x = array_of(value)
        if x.shape[-2] != x.shape[-1]:
            return wrap(np.zeros(x.shape[:-2], np.bool_))
        symmetric = np.asarray(np.isclose(x, x.mT, atol=1e-6)).all((-2, -1))
        safe = np.where(
            np.expand_dims(symmetric, (-2, -1)), x, np.eye(x.shape[-1], dtype=x.dtype)
        )  # NaN would not converge
        return wrap(symmetric & (np.linalg.eigvalsh(safe) > 0).all(-1))


class IndependentConstraint(Constraint):
    """Arrays of `reinterpreted_batch_ndims` dimensions, each element of which lies in `base_constraint`."""

    def __init__(self, base_constraint: Constraint, reinterpreted_batch_ndims: int) -> None:
        self.base_constraint = base_constraint
        self.reinterpreted_batch_ndims = reinterpreted_batch_ndims
        self.is_discrete = base_constraint.is_discrete
        self.event_dim = base_constraint.event_dim + reinterpreted_batch_ndims

    def check(self, value: Any) -> Any:
        inside = self.base_constraint.check(value)
        if inside.ndim < self.reinterpreted_batch_ndims:
            raise ShapeError(f"Expected value.dim() >= {self.event_dim} but got {value.ndim}")
        for _ in range(self.reinterpreted_batch_ndims):
            inside = inside.all(-1)
        return inside

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.base_constraint!r}, {self.reinterpreted_batch_ndims})"


boolean = Boolean()
one_hot = OneHot()
integer_interval = IntegerInterval
nonnegative_integer = IntegerGreaterThan(0)
positive_integer = IntegerGreaterThan(1)
real = Real()
greater_than = GreaterThan
greater_than_eq = GreaterThanEq
less_than = LessThan
positive = GreaterThan(0.0)
nonnegative = GreaterThanEq(0.0)
interval = Interval
unit_interval = Interval(0.0, 1.0)
simplex = Simplex()
lower_cholesky = LowerCholesky()
positive_definite = PositiveDefinite()
independent = IndependentConstraint
real_vector = IndependentConstraint(real, 1)
