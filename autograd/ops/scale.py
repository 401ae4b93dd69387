"""Powers and their sums where the result fits into its dtype and an intermediate result does not.

A sum of squares is taken as it stands first. Only if what comes out is too large, too small or NaN, it is taken once
more of numbers that a power of two has brought near 1; multiplying by a power of two rounds nothing.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy import ndarray as Array

_LEAST = {char: float(np.finfo(char).tiny / np.finfo(char).eps) for char in "efd"}


def in_range(total: Any) -> bool:
    """Are all these sums of powers finite, and so large that terms which were rounded to 0 do not count?"""
    if total.size == 1:
        return _LEAST[total.dtype.char] < float(total.item()) < np.inf
    if total.size == 0:
        return True
    return bool(np.minimum.reduce(total, axis=None) > _LEAST[total.dtype.char]) and bool(
        np.maximum.reduce(total, axis=None) < np.inf
    )


def in_range_each(total: Any) -> Any:
    """The same question for each of them."""
    return (np.asarray(total) > _LEAST[total.dtype.char]) & (np.asarray(total) < np.inf)


def near_one(x: Array, axis: Any, pick: Any = np.maximum) -> tuple[Array, Array]:
    """x over 2**power, and the powers: the largest |x| along `axis`, which stays with size 1, lies in 1/2 .. 1 then.

    pick   np.minimum: the smallest |x|. Where that is 0, infinite or NaN the power is 0
    """
    most = pick.reduce(np.absolute(x), axis=axis, keepdims=True)
    _, power = np.frexp(np.where(np.isfinite(most), most, 0))
    return np.ldexp(x, -power), power


def back(z: Any, power: Array) -> Any:
    """z times 2**power."""
    return np.ldexp(z, power.reshape(np.shape(z)))
