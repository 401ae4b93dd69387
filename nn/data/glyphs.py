"""Digits drawn on the fly from matplotlib's own fonts: a data set that needs neither files nor a network.

Each of the 21 faces is drawn once, large. An image is one of those drawings seen through a random affine map with a
smooth random distortion on top, then blurred, faded and made noisy: all on batches, some 20,000 images a second.
"""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Any

import numpy as np
from numpy import ndarray as Array

from autograd.errors import DataError

from ..figure import new_figure
from .dataset import ImageDataset

FACES = (
    *("DejaVuSans", "DejaVuSans-Bold", "DejaVuSans-Oblique", "DejaVuSans-BoldOblique"),
    *("DejaVuSansMono", "DejaVuSansMono-Bold", "DejaVuSansMono-Oblique", "DejaVuSansMono-BoldOblique"),
    *("DejaVuSerif", "DejaVuSerif-Bold", "DejaVuSerif-Italic", "DejaVuSerif-BoldItalic"),
    *("STIXGeneral", "STIXGeneralBol", "STIXGeneralItalic", "STIXGeneralBolIta"),
    *("cmr10", "cmb10", "cmss10", "cmti10", "cmtt10"),
)
"""Font files that matplotlib brings along and that have ordinary digits."""

CELL = 72  # pixels of a large drawing
HEIGHT = 48  # of the digit in it
CHUNK = 500  # images that are made together, from one random generator


class Glyphs(ImageDataset):
    """The ten digits in 21 faces, distorted: 28x28 uint8 like MNIST, white on black.

    train       images for training, else for testing: other random numbers, so no image is in both
    count       how many; default 10,000 for training and 2,000 for testing. Fewer are the first of more
    seed        decides the images
    transform   a function of a batch of images, see `nn.data.transforms`

    `dataset[i]`, `images`, `targets` and `tensors()` as in `MNIST`.
    """

    classes = tuple("0123456789")

    def __init__(self, train: bool = True, count: int | None = None, seed: int = 0, transform: Any = None) -> None:
        count = count if count is not None else 10_000 if train else 2_000
        if count < 0 or seed < 0:
            raise DataError(f"Glyphs: wanted count and seed of at least 0, got {count} and {seed}")
        self.train = train
        chunks = [_chunk(np.random.default_rng([seed, int(train), number])) for number in range(-(-count // CHUNK))]
        images = [np.empty((0, 28, 28), np.uint8), *[images for images, _ in chunks]]
        targets = [np.empty(0, np.int64), *[targets for _, targets in chunks]]
        super().__init__(np.concatenate(images)[:count], np.concatenate(targets)[:count], transform, 0.1250, 0.2406)


@functools.cache
def large_digits() -> Array:
    """Every digit in every face, (faces, 10, CELL, CELL) float32 in 0..1, centred, of equal height."""
    import matplotlib
    from matplotlib.font_manager import FontProperties

    fonts = Path(matplotlib.get_data_path()) / "fonts" / "ttf"
    width, height = 10 * CELL / 72, len(FACES) * CELL / 72  # inches of 72 points
    figure = new_figure(width, height, dpi=72, layout=None, facecolor="black")  # one pixel per point
    for row, face in enumerate(FACES):
        font = FontProperties(fname=fonts / f"{face}.ttf", size=HEIGHT / 0.76)
        for digit in range(10):
            place = (digit + 0.5) / 10, 1 - (row + 0.8) / len(FACES)
            figure.text(*place, str(digit), fontproperties=font, color="white", ha="center", va="baseline")
    figure.canvas.draw()
    drawn = np.asarray(figure.canvas.buffer_rgba())
    sheet = drawn[..., 0].astype(np.float32) / 255
    cells = sheet.reshape(len(FACES), CELL, 10, CELL).swapaxes(1, 2)
    return np.stack([[_centred(cell) for cell in row] for row in cells])


def _centred(cell: Array) -> Array:
    """The ink in the middle of the cell, scaled to the common height; softened against aliasing in the small image."""
    rows, columns = np.flatnonzero(cell.max(1) > 0.3), np.flatnonzero(cell.max(0) > 0.3)
    scale = (rows[-1] - rows[0] + 1) / HEIGHT
    grid = (np.arange(CELL) - (CELL - 1) / 2) * scale
    y = np.broadcast_to(grid[:, None] + (rows[0] + rows[-1]) / 2, cell.shape)
    x = np.broadcast_to(grid[None, :] + (columns[0] + columns[-1]) / 2, cell.shape)
    out = _bilinear(cell[None], np.zeros(1, np.int64), y[None], x[None])
    return _blurred(out, np.full(1, 0.5, np.float32))[0]


def _chunk(rng: np.random.Generator) -> tuple[Array, Array]:
    """CHUNK images (CHUNK, 28, 28) uint8 and their digits."""
    digits = rng.permutation(np.arange(CHUNK) % 10)
    sources = rng.integers(len(FACES), size=CHUNK) * 10 + digits

    def draw(low: float, high: float) -> Array:
        return rng.uniform(low, high, CHUNK)[:, None, None]

    def bell(deviation: float) -> Array:
        return np.clip(rng.normal(0, deviation, CHUNK), -2.5 * deviation, 2.5 * deviation)[:, None, None]

    # Where each pixel of the small image looks in the large one: shift, rotate, shear, stretch, distort.
    position = np.arange(28) - 13.5
    dy, dx = _smooth_fields(rng, 1.1), _smooth_fields(rng, 1.1)
    y = position[:, None] - draw(-2.5, 2.5) + dy
    x = position[None, :] - draw(-2.5, 2.5) + dx
    angle = bell(0.16)  # radians
    cos, sin = np.cos(angle), np.sin(angle)
    y, x = cos * y - sin * x, sin * y + cos * x
    x = x + bell(0.15) * y
    size = HEIGHT / 19  # a digit is about 19 pixels high
    y = y * size * np.exp(bell(0.11)) + (CELL - 1) / 2
    x = x * size * np.exp(bell(0.14)) + (CELL - 1) / 2

    images = _bilinear(large_digits().reshape(-1, CELL, CELL), sources, y, x)
    images = _blurred(images, rng.uniform(0, 0.45, CHUNK).astype(np.float32))
    images *= draw(0.65, 1.15).astype(np.float32)
    images += rng.standard_normal(images.shape, np.float32) * draw(0.0, 0.09).astype(np.float32)
    return np.clip(images * 255, 0, 255).astype(np.uint8), digits


def _smooth_fields(rng: np.random.Generator, amplitude: float) -> Array:
    """Random displacements (CHUNK, 28, 28) in pixels: a few random values, interpolated by broad bumps."""
    centres = np.linspace(0, 27, 5)
    bumps = np.exp(-0.5 * ((np.arange(28)[:, None] - centres) / 5.5) ** 2)
    bumps /= np.sqrt((bumps**2).sum(1, keepdims=True))
    values = rng.normal(0, amplitude, (CHUNK, 5, 5))
    return bumps @ values @ bumps.T


def _bilinear(sources: Array, which: Array, y: Array, x: Array) -> Array:
    """Values of sources[which] at fractional places (y, x), each (N, H, W); outside, the nearest edge's."""
    height, width = sources.shape[1:]
    y, x = np.clip(y, 0, height - 1.001), np.clip(x, 0, width - 1.001)
    top, left = y.astype(np.int64), x.astype(np.int64)
    down, right = (y - top).astype(np.float32), (x - left).astype(np.float32)
    flat = sources.reshape(-1)
    at = which[:, None, None] * (height * width) + top * width + left
    above = flat[at] * (1 - right) + flat[at + 1] * right
    below = flat[at + width] * (1 - right) + flat[at + width + 1] * right
    return above * (1 - down) + below * down


def _blurred(images: Array, weight: Array) -> Array:
    """Convolved with (w, 1, w) / (1 + 2w) along both axes, w per image."""
    w = weight[:, None, None]
    padded = np.pad(images, ((0, 0), (1, 1), (1, 1)))
    rows = padded[:, 1:-1] + w * (padded[:, :-2] + padded[:, 2:])
    return (rows[..., 1:-1] + w * (rows[..., :-2] + rows[..., 2:])) / (1 + 2 * w) ** 2
