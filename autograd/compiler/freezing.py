"""A function whose Python runs once: `compile(function, frozen=True)`.

What the function reads beside its arguments (numbers, attributes, whether a layer is there) is what it was when it ran.
Three things are looked at in every call: shapes, dtypes and which Tensors require grad, parameters included; other
arguments, `training` of modules and the default dtype; and what Python asked of values, as in `if loss > 1`. Where they
are new, Python runs once more. What a program would not do again (a value that is put into a list or an attribute,
numbers of other generators than ours, a write to what was there before) is looked for in the capture: such a function
runs as it is, and a warning says why and at which line. Results have memory of their own, also where one was a view of
another.

What acts on Tensors beside what it returns (`backward()`, steps of optimisers, schedules, clipping: `extend.acts`) is
called every time, in its turn, so it sees rates, groups and hooks as they are then.
"""

from __future__ import annotations

import copy
import functools
from collections.abc import Callable, Sequence
from types import MethodType
from typing import Any, NamedTuple

import numpy as np

from kernels.machine import jit

from ..errors import CaptureError, GuardError
from ..modes import Timed, state, timed
from ..program.acts import Act
from ..program.program import captured_call
from ..program.steps import leaves
from ..replay.world import errors, loud
from ..tensors.core import Core, get_default_dtype
from ..tensors.uninitialized import UninitializedTensorMixin
from ..tensors.untracked import warn_at_line
from .calling import Held, Nothing, key_of, looks_into, modules_of
from .compiled import Compiled
from .outside import Outside
from .staged import Staged
from .stepwise import Stepwise, stepwise

MOST = 64
"""Programs that are kept for one function."""

NUMBERS = 4
"""Programs for one kind of call that differ in what a number was that Python looked at: the next will, too."""


class Frozen:
    """A function, and the programs that it turned out to be. All else that is asked of it is asked of the function.

    compiled   what runs, by what it was called with
    """

    def __init__(self, function: Callable[..., Any]) -> None:
        self.function = function
        self.compiled: dict[Any, list[Entry]] = {}
        self.modules = modules_of(function)
        self.last: Last | None = None
        self.told = False  # was it said that some arguments cannot be compared?
        functools.update_wrapper(self, function, updated=())

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        last = self.last
        if last is not None and not kwargs and last.fits(args):
            try:
                return last.compiled.returned(list(args))
            except GuardError:
                pass
            except (IndexError, ValueError):
                if type(last.compiled) not in (Compiled, Stepwise):
                    raise
                return self.function(*args)  # says what is wrong in its own words
        if state.capture is not None or not jit.ENABLED or loud() or _transformed(args, kwargs):
            return self.function(*args, **kwargs)
        looked = []
        try:
            key = self._key(args, kwargs)
        except CaptureError as error:  # nobody can say whether two such calls are alike
            if not self.told:
                self.told = True
                warn_at_line(f"compile: not compiled, and run as it is: {error}")
            return self.function(*args, **kwargs)
        for compiled, held in self.compiled.get(key, ()):
            if not held.fits():
                continue
            try:
                found = compiled(*args, *kwargs.values())
            except GuardError as error:
                looked.append(error)
                continue
            except (IndexError, ValueError):
                if type(compiled) not in (Compiled, Stepwise):
                    raise
                return self.function(*args, **kwargs)
            self.last = Last(compiled, held, args, self.modules)
            return found
        if sum(map(len, self.compiled.values())) >= MOST:
            return self.function(*args, **kwargs)
        return self._first(args, kwargs, [str(error) for error in looked if _of_number(error)])

    def __get__(self, instance: Any, owner: Any = None) -> Any:
        return self if instance is None else MethodType(self, instance)

    def __getattr__(self, name: str) -> Any:
        if name == "function":  # of a copy that is not filled yet
            raise AttributeError(name)
        return getattr(self.function, name)

    def __deepcopy__(self, memo: dict[int, Any]) -> Any:
        return Frozen(copy.deepcopy(self.function, memo))

    def __reduce__(self) -> Any:
        return Frozen, (self.function,)

    def __getitem__(self, key: Any) -> Any:
        return self.function[key]  # type: ignore[index] # of a container of modules

    def __len__(self) -> int:
        return len(self.function)  # type: ignore[arg-type]

    def __iter__(self) -> Any:
        return iter(self.function)  # type: ignore[call-overload]

    def __bool__(self) -> bool:
        return True

    def _first(self, args: tuple[Any, ...], kwargs: dict[str, Any], looked: Sequence[str] = ()) -> Any:
        """The first call of a kind: Python runs, and is captured."""
        self.modules = modules_of(self.function)
        if any(isinstance(p, UninitializedTensorMixin) for module in self.modules for p in module.parameters()):
            return self.function(*args, **kwargs)  # which gives them their size
        known = self.compiled.setdefault(self._key(args, kwargs), [])
        count, names = len(args), tuple(kwargs)

        def flat(*values: Any) -> Any:
            return self.function(*values[:count], **dict(zip(names, values[count:], strict=True)))

        flat.__name__ = getattr(self.function, "__name__", type(self.function).__name__)
        given = (*args, *kwargs.values())
        if len(looked) >= NUMBERS:
            known.insert(0, _as_it_is(flat, looked[-1]))
            return flat(*given)
        outside = Outside(given)
        if outside.overlap:  # a capture would see values apart
            return flat(*given)
        program, result = captured_call(flat, given, acts=True)
        if type(program) is str:  # why there is none
            known.append(_as_it_is(flat, program))
            return result
        held = Held(program)
        why = outside.changed(program, result)
        if why:
            known.append(_as_it_is(flat, why, held))
            return result
        if any(type(step.op) is Act for step in program.steps):  # what was done is done
            try:
                known.append(Entry(Staged(program), held))
            except CaptureError as error:
                known.append(_as_it_is(flat, str(error), held))
            return result
        if looks_into(result, [*leaves((args, kwargs)), *held.tensors]):
            known.append(
                _as_it_is(
                    flat,
                    "it returns a view of an argument or of a parameter, and what is written to one must be seen in "
                    "the other",
                    held,
                )
            )
            return result
        try:
            compiled: Any = Compiled(program)  # whether or not it pays: that Python runs once is what was promised
        except CaptureError as error:
            known.append(_as_it_is(flat, str(error), held))
            return result
        if not compiled.pays and stepwise(program):
            compiled = Stepwise(program)
        known.append(Entry(compiled, held))
        if program.written:
            return result
        after = [(generator, generator.rng.bit_generator.state) for generator, _ in program.states]
        for generator, before in program.states:  # the program draws the numbers that this call has drawn
            generator.rng.bit_generator.state = before
        try:
            found = compiled(*given)
        except GuardError as error:  # it rounds in another way, and Python has seen all digits
            for generator, state_ in after:
                generator.rng.bit_generator.state = state_
            known[-1] = _as_it_is(flat, str(error), held)
            return result
        del result
        state.home.sweep()  # what was recorded in the capture is never walked back from
        return found

    def _key(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        training = [module.training for module in self.modules]
        return key_of(args), key_of(kwargs), state.tape is None, get_default_dtype(), *training

    @property
    def source(self) -> str:
        """The text of all that was compiled."""
        return "\n\n".join([each.compiled.source for known in self.compiled.values() for each in known])

    def __repr__(self) -> str:
        return f"<frozen {self.function!r}: {sum(map(len, self.compiled.values()))} programs>"


class Entry(NamedTuple):
    """A program that was compiled, and what it reads beside its arguments."""

    compiled: Any
    held: Held | Nothing


def _as_it_is(function: Callable[..., Any], why: str, held: Any = None) -> Entry:
    """Have a function run as it is, and say why."""
    warn_at_line(f"compile: not compiled, and run as it is from here on: {why}")
    return Entry(_AsItIs(function), held if held is not None else Nothing())


def _of_number(error: GuardError) -> bool:
    """Had Python seen a number with a fraction, which is hardly ever the same again?"""
    value: Any = getattr(error.guard, "value", None)
    return np.asarray(value).dtype.kind in "fcO" if value is not None else False


def _transformed(args: tuple[Any, ...], kwargs: dict[str, Any]) -> bool:
    """Is the call seen by a transform, which wants to see its operations? Do arguments stand for many values?"""
    if state.interpreter is not None and state.interpreter.transforms:
        return True
    return any(isinstance(x, Core) and type(x._array) is not np.ndarray for x in leaves((args, kwargs)))


class _AsItIs:
    """A function that cannot be compiled."""

    source = ""

    def __init__(self, function: Callable[..., Any]) -> None:
        self.function = function

    def __call__(self, *values: Any) -> Any:
        return self.function(*values)

    def returned(self, values: list[Any]) -> Any:
        return self.function(*values)


_ARRAY = np.ndarray


class Last:
    """What a function was called with the last time: mostly, it is the next time, too."""

    def __init__(self, compiled: Any, held: Held | Nothing, args: tuple[Any, ...], modules: list[Any]) -> None:
        self.compiled = compiled
        self.held = held
        self.recorded = state.tape is not None
        self.dtype = get_default_dtype()
        self.errors = errors()
        self.modules = modules
        self.training = [module.training for module in modules]
        known = all(isinstance(x, Core) for x in args)
        self.kinds = [(type(x), x._array.shape, x._array.dtype, type(x._node)) for x in args] if known else None

    def fits(self, args: tuple[Any, ...]) -> bool:
        """Is this such a call?"""
        if self.kinds is None or len(args) != len(self.kinds) or (state.tape is not None) is not self.recorded:
            return False
        for x, (kind, shape, dtype, node) in zip(args, self.kinds, strict=True):
            if type(x) is not kind or x._node.__class__ is not node:
                return False
            array = x._array
            if array.__class__ is not _ARRAY or array.shape != shape or array.dtype is not dtype:
                return False
        if state.interpreter is not None or get_default_dtype() is not self.dtype:
            return False
        if (errors() is not self.errors and loud()) or not self.held.fits():
            return False
        return not self.modules or [module.training for module in self.modules] == self.training


def frozen(function: Callable[..., Any]) -> Frozen:
    """A function that runs its Python once, and what it computed from then on.

    >>> from autograd import tensor
    >>> energy = frozen(lambda x: (x * x).sum() * 0.5)
    >>> [energy(tensor([1.0, 2.0])).item(), energy(tensor([3.0, 4.0])).item()]
    [2.5, 12.5]
    """
    return Frozen(function)


timed.append(Timed(Frozen, "__call__", lambda one: f"compiled {getattr(one, '__name__', 'function')}", aside=True))
