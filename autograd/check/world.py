"""What a function reaches beside its arguments: modules, Tensors, random generators. It is put back after each call."""

from __future__ import annotations

import functools
import random
from collections.abc import Callable, Iterator
from types import FunctionType, MethodType, ModuleType, TracebackType
from typing import Any

import numpy as np

from ..random import Generator, default_generator
from ..records import Leaf
from ..tensors.core import Core

_LIBRARIES = ("autograd.", "nn.", "kernels.", "numpy.", "builtins.")
_MOST = 10_000  # objects that are looked at


def _is_module(x: Any) -> bool:
    return hasattr(x, "_buffers") and hasattr(x, "_parameters") and hasattr(x, "named_parameters")


def _reached(function: Any) -> Iterator[Any]:
    """The modules, Tensors and generators that a function can get at."""
    stack: list[Any] = [function]
    seen: set[int] = set()
    while stack and len(seen) < _MOST:
        x = stack.pop()
        if id(x) in seen:
            continue
        seen.add(id(x))
        if isinstance(x, (Core, Generator, np.random.Generator)) or _is_module(x):
            yield x
        elif isinstance(x, functools.partial):
            stack += [x.func, *x.args, *x.keywords.values()]
        elif isinstance(x, MethodType):
            stack += [x.__self__, x.__func__]
        elif isinstance(x, FunctionType):
            if f"{x.__module__}.".startswith(_LIBRARIES):
                continue
            stack += [cell.cell_contents for cell in x.__closure__ or () if _filled(cell)]
            stack += [*(x.__defaults__ or ()), *(x.__kwdefaults__ or {}).values()]
            stack += [x.__globals__[name] for name in x.__code__.co_names if name in x.__globals__]
            wrapped = getattr(x, "__wrapped__", None)
            if wrapped is not None:
                stack.append(wrapped)
        elif isinstance(x, (tuple, list, set)):
            stack += x
        elif isinstance(x, dict):
            stack += x.values()
        elif _is_users_own(x):
            stack += vars(x).values()


def _is_users_own(x: Any) -> bool:
    """An object of a class of the program, whose attributes may hold models."""
    kind = type(x)
    return (
        hasattr(x, "__dict__") and kind not in (type, ModuleType) and not f"{kind.__module__}.".startswith(_LIBRARIES)
    )


def _filled(cell: Any) -> bool:
    try:
        _ = cell.cell_contents
    except ValueError:
        return False
    return True


class World:
    """The Tensors, modules and generators that a function reaches, and their state when this object was made."""

    def __init__(self, function: Callable[..., Any]) -> None:
        found = list(_reached(function))
        self.modules = [m for root in found if _is_module(root) for m in root.modules()]
        self.names: dict[int, str] = {}
        self.tensors: list[Any] = []
        self.buffers: set[int] = set()
        for root in found:
            if _is_module(root):
                for name, tensor in [*root.named_parameters(), *root.named_buffers()]:
                    self.add(tensor, name)
                self.buffers.update(id(tensor) for _, tensor in root.named_buffers())
            elif isinstance(root, Core):
                self.add(root)
        self.generators: list[Any] = [
            default_generator.rng,
            *(getattr(g, "rng", g) for g in found if isinstance(g, (Generator, np.random.Generator))),
        ]
        self.remember()

    def add(self, tensor: Any, name: str = "") -> None:
        """Look after one more Tensor."""
        if not any(tensor is known for known in self.tensors):
            self.tensors.append(tensor)
        if name:
            self.names.setdefault(id(tensor), name)

    def name(self, tensor: Any, number: int) -> str:
        """What a closed-over leaf is called."""
        return self.names.get(id(tensor)) or f"leaf {number}"

    # -- state

    def remember(self) -> None:
        """Take the state of now as the one to come back to."""
        self._arrays = [(t, t._array, t._array.copy(), t._node, t._grad) for t in self.tensors]
        self._attributes = [(m, dict(m.__dict__), dict(m._buffers), dict(m._parameters)) for m in self.modules]
        self._random = self._random_state()

    def _random_state(self) -> list[Any]:
        return [*(g.bit_generator.state for g in self.generators), np.random.get_state(legacy=False), random.getstate()]  # noqa: NPY002

    def state(self) -> list[Any]:
        """The random generators as they are."""
        return self._random_state()

    def restore(self, generators_at: list[Any] | None = None) -> None:
        """Back to the state that was remembered; the generators to another one, if given."""
        for tensor, array, values, node, grad in self._arrays:
            tensor._array, tensor._node = array, node
            if not np.array_equal(array, values, equal_nan=array.dtype.kind == "f"):
                np.copyto(array, values)
            if tensor._grad is not grad:
                tensor._grad = grad
        for module, attributes, buffers, parameters in self._attributes:
            for registry, before in ((module._buffers, buffers), (module._parameters, parameters)):
                registry.clear()
                registry.update(before)
            module.__dict__.clear()
            module.__dict__.update(attributes)
        *generators, legacy, python = self._random if generators_at is None else generators_at
        for generator, then in zip(self.generators, generators, strict=True):
            generator.bit_generator.state = then
        np.random.set_state(legacy)  # noqa: NPY002
        random.setstate(python)

    def changes(self) -> list[str]:
        """What differs from the remembered state, in words: random numbers drawn, buffers written."""
        found = []
        if repr(self._random_state()) != repr(self._random):
            found.append("it draws random numbers")
        written = [
            self.names.get(id(tensor), "a Tensor")
            for tensor, array, values, _, _ in self._arrays
            if tensor._array is not array or not np.array_equal(array, values, equal_nan=array.dtype.kind == "f")
        ]
        for module, _, buffers, _ in self._attributes:
            written += [name for name, tensor in buffers.items() if module._buffers.get(name) is not tensor]
        if written:
            found.append(f"it writes into {', '.join(dict.fromkeys(written))}")
        return found


class InFloat64:
    """A `with` block in which the Tensors of a world hold float64 copies of their values, and are remembered so."""

    def __init__(self, world: World) -> None:
        self.world = world

    def __enter__(self) -> World:
        world = self.world
        world.restore()
        self.before = [(t, t._array, t._node.dtype if isinstance(t._node, Leaf) else None) for t in world.tensors]
        self.memory = world._arrays, world._attributes, world._random
        for t, array, _ in self.before:
            if array.dtype.kind == "f":
                t._array = array.astype(np.float64)
                if isinstance(t._node, Leaf):
                    t._node.dtype = t._array.dtype
        world.remember()
        return world

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        world = self.world
        world.restore()
        world._arrays, world._attributes, world._random = self.memory
        for t, array, dtype in self.before:
            t._array = array
            if dtype is not None:
                t._node.dtype = dtype
        world.restore()
