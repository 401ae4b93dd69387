"""The embedded digits."""

import numpy as np
import pytest

from autograd.errors import DataError
from nn.data import Glyphs
from nn.data.glyphs import FACES, large_digits


@pytest.fixture(scope="module")
def train():
    return Glyphs(count=1500)


def test_shapes_and_labels(train):
    assert (train.images.shape, train.images.dtype, train.targets.dtype) == ((1500, 28, 28), np.uint8, np.int64)
    assert np.bincount(train.targets).tolist() == [150] * 10
    image, label = train[0]
    assert image.shape == (1, 28, 28)
    assert label in range(10)


def test_normalised(train):
    images = train.tensors()[0].numpy()
    assert abs(images.mean()) < 0.02
    assert abs(images.std() - 1) < 0.02


def test_the_seed_decides_and_fewer_are_the_first_of_more(train):
    np.testing.assert_array_equal(Glyphs(count=700).images, train.images[:700])
    np.testing.assert_array_equal(Glyphs(count=700).targets, train.targets[:700])
    assert not np.array_equal(Glyphs(count=500, seed=1).images, train.images[:500])
    assert len(Glyphs(count=0)) == 0


def test_no_image_is_in_both_parts(train):
    test = Glyphs(train=False, count=1000)
    images = np.concatenate([train.images, test.images])
    assert len({image.tobytes() for image in images}) == len(images)


def test_faces_draw_different_legible_digits():
    digits = large_digits()
    assert digits.shape[:2] == (len(FACES), 10)
    ink = digits.mean((2, 3))
    assert ink.min() > 0.04
    assert ink.max() < 0.4
    assert digits[..., [0, -1], :].max() == 0  # nothing is cut off
    assert digits[..., [0, -1]].max() == 0
    flat = digits.reshape(len(FACES) * 10, -1)
    flat = flat / np.linalg.norm(flat, axis=1, keepdims=True)
    similarity = flat @ flat.T - np.eye(len(flat))
    nearest = similarity.argmax(1) % 10
    assert (nearest == np.tile(np.arange(10), len(FACES))).mean() > 0.95  # a face's digit looks like the others'


def test_a_simple_model_learns_them(train):
    """Nearest class mean is well above chance, and far from perfect: neither noise nor trivial."""
    test = Glyphs(train=False, count=500)
    x, y = train.tensors()[0].numpy().reshape(1500, -1), train.targets
    means = np.stack([x[y == digit].mean(0) for digit in range(10)])
    distances = ((test.tensors()[0].numpy().reshape(500, 1, -1) - means) ** 2).sum(2)
    accuracy = (distances.argmin(1) == test.targets).mean()
    assert 0.4 < accuracy < 0.95


def test_wrong_settings():
    with pytest.raises(DataError, match="at least 0"):
        Glyphs(count=-1)
