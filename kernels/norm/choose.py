"""Which loops normalise an array, and which view of it they are given: the compiled twins of `plain`.

Imported when it is first needed, because it loads Numba.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy import ndarray as Array

from . import channels, rows
from .plain import LOOPS, Axes, Statistics


def normalised(
    x: Array, w: Array | None, b: Array | None, axes: Axes, eps: float, centred: bool = True
) -> tuple[Array, Array, Array, Array]:
    x = np.ascontiguousarray(x)
    weight, shift = _per_element(x, axes, w, 1), _per_element(x, axes, b, 0)
    loops = LOOPS[x.ndim, axes, centred]
    if loops == "rows":
        z, statistics = rows.values(x, weight, shift, eps, centred)
        return z, *statistics[..., None]
    if loops == "channels":
        z, (mean, _, _, rstd, var) = channels.values(x, weight, shift, eps, False)
        shape: Axes = (1, x.shape[1], 1)
    else:
        z, mean, var, rstd = rows.group_values(_groups(x), weight, shift, eps)
        shape = (*x.shape[:2], *(1,) * (x.ndim - 2))
    return z.reshape(x.shape), mean.reshape(shape), var.reshape(shape), rstd.reshape(shape)


def normalised_grad(
    dz: Array, x: Array, w: Array | None, by: Statistics, affine: Axes | None
) -> tuple[Array, Any, Any]:
    dx = np.empty(x.shape, x.dtype)  # no view of another array: it may become somebody's .grad as it is
    dz, x = np.ascontiguousarray(dz.reshape(by.view)), np.ascontiguousarray(x.reshape(by.view))
    weight = _per_element(x, by.axes, w, 1)
    mean, rstd = by.mean.reshape(-1), by.rstd.reshape(-1)
    loops = LOOPS[x.ndim, by.axes, by.centred]
    if loops == "rows":
        dw, db = rows.slopes(dz, x, weight, mean, rstd, by.centred, dx.reshape(by.view))
    elif loops == "channels":
        scaling = channels.Scaling(mean, rstd * weight, rstd, rstd, rstd)  # without ReLU nobody asks what was added
        sums, products = channels.slopes(dz, x, scaling, False, False, dx.reshape(by.view))
        dw, db = (products * rstd).astype(x.dtype), sums.astype(x.dtype)
    else:
        groups = _groups(x)
        statistics = mean.reshape(groups.shape[:2]), rstd.reshape(groups.shape[:2])
        dw, db = rows.group_slopes(_groups(dz), groups, weight, *statistics, dx.reshape(groups.shape))
    return (dx, None, None) if affine is None else (dx, dw.reshape(affine), db.reshape(affine))


def scaled(x: Array, s: Array, t: Array) -> Array:
    return channels.scaled(_flat(x), s, t, False).reshape(x.shape)


def scaled_grad(dz: Array, x: Array, s: Array) -> tuple[Array, Array, Array]:
    dx = np.empty(x.shape, x.dtype)
    sums, products = channels.slopes(_flat(dz), _flat(x), channels.known(s, s), True, False, _flat(dx))
    return dx, sums, products


def _flat(x: Array) -> Array:
    """x (N, C, *) as a contiguous (N, C, L)."""
    return np.ascontiguousarray(x).reshape(*x.shape[:2], -1)


def _groups(x: Array) -> Array:
    """A view (N, C, L) or (N, G, K, L) whose rows (n, c) or (n, g) are normalised, as (N, G, K, L)."""
    return np.ascontiguousarray(x).reshape(*x.shape[:2], -1, x.shape[-1])


def _per_element(x: Array, axes: Axes, parameter: Array | None, without: int) -> Array:
    """w or b as a 1-d array; where there is none, one that is full of `without`."""
    if parameter is not None:
        line = parameter.reshape(-1)
        return line if line.flags.c_contiguous and line.dtype is x.dtype else np.ascontiguousarray(line, x.dtype)
    size = x.shape[1] if axes == (0, 2) or axes == (1,) else x.size // max(1, x.shape[0] * x.shape[-1])
    return np.full(size, without, x.dtype)
