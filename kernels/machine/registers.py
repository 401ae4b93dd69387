"""The vector registers of this machine: how many, how wide, and into which blocks work is cut that fills them.

The code that holds sums in registers has a variant per number of rows (and of vectors), because registers cannot be
indexed. `cut` and `cut_for_dot` cut any number of rows into such as there is code for in `simd`.

Imported only when a kernel that needs it is compiled: it loads Numba.
"""

from __future__ import annotations

import functools
from typing import Any

import llvmlite.binding
import numpy as np
from numba.core.registry import cpu_target


def _register_bytes() -> int:
    """What Numba compiles for: this machine, or what NUMBA_CPU_FEATURES says in its place."""
    features = str(cpu_target.target_context.codegen().magic_tuple()[2]).split(",")
    return 64 if "+avx512f" in features else 32 if "+avx2" in features else 16


WIDTH = _register_bytes()
"""Width of this machine's vector registers in bytes: AVX-512, AVX2, else SSE or NEON."""


def lanes(itemsize: int) -> int:
    """Floats of that many bytes in a register."""
    return WIDTH // itemsize


REGISTERS = 32 if WIDTH == 64 or "aarch64" in llvmlite.binding.get_process_triple() else 16
"""How many of them there are."""

ROWS = 14 if REGISTERS == 32 else 6
"""The most rows of `accumulate`: with two vectors of sums per row, and two of x."""

HEIGHTS = tuple(rows for rows in range(1, ROWS + 1) if rows <= 4 or rows % 2 == 0)
"""Numbers of rows that `accumulate` has code for: with all of them, it would take half as long again to compile."""

VECTORS = (0, *[next(v for v in (8, 4, 3, 2) if rows * v + v + 1 <= REGISTERS) for rows in range(1, ROWS + 1)])
"""Vectors of sums that `accumulate` holds for a number of rows; with few rows more, so that the additions overlap."""

LINE = 64
"""Bytes that are loaded into the cache together."""

NEAR = 24 << 10
"""Bytes that stay in the first-level cache while others stream through it."""

PANEL = 2
"""Vectors of a panel of columns of a matrix."""

PAIRS = (0, 14, 12, 9, 6, 5) if REGISTERS == 32 else (0, 12, 5, 3)
"""Places that `dot` takes at once for a number of rows of a: the sums and what feeds them fill the registers."""


PANEL_HEIGHTS = tuple(rows for rows in range(1, ROWS + 1) if rows <= 3 or rows % 2 == 0)
"""The same of `accumulate_panel`, whose rows may be filled up."""


@functools.cache
def cut(rows: int) -> Any:
    """How to cut rows into blocks for `accumulate`: (blocks, 3), the first row of each, how many it has, and vectors.

    A block costs about as much as its rows, at least six, and four more.
    """
    cheapest: list[tuple[float, list[tuple[int, int, int]]]] = [(0, [])]
    for count in range(1, rows + 1):
        costs = {
            height: cheapest[count - height][0] + max(height, 6) + 4 + height**2 / 1000  # rather equal ones
            for height in HEIGHTS
            if height <= count
        }
        height = min(costs, key=costs.__getitem__)
        block = count - height, height, VECTORS[height]
        cheapest.append((costs[height], [*cheapest[count - height][1], block]))
    return np.array(cheapest[rows][1])


@functools.cache
def cut_for_dot(rows: int, places: int) -> Any:
    """The same for `dot` and so many places: (blocks, 3), and how many places it takes at once.

    With few rows, loads of x take longer than multiplications.
    """

    def heights(most: int) -> list[int]:
        return [min(most, rows - start) for start in range(0, rows, most)]

    def cost(most: int) -> int:
        return sum(-(-places // PAIRS[tall]) * PAIRS[tall] * max(tall, 3) for tall in heights(most))

    most = min(range(1, len(PAIRS)), key=cost)
    return np.array([(k * most, tall, PAIRS[tall]) for k, tall in enumerate(heights(most))])
