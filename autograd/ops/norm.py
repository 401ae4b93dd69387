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
    b_dtype: Any,
    mean: Array,
    rstd: Array,
    view: Sizes,
    axes: Sizes,
    affine: Sizes,
    eps: float,
    centred: bool,
    wanted: Sizes,
) -> tuple[Any, Any, Any]:
    """Cotangents of x, w and b: by the kernel on arrays, by the formula it implements on Tensors."""
    size = affine_size(affine)
    if isinstance(dz, np.ndarray) and isinstance(x, np.ndarray) and not hasattr(w, "_apply"):
        scale = None if w is None else w.reshape(affine)
        dx, dw, db = kernels.normalise_grad(dz.reshape(view), x.reshape(view), scale, mean, rstd, axes, centred, affine)
        return dx.reshape(x.shape), dw.reshape(size), db.reshape(size)
    shape = x.shape
    x, dz = x.reshape(view), dz.reshape(view)
    d = x - mean_of(x, axis=axes, keepdims=True) if centred else x
    r = 1 / np.sqrt(mean_of(d * d, axis=axes, keepdims=True) + eps)
    h = d * r
    g = dz if w is None else dz * w.reshape(affine)
    inside = g - h * mean_of(g * h, axis=axes, keepdims=True)
    if centred:
        inside = inside - mean_of(g, axis=axes, keepdims=True)
    dw = unbroadcast(dz * h, affine).reshape(size) if 1 in wanted else None
    db = unbroadcast(dz, affine).reshape(size) if 2 in wanted else None
    return (r * inside).reshape(shape), dw, db
