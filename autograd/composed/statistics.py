"""Functions of NumPy's about many numbers: averages, spreads, ranks, counts; and those that leave NaN out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..errors import NoRuleError
from ..tensors.core import Core, wrap
from ..tensors.join import stack
from ..tensors.method import implements, refuse
from ..tensors.sort import as_one
from .arguments import floats, tensor_of, value_of


def _axes(a: Any, axis: Any) -> tuple[int, ...]:
    ndim = a._array.ndim
    return tuple(range(ndim)) if axis is None else np.lib.array_utils.normalize_axis_tuple(axis, ndim)


def _count(a: Any, axis: Any) -> int:
    return int(np.prod([a._array.shape[each] for each in _axes(a, axis)]))


@implements(np.average)
def _average(a: Any, axis: Any = None, weights: Any = None, returned: bool = False, *, keepdims: bool = False) -> Any:
    a = floats(a)
    if weights is None:
        mean = np.mean(a, axis=axis, keepdims=keepdims)
        scale: Any = wrap(np.full(mean._array.shape, _count(a, axis), mean._array.dtype))
        return (mean, scale) if returned else mean
    w = tensor_of(weights)
    if w._array.shape != a._array.shape:
        if axis is None:
            raise TypeError("Axis must be specified when shapes of a and weights differ.")
        axes = _axes(a, axis)
        if w._array.shape != tuple([a._array.shape[each] for each in axes]):
            raise ValueError("Shape of weights must be consistent with shape of a along specified axis.")
        order = np.argsort(axes)
        w = np.transpose(w, tuple(order))
        w = w.reshape(tuple([n if each in axes else 1 for each, n in enumerate(a._array.shape)]))
        w = np.broadcast_to(w, a._array.shape)
    total = np.sum(w, axis=axis, keepdims=keepdims)
    if (total._array == 0).any():
        raise ZeroDivisionError("Weights sum to zero, can't be normalized")
    mean = np.sum(a * w, axis=axis, keepdims=keepdims) / total
    return (mean, np.broadcast_to(total, mean._array.shape)) if returned else mean


@implements(np.ptp)
def _ptp(a: Any, axis: Any = None, out: None = None, keepdims: bool = False) -> Any:
    refuse("ptp", out=out)
    return np.max(a, axis=axis, keepdims=keepdims) - np.min(a, axis=axis, keepdims=keepdims)


def _ranked(function: Callable[..., Any], ours: Callable[..., Any], scale: float) -> None:
    name = function.__name__

    def call(
        a: Any,
        q: Any,
        axis: Any = None,
        out: None = None,
        overwrite_input: bool = False,
        method: str = "linear",
        keepdims: bool = False,
        *,
        weights: None = None,
    ) -> Any:
        refuse(name, out=out, weights=weights)
        q = tensor_of(q) / scale if isinstance(q, Core) else np.asarray(q) / scale
        a = floats(a)
        if isinstance(axis, tuple):
            a, shape = as_one(a, axis)
            z = ours(a, q, -1, interpolation=method)
            return z.reshape((*np.shape(value_of(q)), *shape)) if keepdims else z
        return ours(a, q, axis, keepdims, interpolation=method)

    implements(function)(call)


_ranked(np.percentile, lambda *args, **kwargs: args[0].quantile(*args[1:], **kwargs), 100.0)
_ranked(np.nanpercentile, lambda *args, **kwargs: args[0].nanquantile(*args[1:], **kwargs), 100.0)
_ranked(np.nanquantile, lambda *args, **kwargs: args[0].nanquantile(*args[1:], **kwargs), 1.0)


@implements(np.nanmedian)
def _nanmedian(
    a: Any, axis: Any = None, out: None = None, overwrite_input: bool = False, keepdims: bool = False
) -> Any:
    refuse("nanmedian", out=out)
    return np.nanquantile(a, 0.5, axis=axis, keepdims=keepdims)


# ---------------------------------------------------------------------------------------------------- without NaN


def _filled(a: Any, value: float) -> tuple[Any, Any]:
    """The elements, with `value` in place of NaN; and where there was one."""
    a = tensor_of(a)
    missing = np.isnan(a._array) if a._array.dtype.kind == "f" else np.zeros(a._array.shape, bool)
    return np.where(wrap(missing), wrap(np.asarray(value, a._array.dtype)), a), missing


def _nan_extreme(function: Callable[..., Any], plain: Callable[..., Any], value: float) -> None:
    name = function.__name__

    def call(
        a: Any, axis: Any = None, out: None = None, keepdims: bool = False, initial: None = None, where: Any = None
    ) -> Any:
        refuse(name, out=out, initial=initial, where=where)
        filled, missing = _filled(a, value)
        z = plain(filled, axis=axis, keepdims=keepdims)
        empty = np.all(missing, axis=axis, keepdims=keepdims)
        return np.where(wrap(np.asarray(empty)), np.nan, z) if np.any(empty) else z

    implements(function)(call)


_nan_extreme(np.nanmax, np.max, -np.inf)
_nan_extreme(np.nanmin, np.min, np.inf)


def _nan_folded(function: Callable[..., Any], plain: Callable[..., Any], value: float) -> None:
    name = function.__name__

    def call(a: Any, axis: Any = None, dtype: Any = None, out: None = None, **options: Any) -> Any:
        refuse(name, out=out, initial=options.pop("initial", None), where=options.pop("where", None))
        return plain(_filled(a, value)[0], axis=axis, dtype=dtype, **options)

    implements(function)(call)


_nan_folded(np.nanprod, np.prod, 1.0)
_nan_folded(np.nancumsum, np.cumsum, 0.0)
_nan_folded(np.nancumprod, np.cumprod, 1.0)


@implements(np.nanvar)
def _nanvar(
    a: Any,
    axis: Any = None,
    dtype: Any = None,
    out: None = None,
    ddof: float = 0,
    keepdims: bool = False,
    *,
    where: Any = None,
    mean: None = None,
    correction: float | None = None,
) -> Any:
    refuse("nanvar", out=out, where=where, mean=mean)
    x, missing = _filled(floats(a) if dtype is None else tensor_of(a).to(np.dtype(dtype)), 0.0)
    count = np.sum(~missing, axis=axis, keepdims=True).astype(x._array.dtype)
    centred = np.where(wrap(missing), 0.0, x - np.sum(x, axis=axis, keepdims=True) / wrap(count))
    freedom = np.sum(~missing, axis=axis, keepdims=keepdims) - (ddof if correction is None else correction)
    below = np.asarray(np.where(freedom > 0, freedom, np.nan), x._array.dtype)
    return np.sum(centred * centred, axis=axis, keepdims=keepdims) / wrap(below)


@implements(np.nanstd)
def _nanstd(*args: Any, **kwargs: Any) -> Any:
    var = _nanvar(*args, **kwargs)
    flat = wrap(np.asarray(var._array == 0))  # where the root has no slope: the gradient is 0, as that of np.std
    return np.where(flat, 0.0, np.sqrt(np.where(flat, 1.0, var)))


# ----------------------------------------------------------------------------------------------- covariance, counts


@implements(np.cov)
def _cov(
    m: Any,
    y: Any = None,
    rowvar: bool = True,
    bias: bool = False,
    ddof: Any = None,
    fweights: Any = None,
    aweights: Any = None,
    *,
    dtype: Any = None,
) -> Any:
    x = floats(m) if dtype is None else tensor_of(m).to(np.dtype(dtype))
    if x._array.ndim > 2:
        raise ValueError("m has more than 2 dimensions")
    x = _rows(x, rowvar)
    if y is not None:
        x = np.concatenate([x, _rows(floats(y), rowvar)], axis=0)
    w: Any = None
    if fweights is not None:
        w = np.asarray(value_of(fweights), x._array.dtype)
    if aweights is not None:
        a = tensor_of(aweights)
        w = a if w is None else a * w
    n = x._array.shape[1]
    freedom = (0 if bias else 1) if ddof is None else ddof
    if w is None:
        return _products(x - np.mean(x, axis=1, keepdims=True), None) / max(n - freedom, 0)
    w = tensor_of(w)
    total = np.sum(w)
    centred = x - np.sum(x * w, axis=1, keepdims=True) / total
    if not freedom:
        below = total
    elif aweights is None:
        below = total - freedom
    else:
        below = total - freedom * np.sum(w * tensor_of(aweights)) / total
    return _products(centred, w) / below


def _rows(x: Any, rowvar: bool) -> Any:
    x = x.reshape((1, -1)) if x._array.ndim < 2 else x
    return x if rowvar or x._array.shape[0] == 1 else np.transpose(x)


def _products(x: Any, w: Any) -> Any:
    return np.squeeze(np.matmul(x if w is None else x * w, np.transpose(x)))


@implements(np.corrcoef)
def _corrcoef(x: Any, y: Any = None, rowvar: bool = True, *ignored: Any, dtype: Any = None) -> Any:
    c = _cov(x, y, rowvar, dtype=dtype)
    if not c._array.ndim:
        return c / c
    spread = np.sqrt(np.diagonal(c))
    return np.clip(c / spread[:, None] / spread[None, :], -1, 1)


@implements(np.bincount)
def _bincount(x: Any, /, weights: Any = None, minlength: int = 0) -> Any:
    places = tensor_of(x)
    return places.bincount(weights if weights is None else tensor_of(weights), minlength)


@implements(np.histogram)
def _histogram(a: Any, bins: Any = 10, range: Any = None, density: bool | None = None, weights: Any = None) -> Any:
    a = tensor_of(a).reshape(-1)
    if isinstance(bins, str):
        raise NoRuleError("np.histogram: bins= in words cannot be recorded; pass their edges or their number")
    if np.ndim(value_of(bins)) or range is not None or not a._array.size:
        edges = tensor_of(bins) if np.ndim(value_of(bins)) else wrap(np.histogram_bin_edges(a._array, bins, range))
    else:  # from the least to the largest number, and one wide where these are the same
        low, high = np.min(a), np.max(a)
        wide = 0.5 if float(low._array) == float(high._array) else 0.0
        edges = np.linspace(low - wide, high + wide, int(value_of(bins)) + 1)
    inside = edges._array
    place = np.searchsorted(inside, a._array, side="right") - 1
    place = np.where(a._array == inside[-1], len(inside) - 2, place)
    kept = np.flatnonzero((a._array >= inside[0]) & (a._array <= inside[-1]))
    if weights is None:
        found: Any = wrap(np.bincount(place[kept], minlength=len(inside) - 1))
    else:
        found = np.bincount(wrap(place[kept]), tensor_of(weights).reshape(-1)[wrap(kept)], len(inside) - 1)
    return (found / np.sum(found) / np.diff(edges) if density else found), edges


# --------------------------------------------------------------------------------------------------- distinct numbers


@implements(np.unique)
def _unique(
    ar: Any,
    return_index: bool = False,
    return_inverse: bool = False,
    return_counts: bool = False,
    axis: int | None = None,
    **options: Any,
) -> Any:
    """A gradient goes to the first of equal elements."""
    distinct: Any = np.unique  # its declared types do not cover flags that are only known when it runs
    ar = tensor_of(ar)
    found = distinct(ar._array, True, return_inverse, return_counts, axis, **options)
    first = wrap(np.asarray(found[1]))
    z = ar.reshape(-1)[first] if axis is None else np.take(ar, first, axis)
    extra = [part for part, wanted in zip(found[1:], (return_index, *[True] * (len(found) - 2))) if wanted]
    return (z, *extra) if extra else z


@implements(np.union1d)
def _union1d(ar1: Any, ar2: Any) -> Any:
    return np.unique(np.concatenate([tensor_of(ar1).reshape(-1), tensor_of(ar2).reshape(-1)]))


@implements(np.intersect1d)
def _intersect1d(ar1: Any, ar2: Any, assume_unique: bool = False, return_indices: bool = False) -> Any:
    a = tensor_of(ar1).reshape(-1)
    _, first, second = np.intersect1d(a._array, value_of(ar2).reshape(-1), assume_unique, True)
    z = a[wrap(first)]
    return (z, first, second) if return_indices else z


@implements(np.setdiff1d)
def _setdiff1d(ar1: Any, ar2: Any, assume_unique: bool = False) -> Any:
    a = tensor_of(ar1).reshape(-1)
    a = a if assume_unique else _unique(a)
    return a[wrap(~np.isin(a._array, value_of(ar2)))]


@implements(np.apply_along_axis)
def _apply_along_axis(func1d: Callable[..., Any], axis: int, arr: Any, *args: Any, **kwargs: Any) -> Any:
    moved = np.moveaxis(tensor_of(arr), axis, -1)
    ahead = moved._array.shape[:-1]
    rows = moved.reshape((-1, moved._array.shape[-1]))
    if not rows._array.shape[0]:
        raise ValueError("Cannot apply_along_axis when any iteration dimensions are 0")
    found = stack([tensor_of(func1d(row, *args, **kwargs)) for row in rows])
    shape = found._array.shape[1:]
    whole = found.reshape((*ahead, *shape))
    count, places = len(ahead), len(shape)
    return np.moveaxis(whole, tuple(range(count, count + places)), _into(axis, count + 1, places))


def _into(axis: int, ndim: int, places: int) -> tuple[int, ...]:
    start = axis % ndim
    return tuple(range(start, start + places))


@implements(np.apply_over_axes)
def _apply_over_axes(func: Callable[..., Any], a: Any, axes: Any) -> Any:
    a = tensor_of(a)
    for axis in np.atleast_1d(axes).tolist():
        z = tensor_of(func(a, axis))
        a = z if z._array.ndim == a._array.ndim else np.expand_dims(z, axis % a._array.ndim)
    return a
