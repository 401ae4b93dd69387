"""Pooling layers and functions: edge conventions, errors, display. The gradients are checked in tests/cases/pool.py."""

import numpy as np
import pytest

import autograd
import nn
import nn.functional as F
from autograd.errors import DTypeError, SettingError, ShapeError


def tensor(values, **kwargs):
    return autograd.tensor(values, **kwargs)


def image(*shape):
    return tensor(np.arange(float(np.prod(shape)), dtype=np.float32).reshape(shape))


# --------------------------------------------------------------------------------------------------------------- max


def test_max_pool_returns_indices_within_the_image():
    value, index = F.max_pool2d(image(2, 1, 4, 4), 2, return_indices=True)
    assert value[1].tolist() == [[[21.0, 23.0], [29.0, 31.0]]]
    assert index.dtype == np.int64
    assert index.tolist() == [[[[5, 7], [13, 15]]]] * 2


def test_the_first_of_equal_elements_takes_the_whole_gradient():
    x = tensor([[2.0, 2.0, 1.0, 1.0, 1.0, 1.0]], requires_grad=True)
    F.max_pool1d(x, 3).sum().backward()
    assert x.grad.tolist() == [[1, 0, 0, 1, 0, 0]]


def test_a_winner_of_two_windows_receives_from_both():
    x = tensor([[1.0, 3.0, 1.0]], requires_grad=True)
    F.max_pool1d(x, 2, stride=1).sum().backward()
    assert x.grad.tolist() == [[0, 2, 0]]


def test_second_derivative_goes_through_the_winners():
    x = tensor([[1.0, 3.0, 2.0, 4.0]], requires_grad=True)
    (g,) = autograd.grad((F.max_pool1d(x, 2) ** 3).sum(), [x], create_graph=True)
    (h,) = autograd.grad(g.sum(), [x])
    assert h.tolist() == [[0, 18, 0, 24]]


def test_nan_wins():
    x = tensor([[np.nan, 1.0, 2.0, 3.0]])
    value, index = F.max_pool1d(x, 2, return_indices=True)
    assert np.isnan(value.numpy()).tolist() == [[True, False]]
    assert index.tolist() == [[0, 3]]


def test_padding_never_wins():
    x = tensor(np.full((1, 2, 2), -np.inf, np.float32), requires_grad=True)
    value, index = F.max_pool2d(x, 2, 1, padding=1, return_indices=True)
    assert np.isneginf(value.numpy(force=True)).all()
    assert index.tolist() == [[[0, 0, 1], [0, 0, 1], [2, 2, 3]]]
    assert F.max_pool1d(tensor([[-5, -6]]), 2, 1, padding=1).tolist() == [[-5, -5, -6]]


@pytest.mark.parametrize(
    ("n", "settings", "expected"),
    [
        (5, {"kernel_size": 2}, [5, 4]),
        (5, {"kernel_size": 2, "ceil_mode": True}, [5, 4, 3]),
        (5, {"kernel_size": 1, "stride": 3, "ceil_mode": True}, [1, 4]),
        (4, {"kernel_size": 2, "stride": 3, "ceil_mode": True}, [5, 4]),
        (3, {"kernel_size": 2, "stride": 3, "ceil_mode": True}, [5]),  # a second window would begin beyond the end
        (4, {"kernel_size": 2, "stride": 3, "padding": 1, "ceil_mode": True}, [1, 4]),
        (5, {"kernel_size": 3, "dilation": 2}, [3]),
        (5, {"kernel_size": 3, "stride": 1, "padding": 1}, [5, 5, 5, 4, 4]),
    ],
)
def test_which_windows_there_are(n, settings, expected):
    x = tensor([[1.0, 5.0, 2.0, 4.0, 3.0]])[:, :n]
    assert F.max_pool1d(x, **settings).tolist() == [expected]


def test_an_empty_batch_is_fine_and_other_empty_dimensions_are_not():
    x = tensor(np.zeros((0, 3, 4, 4), np.float32), requires_grad=True)
    for function in (F.max_pool2d, F.avg_pool2d, F.adaptive_avg_pool2d, F.adaptive_max_pool2d):
        z = function(x, 2)
        assert z.shape == (0, 3, 2, 2)
        z.sum().backward()
        assert x.grad.shape == x.shape
        for shape in ((2, 0, 4, 4), (2, 3, 0, 4)):
            with pytest.raises(ShapeError, match="optional 0 dim batch size"):
                function(tensor(np.zeros(shape, np.float32)), 2)


@pytest.mark.parametrize(
    ("settings", "error", "match"),
    [
        (
            {"kernel_size": 2, "padding": 2},
            SettingError,
            "pad should be at most half of effective kernel size, but got",
        ),
        ({"kernel_size": 3, "padding": 2, "dilation": 2}, SettingError, "smaller than or equal to half of kernel size"),
        ({"kernel_size": 2, "padding": -1}, SettingError, "pad must be non-negative, but got pad: -1"),
        ({"kernel_size": 5}, ShapeError, r"Given input size: \(1x4x4\). Calculated output size: \(1x0x0\)"),
        ({"kernel_size": 0}, SettingError, "kernel size should be greater than zero"),
        ({"kernel_size": 2, "stride": 0}, SettingError, "stride should not be zero"),
        ({"kernel_size": 2, "dilation": 0}, SettingError, "dilation should be greater than zero"),
        ({"kernel_size": (2, 2, 2)}, ShapeError, "must either be a single int, or a tuple of two ints"),
    ],
)
def test_max_pool_says_what_does_not_fit(settings, error, match):
    with pytest.raises(error, match="max_pool2d.*" + match):
        F.max_pool2d(image(1, 4, 4), **settings)


def test_other_errors_of_pooling():
    with pytest.raises(ShapeError, match=r"Expected 3D or 4D.*\[4, 4\]"):
        F.max_pool2d(image(4, 4), 2)
    with pytest.raises(ShapeError, match="no element within"):
        F.max_pool2d(image(1, 1, 1), 2, padding=1, dilation=2)
    with pytest.raises(DTypeError, match="max_pool2d"):
        F.max_pool2d(tensor(np.ones((1, 2, 2), bool)), 2)
    with pytest.raises(DTypeError, match="avg_pool2d"):
        F.avg_pool2d(tensor(np.ones((1, 2, 2), np.int64)), 2)
    with pytest.raises(SettingError, match="divisor must be not zero"):
        F.avg_pool2d(image(1, 2, 2), 2, divisor_override=0)
    with pytest.raises(ShapeError, match="output_size must be 2"):
        F.adaptive_avg_pool2d(image(1, 2, 2), (2,))
    with pytest.raises(SettingError, match="greater than or equal to 0"):
        F.adaptive_max_pool2d(image(1, 2, 2), -1)


def test_sizes_are_whole_numbers():
    with pytest.raises(TypeError, match=r"max_pool2d: kernel_size must be a single int.*got 2\.5"):
        F.max_pool2d(image(1, 4, 4), 2.5)


def test_integers_have_a_maximum():
    z = F.max_pool1d(tensor([[3, 1, 2, 4]]), 2)
    assert z.dtype == np.int64
    assert z.tolist() == [[3, 4]]


# ----------------------------------------------------------------------------------------------------------- average


@pytest.mark.parametrize(
    ("n", "settings", "expected"),
    [
        (5, {"kernel_size": 2, "stride": 2, "padding": 1, "ceil_mode": True}, [0.5, 3.5, 3.5]),
        (5, {"kernel_size": 2, "stride": 2, "padding": 1, "count_include_pad": False}, [1.0, 3.5, 3.5]),
        (5, {"kernel_size": 3, "stride": 2, "padding": 1, "ceil_mode": True}, [2.0, 11 / 3, 7 / 3]),
        (
            4,
            {"kernel_size": 3, "stride": 3, "padding": 1, "ceil_mode": True},
            [2.0, 2.0],
        ),  # beyond the padding: no zeros
    ],
)
def test_what_an_average_counts(n, settings, expected):
    x = tensor([[1.0, 5.0, 2.0, 4.0, 3.0]])[:, :n]
    np.testing.assert_allclose(F.avg_pool1d(x, **settings).numpy(), [expected], rtol=1e-6)


def test_norms_of_windows():
    assert F.lp_pool1d(tensor([[3.0, 4.0, 0.0, 0.0]]), 2, 2).tolist() == [[5.0, 0.0]]
    assert F.lp_pool1d(tensor([[3.0, -4.0]]), 1, 2).tolist() == [[-1.0]]
    x = tensor(np.zeros((1, 2, 2), np.float32), requires_grad=True)
    F.lp_pool2d(x, 2, 2).sum().backward()
    assert x.grad.tolist() == [[[0, 0], [0, 0]]]


def test_adaptive_pooling_of_uneven_windows():
    x = tensor([[1.0, 5.0, 2.0, 4.0, 3.0]])
    np.testing.assert_allclose(F.adaptive_avg_pool1d(x, 3).numpy(), [[3.0, 11 / 3, 3.5]], rtol=1e-6)
    value, index = F.adaptive_max_pool1d(x, 3, return_indices=True)
    assert value.tolist() == [[5, 5, 4]]
    assert index.tolist() == [[1, 1, 3]]
    assert F.adaptive_avg_pool2d(image(1, 4, 6), (None, 3)).shape == (1, 4, 3)
    assert F.adaptive_max_pool2d(image(1, 4, 6), (0, 3)).shape == (1, 0, 3)
    assert np.isinf(F.adaptive_avg_pool1d(tensor([[1.0, np.inf, 2.0, 3.0, 4.0]]), 3).numpy()).tolist() == [
        [True, True, False]
    ]


# ------------------------------------------------------------------------------------------------------------ unpool


def test_unpooling_puts_winners_back():
    value, index = F.max_pool2d(image(1, 4, 4), 2, return_indices=True)
    z = F.max_unpool2d(value, index, 2)
    assert z.tolist() == [[[0, 0, 0, 0], [0, 5, 0, 7], [0, 0, 0, 0], [0, 13, 0, 15]]]
    assert nn.MaxUnpool2d(2)(value, index, output_size=(1, 1, 5, 5)).shape == (1, 5, 5)
    x = tensor([[1.0, 2.0]], requires_grad=True)
    z = F.max_unpool1d(x, tensor([[3, 0]]), 2)
    assert z.tolist() == [[2, 0, 0, 1]]
    (z * tensor([1.0, 2.0, 3.0, 4.0])).sum().backward()
    assert x.grad.tolist() == [[4, 1]]


def test_unpooling_says_what_does_not_fit():
    value, index = F.max_pool2d(image(1, 4, 4), 2, return_indices=True)
    with pytest.raises(ShapeError, match=r"invalid output_size .*dim 0 must be between 2 and 6"):
        F.max_unpool2d(value, index, 2, output_size=(7, 5))
    with pytest.raises(IndexError, match=r"Found an invalid max index: 105 \(output volumes are of size 4x4\)"):
        F.max_unpool2d(value, index + 100, 2)
    with pytest.raises(ShapeError, match="Expected shape of indices"):
        F.max_unpool2d(value, index[:, :1], 2)
    with pytest.raises(DTypeError, match="should be type int64"):
        F.max_unpool2d(value, index.to(np.int32), 2)


# ----------------------------------------------------------------------------------------------------------- modules


@pytest.mark.parametrize(
    ("layer", "text"),
    [
        (nn.MaxPool1d(3, 2, 1), "MaxPool1d(kernel_size=3, stride=2, padding=1, dilation=1, ceil_mode=False)"),
        (nn.MaxPool2d(2), "MaxPool2d(kernel_size=2, stride=2, padding=0, dilation=1, ceil_mode=False)"),
        (nn.AvgPool1d(2), "AvgPool1d(kernel_size=(2,), stride=(2,), padding=(0,))"),
        (nn.AvgPool2d(2, divisor_override=3), "AvgPool2d(kernel_size=2, stride=2, padding=0)"),
        (nn.AdaptiveAvgPool2d((None, 3)), "AdaptiveAvgPool2d(output_size=(None, 3))"),
        (nn.AdaptiveMaxPool1d(2), "AdaptiveMaxPool1d(output_size=2)"),
        (nn.LPPool2d(2, 3), "LPPool2d(norm_type=2, kernel_size=3, stride=None, ceil_mode=False)"),
        (nn.MaxUnpool2d(2), "MaxUnpool2d(kernel_size=(2, 2), stride=(2, 2), padding=(0, 0))"),
    ],
)
def test_display(layer, text):
    assert repr(layer) == text
    assert list(layer.state_dict()) == []


@pytest.mark.parametrize("dims", [1, 2, 3])
def test_layers_are_their_functions(dims, rng):
    x = tensor(rng.standard_normal((2, 2, *(5, 4, 6)[:dims])).astype(np.float32))
    for name, settings in [
        ("max_pool", {"kernel_size": 2, "stride": 1, "padding": 1, "ceil_mode": True, "return_indices": True}),
        ("avg_pool", {"kernel_size": 2, "stride": 3, "padding": 1, "ceil_mode": True, "count_include_pad": False}),
        ("lp_pool", {"norm_type": 2, "kernel_size": 2, "stride": 1}),
        ("adaptive_avg_pool", {"output_size": 3}),
        ("adaptive_max_pool", {"output_size": 3, "return_indices": True}),
    ]:
        layer = getattr(nn, {"lp_pool": "LPPool"}.get(name, name.title().replace("_", "")) + f"{dims}d")
        got = layer(**settings)(x)
        expected = getattr(F, f"{name}{dims}d")(x, **settings)
        pairs = zip(got, expected, strict=True) if isinstance(got, tuple) else [(got, expected)]
        for a, b in pairs:
            np.testing.assert_array_equal(a.numpy(), b.numpy())
        alone = layer(**settings)(x[0])
        first = alone[0] if isinstance(alone, tuple) else alone
        np.testing.assert_array_equal(first.numpy(), (got[0] if isinstance(got, tuple) else got)[0].numpy())


@pytest.mark.parametrize("dims", [1, 2, 3])
def test_names_with_indices_always_return_them(dims, rng):
    x = tensor(rng.standard_normal((2, 3, *(5, 4, 6)[:dims])).astype(np.float32))
    for name, settings in [("max_pool", (2, 1, 1)), ("adaptive_max_pool", (3,))]:
        got = getattr(F, f"{name}{dims}d_with_indices")(x, *settings)
        expected = getattr(F, f"{name}{dims}d")(x, *settings, return_indices=True)
        for a, b in zip(got, expected, strict=True):
            np.testing.assert_array_equal(a.numpy(), b.numpy())
