"""Divergences within families: transformed, half-normal, Pareto, normal of low rank, exponential families."""

from __future__ import annotations

from math import inf
from typing import Any

from autograd import where
from autograd.errors import ShapeError
from autograd.linalg import solve

from .continuous_bernoulli import ContinuousBernoulli
from .exp_family import ExponentialFamily, bregman_divergence
from .half_normal import HalfNormal
from .kl import kl_divergence, register_kl
from .lowrank_multivariate_normal import LowRankMultivariateNormal
from .matrix_scale import half_log_det
from .multivariate_normal import MultivariateNormal, mahalanobis
from .pareto import Pareto
from .transformed_distribution import TransformedDistribution


@register_kl(ExponentialFamily, ExponentialFamily)
def _exponential_family(p: Any, q: Any) -> Any:
    return bregman_divergence(p, q)


@register_kl(TransformedDistribution, TransformedDistribution)
def _transformed(p: Any, q: Any) -> Any:
    if p.transforms != q.transforms:
        raise NotImplementedError("No KL(p || q) of TransformedDistribution with different transforms")
    if p.event_shape != q.event_shape:
        raise NotImplementedError("No KL(p || q) of TransformedDistribution with different event shapes")
    return kl_divergence(p.base_dist, q.base_dist)


@register_kl(HalfNormal, HalfNormal)
def _half_normal(p: HalfNormal, q: HalfNormal) -> Any:
    return kl_divergence(p.base_dist, q.base_dist)  # both have twice the density


@register_kl(ContinuousBernoulli, ContinuousBernoulli)
def _continuous_bernoulli(p: Any, q: Any) -> Any:
    return p.mean * (p.logits - q.logits) - p._log_normalizer(p.logits) + q._log_normalizer(q.logits)


@register_kl(Pareto, Pareto)
def _pareto(p: Pareto, q: Pareto) -> Any:
    scale, alpha = p.scale / q.scale, q.alpha / p.alpha
    return where(p.scale < q.scale, inf, q.alpha * scale.log() - alpha.log() + alpha - 1)


def _check_events(p: Any, q: Any) -> None:
    if p.event_shape != q.event_shape:
        raise ShapeError(
            f"KL-divergence between two {type(p).__name__} and {type(q).__name__} with different event shapes cannot "
            f"be computed: {tuple(p.event_shape)} and {tuple(q.event_shape)}"
        )


@register_kl(LowRankMultivariateNormal, LowRankMultivariateNormal)
def _low_rank(p: Any, q: Any) -> Any:
    _check_events(p, q)
    # the trace of q's precision diag(1/d) - A'A times p's covariance W W' + diag(c)
    part = solve(q._core, q._w.mT / q._d.unsqueeze(-2))
    inverse = q._d.reciprocal()
    trace = (
        (p._d * inverse).sum(-1)
        + (p._w.square() * inverse.unsqueeze(-1)).sum((-2, -1))
        - (part.square() * p._d.unsqueeze(-2)).sum((-2, -1))
        - (part @ p._w).square().sum((-2, -1))
    )
    return _gaussian(p, q, trace, p._half_log_det(), q._half_log_det(), q._mahalanobis(q.loc - p.loc))


@register_kl(MultivariateNormal, LowRankMultivariateNormal)
def _full_and_low_rank(p: Any, q: Any) -> Any:
    _check_events(p, q)
    part = solve(q._core, q._w.mT / q._d.unsqueeze(-2))
    trace = (p._factor.square().sum(-1) / q._d).sum(-1) - (part @ p._factor).square().sum((-2, -1))
    away = q._mahalanobis(q.loc - p.loc)
    return _gaussian(p, q, trace, half_log_det(p._factor), q._half_log_det(), away)


@register_kl(LowRankMultivariateNormal, MultivariateNormal)
def _low_rank_and_full(p: Any, q: Any) -> Any:
    _check_events(p, q)
    inner = solve(q._factor, p._w).square().sum((-2, -1))
    trace = inner + solve(q._factor, p._d.sqrt().diag_embed()).square().sum((-2, -1))
    away = mahalanobis(q._factor, q.loc - p.loc)
    return _gaussian(p, q, trace, p._half_log_det(), half_log_det(q._factor), away)


def _gaussian(p: Any, q: Any, trace: Any, half_p: Any, half_q: Any, away: Any) -> Any:
    return (trace + away - p.event_shape[0]) * 0.5 + half_q - half_p
