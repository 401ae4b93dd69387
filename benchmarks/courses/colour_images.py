"""Colour images of 32 x 32 pixels: CIFAR-10 where the user has it, else shapes that are drawn on the fly."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
from numpy import ndarray as Array

from autograd.errors import DataError

SIDE = 32
FOLDERS = ("cifar-10-batches-bin", "cifar-10", "cifar10", "CIFAR10", "CIFAR-10", "")
CIFAR_CLASSES = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")
SHAPES = ("disc", "square", "triangle", "cross", "ring")
SHAPE_CLASSES = tuple(f"{colour} {shape}" for colour in ("warm", "cold") for shape in SHAPES)


@dataclasses.dataclass(frozen=True)
class ColourImages:
    """Images (N, 3, 32, 32) uint8, labels (N,) int64, the names of the classes, and where it is all from."""

    train: tuple[Array, Array]
    test: tuple[Array, Array]
    classes: tuple[str, ...]
    source: str


def find_cifar10(root: Path) -> ColourImages | None:
    """CIFAR-10 (A. Krizhevsky 2009) below `root`; None if it is not there.

    Either the binary version, data_batch_1.bin to data_batch_5.bin and test_batch.bin, or folders train and test with a
    folder of pictures for each class. In root itself, or in a folder of it with one of the usual names (FOLDERS).
    """
    for folder in (root / name for name in FOLDERS):
        if (folder / "test_batch.bin").is_file():
            batches = [read_binary(folder / f"data_batch_{number}.bin") for number in range(1, 6)]
            train = np.concatenate([x for x, _ in batches]), np.concatenate([y for _, y in batches])
            return ColourImages(train, read_binary(folder / "test_batch.bin"), CIFAR_CLASSES, f"CIFAR-10 in {folder}")
        if (folder / "train").is_dir() and (folder / "test").is_dir():
            classes = tuple(sorted(path.name for path in (folder / "train").iterdir() if path.is_dir()))
            if classes:
                train, test = read_folder(folder / "train", classes), read_folder(folder / "test", classes)
                return ColourImages(train, test, classes, f"pictures in {folder}")
    return None


def read_binary(path: Path) -> tuple[Array, Array]:
    """A file of records: a byte for the class, then 1024 bytes each of red, green and blue, row by row."""
    try:
        content = np.fromfile(path, np.uint8)
    except OSError as error:
        raise DataError(f"{path}: cannot be read: {error.strerror or error}") from error
    size = 1 + 3 * SIDE * SIDE
    if len(content) == 0 or len(content) % size:
        raise DataError(f"{path}: wanted records of {size} bytes, got {len(content):,} bytes")
    records = content.reshape(-1, size)
    if records[:, 0].max() >= len(CIFAR_CLASSES):
        raise DataError(f"{path}: wanted classes 0 to {len(CIFAR_CLASSES) - 1}, got {records[:, 0].max()}")
    return records[:, 1:].reshape(-1, 3, SIDE, SIDE), records[:, 0].astype(np.int64)


def read_folder(folder: Path, classes: tuple[str, ...]) -> tuple[Array, Array]:
    """folder/<class>/*.png (or .jpg), each 32 x 32 in colour."""
    from matplotlib.image import imread

    images, labels = [], []
    for label, name in enumerate(classes):
        for path in sorted((folder / name).glob("*.[pj][np]g")):
            try:
                pixels = np.asarray(imread(path))
            except (OSError, SyntaxError, ValueError) as error:  # SyntaxError: a broken PNG
                raise DataError(f"{path}: not a readable picture: {error}") from error
            if pixels.shape[:2] != (SIDE, SIDE) or pixels.ndim != 3 or pixels.shape[2] not in (3, 4):
                raise DataError(f"{path}: wanted {SIDE}x{SIDE} pixels in colour, got shape {pixels.shape}")
            if pixels.dtype != np.uint8:  # PNGs come as 0..1
                pixels = np.rint(pixels * 255).astype(np.uint8)
            images.append(pixels[..., :3].transpose(2, 0, 1))
            labels.append(label)
    if not images:
        raise DataError(f"{folder}: wanted pictures (.png or .jpg) in a folder for each class, found none")
    return np.stack(images), np.array(labels)


def drawn_shapes(train: int, test: int) -> ColourImages:
    """Five shapes in warm or cold colours: neither the shape alone nor the colour alone gives the class away."""
    parts = draw_shapes(train, np.random.default_rng(0)), draw_shapes(test, np.random.default_rng(1))
    return ColourImages(*parts, SHAPE_CLASSES, "drawn colour shapes")


def draw_shapes(count: int, rng: np.random.Generator) -> tuple[Array, Array]:
    """`count` images with their labels, somewhere, somehow turned, on a background of any colours, with noise."""
    labels = rng.permutation(np.arange(count) % len(SHAPE_CLASSES))

    def draw(low: float, high: float, *shape: int) -> Array:
        return rng.uniform(low, high, (count, *shape))

    # the shape's own coordinates: x and y are -1..1 over about its size
    y, x = np.mgrid[:SIDE, :SIDE] - (SIDE - 1) / 2
    x = x - draw(-6, 6, 1, 1)
    y = y - draw(-6, 6, 1, 1)
    angle, size = draw(0, 2 * np.pi, 1, 1), draw(6, 11, 1, 1)
    x, y = (np.cos(angle) * x + np.sin(angle) * y) / size, (np.cos(angle) * y - np.sin(angle) * x) / size
    r = np.hypot(x, y)
    inside = np.choose(
        (labels % len(SHAPES))[:, None, None],
        [
            r < 0.95,
            np.maximum(abs(x), abs(y)) < 0.8,
            np.maximum(-y, y / 2 + abs(x) * np.sqrt(3) / 2) < 0.55,
            (np.minimum(abs(x), abs(y)) < 0.3) & (np.maximum(abs(x), abs(y)) < 1),
            (r < 1) & (r > 0.55),
        ],
    )[:, None]
    warm = np.stack([draw(0.7, 1), draw(0.1, 0.7), draw(0, 0.3)], 1)
    cold = np.stack([draw(0, 0.3), draw(0.2, 0.8), draw(0.6, 1)], 1)
    ink = np.where((labels < len(SHAPES))[:, None], warm, cold)[:, :, None, None]
    fade = np.linspace(0, 1, SIDE)[:, None]
    ground = draw(0, 1, 3, 1, 1) * fade + draw(0, 1, 3, 1, 1) * (1 - fade)
    images = np.where(inside, ink, ground) + rng.normal(0, 0.06, (count, 3, SIDE, SIDE))
    return np.rint(255 * np.clip(images, 0, 1)).astype(np.uint8), labels
