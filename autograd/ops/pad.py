"""Padding: value and rules side by side. `widths` has a pair (before, after) per axis, as for np.pad.

Both ops are closed under differentiation: cropping is padding by negative widths, and folding what was copied to the
edges back onto its source is the transpose of copying it there.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..op import op
from .index import add_at

Widths = tuple[tuple[int, int], ...]


def _negative(widths: Widths) -> Widths:
    return tuple([(-before, -after) for before, after in widths])


@op("pad", dx=lambda dz, widths: pad(dz, widths=_negative(widths)))
def pad(x: Any, *, widths: Widths, value: float = 0) -> Any:
    """x with `value` around it; a negative width cuts elements off."""
    source = tuple([slice(max(-b, 0), max(n - max(-a, 0), 0)) for n, (b, a) in zip(x.shape, widths, strict=True)])
    if all(before <= 0 and after <= 0 for before, after in widths):
        return np.array(x[source], order="C")
    shape = tuple([n + before + after for n, (before, after) in zip(x.shape, widths, strict=True)])
    target = tuple([slice(max(b, 0), max(n - max(a, 0), 0)) for n, (b, a) in zip(shape, widths, strict=True)])
    z = np.full(shape, value, x.dtype) if value else np.zeros(shape, x.dtype)
    z[target] = x[source]
    return z


def sources(n: int, before: int, after: int, mode: str) -> Any:
    """Which of the n elements of an axis each element of the padded axis repeats."""
    place = np.arange(-before, n + after)
    if mode == "replicate":
        return place.clip(0, n - 1)
    if mode == "circular":
        return place % n
    place = np.abs(place)  # reflect: the edge itself is not repeated
    return np.where(place >= n, 2 * (n - 1) - place, place)


def _along(axis: int, part: Any) -> tuple[Any, ...]:
    return (*[slice(None)] * axis, part)


@op("pad_edges", dx=lambda dz, widths, mode: fold_edges(dz, widths=widths, mode=mode))
def pad_edges(x: Any, *, widths: Widths, mode: str) -> Any:
    """x continued beyond its edges: "reflect", "replicate" or "circular"."""
    z = x
    for axis, (before, after) in enumerate(widths):
        if before or after:
            z = np.take(z, sources(z.shape[axis], before, after, mode), axis=axis)
    return np.array(x) if z is x else z


@op("fold_edges", dx=lambda dz, widths, mode: pad_edges(dz, widths=widths, mode=mode))
def fold_edges(x: Any, *, widths: Widths, mode: str) -> Any:
    """The transpose of `pad_edges`: what lies beyond the edges is added to the element it repeats."""
    z = x
    for axis, (before, after) in enumerate(widths):
        if not (before or after):
            continue
        n = z.shape[axis] - before - after
        place = sources(n, before, after, mode)
        outside, z = z, np.array(z[_along(axis, slice(before, before + n))], order="C")
        for part in (slice(before), slice(before + n, None)):
            add_at(z, outside[_along(axis, part)], _along(axis, place[part]))
    return np.array(x) if z is x else z
