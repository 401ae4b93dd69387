"""Hooks on gradients: what users hang on a Tensor, and what `retain_grad` does.

A leaf has its hooks by itself. Those of a computed value belong to its record, in `Tape.hooks`: they run in the order
in which they were registered, then comes `retain_grad`, which sees what they made of the gradient.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable
from itertools import count
from typing import Any, Self

from ..tapes import HookList, Tape, copied
from .core import Core, wrap

_handles = count()


class Handle:
    """Removes a hook again: by `remove()`, or at the end of a `with` block.

    >>> hooks = {}
    >>> handle = Handle(hooks, print)
    >>> len(hooks), handle.remove(), len(hooks)
    (1, None, 0)
    """

    def __init__(self, hooks: Any, hook: Callable[..., Any]) -> None:
        self._hooks = hooks
        self._hook = hook
        self._key = next(_handles)  # not id(self): users drop handles, and the next one may get the same id
        if isinstance(hooks, dict):
            hooks[self._key] = hook

    def remove(self) -> None:
        """Take the hook away. Calling it again does nothing."""
        if isinstance(self._hooks, dict):
            self._hooks.pop(self._key, None)
        elif self._hook in self._hooks:
            self._hooks.remove(self._hook)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.remove()


class _Keep:
    """The hook that writes a gradient to `.grad` of a computed Tensor."""

    def __init__(self, tensor: Core) -> None:
        self.tensor = weakref.ref(tensor)

    def __call__(self, g: Any) -> Any:
        tensor = self.tensor()
        if tensor is not None:
            own = g if isinstance(g, Core) else wrap(copied(g))
            before: Any = tensor._grad
            if before is not None:
                own = wrap(before._array + own._array) if own._node is None else before + own
            tensor._grad = own
        return g


def hooked(tape: Tape, node: Any, hook: Callable[[Any], Any]) -> list[Callable[[Any], Any]]:
    """Add a hook on the cotangent of a record, before what `retain_grad` asked for. Returns the list it is in."""
    hooks = _hooks(tape, node)
    position = next((i for i, known in enumerate(hooks) if isinstance(known, _Keep)), len(hooks))
    hooks.insert(position, hook)
    return hooks


def retained(tensor: Core, tape: Tape, node: Any) -> None:
    """Keep the gradient of `tensor` where its record is now `node`, and no longer where it was before."""
    before = tape.hooks.get(id(tensor._node), HookList())
    before[:] = [hook for hook in before if not (isinstance(hook, _Keep) and hook.tensor() is tensor)]
    _hooks(tape, node).append(_Keep(tensor))


def _hooks(tape: Tape, node: Any) -> HookList:
    """The list of the hooks of a record."""
    hooks = tape.hooks.get(id(node))
    if hooks is None:
        hooks = tape.hooks[id(node)] = HookList()
        if node.consumed:
            hooks.record = node
    return hooks
