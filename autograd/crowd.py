"""Several threads that compute at once: what each has to itself, what they share, and what is done about that.

To itself a thread has its tape, whether it records, and random streams that it makes. Shared are Tensors: leaves, whose
`.grad` several walks may add to, and memory, which one thread may overwrite while another needs it on its way back.

    gradients   are added under a lock: none is lost, in whatever order they arrive (`adding` in engine.py)
    memory      a write in place is put on the tapes of the other threads too, so that a walk which needs what was there
                raises InplaceError, as it does in one thread. What is overwritten while the walk goes over it is not
                seen: threads that write to what others compute with must agree on when
    values      `model.train()`, `step()` and `zero_grad()` change what all threads see, at once and without asking. Of
                `train()` and `eval()` the later decides about every layer (`nn.modes`)

A process in which one thread alone has used Tensors pays for none of this.
"""

from __future__ import annotations

import sys
import threading
import time
import weakref
from types import CodeType
from typing import Any


class Crowd:
    """The threads of this process that have used Tensors."""

    def __init__(self) -> None:
        self.several = False
        """Has more than one of them ever been there?"""
        self.adding = False
        """Is the first thread just adding to a `.grad`, without the lock, because it was alone when it began?"""
        self.lock = threading.RLock()  # a signal handler may come to it while its own thread holds it
        self._tapes: tuple[weakref.ref[Any], ...] = ()

    def joined(self, tape: Any) -> None:
        """A thread has used Tensors for the first time. Its tape is `tape`."""
        with self.lock:
            if self._tapes and not self.several:
                self.several = True
                while self.adding:  # which is over in a moment, and does not wait for anybody
                    time.sleep(0)
            alive = [each for each in self._tapes if each() is not None]
            self._tapes = (*alive, weakref.ref(tape))

    def replaced(self, tape: Any) -> None:
        """The first thread has another tape than it began with."""
        self._tapes = (weakref.ref(tape),)

    def overwritten(self, own: Any, memory: int, write: tuple[str, CodeType, int]) -> None:
        """Put a write on the tapes of the other threads."""
        for reference in self._tapes:
            tape = reference()
            if tape is not None and tape is not own and tape.records:
                with self.lock:
                    tape.written_elsewhere(memory, write)

    def forget_others(self, tape: Any) -> None:
        """In a forked child, where no thread but the one that forked lives on."""
        self.lock = threading.RLock()
        self.adding = self.several = False
        self._tapes = (weakref.ref(tape),)


crowd = Crowd()


def check_interpreter() -> None:
    """Raise ImportError in a Python that runs without its global lock.

    Whether memory may be reused is asked of reference counts here, which mean something else there, and Numba's
    compiled code leaves arrays to it.
    """
    enabled = getattr(sys, "_is_gil_enabled", None)
    if enabled is not None and not enabled():
        raise ImportError(
            "autograd: this Python runs without the global interpreter lock, which reference counts and compiled "
            "kernels rely on; run it with PYTHON_GIL=1 in the environment, or use an ordinary build of Python"
        )
