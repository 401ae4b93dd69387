"""What can be computed by one record without a difference that anybody could see.

Without a compiler every operation has a record of its own. One can hang a hook on a value, ask for the gradient that
comes to it, walk back from two values one after the other, or write to what no operation has kept. So a variant is one
record only where none of this could tell.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..records import Record
from ..tensors.core import Core
from ..writes import owner
from .learned import Facts, Given, Step


def misfit(steps: list[Step], live: tuple[int, ...]) -> str:
    """Why the values `live` cannot be the results of one record; "" if they can."""
    of_slot = {step.first + k: step for step in steps for k in range(len(step.facts))}
    behind: dict[Step, set[Step]] = {}  # tracked steps that a step hangs on, and itself
    for step in steps:
        behind[step] = {step}.union(*[behind[of_slot[slot]] for slot in step.inputs if slot.__class__ is int])
    facts = [of_slot[slot].facts[slot - of_slot[slot].first] for slot in live]
    if any(order_of(each) is None for each in facts):
        return "a result has gaps in memory, or elements that lie in one place"
    tracked = [of_slot[slot] for slot, known in zip(live, facts, strict=True) if known.tracked]
    for number, later in enumerate(tracked):
        for earlier in tracked[:number]:
            if earlier is later:
                continue
            if earlier in behind[later]:
                return "a gradient may be asked for that goes from one result to another"
            if not any(map(_lets_go, behind[earlier] & behind[later])):
                return "one may walk back from two results that have nothing in common"
    return ""


def order_of(facts: Facts) -> tuple[int, ...] | None:
    """The axes in the order in which elements lie in memory, the outermost first: (0, 1, ...) as in a new array.

    None if there are gaps between elements, or several lie in one place.
    """
    if 0 in facts.shape:
        return tuple(range(len(facts.shape)))
    axes = sorted(range(len(facts.shape)), key=lambda axis: (facts.shape[axis] > 1) * -facts.strides[axis])
    step = facts.dtype.itemsize
    inner = [axis for axis in reversed(axes) if facts.shape[axis] > 1]
    for axis in inner:
        if facts.strides[axis] != step:
            return None
        step *= facts.shape[axis]
    return tuple(range(len(axes))) if inner == sorted(inner, reverse=True) else tuple(axes)


def arranged(array: Any, axes: tuple[int, ...]) -> Any:
    """The same values, lying in memory in the order of these axes."""
    out = np.empty([array.shape[axis] for axis in axes], array.dtype).transpose(np.argsort(axes))
    out[...] = array
    return out


def _lets_go(step: Step) -> bool:
    """Does the record of a step keep arrays, which the first walk back lets go?"""
    if not any(facts.tracked for facts in step.facts):
        return False
    op = step.op
    several = len(op.inputs) > 1
    positions = [k for k, want in enumerate(step.inputs) if not isinstance(want, Given) or want.facts.tracked]
    return not op.plan(tuple([k for k in positions if op.differentiable(k if several else 0)])).lasting


def _watched(record: Record) -> list[Any]:
    """The arrays that a record has kept, without those of which it gets a copy when they are overwritten."""
    arrays = list(record.arrays())
    if record.plan.private:
        kept = record.saved if len(record.plan.names) != 1 else (record.saved,)
        free = {id(x) for x, private in zip(kept, record.plan.private, strict=True) if private}
        arrays = [array for array in arrays if id(array) not in free]
    return arrays


def kept_of(values: list[Any], given: list[Any]) -> set[int]:
    """Numbers of what was given that the records behind `values` have kept: a write to these must be noticed."""
    arrays = [x._array if isinstance(x, Core) else x for x in given]
    ends = {id(x._node) for x in given if isinstance(x, Core)}
    memory: set[int] = set()
    stack, seen = [z._node for z in values], set(ends)
    while stack:
        node = stack.pop()
        if type(node) is not Record or id(node) in seen:
            continue
        seen.add(id(node))
        memory.update(id(owner(array)) for array in _watched(node))
        stack.extend(node.parents)
    return {k for k, array in enumerate(arrays) if isinstance(array, np.ndarray) and id(owner(array)) in memory}
