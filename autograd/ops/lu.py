"""The triangular factors of square matrices."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy import ndarray as Array

from ..op import op
from .decompose import again
from .linalg import solve


def _eliminated(x: Array, pivot: bool) -> tuple[Array, Array]:
    """Gauss's elimination of (..., m, n): L below the diagonal and U above it, and the pivots, counted from 1."""
    z = np.array(x, order="C")
    m, n = z.shape[-2:]
    k = min(m, n)
    pivots = np.broadcast_to(np.arange(1, k + 1, dtype=np.int32), (*z.shape[:-2], k)).copy()
    for i in range(k):
        if pivot:
            j = np.abs(z[..., i:, i]).argmax(-1)[..., None] + i
            pivots[..., i] = j[..., 0] + 1
            other = np.take_along_axis(z, j[..., None], -2)
            np.put_along_axis(z, j[..., None], z[..., i : i + 1, :].copy(), -2)
            z[..., i : i + 1, :] = other
        head = z[..., i : i + 1, i : i + 1]
        np.divide(z[..., i + 1 :, i : i + 1], head, out=z[..., i + 1 :, i : i + 1], where=head != 0)
        z[..., i + 1 :, i + 1 :] -= z[..., i + 1 :, i : i + 1] * z[..., i : i + 1, i + 1 :]
    return z, pivots


def pivots(x: Array) -> Array:
    """With which row each row is exchanged so that the largest element of the column divides: int32, counted from 1."""
    return _eliminated(x, True)[1]


def _lu_dx(dz: Any, x: Any, z: Any) -> Any:
    # dL = L tril(L^-1 dx U^-1, -1) and dU = triu(L^-1 dx U^-1) U, turned around
    (lower, upper), (dl, du) = again(lu, x, z), dz
    inner = np.tril(lower.mT @ dl, -1) + np.triu(du @ upper.mT)
    return solve(upper, solve(lower.mT, inner).mT).mT


@op("lu", outputs=2, dx=_lu_dx)
def lu(x: Array) -> tuple[Array, Array]:
    """Unit lower and upper triangular factors of square matrices, without exchanging rows."""
    z, _ = _eliminated(x, False)
    return np.tril(z, -1) + np.eye(x.shape[-1], dtype=x.dtype), np.triu(z)
