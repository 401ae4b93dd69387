"""Beta."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from autograd import Tensor, digamma, lgamma, stack

from . import constraints, dirichlet, implicit
from .constraints import Constraint
from .exp_family import ExponentialFamily
from .utils import broadcast_all


class Beta(ExponentialFamily):
    """Numbers between 0 and 1: p(x) is in proportion to x^(a - 1) (1 - x)^(b - 1).

    concentration1, concentration0   a and b, above 0: numbers or Tensors that are broadcast; the mean is a / (a + b)
    `rsample` moves a draw with a and b so that it keeps its quantile: see `implicit.dirichlet`.
    """

    concentration1: Tensor  # batch_shape
    concentration0: Tensor  # batch_shape

    arg_constraints: Mapping[str, Constraint] = {
        "concentration1": constraints.positive,
        "concentration0": constraints.positive,
    }
    support = constraints.unit_interval
    has_rsample = True

    def __init__(self, concentration1: Any, concentration0: Any, validate_args: bool | None = None) -> None:
        self.concentration1, self.concentration0 = broadcast_all(concentration1, concentration0)
        super().__init__(self.concentration1.shape, validate_args=validate_args)

    @property
    def mean(self) -> Tensor:
        return self.concentration1 / (self.concentration1 + self.concentration0)

    @property
    def mode(self) -> Tensor:
        """(a - 1) / (a + b - 2); 1 where a and b are below 1 and both ends are modes."""
        both = stack([self.concentration1, self.concentration0], -1)
        return dirichlet.Dirichlet(both, validate_args=False).mode[..., 0]

    @property
    def variance(self) -> Tensor:
        a, b = self.concentration1, self.concentration0
        total = a + b
        return a * b / (total.square() * (total + 1))

    def rsample(self, sample_shape: Sequence[int] = ()) -> Tensor:
        both = stack([self.concentration1, self.concentration0], -1)
        return implicit.dirichlet(both, (*self._extended_shape(sample_shape), 2))[..., 0]

    def log_prob(self, value: Any) -> Tensor:
        x, a, b = self._checked(value), self.concentration1, self.concentration0
        return (a - 1).xlogy(x) + (b - 1).xlogy(1 - x) - log_beta(a, b)

    def entropy(self) -> Tensor:
        a, b = self.concentration1, self.concentration0
        return log_beta(a, b) - (a - 1) * digamma(a) - (b - 1) * digamma(b) + (a + b - 2) * digamma(a + b)

    @property
    def _natural_params(self) -> tuple[Any, ...]:
        return self.concentration1, self.concentration0

    def _log_normalizer(self, *natural_params: Any) -> Any:
        return log_beta(*natural_params)


def log_beta(a: Any, b: Any) -> Any:
    """log of the beta function, Gamma(a) Gamma(b) / Gamma(a + b)."""
    dtype, a, b = a.dtype, a.double(), b.double()  # three large numbers may leave a small one
    return (lgamma(a) + lgamma(b) - lgamma(a + b)).to(dtype)
