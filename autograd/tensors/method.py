"""What makes a function a method of Tensor that also serves the package, and NumPy, under their spellings.

`method` takes NumPy's names of arguments beside PyTorch's; `implements` says which NumPy function runs what.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar

from ..advice import unknown_argument
from ..errors import NoRuleError
from .core import Core, operand

P = ParamSpec("P")
R = TypeVar("R")

array_functions: dict[Callable[..., Any], Callable[..., Any]] = {}
"""NumPy function -> the function that runs it on Tensors, with NumPy's signature."""

ufuncs: dict[Any, Callable[..., Any]] = {}
"""NumPy ufunc -> the function that runs it on Tensors. Filled by `unary` and `binary`."""


ufunc_methods: dict[str, Callable[..., Any]] = {}
"""Name of a method of ufuncs -> method(ufunc, *arguments) that runs it on Tensors, or returns NotImplemented."""


def implements(*functions: Callable[..., Any]) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Say that a function with NumPy's signature runs these NumPy functions on Tensors."""

    def register(ours: Callable[P, R]) -> Callable[P, R]:
        for function in functions:
            array_functions[function] = ours
        return ours

    return register


def refuse(function: str, **options: Any) -> None:
    """Raise NoRuleError if one of the options of a NumPy function that we do not record was given."""
    for name, value in options.items():
        if value is not None and value is not True:
            raise NoRuleError(f"np.{function}: {name}= cannot be recorded")


_SPELLINGS = {"axis": "dim", "keepdims": "keepdim", "axes": "dims"}
_SPELLED = {
    "dot": {"other": "tensor"},  # vdot
    "dsplit": {"sections": "indices_or_sections", "indices": "indices_or_sections"},
    "hsplit": {"sections": "indices_or_sections", "indices": "indices_or_sections"},
    "random_": {"from": "low", "to": "high"},
    "split": {"split_size": "split_size_or_sections", "tensor": "input"},
    "transpose": {"axis0": "dim0", "axis1": "dim1"},  # swapaxes
    "tensor_split": {
        "sections": "indices_or_sections",
        "indices": "indices_or_sections",
        "tensor_indices_or_sections": "indices_or_sections",
    },
    "uniform_": {"from": "low", "to": "high"},
    "vsplit": {"sections": "indices_or_sections", "indices": "indices_or_sections"},
}
"""Further names of arguments, of single functions: PyTorch's methods and functions, or overloads, differ."""


def method(function: Callable[P, R]) -> Callable[P, R]:
    """A method that also serves as a function of the package (`autograd.sum = Tensor.sum`).

    Takes NumPy's spelling of arguments (`axis`, `keepdims`) beside PyTorch's, and arrays or numbers in place of self.
    """

    own = _SPELLED.get(function.__name__)
    spellings = {**_SPELLINGS, **own} if own else _SPELLINGS

    @functools.wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        if not kwargs and args and isinstance(args[0], Core):
            return function(*args)  # type: ignore[call-arg]
        if kwargs:
            for other, name in spellings.items():
                if other in kwargs:
                    kwargs[name] = kwargs.pop(other)
            if "input" in kwargs and not args:
                args = (kwargs.pop("input"),)
            if "out" in kwargs:
                return _into(function, call, args, kwargs)
        if args and not isinstance(args[0], Core):
            args = (operand(args[0], function.__name__), *args[1:])
        try:
            return function(*args, **kwargs)
        except TypeError as error:
            if "unexpected keyword argument" in str(error):
                raise unknown_argument(function, kwargs, _SPELLINGS, error) from None
            raise

    return call


def _into(function: Callable[..., Any], call: Callable[..., Any], args: Any, kwargs: dict[str, Any]) -> Any:
    """A call with `out=`, of a function that has it in PyTorch."""
    from . import out

    name = function.__name__
    if name not in out.NAMES:
        raise out.refuse_out(name)
    target = kwargs.pop("out")
    return call(*args, **kwargs) if target is None else out.into(name, target, call, args, kwargs)
