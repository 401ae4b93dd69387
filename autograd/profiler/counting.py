"""Bytes that wait for backward, and the additions and multiplications of products."""

from __future__ import annotations

import math
import weakref
from collections.abc import Callable
from typing import Any

from ..records import Record
from ..writes import owner


class Held:
    """What records keep alive for their way back; memory that several of them keep counts once.

    total   bytes now
    most    the largest that this was
    """

    def __init__(self) -> None:
        self.total = self.most = 0
        self.users: dict[int, list[Any]] = {}  # id of the owner of memory -> how many records, bytes, weak reference

    def keep(self, record: Record) -> int:
        """A record has been made: how many bytes does it keep that no other one does?"""
        new = 0
        for base, nbytes in owners(record):
            known = self.users.get(id(base))
            if known is not None:
                known[0] += 1
                continue
            self.users[id(base)] = [1, nbytes, _when_gone(base, self._gone)]
            new += nbytes
        self.total += new
        self.most = max(self.most, self.total)
        return new

    def let_go(self, bases: list[tuple[Any, int]]) -> None:
        """A record that kept arrays in the memory of these has been walked over."""
        for base, _ in bases:
            known = self.users.get(id(base))
            if known is not None:
                known[0] -= 1
                if known[0] == 0:
                    self._gone(id(base))

    def _gone(self, key: int) -> None:
        known = self.users.pop(key, None)
        if known is not None:
            self.total -= known[1]


def owners(record: Record) -> list[tuple[Any, int]]:
    """What owns the memory of the arrays that a record keeps, each once, and the bytes of it."""
    found = {}
    for array in record.arrays():
        base = owner(array)
        found[id(base)] = base, int(getattr(base, "nbytes", array.nbytes))
    return list(found.values())


def _when_gone(base: Any, call: Callable[[int], None]) -> Any:
    """Have `call(id)` called when an object ends; None for one that does not tell, such as `bytes`."""
    key = id(base)
    try:
        return weakref.ref(base, lambda _: call(key))
    except TypeError:
        return None


def flops(name: str, shapes: tuple[Any, ...], result: Any) -> int:
    """Additions and multiplications of an operation on inputs of these shapes: of products and convolutions alone."""
    if len(shapes) < 2 or not isinstance(result, tuple):
        return 0
    if name in ("matmul", "linear"):
        return 2 * math.prod(result) * (shapes[0][-1] if shapes[0] else 1)
    if name == "conv":
        return 2 * math.prod(result) * math.prod(shapes[1][1:])
    if name == "attention":
        heads, (rows, width), columns = math.prod(shapes[0][:-2]), shapes[0][-2:], shapes[1][-2]
        return 4 * heads * rows * columns * width
    return 0
