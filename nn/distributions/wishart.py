"""Wishart."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from autograd import Tensor, broadcast_shapes, mvlgamma, randn, where
from autograd.errors import SettingError
from autograd.extend import array_of, wrap
from autograd.linalg import slogdet, solve

from . import constraints, implicit
from .constraints import Constraint
from .exp_family import ExponentialFamily
from .matrix_scale import MatrixScale, check_matrix, factor_of, given_matrix, half_log_det


class Wishart(MatrixScale, ExponentialFamily):
    """Sums of x x' over `df` normal vectors x of n numbers: positive definite matrices (..., n, n) with mean df * V.

    df                  above n - 1: a number or a Tensor that broadcasts with the batch; need not be whole
    covariance_matrix   V, or in its place
    precision_matrix    its inverse, or
    scale_tril          its Cholesky factor
    """

    df: Tensor  # batch_shape

    support = constraints.positive_definite
    has_rsample = True
    _mean_carrier_measure = 0

    def __init__(
        self,
        df: Any,
        covariance_matrix: Any = None,
        precision_matrix: Any = None,
        scale_tril: Any = None,
        validate_args: bool | None = None,
    ) -> None:
        name, matrix = given_matrix(
            covariance_matrix=covariance_matrix, precision_matrix=precision_matrix, scale_tril=scale_tril
        )
        check_matrix(name, matrix)
        freedom = df if isinstance(df, Tensor) else wrap(np.asarray(df, matrix.dtype))
        batch, event = broadcast_shapes(matrix.shape[:-2], freedom.shape), matrix.shape[-2:]
        if (array_of(freedom) <= event[-1] - 1).any():
            raise SettingError(f"Value of df={df} expected to be greater than ndim - 1 = {event[-1] - 1}.")
        self.df = freedom.expand(batch)
        self._hold(name, matrix, batch, event[-1])
        super().__init__(batch, event, validate_args)
        self._factor = factor_of(name, matrix)

    @property
    def arg_constraints(self) -> Mapping[str, Constraint]:
        return {
            "covariance_matrix": constraints.positive_definite,
            "precision_matrix": constraints.positive_definite,
            "scale_tril": constraints.lower_cholesky,
            "df": constraints.greater_than(self._event_shape[-1] - 1),
        }

    def _over(self, x: Any) -> Any:
        """One number per matrix, with dimensions for its elements."""
        return x.unsqueeze(-1).unsqueeze(-1)

    @property
    def mean(self) -> Tensor:
        return self._over(self.df) * self.covariance_matrix

    @property
    def mode(self) -> Tensor:
        """(df - n - 1) V; NaN where that factor is not positive."""
        factor = self.df - self._event_shape[-1] - 1
        return self._over(where(factor > 0, factor, math.nan)) * self.covariance_matrix

    @property
    def variance(self) -> Tensor:
        v = self.covariance_matrix
        diagonal = v.diagonal(0, -2, -1)
        return self._over(self.df) * (v.square() + diagonal.unsqueeze(-1) * diagonal.unsqueeze(-2))

    def rsample(self, sample_shape: Sequence[int] = ()) -> Tensor:
        # Bartlett 1933: L A A' L' with chi numbers on the diagonal of A and normal numbers below
        n, shape = self._event_shape[-1], self._extended_shape(sample_shape)
        half = (self.df.unsqueeze(-1) - wrap(np.arange(n, dtype=self.df.dtype))) * 0.5
        chi = (implicit.standard_gamma(half, shape[:-1]) * 2).sqrt()
        product = self._factor @ (randn(shape, dtype=self.df.dtype).tril(-1) + chi.diag_embed())
        return product @ product.mT

    def log_prob(self, value: Any) -> Tensor:
        x, n, df = self._checked(value), self._event_shape[-1], self.df
        shape = broadcast_shapes(x.shape, self._factor.shape)
        factor = self._factor.expand(shape)
        trace = solve(factor.mT, solve(factor, x.expand(shape))).diagonal(0, -2, -1).sum(-1)  # of V^-1 x
        constant = df * (n * math.log(2) / 2) + df * half_log_det(self._factor) + mvlgamma(df * 0.5, n)
        return (df - n - 1) * 0.5 * slogdet(x)[1] - trace * 0.5 - constant

    def entropy(self) -> Tensor:
        n, df = self._event_shape[-1], self.df
        halves = (df.unsqueeze(-1) - wrap(np.arange(n, dtype=df.dtype))) * 0.5
        slope = halves.digamma().sum(-1)
        size = half_log_det(self._factor) * (n + 1) + n * (n + 1) / 2 * math.log(2)
        return size + mvlgamma(df * 0.5, n) - (df - n - 1) * 0.5 * slope + df * (n / 2)

    @property
    def _natural_params(self) -> tuple[Any, ...]:
        return self.df * 0.5, self.precision_matrix * -0.5

    def _log_normalizer(self, *natural_params: Any) -> Any:
        x, y = natural_params
        n = self._event_shape[-1]
        return mvlgamma(x, n) - x * slogdet(-y)[1]
