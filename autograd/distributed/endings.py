"""A process that fails or leaves says so; the others do not wait for it.

What can happen to one of several processes, and what the others do:

an error that nobody catches   it is printed with the rank, and MPI ends all of them (`MPI_Abort`)
it is killed                   mpiexec notices, and ends the others within a second
it leaves in the middle        it tells the others, and waits for them; who needs it for something raises an error
it hangs                       who waits for it raises an error after the timeout that `init_process_group` was given

An error in one is so an end of all, and training goes on from the last checkpoint.
"""

from __future__ import annotations

import atexit
import sys
import threading
import time
import traceback
from collections.abc import Callable
from types import TracebackType
from typing import Any

import numpy as np

_TAG = 1
_LAST = 0.01  # seconds between two looks whether all have come to their end


class _Ends:
    """This process among the others: `comm` is a communicator for saying goodbye."""

    comm: Any = None
    mpi: Any = None
    gone: set[int]
    failed = False

    def __init__(self) -> None:
        self.gone = set()


_ends = _Ends()

before_leaving: list[Callable[[], None]] = []
"""What is to be called at the end of the program, while MPI is still there."""


def watch(mpi: Any, comm: Any) -> None:
    """From now on errors end all processes, and the others are told when this one leaves. `comm` has them all."""
    _ends.comm, _ends.mpi = comm, mpi
    before, before_in_threads = sys.excepthook, threading.excepthook

    def ended(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        before(kind, error, trace)
        fail(error)

    def ended_in_thread(args: Any) -> None:
        before_in_threads(args)
        if args.exc_type is not SystemExit and args.thread is not None and args.thread.name == "MainThread":
            fail(args.exc_value)

    sys.excepthook, threading.excepthook = ended, ended_in_thread
    atexit.register(leave)


def fail(error: BaseException) -> None:
    """End all processes, because of an error that has been shown."""
    comm = _ends.comm
    if comm is None or _ends.failed:
        return
    _ends.failed = True
    text = traceback.format_exception_only(error)[-1].strip().splitlines() or [repr(error)]
    sys.stdout.flush()
    print(
        f"rank {comm.Get_rank()} of {comm.Get_size()} has failed, so all processes end: {text[0]}",
        file=sys.stderr,
        flush=True,
    )
    comm.Abort(1)


def left(members: list[int]) -> list[int]:
    """Those of some ranks that have said that they leave."""
    comm = _ends.comm
    if comm is None:
        return []
    status = _ends.mpi.Status()
    while comm.Iprobe(_ends.mpi.ANY_SOURCE, _TAG, status):
        comm.Recv(np.empty(1, np.int8), status.Get_source(), _TAG)
        _ends.gone.add(status.Get_source())
    return [rank for rank in members if rank in _ends.gone and rank != comm.Get_rank()]


def leave() -> None:
    """At the end of the program: tell the others, and wait until all have come to theirs."""
    for function in before_leaving:
        function()
    comm = _ends.comm
    if comm is None or _ends.failed or _ends.mpi.Is_finalized():
        return
    goodbye = np.zeros(1, np.int8)
    others = [rank for rank in range(comm.Get_size()) if rank != comm.Get_rank()]
    sent = [comm.Isend(goodbye, rank, _TAG) for rank in others]
    last = comm.Ibarrier()
    while not last.Test():
        left(others)
        time.sleep(_LAST)
    while len(_ends.gone) < len(others) or not all(request.Test() for request in sent):
        left(others)
        time.sleep(0.001)
    _ends.comm = None
