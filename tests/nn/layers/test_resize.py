"""Interpolation, shuffles, padding layers and sampling: numbers that PyTorch gives, errors, display."""

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


# ------------------------------------------------------------------------------------------------------- interpolate


@pytest.mark.parametrize(
    ("mode", "align_corners", "expected"),
    [
        ("bilinear", True, [[0.0, 0.66666669, 1.33333337, 2.0], [6.0, 6.66666698, 7.33333349, 8.0]]),
        ("bilinear", False, [[0.75, 1.375, 2.125, 2.75], [5.25, 5.875, 6.625, 7.25]]),
        ("bicubic", True, [[0.0, 0.57407397, 1.42592549, 2.0], [6.0, 6.57407522, 7.42592382, 8.0]]),
        (
            "bicubic",
            False,
            [[0.50244141, 1.10400391, 2.04443359, 2.645996], [5.354004, 5.95556641, 6.89599609, 7.49755859]],
        ),
    ],
)
def test_interpolate_to_a_size(mode, align_corners, expected):
    z = F.interpolate(image(1, 1, 3, 3), size=(2, 4), mode=mode, align_corners=align_corners)
    np.testing.assert_allclose(z.numpy(), [[expected]], rtol=1e-5, atol=1e-6)


def test_interpolate_by_a_factor():
    z = F.interpolate(image(1, 1, 3, 3), scale_factor=1.5)
    assert z.tolist() == [[[[0, 0, 1, 2], [0, 0, 1, 2], [3, 3, 4, 5], [6, 6, 7, 8]]]]
    x = image(1, 1, 3)
    assert F.interpolate(x, scale_factor=2.3).tolist() == [[[0, 0, 0, 1, 1, 2]]]
    assert F.interpolate(x, scale_factor=2.3, recompute_scale_factor=True).tolist() == [[[0, 0, 1, 1, 2, 2]]]
    np.testing.assert_allclose(
        F.interpolate(x, scale_factor=2.3, mode="linear").numpy(),
        [[[0, 0.15217389, 0.58695656, 1.02173913, 1.45652163, 1.89130425]]],
        rtol=1e-6,
    )
    assert F.interpolate(x, size=5, mode="nearest-exact").tolist() == [[[0, 0, 1, 2, 2]]]
    assert F.interpolate(x, size=2, mode="area").tolist() == [[[0.5, 1.5]]]
    assert F.interpolate(tensor(np.ones((1, 1, 2), np.uint8)), 3).dtype == np.uint8


def test_infinity_stays_where_it_is():
    x = tensor([[[1.0, np.inf, 2.0, 3.0]]], requires_grad=True)
    z = F.interpolate(x, scale_factor=2)
    assert z.tolist() == [[[1, 1, np.inf, np.inf, 2, 2, 3, 3]]]
    z.backward(tensor([[[np.inf, 1, 1, 1, 1, 1, 1, 1]]]))
    assert x.grad.tolist() == [[[np.inf, 2, 2, 2]]]


@pytest.mark.parametrize(
    ("shape", "settings", "error", "match"),
    [
        ((1, 1, 3), {}, SettingError, "either size or scale_factor should be defined"),
        ((1, 1, 3), {"size": 2, "scale_factor": 2}, SettingError, "only one of size or scale_factor"),
        ((1, 1, 3), {"size": (2, 2)}, ShapeError, "must have the same number of spatial dimensions"),
        ((1, 1, 3), {"size": 2, "mode": "bilinear"}, ShapeError, "Got 3D input, but bilinear mode needs 4D input"),
        ((1, 1, 3), {"size": 2, "align_corners": True}, SettingError, "align_corners option can only be set"),
        ((1, 1, 3), {"size": 2, "recompute_scale_factor": True}, SettingError, "not meaningful with an explicit size"),
        ((1, 1, 3), {"size": 2, "mode": "cubic"}, SettingError, r"Only 3D, 4D and 5D .*\(got cubic\)"),
        ((1, 3), {"size": 2}, SettingError, r"Only 3D, 4D and 5D input Tensors supported \(got 2D\)"),
        ((1, 1, 3), {"scale_factor": 0.1}, ShapeError, "sizes should be greater than 0"),
        ((1, 0, 3), {"size": 2}, ShapeError, "Non-empty 3D data tensor expected"),
        ((1, 1, 3), {"size": 2, "antialias": True}, SettingError, "antialias=True is not supported"),
    ],
)
def test_interpolate_says_what_does_not_fit(shape, settings, error, match):
    with pytest.raises(error, match=match):
        F.interpolate(image(*shape), **settings)


def test_integers_are_not_interpolated():
    with pytest.raises(DTypeError, match="convert it to floating point"):
        F.interpolate(tensor([[[1, 2]]]), 3, mode="linear")


# ----------------------------------------------------------------------------------------------------------- shuffle


def test_pixel_shuffle_and_back():
    x = image(2, 8, 3, 2)
    z = F.pixel_shuffle(x, 2)
    assert z.shape == (2, 2, 6, 4)
    assert z[0, 0, :2, :2].tolist() == [[0, 6], [12, 18]]
    np.testing.assert_array_equal(F.pixel_unshuffle(z, 2).numpy(), x.numpy())
    assert nn.PixelUnshuffle(2)(nn.PixelShuffle(2)(x[0])).tolist() == x[0].tolist()


def test_channel_shuffle():
    assert F.channel_shuffle(image(1, 4, 1), 2).flatten().tolist() == [0, 2, 1, 3]


@pytest.mark.parametrize(
    ("call", "match"),
    [
        (lambda: F.pixel_shuffle(image(3, 2, 2), 2), r"input.size\(-3\)=3 is not divisible by 4"),
        (lambda: F.pixel_shuffle(image(2, 2), 2), "at least 3 dimensions, but got input with 2 dimension"),
        (lambda: F.pixel_shuffle(image(4, 2, 2), 0), "positive upscale_factor, but got 0"),
        (lambda: F.pixel_unshuffle(image(1, 3, 4), 2), r"height to be divisible .* input.size\(-2\)=3"),
        (lambda: F.pixel_unshuffle(image(1, 4, 3), 2), r"width to be divisible .* input.size\(-1\)=3"),
        (lambda: F.channel_shuffle(image(1, 3, 2), 2), "Got 3 channels and 2 groups"),
        (lambda: F.channel_shuffle(image(1, 4), 2), "> 2 dims"),
        (lambda: F.channel_shuffle(image(1, 4, 1), 0), "must be positive. Value of groups:0"),
    ],
)
def test_shuffles_say_what_does_not_fit(call, match):
    with pytest.raises(ValueError, match=match):
        call()


# ----------------------------------------------------------------------------------------------------------- padding


@pytest.mark.parametrize(
    ("layer", "expected", "text"),
    [
        (nn.ReflectionPad1d(1), [2, 1, 2, 3, 2], "ReflectionPad1d((1, 1))"),
        (nn.ReplicationPad1d((1, 2)), [1, 1, 2, 3, 3, 3], "ReplicationPad1d((1, 2))"),
        (nn.CircularPad1d(1), [3, 1, 2, 3, 1], "CircularPad1d((1, 1))"),
        (nn.ConstantPad1d(1, 9.0), [9, 1, 2, 3, 9], "ConstantPad1d(padding=(1, 1), value=9.0)"),
        (nn.ZeroPad1d((0, 2)), [1, 2, 3, 0, 0], "ZeroPad1d((0, 2))"),
        (nn.ZeroPad1d(-1), [2], "ZeroPad1d((-1, -1))"),
    ],
)
def test_padding_layers(layer, expected, text):
    assert layer(tensor([[1.0, 2.0, 3.0]])).tolist() == [expected]
    assert repr(layer) == text


@pytest.mark.parametrize("kind", ["Zero", "Reflection", "Replication", "Circular"])
@pytest.mark.parametrize("dims", [1, 2, 3])
def test_padding_layers_of_every_dimension(kind, dims):
    layer = getattr(nn, f"{kind}Pad{dims}d")(1)
    assert layer(image(2, *(2, 3, 4)[:dims])).shape == (2, *(4, 5, 6)[:dims])
    assert layer(image(2, 2, *(2, 3, 4)[:dims])).shape == (2, 2, *(4, 5, 6)[:dims])
    mode = {"Zero": "constant", "Reflection": "reflect", "Replication": "replicate", "Circular": "circular"}[kind]
    x = image(2, 2, *(2, 3, 4)[:dims])
    np.testing.assert_array_equal(layer(x).numpy(), F.pad(x, (1, 1) * dims, mode).numpy())
    if kind != "Zero":
        with pytest.raises(ShapeError, match=f"expected {dims + 1}D or {dims + 2}D input"):
            layer(image(*(2,) * dims))


def test_padding_needs_one_number_or_all():
    with pytest.raises(ShapeError, match="an int or 4 ints"):
        nn.ZeroPad2d((1, 2, 3))


# ----------------------------------------------------------------------------------------------------------- modules


@pytest.mark.parametrize(
    ("layer", "text"),
    [
        (nn.Upsample(scale_factor=2), "Upsample(scale_factor=2.0, mode='nearest')"),
        (nn.Upsample(size=(3, 4), mode="bilinear"), "Upsample(size=(3, 4), mode='bilinear')"),
        (nn.UpsamplingNearest2d(scale_factor=2), "UpsamplingNearest2d(scale_factor=2.0, mode='nearest')"),
        (nn.UpsamplingBilinear2d(size=3), "UpsamplingBilinear2d(size=3, mode='bilinear')"),
        (nn.PixelShuffle(2), "PixelShuffle(upscale_factor=2)"),
        (nn.PixelUnshuffle(2), "PixelUnshuffle(downscale_factor=2)"),
        (nn.ChannelShuffle(2), "ChannelShuffle(groups=2)"),
    ],
)
def test_display(layer, text):
    assert repr(layer) == text


def test_upsample_is_interpolate():
    x = image(1, 2, 3, 4)
    for layer, settings in [
        (nn.Upsample(scale_factor=(2, 3)), {"scale_factor": (2, 3)}),
        (
            nn.Upsample(size=5, mode="bicubic", align_corners=True),
            {"size": 5, "mode": "bicubic", "align_corners": True},
        ),
        (nn.UpsamplingNearest2d(size=7), {"size": 7}),
        (nn.UpsamplingBilinear2d(scale_factor=2), {"scale_factor": 2, "mode": "bilinear", "align_corners": True}),
    ]:
        np.testing.assert_array_equal(layer(x).numpy(), F.interpolate(x, **settings).numpy())
    assert nn.ChannelShuffle(2)(image(1, 4, 1)).flatten().tolist() == [0, 2, 1, 3]


# ---------------------------------------------------------------------------------------------------------- sampling


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({"align_corners": True}, [1.5, 1.8]),
        ({"align_corners": False}, [0.875, 0.0]),
        ({"padding_mode": "border", "align_corners": False}, [1.75, 3.9]),
        ({"padding_mode": "reflection", "align_corners": False}, [1.75, 4.15]),
    ],
)
def test_grid_sample(settings, expected):
    grid = tensor([[[[0.5, -1.0], [-1.5, 0.2]]]])
    np.testing.assert_allclose(
        F.grid_sample(image(1, 1, 3, 3), grid, **settings).numpy(), [[[expected]]], rtol=1e-5, atol=1e-6
    )


def test_the_identity_samples_the_image_itself():
    theta = tensor([[[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]]])
    x = image(1, 2, 3, 4)
    for align in (True, False):
        grid = F.affine_grid(theta, x.shape, align_corners=align)
        assert grid.shape == (1, 3, 4, 2)
        for mode in ("bilinear", "nearest"):
            np.testing.assert_allclose(
                F.grid_sample(x, grid, mode, align_corners=align).numpy(), x.numpy(), rtol=1e-5, atol=1e-5
            )


@pytest.mark.parametrize("padding_mode", ["zeros", "border", "reflection"])
def test_grid_sample_has_the_slope_of_its_value(padding_mode, rng):
    x = tensor(rng.standard_normal((1, 2, 3, 4)), requires_grad=True)
    grid = tensor(rng.uniform(-1.4, 1.4, (1, 2, 2, 2)), requires_grad=True)
    weights = tensor(rng.standard_normal((1, 2, 2, 2)))

    def value(x, grid):
        return (F.grid_sample(x, grid, padding_mode=padding_mode, align_corners=False) * weights).sum()

    for g, leaf in zip(autograd.grad(value(x, grid), [x, grid]), (x, grid), strict=True):
        step = rng.standard_normal(leaf.shape)
        ends = [
            [value(*[tensor(t.numpy(force=True) + (sign * 1e-6 * step if t is leaf else 0)) for t in (x, grid)])]
            for sign in (1, -1)
        ]
        slope = (ends[0][0].item() - ends[1][0].item()) / 2e-6
        np.testing.assert_allclose((g.numpy() * step).sum(), slope, rtol=1e-6, atol=1e-8)


def test_sampling_says_what_does_not_fit():
    x, grid = image(1, 1, 4, 4), tensor(np.zeros((1, 2, 2, 2), np.float32))
    with pytest.raises(ShapeError, match="expected grid to have size 2 in last dimension"):
        F.grid_sample(x, tensor(np.zeros((1, 2, 2, 3), np.float32)), align_corners=True)
    with pytest.raises(ShapeError, match="same batch size"):
        F.grid_sample(x, tensor(np.zeros((2, 2, 2, 2), np.float32)), align_corners=True)
    with pytest.raises(SettingError, match="expected mode to be"):
        F.grid_sample(x, grid, mode="cubic", align_corners=True)
    with pytest.raises(SettingError, match="expected padding_mode to be"):
        F.grid_sample(x, grid, padding_mode="wrap", align_corners=True)
    with pytest.raises(ShapeError, match="affine_grid only supports 4D and 5D sizes"):
        F.affine_grid(tensor(np.zeros((1, 2, 3), np.float32)), (1, 1, 2), align_corners=True)
    with pytest.raises(ShapeError, match="Expected a batch of 2D affine matrices"):
        F.affine_grid(tensor(np.zeros((1, 3, 3), np.float32)), (1, 1, 2, 2), align_corners=True)
    with pytest.warns(UserWarning, match="align_corners is False unless given"):
        F.grid_sample(x, grid)


def test_older_names_of_interpolate():
    x = image(1, 1, 2, 3)
    assert F.upsample_nearest(x, scale_factor=2).tolist() == F.interpolate(x, scale_factor=2).tolist()
    expected = F.interpolate(x, (3, 5), mode="bilinear", align_corners=True)
    assert F.upsample_bilinear(x, (3, 5)).tolist() == expected.tolist()
    with pytest.raises(ShapeError, match="Got 3D input, but bilinear mode needs 4D input"):
        F.upsample_bilinear(image(1, 2, 3), 4)
