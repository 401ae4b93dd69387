"""Draws that move with their parameters at a fixed quantile: Gamma, Beta, Dirichlet, and what is made of them.

The kind: a gradient of a draw that has no formula. It is checked three ways: against numerical slopes of quantiles,
against the gradient of known means, and in the families that use it."""

import math

import numpy as np
import pytest

import autograd
import nn.distributions as D
from autograd.ops.incomplete import beta_slope, gamma_slope, gammainc


def double(values, requires_grad=False):
    return autograd.tensor(np.asarray(values, np.float64), requires_grad=requires_grad)


def trapezoid(f, low, high, count=200_001):
    s = np.linspace(low, high, count)
    return np.trapezoid(f(s), s, axis=-1)


def gamma_area(a, low, high):
    """Under the density of Gamma(a, 1) by the trapezoidal rule in log t: an integral that the library does not use."""
    return trapezoid(lambda s: np.exp(a * s - np.exp(s) - math.lgamma(a)), low, high)


def lower_gamma(a, x):
    return gamma_area(a, math.log(x) - 60 / a - 3, math.log(x))


def upper_gamma(a, x):
    return gamma_area(a, math.log(x), math.log(x + 60 + 20 * math.sqrt(x)))


def beta_area(a, b, low, high):
    constant = math.lgamma(a) + math.lgamma(b) - math.lgamma(a + b)
    return trapezoid(lambda s: np.exp(-a * np.logaddexp(0, -s) - b * np.logaddexp(0, s) - constant), low, high)


def lower_beta(a, b, x):
    y = math.log(x / (1 - x))
    return beta_area(a, b, y - 60 / a - 3, y)


def upper_beta(a, b, x):
    y = math.log(x / (1 - x))
    return beta_area(a, b, y, y + 60 / b + 3)


GAMMAS = [
    (0.05, 1e-9),
    (0.05, 0.2),
    (0.7, 0.01),
    (0.7, 3.0),
    (1.0, 1.0),
    (4.0, 0.5),
    (4.0, 11.0),
    (80.0, 75.0),
    (80.0, 110.0),
]
BETAS = [
    (0.3, 0.2, 0.01),
    (0.3, 0.2, 0.9),
    (2.0, 5.0, 0.1),
    (2.0, 5.0, 0.7),
    (60.0, 3.0, 0.9),
    (60.0, 3.0, 0.99),
    (0.1, 50.0, 1e-4),
]


def test_gamma_draws_move_with_their_quantile():
    for a, x in GAMMAS:
        h = 1e-4 * a
        side = lower_gamma if x < a else upper_gamma
        slope = (side(a + h, x) - side(a - h, x)) / (2 * h) * (1 if x < a else -1)
        density = math.exp((a - 1) * math.log(x) - x - math.lgamma(a))
        got = gamma_slope(np.array(a), np.array(x)).item()
        assert got == pytest.approx(-slope / density, rel=1e-5), (a, x)
        assert gammainc(np.array(a), np.array(x)).item() == pytest.approx(lower_gamma(a, x), rel=1e-6), (a, x)


def test_beta_draws_move_with_their_quantile():
    for a, b, x in BETAS:
        h = 1e-4 * a
        side = lower_beta if x < a / (a + b) else upper_beta
        slope = (side(a + h, b, x) - side(a - h, b, x)) / (2 * h) * (1 if side is lower_beta else -1)
        constant = math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b)
        density = math.exp((a - 1) * math.log(x) + (b - 1) * math.log(1 - x) + constant)
        got = beta_slope(np.array(a), np.array(b), np.array(x), np.array(1 - x)).item()
        assert got == pytest.approx(-slope / density, rel=1e-5), (a, b, x)


def test_slopes_are_those_of_closed_forms():
    # Beta(a, 1): x = u^(1 / a)
    a, u = np.array([0.01, 0.3, 1.0, 7.0, 1e3, 1e6])[:, None], np.array([1e-3, 0.2, 0.5, 0.9, 0.999])
    x = u ** (1 / a)
    y = -np.expm1(np.log(u) / a)
    kept = x > 1e-300
    got = beta_slope(a, np.ones_like(x), x, y)
    np.testing.assert_allclose(got[kept], (-x * np.log(u) / a**2)[kept], rtol=1e-10)
    # a large: x is about a + z sqrt(a) + (z^2 - 1) / 3
    z = np.array([-2.0, 0.0, 1.5])
    big = 1e10
    np.testing.assert_allclose(
        gamma_slope(np.array(big), big + z * math.sqrt(big) + (z**2 - 1) / 3), 1 + z / (2 * math.sqrt(big)), rtol=1e-9
    )


def test_incomplete_gamma_functions_at_the_ends():
    a = double([1.0, 2.5, 1e-3])
    assert a.igamma(double(0.0)).tolist() == [0, 0, 0]
    assert a.igamma(double(math.inf)).tolist() == [1, 1, 1]
    assert a.igammac(double(0.0)).tolist() == [1, 1, 1]
    assert a.igammac(double(math.inf)).tolist() == [0, 0, 0]
    assert double(0.0).igamma(double(2.0)).item() == 1
    assert np.isnan(a.igamma(-1.0).numpy()).all()
    assert np.isnan(double(-1.0).igamma(1.0).item())
    # the upper one keeps its digits: Q(1, x) = exp(-x), Q(2, x) = (1 + x) exp(-x)
    x = np.array([1e-8, 0.3, 5.0, 100.0, 700.0])
    np.testing.assert_allclose(double(1.0).igammac(double(x)).numpy(), np.exp(-x), rtol=1e-12)
    np.testing.assert_allclose(double(2.0).igammac(double(x)).numpy(), (1 + x) * np.exp(-x), rtol=1e-12)
    np.testing.assert_allclose(double(1.0).igamma(double(x)).numpy(), -np.expm1(-x), rtol=1e-12)
    assert autograd.igamma(autograd.tensor([1.0]), autograd.tensor([2.0])).dtype == np.float32
    assert autograd.igamma(autograd.tensor([1]), autograd.tensor([2])).dtype == np.float32
    assert autograd.igamma(autograd.tensor([0.5]), 2).dtype == np.float32
    assert autograd.igamma(autograd.zeros(0, 3) + 1, autograd.ones(3)).shape == (0, 3)


def test_incomplete_gamma_functions_have_all_derivatives():
    a, x = double([0.4, 2.0, 12.0], requires_grad=True), double([0.7, 1.0, 14.0], requires_grad=True)
    assert autograd.gradcheck(lambda a, x: a.igamma(x), (a, x))
    assert autograd.gradgradcheck(lambda a, x: a.igamma(x), (a, x))
    assert autograd.gradgradcheck(lambda a, x: a.igammac(x), (a, x))

    def third(a):
        (first,) = autograd.grad(a.igamma(x.detach()).sum(), [a], create_graph=True)
        (second,) = autograd.grad(first.sum(), [a], create_graph=True)
        return second

    assert autograd.gradcheck(third, (a,))


MEANS = {
    # (distribution of its parameters, the mean of what, its value)
    "Gamma": (
        lambda a, b: D.Gamma(a, b),
        [[0.3, 1.0, 5.0], [0.7, 2.0, 1.5]],
        lambda x: x * x,
        lambda a, b: a * (a + 1) / b**2,
    ),
    "Gamma log": (
        lambda a, b: D.Gamma(a, b),
        [[0.3, 1.0, 5.0], [0.7, 2.0, 1.5]],
        lambda x: x.log(),
        lambda a, b: a.digamma() - b.log(),
    ),
    "Chi2": (lambda k: D.Chi2(k), [[0.7, 2.0, 9.0]], lambda x: x * x, lambda k: k * (k + 2)),
    "Beta": (
        lambda a, b: D.Beta(a, b),
        [[0.3, 2.0, 5.0], [0.4, 1.0, 9.0]],
        lambda x: x.log(),
        lambda a, b: a.digamma() - (a + b).digamma(),
    ),
    "Beta square": (
        lambda a, b: D.Beta(a, b),
        [[0.3, 2.0, 5.0], [0.4, 1.0, 9.0]],
        lambda x: x * x,
        lambda a, b: a * (a + 1) / ((a + b) * (a + b + 1)),
    ),
    "Dirichlet": (
        lambda c: D.Dirichlet(c),
        [[0.4, 1.0, 3.0]],
        lambda x: x.square() * double([1.0, -2.0, 3.0]),
        lambda c: c * (c + 1) / (c.sum() * (c.sum() + 1)) * double([1.0, -2.0, 3.0]),
    ),
    "Dirichlet product": (
        lambda c: D.Dirichlet(c),
        [[0.4, 1.0, 3.0]],
        lambda x: x[..., 0] * x[..., 1],
        lambda c: c[0] * c[1] / (c.sum() * (c.sum() + 1)),
    ),
    "InverseGamma": (
        lambda a, b: D.InverseGamma(a, b),
        [[6.0, 9.0], [0.7, 2.0]],
        lambda x: x,
        lambda a, b: b / (a - 1),
    ),
    "StudentT": (
        lambda k, m, s: D.StudentT(k, m, s),
        [[9.0, 12.0], [0.5, -1.0], [1.0, 2.0]],
        lambda x: x * x,
        lambda k, m, s: m * m + s * s * k / (k - 2),
    ),
    "FisherSnedecor": (
        lambda a, b: D.FisherSnedecor(a, b),
        [[3.0, 0.7], [12.0, 20.0]],
        lambda x: x,
        lambda a, b: b / (b - 2) + a * 0,
    ),
    "Wishart": (
        lambda k: D.Wishart(k, double([[2.0, 0.5], [0.5, 1.0]])),
        [4.5],
        lambda x: x.square(),
        lambda k: k * (k + 1) * double([[4.0, 0.25], [0.25, 1.0]]) + k * double([[4.0, 2.0], [2.0, 1.0]]),
    ),
}


@pytest.mark.parametrize("name", MEANS)
def test_the_mean_of_the_gradient_is_the_gradient_of_the_mean(name):
    """E[f(x)] is known in closed form as a function of the parameters: so is its gradient."""
    make, values, f, mean = MEANS[name]
    autograd.manual_seed(20)
    n = 30_000
    leaves = [double(v, requires_grad=True) for v in values]
    wide = [leaf.detach().expand((n, *leaf.shape)).clone().requires_grad_() for leaf in leaves]
    draws = f(make(*wide).rsample())
    weights = np.random.default_rng(0).uniform(0.5, 1.5, draws.shape[1:])
    got = autograd.grad((draws * double(weights)).sum(), wide)
    wanted = autograd.grad((mean(*leaves) * double(weights)).sum(), leaves)
    for g, w in zip(got, wanted, strict=True):
        error = g.numpy().std(0) / math.sqrt(n)
        assert (np.abs(g.numpy().mean(0) - w.numpy()) < 5 * error + 1e-9).all(), (g.numpy().mean(0), w)


def test_beta_is_the_first_element_of_dirichlet():
    both = double([0.7, 2.5], requires_grad=True)
    autograd.manual_seed(21)
    x = D.Beta(both[0], both[1]).rsample((50,))
    autograd.manual_seed(21)
    y = D.Dirichlet(both).rsample((50,))
    assert x.tolist() == y[:, 0].tolist()
    (a,), (b,) = autograd.grad(x.sum(), [both]), autograd.grad(y[:, 0].sum(), [both])
    np.testing.assert_allclose(a.numpy(), b.numpy(), rtol=1e-12)
    # the elements sum to one wherever the parameters go
    (none,) = autograd.grad(D.Dirichlet(both).rsample((50,)).sum(), [both])
    np.testing.assert_allclose(none.numpy(), 0, atol=1e-12)


def test_extreme_parameters_give_finite_draws_and_gradients():
    for dtype in ("float32", "float64"):
        c = autograd.tensor(np.array([1e-4, 1e-2, 0.5, 1.0, 1e3, 1e7], dtype), requires_grad=True)
        for d in (D.Gamma(c, 2.0), D.Beta(c, c.flip(0)), D.Dirichlet(c), D.StudentT(c + 0.5), D.Chi2(c)):
            x = d.rsample((100,))
            assert x.dtype == dtype
            (g,) = autograd.grad(x.sum() if x.shape[-1:] != d.event_shape else x.square().sum(), [c])
            assert g.dtype == dtype
            assert np.isfinite(x.detach().numpy()).all()
            assert np.isfinite(g.numpy()).all(), (d, g)
    assert (D.Gamma(double(1e-4), 1.0).sample((1000,)).numpy() > 0).all()


def test_a_second_derivative_of_a_draw_is_refused():
    c = double([0.7, 2.5], requires_grad=True)
    (g,) = autograd.grad(D.Gamma(c, 1.0).rsample().square().sum(), [c], create_graph=True)
    with pytest.raises(NotImplementedError, match="second derivative of draws"):
        g.sum().backward()


def test_a_latent_dirichlet_learns():
    """Reparameterised gradients find the concentration whose mean is wanted."""
    autograd.manual_seed(22)
    logits = autograd.zeros(3, requires_grad=True)
    wanted = autograd.tensor([0.7, 0.2, 0.1])
    optimizer = autograd.optim.Adam([logits], lr=0.05)
    for _ in range(200):
        x = D.Dirichlet(logits.exp() + 0.1).rsample((32,))
        loss = (x - wanted).square().sum(-1).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    np.testing.assert_allclose(D.Dirichlet(logits.exp() + 0.1).mean.detach().numpy(), wanted.numpy(), atol=0.08)
