"""Places in one piece of memory for values that live for some time: those that live together do not overlap.

The least memory is hard to find (it is the dynamic storage allocation problem). What is done is usual: one after the
other gets the first place that is free for as long as it lives; largest first, and in some other orders, of which the
best is taken (Pisarchyk and Lee, Efficient Memory Management for Deep Neural Net Inference, 2020).
"""

from __future__ import annotations

import bisect
from collections.abc import Callable

Life = tuple[int, int, int]
"""Bytes, the first and the last step."""

ORDERS: tuple[Callable[[Life], tuple[int, ...]], ...] = (
    lambda life: (-life[0], life[1], life[2]),  # largest first
    lambda life: (-life[0], -life[2], life[1]),
    lambda life: (-life[0] * (life[2] - life[1] + 1), -life[0], life[1]),  # what is there for long
)


def placed(lives: list[Life]) -> tuple[list[int], int]:
    """Where each begins, and where the last ends, in bytes.

    >>> placed([(64, 0, 1), (64, 1, 2), (64, 2, 3)])
    ([0, 64, 0], 128)
    """
    found = [_first_fit(lives, sorted(range(len(lives)), key=lambda k: order(lives[k]))) for order in ORDERS]
    return min(found, key=lambda pair: pair[1])


def _first_fit(lives: list[Life], order: list[int]) -> tuple[list[int], int]:
    there: list[tuple[int, int, int, int]] = []  # offset, end, first step, last step: by offset
    offsets, most = [0] * len(lives), 0
    for k in order:
        size, first, last = lives[k]
        offset = 0
        for start, end, begin, until in there:
            if until < first or begin > last:
                continue
            if start - offset >= size:
                break
            offset = max(offset, end)
        bisect.insort(there, (offset, offset + size, first, last))
        offsets[k] = offset
        most = max(most, offset + size)
    return offsets, most
