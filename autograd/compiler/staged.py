"""Functions that train: stretches of operations, and between them what acts on Tensors as it is (`program.acts`).

A step of a training is mostly one stretch up to the loss, then a walk back, clipping, a step of an optimiser. Where
nobody could tell the difference, the stretch and the walk back from its loss are computed together: no record is made,
no walk is made, and the gradients go to `.grad`. Else each stretch is a record on the tape, and `backward` walks.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

from ..errors import CaptureError
from ..modes import state
from ..program import Program
from ..program.acts import Act
from ..program.program import At
from ..tensors.core import wrap
from .compiled import Compiled
from .descent import Descent
from .dividing import divided

Values = dict[int, Any]
"""Slot -> Tensor."""


class Staged:
    """A Program with acts, compiled. Called like the function that was captured.

    Raises CaptureError for what cannot be compiled, and where Python looks at a value after an act: another answer
    would want other operations from there on, but what was done cannot be done again.
    """

    def __init__(self, program: Program) -> None:
        self.program = program
        steps = program.steps
        acts = [number for number, step in enumerate(steps) if type(step.op) is Act]
        lasting = [number for number in acts if not steps[number].op.again]
        self.parts: list[Any] = []
        begin = 0
        waiting = list(program.guards)
        walks = [steps[number] for number in acts if steps[number].op.name == "backward"]
        losses: list[Any] = [s.inputs[0] for s in walks if s.inputs and not s.settings["kwargs"].get("retain_graph")]
        losses += [slot for slot in program.outputs if program.slots[slot].tracked and slot not in losses]
        for number in (*acts, len(steps)):
            if number > begin:
                guards = [guard for guard in waiting if guard.at <= number]
                if lasting and begin > lasting[0]:
                    guards = []
                waiting = waiting[len(guards) :]
                between = list(range(begin, number))
                groups = divided(program, between, losses) if walks else [between]
                for group in groups:
                    self.parts.append(_Stretch(program, group, guards if group is groups[-1] else []))
            if number < len(steps):
                self.parts.append(_Call(steps[number]))
            begin = number + 1
        if waiting:
            name = steps[(lasting or acts)[0]].name
            raise CaptureError(f"{program.name}: at {waiting[0].line} Python looks at a value after {name}")
        self._join()
        fixed = [(number, program.slots[number]) for number in program.outputs]
        self.fixed = [(number, slot) for number, slot in fixed if slot.kind in ("parameter", "constant")]

    def _join(self) -> None:
        """Put a stretch and the walk back from its loss together, with what may as well come before them."""
        for at, part in enumerate(self.parts):
            if type(part) is not _Stretch:
                continue
            end = at + 1
            while end < len(self.parts) and type(self.parts[end]) is _Call and self.parts[end].again:
                end += 1
            later = self.parts[end:]
            if later and type(later[0]) is _Call and later[0].walks and part.ends_in(later[0].tensors[0], later):
                self.parts[at : end + 1] = [_Walk(part, self.parts[at + 1 : end], later[0])]

    def __call__(self, *inputs: Any) -> Any:
        return self.returned(self.program.bound(inputs))

    def returned(self, inputs: Sequence[Any]) -> Any:
        """What the function returned, for the Tensors of the input slots."""
        values = dict(zip(self.program.inputs, inputs, strict=True))
        for number, slot in self.fixed:
            values[number] = slot.value if slot.kind == "parameter" else wrap(slot.value.copy())
        before, state.staged = state.staged, True
        try:
            for part in self.parts:
                part(values)
        finally:
            state.staged = before
        return self.program.packed(values)  # type: ignore[arg-type] # by number, too

    @property
    def source(self) -> str:
        """The text of what runs."""
        return "\n".join([part.source for part in self.parts])


class _Call:
    """An act."""

    def __init__(self, step: Any) -> None:
        self.step = step
        self.again = step.op.again
        more = len(step.settings["args"]) > 1 or step.settings["kwargs"]
        self.walks = step.op.name == "backward" and not more
        self.tensors = step.inputs
        self.plain = not step.inputs and not step.settings["kwargs"]
        self.source = f"# {step.name} {step.lines[0] if step.places else ''}".rstrip()

    def __call__(self, values: Values) -> None:
        step = self.step
        if self.plain:
            result = step.op.function(*step.settings["args"])
        else:
            result = step.op.run(step.settings, [values[slot] for slot in step.inputs])
        if step.outputs:
            values[step.outputs[0]] = result


class _Stretch:
    """Operations that become one record on the tape. numbers: of the steps."""

    def __init__(self, program: Program, numbers: list[int], guards: list[Any]) -> None:
        steps = [program.steps[number] for number in numbers]
        made = {slot for step in steps for slot in step.fills}
        read = {slot for step in steps for slot in step.reads}
        read.update(guard.slot for guard in guards)
        fixed = {slot.number for slot in program.slots if slot.kind in ("parameter", "constant")}
        mine = set(numbers)
        rest = [step for number, step in enumerate(program.steps) if number not in mine]
        later = {slot for step in rest for slot in step.reads} | set(program.outputs)
        later |= {guard.slot for guard in program.guards if guard not in guards}
        self.reads = sorted(read - made - fixed)
        self.outs = sorted(made & later)
        followed = {slot for step in steps if step.recorded for slot in step.reads}
        aside = {slot for slot in self.reads if slot not in followed}  # no walk comes to these
        slots = [
            dataclasses.replace(slot, kind="step")
            if slot.kind == "parameter" and slot.number not in read
            else dataclasses.replace(slot, tracked=False)
            if slot.number in aside
            else slot
            for slot in program.slots
        ]
        guards = [dataclasses.replace(guard, at=sum(n < guard.at for n in numbers)) for guard in guards]
        places = tuple([At(slot) for slot in self.reads]), tuple([At(slot) for slot in self.outs])
        self.program = Program(slots, steps, guards, *places, program.name)
        self.compiled = Compiled(self.program)
        self.results = set(program.outputs)

    @property
    def source(self) -> str:
        """The text of what runs."""
        return self.compiled.source

    def __call__(self, values: Values) -> None:
        found = self.compiled.direct([values[slot] for slot in self.reads])
        values.update(zip(self.outs, found, strict=True))

    def ends_in(self, loss: int, later: Sequence[Any]) -> bool:
        """Can nobody ask for another gradient than that of `loss`, from which the first act in `later` walks back?"""
        if loss not in self.outs or self.program.slots[loss].shape != ():
            return False
        tracked = {slot for slot in self.outs if self.program.slots[slot].tracked}
        asked: set[int] = {slot for part in later[1:] if type(part) is _Call for slot in part.tensors}
        for part in later:
            if type(part) is _Stretch:
                asked |= {slot for step in part.program.steps if step.recorded for slot in step.reads}
        return asked.isdisjoint(tracked) and tracked - {loss} <= set(self.outs) - self.results


class _Walk:
    """A stretch, acts that may as well come first, and the walk back from the loss of the stretch."""

    def __init__(self, stretch: _Stretch, acts: Sequence[_Call], walk: _Call) -> None:
        self.stretch = stretch
        self.acts = acts
        self.walk = walk
        self.descent = Descent(stretch.compiled, stretch.outs.index(walk.tensors[0]))

    @property
    def source(self) -> str:
        """The text of what runs."""
        parts: list[Any] = [*self.acts, self.descent] if self.descent.ways else [self.stretch, *self.acts, self.walk]
        return "\n".join([part.source for part in parts])

    def __call__(self, values: Values) -> None:
        stretch = self.stretch
        found = self.descent([values[slot] for slot in stretch.reads], self.acts, values)
        if found is not None:
            values.update(zip(stretch.outs, found, strict=True))
            return
        stretch(values)
        for act in (*self.acts, self.walk):
            act(values)


__all__ = ["Staged"]
