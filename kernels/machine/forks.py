"""What a fork waits for: a child finds locks as other threads held them, and nobody there who would let go of them."""

from __future__ import annotations

import importlib
import os
import sys
import threading
import time
from typing import Any

_PATIENT = 10.0
"""Seconds that a fork waits for another thread's import at most."""

_held: list[Any] = []
"""Numba's lock, while this thread forks, once for each time that it was taken."""


def hold() -> None:
    """Before a fork: no other thread may be compiling, or importing: a child would wait for it for ever."""
    until = time.monotonic() + _PATIENT
    while True:
        while _importing() and time.monotonic() < until:
            time.sleep(0.005)
        module: Any = sys.modules.get("numba.core.compiler_lock")
        lock = getattr(module, "global_compiler_lock", None)
        if lock is not None:
            lock.acquire()
        if not _importing() or time.monotonic() >= until:
            _held.append(lock)
            return
        if lock is not None:
            lock.release()


def let_go() -> None:
    """After it, in both processes."""
    lock = _held.pop() if _held else None
    if lock is not None:
        lock.release()


def _importing() -> bool:
    """Is another thread in the middle of an import? Python keeps a lock for each module that is being imported."""
    locks = getattr(getattr(importlib, "_bootstrap", None), "_module_locks", {})
    own = (None, threading.get_ident())
    return any(getattr(reference(), "owner", None) not in own for reference in list(locks.values()))


def hold_from_now_on() -> None:
    """Have forks do so. To be called again when Numba has been loaded, and `logging` with it.

    What is registered last is called first, and Numba's lock must be taken before that of `logging`, for which whoever
    compiles may wait.
    """
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(before=hold, after_in_parent=let_go, after_in_child=let_go)
