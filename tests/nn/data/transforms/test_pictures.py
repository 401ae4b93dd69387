"""Transforms of pictures of PIL, of arrays and of Tensors.

The kind: a transform that does not do on an array what PIL does on a picture, that draws outside of the loader's
numbers, or that takes nonsense.
"""

import colorsys

import numpy as np
import pytest

import autograd
from autograd import Generator, Tensor
from autograd.errors import SettingError, ShapeError
from nn.data import ArrayDataset, DataLoader
from nn.data import transforms as t
from nn.data.transforms import policies, turning

Image = pytest.importorskip("PIL.Image")


@pytest.fixture
def picture(rng):
    return Image.fromarray(rng.integers(0, 256, (20, 31, 3), dtype=np.uint8))


SAME = [  # (transform of fixed parameters, largest difference of values 0..255 from what PIL computes in whole numbers)
    (t.Resize(10), 1),
    (t.Resize(10, t.InterpolationMode.NEAREST_EXACT), 0),
    (t.Resize((9, 40)), 1),
    (t.Resize(8, max_size=10), 1),
    (t.CenterCrop(12), 0),
    (t.CenterCrop((25, 40)), 0),
    (t.Pad((1, 2, 3, 4), fill=7), 0),
    (t.Pad(3, padding_mode="reflect"), 0),
    (t.Pad((1, 2), padding_mode="symmetric"), 0),
    (t.Pad(2, padding_mode="edge"), 0),
    (t.RandomHorizontalFlip(1.0), 0),
    (t.RandomVerticalFlip(1.0), 0),
    (t.RandomInvert(1.0), 0),
    (t.RandomSolarize(100, 1.0), 0),
    (t.RandomPosterize(3, 1.0), 0),
    (t.RandomAutocontrast(1.0), 1),
    (t.Grayscale(1), 1),
    (t.Grayscale(3), 1),
    (t.RandomGrayscale(1.0), 1),
    (t.GaussianBlur((3, 5), 1.5), 0),
    (t.RandomRotation((30, 30)), 0),
    (t.RandomRotation((-100, -100), center=(3, 4), fill=9), 0),
    (t.RandomAffine((10, 10), None, (1.2, 1.2), (5, 5, 3, 3)), 0),
    (t.RandomAdjustSharpness(1.7, 1.0), 1),
    (t.RandomAdjustSharpness(0.0, 1.0), 1),
    (t.ColorJitter((1.3, 1.3)), 1),
    (t.ColorJitter(0, (0.6, 0.6)), 1),
    (t.ColorJitter(0, 0, (1.4, 1.4)), 1),
    (t.ColorJitter(0, 0, 0, (0.1, 0.1)), 14),  # PIL cuts hue and shift to 256ths of the circle, 6 values each
]


@pytest.mark.parametrize(("transform", "off"), SAME, ids=lambda each: str(each).split("\n")[0])
def test_arrays_are_changed_as_pictures_are(transform, off, picture):
    expected = t.PILToTensor()(transform(picture)).numpy().astype(int)
    x = t.PILToTensor()(picture)
    got = transform(x)
    assert isinstance(got, Tensor)
    assert got.dtype == np.uint8
    assert got.shape == expected.shape
    assert abs(got.numpy().astype(int) - expected).max() <= off
    both = transform(np.stack([x.numpy()] * 2))
    assert isinstance(both, np.ndarray)
    np.testing.assert_array_equal(both, np.stack([got.numpy()] * 2))
    if not isinstance(transform, (t.RandomPosterize, t.RandomSolarize)):
        real = transform(x.float() / 255).numpy() * 255
        borders = isinstance(transform, (t.RandomRotation, t.Pad))  # `fill` is in the units of the values
        assert borders or abs(real - expected).max() < off + 1.5


def test_hues_are_turned_as_colorsys_says(rng):
    x = rng.random((1, 3, 4, 5))
    x[0, :, 0, 0], x[0, :, 0, 1], x[0, :, 0, 2] = 0.5, (1, 0, 0), (0.3, 0.3, 0.9)
    for shift in (-0.4, 0.1, 0.5):
        got = t.ColorJitter(hue=(shift, shift))(x)[0]
        for place in np.ndindex(4, 5):
            hue, saturation, value = colorsys.rgb_to_hsv(*x[0, :, *place])
            np.testing.assert_allclose(got[:, *place], colorsys.hsv_to_rgb((hue + shift) % 1, saturation, value))


def test_interpolation_between_pixels_of_turned_arrays_inside(picture):
    transform = t.RandomRotation((30, 30), t.InterpolationMode.BILINEAR)
    expected, got = (t.PILToTensor()(each).numpy().astype(int) for each in (transform(picture), picture))
    got = transform(got.astype(np.uint8)).astype(int)
    inside = t.RandomRotation((30, 30))(np.ones((1, 20, 31)))[0]  # where all four neighbours are in the picture
    inside = np.lib.stride_tricks.sliding_window_view(np.pad(inside, 2), (5, 5)).min((2, 3)) == 1
    assert inside.sum() > 100
    assert abs(got - expected)[:, inside].max() <= 1


def test_two_axes_of_weights_are_those_of_pil(rng):
    row = rng.random((1, 37)).astype(np.float32)
    for size in (5, 36, 37, 38, 100):
        expected = np.asarray(Image.fromarray(row).resize((size, 1), 2))
        np.testing.assert_allclose(row @ t.shapes.triangles(37, size).T, expected, rtol=1e-5)
    np.testing.assert_allclose(t.shapes.triangles(8, 4, antialias=False)[1], [0, 0, 0.5, 0.5, 0, 0, 0, 0])


VARIED = [
    t.RandomCrop(8, padding=2),
    t.RandomCrop(25, pad_if_needed=True),
    t.RandomResizedCrop(16),
    t.RandomHorizontalFlip(),
    t.RandomVerticalFlip(),
    t.ColorJitter(0.4, 0.4, 0.4, 0.1),
    t.RandomRotation(20),
    t.RandomAffine(10, (0.1, 0.1), (0.8, 1.2), 5),
    t.RandomErasing(0.9),
    t.RandomErasing(0.9, value="random"),
    t.RandomInvert(),
    t.RandomGrayscale(0.5),
    t.GaussianBlur(3),
]


@pytest.mark.parametrize("transform", VARIED, ids=lambda each: str(each).split("\n")[0])
def test_random_ones_give_the_same_batches_with_any_number_of_workers(transform, rng):
    x = rng.random((24, 3, 20, 24)).astype(np.float32)
    data = ArrayDataset(x, np.arange(24), transform=transform)
    seen = []
    for workers in (0, 2):
        loader = DataLoader(data, 8, shuffle=True, num_workers=workers, generator=Generator().manual_seed(5))
        seen.append([batch[0].numpy() for batch in loader])
    np.testing.assert_array_equal(seen[0], seen[1])
    autograd.manual_seed(1)
    first = transform(x)
    assert not np.array_equal(first, transform(x))
    if not isinstance(transform, t.GaussianBlur):
        one = [transform(x[:1].repeat(6, 0)) for _ in range(3)]
        assert any(not np.array_equal(batch[0], batch[k]) for batch in one for k in range(6))  # each image on its own


def test_erased_parts_are_rectangles_of_the_area_that_was_asked_for(rng):
    x = np.ones((50, 2, 30, 20), np.float32)
    z = t.RandomErasing(1.0, scale=(0.1, 0.3), generator=Generator().manual_seed(0))(x)
    for image in z:
        hole = image[0] == 0
        rows, columns = hole.any(1), hole.any(0)
        assert np.array_equal(hole, rows[:, None] & columns)
        assert 0.08 < hole.mean() < 0.33
        assert np.array_equal(image[0], image[1])
    assert np.array_equal(x, np.ones_like(x))


def test_windows_of_resized_crops_lie_inside(rng):
    crop = t.RandomResizedCrop(8, scale=(0.2, 0.5), ratio=(0.5, 2))
    shapes = [crop.window(40, 60, rng) for _ in range(200)]
    assert all(top >= 0 and top + h <= 40 and left >= 0 and left + w <= 60 for top, left, h, w in shapes)
    assert all(0.15 < h * w / 2400 < 0.55 and 0.45 < w / h < 2.1 for _, _, h, w in shapes)
    assert len(set(shapes)) > 150
    assert t.RandomResizedCrop(8, scale=(1, 1), ratio=(1, 1)).window(10, 50, rng) == (0, 20, 10, 10)


def test_pictures_to_tensors_and_back(picture):
    x = t.ToTensor()(picture)
    assert (x.shape, x.dtype) == ((3, 20, 31), np.float32)
    np.testing.assert_array_equal(x.numpy(), np.asarray(picture).transpose(2, 0, 1) / np.float32(255))
    assert np.array_equal(np.asarray(t.ToPILImage()(x)), np.asarray(picture))
    assert np.array_equal(np.asarray(t.ToPILImage()(t.PILToTensor()(picture))), np.asarray(picture))
    assert t.ToTensor()(np.asarray(picture)).shape == (3, 20, 31)
    assert t.ToTensor()(np.zeros((5, 6), np.uint8)).shape == (1, 5, 6)
    for mode, channels in (("L", 1), ("RGBA", 4), ("1", 1)):
        assert t.ToTensor()(picture.convert(mode)).shape == (channels, 20, 31)
    white = t.ToTensor()(Image.new("1", (2, 2), 1))
    assert white.min() == white.max() == 1
    assert t.ToTensor()(picture.convert("I")).dtype == np.int32
    assert t.ToPILImage()(np.zeros((1, 4, 5), np.float32)).mode == "L"
    assert t.ConvertImageDtype(np.float32)(np.array([[[0, 255]]], np.uint8)).tolist() == [[[0.0, 1.0]]]
    assert t.ConvertImageDtype(np.uint8)(np.array([[[0.0, 1.0]]])).tolist() == [[[0, 255]]]


def test_orders_and_choices():
    add, double = (lambda x: x + 1), (lambda x: x * 2)
    assert t.Compose([add, double])(1) == 4
    assert t.RandomApply([add], p=1.0)(1) == 2
    assert t.RandomApply([add], p=0.0)(1) == 1
    assert {t.RandomChoice([add, double])(5) for _ in range(50)} == {6, 10}
    assert {t.RandomChoice([add, double], p=[0, 1])(5) for _ in range(20)} == {10}
    assert {t.RandomOrder([add, double])(1) for _ in range(50)} == {3, 4}
    assert t.Lambda(add)(1) == 2
    assert "Resize(size=3" in str(t.Compose([t.Resize(3)]))
    assert [piece.shape for piece in t.FiveCrop(3)(np.zeros((1, 5, 6)))] == [(1, 3, 3)] * 5


@pytest.mark.parametrize(
    ("make", "error"),
    [
        (lambda: t.Resize(0), SettingError),
        (lambda: t.Resize((4, 4), max_size=9), SettingError),
        (lambda: t.ColorJitter(-0.1), SettingError),
        (lambda: t.ColorJitter(hue=0.6), SettingError),
        (lambda: t.RandomErasing(1.5), SettingError),
        (lambda: t.RandomErasing(value="noise"), SettingError),
        (lambda: t.GaussianBlur(4), SettingError),
        (lambda: t.Pad(-1), SettingError),
        (lambda: t.Pad(1, padding_mode="wrap"), SettingError),
        (lambda: t.RandomAffine(5, scale=(-1, 1)), SettingError),
        (lambda: t.RandomResizedCrop(4, scale=(0.5, 0.2)), SettingError),
        (lambda: t.Grayscale(2), SettingError),
        (lambda: t.RandomPosterize(9), SettingError),
        (lambda: t.RandomChoice([abs], p=[1, 2]), SettingError),
        (lambda: t.RandomCrop(8)(np.zeros((1, 4, 4))), ShapeError),
        (lambda: t.FiveCrop(8)(np.zeros((1, 4, 4))), ShapeError),
        (lambda: t.Grayscale()(np.zeros((2, 4, 4))), ShapeError),
        (lambda: t.ToPILImage()(np.zeros((2, 5, 6))), ShapeError),
        (lambda: t.Resize(3, t.InterpolationMode.BICUBIC)(np.zeros((1, 4, 4))), SettingError),
        (lambda: t.RandomRotation(5, expand=True)(np.zeros((1, 4, 4))), SettingError),
        (lambda: t.Normalize(0.5, 0.5)(Image.new("L", (2, 2))), TypeError),
        (lambda: t.RandomErasing(1.0)(Image.new("L", (2, 2))), NotImplementedError),
        (lambda: t.RandomEqualize(1.0)(np.zeros((1, 4, 4))), NotImplementedError),
    ],
)
def test_nonsense_is_refused(make, error):
    with pytest.raises(error):
        make()


def test_nearest_of_arrays_is_the_corner_of_a_pixel():
    x = np.arange(10.0, dtype=np.float32).reshape(1, 1, 10)
    modes = t.InterpolationMode
    np.testing.assert_array_equal(t.Resize((1, 4), modes.NEAREST)(x)[0, 0], [0, 2, 5, 7])
    np.testing.assert_array_equal(t.Resize((1, 4), modes.NEAREST_EXACT)(x)[0, 0], [1, 3, 6, 8])


def test_ten_crops_are_five_of_each_side(picture):
    found = t.TenCrop(6)(picture)
    assert [each.size for each in found] == [(6, 6)] * 10
    flipped = t.RandomHorizontalFlip(1.0)(picture)
    for got, expected in zip(found, (*t.FiveCrop(6)(picture), *t.FiveCrop(6)(flipped)), strict=True):
        np.testing.assert_array_equal(np.asarray(got), np.asarray(expected))
    upside = t.TenCrop(6, vertical_flip=True)(t.PILToTensor()(picture))
    np.testing.assert_array_equal(
        upside[5].numpy(), t.RandomVerticalFlip(1.0)(t.PILToTensor()(picture)).numpy()[:, :6, :6]
    )


def test_perspective_brings_corners_to_corners(picture):
    ends = [(0, 0), (19, 0), (19, 9), (0, 9)]
    starts = [(2, 1), (17, 0), (18, 8), (0, 7)]
    a, b, c, d, e, f, g, h = turning.perspective(starts, ends)
    for (x, y), wanted in zip(ends, starts, strict=True):
        below = g * x + h * y + 1
        np.testing.assert_allclose([(a * x + b * y + c) / below, (d * x + e * y + f) / below], wanted, atol=1e-4)
    np.testing.assert_array_equal(
        np.asarray(t.RandomPerspective(0.0, 1.0)(picture))[1:-1, 1:-1], np.asarray(picture)[1:-1, 1:-1]
    )
    autograd.manual_seed(0)
    assert t.RandomPerspective(0.9, 1.0)(picture).size == picture.size
    with pytest.raises(NotImplementedError, match="takes pictures of PIL"):
        t.RandomPerspective()(np.zeros((3, 4, 4), np.float32))


@pytest.mark.parametrize("make", [t.RandAugment, t.TrivialAugmentWide])
def test_one_of_many_changes_is_drawn(make, picture, monkeypatch):
    drawn = []
    plain = policies.changed

    def noted(picture, name, amount, *more):
        drawn.append((name, amount))
        return plain(picture, name, amount, *more)

    monkeypatch.setattr(policies, "changed", noted)
    autograd.manual_seed(0)
    first = [np.asarray(make()(picture)) for _ in range(300)]
    names = {name for name, _ in drawn}
    assert names == {*policies.CHANGES}
    for name in names:
        amounts = [amount for each, amount in drawn if each == name]
        strength = policies.CHANGES[name]
        both_ways = strength.signed and strength.usual != 0
        assert (min(amounts) < 0) == both_ways, name
        top = strength.wide if make is t.TrivialAugmentWide else strength.usual
        assert max(amounts) <= (10 if top is None else top), name
    assert {each.shape for each in first} == {np.asarray(picture).shape}
    autograd.manual_seed(0)
    for each in first:
        np.testing.assert_array_equal(np.asarray(make()(picture)), each)


def test_changes_by_name_are_those_of_transforms(picture):
    for name, amount, transform in (
        ("Brightness", 0.3, t.ColorJitter((1.3, 1.3))),
        ("Contrast", -0.4, t.ColorJitter(0, (0.6, 0.6))),
        ("Color", 0.4, t.ColorJitter(0, 0, (1.4, 1.4))),
        ("Sharpness", 0.7, t.RandomAdjustSharpness(1.7, 1.0)),
        ("Rotate", 20.0, t.RandomRotation((20, 20))),
        ("Posterize", 5, t.RandomPosterize(3, 1.0)),
        ("Solarize", 155, t.RandomSolarize(100, 1.0)),
        ("AutoContrast", 0.0, t.RandomAutocontrast(1.0)),
        ("Equalize", 0.0, t.RandomEqualize(1.0)),
        ("Identity", 0.0, t.RandomCrop((picture.height, picture.width))),
    ):
        got = np.asarray(policies.changed(picture, name, amount))
        np.testing.assert_array_equal(got, np.asarray(transform(picture)), err_msg=name)
    x = np.asarray(picture)
    np.testing.assert_array_equal(np.asarray(policies.changed(picture, "TranslateX", 3.0))[:, 3:], x[:, :-3])
    np.testing.assert_array_equal(np.asarray(policies.changed(picture, "TranslateY", -2.0))[:-2], x[2:])
    assert (np.asarray(policies.changed(picture, "ShearX", 0.2))[0] == x[0]).mean() > 0.5
