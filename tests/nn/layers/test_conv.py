"""Convolution layers: values and gradients that PyTorch 2.13 computes, first values, display, errors."""

import math

import numpy as np
import pytest

import autograd
import nn
import nn.functional as F
from autograd import tensor as T
from autograd.errors import DTypeError, SettingError, ShapeError
from autograd.random import manual_seed


def wave(*shape, k=1.3):
    return np.sin(np.arange(float(math.prod(shape))) * k + 0.5).reshape(shape) * 2


def zeros(*shape, dtype=np.float32):
    return autograd.zeros(*shape, dtype=dtype)


# ------------------------------------------------------------------------------------------------------- values

# function, shapes of its Tensors, settings; the shape of the value, its sum times wave(k=0.8), and the sum of the
# gradients of that times wave(k=0.9)
ROWS = [
    ("conv1d", [(2, 3, 8), (4, 3, 3), (4,)], {"stride": 2, "padding": 1}, (2, 4, 4), 5.937870671417, -1.27935555837),
    ("conv1d", [(3, 8), (2, 3, 2)], {"padding": "same", "dilation": 3}, (2, 8), 21.14141740952, -38.64705538453),
    (
        "conv2d",
        [(2, 3, 7, 8), (4, 3, 3, 2), (4,)],
        {"stride": (2, 3), "padding": (1, 0)},
        (2, 4, 4, 3),
        1.637122943767,
        74.04795119027,
    ),
    (
        "conv2d",
        [(2, 4, 6, 6), (6, 2, 3, 3), (6,)],
        {"padding": "same", "dilation": 2, "groups": 2},
        (2, 6, 6, 6),
        -0.1266944386674,
        69.02876219119,
    ),
    ("conv2d", [(1, 2, 5, 5), (3, 2, 4, 2)], {"padding": "same"}, (1, 3, 5, 5), 4.757508693978, 56.75702358946),
    (
        "conv2d",
        [(4, 5, 6), (4, 1, 3, 3), (4,)],
        {"groups": 4, "padding": "valid"},
        (4, 3, 4),
        1.081068020042,
        24.37366159063,
    ),
    (
        "conv3d",
        [(1, 2, 4, 5, 4), (3, 2, 2, 3, 2), (3,)],
        {"stride": (1, 2, 1), "padding": (0, 1, 1)},
        (1, 3, 3, 3, 5),
        5.66638630151,
        -258.0272846467,
    ),
    (
        "conv_transpose1d",
        [(2, 3, 5), (3, 2, 4), (2,)],
        {"stride": 3, "padding": 1, "output_padding": 2},
        (2, 2, 16),
        -24.14698354695,
        3.688966799687,
    ),
    (
        "conv_transpose2d",
        [(2, 4, 3, 4), (4, 2, 3, 2), (4,)],
        {"stride": (2, 3), "padding": (1, 0), "output_padding": (1, 2), "groups": 2},
        (2, 4, 6, 13),
        14.32071127568,
        0.2773449017101,
    ),
    (
        "conv_transpose2d",
        [(2, 3, 3), (2, 3, 3, 3)],
        {"stride": 2, "dilation": 3, "output_padding": 2},
        (3, 13, 13),
        2.66242766977,
        -2.789408417634,
    ),
    (
        "conv_transpose3d",
        [(1, 2, 2, 3, 2), (2, 2, 2, 2, 3), (2,)],
        {"stride": 2, "padding": (0, 1, 1)},
        (1, 2, 4, 4, 3),
        -42.47243626593,
        -115.2349857569,
    ),
]


@pytest.mark.parametrize(("name", "shapes", "settings", "shape", "value", "slope"), ROWS)
def test_values_and_gradients_are_pytorchs(name, shapes, settings, shape, value, slope):
    leaves = [T(wave(*s, k=1.3 + 0.1 * i), requires_grad=True) for i, s in enumerate(shapes)]
    z = getattr(F, name)(*leaves, **settings)
    assert z.shape == shape
    total = (z * wave(*shape, k=0.8)).sum()
    assert total.item() == pytest.approx(value, rel=1e-10)
    grads = autograd.grad(total, leaves)
    assert sum((g.numpy() * wave(*g.shape, k=0.9)).sum() for g in grads) == pytest.approx(slope, rel=1e-10)


# padding mode, padding; the shape of the value, its sum times wave(k=0.8), and that of the gradient times wave(k=0.9)
MODES = [
    ("reflect", (2, 1), (1, 3, 6, 4), -27.89756905299, 1.647411731902),
    ("reflect", "same", (1, 3, 4, 5), 25.88104849902, -70.96452838903),
    ("replicate", (2, 1), (1, 3, 6, 4), 105.9129772289, 20.06080431731),
    ("replicate", "same", (1, 3, 4, 5), 47.21292230949, -108.1292471062),
    ("circular", (2, 1), (1, 3, 6, 4), 114.0151612782, -204.4778163922),
    ("circular", "same", (1, 3, 4, 5), 49.78449176242, -162.6893669703),
]


@pytest.mark.parametrize(("mode", "padding", "shape", "value", "slope"), MODES)
def test_padding_modes_are_pytorchs(mode, padding, shape, value, slope):
    layer = nn.Conv2d(2, 3, (3, 4), padding=padding, padding_mode=mode, dtype=np.float64)
    layer.load_state_dict({"weight": T(wave(3, 2, 3, 4)), "bias": T(wave(3))})
    x = T(wave(1, 2, 4, 5, k=0.7), requires_grad=True)
    total = (layer(x) * wave(*shape, k=0.8)).sum()
    assert total.item() == pytest.approx(value, rel=1e-10)
    total.backward()
    assert (x.grad.numpy() * wave(*x.shape, k=0.9)).sum() == pytest.approx(slope, rel=1e-10)


def test_unfold_and_a_product_make_a_convolution():
    x, w = T(wave(2, 3, 6, 5)), T(wave(4, 3, 3, 2, k=0.7))
    columns = F.unfold(x, (3, 2), padding=1, stride=(2, 1))
    z = (w.reshape(4, -1) @ columns).reshape(2, 4, 3, 6)
    np.testing.assert_allclose(z.numpy(), F.conv2d(x, w, None, (2, 1), 1).numpy(), rtol=1e-12, atol=1e-12)


def test_fold_counts_how_often_an_element_was_unfolded():
    x = autograd.ones(1, 1, 3, 3)
    again = nn.Fold((3, 3), 2)(nn.Unfold(2)(x))
    assert again[0, 0].tolist() == [[1.0, 2.0, 1.0], [2.0, 4.0, 2.0], [1.0, 2.0, 1.0]]
    assert nn.Fold((3, 3), 2)(nn.Unfold(2)(x[0])).shape == (1, 3, 3)


def test_rows_that_no_window_reaches_get_gradient_0():
    x = T(wave(1, 1, 8, 8), requires_grad=True)
    F.conv2d(x, autograd.ones(1, 1, 3, 3, dtype=np.float64), stride=3).sum().backward()
    expected = np.zeros((8, 8))
    expected[:6, :6] = 1
    np.testing.assert_array_equal(x.grad.numpy()[0, 0], expected)


def test_a_penalty_on_the_gradient_can_be_differentiated():
    manual_seed(0)
    layer = nn.Conv2d(1, 2, 3, padding=1)
    x = T(wave(2, 1, 5, 5).astype(np.float32), requires_grad=True)
    (g,) = autograd.grad(layer(x).tanh().sum(), [x], create_graph=True)
    (g * g).sum().backward()
    assert layer.weight.grad.dtype == np.float32
    assert np.abs(layer.weight.grad.numpy()).min() > 0


def test_an_empty_batch():
    layer = nn.Conv2d(3, 4, 3)
    x = autograd.zeros(0, 3, 8, 8, requires_grad=True)
    z = layer(x)
    assert z.shape == (0, 4, 6, 6)
    z.sum().backward()
    assert x.grad.shape == (0, 3, 8, 8)
    assert not layer.weight.grad.numpy().any()
    assert nn.ConvTranspose2d(3, 4, 3)(x).shape == (0, 4, 10, 10)


def test_integers_are_constants():
    z = F.conv1d(T(np.array([[1, 2, 4]])), T(np.array([[[1, -1]]])))
    assert z.dtype == np.int64
    assert z.tolist() == [[-1, -2]]


# ------------------------------------------------------------------------------------------------------- layers


@pytest.mark.parametrize(
    ("layer", "text", "weight"),
    [
        (nn.Conv1d(3, 6, 5), "Conv1d(3, 6, kernel_size=(5,), stride=(1,))", (6, 3, 5)),
        (
            nn.Conv2d(3, 6, (3, 5), 2, (1, 2), (2, 1), 3, bias=False, padding_mode="reflect"),
            "Conv2d(3, 6, kernel_size=(3, 5), stride=(2, 2), padding=(1, 2), dilation=(2, 1), groups=3, bias=False, "
            "padding_mode=reflect)",
            (6, 1, 3, 5),
        ),
        (
            nn.Conv3d(3, 6, 3, padding="same"),
            "Conv3d(3, 6, kernel_size=(3, 3, 3), stride=(1, 1, 1), padding=same)",
            (6, 3, 3, 3, 3),
        ),
        (nn.ConvTranspose1d(4, 6, 3), "ConvTranspose1d(4, 6, kernel_size=(3,), stride=(1,))", (4, 6, 3)),
        (
            nn.ConvTranspose2d(4, 6, 3, 2, 1, 1, 2, False, 2),
            "ConvTranspose2d(4, 6, kernel_size=(3, 3), stride=(2, 2), padding=(1, 1), dilation=(2, 2), "
            "output_padding=(1, 1), groups=2, bias=False)",
            (4, 3, 3, 3),
        ),
    ],
)
def test_layers_print_and_save_as_in_pytorch(layer, text, weight):
    assert repr(layer) == text
    state = layer.state_dict()
    assert state["weight"].shape == weight
    assert list(state) == ["weight"] + ["bias"] * ("bias=False" not in text)
    assert layer.bias is None or layer.bias.shape == (6,)
    assert layer.weight.dtype == np.float32


def test_fold_and_unfold_print_as_in_pytorch():
    assert repr(nn.Unfold(3, padding=1)) == "Unfold(kernel_size=3, dilation=1, padding=1, stride=1)"
    text = "Fold(output_size=(4, 4), kernel_size=3, dilation=1, padding=0, stride=(2, 2))"
    assert repr(nn.Fold((4, 4), 3, stride=(2, 2))) == text


@pytest.mark.parametrize(
    ("layer", "bound"),
    [
        (nn.Conv2d(16, 500, 3, groups=4), 1 / 6),  # 4 channels per group * 9
        (nn.Conv1d(25, 400, 4), 1 / 10),
        (nn.ConvTranspose2d(100, 100, 2, groups=4), 1 / 10),  # PyTorch counts channels out: 25 * 4
    ],
)
def test_first_values_are_within_pytorchs_bound(layer, bound):
    manual_seed(0)
    layer.reset_parameters()
    for p in (layer.weight, layer.bias):
        array = p.detach().numpy()
        assert np.abs(array).max() <= bound
        assert np.abs(array).max() > 0.97 * bound
        assert abs(array.mean()) < 0.1 * bound
        assert array.std() == pytest.approx(bound / math.sqrt(3), rel=0.15)


def test_output_size_chooses_among_the_sizes_that_convolve_to_the_input():
    down, up = nn.Conv2d(4, 3, 3, stride=2), nn.ConvTranspose2d(3, 4, 3, stride=2)
    for n in (11, 12):
        x = zeros(1, 4, n, n)
        small = down(x)
        assert small.shape == (1, 3, 5, 5)
        assert up(small, output_size=(n, n)).shape == x.shape
        assert up(small, output_size=x.shape).shape == x.shape
        assert up(small[0], output_size=x.shape[1:]).shape == x.shape[1:]
    with pytest.raises(
        ShapeError, match=r"requested an output size of \(13, 12\), but valid sizes range from \[11, 11\]"
    ):
        up(small, output_size=(13, 12))
    with pytest.raises(ShapeError, match=r"for 4D input, output_size must have 2 or 4 elements \(got 1\)"):
        up(small, output_size=(12,))


def test_training_lowers_the_loss():
    manual_seed(0)
    model = nn.Sequential(
        nn.Conv2d(1, 4, 3, stride=2, padding=1), nn.ReLU(), nn.ConvTranspose2d(4, 1, 4, stride=2, padding=1)
    )
    x = T(wave(8, 1, 6, 6).astype(np.float32))
    optimizer = nn.optim.Adam(model.parameters(), lr=0.03)
    losses = []
    for _ in range(60):
        optimizer.zero_grad()
        loss = F.mse_loss(model(x), x)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses[-1] < 0.3 * losses[0]


# ------------------------------------------------------------------------------------------------------- errors


@pytest.mark.parametrize(
    ("x", "w", "settings", "error", "text"),
    [
        (
            (4, 3, 28, 28),
            (6, 1, 5, 5),
            {},
            ShapeError,
            "Given groups=1, weight of size [6, 1, 5, 5], expected input[4, 3, 28, 28] to have 1 channels, but got 3 "
            "channels instead",
        ),
        ((3, 9, 9), (6, 1, 5, 5), {}, ShapeError, "expected input[1, 3, 9, 9] to have 1 channels, but got 3"),
        ((1, 3, 9, 9), (6, 2, 5, 5), {"groups": 2}, ShapeError, "to have 4 channels, but got 3 channels instead"),
        (
            (1, 4, 9, 9),
            (5, 2, 5, 5),
            {"groups": 2},
            ShapeError,
            "expected weight to be divisible by 2 at dimension 0, but got weight of size [5, 2, 5, 5] instead",
        ),
        (
            (1, 1, 4, 4),
            (6, 1, 5, 5),
            {"padding": (0, 1), "dilation": 2},
            ShapeError,
            "Calculated padded input size per channel: (4 x 6). Kernel size: (9 x 9). Kernel size can't be greater "
            "than actual input size",
        ),
        (
            (4, 4),
            (6, 1, 5, 5),
            {},
            ShapeError,
            "Expected 3D (unbatched) or 4D (batched) input to conv2d, but got input of size: [4, 4]",
        ),
        ((1, 1, 9, 9), (6, 1, 5), {}, ShapeError, "wanted a weight with 4 dimensions"),
        ((1, 1, 9, 9), (6, 1, 0, 5), {}, ShapeError, "a window of at least one element"),
        (
            (1, 1, 9, 9),
            (6, 1, 5, 5),
            {"bias": (5,)},
            ShapeError,
            "expected bias to be 1-dimensional with 6 elements, but got bias of size [5] instead",
        ),
        ((1, 1, 9, 9), (6, 1, 5, 5), {"stride": 0}, SettingError, "non-positive stride is not supported"),
        ((1, 1, 9, 9), (6, 1, 5, 5), {"dilation": 0}, SettingError, "non-positive dilation is not supported"),
        ((1, 1, 9, 9), (6, 1, 5, 5), {"padding": -1}, SettingError, "negative padding is not supported"),
        ((1, 1, 9, 9), (6, 1, 5, 5), {"groups": 0}, SettingError, "non-positive groups is not supported"),
        (
            (1, 1, 9, 9),
            (6, 1, 5, 5),
            {"stride": (1, 2, 3)},
            ShapeError,
            "expected stride to be a single integer value or a list of 2 values to match the convolution dimensions, "
            "but got stride=[1, 2, 3]",
        ),
        ((1, 1, 9, 9), (6, 1, 5, 5), {"stride": 1.5}, TypeError, "stride must be an int or a tuple of 2 ints"),
        ((1, 1, 9, 9), (6, 1, 5, 5), {"padding": "full"}, SettingError, "Invalid padding string: 'full'"),
        (
            (1, 1, 9, 9),
            (6, 1, 5, 5),
            {"padding": "same", "stride": 2},
            SettingError,
            "padding='same' is not supported for strided convolutions",
        ),
    ],
)
def test_conv2d_says_what_does_not_fit(x, w, settings, error, text):
    settings = {key: zeros(*value) if key == "bias" else value for key, value in settings.items()}
    with pytest.raises(error) as caught:
        F.conv2d(zeros(*x), zeros(*w), **settings)
    assert str(caught.value).startswith("conv2d: ")
    assert text in str(caught.value)


@pytest.mark.parametrize(
    ("x", "w", "settings", "text"),
    [
        (
            (4, 3, 8, 8),
            (6, 1, 5, 5),
            {},
            "Given transposed=1, weight of size [6, 1, 5, 5], expected input[4, 3, 8, 8] to",
        ),
        ((4, 3, 8, 8), (3, 1, 5, 5), {"bias": (2,)}, "expected bias to be 1-dimensional with 1 elements"),
        (
            (4, 4, 8, 8),
            (4, 2, 5, 5),
            {"stride": 2, "output_padding": 2},
            "output padding must be smaller than either stride or dilation",
        ),
        ((4, 4, 8, 8), (4, 2, 5, 5), {"output_padding": -1}, "negative output_padding is not supported"),
        ((4, 4, 1, 1), (4, 2, 1, 1), {"padding": 1}, "Output size is too small"),
    ],
)
def test_conv_transpose2d_says_what_does_not_fit(x, w, settings, text):
    settings = {key: zeros(*value) if key == "bias" else value for key, value in settings.items()}
    with pytest.raises((ShapeError, SettingError)) as caught:
        F.conv_transpose2d(zeros(*x), zeros(*w), **settings)
    assert str(caught.value).startswith("conv_transpose2d: ")
    assert text in str(caught.value)


def test_dtypes_must_agree():
    with pytest.raises(
        DTypeError, match=r"Input type \(float64\) and weight type \(float32\) should be the same.*\.float\(\)"
    ):
        nn.Conv2d(1, 2, 3)(zeros(1, 1, 5, 5, dtype=np.float64))
    with pytest.raises(DTypeError, match=r"Input type \(float32\) and bias type \(float64\) should be the same"):
        F.conv1d(zeros(1, 5), zeros(2, 1, 3), zeros(2, dtype=np.float64))


def test_layers_refuse_what_they_cannot_be():
    for arguments, text in [
        ({"groups": 2, "in_channels": 3}, "in_channels must be divisible by groups"),
        ({"groups": 2, "out_channels": 3}, "out_channels must be divisible by groups"),
        ({"groups": 0}, "groups must be a positive integer"),
        ({"padding": "full"}, "Invalid padding string 'full', should be one of"),
        ({"padding": "same", "stride": 2}, "padding='same' is not supported for strided convolutions"),
        ({"padding_mode": "mirror"}, "padding_mode must be one of zeros, reflect, replicate, circular, but got"),
        ({"kernel_size": 0}, "non-positive kernel_size"),
    ]:
        with pytest.raises(SettingError, match=text):
            nn.Conv2d(**{"in_channels": 4, "out_channels": 4, "kernel_size": 3, **arguments})
    with pytest.raises(SettingError, match='Only "zeros" padding mode is supported for ConvTranspose2d'):
        nn.ConvTranspose2d(4, 4, 3, padding_mode="reflect")
    with pytest.raises(SettingError, match="Invalid padding string"):
        nn.ConvTranspose2d(4, 4, 3, padding="same")


def test_unfold_and_fold_say_what_does_not_fit():
    with pytest.raises(ShapeError, match=r"Expected 3D or 4D \(batch mode\) tensor.* but got: \[2, 4\]"):
        F.unfold(zeros(2, 4), 2)
    with pytest.raises(
        ShapeError, match=r"spatial size \(2, 2\), kernel_size=\(3, 3\).* as \(0, 0\), but its components"
    ):
        F.unfold(zeros(1, 2, 2, 2), 3)
    with pytest.raises(ShapeError, match=r"divisible by the product of kernel_size, but got input.size\(1\)=11"):
        F.fold(zeros(1, 11, 9), (4, 4), 2)
    with pytest.raises(ShapeError, match=r"number of sliding blocks 3 \* 3 = 9, but got input.size\(2\)=8"):
        F.fold(zeros(1, 12, 8), (4, 4), 2)
    with pytest.raises(ShapeError, match=r"Expected 2D or 3D"):
        F.fold(zeros(12), (4, 4), 2)
