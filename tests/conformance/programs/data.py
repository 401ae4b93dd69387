"""The numbers that the programs learn from, as arrays: the same for both libraries."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
from numpy import ndarray as Array

from nn.data import read_idx

precision = np.dtype(np.float32)  # of the images and the noise

TEXT = """
the tape remembers what was done and in which order it was done . reading the tape from its end gives back how much
every number mattered . a number that was used twice gets two answers and both are added . nothing else is needed :
one rule for every operation , one place for every answer , and the patience to walk the whole way back . whoever
understands the walk understands how machines learn , and whoever has written the rules once never fears them again .
"""


def digits(count: int, size: int = 28) -> tuple[Array, Array]:
    """Images (count, 1, size, size) in 0..1, and labels: MNIST from $WENGERT_DATA, else blobs drawn here."""
    folder = Path(os.environ.get("WENGERT_DATA", "")) / "mnist"
    if "WENGERT_DATA" in os.environ and (folder / "train-images-idx3-ubyte.gz").exists():
        pixels = read_idx(folder / "train-images-idx3-ubyte.gz")[:count].astype(np.float32) / 255
        labels = read_idx(folder / "train-labels-idx1-ubyte.gz")[:count].astype(np.int64)
    else:
        labels = np.random.default_rng(1).integers(0, 10, count)
        down, right = np.mgrid[0:28, 0:28]
        turn = labels[:, None, None] * 0.6
        pixels = np.exp(-((down - 14 - 6 * np.sin(turn)) ** 2 + (right - 14 - 6 * np.cos(turn)) ** 2) / 20)
        pixels = pixels.astype(np.float32)
    edge = (size - 28) // 2
    pixels = np.pad(pixels, ((0, 0), (edge, size - 28 - edge), (edge, size - 28 - edge)))
    return pixels[:, None].astype(precision), labels


def noise(seed: int, *shape: int) -> Array:
    """Standard normal numbers."""
    return np.random.default_rng(seed).standard_normal(shape).astype(precision)


def words() -> tuple[Array, int]:
    """A text as numbers of words, (n,) int64, and how many different words there are."""
    known, numbers = np.unique(TEXT.split(), return_inverse=True)
    return numbers.astype(np.int64), len(known)


def characters() -> tuple[Array, int]:
    """A text as numbers of characters, (n,) int64, and how many different characters there are."""
    known, numbers = np.unique(list(TEXT), return_inverse=True)
    return numbers.astype(np.int64), len(known)


def windows(codes: Array, batch: int, length: int, step: int) -> tuple[Array, Array]:
    """`batch` windows of a text for training step `step`: inputs and, one place further on, targets."""
    starts = np.random.default_rng(step).integers(0, len(codes) - length - 1, batch)
    places = starts[:, None] + np.arange(length)
    return codes[places], codes[places + 1]
