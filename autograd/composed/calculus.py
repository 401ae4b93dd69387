"""Functions of NumPy's on samples and polynomials: differences, integrals, interpolation, convolution."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..tensors.core import Core, wrap
from ..tensors.join import stack
from ..tensors.method import implements, refuse
from .arguments import floats, tensor_of, value_of


@implements(np.gradient)
def _gradient(f: Any, *varargs: Any, axis: Any = None, edge_order: int = 1) -> Any:
    f = floats(f)
    ndim = f._array.ndim
    axes = tuple(range(ndim)) if axis is None else np.lib.array_utils.normalize_axis_tuple(axis, ndim)
    steps = [1.0] * len(axes) if not varargs else list(varargs) * (len(axes) if len(varargs) == 1 else 1)
    if len(steps) != len(axes):
        raise TypeError("invalid number of arguments")
    found = [_slope(f, each, step, edge_order) for each, step in zip(axes, steps)]
    return found[0] if len(found) == 1 else tuple(found)


def _slope(f: Any, axis: int, step: Any, edge_order: int) -> Any:
    """Central differences of second order inside, one-sided ones at the ends; `step` is a number or the coordinates."""
    n = f._array.shape[axis]
    if n < edge_order + 1:
        raise ValueError(
            "Shape of array too small to calculate a numerical gradient, at least (edge_order + 1) required"
        )
    if edge_order not in (1, 2):
        raise ValueError("'edge_order' greater than 2 not supported")
    f = np.moveaxis(f, axis, -1)
    if np.ndim(value_of(step) if isinstance(step, Core) else step):
        gaps = np.diff(tensor_of(step).to(f._array.dtype))
        if gaps._array.shape[0] + 1 != n:
            raise ValueError("when 1d, distances must match the length of the corresponding dimension")
    else:
        gaps = np.broadcast_to(tensor_of(step).to(f._array.dtype), (n - 1,))
    rise = f[..., 1:] - f[..., :-1]
    slopes = rise / gaps
    before, after = gaps[:-1], gaps[1:]
    inside = (slopes[..., :-1] * after + slopes[..., 1:] * before) / (before + after)
    first, last = slopes[..., :1], slopes[..., -1:]
    if edge_order == 2:
        first = first - (inside[..., :1] - first)
        last = last - (inside[..., -1:] - last)
        first = slopes[..., :1] - (slopes[..., 1:2] - slopes[..., :1]) * gaps[:1] / (gaps[:1] + gaps[1:2])
        last = slopes[..., -1:] + (slopes[..., -1:] - slopes[..., -2:-1]) * gaps[-1:] / (gaps[-1:] + gaps[-2:-1])
    return np.moveaxis(np.concatenate([first, inside, last], axis=-1), -1, axis)


@implements(np.trapezoid)
def _trapezoid(y: Any, x: Any = None, dx: Any = 1.0, axis: int = -1) -> Any:
    y = np.moveaxis(tensor_of(y), axis, -1)
    if x is None:
        gaps = tensor_of(dx).to(np.result_type(y._array.dtype, np.float32))
    else:
        x = tensor_of(x)
        gaps = np.diff(x if x._array.ndim == 1 else np.moveaxis(x, axis, -1), axis=-1)
    return np.sum((y[..., 1:] + y[..., :-1]) * gaps / 2.0, axis=-1)


@implements(np.ediff1d)
def _ediff1d(ary: Any, to_end: Any = None, to_begin: Any = None) -> Any:
    flat = tensor_of(ary).reshape(-1)
    parts = [flat[1:] - flat[:-1]]
    parts = ([] if to_begin is None else [tensor_of(to_begin).reshape(-1)]) + parts
    parts = parts + ([] if to_end is None else [tensor_of(to_end).reshape(-1)])
    return np.concatenate(parts)


@implements(np.interp)
def _interp(x: Any, xp: Any, fp: Any, left: Any = None, right: Any = None, period: Any = None) -> Any:
    x, xp, fp = (tensor_of(each) for each in (x, xp, fp))
    dtype = np.result_type(x._array, xp._array, fp._array, np.float32)
    x, xp, fp = x.to(dtype), xp.to(dtype), fp.to(dtype)
    if xp._array.shape != fp._array.shape or xp._array.ndim != 1 or not xp._array.size:
        raise ValueError("fp and xp are not of the same length.")
    if period is not None:
        left = right = None
        period = abs(float(value_of(period)))
        x, xp = x % period, xp % period
        order = np.argsort(xp._array)
        xp, fp = xp[wrap(order)], fp[wrap(order)]
        xp = np.concatenate([xp[-1:] - period, xp, xp[:1] + period])
        fp = np.concatenate([fp[-1:], fp, fp[:1]])
    n = xp._array.size
    if n == 1:
        between = np.broadcast_to(fp[0], x._array.shape)
    else:
        place = np.clip(np.searchsorted(xp._array, x._array, side="right") - 1, 0, n - 2)
        low, high = wrap(np.asarray(place)), wrap(np.asarray(place + 1))
        slope = (fp[high] - fp[low]) / (xp[high] - xp[low])
        between = fp[low] + slope * (x - xp[low])
        exact = wrap(np.asarray(x._array == xp._array[place + 1]))
        between = np.where(exact, fp[high] + slope * (x - xp[high]), between)
    below, above = wrap(np.asarray(x._array < xp._array[0])), wrap(np.asarray(x._array > xp._array[-1]))
    between = np.where(below, tensor_of(fp[0] if left is None else left).to(dtype), between)
    return np.where(above, tensor_of(fp[-1] if right is None else right).to(dtype), between)


def _sliding(long: Any, short: Any) -> Any:
    """Sums of products of `short` with each stretch of its length of `long`."""
    return np.matmul(np.lib.stride_tricks.sliding_window_view(long, short._array.shape[0]), short)


def _convolved(a: Any, v: Any, mode: str) -> Any:
    """Convolution of two rows of numbers. `a` is at least as long as `v`."""
    n = v._array.shape[0]
    if mode == "valid":
        return _sliding(a, np.flip(v))
    padded = np.pad(a, (n - 1, n - 1))
    full = _sliding(padded, np.flip(v))
    if mode == "full":
        return full
    start = (n - 1) // 2
    return full[start : start + a._array.shape[0]]


_MODES: dict[Any, str] = {0: "valid", 1: "same", 2: "full"}


def _rows_of(name: str, a: Any, v: Any, mode: Any) -> tuple[Any, Any, str]:
    a, v = tensor_of(a).reshape(-1), tensor_of(v).reshape(-1)
    mode = _MODES.get(mode, mode)
    if mode not in ("full", "same", "valid"):
        raise ValueError(f"mode must be one of 'valid', 'same', or 'full' (got {mode!r})")
    if not a._array.size or not v._array.size:
        raise ValueError("a cannot be empty" if not a._array.size else "v cannot be empty")
    dtype = np.result_type(a._array, v._array)
    return a.to(dtype), v.to(dtype), mode


@implements(np.convolve)
def _convolve(a: Any, v: Any, mode: str = "full") -> Any:
    a, v, mode = _rows_of("convolve", a, v, mode)
    if v._array.shape[0] > a._array.shape[0]:
        a, v = v, a
    return _convolved(a, v, mode)


@implements(np.correlate)
def _correlate(a: Any, v: Any, mode: str = "valid") -> Any:
    a, v, mode = _rows_of("correlate", a, v, mode)
    if v._array.shape[0] <= a._array.shape[0]:
        return _convolved(a, np.flip(v), mode)
    return np.flip(_convolved(v, np.flip(a), mode))


@implements(np.unwrap)
def _unwrap(p: Any, discont: Any = None, axis: int = -1, *, period: Any = 6.283185307179586) -> Any:
    p = floats(p)
    turned = np.unwrap(p._array, discont, axis, period=period)
    return p + wrap((turned - p._array).astype(p._array.dtype))  # whole periods: constant


# ----------------------------------------------------------------------------------------------------- polynomials


@implements(np.polyval)
def _polyval(p: Any, x: Any) -> Any:
    p, x = tensor_of(p), tensor_of(x)
    y: Any = x * 0
    for coefficient in p:
        y = y * x + coefficient
    return y


@implements(np.vander)
def _vander(x: Any, N: int | None = None, increasing: bool = False) -> Any:
    x = tensor_of(x)
    if x._array.ndim != 1:
        raise ValueError("x must be a one-dimensional array or sequence.")
    count = x._array.shape[0] if N is None else N
    columns: list[Any] = [wrap(np.ones_like(x._array))] if count else []
    for _ in range(count - 1):
        columns.append(columns[-1] * x)
    if not columns:
        return wrap(np.zeros((x._array.shape[0], 0), x._array.dtype))
    return stack(columns if increasing else columns[::-1], 1)


def _padded(a: Any, b: Any) -> tuple[Any, Any]:
    a, b = (np.atleast_1d(tensor_of(each)) for each in (a, b))
    n = max(a._array.shape[0], b._array.shape[0])
    return tuple(np.pad(each, (n - each._array.shape[0], 0)) for each in (a, b))  # type: ignore[return-value]


@implements(np.polyadd)
def _polyadd(a1: Any, a2: Any) -> Any:
    a, b = _padded(a1, a2)
    return a + b


@implements(np.polysub)
def _polysub(a1: Any, a2: Any) -> Any:
    a, b = _padded(a1, a2)
    return a - b


@implements(np.polymul)
def _polymul(a1: Any, a2: Any) -> Any:
    return np.convolve(_without_leading_zeros(a1), _without_leading_zeros(a2))


def _without_leading_zeros(p: Any) -> Any:
    p = np.atleast_1d(tensor_of(p))
    given = np.flatnonzero(p._array)
    return p[int(given[0]) :] if given.size else p[:1] * 0


@implements(np.polyder)
def _polyder(p: Any, m: int = 1) -> Any:
    p = tensor_of(p)
    for _ in range(int(value_of(m))):
        n = p._array.shape[0] - 1
        p = p[:-1] * wrap(np.arange(n, 0, -1).astype(p._array.dtype))
    return p


@implements(np.polyint)
def _polyint(p: Any, m: int = 1, k: Any = None) -> Any:
    p, m = floats(p), int(value_of(m))
    constants = (
        [0.0] * m if k is None else [tensor_of(each) for each in np.atleast_1d(tensor_of(k))] * (m if m > 1 else 1)
    )
    for step in range(m):
        n = p._array.shape[0]
        raised = p / wrap(np.arange(n, 0, -1).astype(p._array.dtype))
        p = np.concatenate([raised, tensor_of(constants[step]).to(p._array.dtype).reshape(1)])
    return p


@implements(np.polyfit)
def _polyfit(x: Any, y: Any, deg: int, rcond: Any = None, full: bool = False, w: Any = None, cov: Any = False) -> Any:
    refuse("polyfit", full=full or None, cov=cov or None)
    x, y = floats(x), floats(y)
    columns = np.vander(x, int(value_of(deg)) + 1)
    if w is not None:
        weights = tensor_of(w)
        columns = columns * weights[:, None]
        y = y * (weights if y._array.ndim == 1 else weights[:, None])
    scale = np.sqrt(np.sum(columns * columns, axis=0))
    found = np.linalg.lstsq(columns / scale, y)[0]
    return found / (scale if y._array.ndim == 1 else scale[:, None])


# ------------------------------------------------------------------------------------------------------- ranges, scans


@implements(np.linspace)
def _linspace(
    start: Any, stop: Any, num: int = 50, endpoint: bool = True, retstep: bool = False, dtype: Any = None,
    axis: int = 0, *, device: Any = None,
) -> Any:  # fmt: skip
    start, stop = tensor_of(start), tensor_of(stop)
    kind = np.result_type(start._array, stop._array, np.float32)
    parts = num - 1 if endpoint else num
    fractions = np.arange(num) / parts if parts else np.zeros(num)
    ndim = max(start._array.ndim, stop._array.ndim)
    along = wrap(fractions.astype(kind).reshape((-1,) + (1,) * ndim))
    z = start * (1 - along) + stop * along
    z = np.moveaxis(z if dtype is None else z.to(np.dtype(dtype)), 0, axis)
    return (z, (stop - start) / parts if parts else wrap(np.asarray(np.nan))) if retstep else z


@implements(np.logspace)
def _logspace(
    start: Any, stop: Any, num: int = 50, endpoint: bool = True, base: Any = 10.0, dtype: Any = None, axis: int = 0
) -> Any:
    z = tensor_of(base) ** _linspace(start, stop, num, endpoint, axis=axis)
    return z if dtype is None else z.to(np.dtype(dtype))


@implements(np.geomspace)
def _geomspace(start: Any, stop: Any, num: int = 50, endpoint: bool = True, dtype: Any = None, axis: int = 0) -> Any:
    start, stop = floats(start, stop)
    sign = np.sign(start._array)
    z = np.exp(_linspace(np.log(start * wrap(sign)), np.log(stop * wrap(sign)), num, endpoint, axis=axis)) * wrap(sign)
    return z if dtype is None else z.to(np.dtype(dtype))


def _scanned(name: str, of: Any, first: float) -> None:
    function = getattr(np, name, None)
    if function is None:  # new in NumPy 2.1
        return

    def call(
        x: Any, /, *, axis: int | None = None, dtype: Any = None, out: None = None, include_initial: bool = False
    ) -> Any:
        refuse(name, out=out)
        x = tensor_of(x)
        if axis is None:
            if x._array.ndim > 1:
                raise ValueError("For arrays which have more than one dimension ``axis`` argument is required.")
            x, axis = x.reshape(-1), 0
        z = of(x, axis=axis, dtype=dtype)
        if not include_initial:
            return z
        shape = list(z._array.shape)
        shape[axis] = 1
        return np.concatenate([wrap(np.full(shape, first, z._array.dtype)), z], axis=axis)

    implements(function)(call)


_scanned("cumulative_sum", np.cumsum, 0.0)
_scanned("cumulative_prod", np.cumprod, 1.0)
