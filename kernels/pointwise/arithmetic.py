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
from ..machine.jit import Kernel, kernel

LEAST = 1 << 15  # elements that are worth a thread

# Loops from 0 on become vector code: in others an index might count from the end. A number comes as an array (1,).


@kernel
def _add(x: Array, y: Array, z: Array, start: int, stop: int) -> None:
    x, y, z = x[start:stop], y[start:stop], z[start:stop]
    for i in range(z.size):
        z[i] = x[i] + y[i]


@kernel
def _add_number(x: Array, y: Array, z: Array, start: int, stop: int) -> None:
    c, x, z = y[0], x[start:stop], z[start:stop]
    for i in range(z.size):
        z[i] = x[i] + c


@kernel
def _subtract(x: Array, y: Array, z: Array, start: int, stop: int) -> None:
    x, y, z = x[start:stop], y[start:stop], z[start:stop]
    for i in range(z.size):
        z[i] = x[i] - y[i]


@kernel
def _subtract_number(x: Array, y: Array, z: Array, start: int, stop: int) -> None:
    c, x, z = y[0], x[start:stop], z[start:stop]
    for i in range(z.size):
        z[i] = x[i] - c


@kernel
def _subtract_from_number(x: Array, y: Array, z: Array, start: int, stop: int) -> None:
    c, y, z = x[0], y[start:stop], z[start:stop]
    for i in range(z.size):
        z[i] = c - y[i]


@kernel
def _multiply(x: Array, y: Array, z: Array, start: int, stop: int) -> None:
    x, y, z = x[start:stop], y[start:stop], z[start:stop]
    for i in range(z.size):
        z[i] = x[i] * y[i]


@kernel
def _multiply_number(x: Array, y: Array, z: Array, start: int, stop: int) -> None:
    c, x, z = y[0], x[start:stop], z[start:stop]
    for i in range(z.size):
        z[i] = x[i] * c


@kernel
def _divide(x: Array, y: Array, z: Array, start: int, stop: int) -> None:
    x, y, z = x[start:stop], y[start:stop], z[start:stop]
    for i in range(z.size):
        z[i] = x[i] / y[i]


@kernel
def _divide_number(x: Array, y: Array, z: Array, start: int, stop: int) -> None:
    c, x, z = y[0], x[start:stop], z[start:stop]
    for i in range(z.size):
        z[i] = x[i] / c


@kernel
def _tanh_slope(dz: Array, t: Array, z: Array, start: int, stop: int) -> None:
    dz, t, z = dz[start:stop], t[start:stop], z[start:stop]
    one = t.dtype.type(1)
    for i in range(z.size):
        z[i] = dz[i] * (one - t[i] * t[i])


@kernel
def _tanh_slope_of_number(dz: Array, t: Array, z: Array, start: int, stop: int) -> None:
    c, t, z = dz[0], t[start:stop], z[start:stop]
    one = t.dtype.type(1)
    for i in range(z.size):
        z[i] = c * (one - t[i] * t[i])


@kernel
def _relu(x: Array, y: Array, z: Array, start: int, stop: int) -> None:
    zero, x, z = y[0], x[start:stop], z[start:stop]
    for i in range(z.size):
        z[i] = zero if x[i] <= zero else x[i]


@kernel
def _rectify(x: Array, start: int, stop: int) -> None:
    x = x[start:stop]
    zero = x.dtype.type(0)
    for i in range(x.size):
        v = x[i]
        x[i] = zero if v <= zero else v


@kernel
def _relu_slope(dz: Array, r: Array, z: Array, start: int, stop: int) -> None:
    dz, r, z = dz[start:stop], r[start:stop], z[start:stop]
    one, zero = r.dtype.type(1), r.dtype.type(0)
    for i in range(z.size):
        z[i] = dz[i] * (one if r[i] != zero else zero)


@kernel
def _relu_slope_of_number(dz: Array, r: Array, z: Array, start: int, stop: int) -> None:
    c, r, z = dz[0], r[start:stop], z[start:stop]
    one, zero = r.dtype.type(1), r.dtype.type(0)
    for i in range(z.size):
        z[i] = c * (one if r[i] != zero else zero)


# ------------------------------------------------------------------------------------------- with plain signatures


def add(x: Array, y: Array) -> Array:
    """x + y."""
    z = _run(x, y, _add, _add_number)
    if z is None:
        z = _run(y, x, None, _add_number)
    return np.add(x, y) if z is None else z


def subtract(x: Array, y: Array) -> Array:
    """x - y."""
    z = _run(x, y, _subtract, _subtract_number, _subtract_from_number)
    return np.subtract(x, y) if z is None else z


def multiply(x: Array, y: Array) -> Array:
    """x * y."""
    z = _run(x, y, _multiply, _multiply_number)
    if z is None:
        z = _run(y, x, None, _multiply_number)
    return np.multiply(x, y) if z is None else z


def divide(x: Array, y: Array) -> Array:
    """x / y."""
    z = _run(x, y, _divide, _divide_number)
    return np.divide(x, y) if z is None else z


def tanh_slope(dz: Array, z: Array) -> Array:
    """dz * (1 - z * z)."""
    dx = _run(dz, z, _tanh_slope, None, _tanh_slope_of_number)
    return dz * (1 - z * z) if dx is None else dx


def relu(x: Array) -> Array:
    """The larger of x and 0; NaN stays NaN."""
    z = _run(x, np.zeros((), x.dtype), None, _relu)
    return np.maximum(x, 0) if z is None else z


def rectify(x: Array) -> None:
    """`relu` in the memory of x, contiguous, float32 or float64."""
    threads.split(x.size, partial(_rectify, x.reshape(-1)), LEAST)


def relu_slope(dz: Array, z: Array) -> Array:
    """dz where z is not 0, else dz * 0."""
    dx = _run(dz, z, _relu_slope, None, _relu_slope_of_number)
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
