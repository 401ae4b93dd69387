"""Batch norm taken into the layer before it."""

import numpy as np
import pytest

import autograd
import nn
from autograd.errors import SettingError
from nn.utils import fuse_conv_bn_eval, fuse_conv_bn_weights, fuse_linear_bn_eval, fuse_linear_bn_weights


def given(*shape):
    return autograd.tensor(np.random.default_rng(4).standard_normal(shape).astype(np.float32))


def trained(layer, norm, shape):
    """The two after a few batches, in evaluation mode."""
    both = nn.Sequential(layer, norm)
    for _ in range(3):
        both(given(*shape))
    if norm.weight is not None:
        nn.init.uniform_(norm.weight, 0.5, 2)
        nn.init.normal_(norm.bias)
    return both.eval()


@pytest.mark.parametrize(
    ("layer", "norm", "shape", "transpose"),
    [
        (nn.Conv2d(2, 3, 2), nn.BatchNorm2d(3), (4, 2, 5, 5), False),
        (nn.Conv1d(2, 4, 2, groups=2, bias=False), nn.BatchNorm1d(4), (4, 2, 5), False),
        (nn.Conv3d(1, 1, 1), nn.BatchNorm3d(1, affine=False), (4, 1, 2, 2, 2), False),
        (nn.ConvTranspose2d(2, 3, 2), nn.BatchNorm2d(3), (4, 2, 5, 5), True),
    ],
)
def test_convolutions(layer, norm, shape, transpose):
    both, x = trained(layer, norm, shape), given(*shape)
    before = {name: value.tolist() for name, value in layer.state_dict().items()}
    fused = fuse_conv_bn_eval(layer, norm, transpose)
    assert type(fused) is type(layer)
    np.testing.assert_allclose(fused(x).detach().numpy(), both(x).detach().numpy(), rtol=1e-4, atol=1e-5)
    assert fused.weight.dtype == fused.bias.dtype == np.float32
    assert before == {name: value.tolist() for name, value in layer.state_dict().items()}


@pytest.mark.parametrize("bias", [True, False])
def test_linear(bias):
    both, x = trained(nn.Linear(3, 2, bias=bias), nn.BatchNorm1d(2), (5, 3)), given(5, 3)
    fused = fuse_linear_bn_eval(*both)
    np.testing.assert_allclose(fused(x).detach().numpy(), both(x).detach().numpy(), rtol=1e-4, atol=1e-5)


def test_weights():
    one, two = autograd.ones(2), autograd.full((2,), 2.0)
    w, b = fuse_conv_bn_weights(autograd.ones(2, 1, 1), None, one, 4 * one, 0.0, two, one)
    assert (w.tolist(), b.tolist()) == ([[[1.0]], [[1.0]]], [0.0, 0.0])
    w, b = fuse_linear_bn_weights(autograd.ones(2, 1), two, one, 4 * one, 0.0, two, one)
    assert (w.tolist(), b.tolist()) == ([[1.0], [1.0]], [2.0, 2.0])
    assert not w.requires_grad
    assert isinstance(b, nn.Parameter)


def test_errors():
    with pytest.raises(SettingError, match="fuse_conv_bn_eval: Fusion only for eval!"):
        fuse_conv_bn_eval(nn.Conv1d(1, 2, 1).eval(), nn.BatchNorm1d(2))
    with pytest.raises(SettingError, match=r"out_features == bn.num_features.*got 2 and 3"):
        fuse_linear_bn_eval(nn.Linear(1, 2).eval(), nn.BatchNorm1d(3).eval())
    with pytest.raises(SettingError, match="running statistics"):
        fuse_linear_bn_eval(nn.Linear(1, 2).eval(), nn.BatchNorm1d(2, track_running_stats=False).eval())
