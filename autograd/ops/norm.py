"""Normalisation: batch, layer, group, instance and RMS norm are one op on different views of their input."""

# mypy: no-warn-return-any, allow-untyped-decorators

from __future__ import annotations

from typing import Any

import numpy as np

from kernels import norm as kernels

from ..broadcast import unbroadcast
from ..op import Array, op
from .reduce import mean as mean_of
from .scale import near_one

Sizes = tuple[int, ...]


def is_tensor(*parts: Any) -> bool:
    """Is one of them a Tensor? Then the derivative is itself being recorded."""
    return any(hasattr(part, "_apply") for part in parts)


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
    w = None if w is None else w.reshape(affine)
    dx: Any
    dw: Any
    db: Any
    if not is_tensor(dz, x, w):
        plain = w is None and wanted == (0,)
        form = rstd.shape if plain else affine
        dx, dw, db = kernels.normalised_grad(dz, x, w, mean, rstd, axes, centred, form, view)
        return dx, None if plain else dw.reshape(size), None if plain else db.reshape(size)
    shape = x.shape
    x, dz = x.reshape(view), dz.reshape(view)
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


def _from_inputs(inputs: Any, settings: Any) -> Any:
    names = ("view", "axes", "affine", "eps", "centred")
    z, mean, _, rstd = normalised(*inputs, **{name: settings[name] for name in names})
    return inputs, {**settings, "value": z, "mean": mean, "rstd": rstd}


@op("normalise", joint=_rule, anew=_from_inputs, private=("w",))
def normalise(
    x: Array,
    w: Any,
    b: Any,
    *,
    value: Array | None = None,
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

    value         the result, as `normalised` gives it with mean and rstd. They are functions of x, and the rule
                  differentiates them
    view          the shape under which x is looked at: `axes`, mean and rstd are those of the view
    affine        the shape under which w and b are broadcast against the view; their own is `size`
    centred       False: mean is 0, and rstd is made of the mean square (RMS norm)
    """
    if value is None:
        scale, shift = [None if p is None else p.reshape(affine) for p in (w, b)]
        value = kernels.normalise(x.reshape(view), scale, shift, mean, rstd).reshape(x.shape)
    return value


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
    with np.errstate(over="ignore", invalid="ignore"):
        z, mean, var, rstd = kernels.normalised(x.reshape(view), scale, shift, axes, eps, centred)
    if not np.isfinite(var).all():
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


def scale_rule(dz: Any, x: Any, w: Any, mean: Array, rstd: Array, wanted: Sizes) -> tuple[Any, Any, Any]:
    """Cotangents of x, w and b."""
    if not is_tensor(dz, x, w):
        dx, sums, products = kernels.scaled_grad(dz, x, rstd if w is None else rstd * w)
        return dx, *weight_slopes(sums, products, mean, rstd)
    column = (1, -1, *[1] * (len(x.shape) - 2))
    over = (0, *range(2, len(x.shape)))
    dx = dz * (rstd if w is None else w * rstd).reshape(column)
    dw = np.sum(dz * ((x - mean.reshape(column)) * rstd.reshape(column)), axis=over) if 1 in wanted else None
    return dx, dw, np.sum(dz, axis=over) if 2 in wanted else None


def weight_slopes(sums: Array, products: Array, offset: Array | float, rstd: Array) -> tuple[Array, Array]:
    """dw and db from the sums of dz and of dz * (x - m); `offset` is mean - m."""
    return ((products - offset * sums) * rstd).astype(rstd.dtype), sums.astype(rstd.dtype)


@op("scale_shift", joint=scale_rule)
def scale_shift(x: Array, w: Any, b: Any, *, mean: Array, rstd: Array) -> Array:
    """(x - mean) * rstd * w + b per channel of x (N, C, *), where mean and rstd (C,) are constants."""
    return kernels.scaled(x, *factors(w, b, mean, rstd))
