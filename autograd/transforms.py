"""The transforms that `autograd.func` lists, but for `vmap`, which is in mapping.py.

A function may take and return Tensors or nests of tuples, lists and dicts of Tensors, so parameters can be a dict. What
it closes over counts as constant for the transform, but stays differentiable from outside. Results are tracked where
they depend on a Tensor that requires grad outside, and not otherwise; nothing else stays on the tape.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from typing import Any, Literal, ParamSpec, TypeAlias, TypeVar, overload

import numpy as np

from .api import stack
from .errors import GraphError, ShapeError
from .mapping import check_randomness, each_called
from .tensors.core import Core, array_of, spec_of, wrap
from .tracing import Recording, leaves_no_records, leaves_of, pull, rebuild, trace

P = ParamSpec("P")
R = TypeVar("R")
A = TypeVar("A")
Argnums: TypeAlias = int | tuple[int, ...]


def _trace_arguments(args: tuple[Any, ...], argnums: Argnums) -> tuple[list[Any], Any, list[Any]]:
    """The arguments with those at `argnums` traced; these alone; and their leaves."""
    numbers = (argnums,) if isinstance(argnums, int) else tuple(argnums)
    traced = list(args)
    for number in numbers:
        if not -len(args) <= number < len(args):
            raise ShapeError(f"argnums: wanted numbers of positional arguments below {len(args)}, got {number}")
        traced[number] = trace(args[number])
    chosen = traced[argnums] if isinstance(argnums, int) else tuple(traced[number] for number in numbers)
    return traced, chosen, leaves_of(chosen)


def _with_aux(name: str, result: Any, has_aux: bool) -> tuple[Any, Any]:
    """(what is differentiated, anything else) of what a function returned."""
    if not has_aux:
        return result, None
    if not isinstance(result, tuple) or len(result) != 2:
        what = f"a tuple of {len(result)}" if isinstance(result, tuple) else type(result).__name__
        raise GraphError(
            f"{name}: output of function f should be a tuple: (output, aux) if has_aux is True, got {what}"
        )
    return result


def _tensors(name: str, outputs: Any) -> list[Any]:
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
        traced, chosen, inputs = _trace_arguments(args, argnums)
        with Recording(inputs) as recording:
            result = func(*traced, **kwargs)
            value, _ = _with_aux("grad", result, has_aux)
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
        outputs, aux = _with_aux("vjp", func(*traced), has_aux)
        outs = _tensors("vjp", outputs)
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


def linearize(func: Callable[..., R], *primals: Any) -> tuple[R, Callable[..., R]]:
    """(func(*primals), push): push(*tangents) is the directional derivative; the function runs once for all of them.

    >>> from autograd import tensor
    >>> value, push = linearize(lambda x: x * x, tensor(3.0))
    >>> push(tensor(1.0)), push(tensor(0.5))
    (tensor(6.), tensor(3.))
    """
    outputs, pull_back = vjp(func, *primals)
    probes = rebuild(outputs, [wrap(np.zeros_like(z._array)) for z in leaves_of(outputs)])
    _, push_of = vjp(lambda *cotangents: pull_back(cotangents), *leaves_of(probes))

    def push(*tangents: Any) -> Any:
        return rebuild(outputs, leaves_of(push_of(tangents)))

    return outputs, push


@overload
def jvp(
    func: Callable[..., R],
    primals: tuple[Any, ...],
    tangents: tuple[Any, ...],
    *,
    strict: bool = False,
    has_aux: Literal[False] = False,
) -> tuple[R, R]: ...
@overload
def jvp(
    func: Callable[..., tuple[R, A]],
    primals: tuple[Any, ...],
    tangents: tuple[Any, ...],
    *,
    strict: bool = False,
    has_aux: Literal[True],
) -> tuple[R, R, A]: ...
@overload
def jvp(
    func: Callable[..., Any], primals: Any, tangents: Any, *, strict: bool = False, has_aux: bool
) -> tuple[Any, ...]: ...
@leaves_no_records
def jvp(
    func: Callable[..., Any],
    primals: tuple[Any, ...],
    tangents: tuple[Any, ...],
    *,
    strict: bool = False,
    has_aux: bool = False,
) -> Any:
    """(func(*primals), directional derivative along `tangents`).

    strict    raise where an output does not depend on the primals, instead of giving zeros
    has_aux   the function returns (outputs, anything); the result is (outputs, derivative, anything)

    A cotangent u pulled back is linear in u, so pulling `tangents` back through that gives the product with the
    Jacobian (the double-vjp trick: J. Townsend, 2017). Costs about one second-order backward.
    """
    for name, given in (("primals", primals), ("tangents", tangents)):
        if not isinstance(given, (tuple, list)):
            raise GraphError(f"jvp: Expected {name} to be a tuple: jvp(f, (x,), (v,)); got {type(given).__name__}")
    traced = trace(tuple(primals))
    inputs, directions = leaves_of(traced), leaves_of(tangents)
    if len(inputs) != len(directions):
        raise ShapeError(f"jvp: wanted {len(inputs)} tangents, one per primal, got {len(directions)}")
    for index, (x, v) in enumerate(zip(inputs, directions, strict=True)):
        if x._array.shape != spec_of(v).shape:
            raise ShapeError(
                f"jvp: wanted tangents of the shapes of the primals; number {index} has shape {spec_of(v).shape}, its "
                f"primal {x._array.shape}"
            )
    with Recording([*inputs, *directions]) as recording:
        outputs, aux = _with_aux("jvp", func(*traced), has_aux)
        outs = _tensors("jvp", outputs)
        if strict and any(z._node is None for z in outs):
            raise GraphError("jvp: with strict=True every output must depend on the primals; one does not")
        graph = recording.look((outputs, directions))
        probes = [trace(wrap(np.zeros_like(z._array))) for z in outs]
        pulled = pull(outs, list(probes), inputs, True)
        pushed = pull(pulled, directions, probes, graph)
    values = recording.released((outputs, rebuild(outputs, pushed), aux))
    return values if has_aux else values[:2]


def jacrev(
    func: Callable[P, Any], argnums: Argnums = 0, *, has_aux: bool = False, chunk_size: int | None = None
) -> Callable[P, Any]:
    """The Jacobian of a function of Tensors, row by row: shape output.shape + input.shape.

    One backward per output element: for fewer outputs than inputs. Several outputs or inputs give nests of Jacobians.

    has_aux      the function returns (outputs, anything); the result is (Jacobian, anything)
    chunk_size   rows that PyTorch computes together; here it is always one
    """

    @leaves_no_records
    @functools.wraps(func)
    def run(*args: Any, **kwargs: Any) -> Any:
        traced, chosen, inputs = _trace_arguments(args, argnums)
        with Recording(inputs) as recording:
            outputs, aux = _with_aux("jacrev", func(*traced, **kwargs), has_aux)
            outs = _tensors("jacrev", outputs)
            outside = recording.look(outputs)
            jacobians = []
            for z in outs:
                rows = []
                for index in range(z._array.size):
                    seed = np.zeros(z._array.size, z._array.dtype)
                    seed[index] = 1
                    rows.append(pull([z], [wrap(seed.reshape(z._array.shape))], inputs, outside, retain=True))
                columns = [
                    stack([row[k] for row in rows]).reshape(z._array.shape + x._array.shape)
                    if rows
                    else wrap(np.zeros(z._array.shape + x._array.shape, x._array.dtype))
                    for k, x in enumerate(inputs)
                ]
                jacobians.append(rebuild(chosen, columns))
        jacobian, aux = recording.released((rebuild(outputs, jacobians), aux))
        return (jacobian, aux) if has_aux else jacobian

    return run


def _units(arrays: list[Any]) -> Iterator[list[Any]]:
    """Arrays of zeros like these, with a one at each place in turn."""
    for k, array in enumerate(arrays):
        for index in range(array.size):
            tangents = [np.zeros(other.shape, other.dtype) for other in arrays]
            tangents[k].reshape(-1)[index] = 1
            yield tangents


def jacfwd(
    func: Callable[P, Any], argnums: Argnums = 0, has_aux: bool = False, *, randomness: str = "error"
) -> Callable[P, Any]:
    """The Jacobian of a function of Tensors, column by column: shape output.shape + input.shape.

    One `jvp` per input element: for fewer inputs than outputs.

    has_aux      the function returns (outputs, anything); the result is (Jacobian, anything)
    randomness   as in `vmap`: what random numbers do in the calls
    """
    check_randomness("jacfwd", randomness)

    @leaves_no_records
    @functools.wraps(func)
    def run(*args: Any, **kwargs: Any) -> Any:
        numbers = (argnums,) if isinstance(argnums, int) else tuple(argnums)
        chosen = args[argnums] if isinstance(argnums, int) else tuple(args[number] for number in numbers)
        inputs = leaves_of(chosen)

        def of_chosen(part: Any) -> Any:
            filled = list(args)
            for number, value in zip(numbers, (part,) if isinstance(argnums, int) else part, strict=True):
                filled[number] = value
            return func(*filled, **kwargs)

        def column(tangents: list[Any]) -> Any:
            direction = rebuild(chosen, [wrap(t) for t in tangents])
            return jvp(of_chosen, (chosen,), (direction,), has_aux=has_aux)

        arrays = [array_of(x) for x in inputs]
        results = each_called("jacfwd", column, _units(arrays), randomness)
        if not results:  # nothing to differentiate by
            results = [column([np.zeros_like(array) for array in arrays])]
        outputs = results[0][0]
        columns = [leaves_of(result[1]) for result in results]
        jacobians = []
        for o, z in enumerate(leaves_of(outputs)):
            start, parts = 0, []
            for array in arrays:
                block = [column[o] for column in columns[start : start + array.size]]
                start += array.size
                shape = z._array.shape + array.shape
                parts.append(stack(block, -1).reshape(shape) if array.size else wrap(np.zeros(shape, z._array.dtype)))
            jacobians.append(rebuild(chosen, parts))
        jacobian = rebuild(outputs, jacobians)
        return (jacobian, results[-1][2]) if has_aux else jacobian

    return run


def hessian(func: Callable[P, Any], argnums: Argnums = 0) -> Callable[P, Any]:
    """The matrix of second derivatives of a function that returns a scalar: shape input.shape + input.shape."""
    return jacrev(jacrev(func, argnums), argnums)
