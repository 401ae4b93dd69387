"""Arithmetic on large arrays in threads: one NumPy call reads and writes no faster than one processor can.

Whatever is not for these loops (few elements, other dtypes, broadcasting but by a number, gaps in memory) goes to
NumPy. Both give the same bits.
"""

from __future__ import annotations

from functools import partial

import numpy as np
from numpy import ndarray as Array

from ..machine import threads
from ..machine.fast import SIZES
from ..machine.jit import Kernel
from . import arithmetic_loops as loops

LEAST = 1 << 15  # elements that are worth a thread


def add(x: Array, y: Array) -> Array:
    """x + y."""
    z = _run(x, y, loops.add, loops.add_number)
    if z is None:
        z = _run(y, x, None, loops.add_number)
    return np.add(x, y) if z is None else z


def subtract(x: Array, y: Array) -> Array:
    """x - y."""
    z = _run(x, y, loops.subtract, loops.subtract_number, loops.number_subtract)
    return np.subtract(x, y) if z is None else z


def multiply(x: Array, y: Array) -> Array:
    """x * y."""
    z = _run(x, y, loops.multiply, loops.multiply_number)
    if z is None:
        z = _run(y, x, None, loops.multiply_number)
    return np.multiply(x, y) if z is None else z


def divide(x: Array, y: Array) -> Array:
    """x / y."""
    z = _run(x, y, loops.divide, loops.divide_number)
    return np.divide(x, y) if z is None else z


def tanh_slope(dz: Array, z: Array) -> Array:
    """dz * (1 - z * z)."""
    dx = _run(dz, z, loops.tanh_slope, None, loops.number_tanh_slope)
    return dz * (1 - z * z) if dx is None else dx


def relu(x: Array) -> Array:
    """The larger of x and 0; NaN stays NaN."""
    z = _run(x, np.zeros((), x.dtype), None, loops.relu)
    return np.maximum(x, 0) if z is None else z


def rectify(x: Array) -> None:
    """`relu` in the memory of x, contiguous, float32 or float64."""
    threads.split(x.size, partial(loops.rectify, x.reshape(-1)), LEAST)


def relu_slope(dz: Array, z: Array) -> Array:
    """dz where z is not 0, else dz * 0."""
    dx = _run(dz, z, loops.relu_slope, None, loops.number_relu_slope)
    return dz * (z != 0) if dx is None else dx


def _run(
    x: Array, y: Array, both: Kernel | None, right: Kernel | None = None, left: Kernel | None = None
) -> Array | None:
    """The loop for two arrays, or for a number on one side; None if there is none, or NumPy is as quick.

    A number that is repeated, as the gradient of a sum is, counts as one: it has no memory to run through.
    """
    alike = x.dtype is y.dtype or x.dtype == y.dtype
    if not alike or x.dtype.char not in "fd" or threads.get_num_threads() == 1:
        return None
    shape = x.shape if x.ndim else y.shape
    if y.ndim and y.shape != shape:
        return None
    if max(x.size, y.size) < SIZES["arithmetic"].least:
        return None
    x, y = _one(x), _one(y)
    # shortcut: an array whose elements are all one in memory counts as a number; only contiguous arrays of one shape
    # and dtype have a loop
    loop = (both if y.size > 1 else right) if x.size > 1 else left
    if loop is None or not (x.flags.c_contiguous and y.flags.c_contiguous and max(x.size, y.size) > 1):
        return None
    z = np.empty(shape, x.dtype)
    threads.split(z.size, partial(loop, x.reshape(-1), y.reshape(-1), z.reshape(-1)), LEAST)
    return z


def _one(x: Array) -> Array:
    """The first element if all are the same one in memory, else x."""
    return x if any(x.strides) or x.size == 1 else x[(slice(1),) * x.ndim]
