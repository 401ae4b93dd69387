"""Functions that few programs use, put together from others. Imported when one of them is first asked for."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from ...errors import DTypeError, SettingError, ShapeError
from ...modes import no_grad
from ...ops import index as index_ops
from ..core import array_of, get_default_dtype, int64, operand, spec_of, wrap
from ..dims import normalize_dim
from ..new import size_of
from ..promotion import cast
from ..run import apply


def tensor_of(x: Any) -> Any:
    """`x` as a Tensor."""
    return operand(x)


# --------------------------------------------------------------------------------------------------- elementwise


def angle(input: Any) -> Any:
    """pi where x < 0, else 0; NaN stays. Gradient 0. Integers become floating point."""
    x = tensor_of(input)
    x = x if x._array.dtype.kind == "f" else cast(x, get_default_dtype())
    sign = x.sign()
    return (sign * sign - sign) * (math.pi / 2)


def real(input: Any) -> Any:
    """The Tensor itself: it is not complex."""
    return tensor_of(input)


conj = conj_physical = resolve_conj = resolve_neg = to_dense = real


def rsub(input: Any, other: Any, *, alpha: Any = 1) -> Any:
    """other - alpha * input."""
    x = tensor_of(input)
    return (x.neg() if alpha == 1 else x * -alpha) + other


def fill(input: Any, value: Any) -> Any:
    """A Tensor like `input` full of a number or 0-d Tensor, to which the gradient goes."""
    x = tensor_of(input)
    number = tensor_of(value)
    if number._array.ndim:
        raise ShapeError(f"fill only supports 0-dimension value tensor but got tensor with {number._array.ndim} dims")
    zero = apply(index_ops.zero_at, x, index=...)
    return zero + cast(number, x._array.dtype)


class FrexpResult(NamedTuple):
    """x = mantissa * 2**exponent."""

    mantissa: Any
    exponent: Any


def frexp(input: Any) -> FrexpResult:
    """(mantissa, exponent) with x = mantissa * 2**exponent and 0.5 <= |mantissa| < 1; the exponent is int32."""
    x = tensor_of(input)
    if x._array.dtype.kind != "f":
        raise DTypeError(f"frexp: only supports floating-point dtypes, got {x._array.dtype}")
    exponent = np.asarray(np.frexp(x._array)[1], np.int32)
    half = exponent // 2  # 2**-exponent alone may overflow
    one = x._array.dtype.type(1)
    scaled = x * wrap(np.ldexp(one, -half)) * wrap(np.ldexp(one, half - exponent))
    return FrexpResult(scaled, wrap(exponent))


# ------------------------------------------------------------------------------------------------ pick and place


def put(input: Any, index: Any, source: Any, accumulate: bool = False) -> Any:
    """A copy with the elements at the flat positions `index` replaced by those of `source`, or added to."""
    x, places, values = tensor_of(input), tensor_of(index), tensor_of(source)
    if places._array.size != values._array.size:
        raise ShapeError(
            "put_(): Expected source and index to have the same number of elements, but got source.numel() = "
            f"{values._array.size}, index.numel() = {places._array.size}"
        )
    if values._array.dtype != x._array.dtype:
        raise DTypeError(f"put_(): Expected the dtypes to be equal, got {x._array.dtype} and {values._array.dtype}")
    flat = x.reshape(-1).index_put((places.reshape(-1),), values.reshape(-1), accumulate)
    return flat.reshape(x._array.shape)


def index_reduce(input: Any, dim: int, index: Any, source: Any, reduce: str, *, include_self: bool = True) -> Any:
    """A copy with the slices of `source` along `dim` reduced into those that `index` names.

    reduce   "prod", "mean", "amax", "amin";  include_self: do the elements of `input` count too?
    """
    x, where, values = tensor_of(input), tensor_of(index), tensor_of(source)
    if reduce not in ("prod", "mean", "amax", "amin"):
        raise SettingError(f"index_reduce: reduce must be one of prod, mean, amax or amin, got {reduce}")
    dim = normalize_dim("index_reduce", dim, x._array.ndim)
    sizes = [1] * values._array.ndim
    sizes[dim] = where._array.size
    wide = where.reshape(sizes).expand(values._array.shape)
    return x.scatter_reduce(dim, wide, values, reduce, include_self=include_self)


def _at_positions(x: Any, src: Any, places: Any, function: str) -> Any:
    """A copy of x with `src` at these positions in row-major order."""
    v = cast(tensor_of(src), x._array.dtype)
    if v._array.shape != places.shape:
        raise ShapeError(
            f"{function}: expected src to have a size equal to the slice of self. src size = {list(v._array.shape)}, "
            f"slice size = {list(places.shape)}"
        )
    return apply(index_ops.set_at, x.reshape(-1), v, index=places).reshape(x._array.shape)


def diagonal_scatter(input: Any, src: Any, offset: int = 0, dim1: int = 0, dim2: int = 1) -> Any:
    """A copy with the diagonal x.diagonal(offset, dim1, dim2) replaced by `src`."""
    x = tensor_of(input)
    numbers = np.arange(x._array.size).reshape(x._array.shape)
    return _at_positions(x, src, numbers.diagonal(offset, dim1, dim2), "diagonal_scatter")


def as_strided_scatter(input: Any, src: Any, size: Any, stride: Any, storage_offset: int | None = None) -> Any:
    """A copy with x.as_strided(size, stride, storage_offset) replaced by `src`; strides in elements, row-major."""
    x = tensor_of(input)
    places = np.full(tuple(size), storage_offset or 0, np.intp)
    for axis, (n, step) in enumerate(zip(size, stride, strict=True)):
        places += (np.arange(n) * step).reshape([n if d == axis else 1 for d in range(len(size))])
    if places.size and (places.min() < 0 or places.max() >= x._array.size):
        raise ShapeError(f"as_strided_scatter: size {list(size)} and stride {list(stride)} leave the Tensor's memory")
    return _at_positions(x, src, places, "as_strided_scatter")


def nonzero_static(input: Any, *, size: int, fill_value: int = -1) -> Any:
    """The first `size` rows of nonzero(), or those there are and rows of `fill_value`; a constant."""
    found = np.argwhere(array_of(input))
    z = np.full((size, found.shape[1]), fill_value, int64)
    z[: min(size, len(found))] = found[:size]
    return wrap(z)


def constant_pad_nd(input: Any, pad: Any, value: float = 0) -> Any:
    """`pad` in the mode "constant"."""
    from ..pad import pad as padded

    return padded(input, pad, "constant", value)


def resize_(self: Any, *sizes: Any, memory_format: Any = None) -> Any:
    """Take another shape in place: as many elements as fit are kept in row-major order, new ones may have any value."""
    shape = size_of("resize_", sizes)
    if self._node is not None:
        raise SettingError("resize_: cannot resize variables that require grad; use reshape")
    array = self._array
    if math.prod(shape) == array.size:
        self._array = array.reshape(shape)
    else:
        fresh = np.zeros(math.prod(shape), array.dtype)
        count = min(fresh.size, array.size)
        fresh[:count] = array.reshape(-1)[:count]
        self._array = fresh.reshape(shape)
    return self


def resize_as_(self: Any, the_template: Any, *, memory_format: Any = None) -> Any:
    """`resize_` to the shape of another Tensor."""
    return resize_(self, *spec_of(the_template).shape) if spec_of(the_template).ndim else resize_(self, ())


def apply_(self: Any, callable: Callable[[Any], Any]) -> Any:
    """Replace each element by callable(element), in place, one after the other. Slow, and not recorded."""
    if self._node is not None:
        raise SettingError("apply_: cannot be recorded; write it in operations on Tensors, or call it on x.detach()")
    values = [callable(x) for x in self._array.reshape(-1).tolist()]
    self.copy_(wrap(np.asarray(values, self._array.dtype).reshape(self._array.shape)))
    return self


def map_(self: Any, tensor: Any, callable: Callable[[Any, Any], Any]) -> Any:
    """Replace each element by callable(element, the other's element), in place. Slow, and not recorded."""
    if self._node is not None:
        raise SettingError("map_: cannot be recorded; write it in operations on Tensors, or call it on x.detach()")
    other = np.broadcast_to(array_of(tensor), self._array.shape)
    pairs = zip(self._array.reshape(-1).tolist(), other.reshape(-1).tolist(), strict=True)
    values = [callable(a, b) for a, b in pairs]
    self.copy_(wrap(np.asarray(values, self._array.dtype).reshape(self._array.shape)))
    return self


def embedding_renorm_(input: Any, indices: Any, max_norm: float, norm_type: float = 2.0) -> Any:
    """Scale the rows that `indices` names down to a norm of `max_norm`, in place; not recorded."""
    rows = np.unique(array_of(indices))
    with no_grad():
        input[rows] = input[rows].renorm(norm_type, 0, max_norm)
    return input
