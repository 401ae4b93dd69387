"""What windows are, as tables of positions: slow and obvious, and so cheap that every combination can be tried.

An axis of n elements with windows (k, s, p, d): window w has the elements w * s - p + i * d for i = 0 .. k - 1; what is
not on the axis is written as -1. From the tables of the axes come those of the whole array, and from those
everything else: the largest element, the sum, the matrix that an average or a convolution multiplies by.
"""

from __future__ import annotations

import functools
import itertools

import numpy as np


def axis_settings(sizes, windows, strides, dilations=(1,), padding=None):
    """All (n, k, s, p, d) of one axis; padding at most half of a window, or up to `padding`."""
    return [
        (n, k, s, p, d)
        for n, k, s, d in itertools.product(sizes, windows, strides, dilations)
        for p in range((k // 2 if padding is None else padding) + 1)
        if k > 1 or d == 1
    ]


def every(grid, dims):
    """All settings of `dims` axes: shape, size, stride, padding, dilation."""
    for axes in itertools.product(grid, repeat=dims):
        yield tuple(zip(*axes, strict=True))


def count_of_windows(n, k, s, p, d, ceil_mode=False):
    """They begin s apart, from p before the first element on, and end within p after the last; with `ceil_mode` there
    is one more if anything is left over, and if it begins no later than the last element."""
    room = n + 2 * p - d * (k - 1) - 1
    full = room // s + 1
    return full + 1 if ceil_mode and room % s and full * s < n + p else full


@functools.lru_cache(maxsize=1 << 14)
def elements(n, k, s, p, d, out):
    """(P, K): where element i of window w lies on the axis; -1 if it is not inside."""
    at = np.arange(out)[:, None] * s - p + np.arange(k) * d
    return np.where((at >= 0) & (at < n), at, -1)


def joined(shape, tables):
    """(P, K), both row-major over all axes: positions of the elements of each window in the row-major array, and -1."""
    flat = np.zeros((1, 1), np.int64)
    for n, table in zip(shape, tables, strict=True):
        outer, inner = flat[:, None, :, None], table[None, :, None, :]
        flat = np.where((outer < 0) | (inner < 0), -1, outer * n + inner).reshape(len(flat) * len(table), -1)
    return flat


def adaptive_elements(n, out):
    """(P, K): window i of `out` is from floor(i n / out) to ceil((i + 1) n / out)."""
    ends = [(i * n // out, -(-(i + 1) * n // out)) for i in range(out)]
    longest = max((end - begin for begin, end in ends), default=0)
    return np.array([[b + i if b + i < e else -1 for i in range(longest)] for b, e in ends]).reshape(out, longest)


def largest(x, at):
    """The position of the largest element of each window of each row of x: the first of equal ones, the last NaN."""
    _, rank = np.unique(x, return_inverse=True)
    rank = np.where(np.isnan(x), x.size + np.arange(x.size).reshape(x.shape), rank.reshape(x.shape))
    winner = np.where(at < 0, -1, rank[:, at]).argmax(-1)
    return np.take_along_axis(np.broadcast_to(at, (*winner.shape, at.shape[1])), winner[..., None], -1)[..., 0]


def sums(at, count):
    """The matrix (P, count) that adds up the elements of each window of a row of `count` elements."""
    matrix = np.zeros((len(at), count + 1))
    np.add.at(matrix, (np.arange(len(at))[:, None], at), 1)
    return matrix[:, :count]  # -1 was the last column


def columns(x, at):
    """x (N, C, L) as (N, C, P, K): the elements of each window, 0 for those that are not inside."""
    return np.where(at < 0, 0, x[:, :, at])


def added_back(z, at, count):
    """The transpose of `columns`: (N, C, P, K) to (N, C, count)."""
    x = np.zeros((*z.shape[:2], count + 1))
    np.add.at(x, (slice(None), slice(None), at), z)
    return x[:, :, :count]
