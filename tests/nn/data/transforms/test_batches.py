"""Transforms of batches of images."""

import numpy as np
import pytest

from autograd import Generator, Tensor, tensor
from autograd.errors import DTypeError, ShapeError
from nn.data import transforms


@pytest.fixture
def images(rng):
    return rng.random((8, 3, 6, 5)).astype(np.float32)


def test_to_float():
    got = transforms.ToTensor()(np.array([[[[0, 51, 255]]]], np.uint8))
    assert got.dtype == np.float32
    np.testing.assert_allclose(got.ravel(), [0, 0.2, 1])
    assert transforms.to_float()(np.zeros((1, 1, 1, 1))).dtype == np.float64


def test_normalize(images):
    got = transforms.normalize([0.1, 0.2, 0.3], (1.0, 2.0, 4.0))(images)
    np.testing.assert_allclose(got[:, 2], (images[:, 2] - 0.3) / 4, rtol=1e-6)
    assert got.dtype == np.float32
    np.testing.assert_allclose(transforms.normalize(0.5, 2)(images), (images - 0.5) / 2, rtol=1e-6)
    assert transforms.Normalize((0.5,), (2.0,))(images[0]).shape == (3, 6, 5)


def test_random_shift(images):
    got = transforms.random_shift(2, Generator().manual_seed(0))(images)
    assert got.shape == images.shape
    padded = np.pad(images, ((0, 0), (0, 0), (2, 2), (2, 2)))
    places = set()
    for image, source in zip(got, padded):
        found = [(i, j) for i in range(5) for j in range(5) if np.array_equal(source[:, i : i + 6, j : j + 5], image)]
        assert len(found) == 1
        places.update(found)
    assert len(places) > 1
    np.testing.assert_array_equal(transforms.random_shift(0)(images), images)


def test_random_crop(images):
    assert transforms.random_crop(4)(images).shape == (8, 3, 4, 4)
    assert transforms.random_crop((2, 3), padding=1)(images[0]).shape == (3, 2, 3)
    np.testing.assert_array_equal(transforms.random_crop((6, 5))(images), images)
    with pytest.raises(ShapeError, match="larger than input image size"):
        transforms.random_crop(7)(images)


def test_random_horizontal_flip(images):
    np.testing.assert_array_equal(transforms.random_horizontal_flip(1.0)(images), images[..., ::-1])
    np.testing.assert_array_equal(transforms.random_horizontal_flip(0.0)(images), images)
    got = transforms.random_horizontal_flip(generator=Generator().manual_seed(0))(images)
    flipped = [np.array_equal(a, b[..., ::-1]) for a, b in zip(got, images)]
    assert all(f or np.array_equal(a, b) for f, a, b in zip(flipped, got, images))
    assert 0 < sum(flipped) < 8


def test_compose_and_tensors(images):
    both = transforms.Compose([transforms.random_horizontal_flip(1.0), transforms.normalize(0.5, 0.5)])
    got = both(tensor(images))
    assert isinstance(got, Tensor)
    np.testing.assert_allclose(got.numpy(), (images[..., ::-1] - 0.5) / 0.5)
    assert isinstance(both(images), np.ndarray)


def test_inputs_are_not_changed(images):
    before = images.copy()
    for transform in (transforms.normalize(0.1, 2.0), transforms.random_shift(1), transforms.random_horizontal_flip()):
        transform(images)
    np.testing.assert_array_equal(images, before)


def test_errors(images):
    with pytest.raises(DTypeError, match=r"floating point images in 0\.\.1, got uint8"):
        transforms.normalize(0, 1)(np.zeros((1, 1, 2, 2), np.uint8))
    with pytest.raises(ShapeError, match="std > 0"):
        transforms.normalize(0, 0)
    with pytest.raises(ShapeError, match="2 values for images with 3"):
        transforms.normalize((0, 0), 1)(images)
    with pytest.raises(ShapeError, match="wanted images"):
        transforms.random_shift(1)(np.zeros((28, 28)))
    with pytest.raises(ShapeError, match="probability"):
        transforms.random_horizontal_flip(2)
    with pytest.raises(ShapeError, match="pixels >= 0"):
        transforms.random_shift(-1)
