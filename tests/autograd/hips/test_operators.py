"""Functions of arrays are differentiated as HIPS/autograd does it: structures, nesting, errors, warnings."""

from __future__ import annotations

import subprocess
import sys
import warnings

import numpy as onp
import pytest

import autograd
import autograd.numpy as np
from autograd import (
    checkpoint,
    deriv,
    elementwise_grad,
    grad,
    grad_and_aux,
    grad_named,
    hessian,
    hessian_tensor_product,
    holomorphic_grad,
    jacobian,
    make_ggnvp,
    make_hvp,
    make_jvp,
    make_vjp,
    multigrad_dict,
    tensor_jacobian_product,
    value_and_grad,
)
from autograd.differential_operators import make_jvp_reversemode
from autograd.test_util import check_equivalent, check_grads, combo_check
from autograd.tracer import getval, isbox

R = onp.random.default_rng(5)
A, x, u = R.standard_normal((3, 5)), R.standard_normal(5), R.standard_normal(3)


def tanh(x):
    y = np.exp(-2.0 * x)
    return (1.0 - y) / (1.0 + y)


def layer(x):
    return np.tanh(np.dot(A, x))


def square(x):
    return np.sum(np.sin(x) ** 2)


def test_derivatives_nest():
    d = tanh
    for wanted in (0.419974341614026, -0.6397000084492245, 0.6216266807712963, 0.665091044750502):
        d = elementwise_grad(d)
        assert d(1.0) == pytest.approx(wanted, rel=1e-9)
    assert isinstance(grad(tanh)(1.0), float)
    rows = onp.linspace(-2, 2, 7)
    onp.testing.assert_allclose(elementwise_grad(np.tanh)(rows), 1 - onp.tanh(rows) ** 2)


def test_a_gradient_has_the_structure_of_its_argument():
    def f(tree, k):
        return np.sum(tree["a"] * tree["b"][0]) * tree["b"][1] ** k

    tree = {"a": x, "b": (2 * x, 3.0)}
    g = grad(f)(tree, 2)
    assert list(g) == ["a", "b"]
    assert isinstance(g["b"], tuple)
    onp.testing.assert_allclose(g["a"], 2 * x * 9)
    assert g["b"][1] == pytest.approx(2 * onp.sum(2 * x * x) * 3)
    by_both = grad(lambda a, b, c: np.sum(a * b) + c, argnum=[2, 0])(x, 2 * x, 1.0)
    assert by_both[0] == 1.0
    onp.testing.assert_allclose(by_both[1], 2 * x)
    assert set(multigrad_dict(lambda a, b=2.0: a * b)(3.0)) == {"a", "b"}
    assert grad_named(lambda a, b: a * b * b, "b")(2.0, 3.0) == 12.0


def test_jacobians_and_products_agree():
    J = jacobian(layer)(x)
    assert J.shape == (3, 5)
    pull, value = make_vjp(layer)(x)
    onp.testing.assert_allclose(pull(u), u @ J)
    onp.testing.assert_allclose(value, layer(x))
    onp.testing.assert_allclose(make_jvp(layer)(x)(x)[1], J @ x)
    onp.testing.assert_allclose(tensor_jacobian_product(layer)(x, u), u @ J)
    onp.testing.assert_allclose(make_ggnvp(layer)(x)(x), J.T @ (J @ x))
    H = hessian(square)(x)
    onp.testing.assert_allclose(H, onp.diag(2 * onp.cos(2 * x)), atol=1e-14)
    onp.testing.assert_allclose(hessian_tensor_product(square)(x, x), H @ x)
    product, gradient = make_hvp(square)(x)
    onp.testing.assert_allclose(product(x), H @ x)
    onp.testing.assert_allclose(gradient, onp.sin(2 * x))
    onp.testing.assert_allclose(deriv(layer)(x), J.sum(1))
    assert jacobian(lambda t: t * onp.ones((2, 3)))(1.0).shape == (2, 3)
    assert jacobian(lambda t: t[:0])(x).shape == (0, 5)


def test_the_old_forward_mode_gives_the_product_alone():
    along = make_jvp_reversemode(layer)(x)
    onp.testing.assert_array_equal(along(x), make_jvp(layer)(x)(x)[1])


def test_arrays_of_integers_stand_for_numbers():
    x = onp.array([[1, 2], [3, 4]], onp.int32)
    onp.testing.assert_array_equal(grad(square)(x), grad(square)(x.astype(float)))
    onp.testing.assert_array_equal(elementwise_grad(lambda x: 1 / x)(x), -1.0 / x**2)
    onp.testing.assert_array_equal(jacobian(lambda x: x[0] ** -1)(x)[0, 0], [-1, 0])
    assert grad(square)(onp.array(3)) == grad(square)(3.0)
    assert x.dtype == onp.int32


def test_derivatives_inside_of_derivatives():
    def of_gradient(x):
        return np.sum(grad(square)(x) ** 3) + jacobian(layer)(x)[0, 1] + make_jvp(layer)(x)(x)[1][2]

    check_grads(of_gradient)(x)

    def closed_over(a):
        return grad(lambda b: a * b * b)(2.0)  # by b at 2: 4 a

    assert grad(closed_over)(7.0) == 4.0
    assert grad(lambda a: value_and_grad(lambda b: a * b**3)(2.0)[1])(1.0) == 12.0


def test_what_a_function_returns_beside_its_value():
    gradient, aux = grad_and_aux(lambda x: (np.sum(x * x), x + 1))(x)
    onp.testing.assert_allclose(gradient, 2 * x)
    onp.testing.assert_allclose(aux, x + 1)
    assert type(aux) is onp.ndarray


def test_a_checkpointed_function_has_the_same_gradient():
    def f(x, scale=1.0):
        return np.sin(x * x) * scale

    plain, kept = grad(lambda x: np.sum(f(x, scale=2.0))), grad(lambda x: np.sum(checkpoint(f)(x, scale=2.0)))
    onp.testing.assert_allclose(kept(x), plain(x))


def test_values_are_plain_outside_and_boxes_inside():
    seen = []

    def f(x):
        seen.append(x)
        return np.sum(x)

    value, gradient = value_and_grad(f)(x)
    assert isbox(seen[0])
    assert not isbox(value)
    assert type(gradient) is onp.ndarray
    assert type(getval(seen[0])) is onp.ndarray
    onp.testing.assert_array_equal(seen[0]._value, x)


def test_tensors_are_differentiated_as_before():
    t = autograd.tensor([1.0, 2.0], requires_grad=True)
    (g,) = autograd.grad((t * t).sum(), t)
    assert g.tolist() == [2.0, 4.0]
    with pytest.raises(TypeError, match="an argument is missing"):
        autograd.grad(t.sum())
    with pytest.raises(TypeError, match="go with a function"):
        autograd.grad(t.sum(), argnum=1)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: grad(square)(3), "Can't differentiate w.r.t. type"),
        (lambda: grad(square)(3), "got 3"),
        (lambda: grad(square)(onp.int64(3)), "dtype int64"),
        (lambda: grad(square)(onp.array([True])), "dtype bool"),
        (lambda: grad(square)(x + 1j), "complex numbers are not supported"),
        (lambda: grad(layer)(x), "only applies to real scalar-output functions"),
        (lambda: grad(lambda x: x > 0)(1.0), "Can't find vector space"),
        (lambda: grad(square, 1)(x), "at least 2 positional arguments"),
        (lambda: grad(square, "x")(x), "wanted argnum"),
        (lambda: holomorphic_grad(square)(x), "complex numbers are not supported"),
        (lambda: grad(lambda x: float(x))(1.0), "would leave the graph"),
        (lambda: grad(lambda x: np.sum(onp.array([x, x])))(1.0), "would leave the graph"),
        (lambda: jacobian(lambda x: (x, x))(1.0), "wanted one array"),
    ],
)
def test_what_cannot_be_differentiated_says_why(call, message):
    with pytest.raises(TypeError, match=message):
        call()


def test_item_assignment_is_refused():
    def f(x):
        y = x * 1
        y[0] = 2.0
        return np.sum(y)

    with pytest.raises(TypeError, match="does not support item assignment"):
        grad(f)(x)


def test_a_constant_function_is_warned_of():
    with pytest.warns(UserWarning, match="independent of input"):
        assert (grad(lambda x: 3.0)(x) == 0).all()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        grad(square)(x)


def test_nothing_stays_on_the_tape():
    records = autograd.tape().records
    before = len(records)
    for _ in range(3):
        grad(square)(x)
        hessian(square)(x)
        jacobian(layer)(x)
        make_jvp(layer)(x)(x)
    assert len(records) == before


def test_checks_find_a_wrong_derivative():
    check_grads(square)(x)
    combo_check(np.maximum, (0, 1))([x, 2.0], [u[0], x[::-1] + 0.1])
    check_equivalent((x, {"a": 1.0}), (x, {"a": 1.0}))
    with pytest.raises(AssertionError, match="Value mismatch"):
        check_equivalent(x, 1.1 * x)
    with pytest.raises(AssertionError, match="VSpace mismatch"):
        check_equivalent(x, u)
    with pytest.raises(AssertionError, match=r"\(VJP\) check of .* failed"):
        check_grads(lambda x: np.sum(x**2) + np.sum(getval(x) ** 2), modes=["rev"])(x)


def test_names_and_documentation_of_derivatives():
    def foo(x, y):
        return x * y

    assert grad(foo, 1).__name__ == "grad_of_foo_wrt_argnum_1"
    assert "argument number 1" in grad(foo, 1).__doc__


def test_importing_it_costs_a_program_of_tensors_nothing():
    code = (
        "import sys, autograd; autograd.ones(2).sum(); print([m for m in sys.modules if m[9:13] in ('hips', 'comp')])"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "[]"
