"""Products of matrices, large ones by our own kernels.

A rule may return a `Product`, which is not computed yet: `fast.waiting` then makes one product of many.
"""

from __future__ import annotations

import math
from functools import cache
from typing import Any

import numpy as np
from numpy import ndarray as Array

from kernels.machine.fast import SIZES

LARGE, OUTER = SIZES["product"], SIZES["outer"]


def product(x: Any, y: Any) -> Any:
    """x @ y. Large products of arrays are made by our own kernels: BLAS's threads get in their way (matrix.gemm).

    Those of columns and rows, too: BLAS packs what is used once (matrix.outer).
    """
    if type(x) is np.ndarray and type(y) is np.ndarray:
        if x.ndim != y.ndim or x.ndim < 2:
            if x.ndim == 1 and x.strides[0] == 0:  # the cotangent of a sum: BLAS wants its number many times in a row
                x = np.ascontiguousarray(x)
            return x @ y
        total = x.size * y.shape[-1]
        if total >= OUTER.least and x.shape[-1] == y.shape[-2] == 1 and x.shape[:-2] == y.shape[:-2] and _floats(x, y):
            return _loops()[0].outer(x, y)
        if total >= LARGE.least >> 3 and _compiled(x, y):
            return _loops()[1].matmul(x, y)
    return x @ y


def product_into(x: Array, y: Array, out: Array) -> None:
    """Write `product(x, y)` of batches of matrices, with more than one term, into an array in order."""
    if _compiled(x, y):
        _loops()[1].matmul(x, y, out=out)
    else:
        np.matmul(x, y, out=out)


@cache
def _loops() -> tuple[Any, Any]:
    """What loads Numba: imported once, as looking for a module takes as long as a small product."""
    from kernels.matrix import gemm, outer

    return outer, gemm


def _floats(x: Array, y: Array) -> bool:
    """Have both a dtype that the kernels have?"""
    return x.dtype == y.dtype and x.dtype.char in "fd"


def _compiled(x: Array, y: Array) -> bool:
    """Is this a large product, or a batch of not too small ones, that the kernels have?"""
    shape = x.shape
    each = shape[-2] * shape[-1] * y.shape[-1]
    least = LARGE.least
    if each < least and (each < least >> 3 or each * math.prod(shape[:-2]) < least):
        return False
    # shortcut: equal dtypes, inner sizes and batches (nothing is broadcast); any layout
    return _floats(x, y) and shape[-1] == y.shape[-2] and shape[:-2] == y.shape[:-2]


class Product:
    """left.T @ right, not computed yet. left (B, R), right (B, C)."""

    __slots__ = ("left", "right")

    def __init__(self, left: Array, right: Array) -> None:
        self.left = left
        self.right = right

    def array(self) -> Any:
        """The product."""
        return product(self.left.T, self.right)


def product_of(left: Any, right: Any) -> Any:
    """left.T @ right: a `Product` of arrays, computed at once if there are Tensors."""
    if type(left) is np.ndarray and type(right) is np.ndarray:
        return Product(left, right)
    return product(left.T, right)


def computed(g: Any) -> Any:
    """A cotangent, or a tuple of them, without Products."""
    if type(g) is tuple:
        return tuple([computed(part) for part in g])
    return g.array() if type(g) is Product else g
