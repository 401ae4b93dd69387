"""Sums of products for a few rows and two vectors of columns at a time, held in registers: what a matrix product is.

    out[q, l] = start[q, l] + sum over t of a[places[t] + q] * w[t, l]

Compared with a call of BLAS it costs nothing to start, and the right operand stays packed: recurrent layers multiply by
the same weights at every step. One core of a Zen 5 reaches about 200 GFLOP/s with eight rows and more.

Imported only when a kernel that needs it is compiled: it loads Numba.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np
from numba.core import types
from numba.extending import intrinsic
from numpy import ndarray as Array

from ..machine import simd
from ..machine.jit import kernel

VECTORS = 2
"""Vectors of a panel."""

ROWS = 10 if simd.REGISTERS == 32 else 6
"""The most rows at once: with their sums, two vectors of w and some broadcast values in flight, registers are full."""


@kernel
def room(size: int, like: Array) -> Array:
    """Memory for `size` elements that starts at a line of the cache: no register is loaded across two."""
    found = np.empty(size + 64, like.dtype)
    skip = -found.ctypes.data % 64 // like.itemsize
    return found[skip : skip + size]


@functools.lru_cache(maxsize=64)
def places(count: int, apart: int) -> Array:
    """0, apart, 2 * apart ...: how far `count` elements lie from the first of them."""
    return np.arange(count) * apart


def columns(itemsize: int) -> int:
    """How many columns a panel has."""
    return VECTORS * simd.lanes(itemsize)


TERMS = 256
"""Rows of w that are used at a time: 32 KiB."""


def _tile(
    typing: Any,
    floats: Any,
    rows: Any,
    a: Any,
    a_row: Any,
    places: Any,
    w: Any,
    terms: Any,
    start: Any,
    start_row: Any,
    out: Any,
    out_row: Any,
) -> Any:
    """The sum above for 1 to ROWS rows. Addresses, distances of rows and places are in bytes.

    An array `floats` says which type of floats there are. `start` may be `out`; with start_row = 0 it is the same for
    all rows.
    """

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        code = simd.Code(builder, signature.args[0].dtype)
        code.choose(arguments[1], {n: _variant(code, n, *arguments[2:]) for n in range(1, ROWS + 1)})
        return context.get_dummy_value()

    return types.void(floats, *[types.intp] * 10), generate


tile: Any = intrinsic(_tile)


def _variant(
    code: Any,
    rows: int,
    a: Any,
    a_row: Any,
    places: Any,
    w: Any,
    terms: Any,
    start: Any,
    start_row: Any,
    out: Any,
    out_row: Any,
) -> Callable[[], None]:
    def emit() -> None:
        b = code.b

        def rows_from(address: Any, apart: Any) -> list[Any]:
            addresses = [address]
            for _ in range(rows - 1):
                addresses.append(b.add(addresses[-1], apart))
            return addresses

        def term(t: Any, state: list[Any]) -> list[Any]:
            place, weights, sums = state[0], state[1], state[2:]
            here = b.add(a, code.word(place))
            ws = [code.load(code.plus(weights, v * simd.WIDTH)) for v in range(VECTORS)]
            added = []
            for q, address in enumerate(rows_from(here, a_row)):
                value = code.broadcast(address)
                added += [code.fma(value, ws[v], sums[q * VECTORS + v]) for v in range(VECTORS)]
            return [code.plus(place, 8), code.plus(weights, VECTORS * simd.WIDTH), *added]

        first = [
            code.load(code.plus(row, v * simd.WIDTH)) for row in rows_from(start, start_row) for v in range(VECTORS)
        ]
        sums = code.loop(terms, [places, w, *first], term)[2:]
        for q, row in enumerate(rows_from(out, out_row)):
            for v in range(VECTORS):
                code.store(sums[q * VECTORS + v], code.plus(row, v * simd.WIDTH))

    return emit


@kernel
def product(
    floats: Any,
    rows: int,
    a: int,
    a_row: int,
    places: int,
    w: int,
    terms: int,
    start: int,
    start_row: int,
    out: int,
    out_row: int,
) -> None:
    """`tile` for any number of rows, cut into tiles of about equal height.

    All tiles use a part of w, TERMS rows of it, before the next part is read: it stays in the first-level cache.
    """
    count = (rows + ROWS - 1) // ROWS
    line = VECTORS * simd.WIDTH
    for first in range(0, max(terms, 1), TERMS):
        some = min(TERMS, terms - first)
        begin, apart = (out, out_row) if first else (start, start_row)
        done = 0
        for k in range(count):
            high = rows // count + (1 if k < rows % count else 0)
            tile(
                floats,
                high,
                a + done * a_row,
                a_row,
                places + 8 * first,
                w + first * line,
                some,
                begin + done * apart,
                apart,
                out + done * out_row,
                out_row,
            )
            done += high
