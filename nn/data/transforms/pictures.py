"""What kinds of images there are, and how one transform comes to work on all of them.

A picture of PIL stays one until `ToTensor`; what is done to it, PIL does, with the values that torchvision has. An
array or a Tensor has its channels first, (C, H, W), or is a batch of such images, (N, C, H, W).
"""

from __future__ import annotations

import enum
import sys
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy import ndarray as Array

from autograd import Tensor, from_numpy
from autograd.errors import SettingError, ShapeError

from ..randomness import numpy_generator


class InterpolationMode(enum.Enum):
    """How values between pixels are worked out."""

    NEAREST = "nearest"
    NEAREST_EXACT = "nearest-exact"
    BILINEAR = "bilinear"
    BICUBIC = "bicubic"
    BOX = "box"
    HAMMING = "hamming"
    LANCZOS = "lanczos"


_PIL_MODES = {"nearest": 0, "nearest-exact": 0, "lanczos": 1, "bilinear": 2, "bicubic": 3, "box": 4, "hamming": 5}


def pil_mode(mode: InterpolationMode | int) -> int:
    """The number that PIL has for it."""
    return _PIL_MODES[mode.value] if isinstance(mode, InterpolationMode) else int(mode)


def is_picture(image: Any) -> bool:
    """Is it a picture of PIL? Who has not imported PIL has none."""
    pil = sys.modules.get("PIL.Image")
    return pil is not None and isinstance(image, pil.Image)


def size_of(image: Any) -> tuple[int, int]:
    """Height and width."""
    if is_picture(image):
        return int(image.height), int(image.width)
    H, W = image.shape[-2:]
    return int(H), int(W)


def filling(picture: Any, fill: Any) -> Any:
    """A colour of as many values as the picture has channels."""
    channels = len(picture.getbands())
    return (fill,) * channels if isinstance(fill, (int, float)) and channels > 1 else fill


def pair(name: str, size: Any) -> tuple[int, int]:
    """A height and a width; one number means both."""
    given = [size, size] if isinstance(size, (int, np.integer)) else list(size)
    if len(given) == 1:
        given *= 2
    if len(given) != 2 or min(given) < 1:
        raise SettingError(f"{name}: wanted one size or a height and a width, of at least 1, got {size}")
    return int(given[0]), int(given[1])


def probability(name: str, p: float) -> float:
    """`p`, if it is one."""
    if not 0 <= p <= 1:
        raise SettingError(f"{name}: wanted a probability p within 0 .. 1, got {p}")
    return float(p)


def span(name: str, value: Any, around: float | None = None, low: float = -np.inf) -> tuple[float, float]:
    """A range: two numbers as they are, one number v as `around` - v .. `around` + v, but not below `low`."""
    if isinstance(value, (int, float)):
        if value < 0:
            raise SettingError(f"{name}: a single number must be at least 0, got {value}")
        middle = 0.0 if around is None else around
        return max(middle - value, low), middle + value
    first, last = (float(each) for each in value)
    if first > last or first < low:
        raise SettingError(f"{name}: wanted a range from low to high, got {value}")
    return first, last


class Transform:
    """Base of the transforms that are classes: what to do with a picture, and with arrays (N, C, H, W).

    `on_picture` gets PIL's picture, `on_batch` an array; both get the generator. `settings` are shown when it is
    printed.
    """

    generator: Any = None
    settings: Sequence[str] = ()

    def on_picture(self, picture: Any, rng: np.random.Generator) -> Any:
        raise NotImplementedError(f"{type(self).__name__} takes arrays and Tensors: put ToTensor() before it")

    def on_batch(self, x: Array, rng: np.random.Generator) -> Array:
        raise NotImplementedError(f"{type(self).__name__} takes pictures of PIL: put it before ToTensor()")

    def __call__(self, images: Any) -> Any:
        rng = numpy_generator(self.generator)
        if is_picture(images):
            return self.on_picture(images, rng)
        return on_arrays(lambda x: self.on_batch(x, rng), images)

    def __repr__(self) -> str:
        shown = ", ".join([f"{name}={_text(getattr(self, name))}" for name in self.settings])
        return f"{type(self).__name__}({shown})"


def _text(value: Any) -> str:
    return value.value if isinstance(value, enum.Enum) else str(value)


def on_arrays(function: Callable[[Array], Array], images: Any) -> Any:
    """`function` of arrays (N, C, H, W), on Tensors and on single images (C, H, W) too."""
    x = images.detach().numpy() if isinstance(images, Tensor) else np.asarray(images)
    if x.ndim not in (3, 4):
        raise ShapeError(f"transform: wanted images (N, C, H, W) or (C, H, W), got shape {x.shape}")
    z = function(x) if x.ndim == 4 else function(x[None])[0]
    return from_numpy(np.ascontiguousarray(z)) if isinstance(images, Tensor) else z


def back_to(x: Array, z: Array) -> Array:
    """What was computed in floating point from `x`, in the dtype of `x`: integers rounded and kept in their range."""
    if x.dtype.kind == "f":
        return z.astype(x.dtype, copy=False)
    limits = np.iinfo(x.dtype)
    return np.clip(np.rint(z), limits.min, limits.max).astype(x.dtype)


def cut_to(x: Array, z: Array) -> Array:
    """What was computed in floating point from `x`, in the dtype of `x`: of integers without what follows the point,
    as torchvision has colours.
    """
    if x.dtype.kind == "f":
        return z.astype(x.dtype, copy=False)
    limits = np.iinfo(x.dtype)
    return np.clip(z, limits.min, limits.max).astype(x.dtype)


def brightest(x: Array) -> float:
    """The value of white: 1, or the largest of an integer type."""
    return 1.0 if x.dtype.kind == "f" else float(np.iinfo(x.dtype).max)
