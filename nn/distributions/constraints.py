"""Sets of numbers: what a parameter may be, and what a distribution can give.

>>> import autograd
>>> positive.check(autograd.tensor([-1.0, 0.0, 2.0])).tolist(), positive
([False, False, True], GreaterThan(lower_bound=0.0))
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from autograd import cat as _join
from autograd import stack as _pile
from autograd.errors import SettingError, ShapeError
from autograd.extend import array_of, wrap

from .constraint import Constraint, dependent, dependent_property, is_dependent
from .matrix_constraints import (
    CorrCholesky,
    LowerCholesky,
    LowerTriangular,
    PositiveDefinite,
    PositiveSemidefinite,
    Square,
    Symmetric,
)


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


class HalfOpenInterval(Interval):
    """Numbers from `lower_bound` on and below `upper_bound`."""

    def check(self, value: Any) -> Any:
        return (value >= self.lower_bound) & (value < self.upper_bound)


class Multinomial(Constraint):
    """Vectors of integers from 0 on whose sum is at most `upper_bound`."""

    is_discrete = True
    event_dim = 1

    def __init__(self, upper_bound: Any) -> None:
        self.upper_bound = upper_bound

    def check(self, value: Any) -> Any:
        return (_whole(value) & (value >= 0)).all(-1) & (value.sum(-1) <= self.upper_bound)

    def __repr__(self) -> str:
        return "Multinomial()"


class Simplex(Constraint):
    """Vectors of numbers from 0 on whose sum is 1, up to 1e-6."""

    event_dim = 1

    def check(self, value: Any) -> Any:
        return (value >= 0).all(-1) & ((value.sum(-1) - 1).abs() < 1e-6)


class IndependentConstraint(Constraint):
    """Arrays of `reinterpreted_batch_ndims` dimensions, each element of which lies in `base_constraint`."""

    def __init__(self, base_constraint: Constraint, reinterpreted_batch_ndims: int) -> None:
        self.base_constraint = base_constraint
        self.reinterpreted_batch_ndims = reinterpreted_batch_ndims
        self.is_discrete = base_constraint.is_discrete
        self.event_dim = base_constraint.event_dim + reinterpreted_batch_ndims

    def check(self, value: Any) -> Any:
        if value.ndim < self.event_dim:
            raise ShapeError(f"Expected value.dim() >= {self.event_dim} but got {value.ndim}")
        inside = self.base_constraint.check(value)
        if inside.ndim < self.reinterpreted_batch_ndims:
            raise ShapeError(f"Expected value.dim() >= {self.event_dim} but got {value.ndim}")
        for _ in range(self.reinterpreted_batch_ndims):
            inside = inside.all(-1)
        return inside

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.base_constraint!r}, {self.reinterpreted_batch_ndims})"


class MixtureSameFamilyConstraint(Constraint):
    """What each of the components of a mixture can give."""

    def __init__(self, base_constraint: Constraint) -> None:
        self.base_constraint = base_constraint
        self.is_discrete = base_constraint.is_discrete
        self.event_dim = base_constraint.event_dim

    def check(self, value: Any) -> Any:
        return self.base_constraint.check(value.unsqueeze(-1 - self.event_dim)).all(-1)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.base_constraint!r})"


class Cat(Constraint):
    """Arrays whose pieces along `dim`, of sizes `lengths` (1 each by default), each lie in their own set."""

    def __init__(self, cseq: Sequence[Constraint], dim: int = 0, lengths: Sequence[int] | None = None) -> None:
        self.cseq = list(cseq)
        self.lengths = [1] * len(self.cseq) if lengths is None else list(lengths)
        self.dim = dim
        self.is_discrete = any(c.is_discrete for c in self.cseq)
        self.event_dim = max(c.event_dim for c in self.cseq)
        if len(self.lengths) != len(self.cseq):
            raise SettingError(f"cat: wanted a length for each of {len(self.cseq)} sets, got {len(self.lengths)}")

    def check(self, value: Any) -> Any:
        pieces = value.split(self.lengths, self.dim)
        return _join([c.check(piece) for c, piece in zip(self.cseq, pieces, strict=True)], self.dim)

    def __repr__(self) -> str:
        return "Cat()"


class Stack(Constraint):
    """Arrays whose slices along `dim` each lie in their own set."""

    def __init__(self, cseq: Sequence[Constraint], dim: int = 0) -> None:
        self.cseq = list(cseq)
        self.dim = dim
        self.is_discrete = any(c.is_discrete for c in self.cseq)
        dim = max(c.event_dim for c in self.cseq)
        self.event_dim = dim + 1 if self.dim + dim < 0 else dim

    def check(self, value: Any) -> Any:
        slices = value.unbind(self.dim)
        return _pile([c.check(piece) for c, piece in zip(self.cseq, slices, strict=True)], self.dim)

    def __repr__(self) -> str:
        return "Stack()"


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
half_open_interval = HalfOpenInterval
multinomial = Multinomial
unit_interval = Interval(0.0, 1.0)
simplex = Simplex()
lower_triangular = LowerTriangular()
lower_cholesky = LowerCholesky()
corr_cholesky = CorrCholesky()
square = Square()
symmetric = Symmetric()
positive_semidefinite = PositiveSemidefinite()
positive_definite = PositiveDefinite()
cat = Cat
stack = Stack
independent = IndependentConstraint
real_vector = IndependentConstraint(real, 1)

__all__ = [
    "Constraint",
    "MixtureSameFamilyConstraint",
    "boolean",
    "cat",
    "corr_cholesky",
    "dependent",
    "dependent_property",
    "greater_than",
    "greater_than_eq",
    "half_open_interval",
    "independent",
    "integer_interval",
    "interval",
    "is_dependent",
    "less_than",
    "lower_cholesky",
    "lower_triangular",
    "multinomial",
    "nonnegative",
    "nonnegative_integer",
    "one_hot",
    "positive",
    "positive_definite",
    "positive_integer",
    "positive_semidefinite",
    "real",
    "real_vector",
    "simplex",
    "square",
    "stack",
    "symmetric",
    "unit_interval",
]
