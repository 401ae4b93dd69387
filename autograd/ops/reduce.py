"""Reductions: value and rules side by side. Settings are NumPy's: `axis` None, an int or a tuple; `keepdims`."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from kernels.machine.fast import fast

from ..op import op
from .scale import back, in_range, in_range_each, near_one
from .shape import repeated

inf = math.inf

# as Any, because NumPy's stubs take `keepdims` as a literal only
add_reduce: Any = np.add.reduce
multiply_reduce: Any = np.multiply.reduce
maximum_reduce: Any = np.maximum.reduce
minimum_reduce: Any = np.minimum.reduce


def axes_of(ndim: int, axis: Any) -> tuple[int, ...]:
    """The axes that are reduced, counted from 0."""
    if axis is None:
        return tuple(range(ndim))
    return tuple([a % ndim for a in axis]) if isinstance(axis, tuple) else (axis % ndim,)


def kept(y: Any, shape: tuple[int, ...], axis: Any, keepdims: bool) -> Any:
    """Something of the shape of a reduction's result, with the reduced axes back as axes of size 1."""
    if keepdims or axis is None:
        return y
    axes = axes_of(len(shape), axis)
    return y.reshape(tuple([1 if a in axes else n for a, n in enumerate(shape)]))


def spread(dz: Any, shape: tuple[int, ...], axis: Any, keepdims: bool) -> Any:
    """The cotangent of a reduction, repeated along the axes that were reduced: a view wherever NumPy can make one."""
    dz = kept(dz, shape, axis, keepdims)
    if isinstance(dz, (np.ndarray, np.generic)) and dz.ndim == 0:  # broadcast_to takes eight times as long
        view: Any = np.ndarray(shape, dz.dtype, dz, 0, (0,) * len(shape))
        view.setflags(write=False)
        return view
    return repeated(dz, shape)


def freedom(shape: tuple[int, ...], axis: Any, correction: float = 0) -> float:
    """Elements reduced into one, less `correction`; NaN when none is left, so that 0 / 0 needs no warning."""
    n = math.prod(shape) if axis is None else math.prod([shape[a] for a in axes_of(len(shape), axis)])
    return n - correction if n > correction else math.nan


# ----------------------------------------------------------------------------------------------- sums and products


def _whole(x: Any, axis: Any) -> bool:
    # shortcut: all axes; with `keepdims` or not
    return axis is None


@op(
    "sum",
    single=True,
    fast=fast("kernels.along.reduce:total", at_least="sum", when=_whole, contiguous=True),
    dx=lambda dz, x_shape, axis, keepdims: spread(dz, x_shape, axis, keepdims),
)
def sum(x: Any, *, axis: Any = None, keepdims: bool = False) -> Any:
    """Sum of the elements along `axis`."""
    return add_reduce(x, axis=axis, keepdims=keepdims)


@op("nansum", single=True, dx=lambda dz, x, axis, keepdims: kept(dz, x.shape, axis, keepdims) * (x == x))
def nansum(x: Any, *, axis: Any = None, keepdims: bool = False) -> Any:
    """Sum of the elements along `axis` that are not NaN."""
    return add_reduce(np.where(np.isnan(x), 0, x), axis=axis, keepdims=keepdims)


@op(
    "mean",
    single=True,
    dx=lambda dz, x_shape, axis, keepdims: spread(dz / freedom(x_shape, axis), x_shape, axis, keepdims),
)
def mean(x: Any, *, axis: Any = None, keepdims: bool = False) -> Any:
    """Mean along `axis`; NaN over no elements."""
    return sum.choose(x, axis=axis, keepdims=keepdims) / freedom(x.shape, axis)


def _prod_rule(dz: Any, x: Any, axis: Any, keepdims: bool) -> Any:
    from .others import others  # few programs multiply

    return kept(dz, x.shape, axis, keepdims) * others(x, axis=axis)


@op("prod", single=True, dx=_prod_rule)
def prod(x: Any, *, axis: Any = None, keepdims: bool = False) -> Any:
    """Product of the elements along `axis`: None or an int."""
    return multiply_reduce(x, axis=axis, keepdims=keepdims)


# --------------------------------------------------------------------------------------------------------- variance


def _deviation(x: Any, axis: Any) -> Any:
    return x - mean(x, axis=axis, keepdims=True)


@op(
    "var",
    single=True,
    dx=lambda dz, x, axis, correction, keepdims: (
        kept(dz * (2 / freedom(x.shape, axis, correction)), x.shape, axis, keepdims) * _deviation(x, axis)
    ),
)
def var(x: Any, *, axis: Any = None, correction: float = 1, keepdims: bool = False) -> Any:
    """Squared deviation from the mean, summed along `axis`, over n - correction; NaN unless n > correction."""
    z = _var(x, axis, correction, keepdims)
    if not in_range(z) and x.size:
        y, power = near_one(x, axis)
        z = back(_var(y, axis, correction, keepdims), 2 * power)
    return z


def _var(x: Any, axis: Any, correction: float, keepdims: bool) -> Any:
    """In two passes, on x less its first element: then the variance of a constant is 0, whatever its mean rounds to."""
    axes = axes_of(x.ndim, axis)
    first = x[tuple([slice(1) if a in axes else slice(None) for a in range(x.ndim)])]
    with np.errstate(over="ignore", invalid="ignore"):  # then it is computed once more
        d = _deviation(x - first, axis)
        return add_reduce(d * d, axis=axis, keepdims=keepdims) / freedom(x.shape, axis, correction)


@op(
    "std",
    single=True,
    dx=lambda dz, x, z, axis, correction, keepdims: (
        kept(dz * (z != 0) / freedom(x.shape, axis, correction), x.shape, axis, keepdims)
        * (_deviation(x, axis) / kept(z + (z == 0), x.shape, axis, keepdims))
    ),
)
def std(x: Any, *, axis: Any = None, correction: float = 1, keepdims: bool = False) -> Any:
    """Square root of `var`. Its gradient where x is constant is 0."""
    z = _var(x, axis, correction, keepdims)
    if in_range(z) or not x.size:
        return np.sqrt(z)
    y, power = near_one(x, axis)
    return back(np.sqrt(_var(y, axis, correction, keepdims)), power)


# --------------------------------------------------------------------------------------------------------- extremes


@op("share", kinks=True)
def share(x: Any, z: Any, *, axis: Any = None) -> Any:
    """1/k at each of the k elements along `axis` that equal z, 0 elsewhere; z has size 1 along `axis`. A constant."""
    hits = x == z
    if np.count_nonzero(hits) == z.size and (z == z).all():  # shortcut: one each
        return hits.astype(x.dtype)
    count = add_reduce(hits, axis=axis, dtype=np.int64, keepdims=True)
    if not count.all():  # NaN equals nothing, but here it is the NaNs that decided
        hits = hits | (np.isnan(x) & np.isnan(z))
        count = add_reduce(hits, axis=axis, dtype=np.int64, keepdims=True)
    return np.divide(hits, count, dtype=x.dtype)


def _to_ties(dz: Any, x: Any, z: Any, axis: Any, keepdims: bool) -> Any:
    """The cotangent of an extreme z of x, split evenly between the elements that equal it."""
    shape = x.shape
    return kept(dz, shape, axis, keepdims) * share(x, kept(z, shape, axis, keepdims), axis=axis)


@op("amax", kinks=True, dx=lambda dz, x, z, axis, keepdims: _to_ties(dz, x, z, axis, keepdims))
def amax(x: Any, *, axis: Any = None, keepdims: bool = False) -> Any:
    """Largest element along `axis`; NaN if there is one. Ties share the gradient evenly."""
    return maximum_reduce(x, axis=axis, keepdims=keepdims)


@op("amin", kinks=True, dx=lambda dz, x, z, axis, keepdims: _to_ties(dz, x, z, axis, keepdims))
def amin(x: Any, *, axis: Any = None, keepdims: bool = False) -> Any:
    """Smallest element along `axis`; NaN if there is one. Ties share the gradient evenly."""
    return minimum_reduce(x, axis=axis, keepdims=keepdims)


@op("median", kinks=True, dx=lambda dz, x, z: _to_ties(dz, x, z, None, False))
def median(x: Any, *, ignore_nan: bool = False) -> Any:
    """The middle one of all elements, the lower of two; NaN if there is one, unless `ignore_nan`. Ties share."""
    nans = np.isnan(x)
    if nans.any():
        if not ignore_nan or nans.all():
            return x[nans][0]
        x = x[~nans]
    if x.size == 0:
        return np.asarray(math.nan, x.dtype)
    middle = (x.size - 1) // 2
    return np.partition(x.reshape(-1), middle)[middle]


# ------------------------------------------------------------------------------------------- exponentials and norms


def _logsumexp_rule(dz: Any, x: Any, z: Any, axis: Any, keepdims: bool) -> Any:
    """Softmax. exp(x - z) would do, if z were not rounded: of two x of 1e30 each is the larger one by itself."""
    # z is -inf where every x is: exp(-inf - lowest) is 0, exp(-inf + inf) would be NaN
    e = np.exp(x - kept(np.maximum(z, float(np.finfo(z.dtype).min)), x.shape, axis, keepdims))
    total = np.sum(e, axis=axis, keepdims=True)
    return kept(dz, x.shape, axis, keepdims) * (e / np.where(total > 0, total, 1))


@op("logsumexp", single=True, dx=_logsumexp_rule)
def logsumexp(x: Any, *, axis: Any = None, keepdims: bool = False) -> Any:
    """log(sum(exp(x))) along `axis`, less the largest element first, so that nothing overflows. -inf over nothing."""
    top = maximum_reduce(x, axis=axis, keepdims=True, initial=-inf)
    top = np.where(np.isfinite(top), top, 0)
    total = add_reduce(np.exp(x - top), axis=axis, keepdims=True)
    with np.errstate(divide="ignore"):
        z = np.log(total) + top
    return z if keepdims else np.reshape(z, [n for a, n in enumerate(z.shape) if a not in axes_of(x.ndim, axis)])


def _norm_rule(dz: Any, x: Any, z: Any, p: float, axis: Any, keepdims: bool) -> Any:
    """The gradient of the p-norm; 0 where x is 0."""
    dz, z = kept(dz, x.shape, axis, keepdims), kept(z, x.shape, axis, keepdims)
    if p == 0:
        return dz * (np.sign(x) * 0)
    if p == 1:
        return dz * np.sign(x)
    if p == 2:
        return dz * (z != 0) * (x / (z + (z == 0)))
    if abs(p) == inf:
        return dz * np.sign(x) * share(np.abs(x), z, axis=axis)
    # z stands in for zeros before the division and the power: neither they nor their derivatives see a 0
    z1 = z + (z == 0)
    size = np.where(x == 0, z1, np.abs(x))
    if 0 < p < 1:
        ratio = size ** (p - 1) * z1 ** (1 - p)
    else:
        ratio = (size / z1) ** (p - 1) if p > 1 else (z1 / size) ** (1 - p)
    return np.where((x == 0) | (z == 0), 0, dz * np.sign(x) * ratio)


@op("vector_norm", single=True, kinks=True, dx=_norm_rule)
def vector_norm(x: Any, *, p: float = 2, axis: Any = None, keepdims: bool = False) -> Any:
    """(sum of |x|**p along `axis`)**(1/p); largest or smallest |x| for p = inf or -inf; elements != 0 for p = 0."""
    # shortcut: each p is a case of its own; axes, keepdims and dtype are given on in all of them
    if p == 0:
        return add_reduce(x != 0, axis=axis, dtype=x.dtype, keepdims=keepdims)
    if p == 1:
        return add_reduce(np.abs(x), axis=axis, keepdims=keepdims)
    if p == inf:
        return maximum_reduce(np.abs(x), axis=axis, keepdims=keepdims)
    if p == -inf:
        return minimum_reduce(np.abs(x), axis=axis, keepdims=keepdims)
    if abs(p) > float(np.finfo(x.dtype).max):
        return vector_norm.forward(x, p=math.copysign(inf, p), axis=axis, keepdims=keepdims)
    total = _power_sum(x, p, axis, keepdims)
    if in_range(total) or not x.size:
        return _root(total, p)
    pick = np.maximum if p > 0 else np.minimum
    y, power = near_one(x, axis, pick)
    total = _power_sum(y, p, axis, keepdims)
    return _of_ratios(x, p, axis, keepdims, pick, total, back(_root(total, p), power))


def _of_ratios(x: Any, p: float, axis: Any, keepdims: bool, pick: Any, total: Any, z: Any) -> Any:
    """z, but the norms of an order for which even powers of numbers near 1 do not fit are taken of ratios to the
    largest |x|: its power is 1 whatever p is. For p < 0 it is the smallest."""
    most = pick.reduce(np.absolute(x), axis=axis, keepdims=True)
    kept_most = most.reshape(np.shape(z))
    far = ~in_range_each(total) & (kept_most > 0) & np.isfinite(kept_most)
    if not np.any(far):
        return z
    ratio = x / np.where((most > 0) & np.isfinite(most), most, 1)
    return np.where(far, _root(_power_sum(ratio, p, axis, keepdims), p) * kept_most, z)


def _power_sum(x: Any, p: float, axis: Any, keepdims: bool) -> Any:
    with np.errstate(over="ignore", under="ignore", divide="ignore"):  # 0 ** -1
        return add_reduce(x * x if p == 2 else np.abs(x) ** p, axis=axis, keepdims=keepdims)


def _root(total: Any, p: float) -> Any:
    if p == 2:
        return np.sqrt(total)
    with np.errstate(over="ignore", divide="ignore"):
        return total ** (1 / p)
