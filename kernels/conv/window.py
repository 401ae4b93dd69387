"""Window arithmetic: where the windows of a convolution lie, and what size comes out.

Along one axis, window number p covers the elements p * stride + i * dilation - padding for i = 0 .. kernel - 1; what
lies outside of the axis counts as 0. Arguments are tuples with one number per spatial axis.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator
from typing import TypeAlias

from numpy import ndarray as Array

from ..machine.views import seen

Sizes: TypeAlias = tuple[int, ...]


@functools.lru_cache(512)
def reach(kernel: Sizes, dilation: Sizes) -> Sizes:
    """How many elements a window spans.

    >>> reach((3, 3), (1, 2))
    (3, 5)
    """
    return tuple([(k - 1) * d + 1 for k, d in zip(kernel, dilation, strict=True)])


@functools.lru_cache(512)
def output_size(size: Sizes, kernel: Sizes, stride: Sizes, padding: Sizes, dilation: Sizes) -> Sizes:
    """How many windows fit into each axis with `padding` at both ends; 0 or less: none.

    >>> output_size((28, 5), (5, 2), (2, 2), (2, 0), (1, 1))
    (14, 2)
    """
    spans = reach(kernel, dilation)
    return tuple([(n + 2 * p - r) // s + 1 for n, r, s, p in zip(size, spans, stride, padding, strict=True)])


def transposed_size(
    size: Sizes, kernel: Sizes, stride: Sizes, padding: Sizes, dilation: Sizes, extra: Sizes = ()
) -> Sizes:
    """The smallest size with `size` windows, plus `extra`.

    >>> transposed_size((14,), (5,), (2,), (2,), (1,)), transposed_size((14,), (5,), (2,), (2,), (1,), (1,))
    ((27,), (28,))
    """
    spans = reach(kernel, dilation)
    least = [(n - 1) * s + r - 2 * p for n, r, s, p in zip(size, spans, stride, padding, strict=True)]
    return tuple([n + more for n, more in zip(least, extra or (0,) * len(least), strict=True)])


def same_padding(kernel: Sizes, dilation: Sizes) -> tuple[tuple[int, int], ...]:
    """(before, after) per axis with which stride 1 keeps the size; an odd element goes after.

    >>> same_padding((3, 4), (1, 1))
    ((1, 1), (1, 2))
    """
    return tuple([((r - 1) // 2, r // 2) for r in reach(kernel, dilation)])


@functools.lru_cache(512)
def extent(size: Sizes, kernel: Sizes, stride: Sizes, dilation: Sizes) -> Sizes:
    """How many elements `size` windows cover together, padding included."""
    return tuple([(n - 1) * s + r if n else 0 for n, s, r in zip(size, stride, reach(kernel, dilation), strict=True)])


def windows(x: Array, kernel: Sizes, size: Sizes, stride: Sizes, dilation: Sizes) -> Array:
    """View of x (C, *extent, N) as windows (C, *kernel, *size, N)."""
    if any(n < least for n, least in zip(x.shape[1:-1], extent(size, kernel, stride, dilation), strict=True)):
        raise ValueError(f"windows: {size} windows {kernel} do not fit into {x.shape[1:-1]}")
    first, *steps, last = x.strides
    inside = [step * d for step, d in zip(steps, dilation, strict=True)]
    between = [step * s for step, s in zip(steps, stride, strict=True)]
    return seen(x, (x.shape[0], *kernel, *size, x.shape[-1]), (first, *inside, *between, last))


def overlap(size: int, padding: int, covered: int) -> tuple[slice, slice]:
    """What an axis of `size` elements, put `padding` elements into a stretch of `covered`, has in common with it.

    Returns where that lies in the axis, and where in the stretch. Negative padding: the axis begins before the stretch.

    >>> overlap(5, 1, 7), overlap(5, -1, 3)
    ((slice(0, 5, None), slice(1, 6, None)), (slice(1, 4, None), slice(0, 3, None)))
    """
    start, before = min(max(padding, 0), covered), min(max(-padding, 0), size)
    length = min(size - before, covered - start)
    return slice(before, before + length), slice(start, start + length)


@functools.lru_cache(512)
def overlaps(size: Sizes, padding: Sizes, covered: Sizes) -> tuple[tuple[slice, ...], tuple[slice, ...]]:
    """`overlap` for all axes: an index of the array, and one of the stretch."""
    both = [overlap(*numbers) for numbers in zip(size, padding, covered, strict=True)]
    return tuple([inside for inside, _ in both]), tuple([outside for _, outside in both])


def pieces(count: int, most: int) -> Iterator[slice]:
    """0 .. count in about equal pieces of at most `most`.

    >>> list(pieces(7, 4))
    [slice(0, 4, None), slice(4, 7, None)]
    """
    number = -(-count // max(most, 1))
    for piece in range(number):
        yield slice(-(-count * piece // number), -(-count * (piece + 1) // number))
