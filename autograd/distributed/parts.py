"""What some processes of a group have different parts of: gather, scatter, reduce_scatter, all_to_all.

As in `collectives`, which is what one reads first.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy import ndarray as Array

from ..errors import DTypeError, ShapeError
from ..extend import acts
from .collectives import (
    array_in,
    arrays_in,
    averaged,
    begun,
    check_whole,
    contiguous,
    in_bytes,
    in_rows,
    reducible,
    write,
)
from .counting import count
from .processes import ProcessGroup, resolved, within
from .transport import ReduceOp, check_op
from .work import Work


@acts
def gather(
    tensor: Any,
    gather_list: Any = None,
    dst: int | None = None,
    group: Any = None,
    async_op: bool = False,
    group_dst: int | None = None,
) -> Work | None:
    """gather_list[k] of process `dst` (default 0) becomes the `tensor` of process k; the others give no list."""
    found, array = resolved("gather", group), array_in("gather", tensor)
    if found is None:
        return None
    root = within("gather", found, 0 if dst is None else dst, group_dst)
    here = found.rank() == root
    if here:
        arrays_in("gather", gather_list, found.size(), array)
    elif gather_list:
        raise ShapeError("gather: Argument ``gather_list`` must NOT be specified on non-destination ranks.")
    into = np.empty((found.size(), *array.shape), array.dtype) if here else None
    count("gather", array.nbytes)
    own = contiguous(array)
    request = found.transport.gather(in_bytes(own), None if into is None else in_rows(into, found.size()), root)

    def finish() -> None:
        for each, values in zip(gather_list or (), () if into is None else into, strict=True):
            write("gather", each, values)

    return begun(found, "gather", request, [gather_list, own, into], finish, async_op)


@acts
def scatter(
    tensor: Any,
    scatter_list: Any = None,
    src: int | None = None,
    group: Any = None,
    async_op: bool = False,
    group_src: int | None = None,
) -> Work | None:
    """`tensor` becomes scatter_list[k] of process `src` (default 0) in process k; the others give no list."""
    found, array = resolved("scatter", group), array_in("scatter", tensor)
    if found is None:
        return None
    root = within("scatter", found, 0 if src is None else src, group_src)
    parts = None
    if found.rank() == root:
        parts = np.stack(arrays_in("scatter", scatter_list, found.size(), array))
    elif scatter_list:
        raise ShapeError("scatter: Argument ``scatter_list`` must NOT be specified on non-source ranks.")
    into = np.empty(array.shape, array.dtype)
    count("scatter", 0 if parts is None else parts.nbytes)
    request = found.transport.scatter(None if parts is None else in_rows(parts, found.size()), in_bytes(into), root)
    return begun(found, "scatter", request, [tensor, parts], lambda: write("scatter", tensor, into), async_op)


@acts
def reduce_scatter(
    output: Any, input_list: Any, op: Any = ReduceOp.SUM, group: Any = None, async_op: bool = False
) -> Work | None:
    """`output` of process k becomes the sum (or what `op` says) of everybody's input_list[k]."""
    found, array = resolved("reduce_scatter", group), array_in("reduce_scatter", output)
    if found is None:
        return None
    parts = np.stack(arrays_in("reduce_scatter", input_list, found.size(), array))
    return _reduce_scatter("reduce_scatter", output, parts, op, found, async_op)


@acts
def reduce_scatter_tensor(
    output: Any, input: Any, op: Any = ReduceOp.SUM, group: Any = None, async_op: bool = False
) -> Work | None:
    """The same of one Tensor that has the parts one after the other, or stacked."""
    name = "reduce_scatter_tensor"
    found, array, whole = resolved(name, group), array_in(name, output), array_in(name, input)
    if found is None:
        return None
    check_whole(name, whole, array, found.size(), "input")
    return _reduce_scatter(name, output, whole.reshape(found.size(), *array.shape), op, found, async_op)


def _reduce_scatter(name: str, output: Any, parts: Array, op: Any, found: ProcessGroup, async_op: bool) -> Work | None:
    check_op(name, op, parts.dtype)
    given = reducible(parts)
    into = np.empty(given.shape[1:], given.dtype)
    count(name, parts.nbytes)
    request = found.transport.reduce_scatter(given, into, op)
    finish: Callable[[], Any] = lambda: write(name, output, averaged(into, op, found))
    return begun(found, name, request, [output, given], finish, async_op)


@acts
def all_to_all(
    output_tensor_list: Any, input_tensor_list: Any, group: Any = None, async_op: bool = False
) -> Work | None:
    """output_tensor_list[k] becomes what process k has at this process's place in its input_tensor_list."""
    found = resolved("all_to_all", group)
    if found is None:
        return None
    given, taken = list(input_tensor_list), list(output_tensor_list)
    if len(given) != found.size() or len(taken) != found.size():
        raise ShapeError(f"all_to_all: wanted lists of {found.size()} Tensors, got {len(given)} and {len(taken)}")
    sent = [array_in("all_to_all", x).reshape(-1) for x in given]
    wanted = [array_in("all_to_all", x) for x in taken]
    if len({x.dtype for x in (*sent, *wanted)}) > 1:
        raise DTypeError("all_to_all: all Tensors should be of one dtype")
    flat = np.concatenate(sent)
    into = np.empty(sum(x.size for x in wanted), flat.dtype)
    bounds = np.cumsum([0, *[x.size for x in wanted]]).tolist()

    def finish() -> None:
        for each, start, end in zip(taken, bounds, bounds[1:], strict=False):
            write("all_to_all", each, into[start:end])

    width = flat.itemsize
    count("all_to_all", flat.nbytes)
    request = found.transport.all_to_all_uneven(
        in_bytes(flat), [x.size * width for x in sent], in_bytes(into), [x.size * width for x in wanted]
    )
    return begun(found, "all_to_all", request, [taken, flat], finish, async_op)


@acts
def all_to_all_single(
    output: Any,
    input: Any,
    output_split_sizes: Any = None,
    input_split_sizes: Any = None,
    group: Any = None,
    async_op: bool = False,
) -> Work | None:
    """The same with one Tensor each, cut along dimension 0: evenly, or into these sizes."""
    name = "all_to_all_single"
    found, array, whole = resolved(name, group), array_in(name, input), array_in(name, output)
    if found is None:
        return None

    def parts(x: Array, sizes: Any, what: str) -> list[Any]:
        if not sizes and x.shape[0] % found.size():
            raise ShapeError(f"{name}: dimension 0 of {what}, {x.shape[0]}, cannot be divided by {found.size()}")
        sizes = list(sizes) if sizes else [x.shape[0] // found.size()] * found.size()
        if sum(sizes) != x.shape[0] or len(sizes) != found.size():
            raise ShapeError(f"{name}: {what} of length {x.shape[0]} cannot be cut into {sizes}")
        row = int(np.prod(x.shape[1:])) * x.itemsize
        return [size * row for size in sizes]

    sent, taken = parts(array, input_split_sizes, "input"), parts(whole, output_split_sizes, "output")
    if array.dtype != whole.dtype:
        raise DTypeError(f"{name}: output and input should be of one dtype, got {whole.dtype} and {array.dtype}")
    own, into = contiguous(array), np.empty(whole.shape, whole.dtype)
    count(name, array.nbytes)
    request = found.transport.all_to_all_uneven(in_bytes(own), sent, in_bytes(into), taken)
    return begun(found, name, request, [output, own], lambda: write(name, output, into), async_op)
