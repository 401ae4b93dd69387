"""Linear, Embedding, dropout, activations: values, first values, display, errors."""

import copy

import numpy as np
import pytest

import autograd
import nn
import nn.functional as F
from autograd.errors import DTypeError, SettingError, ShapeError
from autograd.random import manual_seed


def values(*shape, dtype=np.float32):
    return autograd.tensor(np.random.default_rng(0).standard_normal(shape).astype(dtype))


def test_linear_starts_within_pytorchs_bound():
    manual_seed(0)
    layer = nn.Linear(100, 2000)
    for p in (layer.weight, layer.bias):
        array = p.detach().numpy()
        assert np.abs(array).max() <= 0.1
        assert np.abs(array).max() > 0.0999
        assert abs(array.mean()) < 0.005
        assert array.std() == pytest.approx(0.1 / np.sqrt(3), rel=0.03)


def test_linear_on_any_leading_dimensions():
    layer = nn.Linear(4, 3, dtype=np.float64)
    x = values(2, 5, 4, dtype=np.float64)
    expected = x.numpy() @ layer.weight.detach().numpy().T + layer.bias.detach().numpy()
    np.testing.assert_allclose(layer(x).detach().numpy(), expected, rtol=1e-12)
    assert layer(x[0, 0]).shape == (3,)
    assert layer(values(0, 4, dtype=np.float64)).shape == (0, 3)


def test_linear_without_bias():
    layer = nn.Linear(2, 3, bias=False)
    assert layer.bias is None
    assert list(layer.state_dict()) == ["weight"]
    assert repr(layer) == "Linear(in_features=2, out_features=3, bias=False)"


def test_linear_says_what_does_not_fit():
    with pytest.raises(ShapeError, match=r"cannot be multiplied \(6x3 and 4x2\).*\(2, 3, 3\).*\(2, 4\)"):
        nn.Linear(4, 2)(values(2, 3, 3))
    with pytest.raises(DTypeError, match=r"same dtype, but got float64 and float32.*input\.float\(\)"):
        nn.Linear(4, 2)(values(1, 4, dtype=np.float64))


def test_bilinear():
    layer = nn.Bilinear(2, 3, 4)
    x, y = values(5, 2), values(5, 3)
    expected = np.einsum("ni,kij,nj->nk", x.numpy(), layer.weight.detach().numpy(), y.numpy())
    np.testing.assert_allclose(layer(x, y).detach().numpy(), expected + layer.bias.detach().numpy(), rtol=1e-5)
    assert repr(layer) == "Bilinear(in1_features=2, in2_features=3, out_features=4, bias=True)"
    with pytest.raises(ShapeError, match=r"wanted inputs \(\*, 2\) and \(\*, 3\)"):
        layer(y, x)


def test_embedding():
    layer = nn.Embedding(5, 3, padding_idx=-1)
    assert layer.weight[4].tolist() == [0.0] * 3
    out = layer(np.array([[0, 4], [0, 1]]))
    assert out.shape == (2, 2, 3)
    out.sum().backward()
    assert layer.weight.grad.numpy().sum(1).tolist() == [6.0, 3.0, 0.0, 0.0, 0.0]
    assert repr(layer) == "Embedding(5, 3, padding_idx=4)"
    with pytest.raises(SettingError, match="padding_idx must be within num_embeddings"):
        nn.Embedding(5, 3, padding_idx=5)


def test_pretrained_embeddings_are_frozen():
    table = np.arange(6.0, dtype=np.float32).reshape(3, 2)
    layer = nn.Embedding.from_pretrained(table)
    assert not layer.weight.requires_grad
    assert layer(np.array([2])).tolist() == [[4.0, 5.0]]
    assert nn.Embedding.from_pretrained(table, freeze=False).weight.requires_grad


def test_rearranging():
    assert nn.Flatten()(values(2, 3, 4)).shape == (2, 12)
    assert nn.Unflatten(1, (3, 4))(values(2, 12)).shape == (2, 3, 4)
    assert repr(nn.Flatten()) == "Flatten(start_dim=1, end_dim=-1)"
    assert repr(nn.Unflatten(1, (3, 4))) == "Unflatten(dim=1, unflattened_size=(3, 4))"
    assert nn.Identity(3, any="thing")(7) == 7


def test_distances():
    x, y = values(4, 3), values(3, 4).t()
    np.testing.assert_allclose(
        nn.CosineSimilarity()(x, y).numpy(),
        (x.numpy() * y.numpy()).sum(1) / np.linalg.norm(x.numpy(), axis=1) / np.linalg.norm(y.numpy(), axis=1),
        rtol=1e-5,
    )
    np.testing.assert_allclose(
        nn.PairwiseDistance(keepdim=True)(x, y).numpy()[:, 0], np.linalg.norm(x.numpy() - y.numpy(), axis=1), rtol=1e-5
    )


# ---------------------------------------------------------------------------------------------------------- dropout


def test_dropout_keeps_the_mean():
    manual_seed(0)
    x = autograd.tensor(np.ones(100_000, np.float32), requires_grad=True)
    out = nn.Dropout(0.25)(x)
    array = out.detach().numpy()
    assert set(np.unique(array)) == {0, np.float32(1 / 0.75)}
    assert (array == 0).mean() == pytest.approx(0.25, abs=0.01)
    out.sum().backward()
    np.testing.assert_array_equal(x.grad.numpy(), array)


def test_dropout_is_repeatable():
    layer = nn.Dropout()
    manual_seed(3)
    first = layer(values(50)).tolist()
    manual_seed(3)
    assert layer(values(50)).tolist() == first


@pytest.mark.parametrize("layer", [nn.Dropout(), nn.AlphaDropout(), nn.FeatureAlphaDropout(), nn.Dropout2d()])
def test_dropout_does_nothing_in_evaluation(layer):
    x = values(2, 3, 4, 4)
    assert layer.eval()(x) is x


def test_dropout_of_everything_and_nothing():
    x = values(10)
    assert F.dropout(x, 1.0).abs().sum().item() == 0
    assert F.dropout(x, 0.0) is x
    assert not np.isnan(F.alpha_dropout(x, 1.0, training=True).numpy()).any()
    for p in (-0.1, 1.1):
        with pytest.raises(SettingError, match="dropout probability has to be between 0 and 1"):
            F.dropout(x, p)
        with pytest.raises(SettingError, match="dropout probability has to be between 0 and 1"):
            nn.Dropout(p)


@pytest.mark.parametrize(
    ("layer", "shape", "channels"),
    [
        (nn.Dropout1d(), (20, 30, 5), 2),
        (nn.Dropout1d(), (50, 5), 1),
        (nn.Dropout2d(), (20, 30, 2, 3), 2),
        (nn.Dropout2d(), (20, 30, 5), 2),
        (nn.Dropout3d(), (20, 30, 2, 2, 2), 2),
        (nn.Dropout3d(), (50, 2, 2, 2), 1),
    ],
    ids=str,
)
def test_channels_are_dropped_whole(layer, shape, channels):
    manual_seed(0)
    out = layer(autograd.tensor(np.ones(shape, np.float32))).numpy()
    sums = out.reshape(*shape[:channels], -1).mean(-1)
    assert set(np.unique(sums)) == {0.0, 2.0}


def test_alpha_dropout_keeps_mean_and_variance():
    manual_seed(0)
    x = autograd.tensor(np.random.default_rng(0).standard_normal(200_000).astype(np.float32))
    out = nn.AlphaDropout(0.3)(x).numpy()
    assert out.mean() == pytest.approx(0, abs=0.02)
    assert out.std() == pytest.approx(1, abs=0.02)


# ------------------------------------------------------------------------------------------------------ activations

ACTIVATIONS = [
    (nn.ReLU(), F.relu, "ReLU()"),
    (nn.ReLU(inplace=True), F.relu, "ReLU(inplace=True)"),
    (nn.ReLU6(), F.relu6, "ReLU6()"),
    (nn.SELU(), F.selu, "SELU()"),
    (nn.SiLU(), F.silu, "SiLU()"),
    (nn.Mish(), F.mish, "Mish()"),
    (nn.Hardswish(), F.hardswish, "Hardswish()"),
    (nn.Hardsigmoid(), F.hardsigmoid, "Hardsigmoid()"),
    (nn.Sigmoid(), F.sigmoid, "Sigmoid()"),
    (nn.Tanh(), F.tanh, "Tanh()"),
    (nn.LogSigmoid(), F.logsigmoid, "LogSigmoid()"),
    (nn.Softsign(), F.softsign, "Softsign()"),
    (nn.Tanhshrink(), F.tanhshrink, "Tanhshrink()"),
    (nn.ELU(0.5), lambda x: F.elu(x, 0.5), "ELU(alpha=0.5)"),
    (nn.CELU(0.5), lambda x: F.celu(x, 0.5), "CELU(alpha=0.5)"),
    (nn.GELU("tanh"), lambda x: F.gelu(x, "tanh"), "GELU(approximate='tanh')"),
    (nn.GLU(0), lambda x: F.glu(x, 0), "GLU(dim=0)"),
    (nn.LeakyReLU(0.1), lambda x: F.leaky_relu(x, 0.1), "LeakyReLU(negative_slope=0.1)"),
    (nn.RReLU().eval(), lambda x: F.leaky_relu(x, 11 / 48), "RReLU(lower=0.125, upper=0.3333333333333333)"),
    (nn.Hardtanh(-0.5, 0.5), lambda x: F.hardtanh(x, -0.5, 0.5), "Hardtanh(min_val=-0.5, max_val=0.5)"),
    (nn.Hardshrink(), F.hardshrink, "Hardshrink(0.5)"),
    (nn.Softshrink(0.2), lambda x: F.softshrink(x, 0.2), "Softshrink(0.2)"),
    (nn.Softplus(2.0), lambda x: F.softplus(x, 2.0), "Softplus(beta=2.0, threshold=20.0)"),
    (nn.Threshold(0.1, 5.0), lambda x: F.threshold(x, 0.1, 5.0), "Threshold(threshold=0.1, value=5.0)"),
    (nn.Softmax(1), lambda x: F.softmax(x, 1), "Softmax(dim=1)"),
    (nn.Softmin(1), lambda x: F.softmin(x, 1), "Softmin(dim=1)"),
    (nn.LogSoftmax(1), lambda x: F.log_softmax(x, 1), "LogSoftmax(dim=1)"),
    (nn.PReLU(), lambda x: F.leaky_relu(x, 0.25), "PReLU(num_parameters=1)"),
]


@pytest.mark.parametrize(("layer", "function", "text"), ACTIVATIONS, ids=lambda x: x if isinstance(x, str) else "")
def test_activations_are_the_functions(layer, function, text):
    x = values(4, 6)
    np.testing.assert_allclose(layer(x).detach().numpy(), function(x).numpy(), rtol=1e-6)
    assert repr(layer) == text


def test_prelu_learns_one_slope_per_channel():
    layer = nn.PReLU(3)
    layer(autograd.tensor(-np.ones((2, 3, 4), np.float32))).sum().backward()
    assert layer.weight.grad.tolist() == [-8.0] * 3


def test_softmax2d_is_over_channels():
    out = nn.Softmax2d()(values(2, 3, 4, 4))
    np.testing.assert_allclose(out.sum(1).numpy(), 1, rtol=1e-6)
    with pytest.raises(ShapeError, match="3D or 4D, got 2D"):
        nn.Softmax2d()(values(2, 3))


def test_rrelu_draws_slopes_while_training():
    manual_seed(0)
    out = nn.RReLU(0.1, 0.3)(autograd.tensor(-np.ones(1000, np.float32))).numpy()
    assert -0.3 <= out.min() < -0.29
    assert -0.11 < out.max() <= -0.1
    assert F.rrelu(autograd.tensor([2.0]), training=True).tolist() == [2.0]


def test_gumbel_softmax_draws_classes():
    manual_seed(0)
    logits = autograd.tensor(np.log(np.tile([0.2, 0.8], (20_000, 1))).astype(np.float32), requires_grad=True)
    hard = F.gumbel_softmax(logits, hard=True)
    np.testing.assert_allclose(np.sort(hard.detach().numpy(), axis=1), np.tile([0.0, 1.0], (20_000, 1)), atol=1e-6)
    assert hard.detach().numpy()[:, 1].mean() == pytest.approx(0.8, abs=0.02)
    (hard * autograd.tensor([1.0, 2.0])).sum().backward()
    assert np.abs(logits.grad.numpy()).sum() > 0


IN_PLACE = "ReLU ReLU6 SELU SiLU Mish Hardswish Hardsigmoid ELU CELU LeakyReLU Hardtanh"


@pytest.mark.parametrize(
    "layer",
    [*(getattr(nn, name)(inplace=True) for name in IN_PLACE.split()), nn.Threshold(0.1, 2.0, inplace=True)],
    ids=str,
)
def test_inplace_writes_into_the_input_and_gives_the_same_gradient(layer, rng):
    values = rng.standard_normal((4, 5))
    plain = copy.copy(layer)
    plain.inplace = False
    results = []
    for module in (layer, plain):
        x = autograd.tensor(values, requires_grad=True)
        y = x * 2
        z = module(y)
        assert (z is y) == module.inplace
        (z * z).sum().backward()
        results.append((z.detach().numpy(), x.grad.numpy()))
    for a, b in zip(*results, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-12)


def test_inplace_activation_of_what_something_else_needs_is_detected():
    x = autograd.tensor([1.0, -1.0], requires_grad=True)
    y = x.exp()
    nn.ReLU(inplace=True)(y)
    with pytest.raises(RuntimeError, match="modified by an inplace operation: exp"):
        y.sum().backward()


@pytest.mark.parametrize("name", ["relu", "elu", "selu", "celu", "leaky_relu", "hardtanh"])
def test_functions_with_an_underscore_write_into_their_input(name, rng):
    values = rng.standard_normal(6)
    x = autograd.tensor(values)
    assert getattr(F, f"{name}_")(x) is x
    np.testing.assert_array_equal(x.numpy(), getattr(F, name)(autograd.tensor(values)).numpy())
    assert F.threshold_(autograd.tensor([1.0, 3.0]), 2.0, 9.0).tolist() == [9, 3]


def test_dropout_in_place():
    x = autograd.ones(1000)
    assert nn.Dropout(0.5, inplace=True)(x) is x
    assert set(np.unique(x.numpy())) == {0.0, 2.0}
    assert nn.Dropout(0.5, inplace=True).eval()(x) is x
