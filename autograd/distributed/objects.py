"""Python objects between processes.

They travel as pickles, as in PyTorch: unpickling runs what the sender says. The sender is a process of the same job,
started by the same mpiexec from the same program; what comes from files never goes this way.
"""

from __future__ import annotations

import pickle
from typing import Any

import numpy as np
from numpy import ndarray as Array

from ..errors import ShapeError
from .collectives import begun
from .counting import count
from .points import receive_array, send_array
from .processes import ProcessGroup, resolved, within

_LENGTH = 8  # bytes of a number that says how many bytes come


def _packed(value: Any) -> Array:
    return np.frombuffer(pickle.dumps(value, protocol=pickle.HIGHEST_PROTOCOL), np.uint8)


def _unpacked(data: Array) -> Any:
    return pickle.loads(data.tobytes())  # of a process of this very job, see above


def all_gather_object(object_list: list[Any], obj: Any, group: Any = None) -> None:
    """object_list[k] becomes the `obj` of process k."""
    found = resolved("all_gather_object", group)
    if found is None:
        return
    _check_list("all_gather_object", object_list, found.size())
    object_list[:] = everybodys(found, obj, "all_gather_object")


def everybodys(group: ProcessGroup, obj: Any, what: str) -> list[Any]:
    """What each process of a group has for `obj`."""
    if group.size() == 1:
        return [_unpacked(_packed(obj))]
    own = _packed(obj)
    count(what, own.nbytes)
    lengths = np.zeros(group.size(), np.int64)
    begun(group, what, group.transport.all_gather(np.array([own.size], np.int64), lengths), None, None, False)
    padded = np.zeros(lengths.max(), np.uint8)
    padded[: own.size] = own
    into = np.empty((group.size(), padded.size), np.uint8)
    begun(group, what, group.transport.all_gather(padded, into), padded, None, False)
    return [_unpacked(row[:length]) for row, length in zip(into, lengths.tolist(), strict=True)]


def gather_object(
    obj: Any,
    object_gather_list: list[Any] | None = None,
    dst: int | None = None,
    group: Any = None,
    group_dst: int | None = None,
) -> None:
    """object_gather_list[k] of process `dst` (default 0) becomes the `obj` of process k."""
    found = resolved("gather_object", group)
    if found is None:
        return
    root = within("gather_object", found, 0 if dst is None else dst, group_dst)
    gathered = everybodys(found, obj, "gather_object")
    if found.rank() == root:
        _check_list("gather_object", object_gather_list, found.size())
        assert object_gather_list is not None
        object_gather_list[:] = gathered


def broadcast_object_list(
    object_list: list[Any],
    src: int | None = None,
    group: Any = None,
    device: Any = None,
    group_src: int | None = None,
) -> None:
    """The objects in the list become those of process `src` (default 0)."""
    found = resolved("broadcast_object_list", group)
    if found is None or found.size() == 1:
        return
    root = within("broadcast_object_list", found, 0 if src is None else src, group_src)
    data = _packed(list(object_list)) if found.rank() == root else np.empty(0, np.uint8)
    data = _broadcast(found, data, root)
    if found.rank() != root:
        _check_list("broadcast_object_list", object_list, len(sent := _unpacked(data)))
        object_list[:] = sent


def _broadcast(group: ProcessGroup, data: Array, root: int) -> Array:
    """The bytes of process `root`."""
    what = "broadcast_object_list"
    length = np.array([data.size], np.int64)
    count(what, data.nbytes)
    begun(group, what, group.transport.broadcast(length, root), None, None, False)
    whole = np.array(data) if group.rank() == root else np.empty(int(length[0]), np.uint8)
    begun(group, what, group.transport.broadcast(whole, root), None, None, False)
    return whole


def scatter_object_list(
    scatter_object_output_list: list[Any],
    scatter_object_input_list: list[Any] | None = None,
    src: int | None = None,
    group: Any = None,
    group_src: int | None = None,
) -> None:
    """scatter_object_output_list[0] of process k becomes scatter_object_input_list[k] of process `src` (default 0)."""
    found = resolved("scatter_object_list", group)
    if found is None:
        return
    root = within("scatter_object_list", found, 0 if src is None else src, group_src)
    if not scatter_object_output_list:
        raise ShapeError("scatter_object_list: Expected argument scatter_object_output_list to have at least one place")
    if found.rank() == root:
        _check_list("scatter_object_list", scatter_object_input_list, found.size())
    parts = [_packed(each) for each in scatter_object_input_list or ()] if found.rank() == root else []
    lengths = np.array([part.size for part in parts] or [0] * found.size(), np.int64)
    begun(found, "scatter_object_list", found.transport.broadcast(lengths, root), None, None, False)
    table = None
    if found.rank() == root:
        table = np.zeros((found.size(), int(lengths.max())), np.uint8)
        for row, part in zip(table, parts, strict=True):
            row[: part.size] = part
    own = np.empty(int(lengths.max()), np.uint8)
    begun(found, "scatter_object_list", found.transport.scatter(table, own, root), None, None, False)
    scatter_object_output_list[0] = _unpacked(own[: lengths[found.rank()]])


def send_object_list(
    object_list: list[Any],
    dst: int | None = None,
    group: Any = None,
    device: Any = None,
    group_dst: int | None = None,
    use_batch: bool = False,
) -> None:
    """Send the objects to process `dst`."""
    found = resolved("send_object_list", group)
    if found is None:
        return
    to = within("send_object_list", found, dst, group_dst)
    data = _packed(list(object_list))
    send_array(found, np.array([data.size], np.int64), to, 0, "send_object_list").wait()
    send_array(found, np.array(data), to, 0, "send_object_list").wait()


def recv_object_list(
    object_list: list[Any],
    src: int | None = None,
    group: Any = None,
    device: Any = None,
    group_src: int | None = None,
    use_batch: bool = False,
) -> int:
    """The objects in the list become those that process `src` (None: any) sends; returns its rank."""
    found = resolved("recv_object_list", group)
    if found is None:
        return -1
    anybody = src is None and group_src is None
    source = None if anybody else within("recv_object_list", found, src, group_src)
    length = np.empty(1, np.int64)
    work = receive_array(found, length, source, 0, "recv_object_list")
    work.wait()
    data = np.empty(int(length[0]), np.uint8)
    receive_array(found, data, found.ranks.index(work.source_rank()), 0, "recv_object_list").wait()
    _check_list("recv_object_list", object_list, len(sent := _unpacked(data)))
    object_list[:] = sent
    return work.source_rank()


def _check_list(function: str, objects: Any, size: int) -> None:
    if not isinstance(objects, list) or len(objects) != size:
        got = len(objects) if isinstance(objects, list) else type(objects).__name__
        raise ShapeError(f"{function}: wanted a list of {size} places, got {got}")
