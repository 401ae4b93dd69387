"""What a frozen function was called with: which calls are alike, and what may have changed beside the arguments."""

from __future__ import annotations

from collections.abc import Iterator
from operator import is_
from typing import Any

import numpy as np

from ..errors import CaptureError
from ..program import Program
from ..program.steps import leaves
from ..tensors.core import Core
from ..writes import owner

DEPTH = 5
"""How far we look for modules: into functions, objects and containers that one another hold."""

LIBRARY = ("autograd", "nn", "kernels", "numpy", "builtins")
"""Where functions and objects hold no module of the user's."""

WIDTH = 1_000
"""Things in a container that are looked at."""


def key_of(x: Any) -> Any:
    """What two calls must have in common: of Tensors and arrays their kind, of nests their form, of all else the value.

    >>> key_of([1.0, (2,)]) == key_of([1.0, (2,)]), key_of(0.0) == key_of(-0.0), key_of([1, [2]]) == key_of([[1], 2])
    (True, False, False)
    """
    if isinstance(x, Core):
        array = x._array
        return array.shape, array.dtype.char, x._node.__class__
    kind = type(x)
    if isinstance(x, np.ndarray):
        return kind, x.shape, x.dtype.char
    if isinstance(x, dict):
        return kind, *[(name, key_of(value)) for name, value in x.items()]
    if isinstance(x, (tuple, list)):
        return kind, *map(key_of, x)
    if kind is slice:
        return kind, key_of(x.start), key_of(x.stop), key_of(x.step)
    if isinstance(x, (float, np.floating)):
        return kind, float(x).hex()  # NaN is like NaN, and 0.0 is not like -0.0
    try:
        hash(x)
    except TypeError:
        raise CaptureError(f"compile: an argument of type {kind.__name__} cannot be frozen") from None
    return kind, x, *([module.training for module in x.modules()] if _is_module(x) else ())


class Held:
    """The Tensors that a program reads beside its arguments: parameters and buffers.

    arrays    theirs, as they were last seen
    constant  those that did not require grad: a program that was captured so would give them none
    """

    def __init__(self, program: Program) -> None:
        tensors = program.parameters
        self.tensors = list(tensors.values())
        self.kinds = [(program.slots[number].shape, program.slots[number].dtype) for number in tensors]
        self.constant = [x for number, x in tensors.items() if not program.slots[number].tracked]
        self.arrays = [x._array for x in self.tensors]

    def fits(self) -> bool:
        """Are they of the shapes and dtypes that they had, and do no more of them require grad?"""
        if not self.tensors:
            return True
        arrays = [x._array for x in self.tensors]
        if not all(map(is_, arrays, self.arrays)):
            if [(array.shape, array.dtype) for array in arrays] != self.kinds:
                return False
            self.arrays = arrays
        for x in self.constant:  # noqa: SIM110 - at every call
            if x._node is not None:
                return False
        return True


class Nothing:
    """In the place of `Held` for a function that runs as it is."""

    def fits(self) -> bool:
        """Whatever the function reads, it reads."""
        return True


def looks_into(results: Any, tensors: list[Any]) -> bool:
    """Is one of the results a view of one of these Tensors, and not that Tensor itself?"""
    there = [x for x in tensors if isinstance(x, Core)]
    known, memory = {id(x) for x in there}, {id(owner(x._array)) for x in there}
    return any(isinstance(z, Core) and id(z) not in known and id(owner(z._array)) in memory for z in leaves(results))


def modules_of(function: Any) -> list[Any]:
    """The modules that a function is, belongs to, or can reach: by what it closes over, globals that it names, objects
    and containers of these.
    """
    found: dict[int, Any] = {}
    seen: set[int] = set()
    _look(function, DEPTH, seen, found)
    return list(found.values())


def _is_module(x: Any) -> bool:
    return callable(getattr(type(x), "modules", None)) and hasattr(x, "training")


def _look(x: Any, depth: int, seen: set[int], found: dict[int, Any]) -> None:
    if id(x) in seen or isinstance(x, (Core, np.ndarray, str, bytes, int, float, type, type(np))):
        return
    seen.add(id(x))
    if _is_module(x):
        for module in x.modules():
            found.setdefault(id(module), module)
    elif depth:
        for each in _inside(x):
            _look(each, depth - 1, seen, found)


def _inside(x: Any) -> Iterator[Any]:
    """What a function closes over or names, and belongs to; what a container or an object of the user's holds."""
    if isinstance(x, (list, tuple, set, frozenset)):
        yield from list(x)[:WIDTH]
        return
    if isinstance(x, dict):
        yield from list(x.values())[:WIDTH]
        return
    if callable(x):
        yield from [getattr(x, name, None) for name in ("__self__", "__func__", "__wrapped__", "func", "args")]
    if str(getattr(x, "__module__", "")).partition(".")[0] in LIBRARY:
        return
    for cell in getattr(x, "__closure__", None) or ():
        try:
            yield cell.cell_contents
        except ValueError:  # not filled yet
            continue
    yield from getattr(x, "__defaults__", None) or ()
    code = getattr(x, "__code__", None)
    for name in code.co_names if code is not None else ():
        yield x.__globals__.get(name)
    own = getattr(x, "__dict__", None)
    if isinstance(own, dict):
        yield from list(own.values())[:WIDTH]
