"""Initialisers: distributions, bounds, structure, errors."""

import math

import numpy as np
import pytest

import nn
from autograd.errors import ShapeError
from autograd.random import Generator, manual_seed
from nn import init


def zeros(*shape, dtype=np.float32):
    return nn.Parameter(np.zeros(shape, dtype))


@pytest.fixture(autouse=True)
def seeded():
    manual_seed(0)


def check(p, mean, std):
    assert p.dtype == np.float32
    assert p.requires_grad
    assert p.is_leaf
    assert p.detach().numpy().mean() == pytest.approx(mean, abs=4 * std / math.sqrt(p.detach().numpy().size))
    assert p.detach().numpy().std() == pytest.approx(std, rel=0.03)


def test_uniform_and_normal():
    p = zeros(200, 100)
    assert init.uniform_(p, 1, 3) is p
    check(p, 2, 2 / math.sqrt(12))
    assert p.min().item() >= 1
    assert p.max().item() < 3
    check(init.normal_(p, 5, 0.1), 5, 0.1)


def test_truncated_normal():
    p = init.trunc_normal_(zeros(200, 100), mean=1, std=2, a=0, b=2)
    assert p.min().item() >= 0
    assert p.max().item() <= 2
    check(p, 1, 0.5658)
    with pytest.warns(UserWarning, match="mean is more than 2 std"):
        p = init.trunc_normal_(zeros(50), a=5, b=6)
    assert p.min().item() >= 5


def test_constants():
    assert init.constant_(zeros(2), 3).tolist() == [3.0, 3.0]
    assert init.ones_(zeros(2)).tolist() == [1.0, 1.0]
    assert init.zeros_(init.ones_(zeros(2))).tolist() == [0.0, 0.0]
    assert init.eye_(zeros(2, 3)).tolist() == [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]]
    with pytest.raises(ShapeError, match="Only tensors with 2 dimensions"):
        init.eye_(zeros(2))


def test_dirac_passes_channels_on():
    p = init.dirac_(zeros(4, 2, 3, 3), groups=2).detach().numpy()
    assert p.sum() == 4
    assert [p[0, 0, 1, 1], p[1, 1, 1, 1], p[2, 0, 1, 1], p[3, 1, 1, 1]] == [1.0] * 4
    assert init.dirac_(zeros(3, 2, 4))[:, :, 2].tolist() == [[1.0, 0.0], [0.0, 1.0], [0.0, 0.0]]
    with pytest.raises(ShapeError, match="3, 4, or 5 dimensions"):
        init.dirac_(zeros(2, 2))
    with pytest.raises(ShapeError, match="divisible by groups"):
        init.dirac_(zeros(3, 2, 3), groups=2)


@pytest.mark.parametrize("shape", [(200, 100), (40, 20, 5, 5)])
def test_fans(shape):
    window = math.prod(shape[2:])
    fan_in, fan_out = shape[1] * window, shape[0] * window
    check(init.xavier_uniform_(zeros(*shape), 2), 0, 2 * math.sqrt(2 / (fan_in + fan_out)))
    check(init.xavier_normal_(zeros(*shape), 2), 0, 2 * math.sqrt(2 / (fan_in + fan_out)))
    check(init.kaiming_uniform_(zeros(*shape), nonlinearity="relu"), 0, math.sqrt(2 / fan_in))
    check(init.kaiming_normal_(zeros(*shape), mode="fan_out", nonlinearity="tanh"), 0, 5 / 3 / math.sqrt(fan_out))
    bound = init.calculate_gain("leaky_relu", 0.1) * math.sqrt(3 / fan_in)
    assert init.kaiming_uniform_(zeros(*shape), a=0.1).abs().max().item() <= bound


def test_fans_need_two_dimensions():
    for fill in (init.xavier_uniform_, init.xavier_normal_, init.kaiming_uniform_, init.kaiming_normal_):
        with pytest.raises(ShapeError, match="fewer than 2 dimensions"):
            fill(zeros(3))
    with pytest.raises(ValueError, match="Mode fan not supported"):
        init.kaiming_uniform_(zeros(2, 2), mode="fan")
    assert init.kaiming_normal_(zeros(0, 3)).shape == (0, 3)


def test_gains():
    gains = {"linear": 1, "conv2d": 1, "sigmoid": 1, "tanh": 5 / 3, "relu": math.sqrt(2), "selu": 0.75}
    assert {name: init.calculate_gain(name) for name in gains} == gains
    assert init.calculate_gain("leaky_relu") == math.sqrt(2 / (1 + 0.01**2))
    with pytest.raises(ValueError, match="Unsupported nonlinearity swish"):
        init.calculate_gain("swish")
    with pytest.raises(ValueError, match="not a valid number"):
        init.calculate_gain("leaky_relu", True)


@pytest.mark.parametrize("shape", [(5, 5), (3, 6), (6, 3), (4, 2, 3), (1, 1)])
def test_orthogonal(shape):
    p = init.orthogonal_(zeros(*shape, dtype=np.float64), gain=2).detach().numpy().reshape(shape[0], -1) / 2
    gram = p @ p.T if p.shape[0] <= p.shape[1] else p.T @ p
    np.testing.assert_allclose(gram, np.eye(len(gram)), atol=1e-12)


def test_sparse():
    p = init.sparse_(zeros(100, 5), 0.25).detach().numpy()
    assert (p == 0).sum(0).tolist() == [25] * 5
    assert p[p != 0].std() == pytest.approx(0.01, rel=0.15)


@pytest.mark.parametrize(
    "fill",
    [init.uniform_, init.normal_, init.trunc_normal_, init.orthogonal_, lambda p, **k: init.sparse_(p, 0.5, **k)],
)
def test_seeds_repeat(fill):
    draws = []
    for _ in range(2):
        manual_seed(7)
        draws.append(fill(zeros(4, 4)).tolist())
    assert draws[0] == draws[1]
    own = [fill(zeros(4, 4), generator=Generator().manual_seed(7)).tolist() for _ in range(2)]
    assert own[0] == own[1] == draws[0]


def test_nothing_is_recorded():
    p = zeros(3, 3)
    init.normal_(p)
    assert p.grad_fn is None
