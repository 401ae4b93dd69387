"""`grad`, a name that PyTorch and HIPS/autograd share: what it is given decides.

Tensors mean PyTorch's function, in engine.py. A function means HIPS/autograd's, in hips/operators.py, which is imported
when it is first needed. `checkpoint`, in recompute.py, decides in the same way.
"""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Callable, Sequence
from typing import Any, overload

from . import engine
from .tensors.core import Core


@overload
def grad(outputs: Callable[..., Any], inputs: int | Sequence[int] = 0, /) -> Callable[..., Any]: ...
@overload
def grad(outputs: Callable[..., Any], /, *, argnum: int | Sequence[int]) -> Callable[..., Any]: ...
@overload
def grad(*, fun: Callable[..., Any], argnum: int | Sequence[int] = 0) -> Callable[..., Any]: ...
@overload
def grad(*tensors: Any, **options: Any) -> tuple[Any, ...]: ...
def grad(*args: Any, **kwargs: Any) -> Any:
    """
    Given a function instead, `grad(fun, argnum=0)` is its gradient as a function of NumPy arrays, as in HIPS/autograd:

    >>> from autograd import grad
    >>> print(grad(lambda x: x**3)(2.0))
    12.0

    It takes arrays, floats and nests of them, by the argument or arguments with the numbers `argnum`. For functions of
    Tensors there is `autograd.func.grad`.
    """
    first = args[0] if args else kwargs.get("outputs")
    if isinstance(first, Core) or not (callable(first) or "fun" in kwargs or "argnum" in kwargs):
        if "fun" in kwargs or "argnum" in kwargs:
            raise TypeError("grad: fun= and argnum= go with a function, got a Tensor")
        if len(args) + ("outputs" in kwargs) + ("inputs" in kwargs) < 2:
            raise TypeError("grad: wanted grad(outputs, inputs), of Tensors, or grad(function); an argument is missing")
        return engine.grad(*args, **kwargs)
    return grad_of_function(*args, **kwargs)


def grad_of_function(outputs: Any = None, inputs: Any = 0, *, fun: Any = None, argnum: Any = None) -> Any:
    """`grad` as HIPS/autograd has it, with the names of arguments that either of the two gives them."""
    function = outputs if fun is None else fun
    if not callable(function):
        raise TypeError(f"grad: argnum= goes with a function, got {type(function).__name__}")
    return importlib.import_module("autograd.hips.operators").grad(function, inputs if argnum is None else argnum)


grad.__doc__ = inspect.cleandoc(engine.grad.__doc__ or "") + "\n\n" + inspect.cleandoc(grad.__doc__ or "")
grad.__signature__ = inspect.signature(engine.grad)  # type: ignore[attr-defined]
