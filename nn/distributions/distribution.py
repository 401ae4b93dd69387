"""Distribution: what all distributions share."""

from __future__ import annotations

import copy
import warnings
from collections.abc import Mapping, Sequence
from typing import Any, Self

import numpy as np
from numpy import ndarray as Array

from autograd import Size, Tensor, no_grad
from autograd.errors import SettingError, ShapeError
from autograd.extend import array_of

from .constraints import Constraint
from .utils import as_tensor


class Distribution:
    """Base class: a batch of independent distributions over events of one shape.

    batch_shape     how many distributions: the shape to which the parameters are broadcast
    event_shape     the shape of what one of them gives: () for numbers, (n,) for vectors
    validate_args   check parameters and values, as `set_default_validate_args` says unless given here

    A sample has shape sample_shape + batch_shape + event_shape. `log_prob` takes such Tensors, or what broadcasts to
    them, and returns one number per event, without the event's dimensions. A subclass names its parameters in
    `arg_constraints` and what it can give in `support`.
    """

    has_rsample: bool = False
    has_enumerate_support: bool = False
    _validate_args: bool = __debug__

    @staticmethod
    def set_default_validate_args(value: bool) -> None:
        """Check parameters and values from now on, or not. At first they are checked, except under `python -O`."""
        if value not in (True, False):
            raise SettingError(f"set_default_validate_args: wanted True or False, got {value!r}")
        Distribution._validate_args = bool(value)

    def __init__(
        self, batch_shape: Sequence[int] = (), event_shape: Sequence[int] = (), validate_args: bool | None = None
    ) -> None:
        self._batch_shape = Size(batch_shape)
        self._event_shape = Size(event_shape)
        if validate_args is not None:
            self._validate_args = validate_args
        if self._validate_args:
            self._validate_parameters()

    def expand(self, batch_shape: Sequence[int]) -> Self:
        """The same distributions, repeated to fill `batch_shape`, without a copy of the parameters."""
        new = copy.copy(self)
        new._batch_shape = Size(batch_shape)
        for name, constraint in self.arg_constraints.items():
            if name in self.__dict__:
                x = self.__dict__[name]
                new.__dict__[name] = x.expand((*batch_shape, *x.shape[x.ndim - constraint.event_dim :]))
        return new

    # -------------------------------------------------------------------------------------------------- description

    @property
    def batch_shape(self) -> Size:
        """How many distributions."""
        return self._batch_shape

    @property
    def event_shape(self) -> Size:
        """The shape of what one of them gives."""
        return self._event_shape

    @property
    def arg_constraints(self) -> Mapping[str, Constraint]:
        """The names of the parameters, and what each may be."""
        return {}

    @property
    def support(self) -> Constraint:
        """What the distribution can give."""
        raise NotImplementedError(f"{type(self).__name__} does not define its support")

    @property
    def mean(self) -> Tensor:
        """The expected value, of shape batch_shape + event_shape."""
        raise NotImplementedError(f"{type(self).__name__} does not implement mean")

    @property
    def mode(self) -> Tensor:
        """The value of highest probability or density."""
        raise NotImplementedError(f"{type(self).__name__} does not implement mode")

    @property
    def variance(self) -> Tensor:
        """The expected squared distance from the mean, element by element."""
        raise NotImplementedError(f"{type(self).__name__} does not implement variance")

    @property
    def stddev(self) -> Tensor:
        """The root of the variance."""
        return self.variance.sqrt()

    # -------------------------------------------------------------------------------------------------- computation

    def sample(self, sample_shape: Sequence[int] = ()) -> Tensor:
        """Random values, as constants: no gradient flows to the parameters."""
        with no_grad():
            return self.rsample(sample_shape)

    def sample_n(self, n: int) -> Tensor:
        """The old name of `sample((n,))`."""
        warnings.warn("`sample_n(n)` will be deprecated. Use `sample((n,))` instead.", FutureWarning, stacklevel=2)
        return self.sample((n,))

    def rsample(self, sample_shape: Sequence[int] = ()) -> Tensor:
        """Random values as a differentiable function of the parameters, where `has_rsample`."""
        raise NotImplementedError(f"{type(self).__name__} does not implement rsample")

    def log_prob(self, value: Any) -> Tensor:
        """The logarithm of the probability, or of the density, at `value`."""
        raise NotImplementedError(f"{type(self).__name__} does not implement log_prob")

    def cdf(self, value: Any) -> Tensor:
        """The probability of at most `value`."""
        raise NotImplementedError(f"{type(self).__name__} does not implement cdf")

    def icdf(self, value: Any) -> Tensor:
        """The number up to which the probability is `value`."""
        raise NotImplementedError(f"{type(self).__name__} does not implement icdf")

    def enumerate_support(self, expand: bool = True) -> Tensor:
        """All values of a discrete distribution, along a new first dimension; batch dimensions of size 1 if not
        `expand`."""
        raise NotImplementedError(f"{type(self).__name__} does not implement enumerate_support")

    def entropy(self) -> Tensor:
        """The expected value of -log_prob, of shape batch_shape, in nats."""
        raise NotImplementedError(f"{type(self).__name__} does not implement entropy")

    def perplexity(self) -> Tensor:
        """exp(entropy): as uncertain as a choice among so many."""
        return self.entropy().exp()

    def _extended_shape(self, sample_shape: Sequence[int] = ()) -> Size:
        return Size((*sample_shape, *self._batch_shape, *self._event_shape))

    def _enumerated(self, values: Tensor, expand: bool) -> Tensor:
        """Values along a first dimension, with room for the batch, repeated over it if `expand`."""
        z: Any = values.reshape(len(values), *(1 for _ in self._batch_shape), *self._event_shape)
        return z.expand(len(values), *self._batch_shape, *self._event_shape) if expand else z

    # -------------------------------------------------------------------------------------------------- checks

    def _given(self) -> list[str]:
        """The parameters that were given; of two of which one follows from the other, only one was."""
        return [
            name
            for name in self.arg_constraints
            if name in self.__dict__ or type(getattr(type(self), name, None)) is property
        ]

    def _validate_parameters(self) -> None:
        for name in self._given():
            constraint, value = self.arg_constraints[name], getattr(self, name)
            inside = array_of(constraint.check(value.detach()))
            if not inside.all():
                raise SettingError(
                    f"Expected parameter {name} ({type(value).__name__} of shape {tuple(value.shape)}) of distribution "
                    f"{self!r} to satisfy the constraint {constraint!r}, but found invalid values: "
                    f"{_outside(array_of(value), inside, constraint)}"
                )

    def _checked(self, value: Any) -> Any:
        """`value` as a Tensor, after the checks unless these are switched off."""
        x = as_tensor(value)
        if self._validate_args:
            self._validate_sample(x)
        return x

    def _validate_sample(self, value: Any) -> None:
        given, event = tuple(value.shape), tuple(self._event_shape)
        if given[len(given) - len(event) :] != event:
            raise ShapeError(f"The right-most size of value must match event_shape: {given} vs {event}.")
        wanted = (*self._batch_shape, *event)
        for i, j in zip(reversed(given), reversed(wanted), strict=False):
            if i != j and 1 not in (i, j):
                raise ShapeError(f"Value is not broadcastable with batch_shape+event_shape: {given} vs {wanted}.")
        support = self.support
        inside = array_of(support.check(value.detach()))
        if not inside.all():
            raise SettingError(
                f"Expected value argument ({type(value).__name__} of shape {given}) to be within the support "
                f"({support!r}) of the distribution {self!r}, but found invalid values: "
                f"{_outside(array_of(value), inside, support)}"
            )

    def __repr__(self) -> str:
        given = [(name, getattr(self, name)) for name in self._given()]
        texts = [f"{name}: {array_of(x).reshape(-1)[0] if x.numel() == 1 else x.shape}" for name, x in given]
        return f"{type(self).__name__}({', '.join(texts)})"


def _outside(value: Array, inside: Array, constraint: Constraint) -> str:
    """How many events are wrong, and the first of them."""
    index = tuple(int(i) for i in np.argwhere(~inside)[0])
    events = np.broadcast_to(value, inside.shape + value.shape[value.ndim - constraint.event_dim :])
    place = f" at index {index}" if index else ""
    return f"{inside.size - np.count_nonzero(inside)} of {inside.size}, the first {events[index]}{place}"
