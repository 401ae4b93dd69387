"""What is asked of MPI: the calls that start something and return at once. `Alone` is the same for one process.

Both have the same methods. Arrays are contiguous, of one dtype and one size in all processes; `root`, `to` and `source`
count within the group. Each call returns a request: an object whose `Test()` says whether it is done.
"""

from __future__ import annotations

import enum
import importlib
from typing import Any

import numpy as np
from numpy import ndarray as Array

from ..errors import DTypeError


class ReduceOp(enum.Enum):
    """How the numbers of several processes become one."""

    SUM = "SUM"
    AVG = "SUM divided by the number of processes"
    PRODUCT = "PROD"
    MIN = "MIN"
    MAX = "MAX"
    BAND = "BAND"
    BOR = "BOR"
    BXOR = "BXOR"


_OF_BITS = (ReduceOp.BAND, ReduceOp.BOR, ReduceOp.BXOR)
_OF_BOOLS = {ReduceOp.SUM: "LOR", ReduceOp.MAX: "LOR", ReduceOp.BOR: "LOR", ReduceOp.BXOR: "LXOR"}


def check_op(function: str, op: Any, dtype: np.dtype[Any]) -> None:
    """Raise where `op` is none, or nothing for numbers of this kind."""
    if not isinstance(op, ReduceOp):
        raise TypeError(f"{function}: op should be one of ReduceOp.SUM, AVG, PRODUCT, MIN, MAX ..., got {op!r}")
    if op in _OF_BITS and dtype.kind == "f":
        raise DTypeError(f"{function}: ReduceOp.{op.name} is for integers and bools, got {dtype}")
    if op is ReduceOp.AVG and dtype.kind != "f":
        raise DTypeError(f"{function}: ReduceOp.AVG is for floating point numbers, got {dtype}")


class Finished:
    """The request of what was done at once."""

    def Test(self) -> bool:  # noqa: N802 - mpi4py's name
        """Always."""
        return True


DONE = Finished()


class Alone:
    """One process: what it sends to all, it has."""

    size, rank = 1, 0

    def all_reduce(self, array: Array, op: ReduceOp) -> Any:
        """Every process gets the reduction of all arrays, in place."""
        return DONE

    def reduce(self, array: Array, op: ReduceOp, root: int) -> Any:
        """Process `root` gets it, in place."""
        return DONE

    def broadcast(self, array: Array, root: int) -> Any:
        """All get the array of `root`, in place."""
        return DONE

    def all_gather(self, array: Array, into: Array) -> Any:
        """into[k] becomes the array of process k, in all of them."""
        into[0] = array
        return DONE

    def gather(self, array: Array, into: Array | None, root: int) -> Any:
        """The same in process `root`; the others give None."""
        assert into is not None
        into[0] = array
        return DONE

    def scatter(self, parts: Array | None, into: Array, root: int) -> Any:
        """`into` becomes part k of what `root` has in process k."""
        assert parts is not None
        into[...] = parts[0]
        return DONE

    def reduce_scatter(self, parts: Array, into: Array, op: ReduceOp) -> Any:
        """`into` becomes the reduction of everybody's part k in process k."""
        into[...] = parts[0]
        return DONE

    def all_to_all(self, parts: Array, into: Array) -> Any:
        """into[k] becomes the part of process k that is for this one."""
        into[...] = parts
        return DONE

    def all_to_all_uneven(self, array: Array, counts: list[int], into: Array, taken: list[int]) -> Any:
        """The same where parts have different numbers of elements, one after the other."""
        into[...] = array
        return DONE

    def barrier(self) -> Any:
        """Done when all have come here."""
        return DONE

    def poke(self) -> None:
        """Let what is under way go on."""


class Mpi:
    """A communicator of MPI's."""

    def __init__(self, comm: Any) -> None:
        self.comm = comm
        self.size: int = comm.Get_size()
        self.rank: int = comm.Get_rank()
        self.mpi = mpi()

    def _op(self, op: ReduceOp, array: Array) -> Any:
        name = "SUM" if op is ReduceOp.AVG else op.value
        return getattr(self.mpi, _OF_BOOLS.get(op, "LAND") if array.dtype.kind == "b" else name)

    def all_reduce(self, array: Array, op: ReduceOp) -> Any:
        """See Alone."""
        return self.comm.Iallreduce(self.mpi.IN_PLACE, array, self._op(op, array))

    def reduce(self, array: Array, op: ReduceOp, root: int) -> Any:
        """See Alone."""
        if self.rank == root:
            return self.comm.Ireduce(self.mpi.IN_PLACE, array, self._op(op, array), root)
        return self.comm.Ireduce(array, None, self._op(op, array), root)

    def broadcast(self, array: Array, root: int) -> Any:
        """See Alone."""
        return self.comm.Ibcast(array, root)

    def all_gather(self, array: Array, into: Array) -> Any:
        """See Alone."""
        return self.comm.Iallgather(array, into)

    def gather(self, array: Array, into: Array | None, root: int) -> Any:
        """See Alone."""
        return self.comm.Igather(array, into, root)

    def scatter(self, parts: Array | None, into: Array, root: int) -> Any:
        """See Alone."""
        return self.comm.Iscatter(parts, into, root)

    def reduce_scatter(self, parts: Array, into: Array, op: ReduceOp) -> Any:
        """See Alone."""
        return self.comm.Ireduce_scatter_block(parts, into, self._op(op, into))

    def all_to_all(self, parts: Array, into: Array) -> Any:
        """See Alone."""
        return self.comm.Ialltoall(parts, into)

    def all_to_all_uneven(self, array: Array, counts: list[int], into: Array, taken: list[int]) -> Any:
        """See Alone."""
        return self.comm.Ialltoallv((array, counts), (into, taken))

    def barrier(self) -> Any:
        """See Alone."""
        return self.comm.Ibarrier()

    def send(self, array: Array, to: int, tag: int) -> Any:
        """An array for process `to`."""
        return self.comm.Isend(array, to, tag)

    def receive(self, array: Array, source: int | None, tag: int) -> Any:
        """From a process; None: from whoever comes first."""
        return self.comm.Irecv(array, self.mpi.ANY_SOURCE if source is None else source, tag)

    def poke(self) -> None:
        """MPI moves messages while it is called, and only then."""
        self.comm.Iprobe(self.mpi.ANY_SOURCE, 0)


def mpi() -> Any:
    """mpi4py's module, which starts MPI when it is first asked for."""
    return importlib.import_module("mpi4py.MPI")
