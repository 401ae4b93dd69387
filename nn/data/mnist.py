"""MNIST (LeCun, Cortes, Burges 1998) and Fashion-MNIST (Xiao, Rasul, Vollgraf 2017)."""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar, NamedTuple

import numpy as np
from numpy import ndarray as Array

from autograd.errors import DataError

from .dataset import ImageDataset
from .download import data_root, fetch, find
from .idx import file_md5, read_idx


class Published(NamedTuple):
    """A published file: its name without .gz, sha256 of the unpacked and md5 of the packed file."""

    name: str
    sha256: str
    md5: str


class MNIST(ImageDataset):
    """Handwritten digits: 60,000 images for training, 10,000 for testing, 28x28 pixels.

    root        folder; default $WENGERT_DATA, else `wengert` in the user's cache folder. Files are looked for in
                root/mnist, root/MNIST/raw and root, packed (.gz) or not
    train       the training images, else the test images
    transform   a function of a batch of images, see `nn.data.transforms`
    download    fetch files that are missing to root/mnist, from the first mirror that answers
    verify      files must have the published content; False takes any IDX files of the right form
    timeout     seconds to wait for a mirror to answer

    `dataset[i]` is `(image, label)`: a Tensor (1, 28, 28) of float32 in 0..1, and an int. `tensors()` gives all at
    once, normalised. Raises DataError if a file is missing, damaged or not the published one.
    """

    folders: ClassVar[tuple[str, ...]] = ("mnist", "MNIST/raw", "")
    mirrors: ClassVar[tuple[str, ...]] = (
        "https://ossci-datasets.s3.amazonaws.com/mnist/",
        "https://storage.googleapis.com/cvdf-datasets/mnist/",
    )
    files: ClassVar[dict[bool, tuple[Published, Published]]] = {
        True: (
            Published(
                "train-images-idx3-ubyte",
                "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
                "f68b3c2dcbeaaa9fbdd348bbdeb94873",
            ),
            Published(
                "train-labels-idx1-ubyte",
                "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
                "d53e105ee54ea40749a09fcbcd1e9432",
            ),
        ),
        False: (
            Published(
                "t10k-images-idx3-ubyte",
                "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
                "9fb629c4189551a2d022fa330f9573f3",
            ),
            Published(
                "t10k-labels-idx1-ubyte",
                "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
                "ec29112dd5afa0611ce80d1b7f02629c",
            ),
        ),
    }
    classes = tuple("0123456789")
    pixel_mean: ClassVar[float] = 0.1307
    pixel_std: ClassVar[float] = 0.3081

    def __init__(
        self,
        root: str | Path | None = None,
        train: bool = True,
        transform: Any = None,
        download: bool = True,
        *,
        verify: bool = True,
        timeout: float = 10.0,
    ) -> None:
        self.root = data_root(root)
        self.train = train
        if root is not None and not download and not self.root.is_dir():
            raise DataError(f"{self.root}: wanted a folder with {type(self).__name__}, there is none")
        paths = [self._locate(file, download, timeout) for file in self.files[train]]
        arrays = []
        for file, path, ndim in zip(self.files[train], paths, (3, 1), strict=True):
            hashes = {"sha256": file.sha256, "md5": file.md5} if verify else {}
            arrays.append(read_idx(path, ndim=ndim, **hashes))
        images, targets = arrays
        _check_pair(paths, images, targets, len(self.classes))
        super().__init__(images, targets, transform, self.pixel_mean, self.pixel_std)

    @classmethod
    def is_present(cls, root: str | Path | None = None) -> bool:
        """Are all four files there, so that nothing needs to be downloaded?"""
        names = [file.name for files in cls.files.values() for file in files]
        return all(find(data_root(root), cls.folders, name) is not None for name in names)

    def _locate(self, file: Published, download: bool, timeout: float) -> Path:
        found = find(self.root, self.folders, file.name)
        if found is not None:
            return found
        if not download:
            raise DataError(
                f"{type(self).__name__}: no {file.name} or {file.name}.gz in "
                + ", ".join([str(self.root / folder) for folder in self.folders])
            )
        path = self.root / self.folders[0] / f"{file.name}.gz"

        def check(part: Path) -> None:
            md5 = file_md5(part)
            if md5 != file.md5:
                raise DataError(f"not the published file: wanted md5 {file.md5}, got {md5}")
            read_idx(part, sha256=file.sha256, md5=file.md5)

        fetch([f"{mirror}{file.name}.gz" for mirror in self.mirrors], path, check, timeout=timeout)
        return path


class FashionMNIST(MNIST):
    """Photographs of clothes from Zalando, in MNIST's format; see `MNIST`. Folders: fashion-mnist, FashionMNIST/raw."""

    folders = ("fashion-mnist", "FashionMNIST/raw", "")
    mirrors = (
        "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
        "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/",
    )
    files: ClassVar[dict[bool, tuple[Published, Published]]] = {
        True: (
            Published(
                "train-images-idx3-ubyte",
                "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888",
                "8d4fb7e6c68d591d4c3dfef9ec88bf0d",
            ),
            Published(
                "train-labels-idx1-ubyte",
                "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9",
                "25c81989df183df01b3e8a0aad5dffbe",
            ),
        ),
        False: (
            Published(
                "t10k-images-idx3-ubyte",
                "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b",
                "bef4ecab320f06d8554ea6380940ec79",
            ),
            Published(
                "t10k-labels-idx1-ubyte",
                "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34",
                "bb300cfdad3c16e7a12a480ee83cd310",
            ),
        ),
    }
    classes = (
        "T-shirt/top",
        "Trouser",
        "Pullover",
        "Dress",
        "Coat",
        "Sandal",
        "Shirt",
        "Sneaker",
        "Bag",
        "Ankle boot",
    )
    pixel_mean = 0.2860
    pixel_std = 0.3530


def _check_pair(paths: list[Path], images: Array, targets: Array, classes: int) -> None:
    """Do these two files belong together, and may a model index with the labels?"""
    if images.dtype != np.uint8 or targets.dtype != np.uint8:
        raise DataError(f"{paths[0]}, {paths[1]}: wanted uint8, got {images.dtype} and {targets.dtype}")
    if len(images) != len(targets):
        raise DataError(
            f"{paths[0]} holds {len(images)} images, {paths[1]} holds {len(targets)} labels: wanted as many"
        )
    if images.shape[1:] != (28, 28):
        raise DataError(f"{paths[0]}: wanted images of 28x28 pixels, got {images.shape[1]}x{images.shape[2]}")
    if len(targets) and targets.max() >= classes:
        raise DataError(f"{paths[1]}: wanted labels 0 to {classes - 1}, got {targets.max()}")
