"""What computes the values of a path that are wanted: step by step at first, as compiled code when it pays.

A path may end in several ways: which of its values somebody still refers to when they are computed decides. Each of
these is a variant. The first times its steps run as they run without a compiler, which is what they mean; then they
are captured as a Program, and what `autograd.compiler` makes of that takes over.
"""

from __future__ import annotations

import importlib
import os
from typing import Any

import numpy as np

from ..errors import CaptureError
from ..lines import place
from ..modes import state
from ..plan import COMPONENT
from ..records import Record
from ..tensors.core import Core, array_of, wrap
from ..tensors.run import apply, apply_keeping
from .fitting import HANGS, arranged, kept_of, lets_go, levels, lies_plainly, misfit
from .learned import Constant, Step, arrays_of, slots_of

RAISES = os.environ.get("WENGERT_RAISE", "0") != "0"
"""Are faults of the compiler raised? Else the function goes on without it, and the report says so."""

PATIENCE = 2
"""Calls after which a variant is compiled."""

SURE = 10
"""Calls after which a function that has too little to compile is left as it is."""

MOST = 4
"""Records that the results of a variant may need: more are not worth it."""


class Interpreted:
    """The steps of a path, run one after the other as they run without a compiler.

    live    slots of the values that are wanted;   there   slots of values that are given, too
    """

    def __init__(self, steps: list[Step], live: tuple[int, ...], there: tuple[int, ...] = ()) -> None:
        self.live = live
        self.there = there
        needed, last = set(live), {slot: len(steps) for slot in live}
        self.steps: list[tuple[Step, list[int]]] = []
        for index, step in reversed(list(enumerate(steps))):
            slots = [slot for slot in range(step.first, step.first + len(step.facts)) if slot not in there]
            if not needed.intersection(slots):
                continue
            used = [slot for slot in step.inputs if isinstance(slot, int) and slot not in there]
            needed.update(used)
            freed = [slot for slot in dict.fromkeys((*used, *slots)) if last.setdefault(slot, index) == index]
            self.steps.append((step, freed))
        self.steps.reverse()

    def __call__(self, given: list[Any], there: list[Any]) -> list[Any]:
        values: dict[int, Any] = dict(zip(self.there, there, strict=True))
        for step, freed in self.steps:
            inputs = [
                values[want]
                if want.__class__ is int
                else want.value
                if want.__class__ is Constant
                else given[want.number]
                for want in step.inputs
            ]
            settings = step.settings
            if step.arrays:
                settings = {**settings, **{name: given[want.number] for name, want in step.arrays.items()}}
            if step.kept is None:
                result = apply(step.op, *inputs, **settings)
            else:
                result, kept = apply_keeping(step.op, *inputs, **settings)
                for slot, array in zip(slots_of(step.kept), arrays_of(kept), strict=True):
                    values.setdefault(slot, wrap(array))
            for k, z in enumerate((result,) if step.single else result):
                node: Any = z._node
                if node.__class__ is Record:
                    node.code, node.lasti = step.code, step.lasti
                    if node.plan is COMPONENT:  # one of several results
                        node.inputs.code, node.inputs.lasti = step.code, step.lasti
                values.setdefault(step.first + k, z)
            for slot in freed:
                del values[slot]
        return [values[slot] for slot in self.live]


def _looks_into(view: Any, known: set[int]) -> bool:
    """Is a value a view of one of those with these ids, at first or second hand?"""
    while view._base is not None:
        view = view._base
        if id(view) in known:
            return True
    return False


class Variant:
    """The values `live` of a path, from what that was given, and from values that are `there` already."""

    def __init__(self, memory: Any, steps: list[Step], live: tuple[int, ...], there: tuple[int, ...]) -> None:
        self.memory = memory
        self.interpreted = Interpreted(steps, live, there)
        self.last = steps[-1]
        self.calls = 0
        self.compiled: Any = None
        self.small = False  # would it be as quick without a compiler?
        facts = [facts for step in steps for facts in step.facts]
        self.path = steps
        kinds = [facts[slot] for slot in live]
        self.moved = [(k, kind.strides) for k, kind in enumerate(kinds) if not lies_plainly(kind)]
        lasts = not any(map(lets_go, steps))  # one may walk back twice
        self.constants = [k for k, slot in enumerate(live) if not facts[slot].tracked]
        self.loss = next((k for k in range(len(live)) if k not in self.constants), None)  # which one is tracked
        alone = len(live) - len(self.constants) == 1
        self.descends = False if alone and not lasts else None  # see `descend`; None: never
        self.descent: Any = None

    def __call__(self, given: list[Any], there: list[Any]) -> list[Any]:
        if self.compiled is not None:
            values: list[Any] = self.compiled.direct([*given, *there])
            self._arrange(values)
            if self.constants:  # computed by the same record, but nothing that one could differentiate
                for k in self.constants:
                    values[k]._node = None
            return values
        values = self.interpreted(given, there)
        self.calls += 1
        if self.calls == PATIENCE and self.memory.compiles:
            self.compile([*given, *there], values)
        elif self.small and self.calls == SURE:
            self.memory.too_little(place(self.last.code, self.last.lasti))
        return values

    def descend(self, given: list[Any], there: list[Any]) -> list[Any] | None:
        """The value of a loss, and gradients from there into `.grad` of leaves; None, and nothing was done, where
        somebody could tell that there was no record.
        """
        if self.descent is None:
            self.descent = importlib.import_module("autograd.compiler.descent").Descent(self.compiled, self.loss)
        found: list[Any] | None = self.descent([x if isinstance(x, Core) else wrap(x) for x in given], (), None)
        if found is not None:
            self._arrange(found)
        return found

    def _arrange(self, values: list[Any]) -> None:
        """Let results lie in memory as they would without a compiler."""
        for k, strides in self.moved:  # such as a transposed one
            values[k]._array = arranged(values[k]._array, strides)

    def compile(self, given: list[Any], values: list[Any]) -> None:
        """Have the steps compiled, if that changes nothing that one could see."""
        known = {id(x) for x in (*given, *values)}
        if any(_looks_into(z, known) for z in values):
            self.say("a result looks into the memory of another value")
            return
        why = misfit(self.path, self.interpreted.live)
        if why == HANGS:
            why = misfit(self.path, self.interpreted.live, apart=True)
            parts = self._parts() if not why else []
        else:
            parts = [self.interpreted]
        if len(parts) > MOST:
            why = HANGS
        if why:
            self.say(why)
            return
        try:
            built = self._built(parts, given, values)
            if built.pays:
                self.compiled = built
                self.descends = self.descends is False
            self.small = not built.pays
        except CaptureError as refusal:  # what the compiler knows that it cannot do
            self.say(str(refusal))
        except Exception as fault:
            if RAISES:
                raise
            self.say(f"a fault of the compiler: {type(fault).__name__}: {fault}")

    def _parts(self) -> list[Interpreted]:
        """The path in parts of one record each, where results hang on one another."""
        whole, steps = self.interpreted, self.path
        parts, have = [], whole.there
        stages = levels(steps, whole.live)
        for number, live in enumerate(stages):
            later = tuple([slot for stage in stages[number + 1 :] for slot in stage])
            now = {step for step, _ in Interpreted(steps, tuple(live), have).steps}
            read = [step.inputs for step, _ in Interpreted(steps, later, (*have, *live)).steps if step not in now]
            made = {step.first + k for step in now for k in range(len(step.facts))}
            between = made.intersection([slot for inputs in read for slot in inputs if slot.__class__ is int])
            outs = (*live, *sorted(between.difference(have, live)))
            parts.append(Interpreted(steps, outs, have))
            have = (*have, *outs)
        return parts

    def _built(self, parts: list[Interpreted], given: list[Any], values: list[Any]) -> Any:
        """The compiled parts. Raises CaptureError."""
        count = len(given) - len(self.interpreted.there)
        whole: list[Any] = []
        for part in parts:
            built = compiled(part, given)
            if len(parts) > 1:
                values = part(given[:count], given[count:])
            built.keeps(kept_of(values, given))
            if state.tape is not None:  # what can go wrong goes wrong now
                wanted = tuple([index for index in built.tracked if given[index]._node is not None])
                if wanted:
                    built.training(wanted)
            whole.append(built)
            given = [*given, *values]
        places = [*parts[-1].there, *parts[-1].live]
        return whole[0] if len(whole) == 1 else Chain(whole, [count + places.index(x) for x in self.interpreted.live])

    def say(self, why: str) -> None:
        """Note why this is not compiled."""
        self.memory.refused[why, place(self.last.code, self.last.lasti)] += 1


class Chain:
    """Compiled parts, one after the other: each is given all that was given, and what those before it computed.

    outs   which of all these values are the results
    """

    def __init__(self, parts: list[Any], outs: list[int]) -> None:
        self.parts = parts
        self.outs = outs

    @property
    def pays(self) -> bool:
        """Is it worth it? Where one part is."""
        return any(part.pays for part in self.parts)

    def direct(self, given: list[Any]) -> list[Any]:
        """The results, for the Tensors that are given."""
        values = list(given)
        for part in self.parts:
            values += part.direct(values)
        return [values[k] for k in self.outs]


def compiled(interpreted: Interpreted, given: list[Any]) -> Any:
    """The steps as a compiled function of Tensors."""
    from ..program import capture

    build = importlib.import_module("autograd.compiler").build

    arrays = [type(x) is np.ndarray for x in given]
    count = len(given) - len(interpreted.there)

    def steps(*tensors: Any) -> Any:
        values = [array_of(x) if array else x for x, array in zip(tensors, arrays, strict=True)]
        return tuple(interpreted(values[:count], values[count:]))

    program = capture(steps, *[wrap(x) if type(x) is np.ndarray else x for x in given])
    program.examples = {}  # nobody will differentiate it step by step, and they are as large as all parameters
    state.home.sweep()  # what was recorded in the capture is never walked back from
    return build(program)
