"""What is remembered of all calls of a compiled function."""

from __future__ import annotations

from collections import Counter
from types import FrameType
from typing import Any

from ..lines import place
from .learned import Step
from .variants import Interpreted, Variant

THE_END = "the function ends"


class Memory:
    """What is remembered of all calls of one compiled function.

    compiles   is what was seen several times compiled?
    limit      how many steps: a program that is never the same twice runs as it is after that
    width      how many steps with the same operation after one step
    """

    def __init__(self, compiles: bool = True, limit: int = 20_000, width: int = 32) -> None:
        self.roots: dict[Any, Step] = {}
        self.limit = limit
        self.width = width
        self.left: tuple[str, str] | None = None  # why the function runs as it is, and where
        self.steps = 0
        self.calls = 0
        self.promised = 0
        self.compiles = compiles
        self.reasons: Counter[tuple[str, Step]] = Counter()  # why something was computed, and after which step
        self.refused: Counter[tuple[str, str]] = Counter()  # why something was not compiled, and where

    @property
    def full(self) -> bool:
        """Is nothing new remembered any more?"""
        return self.steps >= self.limit

    def give_up(self, why: str, frame: FrameType) -> None:
        """From the next call on the function runs as if it were not compiled: more would be lost than won."""
        if self.compiles and self.left is None:
            self.left = why, place(frame.f_code, frame.f_lasti)

    def too_little(self, line: str) -> None:
        """What was promised up to a line is as quick without a compiler: where that is all, the function runs so."""
        if all(why == THE_END for why, _ in self.reasons) and self.left is None:
            self.left = "too little is computed together to pay", line

    def root(self, *world: Any) -> Step:
        """Where paths begin; another one for each of the modes that decide what an operation does."""
        step = self.roots.get(world)
        if step is None:
            step = self.roots[world] = Step(None, None)
        return step

    def variant(self, step: Step, live: tuple[int, ...], there: tuple[int, ...]) -> Any:
        """What computes the values `live` of the path that ends at `step`, from what is given, and what is there."""
        found = step.variants.get((live, there))
        if found is None:
            found = step.variants[live, there] = Variant(self, step.path(), live, there)
        return found

    def constant(self, step: Step, slots: tuple[int, ...], there: tuple[int, ...]) -> Any:
        """What computes some values of a path alone, if nothing that they hang on is tracked; else None."""
        key = slots, there
        if key not in step.constants:
            variant = Interpreted(step.path(), slots, there)
            tracked = any(facts.tracked for used, _ in variant.steps for facts in used.facts)
            step.constants[key] = None if tracked else variant
        return step.constants[key]

    def in_one_memory(self, step: Step, slot: int) -> tuple[int, ...]:
        """The slots of values that look into the memory of one of them: views of it, and what it is a view of."""
        found = step.groups.get(slot)
        if found is None:
            owner: dict[Any, Any] = {}  # slot, or number of a given one -> the first in that memory
            for one in step.path():
                source = one.inputs[0] if one.op.view else None
                key = source if source.__class__ is int else ("given", getattr(source, "number", None))
                for k in range(len(one.facts)):
                    owner[one.first + k] = owner.get(key, key) if one.op.view else one.first + k
            found = step.groups[slot] = tuple([other for other, first in owner.items() if first == owner[slot]])
        return found

    def note(self, step: Step, why: str, promised: int) -> None:
        """So many promises, up to that of `step`, were computed for that reason."""
        self.reasons[why, step] += 1
        self.promised += promised
