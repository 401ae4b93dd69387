"""Other colours, same places.

On pictures PIL computes; on arrays the formulas stand here. Grey is 0.2989 R + 0.587 G + 0.114 B (ITU-R BT.601).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy import ndarray as Array

from autograd.errors import SettingError, ShapeError

from .pictures import Transform, back_to, brightest, cut_to, probability, span

GREY = (0.2989, 0.587, 0.114)


def grey(x: Array) -> Array:
    """(N, C, H, W) to (N, 1, H, W), in floating point; of one channel, the image itself."""
    real = x if x.dtype.kind == "f" else x.astype(np.float32)
    if x.shape[1] == 1:
        return real
    if x.shape[1] != 3:
        raise ShapeError(f"transform: wanted images with 1 or 3 channels, got {x.shape[1]}")
    red, green, blue = (real.dtype.type(share) for share in GREY)
    return np.asarray(red * real[:, :1] + green * real[:, 1:2] + blue * real[:, 2:])


def _each(factors: Array, x: Array) -> Array:
    dtype = x.dtype if x.dtype.kind == "f" else np.float32
    return factors.astype(dtype)[:, None, None, None]


def _blend(x: Array, other: Array | float, factors: Array) -> Array:
    """factor * x + (1 - factor) * other, for each image; 1 is the image itself, 0 the other one."""
    share = _each(factors, x)
    return cut_to(x, np.clip(share * x + (1 - share) * other, 0, brightest(x)))


def brighter(x: Array, factors: Array) -> Array:
    """Between black (0) and twice as bright (2)."""
    return _blend(x, 0.0, factors)


def contrasted(x: Array, factors: Array) -> Array:
    """Between the mean grey of the image (0) and twice as far from it (2)."""
    shades = cut_to(x, grey(x)).astype(x.dtype if x.dtype.kind == "f" else np.float32)
    return _blend(x, shades.mean((1, 2, 3), keepdims=True), factors)


def saturated(x: Array, factors: Array) -> Array:
    """Between a grey image (0) and one of stronger colours (2)."""
    return x if x.shape[1] == 1 else _blend(x, cut_to(x, grey(x)), factors)


def hue_shifted(x: Array, shifts: Array) -> Array:
    """Colours turned round the circle of hues by a share of it, -0.5 .. 0.5."""
    if x.shape[1] == 1:
        return x
    white = brightest(x)
    real = (x if x.dtype.kind == "f" else x.astype(np.float32)) / (1 if x.dtype.kind == "f" else white)
    high, low = real.max(1), real.min(1)
    spread = high - low
    safe = np.where(spread > 0, spread, 1)
    red, green, blue = real[:, 0], real[:, 1], real[:, 2]
    hue = np.where(high == red, (green - blue) / safe % 6, 0)
    hue = np.where((high == green) & (high != red), (blue - red) / safe + 2, hue)
    hue = np.where((high == blue) & (high != red) & (high != green), (red - green) / safe + 4, hue)
    hue = (hue + 6 * shifts.astype(real.dtype)[:, None, None]) % 6
    # the way back: a channel falls from `high` to `low` as hue moves away from it (A. R. Smith 1978)
    parts = [high - spread * np.clip(np.minimum((n + hue) % 6, 4 - (n + hue) % 6), 0, 1) for n in (5, 3, 1)]
    z = np.stack(parts, 1)
    return cut_to(x, z if x.dtype.kind == "f" else z * (white + 1 - 1e-3))


def _pil(name: str) -> Callable[[Any, float], Any]:
    def change(picture: Any, factor: float) -> Any:
        from PIL import ImageEnhance

        return getattr(ImageEnhance, name)(picture).enhance(factor)

    return change


def _pil_hue(picture: Any, shift: float) -> Any:
    from PIL import Image

    if picture.mode in ("L", "1", "I", "F"):
        return picture
    hue, saturation, value = picture.convert("HSV").split()
    turned = np.asarray(hue) + np.uint8(int(shift * 255) % 256)  # modulo 256, as angles are
    return Image.merge("HSV", (Image.fromarray(turned), saturation, value)).convert(picture.mode)


_CHANGES: tuple[tuple[str, Callable[[Any, float], Any], Callable[[Array, Array], Array]], ...] = (
    ("brightness", _pil("Brightness"), brighter),
    ("contrast", _pil("Contrast"), contrasted),
    ("saturation", _pil("Color"), saturated),
    ("hue", _pil_hue, hue_shifted),
)


class ColorJitter(Transform):
    """Random brightness, contrast, saturation and hue, in a random order.

    brightness, contrast, saturation   factors from a range (low, high), or one number v for 1 - v .. 1 + v
    hue                                a shift from a range, or one number v for -v .. v; at most 0.5, the other side of
                                       the circle of colours
    """

    settings = ("brightness", "contrast", "saturation", "hue")

    def __init__(
        self, brightness: Any = 0, contrast: Any = 0, saturation: Any = 0, hue: Any = 0, *, generator: Any = None
    ) -> None:
        self.brightness = span("ColorJitter", brightness, 1, 0)
        self.contrast = span("ColorJitter", contrast, 1, 0)
        self.saturation = span("ColorJitter", saturation, 1, 0)
        self.hue = span("ColorJitter", hue)
        self.generator = generator
        if max(map(abs, self.hue)) > 0.5:
            raise SettingError(f"ColorJitter: hue values should be between -0.5 and 0.5, got {hue}")

    def _drawn(self, count: int, rng: np.random.Generator) -> list[tuple[int, Array]]:
        """Which changes are made, in which order, and how strong for each image."""
        found = []
        for index in rng.permutation(len(_CHANGES)):
            low, high = getattr(self, _CHANGES[index][0])
            neutral = 0.0 if _CHANGES[index][0] == "hue" else 1.0
            if (low, high) != (neutral, neutral):
                found.append((int(index), rng.uniform(low, high, count)))
        return found

    def on_picture(self, picture: Any, rng: np.random.Generator) -> Any:
        for index, factors in self._drawn(1, rng):
            picture = _CHANGES[index][1](picture, float(factors[0]))
        return picture

    def on_batch(self, x: Array, rng: np.random.Generator) -> Array:
        for index, factors in self._drawn(len(x), rng):
            x = _CHANGES[index][2](x, factors)
        return x


class Grayscale(Transform):
    """Without colours, in 1 channel or in 3 that are the same."""

    settings = ("num_output_channels",)

    def __init__(self, num_output_channels: int = 1) -> None:
        if num_output_channels not in (1, 3):
            raise SettingError(f"Grayscale: num_output_channels should be either 1 or 3, got {num_output_channels}")
        self.num_output_channels = num_output_channels

    def on_picture(self, picture: Any, rng: np.random.Generator) -> Any:
        shades = picture.convert("L")
        return shades if self.num_output_channels == 1 else shades.convert("RGB")

    def on_batch(self, x: Array, rng: np.random.Generator) -> Array:
        return np.repeat(cut_to(x, grey(x)), self.num_output_channels, axis=1)


class _Perhaps(Transform):
    """Base of what is done to each image with probability p, by PIL's ImageOps or by a formula on an array."""

    settings: tuple[str, ...] = ("p",)

    def __init__(self, p: float = 0.5, *, generator: Any = None) -> None:
        self.p, self.generator = probability(type(self).__name__, p), generator

    def picture(self, picture: Any) -> Any:
        raise NotImplementedError

    def array(self, x: Array) -> Array:
        raise NotImplementedError(f"{type(self).__name__} takes pictures of PIL: put it before ToTensor()")

    def on_picture(self, picture: Any, rng: np.random.Generator) -> Any:
        return self.picture(picture) if rng.random() < self.p else picture

    def on_batch(self, x: Array, rng: np.random.Generator) -> Array:
        return np.where((rng.random(len(x)) < self.p)[:, None, None, None], self.array(x), x)


class RandomGrayscale(_Perhaps):
    """Without colours with probability p, in as many channels as before."""

    def __init__(self, p: float = 0.1, *, generator: Any = None) -> None:
        super().__init__(p, generator=generator)

    def picture(self, picture: Any) -> Any:
        return picture.convert("L").convert(picture.mode)

    def array(self, x: Array) -> Array:
        return np.repeat(cut_to(x, grey(x)), x.shape[1], axis=1)


class RandomInvert(_Perhaps):
    """The negative, with probability p."""

    def picture(self, picture: Any) -> Any:
        from PIL import ImageOps

        return ImageOps.invert(picture)

    def array(self, x: Array) -> Array:
        return np.asarray(x.dtype.type(brightest(x)) - x)


class RandomSolarize(_Perhaps):
    """What is at least as bright as `threshold` becomes its negative, with probability p."""

    settings = ("threshold", "p")

    def __init__(self, threshold: float, p: float = 0.5, *, generator: Any = None) -> None:
        super().__init__(p, generator=generator)
        self.threshold = threshold

    def picture(self, picture: Any) -> Any:
        from PIL import ImageOps

        return ImageOps.solarize(picture, int(self.threshold))

    def array(self, x: Array) -> Array:
        return np.where(x >= self.threshold, x.dtype.type(brightest(x)) - x, x)


class RandomPosterize(_Perhaps):
    """Only the `bits` highest bits of each value, with probability p. Values of uint8."""

    settings = ("bits", "p")

    def __init__(self, bits: int, p: float = 0.5, *, generator: Any = None) -> None:
        super().__init__(p, generator=generator)
        if not 0 <= bits <= 8:
            raise SettingError(f"RandomPosterize: wanted 0 to 8 bits, got {bits}")
        self.bits = bits

    def picture(self, picture: Any) -> Any:
        mask = 256 - (1 << (8 - self.bits))
        return picture.point(lambda value: value & mask)

    def array(self, x: Array) -> Array:
        if x.dtype != np.uint8:
            raise SettingError(f"RandomPosterize: wanted values of uint8, got {x.dtype}")
        return x & np.uint8((256 - (1 << (8 - self.bits))) % 256)


class RandomAutocontrast(_Perhaps):
    """Each channel stretched to the whole range, with probability p."""

    def picture(self, picture: Any) -> Any:
        from PIL import ImageOps

        return ImageOps.autocontrast(picture)

    def array(self, x: Array) -> Array:
        real = x if x.dtype.kind == "f" else x.astype(np.float32)
        low, high = real.min((2, 3), keepdims=True), real.max((2, 3), keepdims=True)
        flat = high == low
        stretched = (real - low) * (real.dtype.type(brightest(x)) / np.where(flat, 1, high - low))
        return back_to(x, np.where(flat, real, stretched))


class RandomEqualize(_Perhaps):
    """Each channel's values spread so that all are about as frequent, with probability p. Pictures of PIL."""

    def picture(self, picture: Any) -> Any:
        from PIL import ImageOps

        return ImageOps.equalize(picture)


class RandomAdjustSharpness(_Perhaps):
    """Between blurred (0) and twice as sharp (2), with probability p. Pixels at the border stay."""

    settings = ("sharpness_factor", "p")

    def __init__(self, sharpness_factor: float, p: float = 0.5, *, generator: Any = None) -> None:
        super().__init__(p, generator=generator)
        if sharpness_factor < 0:
            raise SettingError(f"RandomAdjustSharpness: wanted a factor of at least 0, got {sharpness_factor}")
        self.sharpness_factor = float(sharpness_factor)

    def picture(self, picture: Any) -> Any:
        return _pil("Sharpness")(picture, self.sharpness_factor)

    def array(self, x: Array) -> Array:
        if min(x.shape[2:]) <= 2:
            return x
        real = x if x.dtype.kind == "f" else x.astype(np.float32)
        inside = sum(real[:, :, i : x.shape[2] - 2 + i, j : x.shape[3] - 2 + j] for i in range(3) for j in range(3))
        blurred = real.copy()
        middle = real[:, :, 1:-1, 1:-1]
        blurred[:, :, 1:-1, 1:-1] = back_to(x, (inside + 4 * middle) / 13)  # 5 in the middle, 1 for each of 8 around it
        return _blend(x, blurred, np.full(len(x), self.sharpness_factor))
