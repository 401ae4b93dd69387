"""Arrays as a page gets them: exactly where they are small, else in 255 steps, and huge ones as thumbnails.

Those in 255 steps and thumbnails come with their statistics; the page shows them, and computes nothing with them.
"""

from __future__ import annotations

import base64
import math
from typing import Any, NamedTuple

import numpy as np
from numpy import ndarray as Array

from .description import Picture, Values

BUDGET = 420_000
"""Bytes, about, that the exact arrays of a page may take."""

SIZES = (4096, 1024, 256, 64, 16)
"""How many elements an array may have that is kept exactly: the first of these that the budget allows."""

ROUGH = 330_000
"""Elements of all arrays in 255 steps together: each takes a byte and a third."""

CODES = {"f4": "<f4", "f8": "<f8", "i4": "<i4", "u1": "u1"}


class Limits(NamedTuple):
    """Up to how many elements an array is kept exactly, and in 255 steps; pixels of the thumbnails of others."""

    whole: int
    rough: int = 0
    pixels: int = 1024

    def note(self, sizes: list[int]) -> str:
        """What a reader is told about arrays of these sizes."""
        last = "the page cannot compute with them."
        large = [size for size in sizes if size > self.whole]
        huge = sum(size > self.rough for size in large)
        if not large:
            return ""
        if not huge:
            return f"Arrays of more than {self.whole:,} elements are shown to 1/254 of their range: {last}"
        few = f"of more than {max(self.rough, self.whole):,} as thumbnails"
        rest = f"Arrays of more than {self.whole:,} elements are shown to 1/254 of their range, those {few}: {last}"
        alone = f"Arrays of more than {self.whole:,} elements are shown as thumbnails with their statistics: {last}"
        return rest if huge < len(large) else alone


def limits(sizes: list[int]) -> Limits:
    """What a page can hold of arrays of these sizes."""
    whole = next((limit for limit in SIZES if sum(6 * x if x <= limit else 600 for x in sizes) <= BUDGET), SIZES[-1])
    rough = total = 0
    for size in sorted(size for size in sizes if size > whole):
        total += size
        if total > ROUGH:
            break
        rough = size
    many = sum(size > max(whole, rough) for size in sizes)
    return Limits(whole, rough, min(4096, max(256, BUDGET // 2 // max(1, many))))


def values_of(array: Any, kept: Limits) -> Values:
    """An array as far as the page can hold it."""
    array = np.asarray(array)
    shape, dtype = list(array.shape), str(array.dtype)
    if array.dtype.kind not in "fiub":
        return Values(shape, dtype, "f8", "", {})
    if kept.whole < array.size <= kept.rough:
        data, low, high = in_steps(array.astype(np.float64, copy=False))
        return Values(shape, dtype, "u1", encoded(data), facts_of(array), bounds=[low, high])
    if array.size > kept.whole:
        return Values(shape, dtype, "f8", "", facts_of(array), thumbnail(array, kept.pixels))
    code = code_of(array)
    return Values(shape, dtype, code, encoded(array.astype(CODES[code])), {})


def code_of(array: Array) -> str:
    """The kind of numbers that holds all elements exactly (whole numbers beyond 2 to the 53 aside)."""
    if array.dtype.kind == "f":
        return "f8" if array.dtype.itemsize > 4 else "f4"
    if array.dtype.kind == "b":
        return "u1"
    return "i4" if array.size == 0 or np.abs(array.astype(np.float64)).max() < 2**31 else "f8"


def encoded(array: Array) -> str:
    """The bytes in base64."""
    return base64.b64encode(np.ascontiguousarray(array).tobytes()).decode("ascii")


def facts_of(array: Array) -> dict[str, float | int | None]:
    """Statistics; least, greatest, mean and norm are of the finite elements."""
    x = array.astype(np.float64, copy=False)
    finite = x[np.isfinite(x)]
    return {
        "min": float(finite.min()) if finite.size else None,
        "max": float(finite.max()) if finite.size else None,
        "mean": float(finite.mean()) if finite.size else None,
        "norm": float(math.sqrt(np.square(finite).sum())) if finite.size else None,
        "zero": int((x == 0).sum()),
        "nan": int(np.isnan(x).sum()),
        "inf": int(np.isinf(x).sum()),
    }


def thumbnail(array: Array, pixels: int) -> Picture:
    """The last two axes as a picture, the first of the others beside each other; means of blocks where it is large."""
    tiles, note = _tiles(array.astype(np.float64, copy=False), pixels)
    count, rows, columns = tiles.shape
    across = math.ceil(math.sqrt(count * rows / max(columns, 1))) if count > 1 else 1
    across = min(max(across, 1), count)
    down = math.ceil(count / across)
    gap = 1 if count > 1 else 0
    sheet = np.full((down * (rows + gap) - gap, across * (columns + gap) - gap), np.nan)
    for number, tile in enumerate(tiles):
        top, left = (number // across) * (rows + gap), (number % across) * (columns + gap)
        sheet[top : top + rows, left : left + columns] = tile
    data, low, high = in_steps(sheet)
    return Picture(data.shape[0], data.shape[1], encoded(data), low, high, note)


def in_steps(x: Array) -> tuple[Array, float, float]:
    """A byte for each element: 1 to 255 go from the least to the greatest, which are returned too; 0 is NaN or inf."""
    finite = np.isfinite(x)
    low, high = (float(x[finite].min()), float(x[finite].max())) if finite.any() else (0.0, 0.0)
    scaled = np.clip((np.where(finite, x, low) - low) / (high - low or 1.0), 0, 1) * 254 + 1
    return np.where(finite, scaled, 0).round().astype(np.uint8), low, high


def _tiles(x: Array, pixels: int) -> tuple[Array, str]:
    """A few pictures of equal size out of an array, and what they are."""
    if x.ndim < 2:
        flat = x.reshape(-1)
        side = math.ceil(math.sqrt(flat.size))
        padded = np.full(side * side, np.nan)
        padded[: flat.size] = flat
        x, what = padded.reshape(1, side, side), f"{flat.size:,} elements, row by row"
    else:
        what = ""
        x = x.reshape(-1, *x.shape[-2:])
    number = x.shape[0]
    each = max(pixels // min(number, 16), 16)
    step = max(1, math.ceil(math.sqrt(x.shape[1] * x.shape[2] / each)))
    kept = x[: max(1, min(number, pixels // max(1, each)))]
    if step > 1:
        kept = _shrunk(kept, step)
    if not what:
        what = f"the first {len(kept)} of {number} planes of {x.shape[1]} x {x.shape[2]}" if number > 1 else ""
    if step > 1:
        what = ", ".join(part for part in (what, f"means of blocks of {step} x {step}") if part)
    return kept, what or "all of it, in 255 steps"


def _shrunk(x: Array, step: int) -> Array:
    """Means of blocks; those at the borders may be smaller."""
    rows, columns = np.arange(0, x.shape[1], step), np.arange(0, x.shape[2], step)
    sums = np.add.reduceat(np.add.reduceat(x, rows, axis=1), columns, axis=2)
    counts = np.outer(np.diff([*rows, x.shape[1]]), np.diff([*columns, x.shape[2]]))
    return sums / counts
