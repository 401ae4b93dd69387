"""Matrices of derivatives: `jacrev`, `jacfwd` and `hessian`, all rows or columns at once."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, ParamSpec

import numpy as np

from .directional import jvp
from .mapping import check_chunk, check_randomness, vmap
from .tensors.core import Core, operand, wrap
from .tracing import Recording, leaves_no_records, leaves_of, pull, rebuild
from .transforms import Argnums, tensors_of, trace_arguments, with_aux

P = ParamSpec("P")


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
        traced, chosen, inputs = trace_arguments(args, argnums)
        with Recording(inputs) as recording:
            outputs, aux = with_aux("jacrev", func(*traced, **kwargs), has_aux)
            outs = tensors_of("jacrev", outputs)
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
    from .batching import Batch, stacked

    seeds = _identity(size, size, 0, dtype)
    ones = wrap(seeds.reshape(size, *z._array.shape))
    if chunk_size is None or chunk_size >= size:
        stacks = None if graph else stacked.rows(z, inputs, seeds)
        if stacks is not None:
            return [
                wrap(np.zeros(shape, x._array.dtype) if g is None else g.reshape(shape))
                for g, x, shape in zip(stacks, inputs, shapes, strict=True)
            ]
        with Batch(size) as batch:
            found = pull([z], [batch.wrapped(ones)], inputs, graph, True)
        rows = [batch.whole(g) for g in found]
    else:
        rows = vmap(lambda u: pull([z], [u], inputs, graph, True), chunk_size=chunk_size)(ones)
    rows = [g if g._array.flags.writeable and not _looks_into(g, seeds) else g.clone() for g in rows]
    return [g.reshape(shape) for g, shape in zip(rows, shapes, strict=True)]


def _identity(rows: int, columns: int, shift: int, dtype: Any) -> np.ndarray[Any, Any]:
    """Ones where column = row + shift, else zeros: a view of a single 1 among zeros, from which each row starts one
    element earlier. It takes no memory of its own, and cannot be written to. A small one is an array."""
    if rows * columns <= _FEW:  # making such a view takes longer
        return np.eye(rows, columns, shift, dtype)
    line = np.zeros(rows + columns, dtype)
    one = rows + shift
    if 0 <= one < len(line):
        line[one] = 1
    step = line.itemsize
    view: Any = np.lib.stride_tricks.as_strided(line[rows:], (rows, columns), (-step, step), writeable=False)
    return view


_FEW = 1 << 13
"""Elements up to which an identity is made."""


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
