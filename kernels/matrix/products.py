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
from typing import NamedTuple

import numpy as np
from numpy import ndarray as Array

from ..machine import simd, threads
from ..machine.jit import kernel
from . import panel

WORTH_A_THREAD = 500_000
"""Multiplications that pay for waking a thread."""


class Through(NamedTuple):
    """z = d @ w, for d (B, terms) and w (terms, K)."""

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
    simd.copy(d, simd.Source(simd.address(of.w) + column * size, K * size, 1, 0, wide), packed, terms, L)
    to, to_row = (simd.address(z) + column * size, K * size) if wide == L else (tile, row)
    at = simd.address(places)
    panel.multiply(d, B, panel.Product(simd.address(d), terms * size, at, packed, terms, zeros, 0, to, to_row))
    if wide < L:
        for b in range(B):
            target, source = z[b], room[(2 + terms + b) * L : (3 + terms + b) * L]
            for l in range(wide):
                target[column + l] = source[l]


@kernel
def _through(one: Through, other: Through, places: Array, L: int, first: int, last: int) -> None:
    """Some of the panels of both products; see `through`."""
    panels = (one.z.shape[1] + L - 1) // L
    room = panel.room((2 + one.d.shape[1] + len(one.d)) * L, one.d)
    room[:L] = 0
    for part in range(first, last):
        if part < panels:
            _times(one, part * L, L, places, room)
        else:
            _times(other, (part - panels) * L, L, places, room)


def through(d: Array, w: Array, d_2: Array, w_2: Array) -> tuple[Array, Array]:
    """d @ w and d_2 @ w_2, both d (B, J); all contiguous, of one dtype, float32 or float64."""
    sound = d.shape == d_2.shape and d.ndim == w.ndim == w_2.ndim == 2 and len(w) == len(w_2) == d.shape[1]
    if not sound or not known(d, w, d_2, w_2):
        raise ValueError(f"through: arrays do not fit: {d.shape} @ {w.shape}, {d_2.shape} @ {w_2.shape}")
    (B, J), K, K_2 = d.shape, w.shape[1], w_2.shape[1]
    one, other = Through(d, w, np.empty((B, K), d.dtype)), Through(d_2, w_2, np.empty((B, K_2), d.dtype))
    L = panel.columns(d.itemsize)
    parts = -(-K // L) - (-K_2 // L)
    work = partial(_through, one, other, panel.places(J, d.itemsize), L)
    threads.split(parts, work, WORTH_A_THREAD // max(B * J * L, 1))
    return one.z, other.z


@kernel
def _add_products(
    z: Array, lefts: Array, rights: Array, counts: Array, places: Array, L: int, first: int, last: int
) -> None:
    """Some of the panels of columns of all d; see `add_products`. places (the most rows,): of the rows of an x."""
    J, K = z.shape
    size = z.itemsize
    row = L * size
    most = len(places)
    room = panel.room((K + most + 1) * L, z)
    total, packed = room[: K * L], room[K * L :]
    for block in range(first, last):
        wide = min(L, J - block * L)
        total[:] = 0
        for step in range(len(lefts)):
            count = counts[step]
            simd.copy(z, simd.Source(lefts[step] + block * row, J * size, 1, 0, wide), simd.address(packed), count, L)
            to, at = simd.address(total), simd.address(places)
            of = panel.Product(rights[step], size, at, simd.address(packed), count, to, row, to, row)
            panel.multiply(z, K, of)
        for l in range(wide):
            target = z[block * L + l]
            for k in range(K):
                target[k] += total[k * L + l]


def add_products(z: Array, lefts: Sequence[Array], rights: Sequence[Array]) -> None:
    """z (J, K) += the sum of d.T @ x over the pairs d (B, J), x (B, K); all contiguous, of one dtype."""
    for d, x in zip(lefts, rights, strict=True):
        if d.ndim != 2 or x.ndim != 2 or z.shape != (d.shape[1], x.shape[1]) or len(d) != len(x):
            raise ValueError(f"add_products: arrays do not fit: {z.shape}, {d.shape}, {x.shape}")
    if not known(z, *lefts, *rights):
        raise ValueError("add_products: wanted contiguous arrays of one dtype, float32 or float64")
    J, K = z.shape
    L = panel.columns(z.itemsize)
    counts = np.array([len(d) for d in lefts], np.int64)
    most = int(counts.max(initial=0))
    places = np.arange(most) * (K * z.itemsize)
    work = partial(_add_products, z, _addresses(lefts), _addresses(rights), counts, places, L)
    threads.split(-(-J // L), work, WORTH_A_THREAD // max(int(counts.sum()) * K * L, 1))


def known(*arrays: Array) -> bool:
    """Are these contiguous arrays of one dtype that the loops have?"""
    kind = arrays[0].dtype
    for a in arrays:
        if a.dtype != kind or not a.flags.c_contiguous:
            return False
    return kind.char in "fd"


def _addresses(arrays: Sequence[Array]) -> Array:
    return np.array([a.__array_interface__["data"][0] for a in arrays], np.int64)
