"""Normalising layers: running statistics, modes, edges, errors. Values and slopes: tests/cases/norm.py."""

import copy

import numpy as np
import pytest

import autograd
import nn
import nn.functional as F
from autograd.errors import DTypeError, InplaceError, SettingError, ShapeError


def tensor(values, **kwargs):
    return autograd.tensor(np.asarray(values, np.float64), **kwargs)


SQUARES = np.arange(12.0).reshape(4, 3) ** 2


def test_running_statistics_move_by_momentum_and_the_variance_is_unbiased():
    layer = nn.BatchNorm1d(3, dtype=np.float64)
    layer(tensor(SQUARES))
    np.testing.assert_allclose(layer.running_mean.numpy(), [3.15, 4.15, 5.35])
    np.testing.assert_allclose(layer.running_var.numpy(), [133.2, 193.2, 265.2])
    assert layer.num_batches_tracked.item() == 1
    assert layer.num_batches_tracked.dtype == np.int64


def test_momentum_none_is_the_plain_average_of_all_batches():
    layer = nn.BatchNorm1d(3, momentum=None, dtype=np.float64)
    layer(tensor(SQUARES))
    layer(tensor(-2 * SQUARES))
    np.testing.assert_allclose(layer.running_mean.numpy(), [-15.75, -20.75, -26.75])
    np.testing.assert_allclose(layer.running_var.numpy(), [3307.5, 4807.5, 6607.5])


def test_evaluation_uses_the_running_statistics_and_leaves_them_alone():
    layer = nn.BatchNorm1d(3, dtype=np.float64)
    layer(tensor(SQUARES))
    before = copy.deepcopy(layer.state_dict())
    layer.eval()
    layer.eps = 0.0
    x = tensor(SQUARES[:1], requires_grad=True)
    z = layer(x)
    mean, var = np.array([3.15, 4.15, 5.35]), np.array([133.2, 193.2, 265.2])
    np.testing.assert_allclose(z.detach().numpy(), (SQUARES[:1] - mean) / np.sqrt(var), rtol=1e-12)
    z.sum().backward()
    np.testing.assert_allclose(x.grad.numpy()[0], 1 / np.sqrt(var), rtol=1e-12)
    np.testing.assert_allclose(layer.weight.grad.numpy(), z.detach().numpy()[0], rtol=1e-12)
    for key, value in layer.state_dict().items():
        np.testing.assert_array_equal(value.numpy(), before[key].numpy())


def test_without_tracking_the_batch_decides_in_evaluation_too():
    layer = nn.BatchNorm2d(2, track_running_stats=False, dtype=np.float64)
    x = tensor(np.random.default_rng(0).standard_normal((3, 2, 4, 4)))
    assert layer.running_mean is None
    assert list(layer.state_dict()) == ["weight", "bias"]
    np.testing.assert_array_equal(layer.eval()(x).detach().numpy(), layer.train()(x).detach().numpy())


def test_statistics_are_never_recorded():
    layer = nn.BatchNorm1d(3)
    z = layer(autograd.tensor(SQUARES.astype(np.float32)))
    assert not layer.running_mean.requires_grad
    assert [record.op for record in autograd.tape()] == ["normalise"]
    z.sum().backward()
    assert not layer.running_var.requires_grad


@pytest.mark.parametrize("value", [0.1, -7.3, 1e4, 0.0])
def test_a_constant_is_normalised_to_exactly_zero(value):
    x = autograd.tensor(np.full((5, 3, 7, 7), value, np.float32), requires_grad=True)
    for z in (
        F.batch_norm(x, None, None, training=True),
        F.layer_norm(x, (3, 7, 7)),
        F.group_norm(x, 1),
        F.instance_norm(x),
    ):
        np.testing.assert_array_equal(z.detach().numpy(), 0)
        assert np.isfinite(autograd.grad(z.sum(), [x])[0].numpy()).all()


def test_variance_in_two_passes_survives_a_large_mean():
    x = (np.random.default_rng(0).standard_normal((64, 3, 8, 8)) + 1000).astype(np.float32)
    z = F.batch_norm(autograd.tensor(x), None, None, training=True).numpy()
    x = x.astype(np.float64)
    expected = (x - x.mean((0, 2, 3), keepdims=True)) / np.sqrt(x.var((0, 2, 3), keepdims=True) + 1e-5)
    np.testing.assert_allclose(z, expected, rtol=0, atol=5e-4)


def test_one_value_per_channel_raises_while_training():
    layer = nn.BatchNorm1d(3)
    with pytest.raises(
        ShapeError, match=r"Expected more than 1 value per channel when training, got input size \[1, 3\]"
    ):
        layer(autograd.zeros(1, 3))
    assert layer.eval()(autograd.zeros(1, 3)).shape == (1, 3)
    with pytest.raises(ShapeError, match=r"Expected more than 1 value per channel when training"):
        F.group_norm(autograd.zeros(1, 2), 2)
    with pytest.raises(
        ShapeError, match=r"Expected more than 1 spatial element when training, got input size \[1, 3, 1\]"
    ):
        F.instance_norm(autograd.zeros(1, 3, 1))


def test_an_empty_batch_leaves_the_statistics():
    layer = nn.BatchNorm1d(3)
    assert layer(autograd.zeros(0, 3)).shape == (0, 3)
    assert layer.running_mean.tolist() == [0.0] * 3


def test_instance_norm_tracks_the_mean_over_the_samples():
    layer = nn.InstanceNorm1d(2, track_running_stats=True, dtype=np.float64)
    x = tensor(np.arange(12.0).reshape(2, 2, 3) ** 2)
    layer(x)
    np.testing.assert_allclose(layer.running_mean.numpy(), [77 / 30, 88 / 15])
    np.testing.assert_allclose(layer.running_var.numpy(), [164 / 15, 362 / 15])
    expected = [-0.7762345646148172, -0.47380551346618716, 0.433481639979703]
    np.testing.assert_allclose(layer.eval()(x).numpy()[0, 0], expected)


def test_instance_norm_without_a_batch_dimension():
    x = tensor(np.random.default_rng(0).standard_normal((2, 4, 5)))
    layer = nn.InstanceNorm2d(2, affine=True, dtype=np.float64)
    np.testing.assert_allclose(layer(x).detach().numpy(), layer(x.unsqueeze(0)).detach().numpy()[0])
    with pytest.raises(ShapeError, match=r"expected input's size at dim=1 to match num_features \(2\), but got: 3"):
        layer(tensor(np.zeros((1, 3, 4, 5))))
    with pytest.warns(UserWarning, match="does not match num_features, which is not used because affine=False"):
        assert nn.InstanceNorm2d(2)(autograd.zeros(1, 3, 4, 5)).shape == (1, 3, 4, 5)


def test_local_response_norm():
    x = tensor(np.arange(1.0, 6).reshape(1, 5, 1))
    expected = [0.6324555320336759, 1.0846522890932808, 1.355261854357877, 1.5118578920369088, 2.02444082544729]
    np.testing.assert_allclose(F.local_response_norm(x, 3, alpha=0.3, beta=0.5, k=2.0).numpy().ravel(), expected)
    with pytest.raises(ShapeError, match="Expected 3D or higher dimensionality"):
        F.local_response_norm(autograd.zeros(2, 3), 2)


def test_rms_norm_takes_the_machine_epsilon_of_the_dtype():
    np.testing.assert_allclose(F.rms_norm(tensor([3.0, 4.0]), (2,)).numpy(), [0.848528137423857, 1.131370849898476])
    assert F.rms_norm(autograd.zeros(2), (2,)).tolist() == [0.0, 0.0]


def test_float32_stays_float32():
    x = autograd.tensor(np.random.default_rng(0).standard_normal((4, 6, 3)).astype(np.float32), requires_grad=True)
    for layer in (nn.BatchNorm1d(6), nn.LayerNorm(3), nn.GroupNorm(2, 6), nn.RMSNorm(3), nn.LocalResponseNorm(2)):
        for mode in (True, False):
            z = layer.train(mode)(x)
            (g,) = autograd.grad(z.sum(), [x], create_graph=True)
            assert z.dtype == g.dtype == np.float32
            assert all(b.dtype in (np.float32, np.int64) for b in layer.buffers())


def test_gradients_do_not_depend_on_where_the_blocks_end():
    rng = np.random.default_rng(0)
    x, g = rng.standard_normal((300, 7, 40)), rng.standard_normal((300, 7, 40))
    for axes, function in (
        ((0, 2), lambda t: F.batch_norm(t, None, None, training=True)),
        ((2,), lambda t: F.layer_norm(t, (40,))),
        ((1, 2), lambda t: F.group_norm(t, 1)),
    ):
        leaf = tensor(x, requires_grad=True)
        function(leaf).backward(tensor(g))
        r = 1 / np.sqrt(x.var(axes, keepdims=True) + 1e-5)
        h = (x - x.mean(axes, keepdims=True)) * r
        expected = r * (g - g.mean(axes, keepdims=True) - h * (g * h).mean(axes, keepdims=True))
        np.testing.assert_allclose(leaf.grad.numpy(), expected, rtol=1e-9, atol=1e-12)


def test_state_keys_and_display_are_pytorchs():
    keys = ["weight", "bias", "running_mean", "running_var", "num_batches_tracked"]
    assert list(nn.BatchNorm2d(2).state_dict()) == keys
    shown = {
        "BatchNorm2d(3, eps=1e-05, momentum=0.1, affine=True, bias=True, track_running_stats=True)": nn.BatchNorm2d(3),
        "InstanceNorm2d(3, eps=1e-05, momentum=0.1, affine=False, bias=False, track_running_stats=False)": (
            nn.InstanceNorm2d(3)
        ),
        "LayerNorm((2, 4), eps=1e-05, elementwise_affine=True, bias=False)": nn.LayerNorm((2, 4), bias=False),
        "GroupNorm(2, 4, eps=1e-05, affine=True, bias=True)": nn.GroupNorm(2, 4),
        "RMSNorm((4,), eps=None, elementwise_affine=True)": nn.RMSNorm(4),
        "LocalResponseNorm(2, alpha=0.0001, beta=0.75, k=1.0)": nn.LocalResponseNorm(2),
    }
    for text, layer in shown.items():
        assert repr(layer) == text


def test_parameters_start_as_one_and_zero_and_can_be_left_out():
    layer = nn.BatchNorm1d(2)
    assert (layer.weight.tolist(), layer.bias.tolist()) == ([1.0, 1.0], [0.0, 0.0])
    assert (layer.running_mean.tolist(), layer.running_var.tolist()) == ([0.0, 0.0], [1.0, 1.0])
    assert list(nn.BatchNorm1d(2, affine=False).parameters()) == []
    assert nn.GroupNorm(1, 2, bias=False).bias is None
    layer(autograd.randn(4, 2))
    layer.reset_parameters()
    assert layer.num_batches_tracked.item() == 0


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: nn.BatchNorm2d(3)(autograd.zeros(2, 3, 4)), r"expected 4D input \(got 3D input\)"),
        (lambda: nn.BatchNorm1d(3)(autograd.zeros(2, 3, 4, 5)), r"expected 2D or 3D input \(got 4D input\)"),
        (lambda: nn.BatchNorm1d(3)(autograd.zeros(2, 4)), "running_mean should contain 4 elements not 3"),
        (lambda: nn.LayerNorm(4)(autograd.zeros(2, 3)), r"with shape \[\*, 4\], but got input of size\[2, 3\]"),
        (lambda: F.layer_norm(autograd.zeros(2, 3), ()), "normalized_shape to be at least 1-dimensional"),
        (lambda: F.layer_norm(autograd.zeros(2, 3), (3,), autograd.ones(4)), "weight to be of same shape"),
        (lambda: F.group_norm(autograd.zeros(2, 3), 2), "to be divisible by num_groups, but got input of shape"),
        (lambda: F.group_norm(autograd.zeros(2, 4), 2, autograd.ones(3)), "weight to be a vector of size"),
    ],
)
def test_shapes_that_do_not_fit(call, message):
    with pytest.raises(ShapeError, match=message):
        call()


def test_an_error_says_which_layer_it_was():
    model = nn.Sequential(nn.Linear(4, 3), nn.LayerNorm(5))
    with pytest.raises(ShapeError) as caught:
        model(autograd.zeros(2, 4))
    assert caught.value.__notes__ == [
        "in layer '1' of Sequential: LayerNorm((5,), eps=1e-05, elementwise_affine=True, bias=True), called with "
        "float32 (2, 3)"
    ]


def test_wrong_settings_and_dtypes():
    with pytest.raises(SettingError, match=r"num_channels \(3\) must be divisible by num_groups \(2\)"):
        nn.GroupNorm(2, 3)
    with pytest.raises(SettingError, match="running_mean must be defined in evaluation mode"):
        F.batch_norm(autograd.zeros(2, 3), None, None)
    with pytest.raises(DTypeError, match=r"mixed dtype.*float64.*float32.*\.float\(\)"):
        nn.LayerNorm(3)(tensor(np.zeros((2, 3))))
    with pytest.raises(DTypeError, match="wanted a floating point input, got int64"):
        nn.LayerNorm(3)(autograd.zeros(2, 3, dtype=np.int64))


def test_mlp():
    model = nn.MLP(4, [8, 6], 2, activation=nn.Tanh, dropout=0.5, batch_norm=True)
    kinds = [type(layer).__name__ for layer in model]
    assert kinds == ["Linear", "BatchNorm1d", "Tanh", "Dropout"] * 2 + ["Linear"]
    assert model(autograd.randn(3, 4)).shape == (3, 2)
    assert [type(layer).__name__ for layer in nn.MLP(4, [], 2)] == ["Linear"]
    assert len(nn.MLP(4, 5, 2)) == 3


def test_moving_statistics_are_noted_only_where_something_recorded_may_need_them():
    layer = nn.BatchNorm1d(3, dtype=np.float64)
    autograd.tape().clear()
    x = tensor(SQUARES, requires_grad=True)
    kept = x * 2
    layer(x)
    assert len(autograd.tape().records) == len(autograd.tape())  # no mutation among the records
    z = kept * layer.running_mean
    layer(x)
    with pytest.raises(InplaceError, match="batch_norm"):
        z.sum().backward()
