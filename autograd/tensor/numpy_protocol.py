"""NumPy's functions on Tensors: `np.exp(t)`, `np.sum(t, axis=0)`, `array * t` record the same ops as our own.

Each family's file says which NumPy functions it implements, with `@implements(np.sum)`; ufuncs register
themselves. What has no rule raises: an ndarray that silently lost its gradient would be worse. The rules of ops are
written in these functions, so that they run on Tensors under `create_graph`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..errors import NoRuleError
from .core import Core, array_functions, ufuncs


class NumPyProtocol(Core):
    """`__array__`, `__array_ufunc__` and `__array_function__`."""

    __slots__ = ()

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray[Any, Any]:
        """The array; raises if the Tensor requires grad, because the result would not be tracked."""
        array = self.numpy()  # type: ignore[attr-defined]
        return np.array(array, dtype=dtype, copy=copy)  # type: ignore[no-any-return]

    def __array_ufunc__(self, ufunc: np.ufunc, how: str, *inputs: Any, **kwargs: Any) -> Any:
        out = kwargs.pop("out", None)
        if out is not None:
            raise NoRuleError(f"np.{ufunc.__name__}: out= cannot be recorded; assign the result instead")
        if how == "reduce":
            return _reduce(ufunc, *inputs, **kwargs)
        function = ufuncs.get(ufunc)
        if how != "__call__" or function is None:
            raise _no_rule(f"np.{ufunc.__name__}" + ("" if how == "__call__" else f".{how}"))
        if kwargs:
            raise NoRuleError(f"np.{ufunc.__name__}: {', '.join(kwargs)} cannot be recorded")
        return function(*inputs)

    def __array_function__(
        self, function: Callable[..., Any], types: Any, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> Any:
        ours = array_functions.get(function)
        if ours is None:
            raise _no_rule(f"np.{getattr(function, '__name__', function)}")
        kwargs = {key: value for key, value in kwargs.items() if value is not np._NoValue}
        return ours(*args, **kwargs)


def _reduce(ufunc: np.ufunc, x: Any, axis: Any = 0, dtype: Any = None, keepdims: bool = False) -> Any:
    wholes: dict[Any, Any] = {np.add: np.sum, np.multiply: np.prod, np.maximum: np.amax, np.minimum: np.amin}
    whole = wholes.get(ufunc)
    if whole is None or dtype is not None:
        raise _no_rule(f"np.{ufunc.__name__}.reduce")
    return array_functions[whole](x, axis=axis, keepdims=keepdims)


def _no_rule(name: str) -> NoRuleError:
    functions: list[Any] = [*array_functions, *ufuncs]
    known = sorted({function.__name__ for function in functions})
    return NoRuleError(
        f"{name} has no derivative rule, so it cannot run on a Tensor; use .detach().numpy() to leave the graph. "
        f"These have one: {', '.join(known)}"
    )
