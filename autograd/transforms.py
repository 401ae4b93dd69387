"""Transforms by reverse mode: `grad` and `vjp`, of those that `autograd.func` lists.

A function may take and return Tensors or nests of tuples, lists and dicts of Tensors, so parameters can be a dict. What
it closes over counts as constant for the transform, but stays differentiable from outside. Results are tracked where
they depend on a Tensor that requires grad outside, and not otherwise; nothing else stays on the tape.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, Literal, ParamSpec, TypeAlias, TypeVar, overload

import numpy as np

from .errors import GraphError, ShapeError
from .tensors.core import Core, wrap
from .tracing import Recording, leaves_no_records, leaves_of, pull, rebuild, trace

P = ParamSpec("P")
R = TypeVar("R")
A = TypeVar("A")
Argnums: TypeAlias = int | tuple[int, ...]


def trace_arguments(args: tuple[Any, ...], argnums: Argnums) -> tuple[list[Any], Any, list[Any]]:
    """The arguments with those at `argnums` traced; these alone; and their leaves."""
    numbers = (argnums,) if isinstance(argnums, int) else tuple(argnums)
    traced = list(args)
    for number in numbers:
        if not -len(args) <= number < len(args):
            raise ShapeError(f"argnums: wanted numbers of positional arguments below {len(args)}, got {number}")
        traced[number] = trace(args[number])
    chosen = traced[argnums] if isinstance(argnums, int) else tuple(traced[number] for number in numbers)
    return traced, chosen, leaves_of(chosen)


def with_aux(name: str, result: Any, has_aux: bool) -> tuple[Any, Any]:
    """(what is differentiated, anything else) of what a function returned."""
    if not has_aux:
        return result, None
    if not isinstance(result, tuple) or len(result) != 2:
        what = f"a tuple of {len(result)}" if isinstance(result, tuple) else type(result).__name__
        raise GraphError(
            f"{name}: output of function f should be a tuple: (output, aux) if has_aux is True, got {what}"
        )
    return result


def tensors_of(name: str, outputs: Any) -> list[Any]:
    """The leaves of what a function returned, all of them Tensors."""
    leaves = leaves_of(outputs)
    for z in leaves:
        if not isinstance(z, Core):
            hint = "; item() and float() leave the graph" if isinstance(z, (int, float)) else ""
            raise GraphError(
                f"{name}: expected f(*primals) to return only tensors, got unsupported type {type(z).__name__}{hint}"
            )
    return leaves


# ------------------------------------------------------------------------------------------------------ transforms


def value_and_grad(func: Callable[P, R], argnums: Argnums = 0, has_aux: bool = False) -> Callable[P, tuple[R, Any]]:
    """A function that returns (value, gradient) of one that returns a scalar Tensor.

    argnums   which positional arguments to differentiate by: the gradient has their structure (a tuple for a tuple)
    has_aux   the function returns (scalar, anything); the result is ((scalar, anything), gradient)
    """

    @leaves_no_records
    @functools.wraps(func)
    def run(*args: Any, **kwargs: Any) -> Any:
        traced, chosen, inputs = trace_arguments(args, argnums)
        with Recording(inputs) as recording:
            result = func(*traced, **kwargs)
            value, _ = with_aux("grad", result, has_aux)
            if not isinstance(value, Core) or value._array.ndim:
                what = f"a Tensor of shape {value._array.shape}" if isinstance(value, Core) else type(value).__name__
                raise GraphError(f"grad: Expected function to return a scalar tensor, got {what}")
            outside = recording.look(value)
            grads = pull([value], [wrap(np.ones((), value._array.dtype))], inputs, outside)
        return recording.released((result, rebuild(chosen, grads)))

    return run


def grad(func: Callable[P, Any], argnums: Argnums = 0, has_aux: bool = False) -> Callable[P, Any]:
    """The gradient of a function that returns a scalar Tensor, as a function; nests: grad(grad(f)).

    With `has_aux` the function returns (scalar, anything) and the result is (gradient, anything).

    >>> from autograd import tensor
    >>> grad(grad(lambda x: x**3))(tensor(2.0))
    tensor(12.)
    """
    both = value_and_grad(func, argnums, has_aux)

    @functools.wraps(func)
    def run(*args: Any, **kwargs: Any) -> Any:
        value, gradient = both(*args, **kwargs)
        return (gradient, value[1]) if has_aux else gradient

    return run


def grad_and_value(func: Callable[P, R], argnums: Argnums = 0, has_aux: bool = False) -> Callable[P, tuple[Any, R]]:
    """As `value_and_grad`, in PyTorch's order: (gradient, value)."""
    both = value_and_grad(func, argnums, has_aux)

    @functools.wraps(func)
    def run(*args: Any, **kwargs: Any) -> Any:
        value, gradient = both(*args, **kwargs)
        return gradient, value

    return run


@overload
def vjp(
    func: Callable[..., R], *primals: Any, has_aux: Literal[False] = False
) -> tuple[R, Callable[..., tuple[Any, ...]]]: ...
@overload
def vjp(
    func: Callable[..., tuple[R, A]], *primals: Any, has_aux: Literal[True]
) -> tuple[R, Callable[..., tuple[Any, ...]], A]: ...
@overload
def vjp(func: Callable[..., Any], *primals: Any, has_aux: bool) -> Any: ...
def vjp(func: Callable[..., Any], *primals: Any, has_aux: bool = False) -> Any:
    """(func(*primals), pull): pull(cotangents) gives a tuple of one gradient per primal; it may be called again.

    The cotangents have the structure of the outputs. With `has_aux` the function returns (outputs, anything) and the
    result is (outputs, pull, anything).

    >>> from autograd import tensor
    >>> value, pull = vjp(lambda x: x * x, tensor(3.0))
    >>> pull(tensor(1.0))
    (tensor(6.),)
    """
    traced = trace(primals)
    inputs = leaves_of(traced)
    with Recording(inputs) as recording:
        outputs, aux = with_aux("vjp", func(*traced), has_aux)
        outs = tensors_of("vjp", outputs)
        outside = recording.look(outputs)

    @leaves_no_records
    def pull_back(*cotangents: Any) -> tuple[Any, ...]:
        seeds = leaves_of(cotangents[0] if len(cotangents) == 1 else cotangents)
        if len(seeds) != len(outs):
            raise ShapeError(f"vjp: wanted {len(outs)} cotangents, one per output, got {len(seeds)}")
        own = [*inputs, *seeds]
        with Recording(own) as again:
            graph = again.before is not None and (outside or again.look(seeds))
            grads = pull(outs, seeds, inputs, graph, retain=True)
        return again.released(rebuild(traced, grads))

    values = recording.released((outputs, aux))
    return (values[0], pull_back, values[1]) if has_aux else (values[0], pull_back)
