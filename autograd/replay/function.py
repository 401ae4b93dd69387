"""`autograd.compile`: a function that computes together what it does at every call."""

from __future__ import annotations

import copy
import functools
import importlib
import inspect
import weakref
from collections.abc import Callable
from types import MethodType
from typing import Any, TypeVar, overload

from ..generated import ask
from ..lines import place
from ..modes import Timed, state, timed
from .memory import Memory
from .run import Run

T = TypeVar("T")

_all: weakref.WeakSet[Compiled] = weakref.WeakSet()


class Compiled:
    """A function that was given to `compile`: called like it. `__wrapped__` is the function itself."""

    def __init__(self, function: Callable[..., Any], backend: Any = None) -> None:
        functools.update_wrapper(self, function)
        self.function = function
        self.backend = backend
        self.memory = Memory(compiles=backend != "eager")
        _all.add(self)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if self.memory.left is not None or state.interpreter is not None:  # the latter: inside another one, which sees
            return self.function(*args, **kwargs)
        run = state.interpreter = Run(self.memory)
        self.memory.calls += 1
        try:
            try:
                value = self.function(*args, **kwargs)
            except Exception:
                run.end()
                raise
            run.end()
            return value
        except Exception:
            raise
        except BaseException:  # such as Ctrl-C: in the middle of anything, also of what is being written down
            run.abandon()
            self.memory = Memory(self.memory.compiles, self.memory.limit, self.memory.width)
            raise
        finally:
            state.interpreter = None

    def __get__(self, instance: Any, owner: Any = None) -> Any:
        return self if instance is None else MethodType(self, instance)

    def __deepcopy__(self, memo: dict[int, Any]) -> Any:
        return Compiled(copy.deepcopy(self.function, memo), self.backend)

    def __reduce__(self) -> Any:
        owner = getattr(self.function, "__self__", None)
        if owner is not None:
            return _forward_of, (owner, self.backend)
        return Compiled, (self.function, self.backend)

    def __repr__(self) -> str:
        return f"<compiled {self.function!r}>"


def _forward_of(module: Any, backend: Any) -> Any:
    """The compiled `forward` of a module that was pickled with it."""
    return Compiled(functools.partial(type(module).forward, module), backend)


@overload
def compile(
    model: T,
    *,
    fullgraph: bool = ...,
    dynamic: bool | None = ...,
    backend: Any = ...,
    mode: str | None = ...,
    options: Any = ...,
    disable: bool = ...,
    frozen: bool = ...,
) -> T: ...
@overload
def compile(
    model: None = None,
    *,
    fullgraph: bool = ...,
    dynamic: bool | None = ...,
    backend: Any = ...,
    mode: str | None = ...,
    options: Any = ...,
    disable: bool = ...,
    frozen: bool = ...,
) -> Callable[[T], T]: ...
def compile(
    model: Any = None,
    *,
    fullgraph: bool = False,
    dynamic: bool | None = None,
    backend: Any = "wengert",
    mode: str | None = None,
    options: Any = None,
    disable: bool = False,
    frozen: bool = False,
) -> Any:
    """A function or module that computes the same, faster once it has seen what it does.

    model      a function; or a module, whose `forward` is compiled: the module itself is returned
    disable    return it as it is
    frozen     return a function whose Python runs once for each kind of call: see `autograd.compiler.frozen`
    backend    "eager": operations wait and are computed as they are without a compiler, which is slower, and gives the
               same bits: to find out what a difference comes from. All others mean the same
    fullgraph, dynamic, mode, options
               PyTorch's, for programs that were written for it: they change nothing

    Python runs at every call, so whatever the function does happens: prints, counters, branches on values. Operations
    that were seen before are not computed one by one; they are computed together when a value is wanted, or when the
    function ends. As a decorator it is written with or without parentheses.

    >>> import autograd
    >>> @autograd.compile
    ... def energy(x):
    ...     return (x * x).sum() * 0.5
    >>> [energy(autograd.tensor([1.0, 2.0])).item() for _ in range(3)]
    [2.5, 2.5, 2.5]
    """
    if model is None:
        settings = {
            "disable": disable,
            "frozen": frozen,
            "fullgraph": fullgraph,
            "dynamic": dynamic,
            "mode": mode,
            "options": options,
        }
        return functools.partial(compile, backend=backend, **settings)
    if disable or isinstance(model, Compiled):
        return model
    if not callable(model):
        raise TypeError(f"compile: wanted a function or a module, got {type(model).__name__}")
    if inspect.isgeneratorfunction(model) or inspect.iscoroutinefunction(model):
        return model  # what runs between its parts is not its own
    if frozen:
        return importlib.import_module("autograd.compiler").frozen(model)
    ask()
    if isinstance(getattr(model, "_modules", None), dict):
        if not isinstance(model.__dict__.get("forward"), Compiled):
            model.__dict__["forward"] = Compiled(model.forward, backend)
        return model
    return Compiled(model, backend)


def report() -> str:
    """What compiled functions did: calls, operations that were computed together, and why others were not.

    A paragraph per function: a line for each place where what was promised had to be computed before the function
    ended, with the reason and how often; and one for each part that is not compiled.
    """
    lines = []
    for one in sorted(_all, key=repr):
        memory = one.memory
        name = getattr(one, "__qualname__", repr(one.function))
        lines.append(f"{name}: {memory.calls} calls, {memory.steps} operations known, {memory.promised} promised")
        for (why, step), count in memory.reasons.most_common(12):
            if why != "the function ends":
                lines.append(f"    {place(step.code, step.lasti)}  {why} ({count} times)")
        if memory.left is not None:
            lines.append(f"    {memory.left[1]}  {memory.left[0]}: the function runs as it is, which is faster then")
        lines += [f"    {where}  not compiled: {why}" for why, where in memory.refused]
    return "\n".join(lines) or "nothing was compiled"


compile.report = report  # type: ignore[attr-defined] # autograd.compile.report()

timed.append(Timed(Compiled, "__call__", lambda one: f"compiled {getattr(one, '__name__', 'function')}", aside=True))
