"""Products that weights used at every step need, all of one kind at once, and with all matrices where they are.

    through        z = d @ w          from the cotangents of a step to those of what it was computed from
    add_products   z += sum over steps of d.T @ x          to the weights

Panels of columns of the right operand are copied, few at a time: rows that lie a power of two apart would drive each
other out of the cache.

Imported when it is first needed, because it loads Numba.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any, NamedTuple

import numpy as np
from numpy import ndarray as Array

from ..machine import moves, simd, threads
from ..machine.arrays import empty
from ..machine.jit import kernel
from . import panel

WORTH_A_THREAD = 500_000
"""Multiplications that pay for waking a thread."""


class Through(NamedTuple):
    """z = d @ w, for d (B, terms) and w (terms, K). It comes as a tuple: what class a value has is seen slowly."""

    d: Array
    w: Array
    z: Array


@kernel
def _times(of: Through, column: int, L: int, places: Array, room: Array) -> None:
    """A panel of z: the columns from `column` on. room (2 + terms + B, L), flat; its first row is 0."""
    d, z = of.d, of.z
    B, terms = d.shape
    K = of.w.shape[1]
    size = d.itemsize
    zeros, row = simd.address(room), L * size
    packed, tile = zeros + row, zeros + (2 + terms) * row
    wide = min(L, K - column)
    moves.copy(d, moves.Source(simd.address(of.w) + column * size, K * size, 1, 0, wide), packed, terms, L)
    to, to_row = (simd.address(z) + column * size, K * size) if wide == L else (tile, row)
    at = simd.address(places)
    panel.multiply(d, B, panel.Product(simd.address(d), terms * size, at, packed, terms, zeros, 0, to, to_row))
    if wide < L:
        for b in range(B):
            target, source = z[b], room[(2 + terms + b) * L : (3 + terms + b) * L]
            for l in range(wide):
                target[column + l] = source[l]


@kernel
def _through(of_one: Any, of_other: Any, places: Array, L: int, first: int, last: int) -> None:
    """Some of the panels of both products; see `through`."""
    one, other = Through(*of_one), Through(*of_other)
    panels = (one.z.shape[1] + L - 1) // L
    room = empty((2 + one.d.shape[1] + len(one.d)) * L, one.d.dtype)
    room[:L] = 0
    for part in range(first, last):
        if part < panels:
            _times(one, part * L, L, places, room)
        else:
            _times(other, (part - panels) * L, L, places, room)


def through(d: Array, w: Array, d_2: Array, w_2: Array) -> tuple[Array, Array] | None:
    """d @ w and d_2 @ w_2, both d (B, J). None where arrays have gaps, or are not of one dtype, float32 or float64."""
    sound = d.shape == d_2.shape and d.ndim == w.ndim == w_2.ndim == 2 and len(w) == len(w_2) == d.shape[1]
    if not sound:
        raise ValueError(f"through: arrays do not fit: {d.shape} @ {w.shape}, {d_2.shape} @ {w_2.shape}")
    if not _known(d, w, d_2, w_2):
        return None
    (B, J), K, K_2 = d.shape, w.shape[1], w_2.shape[1]
    z, z_2 = np.empty((B, K), d.dtype), np.empty((B, K_2), d.dtype)
    L = panel.columns(d.itemsize)
    parts = -(-K // L) - (-K_2 // L)
    work = partial(_through, (d, w, z), (d_2, w_2, z_2), panel.places(J, d.itemsize), L)
    threads.split(parts, work, WORTH_A_THREAD // max(B * J * L, 1))
    return z, z_2


@kernel
def _note(d: Array, x: Array, pairs: Array, step: int) -> None:
    """Where d and x are, and how many rows they have, as pairs[step]: NumPy takes longer to say where an array is."""
    pairs[step, 0] = simd.address(d)
    pairs[step, 1] = simd.address(x)
    pairs[step, 2] = len(d)


@kernel
def _add_products(z: Array, pairs: Array, places: Array, L: int, first: int, last: int) -> None:
    """Some of the panels of columns of all d; see `add_products`.

    pairs (steps, 3) as in `_note`;  places (the most rows,): of the rows of an x.
    """
    J, K = z.shape
    size = z.itemsize
    row = L * size
    most = len(places)
    room = empty((K + most + 1) * L, z.dtype)
    total, packed = room[: K * L], room[K * L :]
    for block in range(first, last):
        wide = min(L, J - block * L)
        total[:] = 0
        for step in range(len(pairs)):
            d, x, count = pairs[step, 0], pairs[step, 1], pairs[step, 2]
            moves.copy(z, moves.Source(d + block * row, J * size, 1, 0, wide), simd.address(packed), count, L)
            to, at = simd.address(total), simd.address(places)
            of = panel.Product(x, size, at, simd.address(packed), count, to, row, to, row)
            panel.multiply(z, K, of)
        for l in range(wide):
            target = z[block * L + l]
            for k in range(K):
                target[k] += total[k * L + l]


def add_products(z: Array, lefts: Sequence[Array], rights: Sequence[Array]) -> bool:
    """z (J, K) += the sum of d.T @ x over the pairs d (B, J), x (B, K).

    False, and nothing is added, where arrays have gaps, or are not of one dtype, float32 or float64.
    """
    pairs = np.empty((len(lefts), 3), np.int64)
    if not _known(z):
        return False
    for step, (d, x) in enumerate(zip(lefts, rights, strict=True)):
        if d.ndim != 2 or x.ndim != 2 or z.shape != (d.shape[1], x.shape[1]) or len(d) != len(x):
            raise ValueError(f"add_products: arrays do not fit: {z.shape}, {d.shape}, {x.shape}")
        if not _known(z, d, x):
            return False
        _note(d, x, pairs, step)
    J, K = z.shape
    L = panel.columns(z.itemsize)
    rows = pairs[:, 2]
    places = np.arange(rows.max(initial=0)) * (K * z.itemsize)
    work = partial(_add_products, z, pairs, places, L)
    threads.split(-(-J // L), work, WORTH_A_THREAD // max(int(rows.sum()) * K * L, 1))
    return True


def _known(first: Array, *others: Array) -> bool:
    """Are these contiguous arrays of one dtype that the loops have?"""
    dtype = first.dtype
    for a in others:
        if (a.dtype is not dtype and a.dtype != dtype) or not a.flags.c_contiguous:
            return False
    return dtype.char in "fd" and bool(first.flags.c_contiguous)
