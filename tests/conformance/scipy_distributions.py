"""Distributions against SciPy: densities, probabilities, quantiles, moments and entropies, also far in the tails."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from scipy import stats

import autograd
from nn import distributions as ours

from .compare import Check

Pair = tuple[Callable[..., Any], Callable[..., Any]]

PROBABILITIES = np.array([1e-12, 1e-4, 0.1, 0.5, 0.8, 0.999, 1 - 1e-9])

FAMILIES: dict[str, Pair] = {
    "Beta": (ours.Beta, stats.beta),
    "Cauchy": (ours.Cauchy, stats.cauchy),
    "Chi2": (ours.Chi2, stats.chi2),
    "ContinuousBernoulli": (lambda p: ours.ContinuousBernoulli(p), lambda p: _truncated(p)),
    "Exponential": (ours.Exponential, lambda r: stats.expon(scale=1 / r)),
    "FisherSnedecor": (ours.FisherSnedecor, stats.f),
    "Gamma": (ours.Gamma, lambda c, r: stats.gamma(c, scale=1 / r)),
    "GeneralizedPareto": (ours.GeneralizedPareto, lambda m, s, k: stats.genpareto(k, m, s)),
    "Gumbel": (ours.Gumbel, stats.gumbel_r),
    "HalfCauchy": (ours.HalfCauchy, lambda s: stats.halfcauchy(scale=s)),
    "HalfNormal": (ours.HalfNormal, lambda s: stats.halfnorm(scale=s)),
    "InverseGamma": (ours.InverseGamma, lambda c, r: stats.invgamma(c, scale=r)),
    "Laplace": (ours.Laplace, stats.laplace),
    "LogNormal": (ours.LogNormal, lambda m, s: stats.lognorm(s, scale=np.exp(m))),
    "Normal": (ours.Normal, stats.norm),
    "Pareto": (ours.Pareto, lambda s, a: stats.pareto(a, scale=s)),
    "StudentT": (ours.StudentT, stats.t),
    "VonMises": (ours.VonMises, lambda m, k: stats.vonmises(k, m)),
    "Weibull": (ours.Weibull, lambda s, c: stats.weibull_min(c, scale=s)),
}
"""Ours, and SciPy's as a function of our parameters."""

PARAMETERS: dict[str, tuple[tuple[float, ...], ...]] = {
    "Beta": ((0.3, 0.2), (2.0, 5.0), (1e-3, 1e3), (1e5, 2e5)),
    "Cauchy": ((0.3, 0.2), (-2.0, 50.0)),
    "Chi2": ((0.3,), (5.0,), (1e-2,), (1e6,)),
    "ContinuousBernoulli": ((0.3,), (0.95,), (1e-6,)),
    "Exponential": ((0.3,), (1e5,)),
    "FisherSnedecor": ((0.7, 0.5), (5.0, 9.0), (300.0, 1e4)),
    "Gamma": ((0.3, 2.0), (5.0, 0.1), (1e-2, 1.0), (1e4, 1e3)),
    "GeneralizedPareto": ((0.3, 2.0, 0.2), (-1.0, 0.5, -0.7), (0.0, 1.0, 1e-9), (0.0, 1.0, 2.5)),
    "Gumbel": ((0.3, 0.2), (-2.0, 50.0)),
    "HalfCauchy": ((0.3,), (1e5,)),
    "HalfNormal": ((0.3,), (1e5,)),
    "InverseGamma": ((2.3, 2.0), (5.0, 0.1), (0.2, 1.0)),
    "Laplace": ((0.3, 0.2), (-2.0, 50.0)),
    "LogNormal": ((0.3, 0.2), (-2.0, 3.0)),
    "Normal": ((0.3, 0.2), (-2.0, 50.0)),
    "Pareto": ((0.3, 2.5), (5.0, 0.7)),
    "StudentT": ((0.7, 0.3, 2.0), (5.0, -1.0, 0.1), (1e6, 0.0, 1.0)),
    "VonMises": ((0.3, 2.0), (-1.0, 1e-3), (0.5, 300.0)),
    "Weibull": ((0.3, 2.5), (5.0, 0.7), (1.0, 300.0)),
}

DISCRETE: dict[str, tuple[Callable[..., Any], Callable[..., Any], tuple[tuple[float, ...], ...]]] = {
    "Binomial": (ours.Binomial, stats.binom, ((7, 0.3), (1000, 0.01))),
    "Geometric": (ours.Geometric, lambda p: stats.geom(p, loc=-1), ((0.3,), (1e-5,))),
    "NegativeBinomial": (ours.NegativeBinomial, lambda n, p: stats.nbinom(n, 1 - p), ((7, 0.3), (0.5, 0.99), (1e4, 0.4))),
    "Poisson": (ours.Poisson, stats.poisson, ((0.3,), (1e4,))),
}  # fmt: skip


def _truncated(p: float) -> Any:
    """A continuous Bernoulli variable is exponential, cut off at 1; turned round where it rises."""
    rate = abs(np.log(p / (1 - p)))
    falling = stats.truncexpon(rate, scale=1 / rate)
    if p < 0.5:
        return falling

    class Turned:
        logpdf = staticmethod(lambda x: falling.logpdf(1 - x))
        cdf = staticmethod(lambda x: falling.sf(1 - x))
        ppf = staticmethod(lambda q: 1 - falling.isf(q))
        mean = staticmethod(lambda: 1 - falling.mean())
        var = staticmethod(falling.var)
        entropy = staticmethod(falling.entropy)

    return Turned


def _compare(name: str, got: Any, wanted: Any, tolerance: float = 1e-9) -> str:
    x, y = np.asarray(got.detach().numpy(force=True)), np.asarray(wanted)
    near = np.isclose(x, y, rtol=tolerance, atol=tolerance * 1e-3) | (np.isnan(x) & np.isnan(y))
    return "" if near.all() else f"{name}: {x[~near] if x.ndim else x}, SciPy {y[~near] if y.ndim else y}"


def _continuous(name: str, parameters: tuple[float, ...]) -> str:
    make, reference = FAMILIES[name]
    d = make(*(autograd.tensor(v, dtype="float64") for v in parameters))
    s = reference(*parameters)
    x = s.ppf(PROBABILITIES)
    found = [_compare("log_prob", d.log_prob(autograd.tensor(x)), s.logpdf(x))]
    for quantity, calculate in (("mean", s.mean), ("variance", s.var)):
        wanted = float(calculate())
        if name != "VonMises" and np.isfinite(wanted):  # the others are NaN here and infinite there, or the reverse
            found.append(_compare(quantity, getattr(d, quantity), wanted, 1e-8))
    for quantity, argument, wanted in (
        ("cdf", x, s.cdf(x)),
        ("icdf", PROBABILITIES, x),
        ("entropy", None, s.entropy()),
    ):
        if name == "HalfNormal" and quantity == "icdf":
            argument, wanted = argument[1:], wanted[1:]  # for 1e-12 SciPy has four digits
        try:
            got = getattr(d, quantity)(*([] if argument is None else [autograd.tensor(argument)]))
        except NotImplementedError:
            continue
        found.append(_compare(quantity, got, wanted, 1e-8))
    return "; ".join(text for text in found if text)


def _counting(name: str, parameters: tuple[float, ...]) -> str:
    make, reference, _ = DISCRETE[name]
    d, s = make(*(autograd.tensor(v, dtype="float64") for v in parameters)), reference(*parameters)
    k = np.unique(s.ppf(PROBABILITIES))
    found = [_compare("log_prob", d.log_prob(autograd.tensor(k)), s.logpmf(k))]
    found += [_compare("mean", d.mean, s.mean()), _compare("variance", d.variance, s.var())]
    return "; ".join(text for text in found if text)


def checks() -> Iterator[Check]:
    """(what is compared, the function that compares it)."""
    for name, choices in PARAMETERS.items():
        for parameters in choices:
            yield f"SciPy: {name}{parameters}", lambda n=name, p=parameters: _continuous(n, p)
    for name, (_, _, choices) in DISCRETE.items():
        for parameters in choices:
            yield f"SciPy: {name}{parameters}", lambda n=name, p=parameters: _counting(n, p)
