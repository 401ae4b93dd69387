"""Draws that move with their parameters although no formula leads from the parameters to them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy import ndarray as Array

from autograd import Function, finfo
from autograd.extend import array_of, wrap

from ..draw import source


class _Follow(Function):
    """A draw, given as an array, as a function of a parameter: `pull` takes a gradient back to the parameter."""

    @staticmethod
    def forward(ctx: Any, parameter: Any, draw: Array, pull: Callable[[Array], Array]) -> Any:
        ctx.pull = pull
        ctx.save_for_backward(parameter)
        return wrap(draw)

    @staticmethod
    def backward(ctx: Any, dz: Any) -> Any:
        return _Pull.apply(dz, ctx.saved_tensors[0], ctx.pull), None, None


class _Pull(Function):
    """The gradient of a draw's parameter. It depends on the parameter too: no silent zero for its own gradient."""

    @staticmethod
    def forward(ctx: Any, dz: Any, parameter: Any, pull: Callable[[Array], Array]) -> Any:
        return wrap(np.asarray(pull(array_of(dz))).astype(dz.dtype))

    @staticmethod
    def backward(ctx: Any, *grad_outputs: Any) -> Any:
        raise NotImplementedError("the second derivative of draws from Gamma, Beta and Dirichlet is not implemented")


def standard_gamma(concentration: Any, shape: tuple[int, ...], least: Any = 1.0) -> Any:
    """Draws of `shape` from Gamma(concentration, 1), differentiable by `concentration`.

    The draw keeps its quantile: dx/dc = -dF(x; c)/dc / p(x; c) (Figurnov, Mohamed & Mnih 2018, eq. 6). None is below
    `least` times the smallest number of the dtype.
    """
    c = array_of(concentration)
    draw = np.maximum(source().standard_gamma(c, shape), float(finfo(c.dtype).tiny) * np.maximum(least, 1.0))
    draw = np.asarray(draw.astype(c.dtype))

    def pull(dz: Array) -> Array:
        from autograd.ops.incomplete import gamma_slope

        return dz * gamma_slope(c, draw)

    return _Follow.apply(concentration.expand(shape), draw, pull)


def dirichlet(concentration: Any, shape: tuple[int, ...]) -> Any:
    """Draws of `shape` from Dirichlet(concentration), differentiable by `concentration`.

    x_i alone is a draw from Beta(c_i, sum of the other c) and moves with c_i as such; the others, whose proportions do
    not depend on it, share what is left (Jankowiak & Obermeyer 2018, "Pathwise derivatives beyond the
    reparameterization trick").
    """
    c = array_of(concentration)
    draw = draw_dirichlet(c, shape)

    def pull(dz: Array) -> Array:
        from autograd.ops.incomplete import beta_slope

        x = draw.astype(np.float64)
        most = x > 0.5  # 1 - x would have few digits: take the sum of the others
        rest = np.where(most, np.where(most, 0, x).sum(-1, keepdims=True), 1 - x)
        rest = np.maximum(rest, float(finfo(np.float64).tiny))
        wide = c.astype(np.float64)
        others = np.maximum(wide.sum(-1, keepdims=True) - wide, float(finfo(np.float64).tiny))
        slope = beta_slope(wide, others, x, rest) / rest
        return slope * (dz - (dz * x).sum(-1, keepdims=True))

    return _Follow.apply(concentration.expand(shape), draw, pull)


def draw_dirichlet(concentration: Array, shape: tuple[int, ...]) -> Array:
    """Dirichlet vectors of `shape`: Gamma numbers divided by their sum, in logarithms, since small ones underflow.

    Gamma(c) is Gamma(c + 1) u^(1 / c) with u uniform (Marsaglia & Tsang 2000, section 6).
    """
    rng, limits = source(), finfo(concentration.dtype)
    logarithm = np.log(rng.standard_gamma(concentration + 1.0, shape)) - rng.standard_exponential(shape) / concentration
    parts = np.exp(logarithm - logarithm.max(-1, keepdims=True))
    return np.clip(parts / parts.sum(-1, keepdims=True), limits.tiny, 1 - limits.eps / 2).astype(concentration.dtype)
