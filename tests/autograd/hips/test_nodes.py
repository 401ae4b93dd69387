"""What a function computes as nodes of one's own; values that are no arrays; the helpers around them."""

from __future__ import annotations

import subprocess
import sys

import numpy as onp
import pytest

import autograd.numpy as np
from autograd import deriv, elementwise_grad, grad, make_jvp
from autograd.core import primitive_vjps, vspace
from autograd.extend import Box, VSpace, def_linear, defjvp, defjvp_argnum, defjvp_argnums, defvjp, primitive
from autograd.misc.tracers import const_graph
from autograd.tracer import Node, isbox, trace
from autograd.util import func, quick_grad_check, subval, subvals, toposort


class Line(Node):
    """A node that says what was computed."""

    def __init__(self, value, fun, args, kwargs, parent_argnums, parents):
        words = [*args]
        for argnum, parent in zip(parent_argnums, parents):
            words[argnum] = parent.name
        self.lines, self.parents, self.value = parents[0].lines, parents, value
        self.name = "abcdefghijkl"[len(self.lines)]
        self.lines.append(f"{self.name} = {fun.__name__}({', '.join(map(str, words))})")

    def initialize_root(self, name):
        self.name, self.lines, self.parents = name, [], ()


def test_a_function_as_nodes():
    value, node = trace(Line.new_root("x"), lambda x: (np.sin(x) + np.exp(x) - 0.5) * np.sin(x), 1.0)
    wanted = ["a = sin(x)", "b = exp(x)", "c = add(a, b)", "d = subtract(c, 0.5)", "e = sin(x)", "f = multiply(d, e)"]
    assert node.lines == wanted
    assert value == node.value == pytest.approx((onp.sin(1.0) + onp.e - 0.5) * onp.sin(1.0))
    first, *_, last = toposort(node)
    assert (first.name, last.name) == ("f", "x")


def test_a_gradient_as_nodes():
    value, node = trace(Line.new_root("x"), grad(lambda x: np.sin(x * 2.0)), 1.0)
    assert value == pytest.approx(2 * onp.cos(2.0))
    assert "cos" in "".join(node.lines)


def test_what_does_not_depend_on_the_argument_has_no_node():
    with pytest.warns(UserWarning, match="independent"):
        assert trace(Line.new_root("x"), lambda x: np.sum(onp.ones(3)), 1.0)[1] is None


class Curve:
    """A sum of bumps: points -> heights. It is no array, but can be added and scaled."""

    def __init__(self, bumps):
        self.bumps = bumps

    @primitive
    def at(self, x):
        """Its value at x."""
        return sum((height * onp.exp(-((x - place) ** 2)) for place, height in self.bumps.items()), 0.0)

    def __add__(self, other):
        return vspace(self).add(self, other)

    def __mul__(self, factor):
        return vspace(self).scalar_mul(self, factor)


class CurveBox(Box, Curve):
    """What stands for it while it is differentiated."""


class Curves(VSpace):
    """Their space."""

    def __init__(self, value):
        pass

    def zeros(self):
        return Curve({})

    def _add(self, f, g):
        return Curve({place: f.bumps.get(place, 0) + g.bumps.get(place, 0) for place in {**f.bumps, **g.bumps}})

    def _scalar_mul(self, f, factor):
        return Curve({place: height * factor for place, height in f.bumps.items()})


CurveBox.register(Curve)
Curves.register(Curve)
defvjp(func(Curve.at), lambda ans, f, x: lambda g: Curve({x: 1.0}) * g)


def test_a_value_that_is_no_array():
    points, heights = (0.0, 1.0, 2.0), (1.0, -1.0, 0.5)

    def misfit(curve):
        assert isbox(curve)
        return sum((curve.at(x) - y) ** 2 for x, y in zip(points, heights))

    curve = Curve({})
    for _ in range(200):
        curve = curve + grad(misfit)(curve) * -0.2
    onp.testing.assert_allclose([curve.at(x) for x in points], heights, atol=1e-6)
    with pytest.warns(UserWarning, match="independent"):
        assert grad(lambda c: np.sum(onp.ones(2)))(curve).bumps == {}
    assert vspace(curve) == vspace(Curve({1.0: 2.0}))
    assert vspace(curve) != vspace(1.0)


def test_forward_rules_alone_serve_both_modes():
    @primitive
    def scaled(x, y):
        return x * y**2

    defjvp(scaled, "same", lambda g, ans, x, y: g * x * 2 * y)
    x, y = onp.array([1.0, 2.0]), onp.array([0.5, -1.0])
    onp.testing.assert_allclose(elementwise_grad(scaled, 1)(x, y), 2 * x * y)
    onp.testing.assert_allclose(elementwise_grad(scaled, 0)(x, y), y**2)
    onp.testing.assert_allclose(make_jvp(scaled, 1)(x, y)(onp.ones(2))[1], 2 * x * y)
    assert deriv(scaled, 1)(3.0, 0.5) == pytest.approx(3.0)
    assert scaled not in primitive_vjps

    @primitive
    def added(x, y):
        return 3 * x + y

    defjvp_argnum(added, lambda argnum, g, ans, args, kwargs: g * (3, 1)[argnum])
    assert grad(added)(1.0, 2.0) == 3.0
    defjvp_argnums(added, lambda argnums, gs, ans, args, kwargs: sum(g * (3, 1)[n] for n, g in zip(argnums, gs)))
    assert grad(added, 1)(1.0, 2.0) == 1.0

    @primitive
    def turned(x):
        return onp.array([x[1], -x[0]])

    def_linear(turned)
    onp.testing.assert_allclose(grad(lambda x: turned(x)[0])(x), [0.0, 1.0])


def test_a_forward_rule_for_another_argument_does_not_help():
    @primitive
    def product(x, y):
        return x * y

    defjvp(product, lambda g, ans, x, y: g * y)
    with pytest.raises(NotImplementedError, match="argnum 1"):
        grad(product, 1)(2.0, 3.0)


def test_helpers():
    assert subvals((1, 2, 3), [(0, "a"), (2, "c")]) == ("a", 2, "c")
    assert subval([1, 2], 1, 5) == (1, 5)
    assert const_graph(lambda x, y: x + y, 1)(2) == 3
    with pytest.warns(FutureWarning, match="check_grads"):
        quick_grad_check(lambda x, y: np.sin(x) * y, 0.3, (2.0,))


@pytest.mark.parametrize("dtype", [onp.float32, onp.float64])
def test_an_array_or_a_number_beside_a_value(dtype):
    x, c = onp.array([0.5, 1.5, 2.5], dtype), onp.array([2.0, -1.0, 0.5], dtype)
    for f, slope in [
        (lambda x: c * x, c),
        (lambda x: np.multiply(x, c), c),
        (lambda x: c - x, -onp.ones(3)),
        (lambda x: c / x, -c / x**2),
        (lambda x: np.divide(1, x), -1 / x**2),
        (lambda x: np.subtract(2.0, x), -onp.ones(3)),
        (lambda x: np.power(2, x), onp.log(2) * 2**x),
        (lambda x: np.maximum(1, x), onp.array([0.0, 1.0, 1.0])),
        (lambda x: x * onp.float64(2.0), 2 * onp.ones(3)),
        (lambda x: onp.int64(2) * x, 2 * onp.ones(3)),
        (lambda x: np.dot(2.0, x), 2 * onp.ones(3)),
        (lambda x: np.dot(x, 2), 2 * onp.ones(3)),
        (lambda x: np.dot(onp.diag(c), x), c),
        (lambda x: onp.array([1, 2, 3]) * x, onp.array([1.0, 2.0, 3.0])),
    ]:
        gradient = elementwise_grad(f)(x)
        onp.testing.assert_allclose(gradient, slope, rtol=1e-6)
        assert gradient.dtype == dtype


def test_products_of_more_dimensions_are_known_in_a_new_process():
    program = (
        "import numpy as onp, autograd.numpy as np; from autograd import grad; c = onp.ones((2, 3, 4))\n"
        "print(grad(lambda x: np.sum(np.dot(c, x)))(onp.ones((4, 2)))[0], grad(lambda x: np.dot(x, x))(3.0))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["[6.", "6.]", "6.0"]


def test_a_small_array_may_be_refilled_meanwhile():
    buffer = onp.zeros(3)

    def loss(x):
        total = 0.0
        for i in range(3):
            buffer[:] = i
            total = total + np.sum(buffer * x)
        return total

    assert grad(loss)(onp.ones(3)).tolist() == [3.0, 3.0, 3.0]
