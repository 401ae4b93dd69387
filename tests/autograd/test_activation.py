"""Activations at the edges: kinks, saturation, dtypes, settings, errors."""

from __future__ import annotations

import math

import numpy as np
import pytest

import autograd
from autograd.errors import DTypeError, SettingError, ShapeError
from autograd.tensors import activation as act

inf, nan = math.inf, math.nan


def slope(function, *inputs):
    leaves = [autograd.tensor(np.array(x), requires_grad=True) for x in inputs]
    gradients = [g.tolist() for g in autograd.grad(function(*leaves).sum(), leaves)]
    return gradients[0] if len(gradients) == 1 else gradients


# ------------------------------------------------------------------------------------------ kinks: as PyTorch has them


@pytest.mark.parametrize(
    ("function", "x", "expected"),
    [
        (act.relu, [0.0, -0.0, 1.0, nan], [0, 0, 1, 1]),
        (act.relu6, [0.0, 6.0, 3.0, 7.0], [0, 0, 1, 0]),
        (act.hardtanh, [-1.0, 1.0, 0.0, 2.0], [0, 0, 1, 0]),
        (act.hardsigmoid, [-3.0, 3.0, 0.0], [0, 0, 1 / 6]),
        (act.hardswish, [-3.0, 3.0, 0.0, 4.0, -4.0], [0, 1, 0.5, 1, 0]),
        (act.leaky_relu, [0.0, -1.0], [0.01, 0.01]),
        (act.elu, [0.0, -1.0], [1, math.exp(-1)]),
        (lambda x: act.elu(x, 2.0), [0.0], [2]),
        (act.selu, [0.0], [1.0507009873554805 * 1.6732632423543772]),
        (act.celu, [0.0, -1.0], [1, math.exp(-1)]),
        (lambda x: act.threshold(x, 0.5, 7.0), [0.5, 1.0, 0.0], [0, 1, 0]),
        (act.hardshrink, [0.5, -0.5, 1.0, 0.0], [0, 0, 1, 0]),
        (act.softshrink, [0.5, -0.5, 1.0, 0.0], [0, 0, 1, 0]),
        (act.softsign, [0.0], [1]),
    ],
)
def test_slopes_at_the_corners(function, x, expected):
    np.testing.assert_allclose(slope(function, x), expected, rtol=1e-15)


def test_prelu_at_0_takes_the_weight():
    assert slope(act.prelu, [0.0, -1.0, 2.0], [0.25]) == [[0.25, 0.25, 1], [-1]]


# ---------------------------------------------------------------------------------------------------------- saturation

SMOOTH = [
    act.elu,
    act.selu,
    act.celu,
    act.silu,
    act.mish,
    act.softplus,
    act.gelu,
    lambda x: act.gelu(x, "tanh"),
    act.logsigmoid,
    act.softsign,
    act.tanhshrink,
    autograd.sigmoid,
]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("function", SMOOTH)
def test_large_arguments_neither_overflow_nor_give_nan(function, dtype):
    x = autograd.tensor(np.array([-1e4, -200.0, -90.0, 90.0, 200.0, 1e4], dtype), requires_grad=True)
    with np.errstate(over="raise", invalid="raise", divide="raise"):
        z = function(x)
        (g,) = autograd.grad(z.sum(), x)
    assert np.isfinite(z.detach().numpy()).all()
    assert np.isfinite(g.numpy()).all()


def test_softplus_and_logsigmoid_keep_their_precision():
    x = autograd.tensor(np.array([-30.0, -700.0, 700.0, 25.0]))
    np.testing.assert_allclose(act.softplus(x).numpy(), [math.exp(-30), math.exp(-700), 700, 25], rtol=1e-12)
    np.testing.assert_allclose(
        act.logsigmoid(-x).numpy(), [-math.exp(-30), -math.exp(-700), -700, -25 - math.exp(-25)], rtol=1e-12
    )


def test_softplus_above_its_threshold_is_the_identity():
    assert act.softplus(autograd.tensor([3.0]), beta=2, threshold=5).item() == 3
    assert slope(lambda x: act.softplus(x, beta=2, threshold=5), [3.0]) == [1]
    assert act.softplus(autograd.tensor([1.0]), beta=2).item() == pytest.approx(math.log1p(math.exp(2)) / 2)


# ------------------------------------------------------------------------------------------------------------- softmax


def test_softmax_of_huge_values():
    x = [[1000.0, -1000.0, 999.0], [-1000.0, -1000.0, -1001.0]]
    z = act.softmax(autograd.tensor(np.array(x)), dim=1).numpy()
    np.testing.assert_allclose(z.sum(axis=1), 1)
    np.testing.assert_allclose(z[0], [1 / (1 + math.exp(-1)), 0, 1 / (1 + math.e)])
    logs = act.log_softmax(autograd.tensor(np.array(x)), dim=1).numpy()
    np.testing.assert_allclose(logs[0], np.array([0, -2000, -1]) - math.log1p(math.exp(-1)))


def test_minus_infinity_gets_no_probability_and_no_nan_gradient():
    x = [-inf, 1.0, 1000.0]
    assert act.softmax(autograd.tensor(x), 0).tolist() == [0, 0, 1]
    assert act.log_softmax(autograd.tensor(x), 0).tolist() == [-inf, -999, 0]
    assert slope(lambda t: t.softmax(0), x) == [0, 0, 0]
    assert slope(lambda t: t.log_softmax(0)[1:], x) == [0, 1, -1]


def test_a_row_of_only_minus_infinity_is_nan():
    x = autograd.tensor([[-inf, -inf], [0.0, 0.0]])
    for function in (act.softmax, act.log_softmax):
        z = function(x, dim=1).numpy()
        assert np.isnan(z[0]).all()
        assert np.isfinite(z[1]).all()


def test_softmax_saves_only_its_output():
    x = autograd.tensor(np.zeros((5, 7), np.float32), requires_grad=True)
    for function in (act.softmax, act.log_softmax):
        z = function(x, dim=1)
        assert [a is z._array for a in z._node.arrays()] == [True]
        assert len(autograd.tape()) == 1
        autograd.tape().clear()


@pytest.mark.parametrize(
    ("name", "shape", "dim"), [("softmax", (2, 3), 1), ("log_softmax", (2, 3, 4), 0), ("softmin", (3,), 0)]
)
def test_without_dim_pytorchs_old_choice_is_made_with_a_warning(name, shape, dim):
    x = autograd.tensor(np.arange(float(math.prod(shape))).reshape(shape))
    with pytest.warns(UserWarning, match=f"Implicit dimension choice for {name} has been deprecated"):
        z = getattr(act, name)(x)
    np.testing.assert_array_equal(z.numpy(), getattr(act, name)(x, dim=dim).numpy())


def test_softmax_arguments():
    x = autograd.tensor([[1, 2]])
    with pytest.raises(DTypeError, match='"softmax" not implemented for int64'):
        act.softmax(x, dim=1)
    assert act.softmax(x, dim=1, dtype=np.float64).dtype == np.float64
    assert x.softmax(-1, np.float32).dtype == np.float32
    with pytest.raises(ShapeError, match=r"Dimension out of range \(expected to be in range of \[-2, 1\], but got 2\)"):
        x.float().softmax(2)
    with pytest.raises(TypeError, match="dim"):
        x.float().softmax()
    assert autograd.softmax(autograd.tensor(3.0), 0).item() == 1
    np.testing.assert_array_equal(x.float().softmax(axis=1).numpy(), x.float().softmax(1).numpy())


# --------------------------------------------------------------------------------------------- settings, dtypes, errors


def test_inplace_writes_into_the_input():
    values = [-1.0, 2.0]
    for function in (
        act.relu,
        act.relu6,
        act.elu,
        act.selu,
        act.celu,
        act.silu,
        act.mish,
        act.hardtanh,
        act.hardsigmoid,
    ):
        x = autograd.tensor(values)
        assert function(x, inplace=True) is x
        np.testing.assert_array_equal(x.numpy(), function(autograd.tensor(values)).numpy())
    assert act.leaky_relu(autograd.tensor(values), 0.1, True)[0].item() == pytest.approx(-0.1)
    assert act.threshold(autograd.tensor(values), 0, 5, True).tolist() == [5, 2]
    with pytest.raises(TypeError, match="inplace"):
        act.gelu(x, inplace=True)


def test_integers():
    x = autograd.tensor([1, -2, 9])
    for function, expected in ((act.relu, [1, 0, 9]), (act.relu6, [1, 0, 6]), (act.hardtanh, [1, -1, 1])):
        assert function(x).tolist() == expected
        assert function(x).dtype == np.int64
    assert act.silu(x).dtype == act.elu(x).dtype == act.gelu(x).dtype == np.float32


def test_glu():
    z = act.glu(autograd.tensor([[1.0, 2.0, 0.0, 0.0]]))
    assert z.tolist() == [[0.5, 1.0]]
    with pytest.raises(ShapeError, match="Halving dimension must be even, but dimension 1 is size 3"):
        act.glu(autograd.tensor(np.ones((3, 3))))
    with pytest.raises(ShapeError, match="glu does not support scalars because halving size must be even"):
        act.glu(autograd.tensor(1.0))


def test_wrong_settings():
    x = autograd.tensor([[1.0, 2.0, 3.0]])
    with pytest.raises(SettingError, match="approximate argument must be either none or tanh"):
        act.gelu(x, approximate="erf")
    with pytest.raises(SettingError, match="alpha cannot be 0 for CELU"):
        act.celu(x, alpha=0)
    with pytest.raises(SettingError, match="min_val cannot be greater than max_val"):
        act.hardtanh(x, 3, 1)
    with pytest.raises(SettingError, match="lambda must be greater or equal to 0"):
        act.softshrink(x, -1)
    with pytest.raises(ShapeError, match="Found parameter numbers = 2 and channel size = 3"):
        act.prelu(x, autograd.tensor([1.0, 2.0]))


def test_gelu_is_the_normal_distribution_function():
    x = np.linspace(-5, 5, 101)
    expected = [v * 0.5 * math.erfc(-v / math.sqrt(2)) for v in x]
    np.testing.assert_allclose(act.gelu(autograd.tensor(x)).numpy(), expected, rtol=1e-9, atol=1e-15)
    single = act.gelu(autograd.tensor(x.astype(np.float32)))
    assert single.dtype == np.float32
    np.testing.assert_allclose(single.numpy(), expected, rtol=1e-6, atol=5e-7)
    np.testing.assert_allclose(act.gelu(autograd.tensor(x), approximate="tanh").numpy(), expected, atol=5e-4)
