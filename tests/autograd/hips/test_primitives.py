"""Functions of one's own with rules of one's own, as `primitive` and `defvjp` make them."""

from __future__ import annotations

import warnings

import numpy as onp
import pytest

import autograd.numpy as np
from autograd import grad, jacobian
from autograd.core import make_vjp
from autograd.extend import defjvp, defvjp, defvjp_argnum, defvjp_argnums, notrace_primitive, primitive
from autograd.misc.fixed_points import fixed_point
from autograd.misc.optimizers import adam, rmsprop, sgd
from autograd.test_util import check_grads

x = onp.array([0.3, -1.2, 2.0])


@primitive
def logsumexp(x):
    """log(sum(exp(x)))."""
    assert type(x) is onp.ndarray
    top = onp.max(x)
    return top + onp.log(onp.sum(onp.exp(x - top)))


defvjp(logsumexp, lambda ans, x: lambda g: np.full(x.shape, g) * np.exp(x - np.full(x.shape, ans)))


def test_a_rule_of_ones_own():
    onp.testing.assert_allclose(grad(logsumexp)(x), onp.exp(x) / onp.exp(x).sum())
    check_grads(lambda x: logsumexp(x * 2.0) ** 2)(x)
    assert logsumexp.__doc__ == "log(sum(exp(x)))."
    assert logsumexp(x) == pytest.approx(onp.log(onp.exp(x).sum()))


def test_a_wrong_rule_is_found():
    @primitive
    def twice(x):
        return 2.0 * x

    defvjp(twice, lambda ans, x: lambda g: 2.001 * g)
    with pytest.raises(AssertionError, match=r"\(VJP\) check of twice failed"):
        check_grads(twice, modes=["rev"])(1.0)


def test_a_rule_gets_plain_arrays_where_nobody_differentiates_again():
    @primitive
    def f(x):
        return x * x

    def rule(ans, x):
        return lambda g: g * onp.array([float(v) for v in x]) * 2

    defvjp(f, rule)
    onp.testing.assert_allclose(jacobian(f)(x), onp.diag(2 * x))


def test_arguments_by_number_and_at_once():
    @primitive
    def f(a, b, c):
        return a * b + c

    defvjp(f, lambda ans, a, b, c: lambda g: g * b, None, argnums=(0, 2))
    assert grad(f)(2.0, 3.0, 4.0) == 3.0
    assert grad(f, 2)(2.0, 3.0, 4.0) == 0.0
    with pytest.raises(NotImplementedError, match="VJP of f wrt argnum 1 not defined"):
        grad(f, 1)(2.0, 3.0, 4.0)
    defvjp_argnum(f, lambda argnum, ans, args, kwargs: lambda g: g * 10 * (argnum + 1))
    assert grad(f, (0, 1))(2.0, 3.0, 4.0) == (10.0, 20.0)
    defvjp_argnums(f, lambda argnums, ans, args, kwargs: lambda g: [g * n for n in argnums])
    assert grad(f, (1, 2))(2.0, 3.0, 4.0) == (1.0, 2.0)


def test_nests_go_in_and_come_out():
    @primitive
    def split(parts, k):
        return parts[0] * k, {"rest": parts[1] + 1, "count": 3}

    def rule(ans, parts, k):
        assert ans[1]["count"] == 3
        return lambda g: [g[0] * k, g[1]["rest"]]

    defvjp(split, rule, None)

    def f(x):
        first, others = split([x, x * x], 5.0)
        return np.sum(first * others["rest"])

    check_grads(f, modes=["rev"], order=1)(x)


def test_missing_rules_and_wrong_uses():
    @primitive
    def f(x):
        return x

    with pytest.raises(NotImplementedError, match="VJP of f wrt argnums"):
        grad(f)(1.0)
    with pytest.raises(TypeError, match="wanted a function made with @primitive"):
        defvjp(onp.sin, lambda ans, x: lambda g: g)
    with pytest.raises(TypeError, match="wanted functions or None"):
        defvjp(f, "same")
    defvjp(f, lambda ans, x: lambda g: [g, g])
    with pytest.raises(ValueError, match="got 2 arrays for 1"):
        grad(f)(1.0)
    with pytest.raises(TypeError, match="by position, not by name"):
        grad(lambda v: f(x=v))(1.0)


def test_forward_rules_are_taken_and_not_needed():
    @primitive
    def cube(x):
        return x**3

    defvjp(cube, lambda ans, x: lambda g: g * 3 * x**2)
    defjvp(cube, lambda g, ans, x: g * 3 * x**2)
    check_grads(cube, modes=["fwd", "rev"])(x)


def test_no_gradient_flows_through_what_is_not_traced():
    half = notrace_primitive(lambda x: onp.floor(x))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert grad(lambda x: x * half(x))(2.5) == 2.0


def test_the_old_ways_to_give_rules():
    @primitive
    def product(x, y):
        return x * y

    product.defgrad(lambda ans, x, y: lambda g: y * g)
    product.defvjp(lambda g, ans, vs, gvs, x, y: x * g, argnum=1)
    assert grad(product, (0, 1))(2.0, 3.0) == (3.0, 2.0)
    product.defvjp_is_zero((0,))
    assert grad(product)(2.0, 3.0) == 0.0


def test_methods_can_be_primitives():
    class Scale:
        k = 3.0

        @primitive
        def times(self, x):
            return self.k * x

    defvjp(Scale.times, None, lambda ans, self, x: lambda g: self.k * g)
    assert grad(lambda x: Scale().times(x))(2.0) == 3.0


def test_fixed_points_have_the_gradient_of_the_equation():
    def newton(a):
        return lambda x: 0.5 * (x + a / x)

    def root(a):
        return fixed_point(newton, a, 1.0, lambda a, b: abs(a - b), 1e-12)

    assert root(2.0) == pytest.approx(2**0.5)
    assert grad(root)(2.0) == pytest.approx(0.5 / 2**0.5)


@pytest.mark.parametrize(("optimise", "steps"), [(sgd, 400), (rmsprop, 600), (adam, 3000)])
def test_optimisers_reach_the_minimum_of_a_nest(optimise, steps):
    seen = []

    def loss(p, i=0):
        return np.sum((p["a"] - x) ** 2) + (p["b"][0] - 2.0) ** 2

    size = 0.01 if optimise is not sgd else 0.1
    found = optimise(grad(loss), {"a": onp.zeros(3), "b": [0.0]}, lambda p, i, g: seen.append(i), steps, size)
    assert seen == [*range(steps)]
    onp.testing.assert_allclose(found["a"], x, atol=1e-2)
    assert found["b"][0] == pytest.approx(2.0, abs=1e-2)


def test_the_core_gives_products():
    pull, value = make_vjp(lambda v: v * v, 3.0)
    assert (pull(1.0), value) == (6.0, 9.0)
