"""Normalisation: batch, layer, group, instance and RMS norm are one op on different views of their input."""

# mypy: no-warn-return-any, allow-untyped-decorators

from __future__ import annotations

from typing import Any

import numpy as np

from kernels import norm as kernels

from ..broadcast import unbroadcast
from ..op import Array, op
from .reduce import mean as mean_of

Sizes = tuple[int, ...]


def _rule(
    dz: Any,
    x: Any,
    w: Any,
    mean: Array,
    rstd: Array,
    view: Sizes,
    axes: Sizes,
    affine: Sizes,
    size: Sizes,
    eps: float,
    centred: bool,
    wanted: Sizes,
) -> tuple[Any, Any, Any]:
    """Cotangents of x, w and b: by a kernel on arrays, by the formula it implements on Tensors."""
    shape = x.shape
    x, dz = x.reshape(view), dz.reshape(view)
    w = None if w is None else w.reshape(affine)
    dx: Any
    dw: Any
    db: Any
    if not any(hasattr(part, "_apply") for part in (dz, x, w)):
        plain = w is None and wanted == (0,)
        dx, dw, db = kernels.normalise_grad(dz, x, w, mean, rstd, axes, centred, rstd.shape if plain else affine)
        return dx.reshape(shape), None if plain else dw.reshape(size), None if plain else db.reshape(size)
    d = x - mean_of(x, axis=axes, keepdims=True) if centred else x
    r = 1 / np.sqrt(mean_of(d * d, axis=axes, keepdims=True) + eps)
    h = d * r
    g = dz if w is None else dz * w
    dx = g - h * mean_of(g * h, axis=axes, keepdims=True)
    if centred:
        dx = dx - mean_of(g, axis=axes, keepdims=True)
    dw = unbroadcast(dz * h, affine).reshape(size) if 1 in wanted else None
    db = unbroadcast(dz, affine).reshape(size) if 2 in wanted else None
    return (r * dx).reshape(shape), dw, db


@op("normalise", joint=_rule)
def normalise(
    x: Array,
    w: Any,
    b: Any,
    *,
    mean: Array,
    rstd: Array,
    view: Sizes,
    axes: Sizes,
    affine: Sizes,
    size: Sizes,
    eps: float,
    centred: bool,
) -> Array:
    """(x - mean) * rstd * w + b with the mean of x along `axes` and rstd = 1 / sqrt(its biased variance + eps).

    view          the shape under which x is looked at: `axes`, mean and rstd are those of the view
    affine        the shape under which w and b are broadcast against the view; their own is `size`
    mean, rstd    as `moments` gives them. They are functions of x, and the rule differentiates them
    centred       False: mean is 0, and rstd is made of the mean square (RMS norm)
    """
    scale, shift = [None if p is None else p.reshape(affine) for p in (w, b)]
    return kernels.normalise(x.reshape(view), scale, shift, mean, rstd).reshape(x.shape)


def moments(x: Array, *, view: Sizes, axes: Sizes, eps: float, centred: bool = True) -> tuple[Array, Array, Array]:
    """Mean, biased variance and 1 / sqrt(variance + eps) of the view along `axes`, which stay with size 1."""
    mean, var = kernels.moments(x.reshape(view), axes, centred)
    return mean, var, 1 / np.sqrt(var + eps)


@op(
    "scale_shift",
    broadcasts=True,
    dx=lambda dz, s: dz * s,
    ds=lambda dz, x: dz * x,
    dt=lambda dz: dz,
)
def scale_shift(x: Array, s: Array, t: Array) -> Any:
    """x * s + t."""
    z = np.multiply(x, s)
    z += t
    return z
