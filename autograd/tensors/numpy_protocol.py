"""NumPy's functions on Tensors: `np.exp(t)`, `np.sum(t, axis=0)`, `array * t` record the same ops as our own.

Each family's file says which NumPy functions it implements, with `@implements(np.sum)`; ufuncs register
themselves. What has no rule raises on a Tensor that requires grad: an ndarray that silently lost its gradient would be
worse. Where no gradient can be lost (constants, `no_grad`) it runs on the arrays, and gives what NumPy gives; a ufunc's
result is a Tensor. The rules of ops are written in these functions, so that they run on Tensors under `create_graph`.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable
from typing import Any

import numpy as np

from ..errors import NoRuleError
from ..modes import state
from ..shared import share
from .core import Core, wrap
from .later import import_all
from .method import array_functions, ufunc_methods, ufuncs


class NumPyProtocol(Core):
    """`__array__`, `__array_ufunc__` and `__array_function__`."""

    __slots__ = ()

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        """The array; raises where `numpy()` does, because the result would not be tracked. `numpy.testing` compares
        only, and may have it."""
        compared = sys._getframe(1).f_globals.get("__name__", "").startswith("numpy.testing")
        array = self.numpy(force=compared)  # type: ignore[attr-defined]
        return np.array(array, dtype=dtype, copy=copy)

    def __array_namespace__(self, *, api_version: str | None = None) -> Any:
        """The functions of the array API standard on Tensors: `autograd.array_api`."""
        return importlib.import_module("autograd.array_api")

    def to_device(self, device: Any, /, *, stream: Any = None) -> Any:
        """The Tensor itself: there is one device, "cpu", and another one is refused. The array API standard's name."""
        return self.to(device)  # type: ignore[attr-defined]

    def __array_ufunc__(self, ufunc: np.ufunc, how: str, *inputs: Any, **kwargs: Any) -> Any:
        out = kwargs.get("out")
        function = ufuncs.get(ufunc) or (composed(ufuncs, ufunc) if how == "__call__" else None)
        if out is not None and state.interpreter is not None:
            state.interpreter.settle(f"np.{ufunc.__name__} writes into a value")
        if out is None and how == "__call__" and function is not None and not kwargs:
            return function(*inputs)
        if how != "__call__" and out is None:
            composed(ufunc_methods, how)
            z = ufunc_methods[how](ufunc, *inputs, **kwargs)
            if z is not NotImplemented:
                return z
        if function is not None and out is None and _tracked(inputs) and kwargs.keys() == {"dtype"}:
            z, dtype = function(*inputs), np.dtype(kwargs["dtype"])
            return tuple([part.to(dtype) for part in z]) if isinstance(z, tuple) else z.to(dtype)
        if not _tracked((inputs, kwargs)) and not (out and any(isinstance(x, Core) for x in out)):
            z = getattr(ufunc, how)(*_arrays(inputs), **_arrays(kwargs))
            return _wrapped(z) if out is None else z
        if out is not None:
            raise NoRuleError(f"np.{ufunc.__name__}: out= cannot be recorded; assign the result instead")
        if how != "__call__" or function is None:
            raise _no_rule(f"np.{ufunc.__name__}" + ("" if how == "__call__" else f".{how}"))
        raise NoRuleError(f"np.{ufunc.__name__}: {', '.join(kwargs)} cannot be recorded")

    def __array_function__(
        self, function: Callable[..., Any], types: Any, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> Any:
        ours = array_functions.get(function) or composed(array_functions, function)
        if ours is None:
            if not _tracked((args, kwargs)):
                if state.interpreter is not None:
                    state.interpreter.settle(f"np.{getattr(function, '__name__', function)} may write into a value")
                return function(*_arrays(args), **_arrays(kwargs))
            raise _no_rule(f"np.{getattr(function, '__name__', function)}")
        kwargs = {key: value for key, value in kwargs.items() if value is not np._NoValue}
        return ours(*args, **kwargs)


def composed(table: dict[Any, Any], function: Any) -> Callable[..., Any] | None:
    """What runs a function of NumPy's, of those that few programs use: they are imported when one is first needed."""
    import_all()
    importlib.import_module("autograd.linalg")
    importlib.import_module("autograd.composed")
    return table.get(function)


def _tracked(x: Any) -> bool:
    """Is there a Tensor in a nest of arguments whose gradient would be lost?"""
    if isinstance(x, Core):
        return x._node is not None and state.tape is not None
    if isinstance(x, dict):
        return any(_tracked(part) for part in x.values())
    return isinstance(x, (tuple, list)) and any(_tracked(part) for part in x)


def _arrays(x: Any) -> Any:
    """A nest of arguments with arrays in place of Tensors."""
    if isinstance(x, Core):
        return share(x._array)
    if isinstance(x, dict):
        return {key: _arrays(part) for key, part in x.items()}
    return type(x)(_arrays(part) for part in x) if type(x) in (tuple, list) else x


def _wrapped(z: Any) -> Any:
    """What a ufunc gave, as Tensors; complex numbers stay arrays."""
    if isinstance(z, tuple):
        return tuple([_wrapped(part) for part in z])
    return wrap(np.asarray(z)) if isinstance(z, (np.ndarray, np.generic)) and z.dtype.kind in "fiub" else z


def _no_rule(name: str) -> NoRuleError:
    """The error for a function of NumPy's without a rule; it names the few with a rule that sound most like it."""
    from difflib import get_close_matches  # takes a moment to load, and is needed once

    functions: list[Any] = [*array_functions, *ufuncs]
    known = sorted({function.__name__ for function in functions})
    plain = name.removeprefix("np.").split(".")[0]
    near = [one for one in get_close_matches(plain, known, 4, 0.6) if one != plain]
    nearest = f" The nearest names with a rule: {', '.join('np.' + one for one in near)}." if near else ""
    return NoRuleError(
        f"{name} has no derivative rule, so it cannot run on a Tensor that requires grad.{nearest} To leave the graph, "
        "pass x.detach().numpy(); to stay in it, write an autograd.Function with a backward of its own"
    )
