"""What all processes of a group do together, with Tensors. Names, arguments and orders are PyTorch's.

Results are written into the Tensors that were given, and nothing is recorded. With `async_op=True` a call returns a
`Work` at once, and the Tensors may be used after its `wait()`; without it, when it returns. A process that is not in
the group does nothing. `src` and `dst` are ranks among all processes; `group_src`, `group_dst` those within the group.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy import ndarray as Array

from ..errors import DTypeError, ShapeError
from ..extend import acts, noted, settle
from ..tensors.core import Core
from .counting import count
from .processes import ProcessGroup, resolved, within
from .transport import ReduceOp, check_op
from .work import Work


def array_in(function: str, tensor: Any) -> Array:
    """The array of a Tensor that takes part."""
    if not isinstance(tensor, Core):
        raise TypeError(f"{function}: Invalid type of a tensor: wanted a Tensor, got {type(tensor).__name__}")
    settle(function)
    return tensor._array


def arrays_in(function: str, tensors: Any, size: int, like: Array) -> list[Array]:
    """The arrays of a list with a Tensor per process, all like another one."""
    if not isinstance(tensors, (list, tuple)) or len(tensors) != size:
        got = len(tensors) if isinstance(tensors, (list, tuple)) else type(tensors).__name__
        raise ShapeError(f"{function}: wanted a list of {size} Tensors, one per process, got {got}")
    found = [array_in(function, tensor) for tensor in tensors]
    for each in found:
        if each.shape != like.shape:
            raise ShapeError(f"{function}: wanted Tensors of shape {like.shape}, got one of {each.shape}")
        if each.dtype != like.dtype:
            raise DTypeError(f"{function}: wanted Tensors of dtype {like.dtype}, got one of {each.dtype}")
    return found


def begun(
    group: ProcessGroup,
    what: str,
    request: Any,
    kept: Any,
    finish: Callable[[], Any] | None,
    async_op: bool,
) -> Work | None:
    """What a call returns: a Work, or None once it is done."""
    work = Work(what, request, group, kept, finish, beside=async_op)
    if async_op:
        return work
    work.wait()
    return None


def write(function: str, tensor: Any, values: Array) -> None:
    """Put a result into a Tensor."""
    if values is not tensor._array:
        tensor._array[...] = values.reshape(tensor._array.shape)
    noted(function, tensor)


def reducible(array: Array) -> Array:
    """A contiguous array that MPI can add up: float16 in float32. The same one, where it can be."""
    if array.dtype == np.float16:
        return array.astype(np.float32)
    return contiguous(array)


def contiguous(array: Array) -> Array:
    """The array itself where MPI can read and write it, else a copy."""
    return array if array.flags.c_contiguous and array.flags.writeable else np.array(array, order="C")


def averaged(values: Array, op: ReduceOp, group: ProcessGroup) -> Array:
    if op is ReduceOp.AVG and group.size() > 1:
        values /= group.size()
    return values


@acts
def all_reduce(tensor: Any, op: Any = ReduceOp.SUM, group: Any = None, async_op: bool = False) -> Work | None:
    """Every process's `tensor` becomes the sum (or what `op` says) of all of them, the same bits everywhere."""
    found, array = resolved("all_reduce", group), array_in("all_reduce", tensor)
    check_op("all_reduce", op, array.dtype)
    if found is None:
        return None
    own = reducible(array)
    count("all_reduce", array.nbytes)
    request = found.transport.all_reduce(own, op)

    def finish() -> None:
        write("all_reduce", tensor, averaged(own, op, found))

    return begun(found, "all_reduce", request, [tensor], finish, async_op)


@acts
def reduce(
    tensor: Any,
    dst: int | None = None,
    op: Any = ReduceOp.SUM,
    group: Any = None,
    async_op: bool = False,
    group_dst: int | None = None,
) -> Work | None:
    """The `tensor` of process `dst` becomes the sum (or what `op` says) of all; the others keep theirs."""
    found, array = resolved("reduce", group), array_in("reduce", tensor)
    check_op("reduce", op, array.dtype)
    if found is None:
        return None
    root = within("reduce", found, dst, group_dst)
    own = reducible(array)
    count("reduce", array.nbytes)
    request = found.transport.reduce(own, op, root)

    def finish() -> None:
        if found.rank() == root:
            write("reduce", tensor, averaged(own, op, found))

    return begun(found, "reduce", request, [tensor], finish, async_op)


@acts
def broadcast(
    tensor: Any, src: int | None = None, group: Any = None, async_op: bool = False, group_src: int | None = None
) -> Work | None:
    """Every process's `tensor` becomes that of process `src`."""
    found, array = resolved("broadcast", group), array_in("broadcast", tensor)
    if found is None:
        return None
    root = within("broadcast", found, src, group_src)
    own = contiguous(array)
    count("broadcast", array.nbytes if found.rank() == root else 0)
    request = found.transport.broadcast(in_bytes(own), root)

    def finish() -> None:
        if found.rank() != root:
            write("broadcast", tensor, own)

    return begun(found, "broadcast", request, [tensor], finish, async_op)


def in_bytes(array: Array) -> Array:
    """The memory of a contiguous array as bytes: MPI need not know what numbers they are."""
    return array.reshape(-1).view(np.uint8)


def in_rows(array: Array, size: int) -> Array:
    """The bytes of an array in `size` rows."""
    return in_bytes(array).reshape(size, array.nbytes // size)


@acts
def all_gather(tensor_list: Any, tensor: Any, group: Any = None, async_op: bool = False) -> Work | None:
    """tensor_list[k] becomes the `tensor` of process k of the group, in all processes."""
    found, array = resolved("all_gather", group), array_in("all_gather", tensor)
    if found is None:
        return None
    arrays_in("all_gather", tensor_list, found.size(), array)
    into = np.empty((found.size(), *array.shape), array.dtype)
    count("all_gather", array.nbytes)
    own = contiguous(array)
    request = found.transport.all_gather(in_bytes(own), in_rows(into, found.size()))

    def finish() -> None:
        for each, values in zip(tensor_list, into, strict=True):
            write("all_gather", each, values)

    return begun(found, "all_gather", request, [tensor_list, own], finish, async_op)


@acts
def all_gather_into_tensor(
    output_tensor: Any, input_tensor: Any, group: Any = None, async_op: bool = False
) -> Work | None:
    """`output_tensor` becomes those of all processes, one after the other, or stacked."""
    name = "all_gather_into_tensor"
    found, array, whole = resolved(name, group), array_in(name, input_tensor), array_in(name, output_tensor)
    if found is None:
        return None
    check_whole(name, whole, array, found.size(), "output_tensor")
    into = np.empty((found.size(), array.size), array.dtype)
    count(name, array.nbytes)
    own = contiguous(array)
    request = found.transport.all_gather(in_bytes(own), in_rows(into, found.size()))
    return begun(found, name, request, [output_tensor, own], lambda: write(name, output_tensor, into), async_op)


def check_whole(function: str, whole: Array, part: Array, size: int, name: str) -> None:
    joined = (size * part.shape[0], *part.shape[1:]) if part.ndim else (size,)
    if whole.shape not in (joined, (size, *part.shape)):
        raise ShapeError(f"{function}: wanted {name} of shape {joined} or {(size, *part.shape)}, got {whole.shape}")
    if whole.dtype != part.dtype:
        raise DTypeError(f"{function}: output and input should be of one dtype, got {whole.dtype} and {part.dtype}")


@acts
def barrier(group: Any = None, async_op: bool = False, device_ids: Any = None, timeout: Any = None) -> Work | None:
    """Wait until all processes of the group have come here; `timeout` is for this time, a timedelta or seconds."""
    found = resolved("barrier", group)
    if found is None:
        return None
    count("barrier", 0)
    work = Work("barrier", found.transport.barrier(), found, beside=async_op)
    if async_op:
        return work
    work.wait(timeout)
    return None


def monitored_barrier(group: Any = None, timeout: Any = None, wait_all_ranks: bool = False) -> None:
    """`barrier` with a timeout of its own."""
    barrier(group, timeout=timeout)
