"""Distances of all pairs of rows."""

import math

import numpy as np
import pytest

import autograd
import nn.functional as F
from autograd.errors import DTypeError, SettingError, ShapeError


@pytest.mark.parametrize("p", [0, 0.5, 1, 2, 3.5, math.inf])
def test_values_and_gradients(p):
    x = autograd.tensor(np.random.default_rng(1).standard_normal((4, 3)), requires_grad=True)
    rows = x.detach().numpy()
    pairs = rows[[0, 0, 0, 1, 1, 2]] - rows[[1, 2, 3, 2, 3, 3]]
    expected = (np.abs(pairs) ** p).sum(1) ** (1 / p) if p == 0.5 else np.linalg.norm(pairs, p, axis=1)
    np.testing.assert_allclose(F.pdist(x, p).detach().numpy(), expected)
    assert autograd.gradcheck(lambda x: F.pdist(x, p), [x])
    assert autograd.gradgradcheck(lambda x: F.pdist(x, p) ** 2, [x])


@pytest.mark.parametrize("p", [0.5, 1, 2, 3, math.inf])
def test_equal_rows_have_no_gradient(p):
    x = autograd.tensor(np.ones((2, 3), np.float32), requires_grad=True)
    z = F.pdist(x, p)
    z.sum().backward()
    assert z.tolist() == [0]
    assert z.dtype == x.grad.dtype == np.float32
    assert not x.grad.numpy().any()


@pytest.mark.parametrize(("shape", "count"), [((0, 3), 0), ((1, 3), 0), ((2, 1), 1), ((3, 0), 3)])
def test_few_rows(shape, count):
    assert F.pdist(autograd.zeros(*shape)).tolist() == [0.0] * count


def test_errors():
    with pytest.raises(ShapeError, match="pdist only supports 2D tensors, got: 1D"):
        F.pdist(autograd.ones(3))
    with pytest.raises(DTypeError, match="floating-point dtypes, got int64"):
        F.pdist(autograd.tensor([[1], [2]]))
    with pytest.raises(SettingError, match="non-negative p values, got -1"):
        F.pdist(autograd.ones(3, 2), -1)
