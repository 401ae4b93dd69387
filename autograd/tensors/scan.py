"""Methods that run along a dimension: running sums, products and extremes, differences."""

from __future__ import annotations

from typing import Any, Self

import numpy as np

from ..errors import ShapeError
from ..ops import scan as ops
from ..ops.shape import clone
from .core import Core, int64
from .dims import normalize_dim
from .method import implements, method, refuse
from .promotion import cast
from .reduce import floating
from .results import ValuesIndices, picked
from .run import apply


def _scan(function: str, op: Any, x: Any, dim: Any) -> Any:
    axis = normalize_dim(function, dim, x._array.ndim)
    return apply(op, x, axis=axis) if x._array.ndim else apply(op, x.reshape(1), axis=0).reshape(())


def _summand(x: Any, dtype: Any) -> Any:
    if dtype is not None:
        return cast(x, np.dtype(dtype))
    return x if x._array.dtype.kind == "f" else cast(x, int64)


class Scan(Core):
    """Running sums, products and extremes; differences of neighbours."""

    __slots__ = ()

    @method
    def cumsum(self, dim: int, *, dtype: Any = None) -> Self:
        """Sum of the elements up to and including each, along `dim`. Bools and integers are summed as int64.

        >>> from autograd import tensor
        >>> tensor([1.0, 2.0, 3.0]).cumsum(0).tolist()
        [1.0, 3.0, 6.0]
        """
        return _scan("cumsum", ops.cumsum, _summand(self, dtype), dim)

    @method
    def cumprod(self, dim: int, *, dtype: Any = None) -> Self:
        """Product of the elements up to and including each, along `dim`. The gradient is right where elements are 0."""
        return _scan("cumprod", ops.cumprod, _summand(self, dtype), dim)

    @method
    def logcumsumexp(self, dim: int) -> Self:
        """log of the running sum of exp(x) along `dim`, without overflow. Gradient 0 where x is -inf."""
        return _scan("logcumsumexp", ops.logcumsumexp, floating(self), dim)

    @method
    def cummax(self, dim: int) -> ValuesIndices[Self]:
        """(values, indices): the largest element so far along `dim`, the last of ties; NaN from the first NaN on."""
        return self._extremes("cummax", np.maximum, dim)

    @method
    def cummin(self, dim: int) -> ValuesIndices[Self]:
        """(values, indices): the smallest element so far along `dim`, the last of ties; NaN from the first NaN on."""
        return self._extremes("cummin", np.minimum, dim)

    def _edge(self, part: Any, axis: int) -> Any:
        """What to put before or after: a number stands for a slice full of it."""
        if not isinstance(part, (bool, int, float)):
            return part
        x = self._array
        return np.full([1 if d == axis else n for d, n in enumerate(x.shape)], part, x.dtype)

    def _extremes(self, function: str, ufunc: np.ufunc, dim: Any) -> ValuesIndices[Self]:
        x = self._array
        axis = normalize_dim(function, dim, x.ndim)
        if x.ndim == 0:
            return picked(self, 0, axis)
        place = np.arange(x.shape[axis]).reshape(-1, *[1] * (x.ndim - axis - 1))
        record = (x == ufunc.accumulate(x, axis=axis)) | np.isnan(x)
        return picked(self, np.maximum.accumulate(np.where(record, place, 0), axis=axis), axis)

    @method
    def diff(self, n: int = 1, dim: int = -1, prepend: Any = None, append: Any = None) -> Self:
        """Differences of neighbours along `dim`, `n` times over; of bools: whether they differ.

        prepend, append   Tensors to put before and after first, of the same shape except along `dim`; or numbers

        Raises ShapeError for a 0-d Tensor and for negative `n`.
        """
        if self._array.ndim == 0:
            raise ShapeError("diff expects input to be at least one-dimensional")
        if n < 0:
            raise ShapeError(f"diff: order must be non-negative but got {n}")
        axis = normalize_dim("diff", dim, self._array.ndim)
        if n == 0:
            return apply(clone, self)
        parts: Any = [self._edge(part, axis) for part in (prepend, self, append) if part is not None]
        x: Any = np.concatenate(parts, axis=axis) if len(parts) > 1 else self
        for _ in range(min(n, x._array.shape[axis])):
            x = apply(ops.diff, x, axis=axis)
        return x


def _numpys(function: Any, ours: Any) -> Any:
    name = function.__name__

    def call(a: Any, axis: Any = None, dtype: Any = None, out: None = None) -> Any:
        refuse(name, out=out)
        flat = axis is None or not a._array.ndim
        return ours(a.reshape(-1), 0 if axis is None else axis, dtype=dtype) if flat else ours(a, axis, dtype=dtype)

    return implements(function)(call)


_numpys(np.cumsum, Scan.cumsum)
_numpys(np.cumprod, Scan.cumprod)


@implements(np.diff)
def _diff(a: Any, n: int = 1, axis: int = -1, prepend: Any = None, append: Any = None) -> Any:
    return Scan.diff(a, n, axis, prepend, append)
