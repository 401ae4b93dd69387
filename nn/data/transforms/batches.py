"""Functions of a batch of images, (N, C, H, W) to the same; a single image (C, H, W) is taken as a batch of one.

They work on arrays and on Tensors (and return what they got). Random ones draw for each image on its own: from
`generator` if given, else from the loader's generator of the batch, else from the default one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy import ndarray as Array

from autograd.errors import DTypeError, ShapeError

from ..randomness import numpy_generator
from .pictures import on_arrays

Transform = Callable[[Any], Any]


def to_float() -> Transform:
    """uint8 0..255 to float32 0..1; floating point images stay as they are."""
    return _on_batches(lambda x: x if x.dtype.kind == "f" else x.astype(np.float32) * np.float32(1 / 255))


def normalize(mean: float | Sequence[float], std: float | Sequence[float]) -> Transform:
    """(x - mean) / std, with one number for all channels or one per channel."""
    shift, scale = (
        np.reshape(np.asarray(mean, np.float64), (-1, 1, 1)),
        np.reshape(np.asarray(std, np.float64), (-1, 1, 1)),
    )
    if not np.all(scale > 0):
        raise ShapeError(f"normalize: wanted std > 0, got {std}")

    def apply(x: Array) -> Array:
        if x.dtype.kind != "f":
            raise DTypeError(f"normalize: wanted floating point images in 0..1, got {x.dtype}")
        for values in (shift, scale):
            if len(values) not in (1, x.shape[1]):
                raise ShapeError(f"normalize: got {len(values)} values for images with {x.shape[1]} channel(s)")
        return np.asarray((x - shift.astype(x.dtype)) / scale.astype(x.dtype))

    return _on_batches(apply)


def random_shift(pixels: int, generator: Any = None) -> Transform:
    """Move each image by up to `pixels` in both directions; what comes in is 0."""
    if pixels < 0:
        raise ShapeError(f"random_shift: wanted pixels >= 0, got {pixels}")
    return _on_batches(lambda x: _random_windows(x, x.shape[2:], pixels, generator))


def random_crop(size: int | tuple[int, int], padding: int = 0, generator: Any = None) -> Transform:
    """A window of `size` (height and width) at a random place of each image, after `padding` zeros on every side."""
    window = (size, size) if isinstance(size, int) else (int(size[0]), int(size[1]))
    if min(window) < 1 or padding < 0:
        raise ShapeError(f"random_crop: wanted size >= 1 and padding >= 0, got {size} and {padding}")
    return _on_batches(lambda x: _random_windows(x, window, padding, generator))


def random_horizontal_flip(p: float = 0.5, generator: Any = None) -> Transform:
    """Mirror each image left to right with probability `p`."""
    if not 0 <= p <= 1:
        raise ShapeError(f"random_horizontal_flip: wanted a probability, got {p}")

    def apply(x: Array) -> Array:
        flipped = numpy_generator(generator).random(len(x)) < p
        return np.where(flipped[:, None, None, None], x[..., ::-1], x)

    return _on_batches(apply)


def _random_windows(x: Array, size: Sequence[int], padding: int, generator: Any) -> Array:
    rng = numpy_generator(generator)
    padded = np.pad(x, ((0, 0), (0, 0), (padding, padding), (padding, padding)))
    (N, _, H, W), (P, Q) = padded.shape, size
    if H < P or W < Q:
        raise ShapeError(f"random_crop: Required crop size {(P, Q)} is larger than input image size {(H, W)}")
    top = rng.integers(H - P + 1, size=N)
    left = rng.integers(W - Q + 1, size=N)
    windows = np.lib.stride_tricks.sliding_window_view(padded, (P, Q), axis=(2, 3))  # (N, C, tops, lefts, P, Q)
    return windows[np.arange(N), :, top, left]


def _on_batches(function: Callable[[Array], Array]) -> Transform:
    return lambda images: on_arrays(function, images)
