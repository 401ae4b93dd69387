"""Arrays as pictures, in a PNG that stands in the page itself.

Numbers that are nowhere negative, of rank 3 or more, are images: black is the least, white the greatest. All else is a
heat map: nothing is transparent, blue is above zero, orange below, both the stronger the further, so that it reads on
light and on dark ground. What is not finite is magenta.
"""

from __future__ import annotations

import base64
import struct
import zlib
from typing import Any

import numpy as np
from numpy import ndarray as Array

SIDE = 256
"""Pixels that one plane of an array has at most; larger ones are shown as means of blocks."""

TILES = 24
"""Planes, or images, that are shown of an array."""

_ABOVE, _BELOW, _ODD = (55, 120, 230), (230, 120, 20), (220, 0, 200)


def png(pixels: Array) -> bytes:
    """A picture (H, W, 3 or 4) of bytes, as a file. Source: W3C, Portable Network Graphics, third edition, 2025."""
    height, width, depth = pixels.shape

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, {3: 2, 4: 6}[depth], 0, 0, 0)
    rows = np.concatenate([np.zeros((height, 1), np.uint8), pixels.reshape(height, -1)], axis=1)  # 0: no filter
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        [chunk(b"IHDR", header), chunk(b"IDAT", zlib.compress(rows.tobytes(), 6)), chunk(b"IEND", b"")]
    )


def shrunk(x: Array, step: int) -> Array:
    """Means of blocks of step x step in the last two axes of (N, H, W); those at the borders may be smaller."""
    rows, columns = np.arange(0, x.shape[1], step), np.arange(0, x.shape[2], step)
    sums = np.add.reduceat(np.add.reduceat(x, rows, axis=1), columns, axis=2)
    counts = np.outer(np.diff([*rows, x.shape[1]]), np.diff([*columns, x.shape[2]]))
    return sums / counts


def heat(x: Array) -> Array:
    """The colours (..., 4) of numbers: transparent at 0, blue above, orange below."""
    finite = np.isfinite(x)
    size = np.abs(np.where(finite, x, 0.0))
    share = size / (size.max(initial=0.0) or 1.0)
    colours = np.empty((*x.shape, 4), np.uint8)
    colours[..., :3] = np.where((x < 0)[..., None], np.array(_BELOW, np.uint8), np.array(_ABOVE, np.uint8))
    colours[..., 3] = np.where(size > 0, 25 + 230 * share, 0)
    colours[~finite] = (*_ODD, 255)
    return colours


def grey(x: Array) -> Array:
    """The colours (..., 4) of numbers from black, the least, to white, the greatest."""
    finite = np.isfinite(x)
    known = x[finite]
    low, high = (float(known.min()), float(known.max())) if known.size else (0.0, 1.0)
    level = np.where(finite, (x - low) / (high - low or 1.0), 0.0)
    colours = np.empty((*x.shape, 4), np.uint8)
    colours[..., :3] = np.round(255 * level)[..., None]
    colours[..., 3] = 255
    colours[~finite] = (*_ODD, 255)
    return colours


def is_image(x: Array) -> bool:
    """Does an array hold pictures, rather than numbers: (..., H, W), nowhere negative, and not merely a few?"""
    return x.ndim >= 3 and min(x.shape[-2:]) >= 6 and x.size > 0 and not bool((x < 0).any())


def tiles(x: Array) -> tuple[Array, str]:
    """Colours (N, H, W, 4) of the first planes of an array of any rank, and what they are.

    Three planes that are images, as the axis before the last two has them in (N, 3, H, W), are one picture in colour.
    """
    x = x.astype(np.float64, copy=False)
    if x.ndim < 2:
        return heat(x.reshape(1, 1, -1)[:, :, : 4 * SIDE]), ""
    image = is_image(x)
    if image and x.ndim in (3, 4) and x.shape[-3] == 3:
        planes = x.reshape(-1, 3, *x.shape[-2:])
        count, shown = len(planes), planes[:TILES]
        step = -(-max(x.shape[-2:]) // SIDE)
        small = shrunk(shown.reshape(-1, *x.shape[-2:]), step).reshape(len(shown), 3, -1, -(-x.shape[-1] // step))
        found = np.moveaxis(grey(small)[..., 0], 1, -1)
        colours = np.concatenate([found, np.full((*found.shape[:-1], 1), 255, np.uint8)], axis=-1)
        return colours, _which(len(shown), count, "images")
    planes = x.reshape(-1, *x.shape[-2:])
    shown = planes[:TILES]
    step = -(-max(x.shape[-2:]) // SIDE)
    small = shrunk(shown, step) if step > 1 else shown
    note = _which(len(shown), len(planes), "images" if image else f"planes of {x.shape[-2]} x {x.shape[-1]}")
    blocks = f"means of blocks of {step} x {step}" if step > 1 else ""
    return (grey if image else heat)(small), ", ".join(part for part in (note, blocks) if part)


def _which(shown: int, count: int, what: str) -> str:
    return f"the first {shown} of {count} {what}" if shown < count else (f"{count} {what}" if count > 1 else "")


def picture(colours: Array, alt: str, pixel: int = 0) -> str:
    """Colours (H, W, 4) as an element of a page; `pixel`: how large each is drawn, 0 for what fits."""
    height, width = colours.shape[:2]
    pixel = pixel or max(1, min(12, 260 // max(height, width, 1)))
    data = base64.b64encode(png(np.ascontiguousarray(colours))).decode()
    style = (
        f"width:{width * pixel}px;height:{height * pixel}px;image-rendering:pixelated;display:inline-block;"
        "border:1px solid rgba(128,128,128,.4);margin:2px;max-width:none;background:none"
    )
    return f'<img alt="{alt}" style="{style}" src="data:image/png;base64,{data}">'


def heat_map(x: Any, alt: str = "heat map") -> str:
    """A matrix as a picture."""
    return picture(tiles(np.asarray(x).reshape(-1, np.shape(x)[-1]))[0][0], alt)


def picture_of(x: Any, captions: list[str] | None = None) -> tuple[str, str]:
    """An array of any rank as pictures beside each other, and what they show. `captions`: a word below each."""
    array = np.asarray(x)
    colours, note = tiles(array)
    pixel = max(1, min(12, (260 if len(colours) == 1 else 84) // max(colours.shape[1:3])))
    if array.ndim < 2:
        pixel = max(1, min(12, 720 // colours.shape[2]))
        colours = np.repeat(colours, -(-16 // pixel), axis=1)
    found = ""
    for number, each in enumerate(colours):
        word = captions[number] if captions and number < len(captions) else ""
        below = f'<span style="display:block;text-align:center;font-size:.85em">{word}</span>' if captions else ""
        found += f'<span style="display:inline-block">{picture(each, f"plane {number}", pixel)}{below}</span>'
    return f'<div style="line-height:1.2">{found}</div>', note
