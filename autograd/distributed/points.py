"""From one process to another: PyTorch's send, recv, and what goes on beside a computation."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy import ndarray as Array

from ..errors import DistributedError
from ..extend import acts
from .collectives import array_in, write
from .counting import count
from .processes import ProcessGroup, resolved, within
from .work import Work


def send_array(group: ProcessGroup, array: Array, to: int, tag: int, what: str, beside: bool = False) -> Work:
    """Begin to send; `to` counts within the group."""
    if to == group.rank():
        raise DistributedError(f"{what}: Invalid destination rank: destination rank should not be the same as the own")
    count(what, array.nbytes)
    return Work(what, group.transport.send(array, to, tag), group, array, beside=beside)


def receive_array(
    group: ProcessGroup,
    array: Array,
    source: int | None,
    tag: int,
    what: str,
    finish: Callable[[], Any] | None = None,
    beside: bool = False,
) -> Work:
    """Begin to receive; the Work knows the rank among all processes that it came from."""
    if source == group.rank() or group.size() == 1:
        raise DistributedError(f"{what}: Invalid source rank: source rank should not be the same as the own")
    status = group.transport.mpi.Status()
    request = group.transport.receive(array, source, tag)

    def done() -> None:
        work._source = group.ranks[status.Get_source()]
        if finish is not None:
            finish()

    work = Work(what, _Noting(request, status), group, array, done, beside=beside)
    return work


class _Noting:
    """A request whose status is kept: whose message it was."""

    def __init__(self, request: Any, status: Any) -> None:
        self.request, self.status = request, status

    def Test(self) -> bool:  # noqa: N802 - mpi4py's name
        return bool(self.request.Test(self.status))


@acts
def isend(
    tensor: Any, dst: int | None = None, group: Any = None, tag: int = 0, group_dst: int | None = None
) -> Work | None:
    """Begin to send `tensor` to process `dst`; it may be overwritten after `wait()`."""
    return _send("isend", tensor, dst, group, tag, group_dst, beside=True)


def _send(what: str, tensor: Any, dst: Any, group: Any, tag: int, group_dst: Any, *, beside: bool) -> Work | None:
    found, array = resolved(what, group), array_in(what, tensor)
    if found is None:
        return None
    own = np.ascontiguousarray(array).reshape(-1).view(np.uint8)
    return send_array(found, own, within(what, found, dst, group_dst), tag, what, beside)


@acts
def irecv(
    tensor: Any, src: int | None = None, group: Any = None, tag: int = 0, group_src: int | None = None
) -> Work | None:
    """Begin to receive `tensor` from process `src` (None: from any); it has the numbers after `wait()`."""
    return _receive("irecv", tensor, src, group, tag, group_src, beside=True)


def _receive(what: str, tensor: Any, src: Any, group: Any, tag: int, group_src: Any, *, beside: bool) -> Work | None:
    found, array = resolved(what, group), array_in(what, tensor)
    if found is None:
        return None
    source = None if src is None and group_src is None else within(what, found, src, group_src)
    into = np.empty(array.shape, array.dtype)
    raw = into.reshape(-1).view(np.uint8)
    return receive_array(found, raw, source, tag, what, lambda: write(what, tensor, into), beside)


@acts
def send(tensor: Any, dst: int | None = None, group: Any = None, tag: int = 0, group_dst: int | None = None) -> None:
    """Send `tensor` to process `dst`."""
    work = _send("send", tensor, dst, group, tag, group_dst, beside=False)
    if work is not None:
        work.wait()


def recv(tensor: Any, src: int | None = None, group: Any = None, tag: int = 0, group_src: int | None = None) -> int:
    """Receive `tensor` from process `src` (None: from any); returns the rank of the sender."""
    work = _receive("recv", tensor, src, group, tag, group_src, beside=False)
    if work is None:
        return -1
    work.wait()
    return work.source_rank()


class P2POp:
    """An `isend` or `irecv` that `batch_isend_irecv` is to begin."""

    def __init__(
        self,
        op: Callable[..., Any],
        tensor: Any,
        peer: int | None = None,
        group: Any = None,
        tag: int = 0,
        group_peer: int | None = None,
    ) -> None:
        if op not in (isend, irecv):
            raise DistributedError("P2POp: op should be isend or irecv")
        self.op, self.tensor, self.peer, self.group, self.tag = op, tensor, peer, group, tag
        self.group_peer = group_peer


def batch_isend_irecv(p2p_op_list: list[P2POp]) -> list[Work]:
    """Begin all of them; returns their Works."""
    if not p2p_op_list:
        raise DistributedError("batch_isend_irecv: wanted a list of P2POps, got an empty one")
    begun = [each.op(each.tensor, each.peer, each.group, each.tag, each.group_peer) for each in p2p_op_list]
    return [work for work in begun if work is not None]
