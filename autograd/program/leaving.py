"""What leaves a captured function beside its result: Tensors that were computed in it, and that something still holds.

A program gives its results. What a function has put into a list, an attribute or an object of a class of its own would
stay as it was in the capture, however often the program runs.
"""

from __future__ import annotations

import weakref
from typing import Any

from ..tensors.core import Core
from .steps import leaves


def escaped(seen: Any, results: Any) -> str:
    """The line that computed such a Tensor, "" if there is none. What the capture `seen` knows of Tensors is let go."""
    known = {id(x): x for x in leaves(results) if isinstance(x, Core)}
    ahead: list[Any] = list(known.values())
    while ahead:
        base = ahead.pop()._base
        if base is not None:  # a view holds what it looks into
            known[id(base)] = base
            ahead.append(base)
    computed = [
        (weakref.ref(tensor), slot)
        for tensor, slot, _ in seen.tensors.values()
        if seen.slots[slot].kind == "step" and id(tensor) not in known
    ]
    seen.tensors.clear()
    seen.keep.clear()
    if not _alive(computed):
        return ""
    import gc

    gc.collect(1)  # what only holds itself
    if _alive(computed):
        gc.collect()
    for slot in _alive(computed):
        step = seen.maker.get(slot)
        if step is not None:
            return str(step.lines[0] if step.places else step.name)
    return ""


def _alive(computed: list[Any]) -> list[int]:
    return [slot for tensor, slot in computed if tensor() is not None]
