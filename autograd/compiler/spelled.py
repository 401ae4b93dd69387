"""Nests of settings as text, so that what is called with them at every run need not be put together anew.

>>> from autograd.program.steps import Hole
>>> given = Spelled(lambda leaf: f"a{leaf.position}" if type(leaf) is Hole else None)
>>> given.text({"size": (2, Hole(0))})
"{'size': (2, a0,)}"
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any


class Spelled:
    """Writes expressions for nests.

    place   an expression for a leaf that is another thing at each run; None for all others
    known   what the expressions refer to by name
    """

    def __init__(self, place: Callable[[Any], str | None]) -> None:
        self.place = place
        self.known: dict[str, Any] = {}

    def text(self, nest: Any) -> str:
        """An expression for a nest of tuples, lists, dictionaries and slices."""
        found = self.place(nest)
        if found is not None:
            return found
        if type(nest) is dict:
            return f"{{{', '.join([f'{key!r}: {self.text(value)}' for key, value in nest.items()])}}}"
        if isinstance(nest, tuple) and hasattr(nest, "_fields"):
            return f"{self._name(type(nest))}({', '.join([self.text(part) for part in nest])})"
        if type(nest) is tuple:
            return f"({''.join([f'{self.text(part)}, ' for part in nest]).rstrip()})"
        if type(nest) is list:
            return f"[{', '.join([self.text(part) for part in nest])}]"
        if type(nest) is slice:
            return f"slice({', '.join([self.text(part) for part in (nest.start, nest.stop, nest.step)])})"
        return self._constant(nest)

    def _constant(self, thing: Any) -> str:
        plain = type(thing) in (bool, int, str, type(None)) or (type(thing) is float and math.isfinite(thing))
        return repr(thing) if plain else self._name(thing)

    def _name(self, thing: Any) -> str:
        name = f"k{len(self.known)}"
        self.known[name] = thing
        return name

    def function(self, text: str, **more: Any) -> Callable[..., Any]:
        """The function that a text with such expressions says."""
        made: Callable[..., Any] = eval(text, {**self.known, **more})
        return made


__all__ = ["Spelled"]
