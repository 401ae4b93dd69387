"""kl_divergence, and the pairs of families for which it is known in closed form."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from math import inf
from typing import Any

from autograd import Tensor, digamma, lgamma, where
from autograd.errors import ShapeError
from autograd.linalg import solve

from ..functional import logsigmoid
from .bernoulli import Bernoulli
from .beta import Beta, log_beta
from .binomial import Binomial
from .categorical import Categorical
from .cauchy import Cauchy
from .dirichlet import Dirichlet
from .distribution import Distribution
from .exponential import Exponential
from .gamma import Gamma
from .geometric import Geometric
from .gumbel import Gumbel
from .independent import Independent
from .laplace import Laplace
from .log_normal import LogNormal
from .matrix_scale import half_log_det
from .multivariate_normal import MultivariateNormal, mahalanobis
from .normal import Normal
from .one_hot_categorical import OneHotCategorical
from .poisson import Poisson
from .uniform import Uniform
from .utils import EULER_GAMMA, sum_rightmost

Formula = Callable[[Any, Any], Any]

_FORMULAS: dict[tuple[type, type], Formula] = {}


def register_kl(type_p: type, type_q: type) -> Callable[[Formula], Formula]:
    """Make the decorated function the formula of `kl_divergence` for these classes and their subclasses."""
    for kind in (type_p, type_q):
        if not (isinstance(kind, type) and issubclass(kind, Distribution)):
            raise TypeError(f"register_kl: Expected type_p and type_q to be Distribution subclasses but got {kind}")

    def register(formula: Formula) -> Formula:
        _FORMULAS[type_p, type_q] = formula
        return formula

    return register


def kl_divergence(p: Distribution, q: Distribution) -> Tensor:
    """The Kullback-Leibler divergence of q from p: the mean of log p(x) - log q(x) over x from p, of shape batch_shape.

    Exact, and differentiable in the parameters of both. The formula registered for the nearest classes of p and q is
    taken. Raises NotImplementedError if there is none.

    >>> kl_divergence(Normal(1.0, 1.0), Normal(0.0, 1.0))
    tensor(0.5000)
    """
    return _formula(type(p), type(q))(p, q)


def _formula(type_p: type, type_q: type) -> Formula:
    found = [
        (type_p.__mro__.index(a), type_q.__mro__.index(b), formula)
        for (a, b), formula in _FORMULAS.items()
        if issubclass(type_p, a) and issubclass(type_q, b)
    ]
    if not found:
        raise NotImplementedError(
            f"No KL(p || q) is implemented for p type {type_p.__name__} and q type {type_q.__name__}"
        )
    nearest = min(found, key=lambda match: match[:2])[2]
    if nearest is not min(found, key=lambda match: (match[1], match[0]))[2]:
        warnings.warn(
            f"Ambiguous kl_divergence({type_p.__name__}, {type_q.__name__}): please register_kl for this pair",
            RuntimeWarning,
            stacklevel=3,
        )
    return nearest


@register_kl(Independent, Independent)
def _independent(p: Independent, q: Independent) -> Any:
    if p.reinterpreted_batch_ndims != q.reinterpreted_batch_ndims:
        raise NotImplementedError("No KL(p || q) of Independent with different reinterpreted_batch_ndims")
    return sum_rightmost(kl_divergence(p.base_dist, q.base_dist), p.reinterpreted_batch_ndims)


# --------------------------------------------------------------------------------------------------- continuous


@register_kl(Normal, Normal)
def _normal(p: Any, q: Any) -> Any:
    square = (p.scale / q.scale).square()
    return (square + ((p.loc - q.loc) / q.scale).square() - 1 - square.log()) * 0.5


@register_kl(LogNormal, LogNormal)
def _log_normal(p: LogNormal, q: LogNormal) -> Any:
    return _normal(p.base_dist, q.base_dist)


@register_kl(MultivariateNormal, MultivariateNormal)
def _multivariate_normal(p: MultivariateNormal, q: MultivariateNormal) -> Any:
    if p.event_shape != q.event_shape:
        raise ShapeError(
            "KL-divergence between two Multivariate Normals with different event shapes cannot be computed: "
            f"{tuple(p.event_shape)} and {tuple(q.event_shape)}"
        )
    n = p.event_shape[0]
    spread = solve(q._factor, p._factor).square().sum((-2, -1))
    away = mahalanobis(q._factor, q.loc - p.loc)
    return (spread + away - n) * 0.5 + half_log_det(q._factor) - half_log_det(p._factor)


@register_kl(Laplace, Laplace)
def _laplace(p: Any, q: Any) -> Any:
    ratio, distance = p.scale / q.scale, (p.loc - q.loc).abs()
    return distance / q.scale + ratio * (-distance / p.scale).exp() - ratio.log() - 1


@register_kl(Cauchy, Cauchy)
def _cauchy(p: Any, q: Any) -> Any:
    # Chyzak & Nielsen 2019
    return ((p.scale + q.scale).square() + (p.loc - q.loc).square()).log() - (p.scale * q.scale * 4).log()


@register_kl(Exponential, Exponential)
def _exponential(p: Any, q: Any) -> Any:
    ratio = q.rate / p.rate
    return ratio - 1 - ratio.log()


@register_kl(Gumbel, Gumbel)
def _gumbel(p: Any, q: Any) -> Any:
    ratio, away = p.scale / q.scale, (p.loc - q.loc) / q.scale
    return away - ratio.log() + (ratio - 1) * EULER_GAMMA - 1 + (lgamma(ratio + 1) - away).exp()


@register_kl(Gamma, Gamma)
def _gamma(p: Any, q: Any) -> Any:
    a, b, ratio = p.concentration, q.concentration, q.rate / p.rate
    return (a - b) * digamma(a) - lgamma(a) + lgamma(b) - b * ratio.log() + a * (ratio - 1)


@register_kl(Beta, Beta)
def _beta(p: Any, q: Any) -> Any:
    a, b = p.concentration1, p.concentration0
    more, less = a - q.concentration1, b - q.concentration0
    same = log_beta(q.concentration1, q.concentration0) - log_beta(a, b)
    return same + more * digamma(a) + less * digamma(b) - (more + less) * digamma(a + b)


@register_kl(Dirichlet, Dirichlet)
def _dirichlet(p: Any, q: Any) -> Any:
    a, b = p.concentration, q.concentration
    log_mean = digamma(a) - digamma(a.sum(-1, keepdim=True))  # the mean of log x
    each = lgamma(b) - lgamma(a) + (a - b) * log_mean
    return each.sum(-1) + lgamma(a.sum(-1)) - lgamma(b.sum(-1))


@register_kl(Uniform, Uniform)
def _uniform(p: Any, q: Any) -> Any:
    beyond = (p.low < q.low) | (p.high > q.high)
    return where(beyond, inf, ((q.high - q.low) / (p.high - p.low)).log())


# --------------------------------------------------------------------------------------------------- discrete


def _excess(chance: Any, other: Any, log_ratio: Any) -> Any:
    """chance * log(chance / other): 0 where chance is 0, else infinite where `other` is."""
    never, impossible = chance == 0, other == 0
    finite = chance * where(never | impossible, 0.0, log_ratio)
    return where(impossible & ~never, inf, finite)


@register_kl(Bernoulli, Bernoulli)
def _bernoulli(p: Any, q: Any) -> Any:
    one = _excess(p.probs, q.probs, logsigmoid(p.logits) - logsigmoid(q.logits))
    return one + _excess(1 - p.probs, 1 - q.probs, logsigmoid(-p.logits) - logsigmoid(-q.logits))


@register_kl(Binomial, Binomial)
def _binomial(p: Any, q: Any) -> Any:
    if (p.total_count < q.total_count).any():
        raise NotImplementedError("KL between Binomials where q.total_count > p.total_count is not implemented")
    return where(p.total_count > q.total_count, inf, p.total_count * _bernoulli(p, q))


@register_kl(Poisson, Poisson)
def _poisson(p: Any, q: Any) -> Any:
    return p.rate.xlogy(p.rate / q.rate) - p.rate + q.rate


@register_kl(Geometric, Geometric)
def _geometric(p: Any, q: Any) -> Any:
    failing = logsigmoid(-p.logits) - logsigmoid(-q.logits)
    return p.mean * failing + logsigmoid(p.logits) - logsigmoid(q.logits)


@register_kl(Categorical, Categorical)
def _categorical(p: Any, q: Any) -> Any:
    return _excess(p.probs, q.probs, p.logits - q.logits).sum(-1)


@register_kl(OneHotCategorical, OneHotCategorical)
def _one_hot_categorical(p: OneHotCategorical, q: OneHotCategorical) -> Any:
    return _categorical(p._categorical, q._categorical)
