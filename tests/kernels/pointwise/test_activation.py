"""Activations as loops, against the formulas in float64."""

from __future__ import annotations

import math

import numpy as np
import pytest

from autograd.ops import activation as ops
from autograd.ops.special import sigmoid
from kernels.machine import jit
from kernels.pointwise import activation

SIZES = [0, 1, 2, 15, 17, 33, 65, 3001] if jit.ENABLED else [0, 1, 17]
SETTINGS = {
    "sigmoid": {},
    "silu": {},
    "gelu": {},
    "gelu_tanh": {},
    "mish": {},
    "logsigmoid": {},
    "softplus": {"beta": 1.5, "threshold": 20.0},
    "elu": {"alpha": 0.8, "scale": 1.1, "rate": 1.3},
    "leaky_relu": {"slope": 0.2},
}


def op(name):
    return sigmoid if name == "sigmoid" else getattr(ops, name)


@pytest.mark.parametrize("name", SETTINGS)
@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_values_and_gradients(name, size, dtype):
    rng = np.random.default_rng(size)
    x, dz = (8 * rng.standard_normal(size)).astype(dtype), rng.standard_normal(size).astype(dtype)
    settings = SETTINGS[name]
    exact = op(name).forward(x.astype(np.float64), **settings)
    near = {"rtol": 2e-5, "atol": 2e-6} if dtype == np.float32 else {"rtol": 1e-12, "atol": 1e-14}
    z = getattr(activation, name)(x, *settings.values())
    np.testing.assert_allclose(z, exact, **near)
    assert z.dtype == dtype
    np.testing.assert_array_equal(getattr(activation, name)(np.repeat(x, 2)[::2], *settings.values()), z)
    if name != "sigmoid":
        slope = op(name).rules["x"]
        wanted = slope(dz.astype(np.float64), x.astype(np.float64), **settings)
        dx = getattr(activation, name + "_grad")(dz, x, *settings.values())
        np.testing.assert_allclose(dx, wanted, **near)
        assert dx.dtype == dtype


@pytest.mark.parametrize("name", SETTINGS)
def test_the_edges_are_those_of_numpy(name):
    x = np.array([0.0, -0.0, 1e4, -1e4, 50, -50, math.inf, math.nan], np.float32)
    wanted = op(name).forward(x, **SETTINGS[name])
    np.testing.assert_allclose(getattr(activation, name)(x, *SETTINGS[name].values()), wanted, rtol=1e-5, atol=1e-30)


def test_arrays_that_do_not_fit_are_refused():
    with pytest.raises(ValueError, match="gelu_grad"):
        activation.gelu_grad(np.ones(3, np.float32), np.ones(4, np.float32))
    with pytest.raises(ValueError, match="gelu_grad"):
        activation.gelu_grad(np.ones(3, np.float64), np.ones(3, np.float32))
