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

_NOT_GIVEN: Any = inspect.Parameter.empty


@overload
def grad(outputs: Callable[..., Any], inputs: int | Sequence[int] = 0, /) -> Callable[..., Any]: ...
@overload
def grad(outputs: Callable[..., Any], /, *, argnum: int | Sequence[int]) -> Callable[..., Any]: ...
@overload
def grad(*, fun: Callable[..., Any], argnum: int | Sequence[int] = 0) -> Callable[..., Any]: ...
@overload
def grad(
    outputs: Any,
    inputs: Any,
    grad_outputs: Any = None,
    retain_graph: bool | None = None,
    create_graph: bool = False,
    only_inputs: bool = True,
    allow_unused: bool | None = None,
    is_grads_batched: bool = False,
    materialize_grads: bool = False,
) -> tuple[Any, ...]: ...
def grad(
    outputs: Any = _NOT_GIVEN,
    inputs: Any = _NOT_GIVEN,
    grad_outputs: Any = None,
    retain_graph: bool | None = None,
    create_graph: bool = False,
    only_inputs: bool = True,
    allow_unused: bool | None = None,
    is_grads_batched: bool = False,
    materialize_grads: bool = False,
    *,
    fun: Any = _NOT_GIVEN,
    argnum: Any = _NOT_GIVEN,
) -> Any:
    """Gradients of `outputs` with respect to `inputs`, as a tuple of Tensors; `.grad` is left alone.

    Given a function instead, `grad(fun, argnum=0)` is its gradient as a function of NumPy arrays, as in HIPS/autograd:

    >>> from autograd import grad
    >>> print(grad(lambda x: x**3)(2.0))
    12.0

    It takes arrays, floats and nests of them, by the argument or arguments with the numbers `argnum`. For functions of
    Tensors there is `autograd.func.grad`.

    Given Tensors, only what lies between inputs and outputs is computed and consumed. Arguments as in `backward`, and
    only_inputs         True; programs written for old versions of PyTorch pass it
    allow_unused        give None for inputs that the outputs do not depend on; otherwise that raises GraphError
    is_grads_batched    `grad_outputs` have a further first dimension, whose parts are pushed back one after the other;
                        the results have it too
    materialize_grads   give zeros instead of None (implies `allow_unused`)
    """
    if isinstance(outputs, Core) or (fun is argnum is _NOT_GIVEN and not callable(outputs)):
        if argnum is not _NOT_GIVEN or fun is not _NOT_GIVEN:
            raise TypeError("grad: fun= and argnum= go with a function, got a Tensor")
        if outputs is _NOT_GIVEN or inputs is _NOT_GIVEN:
            raise TypeError("grad: wanted grad(outputs, inputs), of Tensors, or grad(function); an argument is missing")
        return engine.grad(
            outputs,
            inputs,
            grad_outputs,
            retain_graph,
            create_graph,
            only_inputs,
            allow_unused,
            is_grads_batched,
            materialize_grads,
        )
    function = outputs if fun is _NOT_GIVEN else fun
    if not callable(function):
        raise TypeError(f"grad: argnum= goes with a function, got {type(function).__name__}")
    number = argnum if argnum is not _NOT_GIVEN else inputs
    return importlib.import_module("autograd.hips.operators").grad(function, 0 if number is _NOT_GIVEN else number)
