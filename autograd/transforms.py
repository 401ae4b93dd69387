"""The transforms that `autograd.func` lists, but for `vmap`, which is in mapping.py.

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
from .mapping import check_chunk, check_randomness, vmap
from .modes import state
from .tensors.core import Core, operand, spec_of, wrap
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

    Each operation carries the derivative along with its value, see `autograd.forward`: it costs about as much as the
    function once more, and keeps nothing.
    """
    for name, given in (("primals", primals), ("tangents", tangents)):
        if not isinstance(given, (tuple, list)):
            raise GraphError(f"jvp: Expected {name} to be a tuple: jvp(f, (x,), (v,)); got {type(given).__name__}")
    from .forward import Forward

    inputs, directions = [operand(x) for x in leaves_of(tuple(primals))], [operand(v) for v in leaves_of(tangents)]
    if len(inputs) != len(directions):
        raise ShapeError(f"jvp: wanted {len(inputs)} tangents, one per primal, got {len(directions)}")
    for index, (x, v) in enumerate(zip(inputs, directions, strict=True)):
        if x._array.shape != spec_of(v).shape:
            raise ShapeError(
                f"jvp: wanted tangents of the shapes of the primals; number {index} has shape {spec_of(v).shape}, its "
                f"primal {x._array.shape}"
            )
    if state.capture is not None:  # whose steps are values: what is carried along with them it does not see
        return _pulled_twice(func, primals, directions, strict, has_aux)
    with Recording([*inputs, *directions]) as recording:
        with Forward() as level:
            traced = rebuild(tuple(primals), [level.dual(x, v) for x, v in zip(inputs, directions, strict=True)])
            outputs, aux = _with_aux("jvp", func(*traced), has_aux)
        outs = _tensors("jvp", outputs)
        pushed = [level.tangent(z) for z in outs]
        if strict and any(t is None for t in pushed):
            raise GraphError("jvp: with strict=True every output must depend on the primals; one does not")
        pushed = [wrap(np.zeros_like(z._array)) if t is None else t for z, t in zip(outs, pushed, strict=True)]
        plain = [level.primal(z) for z in outs]
        rest = rebuild(aux, [level.primal(x) for x in leaves_of(aux)])
        results = rebuild(outputs, plain), rebuild(outputs, pushed), rest
        recording.look(results)
    values = recording.released(results)
    return values if has_aux else values[:2]


def _pulled_twice(func: Any, primals: Any, directions: list[Any], strict: bool, has_aux: bool) -> Any:
    """`jvp` by reverse mode: a cotangent u pulled back is linear in u, so pulling tangents back through that gives the
    product with the Jacobian (J. Townsend, 2017). Costs about one second-order backward."""
    traced = trace(tuple(primals))
    inputs = leaves_of(traced)
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
    """The Jacobian of a function of Tensors by rows: shape output.shape + input.shape.

    The function runs once, and one walk back pulls all rows of an output at once: for fewer outputs than inputs.
    Several outputs or inputs give nests of Jacobians.

    has_aux      the function returns (outputs, anything); the result is (Jacobian, anything)
    chunk_size   how many rows are pulled at once at most: bounds the memory. None: all
    """
    check_chunk("jacrev", chunk_size)

    @leaves_no_records
    @functools.wraps(func)
    def run(*args: Any, **kwargs: Any) -> Any:
        traced, chosen, inputs = _trace_arguments(args, argnums)
        with Recording(inputs) as recording:
            outputs, aux = _with_aux("jacrev", func(*traced, **kwargs), has_aux)
            outs = _tensors("jacrev", outputs)
            outside = recording.look(outputs)
            jacobians = [rebuild(chosen, _rows(z, inputs, outside, chunk_size)) for z in outs]
        jacobian, aux = recording.released((rebuild(outputs, jacobians), aux))
        return (jacobian, aux) if has_aux else jacobian

    return run


def _rows(z: Any, inputs: list[Any], graph: bool, chunk_size: int | None) -> list[Any]:
    """The derivative of an output by each of the inputs."""
    shapes = [z._array.shape + x._array.shape for x in inputs]
    size, dtype = z._array.size, z._array.dtype
    if not size or z._node is None:
        return [wrap(np.zeros(shape, x._array.dtype)) for shape, x in zip(shapes, inputs, strict=True)]
    if size == 1:
        seed = wrap(np.ones(z._array.shape, dtype))
        return [g.reshape(shape) for g, shape in zip(pull([z], [seed], inputs, graph, True), shapes, strict=True)]
    from .batching import Batch

    seeds = _identity(size, size, 0, dtype)
    ones = wrap(seeds.reshape(size, *z._array.shape))
    if chunk_size is None or chunk_size >= size:
        with Batch(size) as batch:
            found = pull([z], [batch.wrapped(ones)], inputs, graph, True)
        rows = [batch.whole(g) for g in found]
    else:
        rows = vmap(lambda u: pull([z], [u], inputs, graph, True), chunk_size=chunk_size)(ones)
    rows = [g if g._array.flags.writeable and not _looks_into(g, seeds) else g.clone() for g in rows]
    return [g.reshape(shape) for g, shape in zip(rows, shapes, strict=True)]


def _identity(rows: int, columns: int, shift: int, dtype: Any) -> np.ndarray[Any, Any]:
    """Ones where column = row + shift, else zeros: a view of a single 1 among zeros, from which each row starts one
    element earlier. It takes no memory of its own, and cannot be written to."""
    line = np.zeros(rows + columns, dtype)
    one = rows + shift
    if 0 <= one < len(line):
        line[one] = 1
    step = line.itemsize
    view: Any = np.lib.stride_tricks.as_strided(line[rows:], (rows, columns), (-step, step), writeable=False)
    return view


def _looks_into(x: Any, memory: Any) -> bool:
    """May a Tensor, or all the slices that it stands for, be a view of an array?"""
    array = x._array
    while type(array) is not np.ndarray:
        whole = getattr(array, "_tensor", None)
        if whole is None:  # not computed yet
            return True
        array = whole._array
    return bool(np.may_share_memory(array, memory))


def jacfwd(
    func: Callable[P, Any],
    argnums: Argnums = 0,
    has_aux: bool = False,
    *,
    randomness: str = "error",
    chunk_size: int | None = None,
) -> Callable[P, Any]:
    """The Jacobian of a function of Tensors by columns: shape output.shape + input.shape.

    The function runs once, with the derivative along every element of an input carried along: for fewer inputs than
    outputs.

    has_aux      the function returns (outputs, anything); the result is (Jacobian, anything)
    randomness   as in `vmap`: what random numbers do in the columns
    chunk_size   how many columns are computed at once at most: bounds the memory. None: all
    """
    check_randomness("jacfwd", randomness)
    check_chunk("jacfwd", chunk_size)

    @leaves_no_records
    @functools.wraps(func)
    def run(*args: Any, **kwargs: Any) -> Any:
        numbers = (argnums,) if isinstance(argnums, int) else tuple(argnums)
        chosen = args[argnums] if isinstance(argnums, int) else tuple(args[number] for number in numbers)
        inputs = [operand(x) for x in leaves_of(chosen)]
        nests: list[Any] = []

        def of_chosen(part: Any) -> Any:
            filled = list(args)
            for number, value in zip(numbers, (part,) if isinstance(argnums, int) else part, strict=True):
                filled[number] = value
            return func(*filled, **kwargs)

        def columns(*tangents: Any) -> Any:
            direction = rebuild(chosen, list(tangents))
            results = jvp(of_chosen, (chosen,), (direction,), has_aux=has_aux)
            nests[:] = [results[0], results[2] if has_aux else None]
            aux = [x for x in leaves_of(nests[1]) if isinstance(x, Core)]
            return tuple(leaves_of(results[1])), tuple(aux)

        sizes = [x._array.size for x in inputs]
        units = []
        for k, x in enumerate(inputs):
            seeds = _identity(sum(sizes), x._array.size, -sum(sizes[:k]), x._array.dtype)
            units.append(wrap(seeds.reshape(len(seeds), *x._array.shape)))
        mapped = vmap(columns, randomness=randomness, chunk_size=chunk_size, out_dims=(-1, 0))
        pushed, aux = mapped(*units)
        pushed = [t.clone() if any(_looks_into(t, unit._array) for unit in units) else t for t in pushed]
        jacobians = []
        for t in pushed:
            first, parts = 0, []
            for x, size in zip(inputs, sizes, strict=True):
                parts.append(t.narrow(-1, first, size).reshape(t._array.shape[:-1] + x._array.shape))
                first += size
            jacobians.append(rebuild(chosen, parts))
        jacobian = rebuild(nests[0], jacobians)
        if not has_aux:
            return jacobian
        each = iter(aux)  # of all columns: as the function does not see the direction, they are alike
        same = [_last(next(each)) if isinstance(x, Core) else x for x in leaves_of(nests[1])]
        return jacobian, rebuild(nests[1], same)

    return run


def _last(x: Any) -> Any:
    return x[-1] if x._array.shape[0] else x.sum(0)


def hessian(func: Callable[P, Any], argnums: Argnums = 0) -> Callable[P, Any]:
    """The matrix of second derivatives of a function that returns a scalar: shape input.shape + input.shape."""
    return jacrev(jacrev(func, argnums), argnums)
