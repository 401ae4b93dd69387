"""`ArrayBox`: a value with NumPy's attributes, methods and operators, recorded as Tensors are.

A function that is being differentiated gets boxes in the place of its arrays. A box holds a tracked Tensor. What is
computed from it is a box again as long as a gradient can flow through it, and a NumPy array or number otherwise: a
comparison, a shape, an argmax.

Because a Tensor speaks PyTorch (`x.max(1)` is a pair, `x.std()` divides by n - 1, `x.size()` is a function) and a box
NumPy, methods do not go to those of the Tensor, but to the functions of NumPy that run on Tensors.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any

import numpy as np

from ..errors import NoRuleError
from ..tensors.core import Core, wrap
from ..tensors.join import stack
from ..tensors.method import array_functions, ufuncs
from ..tensors.numpy_protocol import composed
from .arrays import Array
from .direct import alone, beside, on_two, pairs
from .kinds import Box, held, held_leaf, known


class ArrayBox(Array):
    """A NumPy array or number on which a gradient depends. `_value` is the array itself, through which none flows."""

    __slots__ = ()
    __array_priority__ = 100.0
    __hash__ = Array.__hash__

    # ------------------------------------------------------------------------------------------------- NumPy's protocol

    def __array_namespace__(self, *, api_version: str | None = None) -> Any:
        """The functions of the array API standard: `autograd.numpy`."""
        return importlib.import_module("autograd.numpy")

    def __array_ufunc__(self, ufunc: np.ufunc, how: str, *inputs: Any, **kwargs: Any) -> Any:
        if how == "__call__" and not kwargs:
            return straight(ufunc, inputs)
        if kwargs.get("out") is not None:
            raise NoRuleError(f"np.{ufunc.__name__}: out= cannot be recorded; assign the result instead")
        return call(ufunc if how == "__call__" else getattr(ufunc, how), inputs, kwargs)

    def __array_function__(self, function: Callable[..., Any], types: Any, args: Any, kwargs: Any) -> Any:
        return call(function, args, kwargs)

    # -------------------------------------------------------------------------------------------------------- operators

    def __getitem__(self, index: Any) -> Any:
        return box(self._tensor[tensors(index)])

    def __neg__(self) -> Any:
        return box(-self._tensor)

    def __pos__(self) -> Any:
        return self

    def __abs__(self) -> Any:
        return box(abs(self._tensor))

    def __eq__(self, other: Any) -> Any:
        return self._tensor._array == values(other)

    def __ne__(self, other: Any) -> Any:
        return self._tensor._array != values(other)

    def __lt__(self, other: Any) -> Any:
        return self._tensor._array < values(other)

    def __le__(self, other: Any) -> Any:
        return self._tensor._array <= values(other)

    def __gt__(self, other: Any) -> Any:
        return self._tensor._array > values(other)

    def __ge__(self, other: Any) -> Any:
        return self._tensor._array >= values(other)

    # ---------------------------------------------------------------------------------------------- values of their own

    def astype(self, dtype: Any, *_: Any, **__: Any) -> Any:
        """The same numbers in another dtype."""
        return box(self._tensor.to(np.dtype(dtype)))

    def copy(self, *_: Any, **__: Any) -> Any:
        """A box of its own memory."""
        return box(self._tensor.clone())

    def flatten(self, order: str = "C") -> Any:
        """The numbers in a row, as an array of its own."""
        return call(np.ravel, (self, order), {})

    def _run(self, function: Callable[..., Any], args: Any, kwargs: Any) -> Any:
        return call(function, args, kwargs) if kwargs else straight(function, args)


def _operator(name: str, of: Callable[[Any, Any], Any]) -> None:
    def forth(self: ArrayBox, other: Any) -> Any:
        z = of(self._tensor, other._tensor if type(other) is ArrayBox else tensors(beside(other, self._tensor)))
        return z._array[()] if z._node is None else ArrayBox(z)

    def back(self: ArrayBox, other: Any) -> Any:
        z = of(beside(_operand(other), self._tensor), self._tensor)
        return z._array[()] if z._node is None else ArrayBox(z)

    setattr(ArrayBox, f"__{name}__", forth)
    setattr(ArrayBox, f"__r{name}__", back)


def _operand(other: Any) -> Any:
    """The left side of an operator whose right side is a Tensor: lists become arrays, as for NumPy."""
    return np.asarray(other) if isinstance(other, (list, tuple)) else other


for _name, _of in {
    "add": lambda a, b: a + b,
    "sub": lambda a, b: a - b,
    "mul": lambda a, b: a * b,
    "truediv": lambda a, b: a / b,
    "floordiv": lambda a, b: a // b,
    "mod": lambda a, b: a % b,
    "pow": lambda a, b: a**b,
    "matmul": lambda a, b: a @ b,
}.items():
    _operator(_name, _of)


# ------------------------------------------------------------------------------------------------ in and out of boxes


def box(z: Any) -> Any:
    """What an operation on Tensors gave, for a program that speaks NumPy: nests are gone through.

    A Tensor that gradients flow through becomes a box, any other a NumPy array or number.
    """
    if isinstance(z, Core):
        return z._array[()] if z._node is None else ArrayBox(z)
    if isinstance(z, dict):
        return {key: box(part) for key, part in z.items()}
    if isinstance(z, tuple):
        return type(z)(*map(box, z)) if hasattr(z, "_fields") else tuple(map(box, z))
    return list(map(box, z)) if isinstance(z, list) else z


def tensors(x: Any) -> Any:
    """Arguments with Tensors in place of boxes, nests of tuples, lists and dictionaries included. What else can become
    an array, such as a column of pandas, does."""
    kind = type(x)
    if kind is ArrayBox:
        return x._tensor
    if kind is np.ndarray or kind is float or kind is int or kind is slice:
        return x
    if kind is tuple or kind is list:
        return kind([tensors(part) for part in x])
    if kind is dict:
        return {key: tensors(part) for key, part in x.items()}
    return np.asarray(x) if hasattr(x, "__array__") and not isinstance(x, (Core, np.generic, type)) else x


def values(x: Any) -> Any:
    """Arguments with their arrays in place of boxes, nests included; no gradient flows through them."""
    kind = type(x)
    if kind is ArrayBox:
        return x._tensor._array
    if kind is tuple or kind is list:
        return kind([values(part) for part in x])
    return {key: values(part) for key, part in x.items()} if kind is dict else x


def holds(x: Any) -> bool:
    """Is there a box in an argument, or in a nest of them?"""
    kind = type(x)
    if kind is ArrayBox:
        return True
    if kind is tuple or kind is list:
        return any(map(holds, x))
    return any(map(holds, x.values())) if kind is dict else False


def straight(function: Any, args: Any) -> Any:
    """`call` without options: most often of one box, or of a box and something else."""
    count = len(args)
    if count == 1:
        if function in alone and type(args[0]) is ArrayBox:
            z = alone[function](args[0]._tensor)
            return z._array[()] if z._node is None else ArrayBox(z)
    elif count == 2 and function in pairs:
        x, y = args
        if type(x) is ArrayBox or type(y) is ArrayBox:
            z = on_two(function, x, y, ArrayBox)
            if z is not None:
                return z._array[()] if z._node is None else ArrayBox(z)
    return call(function, args, {})


def call(function: Callable[..., Any], args: Any, kwargs: Any) -> Any:
    """A function of NumPy's on arguments among which there are boxes."""
    given = [x._tensor if type(x) is ArrayBox else tensors(x) for x in args]
    for index, x in enumerate(given):
        kind = type(x)
        if (kind is list or kind is tuple) and function not in SEQUENCES and (not index or holds(args[index])):
            given[index] = stacked(x)
    if type(function) is np.ufunc and len(args) > function.nin:
        raise NoRuleError(f"np.{function.__name__}: out= cannot be recorded; assign the result instead")
    ours = ufuncs.get(function) if not kwargs else None
    ours = ours or array_functions.get(function) or composed(array_functions, function)
    if ours is None or kwargs:
        return box((ours or function)(*given, **{key: tensors(x) for key, x in kwargs.items()}))
    return box(ours(*given))


SEQUENCES = {
    np.append,
    np.block,
    np.choose,
    np.column_stack,
    np.concatenate,
    np.dstack,
    np.einsum,
    np.hstack,
    np.insert,
    np.linalg.multi_dot,
    np.lexsort,
    np.select,
    np.stack,
    np.vstack,
    np.piecewise,
}
"""Functions whose first argument may be a sequence of arrays. For all others it is an array, made of the parts."""


def stacked(part: Any) -> Any:
    """Nested lists of Tensors, arrays and numbers as one Tensor, as `numpy.array` makes one array of them."""
    if not isinstance(part, (list, tuple)):
        return part if isinstance(part, Core) else wrap(np.asarray(part))
    parts = [stacked(one) for one in part]
    shapes = {one._array.shape for one in parts}
    if len(shapes) != 1:
        raise ValueError(f"array: wanted parts of one shape, got {sorted(shapes)}")
    wanted = np.result_type(*[one._array.dtype for one in parts])
    return stack([one if one._array.dtype == wanted else one.to(wanted) for one in parts])


# ---------------------------------------------------------------------------------- arguments of what is differentiated


def variable(x: Any) -> Any:
    """The Tensor for an argument by which a function is differentiated: of an array, a number or a box."""
    if isinstance(x, (Box, Core)):
        return x._tensor if isinstance(x, Box) else x
    if known(x):
        return held_leaf(x)
    array = x if type(x) is np.ndarray else np.asarray(x)
    if array.dtype.kind in "iu" and not isinstance(x, (int, np.integer)):
        array = array.astype(float)  # arrays of integers stand for the numbers they hold
    if array.dtype.kind == "c":
        raise TypeError(f"Can't differentiate w.r.t. {array.dtype}: complex numbers are not supported")
    if array.dtype.kind != "f":
        raise TypeError(
            f"Can't differentiate w.r.t. type {type(x)}: wanted floating point numbers, or tuples, lists or dicts of "
            f"them, got {'dtype ' + str(array.dtype) if isinstance(x, (np.ndarray, np.generic)) else repr(x)}"
        )
    return wrap(array)


def result(z: Any) -> Any:
    """The Tensor for what a function returned: of a box, an array or a number."""
    if isinstance(z, (Box, Core)):
        return z._tensor if isinstance(z, Box) else z
    if known(z):
        return held(z)
    array = np.asarray(z)
    if array.dtype.kind not in "fiub":
        raise no_space(z)
    return wrap(array)


def no_space(z: Any) -> TypeError:
    """The error for what is no number that could be differentiated, or no such nest."""
    complex_numbers = np.iscomplexobj(z) if isinstance(z, (np.ndarray, np.generic, complex)) else False
    what = "complex numbers are not supported" if complex_numbers else "it has no derivative"
    return TypeError(f"Can't find vector space for value {z!r} of type {type(z)}: {what}")


def nest(of: Callable[[Any], Any], tree: Any) -> Any:
    """A nest of tuples, lists and dictionaries with of(leaf) in place of each leaf."""
    if not isinstance(tree, (tuple, list, dict)):
        return of(tree)
    if isinstance(tree, dict):
        return {key: nest(of, part) for key, part in tree.items()}
    if isinstance(tree, tuple):
        parts = [nest(of, part) for part in tree]
        return type(tree)(*parts) if hasattr(tree, "_fields") else tuple(parts)
    return [nest(of, part) for part in tree]


def plain(x: Any) -> Any:
    """Arguments with plain arrays and numbers in place of boxes."""
    return nest(lambda part: part._value if isinstance(part, Box) else part, x)
