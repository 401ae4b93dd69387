"""Transforms of pictures beside torchvision's, where that is installed: all that is random is held fast by its range."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from typing import Any

import numpy as np
import torch

import autograd
from nn.data import transforms as ours

from .compare import Check

CASES = """
Resize(16); Resize((20, 30)); Resize([24]); Resize(64); Resize(16, max_size=24)
Resize(16, I.NEAREST); Resize((50, 70), I.NEAREST); Resize(16, I.NEAREST_EXACT)
Resize(16, I.BICUBIC); Resize(64, I.BICUBIC); Resize(16, I.LANCZOS); Resize(16, I.BOX); Resize(16, I.HAMMING)
CenterCrop(16); CenterCrop((50, 20)); CenterCrop((8, 100)); FiveCrop(5); TenCrop(5); TenCrop((5, 6), True)
Pad(3); Pad((1, 2)); Pad((1, 2, 3, 4), 9); Pad(2, 0, "reflect"); Pad(2, 0, "edge"); Pad(2, 0, "symmetric")
RandomHorizontalFlip(1.0); RandomVerticalFlip(1.0); RandomResizedCrop(12, (1, 1), (1, 1))
Grayscale(1); RandomGrayscale(1.0); RandomInvert(1.0); RandomAutocontrast(1.0); RandomEqualize(1.0)
RandomPosterize(3, 1.0); RandomSolarize(100, 1.0); RandomAdjustSharpness(2.0, 1.0); RandomAdjustSharpness(0.0, 1.0)
ColorJitter((1.4, 1.4)); ColorJitter((0.3, 0.3)); ColorJitter(0, (0.6, 0.6)); ColorJitter(0, (1.8, 1.8))
ColorJitter(0, 0, (1.7, 1.7)); ColorJitter(0, 0, (0.2, 0.2)); ColorJitter(0, 0, 0, (0.2, 0.2))
ColorJitter(0, 0, 0, (-0.3, -0.3)); GaussianBlur(3, (1.0, 1.0)); GaussianBlur((3, 5), (0.7, 0.7))
RandomRotation((30, 30)); RandomRotation((90, 90), center=(3, 4)); RandomRotation((30, 30), expand=True)
RandomRotation((-70, -70), I.BILINEAR, fill=7); RandomAffine((20, 20), None, (1.2, 1.2), (5, 5, 3, 3))
RandomAffine((20, 20), (0, 0), center=(2, 3)); RandomAffine((20, 20), None, (0.7, 0.7), (5, 5), I.BILINEAR)
RandomPerspective(0.0, 1.0); RandomErasing(0.0); ToTensor(); PILToTensor(); ConvertImageDtype(F)
Normalize([0.5], [0.25])
"""
OFF = {"Resize": 1, "RandomResizedCrop": 1, "ColorJitter": 1}
"""How far values of uint8 in a Tensor may be off: torchvision computes these in whole numbers, or in another order."""


def _numbers(found: Any) -> list[np.ndarray[Any, Any]]:
    if isinstance(found, tuple):
        return [array for each in found for array in _numbers(each)]
    return [found.detach().numpy() if hasattr(found, "detach") else np.asarray(found)]


def _compared(text: str, pixels: np.ndarray[Any, Any], kind: str) -> str:
    from PIL import Image
    from torchvision import transforms as theirs

    results: list[Any] = []
    for library, t in ((torch, theirs), (autograd, ours)):
        made = eval(text, {"I": t.InterpolationMode, "F": library.float32}, vars(t))
        x: Any = Image.fromarray(pixels)
        if kind != "picture":
            x = library.from_numpy(np.ascontiguousarray(np.atleast_3d(pixels).transpose(2, 0, 1)))
        if kind == "float32":
            x = x.float() / 255
        try:
            results.append(_numbers(made(x)))
        except (TypeError, ValueError, NotImplementedError, RuntimeError) as error:
            results.append(str(error))
    wanted, got = results
    if isinstance(wanted, str) or isinstance(got, str):
        return ""  # what one of them takes as pictures only
    name = text.partition("(")[0]
    off = 1e-5 if kind == "float32" else OFF.get(name, 0) if kind == "uint8" else int(name == "RandomPerspective")
    for x, y in zip(wanted, got, strict=True):
        if (x.shape, x.dtype) != (y.shape, y.dtype):
            return f"{x.dtype} {x.shape} and {y.dtype} {y.shape}"
        far = np.abs(x.astype(np.float64) - y.astype(np.float64))
        if far.max() > off:
            return f"{(far > off).mean():.2%} are off, by up to {far.max():.3g}"
    return ""


def _checks(_: list[str]) -> Iterator[Check]:
    if importlib.util.find_spec("torchvision") is None:
        return
    rng = np.random.default_rng(0)
    shapes = [(40, 60, 3), (33, 31, 3), (7, 90, 3), (40, 60), (33, 31)]
    pictures = [rng.integers(0, 256, shape, np.uint8) for shape in shapes]
    for text in [each.strip() for line in CASES.strip().splitlines() for each in line.split(";")]:
        for kind in ("picture", "uint8", "float32"):
            if kind != "picture" and "BILINEAR" in text:
                continue  # torchvision darkens Tensors at borders: it weighs the border by its share twice
            for pixels in pictures:
                yield (
                    f"{text} of a {kind} {pixels.shape}",
                    lambda text=text, pixels=pixels, kind=kind: _compared(text, pixels, kind),
                )


FAMILIES = {"pictures": _checks}
