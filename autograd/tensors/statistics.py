"""Covariances, histograms, distances and sums under a curve, put together from other methods."""

from __future__ import annotations

import itertools
import math
from typing import Any, Self

import numpy as np

from ..errors import DTypeError, SettingError, ShapeError
from ..room import check_room
from .core import Core, array_of, get_default_dtype, int64, operand, spec_of, wrap
from .dims import normalize_dim
from .method import method
from .out import takes_out
from .promotion import cast
from .sort import chosen


class Statistics(Core):
    """Methods over several observations."""

    __slots__ = ()

    @method
    def cov(self, *, correction: int = 1, fweights: Any = None, aweights: Any = None) -> Self:
        """The covariance matrix (V, V) of V variables in rows, (V, N), or the variance of one, (N,).

        correction   the sum of products is divided by N - correction
        fweights     (N,) integers: how often each observation counts
        aweights     (N,): how much each counts; then the divisor is sum(w) - correction * sum(w * aweights) / sum(w)
        """
        x: Any = self
        if x._array.ndim > 2:
            raise ShapeError(f"cov: expected input to have two or fewer dimensions but got an input with {x.ndim}")
        if not x.is_floating_point():
            x = x.to(get_default_dtype())
        x = x.reshape(1, -1) if x._array.ndim < 2 else x
        count = x._array.shape[1]
        w: Any = None
        for name, given in (("fweights", fweights), ("aweights", aweights)):
            if given is not None:
                if name == "fweights" and spec_of(given).dtype.kind not in "iu":
                    raise DTypeError(f"cov: expected fweights to have integral dtype, got {spec_of(given).dtype}")
                weights = cast(given, x._array.dtype)
                if weights._array.shape != (count,):
                    raise ShapeError(f"cov: wanted {name} of shape ({count},), got {weights._array.shape}")
                w = weights if w is None else w * weights
        total: Any = count if w is None else w.sum()
        mean = x.mean(1, keepdim=True) if w is None else (x * w).sum(1, keepdim=True) / total
        d = x - mean
        divisor: Any = total - correction
        if aweights is not None:
            divisor = total - correction * (w * cast(aweights, x._array.dtype)).sum() / total
        product = (d if w is None else d * w) @ d.T
        divisor = divisor.clamp_min(0) if isinstance(divisor, Core) else max(divisor, 0)  # type: ignore[attr-defined]
        return (product / divisor).squeeze()

    @method
    def corrcoef(self) -> Self:
        """The matrix (V, V) of correlation coefficients of V variables in rows, (V, N); 1 for a single one, (N,)."""
        c: Any = self.cov()
        if c._array.ndim == 0:
            return c / c
        scale = c.diagonal().sqrt()
        return (c / scale.unsqueeze(1) / scale.unsqueeze(0)).clamp(-1, 1)

    @method
    def histc(self, bins: int = 100, min: float = 0, max: float = 0) -> Self:
        """How many elements lie in each of `bins` equal parts of min .. max, of the dtype of x; a constant.

        min, max   both 0: the smallest and the largest element. Elements outside are not counted
        """
        x = self._array
        if x.dtype.kind != "f":
            raise DTypeError(f"histc: wanted a floating point Tensor, got {x.dtype}")
        if bins <= 0:
            raise SettingError(f"histc: bins must be > 0, got {bins}")
        check_room("histc", (bins,))
        low, high = (min, max) if min != max else (x.min(), x.max()) if x.size else (0.0, 1.0)
        if not (np.isfinite(low) and np.isfinite(high)) or low > high:
            raise SettingError(f"histc: range of [{low}, {high}] is not finite, or max is less than min")
        if low == high:
            low, high = low - 1, high + 1
        return wrap(np.histogram(x, bins, (low, high))[0].astype(x.dtype))

    @method
    def unique_consecutive(
        self, return_inverse: bool = False, return_counts: bool = False, dim: int | None = None
    ) -> Any:
        """x, flattened, or its slices along `dim`, without those that equal the one before.

        return_inverse   also the index in the result of every element: int64, of the shape of x (with `dim`: 1-d)
        return_counts    also how long each run is: int64
        """
        x = self._array
        axis = None if dim is None else normalize_dim("unique_consecutive", dim, x.ndim)
        rows = x.reshape(-1, 1) if axis is None else np.moveaxis(x, axis, 0).reshape(x.shape[axis], -1)
        fresh = np.ones(len(rows), np.bool_)
        fresh[1:] = (rows[1:] != rows[:-1]).any(1)
        starts = np.flatnonzero(fresh)
        values = chosen(self, starts, axis)
        inverse = np.asarray(np.cumsum(fresh) - 1, int64).reshape(x.shape if axis is None else -1)
        counts = np.asarray(np.diff([*starts, len(rows)]), int64)
        extra = [part for part, wanted in ((inverse, return_inverse), (counts, return_counts)) if wanted]
        return (values, *map(wrap, extra)) if extra else values


@takes_out
def isin(elements: Any, test_elements: Any, *, assume_unique: bool = False, invert: bool = False) -> Any:
    """Which elements occur among `test_elements` (with `invert`: which do not), as bools; a constant."""
    x, known = array_of(elements), array_of(test_elements)
    return wrap(np.isin(x, known, assume_unique=assume_unique, invert=invert))


def unravel_index(indices: Any, shape: Any) -> tuple[Any, ...]:
    """Positions in a flattened Tensor of this shape as one Tensor of indices per dimension: int64; constants."""
    sizes = tuple(shape) if isinstance(shape, (tuple, list)) else (int(shape),)
    if array_of(indices).dtype.kind not in "iu":
        raise DTypeError(f"unravel_index: expected 'indices' to be integers, got {array_of(indices).dtype}")
    return tuple([wrap(np.asarray(part, int64)) for part in np.unravel_index(array_of(indices), sizes)])


def cdist(x1: Any, x2: Any, p: float = 2.0, compute_mode: str = "use_mm_for_euclid_dist_if_necessary") -> Any:
    """Distances (..., P, R) between all rows of x1 (..., P, M) and x2 (..., R, M). Gradient 0 at distance 0.

    p              which norm; 0 counts coordinates that differ
    compute_mode   taken, and without effect: differences are formed before they are squared, which is exact where
                   points are close
    """
    a, b = (_tensor(x) for x in (x1, x2))
    if a._array.ndim < 2 or b._array.ndim < 2 or a._array.shape[-1] != b._array.shape[-1]:
        raise ShapeError(f"cdist: X1 and X2 must have the same number of columns, got {a.shape} and {b.shape}")
    if p < 0:
        raise SettingError(f"cdist: only supports non-negative p values, got {p}")
    d = a.unsqueeze(-2) - b.unsqueeze(-3)
    return d.norm(p, -1)


def combinations(input: Any, r: int = 2, with_replacement: bool = False) -> Any:
    """All choices of `r` elements of a 1-d Tensor in their order, as rows."""
    x = _tensor(input)
    if x._array.ndim != 1:
        raise ShapeError(f"combinations: Expect a 1D vector, but got shape {list(x._array.shape)}")
    if r < 0:
        raise SettingError(f"combinations: Expect a non-negative number, but got {r}")
    if r == 0:
        return x[:0]
    choose = itertools.combinations_with_replacement if with_replacement else itertools.combinations
    count = math.comb(x._array.size + (r - 1 if with_replacement else 0), r)
    check_room("combinations", (count, r))
    places = np.array(list(choose(range(x._array.size), r)), np.intp).reshape(-1, r)
    return x[places]


def vander(x: Any, N: int | None = None, increasing: bool = False) -> Any:
    """The powers x**(N-1), ..., x, 1 of each element of a 1-d Tensor as a row; N defaults to its length. int: int64."""
    base = _tensor(x)
    if base._array.ndim != 1:
        raise ShapeError(f"vander: x must be a one-dimensional tensor, got shape {list(base._array.shape)}")
    return powers(base, N, increasing)


def powers(base: Any, N: int | None, increasing: bool) -> Any:
    """The powers 0 .. N - 1 of each element along a new last dimension; N defaults to the size of the last."""
    count = base._array.shape[-1] if N is None else N
    if count < 0:
        raise SettingError(f"vander: N must be non-negative, got {count}")
    check_room("vander", (*base._array.shape, count))
    exponents = np.arange(count)
    columns = base.unsqueeze(-1) ** wrap(exponents if increasing else exponents[::-1].copy())
    return columns.to(base._array.dtype) if base._array.dtype.kind == "f" else columns


def trapezoid(y: Any, x: Any = None, *, dx: float = 1.0, dim: int = -1) -> Any:
    """The integral of y along `dim` by the trapezoidal rule.

    x   where y is known: 1-d, or of y's shape; None: at places `dx` apart
    """
    return _areas("trapezoid", y, x, dx, dim).sum(dim)


def cumulative_trapezoid(y: Any, x: Any = None, *, dx: float = 1.0, dim: int = -1) -> Any:
    """`trapezoid` from the first element to each later one: one element fewer along `dim`."""
    return _areas("cumulative_trapezoid", y, x, dx, dim).cumsum(dim)


def _areas(function: str, y: Any, x: Any, dx: float, dim: int) -> Any:
    values = _tensor(y)
    if not values._array.ndim:
        raise ShapeError(f"{function}: wanted at least one dimension, got a 0-d Tensor")
    axis = normalize_dim(function, dim, values._array.ndim)
    count = values._array.shape[axis]
    means = (values.narrow(axis, 0, max(count - 1, 0)) + values.narrow(axis, min(1, count), max(count - 1, 0))) / 2
    if x is None:
        return means * dx
    places = _tensor(x)
    if places._array.ndim == 1:
        if places._array.size != count:
            raise ShapeError(f"{function}: wanted {count} values in x, got {places._array.size}")
        places = places.reshape(*[count if d == axis else 1 for d in range(values._array.ndim)])
    return means * places.diff(dim=axis - values._array.ndim)


def _tensor(x: Any) -> Any:
    return operand(x)
