"""Whether operations are recorded, and onto which tape: per thread."""

from __future__ import annotations

import functools
import inspect
import os
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Any

from .crowd import crowd
from .later import later
from .tapes import Tape


class _State(threading.local):
    """Per thread: its own tape, and whether operations are being recorded onto it."""

    tape: Tape | None
    """Where operations are recorded now; None while nothing is."""

    home: Tape
    """This thread's tape, recorded on or not: what is on it may still be walked back, and must hear of writes."""

    interpreter: Any = None
    """What runs operations in place of the engine, if somebody wants to see them: an `interpreter.Interpreter`."""

    staged: bool = False
    """Does a compiled step of a training run (`compiler.staged`)? What acts there is called again and again."""

    new_tape: type[Tape] = Tape
    """What makes the tapes of all threads: `fast` puts a faster one here."""

    def __init__(self) -> None:
        self.home = self.tape = self.new_tape()
        crowd.joined(self.home)

    @property
    def capture(self) -> Any:
        """The interpreter, if it writes down what is computed (`autograd.capture`); else None."""
        interpreter = self.interpreter
        return interpreter if interpreter is not None and interpreter.captures else None


state = _State()

if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=lambda: crowd.forget_others(state.home))


class Timed:
    """A method that a profiler shows by name.

    owner     the class that has it.   method: its name
    named     named(self): what it is called
    kind      of the span: see `profiler.spans`
    aside     it runs as if nobody looked: what is compiled runs compiled
    iterates  it returns an iterator, whose steps are what takes time
    """

    def __init__(
        self,
        owner: type,
        method: str,
        named: Callable[[Any], str],
        kind: str = "call",
        aside: bool = False,
        iterates: bool = False,
    ) -> None:
        self.owner, self.method, self.named = owner, method, named
        self.kind, self.aside, self.iterates = kind, aside, iterates


class _TimedList(list[Timed]):
    """Methods that are shown by name; a running profiler is told of each that comes."""

    added: Callable[[Timed], None] | None = None
    """Called with what comes while a profiler runs."""

    def append(self, how: Timed) -> None:
        super().append(how)
        if self.added is not None:
            self.added(how)


timed = _TimedList()
"""All of them: classes of layers above put theirs here. Nothing is done with these unless a profiler runs."""


def tape() -> Tape:
    """The current thread's tape."""
    if state.interpreter is not None:
        state.interpreter.settle("the tape is looked at")
    return state.home


def is_grad_enabled() -> bool:
    """Are operations of this thread being recorded?"""
    return state.tape is not None


class set_grad_enabled:  # noqa: N801 - PyTorch's spelling
    """Switch recording on or off: at once, for a `with` block, or for a function that it decorates."""

    def __init__(self, mode: bool) -> None:
        self.mode = bool(mode)
        self.before: list[Tape | None] = [state.tape]
        state.tape = state.home if self.mode else None

    def __enter__(self) -> None:
        state.tape = state.home if self.mode else None

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        state.tape = self.before[-1]

    def __call__(self, function: Callable[..., Any]) -> Callable[..., Any]:
        state.tape = self.before[-1]
        return _decorated(function, self.mode)


class _Mode:
    """`no_grad` and `enable_grad`: with or without parentheses, as a block or as a decorator."""

    mode = False

    def __new__(cls, function: Callable[..., Any] | None = None) -> Any:
        return super().__new__(cls) if function is None else _decorated(function, cls.mode)

    before: Any = None
    """What was before, and what was before that: one object may be entered again inside its own block."""

    # Neither calls anything: Ctrl-C may come behind calls, and would leave half of it done.

    def __enter__(self) -> None:
        self.before = state.tape, self.before
        state.tape = state.home if self.mode else None

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        state.tape, self.before = self.before

    def __call__(self, function: Callable[..., Any]) -> Callable[..., Any]:
        return _decorated(function, self.mode)


class no_grad(_Mode):  # noqa: N801
    """Record nothing: in a `with` block, or in a function that it decorates. Per thread."""

    mode = False


class enable_grad(_Mode):  # noqa: N801
    """Record, also inside `no_grad`: in a `with` block, or in a function that it decorates. Per thread."""

    mode = True


class inference_mode(_Mode):  # noqa: N801
    """The same as `no_grad`; `inference_mode(False)` records."""

    def __new__(cls, mode: bool | Callable[..., Any] = True) -> Any:
        return super().__new__(cls, mode if callable(mode) else None)

    def __init__(self, mode: bool = True) -> None:
        self.mode = not mode


def _decorated(function: Callable[..., Any], mode: bool) -> Callable[..., Any]:
    if inspect.isgeneratorfunction(function):

        @functools.wraps(function)
        def generator(*args: Any, **kwargs: Any) -> Any:
            steps = function(*args, **kwargs)
            while True:
                with enable_grad() if mode else no_grad():  # only while the body runs, not while its caller does
                    try:
                        value = next(steps)
                    except StopIteration as stop:
                        return stop.value
                yield value

        return generator

    @functools.wraps(function)
    def wrapped(*args: Any, **kwargs: Any) -> Any:
        before = state.tape
        state.tape = state.home if mode else None
        try:
            return function(*args, **kwargs)
        finally:
            state.tape = before

    return wrapped


later(__name__)
