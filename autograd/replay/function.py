"""`autograd.compile`: a function that computes together what it does at every call."""

from __future__ import annotations

import functools
import weakref
from collections.abc import Callable
from typing import Any

from ..generated import ask
from ..modes import state
from .learned import Memory
from .run import Run

_all: weakref.WeakSet[Compiled] = weakref.WeakSet()


class Compiled:
    """A function that was given to `compile`. Called like it; `__wrapped__` is the function itself."""

    def __init__(self, function: Callable[..., Any]) -> None:
        functools.update_wrapper(self, function)
        self.function = function
        self.memory = Memory()
        _all.add(self)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if state.interpreter is not None or state.capture is not None:  # inside another function that is watched
            return self.function(*args, **kwargs)
        run = state.interpreter = Run(self.memory)
        try:
            result = self.function(*args, **kwargs)
        finally:
            run.settle("the function ends")
            state.interpreter = None
        return result

    def __get__(self, instance: Any, owner: Any = None) -> Any:
        return self if instance is None else functools.partial(self, instance)


def compile(function: Any = None, **settings: Any) -> Any:
    """A function that computes what `function` computes, faster from the second or third call on."""
    if function is None:
        return functools.partial(compile, **settings)
    ask()
    return Compiled(function)


def report() -> str:
    """What was not computed together, and why."""
    return ""
