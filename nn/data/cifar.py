"""CIFAR-10, CIFAR-100 (Krizhevsky 2009) and SVHN (Netzer and others 2011): small pictures in colour, from files."""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from numpy import ndarray as Array

from autograd.errors import DataError
from autograd.extras import extra

from ..saving.known import read_pickle
from .dataset import ImageDataset
from .download import data_root

PIXELS = 3 * 32 * 32
_HUNDRED = """
apple aquarium_fish baby bear beaver bed bee beetle bicycle bottle bowl boy bridge bus butterfly camel can castle
caterpillar cattle chair chimpanzee clock cloud cockroach couch crab crocodile cup dinosaur dolphin elephant
flatfish forest fox girl hamster house kangaroo keyboard lamp lawn_mower leopard lion lizard lobster man
maple_tree motorcycle mountain mouse mushroom oak_tree orange orchid otter palm_tree pear pickup_truck pine_tree
plain plate poppy porcupine possum rabbit raccoon ray road rocket rose sea seal shark shrew skunk skyscraper
snail snake spider squirrel streetcar sunflower sweet_pepper table tank telephone television tiger tractor train
trout tulip turtle wardrobe whale willow_tree wolf woman worm
"""


class CIFAR10(ImageDataset):
    """Photographs of ten kinds of things, 32 x 32 pixels: 50,000 for training, 10,000 for testing.

    root        folder with the files, or with a folder cifar-10-batches-bin or cifar-10-batches-py; default
                $WENGERT_DATA, else `wengert` in the user's cache folder
    train       the training pictures, else the test pictures
    transform   a function of a batch of images, see `nn.data.transforms`
    download    taken, and without effect: fetch the files from https://www.cs.toronto.edu/~kriz/cifar.html

    Both published versions are read: the binary one, and the one for Python, whose pickles are never run.
    `dataset[i]` is `(image, label)`: a Tensor (3, 32, 32) of float32 in 0..1, and an int.
    """

    folders: ClassVar[tuple[str, ...]] = ("cifar-10-batches-bin", "cifar-10-batches-py", "cifar10", "cifar-10", "")
    files: ClassVar[dict[bool, tuple[str, ...]]] = {
        True: tuple([f"data_batch_{number}" for number in range(1, 6)]),
        False: ("test_batch",),
    }
    labels_before: ClassVar[int] = 1  # bytes before the pixels in the binary version; the last is the label
    label_key: ClassVar[str] = "labels"
    meta: ClassVar[tuple[str, str, str]] = ("batches.meta.txt", "batches.meta", "label_names")
    classes: tuple[str, ...] = (
        "airplane",
        "automobile",
        "bird",
        "cat",
        "deer",
        "dog",
        "frog",
        "horse",
        "ship",
        "truck",
    )
    pixel_mean: ClassVar[tuple[float, ...]] = (0.4914, 0.4822, 0.4465)
    pixel_std: ClassVar[tuple[float, ...]] = (0.2470, 0.2435, 0.2616)

    def __init__(
        self,
        root: str | Path | None = None,
        train: bool = True,
        transform: Any = None,
        target_transform: Any = None,
        download: bool = False,
    ) -> None:
        self.root, self.train = data_root(root), train
        if target_transform is not None:
            raise DataError(f"{type(self).__name__}: target_transform is not supported; change `targets` instead")
        parts = [self._read(name) for name in self.files[train]]
        images, targets = np.concatenate([x for x, _ in parts]), np.concatenate([y for _, y in parts])
        if len(targets) and not 0 <= targets.min() <= targets.max() < len(self.classes):
            raise DataError(f"{self.root}: wanted labels 0 to {len(self.classes) - 1}, got {targets.max()}")
        super().__init__(images, targets, transform, self.pixel_mean, self.pixel_std)

    @property
    def class_to_idx(self) -> dict[str, int]:
        """Name -> number of a class."""
        return {name: number for number, name in enumerate(self.classes)}

    def _read(self, name: str) -> tuple[Array, Array]:
        """Images (N, 3, 32, 32) and labels (N,) of one file, in the version that is there."""
        for folder in self.folders:
            binary, pickled = self.root / folder / f"{name}.bin", self.root / folder / name
            if binary.is_file():
                return self._binary(binary)
            if pickled.is_file():
                return self._pickled(pickled)
        places = ", ".join([str(self.root / folder) for folder in self.folders])
        raise DataError(f"{type(self).__name__}: no {name}.bin or {name} in {places}")

    def _binary(self, path: Path) -> tuple[Array, Array]:
        content = np.fromfile(path, np.uint8)
        size = self.labels_before + PIXELS
        if len(content) == 0 or len(content) % size:
            raise DataError(f"{path}: wanted records of {size} bytes, got {len(content):,} bytes")
        records = content.reshape(-1, size)
        return records[:, self.labels_before :].reshape(-1, 3, 32, 32), records[:, self.labels_before - 1].astype(
            np.int64
        )

    def _pickled(self, path: Path) -> tuple[Array, Array]:
        found = read_pickle(path.read_bytes(), str(path))
        try:
            images, labels = found["data"], np.array(found[self.label_key], np.int64)
            return np.asarray(images, np.uint8).reshape(len(labels), 3, 32, 32), labels
        except (KeyError, TypeError, ValueError) as error:
            raise DataError(f"{path}: not a file of {type(self).__name__}: {type(error).__name__}: {error}") from error


class CIFAR100(CIFAR10):
    """Photographs of a hundred kinds of things; see `CIFAR10`. Folders: cifar-100-binary, cifar-100-python."""

    folders = ("cifar-100-binary", "cifar-100-python", "cifar100", "cifar-100", "")
    files: ClassVar[dict[bool, tuple[str, ...]]] = {True: ("train",), False: ("test",)}
    labels_before = 2  # the coarse label, then the fine one
    label_key = "fine_labels"
    classes = tuple(_HUNDRED.split())
    pixel_mean = (0.5071, 0.4865, 0.4409)
    pixel_std = (0.2673, 0.2564, 0.2762)


class SVHN(ImageDataset):
    """House numbers, a digit in the middle of each picture of 32 x 32 pixels, in colour.

    root    folder with train_32x32.mat, test_32x32.mat or extra_32x32.mat, or with a folder svhn or SVHN that has them
    split   "train", "test" or "extra"

    Reading files of MATLAB's takes scipy. The digit 0 is class 0, as in torchvision.
    """

    classes = tuple("0123456789")

    def __init__(
        self, root: str | Path | None = None, split: str = "train", transform: Any = None, target_transform: Any = None,
        download: bool = False,
    ) -> None:  # fmt: skip
        if split not in ("train", "test", "extra"):
            raise DataError(f"SVHN: split should be 'train', 'test' or 'extra', got {split!r}")
        if target_transform is not None:
            raise DataError("SVHN: target_transform is not supported; change `targets` instead")
        self.root, self.split = data_root(root), split
        paths = [self.root / folder / f"{split}_32x32.mat" for folder in ("", "svhn", "SVHN")]
        path = next((path for path in paths if path.is_file()), None)
        if path is None:
            raise DataError(f"SVHN: no {paths[0].name} in {', '.join([str(each.parent) for each in paths])}")
        try:
            found = extra("scipy.io", "scipy", "SVHN").loadmat(path)
            images, labels = found["X"].transpose(3, 2, 0, 1), found["y"].reshape(-1).astype(np.int64) % 10
        except (KeyError, ValueError, OSError, TypeError) as error:
            raise DataError(f"{path}: not a file of SVHN: {type(error).__name__}: {error}") from error
        mean, std = (0.4377, 0.4438, 0.4728), (0.1980, 0.2010, 0.1970)
        super().__init__(np.ascontiguousarray(images), labels, transform, mean, std)
