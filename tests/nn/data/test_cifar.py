"""CIFAR and SVHN from files of the published forms."""

import pickle

import numpy as np
import pytest

from autograd.errors import CheckpointError, DataError
from nn.data import CIFAR10, CIFAR100, SVHN, DataLoader, transforms


@pytest.fixture
def images(rng):
    return rng.integers(0, 256, (6, 3, 32, 32), dtype=np.uint8)


def test_both_versions_of_cifar10(images, tmp_path):
    labels = [3, 1, 4, 1, 5, 9]
    binary, pickled = tmp_path / "b", tmp_path / "p" / "cifar-10-batches-py"
    binary.mkdir()
    pickled.mkdir(parents=True)
    records = np.hstack([np.array(labels, np.uint8)[:, None], images.reshape(6, -1)])
    for name in ("data_batch_1", "data_batch_2", "data_batch_3", "data_batch_4", "data_batch_5", "test_batch"):
        records.tofile(binary / f"{name}.bin")
        with (pickled / name).open("wb") as file:
            pickle.dump({"data": images.reshape(6, -1), "labels": labels, "batch_label": name}, file, protocol=2)
    for root in (binary, tmp_path / "p"):
        test = CIFAR10(root, train=False, transform=transforms.RandomHorizontalFlip(0.0))
        assert (len(test), len(CIFAR10(root))) == (6, 30)
        image, label = test[5]
        np.testing.assert_allclose(image.numpy(), images[5] / 255, atol=1e-6)
        assert (label, test.classes[label], test.class_to_idx["frog"]) == (9, "truck", 6)
        assert next(iter(DataLoader(test, 4)))[0].shape == (4, 3, 32, 32)
        assert test.tensors()[0].shape == (6, 3, 32, 32)
        assert abs(test.tensors()[0].mean().item()) < 0.3
        assert "32x32" in repr(test)
    with (pickled / "test_batch").open("wb") as file:
        pickle.dump({"data": print}, file)
    with pytest.raises(CheckpointError, match=r"it wants builtins\.print to be called"):
        CIFAR10(tmp_path / "p", train=False)
    with pytest.raises(DataError, match=r"no test_batch\.bin or test_batch in"):
        CIFAR10(tmp_path, train=False)


def test_cifar100_has_two_labels(images, tmp_path):
    pairs = np.array([[19, 99], [0, 0], [1, 5], [2, 6], [3, 7], [4, 8]], np.uint8)
    np.hstack([pairs, images.reshape(6, -1)]).tofile(tmp_path / "train.bin")
    data = CIFAR100(tmp_path)
    assert data.targets.tolist() == [99, 0, 5, 6, 7, 8]
    assert (len(data.classes), data.classes[99], len({*data.classes})) == (100, "worm", 100)
    np.testing.assert_array_equal(data.images, images)
    (tmp_path / "test.bin").write_bytes(b"short")
    with pytest.raises(DataError, match="wanted records of 3074 bytes"):
        CIFAR100(tmp_path, train=False)


def test_svhn_counts_ten_as_zero(images, tmp_path):
    scipy_io = pytest.importorskip("scipy.io")
    labels = np.array([[10], [1], [2], [3], [9], [5]], np.uint8)
    scipy_io.savemat(tmp_path / "test_32x32.mat", {"X": images.transpose(2, 3, 1, 0), "y": labels})
    data = SVHN(tmp_path, "test")
    assert data.targets.tolist() == [0, 1, 2, 3, 9, 5]
    np.testing.assert_array_equal(data.images, images)
    with pytest.raises(DataError, match=r"no train_32x32\.mat"):
        SVHN(tmp_path)
