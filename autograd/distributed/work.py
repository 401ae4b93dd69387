"""Something that was begun with other processes, and waiting for it.

MPI moves messages only while it is called. So one who waits asks again and again: at first at once, giving way to other
processes on the same core, and after a while with pauses, so that a process that is ahead takes no time from those that
are behind. For what goes on beside a computation, a thread asks (`Progress`).

Waiting ends after the group's timeout, or when a process of the group has left the program, with an error that says so.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from ..errors import DistributedError
from . import endings
from .transport import DONE

EAGER = 0.002
"""Seconds in which whoever waits asks without a pause."""
PAUSE = 0.0002
"""Seconds between two questions, afterwards."""
LOOK = 0.2
"""Seconds after which to look whether anybody has left."""
GRACE = 2.0
"""Seconds that what a process has sent before it left may still take."""

_give_way = getattr(os, "sched_yield", lambda: time.sleep(0))


def until(done: Callable[[], bool], what: str, members: list[int], timeout: float) -> None:
    """Wait for `done()`. Raises DistributedError after `timeout` seconds, or when one of `members` has left."""
    started = time.perf_counter()
    next_look, left_since = LOOK, None
    while not done():
        waited = time.perf_counter() - started
        if waited < EAGER:
            _give_way()
            continue
        time.sleep(PAUSE)
        if waited < next_look and waited < timeout:
            continue
        next_look = waited + LOOK
        gone = endings.left(members)
        if gone and left_since is None:
            left_since = waited
        if gone and left_since is not None and waited - left_since > GRACE:
            raise DistributedError(f"{what}: {ranks(gone)} has left the program, and cannot take part any more")
        if waited >= timeout:
            raise DistributedError(
                f"{what}: not all of the {len(members)} processes have come here within {timeout:g} seconds; one may "
                "hang, or have taken another branch (init_process_group(timeout=...) says how long to wait)"
            )


def ranks(numbers: list[int]) -> str:
    """ "rank 3", "ranks 3 and 4" ..."""
    if len(numbers) == 1:
        return f"rank {numbers[0]}"
    return f"one of the ranks {', '.join(map(str, numbers))}"


def seconds(timeout: Any, default: float) -> float:
    """What `timeout` is: a timedelta, seconds, or None for the group's."""
    if timeout is None:
        return default
    value = timeout.total_seconds() if isinstance(timeout, timedelta) else float(timeout)
    if value <= 0:
        raise DistributedError(f"timeout should be longer than 0, got {timeout!r}")
    return value


class Work:
    """What a call with `async_op=True` returns. Its Tensors may be used once `wait()` has returned.

    group   whose processes take part: their number, and how long to wait
    kept    arrays that MPI reads or writes meanwhile
    finish  what is still to do when the request is done: results are written to the Tensors they were meant for
    beside  others will be computed meanwhile, so a thread has to ask MPI
    """

    def __init__(
        self,
        what: str,
        request: Any,
        group: Any,
        kept: Any = None,
        finish: Callable[[], Any] | None = None,
        beside: bool = True,
    ) -> None:
        self.what = what
        self._request = request
        self._group = group
        self._kept = kept
        self._finish = finish
        self._done = False
        self._error: BaseException | None = None
        self._source = -1
        self._beside = beside and request is not DONE
        if self._beside:
            _open.add(self)
            progress.begin(group.transport)

    def _test(self) -> bool:
        return self._done or bool(self._request.Test())

    def wait(self, timeout: Any = None) -> bool:
        """Wait until it is done; raises DistributedError if that cannot be. Returns True."""
        if self._done:
            return True
        try:
            until(self._test, self.what, self._group.ranks, seconds(timeout, self._group.timeout))
            self._end()
        except BaseException as error:
            self._error = error
            raise
        return True

    def _end(self) -> None:
        if self._done:
            return
        self._done = True
        if self._beside:
            _open.discard(self)
            progress.end()
        if self._finish is not None:
            self._finish()
        self._kept = self._finish = None

    def is_completed(self) -> bool:
        """Is it done? Asks, and does not wait."""
        if not self._done and self._test():
            self._end()
        return self._done

    def is_success(self) -> bool:
        """Done, and without an error."""
        return self._done and self._error is None

    def exception(self) -> BaseException | None:
        """The error that `wait` has raised."""
        return self._error

    def source_rank(self) -> int:
        """Whose message it was, for what `irecv` returns."""
        return self._source

    def get_future(self) -> Future:
        """The same as a Future; its value is what was kept: a list of Tensors."""
        kept = self._kept
        return Future(lambda: (self.wait(), kept)[1])


_open: set[Work] = set()
"""What nobody has waited for yet: MPI reads and writes the arrays, so they must stay."""


class Future:
    """A value that is there once it was waited for. `then` says what is to be made of it, when it is."""

    def __init__(self, compute: Callable[[], Any] | None = None) -> None:
        self._compute = compute
        self._value: Any = None
        self._ready = False

    def set_result(self, value: Any) -> None:
        """Say what the value is."""
        self._value, self._ready = value, True

    def wait(self) -> Any:
        """The value."""
        if not self._ready:
            if self._compute is None:
                raise DistributedError("Future.wait: nobody has said what computes this value; call set_result")
            self.set_result(self._compute())
        return self._value

    value = wait

    def done(self) -> bool:
        """Has it been waited for?"""
        return self._ready

    def then(self, function: Callable[[Future], Any]) -> Future:
        """The Future of function(this one)."""

        def compute() -> Any:
            self.wait()
            return function(self)

        return Future(compute)


class Progress:
    """The thread that lets messages move while this process computes. It sleeps while nothing is under way."""

    def __init__(self) -> None:
        self.under_way = 0
        self.awake = threading.Event()
        self.ended = False
        self.thread: threading.Thread | None = None
        self.transport: Any = None
        self.lock = threading.Lock()

    def begin(self, transport: Any) -> None:
        """Something is under way."""
        with self.lock:
            self.under_way += 1
            self.transport = transport
            if self.thread is None and not self.ended:
                self.thread = threading.Thread(target=self._run, name="autograd.distributed", daemon=True)
                self.thread.start()
        self.awake.set()

    def end(self) -> None:
        """One thing less."""
        with self.lock:
            self.under_way -= 1
            if self.under_way <= 0:
                self.awake.clear()

    def stop(self) -> None:
        """For good: MPI is about to end."""
        self.ended = True
        self.awake.set()
        if self.thread is not None:
            self.thread.join(1.0)

    def _run(self) -> None:
        while self.awake.wait() and not self.ended:
            self.transport.poke()
            time.sleep(PAUSE)


progress = Progress()
endings.before_leaving.append(progress.stop)
