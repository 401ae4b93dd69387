"""Distributions: densities sum to one, draws have the moments, gradients are slopes. PyTorch's numbers are compared by
`python -m tests.conformance --only distributions`."""

import copy
import math
import pickle
import subprocess
import sys
import types

import numpy as np
import pytest

import autograd
import nn.distributions as D
import nn.functional as F
from autograd.errors import SettingError, ShapeError
from autograd.modes import tape
from nn import Linear, optim


def double(values, requires_grad=False):
    return autograd.tensor(np.asarray(values, np.float64), requires_grad=requires_grad)


A, B = [0.3, -1.2], [0.8, 1.7]
MATRIX, FACTOR = [[2.0, 0.6], [0.6, 1.0]], [[1.0, 0.0], [0.5, 2.0]]

CONTINUOUS = {
    "Normal": (lambda: D.Normal(double(A), double(B)), -15, 15),
    "LogNormal": (lambda: D.LogNormal(double(A), double([0.3, 0.5])), 1e-9, 30),
    "Uniform": (lambda: D.Uniform(double(A), double(B)), -2, 2),
    "Laplace": (lambda: D.Laplace(double(A), double(B)), -60, 60),
    "Exponential": (lambda: D.Exponential(double(B)), 0, 60),
    "Gumbel": (lambda: D.Gumbel(double(A), double(B)), -15, 60),
    "Gamma": (lambda: D.Gamma(double([2.5, 3.7]), double(B)), 0, 60),
    "Beta": (lambda: D.Beta(double([2.5, 3.7]), double([2.8, 2.2])), 0, 1),
    "RelaxedBernoulli": (lambda: D.RelaxedBernoulli(0.7, logits=double(A)), 1e-7, 1 - 1e-7),
    "MixtureSameFamily": (
        lambda: D.MixtureSameFamily(D.Categorical(double([[0.3, 0.7], [1, 1]])), D.Normal(double(A), double(B))),
        -15,
        15,
    ),
    "StudentT": (lambda: D.StudentT(double([7.0, 12.5]), double(A), double(B)), -150, 150),
    "HalfNormal": (lambda: D.HalfNormal(double(B)), 0, 15),
    "Chi2": (lambda: D.Chi2(double([2.5, 7.0])), 0, 90),
    "FisherSnedecor": (lambda: D.FisherSnedecor(double([5.0, 8.0]), double([14.0, 20.0])), 1e-9, 90),
    "InverseGamma": (lambda: D.InverseGamma(double([7.0, 9.5]), double(B)), 1e-9, 12),
    "Pareto": (lambda: D.Pareto(double(0.7), double([7.0, 9.5])), 0.7, 60),
    "Weibull": (lambda: D.Weibull(double(B), double([1.5, 4.0])), 1e-9, 15),
    "Kumaraswamy": (lambda: D.Kumaraswamy(double([1.5, 4.0]), double([2.0, 3.5])), 0, 1),
    "ContinuousBernoulli": (lambda: D.ContinuousBernoulli(double([0.1, 0.5])), 0, 1),
    "ContinuousBernoulli logits": (lambda: D.ContinuousBernoulli(logits=double([9.0, -0.2])), 0, 1),
    "GeneralizedPareto": (lambda: D.GeneralizedPareto(double(0.3), double(B), double([0.1, -0.05])), 0.3, 30),
}
DISCRETE = {
    "Bernoulli": (lambda: D.Bernoulli(double([0.3, 0.9])), 2),
    "Bernoulli logits": (lambda: D.Bernoulli(logits=double(A)), 2),
    "Geometric": (lambda: D.Geometric(double([0.3, 0.9])), 200),
    "Poisson": (lambda: D.Poisson(double([0.3, 7.0])), 60),
    "Binomial": (lambda: D.Binomial(double([5, 9]), double([0.3, 0.9])), 10),
    "NegativeBinomial": (lambda: D.NegativeBinomial(double([2.5, 9.0]), double([0.3, 0.6])), 120),
    "Categorical": (lambda: D.Categorical(double([[1, 2, 0], [3, 0.5, 2]])), 3),
    "Categorical logits": (lambda: D.Categorical(logits=double([[1, 2, 0], [3, 0.5, 2]])), 3),
}
ALL = {name: make for name, (make, *_) in (CONTINUOUS | DISCRETE).items()} | {
    "Cauchy": lambda: D.Cauchy(double(A), double(B)),
    "OneHotCategorical": lambda: D.OneHotCategorical(double([[1, 2, 0.5], [3, 0.5, 2]])),
    "OneHotCategoricalStraightThrough": lambda: D.OneHotCategoricalStraightThrough(double([[1, 2, 3], [3, 0.5, 2]])),
    "Dirichlet": lambda: D.Dirichlet(double([[1.5, 2, 0.5], [3, 0.7, 2]])),
    "MultivariateNormal": lambda: D.MultivariateNormal(double([A, B]), double(MATRIX)),
    "Independent": lambda: D.Independent(D.Normal(double([[A, B], [B, A]]), double(B)), 1),
    "RelaxedOneHotCategorical": lambda: D.RelaxedOneHotCategorical(0.7, logits=double([[1, 2, 3], [0.0, 1, 2]])),
    "HalfCauchy": lambda: D.HalfCauchy(double(B)),
    "VonMises": lambda: D.VonMises(double(A), double(B)),
    "Multinomial": lambda: D.Multinomial(7, double([[1, 2, 0.5], [3, 0.5, 2]])),
    "LogisticNormal": lambda: D.LogisticNormal(double([A, B]), double(B)),
    "LowRankMultivariateNormal": lambda: D.LowRankMultivariateNormal(double([A, B]), double([[0.5], [2.0]]), double(B)),
    "Wishart": lambda: D.Wishart(double([2.5, 6.0]), double(MATRIX)),
    "LKJCholesky": lambda: D.LKJCholesky(4, double([0.7, 3.0])),
    "TransformedDistribution": lambda: D.TransformedDistribution(
        D.Gamma(double([2.0, 3.0]), double(B)), [D.AffineTransform(double(B), double(-0.5)), D.TanhTransform()]
    ),
}
NO_MOMENTS = ("HalfCauchy", "Cauchy", "VonMises", "LogisticNormal", "LKJCholesky", "TransformedDistribution",
              "RelaxedBernoulli", "RelaxedOneHotCategorical")  # fmt: skip


def grid(low, high, count=400_001):
    return np.linspace(low, high, count)


def integral(values, x):
    return np.trapezoid(values, x, axis=0)


# ------------------------------------------------------------------------------------------------ probabilities


@pytest.mark.parametrize("name", CONTINUOUS)
def test_densities_integrate_to_one_and_give_the_moments(name):
    make, low, high = CONTINUOUS[name]
    d = make()
    x = 1 / (1 + np.exp(-grid(-30, 30))) if name == "RelaxedBernoulli" else grid(low, high)
    inside = double(x[:, None]).clamp(d.low, d.high - 1e-12) if name == "Uniform" else double(x[:, None])
    density = d.log_prob(inside).exp().numpy()
    if name == "Uniform":
        density = np.where((x[:, None] >= d.low.numpy()) & (x[:, None] < d.high.numpy()), density, 0)
    np.testing.assert_allclose(integral(density, x), 1, rtol=1e-4)
    if name == "RelaxedBernoulli":
        return
    mean = integral(density * x[:, None], x)
    variance = integral(density * x[:, None] ** 2, x) - mean**2
    np.testing.assert_allclose(d.mean.numpy(), mean, rtol=1e-3, atol=1e-4)
    np.testing.assert_allclose(d.variance.numpy(), variance, rtol=1e-3)
    np.testing.assert_allclose(d.stddev.numpy(), np.sqrt(variance), rtol=1e-3)
    if name not in ("MixtureSameFamily", "FisherSnedecor"):
        with np.errstate(all="ignore"):
            surprise = np.where(density > 0, -density * np.log(density), 0)
        np.testing.assert_allclose(d.entropy().numpy(), integral(surprise, x), rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("name", DISCRETE)
def test_probabilities_sum_to_one_and_give_the_moments(name):
    make, count = DISCRETE[name]
    d = make()
    x = np.arange(count)[:, None]
    d._validate_args = False
    p = np.nan_to_num(d.log_prob(double(x)).exp().numpy())
    np.testing.assert_allclose(p.sum(0), 1, rtol=1e-12)
    if not name.startswith("Categorical"):
        np.testing.assert_allclose(d.mean.numpy(), (p * x).sum(0), rtol=1e-10)
        np.testing.assert_allclose(d.variance.numpy(), (p * x**2).sum(0) - (p * x).sum(0) ** 2, rtol=1e-10)
    if name not in ("Poisson", "Binomial", "NegativeBinomial"):
        entropy = -(p * np.log(np.maximum(p, 1e-300))).sum(0)
        np.testing.assert_allclose(d.entropy().numpy(), entropy, rtol=1e-10, atol=1e-12)


def test_binomial_entropy_is_a_sum_over_its_support():
    d = D.Binomial(4, double([0.3, 0.9]))
    p = d.log_prob(d.enumerate_support()).exp().numpy()
    np.testing.assert_allclose(d.entropy().numpy(), -(p * np.log(p)).sum(0))
    with pytest.raises(NotImplementedError, match="Inhomogeneous total count"):
        D.Binomial(double([4, 5]), double(0.5)).entropy()


def test_vectors_integrate_to_one():
    x = np.linspace(-10, 10, 801)
    points = double(np.stack(np.meshgrid(x, x, indexing="ij"), -1))
    d = D.MultivariateNormal(double(A), double(MATRIX))
    assert d.log_prob(points).exp().sum().item() * (x[1] - x[0]) ** 2 == pytest.approx(1, abs=1e-8)
    u = (np.arange(1000) + 0.5) / 1000
    a, b = np.meshgrid(u, u, indexing="ij")
    kept = a + b < 1
    simplex = double(np.stack([a[kept], b[kept], 1 - a[kept] - b[kept]], -1))
    for e in (D.Dirichlet(double([1.5, 2.0, 2.5])), D.RelaxedOneHotCategorical(1.5, logits=double([0.0, 0.5, 1.0]))):
        assert e.log_prob(simplex).exp().sum().item() / 1000**2 == pytest.approx(1, abs=0.01)


WITH_QUANTILES = ["Normal", "LogNormal", "Uniform", "Laplace", "Exponential", "Gumbel", "Cauchy", "HalfNormal",
                  "HalfCauchy", "Pareto", "Weibull", "Kumaraswamy", "ContinuousBernoulli", "ContinuousBernoulli logits",
                  "GeneralizedPareto"]  # fmt: skip


@pytest.mark.parametrize("name", WITH_QUANTILES)
def test_cdf_is_the_integral_of_the_density_and_icdf_its_inverse(name):
    d = ALL[name]()
    p = double([[0.1, 0.1], [0.5, 0.5], [0.97, 0.9]])
    x = d.icdf(p)
    np.testing.assert_allclose(d.cdf(x).numpy(), p.numpy(), rtol=1e-11)
    leaf = x.detach().requires_grad_()
    (slope,) = autograd.grad(d.cdf(leaf).sum(), [leaf])
    np.testing.assert_allclose(slope.numpy(), d.log_prob(x).exp().numpy(), rtol=1e-10)


def test_the_tail_of_the_normal_keeps_its_digits():
    assert D.Normal(0.0, 1.0).cdf(double(-20.0)).item() == pytest.approx(2.7536241186062337e-89, rel=1e-10)


def test_quantiles_keep_their_digits_in_the_lower_tail():
    """The kind: 2 p - 1 and p - 1/2 forget a small p."""
    p = double(1e-30)
    for d, wanted in [
        (D.Normal(double(0.0), 1.0), -11.4640246904437),
        (D.Cauchy(double(0.0), 1.0), -1e30 / math.pi),
        (D.Laplace(double(0.0), 1.0), math.log(2e-30)),
        (D.LogNormal(double(0.0), 1.0), math.exp(-11.4640246904437)),
        (D.Exponential(double(1.0)), 1e-30),
        (D.Gumbel(double(0.0), 1.0), -math.log(30 * math.log(10))),
        (D.HalfNormal(double(1.0)), 1e-30 * math.sqrt(math.pi / 2)),
        (D.HalfCauchy(double(1.0)), 1e-30 * math.pi / 2),
        (D.Pareto(double(1.0), 1e-30), math.e),
        (D.Weibull(double(1.0), 2.0), 1e-15),
        (D.Kumaraswamy(double(2.0), 3.0), math.sqrt(1e-30 / 3)),
        (D.ContinuousBernoulli(logits=double(2.0)), 1e-30 * math.expm1(2) / 2),
        (D.GeneralizedPareto(double(0.0), 1.0, 0.5), 1e-30),
    ]:
        assert d.icdf(p).item() == pytest.approx(wanted, rel=1e-9), d


def test_laplace_cdf_has_a_slope_at_its_peak():
    x = double(0.0, requires_grad=True)
    D.Laplace(0.0, 1.0).cdf(x).backward()
    assert x.grad.item() == 0.5


def test_the_three_matrices_of_a_multivariate_normal_agree():
    covariance = double(MATRIX)
    by = [
        D.MultivariateNormal(double(A), covariance),
        D.MultivariateNormal(double(A), precision_matrix=autograd.linalg.inv(covariance)),
        D.MultivariateNormal(double(A), scale_tril=autograd.linalg.cholesky(covariance)),
    ]
    for d in by:
        np.testing.assert_allclose(d.covariance_matrix.numpy(), MATRIX, rtol=1e-12)
        np.testing.assert_allclose(d.precision_matrix.numpy(), np.linalg.inv(MATRIX), rtol=1e-12)
        np.testing.assert_allclose(d.scale_tril.numpy(), np.linalg.cholesky(MATRIX), rtol=1e-12, atol=1e-15)
        np.testing.assert_allclose(d.log_prob(double(B)).item(), by[0].log_prob(double(B)).item(), rtol=1e-12)


def test_independent_normals_are_a_multivariate_normal():
    diagonal = D.Independent(D.Normal(double(A), double(B)), 1)
    full = D.MultivariateNormal(double(A), scale_tril=autograd.diag(double(B)))
    x = double([[0.1, 0.2], [1.0, -3.0]])
    np.testing.assert_allclose(diagonal.log_prob(x).numpy(), full.log_prob(x).numpy(), rtol=1e-12)
    assert diagonal.entropy().item() == pytest.approx(full.entropy().item())


def test_one_hot_categorical_is_categorical():
    logits = double([[1, 2, 0.5], [3, 0.5, 2]])
    index = autograd.tensor([2, 0])
    one_hot = D.OneHotCategorical(logits=logits).log_prob(F.one_hot(index, 3))
    assert one_hot.tolist() == D.Categorical(logits=logits).log_prob(index).tolist()


def test_certain_events_have_no_entropy_and_finite_gradients():
    logits = double([0.0, -np.inf, 1.0], requires_grad=True)
    d = D.Categorical(logits=logits)
    assert d.entropy().item() == pytest.approx(D.Categorical(logits=double([0.0, 1.0])).entropy().item())
    (d.entropy() + d.log_prob(autograd.tensor(0)) + D.kl_divergence(d, D.Categorical(double([1.0, 1, 1])))).backward()
    assert np.isfinite(logits.grad.numpy()).all()
    assert D.Bernoulli(double([0.0, 1.0])).entropy().numpy() == pytest.approx([0, 0], abs=1e-13)
    assert D.Geometric(1.0).log_prob(autograd.tensor([0.0, 1.0])).tolist() == [0, -np.inf]


# ------------------------------------------------------------------------------------------------ draws


@pytest.mark.parametrize("name", ALL)
def test_draws_have_the_shape_and_lie_in_the_support(name):
    autograd.manual_seed(1)
    d = ALL[name]()
    x = d.sample((4, 3))
    assert x.shape == (4, 3, *d.batch_shape, *d.event_shape)
    assert d.sample().shape == (*d.batch_shape, *d.event_shape)
    assert d.log_prob(x).shape == (4, 3, *d.batch_shape)
    assert np.isfinite(d.log_prob(x).numpy()).all()
    assert x.dtype == (np.int64 if name.startswith("Categorical") else np.float64)


@pytest.mark.parametrize("name", sorted(ALL.keys() - set(NO_MOMENTS)))
def test_draws_have_the_moments(name):
    autograd.manual_seed(2)
    d = ALL[name]()
    x = d.sample((100_000,)).numpy()
    if name.startswith("Categorical"):
        got = (x[..., None] == np.arange(3)).mean(0)
        np.testing.assert_allclose(got, d.probs.numpy(), atol=0.01)
        return
    squares = (x - d.mean.numpy()) ** 2
    for values, wanted in ((x, d.mean), (squares, d.variance)):
        error = values.std(0) / math.sqrt(len(values))
        assert (np.abs(values.mean(0) - wanted.numpy()) <= 4.5 * error + 1e-12).all()


@pytest.mark.parametrize("name", [*WITH_QUANTILES, "Gamma", "Chi2", "InverseGamma"])
def test_draws_are_spread_as_the_cdf_says(name):
    autograd.manual_seed(3)
    d = ALL[name]()
    u = np.sort(d.cdf(d.sample((20_000,))).numpy(), axis=0)
    assert np.abs(u - (np.arange(20_000)[:, None] + 0.5) / 20_000).max() < 1.63 / math.sqrt(20_000)  # Kolmogorov: 1 %


def test_relaxed_draws_are_spread_as_the_density_says():
    autograd.manual_seed(3)
    d = D.RelaxedBernoulli(0.7, logits=double(0.5))
    x = grid(1e-6, 1 - 1e-6)
    share = integral((d.log_prob(double(x)).exp().numpy() * (x < 0.3)), x)
    assert (d.sample((50_000,)).numpy() < 0.3).mean() == pytest.approx(share, abs=0.01)
    assert (d.sample((50_000,)).numpy() > 0.5).mean() == pytest.approx(d.probs.item(), abs=0.01)
    e = D.RelaxedOneHotCategorical(0.5, probs=double([0.2, 0.3, 0.5]))
    largest = e.sample((50_000,)).argmax(-1).numpy()
    np.testing.assert_allclose(np.bincount(largest) / 50_000, [0.2, 0.3, 0.5], atol=0.01)


def test_classes_without_weight_are_never_drawn():
    autograd.manual_seed(4)
    rows = autograd.zeros(1000, 5)
    rows[:, 3] = 1.0
    assert (D.Categorical(rows).sample((50,)).numpy() == 3).all()
    d = D.Categorical(autograd.tensor([[0.0, 1.0, 0.0, 2.0, 0.0]]).expand(2000, 5))
    assert set(np.unique(d.sample((100,)).numpy())) == {1, 3}


def test_tiny_concentrations_give_draws_on_the_simplex():
    autograd.manual_seed(4)
    x = D.Dirichlet(double([1e-4, 1e-4, 1e-4])).sample((1000,)).numpy()
    assert np.isfinite(x).all()
    np.testing.assert_allclose(x.sum(-1), 1, rtol=1e-12)
    assert (x > 0).all()
    assert np.isfinite(D.Beta(autograd.tensor(0.01), 0.01).sample((1000,)).numpy()).all()


@pytest.mark.parametrize("name", ALL)
def test_the_seed_makes_draws_repeatable(name):
    d = ALL[name]()
    autograd.manual_seed(5)
    first = d.sample((3,)).tolist()
    autograd.manual_seed(5)
    assert d.sample((3,)).tolist() == first
    assert d.sample((3,)).tolist() != first or name.startswith("Bernoulli")


@pytest.mark.parametrize("name", ALL)
def test_sample_records_nothing(name):
    d = ALL[name]()
    for parameter in d.arg_constraints:
        if parameter in d.__dict__:
            d.__dict__[parameter].requires_grad_()
    before = len(tape())
    x = d.sample((2,))
    assert not x.requires_grad
    assert len(tape()) == before


def test_what_is_computed_under_no_grad_is_not_kept():
    logits = double([0.1, 0.2], requires_grad=True)
    for make in (D.Categorical, D.Bernoulli, D.OneHotCategorical):
        d = make(logits=logits)
        with autograd.no_grad():
            d.sample()
            assert not d.probs.requires_grad
        (gradient,) = autograd.grad((d.probs * double([1.0, 2.0])).sum(), [logits])
        assert gradient.numpy().any()


# ------------------------------------------------------------------------------------------------ gradients


def symmetric(x):
    return (x + x.mT) / 2


REPARAMETERISED = {
    "Normal": (D.Normal, A, B),
    "LogNormal": (D.LogNormal, A, B),
    "Uniform": (D.Uniform, A, B),
    "Laplace": (D.Laplace, A, B),
    "Exponential": (D.Exponential, B),
    "Gumbel": (D.Gumbel, A, B),
    "Cauchy": (D.Cauchy, A, B),
    "Independent": (lambda loc, scale: D.Independent(D.Normal(loc, scale), 1), A, B),
    "MultivariateNormal": (lambda loc, s: D.MultivariateNormal(loc, symmetric(s)), A, MATRIX),
    "RelaxedBernoulli": (lambda logits: D.RelaxedBernoulli(0.7, logits=logits), A),
    "RelaxedOneHotCategorical": (lambda t, logits: D.RelaxedOneHotCategorical(t, logits=logits), 0.7, A),
    "HalfNormal": (D.HalfNormal, B),
    "HalfCauchy": (D.HalfCauchy, B),
    "Pareto": (D.Pareto, B, [2.5, 0.7]),
    "Weibull": (D.Weibull, B, [2.5, 0.7]),
    "Kumaraswamy": (D.Kumaraswamy, B, [2.5, 0.7]),
    "ContinuousBernoulli": (lambda e: D.ContinuousBernoulli(logits=e), [0.0, 0.2]),
    "ContinuousBernoulli far": (lambda e: D.ContinuousBernoulli(logits=e), [5.0, -2.0]),
    "GeneralizedPareto": (D.GeneralizedPareto, A, B, [0.0, -0.4]),
    "LogisticNormal": (D.LogisticNormal, A, B),
    "LowRankMultivariateNormal": (D.LowRankMultivariateNormal, A, [[0.5], [2.0]], B),
    "TransformedDistribution": (
        lambda a, b: D.TransformedDistribution(D.Normal(a, b), [D.AffineTransform(b, a), D.SigmoidTransform()]),
        A,
        B,
    ),
}


@pytest.mark.parametrize("name", REPARAMETERISED)
def test_the_gradient_of_rsample_is_its_slope(name):
    make, *values = REPARAMETERISED[name]

    def draw(*parameters):
        autograd.manual_seed(6)
        return make(*parameters).rsample((3,))

    leaves = [double(value, requires_grad=True) for value in values]
    assert draw(*leaves).requires_grad
    assert autograd.gradcheck(draw, leaves)


FORMULAS = {
    "normal": (lambda a, b, x: D.Normal(a, b).log_prob(x), A, B, [0.1, 0.7]),
    "normal cdf": (lambda a, b, x: D.Normal(a, b).cdf(x), A, B, [0.1, 0.7]),
    "log-normal": (lambda a, b, x: D.LogNormal(a, b).log_prob(x), A, B, [0.1, 0.7]),
    "uniform": (lambda a, b: D.Uniform(a, b).entropy(), A, B),
    "laplace": (lambda a, b, x: D.Laplace(a, b).log_prob(x) + D.Laplace(a, b).cdf(x), A, B, [0.1, 0.7]),
    "exponential": (lambda r, x: D.Exponential(r).log_prob(x), B, [0.1, 0.7]),
    "gumbel": (lambda a, b, x: D.Gumbel(a, b).log_prob(x) + D.Gumbel(a, b).cdf(x), A, B, [0.1, 0.7]),
    "cauchy": (lambda a, b, x: D.Cauchy(a, b).log_prob(x), A, B, [0.1, 0.7]),
    "gamma": (lambda a, b, x: D.Gamma(a, b).log_prob(x) + D.Gamma(a, b).entropy(), B, B, [0.1, 0.7]),
    "beta": (lambda a, b, x: D.Beta(a, b).log_prob(x) + D.Beta(a, b).entropy(), B, B, [0.1, 0.7]),
    "dirichlet": (lambda a, x: D.Dirichlet(a).log_prob(x.softmax(-1)) + D.Dirichlet(a).entropy(), B, A),
    "poisson": (lambda r: D.Poisson(r).log_prob(double([0.0, 3.0])), B),
    "bernoulli": (lambda a: D.Bernoulli(logits=a).log_prob(double([0.0, 1.0])) + D.Bernoulli(logits=a).entropy(), A),
    "bernoulli probs": (lambda p: D.Bernoulli(p).log_prob(double([0.0, 1.0])) + D.Bernoulli(p).entropy(), [0.3, 0.8]),
    "binomial": (lambda a: D.Binomial(5, logits=a).log_prob(double([0.0, 3.0])), A),
    "geometric": (lambda p: D.Geometric(p).log_prob(double([0.0, 3.0])) + D.Geometric(p).entropy(), [0.3, 0.8]),
    "categorical": (
        lambda a: D.Categorical(logits=a).log_prob(autograd.tensor(1)) + D.Categorical(logits=a).entropy(),
        A,
    ),
    "categorical probs": (lambda p: D.Categorical(p).log_prob(autograd.tensor(1)) + D.Categorical(p).entropy(), B),
    "relaxed": (lambda t, a, x: D.RelaxedBernoulli(t, logits=a).log_prob(x), B, A, [0.1, 0.7]),
    "relaxed classes": (lambda t, a, x: D.RelaxedOneHotCategorical(t, logits=a).log_prob(x.softmax(-1)), 0.5, A, B),
    "multivariate": (lambda m, s, x: D.MultivariateNormal(m, symmetric(s)).log_prob(x), A, MATRIX, B),
    "precision": (lambda m, s, x: D.MultivariateNormal(m, precision_matrix=symmetric(s)).log_prob(x), A, MATRIX, B),
    "mixture": (
        lambda w, a, b, x: D.MixtureSameFamily(D.Categorical(logits=w), D.Normal(a, b)).log_prob(x),
        A,
        A,
        B,
        0.3,
    ),
    "student": (lambda k, a, b, x: D.StudentT(k, a, b).log_prob(x) + D.StudentT(k).entropy(), [2.5, 7], A, B, [0.1, 9]),
    "half-normal": (lambda b, x: D.HalfNormal(b).log_prob(x) + D.HalfNormal(b).cdf(x), B, [0.1, 0.7]),
    "half-cauchy": (lambda b, x: D.HalfCauchy(b).log_prob(x) + D.HalfCauchy(b).cdf(x), B, [0.1, 0.7]),
    "chi2": (lambda k, x: D.Chi2(k).log_prob(x) + D.Chi2(k).cdf(x), [2.5, 7], [0.1, 9]),
    "fisher": (lambda a, b, x: D.FisherSnedecor(a, b).log_prob(x), [2.5, 7], [4.5, 9], [0.1, 2]),
    "inverse gamma": (lambda a, b, x: D.InverseGamma(a, b).log_prob(x) + D.InverseGamma(a, b).cdf(x), B, B, [0.1, 2]),
    "pareto": (lambda a, b, x: D.Pareto(a, b).log_prob(x) + D.Pareto(a, b).cdf(x), [0.3, 0.5], B, [1.1, 2]),
    "weibull": (lambda a, b, x: D.Weibull(a, b).log_prob(x) + D.Weibull(a, b).cdf(x), B, [0.7, 2.5], [1.1, 2]),
    "kumaraswamy": (
        lambda a, b, x: D.Kumaraswamy(a, b).log_prob(x) + D.Kumaraswamy(a, b).cdf(x) + D.Kumaraswamy(a, b).entropy(),
        B,
        [0.7, 2.5],
        [0.1, 0.8],
    ),
    "continuous bernoulli": (
        lambda e, x: (lambda d: d.log_prob(x) + d.cdf(x) + d.icdf(x) + d.mean + d.variance + d.entropy())(
            D.ContinuousBernoulli(logits=e)
        ),
        [[0.0, 0.29], [-3.0, 0.31]],
        [0.1, 0.8],
    ),
    "multinomial": (
        lambda e: D.Multinomial(4, logits=e).log_prob(double([1.0, 3.0])) + D.Multinomial(4, logits=e).entropy(),
        A,
    ),
    "negative binomial": (lambda n, e: D.NegativeBinomial(n, logits=e).log_prob(double([0.0, 3.0])), B, A),
    "von mises": (lambda a, k, x: D.VonMises(a, k).log_prob(x) + D.VonMises(a, k).variance, A, [0.3, 60.0], B),
    "generalized pareto": (
        lambda a, b, k, x: D.GeneralizedPareto(a, b, k).log_prob(x) + D.GeneralizedPareto(a, b, k).cdf(x),
        [0.1, -0.2],
        B,
        [[0.0, 0.02], [0.5, -0.2]],
        [1.1, 2.0],
    ),
    "low rank": (
        lambda m, w, d, x: (
            D.LowRankMultivariateNormal(m, w, d).log_prob(x) + D.LowRankMultivariateNormal(m, w, d).entropy()
        ),
        A,
        [[0.5], [2.0]],
        B,
        [0.1, 0.7],
    ),
    "wishart": (
        lambda k, s, x: D.Wishart(k, symmetric(s)).log_prob(symmetric(x)) + D.Wishart(k, symmetric(s)).entropy(),
        2.5,
        MATRIX,
        [[1.0, 0.2], [0.2, 3.0]],
    ),
    "lkj": (
        lambda c, x: D.LKJCholesky(3, c, validate_args=False).log_prob(D.CorrCholeskyTransform()(x)),
        1.7,
        [0.3, -0.5, 0.2],
    ),
    "logistic normal": (lambda a, b, x: D.LogisticNormal(a, b).log_prob(D.StickBreakingTransform()(x)), A, B, B),
    "gamma kl": (lambda a, b: D.kl_divergence(D.Gamma(a, b), D.Gamma(b, a)), B, [0.6, 2.1]),
    "beta kl": (lambda a, b: D.kl_divergence(D.Beta(a, b), D.Beta(b, a)), B, [0.6, 2.1]),
    "dirichlet kl": (lambda a, b: D.kl_divergence(D.Dirichlet(a), D.Dirichlet(b)), B, [0.6, 2.1]),
    "gumbel kl": (lambda a, b: D.kl_divergence(D.Gumbel(a, b), D.Gumbel(b, b + 1)), A, B),
}


@pytest.mark.parametrize("name", FORMULAS)
def test_first_and_second_derivatives_are_slopes(name):
    formula, *values = FORMULAS[name]
    leaves = [double(value, requires_grad=True) for value in values]
    assert autograd.gradcheck(formula, leaves)
    assert autograd.gradgradcheck(formula, leaves)


def test_the_straight_through_draw_has_the_gradient_of_the_probabilities():
    probs = double([0.2, 0.3, 0.5], requires_grad=True)
    weights = double([1.0, -2.0, 3.0])
    d = D.OneHotCategoricalStraightThrough(probs=probs)
    x = d.rsample()
    assert sorted(x.detach().numpy().round(12)) == [0, 0, 1]
    (got,) = autograd.grad((x * weights).sum(), [probs])
    (wanted,) = autograd.grad(((probs / probs.sum()) * weights).sum(), [probs])
    np.testing.assert_allclose(got.numpy(), wanted.numpy(), rtol=1e-12)


@pytest.mark.parametrize("name", ALL)
def test_float32_stays_float32(name):
    d = ALL[name]()
    single = copy.copy(d)

    def narrow(holder):
        for key, value in list(holder.__dict__.items()):
            if isinstance(value, autograd.Tensor):
                holder.__dict__[key] = value.float()
            elif isinstance(value, (D.Distribution, D.Transform)):
                holder.__dict__[key] = copy.copy(value)
                narrow(holder.__dict__[key])
            elif key == "transforms":
                holder.__dict__[key] = [copy.copy(t) for t in value]
                for t in holder.__dict__[key]:
                    narrow(t)

    narrow(single)
    x = single.sample((3,))
    assert x.dtype == (np.int64 if name.startswith("Categorical") else np.float32)
    assert single.log_prob(x).dtype == np.float32
    for quantity in ("mean", "variance", "entropy"):
        try:
            value = getattr(single, quantity)
            value = value() if quantity == "entropy" else value
        except NotImplementedError:
            continue
        assert value.dtype == np.float32, quantity
    if d.has_rsample:
        assert single.rsample().dtype == np.float32


# ------------------------------------------------------------------------------------------------ divergences


DIVERGENCES = {
    "Normal": (D.Normal(double(A), double(B)), D.Normal(double(B), 1.3)),
    "LogNormal": (D.LogNormal(double(A), double([0.3, 0.5])), D.LogNormal(double(B), 0.7)),
    "Laplace": (D.Laplace(double(A), double(B)), D.Laplace(double(B), 1.3)),
    "Exponential": (D.Exponential(double(B)), D.Exponential(double(1.3))),
    "Gumbel": (D.Gumbel(double(A), double([0.8, 1.1])), D.Gumbel(double(B), 1.3)),
    "Gamma": (D.Gamma(double([2.5, 3.7]), double(B)), D.Gamma(double([1.5, 2.7]), 1.3)),
    "Beta": (D.Beta(double([2.5, 3.7]), double([2.8, 2.2])), D.Beta(double([1.5, 2.7]), 1.3)),
    "Cauchy": (D.Cauchy(double(A), double(B)), D.Cauchy(double(B), 1.3)),
}


@pytest.mark.parametrize("name", DIVERGENCES)
def test_divergences_are_integrals(name):
    p, q = DIVERGENCES[name]
    if name == "Cauchy":  # heavy tails: in steps that grow
        x = np.sinh(grid(-20, 20))
    else:
        _, low, high = CONTINUOUS[name]
        x = grid(max(low, 1e-12), high - 1e-12) if name in ("LogNormal", "Gamma", "Beta") else grid(low, high)
    a, b = p.log_prob(double(x[:, None])).numpy(), q.log_prob(double(x[:, None])).numpy()
    wanted = integral(np.exp(a) * (a - b), x)
    np.testing.assert_allclose(D.kl_divergence(p, q).numpy(), wanted, rtol=1e-3)
    np.testing.assert_allclose(D.kl_divergence(p, p).numpy(), 0, atol=1e-12)


@pytest.mark.parametrize(
    ("p", "q", "count"),
    [
        (D.Bernoulli(double([0.3, 0.9])), D.Bernoulli(logits=double(A)), 2),
        (D.Geometric(double([0.3, 0.9])), D.Geometric(double([0.5, 0.8])), 300),
        (D.Poisson(double([0.3, 7.0])), D.Poisson(double([1.0, 5.0])), 80),
        (D.Binomial(6, double([0.3, 0.9])), D.Binomial(6, double([0.5, 0.8])), 7),
        (D.Categorical(double([[1, 2, 1], [3, 0.5, 2]])), D.Categorical(logits=double([[1, 2, 1], [3, 0.5, 2]])), 3),
    ],
    ids=lambda x: type(x).__name__,
)
def test_divergences_are_sums(p, q, count):
    x = double(np.arange(count)[:, None])
    a, b = p.log_prob(x).numpy(), q.log_prob(x).numpy()
    np.testing.assert_allclose(D.kl_divergence(p, q).numpy(), (np.exp(a) * (a - b)).sum(0), rtol=1e-10)


@pytest.mark.parametrize(
    ("p", "q"),
    [
        (D.MultivariateNormal(double(A), double(MATRIX)), D.MultivariateNormal(double(B), scale_tril=double(FACTOR))),
        (D.Dirichlet(double([1.5, 2.0, 2.5])), D.Dirichlet(double([1.0, 3.0, 0.5]))),
        (D.Independent(D.Normal(double(A), double(B)), 1), D.Independent(D.Normal(double(B), double(B)), 1)),
        (D.OneHotCategorical(double([1.0, 2, 3])), D.OneHotCategorical(double([3.0, 2, 2]))),
    ],
    ids=lambda x: type(x).__name__,
)  # fmt: skip
def test_divergences_of_vectors_are_means_over_draws(p, q):
    autograd.manual_seed(7)
    x = p.sample((200_000,))
    wanted = (p.log_prob(x) - q.log_prob(x)).mean().item()
    assert D.kl_divergence(p, q).item() == pytest.approx(wanted, rel=0.02)


def test_impossible_events_make_the_divergence_infinite():
    half, never = D.Categorical(double([0.5, 0.5])), D.Categorical(double([1.0, 0.0]))
    assert D.kl_divergence(half, never).item() == np.inf
    assert D.kl_divergence(never, half).item() == pytest.approx(np.log(2))
    assert D.kl_divergence(D.Bernoulli(double(0.5)), D.Bernoulli(double(1.0))).item() == np.inf
    assert D.kl_divergence(D.Uniform(0.0, 2.0), D.Uniform(0.0, 1.0)).item() == np.inf
    assert D.kl_divergence(D.Uniform(0.0, 1.0), D.Uniform(0.0, 2.0)).item() == pytest.approx(np.log(2))
    assert D.kl_divergence(D.Binomial(3, double(0.5)), D.Binomial(2, double(0.5))).item() == np.inf


def test_the_nearest_registered_formula_is_taken():
    class Narrow(D.Normal):
        pass

    class Wide(D.Normal):
        pass

    p, q = Narrow(0.0, 1.0), Wide(0.0, 2.0)
    assert D.kl_divergence(p, q).item() == D.kl_divergence(D.Normal(0.0, 1.0), D.Normal(0.0, 2.0)).item()
    try:
        D.register_kl(Narrow, D.Normal)(lambda p, q: "left")
        assert D.kl_divergence(p, q) == "left"
        D.register_kl(D.Normal, Wide)(lambda p, q: "right")
        with pytest.warns(RuntimeWarning, match=r"Ambiguous kl_divergence\(Narrow, Wide\)"):
            D.kl_divergence(p, q)
        D.register_kl(Narrow, Wide)(lambda p, q: "both")
        assert D.kl_divergence(p, q) == "both"
    finally:
        for pair in [(Narrow, D.Normal), (D.Normal, Wide), (Narrow, Wide)]:
            D.kl._FORMULAS.pop(pair, None)


def test_unknown_pairs_are_refused():
    with pytest.raises(
        NotImplementedError, match=r"No KL\(p \|\| q\) is implemented for p type Cauchy and q type Gamma"
    ):
        D.kl_divergence(D.Cauchy(0.0, 1.0), D.Gamma(1.0, 1.0))
    with pytest.raises(TypeError, match="register_kl: Expected type_p and type_q to be Distribution subclasses"):
        D.register_kl(int, D.Normal)


# ------------------------------------------------------------------------------------------------ shapes and checks


@pytest.mark.parametrize("name", ALL)
def test_expand_repeats_the_batch(name):
    d = ALL[name]()
    wide = d.expand((5, *d.batch_shape))
    assert type(wide) is type(d)
    assert wide.batch_shape == (5, *d.batch_shape)
    assert wide.event_shape == d.event_shape
    autograd.manual_seed(8)
    x = wide.sample()
    assert x.shape == (5, *d.batch_shape, *d.event_shape)
    np.testing.assert_allclose(wide.log_prob(x).numpy(), d.log_prob(x).numpy(), rtol=1e-12)
    assert d.batch_shape == wide.batch_shape[1:]


def test_expand_keeps_the_gradient():
    loc = double([0.1, 0.2], requires_grad=True)
    D.Normal(loc, 1.0).expand((3, 2)).log_prob(autograd.zeros(3, 2)).sum().backward()
    np.testing.assert_allclose(loc.grad.numpy(), [-0.3, -0.6])


def test_numbers_and_tensors_are_broadcast():
    assert D.Normal(0, 1).loc.dtype == np.float32
    assert D.Normal(0.0, 1.0).batch_shape == ()
    assert D.Normal(autograd.zeros(3, 1), np.ones(4)).scale.shape == (3, 4)
    assert D.Normal(double([0.0]), 1).scale.dtype == np.float64
    assert D.Normal(autograd.tensor([0, 1]), 1).loc.dtype == np.float32
    assert D.Categorical(np.ones((2, 3))).param_shape == (2, 3)


def test_mixtures_of_few_weights_over_a_large_batch():
    d = D.MixtureSameFamily(D.Categorical(double([0.2, 0.8])), D.Normal(double([[0.0, 9.0]] * 3), 1.0))
    autograd.manual_seed(9)
    assert d.batch_shape == (3,)
    np.testing.assert_allclose(d.sample((20_000,)).numpy().mean(0), [7.2] * 3, atol=0.1)
    assert d.cdf(double(4.5)).tolist() == pytest.approx([0.2] * 3, abs=1e-4)


ERRORS = [
    (lambda: D.Normal(autograd.zeros(3), autograd.tensor([1.0, -2.0, 0.0])), SettingError,
     r"Expected parameter scale \(Tensor of shape \(3,\)\) of distribution Normal\(loc: Size\(\[3\]\), scale: "
     r"Size\(\[3\]\)\) to satisfy the constraint GreaterThan\(lower_bound=0.0\), but found invalid values: "
     r"2 of 3, the first -2.0 at index \(1,\)"),
    (lambda: D.Categorical(logits=autograd.tensor([[0.0, 1.0], [float("nan"), 0.0]])), SettingError,
     r"Expected parameter logits \(Tensor of shape \(2, 2\)\) .* IndependentConstraint\(Real\(\), 1\), but found "
     r"invalid values: 1 of 2, the first \[nan nan\] at index \(1,\)"),
    (lambda: D.Normal(0.0, 1.0).log_prob(float("nan")), SettingError,
     r"Expected value argument \(Tensor of shape \(\)\) to be within the support \(Real\(\)\) of the distribution "
     r"Normal\(loc: 0.0, scale: 1.0\), but found invalid values: 1 of 1, the first nan$"),
    (lambda: D.Bernoulli(0.5).log_prob(autograd.tensor([0.5])), SettingError, r"within the support \(Boolean\(\)\)"),
    (lambda: D.Bernoulli(autograd.tensor([0.5, 1.5])), SettingError, r"Interval\(lower_bound=0.0, upper_bound=1.0\)"),
    (lambda: D.Bernoulli(), SettingError, "Either `probs` or `logits` must be specified, but not both"),
    (lambda: D.Geometric(0.0), SettingError, "to be positive but found invalid values"),
    (lambda: D.Exponential(1.0).log_prob(-1.0), SettingError, r"GreaterThanEq\(lower_bound=0.0\)"),
    (lambda: D.Uniform(1.0, 0.0), SettingError, r"Expected parameter low .* LessThan\(upper_bound=0.0\)"),
    (lambda: D.Uniform(0.0, 1.0).log_prob(2.0), SettingError, r"Interval\(lower_bound=0.0, upper_bound=1.0\)"),
    (lambda: D.Categorical(autograd.ones(3)).log_prob(autograd.tensor([0, 3])), SettingError,
     r"IntegerInterval\(lower_bound=0, upper_bound=2\).*1 of 2, the first 3 at index \(1,\)"),
    (lambda: D.Categorical(autograd.ones(2, 3)).log_prob(autograd.tensor([0, 1, 2])), ShapeError,
     r"Value is not broadcastable with batch_shape\+event_shape: \(3,\) vs \(2,\)"),
    (lambda: D.Categorical(autograd.tensor(0.5)), ShapeError, "`probs` parameter must be at least one-dimensional"),
    (lambda: D.OneHotCategorical(autograd.ones(3)).log_prob(autograd.ones(3)), SettingError, r"OneHot\(\)"),
    (lambda: D.OneHotCategorical(autograd.ones(3)).log_prob(autograd.ones(2)), ShapeError,
     r"The right-most size of value must match event_shape: \(2,\) vs \(3,\)"),
    (lambda: D.Dirichlet(autograd.ones(3)).log_prob(autograd.ones(3)), SettingError, r"Simplex\(\)"),
    (lambda: D.MultivariateNormal(autograd.zeros(2), -autograd.eye(2)), SettingError, r"PositiveDefinite\(\)"),
    (lambda: D.MultivariateNormal(autograd.zeros(2), autograd.ones(2, 2) * float("nan")), SettingError, "PositiveDef"),
    (lambda: D.MultivariateNormal(autograd.zeros(2), scale_tril=autograd.ones(2, 2)), SettingError, "LowerCholesky"),
    (lambda: D.MultivariateNormal(autograd.zeros(2)), SettingError, "Exactly one of covariance_matrix .*got none"),
    (lambda: D.Independent(D.Normal(0.0, 1.0), 1), ShapeError, "Expected reinterpreted_batch_ndims <= .* 1 vs 0"),
    (lambda: D.Normal("0", 1.0), SettingError, "Input arguments must all be instances of Number"),
    (lambda: D.Normal(autograd.zeros(3), autograd.ones(2)), ShapeError, "3.*2"),
    (lambda: D.Poisson(1.0).rsample(), NotImplementedError, "Poisson does not implement rsample"),
    (lambda: D.Normal(0.0, 1.0).enumerate_support(), NotImplementedError, "does not implement enumerate_support"),
    (lambda: D.Distribution.set_default_validate_args(3), SettingError, "wanted True or False"),
]  # fmt: skip


@pytest.mark.parametrize(("call", "error", "text"), ERRORS, ids=range(len(ERRORS)))
def test_bad_input_is_refused(call, error, text):
    with pytest.raises(error, match=text) as caught:
        call()
    assert isinstance(caught.value, (ValueError, NotImplementedError))


def test_checks_can_be_switched_off():
    assert np.isnan(D.Normal(0.0, -1.0, validate_args=False).entropy().item())
    assert D.Exponential(1.0, validate_args=False).log_prob(-1.0).item() == 1
    try:
        D.Distribution.set_default_validate_args(False)
        D.Normal(0.0, -1.0)
    finally:
        D.Distribution.set_default_validate_args(True)
    with pytest.raises(ValueError, match="scale"):
        D.Normal(0.0, -1.0)


def test_own_distributions_need_only_what_they_use():
    class Half(D.Distribution):
        arg_constraints = types.MappingProxyType({"scale": D.constraints.positive})
        support = D.constraints.nonnegative

        def __init__(self, scale, validate_args=None):
            self.scale = scale
            super().__init__(scale.shape, validate_args=validate_args)

        def rsample(self, sample_shape=()):
            return (autograd.randn(self._extended_shape(sample_shape)) * self.scale).abs()

    d = Half(autograd.ones(3))
    assert d.sample((2,)).shape == d.expand((2, 3)).sample().shape == (2, 3)
    assert repr(d) == "Half(scale: Size([3]))"
    with pytest.raises(NotImplementedError, match="Half does not implement entropy"):
        d.entropy()


def test_printed():
    assert repr(D.Normal(0.0, 1.5)) == "Normal(loc: 0.0, scale: 1.5)"
    assert repr(D.LogNormal(0.0, 1.5)) == "LogNormal(loc: 0.0, scale: 1.5)"
    assert repr(D.Independent(D.Bernoulli(autograd.ones(3)), 1)) == "Independent(Bernoulli(probs: Size([3])), 1)"
    assert repr(D.OneHotCategorical(autograd.ones(3))) == "OneHotCategorical(probs: Size([3]))"


@pytest.mark.parametrize("name", ALL)
def test_distributions_can_be_copied_and_pickled(name):
    d = ALL[name]()
    x = d.sample()
    for again in (copy.deepcopy(d), pickle.loads(pickle.dumps(d))):
        assert again.log_prob(x).tolist() == d.log_prob(x).tolist()


def test_importing_nn_does_not_load_the_distributions():
    code = "import sys, nn; print('nn.distributions' in sys.modules, nn.distributions.Normal(0.0, 1.0))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False Normal(loc: 0.0, scale: 1.0)"


# ------------------------------------------------------------------------------------------------ programs


def test_reinforce_learns_which_arm_pays():
    autograd.manual_seed(10)
    policy = Linear(4, 3)
    optimizer = optim.Adam(policy.parameters(), lr=0.05)
    states = autograd.eye(4)[autograd.arange(64) % 4]
    pays = np.array([2, 0, 1, 2])[np.arange(64) % 4]
    for _ in range(100):
        m = D.Categorical(logits=policy(states))
        action = m.sample()
        reward = autograd.tensor((action.numpy() == pays).astype(np.float32))
        loss = -(m.log_prob(action) * (reward - reward.mean())).mean() - 0.01 * m.entropy().mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    assert (D.Categorical(logits=policy(states)).mode.numpy() == pays).all()


def test_the_reinforce_gradient_is_that_of_the_expected_reward():
    autograd.manual_seed(11)
    logits = double([0.2, -0.3, 0.5], requires_grad=True)
    reward = double([1.0, 3.0, -2.0])
    m = D.Categorical(logits=logits)
    action = m.sample((200_000,))
    (got,) = autograd.grad((m.log_prob(action) * reward[action]).mean(), [logits])
    (wanted,) = autograd.grad((D.Categorical(logits=logits).probs * reward).sum(), [logits])
    np.testing.assert_allclose(got.numpy(), wanted.numpy(), atol=0.02)


def test_a_variational_autoencoder_learns():
    autograd.manual_seed(12)
    encoder, decoder = Linear(6, 4), Linear(2, 6)
    optimizer = optim.Adam([*encoder.parameters(), *decoder.parameters()], lr=0.02)
    x = autograd.tensor([[1.0, 1, 1, 0, 0, 0], [0.0, 0, 0, 1, 1, 1]]).repeat(16, 1)
    prior = D.Independent(D.Normal(autograd.zeros(2), autograd.ones(2)), 1)
    losses = []
    for _ in range(150):
        loc, log_scale = encoder(x).chunk(2, -1)
        posterior = D.Independent(D.Normal(loc, log_scale.exp()), 1)
        likelihood = D.Independent(D.Bernoulli(logits=decoder(posterior.rsample())), 1)
        loss = -(likelihood.log_prob(x) - D.kl_divergence(posterior, prior)).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert np.mean(losses[-10:]) < 0.6 * losses[0]
    assert encoder.weight.grad.dtype == np.float32
