"""torch.jit without a compiler: functions and models stay what they are, and compute the same.

`script` and `trace` return their argument. (A trace keeps the branches that its example took; the program itself takes
those that fit its input.) What writes programs into files is not here: save `model.state_dict()`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from .later import later

__all__ = ["Final", "annotate", "export", "freeze", "ignore", "is_scripting", "is_tracing", "script", "trace", "unused"]


class ScriptModule:
    """What `isinstance(model, jit.ScriptModule)` asks for: no model is one."""

    def __new__(cls, *args: Any, **kwargs: Any) -> Any:
        raise TypeError("jit.ScriptModule: models are nn.Module here, and are not compiled")


class ScriptFunction(ScriptModule):
    """What `isinstance(function, jit.ScriptFunction)` asks for: no function is one."""


def script(obj: Any, optimize: Any = None, _frames_up: int = 0, _rcb: Any = None, example_inputs: Any = None) -> Any:
    """`obj` itself: a function, class or module."""
    return obj


def trace(func: Any, example_inputs: Any = None, **settings: Any) -> Any:
    """`func` itself: a function or module."""
    return func


def script_if_tracing(fn: Any) -> Any:
    """`fn` itself."""
    return fn


def ignore(drop: Any = False, **kwargs: Any) -> Any:
    """A decorator that returns the function itself."""
    return drop if callable(drop) else (lambda function: function)


def unused(fn: Any) -> Any:
    """`fn` itself."""
    return fn


export = unused


def freeze(mod: Any, preserved_attrs: Any = None, optimize_numerics: bool = True) -> Any:
    """`mod` itself."""
    return mod


def optimize_for_inference(mod: Any, other_methods: Any = None) -> Any:
    """`mod` itself."""
    return mod


def annotate(the_type: Any, the_value: Any) -> Any:
    """`the_value`."""
    return the_value


def isinstance(obj: Any, target_type: Any) -> bool:
    """Python's isinstance, also for parameterised types such as list[int], of which the container is compared."""
    import builtins
    import typing

    types: Any = target_type if builtins.isinstance(target_type, tuple) else (target_type,)
    return builtins.isinstance(obj, tuple(typing.get_origin(kind) or kind for kind in types))


def is_scripting() -> bool:
    """False."""
    return False


def is_tracing() -> bool:
    """False."""
    return False


class Future:
    """The result of `fork`, which has run already."""

    def __init__(self, value: Any) -> None:
        self._value = value

    def wait(self) -> Any:
        """The result."""
        return self._value

    value = wait


def fork(func: Callable[..., Any], *args: Any, **kwargs: Any) -> Future:
    """func(*args, **kwargs), run at once; `wait` gives its result."""
    return Future(func(*args, **kwargs))


def wait(future: Future) -> Any:
    """The result of a `fork`."""
    return future.wait()


later(__name__)
