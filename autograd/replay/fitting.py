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

HANGS = "a gradient may be asked for that goes from one result to another"


def misfit(steps: list[Step], live: tuple[int, ...], apart: bool = False) -> str:
    """Why the values `live` cannot be the results of one record; "" if they can.

    apart   or of several records, where one hangs on another: see `levels`
    """
    behind = _behind(steps)
    tracked = _tracked(steps, live)
    if not all(any(map(lets_go, behind[step])) for step in tracked):
        return "one may walk back twice from a result for which nothing is kept"
    for number, later in enumerate(tracked):
        for earlier in tracked[:number]:
            if earlier is later:
                continue
            if earlier in behind[later] and not apart:
                return HANGS
            if not any(map(lets_go, behind[earlier] & behind[later])):
                return "one may walk back from two results that have nothing in common"
    return ""


def levels(steps: list[Step], live: tuple[int, ...]) -> list[list[int]]:
    """Which of the values `live` can be the results of one record; each hangs on some of those before it."""
    behind = _behind(steps)
    of_slot = _by_slot(steps)
    level: dict[Step, int] = {}
    for step in _tracked(steps, tuple(sorted(live))):
        level[step] = max([level[one] + 1 for one in level if one is not step and one in behind[step]], default=0)
    last = max(level.values(), default=0)  # of what is not tracked, all is there by then
    found: list[list[int]] = [[] for _ in range(last + 1)]
    for slot in live:
        found[level.get(of_slot[slot], last)].append(slot)
    return found


def _by_slot(steps: list[Step]) -> dict[int, Step]:
    return {step.first + k: step for step in steps for k in range(len(step.facts))}


def _behind(steps: list[Step]) -> dict[Step, set[Step]]:
    """For each step the tracked ones that it hangs on, and itself."""
    of_slot = _by_slot(steps)
    behind: dict[Step, set[Step]] = {}
    for step in steps:
        behind[step] = {step}.union(*[behind[of_slot[slot]] for slot in step.inputs if slot.__class__ is int])
    return behind


def _tracked(steps: list[Step], live: tuple[int, ...]) -> list[Step]:
    """The steps that compute those of the values that are tracked."""
    of_slot = _by_slot(steps)
    return [of_slot[slot] for slot in live if of_slot[slot].facts[slot - of_slot[slot].first].tracked]


def lies_plainly(facts: Facts) -> bool:
    """Do the elements lie one after the other, in row-major order? Axes of one element may have any stride."""
    step = facts.dtype.itemsize
    for size, stride in zip(reversed(facts.shape), reversed(facts.strides), strict=True):
        if size > 1 and stride != step:
            return 0 in facts.shape
        step *= size
    return True


def arranged(array: Any, strides: tuple[int, ...]) -> Any:
    """The same values, lying in memory with these strides: transposed, with gaps, repeated or backwards."""
    reach = [(size - 1) * stride for size, stride in zip(array.shape, strides, strict=True)]
    before, after = sum([-r for r in reach if r < 0]), sum([r for r in reach if r > 0])
    memory = np.empty(before + after + array.itemsize, np.uint8)
    out: Any = np.ndarray(array.shape, array.dtype, memory, before, strides)
    out[...] = array
    return out


def lets_go(step: Step) -> bool:
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
