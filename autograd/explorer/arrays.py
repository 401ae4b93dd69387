"""Arrays as a page gets them: whole where they are small, else as statistics and a thumbnail."""

from __future__ import annotations

import base64
import math
from typing import Any

import numpy as np
from numpy import ndarray as Array

from .description import Picture, Values

CODES = {"f4": "<f4", "f8": "<f8", "i4": "<i4", "u1": "u1"}


def values_of(array: Any, whole: int, pixels: int) -> Values:
    """`whole`: how many elements an array may have that is kept as it is; `pixels`: of the thumbnails of others."""
    array = np.asarray(array)
    shape, dtype = list(array.shape), str(array.dtype)
    if array.dtype.kind not in "fiub":
        return Values(shape, dtype, "f8", "", {})
    if array.size > whole:
        return Values(shape, dtype, "f8", "", facts_of(array), thumbnail(array, pixels))
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
    finite = sheet[np.isfinite(sheet)]
    low, high = (float(finite.min()), float(finite.max())) if finite.size else (0.0, 0.0)
    scaled = np.clip((sheet - low) / (high - low or 1.0), 0, 1) * 254 + 1
    bytes_ = np.where(np.isfinite(sheet), scaled, 0).round().astype(np.uint8)
    return Picture(bytes_.shape[0], bytes_.shape[1], encoded(bytes_), low, high, note)


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
