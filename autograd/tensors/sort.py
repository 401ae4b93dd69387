"""Methods that order elements, and what is read off an order: ranks, quantiles, modes, distinct values.

Indices are constants, found by NumPy; values are taken at the indices, so the gradient goes back to those elements.
"""

from __future__ import annotations

from typing import Any, Self, overload

import numpy as np

from ..errors import DTypeError, SettingError, ShapeError
from ..ops import reduce as ops
from ..room import check_room
from .core import Core, array_of, int64, node_of, sliced, spec_of, wrap
from .dims import check_nonempty, normalize_dim
from .method import implements, method, refuse
from .promotion import cast
from .reduce import floating
from .results import ValuesIndices, picked
from .run import apply

_INTERPOLATIONS = ("linear", "lower", "higher", "midpoint", "nearest")


def order_of(array: Any, axis: int, descending: bool = False) -> Any:
    """The indices that sort `array` along `axis`. Equal elements keep their order; NaN counts as the largest."""
    if array.ndim == 0:
        return np.asarray(0)
    if not descending:
        return np.argsort(array, axis=axis, kind="stable")
    mirrored = np.argsort(np.flip(array, axis), axis=axis, kind="stable")
    return array.shape[axis] - 1 - np.flip(mirrored, axis)


def _sorted_place(array: Any, axis: int, k: Any) -> Any:
    """The indices of what stands at position `k` (size 1 along `axis`) of the sorted elements."""
    return np.take_along_axis(order_of(array, axis), k, axis=axis)


def _most_frequent(x: Any, axis: int) -> Any:
    """Where along `axis` the most frequent element stands: the last place of the smallest of several."""
    order = np.moveaxis(order_of(x, axis), axis, -1)
    ordered = np.take_along_axis(np.moveaxis(x, axis, -1), order, axis=-1)
    place = np.arange(x.shape[axis])
    fresh = np.ones(ordered.shape, bool)
    fresh[..., 1:] = ordered[..., 1:] != ordered[..., :-1]
    run = place - np.maximum.accumulate(np.where(fresh, place, 0), axis=-1)  # equal elements before this one
    index = np.take_along_axis(order, np.argmax(run, axis=-1, keepdims=True), axis=-1)
    return np.moveaxis(index, -1, axis)


class Sort(Core):
    """Sorting, ranks, quantiles, distinct values. Where a pair comes back it is (values, indices)."""

    __slots__ = ()

    @method
    def sort(self, dim: int = -1, descending: bool = False, stable: bool = False) -> ValuesIndices[Self]:
        """(values, indices) along `dim` in order. Equal elements keep their order, `stable` or not; NaN is the largest.

        >>> from autograd import tensor
        >>> values, indices = tensor([3.0, 1.0, 2.0]).sort()
        >>> values.tolist(), indices.tolist()
        ([1.0, 2.0, 3.0], [1, 2, 0])
        """
        axis = normalize_dim("sort", dim, self._array.ndim)
        return picked(self, order_of(self._array, axis, descending), axis)

    @method
    def argsort(self, dim: int = -1, descending: bool = False, stable: bool = False) -> Self:
        """The indices that sort along `dim`: int64."""
        axis = normalize_dim("argsort", dim, self._array.ndim)
        return wrap(np.asarray(order_of(self._array, axis, descending), int64))

    @method
    def msort(self) -> Self:
        """Sorted along the first dimension."""
        return self.sort(0).values

    @method
    def topk(self, k: int, dim: int = -1, largest: bool = True, sorted: bool = True) -> ValuesIndices[Self]:
        """(values, indices) of the `k` largest elements along `dim`, or smallest: in order, `sorted` or not.

        Raises ShapeError unless 0 <= k <= size.
        """
        x = self._array
        axis = normalize_dim("topk", dim, x.ndim)
        n = x.shape[axis] if x.ndim else 1
        if not 0 <= k <= n:
            raise ShapeError(f"topk: selected index k out of range: wanted 0 to {n}, got {k}")
        if x.ndim == 0:
            return picked(self, 0, axis) if k else picked(self.reshape(1), np.zeros(0, int64), 0)  # type: ignore[attr-defined]
        # shortcut: some but not all, from either end; `sorted`, whose order is PyTorch's choice, does not matter:
        # they are always in order
        if 0 < k < n:  # a partition is much cheaper than a sort of everything
            chosen = np.argpartition(x, n - k if largest else k - 1, axis=axis)
            chosen = np.sort(np.take(chosen, range(n - k, n) if largest else range(k), axis=axis), axis=axis)
        else:
            chosen = np.broadcast_to(np.arange(n).reshape(-1, *[1] * (x.ndim - axis - 1)), x.shape)
            chosen = np.take(chosen, range(k), axis=axis)
        order = order_of(np.take_along_axis(x, chosen, axis=axis), axis, descending=largest)
        return picked(self, np.take_along_axis(chosen, order, axis=axis), axis)

    @method
    def kthvalue(self, k: int, dim: int = -1, keepdim: bool = False) -> ValuesIndices[Self]:
        """(values, indices) of the `k`-th smallest elements along `dim`, counted from 1; NaN is the largest."""
        x = self._array
        axis = normalize_dim("kthvalue", dim, x.ndim)
        check_nonempty("kthvalue", x.shape, axis)
        n = x.shape[axis] if x.ndim else 1
        if not 1 <= k <= n:
            raise ShapeError(
                f"kthvalue(): selected number k out of range for dimension {axis}: wanted 1 to {n}, got {k}"
            )
        if x.ndim == 0:
            return picked(self, 0, axis)
        return picked(self, np.take(np.argpartition(x, k - 1, axis=axis), [k - 1], axis=axis), axis, keepdim)

    @overload
    def median(self) -> Self: ...
    @overload
    def median(self, dim: int, keepdim: bool = False) -> ValuesIndices[Self]: ...
    @method
    def median(self, dim: int | None = None, keepdim: bool = False) -> Any:
        """The middle element, the lower one of two; NaN if there is one.

        median()               of all elements; ties share the gradient evenly; NaN over no elements
        median(dim, keepdim)   along one dimension: (values, indices); the gradient goes to the index
        """
        return self._median("median", dim, keepdim, False)

    @overload
    def nanmedian(self) -> Self: ...
    @overload
    def nanmedian(self, dim: int, keepdim: bool = False) -> ValuesIndices[Self]: ...
    @method
    def nanmedian(self, dim: int | None = None, keepdim: bool = False) -> Any:
        """The middle one of the elements that are not NaN; NaN if there is none. The two forms of `median`."""
        return self._median("nanmedian", dim, keepdim, True)

    def _median(self, function: str, dim: Any, keepdim: bool, ignore_nan: bool) -> Any:
        x = self._array
        if dim is None:
            if x.dtype.kind != "f":
                check_nonempty(function, x.shape, None)
            z = apply(ops.median, self, ignore_nan=ignore_nan)
            return z.reshape((1,) * x.ndim) if keepdim else z
        axis = normalize_dim(function, dim, x.ndim)
        check_nonempty(function, x.shape, axis)
        if x.ndim == 0:
            return picked(self, 0, axis)
        count = np.add.reduce(~np.isnan(x), axis=axis, dtype=int64, keepdims=True)
        middle = np.maximum(count - 1, 0) // 2
        if not ignore_nan:
            middle = np.where(count < x.shape[axis], count, middle)  # the first NaN stands after all numbers
        return picked(self, _sorted_place(x, axis, middle), axis, keepdim)

    @method
    def mode(self, dim: int = -1, keepdim: bool = False) -> ValuesIndices[Self]:
        """(values, indices) of the most frequent elements along `dim`: the smallest of several; its last occurrence."""
        x = self._array
        axis = normalize_dim("mode", dim, x.ndim)
        check_nonempty("mode", x.shape, axis)
        if x.ndim == 0:
            return picked(self, 0, axis)
        return picked(self, sliced(lambda array: _most_frequent(array, axis), x), axis, keepdim)

    # -------------------------------------------------------------------------------------------------- quantiles

    @method
    def quantile(self, q: Any, dim: int | None = None, keepdim: bool = False, *, interpolation: str = "linear") -> Self:
        """The value below which the fraction `q` of the elements along `dim` lies (None: of all elements).

        q               a number in [0, 1], or a 1-d Tensor or list of them: these then come first in the result's shape
        interpolation   between the two elements around position q (n - 1): linear, lower, higher, midpoint or nearest

        NaN if there is one. Raises ShapeError over no elements, DTypeError for integers.
        """
        return _quantile("quantile", self, q, dim, keepdim, interpolation, False)

    @method
    def nanquantile(
        self, q: Any, dim: int | None = None, keepdim: bool = False, *, interpolation: str = "linear"
    ) -> Self:
        """`quantile` of the elements that are not NaN; NaN where there is none."""
        return _quantile("nanquantile", self, q, dim, keepdim, interpolation, True)

    # -------------------------------------------------------------------------------------------- distinct values

    @method
    def unique(
        self, sorted: bool = True, return_inverse: bool = False, return_counts: bool = False, dim: int | None = None
    ) -> Any:
        """The distinct elements in ascending order, or with `dim` the distinct slices. NaNs are distinct.

        A gradient goes to the first of equal elements.

        return_inverse   also the index in the result of every element: int64, of the shape of x (with `dim`: 1-d)
        return_counts    also how often each occurs: int64
        """
        x = self._array
        axis = None if dim is None else normalize_dim("unique", dim, x.ndim)
        values, first, inverse, counts = np.unique(
            x, True, return_inverse=True, return_counts=True, axis=axis if x.ndim else None, equal_nan=False
        )
        out: Any = wrap(values) if self._node is None else chosen(self, first, axis if x.ndim else None)
        inverse = inverse.reshape(x.shape if axis is None else -1)
        if not return_inverse and not return_counts:
            return out
        extra = [part for part, wanted in ((inverse, return_inverse), (counts, return_counts)) if wanted]
        return (out, *[wrap(np.asarray(part, int64)) for part in extra])

    @method
    def bincount(self, weights: Any = None, minlength: int = 0) -> Self:
        """How often each of 0, 1, 2 ... occurs in a 1-d Tensor of integers: int64.

        weights     add these up, recorded, instead of counting 1 for each: float32 stays, other dtypes become float64
        minlength   length of the result at least
        """
        x = self._array
        if x.ndim != 1 or x.dtype.kind not in "iu" or (x.size and x.min() < 0):
            raise ShapeError(
                f"bincount: bincount only supports 1-d non-negative integral inputs, got {x.dtype} of shape {x.shape}"
            )
        if minlength < 0:
            raise SettingError(f"bincount: minlength should be >= 0, got {minlength}")
        size = max(minlength, int(x.max()) + 1 if x.size else 0)
        check_room("bincount", (size,))
        if weights is None:
            return wrap(np.bincount(x, minlength=minlength).astype(int64))
        w = array_of(weights)
        if w.shape != x.shape:
            raise ShapeError(f"bincount: weights should have the same shape as input: wanted {x.shape}, got {w.shape}")
        if node_of(weights) is not None:
            dtype = w.dtype if w.dtype == np.float32 else np.dtype(np.float64)
            zeros: Any = wrap(np.zeros(size, dtype))
            return zeros.index_add(0, self, cast(weights, dtype))
        total = np.bincount(x, w, minlength)
        return wrap(total.astype(w.dtype) if w.dtype == np.float32 else total)


def chosen(x: Any, index: Any, axis: int | None) -> Any:
    """The elements of flattened `x`, or its slices along `axis`, at `index`; recorded."""
    index = wrap(np.asarray(index, int64))
    return x.reshape(-1).index_select(0, index) if axis is None else x.index_select(axis, index)


def _quantile(function: str, x: Any, q: Any, dim: Any, keepdim: bool, interpolation: str, ignore_nan: bool) -> Any:
    fractions = np.asarray(array_of(q) if isinstance(q, Core) else q, np.float64)
    dtype, ndim = x._array.dtype, x._array.ndim
    if dtype.kind != "f":
        raise DTypeError(f"{function}() input tensor must be either float or double dtype, got {dtype}")
    if x._array.size == 0:
        raise ShapeError(f"{function}() input tensor must be non-empty, got shape {x._array.shape}")
    if fractions.ndim > 1:
        raise ShapeError(f"{function}() q must be a scalar or 1D tensor, got shape {fractions.shape}")
    if not np.all((fractions >= 0) & (fractions <= 1)):
        raise ShapeError(f"{function}() q must be in the range [0, 1] but got {fractions.tolist()}")
    if interpolation not in _INTERPOLATIONS:
        raise SettingError(
            f"{function}() interpolation must be one of {', '.join(_INTERPOLATIONS)}, but got {interpolation}"
        )
    axis = 0 if dim is None else normalize_dim(function, dim, ndim)
    if dim is None or ndim == 0:
        rest: tuple[int, ...] = (1,) * ndim if keepdim else ()
        x, axis = x.reshape((-1, 1)), 0
    else:
        rest = tuple([1 if a == axis else n for a, n in enumerate(x._array.shape) if keepdim or a != axis])
        x = np.expand_dims(np.moveaxis(x, axis, 0) if axis else x, -1)
    # x is now (n, ..., 1), ranks are (m, ..., 1): the quantiles come first
    array = x._array
    last = len(array) - 1
    count = np.add.reduce(~np.isnan(array), axis=0, dtype=int64, keepdims=True)
    steps = np.maximum(count - 1, 0) if ignore_nan else np.asarray(last)
    ranks = fractions.reshape(-1, *[1] * (array.ndim - 1)) * steps
    if not ignore_nan:
        ranks = np.where(count <= last, last, ranks)  # there is a NaN, and it is sorted last
    if interpolation == "nearest":
        ranks = np.round(ranks)
    low, high = np.floor(ranks).astype(int64), np.ceil(ranks).astype(int64)
    order = order_of(array, 0)

    def at(rank: Any) -> Any:
        rank = np.broadcast_to(rank, (len(rank), *array.shape[1:]))
        return picked(x, np.take_along_axis(order, rank, axis=0), 0).values

    z = at(high if interpolation == "higher" else low)
    moving = interpolation == "linear" and node_of(q) is not None  # the result moves with q, too
    if interpolation in ("linear", "midpoint") and (moving or not np.array_equal(low, high)):
        weight: Any = ranks - low if interpolation == "linear" else np.full(ranks.shape, 0.5)
        if moving:
            weight = q.reshape(-1, *[1] * (array.ndim - 1)) * wrap(steps.astype(dtype)) - wrap(low.astype(dtype))
        z = z + (at(high) - z) * cast(weight, dtype)
    return z.reshape(fractions.shape + rest)


# ------------------------------------------------------------------------------------------------ NumPy's functions


@implements(np.sort)
def _sort(a: Any, axis: int | None = -1, kind: Any = None, order: None = None, *, stable: Any = None) -> Any:
    refuse("sort", order=order)
    return Sort.sort(a.reshape(-1) if axis is None else a, -1 if axis is None else axis).values


@implements(np.argsort)
def _argsort(a: Any, axis: int | None = -1, kind: Any = None, order: None = None, *, stable: Any = None) -> Any:
    refuse("argsort", order=order)
    return Sort.argsort(a.reshape(-1) if axis is None or not a._array.ndim else a, -1 if axis is None else axis)


def as_one(x: Any, axes: tuple[int, ...]) -> tuple[Any, tuple[int, ...]]:
    """`x` with these axes as one, at the end; and the shape in which they have length 1."""
    shape = x._array.shape
    axes = np.lib.array_utils.normalize_axis_tuple(axes, len(shape))
    rest = [each for each in range(len(shape)) if each not in axes]
    flat = np.transpose(x, (*rest, *axes)).reshape((*[shape[each] for each in rest], -1))
    return flat, tuple([1 if each in axes else n for each, n in enumerate(shape)])


def _over(function: str, a: Any, q: Any, axis: Any, keepdims: bool, method: str) -> Any:
    a = floating(a)
    if not isinstance(axis, tuple):
        return _quantile(function, a, q, axis, keepdims, method, False)
    flat, shape = as_one(a, axis)
    z = _quantile(function, flat, q, -1, False, method, False)
    return z.reshape((*spec_of(q).shape, *shape)) if keepdims else z


@implements(np.median)
def _median(
    a: Any, axis: int | None = None, out: None = None, overwrite_input: bool = False, keepdims: bool = False
) -> Any:
    refuse("median", out=out)
    return _over("median", a, 0.5, axis, keepdims, "midpoint")


@implements(np.quantile)
def _np_quantile(
    a: Any,
    q: Any,
    axis: int | None = None,
    out: None = None,
    overwrite_input: bool = False,
    method: str = "linear",
    keepdims: bool = False,
    *,
    weights: None = None,
) -> Any:
    refuse("quantile", out=out, weights=weights)
    return _over("quantile", a, q, axis, keepdims, method)
