"""Small helpers of HIPS/autograd's `autograd.util`."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Iterator
from typing import Any


def subvals(x: Iterable[Any], pairs: Iterable[tuple[int, Any]]) -> tuple[Any, ...]:
    """A tuple with some of its parts exchanged: pairs of (position, new part).

    >>> subvals((1, 2, 3), [(0, "a")])
    ('a', 2, 3)
    """
    parts = list(x)
    for position, part in pairs:
        parts[position] = part
    return tuple(parts)


def subval(x: Iterable[Any], position: int, part: Any) -> tuple[Any, ...]:
    """The same for one part."""
    return subvals(x, [(position, part)])


def func(f: Any) -> Any:
    """The function itself: a method taken from a class is one already."""
    return f


def toposort(end: Any, parents: Callable[[Any], Iterable[Any]] = operator.attrgetter("parents")) -> Iterator[Any]:
    """All nodes that lead to `end`, each after those that were computed from it."""
    users: dict[Any, int] = {}
    stack = [end]
    while stack:
        node = stack.pop()
        users[node] = users.get(node, 0) + 1
        if users[node] == 1:
            stack.extend(parents(node))
    ready = [end]
    while ready:
        node = ready.pop()
        yield node
        for parent in parents(node):
            users[parent] -= 1
            if not users[parent]:
                ready.append(parent)
