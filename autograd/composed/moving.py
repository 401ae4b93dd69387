"""Functions of NumPy's that only move elements: each element of the result is one of an argument, or zero.

One rule serves them all. The elements of the arguments are numbered, NumPy's own function moves the numbers, and the
values are taken from where the numbers say. So shapes, defaults and errors are NumPy's own, and the gradient goes back
to the places that values came from.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import numpy as np

from ..tensors.core import Core, wrap
from ..tensors.join import cat
from ..tensors.method import array_functions, implements
from ..tensors.promotion import cast
from .arguments import tensor_of, value_of

MOVING: dict[Callable[..., Any], str] = {
    np.append: "arr values",
    np.array_split: "ary",
    np.block: "arrays",
    np.choose: "choices",
    np.column_stack: "tup",
    np.compress: "a",
    np.delete: "arr",
    np.diagflat: "v",
    np.dsplit: "ary",
    np.dstack: "tup",
    np.extract: "arr",
    np.hsplit: "ary",
    np.insert: "arr values",
    np.lib.stride_tricks.sliding_window_view: "x",
    np.resize: "a",
    np.rollaxis: "a",
    np.select: "choicelist default",
    np.vsplit: "ary",
    **({np.unstack: "x"} if hasattr(np, "unstack") else {}),
}
"""NumPy's function -> its arguments whose elements are moved. The others are read."""


class _Numbered:
    """Tensors and arrays whose elements get numbers from 1 on; 0 is the number of a zero that comes from nowhere."""

    def __init__(self) -> None:
        self.tensors: list[Any] = []
        self.count = 1

    def number(self, x: Any) -> Any:
        """The numbers of the elements of an argument; of each leaf, if it is a nest."""
        if isinstance(x, (list, tuple)) and any(isinstance(part, (Core, list, tuple, np.ndarray)) for part in x):
            return type(x)([self.number(part) for part in x])
        tensor = tensor_of(x)
        array = tensor._array
        self.tensors.append(tensor)
        start, self.count = self.count, self.count + array.size
        return np.arange(start, self.count).reshape(array.shape)

    def taken(self, numbers: Any) -> Any:
        """The elements that have these numbers, as Tensors; of each array of a list of them."""
        if isinstance(numbers, (list, tuple)):
            return type(numbers)([self.taken(each) for each in numbers])
        dtype = np.result_type(*[tensor._array.dtype for tensor in self.tensors])
        rows = [cast(tensor, dtype).reshape(-1) for tensor in self.tensors]
        if numbers.size and not numbers.all():
            return cat([wrap(np.zeros(1, dtype)), *rows])[wrap(np.asarray(numbers))]
        return (cat(rows) if len(rows) > 1 else rows[0])[wrap(np.asarray(numbers) - 1)]


def _moving(function: Callable[..., Any], data: list[str]) -> None:
    signature = inspect.signature(function)

    @implements(function)
    def run(*args: Any, **kwargs: Any) -> Any:
        bound = signature.bind(*args, **kwargs)
        if function is np.select:
            bound.apply_defaults()
        numbered = _Numbered()
        for name, x in bound.arguments.items():
            bound.arguments[name] = numbered.number(x) if name in data else _plain(x)
        return numbered.taken(function(*bound.args, **bound.kwargs))


def _plain(x: Any) -> Any:
    """An argument that is only read: conditions, positions."""
    if isinstance(x, (list, tuple)):
        return type(x)([_plain(part) for part in x])
    return value_of(x) if isinstance(x, Core) else x


for _function, _data in MOVING.items():
    if _function not in array_functions:
        _moving(_function, _data.split())


def _shifted(function: Callable[..., Any], turn: Callable[[int], int]) -> None:
    def call(x: Any, axes: Any = None) -> Any:
        x = tensor_of(x)
        shape = x._array.shape
        places = range(len(shape)) if axes is None else (axes,) if isinstance(axes, int) else axes
        return np.roll(x, tuple([turn(shape[axis]) for axis in places]), tuple(places))

    implements(function)(call)


_shifted(np.fft.fftshift, lambda n: n // 2)
_shifted(np.fft.ifftshift, lambda n: -(n // 2))


@implements(np.partition)
def _partition(a: Any, kth: Any, axis: int | None = -1, kind: Any = "introselect", order: None = None) -> Any:
    a = a.reshape(-1) if axis is None else a
    places = np.argpartition(a._array, kth, -1 if axis is None else axis, kind)
    return np.take_along_axis(a, wrap(places), -1 if axis is None else axis)


@implements(np.trim_zeros)
def _trim_zeros(filt: Any, trim: str = "fb", axis: Any = None) -> Any:
    filt = tensor_of(filt)
    ndim = filt._array.ndim
    axes = range(ndim) if axis is None else np.lib.array_utils.normalize_axis_tuple(axis, ndim)
    inside = np.argwhere(filt._array)
    index: list[Any] = [slice(None)] * ndim
    for each in axes:
        first, last = (inside[:, each].min(), inside[:, each].max()) if len(inside) else (0, -1)
        front, back = "f" in trim.lower(), "b" in trim.lower()
        index[each] = slice(int(first) if front else None, int(last) + 1 if back or not len(inside) else None)
    return filt[tuple(index)]


@implements(np.piecewise)
def _piecewise(x: Any, condlist: Any, funclist: Any, *args: Any, **kw: Any) -> Any:
    x = tensor_of(x)
    if isinstance(condlist, (Core, np.ndarray)) or not isinstance(condlist[0], (Core, np.ndarray, list)):
        plain = np.asarray(_plain(condlist), bool)
        masks = [plain] if plain.ndim == x._array.ndim else list(plain)
    else:
        masks = [np.asarray(_plain(each), bool) for each in condlist]
    if len(funclist) == len(masks) + 1:
        masks.append(~np.logical_or.reduce(masks))
    if len(funclist) != len(masks):
        raise ValueError(
            f"with {len(masks)} condition(s), either {len(masks)} or {len(masks) + 1} functions are expected"
        )
    result: Any = wrap(np.zeros_like(x._array))
    for mask, function in zip(masks, funclist):
        if not callable(function):
            result = np.where(wrap(mask), function, result)
        elif mask.any():
            parts = tensor_of(function(x[wrap(mask)], *args, **kw))
            places = np.cumsum(mask.reshape(-1)).reshape(mask.shape) - 1
            spread = parts if not parts._array.ndim else parts[wrap(np.where(mask, places, 0))]
            result = np.where(wrap(mask), spread, result)
    return result
