"""What a function did beside what it returns, seen once, when it is captured: a program would not do it again."""

from __future__ import annotations

import sys
from typing import Any

import numpy as np

from ..program.steps import leaves
from ..records import Leaf
from ..tensors.core import Core


class Outside:
    """The world before a call: where generators of random numbers stand that are not ours, what requires grad."""

    def __init__(self, arguments: Any) -> None:
        self.drawn = _generators()
        self.tensors = [x for x in leaves(arguments) if isinstance(x, Core)]
        self.tracked = [x._node is not None for x in self.tensors]

    @property
    def overlap(self) -> bool:
        """Have two of the arguments memory in common, so that a write to one reaches the other?"""
        arrays = [x._array for x in self.tensors]
        return any(np.may_share_memory(a, b) for k, a in enumerate(arrays) for b in arrays[:k])

    def changed(self, program: Any, result: Any) -> str:
        """Why a program must not stand for the function; "" if nothing was seen."""
        if program.escaped:
            return (
                f"what is computed at {program.escaped} is kept by something else than the result, such as an "
                "attribute, a list, or a class that is no tuple, list or dict"
            )
        for (name, before), (_, now) in zip(self.drawn, _generators(), strict=False):
            if before != now:
                return f"it draws from {name}, and would get the same numbers in every call: draw with autograd.rand"
        known = {id(x) for x in (*self.tensors, *program.parameters.values())}
        for x in leaves(result):
            if isinstance(x, Core) and type(x._node) is Leaf and id(x) not in known:
                return "it returns a leaf that it has made, which a program cannot make"
        toggled = [x._node is not None for x in self.tensors] != self.tracked
        for number, x in program.parameters.items():
            toggled = toggled or (program.slots[number].tracked and x._node is None)
        return "it switches requires_grad of a Tensor that was there before" if toggled else ""


def _generators() -> list[tuple[str, Any]]:
    """Where the generators that Python and NumPy share among all stand, if anybody has loaded them."""
    found: list[tuple[str, Any]] = []
    random, numbers = sys.modules.get("random"), sys.modules.get("numpy.random")
    if random is not None:
        found.append(("the module random", random.getstate()))
    if numbers is not None:
        kind, keys, *rest = numbers.get_state()
        found.append(("numpy.random", (kind, keys.tobytes(), *rest)))
    return found
