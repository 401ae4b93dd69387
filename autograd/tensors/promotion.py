"""The dtype of a result, by PyTorch's rules, and operands brought to it."""

from __future__ import annotations

import functools
import math
from collections.abc import Iterable
from typing import Any, NamedTuple

import numpy as np
from numpy import ndarray as Array

from ..errors import DTypeError
from ..modes import state
from ..ops.elementwise import to
from .core import SCALARS, Core, array_of, get_default_dtype, int64, operand, spec_of, wrap
from .run import apply

_KIND = {"b": 0, "u": 1, "i": 1, "f": 2}


def result_type(*operands: Any) -> np.dtype[Any]:
    """The dtype of an operation on `operands`, by PyTorch's rules.

    Bool < integer < floating point. Within the highest category that occurs, arrays decide before 0-d values, and 0-d
    values before Python and NumPy scalars: a float32 Tensor times `np.sqrt(2.0)` stays float32.

    >>> result_type(np.ones(3, np.float32), np.float64(2)), result_type(np.ones(3, np.int64), 0.5)
    (dtype('float32'), dtype('float32'))
    """
    return _promotion(tuple([_weight(x) for x in operands]))


def _weight(x: Any) -> tuple[int, np.dtype[Any]]:
    """How much a value's dtype counts in promotion (numbers least, then 0-d, then arrays), and the dtype."""
    if isinstance(x, SCALARS):
        kind = "f" if isinstance(x, float) else spec_of(x).dtype.kind
        return 0, get_default_dtype() if kind == "f" else int64 if kind in "iu" else spec_of(x).dtype
    array = array_of(x)
    return (2 if array.ndim else 1), array.dtype


@functools.cache
def _promotion(weights: tuple[tuple[int, np.dtype[Any]], ...]) -> np.dtype[Any]:
    best: dict[int, np.dtype[Any]] = {}
    for rank, dtype in weights:
        if dtype.kind not in _KIND:
            raise DTypeError(f"wanted bool, integer or floating point, got {dtype}")
        known = best.get(rank)
        if known is None or _KIND[dtype.kind] > _KIND[known.kind]:
            best[rank] = dtype
        elif _KIND[dtype.kind] == _KIND[known.kind]:
            best[rank] = np.promote_types(known, dtype)
    result: np.dtype[Any] | None = None
    for rank in sorted(best, reverse=True):
        if result is None or _KIND[best[rank].kind] > _KIND[result.kind]:
            result = best[rank]
    assert result is not None
    return result


def alike(tensors: Iterable[Any]) -> list[Any]:
    """Tensors, arrays and numbers as Tensors of one dtype."""
    xs = [operand(x) for x in tensors]
    if len({x._array.dtype for x in xs}) > 1:
        dtype = result_type(*xs)
        xs = [cast(x, dtype) for x in xs]
    return xs


class _Constants(dict[Any, Any]):
    """Number -> 0-d array of one dtype, which a ufunc takes twice as fast as the number itself."""

    def __init__(self, dtype: np.dtype[Any]) -> None:
        self.dtype = dtype
        self.zero = np.zeros((), dtype)
        self.below = np.full((), -0.0).astype(dtype)  # of integers: 0
        self.zero.flags.writeable = self.below.flags.writeable = False

    def __missing__(self, number: float) -> Array:
        if number == 0 and self.dtype.kind == "f":  # 0.0 and -0.0 are the same key
            return self.zero if math.copysign(1.0, number) > 0 else self.below
        if self.dtype.kind != "f":  # x_int * 2 stays integer, x_int * 2.0 does not: as keys they are the same
            fits = type(number) is int and self.dtype.kind in "iu"
            return _fitting(number, self.dtype) if fits else array_of(number)
        array = np.asarray(number, self.dtype)
        array.flags.writeable = False
        if len(self) >= 256:
            self.clear()
        self[number] = array
        return array


def _fitting(number: float, dtype: np.dtype[Any]) -> Array:
    try:
        return np.asarray(number, dtype)
    except OverflowError:
        raise AttributeError(f"{number} is no {dtype}") from None  # sends the functions of `fast.calls` the long way


class _Tables(dict[Any, _Constants]):
    def __missing__(self, dtype: np.dtype[Any]) -> _Constants:
        table = self[dtype] = _Constants(dtype)
        return table


constants = _Tables()
"""dtype -> number -> 0-d array of that dtype."""


class Scalar(NamedTuple):
    """A Python number beside an operand of `dtype`, for those who want to know that it was one."""

    number: float
    dtype: np.dtype[Any]

    @property
    def array(self) -> Array:
        """The constant that it stands for."""
        found: Array = constants[self.dtype][self.number]
        return found


def cast(x: Any, dtype: np.dtype[Any]) -> Any:
    """`x` (a Tensor, an array, numbers) as a Tensor of `dtype`; recorded if it needs a gradient.

    A Tensor that has that dtype is returned as it is.

    >>> from autograd import tensor
    >>> cast(tensor([1.0], requires_grad=True), np.dtype(np.float64)).requires_grad
    True
    """
    if isinstance(x, Core):
        if x._array.dtype is dtype or x._array.dtype == dtype:
            return x
        if state.capture is not None and dtype.kind == "f" == x._array.dtype.kind:  # tracked or not: it may be, later
            return apply(to, x, dtype=dtype)
        if x._node is None or dtype.kind != "f":
            return wrap(x._array.astype(dtype))
        return apply(to, x, dtype=dtype)
    return operand(x) if type(x) is np.ndarray and x.dtype == dtype else wrap(converted(x, dtype))


def check_held(function: str, numbers: Any, dtype: np.dtype[Any]) -> None:
    """Raise DTypeError if integers of `dtype` do not reach as far as these numbers.

    A negative one may become an unsigned one, as in C: -1 is 255 among uint8.
    """
    if dtype.kind not in "iu":
        return
    limits, found = np.iinfo(dtype), np.asarray(numbers)
    low = -limits.max if dtype.kind == "u" else limits.min
    if found.size and not (low <= found.min() and found.max() <= limits.max):
        wrong = found[~((found >= low) & (found <= limits.max))].reshape(-1)[0]
        raise DTypeError(f"{function}: value cannot be converted to type {dtype} without overflow: {wrong}")


def converted(x: Any, dtype: np.dtype[Any]) -> Array:
    """An array of numbers, or DTypeError if one of them does not fit.

    >>> converted(300, np.dtype(np.uint8))
    Traceback (most recent call last):
    autograd.errors.DTypeError: value cannot be converted to uint8 without overflow: 300
    """
    try:
        return np.asarray(x, dtype)
    except OverflowError:
        raise DTypeError(f"value cannot be converted to {dtype} without overflow: {x}") from None
