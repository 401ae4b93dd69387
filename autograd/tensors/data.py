"""Arrays from what a program has: numbers, nested lists, arrays, Tensors, and mixtures of them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from ..errors import DTypeError, ShapeError
from ..modes import state
from .core import Array, Core, get_default_dtype
from .promotion import check_held, result_type
from .untracked import warn_of_scalar

_NUMBERS = frozenset({int, float, bool})
_LISTS = (list, tuple, range)


def array_from(function: str, data: Any, wanted: np.dtype[Any] | None) -> Array:
    """A new array of `data`, in `wanted` or the dtype that fits.

    Python floats have the default dtype and ints int64; NumPy's numbers, arrays and Tensors their own; a mixture has
    the dtype that an operation on arrays of these would have. A Tensor with one element counts as a number inside of
    lists, as in PyTorch: `[tensor([1.0]), tensor([2.0])]` has shape (2,).
    """
    kind = type(data)
    if kind in _NUMBERS or isinstance(data, (np.ndarray, np.generic)):
        if kind in _NUMBERS:
            if wanted is None and kind is float:
                wanted = get_default_dtype()
            if wanted is not None and wanted.kind in "fb":
                return np.array(data, wanted)
        return _checked(function, np.array(data), data, wanted)
    if not isinstance(data, _LISTS):
        return _foreign(function, data, wanted)
    kinds = set(_kinds(data))
    if not kinds:  # nothing in it: floats, as in PyTorch
        return _listed(function, data, wanted or get_default_dtype())
    if kinds <= _NUMBERS:
        if wanted is None and float in kinds:
            wanted = get_default_dtype()
        floats = wanted is not None and wanted.kind == "f"
        return _checked(function, _listed(function, data, wanted if floats else None), data, wanted)
    if any(issubclass(kind, Core) for kind in kinds):
        first: Any = data
        ndim = 0
        while isinstance(first, (*_LISTS, np.ndarray)) and len(first):
            ndim, first = ndim + 1, first[0]
        if wanted is None:
            wanted = _mixed(data)
        data = _plain(function, data, ndim)
    elif wanted is None and any(issubclass(kind, (np.generic, np.ndarray)) for kind in kinds):
        wanted = _mixed(data)
    return _checked(function, _listed(function, data, None), data, wanted)


def _listed(function: str, data: Any, dtype: Any) -> Array:
    try:
        return np.array(data, dtype)
    except OverflowError:
        raise DTypeError(f"{function}: Overflow when unpacking long long: an int has more than 64 bits") from None
    except ValueError as error:
        raise ShapeError(f"{function}: expected sequences of equal length: {error}") from None


def _checked(function: str, array: Array, data: Any, wanted: np.dtype[Any] | None) -> Array:
    """The array in `wanted`, if it holds numbers that we have."""
    kind = array.dtype.kind
    if kind not in "fiub":
        if kind == "O" and isinstance(data, int):
            raise DTypeError(f"{function}: Overflow when unpacking long long: {data} has more than 64 bits")
        held = f"np.ndarray of {array.dtype}" if isinstance(data, np.ndarray) else type(data).__name__
        raise DTypeError(f"{function}: wanted numbers, got {held}" + (f" of {array.dtype}" if kind in "OU" else ""))
    fits = wanted is not None and wanted.kind in "fb"
    if array.dtype == np.uint64 and not fits and not isinstance(data, (np.ndarray, np.generic)):
        raise DTypeError(f"{function}: Overflow when unpacking long long: an int does not fit into int64")
    if wanted is not None:
        if array.dtype == wanted:
            return array
        if not isinstance(data, np.ndarray):
            check_held(function, array, wanted)
        return array.astype(wanted)
    return array if array.dtype.isnative else array.astype(array.dtype.newbyteorder("="))


def _foreign(function: str, data: Any, wanted: np.dtype[Any] | None) -> Array:
    """Buffers, sequences of other kinds, and objects with __array__."""
    sequence = hasattr(data, "__len__") and hasattr(data, "__getitem__") and not hasattr(data, "keys")
    if sequence and not isinstance(data, (str, bytes, np.dtype)) and not hasattr(data, "__array__"):
        return array_from(function, [data[index] for index in range(len(data))], wanted)
    array = np.array(data)
    if array.dtype.kind == "O" and hasattr(data, "__float__") and wanted is not None:
        array = np.array(float(data))
    if array.dtype.kind not in "fiub":
        raise DTypeError(f"{function}: Could not infer dtype of {type(data).__name__}: wanted numbers")
    return _checked(function, array, data, wanted)


def _kinds(data: Any) -> Iterator[type]:
    """The types of what is in nested lists."""
    kinds = set(map(type, data))
    yield from kinds - {list, tuple, range}
    if list in kinds or tuple in kinds or range in kinds:
        for part in data:
            if isinstance(part, _LISTS):
                yield from _kinds(part)


def _mixed(data: Any) -> np.dtype[Any] | None:
    """The dtype of what is in nested lists; None if there is something else than numbers."""
    found: np.dtype[Any] | None = None
    stack = [data]
    seen: set[Any] = set()
    while stack:
        for part in stack.pop():
            if isinstance(part, _LISTS):
                stack.append(part)
            elif isinstance(part, (Core, np.ndarray, np.generic)):
                seen.add(part.dtype)  # type: ignore[union-attr]
            elif type(part) in _NUMBERS:
                seen.add(get_default_dtype() if type(part) is float else np.dtype(type(part)))
            else:
                return None
    for dtype in seen:
        if dtype.kind not in "fiub":
            return None
        found = dtype if found is None else result_type(np.empty(1, found), np.empty(1, dtype))
    return found


def _plain(function: str, data: Any, ndim: int) -> Any:
    """Nested lists without Tensors."""
    if isinstance(data, Core):
        if data._node is not None and state.tape is not None:
            warn_of_scalar(function)
        array = data._array
        if ndim:
            return array.tolist()
        if array.size != 1:
            raise ShapeError(
                f"{function}: only one element tensors can be converted to Python scalars, got shape {array.shape} "
                "in a list; `stack` and `cat` join Tensors, and keep their gradients"
            )
        return array.item()
    if isinstance(data, _LISTS):
        return [_plain(function, part, ndim - 1) for part in data]
    return data
