"""SciPy's functions without SciPy: gradients by differences; values beside SciPy's where it is installed."""

from __future__ import annotations

import importlib.util

import numpy as onp
import pytest

import autograd.numpy as np
from autograd import grad, hessian
from autograd.scipy import integrate, linalg, signal, special, stats
from autograd.test_util import check_grads

R = onp.random.default_rng(2)
p, q, v = R.random((2, 3)) + 0.3, R.random((2, 3)) + 0.4, R.standard_normal((2, 3))
spd = onp.array([[2.0, 0.3, 0.1], [0.3, 1.5, -0.2], [0.1, -0.2, 1.0]])
has_scipy = importlib.util.find_spec("scipy") is not None
needs_scipy = pytest.mark.skipif(not has_scipy, reason="needs SciPy: pip install 'wengert[scipy]'")

CASES = {
    "special.beta": (p, q),
    "special.betaln": (p, q),
    "special.digamma": (p,),
    "special.entr": (p,),
    "special.erf": (v,),
    "special.erfc": (v,),
    "special.erfcinv": (p,),
    "special.erfcx": (v,),
    "special.erfinv": (v / 4,),
    "special.expit": (v,),
    "special.gamma": (v,),
    "special.gammainc": (p, q),
    "special.gammaincc": (p, q),
    "special.gammaln": (p,),
    "special.i0": (v,),
    "special.i0e": (v,),
    "special.i1": (v,),
    "special.i1e": (v,),
    "special.j0": (v,),
    "special.j1": (v,),
    "special.log_ndtr": (v,),
    "special.logit": (p / 2,),
    "special.ndtr": (v,),
    "special.ndtri": (p / 2,),
    "special.rgamma": (v,),
    "special.softmax": (v,),
    "special.xlog1py": (v, p),
    "special.xlogy": (v, p),
    "special.y0": (p,),
    "special.y1": (p,),
    "stats.beta.logpdf": (p / 2, q, p),
    "stats.beta.pdf": (p / 2, q, p),
    "stats.chi2.cdf": (p, q),
    "stats.chi2.logpdf": (p, q),
    "stats.chi2.pdf": (p, q),
    "stats.expon.cdf": (p,),
    "stats.expon.logpdf": (p,),
    "stats.gamma.cdf": (p, q),
    "stats.gamma.logpdf": (p, q),
    "stats.gamma.pdf": (p, q),
    "stats.norm.cdf": (v, v[::-1].copy(), p),
    "stats.norm.logcdf": (v, v[::-1].copy(), p),
    "stats.norm.logpdf": (v, v[::-1].copy(), p),
    "stats.norm.logsf": (v, v[::-1].copy(), p),
    "stats.norm.pdf": (v, v[::-1].copy(), p),
    "stats.norm.ppf": (p / 2, v, q),
    "stats.norm.sf": (v, v[::-1].copy(), p),
    "stats.t.logpdf": (v, p + 1, v / 2, q),
    "stats.t.pdf": (v, p + 1, v / 2, q),
    "linalg.det": (spd,),
    "linalg.inv": (spd,),
    "linalg.solve": (spd, v.T),
    "linalg.solve_sylvester": (spd, spd[:2, :2], v.T),
    "linalg.sqrtm": (spd,),
}
BY_THE_LAST = {
    "special.betainc": (p, q, p / 2),
    "special.iv": (1.5, p),
    "special.ive": (2, v),
    "special.jn": (2, p),
    "special.yn": (1, p),
    "special.polygamma": (2, p),
    "special.multigammaln": None,
    "stats.poisson.logpmf": (onp.array([0, 3, 2]), p),
    "stats.poisson.pmf": (onp.array([0, 3, 2]), p),
    "stats.poisson.cdf": (onp.array([0, 3, 2]), p),
    "stats.bernoulli.logpmf": (onp.array([0, 1, 1]), p / 2),
    "stats.bernoulli.pmf": (onp.array([0, 1, 1]), p / 2),
}
NEEDS = {"special.betainc", "special.iv", "special.ive", "special.jn", "special.yn"}


def ours(name):
    found = {"special": special, "stats": stats, "linalg": linalg}[name.split(".")[0]]
    for part in name.split(".")[1:]:
        found = getattr(found, part)
    return found


def theirs(name):
    module = importlib.import_module("scipy." + name.split(".")[0])
    for part in name.split(".")[1:]:
        module = getattr(module, part)
    return module


@pytest.mark.parametrize("name", CASES)
def test_gradients_are_those_of_differences(name):
    args = CASES[name]
    check_grads(ours(name), tuple(range(len(args))), modes=["rev"])(*args)


@pytest.mark.parametrize("name", [name for name, args in BY_THE_LAST.items() if args and name not in NEEDS])
def test_gradients_by_the_last_argument(name):
    args = BY_THE_LAST[name]
    check_grads(ours(name), len(args) - 1, modes=["rev"])(*args)


@needs_scipy
@pytest.mark.parametrize("name", sorted(NEEDS))
def test_gradients_of_what_scipy_computes(name):
    args = BY_THE_LAST[name]
    check_grads(ours(name), len(args) - 1, modes=["rev"])(*args)


@needs_scipy
@pytest.mark.parametrize("name", [*CASES, *[name for name, args in BY_THE_LAST.items() if args]])
def test_values_are_scipys(name):
    args = CASES.get(name) or BY_THE_LAST[name]
    onp.testing.assert_allclose(ours(name)(*args), theirs(name)(*args), rtol=1e-10, atol=1e-13)


@pytest.mark.skipif(has_scipy, reason="SciPy is installed")
def test_what_needs_scipy_says_so():
    with pytest.raises(ModuleNotFoundError, match=r"pip install 'wengert\[scipy\]'"):
        special.jn(1, 2.0)
    with pytest.raises(AttributeError, match=r"pip install 'wengert\[scipy\]'"):
        stats.norm.rvs()


def test_logsumexp_in_all_its_forms():
    onp.testing.assert_allclose(special.logsumexp(v, axis=1), onp.log(onp.exp(v).sum(1)))
    onp.testing.assert_allclose(special.logsumexp(v, b=q), onp.log((q * onp.exp(v)).sum()))
    size, sign = special.logsumexp(v, b=-q, return_sign=True)
    assert sign == -1
    assert size == pytest.approx(onp.log((q * onp.exp(v)).sum()))
    assert special.logsumexp(onp.array([1000.0, 1000.0])) == pytest.approx(1000 + onp.log(2))
    assert special.logsumexp(onp.array([-onp.inf, -onp.inf])) == -onp.inf
    check_grads(lambda a, b: special.logsumexp(a, axis=0, b=b, keepdims=True), (0, 1), modes=["rev"])(v, q)
    check_grads(lambda a: special.multigammaln(a, 2), modes=["rev"])(3.5)


def test_many_dimensions():
    mean = onp.array([0.1, -0.2, 0.3])
    check_grads(stats.multivariate_normal.logpdf, (0, 1), modes=["rev"])(v, mean, spd)
    check_grads(lambda c: stats.multivariate_normal.logpdf(v, mean, (c + c.T) / 2), modes=["rev"])(spd)
    check_grads(lambda c: stats.multivariate_normal.entropy(mean, c), modes=["rev"])(spd)
    full = stats.multivariate_normal.logpdf(v, mean, spd)
    onp.testing.assert_allclose(stats.multivariate_normal.logpdf(v, mean, spd, allow_singular=True), full)
    assert stats.multivariate_normal.logpdf(v, mean, 2.0).shape == (2,)
    points = onp.array([[0.2, 0.3], [0.5, 0.1], [0.3, 0.6]])
    alpha = onp.array([1.5, 2.0, 0.7])
    check_grads(stats.dirichlet.logpdf, (0, 1), modes=["rev"])(points, alpha)
    onp.testing.assert_allclose(stats.dirichlet.logpdf(points[:2], alpha), stats.dirichlet.logpdf(points, alpha))


def test_solvers():
    b = v.T
    for lower in (False, True):
        for trans in (0, 1, "T"):
            a = onp.tril(spd) if lower else onp.triu(spd)
            found = linalg.solve_triangular(spd, b, trans, lower)
            onp.testing.assert_allclose((a.T if trans else a) @ found, b, atol=1e-12)
            check_grads(lambda a, b: linalg.solve_triangular(a, b, trans, lower), (0, 1), modes=["rev"])(spd, b)  # noqa: B023
    bands = onp.array([[0.0, 1.0, 2.0], [4.0, 5.0, 6.0], [0.5, 0.2, 0.0]])
    dense = onp.array([[4.0, 1.0, 0.0], [0.5, 5.0, 2.0], [0.0, 0.2, 6.0]])
    onp.testing.assert_allclose(linalg.solve_banded((1, 1), bands, b), onp.linalg.solve(dense, b))
    check_grads(lambda a, b: linalg.solve_banded((1, 1), a, b), (0, 1), modes=["rev"])(bands, b)
    onp.testing.assert_allclose(linalg.sqrtm(spd) @ linalg.sqrtm(spd), spd)
    with pytest.raises(TypeError, match="complex"):
        linalg.sqrtm(-spd)


@pytest.mark.parametrize("mode", ["full", "same", "valid"])
@pytest.mark.parametrize("shapes", [((6,), (3,)), ((3,), (6,)), ((5, 4), (2, 3)), ((4,), (1,))])
def test_convolutions(mode, shapes):
    a, b = R.standard_normal(shapes[0]), R.standard_normal(shapes[1])
    if mode == "same" and len(shapes[0]) == 1 and shapes[0] >= shapes[1]:
        onp.testing.assert_allclose(signal.convolve(a, b, mode=mode), onp.convolve(a, b, mode))
    if mode != "same" and len(shapes[0]) == 1:
        onp.testing.assert_allclose(signal.convolve(a, b, mode=mode), onp.convolve(a, b, mode))
    check_grads(lambda a, b: signal.convolve(a, b, mode=mode), (0, 1), modes=["rev"])(a, b)


def test_convolutions_of_some_axes_with_sums_over_others():
    images, filters = R.standard_normal((4, 2, 6, 5)), R.standard_normal((2, 3, 2, 2))
    found = signal.convolve(images, filters, axes=([2, 3], [2, 3]), dot_axes=([1], [0]), mode="valid")
    assert found.shape == (4, 3, 5, 4)
    one = sum(images[1, c, 2:4, 1:3][::-1, ::-1].ravel() @ filters[c, 2].ravel() for c in range(2))
    assert found[1, 2, 2, 1] == pytest.approx(one)
    small = signal.convolve(filters, images, axes=([2, 3], [2, 3]), dot_axes=([0], [1]), mode="valid")
    onp.testing.assert_allclose(onp.swapaxes(small, 0, 1), found)
    with pytest.raises(ValueError, match="wanted mode"):
        signal.convolve(images, filters, mode="half")


@needs_scipy
def test_differential_equations():
    def func(y, t, a, b):
        return -np.sqrt(t) - y + a - np.mean((y + b) ** 2)

    y0, t = R.standard_normal(3), onp.linspace(0.1, 0.4, 4)
    check_grads(integrate.odeint, (1, 2, 3), modes=["rev"], order=1)(
        func, y0, t, (R.standard_normal(3), R.standard_normal(3))
    )
    check_grads(lambda y: integrate.odeint(func, y, t, (1.0, 2.0)), modes=["rev"], order=2)(y0)
    assert integrate.odeint(lambda y, t: -y, onp.array([1.0]), onp.array([0.0, 1.0]))[1, 0] == pytest.approx(
        onp.exp(-1)
    )


@needs_scipy
def test_scipys_optimisers_take_our_derivatives():
    from scipy.optimize import least_squares, minimize, root

    def rosen(x):
        return np.sum(100.0 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2)

    start = onp.array([1.3, 0.7, 0.8, 1.9, 1.2])
    for method, options in (
        ("BFGS", {}),
        ("Newton-CG", {"hess": hessian(rosen)}),
        ("trust-exact", {"hess": hessian(rosen)}),
    ):
        found = minimize(rosen, start, jac=grad(rosen), method=method, **options)
        onp.testing.assert_allclose(found.x, onp.ones(5), atol=1e-3)
    from autograd import jacobian

    def f(x):
        return np.array([x[0] + 0.5 * (x[0] - x[1]) ** 3 - 1.0, 0.5 * (x[1] - x[0]) ** 3 + x[1]])

    assert root(f, [0.0, 0.0], jac=jacobian(f)).success
    assert least_squares(f, [0.0, 0.0], jac=jacobian(f)).success
