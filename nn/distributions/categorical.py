"""Categorical."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import nan
from typing import Any

import numpy as np
from numpy import ndarray as Array

from autograd import Size, Tensor, arange, finfo, full, no_grad
from autograd.errors import SettingError, ShapeError
from autograd.extend import array_of, wrap

from ..draw import source
from . import constraints
from .constraints import Constraint
from .distribution import Distribution
from .utils import as_tensor, lazy_property, logits_to_probs, one_of, probs_to_logits


class Categorical(Distribution):
    """One of the classes 0 to K - 1, as int64.

    probs    (..., K): weights from 0 on, which are divided by their sum
    logits   (..., K): their logarithms, up to a constant
    Give one of the two; both attributes are normalised. Logarithms of probabilities 0 stay finite if probs were given.

    >>> import autograd
    >>> Categorical(logits=autograd.tensor([0.0, 0.0])).log_prob(autograd.tensor([0, 1, 1]))
    tensor([-0.6931, -0.6931, -0.6931])
    """

    arg_constraints: Mapping[str, Constraint] = {"probs": constraints.simplex, "logits": constraints.real_vector}
    has_enumerate_support = True

    def __init__(self, probs: Any = None, logits: Any = None, validate_args: bool | None = None) -> None:
        name, value = one_of(probs, logits)
        x = as_tensor(value)
        if x.ndim < 1:
            raise ShapeError(f"`{name}` parameter must be at least one-dimensional.")
        self.__dict__[name] = x / x.sum(-1, keepdim=True) if logits is None else x.log_softmax(-1)
        self._num_events: int = x.shape[-1]
        super().__init__(x.shape[:-1], validate_args=validate_args)

    @lazy_property
    def probs(self) -> Any:
        """(..., K), with sum 1."""
        return logits_to_probs(self.logits)

    @lazy_property
    def logits(self) -> Any:
        """(..., K): log(probs)."""
        return probs_to_logits(self.probs)

    @property
    def param_shape(self) -> Size:
        """The shape of the parameter."""
        return Size((*self._batch_shape, self._num_events))

    @property
    def _dtype(self) -> Any:
        """The dtype of the parameter."""
        return next(self.__dict__[name] for name in self.arg_constraints if name in self.__dict__).dtype

    @property
    def support(self) -> Constraint:
        return constraints.integer_interval(0, self._num_events - 1)

    @property
    def mean(self) -> Tensor:
        return full(self._batch_shape, nan, dtype=self._dtype)

    @property
    def mode(self) -> Tensor:
        return self.probs.argmax(-1)

    @property
    def variance(self) -> Tensor:
        return full(self._batch_shape, nan, dtype=self._dtype)

    def sample(self, sample_shape: Sequence[int] = ()) -> Tensor:
        shape = self._extended_shape(sample_shape)
        with no_grad():
            rows = array_of(self.probs).reshape(-1, self._num_events)
        return wrap(_draw(rows, Size(sample_shape).numel()).reshape(shape))

    def log_prob(self, value: Any) -> Tensor:
        index = self._checked(value).long().unsqueeze(-1)
        shape = np.broadcast_shapes(index.shape[:-1], self._batch_shape)
        logits = self.logits.expand((*shape, self._num_events))
        return logits.gather(-1, index.expand((*shape, 1))).squeeze(-1)

    def entropy(self) -> Tensor:
        finite = self.logits.clamp_min(float(finfo(self.logits.dtype).min))  # 0 * log(0) is 0
        return -(finite * self.probs).sum(-1)

    def enumerate_support(self, expand: bool = True) -> Tensor:
        return self._enumerated(arange(self._num_events), expand)


def _draw(rows: Array, count: int) -> Array:
    """`count` classes from each row of weights, (count, rows): where a uniform number falls among the running sums.

    Row i is searched between i and i + 1, so that one search serves all rows.
    """
    if not (np.isfinite(rows).all() and (rows >= 0).all()):
        raise SettingError("Categorical: probability tensor contains either `inf`, `nan` or element < 0")
    n, k = rows.shape
    running = np.cumsum(rows, axis=1, dtype=np.float64)
    first = np.arange(n)
    ends = (running / running[:, -1:] + first[:, None]).reshape(-1)
    picked = np.searchsorted(ends, source().random((count, n)) + first, side="right") - first * k
    last = k - 1 - np.argmax(rows[:, ::-1] > 0, axis=1)  # rounding may not lead behind the last weight
    return np.minimum(picked, last)
