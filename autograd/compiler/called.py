"""What the text of compiled functions calls, beside the machine and operations as they are."""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
from numpy import ndarray as Array

from ..errors import GuardError


def contiguous(x: Any, dtype: Any) -> Array:
    """An array as the machine reads it."""
    if type(x) is np.ndarray and x.flags.c_contiguous and x.dtype == dtype:
        return x
    return np.asarray(x, dtype, "C")


def shaped(x: Any, shape: tuple[int, ...], line: str) -> None:
    """Raise GuardError if a result has another shape than in the capture: what a mask picks, or counts repeat."""
    if np.shape(x) != shape:
        raise GuardError(
            f"at {line} there was a result of shape {shape} in the capture, and there is {np.shape(x)} now"
        )


def changed(guard: Any, name: str) -> None:
    """Raise GuardError: Python would be told something else than when the program of that name was captured."""
    error = GuardError(
        f"{name}: at {guard.line} Python was told {guard.value!r} by {guard.how}() when the program was captured, and "
        "would be told something else now"
    )
    error.guard = guard
    raise error


def own(x: Any) -> Array:
    """A result of an op as an array that nobody else has."""
    if type(x) is np.ndarray and (x.flags.owndata or _is_alone(x)):
        return x
    return np.array(x)


def _references(x: Array) -> int:
    """How many there are to the array whose memory x looks into, with one of our own."""
    return sys.getrefcount(x.base)


ALONE = _references(np.empty(2)[:])
"""As many as there are where only x has one."""


def _is_alone(x: Array) -> bool:
    """Is x another form of a whole array that nobody else has?"""
    if _references(x) != ALONE or not x.flags.writeable:
        return False
    return type(x.base) is np.ndarray and x.base.nbytes == x.nbytes


def multiply(x: Array, y: Array, z: Array, ready: Array | None = None) -> None:
    """z = x @ y, of large matrices, by our own kernels. ready: what `packed(y)` gave."""
    from kernels.matrix.gemm import matmul

    matmul(x, y, out=z, ready=ready)


def packed(y: Array) -> Array | None:
    """A weight that is multiplied by several times: copied once, as the kernels read it."""
    from kernels.matrix.gemm import pack

    return pack(y)
