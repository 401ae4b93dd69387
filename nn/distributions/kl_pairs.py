"""Divergences between different families: -entropy of p - the mean of log q(x), and infinity where p reaches beyond q.

A mean of log q needs few means over p: of x, its square, log x.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from math import inf
from typing import Any

from autograd import Tensor, broadcast_shapes, digamma, full, lgamma, where

from .bernoulli import Bernoulli
from .beta import Beta, log_beta
from .binomial import Binomial
from .continuous_bernoulli import ContinuousBernoulli
from .exponential import Exponential
from .gamma import Gamma
from .gumbel import Gumbel
from .kl import register_kl
from .laplace import Laplace
from .normal import LOG_ROOT_TAU, Normal
from .pareto import Pareto
from .poisson import Poisson
from .uniform import Uniform
from .utils import EULER_GAMMA


def _for(q: type, *ps: type) -> Callable[[Any], Any]:
    """Register a formula for several p."""

    def register(formula: Any) -> Any:
        for p in ps:
            register_kl(p, q)(formula)
        return formula

    return register


# --------------------------------------------------------------------------------------------- where p is not within q


def _infinite(p: Any, q: Any) -> Any:
    dtype = next(x.dtype for x in p.__dict__.values() if isinstance(x, Tensor))
    return full(broadcast_shapes(p.batch_shape, q.batch_shape), inf, dtype=dtype)


_for(Beta, Exponential, Gamma, Gumbel, Laplace, Normal, Pareto)(_infinite)
_for(ContinuousBernoulli, Exponential, Gamma, Gumbel, Laplace, Normal, Pareto)(_infinite)
_for(Uniform, Exponential, Gamma, Gumbel, Laplace, Normal, Pareto)(_infinite)
_for(Pareto, Beta, ContinuousBernoulli, Exponential, Gamma, Gumbel, Laplace, Normal)(_infinite)
_for(Exponential, Gumbel, Laplace, Normal)(_infinite)
_for(Gamma, Gumbel, Laplace, Normal)(_infinite)
_for(Bernoulli, Poisson)(_infinite)
_for(Binomial, Poisson)(_infinite)


# ------------------------------------------------------------------------------------------------------ means over p


def _mean_log(p: Any) -> Any:
    """The mean of log x over p."""
    if isinstance(p, Beta):
        return digamma(p.concentration1) - digamma(p.concentration1 + p.concentration0)
    if isinstance(p, Exponential):
        return -EULER_GAMMA - p.rate.log()
    if isinstance(p, Pareto):
        return p.scale.log() + p.alpha.reciprocal()
    return (p.high.xlogy(p.high) - p.low.xlogy(p.low)) / (p.high - p.low) - 1  # Uniform


def _held(p: Any, beyond: Any) -> tuple[Any, Any]:
    """p, with harmless parameters where the divergence is infinite: their gradient there is 0, not NaN."""
    if not beyond.any():
        return p, None
    if isinstance(p, Pareto):
        return Pareto(where(beyond, 1.0, p.scale), where(beyond, 3.0, p.alpha), validate_args=False), beyond
    return Uniform(where(beyond, 0.25, p.low), where(beyond, 0.75, p.high), validate_args=False), beyond


def _within(p: Any, low: float, high: float = inf) -> tuple[Any, Any]:
    """p, and where it reaches below `low` or above `high`, which only a Uniform can."""
    return _held(p, (p.low < low) | (p.high > high)) if isinstance(p, Uniform) else (p, None)


def _unless(beyond: Any, z: Any) -> Any:
    return z if beyond is None else where(beyond, inf, z)


@_for(Poisson, Bernoulli)
def _to_poisson(p: Any, q: Any) -> Any:
    return -p.entropy() - p.probs * q.rate.log() + q.rate


@_for(ContinuousBernoulli, Beta, Uniform)
def _to_continuous_bernoulli(p: Any, q: Any) -> Any:
    p, beyond = _within(p, 0.0, 1.0)
    return _unless(beyond, -p.entropy() - p.mean * q.logits + q._log_normalizer(q.logits))


@_for(Exponential, Beta, ContinuousBernoulli, Gamma, Pareto, Uniform)
def _to_exponential(p: Any, q: Any) -> Any:
    p, beyond = _held(p, p.alpha <= 1) if isinstance(p, Pareto) else _within(p, 0.0)
    return _unless(beyond, q.rate * p.mean - q.rate.log() - p.entropy())


@_for(Gamma, Beta, Exponential, Pareto, Uniform)
def _to_gamma(p: Any, q: Any) -> Any:
    c = q.concentration
    p, beyond = _held(p, p.alpha <= 1) if isinstance(p, Pareto) else _within(p, 0.0)
    return _unless(beyond, q.rate * p.mean - (c - 1) * _mean_log(p) - c * q.rate.log() + lgamma(c) - p.entropy())


@_for(Normal, Beta, ContinuousBernoulli, Exponential, Gamma, Gumbel, Laplace, Pareto, Uniform)
def _to_normal(p: Any, q: Any) -> Any:
    p, beyond = _held(p, p.alpha <= 2) if isinstance(p, Pareto) else (p, None)
    square = p.variance + (p.mean - q.loc).square()
    return _unless(beyond, square / (q.scale.square() * 2) + q.scale.log() + LOG_ROOT_TAU - p.entropy())


@_for(Uniform, Beta, ContinuousBernoulli)
def _to_uniform(p: Any, q: Any) -> Any:
    return where((q.low > 0) | (q.high < 1), inf, (q.high - q.low).log() - p.entropy())


@_for(Gumbel, Exponential, Gamma, Normal, Uniform)
def _to_gumbel(p: Any, q: Any) -> Any:
    # log q = -z - exp(-z) - log(scale) with z = (x - loc) / scale: needs the mean of exp(-x / scale)
    scale = q.scale
    if isinstance(p, Exponential):
        growth = -(1 / (p.rate * scale)).log1p()
    elif isinstance(p, Gamma):
        growth = -p.concentration * (1 / (p.rate * scale)).log1p()
    elif isinstance(p, Normal):
        growth = p.variance / (scale.square() * 2) - p.loc / scale
    else:
        width = (p.high - p.low) / scale
        growth = (-(-width).expm1() / width).log() - p.low / scale
    return (p.mean - q.loc) / scale + (growth + q.loc / scale).exp() + scale.log() - p.entropy()


@_for(Laplace, Normal)
def _to_laplace(p: Any, q: Any) -> Any:
    away = (p.loc - q.loc) / (p.scale * math.sqrt(2))
    distance = p.scale * math.sqrt(2) * (away * away.erf() + (-away.square()).exp() / math.sqrt(math.pi))
    return distance / q.scale + (q.scale * 2).log() - p.entropy()


@_for(Beta, Uniform)
def _to_beta(p: Any, q: Any) -> Any:
    a, b = q.concentration1, q.concentration0
    p, beyond = _within(p, 0.0, 1.0)
    mirrored = ((1 - p.low).xlogy(1 - p.low) - (1 - p.high).xlogy(1 - p.high)) / (p.high - p.low) - 1
    return _unless(beyond, log_beta(a, b) - (a - 1) * _mean_log(p) - (b - 1) * mirrored - p.entropy())


@_for(Pareto, Uniform)
def _to_pareto(p: Any, q: Any) -> Any:
    beyond = p.low < q.scale
    p, beyond = _held(p, beyond)
    return _unless(beyond, (q.alpha + 1) * _mean_log(p) - q.alpha.log() - q.alpha * q.scale.log() - p.entropy())
