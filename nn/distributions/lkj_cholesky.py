"""LKJCholesky."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from autograd import Tensor, finfo, lgamma, mvlgamma
from autograd.errors import SettingError
from autograd.extend import array_of, wrap

from ..draw import source
from . import constraints
from .constraints import Constraint
from .distribution import Distribution
from .implicit import draw_dirichlet
from .utils import broadcast_all


class LKJCholesky(Distribution):
    """Cholesky factors (..., dim, dim) of correlation matrices C; p(C) is in proportion to det(C)^(concentration - 1).

    1: all correlation matrices are equally likely; more: closer to the identity. Lewandowski, Kurowicka & Joe 2009.
    """

    concentration: Tensor  # batch_shape

    arg_constraints: Mapping[str, Constraint] = {"concentration": constraints.positive}
    support = constraints.corr_cholesky

    def __init__(self, dim: int, concentration: Any = 1.0, validate_args: bool | None = None) -> None:
        if dim < 2:
            raise SettingError(f"Expected dim to be an integer greater than or equal to 2. Found dim={dim}.")
        self.dim = dim
        (self.concentration,) = broadcast_all(concentration)
        super().__init__(self.concentration.shape, (dim, dim), validate_args)

    def sample(self, sample_shape: Sequence[int] = ()) -> Tensor:
        """By the onion method, section 3.2: row i has i elements in a random direction, of Beta-distributed length."""
        c = array_of(self.concentration)
        shape, n = self._extended_shape(sample_shape), self.dim
        rows = np.arange(1, n)
        pair = np.broadcast_arrays(rows / 2, c.astype(np.float64)[..., None] + (n - 1 - rows) / 2)
        squared = draw_dirichlet(np.stack(pair, -1), (*shape[:-1][:-1], n - 1, 2))
        factor = np.zeros(shape)
        factor[..., 0, 0] = 1
        directions = source().standard_normal((*shape[:-2], n - 1, n - 1)) * np.tri(n - 1)
        directions /= np.linalg.norm(directions, axis=-1, keepdims=True)
        factor[..., 1:, :-1] = directions * np.sqrt(squared[..., 0])[..., None]
        factor[..., rows, rows] = np.sqrt(np.maximum(squared[..., 1], float(finfo(c.dtype).tiny)))
        return wrap(factor.astype(c.dtype))

    def log_prob(self, value: Any) -> Tensor:
        factor, n, c = self._checked(value), self.dim, self.concentration
        # the power of each diagonal element: that of det(C), and the Jacobian of C = L L'
        order = (c - 1).unsqueeze(-1) * 2 + wrap(np.arange(n - 2, -1, -1, dtype=c.dtype))
        density = (order * factor.diagonal(0, -2, -1)[..., 1:].log()).sum(-1)
        alpha = c + (n - 1) / 2
        constant = mvlgamma(alpha - 0.5, n - 1) - lgamma(alpha) * (n - 1) + (n - 1) / 2 * math.log(math.pi)
        return density - constant
