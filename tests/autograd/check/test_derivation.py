"""Gradients derived by hand, and the helpers of the CS231n notebooks."""

from __future__ import annotations

import numpy as np
import pytest

import autograd
from autograd import check_derivation, eval_numerical_gradient, eval_numerical_gradient_array, rel_error
from autograd.errors import ShapeError

RNG = np.random.default_rng(0)
X, W, B = RNG.standard_normal((6, 4)), RNG.standard_normal((4, 3)), RNG.standard_normal(3)


def affine(X, W, b):
    return X @ W + b


def right(X, W, b, dZ):
    return dZ @ W.T, X.T @ dZ, dZ.sum(0)


def results(derivation, fn=affine, inputs=(X, W, B), **settings):
    report = check_derivation(fn, inputs, derivation, **settings)
    return report, {r.argument: r for r in report.inputs}


def test_a_right_derivation():
    report, found = results(right)
    assert report.verdict == "correct"
    assert list(found) == ["X", "W", "b"]
    assert found["W"].worst.ratio == pytest.approx(1)
    assert str(report).startswith("CORRECT")


MISTAKES = {
    "no sum over the batch": (lambda X, W, b, dZ: (dZ @ W.T, X.T @ dZ, dZ), "b", "sum over the batch is missing"),
    "mean": (lambda X, W, b, dZ: (dZ @ W.T, X.T @ dZ, dZ.mean(0)), "b", "6 times too small"),
    "transposed": (lambda X, W, b, dZ: (dZ @ W.T, dZ.T @ X, dZ.sum(0)), "W", "transpose of the right one"),
    "W dZ for dZ W^T": (lambda X, W, b, dZ: ((W @ dZ.T), X.T @ dZ, dZ.sum(0)), "X", "transpose of the right one"),
    "minus": (lambda X, W, b, dZ: (-dZ @ W.T, X.T @ dZ, dZ.sum(0)), "X", "sign"),
    "twice": (lambda X, W, b, dZ: (2 * dZ @ W.T, X.T @ dZ, dZ.sum(0)), "X", "factor 2"),
    "none": (lambda X, W, b, dZ: (dZ @ W.T, X.T @ dZ, None), "b", "no gradient"),
    "flattened": (lambda X, W, b, dZ: (dZ @ W.T, (X.T @ dZ).ravel(), dZ.sum(0)), "W", "reshape is missing"),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_popular_mistakes(mistake):
    derivation, argument, words = MISTAKES[mistake]
    report, found = results(derivation)
    assert report.verdict == "wrong"
    assert {name for name, r in found.items() if r.verdict == "wrong"} == {argument}
    assert words in found[argument].hint


def test_labels_have_no_gradient_and_a_loss_gets_one():
    def loss(S, y):
        p = np.exp(S) / np.exp(S).sum(1, keepdims=True)
        return -np.log(p[np.arange(len(y)), y]).mean()

    def derivation(S, y, dZ):
        p = np.exp(S) / np.exp(S).sum(1, keepdims=True)
        p[np.arange(len(y)), y] -= 1
        return p * dZ / len(y)

    y = np.array([0, 1, 2, 1, 0, 2])
    assert results(derivation, loss, (X[:, :3], y))[0].verdict == "correct"
    _, found = results(lambda S, y, dZ: derivation(S, y, dZ) * len(y), loss, (X[:, :3], y))
    assert "6 times too large" in found["S"].hint


def test_tensors_stay_tensors_and_dicts_are_taken():
    def derivation(x, w, dZ):
        assert all(isinstance(part, autograd.Tensor) for part in (x, w, dZ))
        return {"x": dZ @ w.T, "dw": x.T @ dZ}

    inputs = autograd.tensor(X), autograd.tensor(W)
    assert results(derivation, lambda x, w: x @ w, inputs)[0].verdict == "correct"


def test_a_given_dz():
    assert results(right, dZ=np.ones((6, 3)))[0].verdict == "correct"
    with pytest.raises(ShapeError, match="shape"):
        results(right, dZ=np.ones(3))
    with pytest.raises(ShapeError, match="wanted 3 gradients"):
        results(lambda X, W, b, dZ: (dZ, dZ))


def test_one_wrong_element_in_a_large_gradient():
    x = RNG.standard_normal((100, 100))

    def derivation(x, dZ):
        g = dZ * np.cos(x)
        g[12, 34] *= 1.01
        return g

    _, found = results(derivation, lambda x: np.sin(x), (x,))  # NumPy 2.0 does not say what sin calls its arguments
    assert found["x"].worst.index == (12, 34)


def test_relative_error():
    assert rel_error(np.array([1.0, 2.0]), np.array([1.0, 2.0])) == 0
    assert rel_error([1.0], [3.0]) == 0.5
    assert rel_error(autograd.ones(2), np.zeros(2)) == 1
    assert rel_error(np.zeros(0), np.zeros(0)) == 0


def test_numerical_gradients():
    x, df = X.copy(), RNG.standard_normal((6, 4))
    np.testing.assert_allclose(eval_numerical_gradient_array(np.sin, x, df), df * np.cos(x), rtol=1e-7, atol=1e-9)
    np.testing.assert_array_equal(x, X)
    np.testing.assert_allclose(eval_numerical_gradient(lambda x: (x**2).sum(), x), 2 * x, rtol=1e-6, atol=1e-8)
    t = autograd.tensor(X)
    np.testing.assert_allclose(
        eval_numerical_gradient_array(lambda t: t.exp(), t, df), df * np.exp(X), rtol=1e-7, atol=1e-8
    )


def test_verbose_prints(capsys):
    eval_numerical_gradient(lambda x: x.sum(), np.ones(2), verbose=True)
    assert capsys.readouterr().out.startswith("(0,) 1.0")
