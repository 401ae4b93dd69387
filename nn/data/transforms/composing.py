"""Transforms made of transforms; from pictures to Tensors and back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from autograd import Tensor, from_numpy
from autograd.errors import SettingError, ShapeError
from autograd.extras import extra

from ..dataset import default_collate
from ..randomness import numpy_generator
from .batches import normalize, to_float
from .pictures import Transform, is_picture, probability

Change = Callable[[Any], Any]


class Compose:
    """Several transforms, one after the other."""

    def __init__(self, transforms: Sequence[Change]) -> None:
        self.transforms = list(transforms)

    def __call__(self, images: Any) -> Any:
        for transform in self.transforms:
            images = transform(images)
        return images

    def __repr__(self) -> str:
        return "\n".join([f"{type(self).__name__}(", *[f"    {each}" for each in self.transforms], ")"])


class RandomApply(Compose):
    """All of the transforms with probability p, else none."""

    def __init__(self, transforms: Sequence[Change], p: float = 0.5) -> None:
        super().__init__(transforms)
        self.p = probability("RandomApply", p)

    def __call__(self, images: Any) -> Any:
        return super().__call__(images) if numpy_generator().random() < self.p else images


class RandomChoice(Compose):
    """One of the transforms; `p` are their probabilities."""

    def __init__(self, transforms: Sequence[Change], p: Sequence[float] | None = None) -> None:
        super().__init__(transforms)
        if p is not None and len(p) != len(self.transforms):
            raise SettingError(f"RandomChoice: wanted a probability for each of {len(self.transforms)}, got {len(p)}")
        self.p = None if p is None else np.asarray(p, np.float64) / np.sum(p)

    def __call__(self, images: Any) -> Any:
        return self.transforms[int(numpy_generator().choice(len(self.transforms), p=self.p))](images)


class RandomOrder(Compose):
    """All of the transforms, in a random order."""

    def __call__(self, images: Any) -> Any:
        for index in numpy_generator().permutation(len(self.transforms)):
            images = self.transforms[index](images)
        return images


class Lambda:
    """A function as a transform."""

    def __init__(self, lambd: Change) -> None:
        self.lambd = lambd

    def __call__(self, images: Any) -> Any:
        return self.lambd(images)

    def __repr__(self) -> str:
        return "Lambda()"


def pixels_of(picture: Any) -> np.ndarray:
    """The values of a picture of PIL, channels first, (C, H, W)."""
    pixels = np.asarray(picture.convert("L") if picture.mode == "1" else picture)
    return pixels[None] if pixels.ndim == 2 else pixels.transpose(2, 0, 1)


class ToTensor(Transform):
    """Pictures, and arrays of uint8, to float32 in 0..1, channels first.

    A picture of PIL becomes a Tensor (C, H, W); so does an array as pictures are stored, (H, W) or (H, W, C). Images
    that have their channels first already, (C, H, W) or (N, C, H, W), keep their shape. Floating point values stay.
    """

    def __init__(self) -> None:
        self.convert = to_float()

    def __call__(self, images: Any) -> Any:
        if is_picture(images):
            x = pixels_of(images)
            if x.dtype == np.uint8:
                return from_numpy(np.divide(x, np.float32(255), dtype=np.float32, order="C"))
            return from_numpy(np.ascontiguousarray(x))
        if isinstance(images, np.ndarray):
            if images.ndim == 2:
                return self.convert(from_numpy(images[None]))
            if images.ndim == 3 and images.shape[0] not in (1, 3, 4) and images.shape[2] in (1, 3, 4):
                return self.convert(from_numpy(np.ascontiguousarray(images.transpose(2, 0, 1))))
        return self.convert(images)


class PILToTensor(Transform):
    """A picture of PIL to a Tensor (C, H, W) of the values that it has, 0..255."""

    def __call__(self, images: Any) -> Tensor:
        if not is_picture(images):
            raise TypeError(f"PILToTensor: wanted a picture of PIL, got {type(images).__name__}")
        return from_numpy(np.array(pixels_of(images), order="C"))


class ConvertImageDtype(Transform):
    """To another dtype, white staying white: 255 is 1 in floating point."""

    settings = ("dtype",)

    def __init__(self, dtype: Any) -> None:
        self.dtype = np.dtype(dtype)

    def on_batch(self, x: np.ndarray, rng: Any) -> np.ndarray:
        from_real, to_real = x.dtype.kind == "f", self.dtype.kind == "f"
        if from_real and to_real:
            return x.astype(self.dtype)
        if to_real:
            return np.asarray(x.astype(self.dtype) / np.iinfo(x.dtype).max)
        top = np.iinfo(self.dtype).max
        real = x if from_real else x.astype(np.float64) / np.iinfo(x.dtype).max
        return np.minimum(real * (top + 1.0 - 1e-3), top).astype(self.dtype)


class ToPILImage(Transform):
    """An image (C, H, W), a Tensor or an array, to a picture of PIL; floating point values are those of 0..1."""

    settings = ("mode",)

    def __init__(self, mode: str | None = None) -> None:
        self.mode = mode

    def __call__(self, images: Any) -> Any:
        x = images.detach().numpy() if isinstance(images, Tensor) else np.asarray(images)
        if x.ndim == 3 and not isinstance(images, Tensor) and x.shape[0] not in (1, 3, 4) and x.shape[2] in (1, 3, 4):
            x = x.transpose(2, 0, 1)
        if x.ndim not in (2, 3) or (x.ndim == 3 and x.shape[0] not in (1, 3, 4)):
            raise ShapeError(f"ToPILImage: wanted one image (C, H, W) with 1, 3 or 4 channels, got shape {x.shape}")
        if x.dtype.kind == "f":
            x = np.clip(x * 255, 0, 255).astype(np.uint8)
        pixels = x if x.ndim == 2 else x[0] if len(x) == 1 else x.transpose(1, 2, 0)
        picture = extra("PIL.Image", "images", "ToPILImage").fromarray(np.ascontiguousarray(pixels))
        return picture if self.mode is None else picture.convert(self.mode)


class Normalize(Transform):
    """(x - mean) / std, with a number for each channel or one for all."""

    settings = ("mean", "std")

    def __init__(self, mean: Any, std: Any, inplace: bool = False) -> None:
        self.mean, self.std, self.inplace = mean, std, inplace
        self.apply = normalize(mean, std)

    def __call__(self, images: Any) -> Any:
        if is_picture(images):
            raise TypeError("Normalize: wanted a Tensor or an array: put ToTensor() before it")
        return self.apply(images)


def parted(transform: Any) -> tuple[Any, Any]:
    """A transform as what is done to each picture, and what is done to a list of them together, which stacks them.

    `ToTensor()`, and `Normalize(...)` after it, give the same to the last bit when they are done to many at once, which
    takes less time. (transform, None) where they are not its end.
    """
    steps = transform.transforms if type(transform) is Compose else [transform]
    place = next((place for place, step in enumerate(steps) if type(step) is ToTensor), None)
    if place is None or any(type(step) is not Normalize for step in steps[place + 1 :]):
        return transform, None
    head, tail = Compose(steps[:place]), Compose(steps[place:])
    return head, lambda samples: _together(samples, tail)


def _together(samples: list[Any], tail: Compose) -> Any:
    arrays = [np.asarray(x) if is_picture(x) and x.mode in ("RGB", "L") else None for x in samples]
    first = arrays[0]
    if first is None or any(x is None or x.shape != first.shape for x in arrays):
        return default_collate([tail(x) for x in samples])
    pixels = np.stack(arrays)  # type: ignore[arg-type]
    channels_first = pixels[:, None] if pixels.ndim == 3 else pixels.transpose(0, 3, 1, 2)
    x: Any = from_numpy(np.divide(channels_first, np.float32(255), dtype=np.float32, order="C"))
    for step in tail.transforms[1:]:
        x = step(x)
    return x
