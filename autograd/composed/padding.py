"""`numpy.pad` in all its modes. Those that repeat elements move them (see moving.py); the others go axis by axis."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..errors import NoRuleError
from ..tensors.core import wrap
from ..tensors.method import implements
from ..tensors.pad import pad_as_numpy
from .arguments import tensor_of, value_of

_numpys: Any = np.pad  # whose declared types do not cover modes that are known when it runs
_MOVED = ("edge", "reflect", "symmetric", "wrap")
_STATISTICS: dict[str, Any] = {"maximum": np.max, "minimum": np.min, "mean": np.mean, "median": np.median}


@implements(np.pad)
def _pad(array: Any, pad_width: Any, mode: Any = "constant", **options: Any) -> Any:
    x = tensor_of(array)
    if callable(mode) or mode == "empty":
        raise NoRuleError(f"np.pad: mode={mode!r} cannot be recorded")
    plain = np.ndim(value_of(options.get("constant_values", 0)))
    if mode == "constant" and not plain:
        return pad_as_numpy(x, _widths(x, pad_width), mode, **options)
    if mode in _MOVED and options.get("reflect_type", "even") == "even":
        numbers = _numpys(np.arange(x._array.size).reshape(x._array.shape), _widths(x, pad_width), mode, **options)
        return x.reshape(-1)[wrap(numbers)]
    _numpys(x._array, _widths(x, pad_width), mode, **{k: value_of(v) for k, v in options.items()})  # NumPy's own errors
    for axis, widths in enumerate(_widths(x, pad_width)):
        x = np.moveaxis(x, axis, 0)
        before, after = _ends(x, axis, widths, mode, options)
        x = np.moveaxis(np.concatenate([before, x, after], axis=0), 0, axis)
    return x


def _widths(x: Any, pad_width: Any) -> list[tuple[int, int]]:
    """(before, after) of each axis."""
    ndim = x._array.ndim
    if isinstance(pad_width, dict):  # from NumPy 2.2 on: axis -> width
        pairs = {axis % ndim: width for axis, width in pad_width.items()}
        each = [pairs.get(axis, 0) for axis in range(ndim)]
        return [(w, w) if isinstance(w, int) else (int(w[0]), int(w[1])) for w in each]
    return [(int(b), int(a)) for b, a in np.broadcast_to(np.asarray(pad_width), (ndim, 2)).tolist()]


def _ends(x: Any, axis: int, widths: tuple[int, int], mode: str, options: dict[str, Any]) -> list[Any]:
    """What comes before and after along the first axis."""
    if mode in _STATISTICS:
        return [_statistic(x, axis, side, n, mode, options.get("stat_length")) for side, n in enumerate(widths)]
    if mode in _MOVED:  # with reflect_type="odd": twice the edge less what is reflected
        shape = x._array.shape
        numbers = _numpys(np.arange(shape[0]), widths, mode)  # NumPy goes on from one reflection to the next
        whole = x[wrap(numbers)]
        if max(widths) >= max(shape[0], 1):
            raise NoRuleError("np.pad: reflect_type='odd' beyond the length of the array cannot be recorded")
        return [2 * x[:1] - whole[: widths[0]], 2 * x[-1:] - whole[len(numbers) - widths[1] :]]
    if mode == "linear_ramp":
        ends = _two(options.get("end_values", 0), axis, x)
        before, after = widths
        rise = _along(np.arange(before) / max(before, 1), x)
        fall = _along((np.arange(after, 0, -1) - 1) / max(after, 1), x)
        return [ends[0] + (x[:1] - ends[0]) * rise, ends[1] + (x[-1:] - ends[1]) * fall]
    values = _two(options.get("constant_values", 0), axis, x)
    rest = x._array.shape[1:]
    return [np.broadcast_to(value, (n, *rest)) for value, n in zip(values, widths)]


def _along(values: Any, x: Any) -> Any:
    """A row of numbers along the first axis."""
    return wrap(values.astype(x._array.dtype).reshape((-1,) + (1,) * (x._array.ndim - 1)))


def _statistic(x: Any, axis: int, side: int, n: int, mode: str, lengths: Any) -> Any:
    size = x._array.shape[0]
    length = size
    if lengths is not None:
        wanted = np.broadcast_to(np.asarray(value_of(lengths)), (x._array.ndim, 2))[axis, side]
        length = min(int(wanted), size)
    part = x[:length] if side == 0 else x[size - length :]
    value = _STATISTICS[mode](part, axis=0, keepdims=True)
    return np.broadcast_to(value, (n, *x._array.shape[1:]))


def _two(values: Any, axis: int, x: Any) -> list[Any]:
    """The values for both ends of an axis: of a number, a pair, or a pair for each axis."""
    given = tensor_of(values)
    pair = np.broadcast_to(given, (x._array.ndim, 2))[axis]
    return [pair[0].to(x._array.dtype), pair[1].to(x._array.dtype)]
