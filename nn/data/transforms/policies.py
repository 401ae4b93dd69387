"""One of many changes, drawn for each picture: RandAugment and TrivialAugment. Pictures of PIL.

Each change has a strength from a table of `bins` values: the wider one of TrivialAugment, and the narrower one of
RandAugment (Cubuk and others 2020). Those that have a direction go either way.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from autograd.errors import SettingError

from .colours import _pil
from .pictures import InterpolationMode, Transform, filling, pil_mode, size_of

NEAREST = InterpolationMode.NEAREST


class Strength(NamedTuple):
    """The strongest change of RandAugment and of TrivialAugment: degrees, pixels (None: a share of the side), factors.

    signed   does it go either way?
    """

    usual: float | None
    wide: float | None
    signed: bool = True


CHANGES = {
    "Identity": Strength(0.0, 0.0, False),
    "ShearX": Strength(0.3, 0.99), "ShearY": Strength(0.3, 0.99),
    "TranslateX": Strength(None, 32.0), "TranslateY": Strength(None, 32.0),
    "Rotate": Strength(30.0, 135.0),
    "Brightness": Strength(0.9, 0.99), "Color": Strength(0.9, 0.99),
    "Contrast": Strength(0.9, 0.99), "Sharpness": Strength(0.9, 0.99),
    "Posterize": Strength(4.0, 6.0, False), "Solarize": Strength(255.0, 255.0, False),
    "AutoContrast": Strength(0.0, 0.0, False), "Equalize": Strength(0.0, 0.0, False),
}  # fmt: skip
_SHARE = 150.0 / 331.0  # of the side that a picture is moved by, at most


def changed(picture: Any, name: str, amount: float, mode: InterpolationMode | int = NEAREST, fill: Any = None) -> Any:
    """A picture after one change: degrees, pixels, a factor - 1, bits that go, or how much of the range is inverted."""
    from PIL import ImageOps

    fill = 0 if fill is None else fill
    moves = {
        "ShearX": (1.0, amount, 0.0, 0.0, 1.0, 0.0),
        "ShearY": (1.0, 0.0, 0.0, amount, 1.0, 0.0),
        "TranslateX": (1.0, 0.0, -int(amount), 0.0, 1.0, 0.0),
        "TranslateY": (1.0, 0.0, 0.0, 0.0, 1.0, -int(amount)),
    }
    if name in moves:
        return picture.transform(picture.size, 0, moves[name], pil_mode(mode), fillcolor=filling(picture, fill))
    match name:
        case "Rotate":
            return picture.rotate(amount, pil_mode(mode), fillcolor=filling(picture, fill))
        case "Brightness" | "Color" | "Contrast" | "Sharpness":
            return _pil(name)(picture, 1.0 + amount)
        case "Posterize":
            return ImageOps.posterize(picture, 8 - int(amount))
        case "Solarize":
            return ImageOps.solarize(picture, 255 - int(amount))
        case "AutoContrast":
            return ImageOps.autocontrast(picture)
        case "Equalize":
            return ImageOps.equalize(picture)
    return picture


class _Policy(Transform):
    """Base of both."""

    wide = False
    fill: Any = None
    interpolation: InterpolationMode | int = NEAREST

    def _amount(self, picture: Any, name: str, share: float, rng: np.random.Generator) -> float:
        H, W = size_of(picture)
        strength = CHANGES[name]
        top = strength.wide if self.wide else strength.usual
        if top is None:
            top = _SHARE * (W if name == "TranslateX" else H)
        amount = round(share * top) if name == "Posterize" else share * top
        return -amount if strength.signed and rng.random() < 0.5 else amount

    def _one(self, picture: Any, share: float, rng: np.random.Generator) -> Any:
        name = [*CHANGES][int(rng.integers(len(CHANGES)))]
        amount = self._amount(picture, name, share, rng)
        return changed(picture, name, amount, self.interpolation, self.fill)


class RandAugment(_Policy):
    """`num_ops` changes, one after the other, all of the strength `magnitude` out of `num_magnitude_bins`."""

    settings = ("num_ops", "magnitude", "num_magnitude_bins")

    def __init__(
        self,
        num_ops: int = 2,
        magnitude: int = 9,
        num_magnitude_bins: int = 31,
        interpolation: InterpolationMode | int = NEAREST,
        fill: Any = None,
        *,
        generator: Any = None,
    ) -> None:
        if not 0 <= magnitude < num_magnitude_bins or num_ops < 0:
            most = num_magnitude_bins - 1
            raise SettingError(f"RandAugment: wanted magnitude within 0 .. {most}, got {magnitude}, and num_ops >= 0")
        self.num_ops, self.magnitude, self.num_magnitude_bins = num_ops, magnitude, num_magnitude_bins
        self.interpolation, self.fill, self.generator = interpolation, fill, generator

    def on_picture(self, picture: Any, rng: np.random.Generator) -> Any:
        for _ in range(self.num_ops):
            picture = self._one(picture, self.magnitude / max(self.num_magnitude_bins - 1, 1), rng)
        return picture


class TrivialAugmentWide(_Policy):
    """One change, of a random strength (Mueller and Hutter 2021)."""

    settings = ("num_magnitude_bins",)
    wide = True

    def __init__(
        self,
        num_magnitude_bins: int = 31,
        interpolation: InterpolationMode | int = NEAREST,
        fill: Any = None,
        *,
        generator: Any = None,
    ) -> None:
        if num_magnitude_bins < 1:
            raise SettingError(f"TrivialAugmentWide: wanted at least 1 bin, got {num_magnitude_bins}")
        self.num_magnitude_bins = num_magnitude_bins
        self.interpolation, self.fill, self.generator = interpolation, fill, generator

    def on_picture(self, picture: Any, rng: np.random.Generator) -> Any:
        share = int(rng.integers(self.num_magnitude_bins)) / max(self.num_magnitude_bins - 1, 1)
        return self._one(picture, share, rng)
