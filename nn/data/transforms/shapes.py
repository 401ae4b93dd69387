"""Other sizes: Resize, crops, flips, padding."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy import ndarray as Array

from autograd.errors import SettingError, ShapeError

from .pictures import (
    InterpolationMode,
    Transform,
    back_to,
    filling,
    is_picture,
    on_arrays,
    pair,
    pil_mode,
    probability,
    size_of,
)

BILINEAR, NEAREST = InterpolationMode.BILINEAR, InterpolationMode.NEAREST


def resized(image: Any, size: tuple[int, int], mode: InterpolationMode | int = BILINEAR, antialias: Any = True) -> Any:
    """An image, or a batch of them, of this height and width."""
    if size_of(image) == size:
        return image
    if is_picture(image):
        return image.resize((size[1], size[0]), pil_mode(mode))
    return on_arrays(lambda x: _resampled(x, size, mode, bool(antialias)), image)


def _resampled(x: Array, size: tuple[int, int], mode: InterpolationMode | int, antialias: bool) -> Array:
    (H, W), (P, Q) = x.shape[2:], size
    if pil_mode(mode) == 0:  # on arrays NEAREST looks at the upper left corner of a pixel, as torchvision's does
        shift = 0.0 if mode is NEAREST else 0.5
        rows, columns = ((np.arange(m, dtype=np.float32) + shift) * np.float32(n / m) for n, m in ((H, P), (W, Q)))
        return np.ascontiguousarray(x[:, :, rows.astype(np.intp)[:, None], columns.astype(np.intp)])
    if mode != BILINEAR:
        raise SettingError("Resize: arrays and Tensors take NEAREST and BILINEAR; pictures of PIL take the others too")
    real = x if x.dtype.kind == "f" else x.astype(np.float32)
    tall = triangles(H, P, antialias).astype(real.dtype) @ real
    return back_to(x, tall @ triangles(W, Q, antialias).astype(real.dtype).T)


def triangles(n: int, m: int, antialias: bool = True) -> Array:
    """Weights (m, n) by which n pixels in a row become m: linear interpolation between the centres of pixels.

    To fewer pixels each is the mean of all that it covers, weighted by a triangle as wide as two of the new pixels
    (`antialias`), as PIL does it; otherwise only of the two nearest.
    """
    scale = n / m
    width = max(scale, 1.0) if antialias else 1.0
    centres = (np.arange(m)[:, None] + 0.5) * scale - 0.5
    if not antialias:
        centres = np.clip(centres, 0, n - 1)
    weights = np.maximum(0.0, 1.0 - np.abs(np.arange(n) - centres) / width)
    return np.asarray(weights / weights.sum(1, keepdims=True))


def cropped(image: Any, top: int, left: int, height: int, width: int) -> Any:
    """The window of an image; what lies outside of it is 0."""
    if is_picture(image):
        return image.crop((left, top, left + width, top + height))
    H, W = size_of(image)
    before, after = (max(-top, 0), max(-left, 0)), (max(top + height - H, 0), max(left + width - W, 0))
    if any(before) or any(after):
        image = padded(image, (before[1], before[0], after[1], after[0]), 0, "constant")
        top, left = top + before[0], left + before[1]
    return image[..., top : top + height, left : left + width]


_NUMPY_MODES = {"constant": "constant", "edge": "edge", "reflect": "reflect", "symmetric": "symmetric"}


def padded(image: Any, sides: tuple[int, int, int, int], fill: Any, mode: str) -> Any:
    """An image with more pixels at its left, top, right and bottom."""
    left, top, right, bottom = sides
    if is_picture(image):
        from PIL import Image, ImageOps

        if mode == "constant":
            return ImageOps.expand(image, border=sides, fill=filling(image, fill))
        pixels = np.asarray(image)
        around = [(top, bottom), (left, right), *[(0, 0)] * (pixels.ndim - 2)]
        return Image.fromarray(np.pad(pixels, around, _NUMPY_MODES[mode]))  # type: ignore[call-overload]
    options = {"constant_values": fill} if mode == "constant" else {}

    def pad(x: Array) -> Array:
        around = ((0, 0), (0, 0), (top, bottom), (left, right))
        return np.pad(x, around, _NUMPY_MODES[mode], **options)  # type: ignore[call-overload]

    return on_arrays(pad, image)


def _sides(name: str, padding: Any) -> tuple[int, int, int, int]:
    given = [padding] if isinstance(padding, int) else list(padding)
    if len(given) not in (1, 2, 4) or min(given) < 0:
        raise SettingError(f"{name}: wanted a padding of 1, 2 or 4 numbers of at least 0, got {padding}")
    left, top, right, bottom = given * (4 // len(given))
    return int(left), int(top), int(right), int(bottom)


class Resize(Transform):
    """To another size. One number: the shorter side gets this length, and the other keeps the proportions.

    max_size    the longer side gets at most this
    antialias   for arrays: do pixels that are skipped count? Pictures are always made smaller like that
    """

    settings = ("size", "interpolation", "max_size", "antialias")

    def __init__(
        self,
        size: Any,
        interpolation: InterpolationMode | int = BILINEAR,
        max_size: int | None = None,
        antialias: bool | None = True,
    ) -> None:
        self.size = size
        self.one = isinstance(size, int) or len(size) == 1
        self.height, self.width = pair("Resize", size)
        if max_size is not None and (not self.one or max_size <= self.height):
            raise SettingError(f"Resize: max_size goes with one size and is larger than it, got {max_size} and {size}")
        self.interpolation, self.max_size, self.antialias = interpolation, max_size, antialias

    def __call__(self, images: Any) -> Any:
        return resized(images, self.target(*size_of(images)), self.interpolation, self.antialias)

    def target(self, H: int, W: int) -> tuple[int, int]:
        """Height and width that an image of these will have."""
        if not self.one:
            return self.height, self.width
        short, long = self.height, int(self.height * max(H, W) / min(H, W))
        if self.max_size is not None and long > self.max_size:
            short, long = int(self.max_size * short / long), self.max_size
        return (short, long) if H <= W else (long, short)


class CenterCrop(Transform):
    """The window in the middle; a smaller image gets zeros around it."""

    settings = ("size",)

    def __init__(self, size: Any) -> None:
        self.size = pair("CenterCrop", size)

    def __call__(self, images: Any) -> Any:
        (H, W), (P, Q) = size_of(images), self.size
        if H < P or W < Q:
            tall, wide = max(P - H, 0), max(Q - W, 0)
            images = padded(images, (wide // 2, tall // 2, wide - wide // 2, tall - tall // 2), 0, "constant")
            H, W = size_of(images)
        return cropped(images, round((H - P) / 2), round((W - Q) / 2), P, Q)


class Pad(Transform):
    """More pixels at the borders: of all sides; left and right, top and bottom; or left, top, right, bottom."""

    settings = ("padding", "fill", "padding_mode")

    def __init__(self, padding: Any, fill: Any = 0, padding_mode: str = "constant") -> None:
        self.padding, self.fill, self.padding_mode = _sides("Pad", padding), fill, padding_mode
        if padding_mode not in _NUMPY_MODES:
            raise SettingError(f"Pad: padding_mode should be one of {', '.join(_NUMPY_MODES)}, got {padding_mode!r}")

    def __call__(self, images: Any) -> Any:
        return padded(images, self.padding, self.fill, self.padding_mode)


class _Windows(Transform):
    """Base of what cuts a window out of each image, of `size` in the end."""

    size: tuple[int, int]

    def window(self, H: int, W: int, rng: np.random.Generator) -> tuple[int, int, int, int]:
        """Top, left, height and width, at random."""
        raise NotImplementedError

    def finish(self, image: Any) -> Any:
        """What is done with a window."""
        return image

    def on_picture(self, picture: Any, rng: np.random.Generator) -> Any:
        return self.finish(cropped(picture, *self.window(*size_of(picture), rng)))

    def on_batch(self, x: Array, rng: np.random.Generator) -> Array:
        z = np.empty((*x.shape[:2], *self.size), x.dtype)
        for image, out in zip(x, z, strict=True):
            out[...] = self.finish(cropped(image, *self.window(*size_of(x), rng)))
        return z


class RandomCrop(_Windows):
    """A window of `size` at a random place of each image.

    padding         zeros at the sides before, see `Pad`
    pad_if_needed   images that are too small get more of them
    """

    settings = ("size", "padding")

    def __init__(
        self,
        size: Any,
        padding: Any = None,
        pad_if_needed: bool = False,
        fill: Any = 0,
        padding_mode: str = "constant",
        *,
        generator: Any = None,
    ) -> None:
        self.size, self.generator = pair("RandomCrop", size), generator
        self.padding = None if padding is None else _sides("RandomCrop", padding)
        self.pad_if_needed, self.fill, self.padding_mode = pad_if_needed, fill, padding_mode

    def __call__(self, images: Any) -> Any:
        if self.padding is not None and any(self.padding):
            images = padded(images, self.padding, self.fill, self.padding_mode)
        (H, W), (P, Q) = size_of(images), self.size
        if self.pad_if_needed and (H < P or W < Q):
            tall, wide = max(P - H, 0), max(Q - W, 0)
            images = padded(images, (wide, tall, wide, tall), self.fill, self.padding_mode)
        elif H < P or W < Q:
            raise ShapeError(f"RandomCrop: Required crop size {(P, Q)} is larger than input image size {(H, W)}")
        return super().__call__(images)

    def window(self, H: int, W: int, rng: np.random.Generator) -> tuple[int, int, int, int]:
        P, Q = self.size
        return int(rng.integers(H - P + 1)), int(rng.integers(W - Q + 1)), P, Q


class RandomResizedCrop(_Windows):
    """A window of random area and proportions, brought to `size` (Szegedy and others 2015, section 6).

    scale   its share of the image's area
    ratio   its width over its height
    """

    settings = ("size", "scale", "ratio", "interpolation")

    def __init__(
        self,
        size: Any,
        scale: tuple[float, float] = (0.08, 1.0),
        ratio: tuple[float, float] = (3 / 4, 4 / 3),
        interpolation: InterpolationMode | int = BILINEAR,
        antialias: bool | None = True,
        *,
        generator: Any = None,
    ) -> None:
        if not (0 < scale[0] <= scale[1] and 0 < ratio[0] <= ratio[1]):
            raise SettingError(f"RandomResizedCrop: wanted scale and ratio from low to high, got {scale} and {ratio}")
        self.size, self.generator = pair("RandomResizedCrop", size), generator
        self.scale, self.ratio, self.interpolation, self.antialias = scale, ratio, interpolation, antialias

    def finish(self, image: Any) -> Any:
        return resized(image, self.size, self.interpolation, self.antialias)

    def window(self, H: int, W: int, rng: np.random.Generator) -> tuple[int, int, int, int]:
        for _ in range(10):
            area = H * W * rng.uniform(*self.scale)
            ratio = math.exp(rng.uniform(math.log(self.ratio[0]), math.log(self.ratio[1])))
            width, height = round(math.sqrt(area * ratio)), round(math.sqrt(area / ratio))
            if 0 < width <= W and 0 < height <= H:
                return int(rng.integers(H - height + 1)), int(rng.integers(W - width + 1)), height, width
        low, high = self.ratio  # none of ten fits: the largest in the middle whose proportions are allowed
        height, width = min(H, round(W / low)), min(W, round(H * high))
        return (H - height) // 2, (W - width) // 2, height, width


class _Flip(Transform):
    """Base of what mirrors each image with probability p, along `axis`; PIL calls it `way`."""

    settings = ("p",)
    axis: int
    way: int

    def __init__(self, p: float = 0.5, generator: Any = None) -> None:
        self.p, self.generator = probability(type(self).__name__, p), generator

    def on_picture(self, picture: Any, rng: np.random.Generator) -> Any:
        return picture.transpose(self.way) if rng.random() < self.p else picture

    def on_batch(self, x: Array, rng: np.random.Generator) -> Array:
        return np.where((rng.random(len(x)) < self.p)[:, None, None, None], np.flip(x, self.axis), x)


class RandomHorizontalFlip(_Flip):
    """Mirror each image left to right with probability p."""

    axis, way = -1, 0


class RandomVerticalFlip(_Flip):
    """Turn each image upside down, as a mirror does, with probability p."""

    axis, way = -2, 1


class FiveCrop(Transform):
    """The four corners and the middle of an image, as a tuple: for predictions that are averaged."""

    settings = ("size",)

    def __init__(self, size: Any) -> None:
        self.size = pair("FiveCrop", size)

    def __call__(self, images: Any) -> tuple[Any, ...]:
        (H, W), (P, Q) = size_of(images), self.size
        if H < P or W < Q:
            raise ShapeError(f"FiveCrop: Required crop size {(P, Q)} is larger than input image size {(H, W)}")
        corners = [(0, 0), (0, W - Q), (H - P, 0), (H - P, W - Q)]
        return (*[cropped(images, *corner, P, Q) for corner in corners], CenterCrop(self.size)(images))


class TenCrop(Transform):
    """`FiveCrop` of an image and of its mirror image, as a tuple."""

    settings = ("size", "vertical_flip")

    def __init__(self, size: Any, vertical_flip: bool = False) -> None:
        self.size, self.vertical_flip = pair("TenCrop", size), vertical_flip

    def __call__(self, images: Any) -> tuple[Any, ...]:
        mirror = (RandomVerticalFlip if self.vertical_flip else RandomHorizontalFlip)(1.0)
        five = FiveCrop(self.size)
        return (*five(images), *five(mirror(images)))
