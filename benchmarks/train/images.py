"""Which images an experiment trains on."""

from __future__ import annotations

import nn
from autograd.errors import DataError
from nn.data import Glyphs, ImageDataset

from .registry import Settings

DATASETS = {"mnist": nn.data.MNIST, "fashion": nn.data.FashionMNIST}


def load_images(settings: Settings) -> tuple[ImageDataset, ImageDataset]:
    """The training and the test images; prints in one line which they are and why."""
    if settings.dataset == "digits":
        return _announced(*_drawn(), "digits drawn from fonts, as asked")
    cls = DATASETS[settings.dataset]
    name = cls.__name__
    root = nn.data.data_root(settings.data)
    if cls.is_present(root):
        return _announced(cls(root), cls(root, train=False), f"{name} from {root}")
    if settings.data is not None:
        raise DataError(f"--data {root}: no {name} in this folder; wanted its four files in {root / cls.folders[0]}")
    print(f"{name} is not in {root}: downloading it ...", flush=True)
    try:
        train, test = cls(root, timeout=5.0), cls(root, train=False, timeout=5.0)
    except DataError as error:
        if settings.dataset != "mnist":
            raise
        return _announced(*_drawn(), f"digits drawn from fonts, because MNIST is not in {root} and {error}")
    return _announced(train, test, f"{name}, downloaded to {root}")


def _drawn() -> tuple[Glyphs, Glyphs]:
    return Glyphs(train=True), Glyphs(train=False)


def _announced(train: ImageDataset, test: ImageDataset, source: str) -> tuple[ImageDataset, ImageDataset]:
    print(f"data: {len(train):,} + {len(test):,} images: {source}", flush=True)
    return train, test
