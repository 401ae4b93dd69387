"""Sums of products for a few rows and two vectors of columns at a time, held in registers: what a matrix product is.

    out[q, l] = start[q, l] + sum over t of a[places[t] + q] * w[t, l]

Compared with a call of BLAS it costs nothing to start, and the right operand stays packed: recurrent layers multiply by
the same weights at every step. One core of a Zen 5 reaches about 200 GFLOP/s with eight rows and more.

Imported only when a kernel that needs it is compiled: it loads Numba.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numba.core import types
from numpy import ndarray as Array

from ..machine import registers
from ..machine.instructions import Code, intrinsic, unpack_tuple
from ..machine.jit import kernel
from ..machine.registers import WIDTH

VECTORS = 2
"""Vectors of a panel."""

ROWS = 10 if registers.REGISTERS == 32 else 6
"""The most rows at once: with their sums, two vectors of w and some broadcast values in flight, registers are full."""


def aligned(size: int, dtype: Any) -> Array:
    """Memory that starts at a border of 64 bytes: no register is loaded across two lines of the cache."""
    room = np.empty(size + 16, dtype)
    skip = (-room.__array_interface__["data"][0] % 64) // room.itemsize
    return room[skip : skip + size]


@functools.lru_cache(maxsize=64)
def places(count: int, apart: int) -> Array:
    """0, apart, 2 * apart ...: how far `count` elements lie from the first of them."""
    return np.arange(count) * apart


def columns(itemsize: int) -> int:
    """How many columns a panel has."""
    return VECTORS * registers.lanes(itemsize)


TERMS = 256
"""Rows of w that are used at a time: 32 KiB."""


class Product(NamedTuple):
    """out[q, l] = start[q, l] + sum over t < terms of a[places[t] + q] * w[t, l], l being a lane of a panel.

    a_row, start_row, out_row   from a row to the next, in bytes as all addresses and places; w has no gaps
    start                       may be `out`; with start_row = 0 it is the same for all rows
    """

    a: Any
    a_row: Any
    places: Any
    w: Any
    terms: Any
    start: Any
    start_row: Any
    out: Any
    out_row: Any


@intrinsic
def tile(typing: Any, floats: Any, rows: Any, product: Any) -> Any:
    """A `Product` for 1 to ROWS rows. An array `floats` says which type of floats there are."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        code = Code(builder, signature.args[0].dtype)
        wanted = Product(*unpack_tuple(builder, arguments[2]))
        code.choose(arguments[1], {n: _variant(code, n, wanted) for n in range(1, ROWS + 1)})
        return context.get_dummy_value()

    return types.void(floats, types.intp, product), generate


def _variant(code: Code, rows: int, of: Product) -> Callable[[], None]:
    def emit() -> None:
        b = code.b

        def rows_from(address: Any, apart: Any) -> list[Any]:
            addresses = [address]
            for _ in range(rows - 1):
                addresses.append(b.add(addresses[-1], apart))
            return addresses

        def term(t: Any, state: list[Any]) -> list[Any]:
            place, weights, sums = state[0], state[1], state[2:]
            here = b.add(of.a, code.word(place))
            ws = [code.load(code.plus(weights, v * WIDTH)) for v in range(VECTORS)]
            added = []
            for q, address in enumerate(rows_from(here, of.a_row)):
                value = code.broadcast(address)
                added += [code.fma(value, ws[v], sums[q * VECTORS + v]) for v in range(VECTORS)]
            return [code.plus(place, 8), code.plus(weights, VECTORS * WIDTH), *added]

        first = [
            code.load(code.plus(row, v * WIDTH)) for row in rows_from(of.start, of.start_row) for v in range(VECTORS)
        ]
        sums = code.loop(of.terms, [of.places, of.w, *first], term)[2:]
        for q, row in enumerate(rows_from(of.out, of.out_row)):
            for v in range(VECTORS):
                code.store(sums[q * VECTORS + v], code.plus(row, v * WIDTH))

    return emit


@kernel
def multiply(floats: Any, rows: int, of: Product) -> None:
    """A `Product` for any number of rows, cut into tiles of about equal height.

    All tiles use a part of w, TERMS rows of it, before the next part is read: it stays in the first-level cache.
    """
    count = (rows + ROWS - 1) // ROWS
    line = VECTORS * WIDTH
    for first in range(0, max(of.terms, 1), TERMS):
        some = min(TERMS, of.terms - first)
        begin, apart = (of.out, of.out_row) if first else (of.start, of.start_row)
        places, w, done = of.places + 8 * first, of.w + first * line, 0
        for k in range(count):
            high = rows // count + (1 if k < rows % count else 0)
            a, start, out = of.a + done * of.a_row, begin + done * apart, of.out + done * of.out_row
            tile(floats, high, Product(a, of.a_row, places, w, some, start, apart, out, of.out_row))
            done += high
