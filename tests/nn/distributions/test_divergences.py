"""Divergences between families, exponential families, and what vectors, matrices and angles need of their own.

The kind: every registered pair, checked against an integral, a sum or a mean over draws; pairs without are found by
machine."""

import math

import numpy as np
import pytest

import autograd
import nn.distributions as D
from autograd.errors import SettingError, ShapeError
from nn.distributions.exp_family import ExponentialFamily, bregman_divergence
from nn.distributions.kl import _FORMULAS


def double(values, requires_grad=False):
    return autograd.tensor(np.asarray(values, np.float64), requires_grad=requires_grad)


MEMBERS = {
    "Beta": (lambda: D.Beta(double([2.5, 1.7]), double([1.5, 2.5])), 0.0, 1.0),
    "ContinuousBernoulli": (lambda: D.ContinuousBernoulli(double([0.2, 0.6])), 0.0, 1.0),
    "Exponential": (lambda: D.Exponential(double([0.7, 2.0])), 0.0, np.inf),
    "Gamma": (lambda: D.Gamma(double([2.5, 1.7]), double([1.5, 2.5])), 0.0, np.inf),
    "Gumbel": (lambda: D.Gumbel(double([0.5, -1.0]), double([0.7, 1.3])), -np.inf, np.inf),
    "Laplace": (lambda: D.Laplace(double([0.5, -1.0]), double([0.7, 1.3])), -np.inf, np.inf),
    "Normal": (lambda: D.Normal(double([0.5, -1.0]), double([0.7, 1.3])), -np.inf, np.inf),
    "Pareto": (lambda: D.Pareto(double([0.4, 0.4]), double([3.5, 6.0])), 0.4, np.inf),
    "Uniform": (lambda: D.Uniform(double([0.5, 0.5]), double([0.9, 0.9])), 0.5, 0.9),
    "Wide": (lambda: D.Uniform(double([-0.5, -0.5]), double([1.9, 1.9])), -0.5, 1.9),
    "HalfNormal": (lambda: D.HalfNormal(double([0.7, 1.3])), 0.0, np.inf),
}


def points(low, high):
    """Where to take an integral, and the weights."""
    s = np.linspace(-1, 1, 200_001)
    if np.isinf(low):
        x, slope = np.sinh(9 * s), 9 * np.cosh(9 * s)
    elif np.isinf(high):
        x, slope = low + np.exp(20 * s - 8), 20 * np.exp(20 * s - 8)
    else:
        u = 1 / (1 + np.exp(-30 * s))
        x, slope = low + (high - low) * u, (high - low) * 30 * u * (1 - u)
    return x, slope * (s[1] - s[0])


@pytest.mark.parametrize("first", MEMBERS)
def test_divergences_are_integrals_or_infinite(first):
    make_p, low, high = MEMBERS[first]
    p = make_p()
    x, weights = points(low, high)
    a = p.log_prob(double(np.clip(x, low, np.nextafter(high, low)))[:, None]).numpy()
    for second, (make_q, low_q, high_q) in MEMBERS.items():
        q = make_q()
        pair = type(p), type(q)
        if pair not in _FORMULAS and (pair[0] is not pair[1]):
            continue
        got = D.kl_divergence(p, q).numpy()
        if low < low_q or high > high_q:
            assert (got == np.inf).all(), (first, second)
            continue
        q._validate_args = False
        b = q.log_prob(double(x)[:, None]).numpy()
        with np.errstate(invalid="ignore", over="ignore"):
            wanted = np.nansum(np.where(a > -700, np.exp(a) * (a - b), 0) * weights[:, None], axis=0)
        np.testing.assert_allclose(got, wanted, rtol=2e-4, atol=1e-6, err_msg=f"{first} {second}")


def test_every_pair_of_pytorch_is_registered():
    names = {(p.__name__, q.__name__) for p, q in _FORMULAS}
    beyond = {
        "Exponential": "Beta ContinuousBernoulli Gamma Gumbel Normal Pareto Uniform",
        "Gamma": "Beta ContinuousBernoulli Exponential Gumbel Normal Pareto Uniform",
        "Gumbel": "Beta ContinuousBernoulli Exponential Gamma Normal Pareto Uniform",
        "Laplace": "Beta ContinuousBernoulli Exponential Gamma Normal Pareto Uniform",
        "Normal": "Beta ContinuousBernoulli Exponential Gamma Gumbel Laplace Pareto Uniform",
        "Pareto": "Beta ContinuousBernoulli Exponential Gamma Normal Uniform Pareto",
        "Beta": "ContinuousBernoulli Exponential Gamma Normal Pareto Uniform",
        "ContinuousBernoulli": "Exponential Normal Pareto Uniform ContinuousBernoulli",
        "Uniform": "Beta ContinuousBernoulli Exponential Gamma Gumbel Normal Pareto",
        "Poisson": "Bernoulli Binomial",
        "Bernoulli": "Poisson",
        "LowRankMultivariateNormal": "LowRankMultivariateNormal MultivariateNormal",
        "MultivariateNormal": "LowRankMultivariateNormal",
        "HalfNormal": "HalfNormal",
        "TransformedDistribution": "TransformedDistribution",
        "ExponentialFamily": "ExponentialFamily",
    }
    missing = {(p, q) for p, qs in beyond.items() for q in qs.split()} - names
    assert not missing


def test_infinite_divergences_have_finite_gradients():
    low, high = double([-1.0, 0.2], requires_grad=True), double([0.5, 0.7], requires_grad=True)
    for q in (
        D.Beta(double(2.0), 3.0),
        D.Gamma(double(2.0), 3.0),
        D.Pareto(double(0.1), 3.0),
        D.ContinuousBernoulli(double(0.3)),
    ):
        z = D.kl_divergence(D.Uniform(low, high), q)
        assert z[0].item() == np.inf
        assert np.isfinite(z[1].item())
        for g in autograd.grad(z[1] + z[0], [low, high]):
            assert np.isfinite(g.numpy()).all()
            assert g[0].item() == 0
    assert D.kl_divergence(D.Pareto(1.0, 0.5), D.Exponential(1.0)).item() == np.inf
    assert D.kl_divergence(D.Pareto(1.0, 1.5), D.Normal(0.0, 1.0)).item() == np.inf
    assert D.kl_divergence(D.Poisson(double([1.0, 2.0])), D.Bernoulli(double(0.5))).tolist() == [np.inf, np.inf]


def test_divergences_of_vectors_and_matrices_are_means_over_draws():
    autograd.manual_seed(40)
    low = D.LowRankMultivariateNormal(double([0.3, -1.0]), double([[0.5], [1.0]]), double([0.8, 0.6]))
    other = D.LowRankMultivariateNormal(double([0.0, -0.5]), double([[1.0], [0.2]]), double([0.9, 1.1]))
    full = D.MultivariateNormal(double([0.1, -0.7]), double([[1.0, 0.3], [0.3, 2.0]]))
    v, w = double([[2.0, 0.5], [0.5, 1.0]]), double([[1.0, 0.2], [0.2, 1.5]])
    pairs = [
        (low, other), (low, full), (full, low),
        (D.Wishart(double([4.0, 5.0]), v), D.Wishart(double([3.5, 6.0]), w)),
        (D.HalfNormal(double(1.0)), D.HalfNormal(double(2.0))),
        (D.Chi2(double(3.0)), D.Chi2(double(5.0))),
        (D.TransformedDistribution(D.Normal(double(0.3), 0.5), D.ExpTransform()),
         D.TransformedDistribution(D.Normal(double(0.0), 1.0), D.ExpTransform())),
        (D.Bernoulli(double(0.3)), D.Poisson(double(0.6))),
    ]  # fmt: skip
    for p, q in pairs:
        x = p.sample((60_000,))
        ratio = (p.log_prob(x) - q.log_prob(x)).numpy()
        error = ratio.std(0) / math.sqrt(len(ratio))
        got = D.kl_divergence(p, q).numpy()
        assert got.shape == ratio.shape[1:]
        assert (np.abs(got - ratio.mean(0)) < 5 * error + 1e-12).all(), (p, q)
        np.testing.assert_allclose(D.kl_divergence(p, p).numpy(), 0, atol=1e-9)
    dense = D.MultivariateNormal(low.loc, low.covariance_matrix)
    assert D.kl_divergence(low, full).item() == pytest.approx(D.kl_divergence(dense, full).item(), rel=1e-12)
    assert D.kl_divergence(full, low).item() == pytest.approx(D.kl_divergence(full, dense).item(), rel=1e-12)
    assert D.kl_divergence(low, other).item() == pytest.approx(D.kl_divergence(dense, other).item(), rel=1e-12)
    with pytest.raises(ShapeError, match="different event shapes"):
        D.kl_divergence(low, D.MultivariateNormal(double([0.0]), double([[1.0]])))
    with pytest.raises(NotImplementedError, match="different transforms"):
        D.kl_divergence(pairs[6][0], D.TransformedDistribution(D.Normal(0.0, 1.0), D.TanhTransform()))


def test_exponential_families_agree_with_their_own_formulas():
    members = [
        lambda: (D.Normal(double([0.3, -1.0]), double([0.5, 2.0])), D.Normal(double([0.0, 1.0]), double(1.5))),
        lambda: (D.Bernoulli(double([0.3, 0.8])), D.Bernoulli(logits=double([0.3, -1.0]))),
        lambda: (D.Exponential(double([0.3, 0.8])), D.Exponential(double(1.5))),
        lambda: (D.Gamma(double([0.3, 0.8]), double(1.5)), D.Gamma(double([2.0, 0.8]), double(0.5))),
        lambda: (D.ContinuousBernoulli(double([0.3, 0.5])), D.ContinuousBernoulli(double(0.9))),
        lambda: (D.Beta(double([0.3, 1.8]), double(1.5)), D.Beta(double([2.0, 0.8]), double(0.5))),
        lambda: (D.Dirichlet(double([0.3, 1.8])), D.Dirichlet(double([[2.0, 0.8], [0.5, 0.5]]))),
        lambda: (D.Poisson(double([0.3, 1.8])), D.Poisson(double(2.0))),
        lambda: (D.Wishart(double(4.0), double([[2.0, 0.5], [0.5, 1.0]])),
                 D.Wishart(double(5.0), double([[1.0, 0.0], [0.0, 1.0]]))),
    ]  # fmt: skip
    for make in members:
        p, q = make()
        assert isinstance(p, ExponentialFamily)
        np.testing.assert_allclose(
            bregman_divergence(p, q).numpy(), D.kl_divergence(p, q).numpy(), rtol=1e-9, atol=1e-12
        )
        if type(p) in (D.Normal, D.Bernoulli, D.Exponential, D.Gamma, D.ContinuousBernoulli):
            offset = math.log(2 * math.pi) / 2 if isinstance(p, D.Normal) else 0  # of the carrier, where A has it too
            general = ExponentialFamily.entropy(p).numpy()
            assert general == pytest.approx(p.entropy().numpy(), abs=1e-9) or general == pytest.approx(
                p.entropy().numpy() - offset, abs=1e-9
            )
    with pytest.raises(NotImplementedError, match="cross KL-divergence between different exponential families"):
        D.kl_divergence(D.Dirichlet(double([1.0, 1.0])), D.Poisson(double(1.0)))


def test_entropies_through_slopes_have_gradients():
    class Plain(D.Gamma):
        entropy = ExponentialFamily.entropy

    c, r = double([0.7, 2.0], requires_grad=True), double([1.5, 0.4], requires_grad=True)
    got = autograd.grad(Plain(c, r).entropy().sum(), [c, r])
    wanted = autograd.grad(D.Gamma(c, r).entropy().sum(), [c, r])
    for g, w in zip(got, wanted, strict=True):
        np.testing.assert_allclose(g.numpy(), w.numpy(), rtol=1e-10)
    with autograd.no_grad():
        assert not Plain(c, r).entropy().requires_grad


# ------------------------------------------------------------------------------------------- families of their own kind


def test_von_mises_goes_round_the_circle():
    x = np.linspace(-math.pi, math.pi, 2000, endpoint=False)
    for k in (1e-4, 0.5, 3.0, 49.0, 51.0, 700.0):
        p = D.VonMises(double(0.7), double(k)).log_prob(double(x)).exp().numpy() * (x[1] - x[0])
        assert p.sum() == pytest.approx(1, rel=1e-9)
        assert D.VonMises(double(0.7), double(k)).variance.item() == pytest.approx(
            1 - (p * np.cos(x - 0.7)).sum(), rel=1e-7
        )
    assert np.isfinite(D.VonMises(0.0, 1e30).log_prob(autograd.tensor(0.0)).item())
    autograd.manual_seed(41)
    draws = D.VonMises(double([3.0, -1.0]), double([2.0, 30.0])).sample((50_000,)).numpy()
    assert (np.abs(draws) <= math.pi).all()
    mean = np.exp(1j * draws).mean(0)
    np.testing.assert_allclose(np.angle(mean), [3.0, -1.0], atol=0.02)
    np.testing.assert_allclose(1 - np.abs(mean), D.VonMises(0.0, double([2.0, 30.0])).variance.numpy(), atol=0.01)


def test_lkj_draws_are_correlations():
    """Each correlation alone is 2 Beta(a, a) - 1 with a = concentration + dim / 2 - 1 (Lewandowski et al. 2009)."""
    autograd.manual_seed(42)
    for n in (2, 3, 5):
        c = np.array([0.6, 1.0, 4.0])
        d = D.LKJCholesky(n, double(c))
        factor = d.sample((8_000,))
        assert D.constraints.corr_cholesky.check(factor).all()
        r = (factor @ factor.mT).numpy()
        rows, columns = np.tril_indices(n, -1)
        variance = r[..., rows, columns].var(0)
        np.testing.assert_allclose(variance, np.broadcast_to((1 / (2 * c + n - 1))[:, None], variance.shape), rtol=0.1)
    # the density integrates to one: over the one correlation of 2, and the three of 3
    z = np.linspace(-0.9995, 0.9995, 400)
    p = D.LKJCholesky(2, double(1.7)).log_prob(double([[[1, 0], [v, math.sqrt(1 - v * v)]] for v in z])).exp().numpy()
    assert np.trapezoid(p, z) == pytest.approx(1, abs=1e-3)
    x = double(np.random.default_rng(0).standard_normal((20_000, 3)))
    t = D.CorrCholeskyTransform()
    y = t(x)
    ratio = D.LKJCholesky(3, double(1.7)).log_prob(y) + t.log_abs_det_jacobian(x, y)
    ratio = (ratio - D.Normal(double(0.0), 1.0).log_prob(x).sum(-1)).exp()
    assert ratio.mean().item() == pytest.approx(1, abs=0.03)


def test_wishart_is_a_sum_of_squares():
    """With one dimension it is Gamma(df / 2, 1 / (2 v)); with whole df it is X'X of normal rows."""
    k, v = double([2.5, 7.0]), 0.8
    x = double([[[0.5]], [[9.0]]])
    one = D.Wishart(k, double([[v]]))
    gamma = D.Gamma(k / 2, double(1 / (2 * v)))
    np.testing.assert_allclose(one.log_prob(x).numpy(), gamma.log_prob(x[:, 0, 0]).numpy(), rtol=1e-12)
    np.testing.assert_allclose(one.entropy().numpy(), gamma.entropy().numpy(), rtol=1e-12)
    np.testing.assert_allclose(one.variance.numpy()[:, 0, 0], gamma.variance.numpy(), rtol=1e-12)
    matrix = double([[2.0, 0.5], [0.5, 1.0]])
    by = [
        D.Wishart(4.0, matrix),
        D.Wishart(double(4.0), precision_matrix=autograd.linalg.inv(matrix)),
        D.Wishart(double(4.0), scale_tril=autograd.linalg.cholesky(matrix)),
    ]
    for d in by:
        np.testing.assert_allclose(d.covariance_matrix.numpy(), matrix.numpy(), rtol=1e-12)
        np.testing.assert_allclose(d.precision_matrix.numpy(), np.linalg.inv(matrix.numpy()), rtol=1e-12)
        assert d.log_prob(matrix).item() == pytest.approx(by[0].log_prob(matrix).item(), rel=1e-12)
    assert np.isnan(D.Wishart(2.5, matrix).mode.numpy()).all()
    np.testing.assert_allclose(by[0].mode.numpy(), matrix.numpy())


def test_low_rank_normal_is_normal():
    w, d = double([[0.5, 0.1], [1.0, -1.0], [0.3, 2.0]]), double([0.8, 0.6, 1.2])
    low = D.LowRankMultivariateNormal(double([0.3, -1.0, 2.0]), w, d)
    full = D.MultivariateNormal(low.loc, w @ w.mT + d.diag())
    x = double(np.random.default_rng(1).standard_normal((5, 3)))
    np.testing.assert_allclose(low.log_prob(x).numpy(), full.log_prob(x).numpy(), rtol=1e-12)
    np.testing.assert_allclose(low.entropy().item(), full.entropy().item(), rtol=1e-12)
    np.testing.assert_allclose(low.precision_matrix.numpy(), full.precision_matrix.numpy(), rtol=1e-10, atol=1e-12)
    np.testing.assert_allclose(low.scale_tril.numpy(), full.scale_tril.numpy(), rtol=1e-10)
    np.testing.assert_allclose(low.variance.numpy(), full.variance.numpy(), rtol=1e-12)


def test_multinomial_counts():
    d = D.Multinomial(3, double([0.2, 0.3, 0.5]))
    every = [(i, j, 3 - i - j) for i in range(4) for j in range(4 - i)]
    p = d.log_prob(double(every)).exp().numpy()
    assert p.sum() == pytest.approx(1, rel=1e-12)
    assert d.entropy().item() == pytest.approx(-(p * np.log(p)).sum(), rel=1e-12)
    np.testing.assert_allclose(d.mean.numpy(), (p[:, None] * np.array(every)).sum(0), rtol=1e-12)
    assert D.Multinomial(2, double([0.0, 1.0])).log_prob(double([0.0, 2.0])).item() == pytest.approx(0, abs=1e-14)
    assert D.Multinomial(2, double([0.0, 1.0])).entropy().item() == pytest.approx(0, abs=1e-12)
    assert (d.sample((100,)).sum(-1) == 3).all()
    with pytest.raises(NotImplementedError, match="inhomogeneous total_count is not supported"):
        D.Multinomial(double([3, 4]), double([[0.5, 0.5], [0.5, 0.5]]))


def test_special_cases_are_older_families():
    x = double([0.1, 0.9, 2.5])
    for a, b in [
        (D.Weibull(double(2.0), 1.0), D.Exponential(double(0.5))),
        (D.GeneralizedPareto(double(0.0), 2.0, 0.0), D.Exponential(double(0.5))),
        (D.GeneralizedPareto(double(0.0), 2.0, 1e-12), D.Exponential(double(0.5))),
        (D.Chi2(double(2.0)), D.Exponential(double(0.5))),
        (D.StudentT(double(1.0)), D.Cauchy(double(0.0), 1.0)),
        (D.NegativeBinomial(double(1.0), 0.3, validate_args=False), D.Geometric(double(0.7), validate_args=False)),
    ]:
        np.testing.assert_allclose(a.log_prob(x).numpy(), b.log_prob(x).numpy(), rtol=1e-9, atol=1e-11)
    np.testing.assert_allclose(
        D.StudentT(double(1e7)).log_prob(x).numpy(), D.Normal(double(0.0), 1.0).log_prob(x).numpy(), atol=1e-6
    )
    half = double([0.1, 0.9])
    for a, b in [
        (D.Kumaraswamy(double(1.0), 3.0), D.Beta(double(1.0), 3.0)),
        (D.Kumaraswamy(double(3.0), 1.0), D.Beta(double(3.0), 1.0)),
        (D.ContinuousBernoulli(double(0.5)), D.Uniform(double(0.0), 1.0)),
    ]:
        np.testing.assert_allclose(a.log_prob(half).numpy(), b.log_prob(half).numpy(), rtol=1e-10, atol=1e-12)


def test_edges_of_the_support():
    """At a bound the logarithm of the density is its limit; beyond it, checks or -inf."""
    zero, one, inf = double(0.0), double(1.0), math.inf
    for d, x, wanted in [
        (D.HalfNormal(double(1.0)), zero, math.log(math.sqrt(2 / math.pi))),
        (D.HalfCauchy(double(1.0)), zero, math.log(2 / math.pi)),
        (D.Chi2(double(2.0)), zero, math.log(0.5)),
        (D.Chi2(double(1.0)), zero, inf),
        (D.Chi2(double(3.0)), zero, -inf),
        (D.Pareto(double(1.0), 2.0), one, math.log(2.0)),
        (D.Kumaraswamy(double(1.0), 1.0), zero, 0.0),
        (D.Kumaraswamy(double(1.0), 1.0), one, 0.0),
        (D.Kumaraswamy(double(2.0), 0.5), one, inf),
        (D.ContinuousBernoulli(double(0.5)), zero, 0.0),
        (D.ContinuousBernoulli(double(0.5)), one, 0.0),
        (D.GeneralizedPareto(zero, 1.0, 0.5), zero, 0.0),
        (D.NegativeBinomial(zero, 0.5), zero, 0.0),
        (D.NegativeBinomial(zero, 0.5), one, -inf),
        (D.HalfNormal(double(1.0), validate_args=False), -one, -inf),
        (D.HalfCauchy(double(1.0), validate_args=False), -one, -inf),
        (D.GeneralizedPareto(zero, 1.0, 0.5, validate_args=False), -one, -inf),
        (D.GeneralizedPareto(zero, 1.0, -0.5, validate_args=False), double(3.0), -inf),
    ]:
        got = d.log_prob(x).item()
        assert got == wanted or got == pytest.approx(wanted, abs=1e-12), (d, x, got)
    for make, x in [
        (lambda: D.HalfNormal(1.0), -1.0), (lambda: D.HalfCauchy(1.0), -1.0), (lambda: D.Chi2(1.0), -1.0),
        (lambda: D.Pareto(1.0, 2.0), 0.5), (lambda: D.Weibull(1.0, 2.0), 0.0), (lambda: D.InverseGamma(1.0, 2.0), 0.0),
        (lambda: D.FisherSnedecor(1.0, 2.0), 0.0), (lambda: D.Kumaraswamy(1.0, 2.0), 1.5),
        (lambda: D.ContinuousBernoulli(0.3), -0.1), (lambda: D.NegativeBinomial(3, 0.5), 0.5),
        (lambda: D.GeneralizedPareto(0.0, 1.0, -0.5), 2.5), (lambda: D.StudentT(1.0), math.nan),
    ]:  # fmt: skip
        with pytest.raises(SettingError, match="to be within the support"):
            make().log_prob(x)
    for make in [
        lambda: D.StudentT(0.0), lambda: D.HalfNormal(-1.0), lambda: D.HalfCauchy(0.0), lambda: D.Chi2(0.0),
        lambda: D.FisherSnedecor(1.0, -1.0), lambda: D.InverseGamma(0.0, 1.0), lambda: D.Pareto(0.0, 1.0),
        lambda: D.Weibull(1.0, 0.0), lambda: D.VonMises(0.0, 0.0), lambda: D.Kumaraswamy(0.0, 1.0),
        lambda: D.NegativeBinomial(3, 1.0), lambda: D.GeneralizedPareto(0.0, 0.0, 1.0), lambda: D.LKJCholesky(3, 0.0),
        lambda: D.LogisticNormal(double([0.0]), double([0.0])),
    ]:  # fmt: skip
        with pytest.raises(SettingError, match=r"Expected parameter .* to satisfy the constraint"):
            make()


def test_messages_of_the_families():
    eye = autograd.eye(2)
    for call, error, text in [
        (lambda: D.LKJCholesky(1), SettingError, "Expected dim to be .* Found dim=1."),
        (lambda: D.Wishart(0.5, eye), SettingError, "Value of df=0.5 expected to be greater than ndim - 1 = 1."),
        (lambda: D.Wishart(3.0), SettingError, "Exactly one of covariance_matrix .* got none"),
        (lambda: D.Wishart(3.0, autograd.ones(2)), ShapeError, "must be at least two-dimensional"),
        (lambda: D.ContinuousBernoulli(1.5, validate_args=True), SettingError, "parameter probs has invalid values"),
        (lambda: D.LowRankMultivariateNormal(autograd.tensor(0.0), eye, autograd.ones(2)), ShapeError, "loc must"),
        (lambda: D.LowRankMultivariateNormal(autograd.ones(2), autograd.ones(2), autograd.ones(2)), ShapeError,
         "cov_factor must be at least two-dimensional"),
        (lambda: D.LowRankMultivariateNormal(autograd.ones(2), autograd.ones(3, 1), autograd.ones(2)), ShapeError,
         "cov_factor must be a batch of matrices with shape 2 x m"),
        (lambda: D.LowRankMultivariateNormal(autograd.ones(2), autograd.ones(2, 1), autograd.ones(3)), ShapeError,
         "cov_diag must be a batch of vectors with shape"),
    ]:  # fmt: skip
        with pytest.raises(error, match=text):
            call()
    with pytest.warns(FutureWarning, match="sample_n"):
        assert D.Normal(0.0, 1.0).sample_n(3).shape == (3,)
    assert repr(D.Chi2(2.0)) == "Chi2(df: 2.0)"
    assert repr(D.HalfNormal(2.0)) == "HalfNormal(scale: 2.0)"
    assert repr(D.StudentT(2.0)) == "StudentT(df: 2.0, loc: 0.0, scale: 1.0)"
    assert repr(D.ExpTransform().inv) == "_InverseTransform(ExpTransform())"


def test_pytorchs_module_paths():
    import autograd as torch

    for name in (
        "StudentT",
        "LKJCholesky",
        "AffineTransform",
        "biject_to",
        "transforms",
        "constraints",
        "ExponentialFamily",
    ):
        assert getattr(torch.distributions, name) is getattr(D, name)
    assert torch.distributions.transforms.ExpTransform is D.ExpTransform
    assert torch.distributions.kl.kl_divergence is D.kl_divergence
    assert torch.distributions.constraint_registry.transform_to is D.transform_to
    assert torch.distributions.transformed_distribution.TransformedDistribution is D.TransformedDistribution
    assert torch.distributions.utils.probs_to_logits
    matrix = autograd.tensor(np.arange(9.0).reshape(3, 3))
    for diag, wanted in ((0, [0, 3, 4, 6, 7, 8]), (-1, [3, 6, 7]), (1, [0, 1, 3, 4, 5, 6, 7, 8])):
        vector = torch.distributions.utils.tril_matrix_to_vec(matrix, diag)
        assert vector.tolist() == wanted
        back = torch.distributions.utils.vec_to_tril_matrix(vector, diag)
        assert back.tolist() == matrix.tril(diag).tolist()
    with pytest.raises(ShapeError, match="cannot be expressed as the lower triangular part"):
        torch.distributions.utils.vec_to_tril_matrix(autograd.ones(4), 0)


def test_relaxed_draws_have_a_base():
    autograd.manual_seed(43)
    d = D.RelaxedBernoulli(0.7, logits=double([0.5, -1.0]))
    y = d.base_dist.rsample((4,))
    x = y.sigmoid()
    wanted = d.base_dist.log_prob(y) - D.SigmoidTransform().log_abs_det_jacobian(y, x)
    np.testing.assert_allclose(d.log_prob(x).numpy(), wanted.numpy(), rtol=1e-10)
    e = D.RelaxedOneHotCategorical(0.7, logits=double([0.5, -1.0, 2.0]))
    y = e.base_dist.rsample((4,))
    np.testing.assert_allclose(y.exp().sum(-1).numpy(), 1)
    np.testing.assert_allclose(e.log_prob(y.exp()).numpy(), (e.base_dist.log_prob(y) - y.sum(-1)).numpy(), rtol=1e-10)
    assert np.isfinite(
        D.relaxed_categorical.ExpRelaxedCategorical(1e-3, logits=double([0.0, 5.0])).rsample((9,)).numpy()
    ).all()
    for member in (d, e):
        assert isinstance(member, D.TransformedDistribution)
        assert member.has_rsample
        assert member.expand((3, *member.batch_shape)).rsample().shape == (3, *member.batch_shape, *member.event_shape)
    assert repr(D.RelaxedBernoulli(0.7, logits=double([0.5, 1.0]))) == "RelaxedBernoulli(logits: Size([2]))"
