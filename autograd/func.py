"""Transforms of functions: `grad`, `vjp`, `jvp`, `jacrev`, `jacfwd`, `hessian`, `vmap`. They nest freely.

    d3 = grad(grad(grad(lambda x: x**4)))

A function may take and return Tensors or nests of tuples, lists and dicts of Tensors, so parameters can be a dict. What
it closes over counts as constant for the transform, but stays differentiable from outside.
"""

from __future__ import annotations

import functools
import importlib
import threading
from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeAlias

import numpy as np

from . import engine
from .errors import GraphError, ShapeError
from .functions import stack
from .modes import state
from .ops.shape import reshape
from .tape import Leaf, Record
from .tensor.core import Core, apply, array_of, new_leaf, wrap

# ------------------------------------------------------------------------------------------------ nests of Tensors


def leaves_of(tree: Any) -> list[Any]:
    """The Tensors of a nest of tuples, lists and dicts, in order."""
    return list(_walk(tree))


def _walk(tree: Any) -> Iterator[Any]:
    if isinstance(tree, dict):
        for key in tree:
            yield from _walk(tree[key])
    elif isinstance(tree, (tuple, list)):
        for item in tree:
            yield from _walk(item)
    else:
        yield tree


def rebuild(tree: Any, leaves: Sequence[Any]) -> Any:
    """A nest of the shape of `tree` with other leaves."""
    return _rebuild(tree, iter(leaves))


def _rebuild(tree: Any, leaves: Iterator[Any]) -> Any:
    if isinstance(tree, dict):
        return {key: _rebuild(value, leaves) for key, value in tree.items()}
    if isinstance(tree, tuple) and hasattr(tree, "_fields"):
        return type(tree)(*[_rebuild(item, leaves) for item in tree])
    if isinstance(tree, (tuple, list)):
        return type(tree)([_rebuild(item, leaves) for item in tree])
    return next(leaves)


def _traced(x: Any) -> Any:
    """`x` as a variable of its own: gradients with respect to it end here, and go on to `x` from outside."""
    if isinstance(x, Core) and x._node is not None:
        return apply(reshape, x, shape=x._array.shape)
    array = array_of(x)
    out = wrap(array)
    new_leaf(out)
    return out


def _trace(tree: Any) -> Any:
    return rebuild(tree, [_traced(x) for x in leaves_of(tree)])


class _Level(threading.local):
    """How many transforms of this thread are under way inside each other."""

    depth = 0


_level = _Level()


class _Recording:
    """A `with` block in which a transform runs its function: recorded, whatever the mode outside."""

    def __enter__(self) -> None:
        _level.depth += 1
        self.before, state.tape = state.tape, state.home

    def __exit__(self, *error: object) -> None:
        _level.depth -= 1
        state.tape = self.before


def _outside(outputs: list[Any], inputs: list[Any]) -> bool:
    """Can anybody differentiate the results further: an outer transform, or a leaf that is no input of this one?"""
    if _level.depth > 1:
        return True
    own = {x._node for x in inputs}
    stack_ = [z._node for z in outputs if isinstance(z, Core) and z._node is not None]
    seen = set(stack_)
    while stack_:
        node = stack_.pop()
        if node in own:
            continue
        if isinstance(node, Leaf):
            return True
        fresh = [parent for parent in node.parents if parent not in seen]
        seen.update(fresh)
        stack_.extend(fresh)
    return any(isinstance(x._node, Record) for x in inputs)


def _pull(
    outputs: list[Any], seeds: list[Any], inputs: list[Any], graph: bool, retain: bool | None = None
) -> list[Any]:
    """Cotangents of the inputs; zeros where nothing depends on them."""
    pairs = [(z, seed) for z, seed in zip(outputs, seeds, strict=True) if isinstance(z, Core) and z._node is not None]
    if not pairs:
        return [wrap(np.zeros_like(x._array)) for x in inputs]
    return list(
        engine.grad(
            [z for z, _ in pairs],
            inputs,
            [seed for _, seed in pairs],
            retain_graph=retain,
            create_graph=graph,
            materialize_grads=True,
        )
    )


def _released(tree: Any, outside: bool) -> Any:
    """The results without this transform's graph, unless somebody outside may need it."""
    if outside:
        return tree
    return rebuild(tree, [wrap(x._array) if isinstance(x, Core) else x for x in leaves_of(tree)])


Argnums: TypeAlias = int | tuple[int, ...]


def _trace_arguments(args: tuple[Any, ...], argnums: Argnums) -> tuple[list[Any], Any, list[Any]]:
    """The arguments with those at `argnums` traced; these alone; and their leaves."""
    numbers = (argnums,) if isinstance(argnums, int) else tuple(argnums)
    traced = list(args)
    for number in numbers:
        if not -len(args) <= number < len(args):
            raise ShapeError(f"argnums: wanted numbers of positional arguments below {len(args)}, got {number}")
        traced[number] = _trace(args[number])
    chosen = traced[argnums] if isinstance(argnums, int) else tuple(traced[number] for number in numbers)
    return traced, chosen, leaves_of(chosen)


# ------------------------------------------------------------------------------------------------------ transforms


def value_and_grad(function: Callable[..., Any], argnums: Argnums = 0, has_aux: bool = False) -> Callable[..., Any]:
    """A function that returns (value, gradient) of one that returns a scalar Tensor.

    argnums   which positional arguments to differentiate by: the gradient has their structure (a tuple for a tuple)
    has_aux   the function returns (scalar, anything); the result is ((scalar, anything), gradient)
    """

    @functools.wraps(function)
    def run(*args: Any, **kwargs: Any) -> Any:
        traced, chosen, inputs = _trace_arguments(args, argnums)
        with _Recording():
            result = function(*traced, **kwargs)
            value = result[0] if has_aux else result
            if not isinstance(value, Core) or value._array.ndim:
                what = f"a Tensor of shape {value._array.shape}" if isinstance(value, Core) else type(value).__name__
                raise GraphError(f"grad: Expected function to return a scalar tensor, got {what}")
            outside = _outside([value], inputs)
            grads = _pull([value], [wrap(np.ones((), value._array.dtype))], inputs, outside)
        gradient = rebuild(chosen, grads)
        return _released(result, outside), _released(gradient, outside)

    return run


def grad(function: Callable[..., Any], argnums: Argnums = 0, has_aux: bool = False) -> Callable[..., Any]:
    """The gradient of a function that returns a scalar Tensor, as a function; nests: grad(grad(f)).

    With `has_aux` the function returns (scalar, anything) and the result is (gradient, anything).

    >>> from autograd import tensor
    >>> grad(grad(lambda x: x**3))(tensor(2.0))
    tensor(12.)
    """
    both = value_and_grad(function, argnums, has_aux)

    @functools.wraps(function)
    def run(*args: Any, **kwargs: Any) -> Any:
        value, gradient = both(*args, **kwargs)
        return (gradient, value[1]) if has_aux else gradient

    return run


def grad_and_value(function: Callable[..., Any], argnums: Argnums = 0, has_aux: bool = False) -> Callable[..., Any]:
    """As `value_and_grad`, in PyTorch's order: (gradient, value)."""
    both = value_and_grad(function, argnums, has_aux)

    @functools.wraps(function)
    def run(*args: Any, **kwargs: Any) -> Any:
        value, gradient = both(*args, **kwargs)
        return gradient, value

    return run


def vjp(function: Callable[..., Any], *primals: Any, has_aux: bool = False) -> Any:
    """(function(*primals), pull): pull(cotangents) gives one gradient per primal; it may be called again.

    With `has_aux` the function returns (outputs, anything) and the result is (outputs, pull, anything).
    """
    traced = tuple(_trace(x) for x in primals)
    inputs = leaves_of(traced)
    with _Recording():
        result = function(*traced)
        outputs = result[0] if has_aux else result
        outside = _outside(leaves_of(outputs), inputs)

    def pull(*cotangents: Any) -> Any:
        seeds = leaves_of(cotangents[0] if len(cotangents) == 1 else cotangents)
        outs = leaves_of(outputs)
        if len(seeds) != len(outs):
            raise ShapeError(f"vjp: wanted {len(outs)} cotangents, one per output, got {len(seeds)}")
        graph = outside or any(isinstance(x, Core) and x._node is not None for x in seeds)
        with _Recording():
            grads = _pull(outs, seeds, inputs, graph, retain=True)
        gradients = _released(rebuild(traced, grads), graph)
        return gradients[0] if len(primals) == 1 else gradients

    values = _released(outputs, outside)
    return (values, pull, result[1]) if has_aux else (values, pull)


def jvp(
    function: Callable[..., Any], primals: tuple[Any, ...], tangents: tuple[Any, ...], *, has_aux: bool = False
) -> Any:
    """(function(*primals), directional derivative along `tangents`).

    A cotangent u pulled back is linear in u, so pulling `tangents` back through that gives the product with the
    Jacobian (the double-vjp trick: J. Townsend, 2017). Costs about one second-order backward.
    """
    traced = tuple(_trace(x) for x in primals)
    inputs, directions = leaves_of(traced), leaves_of(tangents)
    if len(inputs) != len(directions):
        raise ShapeError(f"jvp: wanted {len(inputs)} tangents, one per primal, got {len(directions)}")
    with _Recording():
        result = function(*traced)
        outputs = result[0] if has_aux else result
        outs = leaves_of(outputs)
        graph = _outside(outs, inputs) or any(isinstance(v, Core) and v._node is not None for v in directions)
        probes = [_traced(wrap(np.zeros_like(z._array))) for z in outs]
        pulled = _pull(outs, list(probes), inputs, True)
        pushed = _pull(pulled, directions, probes, graph)
    values = (_released(outputs, graph), _released(rebuild(outputs, pushed), graph))
    return (*values, result[1]) if has_aux else values


def jacrev(function: Callable[..., Any], argnums: Argnums = 0, *, has_aux: bool = False) -> Callable[..., Any]:
    """The Jacobian of a function of Tensors, row by row: shape output.shape + input.shape.

    One backward per output element: for fewer outputs than inputs. Several outputs or inputs give nests of Jacobians.
    """

    @functools.wraps(function)
    def run(*args: Any, **kwargs: Any) -> Any:
        traced, chosen, inputs = _trace_arguments(args, argnums)
        with _Recording():
            result = function(*traced, **kwargs)
            outputs = result[0] if has_aux else result
            outside = _outside(leaves_of(outputs), inputs)
            jacobians = []
            for z in leaves_of(outputs):
                rows = []
                for index in range(z._array.size):
                    seed = np.zeros(z._array.size, z._array.dtype)
                    seed[index] = 1
                    rows.append(_pull([z], [wrap(seed.reshape(z._array.shape))], inputs, outside, retain=True))
                columns = [
                    stack([row[k] for row in rows]).reshape(z._array.shape + x._array.shape)
                    if rows
                    else wrap(np.zeros(z._array.shape + x._array.shape, x._array.dtype))
                    for k, x in enumerate(inputs)
                ]
                jacobians.append(rebuild(chosen, columns))
        jacobian = _released(rebuild(outputs, jacobians), outside)
        return (jacobian, result[1]) if has_aux else jacobian

    return run


def jacfwd(function: Callable[..., Any], argnums: Argnums = 0, *, has_aux: bool = False) -> Callable[..., Any]:
    """The Jacobian of a function of Tensors, column by column: shape output.shape + input.shape.

    One `jvp` per input element: for fewer inputs than outputs.
    """

    @functools.wraps(function)
    def run(*args: Any, **kwargs: Any) -> Any:
        numbers = (argnums,) if isinstance(argnums, int) else tuple(argnums)
        chosen = args[argnums] if isinstance(argnums, int) else tuple(args[number] for number in numbers)
        inputs = leaves_of(chosen)

        def of_chosen(part: Any) -> Any:
            filled = list(args)
            for number, value in zip(numbers, (part,) if isinstance(argnums, int) else part, strict=True):
                filled[number] = value
            return function(*filled, **kwargs)

        columns: list[list[Any]] = []
        outputs = aux = None
        for k, x in enumerate(inputs):
            array = array_of(x)
            for index in range(array.size):
                tangents = [np.zeros_like(array_of(other)) for other in inputs]
                tangents[k].reshape(-1)[index] = 1
                direction = rebuild(chosen, [wrap(t) for t in tangents])
                outputs, pushed, *rest = jvp(of_chosen, (chosen,), (direction,), has_aux=has_aux)
                aux = rest[0] if rest else None
                columns.append(leaves_of(pushed))
        if outputs is None:  # nothing to differentiate by
            outputs = function(*args, **kwargs)
        jacobians = []
        for o, z in enumerate(leaves_of(outputs)):
            start, parts = 0, []
            for x in inputs:
                array = array_of(x)
                block = [column[o] for column in columns[start : start + array.size]]
                start += array.size
                shape = z._array.shape + array.shape
                parts.append(stack(block, -1).reshape(shape) if block else wrap(np.zeros(shape, z._array.dtype)))
            jacobians.append(rebuild(chosen, parts))
        jacobian = rebuild(outputs, jacobians)
        return (jacobian, aux) if has_aux else jacobian

    return run


def hessian(function: Callable[..., Any], argnums: Argnums = 0) -> Callable[..., Any]:
    """The matrix of second derivatives of a function that returns a scalar: shape input.shape + input.shape."""
    return jacrev(jacrev(function, argnums), argnums)


def vmap(function: Callable[..., Any], in_dims: Any = 0, out_dims: Any = 0) -> Callable[..., Any]:
    """A function applied to each slice along a dimension of its arguments, results stacked. Runs as a loop.

    in_dims    the dimension to map over: one for all arguments, or one each; None: the whole argument every time
    out_dims   where the results are stacked
    """

    @functools.wraps(function)
    def run(*args: Any, **kwargs: Any) -> Any:
        dims = [in_dims] * len(args) if in_dims is None or isinstance(in_dims, int) else list(in_dims)
        if len(dims) != len(args):
            raise ShapeError(f"vmap: wanted {len(args)} in_dims, one per argument, got {len(dims)}")
        sizes = {x._array.shape[dim] for arg, dim in zip(args, dims) if dim is not None for x in leaves_of(arg)}
        if len(sizes) != 1:
            raise ShapeError(f"vmap: wanted mapped dimensions of one size, got {sorted(sizes)}")
        (size,) = sizes
        sliced = [
            [rebuild(arg, parts) for parts in zip(*[x.unbind(dim) for x in leaves_of(arg)], strict=True)]
            if dim is not None and leaves_of(arg)
            else [arg] * size
            for arg, dim in zip(args, dims)
        ]
        results = [function(*each, **kwargs) for each in zip(*sliced, strict=True)]
        if not results:
            raise ShapeError("vmap: wanted at least one slice to map over, got a dimension of size 0")
        columns = list(zip(*[leaves_of(result) for result in results], strict=True))
        outs = [out_dims] * len(columns) if isinstance(out_dims, int) else list(out_dims)
        return rebuild(results[0], [stack(list(column), dim) for column, dim in zip(columns, outs, strict=True)])

    return run


def __getattr__(name: str) -> Any:
    """`functional_call` and `stack_module_state`, which PyTorch has here and we in `nn.utils`."""
    if name not in ("functional_call", "stack_module_state"):
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module("nn.utils"), name)
