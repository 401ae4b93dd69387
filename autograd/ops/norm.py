"""Normalisation: batch, layer, group, instance and RMS norm are one op on different views of their input."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy import ndarray as Array

from kernels.norm import plain as kernels

from ..op import op
from .reduce import mean as mean_of
from .scale import near_one

Sizes = tuple[int, ...]


def moved(x: Array, y: Array, momentum: float, scale: float, out: Array | None = None) -> Array:
    """x + momentum * (scale * y - x) of the shape and dtype of x, which may be `out`: a step of a running average."""
    z = np.multiply(x, 1 - momentum, out=out)
    z += (y if scale == 1.0 else y * scale).reshape(x.shape) * momentum
    return z


@op(
    "running_average",
    dx=lambda dz, momentum: dz * (1 - momentum),
    dy=lambda dz, y_shape, momentum, scale: (dz * momentum * scale).reshape(y_shape),
)
def running_average(x: Array, y: Array, *, momentum: float, scale: float) -> Array:
    """`moved`."""
    return moved(x, y, momentum, scale)


def normalise_formula(
    x: Any, w: Any, b: Any, *, view: Sizes, axes: Sizes, affine: Sizes, size: Sizes, eps: float, centred: bool
) -> Any:
    """(x - mean) / sqrt(variance + eps) * w + b in primitives; arguments as in `normalise`."""
    y = x.reshape(view)
    d = y - mean_of(y, axis=axes, keepdims=True) if centred else y
    z = d / np.sqrt(mean_of(d * d, axis=axes, keepdims=True) + eps)
    if w is not None:
        z = z * w.reshape(affine)
    if b is not None:
        z = z + b.reshape(affine)
    return z.reshape(x.shape)


def _rule(
    dz: Array,
    x: Array,
    w: Any,
    mean: Array,
    rstd: Array,
    view: Sizes,
    axes: Sizes,
    affine: Sizes,
    size: Sizes,
    centred: bool,
    wanted: Sizes,
) -> tuple[Any, Any, Any]:
    form = None if w is None and wanted == (0,) else affine
    w = None if w is None else w.reshape(affine)
    dx, dw, db = kernels.normalised_grad(dz, x, w, kernels.Statistics(mean, rstd, view, axes, centred), form)
    return (dx, None, None) if form is None else (dx, dw.reshape(size), db.reshape(size))


@op("normalise", joint=_rule, keeps=("mean", "var", "rstd"), formula=normalise_formula, private=("w",))
def normalise(
    x: Array,
    w: Any,
    b: Any,
    *,
    view: Sizes,
    axes: Sizes,
    affine: Sizes,
    size: Sizes,
    eps: float,
    centred: bool,
) -> tuple[Array, Array, Array, Array]:
    """(x - mean) * rstd * w + b with the mean of x along `axes` and rstd = 1 / sqrt(its biased variance + eps).

    view          the shape under which x is looked at: `axes`, mean and rstd are those of the view
    affine        the shape under which w and b are broadcast against the view; their own is `size`
    centred       False: mean is 0, and rstd is made of the mean square (RMS norm)
    """
    return normalised(x, w, b, view=view, axes=axes, affine=affine, eps=eps, centred=centred)


def normalised(
    x: Array,
    w: Array | None,
    b: Array | None,
    *,
    view: Sizes,
    axes: Sizes,
    affine: Sizes,
    eps: float,
    centred: bool = True,
) -> tuple[Array, Array, Array, Array]:
    """The value of `normalise`, and mean, biased variance and rstd of the view along `axes`, which stay with size 1."""
    scale = None if w is None else w.reshape(affine)
    shift = None if b is None else b.reshape(affine)
    if x.dtype == np.float16:
        wide = [None if part is None else part.astype(np.float32) for part in (x, w, b)]
        z, mean, var, rstd = normalised(*wide, view=view, axes=axes, affine=affine, eps=eps, centred=centred)  # type: ignore[arg-type]
        return z.astype(x.dtype), mean, var, rstd
    z, mean, var, rstd = kernels.normalised(x.reshape(view), scale, shift, axes, eps, centred)
    if not np.add.reduce(var, axis=None) < math.inf:
        z, mean, var, rstd = _normalised_far(x.reshape(view), scale, shift, axes, eps, centred)
    return z.reshape(x.shape), mean, var, rstd


def _normalised_far(
    x: Array, w: Any, b: Any, axes: Sizes, eps: float, centred: bool
) -> tuple[Array, Array, Array, Array]:
    """The same for numbers whose squares or sums do not fit into their dtype, although what is asked for does."""
    y, power = near_one(x, axes)
    mean = np.mean(y, axis=axes, keepdims=True) if centred else np.zeros(power.shape, x.dtype)
    d = y - mean
    var = np.mean(d * d, axis=axes, keepdims=True)
    rstd = 1 / np.sqrt(var + np.ldexp(x.dtype.type(eps), -2 * power))
    z = d * rstd if w is None else d * rstd * w
    with np.errstate(over="ignore"):
        statistics = np.ldexp(mean, power), np.ldexp(var, 2 * power), np.ldexp(rstd, -power)
    return z if b is None else z + b, *statistics


# ------------------------------------------------------------------------------------- statistics that are constants


def factors(w: Any, b: Any, mean: Array, rstd: Array) -> tuple[Any, Any]:
    """s and t of x * s + t = (x - mean) * rstd * w + b."""
    s = rstd if w is None else rstd * w
    t = s * -mean
    return s, t if b is None else t + b


def scale_shift_formula(x: Any, w: Any, b: Any, *, mean: Array, rstd: Array) -> Any:
    """(x - mean) * rstd * w + b in primitives."""
    column = (1, -1, *[1] * (len(x.shape) - 2))
    z = (x - mean.reshape(column)) * rstd.reshape(column)
    if w is not None:
        z = z * w.reshape(column)
    return z if b is None else z + b.reshape(column)


def _scale_rule(dz: Array, x: Array, w: Any, mean: Array, rstd: Array) -> tuple[Any, Any, Any]:
    dx, sums, products = kernels.scaled_grad(dz, x, rstd if w is None else rstd * w)
    return dx, *weight_slopes(sums, products, mean, rstd)


def weight_slopes(sums: Array, products: Array, offset: Array | float, rstd: Array) -> tuple[Array, Array]:
    """dw and db from the sums of dz and of dz * (x - m); `offset` is mean - m."""
    return ((products - offset * sums) * rstd).astype(rstd.dtype), sums.astype(rstd.dtype)


@op("scale_shift", joint=_scale_rule, formula=scale_shift_formula)
def scale_shift(x: Array, w: Any, b: Any, *, mean: Array, rstd: Array) -> Array:
    """(x - mean) * rstd * w + b per channel of x (N, C, *), where mean and rstd (C,) are constants."""
    return kernels.scaled(x, *factors(w, b, mean, rstd))
