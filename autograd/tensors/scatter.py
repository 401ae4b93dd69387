"""Methods that write into a copy and leave the Tensor alone: scatter, index_add, masked_fill and their kin."""

from __future__ import annotations

from typing import Any, Self

import numpy as np

from ..errors import DTypeError, SettingError, ShapeError
from ..ops import index as ops
from .core import Array, Core, array_of, operand, spec_of, wrap
from .dims import normalize_dim
from .index import _trimmed, broadcast_shape, check_index_shape, index_array, mask_array, misplaced, plain_index
from .method import method
from .promotion import cast, check_held
from .run import apply

_WHOLE = slice(None)


class Scatter(Core):
    """Writing into a copy."""

    __slots__ = ()

    @method
    def scatter(self, dim: int, index: Any, src: Any = None, *, value: Any = None, reduce: str | None = None) -> Self:
        """A copy in which z[i, index[i, j]] = src[i, j] for dim 1, likewise for others.

        index    integers, as many dimensions as x
        src      a Tensor of x's dtype, at least as large as `index`; or a number (also as value=)
        reduce   "add" or "multiply" with what is there instead of overwriting it
        Where an index occurs twice, the last one wins, and only it gets a gradient.
        """
        if (src is None) == (value is None):
            raise TypeError("scatter: wanted either src or value")
        if self._array.ndim == 0:
            return self.reshape(1).scatter(dim, index, src, value=value, reduce=reduce).reshape(())  # type: ignore[attr-defined]
        if reduce not in (None, "add", "multiply"):
            raise SettingError(f"scatter: reduce argument must be either add or multiply, got {reduce!r}")
        places = _places("scatter", self, dim, index)
        source = _source("scatter", self, src if value is None else value, spec_of(index).shape)
        if reduce == "multiply":
            return _product(self, source, places)
        return apply(ops.set_at if reduce is None else ops.add_to, self, source, index=places)

    @method
    def scatter_add(self, dim: int, index: Any, src: Any) -> Self:
        """A copy in which z[i, index[i, j]] += src[i, j] for dim 1, likewise for others; repeated indices add up."""
        if self._array.ndim == 0:
            return self.reshape(1).scatter_add(dim, index, src).reshape(())  # type: ignore[attr-defined]
        places = _places("scatter_add", self, dim, index)
        source = _source("scatter_add", self, src, spec_of(index).shape)
        return apply(ops.add_to, self, source, index=places)

    @method
    def scatter_reduce(self, dim: int, index: Any, src: Any, reduce: str, *, include_self: bool = True) -> Self:
        """A copy in which z[i, index[i, j]] (dim 1) is the reduction of all src[i, j] sent there.

        reduce         "sum", "prod", "mean", "amax" or "amin"; equal extremes share the gradient evenly
        include_self   does the element of x that is there count too? Elements that receive nothing stay as they are
        """
        if self._array.ndim == 0:
            whole = self.reshape(1).scatter_reduce(dim, index, src, reduce, include_self=include_self)  # type: ignore[attr-defined]
            return whole.reshape(())
        places = _places("scatter_reduce", self, dim, index)
        source = _source("scatter_reduce", self, src, spec_of(index).shape)
        dtype = self._array.dtype
        if not include_self:
            neutral = {"prod": 1, "amax": _least(dtype), "amin": _most(dtype)}.get(reduce, 0)
            start = apply(ops.set_at, self, np.asarray(neutral, dtype), index=places)
        else:
            start = self
        if reduce in ("sum", "mean"):
            total = apply(ops.add_to, start, source, index=places)
            if reduce == "sum":
                return total
            count = ops.put(np.ones(source.shape, np.intp), index=places, shape=self._array.shape)
            count = np.maximum(count + include_self, 1)
            return wrap(total._array // count) if dtype.kind != "f" else total / wrap(count.astype(dtype))
        if reduce == "prod":
            return _product(start, source, places)
        if reduce in ("amax", "amin"):
            return apply(ops.scatter_extreme, start, source, index=places, largest=reduce == "amax")
        raise SettingError(f"scatter_reduce: wanted reduce sum, prod, mean, amax or amin, got {reduce!r}")

    @method
    def index_add(self, dim: int, index: Any, source: Any, *, alpha: float = 1) -> Self:
        """A copy with alpha * source added to the slices `index` along `dim`; repeated indices add up."""
        places, v = _slices("index_add", self, dim, index, source)
        return apply(ops.add_to, self, v if alpha == 1 else v * alpha, index=places)

    @method
    def index_copy(self, dim: int, index: Any, source: Any) -> Self:
        """A copy with the slices `index` along `dim` replaced by those of `source`; of repeated ones the last wins."""
        places, v = _slices("index_copy", self, dim, index, source)
        return apply(ops.set_at, self, v, index=places)

    @method
    def index_fill(self, dim: int, index: Any, value: Any) -> Self:
        """A copy with the slices `index` along `dim` filled with a number or 0-d Tensor."""
        _check_single("index_fill", value)
        places, _ = _slices("index_fill", self, dim, index, None)
        return apply(ops.set_at, self, cast(value, self._array.dtype), index=places)

    @method
    def index_put(self, indices: Any, values: Any, accumulate: bool = False) -> Self:
        """A copy with x[indices] = values; accumulate: x[indices] += values, adding up what is named twice."""
        index = plain_index(tuple(indices))
        index = tuple([_WHOLE if part is None else part for part in index])
        v = cast(values, self._array.dtype)
        try:
            return apply(ops.add_to if accumulate else ops.set_at, self, v, index=index)
        except IndexError as error:
            raise misplaced(self._array, index, error) from None
        except ValueError as error:
            raise ShapeError(f"index_put: {error}") from None

    @method
    def select_scatter(self, src: Any, dim: int, index: int) -> Self:
        """A copy with x.select(dim, index) replaced by `src`."""
        dim = normalize_dim("select_scatter", dim, self._array.ndim)
        return _embedded("select_scatter", self, src, (*[_WHOLE] * dim, int(index)))

    @method
    def slice_scatter(
        self, src: Any, dim: int = 0, start: int | None = None, end: int | None = None, step: int = 1
    ) -> Self:
        """A copy with the elements start:end:step along `dim` replaced by `src`."""
        dim = normalize_dim("slice_scatter", dim, self._array.ndim)
        place = (*[_WHOLE] * dim, slice(start, end, step))
        return _embedded("slice_scatter", self, src, place)

    @method
    def masked_fill(self, mask: Any, value: Any) -> Self:
        """x with `value` (a number or a 0-d Tensor) where `mask` is True; x and mask are broadcast."""
        where = mask_array("masked_fill", mask)
        _check_single("masked_fill", value)
        broadcast_shape("masked_fill", self._array.shape, where.shape)
        return apply(ops.masked_fill, self, cast(value, self._array.dtype), mask=where)

    @method
    def masked_scatter(self, mask: Any, source: Any) -> Self:
        """x with the elements where `mask` is True replaced by those of `source`, in row-major order."""
        where = mask_array("masked_scatter", mask)
        shape = broadcast_shape("masked_scatter", self._array.shape, where.shape)
        where = np.broadcast_to(where, shape)
        x = self if shape == self._array.shape else np.broadcast_to(self, shape)  # type: ignore[call-overload]
        v = cast(source, self._array.dtype).reshape(-1)
        count = int(where.sum())
        if v.shape[0] < count:
            raise ShapeError(
                "masked_scatter: expected self and source to have same dtypes and source to have at least as many "
                f"elements as mask has ones: {count} ones, {v.shape[0]} elements"
            )
        return apply(ops.set_at, x, v[:count], index=where)


def _places(function: str, x: Core, dim: int, index: Any) -> Any:
    """The index of the elements that x[i, index[i, j]] names, shaped like `index`: (1,) if that has no dimensions."""
    shape = x._array.shape
    dim = normalize_dim(function, dim, len(shape))
    array = np.atleast_1d(index_array(function, index, shape[dim], dim))
    check_index_shape(function, array, shape, dim)
    if array.ndim != len(shape):  # only an empty one may differ
        return np.empty((0,), np.intp)
    mesh: list[Any] = list(np.ogrid[tuple([slice(n) for n in array.shape])])
    mesh[dim] = array
    return tuple(mesh)


def _source(function: str, x: Core, src: Any, shape: tuple[int, ...]) -> Any:
    """What to write: the part of `src` that an index of `shape` reads; numbers take x's dtype."""
    shape = shape or (1,)
    if not isinstance(src, (Core, np.ndarray)):
        check_held(function, src, x._array.dtype)
        return np.asarray(src, x._array.dtype)
    src = src if isinstance(src, Core) else wrap(src)
    if src._array.dtype != x._array.dtype:
        raise DTypeError(
            f"{function}(): Expected self.dtype to be equal to src.dtype, got {x._array.dtype} and {src._array.dtype}"
        )
    if src._array.ndim == 0:
        src = src.reshape(1)
    if 0 in shape and not src._array.ndim == len(shape) == x._array.ndim:
        return np.zeros((), x._array.dtype)  # nothing will be written
    if src._array.ndim != len(shape) or any(n > size for n, size in zip(shape, src._array.shape, strict=True)):
        raise ShapeError(
            f"{function}: Expected index {list(shape)} to be no larger than src {list(src._array.shape)} anywhere"
        )
    return _trimmed(src, shape, None)


def _slices(function: str, x: Core, dim: int, index: Any, source: Any) -> tuple[Any, Any]:
    """The index of x[:, index] for dim 1, likewise for others, and `source` checked to fit it."""
    shape = x._array.shape
    dim = normalize_dim(function, dim, len(shape))
    size = shape[dim] if shape else 1
    if source is None:  # places to fill may be counted from the end
        index = array_of(index)
        index = np.where((index < 0) & (index >= -size), index + size, index) if index.dtype.kind == "i" else index
    array = index_array(function, index, size, dim)
    if array.ndim > 1:
        raise ShapeError(f"{function}_(): Index is supposed to be a vector, but got dim: {array.ndim}")
    array = array.reshape(-1)
    places: Any = (*[_WHOLE] * dim, array) if shape else ...
    if source is None:
        return places, None
    source = operand(source)
    if source._array.dtype != x._array.dtype:
        raise DTypeError(
            f"{function}_(): self and source expected to have the same dtype, but got {x._array.dtype} and "
            f"{source._array.dtype}"
        )
    wanted = (*shape[:dim], array.size, *shape[dim + 1 :]) if shape else ()
    if source._array.shape != wanted:
        if source._array.size == 1 and wanted in ((), (1,)):
            return places, source.reshape(wanted)
        raise ShapeError(f"{function}_(): wanted a source of shape {wanted}, got {source._array.shape}")
    return places, source


def _embedded(function: str, x: Core, src: Any, index: Any) -> Any:
    try:
        wanted = x._array[index].shape
    except IndexError as error:
        raise misplaced(x._array, index, error) from None
    v = cast(src, x._array.dtype)
    if v._array.shape != wanted:
        raise ShapeError(
            f"{function}: expected src to have a size equal to the slice of self. src size = {list(v._array.shape)}, "
            f"slice size = {list(wanted)}"
        )
    return apply(ops.set_at, x, v, index=index)


def _check_single(function: str, value: Any) -> None:
    if spec_of(value).ndim:
        raise ShapeError(
            f"{function} only supports a 0-dimensional value tensor, but got tensor with {spec_of(value).ndim} "
            "dimension(s)"
        )


def _product(x: Any, v: Any, places: Any) -> Any:
    """x times all the v's sent to each place: one round per repetition of a place, so no rule has to divide."""
    if not isinstance(places, tuple):
        return apply(ops.add_to, x, v, index=places)  # nothing is named
    shape = x._array.shape
    flat = ops.positions(places, shape, 0).reshape(-1)
    v = np.broadcast_to(v, np.broadcast_shapes(*[part.shape for part in places])).reshape(-1)
    order = np.argsort(flat, kind="stable")
    ranks = _ranks(flat[order])
    x = x.reshape(-1)
    for rank in range(int(ranks.max(initial=-1)) + 1):
        chosen = order[ranks == rank]
        factor = apply(ops.getitem, v, index=chosen)
        x = x * apply(ops.set_at, np.ones(x.shape, x.dtype), factor, index=flat[chosen])
    return x.reshape(shape)


def _ranks(ordered: Array) -> Array:
    """How many equal elements stand before each element of a sorted array."""
    return np.arange(ordered.size) - np.searchsorted(ordered, ordered)


def _least(dtype: np.dtype[Any]) -> Any:
    return -np.inf if dtype.kind == "f" else np.iinfo(dtype).min if dtype.kind in "iu" else False


def _most(dtype: np.dtype[Any]) -> Any:
    return np.inf if dtype.kind == "f" else np.iinfo(dtype).max if dtype.kind in "iu" else True
