"""Training mode and evaluation mode of layers, where several threads use one model.

A layer is in one mode for all threads. What is promised: a model is never left half in one mode and half in the other,
and when all threads have left their blocks of evaluation, each layer is in the mode it was in before the first. Threads
that train and evaluate at once need a model each: `copy.deepcopy(model)`.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

Block = tuple[int, object]
"""A block of evaluation: the thread that is in it, and itself."""

_changing = threading.RLock()  # a signal handler may come to it while its own thread holds it


def changing_modes() -> threading.RLock:
    """The lock under which modes are changed."""
    return _changing


def _forget_others() -> None:
    """In a forked child, where no thread but the one that forked lives on."""
    global _changing
    _changing = threading.RLock()
    for block in {block for held in _held.values() for block in held.blocks}:
        if block[0] != threading.get_ident():
            _leave(block)


class _Held:
    """A layer that is being evaluated, the mode it was in before, and the blocks that do."""

    __slots__ = ("before", "blocks", "module")

    def __init__(self, module: Any) -> None:
        self.module, self.before = module, module.training
        self.blocks: set[Block] = set()


_held: dict[int, _Held] = {}

if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_others)


@contextmanager
def evaluating(model: Any) -> Iterator[None]:
    """Within, the model is in evaluation mode; afterwards every layer is again in the mode it was in.

    Where threads are in such blocks of one layer at once, the last that leaves puts the mode back.
    """
    block = (threading.get_ident(), object())
    try:
        with _changing:
            for module in model.modules():
                _held.setdefault(id(module), _Held(module)).blocks.add(block)
            model.eval()
        yield
    finally:
        try:
            _leave(block)
        except KeyboardInterrupt:  # what was done already does no harm a second time
            _leave(block)
            raise


def _leave(block: Block) -> None:
    with _changing:
        for key, held in list(_held.items()):
            held.blocks.discard(block)
            if not held.blocks:
                held.module.training = held.before
                _held.pop(key, None)
