"""How often processes have talked, and how many bytes of Tensors this one has given to be sent."""

from __future__ import annotations

from typing import NamedTuple


class Traffic(NamedTuple):
    """Of one kind of call: how many there were, and the bytes of what this process contributed to them."""

    calls: int
    nbytes: int


_counted: dict[str, Traffic] = {}


def count(kind: str, nbytes: int) -> None:
    """Note a call."""
    calls, before = _counted.get(kind, (0, 0))
    _counted[kind] = Traffic(calls + 1, before + nbytes)


def traffic(reset: bool = False) -> dict[str, Traffic]:
    """What this process has contributed to since it began, or since `reset`, by the name of the call.

    Bytes are those of the Tensors, each counted once; how often MPI moves them depends on the network.

    >>> import autograd
    >>> import autograd.distributed as dist
    >>> _ = traffic(reset=True)
    >>> dist.init_process_group()
    >>> dist.all_reduce(autograd.ones(10))
    >>> dist.traffic()["all_reduce"]
    Traffic(calls=1, nbytes=40)
    >>> dist.destroy_process_group()
    """
    found = dict(_counted)
    if reset:
        _counted.clear()
    return found
