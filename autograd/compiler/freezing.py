"""A function whose Python runs once: `compile(function, frozen=True)`.

What the function reads beside its arguments (numbers, attributes, whether a layer is there) is what it was when it ran.
Three things are looked at in every call: shapes, dtypes and which Tensors require grad; other arguments, and `training`
of modules; and what Python asked of values, as in `if loss > 1`. Where they are new, Python runs once more.

What acts on Tensors beside what it returns (`backward()`, steps of optimisers, schedules, clipping: `extend.acts`) is
called every time, in its turn, so it sees rates, groups and hooks as they are then.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from kernels.machine import jit

from ..errors import CaptureError, GuardError
from ..modes import state
from ..program.acts import Act
from ..program.program import captured_call
from ..program.steps import leaves
from ..random import default_generator
from ..tensors.core import Core
from ..tensors.untracked import warn_at_line
from .compiled import Compiled
from .staged import Staged

MOST = 64
"""Programs that are kept for one function."""


class Frozen:
    """A function, and the programs that it turned out to be.

    compiled   what runs, by what it was called with
    """

    def __init__(self, function: Callable[..., Any]) -> None:
        self.function = function
        self.compiled: dict[Any, list[Any]] = {}
        self.modules = _modules(function)
        self.last: Last | None = None
        functools.update_wrapper(self, function, updated=())

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if self.last is not None and not kwargs and self.last.fits(args):
            try:
                return self.last.compiled.returned(list(args))
            except GuardError:
                pass
        if state.capture is not None or not jit.ENABLED:
            return self.function(*args, **kwargs)
        key = self._key(args, kwargs)
        known = self.compiled.setdefault(key, [])
        for compiled in known:
            try:
                found = compiled(*args, *kwargs.values())
            except GuardError:
                continue
            self.last = Last(compiled, args, self.modules)
            return found
        if sum(map(len, self.compiled.values())) >= MOST:
            return self.function(*args, **kwargs)
        return self._first(known, args, kwargs)

    def _first(self, known: list[Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """The first call of a kind: Python runs, and is captured."""
        count, names = len(args), tuple(kwargs)

        def flat(*values: Any) -> Any:
            return self.function(*values[:count], **dict(zip(names, values[count:], strict=True)))

        flat.__name__ = getattr(self.function, "__name__", type(self.function).__name__)
        before = default_generator.get_state()
        program, result = captured_call(flat, (*args, *kwargs.values()), acts=True)
        if any(type(step.op) is Act for step in program.steps):  # what was done is done
            try:
                known.append(Staged(program))
            except CaptureError as error:
                warn_at_line(f"compile: not compiled, and run as it is from here on: {error}")
                known.append(_AsItIs(flat))
            return result
        if program.written:
            known.append(Compiled(program))
            return result
        default_generator.set_state(before)  # the program draws the numbers that this call would have drawn
        compiled = Compiled(program)
        known.append(compiled)
        return compiled(*args, *kwargs.values())

    def _key(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        parts: list[Any] = [len(args), *kwargs, state.tape is None]
        for x in leaves((*args, *kwargs.values())):
            if isinstance(x, Core):
                array = x._array
                parts.append((array.shape, array.dtype.char, x._node is not None))
            elif isinstance(x, np.ndarray):
                parts.append((x.shape, x.dtype.char))
            else:
                try:
                    hash(x)
                except TypeError:
                    raise CaptureError(f"compile: an argument of type {type(x).__name__} cannot be frozen") from None
                parts.append((type(x), x))
        return (*parts, *[module.training for module in self.modules])

    @property
    def source(self) -> str:
        """The text of all that was compiled."""
        return "\n\n".join([each.source for known in self.compiled.values() for each in known])

    def __repr__(self) -> str:
        return f"<frozen {self.function!r}: {sum(map(len, self.compiled.values()))} programs>"


class _AsItIs:
    """A function that trains, and cannot be compiled."""

    source = ""

    def __init__(self, function: Callable[..., Any]) -> None:
        self.function = function

    def __call__(self, *values: Any) -> Any:
        return self.function(*values)

    def returned(self, values: list[Any]) -> Any:
        return self.function(*values)


class Last:
    """What a function was called with the last time: mostly, it is the next time, too."""

    def __init__(self, compiled: Any, args: tuple[Any, ...], modules: list[Any]) -> None:
        self.compiled = compiled
        self.recorded = state.tape is not None
        self.modules = modules
        self.training = [module.training for module in modules]
        known = all(isinstance(x, Core) for x in args)
        self.kinds = [(type(x), x._array.shape, x._array.dtype, x._node is None) for x in args] if known else None

    def fits(self, args: tuple[Any, ...]) -> bool:
        """Is this such a call?"""
        if self.kinds is None or len(args) != len(self.kinds) or (state.tape is not None) is not self.recorded:
            return False
        for x, (kind, shape, dtype, constant) in zip(args, self.kinds, strict=True):
            if type(x) is not kind or (x._node is None) is not constant:
                return False
            array = x._array
            if array.shape != shape or array.dtype != dtype:
                return False
        return state.capture is None and [module.training for module in self.modules] == self.training


def _modules(function: Any) -> list[Any]:
    """The modules that a function is, belongs to, or closes over."""
    found: list[Any] = []
    for each in _held(function):
        if callable(getattr(each, "modules", None)) and hasattr(each, "training"):
            found += [module for module in each.modules() if module not in found]
    return found


def _held(function: Any) -> Iterator[Any]:
    yield function
    yield getattr(function, "__self__", None)
    for cell in getattr(function, "__closure__", None) or ():
        try:
            yield cell.cell_contents
        except ValueError:  # not filled yet
            continue
    code = getattr(function, "__code__", None)
    for name in code.co_names if code is not None else ():
        yield function.__globals__.get(name)


def frozen(function: Callable[..., Any]) -> Frozen:
    """A function that runs its Python once, and what it computed from then on.

    >>> from autograd import tensor
    >>> energy = frozen(lambda x: (x * x).sum() * 0.5)
    >>> [energy(tensor([1.0, 2.0])).item(), energy(tensor([3.0, 4.0])).item()]
    [2.5, 12.5]
    """
    return Frozen(function)
