"""Functions and operators on Tensors that run one op: `unary`, `binary`, `operators`.

What they do beyond `apply` is to bring two operands to one dtype, and to say what was wrong in the words of the
function. `fast.calls` compiles the straight way through them, and comes back here for the rest.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

import numpy as np
from numpy import ndarray as Array

from ..advice import no_loop
from ..errors import DTypeError, ShapeError
from ..op import Op
from .core import OPERANDS, Core, T, array_of, get_default_dtype, operand
from .method import ufuncs
from .promotion import cast, result_type
from .run import plainly

Misfit = Callable[[str, Array, Array], ShapeError]


class Operator(Protocol):
    """What `operators` returns, for type checkers: as a method, its result is of the type of what it belongs to."""

    def __call__(self, input: Any, other: Any, /) -> Any: ...

    def __get__(self, instance: T, owner: type[T]) -> Callable[[Any], T]: ...


def unary(op: Op, name: str | None = None, doc: str | None = None) -> Callable[[T], T]:
    """The function on Tensors of an op with one input and no settings. `doc` is its docstring, if not the op's own."""
    shown = name or op.name

    def function(input: Any, **settings: Any) -> Any:
        x = operand(input, shown)
        try:
            return plainly(op, x, **settings)[0]
        except TypeError as error:
            raise unfit_alone(error, op, shown, x._array) from None

    return _finished(op, function, shown, doc)


def binary(
    op: Op, name: str | None = None, misfit: Misfit | None = None, *, doc: str | None = None
) -> Callable[[T, Any], T]:
    """The function on Tensors of an op with two inputs and no settings.

    `misfit(name, a, b)` makes the error for shapes that do not fit; by default that of broadcasting.
    """
    return _binary(op, name or op.name, doc, misfit)


def operators(op: Op, name: str | None = None, misfit: Misfit | None = None) -> tuple[Operator, Operator]:
    """The operator of an op with two inputs and its reflection (`__mul__, __rmul__`).

    They return NotImplemented for foreign types, where functions raise.
    """
    shown = name or op.name
    straight = _binary(op, shown, None, misfit, operator=True)
    return straight, _binary(op, shown, None, misfit, operator=True, reflected=True)


def _binary(
    op: Op, name: str, doc: str | None, misfit: Misfit | None, operator: bool = False, reflected: bool = False
) -> Any:
    def function(input: Any, other: Any) -> Any:
        x, y = (other, input) if reflected else (input, other)
        pair = _matched(op, x, y)
        if pair is None:
            if operator:
                return NotImplemented
            raise DTypeError(
                f"{name}: wanted Tensors, arrays or numbers, got {type(x).__name__} and {type(y).__name__}"
            )
        try:
            return plainly(op, *pair)[0]
        except (ValueError, TypeError) as error:
            raise unfit(error, misfit, name, *map(array_of, pair)) from None

    return _finished(op, function, name, doc, misfit, reflected)


def _finished(
    op: Op, function: Any, name: str, doc: str | None, misfit: Misfit | None = None, reflected: bool = False
) -> Any:
    """The function, or the compiled form of it, with the name and text of what it runs."""
    if Op.compile_call is not None:
        function = Op.compile_call(op, name, function, misfit, reflected)
    function.__name__ = function.__qualname__ = name
    function.__doc__ = doc or op.__doc__
    function.op = op
    if isinstance(op.forward, np.ufunc) and not reflected:
        ufuncs[op.forward] = function
    return function


def _matched(op: Op, x: Any, y: Any) -> tuple[Any, ...] | None:
    """Two operands as Tensors or arrays of one dtype; None if one of them is of a foreign type."""
    if not isinstance(x, OPERANDS) or not isinstance(y, OPERANDS):
        return None
    if type(x) is np.ndarray and isinstance(y, Core) and x.dtype == y._array.dtype:
        return x, y
    if type(y) is np.ndarray and isinstance(x, Core) and y.dtype == x._array.dtype:
        return x, y
    dtype = result_type(x, y)
    if op.floating and dtype.kind != "f":
        dtype = get_default_dtype()
    if op.name in _COMPARISONS and dtype.kind in "iu":
        dtype = _wide_enough(dtype, x, y)
    return tuple([v if type(v) is np.ndarray and v.dtype == dtype else cast(v, dtype) for v in (x, y)])


_COMPARISONS = ("eq", "ne", "lt", "le", "gt", "ge")


def _wide_enough(dtype: np.dtype[Any], *operands: Any) -> np.dtype[Any]:
    """The dtype, or one that a number among the operands fits into, too: 300 is greater than all uint8."""
    limits = np.iinfo(dtype)
    fits = all(limits.min <= n <= limits.max for n in operands if isinstance(n, int))
    return dtype if fits else np.dtype(np.int64)


def unfit(error: Exception, misfit: Misfit | None, name: str, a: Array, b: Array) -> Exception:
    """What to raise where NumPy refused two arrays."""
    if isinstance(error, TypeError):
        if "not supported for the input types" in str(error):
            return DTypeError(f"{name}: {no_loop(name, a.dtype, b.dtype)}")
        return DTypeError(f"{name}: {error} (got {a.dtype} and {b.dtype})")
    return (misfit or broadcast_misfit)(name, a, b) or error


def unfit_alone(error: TypeError, op: Op, name: str, a: Array) -> TypeError:
    """The same for one array: NumPy's functions refuse nothing but dtypes. What other functions say is their own."""
    if not isinstance(op.forward, np.ufunc) or isinstance(error, DTypeError):
        return error
    return DTypeError(f"{name}: not implemented for {a.dtype}" + (_OF_BOOLS.get(name, "") if a.dtype == bool else ""))


_OF_BOOLS = {"neg": ": ~x is its opposite", "sign": ": x.int() is the same as numbers"}


def broadcast_misfit(name: str, a: Array, b: Array) -> ShapeError | None:
    """The error for operands that cannot be broadcast, in PyTorch's words."""
    for axis in range(-1, -1 - min(a.ndim, b.ndim), -1):
        if a.shape[axis] != b.shape[axis] and 1 not in (a.shape[axis], b.shape[axis]):
            return ShapeError(
                f"{name}: The size of tensor a ({a.shape[axis]}) must match the size of tensor b ({b.shape[axis]}) at "
                f"non-singleton dimension {max(a.ndim, b.ndim) + axis}; a has shape {a.shape}, b has shape {b.shape}"
            )
    return None


def reflected(function: Callable[[Any, Any], T]) -> Callable[[Any, Any], T]:
    """The same with the operands exchanged, for `__rmatmul__` and the like."""

    def swapped(x: Any, y: Any) -> T:
        return function(y, x)

    return swapped
