"""Memory with a border: an array for a kernel to write into, and proof that it wrote nowhere else."""

from __future__ import annotations

import contextlib
import ctypes
import math
import mmap
import sys
from collections.abc import Iterator
from typing import Any

import numpy as np

BORDER = 256
"""Bytes on either side: more than any tile of vectors reaches past its end."""


@contextlib.contextmanager
def canary(shape: int | tuple[int, ...], dtype: Any = np.float64, offset: int = 0) -> Iterator[np.ndarray]:
    """A contiguous array full of NaN (of -1 for integers) in memory with borders, which are compared at the end.

    offset   bytes by which the array misses an address that is a multiple of 64; a multiple of the item size gives an
             array as a slice of another would be, anything else one that is not even aligned to its items

    with canary((3, 5), np.float32, offset=4) as z:
        kernel(x, z)
    """
    dtype = np.dtype(dtype)
    shape = (shape,) if isinstance(shape, int) else shape
    size = math.prod(shape) * dtype.itemsize
    room = np.empty(size + 2 * BORDER + 64 + offset, np.uint8)
    room[:] = np.arange(room.size) * 37 % 251 + 1  # neither zero nor the same twice in a row
    before = room.copy()
    start = BORDER + (-(room.ctypes.data + BORDER) % 64) + offset
    array = np.ndarray(shape, dtype, room.data, start)
    array[...] = np.nan if dtype.kind in "fc" else -1 if dtype.kind == "i" else 1
    yield array
    changed = np.flatnonzero(room != before)
    outside = changed[(changed < start) | (changed >= start + size)]
    if outside.size:
        places = [int(place - start if place < start else place - start - size + 1) for place in outside[[0, -1]]]
        raise AssertionError(f"{outside.size} bytes outside of the array were written, from {places[0]} to {places[1]}")


@contextlib.contextmanager
def bordered() -> Iterator[None]:
    """Meanwhile, np.empty gives arrays of `canary`. Kernels must be compiled by then: Numba knows the real one."""
    real = np.empty
    with contextlib.ExitStack() as arrays:

        def empty(shape: int | tuple[int, ...], dtype: Any = np.float64) -> np.ndarray:
            np.empty = real
            try:
                return arrays.enter_context(canary(shape, dtype))
            finally:
                np.empty = empty

        np.empty = empty
        try:
            yield
        finally:
            np.empty = real


def at_the_edge(array: np.ndarray, side: str = "end") -> np.ndarray:
    """A copy next to memory that nobody may touch, behind its end or before its start: whoever does, crashes."""
    if sys.platform == "win32":  # without mprotect
        return array.copy()
    page = mmap.PAGESIZE
    size = -(-max(array.nbytes, 1) // page) * page
    room = mmap.mmap(-1, size + page)
    address = ctypes.addressof(ctypes.c_char.from_buffer(room))
    forbidden = address + size if side == "end" else address
    if ctypes.CDLL(None, use_errno=True).mprotect(ctypes.c_void_p(forbidden), ctypes.c_size_t(page), 0):
        raise OSError(ctypes.get_errno(), "mprotect")
    copy = np.ndarray(array.shape, array.dtype, room, size - array.nbytes if side == "end" else page)
    copy[...] = array
    return copy
