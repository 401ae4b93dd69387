"""What is remembered of all calls of a compiled function."""

from __future__ import annotations

from collections import Counter
from typing import Any

from .learned import Step
from .variants import Interpreted, Variant


class Memory:
    """What is remembered of all calls of one compiled function.

    compiles   is what was seen several times compiled?
    limit      how many steps: a program that is never the same twice runs as it is after that
    """

    def __init__(self, compiles: bool = True, limit: int = 20_000) -> None:
        self.roots: dict[Any, Step] = {}
        self.limit = limit
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

    def root(self, *world: Any) -> Step:
        """Where paths begin; another one for each of the modes that decide what an operation does."""
        step = self.roots.get(world)
        if step is None:
            step = self.roots[world] = Step(None, None)
        return step

    def variant(self, step: Step, live: tuple[int, ...]) -> Any:
        """What computes the values `live` of the path that ends at `step`, from what that was given."""
        found = step.variants.get(live)
        if found is None:
            found = step.variants[live] = Variant(self, step.path(), live)
        return found

    def constant(self, step: Step, slot: int) -> Any:
        """What computes a value of `step` alone, if nothing that it hangs on is tracked; else None."""
        if slot not in step.constants:
            variant = Interpreted(step.path(), (slot,))
            tracked = any(facts.tracked for used, _ in variant.steps for facts in used.facts)
            step.constants[slot] = None if tracked else variant
        return step.constants[slot]

    def note(self, step: Step, why: str, promised: int) -> None:
        """So many promises, up to that of `step`, were computed for that reason."""
        self.reasons[why, step] += 1
        self.promised += promised
